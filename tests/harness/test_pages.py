"""`kata report`: one page, that needs nothing else."""

import base64
import html.parser
import re
import shutil
import subprocess

import pytest

from tests.harness.test_reports import SOLVED, solved

WRONG = solved(double="def double(number):\n    return '<b>' + str(number)\n")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def page(mini):
    """Writes the page of a course with a red task and an untouched one; gives its text."""
    mini.add_task(2)

    def write(answer=WRONG):
        mini.answer(answer)
        done = mini.kata("report")
        assert (done.status, done.text) == (0, "kata.html\n")
        return (mini.root / "kata.html").read_text(encoding="utf-8")

    return write


class Links(html.parser.HTMLParser):
    """Everything that a page would fetch."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "link", "img", "input", "br"):
            self.open.append(tag)
        self.found += [value for key, value in attrs if key in ("src", "href", "srcset")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_self_contained(page):
    text = page()
    links = Links()
    links.feed(text)
    assert links.open == []
    assert all(link.startswith("data:") for link in links.found)
    assert not re.search(r"https?://|@import|url\(", text)


def test_says_what_the_terminal_says(page):
    text = page()
    assert "0 of 2 tasks are green" in text
    assert "exercise 3 of 4" in text or "exercise 2 of 4" in text
    assert "not started" in text
    assert "double(number=0)" in text
    assert "&lt;b&gt;0" in text or "&#39;&lt;b&gt;0&#39;" in text  # a student's text is no markup
    assert "<b>0&" not in text
    assert "<b>0'" not in text


def test_green(page):
    text = page(SOLVED)
    assert "1 of 2 tasks are green" in text
    assert "task 02, kata watch 02" in text
    assert "under 1 min in 1 run" in text


def test_pictures_of_a_run(mini):
    mini.replace(
        "tasks/manifest.toml", 'title = "Small sums"', 'title = "Small sums"\nwrites = ["sums.png"]'
    )
    draws = (
        "def main():\n"
        "    from pathlib import Path\n"
        f"    Path('sums.png').write_bytes({DOT!r})\n"
        '    print(f"{double(21)=}")\n'
        '    print(f"{running_sums([1, 2, 3])=}")\n'
    )
    mini.answer(solved(main=draws))
    assert (mini.root / ".kata/pictures/task01/sums.png").read_bytes() == DOT
    mini.kata("report", "--out", "elsewhere/page.html")
    text = (mini.root / "elsewhere/page.html").read_text(encoding="utf-8")
    assert base64.b64encode(DOT).decode() in text
    assert "sums.png" in text


def test_a_folder_that_cannot_be_written_to(mini):
    mini.write("file", "")
    done = mini.kata("report", "--out", "file/page.html")
    assert done.status == 2
    assert "name another by --out" in done.text


def test_summary_for_a_workflow(mini):
    mini.add_task(2)
    mini.answer(WRONG)
    lines = mini.kata("report", "--summary").text.splitlines()
    assert lines[0] == "## ML katas: 0 of 2 tasks are green"
    assert lines[2] == "| | task | | |"
    assert lines[4].startswith("| ✗ | 01 | Small sums | exercise ")
    assert lines[5].startswith("| · | 02 | Small sums | not started |")
    assert "### Task 01: Small sums" in lines
    assert any(line.startswith("        expected") for line in lines)


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
@pytest.mark.parametrize("width", [360, 1100])
def test_in_a_browser(page, mini, tmp_path, width):
    """Nothing is wider than the screen, and nothing is asked of a network."""
    text = page()
    probe = (
        "<script>addEventListener('load', () => { document.title = 'wide ' + "
        "document.documentElement.scrollWidth + ' of ' + innerWidth + ', ' + "
        "performance.getEntriesByType('resource')"
        ".filter(r => !r.name.startsWith('data:')).length })</script>"
    )
    (mini.root / "kata.html").write_text(
        text.replace("</body>", f"{probe}</body>"), encoding="utf-8"
    )
    options = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --dump-dom "
        "--disable-background-networking --disable-component-update --disable-sync "
        f"--user-data-dir={tmp_path / 'profile'} --window-size={width},800"
    )
    done = subprocess.run(
        [CHROMIUM, *options.split(), (mini.root / "kata.html").as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    wide, of, fetched = map(
        int, re.search(r"<title>wide (\d+) of (\d+), (\d+)", done.stdout).groups()
    )
    assert wide <= of
    assert fetched == 0
