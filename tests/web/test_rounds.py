"""Ad-hoc rounds: an annex mapped once, filled in each time, with figures worked out by hand from the small world.

Every whole that a commune tells is its `start` (tests.web.world.say): 13, 20, 27 in 2026-H1 for its three communes,
10 and 17 in 2025-H2 for the first two. A department owes its training too, and told nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from playwright.sync_api import Page
from tests.web.annex import SHEET, annex
from tests.web.browser import NARROW, WIDE, Served, sign_in
from tests.web.test_signing_in import serious
from tests.web.world import CANARY, CANARY_NAME, PERIOD, World, say

from tienbo.accounts.actors import actor_of
from tienbo.core.periods import Period
from tienbo.release.models import Round, RoundFilled, RoundMapping
from tienbo.release.services import release_make
from tienbo.web.access import reader_for, seats_of
from tienbo.web.office import office as the_office

NAME = "Công văn về số liệu bình đẳng giới"
CLASSES, PEOPLE, WOMEN = (
    "indicator:training.classes",
    "indicator:training.attendances",
    "indicator:training.women_share",
)
WOMEN_COUNT = "series:training.attendances[sex=f]"


def begin(client: Client, content: bytes | None = None, name: str = NAME) -> str:
    """Upload an annex; the address of its page."""
    file = SimpleUploadedFile("Phụ lục.xlsx", annex() if content is None else content)
    answer = client.post("/2026-H1/rounds/", {"name": name, "file": file})
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def map_cell(client: Client, address: str, cell: str, quantity: str, **said: str) -> int:
    answer = client.post(f"{address}cell/", {"sheet": "0", "cell": cell, "quantity": quantity, **said})
    return answer.status_code


def fill(client: Client, address: str, period: str = "2026-H1", **said: str) -> Workbook:
    """Fill in for a period with one click, and the workbook that is downloaded."""
    answer = client.post(address.replace("2026-H1", period) + "fill/", said)
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    got = client.get(answer.headers["Location"].rstrip("/") + ".xlsx")
    assert got.headers["Content-Type"].startswith("application/vnd.openxmlformats")
    return load_workbook(BytesIO(got.content))


def comment(book: Workbook, cell: str, sheet: str = SHEET) -> str:
    held = book[sheet][cell].comment
    return held.text if held else ""


@pytest.mark.django_db
def test_an_annex_is_mapped_once_and_filled_in_the_same_file_each_time(
    world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    address = begin(office)
    assert map_cell(office, address, "C6", CLASSES) == 302
    assert map_cell(office, address, "C7", PEOPLE) == 302
    assert map_cell(office, address, "D7", WOMEN) == 302
    assert map_cell(office, address, "E6", CLASSES, when="same") == 302
    book = fill(office, address)
    page = book[SHEET]
    # By hand: 13 + 20 + 27. Of each whole, its women are one fewer: (12 + 19 + 26) / 60 = 0.95.
    assert page["C6"].value == 60
    assert page["C7"].value == 60
    assert Decimal(str(page["D7"].value)) == Decimal("0.95")
    # The units of 2025-H1 were others: nothing is known, and the cell says so.
    assert page["E6"].value is None
    assert comment(book, "E6") == "chưa có số liệu"
    assert page["C9"].value == "=SUM(C6:C8)"
    assert page["C8"].value == 5
    assert "3" in comment(book, "C6")
    assert "4" in comment(book, "C6")
    # The next period is one click, from the empty annex again.
    after = Period(2026, 2)
    for number, unit in enumerate(world.communes):
        say(world, world.province, unit, after, start=40 + number)
    again = fill(office, address, "2026-H2")[SHEET]
    assert again["C6"].value == 40 + 41 + 42
    assert again["C8"].value == 5
    assert [one.period_code for one in RoundFilled.objects.order_by("pk")] == ["2026-H1", "2026-H2"]


@pytest.mark.django_db
def test_what_was_filled_in_is_logged_with_its_figures_and_the_same_again_is_one(
    world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    address = begin(office)
    map_cell(office, address, "C6", CLASSES)
    fill(office, address)
    fill(office, address)
    (row,) = RoundFilled.objects.all()
    assert row.filled_by == str(world.users["office"])
    assert row.facts_version
    say(world, world.province, world.communes[0], Period(2026, 1), start=33)
    book = fill(office, address)
    assert book[SHEET]["C6"].value == 33 + 20 + 27
    assert RoundFilled.objects.count() == 2
    first = office.get(f"{address}{row.key}/").content.decode()
    assert ">60<" in first.replace(" ", "")


@pytest.mark.django_db
def test_parts_of_a_share_elements_and_counts_of_units_are_filled(world: World, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    address = begin(office)
    map_cell(office, address, "C6", WOMEN, part="numerator")
    map_cell(office, address, "C7", WOMEN, part="denominator")
    map_cell(office, address, "D6", WOMEN)
    map_cell(office, address, "E6", CLASSES, part="reported")
    map_cell(office, address, "E7", CLASSES, part="due")
    page = fill(office, address)[SHEET]
    assert (page["C6"].value, page["C7"].value) == (12 + 19 + 26, 60)
    assert page["D6"].value == 95  # no percentage format: in per cent
    assert (page["E6"].value, page["E7"].value) == (3, 4)
    map_cell(office, address, "C6", WOMEN_COUNT)
    map_cell(office, address, "C7", WOMEN_COUNT, unit=world.communes[0].key)
    page = fill(office, address)[SHEET]
    assert (page["C6"].value, page["C7"].value) == (57, 12)


@pytest.mark.django_db
def test_each_unit_is_filled_by_the_name_in_its_row(world: World, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    address = begin(office)
    panel = office.get(f"{address}?sheet=1&cell=C2").content.decode()
    assert 'value="rows"' in panel
    assert map_cell(office, address, "C2", CLASSES, sheet="1", unit="rows") == 302
    page = fill(office, address)["Theo xã"]
    # "Hòa Lạc" is the bare name of Xã Hòa Lạc; no unit is called "Xã Không Có".
    assert [page[f"C{row}"].value for row in (2, 3, 4, 5)] == [13, 20, 27, None]
    assert map_cell(office, address, "C5", CLASSES, sheet="1", unit="rows") == 422


@pytest.mark.django_db
def test_nothing_that_a_cell_holds_is_replaced_unasked(world: World, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    address = begin(office)
    for cell in ("C8", "C9"):
        answer = office.post(f"{address}cell/", {"sheet": "0", "cell": cell, "quantity": CLASSES})
        assert answer.status_code == 422
        said = answer.content.decode()
        assert 'role="alert"' in said
        assert f'value="{CLASSES}" checked' in said, "what was chosen is kept"
    assert not RoundMapping.objects.exists()
    assert map_cell(office, address, "C8", CLASSES, may_replace="1") == 302
    assert map_cell(office, address, "C9", PEOPLE, may_replace="1") == 302
    page = fill(office, address)[SHEET]
    assert (page["C8"].value, page["C9"].value) == (60, 60)
    for cell in ("B6", "E8"):  # words, a date: never
        assert map_cell(office, address, cell, CLASSES, may_replace="1") == 422


@pytest.mark.django_db
def test_a_count_is_not_put_into_a_percentage(world: World, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    address = begin(office)
    assert map_cell(office, address, "D7", CLASSES) == 422
    assert map_cell(office, address, "D7", WOMEN, part="numerator") == 422
    assert map_cell(office, address, "D7", WOMEN) == 302


@pytest.mark.django_db
def test_a_mapping_that_no_longer_fits_is_told_and_its_cell_left_alone(
    world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    address = begin(office)
    map_cell(office, address, "C6", CLASSES)
    map_cell(office, address, "C2", CLASSES, sheet="1", unit=world.communes[0].key)
    # A new version with a row more above the body: C6 is the head of a column now; the other sheet is as it was.
    moved = SimpleUploadedFile("Phụ lục mới.xlsx", annex(shift=1))
    assert office.post(f"{address}file/", {"file": moved}).status_code == 302
    told = office.get(address).content.decode()
    assert "C6" in told.split('id="unfit"')[1].split("</section>")[0]
    book = fill(office, address)
    assert book[SHEET]["C6"].value == "Tổng số"
    assert book[SHEET]["C7"].value is None
    assert book["Theo xã"]["C2"].value == 13
    # Another year in the heads is the same column.
    office.post(f"{address}file/", {"file": SimpleUploadedFile("2027.xlsx", annex(year=2027))})
    assert fill(office, address)[SHEET]["C6"].value == 60
    # A renamed sheet is told, and can be taken out.
    office.post(f"{address}file/", {"file": SimpleUploadedFile("tên khác.xlsx", annex(sheet="Biểu số 1"))})
    told = office.get(address).content.decode()
    assert f"{SHEET}!C6" in told
    office.post(f"{address}cell/", {"gone": SHEET, "cell": "C6"})
    assert f"{SHEET}!C6" not in office.get(address).content.decode()


@pytest.mark.django_db
def test_cells_that_went_elsewhere_are_mapped_where_their_words_are_now(
    world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    address = begin(office)
    map_cell(office, address, "C6", CLASSES)
    map_cell(office, address, "C7", WOMEN_COUNT)
    map_cell(office, address, "C8", PEOPLE, may_replace="1")
    # Everything one row further down, on a sheet of another name: each cell now lies where its neighbour was.
    moved = SimpleUploadedFile("Phụ lục mới.xlsx", annex(shift=1, sheet="Biểu 1a"))
    office.post(f"{address}file/", {"file": moved})
    assert "Biểu 1a!C7" in office.get(address).content.decode()
    assert office.post(f"{address}fill/").status_code == 422
    assert office.post(f"{address}cell/", {"act": "move"}).status_code == 302
    page = fill(office, address)["Biểu 1a"]
    assert [page[f"C{row}"].value for row in (6, 7, 8, 9)] == ["Tổng số", 60, 57, 60]
    assert 'id="unfit"' not in office.get(address).content.decode()


@pytest.mark.django_db
def test_words_of_rows_and_columns_propose_what_a_cell_is_for(world: World, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    address = begin(office)
    panel = office.get(f"{address}?sheet=0&cell=D7").content.decode()
    first = panel.split('name="quantity" value="')[1].split('"')[0]
    assert first == WOMEN
    panel = office.get(f"{address}?sheet=0&cell=E6").content.decode()
    assert '<option value="same" selected>' in panel
    found = office.get(f"{address}?sheet=0&cell=C6&q=luot+nguoi+tap+huan+nu").content.decode()
    assert f'value="{WOMEN_COUNT}"' in found
    nothing = office.get(f"{address}?sheet=0&cell=C6&q=khong+co+gi+nhu+the").content.decode()
    assert 'name="quantity"' not in nothing
    proposals = office.get(f"{address}proposals/?sheet=0").content.decode()
    assert 'name="cell-C6"' in proposals
    assert "checked" not in proposals
    taken = office.post(f"{address}proposals/", {"sheet": "0", "cell-C6": f"{CLASSES}|this", "cell-E6": ""})
    assert taken.status_code == 302
    assert [(one.cell, one.what["quantity"]) for one in RoundMapping.objects.all()] == [("C6", CLASSES)]


@pytest.mark.django_db
def test_a_cell_can_be_taken_out_again_and_its_history_stays(world: World, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    address = begin(office)
    map_cell(office, address, "C6", CLASSES)
    map_cell(office, address, "C7", PEOPLE)
    office.post(f"{address}cell/", {"sheet": "0", "cell": "C6", "act": "forget"})
    page = fill(office, address)[SHEET]
    assert (page["C6"].value, page["C7"].value) == (None, 60)
    assert RoundMapping.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7 nothing", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken"]
)
def test_a_wrong_file_is_refused_in_words_and_the_name_is_kept(
    content: bytes, world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    file = SimpleUploadedFile("sai.xlsx", content)
    answer = office.post("/2026-H1/rounds/", {"name": NAME, "file": file})
    assert answer.status_code == 422
    assert f'value="{NAME}"' in answer.content.decode()
    assert not Round.objects.exists()


@pytest.mark.django_db
def test_bad_words_in_addresses_and_forms_never_break_the_page(world: World, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    address = begin(office)
    for asked in ("?sheet=99", "?sheet=x&cell=%27", "?cell=ZZZ9999999", "?rows=-1", "?sheet=²&rows=٣", "?cell=A1:B2"):
        assert office.get(address + asked).status_code == 200, asked
    for said in (
        {"sheet": "0", "cell": "C6"},
        {"sheet": "0", "cell": "C6", "quantity": "series:<b>"},
        {"sheet": "0", "cell": "C6", "quantity": "indicator:no.such"},
        {"sheet": "0", "cell": "C6", "quantity": CLASSES, "part": "all"},
        {"sheet": "0", "cell": "C6", "quantity": CLASSES, "part": "numerator"},
        {"sheet": "0", "cell": "C6", "quantity": CLASSES, "when": "never"},
        {"sheet": "0", "cell": "C6", "quantity": CLASSES, "unit": world.other_communes[0].key},
        {"sheet": "0", "cell": "C99999", "quantity": CLASSES},
        {},
    ):
        assert office.post(f"{address}cell/", said).status_code == 422, said
    assert office.post(f"{address}fill/").status_code == 422
    assert office.post(f"{address}fill/", {"release": "release_" + "0" * 26}).status_code == 404
    assert not RoundMapping.objects.exists()


@pytest.mark.django_db
def test_a_round_is_its_own_office_s_and_nobody_else_s(world: World, sit: Callable[[str], Client]) -> None:
    other = sit("other_office")
    theirs = begin(other, name="Phụ lục của tỉnh khác")
    map_cell(other, theirs, "C6", CLASSES)
    made = other.post(f"{theirs}fill/").headers["Location"]
    for seat in ("office", "chair", "inspector", "partner", "preparer", "head"):
        client = sit(seat)
        for address in (theirs, f"{theirs}annex.xlsx", f"{theirs}proposals/", made, made.rstrip("/") + ".xlsx"):
            assert client.get(address).status_code == 404, (seat, address)
        for address in (f"{theirs}cell/", f"{theirs}fill/", f"{theirs}file/"):
            assert client.post(address).status_code == 404, (seat, address)
    own = sit("office").get("/2026-H1/rounds/").content.decode()
    assert "Phụ lục của tỉnh khác" not in own
    assert CANARY_NAME not in own
    assert str(CANARY) not in own


@pytest.mark.django_db
def test_a_release_s_figures_can_be_filled_in_instead(world: World, sit: Callable[[str], Client]) -> None:
    user = world.users["office"]
    release = release_make(
        reader=reader_for(seats_of(user)[0]),
        unit=world.province,
        period=PERIOD,
        kind="six-month",
        office=the_office().paper,
        actor=actor_of(user),
    )
    client = sit("office")
    address = begin(client)
    map_cell(client, address, "C6", CLASSES)
    map_cell(client, address, "C7", WOMEN_COUNT)
    say(world, world.province, world.communes[0], PERIOD, start=90)
    assert fill(client, address)[SHEET]["C6"].value == 90 + 20 + 27
    book = fill(client, address, release=release.key)
    assert book[SHEET]["C6"].value == 60
    assert book[SHEET]["C7"].value is None, "a release holds what it froze and nothing else"
    assert comment(book, "C7") == "chưa có số liệu"
    assert RoundFilled.objects.order_by("-pk")[0].release == release


# ------------------------------------------------------------------------------------------------- in the browser


@pytest.mark.browser
def test_an_officer_maps_four_cells_fills_in_and_downloads(tab: Page, served: Served) -> None:
    sign_in(tab, served, "office")
    tab.goto(f"{served.address}/2026-H1/rounds/")
    tab.fill("#name", "Phụ lục trong trình duyệt")
    tab.set_input_files("#file", {"name": "Phụ lục.xlsx", "mimeType": "", "buffer": annex()})
    tab.click("main form[enctype] button")
    tab.wait_for_load_state()
    for cell, words in (("C6", "lớp tập huấn"), ("C7", "luot nguoi tham gia tap huan"), ("D7", "tỷ lệ nữ"), ("E6", "")):
        tab.click(f"#at-{cell} a")
        tab.wait_for_selector(f"#panel-of:has-text('{cell}')")
        if words:
            tab.fill("#q", words)
            tab.wait_for_selector("#choices legend:has-text('Kết quả'), #choices legend:has-text('found')")
        tab.locator("#choices input").first.check()
        tab.click("#panel button[value=map]")
        tab.wait_for_load_state()
    assert tab.locator(".tb-is-figure").count() >= 3
    tab.click("section:has(#fill) button")
    tab.wait_for_load_state()
    with tab.expect_download() as waited:
        tab.click("main a.btn-primary")
    book = load_workbook(BytesIO(waited.value.path().read_bytes()))
    assert book[SHEET]["C6"].value == 60
    assert book[SHEET]["C7"].value == 60
    assert book[SHEET]["C9"].value == "=SUM(C6:C8)"
    tab.goto(f"{served.address}/2026-H1/rounds/")
    tab.locator(".tb-rounds form button").first.click()
    tab.wait_for_load_state()
    assert "/filled_" in tab.url


@pytest.mark.browser
@pytest.mark.proof
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_pages_of_rounds_are_accessible(tab: Page, served: Served, lang: str) -> None:
    sign_in(tab, served, "office", lang=lang)
    tab.goto(f"{served.address}/2026-H1/rounds/")
    tab.fill("#name", f"Phụ lục {lang}")
    tab.set_input_files("#file", {"name": "Phụ lục.xlsx", "mimeType": "", "buffer": annex()})
    tab.click("main form[enctype] button")
    tab.wait_for_load_state()
    tab.click("#at-C6 a")
    tab.wait_for_selector("#choices input")
    tab.locator("#choices input").first.check()
    tab.click("#panel button[value=map]")
    tab.wait_for_load_state()
    page = tab.url
    tab.click("section:has(#fill) button")
    tab.wait_for_load_state()
    bare = page.partition("?")[0]
    for size in (WIDE, NARROW):
        tab.set_viewport_size(size)  # type: ignore[arg-type]
        for address in (f"{served.address}/2026-H1/rounds/", page, bare, f"{bare}proposals/", tab.url):
            tab.goto(address)
            assert serious(tab) == [], (size, address)
