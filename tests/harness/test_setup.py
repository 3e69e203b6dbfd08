"""A course's setup module: it sets the scene, explains errors, and lists models."""

import pytest

SETUP = """
import os
assert "colorsys" not in __import__("sys").modules
os.environ["SCENE"] = os.environ.get("KATA_HUB", "offline")


def explain(error):
    return "There is no such colour; take blue." if "colour" in str(error) else None


def models():
    return [
        ("kind", "id", "also", "size", "trained on"),
        ("painting", "tiny-brush", "brush", "1 MB", "clouds, " * 30 + "and rain"),
        ("painting", "old-brush", "", "2 MB", "mud"),
    ]
"""
RAISES = """
{at_import}
def double(number):
    import os
    raise LookupError("no colour " + os.environ["SCENE"])

def running_sums(numbers):
    raise LookupError("no sums")

def main():
    double(1)
"""


@pytest.fixture
def scene(mini):
    """The small course, with a setup module."""
    mini.write("scene/__init__.py", "")
    mini.write("scene/set.py", SETUP)
    manifest = (mini.root / "tasks" / "manifest.toml").read_text(encoding="utf-8")
    mini.write("tasks/manifest.toml", f'setup = "scene.set"\n{manifest}')
    return mini


def test_errors_are_explained(scene):
    done = scene.answer(RAISES.format(at_import=""))
    assert "There is no such colour; take blue." in done.text
    assert "`running_sums` stopped with LookupError: no sums" in done.text


def test_errors_at_import_are_explained(scene):
    done = scene.answer(RAISES.format(at_import='raise LookupError("no colour")'))
    assert "There is no such colour; take blue." in done.text
    assert done.text.count("take blue") == 1


@pytest.mark.parametrize(("options", "expected"), [((), "offline"), (("--hub=online",), "online")])
def test_the_scene_is_set(scene, options, expected):
    text = RAISES.format(at_import="").replace("no colour ", "the hub is ")
    assert f"the hub is {expected}" in scene.answer(text, *options).text


def test_unknown_hub_is_refused(scene):
    done = scene.pytest("--hub=moon")
    assert done.status == pytest.ExitCode.USAGE_ERROR
    assert "offline" in done.text
    assert "online" in done.text


def test_online_tests_are_not_run_here(scene):
    scene.replace(
        "tests/test_task01.py", "def test_", "@__import__('pytest').mark.online\ndef test_"
    )
    done = scene.pytest("--target", "solutions")
    assert "needs the real hub, use --hub=online" in done.text
    assert "not run here" in done.text


def test_missing_setup_is_an_error(scene):
    (scene.root / "scene" / "set.py").unlink()
    done = scene.pytest()
    assert done.status == pytest.ExitCode.USAGE_ERROR
    assert "scene.set, the setup of the course: No module named 'scene.set'" in done.text


def test_models_are_listed(scene):
    done = scene.kata("models")
    assert done.status == 0
    lines = done.text.splitlines()
    assert lines[0] == "painting"
    assert lines[1] == "  tiny-brush"
    assert lines[2].split() == ["also", "brush"]
    assert lines[3].split() == ["size", "1", "MB"]
    assert done.text.count("also") == 1
    assert "  old-brush" in lines
    assert max(map(len, lines)) <= 100


def test_no_models_to_list(mini):
    done = mini.kata("models")
    assert done.status == 2
    assert "has no models of its own" in done.text
