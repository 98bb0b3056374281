"""The real server on a real site, and Chromium in front of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright
from tests.web.world import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
AS_INSTALLED = ROOT / "tests" / "as_installed"
"""Comes first in the path of what runs as it does with people."""
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
WAITS = 120
"""Seconds for a server to start: its processes load everything, on a machine that may be busy."""


@dataclass(frozen=True)
class Served:
    """A running site: its address, folder and the keys of its units."""

    address: str
    folder: Path
    units: Mapping[str, str]


def environment() -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(("TIENBO_", "DJANGO_"))},
        "PYTHONPATH": f"{AS_INSTALLED}{os.pathsep}{ROOT}",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path, units: Mapping[str, str]) -> Iterator[Served]:
    """`tienbo serve` on a site until the block ends; it must stop by itself when asked to."""
    port = free_port()
    command = [sys.executable, "-m", "tienbo.project.cli", "serve", "--site", str(folder), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--workers", "1"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, address)
        yield Served(address, folder, units)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=WAITS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _wait(process: subprocess.Popen[str], address: str) -> None:
    until = time.monotonic() + WAITS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"tienbo serve ended:\n{process.stdout.read() if process.stdout else ''}")
        try:
            with urllib.request.urlopen(f"{address}/ready", timeout=2) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("tienbo serve did not become ready")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


_kept: dict[str, tuple[TemporaryDirectory[str], Mapping[str, str]]] = {}
"""Sites that were made, by the way one signs in: they go with the process."""


def make_site(folder: Path, address: str = "", sign_in: str = "simple") -> Mapping[str, str]:
    """The small world as a site, in a file or on an empty PostgreSQL. In a file it is made once a process, with the
    pages' files compressed as serving them leaves them, and copied."""
    if address:
        return _site_made(folder, address, sign_in)
    if sign_in not in _kept:
        place = TemporaryDirectory(prefix="kept-site-")
        _kept[sign_in] = place, _site_made(Path(place.name) / "site", "", sign_in)
    place, units = _kept[sign_in]
    shutil.copytree(Path(place.name) / "site", folder)
    return units


def _site_made(folder: Path, address: str, sign_in: str) -> Mapping[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.web.make_site", str(folder), address, sign_in],
        env=environment(), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    made: Mapping[str, str] = json.loads(done.stdout.strip().splitlines()[-1])
    return made


def sign_in(page: Page, served: Served, name: str, *, lang: str = "vi") -> None:
    """Sign in through the page, as a person does."""
    page.context.add_cookies([{"name": "tienbo_lang", "value": lang, "url": served.address}])
    page.goto(f"{served.address}/sign-in/")
    page.fill("#id_login", name)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
