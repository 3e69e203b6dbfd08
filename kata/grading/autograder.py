"""The archive that Gradescope wants: the course, and two scripts that judge one student with it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from kata.course import Course, TaskInfo

SETUP = """\
#!/usr/bin/env bash
# Run once, when Gradescope builds the image.
set -euo pipefail
cd /autograder/source/course
apt-get update && apt-get install -y python3 python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install -c constraints.txt \\
    --extra-index-url https://download.pytorch.org/whl/cpu ".[grade]"
"""
RUN = """\
#!/usr/bin/env bash
# Run for each submission.
set -euo pipefail
cd /autograder/source/course
export PYTHONPATH="$PWD"
out=$(mktemp -d)
/autograder/venv/bin/python -m kata.cli grade /autograder/submission {tasks}--seed {seed} \\
    --out "$out" || true
if ! cp "$out"/gradescope/*.json /autograder/results/results.json; then
    echo '{{"score": 0, "output": "No answer was found; hand in files such as task01.py."}}' \\
        > /autograder/results/results.json
fi
"""
# Of the course, what judging needs.
FOLDERS = ("kata", "fixtures", "tests", "tasks")
FILES = ("conftest.py", "pyproject.toml", "constraints.txt", "README.md", "LICENSE")
LEFT_OUT = ("__pycache__", "gallery", "harness", "attacks", "pretrained")


def archive(course: Course, tasks: list[TaskInfo], seed: int) -> bytes:
    """The zip; without references, gallery and history. All are judged by the same examples."""
    numbers = ",".join(f"{task.number:02d}" for task in tasks)
    run = RUN.format(tasks=f"--tasks {numbers} " if numbers else "", seed=seed)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in (("setup.sh", SETUP), ("run_autograder", run)):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16
            zipped.writestr(entry, text)
        paths = [course.root / name for name in FILES]
        paths += [path for folder in FOLDERS for path in (course.root / folder).rglob("*")]
        for path in sorted(paths):
            inside = path.relative_to(course.root)
            if path.is_file() and not set(inside.parts) & set(LEFT_OUT):
                zipped.write(path, Path("course") / inside)
    return data.getvalue()
