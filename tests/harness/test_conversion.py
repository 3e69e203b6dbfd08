"""A task as a notebook, and back."""

import json
from pathlib import Path

import pytest

from kata.authoring.conversion import _cells_of, take_back, write_notebook
from kata.course import Course, CourseError
from kata.regions import unsealed
from tests.harness.test_reports import SOLVED

COURSE = Course.find(Path(__file__).parent)


@pytest.fixture
def course(mini):
    return Course.read(mini.root)


@pytest.fixture
def path(course):
    found = course.root / "notebook" / "task01.ipynb"
    assert write_notebook(course, course.tasks[0], found)
    return found


def edit(path, change):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook["cells"])
    path.write_text(json.dumps(notebook), encoding="utf-8")


def code(text):
    return {
        "cell_type": "code", "id": "new", "metadata": {}, "source": text, "outputs": [],
        "execution_count": None,
    }  # fmt: skip


@pytest.mark.parametrize("task", COURSE.tasks, ids=lambda task: task.name)
@pytest.mark.parametrize("kind", ["stub", "solution"])
def test_every_task_survives_the_way_there_and_back(task, kind, tmp_path):
    """Byte for byte, the references as well."""
    source = COURSE.fresh(task) if kind == "stub" else COURSE.solution(task)
    course = Course(tmp_path, (task,))
    for target in (course.fresh(task), course.stub(task)):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(COURSE.fresh(task).read_text(encoding="utf-8"), encoding="utf-8")
    course.stub(task).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / "notebook.ipynb"
    write_notebook(course, task, path)
    course.stub(task).unlink()
    taken = take_back(course, task, path)
    assert taken.left_out == []
    assert course.stub(task).read_text(encoding="utf-8") == source.read_text(encoding="utf-8")


def test_solved_in_cells(course, path, mini):
    solution = course.solution(course.tasks[0]).read_text(encoding="utf-8")

    def solve(cells):
        given = [cell for cell in cells if cell["metadata"].get("kata") == "given"]
        for cell, solved in zip(
            given, _cells_of(unsealed(solution)).cells[-len(given) :], strict=True
        ):
            cell["source"] = solved.source

    edit(path, solve)
    done = mini.kata("notebook", "01", "--take")
    assert done.text == "tasks/task01.py: taken from the notebook\nnext: kata test 01\n"
    assert mini.pytest().status == 0


def test_the_cell_that_judges(course, path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert cells[0]["cell_type"] == "markdown"
    assert "".join(cells[-1]["source"]).startswith("# Test your code!\n")
    assert "judge_task(1, globals())" in "".join(cells[-1]["source"])


def test_helpers_come_along_and_trials_stay(course, path, mini):
    def add(cells):
        cells.insert(2, code("def twice(number):\n    return 2 * number"))
        cells.insert(3, code("%time\ntwice(3)"))
        cells.insert(4, code("print(twice(4))"))
        cells.insert(5, code("   \n"))

    edit(path, add)
    done = mini.kata("notebook", "01", "--take")
    text = course.stub(course.tasks[0]).read_text(encoding="utf-8")
    assert "def twice(number):" in text
    assert "twice(3)" not in text
    assert "twice(4)" not in text
    assert "begins with `print(twice(4))`" in done.text


def test_an_answer_that_was_there_is_kept(course, path, mini):
    mini.write("tasks/task01.py", SOLVED)
    done = mini.kata("notebook", "01", "--take")
    assert "the answer that was there is tasks/task01.1.bak" in done.text
    assert (course.root / "tasks/task01.1.bak").read_text(encoding="utf-8") == SOLVED


def test_a_notebook_that_was_begun_is_kept(course, path, mini):
    edit(path, lambda cells: cells.insert(1, code("x = 1")))
    begun = path.read_text(encoding="utf-8")
    done = mini.kata("notebook", "01")
    assert "notebook/task01.ipynb: kept, since it was there" in done.text or done.status == 2
    assert path.read_text(encoding="utf-8") == begun


def test_cells_that_are_no_python(course, path):
    def spoil(cells):
        next(c for c in cells if c["metadata"].get("kata") == "given")["source"] = "def double(:"

    before = course.stub(course.tasks[0]).read_text(encoding="utf-8")
    edit(path, spoil)
    with pytest.raises(CourseError, match="is not Python where it says 'def double"):
        take_back(course, course.tasks[0], path)
    assert course.stub(course.tasks[0]).read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 +", "cell 4 is not Python where it says '1 \\+': invalid syntax"),
        ("1" + "+1" * 100_000, "cell 4 is not Python: .*(recursion|nested)"),
        ("x = '\0'", "cell 4 is not Python: .*null bytes"),
    ],
)
def test_cells_beside_that_are_no_python(course, path, source, message):
    edit(path, lambda cells: cells.insert(3, code(source)))
    with pytest.raises(CourseError, match=message):
        take_back(course, course.tasks[0], path)


def test_a_begun_answer_that_is_no_python(course, tmp_path):
    """Nothing is written, and one sentence says what to mend."""
    course.stub(course.tasks[0]).write_text("def double(:\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"tasks/task01.py is not Python where it says 'def dou"):
        write_notebook(course, course.tasks[0], tmp_path / "new.ipynb")
    assert not (tmp_path / "new.ipynb").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "there is no such notebook"), ("{", "is not a notebook"), ("", "is not a notebook")],
)
def test_unusable_files(course, path, text, message):
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=message):
        take_back(course, course.tasks[0], path)


def test_another_notebook(course, path):
    edit(path, lambda cells: [cell.update(metadata={}) for cell in cells])
    with pytest.raises(CourseError, match="has no cells of a task; kata notebook 01 writes"):
        take_back(course, course.tasks[0], path)
