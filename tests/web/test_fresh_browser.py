"""In Chromium, on a guarded site: figures of class C3 are shown for a quarter of an hour after the second factor, then
left out, and come back with a code."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browser import NARROW, ROOT, WIDE, Served, environment, make_site, serving, sign_in
from tests.web.test_sign_in import code_of
from tests.web.test_signing_in import serious
from tests.web.world import PERIOD

pytestmark = [pytest.mark.browser, pytest.mark.proof]
DETECTED = 13 + 20 + 27
"""Victims whom the three communes told in the half-year (`world.build`: 10 + 7 × number + 3)."""


def later(served: Served, minutes: int) -> None:
    command = [sys.executable, "-m", "tests.web.later", str(served.folder), str(minutes)]
    subprocess.run(command, env=environment(), cwd=ROOT, check=True, timeout=300)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("guarded") / "site"
    with serving(folder, make_site(folder, sign_in="guarded")) as running:
        yield running


@pytest.mark.parametrize(("name", "size"), [("office", WIDE), ("chair", NARROW)], ids=["wide", "narrow"])
def test_who_gives_the_code_again_sees_the_figures_where_they_were(
    browser: Browser, guarded: Served, name: str, size: dict[str, int]
) -> None:
    context = browser.new_context(viewport=size, locale="vi-VN")  # type: ignore[arg-type]
    tab = context.new_page()
    sign_in(tab, guarded, name)
    tab.goto(f"{guarded.address}/second-factor/app/")
    secret = tab.locator(".tb-code").first.inner_text()
    tab.fill("#id_code", code_of(secret, time.time()))
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/second-factor/codes/")
    at = f"{guarded.address}/{PERIOD}/indicator/gbv.victims_detected/"
    main, again = tab.locator("main"), tab.locator("a[href^='/second-factor/again/']")
    tab.goto(at)
    expect(main).to_contain_text(str(DETECTED))
    expect(again).to_have_count(0)
    later(guarded, 16)
    tab.reload()
    expect(main).not_to_contain_text(str(DETECTED))
    assert serious(tab) == []
    again.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/second-factor/again/**")
    assert "15 phút" in tab.inner_text("main")
    assert serious(tab) == []
    tab.focus("#id_code")
    tab.keyboard.type("000000")
    tab.keyboard.press("Enter")
    expect(main).to_contain_text("Mã không đúng hoặc đã hết hạn")
    tab.fill("#id_code", code_of(secret, time.time() + 30))  # each code is taken once: the one that comes next
    tab.keyboard.press("Enter")
    tab.wait_for_url(at)
    expect(main).to_contain_text(str(DETECTED))
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    context.close()
