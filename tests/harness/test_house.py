"""Rules of the house that a machine can check: who imports whom, and what collecting costs."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kata.judging.lazy import lazy
from kata.judging.race import repeated
from kata.judging.target import Target

ROOT = Path(__file__).parents[2]
HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "evaluate",
    "pandas",
    "numpy",
    "torchmetrics",
    "sklearn",
    "matplotlib",
)


def imported(path):
    """The packages that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


# Folder: what nothing in it may import.
FORBIDDEN = {
    "tasks": {"solutions", "tests", "kata"},
    "solutions": {"tasks", "tests", "kata"},
    "tests": {"solutions", "tasks"},
    "fixtures": {"solutions", "tasks", "tests", "kata"},
    "kata": {"solutions", "tasks", "tests", "fixtures"},
}


# The rooms of the harness, from the ground up. What lies in one imports what lies in those above it
# in this list, and its own; those at the end know nothing of each other.
GROUND = (
    "kata.files",
    "kata.terminal",
    "kata.regions",
    "kata.course",
    "kata.judging",
    "kata.reporting",
    "kata.plugin",
    "kata.running",
)
ON_TOP = ("kata.proving", "kata.practising", "kata.authoring", "kata.grading")


def rooms_imported(path):
    """The rooms of the harness that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (room for name in names if (room := room_of(name)))


def room_of(module):
    return next((r for r in GROUND + ON_TOP if f"{module}.".startswith(f"{r}.")), None)


def allowed(room):
    return GROUND[: GROUND.index(room) + 1] if room in GROUND else (*GROUND, room)


def test_rooms_are_entered_from_above():
    found = {}
    for path in (ROOT / "kata").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        room = room_of(module)
        if room:
            found[module] = set(rooms_imported(path)) - set(allowed(room))
    assert len(found) > 30
    assert {module: rooms for module, rooms in found.items() if rooms} == {}


def test_authors_of_tests_see_one_face():
    """Tests and galleries take what they need of the harness from `kata.testing`."""
    files = [*(ROOT / "tests").glob("*.py"), *(ROOT / "tests" / "gallery").glob("*.py")]
    assert len(files) > 40
    for path in files:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kata"):
                assert node.module == "kata.testing", path


# A front that notebooks import, and nothing of ours.
NOTEBOOK = {ROOT / "fixtures" / "unittests.py"}


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_arrows_run_one_way(folder):
    files = set((ROOT / folder).rglob("*.py")) - NOTEBOOK
    assert files
    found = {str(path): set(imported(path)) & FORBIDDEN[folder] for path in files}
    assert {name: modules for name, modules in found.items() if modules} == {}


def python(*arguments, folder=ROOT):
    """Run this Python with these arguments in a folder, and wait for it."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )


def collect(folder, *targets):
    """Collect, and return the seconds of processor time that it took."""
    before = os.times()
    done = python("-m", "pytest", "--collect-only", "-q", *targets, folder=folder)
    after = os.times()
    assert done.returncode in (0, pytest.ExitCode.NO_TESTS_COLLECTED), done.stdout
    return (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )


def test_collecting_imports_nothing_heavy(tmp_path):
    (tmp_path / "spy.py").write_text(
        "import sys\n"
        "def pytest_unconfigure():\n"
        f"    print('LOADED', [m for m in {HEAVY!r} if m in sys.modules])\n",
        encoding="utf-8",
    )
    start = f"import sys, pytest; sys.path.insert(0, {str(tmp_path)!r}); pytest.main(sys.argv[1:])"
    done = python("-c", start, "--collect-only", "-q", "-p", "spy", "tests")
    assert "test_task01.py" in done.stdout
    assert "LOADED []" in done.stdout


def test_collecting_costs_little(tmp_path):
    """All tasks cost less than twice the processor time of an empty file."""
    (tmp_path / "test_empty.py").write_text("", encoding="utf-8")

    def measure():
        turns = [(collect(ROOT), collect(tmp_path, "test_empty.py")) for _ in range(3)]
        ours, empty = map(min, zip(*turns, strict=True))
        return ours / empty, turns

    times, turns = repeated(measure, below=2)
    assert times < 2, turns


def test_reference_of_task_01_costs_few_copies():
    """`create_sequences` takes less than three times as long as copying what it returns."""
    np, pd = lazy("numpy"), lazy("pandas")
    module = Target(ROOT / "solutions" / "task01.py").load()
    df = pd.DataFrame({"row": np.arange(20_000), "reading": np.arange(20_000.0)})
    result = np.zeros((20_000 - 96, 96))

    def measure():
        turns = []
        for _ in range(9):
            start = time.process_time()
            module.create_sequences(df, 96)
            middle = time.process_time()
            result.copy()
            turns.append((middle - start, time.process_time() - middle))
        make, copy = map(min, zip(*turns, strict=True))
        return make / copy, turns

    times, turns = repeated(measure, below=3)
    assert times < 3, turns


def test_one_file_answers_one_task():
    done = python("-m", "pytest", "--target", "solutions/task01.py")
    assert done.returncode == 4
    assert "--target solutions/task01.py answers one task; say which" in done.stderr


def test_script_runs_by_itself():
    done = python("solutions/task01.py")
    assert done.returncode == 0, done.stderr
    assert "X_train.shape=(105119, 96)" in done.stdout


def test_code_of_gpu_tests_runs(monkeypatch):
    """On the CPU, which proves nothing about a GPU, and saves a GPU's time from broken tests.

    Without those of task 03 that train for long, which its CPU tests do likewise.
    """
    monkeypatch.setenv("KATA_GPU", "cpu")
    tests = [f"tests/test_task{number}.py" for number in ("02", "03", "09", "17", "20")]
    marks = ["-m", "gpu and not benchmark"]
    short = ["-k", "not (task03 and train) and not (task03 and forecast)"]
    done = python("-m", "pytest", *tests, *marks, *short, "--target", "solutions")
    assert done.returncode == 0, done.stdout
    assert "9 passed" in done.stdout
