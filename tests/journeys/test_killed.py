"""A receive that is killed in the middle: each file is wholly in or wholly out, and another receive completes it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.catalogue.edition import DEFINITIONS, make
from tests.conftest import PROOF
from tests.journeys.conftest import H1, Loaded, Terminal
from tests.web.browser import ROOT, environment

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.returns import Content, Figure
from tienbo.engine.engines import engine
from tienbo.ground.files import sha256
from tienbo.papers.workbook import UnitHeader, workbook_write

COUNT, KILLS = (600, 20) if PROOF else (40, 2)


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory, loaded: Loaded) -> Terminal:
    """A site on a small pack, and a folder of workbooks it has not received yet."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "sample").mkdir()
    (folder / "sample" / "definitions.yaml").write_text(DEFINITIONS, encoding="utf-8")
    lines = ["title: {vi: Thử, en: Test}", "source: thử", "confidence: confirmed", "units:"]
    lines.append('  - {code: "98", kind: province, name: Tỉnh Sông Mây, begins: 2014-01-01}')
    for number in range(COUNT):
        code, name = f"98{number:03d}", f"Xã Thử {number:03d}"
        lines.append(f'  - {{code: "{code}", kind: commune, name: {name}, begins: 2014-01-01, parent: "98"}}')
    (folder / "units.yaml").write_text("\n".join(lines), encoding="utf-8")
    made = Terminal(folder, loaded, folder / "kho")
    made.run("site", "create", "kho")
    settings = made.site / "tienbo.toml"
    settings.write_text(settings.read_text().replace('pack = "vn"', f'pack = "{folder / "sample"}"'))
    made.run("units", "load", "units.yaml")
    made.run("site", "home", "Tỉnh Sông Mây", "--signing", "committee")
    made.run("workbook", "blank", "--period", "2026-H1", "--unit", "Xã Thử 000")  # opens the period
    seal = tomllib.loads(settings.read_text(encoding="utf-8"))["secret_key"].encode()
    edition = make()
    rows = ask(made.site, "SELECT key FROM units_unit WHERE kind = 'commune' ORDER BY id")
    (folder / "gửi").mkdir()
    for number, (key,) in enumerate(rows):
        figures = {"staff:total": Figure(Decimal(20 + number)), "staff:women": Figure(Decimal(number % 20))}
        content = Content("commune", fingerprint(edition), key, H1, figures)
        header = UnitHeader(key, f"Xã Thử {number:03d}", "", "")
        path = folder / "gửi" / f"{number:03d}.xlsx"
        workbook_write(path, edition=edition, form="commune", period=H1, unit=header, seal=seal, content=content)
    return made


def ask(site: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(site / "db.sqlite3", timeout=30)) as connection:
        return connection.execute(sql).fetchall()


def copied(waiting: Terminal, name: str) -> Terminal:
    site = waiting.folder / name
    shutil.copytree(waiting.site, site)
    return Terminal(waiting.folder, waiting.loaded, site)


def state(site: Path) -> tuple[set[Any], set[Any]]:
    """What a site holds, told without the numbers it gave: the words of units, and the facts that count."""
    words = ask(
        site,
        """SELECT of_.unit_id, r.number, r.sha256, u.sha256, (SELECT group_concat(act) FROM
           (SELECT act FROM collection_decision d WHERE d.revision_id = r.id ORDER BY d.id)), of_.accepted_id = r.id
           FROM collection_revision r JOIN collection_return of_ ON of_.id = r.of_id
           JOIN collection_upload u ON u.id = r.upload_id""",
    )
    series = dict(ask(site, "SELECT id, series FROM collection_measured"))
    files = ask(site, "SELECT name FROM collection_factsegment WHERE retired_at IS NULL")
    paths = ", ".join(f"'{site / 'facts' / name}'" for (name,) in files)
    facts = []
    if files:
        sql = (
            f"SELECT measure, unit, period, value, status, qualifier, counts, origin, cell FROM read_parquet([{paths}])"
        )
        facts = [(series[row[0]], *row[1:]) for row in engine().rows(sql)]
    assert len(facts) == len(set(facts)), "a fact stands twice"
    return set(words), set(facts)


def whole(site: Path) -> int:
    """How many files are in, each of them wholly; fails where one is half in."""
    (told,) = ask(
        site,
        """SELECT (SELECT count(*) FROM collection_revision), (SELECT count(*) FROM collection_receipt),
           (SELECT count(DISTINCT code) FROM collection_receipt), (SELECT count(*) FROM collection_uploadrevision),
           (SELECT count(*) FROM collection_segmentrevision), (SELECT count(*) FROM collection_decision) / 2,
           (SELECT count(*) FROM collection_return WHERE accepted_id = latest_id)""",
    )
    assert set(told) == {told[0]}, told
    words, facts = state(site)
    assert len(words) == told[0]
    assert len(facts) == 2 * told[0]  # two figures each
    for (kept,) in ask(site, "SELECT sha256 FROM collection_upload"):
        assert sha256((site / "files" / kept[:2] / kept).read_bytes()) == kept
    assert ask(site, "PRAGMA integrity_check") == [("ok",)]
    return int(told[0])


@pytest.mark.proof
def test_a_receive_killed_again_and_again_ends_as_an_undisturbed_one(waiting: Terminal) -> None:
    calm = copied(waiting, "yên")
    begun = time.monotonic()
    assert calm.run_afresh("receive", "gửi", "--accept").code == 0  # as long as those that are killed
    took = time.monotonic() - begun
    assert whole(calm.site) == COUNT

    chance = random.Random(20260614)  # noqa: S311 - moments, not secrets
    struck = copied(waiting, "bị ngắt")
    seen = []
    for kill in range(KILLS):
        progress = _arrived if kill % 2 else _in  # while bytes are being kept, and just after something was committed
        with subprocess.Popen(
            struck.words("receive", "gửi", "--accept"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=struck.folder,
            env=struck.environ(),
            start_new_session=True,
        ) as command:
            # The moments lie where something is being stored: the start of Python and of the readers takes the rest.
            deadline = time.monotonic() + 4 * took
            before = progress(struck.site)
            target = before + max(1, (COUNT - before) * chance.random() / 2)
            while command.poll() is None and time.monotonic() < deadline:
                if progress(struck.site) >= target:
                    break
                time.sleep(0.005)
            time.sleep(chance.choice((0, 0.05, 0.3, 0.8)))
            if command.poll() is None:
                os.killpg(command.pid, signal.SIGKILL)
        seen.append(whole(struck.site))
    assert seen == sorted(seen)
    assert seen[-1] > 0

    done = struck.run("receive", "gửi", "--accept", "--json").json
    assert (done["received"] + done["again"], done["again"]) == (COUNT, seen[-1])
    assert whole(struck.site) == COUNT
    assert state(struck.site) == state(calm.site)
    assert struck.run("facts", "rebuild", "--json").json["same"] is True
    struck.run("facts", "compact")
    held = [path.name for folder in ("files", "facts") for path in (struck.site / folder).rglob("*") if path.is_file()]
    assert [name for name in held if name.startswith(".")] == []
    assert len(list((struck.site / "facts").iterdir())) == 1
    assert struck.run("check", "--json").json == []


def _arrived(site: Path) -> int:
    """How many files lie in the store, received or about to be: temporary ones too."""
    return sum(1 for path in (site / "files").rglob("*") if path.is_file())


def _in(site: Path) -> int:
    ((count,),) = ask(site, "SELECT count(*) FROM collection_revision")
    return int(count)


def test_an_officer_killed_while_saving_and_sending_loses_nothing_that_was_acknowledged(waiting: Terminal) -> None:
    made = copied(waiting, "lưu")
    command = [sys.executable, "-m", "tests.journeys.saver", str(made.site), "300" if PROOF else "8"]
    done = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["killed"] == (300 if PROOF else 8)
    assert told["saves"] >= told["killed"]
    assert (told["lost"], told["halves"], told["facts_agree"]) == (0, 0, 1), told
