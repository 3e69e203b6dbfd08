"""The student edition: whole, without answers, and with tests that are red on its stubs."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from kata.authoring.export import export, leaks
from kata.course import Course, CourseError
from kata.regions import regions

ROOT = Path(__file__).parents[2]
COURSE = Course.read(ROOT)


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "students"
    assert export(COURSE, folder) == sum(path.is_file() for path in folder.rglob("*"))
    return folder


def run(folder, *arguments, **settings):
    # Its own kata and fixtures, not those that are installed.
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, encoding="utf-8",
        env={
            **os.environ, "PYTHONPATH": str(folder), "COLUMNS": "100", "PYTHONUTF8": "1",
            "CUDA_VISIBLE_DEVICES": "", "CI": "true", **settings,
        },
        timeout=300, check=False,
    )  # fmt: skip


def test_what_is_not_there(edition):
    for name in (
        "solutions", "tests/gallery", "tests/harness", ".git", "kata/proving",
        "kata/cli_authors.py", "CHANGELOG.md", "fixtures/stand_ins",
        ".github/workflows/matrix.yml",
    ):  # fmt: skip
        assert not (edition / name).exists(), name
    assert not list(edition.rglob("__pycache__"))
    assert not list(edition.rglob("*.bak"))


def test_no_line_of_a_solution(edition):
    assert list(leaks(COURSE, edition)) == []


@pytest.mark.parametrize("task", COURSE.tasks, ids=lambda task: task.name)
def test_each_solution_would_be_noticed(edition, task, tmp_path):
    """The check can fail: one region of any reference, in any file."""
    source = COURSE.solution(task).read_text(encoding="utf-8")
    found = 0
    for first, last in regions(source):
        text = "\n".join(source.splitlines()[first - 1 : last])
        (tmp_path / "notes.md").write_text(text, encoding="utf-8")
        found += bool(list(leaks(COURSE, tmp_path)))
    assert found


def test_a_leak_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("kata.authoring.export.LEAVE", ())
    monkeypatch.setattr("kata.authoring.export.KEEP", ("LICENSE", "solutions/task18.py"))
    with pytest.raises(CourseError, match=r"give solutions away:\n  solutions/task18.py:\d+"):
        export(COURSE, tmp_path / "students")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "there").mkdir()
    with pytest.raises(CourseError, match="there already"):
        export(COURSE, tmp_path / "there")


def test_its_tests_are_red_on_its_stubs(edition):
    collected = run(edition, "-m", "pytest", "--collect-only", "-q")
    assert collected.returncode == 0, collected.stdout
    done = run(edition, "-m", "pytest")
    assert done.returncode == 1
    assert done.stdout.count("not started") == len(COURSE.tasks)
    assert "ERROR" not in done.stdout
    assert "next: write `create_sequences` at tasks/task01.py:" in done.stdout


def test_a_task_is_judged_there(edition, tmp_path):
    answer = tmp_path / "answer.py"
    answer.write_text(COURSE.solution(COURSE.select(["17"])[0]).read_text(), encoding="utf-8")
    done = run(edition, "-m", "pytest", "tests/test_task17.py", f"--target={answer}")
    assert done.returncode == 0, done.stdout


def test_commands(edition):
    """A student's are there, and no others; what is told to do can be done."""
    text = run(edition, "-m", "kata.cli", "--help").stdout
    for name in ("watch", "hint", "reset", "again", "history", "report", "notebook", "doctor"):
        assert f" {name} " in text
    for name in ("check", "mutants", "flakes", "messages", "stubs", "export"):
        assert f" {name} " not in text
    board = run(edition, "-m", "kata.cli")
    assert "0 of 20 tasks are green" in board.stdout
    reset = run(edition, "-m", "kata.cli", "reset", "05")
    assert reset.returncode == 0
    compared = run(edition, "-m", "kata.cli", "compare", "01", "--give-up")
    assert "this edition of the course comes without references" in " ".join(
        compared.stderr.split()
    )
    damaged = edition / "tasks" / "task03.py"
    damaged.write_text("", encoding="utf-8")
    done = run(edition, "-m", "pytest", "tests/test_task03.py")
    assert "git restore" not in done.stdout
    assert "kata reset 03" in done.stdout
    run(edition, "-m", "kata.cli", "reset", "03")


def test_its_pages(edition):
    readme = (edition / "README.md").read_text(encoding="utf-8")
    for word in ("solutions/", "gallery", "kata check", "kata export", "CONTRIBUTING", "authors"):
        assert word not in readme, word
    assert "## Practise" in readme
    project = tomllib.loads((edition / "pyproject.toml").read_text(encoding="utf-8"))
    assert "dev" not in project["project"]["optional-dependencies"]
    assert "cosmic_ray" not in str(project)


def test_workflows(edition):
    """Each step is a command that a shell reads, and what they run exists."""
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
        steps = [step for job in jobs.values() for step in job["steps"]]
        for step in steps:
            assert ("run" in step) != ("uses" in step)
            script = step.get("run", "").replace("${{", "").replace("}}", "")
            assert subprocess.run(["bash", "-n", "-c", script], check=False).returncode == 0
        assert all("@v" in step["uses"] for step in steps if "uses" in step)


def test_classroom_workflow_does_what_it_says(edition, tmp_path):
    """All its own steps but the installation, in the student edition."""
    path = edition / ".github" / "workflows" / "classroom.yml"
    (job,) = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    summary = tmp_path / "summary.md"
    for step in job["steps"]:
        script = step.get("run", "")
        if not script or "pip install" in script:
            continue
        script = script.replace("python ", f"{sys.executable} ")
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=edition, capture_output=True, encoding="utf-8",
            env={
                **os.environ, "GITHUB_STEP_SUMMARY": str(summary), "PYTHONPATH": str(edition),
                "CUDA_VISIBLE_DEVICES": "",
            },
            timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert "0 of 20 tasks are green" in summary.read_text(encoding="utf-8")
    assert (edition / "kata.html").is_file()
    assert (edition / "verdicts.xml").is_file()


def test_editors(edition):
    settings = json.loads((edition / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    assert settings["python.testing.pytestEnabled"]
    tasks = json.loads((edition / ".vscode" / "tasks.json").read_text(encoding="utf-8"))["tasks"]
    for task in tasks:
        # What an editor puts in for the open file: the answer, or its tests.
        for name in ("task05", "test_task05"):
            words = [word.replace("${fileBasenameNoExtension}", name) for word in task["args"]]
            if "watch" not in words:  # that one does not end by itself
                assert run(edition, *words).returncode == 0, words
    launch = json.loads((edition / ".vscode" / "launch.json").read_text(encoding="utf-8"))
    assert {item["type"] for item in launch["configurations"]} == {"debugpy"}
    container = json.loads((edition / ".devcontainer" / "devcontainer.json").read_text())
    assert "constraints.txt" in container["postCreateCommand"]
