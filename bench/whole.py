"""Whole returns as fast as they go: every commune of the nation sends one of 22 values, four at a time.

`python -m bench.whole [--clients 4] [--returns 3321] [--sqlite]`. A site with an account for each commune, on a
PostgreSQL of its own that waits for its disk, is served on loopback by `tienbo serve` with two web processes.
Everybody has signed in before. A generator in a process of its own keeps so many lines open; on each a return goes
out when the one before was answered (closed loop), until each commune has sent its own: saved, checked, prepared,
approved and sent in one request (`tienbo.web.entry_whole`), with the journal of all of it. Afterwards every receipt is
looked for, with the revision it names, and the sum of one element over all facts must be what was sent.

The measure is ODK Central's own: submissions of 22 values by four clients. Generator, server and database share the
machine; what each takes of a processor is told, since others on the machine do not change that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.measure import BUILD, child, say

PERIOD = "2026-H1"
LINES = 11
"""Of the form, in two columns: 22 values."""
MOST = 3_321
WARMING = 40
"""Communes more, whose returns go first and are not timed: a process that has answered nothing yet is not measured."""
TOKEN = "b" * 32
CLOCK = os.sysconf("SC_CLK_TCK")
PATIENCE = 60.0


def definitions() -> dict[str, list[dict[str, Any]]]:
    """A pack of eleven elements, in total and for women, and a form that asks for them."""

    def said(words: str) -> dict[str, str]:
        return {"vi": words, "en": f"[{words}]"}

    codes = [f"e{index:02d}" for index in range(1, LINES + 1)]
    block = {
        "code": "b1",
        "title": said("I. Kết quả trong kỳ"),
        "columns": ["total", "women"],
        "may_be_nil": True,
        "lines": [{"code": one, "label": said(f"Hoạt động {one}"), "element": one} for one in codes],
    }
    form = {
        "code": "book",
        "number": "01/ĐL",
        "title": said("Báo cáo kết quả"),
        "issued_with": said("Dùng để đo tốc độ"),
        "for_kinds": ["commune"],
        "receiver": said("Sở Nội vụ"),
        "columns": [
            {"code": "total", "label": said("Tổng số")},
            {"code": "women", "label": said("Nữ"), "members": {"sex": "f"}},
        ],
        "sheets": [{"code": "s1", "number": "Biểu 01", "title": said("Kết quả"), "blocks": [block]}],
        "signers": [said("NGƯỜI LẬP BIỂU"), said("THỦ TRƯỞNG ĐƠN VỊ")],
        "first": "2026-H1",
    }
    elements = [
        {
            "code": one,
            "name": said(f"Người {one}"),
            "measure": "person",
            "breakdowns": ["sex"],
            "over_time": "sum",
            "reporting": [{"by": ["commune"]}],
            "cites": ["nd09"],
        }
        for one in codes
    ]
    regime = {"code": "nd09", "first": "2000-H1", "half_starts": [[12, 15], [6, 15]], "due": [[6, 25], [12, 25]]}
    profile = {
        "code": "ban",
        "name": said("Ban"),
        "superior": "ỦY BAN NHÂN DÂN",
        "issuer": "BAN",
        "symbol": "BC-BAN",
        "signature": ["TM. BAN"],
        "for_kinds": ["province"],
    }
    document = {"code": "nd09", "number": "09/2019/NĐ-CP", "issued_on": "2019-01-24", "title": said("Chế độ báo cáo")}
    return {
        "documents": [document],
        "regimes": [regime],
        "measures": [{"code": "person", "name": said("Người")}],
        "breakdowns": [{"code": "sex", "name": said("Giới tính"), "members": {"f": said("Nữ")}}],
        "elements": elements,
        "forms": [form],
        "signing_profiles": [profile],
    }


# ----------------------------------------------------------------------------------------------------- the site


def make(folder: str, count: int, database: str) -> tuple[float, list[list[str]]]:
    """The site, with a person at each commune who fills in and approves, signed in: (key of the unit, session)."""
    from dataclasses import replace
    from datetime import date

    import yaml
    from tests.postgresql import WEB_ROLE

    from bench.measure import timed
    from tienbo.project.desk import Desk, django_start, tables_make
    from tienbo.project.site import site_create

    site = Path(folder) / "site"
    pack = Path(folder) / "pack"
    pack.mkdir(parents=True)
    (pack / "definitions.yaml").write_text(yaml.safe_dump(definitions(), allow_unicode=True), encoding="utf-8")
    with timed() as took:
        made = replace(
            site_create(path=site, name="Để đo tốc độ", database=database),
            pack=str(pack),
            web_database=database.replace("//tienbo@", f"//{WEB_ROLE}@"),  # as a provincial server has it
        )
        made.save()
        django_start(site)
        tables_make()
        from tienbo.core.periods import Period
        from tienbo.core.spans import Span
        from tienbo.units.declared import Declared, During
        from tienbo.units.loading import units_load
        from tienbo.units.models import Unit

        span = Span(date(1999, 1, 1), None)

        def declared(ref: str, kind: str, name: str, parent: str | None) -> Declared:
            parents = (During(parent, span),) if parent else ()
            return Declared(ref, kind, span, (During(name, span),), (During(("bench", ref), span),), parents)

        provinces = max(1, count // 98)
        units_load(
            [
                declared("n", "nation", "Quốc gia Minh Họa", None),
                *(declared(f"p{one}", "province", f"Tỉnh Minh Họa {one}", "n") for one in range(provinces)),
                *(declared(f"c{one}", "commune", f"Xã Minh Họa {one}", f"p{one % provinces}") for one in range(count)),
            ]
        )
        nation = Unit.objects.get(kind="nation")
        replace(made, home_unit=nation.key, place="Minh Họa", illustrative=True).save()
        from tienbo.collection.services import campaign_open

        desk = Desk.open(site)
        campaign_open(root=nation, period=Period.parse(PERIOD), edition=desk.edition)
        people = _people(list(Unit.objects.filter(kind="commune").order_by("id")))
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        connection.close()
    return took.seconds, people


def _people(units: Sequence[Any]) -> list[list[str]]:
    from datetime import date, timedelta

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.hashers import make_password
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    from tienbo.accounts.models import User
    from tienbo.units.models import Grant, Role

    users = User.objects.bulk_create(
        [
            User(username=f"officer{at:04d}", full_name=f"Officer {at}", password=make_password(None))
            for at in range(len(units))
        ]
    )
    Grant.objects.bulk_create(
        [
            Grant(user=user, unit=unit, role=role, valid_from=date(2026, 1, 1))
            for user, unit in zip(users, units, strict=True)
            for role in (Role.PREPARER, Role.HEAD)
        ]
    )
    sessions, store = [], SessionStore()
    for user in users:
        held = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        until = timezone.now() + timedelta(hours=12)
        sessions.append(
            Session(session_key=store._get_new_session_key(), session_data=store.encode(held), expire_date=until)
        )
    Session.objects.bulk_create(sessions)
    return [[unit.key, session.session_key] for unit, session in zip(units, sessions, strict=True)]


def look(site: str, receipts: dict[str, str], sums: dict[str, int]) -> tuple[float, dict[str, Any]]:
    """What was acknowledged and does not stand; the sum of an element over all facts, beside what was sent."""
    from bench.measure import timed
    from tienbo.project.desk import Desk

    with timed() as took:
        desk = Desk.open(Path(site))
        from tienbo.collection.draft_models import Draft, DraftSave, Submission
        from tienbo.collection.drafts import draft_cells
        from tienbo.collection.manifest import fact_set, facts_agree, measures
        from tienbo.collection.models import Approval, FactSegment, Receipt, Revision
        from tienbo.engine.engines import engine

        rows = Receipt.objects.select_related("revision__of__unit").order_by("pk")
        held = {row.revision.of.unit.key: row.code for row in rows if row.revision.of.latest_id == row.revision_id}
        found = fact_set(desk.stores.facts, "submitted")
        sql = f"SELECT measure, sum(value) FROM {found.source()} WHERE counts GROUP BY measure"
        by = dict(engine().rows(sql))
        numbers = measures()
        told = {
            "lost": sum(held.get(unit) != code for unit, code in receipts.items()),
            "receipts": Receipt.objects.count(),
            "approved": Approval.objects.count(),
            "revisions": Revision.objects.count(),
            "submissions": Submission.objects.count(),
            "saves": DraftSave.objects.count(),
            "folded": sum(draft_cells(one) == one.cells for one in Draft.objects.order_by("?")[:50]),
            "segments": FactSegment.objects.filter(retired_at=None).count(),
            "segments_ever": FactSegment.objects.count(),
            "sums": {series: int(by.get(numbers.get(series, 0), 0)) == wanted for series, wanted in sums.items()},
            "facts_agree": facts_agree(store=desk.stores.facts),
        }
    return took.seconds, told


# ------------------------------------------------------------------------------------------------ the generator


def cells_of(draw: random.Random) -> dict[str, str]:
    """A return that has no fault."""
    cells = {}
    for index in range(1, LINES + 1):
        total = draw.randrange(1, 900)
        cells[f"figure/e{index:02d}:total"] = str(total)
        cells[f"figure/e{index:02d}:women"] = str(draw.randrange(total + 1))
    return cells


class Line:
    """A connection that is kept: one request, one answer."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def send(self, unit: str, session: str, body: bytes) -> tuple[int, bytes]:
        head = (
            f"POST /entry/{unit}/{PERIOD}/whole/ HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Cookie: sessionid={session}; csrftoken={TOKEN}\r\nX-CSRFToken: {TOKEN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        raw = await self.reader.readuntil(b"\r\n\r\n")
        lines = raw.decode("latin-1").lower().split("\r\n")
        length = next(int(one.partition(":")[2]) for one in lines if one.startswith("content-length:"))
        return int(lines[0].split()[1]), await self.reader.readexactly(length)


async def _drive(
    port: int, below: dict[str, int], people: list[list[str]], clients: int, warming: int, most: float
) -> dict[str, Any]:
    draw = random.Random(20260614)
    bodies = []
    for at, (unit, session) in enumerate(people):
        said = {"key": f"bench-{at:06d}", "version": 0, "device": "bench", "cells": cells_of(draw)}
        bodies.append((unit, session, said["cells"], json.dumps(said).encode()))
    lines = [Line(port) for _ in range(clients)]
    for line in lines:
        await line.open()
    receipts: dict[str, str] = {}
    took: list[float] = []
    statuses: Counter[str] = Counter()
    sums: Counter[str] = Counter()

    async def client(line: Line, waiting: list[Any], until: float) -> None:
        while waiting and time.monotonic() < until:
            unit, session, cells, body = waiting.pop()
            begun = time.perf_counter()
            status, answer = await asyncio.wait_for(line.send(unit, session, body), PATIENCE)
            took.append(time.perf_counter() - begun)
            statuses[str(status) if status == 200 else f"{status} {answer[:200]!r}"] += 1
            if status == 200:
                receipts[unit] = json.loads(answer)["receipt"]
                for cell, text in cells.items():
                    line_, _, column = cell.removeprefix("figure/").partition(":")
                    sums[line_ if column == "total" else f"{line_}[sex=f]"] += int(text)

    async def all_of(waiting: list[Any]) -> float:
        begun = time.monotonic()
        await asyncio.gather(*(client(line, waiting, begun + most) for line in lines))
        return time.monotonic() - begun

    await all_of(bodies[:warming])
    await asyncio.sleep(2)  # what stands beside the pages starts too
    took.clear()
    before, used = _processor(below), resource.getrusage(resource.RUSAGE_SELF)
    seconds = await all_of(bodies[warming:])
    after, own = _processor(below), resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": seconds,
        "sent": len(took),
        "took": took,
        "statuses": dict(statuses),
        "receipts": receipts,
        "sums": dict(sums),
        "processor": {
            **{name: after[name] - before.get(name, 0.0) for name in after},
            "generator": own.ru_utime + own.ru_stime - used.ru_utime - used.ru_stime,
        },
    }


def generate(
    port: int, process: int, postgres: int, people: list[list[str]], clients: int, warming: int, most: float
) -> tuple[float, dict[str, Any]]:
    below = {"web": process, "postgresql": postgres}
    told = asyncio.run(_drive(port, below, people, clients, warming, most))
    return told["seconds"], told


def _processor(below: dict[str, int]) -> dict[str, float]:
    """Seconds of a processor that all below a process have taken; of those that serve, web and work apart."""
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    words: dict[int, bytes] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            one = int(folder.name)
            try:
                parts = (folder / "stat").read_text().rpartition(")")[2].split()
                words[one] = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            parents[one], used[one] = int(parts[1]), sum(map(int, parts[11:15]))

    def under(one: int, root: int) -> bool:
        while one and one != root:
            one = parents.get(one, 0)
        return one == root

    found: Counter[str] = Counter()
    for name, root in below.items():
        for one in used if root else ():
            if under(one, root):
                found[name if b"granian" in words[one] or name != "web" else "behind"] += used[one]
    return {name: took / CLOCK for name, took in found.items()}


# -------------------------------------------------------------------------------------------------------- all of it


def measured(clients: int, returns: int, database: str = "", postgres: int = 0, most: float = 240.0) -> dict[str, Any]:
    """Make the site, serve it, let the clients at it, look afterwards."""
    from bench.pages import serving

    with ExitStack() as held:
        BUILD.mkdir(parents=True, exist_ok=True)
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(dir=BUILD, prefix="whole-")))
        site, warming = folder / "site", min(WARMING, returns)
        people = child("bench.whole:make", folder=str(folder), count=returns + warming, database=database).answer
        listed = folder / "people.json"
        listed.write_text(json.dumps(people))
        port, process = held.enter_context(serving(site, workers=2))
        told: dict[str, Any] = child(
            "bench.whole:generated", port=port, process=process, postgres=postgres, listed=str(listed),
            clients=clients, warming=warming, most=most,
        ).answer  # fmt: skip
        ordered = sorted(told.pop("took"))
        found = folder / "found.json"
        found.write_text(json.dumps({"receipts": told.pop("receipts"), "sums": told.pop("sums")}))
        told["looked"] = child("bench.whole:looked", site=str(site), found=str(found)).answer
    told["rate"] = round(told["sent"] / told["seconds"], 1)
    for part in (50, 95, 99):
        told[f"p{part}"] = round(ordered[min(len(ordered) - 1, len(ordered) * part // 100)] * 1000, 1)
    told["mean"] = round(statistics.fmean(ordered) * 1000, 1)
    told["ms a return"] = {name: round(used / told["sent"] * 1000, 2) for name, used in told["processor"].items()}
    return told


def generated(listed: str, **how: Any) -> tuple[float, dict[str, Any]]:
    return generate(people=json.loads(Path(listed).read_text()), **how)


def looked(site: str, found: str) -> tuple[float, dict[str, Any]]:
    return look(site, **json.loads(Path(found).read_text()))


def holds(told: dict[str, Any]) -> bool:
    """Whether everything that was acknowledged stands."""
    seen = told["looked"]
    return (
        set(told["statuses"]) == {"200"}
        and seen["lost"] == 0
        and all(seen["sums"].values())
        and seen["receipts"] == seen["approved"] == seen["submissions"] == told["statuses"]["200"]
        and seen["facts_agree"]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.whole", description=__doc__)
    parser.add_argument("--clients", type=int, default=4, help="lines kept open (at most 32)")
    parser.add_argument("--returns", type=int, default=MOST, help="communes that send one (at most 3321)")
    parser.add_argument("--sqlite", action="store_true", help="on SQLite instead of a PostgreSQL of its own")
    asked = parser.parse_args(arguments)
    clients, returns = min(asked.clients, 32), min(asked.returns, MOST)
    if asked.sqlite:
        told = measured(clients, returns)
    else:
        from tests.postgresql import server, server_process

        with server(is_durable=True) as address:
            told = measured(clients, returns, address, server_process(address))
    print(json.dumps({"clients": clients, "engine": "SQLite" if asked.sqlite else "PostgreSQL", **told}, indent=1))
    rate = f"{told['rate']} returns a second, p50 {told['p50']} ms, p95 {told['p95']} ms, p99 {told['p99']} ms"
    say(rate if holds(told) else f"{rate}; what was acknowledged does not stand")
    return 0 if holds(told) else 1


if __name__ == "__main__":
    sys.exit(main())
