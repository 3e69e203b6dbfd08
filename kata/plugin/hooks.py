"""The pytest plugin: options, fixtures, and what a run needs before its first test.

A test file `tests/test_taskNN.py` is a task's specification; other test files are left alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from glob import glob
from pathlib import Path
from typing import Any

import pytest

# Read when the libraries are first imported, which happens after this module.
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two threads on small work are slower than one
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

from kata.course import MANIFEST, MARKS, Course, CourseError
from kata.judging import expect
from kata.judging.race import Race
from kata.judging.scratch import make_scratch, settle
from kata.judging.search import set_up_hypothesis
from kata.judging.task import Task
from kata.judging.verdict import Missing
from kata.plugin.judgement import Judgement, away_key, judgement_key, result_key

# With KATA_GPU=cpu the code of the gpu tests runs, and proves nothing about a GPU.
GPU = os.environ.get("KATA_GPU", "cuda")
DEVICES = ("nvidia*", "dxg", "kfd")  # of NVIDIA, the same in WSL, and AMD


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kata", "kata: what is judged, and how")
    group.addoption(
        "--target",
        action="append",
        metavar="DIR_OR_FILE",
        help="judge the answers in this folder, this one file, or FILE::TITLE of a gallery "
        "(default: tasks)",
    )
    group.addoption(
        "--all-blocks", action="store_true", help="show a block for every cause of failure"
    )
    group.addoption("--slow", action="store_true", help="run the tests marked slow as well")
    group.addoption(
        "--hub",
        choices=("offline", "pretrained", "online"),
        help="whose models: the course's own stand-ins (offline, the default), the same with real "
        "weights for DistilBERT, or the real hub's; KATA_HUB says the same",
    )
    group.addoption(
        "--require-gpu", action="store_true", help="fail where a gpu test finds no CUDA device"
    )


def pytest_configure(config: pytest.Config) -> None:
    for mark, meaning in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {meaning}")
    if not (config.rootpath / MANIFEST).is_file():
        return
    if config.option.hub:
        os.environ["KATA_HUB"] = config.option.hub
    try:
        course = Course.read(config.rootpath)
        scratch = make_scratch(course.root)
        settle(scratch or course.root)
        if scratch is not None:
            os.environ["KATA_SCRATCH"] = str(scratch)  # read by the course's setup module
        judgement = Judgement(config, course, scratch)
    except CourseError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[judgement_key] = judgement
    config.pluginmanager.register(judgement, "kata-judgement")
    if scratch is not None:
        config.add_cleanup(partial(shutil.rmtree, scratch, ignore_errors=True))
        if cache := getattr(config, "cache", None):
            cache._cachedir = scratch / ".pytest_cache"  # an option would come too late
    set_up_hypothesis(scratch or course.root)


def pytest_runtest_setup(item: pytest.Item) -> None:
    mark, reason = reason_to_be_away(item)
    if reason:
        item.stash[away_key] = mark
        pytest.skip(reason)


def reason_to_be_away(item: pytest.Item) -> tuple[str, str]:
    """The mark by which a test need not run here, and why; raises Missing where it is to run."""
    option = item.config.option
    if item.get_closest_marker("slow") and not option.slow:
        return "slow", "slow, use --slow"
    if item.get_closest_marker("online") and os.environ.get("KATA_HUB") != "online":
        return "online", "needs the real hub, use --hub=online"
    if item.get_closest_marker("gpu") and GPU == "cuda" and not _has_cuda():
        if option.require_gpu:
            raise Missing("There is no CUDA device, and --require-gpu was given.")
        return "gpu", "no CUDA device"
    return "", ""


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    return ("not run here", "n", "NOT RUN HERE") if report.skipped else None


@pytest.fixture
def task(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Task]:
    """The answer to judge. Files that it writes by name land in a scratch folder."""
    judgement = request.config.stash[judgement_key]
    info = judgement.info(request.path)
    if info is None:
        raise CourseError(f"{request.path.name} is not named test_taskNN.py after a known task.")
    task = judgement.task(info)
    expect.slack.clear()
    task.start_test(slow=request.node.get_closest_marker("slow") is not None)
    with contextlib.chdir(tmp_path):
        yield task
    result = request.node.stash[result_key]
    result.slack = dict(expect.slack)
    judgement.keep_pictures(info, tmp_path)
    result.wrote = sorted(
        str(path)
        for path in tmp_path.rglob("*")
        if path.is_file() and not set(info.writes) & set(path.relative_to(tmp_path).parts)
    )


@pytest.fixture
def gpu() -> str:
    """The device of the gpu tests, for `.to(gpu)`."""
    return GPU


@pytest.fixture
def race(request: pytest.FixtureRequest, benchmark: Any) -> Race:
    """Compares speeds within this run; see `kata.judging.race.Race`."""
    return Race(benchmark, request.node.stash[result_key])


def _has_cuda() -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":  # all are hidden
        return False
    # On Linux a look at the devices says no sooner than importing torch does.
    if sys.platform == "linux" and not any(glob("/dev/" + name) for name in DEVICES):
        return False
    import torch

    return bool(torch.cuda.is_available())
