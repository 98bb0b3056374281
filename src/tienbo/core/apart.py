"""Work on what strangers brought, done in processes apart: with bounds of memory and time, that can open no file and no
connection once they have begun.

    readers = Apart("tienbo.papers.workbook.opening:sheets_read", size=2, trusted=("tienbo.papers.workbook.opening",))
    sheets = readers.ask(data)

A process is started when it is first needed, does one piece after the other, and is replaced when it went over its
bounds: the piece then has `Overrun` for its answer, and nothing else is lost. What comes back is unpickled with the
classes of the modules in `trusted` ("a.b", or "a." for all under it) and a few of the standard library, and no others:
not with what those modules import, and with none of their functions but those marked with `arrives`.
"""

from __future__ import annotations

import codecs
import contextlib
import importlib
import io
import os
import pickle
import queue
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, Literal, TypeVar

from tienbo.core.confined import confine

T = TypeVar("T")

SECONDS = 5.0
"""Of a processor, that a piece of work may take."""
PATIENCE = 6.0
"""As many times as long by the clock: who waits for a processor is not to blame."""
MEMORY = 300 * 2**20
"""Bytes a process may take beyond what it has once it has imported all."""
START = 60.0
"""Seconds a process has to import what it needs."""
_FRAME = struct.Struct("!Q")
_SAFE = {
    "builtins": {"list", "dict", "tuple", "set", "frozenset", "bytearray", "range", "slice"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "collections": {"OrderedDict", "defaultdict"},
    "pathlib": {"Path", "PosixPath", "PurePosixPath"},
}
ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "cp1258", "cp437", "ascii"]
_KEPT = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT"}
"""What it is told of its surroundings: addresses of databases and secrets stand there too."""
inside = False
"""Whether this is such a process: who would hand work to one does it here."""


class Overrun(Exception):  # noqa: N818 - what was found, not a failure of ours
    """The work took too long or too much, or its process died of it."""

    def __init__(self, why: Literal["time", "memory", "died"]) -> None:
        self.why = why
        super().__init__(why)


class _Reader(pickle.Unpickler):
    def __init__(self, data: bytes, trusted: Sequence[str]) -> None:
        super().__init__(io.BytesIO(data))
        self.trusted = trusted

    def find_class(self, module: str, name: str) -> Any:
        if name in _SAFE.get(module, ()):
            return super().find_class(module, name)
        if any(module == one or (one.endswith(".") and module.startswith(one)) for one in self.trusted):
            found = super().find_class(module, name)
            its_own = getattr(found, "__module__", "") == module and getattr(found, "__qualname__", "") == name
            if its_own and (isinstance(found, type) or getattr(found, _ARRIVES, False)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name}")


_ARRIVES = "arrives"


def arrives(function: Callable[..., T]) -> Callable[..., T]:
    """Mark a function that puts together, in the process that asked, what a process apart answered."""
    setattr(function, _ARRIVES, True)
    return function


class Apart:
    """Processes that do one function ("module:name"). `start` is done first, with `given`, before the bounds hold."""

    def __init__(
        self,
        does: str,
        *,
        size: int,
        trusted: Sequence[str],
        start: str = "",
        given: Sequence[Any] = (),
        seconds: float = SECONDS,
        memory: int = MEMORY,
    ) -> None:
        self.does, self.start, self.given = does, start, tuple(given)
        self.size, self.trusted, self.seconds, self.memory = size, tuple(trusted), seconds, memory
        self._idle: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)
        self._owner = os.getpid()

    def ask(self, *args: Any) -> Any:
        """The answer to one piece; whatever exception it raised; Overrun where it went over its bounds."""
        process = self._idle.get()
        try:
            if process is None:
                process = _Process(self)
            answer = process.ask(args)
        except BaseException:
            if process is not None:
                process.end()
            self._idle.put(None)
            raise
        self._idle.put(process)
        return _opened(answer, self.trusted)

    def each(self, pieces: Iterable[Sequence[Any]]) -> Iterator[Any | Overrun]:
        """The answer to each piece, in order, as many at once as there are processes; Overrun itself for one that went
        over its bounds."""
        waiting: queue.Queue[tuple[Sequence[Any], queue.Queue[Any]] | None] = queue.Queue()
        order: queue.Queue[queue.Queue[Any]] = queue.Queue()

        def work() -> None:
            while (held := waiting.get()) is not None:
                piece, answer = held
                try:
                    answer.put(self.ask(*piece))
                except BaseException as wrong:
                    answer.put(wrong)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(self.size)]
        for thread in threads:
            thread.start()
        ahead = 4 * self.size
        try:
            for piece in pieces:
                answer: queue.Queue[Any] = queue.Queue(1)
                order.put(answer)
                waiting.put((piece, answer))
                if order.qsize() >= ahead:
                    yield _told(order.get().get())
            while not order.empty():
                yield _told(order.get().get())
        finally:
            for _thread in threads:
                waiting.put(None)

    def close(self) -> None:
        """End the processes that are idle."""
        held = []
        with contextlib.suppress(queue.Empty):
            while True:
                held.append(self._idle.get_nowait())
        for process in held:
            if process is not None:
                process.end()
            self._idle.put(None)


def _told(answer: Any) -> Any:
    if isinstance(answer, BaseException) and not isinstance(answer, Overrun):
        raise answer
    return answer


def _opened(answer: bytes, trusted: Sequence[str]) -> Any:
    told, said = _Reader(answer, trusted).load()
    if told == "memory":
        raise Overrun("memory")
    if told == "raised":
        raise RuntimeError(said)
    return said


class _Process:
    """One of them, from this side."""

    def __init__(self, of: Apart) -> None:
        self.seconds = of.seconds
        words = [sys.executable, "-c", "from tienbo.core.apart import main; main()"]
        environment = {name: said for name, said in os.environ.items() if name in _KEPT}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        assert self.process.stdin is not None  # noqa: S101 - piped
        assert self.process.stdout is not None  # noqa: S101
        self.into, self.out = self.process.stdin, self.process.stdout
        try:
            self._send(pickle.dumps((of.does, of.start, of.given, of.memory, of.seconds)))
            self._receive(START)
        except BaseException:
            self.end()
            raise

    def ask(self, args: Sequence[Any]) -> bytes:
        self._send(pickle.dumps(args, protocol=5))
        return self._receive(PATIENCE * self.seconds)

    def _send(self, data: bytes) -> None:
        try:
            self.into.write(_FRAME.pack(len(data)))
            self.into.write(data)
            self.into.flush()
        except OSError as broken:
            raise Overrun("died") from broken

    def _receive(self, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        (size,) = _FRAME.unpack(self._bytes(_FRAME.size, until))
        return self._bytes(size, until + seconds)

    def _bytes(self, count: int, until: float) -> bytes:
        made, descriptor = bytearray(), self.out.fileno()
        while len(made) < count:
            left = until - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise Overrun("time")
            some = os.read(descriptor, min(count - len(made), 2**20))
            if not some:
                raise Overrun("died")
            made += some
        return bytes(made)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.into, self.out):
            with contextlib.suppress(OSError):
                pipe.close()


# --------------------------------------------------------------------------------------------------- in the process


def main() -> None:
    """Import, take on the bounds, and answer until nobody asks any more."""
    global inside  # noqa: PLW0603 - a process is inside for its life
    inside = True
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what somebody prints is no answer
    _ends_with_parent()
    first = _frame(source)
    if first is None:
        return
    does, start, given, memory, seconds = pickle.loads(first)  # noqa: S301 - from the process that started this one
    work = _named(does)
    if start:
        _named(start)(*given)
    _import_ahead()
    _bounded(memory)
    _answer(sink, ("ready", None))
    while (data := _frame(source)) is not None:
        _timed(seconds)
        try:
            args = pickle.loads(data)  # noqa: S301 - as above
            _answer(sink, ("said", work(*args)))
        except MemoryError:
            _answer(sink, ("memory", None))
        except Exception as wrong:
            _answer(sink, ("raised", f"{type(wrong).__name__}: {wrong}"[:500]))


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    (size,) = _FRAME.unpack(head)
    return source.read(size)


def _answer(sink: BinaryIO, said: object) -> None:
    data = pickle.dumps(said, protocol=5)
    sink.write(_FRAME.pack(len(data)))
    sink.write(data)
    sink.flush()


def _named(said: str) -> Callable[..., Any]:
    module, _colon, name = said.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _import_ahead() -> None:
    """Encodings are imported when they are first asked for, which is too late."""
    for name in ENCODINGS:
        codecs.lookup(name)


def _bounded(memory: int) -> None:
    """From here on no file and no connection can be opened, nothing written but answers, and so much memory taken; nor
    can anything be removed, renamed or signalled to, where the kernel can hold it to that (`core.confined`)."""
    import resource

    with open("/proc/self/statm", encoding="ascii") as statm:
        size = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + memory, size + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # What is open stays open; what is opened next would have the lowest free number, which is not allowed.
    lowest = next(number for number in range(4096) if not _is_open(number))
    confine()
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, lowest))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _timed(seconds: float) -> None:
    """So many seconds of a processor for what comes next: the kernel ends who takes more."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _ends_with_parent() -> None:
    import ctypes
    import signal

    set_death_signal = 1
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
