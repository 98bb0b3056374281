"""In Chromium: a passkey signs in alone under the content policy; a page left alone is covered and keeps what was
typed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser import NARROW, Served, sign_in
from tests.web.test_signing_in import serious
from tests.web.world import PASSWORD

pytestmark = pytest.mark.browser


def test_a_passkey_is_set_up_and_signs_in_alone(tab: Page, served: Served) -> None:
    there = Served(served.address.replace("127.0.0.1", "localhost"), served.folder, served.units)  # a key has a name
    speak = tab.context.new_cdp_session(tab)
    speak.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True,
    }  # fmt: skip
    speak.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(tab, there, "other_preparer")
    tab.goto(f"{there.address}/second-factor/")
    assert serious(tab) == []
    tab.set_viewport_size(NARROW)  # type: ignore[arg-type]
    tab.locator("main a[href='/second-factor/keys/add/']").click()
    assert serious(tab) == []
    tab.check("#id_passwordless")
    tab.locator("[data-key=add]").click()
    tab.wait_for_url("**/second-factor/codes/")
    assert tab.locator("main li").count() == 10
    assert serious(tab) == []
    tab.context.clear_cookies(name="sessionid")
    tab.goto(f"{there.address}/sign-in/")
    tab.locator("[data-key=login]").click()
    tab.wait_for_url("**/2026-H1/")
    assert "other_preparer" in tab.locator("header").inner_text()
    tab.goto(f"{there.address}/second-factor/keys/")
    tab.locator("main a[href$='/remove/']").click()
    tab.locator("main form button").click()
    tab.wait_for_url("**/second-factor/keys/")
    assert tab.locator("main a[href$='/remove/']").count() == 0


def test_a_page_left_alone_is_covered_and_keeps_what_was_typed(tab: Page, served: Served) -> None:
    """The server's clock is not ours to turn: what it says of the lock is said for it, the password goes to it."""
    sign_in(tab, served, "preparer")
    tab.clock.install()
    tab.goto(f"{served.address}/entry/{served.units['commune0']}/2026-H1/1/")
    field = tab.locator("main input[type=text]:visible, main input[inputmode]:visible").first
    field.fill("7")
    tab.route(
        "**/unlock/",
        lambda route: route.fulfill(json={"locked": True}) if route.request.method == "GET" else route.continue_(),
    )
    cover = tab.locator("#tb-idle")
    assert not cover.is_visible()
    tab.clock.fast_forward("16:00")
    cover.wait_for(state="visible")
    assert serious(tab) == []
    tab.keyboard.press("Escape")
    assert cover.is_visible()
    tab.fill("#tb-idle-word", "khong-dung-dau")
    tab.keyboard.press("Enter")
    expect(tab.locator("#tb-idle-fault")).not_to_be_empty()
    tab.fill("#tb-idle-word", PASSWORD)
    tab.keyboard.press("Enter")
    cover.wait_for(state="hidden")
    assert field.input_value() == "7"
