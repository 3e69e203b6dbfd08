"""What `kata grade` writes: a table, and what other programs and students read."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from kata.course import Course, TaskInfo
from kata.files import printable, replace
from kata.grading.marks import BROKE, DONE, MISSING, Mark, points_of, points_of_test
from kata.judging.result import AWAY, GREEN, RED, Result
from kata.reporting.blocks import block, message
from kata.reporting.page import Page
from kata.reporting.report import Style, command, write_report

COLUMNS = (
    "student", "task", "points", "of", "exercise", "edge cases", "unseen", "judged", "witnessed",
    "state", "reason", "file", "answer", "isolation",
)  # fmt: skip
TABLE, JUNIT, SUMMARY, UNFIT = "grades.csv", "junit.xml", "summary.md", "unfit.txt"
WIDTH = 80
LONGEST = 80  # characters of a file's name
MARKUP = re.compile(r"[\\`!|\[\]]")  # of Markdown, in a name


def write_all(course: Course, marks: list[Mark], unfit: list[str], out: Path) -> list[Path]:
    """Write everything, each file whole or not at all; the files."""
    files = {
        out / TABLE: table(course, marks),
        out / JUNIT: junit(course, marks),
        out / SUMMARY: summary(course, marks, unfit),
    }
    if unfit:
        files[out / UNFIT] = "\n".join(unfit) + "\n"
    by_student: dict[str, list[Mark]] = {}
    for mark in marks:
        by_student.setdefault(mark.student, []).append(mark)
    names = file_names(by_student)
    for student, own in by_student.items():
        name = names[student]
        files[out / "feedback" / f"{name}.txt"] = feedback(course, own)
        results = gradescope(course, own)
        files[out / "gradescope" / f"{name}.json"] = json.dumps(results, indent=1) + "\n"
    for path, text in files.items():
        replace(path, printable(text))
    return list(files)


def file_names(students: Iterable[str]) -> dict[str, str]:
    """Students' names as those of files, of which no two are the same, on any system."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for student in students:
        name = file_name(student)
        if len(name) > LONGEST or _alike(name) in taken:
            name = f"{name[:LONGEST]}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"
        taken.add(_alike(name))
        found[student] = name
    return found


def file_name(student: str) -> str:
    """A student's name as that of a file."""
    return re.sub(r"[^\w.@+-]+", "_", student).lstrip(".") or "_"


def _alike(name: str) -> str:
    """What is the same for names that some file system takes for one."""
    return unicodedata.normalize("NFC", name).casefold()


def table(course: Course, marks: list[Mark]) -> str:
    """A row for each student and task, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for mark in marks:
        points = points_of(course, mark)
        done = mark.state == DONE
        cells = [
            mark.student,
            f"{mark.task.number:02d}",
            number(points.reached),
            number(points.most),
            "{} of {}".format(*points.exercise) if done else "",
            "{} of {}".format(*points.edge) if done else "",
            str(len(unseen(mark))) if done else "",
            number(points.judged) if done else "",
            number(points.witnessed) if done else "",
            mark.state,
            mark.reason,
            mark.answer.path.name if mark.answer else "",
            mark.digest,
            mark.isolation if done else "",
        ]
        writer.writerow(map(_no_formula, cells))
    return text.getvalue()


def unseen(mark: Mark) -> list[Result]:
    """Tests that an answer passes on the examples of practice, and on no others."""
    return [result for result in mark.results if result.unseen and result.outcome == RED]


def number(points: float) -> str:
    """Points as people write them."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _no_formula(cell: str) -> str:
    """A spreadsheet would run what begins like a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell


def junit(course: Course, marks: list[Mark]) -> str:
    """A suite for each student and task, a case for each test."""
    root = ElementTree.Element("testsuites", name="kata grade")
    for mark in marks:
        count = {what: sum(r.outcome == what for r in mark.results) for what in (RED, AWAY)}
        suite = ElementTree.SubElement(
            root, "testsuite", name=f"{mark.student} {mark.task.name}",
            tests=str(len(mark.results) or 1), failures=str(count[RED]), skipped=str(count[AWAY]),
            errors=str(int(mark.state != DONE)), time=f"{mark.seconds:.3f}",
        )  # fmt: skip
        if mark.state != DONE:
            case = ElementTree.SubElement(suite, "testcase", name=mark.task.name)
            ElementTree.SubElement(case, "error", message=f"{mark.state} {mark.reason}")
        for result in mark.results:
            case = ElementTree.SubElement(
                suite, "testcase", name=result.test, classname=mark.task.name
            )
            if result.outcome == RED:
                failure = ElementTree.SubElement(case, "failure", message=message(course, result))
                failure.text = block(course, result)
            elif result.outcome == AWAY:
                ElementTree.SubElement(case, "skipped", message=result.reason)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def gradescope(course: Course, marks: list[Mark]) -> dict[str, object]:
    """One student's `results.json`, as Gradescope reads it."""
    handed = [mark for mark in marks if mark.state != MISSING]
    tests: list[dict[str, object]] = []
    for mark in handed:
        if mark.state == BROKE:
            text = f"This answer {BROKE}: {mark.reason}"
            tests.append({"name": mark.task.name, "score": 0, "max_score": 0, "output": text})
        for result in mark.results:
            if result.outcome == AWAY:
                continue
            most = points_of_test(course, mark, result)
            green = result.outcome == GREEN
            tests.append(
                {
                    "name": f"{mark.task.name}: {result.sentence}",
                    "score": most if green else 0,
                    "max_score": most,
                    "status": "passed" if green else "failed",
                    "output": "" if green else block(course, result),
                    "output_format": "text",
                }
            )
    return {
        "score": round(sum(points_of(course, mark).reached for mark in marks), 4),
        "output": f"Judged in a sandbox: {isolation(marks)}.",
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def summary(course: Course, marks: list[Mark], unfit: list[str]) -> str:
    """The class in Markdown, for the summary of a workflow."""
    return "\n".join(_summary(course, marks, unfit)) + "\n"


def _summary(course: Course, marks: list[Mark], unfit: list[str]) -> Iterator[str]:
    students = list(dict.fromkeys(mark.student for mark in marks))
    tasks: list[TaskInfo] = list(dict.fromkeys(mark.task for mark in marks))
    by = {(mark.student, mark.task): mark for mark in marks}
    yield f"## {len(students)} students, {len(tasks)} tasks"
    yield ""
    yield f"Isolation: {isolation(marks)}."
    yield ""
    yield "| | " + " | ".join(f"{task.number:02d}" for task in tasks) + " | points |"
    yield "| --- " * (len(tasks) + 2) + "|"
    for student in students:
        own = [by[student, task] for task in tasks]
        cells = [_cell(course, mark) for mark in own]
        points = [points_of(course, mark) for mark in own]
        reached, most = sum(p.reached for p in points), sum(p.most for p in points)
        total = f"{number(reached)} of {number(most)}"
        yield f"| {_markdown(student)} | {' | '.join(cells)} | {total} |"
    odd = [mark for mark in marks if unseen(mark)]
    if odd:
        yield ""
        yield "Right for all examples of practice, and not for others:"
        yield ""
        for mark in odd:
            tests = ", ".join(result.test for result in unseen(mark))
            yield f"- {_markdown(mark.student)}, task {mark.task.number:02d}: {tests}"
    if unfit:
        yield ""
        yield f"{len(unfit)} files fit nothing:"
        yield ""
        yield from (f"- `{line.replace('`', '')}`" for line in unfit)


def _markdown(name: str) -> str:
    return MARKUP.sub(r"\\\g<0>", name).replace("<", "&lt;")


def isolation(marks: list[Mark]) -> str:
    """How far answers were isolated, in all the ways that there were."""
    return "; ".join(sorted({mark.isolation for mark in marks if mark.isolation})) or "none judged"


def _cell(course: Course, mark: Mark) -> str:
    if mark.state != DONE:
        return {MISSING: "", BROKE: "!"}[mark.state]
    return number(points_of(course, mark).reached)


def feedback(course: Course, marks: list[Mark]) -> str:
    """What one student reads: the blocks of practice, and points."""
    lines: list[str] = []
    page = Page(lambda text, **markup: lines.append(text), WIDTH)
    total = [points_of(course, mark) for mark in marks]
    reached, most = sum(p.reached for p in total), sum(p.most for p in total)
    page.line(f"{marks[0].student}: {number(reached)} of {number(most)} points")
    style = Style(lambda info, test: command(course, info, test), elsewhere=True)
    for mark, points in zip(marks, total, strict=True):
        page.line()
        page.line("=" * WIDTH)
        if mark.state != DONE:
            page.paragraph(f"task {mark.task.number:02d}  {mark.state}. {mark.reason}", "         ")
            continue
        write_report(page, course, mark.results, style)
        page.line()
        page.line(f"      {number(points.reached)} of {number(points.most)} points")
    return "".join(lines)
