"""tienbo serve: the pages and the work behind them, on one machine."""

from __future__ import annotations

import argparse
import ctypes
import errno
import fcntl
import http.client
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.assets import static_collect
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.keeping import Keeper
from tienbo.project.saying import Say

GRACE = 20
"""Seconds a process has to finish what it is doing."""
SPIN = 3
"""A process that ends sooner than this many seconds after its start cannot start at all."""
BACK_OFF = 30
"""Seconds, at most, before what served already and cannot start just now is tried again."""
TRIES = 100
"""Ports looked at by --free."""
LOCK = ".serve.lock"
STOPPED = (0, -signal.SIGTERM, 128 + signal.SIGTERM)
"""How a process ends that was told to and did."""

worded(
    {
        "serve.port_taken": N_("The address {address} is in use. Choose another with --port."),
        "serve.bad_address": N_("The server cannot listen at {address}: {reason}"),
        "serve.served_already": N_("The site {site} is being served already (process {process})."),
        "serve.not_started": N_("The server could not start. What it said stands above."),
    }
)


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = groups.add_parser("serve", help=_("serve the pages, and work behind them, until stopped"))
    serve.add_argument("--host", default="127.0.0.1", metavar=_("ADDRESS"), help=_("address to listen on"))
    serve.add_argument("--port", type=_port_number, default=8000, metavar=_("PORT"), help=_("port to listen on"))
    serve.add_argument("--free", action="store_true", help=_("take the next free port where that one is in use"))
    serve.add_argument("--workers", type=int, default=2, metavar="N", help=_("web processes"))
    serve.add_argument(
        "--pages-only",
        action="store_true",
        help=_("serve the pages alone, tables as they are: tienbo work and tienbo site upgrade run by themselves"),
    )
    site_options(serve)
    serve.set_defaults(run=run)
    work = groups.add_parser("work", help=_("do the work that waits in the background, until stopped"))
    work.add_argument("--once", action="store_true", help=_("stop when nothing waits"))
    site_options(work)
    work.set_defaults(run=run_work)


def _port_number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(_("“{text}” is no port: ports are 1 to 65535").format(text=text))
    return int(text)


def run(arguments: argparse.Namespace, say: Say) -> int:
    """Start a web and a worker process, start again what dies, and stop both gracefully on a signal.

    Refused before anything is started: a port in use, a site being served already, definitions that cannot be read.
    """
    path = site_path(arguments)
    port = _port(arguments.host, arguments.port, TRIES if arguments.free else 1)
    address = f"http://{arguments.host}:{port}/"
    desk = Desk.open(path)
    with _alone(desk.site.path):
        desk = Desk.open(path, migrate=not arguments.pages_only)
        desk.edition  # noqa: B018 - what is wrong with the definitions is told now, not by each page
        from django.conf import settings as web
        from django.core.management import call_command

        call_command("check", fail_level="ERROR", stdout=io.StringIO())
        static_collect(desk.site.path / "static")
        from tienbo.web.figures import forget

        forget()
        settings = {"TIENBO_SITE": str(desk.site.path), "DJANGO_SETTINGS_MODULE": "tienbo.project.settings"}
        granian = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", arguments.host),
            *("--port", str(port), "--workers", str(arguments.workers), "--blocking-threads", str(web.WEB_THREADS)),
            *("--workers-kill-timeout", str(GRACE), "--respawn-failed-workers", "--no-ws", "--log-level", "warning"),
            "tienbo.project.wsgi:application",
        ]
        worker = [sys.executable, "-m", "tienbo.project.cli", "work", "--site", str(desk.site.path)]

        def answers() -> bool:
            return _answers(arguments.host, port, desk.site.hosts[0] if desk.site.hosts else arguments.host)

        def told() -> None:
            words = _("Serving {site} at {address} (stop with Ctrl+C)")
            say.line(words.format(site=desk.site.path, address=address))
            sys.stdout.flush()

        commands = [granian] if arguments.pages_only else [granian, worker]
        status = _Supervised(commands, {**os.environ, **settings}).run(answers, told)
        say.data({"site": str(desk.site.path), "address": address})
        return status


# ------------------------------------------------------------------------------------------- before it is started


def _port(host: str, first: int, tries: int) -> int:
    """The first of `tries` ports that is free; Refused with the reason when none is."""
    for port in range(first, min(first + tries, 2**16)):
        address = f"http://{host}:{port}/"
        try:
            family, kind, protocol, _name, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(where)
                return port
        except OSError as failed:
            if failed.errno == errno.EADDRINUSE:
                taken = Fault("serve.port_taken", "", {"address": address})
                continue
            reason = failed.strerror or str(failed)
            raise Refused(Fault("serve.bad_address", "", {"address": address, "reason": reason})) from failed
    raise Refused(taken)


@contextmanager
def _alone(site: Path) -> Iterator[None]:
    """One server a site: a second would take away the files that the first one serves. The lock ends with the process,
    however it ends."""
    with (site / LOCK).open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            held.seek(0)
            fields = {"site": site, "process": held.read().strip() or "?"}
            raise Refused(Fault("serve.served_already", "", fields)) from taken
        held.truncate(0)
        held.write(f"{os.getpid()}\n")
        held.flush()
        yield


def _answers(host: str, port: int, name: str) -> bool:
    """Whether something speaks HTTP there yet."""
    where = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked of this machine
    connection = http.client.HTTPConnection(where, port, timeout=5)
    try:
        connection.request("GET", "/health", headers={"Host": name})
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


# ---------------------------------------------------------------------------------------------------- while it runs


class _Supervised:
    """Processes that belong together: one that ends is started again, a signal stops them all in order."""

    def __init__(self, commands: Sequence[Sequence[str]], environment: dict[str, str]) -> None:
        self.commands, self.environment = commands, environment
        self.stopping = threading.Event()
        self.failed = self.up = False

    def run(self, answers: Callable[[], bool], told: Callable[[], None]) -> int:
        """Until a signal comes; `told` is called once, when `answers` first says yes. 0 when all ended well."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self.held = [self._start(command) for command in self.commands]
        self.born = [time.monotonic()] * len(self.held)
        self.idle: list[tuple[float, float]] = [(0.0, 0.0)] * len(self.held)
        """(since when it waits to be started again, for how long): (0, 0) for one that runs well."""
        try:
            while not self.stopping.wait(0.2 if not self.up else 0.5):
                if not self.up and answers():
                    self.up = True
                    told()
                self._revive()
        finally:
            codes = self._end()
        if self.failed:
            raise Refused(Fault("serve.not_started"))
        return 0 if all(code in STOPPED for code in codes) else 1

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()

    def _revive(self) -> None:
        for index, process in enumerate(self.held):
            if process.poll() is None:
                continue
            now = time.monotonic()
            since, wait = self.idle[index]
            if not since:
                quick = now - self.born[index] < SPIN
                if quick and not self.up:
                    self.failed = True  # it cannot even start: do not spin
                    self.stopping.set()
                    return
                # What served before and cannot start now waits for its disk or database to come back.
                since, wait = self.idle[index] = (now, min(BACK_OFF, 2 * wait + 1) if quick else 0.0)
            if now - since < wait:
                continue
            self.idle[index] = (0.0, wait)
            _kill_rest(process)
            self.held[index], self.born[index] = self._start(self.commands[index]), time.monotonic()

    def _end(self) -> list[int]:
        """Stop what runs; how each of it ended. What others killed was to be started again, and is no more: that says
        nothing of how the rest was stopped."""
        running = [process for process in self.held if process.poll() is None]
        for process in running:
            process.terminate()
        codes = []
        for process in running:
            try:
                code = process.wait(GRACE + 5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                codes.append(1)
                continue
            # granian, the first of them, says 1 where a process of its own, killed just before, was not there again.
            is_others = code == -signal.SIGKILL or (code == 1 and process is self.held[0])
            codes.append(0 if is_others else code)
        for process in self.held:
            _kill_rest(process)
        return codes

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl+C reaches this process alone, which then stops the others in order.
        return subprocess.Popen(  # noqa: S603 - our own programs
            command,
            env=self.environment,
            stdout=subprocess.DEVNULL,  # what they have to say is said on stderr
            start_new_session=True,
            preexec_fn=_ends_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no thread runs here
        )


def _kill_rest(ended: subprocess.Popen[bytes]) -> None:
    """What a process that ended had started and left: it would keep the port, and serve on beside the next one."""
    with suppress(ProcessLookupError):
        os.killpg(ended.pid, signal.SIGKILL)


def _ends_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it is killed: nothing keeps the port afterwards."""
    set_death_signal = 1
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)


def run_work(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.ground.jobs import jobs_work
    from tienbo.registers.kinds import recounts_due

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_ignored: stopping.set())
    signal.signal(signal.SIGINT, lambda *_ignored: stopping.set())
    keeper = Keeper(desk.site, stopping)
    keeper.start()
    looked = 0.0

    def wait() -> None:
        """What waits is looked for twice a second, and once a minute what came into use today; one that must not wait
        is stopped when nothing is found."""
        nonlocal looked
        if not looked or time.monotonic() - looked > 60:
            looked = time.monotonic()
            if recounts_due(desk.edition):
                return
        if arguments.once:
            stopping.set()
        else:
            stopping.wait(0.5)

    worker = f"{socket.gethostname()}:{os.getpid()}"
    done = jobs_work(worker=worker, until=stopping.is_set, wait=wait, pause=stopping.wait)
    stopping.set()
    keeper.join(GRACE)
    say.line(_("{count} jobs were done.").format(count=done))
    say.data({"done": done, "site": str(desk.site.path)})
    return 0
