"""A site whose disk fails, whose log is torn, whose server or database is killed (T03 to T05): what was acknowledged is
there, nothing is there by halves, and it goes on by itself."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import PROOF
from tests.journeys.conftest import preloaded
from tests.postgresql import server
from tests.web.browser import ROOT, environment, free_port, make_site

from tienbo.project.backup import key_make
from tienbo.project.site import site_create, site_open

POINTS = 60 if PROOF else 2
"""Calls of each operation that fail in turn."""
STRIKES = int(os.environ.get("TIENBO_STRIKES", "200"))
"""Times that something is killed, in `make proof`."""
UPGRADES = int(os.environ.get("TIENBO_UPGRADES", "5"))
"""Times that each migration is killed."""
MIGRATIONS = len(list((ROOT / "src" / "tienbo").glob("*/migrations/0*.py")))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world as a site that backs itself up; copied, never worked in."""
    folder = tmp_path_factory.mktemp("crashes")
    make_site(folder / "site")
    site = site_open(folder / "site")
    replace(site, backup_key=key_make(folder / "key")).save()
    return site.path


def copied(kept: Path, folder: Path) -> Path:
    site = Path(shutil.copytree(kept, folder / "site"))
    (folder / "backups").mkdir()
    replace(site_open(site), backups=str(folder / "backups")).save()
    return site


def run(module: str, *words: object, **more: str) -> Any:
    """What a program of the tests prints, as JSON."""
    command = [sys.executable, "-m", f"tests.journeys.{module}", *map(str, words)]
    done = subprocess.run(command, env={**environment(), **more}, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disk that fails on demand, compiled."""
    return preloaded("failing_disk", tmp_path_factory.mktemp("disk"))


def test_a_disk_that_fails_is_told_in_words_and_the_same_act_goes_through_once_it_is_well(
    kept: Path, failing_disk: Path, tmp_path: Path
) -> None:
    site = copied(kept, tmp_path)
    told: Mapping[str, Any] = run("disk_fails", site, failing_disk, POINTS, LD_PRELOAD=str(failing_disk))
    assert told["wrong"] == []
    assert all(told["operations"].values()), told["operations"]  # each of them writes
    assert told["tried"] >= 10 * POINTS / 2
    assert told["failed"] > told["tried"] / 3  # the disk did fail


NO_SMALL_DISK = "only root mounts a small disk: a full one was not tried"


@pytest.mark.proof
@pytest.mark.database
@pytest.mark.skipif("not os.environ.get('TIENBO_DATABASE')", reason="SQLite's disk fails above")
def test_a_disk_full_under_postgresql_is_told_in_words_and_all_goes_on_once_there_is_room(
    small_disk: Path | None,
) -> None:
    """The server's data, the site and its backups on one disk, as on a small machine."""
    if small_disk is None:
        pytest.skip(NO_SMALL_DISK)
    with server(is_durable=True, inside=small_disk) as address:
        site = small_disk / "site"
        make_site(site, address)
        (small_disk / "backups").mkdir()
        key = key_make(small_disk / "key")
        replace(site_open(site), backup_key=key, backups=str(small_disk / "backups")).save()
        told = run("disk_full", site, small_disk / "ballast")
    assert told["wrong"] == []
    assert told["started"] >= 1  # it ended without room in any case, and was started once there was some
    assert len(told["tried"]) == 11
    # Few rows and no file: they may find room in what is there.
    assert set(told["tried"]) - set(told["failed"]) <= {"sign in", "compact the facts"}, told


# ------------------------------------------------------------------------------------------------------- killed (T03)


@pytest.mark.database
def test_a_server_killed_under_mixed_writing_loses_nothing_it_acknowledged(
    tmp_path: Path, small_disk: Path | None
) -> None:
    """On SQLite the server; on PostgreSQL the database too, which waits for its disk as a real one does. At full counts
    its log needs more than a small disk; else that is filled in the end, and a draft saved (T05)."""
    if not os.environ.get("TIENBO_DATABASE"):
        if not PROOF:
            pytest.skip("on SQLite at full counts: tests/journeys/test_killed.py kills who writes there")
        make_site(tmp_path / "site")
        _struck(tmp_path / "site", "all web work", 1)
        return
    inside = None if PROOF else small_disk
    with server(is_durable=True, inside=inside) as address:
        site = (inside or tmp_path) / "site"
        make_site(site, address)
        _struck(site, "all web work kill immediate", 4)
        if inside is not None:
            told = run("disk_full", site, inside / "ballast", "save a draft")
            assert (told["wrong"], told["failed"]) == ([], {"save a draft": 1})
        elif not PROOF:
            pytest.skip(NO_SMALL_DISK)


def _struck(site: Path, kinds: str, few: int) -> None:
    cycles = STRIKES if PROOF else few
    told = run("struck", site, cycles, free_port())
    assert set(told["struck"]) == set(kinds.split())
    assert sum(told["struck"].values()) == cycles
    assert told["saves"] + told["sent"] >= cycles
    assert (told["lost"], told["halves"], told["facts_agree"]) == (0, 0, 1), told
    assert (told["journal"], told["audit"]) == ([], [])


# --------------------------------------------------------------------------------------------------- a torn log (T04)


def test_a_torn_log_is_opened_as_the_whole_transactions_before_the_damage(kept: Path, tmp_path: Path) -> None:
    site = copied(kept, tmp_path)
    told = run("torn_log", site, *((2_000, 20) if PROOF else (40, 1)))
    assert told["wrong"] == []
    assert told["halves"] == []
    assert told["transactions"] >= 40
    assert told["cut"] + told["turned"] == told["images"]


# ------------------------------------------------------------------------------------------- brought up to date (T09)


@pytest.mark.proof
@pytest.mark.database
@pytest.mark.parametrize("state", ["34", "22", "12"])
def test_an_older_site_killed_in_each_migration_says_what_it_said(
    state: str, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    site = site_create(path=tmp_path / "site", database=new_database())
    told = run("upgraded", site.path, state, UPGRADES)
    assert told["plan"] >= MIGRATIONS - int(state)  # those of what we build on come to it
    assert told["least"] >= UPGRADES  # each, and what follows the last
    assert (told["left"], told["changed"], told["audit"]) == (0, [], [])


# ------------------------------------------------------------------------------------------------ by itself (T06)


@pytest.mark.proof
def test_a_worker_backs_up_tries_takes_old_ones_away_and_tells_when_it_cannot(kept: Path, tmp_path: Path) -> None:
    """A day is two seconds here; nobody asks for anything."""
    site = copied(kept, tmp_path)
    backups, key = tmp_path / "backups", tmp_path / "key"
    changed = replace(site_open(site), backup_key=key_make(key), backup_test_key=str(key))
    replace(changed, backup_every="2s", backups_kept="1d").save()
    command = [sys.executable, "-m", "tienbo.project.cli", "work", "--site", str(site)]
    with subprocess.Popen(command, env=environment(), cwd=ROOT, stderr=subprocess.PIPE, text=True) as working:
        try:
            _until(lambda: len([one for one in _acts(site) if one[0] == "verified"]) >= 3)
            made = [name for act, name, size, _found in _acts(site) if act == "made" and size]
            verified = [(name, found) for act, name, _size, found in _acts(site) if act == "verified"]
            assert len(set(made)) == len(made)
            assert {name for name, _found in verified} <= set(made)
            assert {found for _name, found in verified} == {"[]"}
            assert made[0] not in {path.name for path in backups.iterdir()}  # the newest of the day and the last tried
            shutil.rmtree(backups)
            backups.write_text("no folder any more")
            _until(lambda: any(act == "made" and not size for act, _name, size, _found in _acts(site)))
            backups.unlink()
            count = len(_acts(site))
            _until(lambda: any(act == "made" and size for act, _name, size, _found in _acts(site)[count:]))
        finally:
            working.terminate()
            said = working.communicate(timeout=60)[1]
    assert working.returncode == 0
    assert "Traceback" not in said
    assert "tienbo backup: " in said


def _acts(site: Path) -> list[tuple[str, str, int, str]]:
    with closing(sqlite3.connect(site / "db.sqlite3", timeout=30)) as database:
        return database.execute("SELECT act, name, size, found FROM ground_backupact ORDER BY id").fetchall()


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 400
    while not true():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.5)
