"""Whole roads through the pages in Chromium, on a site of their own: a commune's officer, the standing office, the
chair on a phone, a guest. Figures are counted by hand; what is done is done by keyboard where a person would."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl.cell.cell import Cell
from playwright.sync_api import Browser, Page
from pypdf import PdfReader
from tests.web.browser import NARROW, WIDE, Served, make_site, serving, sign_in
from tests.web.world import CANARY_NAME, PASSWORD, PERIOD

from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import Content, Figure, layout
from tienbo.papers.workbook import UnitHeader, workbook_write
from tienbo.project.site import site_open

pytestmark = pytest.mark.browser

DOCUMENTS = "Văn bản chỉ đạo, hướng dẫn, kế hoạch đã ban hành"
"""The line of every form that the roads below count."""
ADDRESS, CODE = "documents:total", "direction.documents"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("roads") / "site"
    with serving(folder, make_site(folder)) as running:
        yield running


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page of a browser that knows nobody; whatever its console complains of fails the test."""
    contexts, complaints = [], []

    def visited(size: dict[str, int] = WIDE) -> Page:
        context = browser.new_context(viewport=size, locale="en-US")  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda broken: complaints.append(str(broken)))
        return page

    yield visited
    for context in contexts:
        context.close()
    assert [one for one in complaints if "status of 4" not in one] == []


def book(site: Served, whose: str, documents: int, **more: int) -> bytes:
    """The workbook of a unit in which nothing happened but so many documents."""
    edition = load("vn")
    form = edition.form_for("department.home_affairs" if whose == "department" else "commune", PERIOD)
    assert form is not None
    said = {address: Figure(Decimal(0)) for address in layout(edition, form.code, PERIOD).slots}
    wanted = {ADDRESS: documents, **{name.replace("__", ":"): value for name, value in more.items()}}
    said |= {address: Figure(Decimal(value)) for address, value in wanted.items()}
    content = Content(form.code, fingerprint(edition), site.units[whose], PERIOD, figures=said)
    out, header = BytesIO(), UnitHeader(site.units[whose], whose, "", "")
    seal = site_open(site.folder).secret_key.encode()
    workbook_write(out, edition=edition, form=form.code, period=PERIOD, unit=header, seal=seal, content=content)
    return out.getvalue()


def give(page: Page, field: str, *files: tuple[str, bytes]) -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.set_input_files(field, [{"name": name, "mimeType": kind, "buffer": data} for name, data in files])


def fetch(page: Page, link: str) -> bytes:
    """What a link hands out, pressed by the keyboard."""
    with page.expect_download() as coming:
        page.locator(link).first.focus()
        page.keyboard.press("Enter")
    return Path(coming.value.path()).read_bytes()


def words(page: Page) -> str:
    return " ".join(page.locator("main").inner_text().split())


def press(page: Page, selector: str) -> None:
    page.locator(selector).first.focus()
    page.keyboard.press("Enter")


# --------------------------------------------------------------------------------------------------- who fills in


def test_an_officer_takes_the_workbook_fills_it_in_sends_it_and_holds_a_receipt(
    site: Served, visit: Callable[..., Page]
) -> None:
    page = visit()
    page.goto(site.address)
    page.keyboard.press("Tab")  # "to the content" comes first
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.focus("#id_login")
    page.keyboard.type("preparer")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/2026-H1/")
    assert "Xã Đồng Tâm" in page.locator("h1").inner_text()
    press(page, "#own-head ~ p a.btn")
    page.wait_for_url("**/unit/**")

    blank = openpyxl.load_workbook(BytesIO(fetch(page, "a[href$='blank.xlsx']")))
    _write(blank, DOCUMENTS, 31)
    filled = BytesIO()
    blank.save(filled)
    give(page, "#send-file", ("Đồng Tâm 6 tháng.xlsx", filled.getvalue()))
    page.focus("#send-file")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("main [role=status]")
    code = re.search(r"\b[A-Z2-9]{5}-[A-Z2-9]{5}\b", page.locator("main [role=status]").first.inner_text())
    assert code is not None, page.locator("main [role=status]").first.inner_text()

    # Its bytes can be had again as they were sent, and anybody who holds the receipt can check it.
    assert fetch(page, "a[href$='/original/']") == filled.getvalue()
    stranger = visit()
    stranger.goto(f"{site.address}/receipt/")
    stranger.focus("#code")
    stranger.keyboard.type(code.group().lower())
    stranger.keyboard.press("Enter")
    stranger.wait_for_selector("dl")
    assert "Xã Đồng Tâm" in words(stranger)
    assert "31" not in words(stranger).replace(stranger.locator("code").inner_text(), "").replace("31/", "")


def _write(book: openpyxl.Workbook, label: str, value: int) -> None:
    """Put a figure into the first cell to fill in the row of a label, as a person finds it."""
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            if any(isinstance(cell.value, str) and label in cell.value for cell in row):
                cell = next(one for one in row if isinstance(one, Cell) and not one.protection.locked)
                cell.value = value
                return
    raise AssertionError(f"no row is called {label}")


# ------------------------------------------------------------------------------------------------- standing office


def test_a_standing_office_goes_from_files_to_the_report(site: Served, visit: Callable[..., Page]) -> None:
    page = visit()
    sign_in(page, site, "office")
    assert page.url.endswith("/2026-H1/")
    press(page, "nav a[href$='/intake/']")
    page.wait_for_url("**/intake/")

    # Five files: one with more women than people, one sent twice by mistake.
    first = book(site, "commune0", 31)
    faulty = book(site, "commune1", 42, members__total=5, members__women=9)
    files = [
        ("Đồng Tâm.xlsx", first),
        ("Hòa Lạc.xlsx", faulty),
        ("Bến Thóc.xlsx", book(site, "commune2", 53)),
        ("Sở Nội vụ.xlsx", book(site, "department", 4)),
        ("Đồng Tâm (2).xlsx", first),
    ]
    give(page, "#files", *files)
    press(page, "form[data-drop] button")
    page.wait_for_selector("table.tb-files", timeout=60_000)
    assert page.locator(".tb-files .tb-good").count() == 3
    assert page.locator(".tb-files .tb-bad").count() == 1
    told = page.locator(".tb-faults").first.inner_text()
    assert "Biểu" in told
    assert "9" in told

    # The faulty one comes back with the fault in its cell; corrected there, it goes in.
    back = openpyxl.load_workbook(BytesIO(fetch(page, ".tb-why a.btn")))
    marked = [cell for sheet in back for row in sheet.iter_rows() for cell in row if cell.comment and cell.value == 9]
    assert marked
    marked[0].value = 3
    corrected = BytesIO()
    back.save(corrected)
    page.goto(f"{site.address}/2026-H1/intake/")
    give(page, "#files", ("Hòa Lạc (đã sửa).xlsx", corrected.getvalue()))
    press(page, "form[data-drop] button")
    page.wait_for_selector("table.tb-files .tb-good", timeout=60_000)

    # All four wait, and are received with one press.
    page.goto(f"{site.address}/2026-H1/intake/?state=sent")
    page.locator("[data-all=seen]").focus()
    page.keyboard.press("Space")
    assert page.locator("input[name=seen]:checked").count() == 4
    press(page, ".tb-act button")
    # Figures that stand out are read before anything is received.
    page.wait_for_selector("section[aria-labelledby=unread]")
    for box in page.locator("section[aria-labelledby=unread] input[name=read]").all():
        box.focus()
        page.keyboard.press("Space")
    press(page, "section[aria-labelledby=unread] button")
    page.wait_for_selector("main .alert[role=status]")

    # What was received counts: 31 + 42 + 53 documents of three communes and 4 of the department.
    page.goto(f"{site.address}/2026-H1/targets/")
    press(page, "#heat td a")
    page.wait_for_url("**/indicator/**")
    page.goto(f"{site.address}/2026-H1/indicator/{CODE}/")
    assert page.locator("p.tb-figure").first.inner_text() == "130"
    assert "4/4" in words(page)
    press(page, "a[href*='/explanation/']")
    page.wait_for_selector("h2#facts")
    said = [" ".join(row.split()) for row in page.locator("table:below(h2#facts) tbody").all_inner_texts()]
    for unit, figure in (("Xã Đồng Tâm", 31), ("Xã Hòa Lạc", 42), ("Phường Bến Thóc", 53), ("Sở Nội vụ", 4)):
        assert any(row.startswith(unit) and f" {figure} " in row and "Biểu" in row for row in said), (unit, said)
    assert any("Hòa Lạc (đã sửa).xlsx" in row and "Người giữ ghế office" in row for row in said)

    _writes_the_report(page, site)


def _writes_the_report(page: Page, site: Served) -> None:
    """Preview, one text picked at the merge desk, then the papers."""
    page.goto(f"{site.address}/2026-H1/report/")
    link = page.locator(f"article.tb-paper a.tb-bound[href*='{CODE}']").first
    assert link.inner_text() == "130"
    press(page, "main a[href*='/texts/']")
    page.wait_for_url("**/texts/**")
    mine = "Đề nghị tỉnh bố trí kinh phí tập huấn hằng năm"
    page.goto(f"{site.address}/2026-H1/report/texts/?heading=proposal")
    press(page, ".tb-desk-own summary")
    page.locator("#own-text").fill(mine)
    page.locator("#own-addressee").fill("UBND tỉnh")
    press(page, "button[value=add]")
    page.wait_for_selector(".tb-desk-chosen li")
    page.goto(f"{site.address}/2026-H1/report/")
    assert mine in words(page)
    press(page, "form[action$='/report/release/'] button")
    page.wait_for_url("**/report/release_*/")
    word = docx.Document(BytesIO(fetch(page, "a[href$='/docx']")))
    pages = PdfReader(BytesIO(fetch(page, "a[href$='/pdf']"))).pages
    paper = " ".join(" ".join(one.extract_text() for one in pages).split())
    written = " ".join(" ".join(one.text for one in word.paragraphs).split())
    for text in (written, paper):
        assert "130 văn bản" in text
        assert mine in text
    assert fetch(page, "a[href$='/pptx']").startswith(b"PK")


# ------------------------------------------------------------------------------------------------ chair and guest


def test_a_chair_sees_how_things_stand_on_one_screen_of_a_phone(site: Served, visit: Callable[..., Page]) -> None:
    page = visit(NARROW)
    sign_in(page, site, "chair")
    last = page.locator("main .tb-ways").bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= NARROW["height"], "the answer and where to go on fit one screen"
    for link, heading in (("Targets", "targets"), ("Report", "report")):
        page.goto(f"{site.address}/2026-H1/")
        press(page, f"main .tb-ways a[href*='/{heading}/']")
        page.wait_for_url(f"**/{heading}/**")
        assert page.locator("h1").is_visible(), link
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], link
    acts = page.locator("form[action$='/report/release/']")
    assert acts.count() == 0, "a chair reads the report, the office writes it"


def test_a_guest_sees_what_is_open_and_reaches_nothing_else(site: Served, visit: Callable[..., Page]) -> None:
    page = visit()
    sign_in(page, site, "partner")
    assert page.url.endswith("/targets/")
    links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
    assert not [link for link in links if re.search(r"/(intake|units?|report|rounds|explanation)/", link)], links
    for closed in (
        "/2026-H1/", "/2026-H1/intake/", "/2026-H1/units/", "/2026-H1/report/", "/2026-H1/rounds/",
        f"/unit/{site.units['commune0']}/", f"/unit/{site.units['province']}/",
        f"/2026-H1/indicator/{CODE}/explanation/",
    ):  # fmt: skip
        answer = page.goto(f"{site.address}{closed}")
        assert answer is not None
        assert answer.status == 404, closed
    page.goto(f"{site.address}/2026-H1/indicator/{CODE}/")
    assert page.locator("p.tb-figure").first.is_visible()
    for unseen in ("Người giữ ghế", "Xã Đồng Tâm (", ".xlsx", CANARY_NAME):
        assert unseen not in words(page), unseen


# -------------------------------------------------------------------------------------------------- accessibility

PAGES = (
    "/2026-H1/", "/2026-H1/?view=full", "/2026-H1/intake/", "/2026-H1/intake/remind/",
    "/2026-H1/intake/reconciliation/", "/2026-H1/intake/{commune0}/", "/2026-H1/units/", "/unit/{commune0}/",
    "/unit/{province}/", "/2026-H1/targets/", "/2026-H1/targets/{province}/", "/2026-H1/indicators/",
    "/2026-H1/indicator/training.classes/", "/2026-H1/indicator/jobs.women_share/",
    "/2026-H1/indicator/training.classes/explanation/", "/2026-H1/report/", "/2026-H1/report/texts/",
    "/2026-H1/report/words/", "/2026-H1/report/annex/0/", "/2026-H1/rounds/", "/receipt/", "/password/", "/khong-co/",
)  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "size"),
    [
        pytest.param("vi", NARROW, id="narrow-vi", marks=pytest.mark.proof),
        pytest.param("en", WIDE, id="wide-en", marks=pytest.mark.proof),
        # The tests of each page hold it to the same in its own room; all of them once more:
        pytest.param("vi", WIDE, id="wide-vi", marks=pytest.mark.proof),
        pytest.param("en", NARROW, id="narrow-en", marks=pytest.mark.proof),
    ],
)
def test_every_page_is_accessible_and_fits_its_window(
    site: Served, visit: Callable[..., Page], lang: str, size: dict[str, int]
) -> None:
    page = visit(size)
    sign_in(page, site, "office", lang=lang)
    found = {}
    for shape in PAGES:
        address = shape.format(**site.units)
        page.goto(f"{site.address}{address}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        page.wait_for_load_state("networkidle")  # what is folded may be fetched when it is opened
        if told := serious(page):
            found[address] = told
        if (width := page.evaluate("document.documentElement.scrollWidth")) > size["width"]:
            found[f"{address} is too wide"] = [str(width)]
    assert found == {}


def serious(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page, each with its element."""
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


# --------------------------------------------------------------------------------------------------- reorganisation

JOINED = {"Việc": "nhập", "Mức chuyển": "toàn bộ", "Mới hay đang có": "mới", "Đơn vị sau": "Xã Tâm Lạc"}
JOINED |= {"Thuộc (sau)": "Tỉnh Vĩnh An"}
ACT = {"Số, ký hiệu văn bản": "12/NQ-HĐND", "Trích yếu": "Sắp xếp xã", "Nguồn": "Công báo"}


def sheet_filled(blank: bytes, head: dict[str, str], *rows: dict[str, str]) -> bytes:
    """The empty sheet of a reorganisation as a person fills it in: beside the words above, under the headings below."""
    book = openpyxl.load_workbook(BytesIO(blank))
    sheet = book.worksheets[0]
    named = {str(line[0].value): line[1] for line in sheet.iter_rows(max_row=12, max_col=2)}
    for words_, value in head.items():
        named[words_].value = value
    at = next(line for line in sheet.iter_rows() if line[0].value == "Việc")
    columns = {str(cell.value): cell.column for cell in at}
    for number, row in enumerate(rows, at[0].row + 1):
        for heading, value in row.items():
            sheet.cell(number, columns[heading]).value = value
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def hand_in(page: Page, site: Served, name: str, data: bytes) -> str:
    page.goto(f"{site.address}/reorganisations/")
    give(page, "#file", (name, data))
    press(page, "main form button")
    page.wait_for_url("**/check/")
    return words(page)


def test_a_reorganisation_goes_from_an_empty_sheet_through_faults_to_the_map_and_is_mended_later(
    site: Served, visit: Callable[..., Page]
) -> None:
    """The last road: the communes are others after it."""
    page = visit()
    sign_in(page, site, "office")
    page.goto(f"{site.address}/reorganisations/")
    blank = fetch(page, "a[href$='blank.xlsx']")
    head = {**ACT, "Ngày có hiệu lực": "01/03/2026"}

    # A row that could be carried out beside two that cannot: each fault at its cell, and nothing of it is done.
    told = hand_in(
        page, site, "sai.xlsx",
        sheet_filled(blank, {**head, "Giai đoạn": "sắp tới"}, {**JOINED, "Đơn vị trước": "Xã Đồng Tâm"},
                     {**JOINED, "Đơn vị trước": "Xã Không Có"},
                     {**JOINED, "Đơn vị trước": "Xã Hòa Lạc", "Mã (sau)": "98001"}),
    )  # fmt: skip
    for place in ("Biểu sắp xếp!B6", "Biểu sắp xếp!B13", "Biểu sắp xếp!K14"):
        assert place in told, place
    assert "chưa thay đổi gì" in told.lower()
    page.goto(f"{site.address}/2026-H1/units/?q=Tâm+Lạc&map=")
    assert "Ở đây không có đơn vị nào tên" in words(page)

    rows = [{**JOINED, "Đơn vị trước": name} for name in ("Xã Đồng Tâm", "Xã Hòa Lạc")]
    shown = hand_in(page, site, "đúng.xlsx", sheet_filled(blank, head, *rows))
    for part in (
        "Chưa thay đổi gì",
        "Đơn vị kết thúc (2)",
        "Đơn vị bắt đầu (1)",
        "Xã Tâm Lạc",
        "Người giữ ghế preparer",
    ):
        assert part in shown, part
    press(page, "form[action$='confirm/'] button")
    page.wait_for_url("**/reorganisations/")
    assert "Đã thực hiện và ghi nhận 12/NQ-HĐND" in words(page)

    # The new unit, its life, and what became of returns and roles.
    page.goto(f"{site.address}/2026-H1/units/?q=tam+lac")
    press(page, "#found tbody a")
    page.wait_for_url("**/unit/**")
    life = page.locator(".tb-life").inner_text()
    for part in ("01/3/2026", "12/NQ-HĐND", "Xã Đồng Tâm", "Xã Hòa Lạc", "toàn bộ"):
        assert part in life, part
    new = page.url.partition("?")[0]
    page.goto(f"{site.address}/2026-H1/intake/")
    listed = words(page)
    assert "Xã Tâm Lạc" in listed
    assert "Xã Đồng Tâm" in listed, "what it sent for this half-year is a closing return now"
    officer = visit(NARROW)
    sign_in(officer, site, "preparer")
    assert "Xã Tâm Lạc" in officer.locator("#seat").inner_text()
    officer.goto(new)
    assert officer.locator("#send-file").count() == 1, "who filled in for a commune of before fills in for the new one"

    # A part of Xã Hòa Lạc went elsewhere after all: a later act says so, and the first one stays on record.
    part = {**JOINED, "Đơn vị trước": "Xã Hòa Lạc", "Mức chuyển": "một phần", "Mới hay đang có": "đang có"}
    mended = sheet_filled(
        blank,
        {"Số, ký hiệu văn bản": "15/NQ-HĐND", "Trích yếu": "Đính chính", "Nguồn": "Công báo",
         "Đính chính văn bản số": "12/NQ-HĐND"},
        {**part, "Tỷ lệ dân số": "70%", "Tỷ lệ diện tích": "60%"},
        {**part, "Đơn vị sau": "Phường Bến Thóc", "Tỷ lệ dân số": "30%", "Tỷ lệ diện tích": "40%"},
    )  # fmt: skip
    assert "Rút lại (1)" in hand_in(page, site, "đính chính.xlsx", mended)
    press(page, "form[action$='confirm/'] button")
    page.wait_for_url("**/reorganisations/")
    assert {"12/NQ-HĐND", "15/NQ-HĐND"} <= set(re.findall(r"\d+/NQ-HĐND", words(page)))
    page.goto(f"{site.address}/unit/{site.units['commune1']}/")
    life = page.locator(".tb-life").inner_text()
    for told_ in ("70%", "Phường Bến Thóc", "30%"):
        assert told_ in life, told_
