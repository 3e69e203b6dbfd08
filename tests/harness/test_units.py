"""The small parts of the harness on their own."""

import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from kata.course import Course, CourseError
from kata.judging import clock, expect
from kata.judging.clock import TimeUp, time_limit
from kata.judging.output import bounded_output
from kata.testing import describe, lazy

ROOT = Path(__file__).parents[2]
np = lazy("numpy")
pd = lazy("pandas")
torch = lazy("torch")


class Grumpy:
    def __repr__(self):
        raise RuntimeError


def described():
    return [
        (None, "None"),
        ([1, 2], "[1, 2]"),
        ((1,), "(1,)"),
        ("x" * 999, "'" + "x" * 77),
        (np.arange(3), "[0, 1, 2] (int64 array of shape (3,))"),
        (np.zeros((99, 7), "float32"), "float32 array of shape (99, 7)"),
        (np.float64(0.5), "0.5 (float64 float64)"),
        (torch.tensor([[1.0]]), "[[1.0]] (float32 tensor of shape (1, 1))"),
        (torch.nn.Linear(2, 3), "a Linear (nn.Module)"),
        (
            torch.utils.data.TensorDataset(torch.zeros(5, 2), torch.zeros(5)),
            "TensorDataset of 5 items: float32 tensor of shape (5, 2), float32 tensor of shape",
        ),
        (pd.DataFrame({"a": [1, 2]}), "DataFrame({'a': [1, 2]})"),
        (pd.DataFrame({"a": [1, 2]}, index=[5, 6]), "DataFrame({'a': [1, 2]}, index=[5, 6])"),
        (pd.DataFrame({"a": range(99)}), "DataFrame of 99 rows, columns a"),
        (
            pd.DataFrame([[1, 2]], columns=["x", "x"]),
            "DataFrame([[1, 2]], columns=['x', 'x'])",
        ),
        (Grumpy(), "<Grumpy instance at"),
        (
            ["a b c " * 9] * 7,
            "['a b c a b c a b c a b c a b c a b c a b c a b c a b c ', ... (7 in all",
        ),
        ({"text": ["a b c " * 9] * 7, "label": [0, 1]}, "{'text': ['a b c a b c"),
        (int, "the class int"),
        (describe, "the function describe"),
        ([Grumpy()], "[<Grumpy instance at"),
    ]


def test_describe():
    for value, wanted in described():
        assert describe(value).startswith(wanted)
        assert len(describe(value)) < 400


def wrong(check, *arguments, **options):
    with pytest.raises(expect.Wrong) as caught:
        check(*arguments, **options)
    return caught.value


def test_expect_passes():
    expect.equal([1, 2], np.array([1, 2]), "x")
    expect.equal(torch.tensor([1.0]), np.array([1.0]), "x")
    expect.equal("a", "a", "x")
    expect.equal([], [], "x")
    expect.close(0.1 + 0.2, 0.3, "x", rtol=1e-9)
    expect.number(1.5, "x")
    expect.instance(3, int, "x")
    expect.array(np.zeros((2, 3)), "x", shape=(2, 3), dtype="float64")
    expect.tensor(torch.zeros(2), "x", shape=(2,), dtype=torch.float32)
    expect.raises(ValueError, lambda: int("x"))


def test_slack_is_kept():
    expect.slack.clear()
    for f1 in (0.9, 0.84, 1.0):
        expect.measured("F1", f1, f1, least=0.8, expected="0.8 or more")
    expect.measured("loss", 0.35, 0.35, most=0.7, expected="0.7 at most")
    assert expect.slack == pytest.approx({"F1": 0.05, "loss": 0.5})


def test_expect_names_the_first_difference():
    error = wrong(expect.equal, [1, 2, 4], np.array([1, 2, 3]), "x")
    assert error.expected == "x[2] == 3, in x = [1, 2, 3]"
    assert error.got == "x[2] == 4, in x = [1, 2, 4]"
    error = wrong(expect.close, [1.0, 2.5, 3.5], [1.0, 2.0, 3.0], "x", atol=0.1)
    assert error.expected.startswith("x[1] == 2 (within 0.1 absolute), in x = [1, 2, 3]")
    assert "2 of 3 values differ" in error.got


def refused():
    return [
        (expect.equal, ([], [1], "x"), {}, "value"),
        (expect.equal, ([], ["a"], "x"), {}, "value"),
        (expect.equal, (None, 3, "x"), {}, "value"),
        (expect.equal, ("3", 3, "x"), {}, "value"),
        (expect.equal, (True, 1, "x"), {}, "value"),
        (expect.equal, ([1, 2], [1, 2, 3], "x"), {}, "shape"),
        (expect.equal, (float("nan"), 1.0, "x"), {}, "value"),
        (expect.close, (float("nan"), 1.0, "x"), {"atol": 9}, "value"),
        (expect.close, ([1.0, float("nan")], [1.0, 1.0], "x"), {"rtol": 9}, "value"),
        (expect.number, (1, "x"), {}, "type"),
        (expect.number, (float("nan"), "x"), {}, "finite"),
        (expect.number, (float("inf"), "x"), {}, "finite"),
        (expect.number, (torch.tensor(1.0), "x"), {}, "type"),
        (expect.instance, (True, int, "x"), {}, "type"),
        (expect.array, ([1], "x"), {"shape": (1,)}, "type"),
        (expect.array, (np.zeros(2), "x"), {"shape": (3,)}, "shape"),
        (expect.array, (np.zeros(2), "x"), {"shape": (2,), "dtype": "int64"}, "dtype"),
        (expect.array, (np.array([np.nan]), "x"), {"shape": (1,)}, "finite"),
        (expect.tensor, (np.zeros(2), "x"), {"shape": (2,)}, "type"),
        (expect.tensor, (torch.zeros(2), "x"), {"shape": (2, 1)}, "shape"),
        (expect.tensor, (torch.zeros(2), "x"), {"shape": (2,), "dtype": torch.int64}, "dtype"),
        (expect.tensor, (torch.zeros(2), "x"), {"shape": (2,), "device": "cuda"}, "device"),
        (expect.tensor, (torch.tensor([torch.inf]), "x"), {"shape": (1,)}, "finite"),
        (expect.raises, (ValueError, lambda: 3), {}, "value"),
        (expect.measured, ("F1", 0.7, "0.7"), {"least": 0.8, "expected": "0.8 or more"}, "value"),
        (expect.measured, ("loss", 0.9, "0.9"), {"most": 0.7, "expected": "0.7 at most"}, "value"),
        (expect.measured, ("F1", float("nan"), "nan"), {"least": 0, "expected": "0"}, "value"),
    ]


def test_expect_refuses():
    for check, arguments, options, aspect in refused():
        assert wrong(check, *arguments, **options).aspect == aspect, (check, arguments)


def test_expect_lines():
    expect.lines("a\nb\n", ["a", "b"])
    assert wrong(expect.lines, "a\nc", ["a", "b"]).got == "'c'"
    assert wrong(expect.lines, "a", ["a", "b"]).expected == "2 printed lines"


def test_other_errors_pass_through_raises():
    with pytest.raises(KeyError):
        expect.raises(ValueError, lambda: {}["x"])


def endless():
    while True:
        time.sleep(0.01)


def stubborn():
    while True:
        try:  # noqa: SIM105 - as a student would write it
            time.sleep(0.01)
        except BaseException:
            pass


@pytest.mark.parametrize("work", [endless, stubborn])
def test_alarm(work):
    with pytest.raises(TimeUp) as caught, time_limit(0.2, {__file__}):
        work()
    assert caught.value.in_student_code
    assert sys.gettrace() is None


def test_time_without_a_processor_counts_little():
    """As on a busy machine, where code is kept waiting."""
    with time_limit(0.3, {__file__}):
        time.sleep(0.9)
    with pytest.raises(TimeUp, match="after 1 seconds") as caught, time_limit(0.2, {__file__}):
        time.sleep(60)
    assert caught.value.in_student_code


def test_alarm_is_off_afterwards():
    with time_limit(0.1, set()):
        pass
    time.sleep(0.2)


def test_watching_thread():
    """Off the main thread, and on Windows, another thread interrupts."""
    caught = []

    def run():
        try:
            with time_limit(0.2, {__file__}):
                endless()
        except TimeUp as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(5)
    assert [error.in_student_code for error in caught] == [True]


def test_bounded_output(capsys):
    with bounded_output(limit=10) as printed:
        print("x" * 25)
        print("y" * 3, file=sys.stderr)
    assert capsys.readouterr().out == "x" * 10
    assert (printed.out, printed.err, printed.total) == ("x" * 25 + "\n", "yyy\n", 30)


def test_lazy_modules_load_on_use():
    sys.modules.pop("colorsys", None)
    module = lazy("colorsys")
    assert "colorsys" not in sys.modules
    assert module.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)
    assert "colorsys" in sys.modules


def test_course_lists_what_is_there():
    course = Course.find(ROOT / "tests")
    assert course.root == ROOT
    for task in course.tasks:
        for path in (course.stub(task), course.solution(task), course.test_file(task)):
            assert path.is_file()
        assert (ROOT / "tasks" / "hints" / f"{task.name}.md").is_file()
    names = {path.stem for path in (ROOT / "solutions").glob("*.py")}
    assert names == {task.name for task in course.tasks}


def test_manifest_refuses_two_of_a_number(mini):
    manifest = mini.root / "tasks" / "manifest.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(CourseError, match="task 1 twice"):
        Course.read(mini.root)


@pytest.mark.parametrize(("queued", "had"), [(0.0, 2.0), (9.0, 0.2), (10.0, 0.0)])
def test_time_in_which_others_had_the_processors_does_not_count(monkeypatch, queued, had):
    """Of ten seconds that passed, a fifth of those in which nobody was in the way, or all work."""
    passed, worked = 0.0, 0.0
    times = SimpleNamespace(monotonic=lambda: passed, process_time=lambda: worked)
    monkeypatch.setattr(clock, "time", times)
    monkeypatch.setattr(clock, "_queued", lambda: queued * passed / 10)
    watch = clock.Stopwatch()
    passed = 10.0
    assert watch.had == pytest.approx(had)
    worked = 0.5
    assert watch.had == pytest.approx(max(0.5, had))
