"""Bench: the pages of the demonstration province over HTTP, as a browser gets them from `tienbo serve`.

Server time is that of the answer on this machine, once the first question of each kind was asked; beside it stands what
the server's processes took of a processor, which others on the machine do not change. Bytes are those of the bodies as
they were sent: compressed, with everything a page loads.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from bench.measure import BUILD, Row, child, same, say
from bench.nation import cached

TIMES = 15
"""Questions of a kind, after those that warm it."""
WARMING = 3
LIST = 1000
PERIOD, CODE = "2026-H1", "training.attendances"
PAGES = {
    "home": f"/{PERIOD}/",
    "targets": f"/{PERIOD}/targets/",
    "indicator": f"/{PERIOD}/indicator/{CODE}/",
    "explanation": f"/{PERIOD}/indicator/{CODE}/explanation/",
    "intake": f"/{PERIOD}/intake/",
    "report": f"/{PERIOD}/report/",
    "norms": f"/{PERIOD}/norms/",
    "unit": f"/{PERIOD}/units/?kind=commune",
}
"""What is opened; of the units' list, the first of them."""
GATED = ("home", "targets", "indicator")
GATES = {**dict.fromkeys(GATED, 150), "unit": 100, "norms": 1000}
"""Milliseconds."""
CLOCK = os.sysconf("SC_CLK_TCK")
LOADED = re.compile(r'(?:<link rel="(?:stylesheet|icon)" href|<script src|<img[^>]* src)="([^"]+)"')
FONTS = re.compile(r"url\([\"']?([^\"')]+\.woff2)")


@dataclass
class Visitor:
    """A browser as far as bytes go: cookies, what it keeps, what came over the wire."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, Message, bytes]:
        """Status, headers and the body as it came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            headers = {"Accept-Encoding": "br, gzip", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
            body = None
            if form is not None:
                body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
            connection.request("GET" if form is None else "POST", path, body, headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, _is, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def open(self, path: str) -> tuple[int, str]:
        """Bytes of a page with everything it loads and this browser does not keep, and the page's address."""
        status, headers, body = self.ask(path)
        total = len(body)
        while status == 302:
            path = urljoin(path, headers["Location"])
            status, headers, body = self.ask(path)
            total += len(body)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        waiting = [urljoin(path, one) for one in LOADED.findall(unpacked(headers, body).decode())]
        while waiting:
            address = waiting.pop().replace("&amp;", "&")
            if address in self.kept or urlsplit(address).scheme:
                continue
            status, headers, loaded = self.ask(address)
            if status != 200:
                raise RuntimeError(f"{address} answered {status}")
            total += len(loaded)
            if re.search(r"max-age=[1-9]", headers.get("Cache-Control", "")):
                self.kept.add(address)
            if address.endswith(".css"):
                waiting += [urljoin(address, one) for one in FONTS.findall(unpacked(headers, loaded).decode())]
        return total, path

    def sign_in(self, name: str, password: str, page: bytes) -> int:
        """Bytes of the answer."""
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        if token is None:
            raise RuntimeError("the page to sign in has no token")
        form = {"login": name, "password": password, "csrfmiddlewaretoken": token.group(1).decode()}
        status, _headers, body = self.ask("/sign-in/", form)
        if status != 302:
            raise RuntimeError(f"signing in answered {status}")
        return len(body)


def unpacked(headers: Message, body: bytes) -> bytes:
    import gzip

    import brotli

    kind = headers.get("Content-Encoding", "")
    return brotli.decompress(body) if kind == "br" else gzip.decompress(body) if kind == "gzip" else body


def rows(scale: float, times: int = TIMES) -> list[Row]:
    districts = None if scale >= 1 else 1
    kept = cached(f"province-{districts or 'whole'}", "bench.report:make", districts=districts)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="site-") as held:
        site = Path(held) / "site"
        shutil.copytree(kept / "site", site)
        name, password = child("bench.pages:account", site=str(site)).answer
        with serving(site) as (port, process):
            found = [*_bytes(port, name, password), *_times(port, process, name, password, times)]
        return [*found, _list(site, times)]


def _times(port: int, process: int, name: str, password: str, times: int) -> Iterator[Row]:
    visitor = Visitor(port)
    visitor.sign_in(name, password, _plain(visitor, "/sign-in/"))
    for page, address in PAGES.items():
        path = _first_unit(visitor, address) if page == "unit" else address
        wall, cpu, size = _time(visitor, process, path, times)
        say(f"  {page}: {wall * 1000:.0f} ms, {cpu * 1000:.0f} ms of a processor, {size / 1000:.0f} kB of HTML")
        gate = GATES.get(page)
        detail = f"{cpu * 1000:.0f} ms of a processor; {size / 1000:.0f} kB of HTML"
        yield Row(f"page: {page}", "the clock, warm", wall * 1000, "ms", gate=gate, detail=detail)


def _first_unit(visitor: Visitor, listed: str) -> str:
    """The page of the first unit of a list."""
    found = re.search(r'href="(/unit/[^"]+)"', _plain(visitor, listed).decode())
    if found is None:
        raise RuntimeError(f"{listed} names no unit")
    return found.group(1).replace("&amp;", "&")


def _plain(visitor: Visitor, path: str) -> bytes:
    _status, headers, body = visitor.ask(path)
    return unpacked(headers, body)


def _bytes(port: int, name: str, password: str) -> list[Row]:
    """Until home stands on the screen of a browser that was never here; each page after that."""
    visitor = Visitor(port)
    first, _path = visitor.open("/")
    first += visitor.sign_in(name, password, _plain(visitor, "/sign-in/"))
    first += visitor.open("/")[0]
    later = {page: visitor.open(path)[0] for page, path in PAGES.items() if page in GATED}
    told = ", ".join(f"{page} {size / 1000:.0f} kB" for page, size in later.items())
    say(f"  first visit {first / 1000:.0f} kB, later {told}")
    return [
        Row("bytes of the first visit", "signing in, then home", first / 1000, "kB", gate=150),
        Row("bytes of a later page", "the largest of three", max(later.values()) / 1000, "kB", gate=40, detail=told),
    ]


def _time(visitor: Visitor, process: int, path: str, times: int) -> tuple[float, float, int]:
    """Median seconds of the clock, mean seconds of a processor, bytes of HTML."""
    for _ in range(WARMING):
        status, headers, body = visitor.ask(path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
    size, before, took = len(unpacked(headers, body)), processor(process), []
    for _ in range(times):
        start = time.perf_counter()
        visitor.ask(path)
        took.append(time.perf_counter() - start)
    return statistics.median(took), (processor(process) - before) / times, size


def processor(process: int) -> float:
    """Seconds of a processor that the web processes below one process have taken so far."""
    total, parents = 0, {process}
    running = [one for one in Path("/proc").iterdir() if one.name.isdecimal()]
    for folder in sorted(running, key=lambda one: int(one.name)):
        try:
            parts = (folder / "stat").read_text().rpartition(")")[2].split()
            words = (folder / "cmdline").read_text()
        except OSError:
            continue
        if int(parts[1]) in parents:
            parents.add(int(folder.name))
            if "granian" in words:
                total += int(parts[11]) + int(parts[12])
    return total / CLOCK


# --------------------------------------------------------------------------------------------------- what is served


def account(site: str) -> tuple[float, tuple[str, str]]:
    """Name and password of somebody of the standing office, made for the bench."""
    from tienbo.project.desk import Desk

    desk = Desk.open(Path(site))
    from tienbo.project.people import account_make

    made = account_make(name="bench", full_name="Bench", role="office", unit=desk.home, begins=desk.today)
    return 0, (made.name, made.password)


@contextmanager
def serving(site: Path, workers: int = 1) -> Iterator[tuple[int, int]]:
    """(port, process) of `tienbo serve`, by default with one web process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [sys.executable, "-m", "tienbo.project.cli", "serve", "--site", str(site), "--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TIENBO_", "DJANGO_"))}
    process = subprocess.Popen([*words, "--workers", str(workers)], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError("tienbo serve ended")
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


# ----------------------------------------------------------------------------------------------- a thousand rows


def _list(site: Path, times: int) -> Row:
    """A thousand rows out of the database as JSON: through a pydantic TypeAdapter, and by json.dumps of plain dicts."""
    answer = child("bench.pages:lists", site=str(site), times=times).answer
    same("a thousand rows", *answer["sums"])
    ratio = statistics.median(a / b for a, b in zip(answer["adapter"], answer["plain"], strict=True))
    adapter, plain = (statistics.median(answer[way]) * 1000 for way in ("adapter", "plain"))
    detail = f"{adapter:.1f} ms, plain {plain:.1f} ms; {answer['rows']:,} rows"
    return Row("1,000 rows as JSON, TypeAdapter", "JsonResponse of dicts", ratio, "×", gate=1.1, detail=detail)


def lists(site: str, times: int) -> tuple[float, dict[str, Any]]:
    from tienbo.project.desk import Desk

    Desk.open(Path(site))
    import json
    from datetime import date

    from django.http import JsonResponse
    from pydantic import TypeAdapter
    from typing_extensions import TypedDict

    from tienbo.units.models import UnitName

    class Line(TypedDict):
        id: int
        unit_id: int
        lang: str
        text: str
        valid_from: date
        valid_to: date | None

    adapter = TypeAdapter(list[Line])
    fields = tuple(Line.__annotations__)

    def held() -> list[dict[str, Any]]:
        found = list(UnitName.objects.order_by("id").values(*fields)[:LIST])
        return (found * (LIST // len(found) + 1))[:LIST]  # a small province has fewer

    def by_adapter() -> bytes:
        return adapter.dump_json(held())  # type: ignore[arg-type]

    def plainly() -> bytes:
        return JsonResponse(held(), safe=False).content

    took: dict[str, list[float]] = {"adapter": [], "plain": []}
    sums = []
    for turn in range(times + 1):
        for name, way in (("adapter", by_adapter), ("plain", plainly)):
            start = time.perf_counter()
            made = way()
            if turn:
                took[name].append(time.perf_counter() - start)
            else:
                sums.append(json.loads(made))
    same_rows = [[str(row) for row in one] for one in sums]
    return sum(map(sum, took.values())), {**took, "sums": same_rows, "rows": len(sums[0])}
