"""The pages of indicators on the small world. Its numbers, worked out by hand:

In a return every whole is its start, women and minority one less, minority women two less. Starts of the three communes
are 13, 20 and 27 in the first half of 2026; the first two told 10 and 17 in the half-year before. So new jobs of 2026
are 60, 57 of them women's (95,0 %), and of 2025 they were 27 with 25 (92,6 %) from two of three units.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.web.browser import NARROW, WIDE, Served, sign_in
from tests.web.test_signing_in import serious
from tests.web.world import BEGAN, PERIOD, World, say

from tienbo.accounts.models import User
from tienbo.catalogue.loading import load
from tienbo.collection.models import Decision
from tienbo.core.messages import speaking
from tienbo.core.words import moment_words
from tienbo.papers import chart
from tienbo.units.models import Role, Unit
from tienbo.units.services import grant_give

JOBS = "/2026-H1/indicator/jobs.women_share/"


def words(html: bytes | str) -> str:
    """What a page says, without its mark-up, blanks folded."""
    text = html.decode() if isinstance(html, bytes) else html
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", text))).split())


def rows(html: bytes, within: str) -> list[list[str]]:
    """The cells of each body row of the tables in the element with this id, as they read."""
    text = html.decode()
    part = text[text.index(f'id="{within}"') :]
    bodies = re.findall(r"(?s)<tbody.*?</tbody>", part[: part.index("</section>")] if "</section>" in part else part)
    return [
        [words(cell) for cell in re.findall(r"(?s)<t[hd].*?</t[hd]>", row)]
        for body in bodies
        for row in re.findall(r"(?s)<tr.*?</tr>", body)
    ]


@pytest.fixture
def office(sit: Callable[[str], Client]) -> Client:
    return sit("office")


# ---------------------------------------------------------------------------------------------------- the page


def test_a_value_stands_with_its_parts_and_who_reported(office: Client, world: World) -> None:
    page = words(office.get(JOBS).content)
    assert "95,0 %" in page
    assert "57 : 60 × 100" in page
    assert "3/3" in page


def test_the_trend_goes_back_to_the_first_period_told(office: Client, world: World) -> None:
    found = rows(office.get(JOBS).content, "trend")
    assert [row[:4] for row in found] == [
        ["6 tháng đầu năm 2026", "95,0", "57", "60"],
        ["6 tháng cuối năm 2025", "92,6", "25", "27"],
    ]
    assert [row[4] for row in found] == ["3/3", "2/3"]


def test_units_are_ranked_by_exact_values_and_found_without_marks(office: Client, world: World) -> None:
    # 26/27 = 96,3; 19/20 = 95,0; 12/13 = 92,3
    found = rows(office.get(JOBS).content, "ranked")
    assert [row[:5] for row in found] == [
        ["1", "Phường Bến Thóc", "96,3", "26", "27"],
        ["2", "Xã Hòa Lạc", "95,0", "19", "20"],
        ["3", "Xã Đồng Tâm", "92,3", "12", "13"],
    ]
    assert [row[1] for row in rows(office.get(JOBS, {"q": "hoa lac"}).content, "ranked")] == ["Xã Hòa Lạc"]
    assert rows(office.get(JOBS, {"q": "dong tam"}).content, "ranked")[0][0] == "3", "the rank is among all units"
    assert "tb-empty" in office.get(JOBS, {"q": "không có"}).content.decode()


def test_units_with_equal_values_share_a_rank(office: Client, world: World) -> None:
    # One committee in each commune, so 1 of 1 three times.
    found = rows(office.get("/2026-H1/indicator/committee.communes_share/").content, "ranked")
    assert [row[0] for row in found] == ["1", "1", "1"]
    assert [row[1] for row in found] == ["Phường Bến Thóc", "Xã Đồng Tâm", "Xã Hòa Lạc"]


def test_a_unit_without_a_figure_is_last_and_says_why(office: Client, world: World) -> None:
    found = rows(office.get("/2025-H2/indicator/jobs.women_share/").content, "ranked")
    assert [row[:3] for row in found] == [
        ["1", "Xã Hòa Lạc", "94,1"],  # 16/17
        ["2", "Xã Đồng Tâm", "90,0"],  # 9/10
        ["", "Phường Bến Thóc", "chưa có số liệu"],
    ]


def test_a_breakdown_adds_up_and_what_no_form_asks_is_the_rest(office: Client, world: World) -> None:
    by_sex, by_eth = _tables(office.get("/2026-H1/indicator/jobs.new/").content, "splits")
    assert by_sex[0][1] == "60"
    assert by_sex[1] == ["Nữ", "57", "95,0"]
    assert by_sex[2][1] == "3"
    assert by_eth[1] == ["Dân tộc thiểu số", "57", "95,0"]
    assert by_eth[2][1] == "3"


def test_a_share_is_broken_down_with_its_own_parts(office: Client, world: World) -> None:
    # Minority women 11 + 18 + 25 = 54 of minority 12 + 19 + 26 = 57: 94,7 %
    (by_eth,) = _tables(office.get(JOBS).content, "splits")
    assert by_eth[1] == ["Dân tộc thiểu số", "94,7", "54 : 57"]


def _tables(html: bytes, within: str) -> list[list[list[str]]]:
    text = html.decode()
    part = text[text.index(f'id="{within}"') :].split("</section>")[0]
    return [rows(f'<i id="x"></i>{table}'.encode(), "x") for table in re.findall(r"(?s)<table.*?</table>", part)]


def test_a_year_between_two_that_a_document_names_is_labelled_interpolated(office: Client, world: World) -> None:
    # QĐ 2282 and NQ 28: 60 % by 2025, 75 % by 2030: 63 % in 2026 by the straight line.
    page = office.get("/2026-H1/indicator/leadership.agencies_with_women/").content
    trend = rows(page, "trend")
    assert trend[0][4] == "63,0 (nội suy)"
    assert trend[1][4] == "≥ 60"
    path = [row for row in trend if len(row) == 3]
    assert [row[0] for row in path] == ["2025", "2026", "2027", "2028", "2029", "2030"]
    assert [row[1] for row in path] == ["≥ 60", "63,0", "66,0", "69,0", "72,0", "≥ 75"]
    assert path[0][2] != path[1][2]
    assert re.search(r"≥ 75 % \(\w+ 2030\)", words(page))


def test_a_yearly_indicator_is_not_yet_due_at_mid_year(office: Client, world: World) -> None:
    page = words(office.get("/2026-H1/indicator/organisations.committed_share/").content)
    assert "chưa đến kỳ thu thập" in page
    assert "Năm 2025" in page, "its last value is the year's"


def test_a_definition_says_formula_document_and_how_far_it_was_checked(office: Client, world: World) -> None:
    page = words(office.get("/2026-H1/indicator/planning.women_share/").content)
    assert "QĐ 2282/QĐ-TTg (31/12/2020)" in page
    assert "Số nữ trong quy hoạch" in page
    assert "Tính theo người, không theo vị trí quy hoạch." in page
    with speaking("en"):
        english = Client()
        english.force_login(world.users["office"])
        english.cookies["tienbo_lang"] = "en"
        said = words(english.get("/2026-H1/indicator/leadership.agencies_with_women/").content)
    assert "the number of units with “" in said
    assert "not yet checked against the original document" in words(
        english.get("/2026-H1/indicator/planning.women_share/").content
    )


def _every() -> list[str]:
    return list(load("vn").indicators)


def _of_each_unit() -> list[str]:
    """One indicator of each unit of measure, and of each way it is found."""
    made = load("vn").indicators.items()
    return list({(one.unit, one.derived): code for code, one in made}.values())


@pytest.mark.parametrize("chosen", [_of_each_unit, pytest.param(_every, marks=pytest.mark.proof)])
def test_every_indicator_has_its_page(
    chosen: Callable[[], list[str]], sit: Callable[[str], Client], world: World
) -> None:
    edition = load("vn")
    chair = sit("chair")
    for code in chosen():
        answer = chair.get(f"/2026-H1/indicator/{code}/")
        assert answer.status_code == 200, code
        assert str(edition.indicators[code].name) in unescape(answer.content.decode())


def test_choosing_another_period_stays_with_the_indicator_and_the_unit(office: Client, world: World) -> None:
    unit = world.communes[0].key
    page = office.get(JOBS, {"unit": unit}).content.decode()
    assert 'action="/indicator/jobs.women_share/"' in page
    answer = office.get("/indicator/jobs.women_share/", {"period": "2025-H2", "unit": unit})
    assert answer.headers["Location"] == f"/2025-H2/indicator/jobs.women_share/?unit={unit}"
    for wrong in ("", "x", "2026-H3"):
        assert office.get("/indicator/jobs.women_share/", {"period": wrong}).status_code == 404


# ----------------------------------------------------------------------------------------------------- the index


def test_indicators_are_listed_by_group_and_found_without_marks(office: Client, world: World) -> None:
    every = office.get("/2026-H1/indicators/").content.decode()
    assert every.count("/2026-H1/indicator/") == 148
    found = re.findall(
        r"/indicator/([a-z0-9_.]+)/", office.get("/2026-H1/indicators/", {"q": "viec lam moi"}).content.decode()
    )
    assert "jobs.women_share" in found
    assert "training.classes" not in found
    assert "tb-empty" in office.get("/2026-H1/indicators/", {"q": "<không có>"}).content.decode()


# --------------------------------------------------------------------------------------------------- explanation


def test_an_explanation_goes_down_to_the_cell_and_the_decision(office: Client, world: World) -> None:
    page = office.get(f"{JOBS}explanation/").content
    said = words(page)
    assert "57 : 60 × 100 = 95,0" in said
    told = [row for row in rows(page, "facts") if len(row) >= 3]
    assert [row[0] for row in told if len(row) == 7] == ["Phường Bến Thóc", "Xã Đồng Tâm", "Xã Hòa Lạc"]
    assert [row[2] for row in told if len(row) == 7] == ["27", "13", "20"]
    assert [row[1] for row in told if len(row) == 3] == ["26", "12", "19"]
    assert all(row[3] == "Biểu 04!D9" for row in told if len(row) == 7)
    assert "đã tiếp nhận: thử nghiệm" in said
    moment = timezone.localtime(Decision.objects.earliest("decided_at").decided_at)
    assert moment_words(moment) in said, "as every page says a moment: in Viet Nam's time"


def test_only_what_the_formula_reads_is_listed_until_one_asks(office: Client, world: World) -> None:
    few = office.get(f"{JOBS}explanation/").content.decode()
    every = office.get(f"{JOBS}explanation/", {"every": "1"}).content.decode()
    # Three units with four figures each: all, women, minority, minority women; the formula reads two of them.
    assert few.count("Biểu 04!D9") == 6
    assert every.count("Biểu 04!D9") == 12
    assert office.get(f"{JOBS}explanation/", {"q": "ben thoc"}).content.decode().count("Biểu 04!D9") == 2


def test_who_has_not_told_is_named(office: Client, world: World) -> None:
    page = office.get("/2025-H2/indicator/jobs.women_share/explanation/").content.decode()
    missing = page[page.index('<details class="tb-card') :].split("</details>")[0]
    assert "Phường Bến Thóc" in missing
    assert "Xã Đồng Tâm" not in missing


def test_who_reads_a_unit_as_a_part_of_the_sum_only_gets_no_figure_of_it(world: World) -> None:
    # A preparer at the province fills in for the province; the communes' returns are not theirs to read.
    user = User.objects.create_user("clerk", "Người lập biểu của tỉnh", "mat-khau-cua-thu-nghiem")
    grant_give(user=user, unit=world.province, role=Role.PREPARER, begins=BEGAN)
    client = Client()
    client.force_login(user)
    for address in (JOBS, f"{JOBS}explanation/"):
        page = words(client.get(address).content)
        assert "95,0" in page
        assert not any(name in page for name in ("Hòa Lạc", "Đồng Tâm", "Bến Thóc")), address
    assert client.get(JOBS, {"unit": world.communes[0].key}).status_code == 404
    assert client.get(f"{JOBS}bars.svg").status_code == 404


def test_very_sensitive_facts_are_counted_and_not_shown(world: World) -> None:
    # At the centre a province's own sum is seen; its communes' facts (two columns of three returns) are not.
    nation = Unit.objects.get(kind="nation")
    user = User.objects.create_user("centre", "Cán bộ trung ương", "mat-khau-cua-thu-nghiem")
    grant_give(user=user, unit=nation, role=Role.OFFICE, begins=BEGAN)
    client = Client()
    client.force_login(user)
    address = "/2026-H1/indicator/gbv.victims_detected/explanation/"
    page = client.get(address, {"unit": world.province.key}).content
    said = words(page)
    assert re.search(r"\b60\b", said)
    assert re.search(r"\b6 ", said[said.index("hạn chế") :])
    assert "Biểu" not in said[said.index("hạn chế") :]
    commune = client.get("/2026-H1/indicator/gbv.victims_detected/", {"unit": world.communes[0].key})
    assert "hạn chế" in words(commune.content)
    assert "13" not in words(commune.content).split("Định nghĩa")[0].replace("13/", "")


# ------------------------------------------------------------------------------------------------- who sees what


def test_a_guest_reads_open_values_and_nothing_below_them(sit: Callable[[str], Client], world: World) -> None:
    guest = sit("partner")
    page = guest.get(JOBS).content.decode()
    assert "95,0" in page
    assert "explanation" not in page
    assert guest.get(f"{JOBS}explanation/").status_code == 404
    internal = words(guest.get("/2026-H1/indicator/staff.commune_women_share/").content)
    assert "hạn chế" in internal
    assert "95,0" not in internal
    for part in ("series.csv", "series.json"):
        taken = guest.get(f"/2026-H1/indicator/staff.commune_women_share/{part}").content.decode()
        assert "withheld" in taken
        assert not re.search(r"\b(57|60|95)\b", taken)


def test_a_unit_of_others_answers_as_one_that_does_not_exist(sit: Callable[[str], Client], world: World) -> None:
    hidden = [
        (sit("office"), (world.other, world.other_communes[0])),
        (sit("preparer"), (world.communes[1], world.province)),
        (sit("partner"), (world.other,)),
    ]
    broken = ("unit_00000000000000000000000000", "Xã Hòa Lạc", "gso:1", "x" * 5000)
    for part in ("", "explanation/", "trend.svg", "bars.svg", "trend.json", "series.csv", "series.json"):
        for client, units in hidden:
            for key in (*(unit.key for unit in units), *broken):
                assert client.get(f"{JOBS}{part}", {"unit": key}).status_code == 404, (part, key)


def test_an_officer_of_a_commune_sees_their_own_unit_without_others(sit: Callable[[str], Client], world: World) -> None:
    page = words(sit("preparer").get(JOBS).content)
    assert "92,3 %" in page
    assert "Hòa Lạc" not in page


def test_a_strange_address_is_answered_in_words(office: Client, world: World) -> None:
    for address, status in (
        ("/2026-H1/indicator/no.such/", 404),
        ("/1950-H1/indicator/jobs.women_share/", 404),
        ("/2200-H2/indicators/", 404),
        ("/2026-H1/indicator/jobs.women_share/?target=x&all=y&page=z", 200),
        ("/2026-H1/indicator/jobs.women_share/explanation/?page=99", 200),
        ("/2026/indicator/jobs.women_share/", 200),
        ("/2024-H1/indicator/jobs.women_share/", 422),
        ("/2024-H1/indicators/", 422),
    ):
        answer = office.get(address)
        assert answer.status_code == status, address
        if status == 422:
            assert "Tỉnh Vĩnh An" in words(answer.content)


# ---------------------------------------------------------------------------------------------- charts and series


def test_a_chart_is_kept_until_the_facts_change(office: Client, world: World) -> None:
    address = f"{JOBS}trend.svg"
    first = office.get(address)
    assert first.headers["Content-Type"].startswith("image/svg+xml")
    assert "95" in first.content.decode()
    again = office.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert not again.content
    office.cookies["tienbo_lang"] = "en"
    assert office.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    office.cookies["tienbo_lang"] = "vi"
    say(world, world.province, world.communes[0], PERIOD, start=40)
    changed = office.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_a_chart_of_one_seat_is_not_another_s(sit: Callable[[str], Client], world: World) -> None:
    mine = sit("office").get(f"{JOBS}trend.svg")
    assert "Cookie" in mine.headers["Vary"]
    theirs = sit("preparer").get(f"{JOBS}trend.svg", headers={"If-None-Match": mine.headers["ETag"]})
    assert theirs.status_code == 200


def test_the_twin_of_a_chart_has_the_figures_of_its_picture(office: Client, world: World) -> None:
    made = office.get(f"{JOBS}bars.json").json()
    bars = made["spec"]["data"]["values"]
    assert [(one["name"], one["words"]) for one in bars] == [
        ("Phường Bến Thóc", "96,3"), ("Xã Hòa Lạc", "95"), ("Xã Đồng Tâm", "92,3"),
    ]  # fmt: skip
    assert bars[0]["tip"] == "Phường Bến Thóc: 96,3%"
    assert made["numbers"]["decimal"] == ","
    trend = office.get(f"{JOBS}trend.json").json()["spec"]["layer"][1]["data"]["values"]
    assert [one["tip"] for one in trend] == ["6 tháng cuối năm 2025: 92,6%", "6 tháng đầu năm 2026: 95%"]


def test_units_of_one_name_are_two_bars() -> None:
    spec = chart.bars([chart.Bar("Xã Yên", Decimal(3)), chart.Bar("Xã Yên", Decimal(2))], unit="")
    names = [one["name"] for one in spec["data"]["values"]]
    assert len(set(names)) == 2
    assert {name.strip() for name in names} == {"Xã Yên"}


def test_the_series_is_taken_away_exact(office: Client, world: World) -> None:
    answer = office.get(f"{JOBS}series.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    found = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["period"], row["numerator"], row["denominator"]) for row in found] == [
        ("2025-H2", "25", "27"), ("2026-H1", "57", "60"),
    ]  # fmt: skip
    assert Decimal(found[1]["value"]) == 95
    assert abs(Decimal(found[0]["value"]) - Decimal(2500) / 27) < Decimal("1e-20")
    assert found[0]["units_reported"] == "2"
    made = json.loads(office.get(f"{JOBS}series.json").content)
    assert [row["numerator"] for row in made["series"]] == ["25", "57"]
    assert made["unit"]["name"] == "Tỉnh Vĩnh An"


# ------------------------------------------------------------------------------------------------------- journeys


@pytest.mark.browser
def test_an_office_finds_an_indicator_and_follows_a_figure_to_its_cell(tab: Page, served: Served) -> None:
    sign_in(tab, served, "office")
    tab.goto(f"{served.address}/2026-H1/indicators/")
    tab.fill("#q", "lao dong duoc tao viec lam moi")
    expect(tab.locator("#found tbody tr")).not_to_have_count(148)
    tab.get_by_role("link", name="Tỷ lệ nữ trong số lao động được tạo việc làm mới").click()
    tab.wait_for_url("**/indicator/jobs.women_share/*")
    tab.click("#why a")
    tab.wait_for_selector("#facts")
    assert "57 : 60 × 100 = 95,0" in tab.inner_text("#why")
    tab.fill("#of-unit", "hoa lac")
    tab.press("#of-unit", "Enter")
    expect(tab.locator("#why tbody.tb-together")).to_have_count(1)
    assert tab.url.endswith("/indicator/jobs.women_share/"), "the reader is still on the page"
    tab.fill("#q", "dong tam")
    expect(tab.locator("#ranked tbody tr")).to_have_count(1)
    assert "Xã Đồng Tâm" in tab.inner_text("#ranked")


@pytest.mark.browser
def test_the_interactive_twin_loads_on_demand_under_the_strict_policy(tab: Page, served: Served) -> None:
    fetched: list[str] = []
    tab.on("request", lambda request: fetched.append(request.url))
    sign_in(tab, served, "office")
    tab.goto(f"{served.address}{JOBS}")
    tab.wait_for_load_state("networkidle")
    assert not [url for url in fetched if "vega" in url]
    tab.locator("[data-twin]").nth(1).click()
    tab.wait_for_selector("[data-live] canvas")
    drawing = tab.locator("[data-live] canvas")
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    assert box is not None
    tip = tab.locator("#vg-tooltip-element.visible")
    for step in range(3):  # the highest bar reaches far to the right
        tab.mouse.move(box["x"] + box["width"] * 0.5 + step, box["y"] + 15 + step)
    tip.wait_for()
    assert "Phường Bến Thóc: 96,3%" in tip.inner_text()
    assert all(url.startswith((served.address, "data:")) for url in fetched), "no request leaves the server"


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["vi", pytest.param("en", marks=pytest.mark.proof)])
def test_pages_of_indicators_are_accessible_and_fit_a_phone(tab: Page, served: Served, lang: str) -> None:
    sign_in(tab, served, "office", lang=lang)
    for address in ("/2026-H1/indicators/", "/2026-H1/indicator/leadership.agencies_with_women/", f"{JOBS}explanation/",
                    "/2026-H1/indicator/planning.women_share/"):  # fmt: skip
        tab.goto(f"{served.address}{address}")
        for size in (WIDE, NARROW):
            tab.set_viewport_size(size)  # type: ignore[arg-type]
            assert serious(tab) == [], (address, size)
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, size)
