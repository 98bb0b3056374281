"""Work on what strangers brought, done in processes apart: with bounds of memory and time, that can open no file and no
connection once they have begun.

    readers = Apart("tienbo.papers.workbook.opening:sheets_read", size=2, trusted=("tienbo.papers.workbook.opening",))
    sheets = readers.ask(data)

A process is started when it is first needed, does one piece after the other, and is replaced when it went over its
bounds: the piece then has `Overrun` for its answer, and nothing else is lost. One that does not start, or ends with a
fault of ours, is an `Overrun` too, of another kind: what it said goes to the log. What comes back is unpickled with the
classes of the modules in `trusted` ("a.b", or "a." for all under it) and a few of the standard library, and no others:
not with what those modules import, and with none of their functions but those marked with `arrives`.
"""

from __future__ import annotations

import codecs
import contextlib
import importlib
import io
import logging
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
from tienbo.core.faults import worded
from tienbo.core.messages import N_

T = TypeVar("T")

SECONDS = 5.0
"""Of a processor, that a piece of work may take."""
PATIENCE = 6.0
"""As many times as long by the clock: who waits for a processor is not to blame."""
MEMORY = 300 * 2**20
"""Bytes a process may take beyond what it has once it has imported all."""
START = 60.0
"""Seconds a process has to import what it needs."""
ENDING = 5.0
"""Seconds that a process which answers no more has to be gone."""
LAST_WORDS = 4000
"""Bytes that are kept of what a process says beside its answers: the end of it, where the cause stands."""
FAILED = "reading.failed"
"""Code of the fault to tell where the process failed and not what it was given."""
worded(
    {
        FAILED: N_(
            "The file was not read: the part of the system that reads files failed. It was not found too large or too "
            "heavy. Send it again later; if the same comes back, tell who runs the system, whose log says why."
        ),
    }
)
_log = logging.getLogger("tienbo.apart")
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
    """The work took too long or too much, or its process died of it; or its process failed by itself ("failed"), or
    what it works with did ("raised": the log has it), which may be for what the file holds."""

    def __init__(self, why: Literal["time", "memory", "died", "failed", "raised"]) -> None:
        self.why = why
        super().__init__(why)

    def code(self, heavy: str) -> str:
        """Of the fault to tell: `heavy`, where the work was that."""
        return FAILED if self.why in ("failed", "raised") else heavy


class Raised(RuntimeError):  # noqa: N818 - what was found
    """The work failed with an exception: its name and words."""


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
            if process is not None and process.has_ended():  # while it was idle: what is asked now is not to blame
                process.end()
                process = None
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
        over its bounds or could not be worked on: the others are."""
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
                    yield self._told(order.get().get())
            while not order.empty():
                yield self._told(order.get().get())
        finally:
            for _thread in threads:
                waiting.put(None)

    def _told(self, answer: Any) -> Any:
        if isinstance(answer, Raised):
            _log.error("%s could not work on a piece: %s", self.does, answer)
            return Overrun("raised")
        if isinstance(answer, BaseException) and not isinstance(answer, Overrun):
            raise answer
        return answer

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


def _opened(answer: bytes, trusted: Sequence[str]) -> Any:
    told, said = _Reader(answer, trusted).load()
    if told == "memory":
        raise Overrun("memory")
    if told == "raised":
        raise Raised(said)
    return said


class _Process:
    """One of them, from this side."""

    def __init__(self, of: Apart) -> None:
        self.seconds, self.does, self.last_words = of.seconds, of.does, bytearray()
        words = [sys.executable, "-c", "from tienbo.core.apart import main; main()"]
        environment = {name: said for name, said in os.environ.items() if name in _KEPT}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own module
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
            )
        except OSError as refused:
            _log.exception("no process could be started for %s", self.does)
            raise Overrun("failed") from refused
        assert self.process.stdin is not None  # noqa: S101 - piped
        assert self.process.stdout is not None  # noqa: S101
        assert self.process.stderr is not None  # noqa: S101
        self.into, self.out, self.beside = self.process.stdin, self.process.stdout, self.process.stderr
        try:
            self._send(pickle.dumps((of.does, of.start, of.given, of.memory, of.seconds)))
            self._receive(START)
        except Overrun as over:  # before it was given any work
            if over.why != "failed":
                self._tell_log(f"did not start ({over.why})")
            self.end()
            raise Overrun("failed") from over
        except BaseException:
            self.end()
            raise

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def ask(self, args: Sequence[Any]) -> bytes:
        self._send(pickle.dumps(args, protocol=5))
        return self._receive(PATIENCE * self.seconds)

    def _send(self, data: bytes) -> None:
        try:
            self.into.write(_FRAME.pack(len(data)))
            self.into.write(data)
            self.into.flush()
        except OSError as broken:
            raise self._ended() from broken

    def _receive(self, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        (size,) = _FRAME.unpack(self._bytes(_FRAME.size, until))
        return self._bytes(size, until + seconds)

    def _bytes(self, count: int, until: float) -> bytes:
        made, answers, beside = bytearray(), self.out.fileno(), self.beside.fileno()
        heard = [answers, beside]
        while len(made) < count:
            left = until - time.monotonic()
            ready = select.select(heard, [], [], left)[0] if left > 0 else []
            if not ready:
                raise Overrun("time")
            if beside in ready and not self._hear():
                heard = [answers]
            if answers in ready:
                some = os.read(answers, min(count - len(made), 2**20))
                if not some:
                    raise self._ended()
                made += some
        return bytes(made)

    def _hear(self) -> bool:
        """Keep the end of what it said beside its answers. False: it will say no more."""
        some = os.read(self.beside.fileno(), 2**16)
        self.last_words = (self.last_words + some)[-LAST_WORDS:]
        return bool(some)

    def _ended(self) -> Overrun:
        """Why it ended: a signal ends a process for what it was given (its time, a crash of the parser); one that
        leaves by itself failed."""
        try:
            code = self.process.wait(ENDING)
        except subprocess.TimeoutExpired:
            return Overrun("died")
        if code < 0:
            _log.warning("a process for %s was ended by signal %d", self.does, -code)
            return Overrun("died")
        while select.select([self.beside], [], [], 0)[0] and self._hear():
            pass
        if self.last_words.rstrip().endswith(b"\nMemoryError"):  # while it took in what it was given
            return Overrun("memory")
        self._tell_log(f"ended by itself ({code})")
        return Overrun("failed")

    def _tell_log(self, what: str) -> None:
        _log.error("a process for %s %s: %s", self.does, what, self.last_words.decode(errors="replace").strip())

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.into, self.out, self.beside):
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
