"""A record entered on a phone, by the keyboard alone, in front of axe-core."""

from __future__ import annotations

from io import BytesIO

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader
from tests.registers.test_registers import CLASS
from tests.web.browser import NARROW, Served, sign_in
from tests.web.test_signing_in import serious
from tests.web.world import PERIOD

from tienbo.core.words import nfc

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
    assert _plain("6 tháng đầu năm 2026; Xã Đồng Tâm") in _printed(tab)
    tab.click("main table a")
    said = _printed(tab)
    for words in ("Sổ theo dõi lớp tập huấn", CLASS["subject"], CLASS["place"], "Được tính vào", "Các lần ghi"):
        assert _plain(words) in said, words
    for words in ("Rút khỏi sổ", "Việc tiếp theo", "Đính kèm", "Đăng xuất"):
        assert _plain(words) not in said, words
    tab.click("summary:has-text('Rút mục này khỏi sổ')")
    tab.fill("#reason", "mục thử")
    tab.click("button:has-text('Rút khỏi sổ')")
    tab.wait_for_selector("text=Đã rút khỏi sổ")


def _printed(tab: Page) -> str:
    """What is printed on A4, without blanks: readers put them where letters were drawn apart."""
    read = PdfReader(BytesIO(tab.pdf(format="A4")))
    return _plain(" ".join(page.extract_text() for page in read.pages))


def _plain(text: str) -> str:
    return "".join(nfc(text).split())
