"""`tienbo serve` as a person runs it: what it says, what happens when parts of it die, and how it stops."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.web.browser import ROOT, environment, free_port, make_site
from tests.web.world import PASSWORD

PATIENCE = 60
SERVING = "Serving "
TIENBO = (sys.executable, "-m", "tienbo.project.cli")


@dataclass
class Server:
    """`tienbo serve` in a process of its own."""

    process: subprocess.Popen[str]
    site: Path
    port: int
    said: str
    """What it said until it served."""

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> bool:
        return self.get("/ready")[0] == 200

    def ends(self, number: int) -> tuple[int, str]:
        """Its exit code, and what it said, after a signal."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, self.said + said


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@contextmanager
def serving(site: Path, *words: str, port: int | None = None) -> Iterator[Server]:
    """From the line that says where it serves until the block ends."""
    command = [*TIENBO, "serve", "--site", str(site), "--port", str(port or free_port()), "--workers", "1"]
    process = subprocess.Popen(
        [*command, "--lang", "en", *words],
        env=environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    late = threading.Timer(PATIENCE, process.kill)
    late.start()
    with process:
        try:
            assert process.stdout is not None
            said = ""
            while SERVING not in said:
                line = process.stdout.readline()
                assert line, f"it ended with {process.wait()}: {said}"
                said += line
            late.cancel()
            address = said.partition(SERVING)[2].split()[2]
            yield Server(process, site, int(address.rpartition(":")[2].strip("/")), said)
        finally:
            late.cancel()
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.communicate(timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()


def tienbo(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TIENBO, *map(str, words), "--lang", "en"],
        env=environment(), cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip


def parts(server: Server) -> dict[str, list[int]]:
    """Processes below the server by what they do: "granian" (the second of them answers requests), "work"."""
    found: dict[str, list[int]] = {"granian": [], "work": []}
    parents = {server.process.pid}
    running = [one for one in Path("/proc").iterdir() if one.name.isdecimal()]
    for folder in sorted(running, key=lambda one: int(one.name)):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_text().split("\0")
        except (OSError, IndexError):  # it has ended meanwhile
            continue
        if parent not in parents:
            continue
        parents.add(int(folder.name))
        for name, pids in found.items():
            if name in words:
                pids.append(int(folder.name))
    return found


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("serve") / "site"
    make_site(site)
    return site


@pytest.fixture
def site(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "site"))


@pytest.fixture(scope="module")
def server(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that runs through the tests below that do not stop it."""
    site = Path(shutil.copytree(kept, tmp_path_factory.mktemp("running") / "site"))
    with serving(site) as running:
        assert running.ready()
        yield running


def test_health_answers_and_readiness_names_what_is_gone(server: Server) -> None:
    assert server.get("/health") == (200, "ok\n")
    assert json.loads(server.get("/ready")[1]) == {"ready": True, "faults": []}
    (server.site / "facts").rename(server.site / "away")
    try:
        status, said = server.get("/ready")
        assert (status, json.loads(said)) == (503, {"ready": False, "faults": ["facts"]})
        assert server.get("/health")[0] == 200
    finally:
        (server.site / "away").rename(server.site / "facts")
    until(server.ready, "it is not ready again")


def test_a_site_is_served_once_and_a_port_is_used_once(server: Server, site: Path) -> None:
    twice = tienbo("serve", "--site", server.site, "--port", free_port())
    assert twice.returncode == 1
    assert f"is being served already (process {server.process.pid})" in twice.stderr
    taken = tienbo("serve", "--site", site, "--port", server.port)
    assert taken.returncode == 1
    assert f"127.0.0.1:{server.port}/ is in use" in taken.stderr
    until(server.ready, "it no longer answers")


def test_it_says_where_it_serves_and_ctrl_c_stops_everything(server: Server, site: Path) -> None:
    with serving(site, "--free", port=server.port) as other:
        assert other.port > server.port
        held = [pid for pids in parts(other).values() for pid in pids]
        assert len(held) == 3
        code, said = other.ends(signal.SIGINT)
    assert code == 0
    assert f"Serving {site} at http://127.0.0.1:{other.port}/" in said
    assert "Traceback" not in said
    assert [pid for pid in held if alive(pid)] == []


def test_what_is_killed_is_started_again(server: Server) -> None:
    """And says so by 0 when it is told to stop; it is the last test of this server, which it ends."""
    before = parts(server)
    _main, answering = before["granian"]
    (working,) = before["work"]
    time.sleep(3)  # what ends sooner is taken for something that cannot start
    os.kill(answering, signal.SIGKILL)
    os.kill(working, signal.SIGKILL)
    until(lambda: server.ready() and answering not in parts(server)["granian"], "nobody answers again")
    until(lambda: [pid for pid in parts(server)["work"] if pid != working] != [], "nobody works again")
    before = parts(server)
    time.sleep(3)
    os.kill(before["granian"][0], signal.SIGKILL)

    def again() -> bool:
        """Another one answers: the one that the killed one leaves does so for a moment more."""
        now = parts(server)["granian"]
        return len(now) == 2 and not set(now) & set(before["granian"]) and server.ready()

    until(again, "the web process is not there again")
    time.sleep(3)
    now = parts(server)
    for pid in (now["work"][0], now["granian"][-1]):  # what is dead when all is stopped was to be started again
        os.kill(pid, signal.SIGKILL)
    assert server.ends(signal.SIGTERM)[0] == 0


@pytest.mark.proof
def test_nothing_is_left_behind_when_the_server_itself_is_killed(site: Path) -> None:
    with serving(site) as other:
        held = [pid for pids in parts(other).values() for pid in pids]
        other.ends(signal.SIGKILL)
        until(lambda: not any(map(alive, held)), "its processes live on")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", other.port))


def test_a_request_under_way_is_answered_before_the_server_stops(site: Path) -> None:
    with serving(site) as server:
        asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        with closing(asked), closing(sqlite3.connect(site / "db.sqlite3", isolation_level=None)) as database:
            asked.request("GET", "/sign-in/")
            page = asked.getresponse()
            token = page.read().decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
            cookie = SimpleCookie(page.headers["Set-Cookie"])["csrftoken"].value
            database.execute("BEGIN IMMEDIATE")  # signing in writes, and now has to wait
            form = urlencode({"csrfmiddlewaretoken": token, "login": "office", "password": PASSWORD})
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={cookie}"}
            asked.request("POST", "/sign-in/", form, headers)
            time.sleep(1.5)
            ending = threading.Thread(target=server.ends, args=(signal.SIGTERM,))
            ending.start()
            time.sleep(1.5)
            assert server.process.poll() is None
            database.execute("ROLLBACK")
            answer = asked.getresponse()
            assert (answer.status, answer.headers["Location"]) == (302, "/")
            assert "sessionid" in " ".join(answer.headers.get_all("Set-Cookie") or [])
            ending.join(PATIENCE)
    assert server.process.returncode == 0


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda site: (site / "tienbo.toml").unlink(), "is not a site"),
        (lambda site: (site / "db.sqlite3").unlink(), "database"),
        (lambda site: _pack(site, "khong-co"), "khong-co"),
    ],
    ids=["no_settings", "no_database", "no_definitions"],
)
def test_a_broken_site_is_told_before_anything_is_served(
    site: Path, broken: Callable[[Path], object], words: str
) -> None:
    broken(site)
    done = tienbo("serve", "--site", site, "--port", free_port())
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def _pack(site: Path, name: str) -> None:
    file = site / "tienbo.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('pack = "vn"', f'pack = "{name}"'), encoding="utf-8")


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_what_is_no_port_is_told(site: Path, port: str) -> None:
    done = tienbo("serve", "--site", site, "--port", port)
    assert done.returncode == 2
    assert f"“{port}” is no port" in done.stderr
