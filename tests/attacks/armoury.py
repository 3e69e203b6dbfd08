"""Makes answers of the attacks, and a course with secrets for them to look for."""

import ast
import re
import secrets
import shutil
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ANSWERS = Path(__file__).with_name("answers.py")
TASK = "task17"


@dataclass(frozen=True)
class Attack:
    title: str
    goal: str  # "green", "secret" or "leaves"
    wins: bool  # in the judge's own process
    code: str
    task: str = TASK

    @property
    def name(self):
        return re.sub(r"\W+", "-", self.title)


def read_attacks():
    """All attacks, in their order."""
    tree = ast.parse(ANSWERS.read_text(encoding="utf-8"))
    shared = [node for node in tree.body if not getattr(node, "decorator_list", None)]
    found = []
    for node in tree.body:
        if node in shared:
            continue
        (decorator,) = node.decorator_list
        options = {word.arg: ast.literal_eval(word.value) for word in decorator.keywords}
        node.decorator_list = []
        own = node.body if node.name == "overlay" else [node]
        code = ast.unparse(ast.Module(body=[*shared, *own], type_ignores=[]))
        title = ast.literal_eval(decorator.args[0])
        goal, wins = options.get("goal", "green"), options.get("wins", False)
        found.append(Attack(title, goal, wins, code, options.get("task", TASK)))
    return found


class Scene:
    """A copy of the course, and things outside of it, that know a secret."""

    def __init__(self, folder):
        self.folder = folder
        self.secret = "SECRET_OF_THE_TEST_" + secrets.token_hex(8)
        self.course = folder / "course"
        self.marks = folder / "marks"
        self.home = folder / "home"
        self.others = folder / "others"
        self.port = 0
        self.name = f"kata-{secrets.token_hex(8)}"  # of a socket
        for path in (self.course, self.marks, self.home, self.others):
            path.mkdir()
        self.marks.chmod(0o777)
        self._copy_course()
        for path in (self.home / "notes.txt", self.others / "task17.py"):
            path.write_text(f"# {self.secret}\n")

    def _copy_course(self):
        for name in ("kata", "fixtures"):
            (self.course / name).symlink_to(ROOT / name)
        for name in ("conftest.py", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.course)
        for name in ("tasks", "solutions"):
            shutil.copytree(ROOT / name, self.course / name)
        tests = self.course / "tests"
        tests.mkdir()
        for path in ROOT.glob("tests/*.*"):
            shutil.copy(path, tests)
        manifest = self.course / "tasks" / "manifest.toml"
        text = manifest.read_text(encoding="utf-8")
        start = f"number = {int(TASK[-2:])}\n"
        assert start in text
        manifest.write_text(text.replace(start, f"{start}time_limit = 1\n"), encoding="utf-8")
        for path in (tests / f"test_{TASK}.py", self.course / "solutions" / f"{TASK}.py"):
            path.write_text(path.read_text(encoding="utf-8") + f"\n# {self.secret}\n")

    def write(self, attack, folder):
        """The attack as an answer in a folder of its own, and the path that it must not make."""
        mark = self.marks / attack.name
        stub = (ROOT / "tasks" / "stubs" / f"{attack.task}.py").read_text(encoding="utf-8")
        code = attack.code
        for name, value in (
            ("MARK_OF_THE_TEST", mark), ("COURSE", self.course), ("OTHERS", self.others),
            ("HOME", self.home), ("PORT", self.port), ("SOCKET", self.name),
        ):  # fmt: skip
            code = code.replace(name, str(value))
        path = folder / attack.name / f"{attack.task}.py"
        path.parent.mkdir(parents=True)
        # What the stub runs as a script comes last.
        before, main, after = stub.partition('if __name__ == "__main__":')
        path.write_text(f"{before}\n{code}\n\n{main}{after}", encoding="utf-8")
        return path, mark

    @contextmanager
    def servers(self):
        """Servers of this machine that tell the secret to whoever reaches them."""
        there = socket.create_server(("127.0.0.1", 0))
        self.port = there.getsockname()[1]
        here = socket.socket(socket.AF_UNIX)
        here.bind(f"\0{self.name}")
        here.listen()
        for server in (there, here):
            threading.Thread(target=self._serve, args=(server,), daemon=True).start()
        try:
            yield
        finally:
            for server in (there, here):
                server.close()

    def _serve(self, server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(self.secret.encode())
