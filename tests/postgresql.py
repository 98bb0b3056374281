"""A PostgreSQL of Debian's package for the tests: made in a temporary folder, gone with it.

PostgreSQL refuses to run as root: then the server runs as the first of these users there is: postgres, nobody.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

PACKAGE = "postgresql"
ADMINISTRATOR, WEB_ROLE = "administrator", "tienbo_web"
"""Who may do everything and does nothing here but make the two others: `tienbo`, whose the tables are, and the role of
the web. Neither of these can step past the policies of rows."""


class MissingError(RuntimeError):
    """The server's programs are not on this machine."""


def programs() -> Path:
    """The folder of initdb and postgres, the newest installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found or not (found[-1] / "initdb").exists():
        raise MissingError(f"PostgreSQL is not installed. As root: apt-get install -y {PACKAGE}")
    return found[-1]


def _user() -> str | None:
    """Whom to become to run the server; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise MissingError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(user: str | None, *command: str | Path) -> None:
    become = ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"] if user else []
    done = subprocess.run([*become, *map(str, command)], capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}")


def _locale(bin_: Path) -> list[str]:
    """Vietnamese by ICU where the version knows it (15 and later), so that order is as on a real server."""
    if int(bin_.parent.name) >= 15:
        return ["--locale-provider=icu", "--icu-locale=vi", "--locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def server_process(address: str) -> int:
    """The process of a server that was started here, by its address; 0 where it is not found."""
    mark = f"port={urlsplit(address).port}"
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if words[0].endswith("/postgres") and mark in words:
                return int(folder.name)
    return 0


def server_struck(address: str, *, immediate: bool = False) -> None:
    """Kill a server that was started here (SIGKILL, or as `pg_ctl stop -m immediate`), and start it again as it was."""
    pid, user, bin_ = server_process(address), _user(), programs()
    words = (Path("/proc") / str(pid) / "cmdline").read_bytes().decode().rstrip("\0").split("\0")
    at = words.index("-D")
    data, options = words[at + 1], " ".join([*words[1:at], *words[at + 2 :]])
    if immediate:
        _run(user, bin_ / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    else:
        os.kill(pid, signal.SIGKILL)
    for _ in range(200):  # processes of the one that was killed may hold its memory for a moment
        time.sleep(0.1)
        try:
            _run(user, bin_ / "pg_ctl", "-D", data, "-w", "-l", Path(data).parent / "log", "-o", options, "start")
        except RuntimeError:
            continue
        return
    raise RuntimeError("the server does not start again")


def server_started(inside: Path) -> None:
    """Start the server whose folder lies in `inside` as it was started before: it has ended by itself."""
    (data,) = inside.glob("tienbo-postgresql-*/data")
    _run(_user(), programs() / "pg_ctl", "-D", data, "-w", "-l", data.parent / "log", "restart")


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """A program that is told to stop (SIGTERM, as by `timeout`) leaves through its `finally`s: its server goes too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def server(*, is_durable: bool = False, inside: Path | None = None) -> Iterator[str]:
    """Run a server and yield the address of its database: postgresql://tienbo@127.0.0.1:port/tienbo, as the role that
    owns it and is looked at like any other.

    What it holds outlives a power cut only where it `is_durable`, as a real one is: what waits for the disk is turned
    off otherwise. `inside`: the folder its own is made in, the system's for temporary files where it is not said.
    """
    bin_, user, port = programs(), _user(), _free_port()
    folder = Path(tempfile.mkdtemp(prefix="tienbo-postgresql-", dir=inside))
    data = folder / "data"
    with _told_to_stop():
        try:
            if user:
                shutil.chown(folder, user)
            made_as = ["-U", ADMINISTRATOR, "-A", "trust", "-E", "UTF8", "--no-sync", *_locale(bin_)]
            _run(user, bin_ / "initdb", "-D", data, *made_as)
            options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} "
            options += "-c shared_buffers=64MB"
            if not is_durable:
                options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
            _run(user, bin_ / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
            try:
                at = ["-h", "127.0.0.1", "-p", str(port), "-U", ADMINISTRATOR]
                roles = f"CREATE ROLE tienbo LOGIN CREATEDB REPLICATION; CREATE ROLE {WEB_ROLE} LOGIN"
                # tests of damage turn triggers off; policies are not turned off with them
                roles += "; GRANT SET ON PARAMETER session_replication_role TO tienbo"
                _run(user, bin_ / "psql", *at, "-q", "-c", roles, "postgres")
                _run(user, bin_ / "createdb", *at, "-O", "tienbo", "tienbo")
                yield f"postgresql://tienbo@127.0.0.1:{port}/tienbo"
            finally:
                _run(user, bin_ / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
