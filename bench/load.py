"""The last evening of a period: officers who save, look and send, at a rate that does not wait for the answers.

`python -m bench.load --rate 40 --seconds 300 [--postgresql]`. A demonstration province with an account for each
commune is served on loopback by `tienbo serve`; a generator in a process of its own makes requests at moments drawn
beforehand (open loop: a slow answer delays nothing, and the time counts from the moment that was drawn), so many
seconds and no more. What an officer does in a hundred requests is in `MIX`. Whoever is asked to come back (429) does so
at the moment named, with the same key. Afterwards every figure that was acknowledged is looked for, and every receipt.

The generator takes a processor too: its share is told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import resource
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.measure import BUILD, child, say
from bench.nation import cached

PERIOD = "2026-H1"
MIX = {"sign": 1, "page": 10, "save": 70, "proof": 12, "send": 2, "receipt": 3}
"""Of a hundred requests: signing in (three of them), pages, saves, documents of 300 kB, sending, receipts looked at."""
REQUESTS = {"sign": 3}
PROOF_BYTES = 300_000
TRIES = 12
PATIENCE = 60.0
"""Seconds for one answer."""
WORDS = [
    "Phối",
    "hợp",
    "tập",
    "huấn,",
    "truyền",
    "thông",
    "về",
    "bình",
    "đẳng",
    "giới",
    "tại",
    "các",
    "thôn;",
    "số",
    "liệu",
]
_HELD = re.compile(rb'data-token="(\w+)"')
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclass
class Officer:
    """One officer with a browser: cookies, what the page holds, what the server said it kept."""

    name: str
    password: str
    unit: str
    cookies: dict[str, str] = field(default_factory=dict)
    version: int = -1
    sha256: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    """Cell → what was typed and is not acknowledged yet."""
    waiting: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    """Saves on their way, with the moment they were due."""
    back_at: float = 0.0
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    told: dict[str, str] = field(default_factory=dict)
    """Cell → the last text of ours that was acknowledged."""
    receipts: list[str] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def entry(self) -> str:
        return f"/entry/{self.unit}/{PERIOD}"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)


@dataclass
class Seen:
    """What the generator saw: by kind, seconds from the moment drawn to the answer; statuses; what failed."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    came_back: Counter[str] = field(default_factory=Counter)
    why: Counter[str] = field(default_factory=Counter)


class Generator:
    """Requests at moments drawn beforehand, on one event loop."""

    def __init__(self, port: int, officers: Sequence[Officer], seed: int = 20260614) -> None:
        self.port, self.officers, self.seen = port, officers, Seen()
        self.chance = random.Random(seed)
        self.does: dict[str, Callable[[Officer], Awaitable[Answer]]] = {
            "sign": self._sign,
            "page": self._page,
            "proof": self._proof,
            "send": self._send,
            "receipt": self._receipt,
        }

    async def run(self, rate: float, seconds: float, surge: float = 0.0) -> None:
        arrivals = rate * sum(MIX.values()) / sum(MIX[kind] * REQUESTS.get(kind, 1) for kind in MIX) + surge
        start, at = time.monotonic() + 0.5, 0.0
        waiting: set[asyncio.Task[None]] = set()
        while (at := at + self.chance.expovariate(arrivals)) < seconds:
            is_more = self.chance.random() * arrivals < surge
            kind = "sign" if is_more else self.chance.choices(list(MIX), list(MIX.values()))[0]
            await asyncio.sleep(max(0.0, start + at - time.monotonic()))
            task = asyncio.create_task(self._one(kind, start + at))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        if waiting:
            await asyncio.wait(waiting, timeout=4 * PATIENCE)

    async def _one(self, kind: str, due: float) -> None:
        officer = await self._free()
        try:
            if kind == "save":
                await self._save(officer, due)
                return
            async with officer.lock:
                answer = await self.does[kind](officer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as broken:
            self.seen.failed[kind] += 1
            self.seen.why[f"{kind}: {type(broken).__name__}"] += 1
            return
        if answer.status == 429:  # told apart in `came_back`: a page that was not shown took no time
            return
        self.seen.took[kind].append(answer.at - due)  # what a page asks for afterwards is not counted
        if answer.status not in (200, 302):
            self.seen.failed[kind] += 1
            self.seen.why[f"{kind}: {answer.status} {answer.body[:160]!r}"] += 1

    async def _free(self) -> Officer:
        for _ in range(8):
            officer = self.chance.choice(self.officers)
            if not officer.lock.locked():
                return officer
        return officer

    # ------------------------------------------------------------------------------------------- what officers do

    async def begin(self, officer: Officer) -> None:
        """Sign in, open the entry page, take the draft."""
        await self._sign(officer)
        answer = await self._ask(officer, "GET", f"{officer.entry}/state/", kind="begin")
        held = json.loads(answer.body)
        officer.cookies["csrf"] = held["token"]
        self._took(officer, held)
        page = await self._ask(officer, "GET", f"{officer.entry}/1/", kind="begin")
        for step in re.findall(r"/entry/[^/]+/[^/]+/(\d+)/", page.body.decode()):
            shown = await self._ask(officer, "GET", f"{officer.entry}/{step}/", kind="begin")
            officer.texts += re.findall(r'name="(text/[^"]+)"', shown.body.decode())
        officer.texts = list(dict.fromkeys(officer.texts))
        _before, _is, select = page.body.decode().partition('<select name="block">')
        officer.proofs = re.findall(r'<option value="([^"]+)"', select.partition("</select>")[0]) or [""]
        await self._save(officer)  # nobody sends an empty form

    def _took(self, officer: Officer, held: dict[str, Any]) -> None:
        officer.version, officer.sha256 = held["version"], held["sha256"]
        officer.cells = held["cells"] if held["whole"] else {**officer.cells, **held["cells"]}

    async def _sign(self, officer: Officer) -> Answer:
        officer.cookies.clear()
        page = await self._ask(officer, "GET", "/sign-in/", kind="sign")
        found = _TOKEN.search(page.body)
        if found is None:
            return page
        token = found.group(1).decode()
        form = {"login": officer.name, "password": officer.password, "csrfmiddlewaretoken": token}
        await self._ask(officer, "POST", "/sign-in/", urlencode(form).encode(), kind="sign")
        home = await self._ask(officer, "GET", f"/{PERIOD}/", kind="sign")
        fresh = _HELD.search(home.body)
        officer.cookies["csrf"] = fresh.group(1).decode() if fresh else token
        return home

    async def _page(self, officer: Officer) -> Answer:
        wanted = (
            f"/{PERIOD}/",
            f"/unit/{officer.unit}/?period={PERIOD}",
            *(f"{officer.entry}/{step}/" for step in (1, 2, 3)),
        )
        return await self._ask(officer, "GET", self.chance.choice(wanted), kind="page")

    async def _save(self, officer: Officer, due: float = 0.0) -> None:
        """What was typed, with all that is not acknowledged yet: one save at a time, as the page's script does it."""
        changes = {}
        for cell in self.chance.sample(officer.texts, min(len(officer.texts), self.chance.choice((1, 1, 2, 3)))):
            wanted = " ".join(self.chance.choices(WORDS, k=self.chance.randrange(5, 40)))
            changes[cell] = [officer.typed.get(cell, officer.cells.get(cell, "")), wanted]
            officer.typed[cell] = wanted
        officer.waiting.append((due or time.monotonic(), {"key": secrets.token_hex(12), "changes": changes}))
        if officer.saving.locked():
            return
        async with officer.saving:
            while officer.waiting:
                await asyncio.sleep(max(0.0, officer.back_at - time.monotonic()))
                async with officer.lock:
                    await self._send_saves(officer)

    async def _send_saves(self, officer: Officer) -> None:
        sent = list(officer.waiting)
        asked = {"device": officer.name, "since": officer.version, "saves": [one for _due, one in sent]}
        body = json.dumps(asked).encode()
        answer = await self._ask(officer, "POST", f"{officer.entry}/save/", body, "application/json", kind="save")
        if answer.status == 429:
            officer.back_at = time.monotonic() + float(answer.headers.get("retry-after", "5"))
            return
        officer.waiting = officer.waiting[len(sent) :]
        if answer.status != 200:
            self.seen.failed["save"] += len(sent)
            self.seen.why[f"save: {answer.status} {answer.body[:160]!r}"] += 1
            return
        self._took(officer, json.loads(answer.body))
        self.seen.took["save"] += [answer.at - due for due, _one in sent]
        for _due, one in sent:
            officer.told.update({cell: pair[1] for cell, pair in one["changes"].items()})
        still = {cell for _due, one in officer.waiting for cell in one["changes"]}
        officer.typed = {cell: text for cell, text in officer.typed.items() if cell in still}

    async def _proof(self, officer: Officer) -> Answer:
        edge = secrets.token_hex(8)
        fields = {"block": self.chance.choice(officer.proofs), "save": secrets.token_hex(12), "step": "1",
                  "csrfmiddlewaretoken": officer.cookies["csrf"]}  # fmt: skip
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        picture = b"\xff\xd8\xff\xe0" + self.chance.randbytes(PROOF_BYTES) + b"\xff\xd9"
        body = "".join(parts).encode() + head.encode() + picture + f"\r\n--{edge}--\r\n".encode()
        kind = f"multipart/form-data; boundary={edge}"
        answer = await self._ask(officer, "POST", f"{officer.entry}/proof/", body, kind, kind="proof")
        if answer.status == 302:
            held = await self._ask(officer, "GET", f"{officer.entry}/state/", kind="proof")
            if held.status == 200:
                self._took(officer, json.loads(held.body))
        return answer

    async def _send(self, officer: Officer) -> Answer:
        form = {"act": "send", "key": secrets.token_hex(12), "sha256": officer.sha256,
                "csrfmiddlewaretoken": officer.cookies["csrf"]}  # fmt: skip
        body = urlencode(form).encode()
        answer = await self._ask(officer, "POST", f"{officer.entry}/send/", body, kind="send")
        if answer.status == 200:
            officer.receipts.append(json.loads(answer.body)["receipt"])
            if self.chance.random() < 0.2:  # a line that broke before the answer came
                again = await self._ask(officer, "POST", f"{officer.entry}/send/", body, kind="send")
                if again.status != 200 or json.loads(again.body)["receipt"] != officer.receipts[-1]:
                    self.seen.why["send: another receipt"] += 1
                    self.seen.failed["send"] += 1
            held = await self._ask(officer, "GET", f"{officer.entry}/state/", kind="send")
            self._took(officer, json.loads(held.body))
        return answer

    async def _receipt(self, officer: Officer) -> Answer:
        if not officer.receipts:
            return await self._page(officer)
        return await self._ask(officer, "GET", f"/receipt/?code={officer.receipts[-1]}", kind="receipt")

    # ---------------------------------------------------------------------------------------------------- the wire

    async def _ask(
        self, officer: Officer, method: str, path: str, body: bytes = b"",
        content: str = "application/x-www-form-urlencoded", *, kind: str,
    ) -> Answer:  # fmt: skip
        """One request, again when it is asked to come back. A save or a sending goes again with the same key."""
        for _ in range(TRIES):
            answer = await asyncio.wait_for(self._once(officer, method, path, body, content), PATIENCE)
            self.seen.statuses[f"{kind} {answer.status}"] += 1
            if answer.status != 429:
                return answer
            self.seen.came_back[kind] += 1
            if kind == "save" or (method == "GET" and kind in ("page", "receipt")):
                return answer  # the script keeps it; the person reads why, and the page opens again by itself
            await asyncio.sleep(float(answer.headers.get("retry-after", "5")))
        return answer

    async def _once(self, officer: Officer, method: str, path: str, body: bytes, content: str) -> Answer:
        kept = officer.line is not None
        line = officer.line or await asyncio.open_connection("127.0.0.1", self.port)
        officer.line = None
        reader, writer = line
        cookies = "; ".join(f"{k}={v}" for k, v in officer.cookies.items() if k != "csrf")
        wants = "application/json" if path.endswith(("/send/", "/save/", "/state/")) else "text/html"
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookies}\r\nAccept: {wants}\r\n"
        if method == "POST":
            head += f"Content-Type: {content}\r\nContent-Length: {len(body)}\r\n"
            head += f"X-CSRFToken: {officer.cookies.get('csrf', '')}\r\n"
        try:
            writer.write(head.encode() + b"\r\n" + body)
            await writer.drain()
            raw = await reader.readuntil(b"\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()
            if not kept:  # a line that was new already
                raise
            return await self._once(officer, method, path, body, content)  # a key makes it one effect
        first, *rest = raw.decode("latin-1").split("\r\n")
        headers = {}
        for one in rest:
            name, _is, value = one.partition(": ")
            if name.lower() == "set-cookie":
                cookie, _is, kept = value.partition(";")[0].partition("=")
                officer.cookies[cookie] = kept
            headers[name.lower()] = value
        if headers.get("transfer-encoding") == "chunked":
            data = b""
            while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
                data += await reader.readexactly(size)
                await reader.readexactly(2)
            await reader.readexactly(2)
        else:
            data = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            officer.line = line
        return Answer(int(first.split()[1]), headers, data)


async def drive(
    port: int, process: int, officers: list[Officer], rate: float, seconds: float, surge: float
) -> dict[str, Any]:
    """Everything, from the first signing in to the last look for what was acknowledged. `process` serves."""
    from bench.pages import processor

    made = Generator(port, officers)
    for officer in officers:
        await made.begin(officer)
    made.seen = Seen()
    before, served = resource.getrusage(resource.RUSAGE_SELF), processor(process)
    begun = time.monotonic()
    await made.run(rate, seconds, surge)
    lasted, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF)
    served = processor(process) - served
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    calm = [await _calm(made, officer) for officer in officers[:10]]
    lost = 0
    for officer in officers:
        answer = await made._ask(officer, "GET", f"{officer.entry}/state/", kind="look")
        held = json.loads(answer.body)["cells"]
        lost += sum(held.get(cell, "") != text for cell, text in officer.told.items())
    return {
        "seconds": lasted,
        "generator": own / lasted,
        "server": served / lasted,
        "took": {kind: _spread(found) for kind, found in made.seen.took.items()},
        "statuses": dict(made.seen.statuses),
        "failed": dict(made.seen.failed),
        "came_back": dict(made.seen.came_back),
        "why": dict(made.seen.why.most_common(8)),
        "lost": lost,
        "acknowledged": sum(len(officer.told) for officer in officers),
        "receipts": sum(len(officer.receipts) for officer in officers),
        "calm": statistics.median(calm),
    }


async def _calm(made: Generator, officer: Officer) -> float:
    begun = time.monotonic()
    await made._ask(officer, "GET", f"/unit/{officer.unit}/", kind="calm")
    return time.monotonic() - begun


def _spread(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    at = {f"p{part}": ordered[min(len(ordered) - 1, len(ordered) * part // 100)] for part in (50, 95, 99)}
    return {"count": len(ordered), **{name: round(value * 1000) for name, value in at.items()}}


# ----------------------------------------------------------------------------------------------------- the site


def people(site: str) -> tuple[float, list[list[str]]]:
    """An account for each commune, who fills in and approves: (name, password, unit)."""
    from tienbo.project.desk import Desk

    desk = Desk.open(Path(site), migrate=True)
    from datetime import date

    from tienbo.core.periods import Period
    from tienbo.project.people import account_make, account_named
    from tienbo.units.frames import tree_on
    from tienbo.units.models import Grant, Unit

    day = desk.edition.calendar.last_day(Period.parse(PERIOD))
    made = []
    for number, pk in enumerate(tree_on(day).of_kind(("commune",), under=desk.home.pk)):
        unit, name = Unit.objects.get(pk=pk), f"officer{number:03d}"
        account = account_make(
            name=name, full_name=f"Officer {number}", role="preparer", unit=unit, begins=date(2026, 6, 1)
        )
        # Who fills in does not approve: here one does both, so that a request is one officer's.
        Grant.objects.create(user=account_named(name), unit=unit, role="head", valid_from=date(2026, 6, 1))
        made.append([name, account.password, unit.key])
    return 0, made


def generate(
    port: int, process: int, officers: list[list[str]], rate: float, seconds: float, surge: float
) -> tuple[float, dict[str, Any]]:
    told = asyncio.run(drive(port, process, [Officer(*one) for one in officers], rate, seconds, surge))
    return told["seconds"], told


def loaded(
    rate: float, seconds: float, districts: int | None = None, database: str = "", surge: float = 0.0
) -> dict[str, Any]:
    """Serve a province and let the officers at it."""
    from bench.pages import serving

    whole = f"province-{districts or 'whole'}"
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(dir=BUILD, prefix="load-")))
        site = folder / "site"
        if database:
            child("bench.load:make_on", folder=str(folder), districts=districts, database=database)
        else:
            shutil.copytree(cached(whole, "bench.report:make", districts=districts) / "site", site)
        officers = child("bench.load:people", site=str(site)).answer
        port, process = held.enter_context(serving(site, workers=2))
        told: dict[str, Any] = child(
            "bench.load:generate", port=port, process=process, officers=officers, rate=rate, seconds=seconds,
            surge=surge,
        ).answer  # fmt: skip
        told["units"] = len(officers)
    return told


def make_on(folder: str, districts: int | None, database: str) -> tuple[float, int]:
    """The demonstration province on a PostgreSQL."""
    import io

    from tienbo.project.demonstration import Wish, demonstrate
    from tienbo.project.saying import Say

    with io.StringIO() as unheard:
        wish = Wish(districts=districts, database=database)
        made = demonstrate(path=Path(folder) / "site", wish=wish, say=Say(out=unheard, err=unheard))
    return 0, len(made)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--rate", type=float, default=40.0, help="requests a second (at most 400)")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long (at most 600)")
    parser.add_argument("--surge", type=float, default=0.0, help="people more who sign in, a second (at most 20)")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    parser.add_argument("--districts", type=int, help="a smaller province")
    asked = parser.parse_args(arguments)
    rate, seconds, surge = min(asked.rate, 400.0), min(asked.seconds, 600.0), min(asked.surge, 20.0)
    if asked.postgresql:
        from tests.postgresql import server

        with server() as address:
            told = loaded(rate, seconds, asked.districts, address, surge)
    else:
        told = loaded(rate, seconds, asked.districts, surge=surge)
    print(
        json.dumps(
            {"rate": rate, "surge": surge, "engine": "PostgreSQL" if asked.postgresql else "SQLite", **told}, indent=1
        )
    )
    say(f"failed: {sum(told['failed'].values())}, cells lost: {told['lost']} of {told['acknowledged']}")
    return 1 if told["lost"] or any(told["failed"].get(kind) for kind in ("save", "send", "proof")) else 0


if __name__ == "__main__":
    sys.exit(main())
