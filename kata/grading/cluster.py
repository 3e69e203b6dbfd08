"""Hands answers to the workers of a Dask cluster, each of which judges them in cells of its own.

A worker needs the same course under the same path (a shared file system, say), and says so where it
has another one. Answers travel by value. Who asks keeps what comes back, so that a worker that dies
costs the answers that it was at, which others judge again, and a scheduler that dies costs nothing
that has come back: the rest is handed in anew once there is a scheduler again.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice, starmap
from pathlib import Path
from typing import Any

from kata.course import Course, CourseError
from kata.grading.isolated import known_level
from kata.judging.result import Result
from kata.running.job import Job, Run
from kata.running.kept import Kept
from kata.running.runner import run_jobs
from kata.running.sandbox import scrub_environment

AT_A_TIME = 500  # answers that the scheduler holds: it keeps all of them in its memory
RETRIES = 3  # workers that may die of one answer
PATIENCE = 300  # seconds without a scheduler
PAUSE = 1.0
Runner = Callable[[Course, list[Job], int], Iterator[Run]]


def runner(address: str) -> Runner:
    """What runs jobs on the cluster whose scheduler has this address.

    Raises:
        CourseError: Dask is not installed, or no scheduler answers.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise CourseError(
            'a cluster takes Dask: pip install -c constraints.txt -e ".[cluster]"'
        ) from None

    def run(course: Course, jobs: list[Job], workers: int) -> Iterator[Run]:
        waiting = {_name(job): job for job in jobs}
        lost = 0.0
        while waiting:
            try:
                for run in _runs(course, address, waiting):
                    del waiting[_name(run.job)]
                    lost = 0.0
                    yield run
            except OSError as error:  # the scheduler is gone, or was never there
                lost = lost or time.monotonic()
                if time.monotonic() - lost > PATIENCE:
                    raise CourseError(f"--scheduler {address}: nobody answers ({error}).") from None
                time.sleep(PAUSE)

    return run


def _name(job: Job) -> str:
    path = Path(job.target)
    return f"kata-{path.stem}-{path.parent.name}-{job.slow}"


def _runs(course: Course, address: str, waiting: dict[str, Job]) -> Iterator[Run]:
    """The runs that come back, until all have or the scheduler is gone.

    Raises:
        OSError: it is gone.
    """
    import distributed

    api: Any = distributed  # which has no types
    digest = Kept(course).surroundings
    with api.Client(address, timeout=10) as client:

        def hand_in(name: str, job: Job) -> Any:
            folder = Path(job.target).parent
            files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.py"))}
            return client.submit(
                judge, str(course.root), digest, job, files, key=name, retries=RETRIES, pure=True
            )

        futures = starmap(hand_in, list(waiting.items()))
        first = list(islice(futures, AT_A_TIME))
        done = api.as_completed(first)
        for future in done:
            if future.status == "cancelled" or client.status != "running":
                raise OSError("the scheduler has forgotten its work")
            job = waiting[future.key]
            if future.status == "error":
                yield Run(job, broken=str(future.exception())[-300:])
            else:
                data = future.result()
                results = [Result.from_data(result) for result in data.pop("results")]
                yield Run(job, results, **data)
            future.release()
            for another in islice(futures, 1):
                done.add(another)


def judge(root: str, digest: str, job: Job, files: dict[str, bytes]) -> dict[str, Any]:
    """On a worker: judge one answer, in the warm processes that this one keeps.

    Raises:
        CourseError: this machine has another course there, or none.
    """
    # Dask's processes may have no children, which is what judging takes.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    scrub_environment()
    course, own, level = _here(root)
    if own != digest:
        raise CourseError(
            f"{root} is another course here than where the answers come from, or has other "
            "packages; each worker needs the same."
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / Path(job.target).parent.name
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o644)
        there = replace(job, target=str(folder / Path(job.target).name))
        (run,) = run_jobs(course, [there], 1)
    return {
        "results": [result.as_data() for result in run.results],
        "broken": run.broken,
        "seconds": run.seconds,
        "isolation": level,
    }


@lru_cache(maxsize=2)
def _here(root: str) -> tuple[Course, str, str]:
    """The course of this machine, what it depends on, and how far cells are isolated."""
    course = Course.read(Path(root))
    if root not in sys.path:
        sys.path.insert(0, root)
    with tempfile.TemporaryDirectory() as folder:
        level = str(known_level(course, Path(folder)))
    return course, Kept(course).surroundings, level
