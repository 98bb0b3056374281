"""In Chromium, on a guarded site: an act that needs figures of violence or of planning asks for the second factor anew
where it was given too long ago; the office steps up by keyboard and comes back to its form as it was typed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.web.browser import NARROW, ROOT, Served, environment, make_site, serving, sign_in
from tests.web.test_sign_in import code_of
from tests.web.test_signing_in import serious

pytestmark = pytest.mark.browser

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
REASON = "Gộp vào kế hoạch của Ủy ban nhân dân tỉnh"
GUARD = """
import sys
from dataclasses import replace
from pathlib import Path
from tienbo.project.desk import Desk, django_start
from tienbo.project.site import site_open
folder = Path(sys.argv[1])
replace(site_open(folder), sign_in="guarded").save()
django_start(folder)
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from tienbo.accounts.actors import actor_of
from tienbo.accounts.models import User
from tienbo.registers.plans import plan_begin
desk = Desk.open(folder)
office = User.objects.get(username="office")
TOTP.activate(office, sys.argv[2])
codes = RecoveryCodes.activate(office).get_unused_codes()
HEAD = {"title": "Kế hoạch năm 2026", "first_year": "2026", "last_year": "2026"}
plan = plan_begin(unit=desk.home, typed=HEAD, actor=actor_of(office))
print(plan.key, *codes)
"""
AGED = """
import sys
from importlib import import_module
from pathlib import Path
from tienbo.project.desk import django_start
django_start(Path(sys.argv[1]))
from django.conf import settings
from django.contrib.sessions.models import Session
store = import_module(settings.SESSION_ENGINE).SessionStore
for one in Session.objects.all():
    held = store(one.session_key)
    records = held.get("account_authentication_methods", [])
    held["account_authentication_methods"] = [{**made, "at": made["at"] - 16 * 60} for made in records]
    held.save()
"""
"""The server's clock is not ours to turn: what a session remembers is made older."""


def _run(script: str, *words: str) -> list[str]:
    command = [sys.executable, "-c", script, *words]
    done = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Served, list[str]]]:
    folder = tmp_path / "site"
    units = make_site(folder)
    made = _run(GUARD, str(folder), SECRET)
    with serving(folder, units) as running:
        yield running, made


def test_an_act_asks_again_and_what_was_typed_is_there_after(tab: Page, guarded: tuple[Served, list[str]]) -> None:
    served, (plan, code, *_others) = guarded
    sign_in(tab, served, "office")
    tab.wait_for_selector("input[name=code]")
    tab.focus("input[name=code]")
    tab.keyboard.type(code_of(SECRET, time.time()))
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/2026-H1/")
    _run(AGED, str(served.folder))
    at = f"{served.address}/2026-H1/plans/{plan}/"
    tab.goto(at)
    tab.locator("summary", has_text="Rút kế hoạch").focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.type(REASON)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/withdraw/")
    assert tab.locator("main h1").inner_text() == "Xác nhận đúng là bạn"
    _looked_at(tab, "asks")
    tab.locator("main a.btn-primary").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/second-factor/again/**")
    _looked_at(tab, "gives")
    tab.focus("input[name=code]")
    tab.keyboard.type(code)
    tab.keyboard.press("Enter")
    tab.wait_for_url(at)
    reason = tab.locator("#reason")
    assert reason.input_value() == REASON
    assert reason.is_visible(), "what it stands in is open"
    assert tab.locator("#tb-typed").is_visible(), "the page says that it was put back"
    reason.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_load_state()
    tab.goto(at)
    assert tab.locator("#reason").count() == 0, "it is withdrawn"


def _looked_at(tab: Page, name: str) -> None:
    wide, folder = tab.viewport_size, os.environ.get("TIENBO_PICTURES")
    for size in (wide, NARROW):
        tab.set_viewport_size(size)  # type: ignore[arg-type]
        assert serious(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        if folder:
            tab.screenshot(path=f"{folder}/{name}-{size['width'] if size else 0}.png", full_page=True)
    tab.set_viewport_size(wide)  # type: ignore[arg-type]
