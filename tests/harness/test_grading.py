"""`kata grade` on a small course: what is handed in, what comes out, and what survives a kill."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.harness.conftest import COMMON

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there are cells on Linux alone")

RIGHT = """
def double(number):
    return number + number


def running_sums(numbers):
    return [sum(numbers[: i + 1]) for i in range(len(numbers))]


def main():
    print(f"{double(21)=}")
    print(f"{running_sums([1, 2, 3])=}")
"""
SAME = RIGHT.replace("number + number", "number")  # doubles nothing
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# Sums"], "metadata": {}},
        {"cell_type": "code", "source": ["%matplotlib inline\n", RIGHT], "metadata": {}},
        {"cell_type": "code", "source": "raise SystemExit", "metadata": {"kata": "test"}},
    ],
    "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
}  # fmt: skip


def grade(mini, *arguments, **settings):
    """The rows of the table by student, and what was printed."""
    done = mini.run("-m", "kata.cli", "grade", "handed", "--out", "grades", *arguments, **settings)
    table = mini.root / "grades" / "grades.csv"
    assert table.is_file(), done.text
    with table.open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}, done


def runs(mini):
    with closing(sqlite3.connect(mini.root / "grades" / "grades.sqlite")) as database:
        return dict(database.execute("SELECT key, rowid FROM runs").fetchall())


def test_a_class(mini):
    mini.write("handed/ada/task01.py", RIGHT)
    mini.write("handed/bob/task01.py", SAME)
    mini.write("handed/cleo/task01.py", (mini.root / "tasks" / "task01.py").read_text())
    mini.write("handed/dan/task01.py", "def double(number:\n")
    mini.write("handed/eve/notes.txt", "I was ill.")
    mini.write("handed/=cmd|x/task01.py", RIGHT)
    rows, done = grade(mini)
    assert done.status == 0
    assert {name: row["points"] for name, row in rows.items()} == {
        "ada": "10", "bob": "6", "cleo": "0", "dan": "0", "eve": "0", "'=cmd|x": "10",
    }  # fmt: skip
    assert (rows["bob"]["exercise"], rows["bob"]["edge cases"]) == ("2 of 4", "1 of 1")
    assert rows["eve"]["state"] == "not handed in"
    assert {row["isolation"] for row in rows.values()} == {"full", ""}
    assert "isolation: full" in done.text
    assert "eve/notes.txt" in (mini.root / "grades" / "unfit.txt").read_text()

    told = (mini.root / "grades" / "feedback" / "bob.txt").read_text()
    assert "double(number) is twice the number." in told
    assert "the result == 0" not in told
    assert "at          task01.py:2" in told
    assert str(mini.root) not in told
    assert "Python cannot read the file" in (
        (mini.root / "grades" / "feedback" / "dan.txt").read_text()
    )

    suites = ElementTree.parse(mini.root / "grades" / "junit.xml").getroot()
    (bob,) = [suite for suite in suites if suite.get("name") == "bob task01"]
    assert (bob.get("failures"), bob.get("errors")) == ("2", "0")
    assert str(mini.root) not in ElementTree.tostring(suites, encoding="unicode")

    results = json.loads((mini.root / "grades" / "gradescope" / "bob.json").read_text())
    assert results["score"] == 6 == sum(test["score"] for test in results["tests"])
    assert sum(test["max_score"] for test in results["tests"]) == 10
    assert "| bob | 6 | 6 of 10 |" in (mini.root / "grades" / "summary.md").read_text()


def test_equal_answers_are_judged_once(mini):
    for name in ("ada", "bob", "cleo"):
        mini.write(f"handed/{name}/task01.py", RIGHT)
    mini.write("handed/dan/task01.py", "from helpers import double, running_sums, main")
    mini.write("handed/dan/helpers.py", RIGHT)
    mini.write("handed/eve/task01.py", "from helpers import double, running_sums, main")
    mini.write("handed/eve/helpers.py", SAME)
    rows, _ = grade(mini)
    assert len(runs(mini)) == 3
    assert [rows[name]["points"] for name in ("ada", "bob", "cleo", "dan", "eve")] == [
        "10", "10", "10", "10", "6",
    ]  # fmt: skip
    before = runs(mini)
    rows, _ = grade(mini)
    assert runs(mini) == before
    assert rows["eve"]["points"] == "6"
    mini.replace("tests/test_task01.py", "st.integers(-99, 99)", "st.integers(-98, 98)")
    grade(mini)
    assert len(runs(mini)) == 6  # what judges has changed


def test_a_table_of_what_practice_asks_is_no_answer(mini):
    asked = mini.root / "asked.txt"
    note = f"    print(number, file=open({str(asked)!r}, 'a'))\n    return number + number"
    mini.write("notes.py", RIGHT.replace("    return number + number", note))
    mini.run("-m", "pytest", "tests/test_task01.py", "--target", "notes.py")
    known = {int(number): 2 * int(number) for number in asked.read_text().split()}
    table = RIGHT.replace("number + number", f"{known}.get(number, 0)")
    mini.write("table.py", table)
    done = mini.run("-m", "pytest", "tests/test_task01.py", "--target", "table.py")
    assert done.status == 0, done.text
    mini.write("handed/ada/task01.py", RIGHT)
    mini.write("handed/bob/task01.py", table)
    rows, _ = grade(mini)
    assert {name: row["exercise"] for name, row in rows.items()} == {
        "ada": "4 of 4", "bob": "3 of 4",
    }  # fmt: skip
    assert {name: row["unseen"] for name, row in rows.items()} == {"ada": "0", "bob": "1"}
    assert "- bob, task 01: test_double" in (mini.root / "grades" / "summary.md").read_text()
    told = " ".join((mini.root / "grades" / "feedback" / "bob.txt").read_text().split())
    assert "Right for all examples of practice; grading draws others as well." in told


def test_the_seed_of_grades_is_kept(mini):
    mini.write("handed/ada/task01.py", RIGHT)
    grade(mini)
    seed, before = (mini.root / "grades" / "seed.txt").read_text(), runs(mini)
    grade(mini)
    assert (mini.root / "grades" / "seed.txt").read_text() == seed
    assert runs(mini) == before
    grade(mini, "--seed", "7")
    assert (mini.root / "grades" / "seed.txt").read_text() == "7\n"
    assert len(runs(mini)) == 2  # judged again, by other examples
    (mini.root / "grades" / "seed.txt").write_text("seven")
    done = mini.run("-m", "kata.cli", "grade", "handed", "--out", "grades")
    assert done.status == 2
    assert "seed.txt holds no number" in done.text


def test_killed_in_the_middle(mini):
    for number in range(12):
        mini.write(f"handed/s{number:02d}/task01.py", f"{RIGHT}\n# {number}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "kata.cli", "grade", "handed", "--out", "grades", "--jobs", "1"],
        cwd=mini.root, env={**os.environ, **COMMON}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + 100
    while time.monotonic() < end:
        time.sleep(0.05)
        if (mini.root / "grades" / "grades.sqlite").is_file():
            try:
                kept = runs(mini)
            except sqlite3.Error:
                continue
            if len(kept) >= 2:
                break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = runs(mini)
    assert 2 <= len(kept) < 12
    rows, _ = grade(mini)
    assert {row["points"] for row in rows.values()} == {"10"}
    assert kept.items() <= runs(mini).items()
    assert len(runs(mini)) == 12


def test_a_folder_of_files(mini):
    mini.write("handed/ada_lovelace_1815_task01.py", RIGHT)
    mini.write("handed/bob_task01-2.py", SAME)
    mini.write("handed/cleo-task01.ipynb", json.dumps(NOTEBOOK))
    mini.write("handed/dan_task77.py", RIGHT)
    mini.write("handed/readme.py", "")
    mini.write("handed/task01.py", "")
    mini.write("handed/eve_task01.ipynb", "{")
    rows, done = grade(mini)
    assert {name: row["points"] for name, row in rows.items()} == {
        "ada_lovelace_1815": "10", "bob": "6", "cleo": "10", "dan": "0", "eve": "0",
    }  # fmt: skip
    assert rows["eve"]["state"] == "could not be judged"
    assert done.status == 1
    unfit = (mini.root / "grades" / "unfit.txt").read_text()
    assert all(name in unfit for name in ("dan_task77.py", "readme.py", "task01.py: its name"))


def test_a_zip_of_zips(mini, tmp_path):
    inner = tmp_path / "ada.zip"
    with zipfile.ZipFile(inner, "w") as zipped:
        zipped.writestr("work/task01.py", RIGHT)
        zipped.writestr("../../../outside.py", "no")
        link = zipfile.ZipInfo("link.py")
        link.external_attr = 0o120777 << 16
        zipped.writestr(link, "/etc/passwd")
    with zipfile.ZipFile(mini.root / "class.zip", "w") as zipped:
        zipped.write(inner, "ada.zip")
        zipped.writestr("bob/task01.py", SAME)
        zipped.writestr("__MACOSX/._x", "")
    done = mini.run("-m", "kata.cli", "grade", "class.zip", "--out", "grades")
    with (mini.root / "grades" / "grades.csv").open(newline="") as file:
        found = {row["student"]: row["points"] for row in csv.DictReader(file)}
    assert found == {"ada": "10", "bob": "6"}, done.text
    assert "outside.py" in (mini.root / "grades" / "unfit.txt").read_text()
    assert "link.py" in (mini.root / "grades" / "unfit.txt").read_text()
    assert not list(mini.root.parent.glob("outside.py"))


def zip_of(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return path.read_bytes()


LOUD = "raise ValueError('\\ud800 \\x1b[2J')"  # half a character, and what clears a terminal
BAD_NOTEBOOKS = {
    "character": '{"cells": [{"cell_type": "code", "source": ["# \\ud800"], "metadata": {}}]}',
    "cell": '{"cells": [1]}',
}


def test_nobody_keeps_others_from_their_marks(mini):
    """Whatever one hands in, the others are judged, and everything is written."""
    handed = mini.root / "handed"
    mini.write("handed/ada/task01.py", RIGHT)
    mini.write("handed/loud/task01.py", RIGHT.replace("    return number + number", f"    {LOUD}"))
    mini.write(f"handed/{'long' * 60}/task01.py", RIGHT)
    for name, text in BAD_NOTEBOOKS.items():
        mini.write(f"handed/{name}/task01.ipynb", text)
    cell = {"cell_type": "code", "source": [RIGHT], "metadata": None}
    mini.write("handed/metadata/task01.ipynb", json.dumps({"cells": [cell]}))
    mini.write("handed/bytes/task01.py", RIGHT)
    Path(os.fsdecode(os.fsencode(handed / "bytes") + b"/notes\xff.txt")).touch()
    (handed / "none.zip").write_bytes(b"PK\5\6 no zip")
    data = bytearray(zip_of(handed / "damaged.zip", {"task01.py": RIGHT}))
    data[50:70] = b"\xff" * 20
    (handed / "damaged.zip").write_bytes(data)
    data = zip_of(handed / "name.zip", {"\u00e4\u00e4.py": ""})
    data = data.replace("\u00e4\u00e4.py".encode(), b"\xff\xff\xff\xff.py")
    (handed / "name.zip").write_bytes(data)
    os.mkfifo(handed / "pipe_task01.py")
    (handed / "deep" / "/".join("d" * 100)).mkdir(parents=True)
    mini.write("handed/large/task01.py", RIGHT)
    (handed / "large" / "table.py").write_bytes(b"#" * (5 << 20))
    rows, done = grade(mini)
    assert done.status == 1
    assert {rows[name]["points"] for name in ("ada", "bytes", "metadata", "long" * 60)} == {"10"}
    assert {rows[name]["state"] for name in BAD_NOTEBOOKS} == {"could not be judged"}
    unfit = (mini.root / "grades" / "unfit.txt").read_text(encoding="utf-8")
    for words in (
        "none.zip cannot be unpacked", "damaged.zip cannot be unpacked", "notes?.txt: neither",
        "name.zip cannot be unpacked", "pipe_task01.py: a device", "deep: folders in folders",
        "large/task01.py: 5,",
    ):  # fmt: skip
        assert words in unfit, unfit
    written = [
        path
        for kind in ("csv", "json", "md", "txt", "xml")
        for path in (mini.root / "grades").glob(f"**/*.{kind}")
        if ".unpacked" not in path.parts
    ]
    texts = [path.read_text(encoding="utf-8") for path in written]
    assert not any("\x1b" in text for text in texts)
    assert len(list((mini.root / "grades" / "feedback").iterdir())) == len(rows)


def test_names_that_are_alike(mini):
    """Each student has files of their own, and no name is more than a name in a table."""
    mini.write("handed/ada b/task01.py", RIGHT)
    mini.write("handed/ada_b/task01.py", SAME)
    mini.write("handed/Ada_B/task01.py", SAME)
    mini.write("handed/bob\n| zoe | 10 |\n![](x)/task01.py", SAME)
    mini.write("handed/ada  b/task01.py", SAME)
    rows, _ = grade(mini)
    results = [
        json.loads(path.read_text()) for path in (mini.root / "grades" / "gradescope").iterdir()
    ]
    assert sorted(result["score"] for result in results) == [6, 6, 6, 6, 10]
    assert rows.keys() == {"ada b", "ada b (2)", "ada_b", "Ada_B", "bob | zoe | 10 | ![](x)"}
    assert rows["ada b"]["points"] == "10"
    summary = (mini.root / "grades" / "summary.md").read_text()
    assert "\n| bob \\| zoe \\| 10 \\| \\!\\[\\](x) |" in summary


def test_a_zip_with_the_name_of_the_one_that_it_is_in(mini, tmp_path):
    inner = zip_of(tmp_path / "inner.zip", {"task01.py": SAME})
    zip_of(mini.root / "handed.zip", {"ada/task01.py": RIGHT, "handed.zip": inner})
    mini.run("-m", "kata.cli", "grade", "handed.zip", "--out", "grades")
    with (mini.root / "grades" / "grades.csv").open(newline="") as file:
        found = {row["student"]: row["points"] for row in csv.DictReader(file)}
    assert found == {"ada": "10", "handed": "6"}


def test_links_are_not_followed(mini):
    secret = mini.write("secret.py", RIGHT)
    mini.write("handed/ada/task01.py", RIGHT)
    (mini.root / "handed" / "bob").mkdir()
    (mini.root / "handed" / "bob" / "task01.py").symlink_to(secret)
    (mini.root / "handed" / "cleo").symlink_to(mini.root)
    rows, _ = grade(mini)
    assert rows.keys() == {"ada", "bob"}
    assert rows["bob"]["state"] == "not handed in"
    assert "a link" in (mini.root / "grades" / "unfit.txt").read_text()


def test_names_and_sources_that_nobody_writes(mini):
    """A name that is no text, a source that is nested too deeply, and a long one."""
    mini.write("handed/ada/task01.py", RIGHT)
    (mini.root / "handed" / "ada" / os.fsdecode(b"\xff.py")).write_text("")
    mini.write("handed/bob/task01.py", f"{RIGHT}\nx = {'+'.join(['1'] * 50_000)}\n")
    mini.write("handed/cleo/task01.py", SAME + "y = 1  # and so on\n" * 16_000)
    rows, done = grade(mini)
    assert done.status == 0
    assert {name: row["points"] for name, row in rows.items()} == {
        "ada": "10", "bob": "0", "cleo": "6",
    }  # fmt: skip
    assert all(row["state"] == "judged" for row in rows.values())


def test_modules_beside_are_never_the_judges(mini):
    loud = "import os\nos.write(2, b'LOADED')\nraise RuntimeError('LOADED')\n"
    for name in ("conftest.py", "sitecustomize.py", "hypothesis.py", "kata.py", "json.py"):
        mini.write(f"handed/ada/{name}", loud)
    mini.write("handed/ada/task01.py", RIGHT)
    rows, done = grade(mini)
    assert "LOADED" not in done.text
    assert rows["ada"]["points"] == "10"


def test_hidden_tests_and_weights(mini):
    mini.replace(
        "tasks/manifest.toml", 'marks = ["gpu", "slow"]',
        'marks = ["gpu", "slow"]\nhidden = ["test_double"]\nweight = 2',
    )  # fmt: skip
    mini.replace("tasks/manifest.toml", "[[task]]", "points = {exercise = 4, edge = 1}\n\n[[task]]")
    mini.write("handed/bob/task01.py", SAME)
    rows, _ = grade(mini)
    assert (rows["bob"]["points"], rows["bob"]["of"]) == ("6", "10")
    for path in ("feedback/bob.txt", "junit.xml", "gradescope/bob.json"):
        told = (mini.root / "grades" / path).read_text()
        assert "twice the number" not in told, path
        assert "idden test" in told or path == "junit.xml"


def test_crashes_are_rows(mini):
    crash = RIGHT.replace("    return number + number", "    import os; os._exit(0)")
    mini.write("handed/bob/task01.py", crash)
    mini.write("handed/ada/task01.py", RIGHT)
    rows, _ = grade(mini)
    assert float(rows["bob"]["points"]) == 0
    assert rows["ada"]["points"] == "10"
    told = (mini.root / "grades" / "feedback" / "bob.txt").read_text()
    assert "ended with exit status 0" in " ".join(told.split())


def test_without_namespaces(mini):
    mini.write("handed/ada/task01.py", RIGHT)
    done = mini.run(
        "-m", "kata.cli", "grade", "handed", "--out", "grades", "--require-isolation",
        KATA_WITHOUT="namespaces",
    )  # fmt: skip
    assert done.status == 2
    assert "nothing was judged" in done.text
    assert "network: switched off" in done.text
    rows, done = grade(mini, KATA_WITHOUT="namespaces")
    assert rows["ada"]["points"] == "10"
    assert rows["ada"]["isolation"].startswith("without users, processes, files, network")
    assert "--require-isolation would refuse this" in done.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "there is no such folder or zip"),
        (["nothing"], "holds no answers"),
        (["handed", "--tasks", "7"], "There is no task '7'"),
        ([], "give the folder or zip"),
    ],
)
def test_wrong_calls(mini, arguments, words):
    mini.write("handed/ada/task01.py", RIGHT)
    mini.write("nothing/essay.txt", "")
    done = mini.run("-m", "kata.cli", "grade", *arguments)
    assert done.status == 2
    assert words in " ".join(done.text.split())
    assert "Traceback" not in done.text


def test_verdicts_are_compared(mini):
    """`kata check --isolated` notices a test that has to stand beside the answer and does not."""
    assert mini.kata("check", "--isolated").status == 0
    mini.replace(
        "tests/test_task01.py",
        '    expect.equal(task.double(number), number * 2, "the result")',
        "    seen = []\n    expect.that(task.double(Noting(number, seen)) is not None and seen, "
        '"a look", "none")',
    )
    mini.replace(
        "tests/test_task01.py", "def sums_of",
        "class Noting(int):\n    def __new__(cls, number, seen):\n        found = int.__new__(cls, "
        "number)\n        found.seen = seen\n        return found\n\n    def __rmul__(self, other):"
        "\n        self.seen.append(1)\n        return int(self) * other\n\n\ndef sums_of",
    )  # fmt: skip
    done = mini.kata("check", "--isolated")
    assert done.status == 1
    assert "test_double is green in one process, red in a cell" in done.text
    mini.write("tests/witnessed.toml", '[beside]\ntask01 = ["test_double"]\n')
    done = mini.kata("check", "--isolated")
    assert done.status == 0, done.text


def test_a_witness_cannot_excuse_a_test(mini):
    """That it need not run here, its own marks say, and not the process that the answer is in."""
    mini.write("tests/witnessed.toml", '[beside]\ntask01 = ["test_double"]\n')
    excuse = """
from kata.judging.result import Result

plain = Result.as_data
Result.as_data = lambda self: {**plain(self), "outcome": "away", "away_by": "gpu"}
"""
    mini.write("handed/ada/task01.py", SAME)
    mini.write("handed/bob/task01.py", SAME + excuse)
    rows, _ = grade(mini)
    assert rows["ada"]["points"] == rows["bob"]["points"] == "6"
    assert rows["bob"]["exercise"] == rows["ada"]["exercise"]


def test_autograder(mini, tmp_path):
    """The archive judges a submission as Gradescope has it do, and holds no reference."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "kata.cli", "grade", "--gradescope", tmp_path / "a.zip",
         "--tasks", "17"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "a.zip") as zipped:
        zipped.extractall(tmp_path / "source")
        modes = {entry.filename: entry.external_attr >> 16 for entry in zipped.infolist()}
    assert modes["setup.sh"] & modes["run_autograder"] & 0o111
    source = tmp_path / "source"
    names = {path.relative_to(source).as_posix() for path in source.rglob("*")}
    assert "course/tests/test_task17.py" in names
    assert not any("solutions/" in name or "tests/gallery" in name for name in names)
    handed = tmp_path / "submission"
    handed.mkdir()
    (handed / "task17.py").write_text((root / "solutions" / "task17.py").read_text())
    script = (source / "run_autograder").read_text()
    for there, here in (
        ("/autograder/source", source), ("/autograder/submission", handed),
        ("/autograder/results", tmp_path), ("/autograder/venv/bin/python", sys.executable),
    ):  # fmt: skip
        script = script.replace(there, str(here))
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["score"] == 10, done.stderr[-1500:]
    assert len(results["tests"]) == 11
    (handed / "task17.py").unlink()
    subprocess.run(["bash", "-c", script], capture_output=True, check=False)
    assert json.loads((tmp_path / "results.json").read_text())["score"] == 0
