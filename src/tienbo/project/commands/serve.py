"""tienbo serve: the pages and the work behind them, on one machine."""

from __future__ import annotations

import argparse
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

GRACE = 20
"""Seconds a process has to finish what it is doing."""

worded({"serve.port_taken": N_("The address {address} is in use. Choose another with --port.")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = groups.add_parser("serve", help=_("serve the pages, and work behind them, until stopped"))
    serve.add_argument("--host", default="127.0.0.1", metavar=_("ADDRESS"), help=_("address to listen on"))
    serve.add_argument("--port", type=int, default=8000, metavar=_("PORT"), help=_("port to listen on"))
    serve.add_argument("--workers", type=int, default=2, metavar="N", help=_("web processes"))
    site_options(serve)
    serve.set_defaults(run=run)
    work = groups.add_parser("work", help=_("do the work that waits in the background, until stopped"))
    work.add_argument("--once", action="store_true", help=_("stop when nothing waits"))
    site_options(work)
    work.set_defaults(run=run_work)


def run(arguments: argparse.Namespace, say: Say) -> int:
    """Start a web and a worker process, start again what dies, and stop both gracefully on a signal."""
    path = site_path(arguments)
    desk = Desk.open(path, migrate=True)
    from django.core.management import call_command

    call_command("check", fail_level="ERROR", stdout=io.StringIO())
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    address = f"http://{arguments.host}:{arguments.port}/"
    _must_be_free(arguments.host, arguments.port, address)
    settings = {"TIENBO_SITE": str(desk.site.path), "DJANGO_SETTINGS_MODULE": "tienbo.project.settings"}
    granian = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", arguments.host),
        *("--port", str(arguments.port), "--workers", str(arguments.workers), "--blocking-threads", "4"),
        *("--workers-kill-timeout", str(GRACE), "--respawn-failed-workers", "--no-ws", "--log-level", "warning"),
        "tienbo.project.wsgi:application",
    ]
    worker = [sys.executable, "-m", "tienbo.project.cli", "work", "--site", str(desk.site.path)]
    say.line(_("Serving {site} at {address} (stop with Ctrl+C)").format(site=desk.site.path, address=address))
    return _supervise([granian, worker], {**os.environ, **settings})


def _must_be_free(host: str, port: int, address: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise Refused(Fault("serve.port_taken", address, {"address": address})) from taken


def _supervise(commands: list[list[str]], environment: dict[str, str]) -> int:
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    held = [_start(command, environment) for command in commands]
    born = [time.monotonic()] * len(held)
    while not stopping.wait(0.5):
        for index, process in enumerate(held):
            if process.poll() is not None:
                if time.monotonic() - born[index] < 3:
                    stopping.set()  # it cannot even start: do not spin
                    break
                held[index], born[index] = _start(commands[index], environment), time.monotonic()
    codes = []
    for process in held:
        if process.poll() is None:
            process.terminate()
    for process in held:
        try:
            codes.append(process.wait(GRACE + 5))
        except subprocess.TimeoutExpired:
            process.kill()
            codes.append(process.wait())
    return 0 if all(code in (0, -signal.SIGTERM, 128 + signal.SIGTERM) for code in codes) else 1


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl+C reaches this process alone, which then stops the others in order.
    return subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - our own programs


def run_work(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.ground.jobs import jobs_work

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_ignored: stopping.set())
    signal.signal(signal.SIGINT, lambda *_ignored: stopping.set())
    # What waits is looked for twice a second; one that must not wait is stopped when nothing is found.
    wait = stopping.set if arguments.once else lambda: stopping.wait(0.5)
    done = jobs_work(worker=f"{socket.gethostname()}:{os.getpid()}", until=stopping.is_set, wait=wait)  # type: ignore[arg-type]
    say.line(_("{count} jobs were done.").format(count=done))
    say.data({"done": done, "site": str(desk.site.path)})
    return 0
