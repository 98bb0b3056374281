"""A record entered on a phone, by the keyboard alone, in front of axe-core."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.registers.test_registers import CLASS
from tests.web.browser import NARROW, Served, sign_in
from tests.web.test_signing_in import serious
from tests.web.world import PERIOD

AT = f"/{PERIOD}/registers/training.class/"


@pytest.mark.browser
def test_a_record_is_entered_by_keyboard_on_a_phone(served: Served, tab: Page) -> None:
    tab.set_viewport_size(NARROW)
    sign_in(tab, served, "preparer")
    tab.goto(f"{served.address}{AT}new/")
    tab.focus("#f-subject")
    for code, typed in CLASS.items():
        if tab.evaluate("code => document.getElementById('f-' + code).tagName", code) == "SELECT":
            tab.select_option(f"#f-{code}", typed)
        else:
            tab.focus(f"#f-{code}")
            tab.keyboard.type(typed)
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert serious(tab) == []
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#h-said")
    assert "Đã ghi vào sổ." in tab.inner_text("main")
    assert serious(tab) == []
    tab.goto(f"{served.address}{AT}")
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert serious(tab) == []
    tab.click("main table a")
    tab.click("summary:has-text('Rút mục này khỏi sổ')")
    tab.fill("#reason", "mục thử")
    tab.click("button:has-text('Rút khỏi sổ')")
    tab.wait_for_selector("text=Đã rút khỏi sổ")
