"""A log of SQLite's that was torn: python -m tests.journeys.torn_log SITE IMAGES STARTS.

Works in the site without writing the log back, then cuts the log off or turns a bit of it, again and again. What SQLite
makes of each image is held, byte for byte, against the pages of the whole transactions before the damage, put together
here without SQLite. Some images are opened by the program. Prints JSON.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tienbo.project.desk import Desk, django_start

CELL = "members:total"
HEAD, FRAME_HEAD = 32, 24
DATABASE, LOG = "db.sqlite3", "db.sqlite3-wal"


def main(site: Path, images: int, starts: int) -> None:
    acknowledged = work(site)
    before, log = (site / DATABASE).read_bytes(), (site / LOG).read_bytes()
    states = list(_states(before, log))  # (where in the log its transaction ends, hash of the database then)
    ends = [end for end, _hash in states]
    assert set(acknowledged) <= set(ends), "an answer was given in the middle of a transaction"
    chance, wrong, kinds = random.Random(4), [], {"cut": 0, "turned": 0}  # noqa: S311
    folder = site.parent / "image"
    spread = [chance.randrange(len(log)) for _ in range(images)]
    for number, place in enumerate(spread):
        kind = "cut" if number % 2 else "turned"
        kinds[kind] += 1
        torn, intact = _torn(log, kind, place, chance)
        expected = [state for end, state in states if end <= intact][-1]
        found = _opened(folder, before, torn)
        if found != expected:
            wrong.append(f"{kind} at {place}: {found}")
    slowest, halves = 0.0, []
    for number in range(starts):
        place = spread[(number * 7 + 1) % images]
        torn, intact = _torn(log, "cut", place, chance)
        told = _started(site, folder, before, torn)
        slowest = max(slowest, told["seconds"])
        if told["halves"] or told["audit"] or told["journal"]:
            halves.append(f"cut at {place}: {told}")
    made = {"images": images, **kinds, "transactions": len(states) - 1, "bytes": len(log), "wrong": wrong}
    print(json.dumps({**made, "starts": starts, "slowest": round(slowest, 2), "halves": halves}))


def _torn(log: bytes, kind: str, place: int, chance: random.Random) -> tuple[bytes, int]:
    """(the damaged log, how much of it is intact: whole frames before the damage)."""
    size = FRAME_HEAD + struct.unpack(">I", log[8:12])[0]
    intact = HEAD + max(0, place - HEAD) // size * size if place >= HEAD else 0
    if kind == "cut":
        return log[:place], intact
    torn = bytearray(log)
    torn[place] ^= 1 << chance.randrange(8)
    return bytes(torn), intact


def _states(before: bytes, log: bytes) -> Iterator[tuple[int, str]]:
    """Where each transaction ends in the log, and the hash of the database after it; first that before all of them."""
    size = struct.unpack(">I", log[8:12])[0]
    image = bytearray(before)
    yield 0, hashlib.sha256(image).hexdigest()
    for at in range(HEAD, len(log) - FRAME_HEAD - size + 1, FRAME_HEAD + size):
        page, pages = struct.unpack(">II", log[at : at + 8])
        if log[at + 8 : at + 16] != log[16:24]:
            return  # what an older log left
        if len(image) < page * size:
            image.extend(bytes(page * size - len(image)))
        image[(page - 1) * size : page * size] = log[at + FRAME_HEAD : at + FRAME_HEAD + size]
        if pages:
            del image[pages * size :]
            yield at + FRAME_HEAD + size, hashlib.sha256(image).hexdigest()


def _opened(folder: Path, before: bytes, torn: bytes) -> str:
    """The hash of the database that SQLite makes of it; its complaint, where it has one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / DATABASE).write_bytes(before)
    (folder / LOG).write_bytes(torn)
    try:
        with closing(sqlite3.connect(folder / DATABASE)) as database:
            ((said,),) = database.execute("PRAGMA integrity_check(1)").fetchall()
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as broken:
        return str(broken)
    return hashlib.sha256((folder / DATABASE).read_bytes()).hexdigest() if said == "ok" else said


def _started(site: Path, folder: Path, before: bytes, torn: bytes) -> dict[str, Any]:
    """What the program says of a site with that log, and how long it took to open it, its own start included."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(site, folder, ignore=shutil.ignore_patterns("*-shm"))
    (folder / DATABASE).write_bytes(before)
    (folder / LOG).write_bytes(torn)
    command = [sys.executable, "-m", "tests.journeys.torn_log", "open", str(folder), str(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"seconds": 0.0, "halves": done.stderr[-500:], "audit": [], "journal": []}
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def open_site(site: Path, began: float) -> None:
    desk = Desk.open(site)
    seconds = time.time() - began
    from tests.journeys.saver import look

    from tienbo.ground.verify import journal_verify
    from tienbo.processes.audit import audit
    from tienbo.project.keeping import journal_keep

    journal_keep(desk.site)
    found = look([], CELL)
    made = {
        "seconds": seconds,
        "halves": found["halves"] - BEFORE or not found["facts_agree"],
        "audit": [fault.sentence() for fault in audit(stores=desk.stores) if fault.level.value == "error"],
        "journal": [fault.sentence() for fault in journal_verify().told],
    }
    print(json.dumps(made))


BEFORE = 9
"""Returns of the small world, which were put there without a receipt."""


def work(site: Path) -> list[int]:
    """Saves and sends; returns how long the log was at each answer."""
    django_start(site)
    from django.db import connection

    from tienbo.accounts.actors import operator
    from tienbo.collection.drafts import draft_open, draft_save
    from tienbo.collection.manifest import Stores
    from tienbo.collection.models import Campaign
    from tienbo.collection.sending import draft_send
    from tienbo.engine.facts import FactStore
    from tienbo.ground.files import FileStore
    from tienbo.project.keeping import journal_keep
    from tienbo.project.site import site_open
    from tienbo.units.models import UnitName

    held, actor = site_open(site), operator("người lưu")
    stores = Stores(FileStore(held.files), FactStore(held.facts))
    unit = UnitName.objects.get(text="Xã Đồng Tâm").unit
    campaign = Campaign.objects.select_related("edition").get(period_code="2026-H1", root__names__text="Tỉnh Vĩnh An")
    answers = []

    def answered() -> None:
        answers.append((site / LOG).stat().st_size)

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.execute("PRAGMA wal_autocheckpoint=0")
    for number in range(9):
        draft = draft_open(campaign=campaign, unit=unit, form="xa", actor=actor)
        for again in range(3):
            text = str(10_000 + 10 * number + again)
            changes = {f"figure/{CELL}": (draft.cells.get(f"figure/{CELL}", ""), text)}
            draft_save(draft=draft, key=f"{number}-{again}", changes=changes, actor=actor)
            answered()
        draft_send(draft=draft, key=f"s{number}", sha256=draft.sha256, actor=actor, stores=stores)
        answered()
        journal_keep(held)
        answered()
    return answers


if __name__ == "__main__":
    if sys.argv[1] == "open":
        open_site(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
