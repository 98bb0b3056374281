"""A site that nobody used for half a year, its server off: accounts, a session, a draft, work that was cut off, backups
and terms are as they ought to be when the next period opens. Every process has a clock of half a year later."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.journeys.conftest import preloaded
from tests.journeys.struck import Served as Server
from tests.journeys.test_browser_roads import book, give, press
from tests.web.browser import ROOT, WIDE, Served, environment, free_port, make_site, sign_in
from tests.web.test_entry_browser import field, opened, saved, state
from tests.web.world import PERIOD

from tienbo.project.backup import key_make
from tienbo.project.site import site_open

pytestmark = [pytest.mark.browser, pytest.mark.proof]

MEMBERS = "figure/members:total"
FILES = ("commune1", "commune2", "department")


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return preloaded("later_clock", tmp_path_factory.mktemp("clock"))


def later() -> date:
    """The first day, half a year on, in the month in which a period ends: its campaign can be opened then."""
    least = date.today() + timedelta(days=180)
    return min(
        day for year in (least.year, least.year + 1) for month in (6, 12) if (day := date(year, month, 1)) > least
    )


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[], Page]]:
    contexts = []

    def visited() -> Page:
        contexts.append(browser.new_context(viewport=WIDE))  # type: ignore[arg-type]
        return contexts[-1].new_page()

    yield visited
    for one in contexts:
        one.close()


def ask(site: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(site / "db.sqlite3", timeout=30)) as database:
        return database.execute(sql).fetchall()


def until(true: Callable[[], object], seconds: float = 120, pause: float = 0.5) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(pause)


def killed(server: Server) -> None:
    """All of it, as by a machine that is turned off."""
    parts = server.parts()
    for pid in (server.process.pid, *parts["web"], *parts["work"]):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.process.wait()


def test_a_site_left_alone_for_half_a_year_goes_on_where_it_was(
    tmp_path: Path, clock: Path, visit: Callable[[], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, port = tmp_path / "site", free_port()
    units = make_site(folder)
    (tmp_path / "backups").mkdir()
    held = replace(site_open(folder), backups=str(tmp_path / "backups"), backup_key=key_make(tmp_path / "key"))
    held.save()
    site = Served(f"http://127.0.0.1:{port}", folder, units)

    def run(*words: str, code: int = 0) -> Any:
        command = [sys.executable, "-m", "tienbo.project.cli", *words, "--site", str(folder), "--json"]
        kept = {name: os.environ[name] for name in ("LD_PRELOAD", "LATER_SECONDS") if name in os.environ}
        done = subprocess.run(
            command, env={**environment(), **kept}, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, (words, done.stdout[-2000:], done.stderr[-2000:])
        return json.loads(done.stdout)

    figures = ("values", "--unit", "Tỉnh Vĩnh An", "--period", str(PERIOD))
    server = Server(folder, port)
    try:
        officer, colleague, office = visit(), visit(), visit()
        sign_in(officer, site, "preparer")
        opened(officer, site)
        officer.fill(field(MEMBERS), "17")
        officer.keyboard.press("Enter")
        saved(officer)
        sign_in(colleague, site, "department")
        before = run(*figures)
        until(lambda: ask(folder, "SELECT 1 FROM ground_backupact WHERE act = 'made' AND size > 0"))
        sign_in(office, site, "office")
        office.goto(f"{site.address}/{PERIOD}/intake/")
        give(office, "#files", *[(f"{name}.xlsx", book(site, name, number)) for number, name in enumerate(FILES, 31)])
        press(office, "form[data-drop] button")
        until(lambda: ask(folder, "SELECT 1 FROM ground_job WHERE state = 'running'"), pause=0.002)
    finally:
        killed(server)
        server.log.close()
    ((attempts, worker),) = ask(folder, "SELECT attempts, worker FROM ground_job WHERE state = 'running'")
    assert attempts == 1
    assert worker
    sent = "SELECT count(*) FROM collection_revision r JOIN collection_upload u ON u.id = r.upload_id"
    assert ask(folder, sent)[0][0] < len(FILES), "it was not cut off: nothing is seen of its lease"

    day = later()
    monkeypatch.setenv("LD_PRELOAD", str(clock))
    monkeypatch.setenv("LATER_SECONDS", str((day - date.today()).days * 86_400))
    period = f"{day.year}-H{1 if day.month == 6 else 2}"
    server = Server(folder, port)
    try:
        # Work that was cut off goes on by itself, each file once; one backup is made, not one for each day.
        until(lambda: not ask(folder, "SELECT 1 FROM ground_job WHERE state IN ('running', 'waiting')"))
        assert ask(folder, "SELECT state, attempts, faults FROM ground_job") == [("done", 2, "[]")]
        assert ask(folder, sent) == [(len(FILES),)]
        made = f"SELECT name FROM ground_backupact WHERE act = 'made' AND size > 0 AND name LIKE '%{day:%Y%m}%'"
        until(lambda: ask(folder, made))

        # The period opens; who reports rests, is told so at the door, and is woken by name.
        told = run("campaign", "open", "--period", period)
        assert told["resting"] == 2, told
        officer.goto(f"{site.address}/entry/{units['commune0']}/{PERIOD}/1/")
        assert "/sign-in/" in officer.url, "the session of before is over"
        for page, name in ((officer, "preparer"), (colleague, "department")):
            sign_in(page, site, name, lang="en")
            assert "rests between reporting periods" in page.locator("main").inner_text(), name
        assert run("users", "wake", "preparer")["names"] == ["preparer"]
        sign_in(officer, site, "preparer", lang="en")
        assert "/sign-in/" not in officer.url
        sign_in(colleague, site, "department", lang="en")
        assert "rests between reporting periods" in colleague.locator("main").inner_text(), "nobody woke this one"
        opened(officer, site)
        assert state(officer, site)["cells"][MEMBERS] == "17", "the draft is as it was left"
        officer.fill(field(MEMBERS), "18")
        officer.keyboard.press("Enter")
        saved(officer)
        officer.goto(f"{site.address}/entry/{units['commune0']}/{period}/1/")
        officer.wait_for_selector("body[data-ready]", state="attached")
        sign_in(office, site, "office", lang="en")
        assert "/sign-in/" not in office.url, "who would wake others does not rest"

        # What is past its term is told and goes; figures are what they were.
        due = run("retention", "due")
        assert "session" in {one["term"] for one in due["due"]}
        taken = run("retention", "take", due["mark"], "--decision", "QĐ 1")
        assert taken["left"] == 0
        assert len(ask(folder, made)) == 1
    finally:
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(60)
        server.log.close()
    assert code == 0
    assert run("journal", "verify")["holds"]
    assert run("check") == []
    assert before
    assert run(*figures) == before
