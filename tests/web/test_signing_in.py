"""Signing in through the real server in Chromium: by keyboard, in both languages, and what is said when it fails."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.web.browser import NARROW, WIDE, Served, sign_in

pytestmark = pytest.mark.browser


def serious(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page, each with its element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_an_officer_signs_in_with_the_keyboard_alone(tab: Page, served: Served) -> None:
    tab.goto(served.address)
    assert "/sign-in/" in tab.url
    assert tab.locator("html").get_attribute("lang") == "vi"
    tab.focus("#id_login")
    tab.keyboard.type("office")
    tab.keyboard.press("Tab")
    tab.keyboard.type("mat-khau-cua-thu-nghiem")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/2026-H1/")
    assert "Tỉnh Vĩnh An" in tab.locator("h1").inner_text()


def test_a_wrong_password_is_told_and_the_name_is_kept(tab: Page, served: Served) -> None:
    tab.goto(f"{served.address}/sign-in/")
    tab.fill("#id_login", "office")
    tab.fill("#id_password", "khong-dung")
    tab.click("main button[type=submit]")
    assert tab.locator("main [role=alert]").is_visible()
    assert tab.input_value("#id_login") == "office"


def test_english_is_one_click_away_and_stays(tab: Page, served: Served) -> None:
    sign_in(tab, served, "office")
    tab.get_by_role("button", name="English").click()
    tab.wait_for_load_state()
    assert tab.locator("html").get_attribute("lang") == "en"
    tab.goto(served.address)
    assert tab.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_first_pages_are_accessible(tab: Page, served: Served, lang: str, size: dict[str, int]) -> None:
    tab.set_viewport_size(size)  # type: ignore[arg-type]
    tab.context.add_cookies([{"name": "tienbo_lang", "value": lang, "url": served.address}])
    tab.goto(f"{served.address}/sign-in/")
    assert serious(tab) == []
    sign_in(tab, served, "office", lang=lang)
    assert serious(tab) == []


def test_no_request_leaves_the_server_and_nothing_inline_runs(tab: Page, served: Served) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    sign_in(tab, served, "office")
    assert asked
    assert all(url.startswith((served.address, "data:")) for url in asked), asked
    answer = tab.request.get(served.address)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("again", ["office", "inspector"])
def test_what_was_typed_when_the_session_ended_is_back_for_who_typed_it(tab: Page, served: Served, again: str) -> None:
    """It was not saved: the page says so, beside the words; another person on the same machine finds nothing of it."""
    sign_in(tab, served, "office")
    note, mine = f"/2026-H1/intake/{served.units['commune0']}/", "Bổ sung Biểu 02"
    tab.goto(served.address + note)
    tab.locator("#return summary").first.focus()
    tab.keyboard.press("Enter")
    tab.fill("#note", mine)
    tab.context.clear_cookies(name="sessionid")
    tab.locator("form[action$='/ask/'] button").click()
    tab.wait_for_url("**/sign-in/**")
    assert tab.locator("main .alert").is_visible(), "that nothing was changed is said"
    tab.fill("#id_login", again)
    tab.fill("#id_password", "mat-khau-cua-thu-nghiem")
    tab.click("main button[type=submit]")
    tab.wait_for_load_state()
    if again == "office":
        tab.wait_for_url(f"**{note}")
        assert tab.input_value("#note") == mine
        assert tab.evaluate("document.activeElement.id") == "tb-typed"
        tab.reload()
        assert tab.input_value("#note") == ""
    assert tab.evaluate("sessionStorage.getItem('tb-typed')") is None
