"""What a site does while its disk fails: python -m tests.journeys.disk_fails SITE LIBRARY POINTS (LIBRARY preloaded).

Each operation is done once with a well disk, to count the calls it makes; then again and again, with another of its
calls failing each time. Prints JSON: what was tried and whatever was not as it should be.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import io
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tienbo.project.desk import django_start

ERRORS = {"ENOSPC": errno.ENOSPC, "EDQUOT": errno.EDQUOT, "EROFS": errno.EROFS, "EIO": errno.EIO}
PERIOD = "2026-H1"
SAID = "figure/members:total"
UNFORESEEN = ("trouble.unexpected", "job.broken", "trouble.database")


class Disk:
    def __init__(self, library: str, site: Path) -> None:
        self.held, self.site = ctypes.CDLL(library), str(site).encode()

    def fails(self, number: int, error: int, lasts: bool) -> None:
        self.held.disk_arm(self.site, ctypes.c_long(number), error, int(lasts))

    def well(self) -> int:
        seen = int(self.held.disk_seen())
        self.held.disk_well()
        return seen


@dataclass
class Answer:
    """What an operation said: whether it was done, and the codes of what stood against it."""

    done: bool
    codes: Sequence[str] = ()
    text: str = ""


@dataclass
class Operation:
    """`prepare` with a well disk makes what one go needs; `do` is tried; `there` counts its effect, 0 or 1; `whole`
    says what is there by halves."""

    name: str
    prepare: Callable[[int], Any]
    do: Callable[[Any], Answer]
    there: Callable[[Any], int]
    halves: Callable[[Any], str] = field(default=lambda _one: "")


def main(site: Path, library: str, points: int) -> None:
    django_start(site)
    disk = Disk(library, site.resolve())
    made = operations(site)
    told: dict[str, Any] = {"tried": 0, "failed": 0, "wrong": [], "operations": {}, "codes": Counter()}
    for operation in made:
        number = 0
        one = operation.prepare(number)
        disk.fails(0, 0, False)
        answer = operation.do(one)
        calls = disk.well()
        assert answer.done, (operation.name, answer)
        told["operations"][operation.name] = calls
        for error, lasts, at in _points(calls, points):
            number += 1
            one = operation.prepare(number)
            disk.fails(at, ERRORS[error], lasts)
            answer = operation.do(one)
            disk.well()
            told["tried"] += 1
            where = f"{operation.name}: {error}{' lasting' if lasts else ''} at {at} of {calls}"
            told["failed"] += not answer.done
            told["codes"].update(answer.codes)
            wrong = told["wrong"].append
            if not answer.done and (not answer.codes or set(answer.codes) & set(UNFORESEEN)):
                wrong(f"{where}: not in words: {answer.codes} {answer.text[-300:]}")
            if answer.done and operation.there(one) != 1:
                wrong(f"{where}: told as done, and {operation.there(one)} are there")
            if halves := operation.halves(one):
                wrong(f"{where}: {halves}")
            again = operation.do(one)
            if not again.done or operation.there(one) != 1:
                wrong(f"{where}: with a well disk {again}, {operation.there(one)} there")
    told["wrong"] += at_the_end(site)
    print(json.dumps(told))


def _points(calls: int, most: int) -> list[tuple[str, bool, int]]:
    """Which call fails, how: spread over all of them, each error in turn, once and lasting in turn."""
    step = max(1.0, calls / most)
    places = sorted({1 + int(number * step) for number in range(min(most, calls))})
    kinds = [(error, lasts) for lasts in (True, False) for error in ERRORS]
    if len(places) * len(kinds) <= most:
        return [(*kind, at) for at in places for kind in kinds]
    return [(*kinds[number % len(kinds)], at) for number, at in enumerate(places)]


# -------------------------------------------------------------------------------------------------------- operations


def command(*words: object) -> tuple[Answer, Any]:
    """A command in this process: its answer, and its JSON."""
    from tienbo.project.cli import main as tienbo

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = tienbo([*map(str, words), "--json"])
    said = json.loads(out.getvalue() or "null")
    faults = said.get("faults", []) if isinstance(said, dict) else []
    return Answer(code == 0, [one["code"] for one in faults], err.getvalue()), said


def page(answer: Any, done: int) -> Answer:
    if answer.status_code == done:
        return Answer(True)
    codes = []
    with contextlib.suppress(ValueError, KeyError, TypeError):
        codes = [one["code"] for one in answer.json()["faults"]]
    return Answer(False, codes, f"{answer.status_code} {answer.content.decode()[:200]}")


def operations(site: Path) -> list[Operation]:
    from django.db import transaction
    from django.test import Client
    from tests.web.world import PASSWORD

    from tienbo.accounts.models import User
    from tienbo.catalogue.fingerprint import fingerprint
    from tienbo.catalogue.loading import load
    from tienbo.catalogue.returns import Content, Figure
    from tienbo.collection.draft_models import Draft, DraftSave, Submission
    from tienbo.collection.drafts import draft_cells
    from tienbo.collection.models import FactSegment, Upload
    from tienbo.core.periods import Period
    from tienbo.ground.files import sha256
    from tienbo.ground.heads import heads_kept
    from tienbo.ground.journal import journal_head, journal_note, journal_waits
    from tienbo.ground.models import BackupAct
    from tienbo.ground.troubles import trouble
    from tienbo.papers.workbook import UnitHeader, workbook_write
    from tienbo.project.keeping import journal_keep
    from tienbo.project.site import site_open
    from tienbo.units.models import Grant, Role, UnitName

    home, other = (UnitName.objects.get(text=name).unit for name in ("Xã Đồng Tâm", "Xã Hòa Lạc"))
    preparer = User.objects.get(username="preparer")
    Grant.objects.get_or_create(user=preparer, unit=home, role=Role.HEAD, defaults={"valid_from": "2025-07-01"})
    asking = {"SERVER_NAME": "localhost", "HTTP_ACCEPT": "application/json"}
    clients = {}
    for name in ("preparer", "office"):
        clients[name] = Client(raise_request_exception=False, **asking)
        clients[name].force_login(User.objects.get(username=name))
    entry = f"/entry/{home.key}/{PERIOD}/"
    held = site_open(site)
    edition, seal = load("vn"), held.secret_key.encode()

    def state() -> dict[str, Any]:
        found: dict[str, Any] = clients["preparer"].get(f"{entry}state/").json()
        return found

    def folds(_one: object) -> str:
        bad = [draft.pk for draft in Draft.objects.all() if draft_cells(draft) != draft.cells]
        return f"drafts {bad} are not the fold of their saves" if bad else ""

    def save(body: dict[str, Any]) -> Answer:
        asked = {"device": "thử", "since": -1, "saves": [body]}
        return page(clients["preparer"].post(f"{entry}save/", json.dumps(asked), content_type="application/json"), 200)

    def save_made(number: int) -> dict[str, Any]:
        seen = state()["cells"].get(SAID, "")
        return {"key": f"s{number}", "changes": {SAID: [seen, str(10_000 + number)]}}

    def send(body: dict[str, Any]) -> Answer:
        return page(clients["preparer"].post(f"{entry}whole/", json.dumps(body), content_type="application/json"), 200)

    def send_made(number: int) -> dict[str, Any]:
        seen = state()
        return {"key": f"w{number}", "cells": {**seen["cells"], SAID: str(20_000 + number)}, "version": seen["version"]}

    def book(number: int) -> Path:
        path = site.parent / f"{number}.xlsx"
        figures = {"members:total": Figure(Decimal(500 + number))}
        period = Period.parse(PERIOD)
        content = Content("xa", fingerprint(edition), other.key, period, figures=figures)
        header = UnitHeader(other.key, "Xã Hòa Lạc", "", "")
        workbook_write(path, edition=edition, form="xa", period=period, unit=header, seal=seal, content=content)
        return path

    def uploads(path: Path) -> int:
        found = Upload.objects.filter(sha256=sha256(path.read_bytes()))
        return sum(one.revisions.count() for one in found) if found.count() == 1 else found.count()

    def report(paths: tuple[Path, Path]) -> Answer:
        words = [word for path in paths for word in ("-o", path)]
        return command("report", "--unit", "Tỉnh Vĩnh An", "--period", PERIOD, *words)[0]

    def readable(path: Path) -> bool:
        if path.suffix == ".docx":
            return zipfile.is_zipfile(path) and zipfile.ZipFile(path).testzip() is None
        return path.read_bytes().rstrip().endswith(b"%%EOF")

    def papers(paths: tuple[Path, Path]) -> str:
        bad = [path.name for path in paths if path.exists() and not readable(path)]
        return f"{bad} are there by halves" if bad else ""

    backups: dict[int, str] = {}

    def backup(number: int) -> Answer:
        answer, said = command("backup")
        if answer.done:
            backups[number] = said["path"]
        return answer

    def in_pieces(_one: object) -> str:
        left = [path.name for path in (*Path(held.backups).glob(".*"), *site.glob(".backup-*"))]
        return f"{left} were left" if left else ""

    def made(number: int) -> int:
        name = Path(backups.get(number, "?")).name
        return int((Path(held.backups) / name).exists()) * BackupAct.objects.filter(name=name).count()

    def keep(_number: int) -> Answer:
        try:
            journal_keep(held)
        except Exception as broken:
            return Answer(False, [trouble(broken).code], str(broken))
        return Answer(True)

    def something(number: int) -> int:
        with transaction.atomic():
            journal_note("settings")
        return number

    def heads(_number: int) -> int:
        return int(heads_kept(held.heads_folder)[-1] == journal_head())

    guests: dict[int, Client] = {}

    def sign_in(number: int) -> Answer:
        guest = guests[number] = Client(
            raise_request_exception=False, SERVER_NAME="localhost", HTTP_ACCEPT="application/json"
        )
        return page(guest.post("/sign-in/", {"login": "head", "password": PASSWORD}), 200)

    def is_in(number: int) -> int:
        return int("sign-in" not in guests[number].get("/")["Location"])

    def homes(place: str) -> int:
        return int(site_open(site).place == place and site_open(site).secret_key == held.secret_key)

    exports = [0]

    def export(number: int) -> Answer:
        answer = page(clients["office"].get(f"/{PERIOD}/intake/board.csv"), 200)
        exports[0] += answer.done
        return answer

    def noted(_number: int) -> int:
        from tienbo.ground.models import History

        file = held.noted / "noted.jsonl"
        waiting = [line for line in file.read_text().splitlines() if '"export"' in line] if file.exists() else []
        sealed = History.objects.filter(op="N", table_name="export").count()
        whole = sum(_is_json(line) for line in waiting)
        return int(whole + sealed >= exports[0])

    def live(_number: int) -> int:
        names = FactSegment.objects.filter(retired_at=None).values_list("name", flat=True)
        return int(bool(names) and all((held.facts / name).exists() for name in names))

    def number_of(number: int) -> int:
        return number

    return [
        Operation("save a draft", save_made, save, lambda one: DraftSave.objects.filter(key=one["key"]).count(), folds),
        Operation("send", send_made, send, lambda one: Submission.objects.filter(key=one["key"]).count(), folds),
        Operation("take in a workbook", book, lambda path: command("receive", path, "--accept")[0], uploads),
        Operation(
            "write a report",
            lambda number: (held.out / f"bc{number}.docx", held.out / f"bc{number}.pdf"),
            report,
            lambda paths: int(all(path.exists() and readable(path) for path in paths)),
            papers,
        ),
        Operation("back up", number_of, backup, made, in_pieces),
        Operation("seal the journal", something, keep, lambda _number: int(not journal_waits())),
        Operation("keep the head", something, lambda _number: command("journal", "head")[0], heads),
        Operation("hand a file out", number_of, export, noted),
        Operation("sign in", number_of, sign_in, is_in),
        Operation(
            "change a setting",
            lambda number: f"Nơi {number}",
            lambda place: command("site", "home", "Tỉnh Vĩnh An", "--place", place)[0],
            homes,
            lambda _place: "" if site_open(site).secret_key == held.secret_key else "the secret is gone",
        ),
        Operation("compact the facts", number_of, lambda _one: command("facts", "compact")[0], live),
    ]


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def at_the_end(site: Path) -> list[str]:
    """What the site's own checks say, and SQLite of itself."""
    from django.db import connection

    wrong = []
    checked, said = command("check")
    if not checked.done:
        wrong.append(f"check: {said}")
    verified, said = command("journal", "verify")
    if not verified.done:
        wrong.append(f"journal: {said}")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            if (found := cursor.fetchall()) != [("ok",)]:
                wrong.append(f"integrity: {found}")
    left = [path.name for path in site.rglob(".*.part")]
    if left:
        wrong.append(f"left behind: {left}")
    return wrong


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
