"""Figures on the units of the day that was chosen: the control, what it shows, who may read what came before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from django.test import Client
from tests.web.test_indicator import rows
from tests.web.world import BEGAN, World, say

from tienbo.core.periods import Period
from tienbo.engine.evaluate import Question
from tienbo.release.models import Release
from tienbo.release.one_map import explained_on_own_map, values_on_one_map
from tienbo.units.models import Extent, Unit
from tienbo.units.reorganisations import ActText, Went, reorganisation_record
from tienbo.units.services import unit_create, unit_place
from tienbo.web.access import reader_for, seats_of
from tienbo.web.figures import computed, figures

pytestmark = pytest.mark.django_db

OLD = Period(2025, 1)
JOBS = "indicator/jobs.women_share/"
BEFORE_DAY, AFTER_DAY = "2025-06-30", "2025-07-01"


@dataclass
class Redrawn:
    """Two provinces that became the world's first one, and three communes of which two of its communes were formed."""

    north: Unit
    south: Unit
    communes: list[Unit]


@pytest.fixture
def office(sit: Callable[[str], Client]) -> Client:
    return sit("office")


@pytest.fixture
def redrawn(world: World) -> Redrawn:
    first = date(2024, 1, 1)
    north, south = (
        unit_create(kind="province", name=name, begins=first, ends=BEGAN) for name in ("Tỉnh Vĩnh Bắc", "Tỉnh Vĩnh Nam")
    )
    communes = [
        unit_create(kind="commune", name=name, begins=first, ends=BEGAN, parent=parent)
        for name, parent in (("Xã Cũ Một", north), ("Xã Cũ Hai", north), ("Xã Cũ Ba", south))
    ]
    together, alone, _new = world.communes
    went = ((north, world.province), (south, world.province))
    went += ((communes[0], together), (communes[1], together), (communes[2], alone))
    reorganisation_record(
        text=ActText(kind="rearrange", title="Nghị quyết sắp xếp", source="thử nghiệm", number="99/NQ-TN"),
        effective_on=BEGAN,
        went=[Went(before.pk, after.pk, Extent.WHOLE) for before, after in went],
    )
    for commune, start, root in zip(communes, (20, 30, 40), (north, north, south), strict=True):
        say(world, root, commune, OLD, start=start)
    return Redrawn(north, south, communes)


def page(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200, (address, query, answer.status_code)
    return answer.content.decode()


def test_a_trend_goes_back_over_a_rearrangement_and_says_so(office: Client, redrawn: Redrawn) -> None:
    # 19/20 + 29/30 + 39/40: 87 of 90 are 96,7 %.
    made = office.get(f"/2026-H1/{JOBS}").content
    found = {row[0]: row[1:4] for row in rows(made, "trend")}
    assert found["6 tháng đầu năm 2025"] == ["96,7", "87", "90"]
    assert found["6 tháng cuối năm 2025"] == ["92,6", "25", "27"]
    before = "Do các đơn vị trước khi sắp xếp báo cáo."
    assert {row[0] for row in rows(made, "trend") if before in row[-1]} == {"6 tháng đầu năm 2025"}
    text = made.decode()
    assert "Theo địa giới hành chính tại ngày 14/6/2026" in text
    assert "99/NQ-TN" in text
    assert "Điểm rỗng" in text, "the picture marks it as paper does"
    picture = office.get(f"/2026-H1/{JOBS}trend.svg").content.decode()
    assert "01/7/2025" in picture, "where the units changed"


def test_a_period_of_before_is_read_on_the_units_of_now(office: Client, redrawn: Redrawn) -> None:
    made = office.get(f"/2025-H1/{JOBS}", {"map": AFTER_DAY}).content
    # Two communes of before: 48 of 50; one: 39 of 40.
    assert [row[1:5] for row in rows(made, "ranked")] == [
        ["Xã Hòa Lạc", "97,5", "39", "40"],
        ["Xã Đồng Tâm", "96,0", "48", "50"],
    ]


def test_a_period_of_now_is_read_on_the_units_of_before(office: Client, world: World, redrawn: Redrawn) -> None:
    # Xã Hòa Lạc was one commune of the southern province: what it tells now is that one's.
    made = page(office, f"/2026-H1/{JOBS}", map=BEFORE_DAY, unit=redrawn.south.key)
    assert "Tỉnh Vĩnh Nam" in made
    assert "95,0" in made, "19 of 20, as Xã Hòa Lạc told"
    assert made.split("</section>")[0].count("Theo địa giới hành chính tại ngày 30/6/2025.") == 1, "beside the figure"
    assert "99/NQ-TN" in made.split("</section>")[0]
    ranked = made[made.index('id="ranked"') :].split("</section>")[0]
    assert "Theo địa giới hành chính tại ngày 30/6/2025." in ranked, "and below the table of the units"
    # Nobody knows how Xã Đồng Tâm's 13 jobs divide between the two it was formed of: nothing is made up. Their share of
    # women is the same however they divide, and marked as an estimate.
    one = page(office, "/2026-H1/indicator/jobs.new/", map=BEFORE_DAY, unit=redrawn.communes[0].key)
    assert "từ 0 đến 13" in one
    assert "92,3&nbsp;%*" in page(office, f"/2026-H1/{JOBS}", map=BEFORE_DAY, unit=redrawn.communes[0].key)
    # Of the northern province, which had both of them, it is known exactly.
    assert "92,3" in page(office, f"/2026-H1/{JOBS}", map=BEFORE_DAY, unit=redrawn.north.key), "12 of 13"


def test_the_abolished_province_is_asked_for_alone(office: Client, redrawn: Redrawn) -> None:
    first = page(office, f"/2025-H1/{JOBS}", map=BEFORE_DAY)
    assert "Tỉnh Vĩnh Bắc" in first
    assert f"?unit={redrawn.south.key}&amp;map={BEFORE_DAY}" in first, "the other one to choose"
    assert "96,0" in first
    assert "97,5" in page(office, f"/2025-H1/{JOBS}", map=BEFORE_DAY, unit=redrawn.south.key)


def test_an_explanation_lists_the_units_of_before_with_their_files(
    office: Client, world: World, redrawn: Redrawn
) -> None:
    made = page(office, f"/2025-H1/{JOBS}explanation/", map=AFTER_DAY, unit=world.communes[0].key)
    came = made[made.index("Gộp từ số liệu của 2 đơn vị") :].split("</details>")[0]
    assert "Xã Cũ Một" in came
    assert "19" in came
    assert "Xã Cũ Ba" not in came
    assert "Biểu 0" in made, "down to the cells"


def test_the_heat_table_stands_on_the_day(office: Client, redrawn: Redrawn) -> None:
    made = page(office, "/2025-H1/targets/", map=AFTER_DAY, level="commune")
    assert "Xã Hòa Lạc" in made
    assert "Xã Cũ Ba" not in made
    before = page(office, "/2025-H1/targets/", map=BEFORE_DAY, level="commune", unit=redrawn.south.key)
    assert "Xã Cũ Ba" in before
    assert "Xã Hòa Lạc" not in before


def test_the_choice_stays_until_it_is_taken_back_and_stands_in_the_address(office: Client, redrawn: Redrawn) -> None:
    page(office, "/2025-H1/targets/", map=AFTER_DAY)
    answer = office.get(f"/2025-H1/{JOBS}", {"q": "hoa"})
    assert answer.status_code == 302
    assert answer["Location"] == f"/2025-H1/{JOBS}?q=hoa&map={AFTER_DAY}"
    assert office.get(f"/2025-H1/{JOBS}", {"map": ""}).status_code == 200
    assert office.get("/2026-H1/targets/").status_code == 200, "taken back"


@pytest.mark.parametrize("day", ["hom-nay", "2025-13-01", "1890-01-01"])
def test_what_is_no_day_of_a_map_is_no_page_and_is_not_kept(office: Client, redrawn: Redrawn, day: str) -> None:
    assert office.get("/2026-H1/targets/", {"map": day}).status_code == 404
    assert office.get("/2026-H1/targets/").status_code == 200


def test_a_seat_reads_what_its_unit_was_formed_of_and_nobody_elses(
    world: World, redrawn: Redrawn, client: Client
) -> None:
    client.force_login(world.users["other_office"])
    for unit in (redrawn.north, *redrawn.communes):
        for day in (BEFORE_DAY, AFTER_DAY):
            assert client.get(f"/2025-H1/{JOBS}", {"map": day, "unit": unit.key}).status_code in (404, 409)
    client.force_login(world.users["preparer"])
    own = page(client, f"/2025-H1/{JOBS}", map=BEFORE_DAY)
    assert "Xã Cũ Hai" in own, "the first by name of the two its commune was formed of"
    assert client.get(f"/2025-H1/{JOBS}", {"map": BEFORE_DAY, "unit": redrawn.communes[2].key}).status_code == 404


def test_what_came_before_is_read_and_received_and_not_written(world: World, redrawn: Redrawn) -> None:
    from tienbo.units.access import accessible_units

    user, day = world.users["office"], date(2025, 6, 30)
    today = date(2026, 6, 1)
    read = accessible_units(user, need="view", on=day, acting_on=today)
    assert {redrawn.north.pk, *(one.pk for one in redrawn.communes)} <= read
    assert {one.pk for one in redrawn.communes} <= accessible_units(user, need="accept", on=day, acting_on=today)
    for need in ("enter", "approve", "consolidate", "reorganise"):
        assert not accessible_units(user, need=need, on=day, acting_on=today) & {one.pk for one in redrawn.communes}  # type: ignore[arg-type]


def test_a_period_before_the_unit_leads_to_what_it_was_formed_of(office: Client, redrawn: Redrawn) -> None:
    made = page(office, "/2025-H1/")
    assert "Tỉnh Vĩnh Bắc" in made
    assert f"/2025-H1/targets/?unit={redrawn.south.key}" in made
    assert f"/2025-H1/targets/?map={AFTER_DAY}" in made
    assert "Tỉnh Vĩnh Nam" in page(office, "/2025-H1/targets/", unit=redrawn.south.key)


# ------------------------------------------------------------------------------------- home, table, unit, list, report


def test_home_and_working_table_stand_on_the_day_and_say_so(office: Client, world: World, redrawn: Redrawn) -> None:
    # Of the southern province one commune went into Xã Hòa Lạc, which told 19 of 20 jobs in 2026-H1.
    home = page(office, "/2026-H1/", map=BEFORE_DAY, unit=redrawn.south.key)
    assert "Theo địa giới hành chính tại ngày 30/6/2025" in home
    assert f"?unit={redrawn.north.key}&amp;map={BEFORE_DAY}" in home, "the other one to choose"
    assert f"/2026-H1/targets/{redrawn.south.key}/" in home
    table = page(office, f"/2026-H1/targets/{redrawn.south.key}/", map=BEFORE_DAY)
    assert "Bảng theo dõi chỉ tiêu – Tỉnh Vĩnh Nam" in table
    assert "99/NQ-TN" in table
    answer = office.get(f"/2026-H1/targets/{redrawn.south.key}/csv/", {"map": BEFORE_DAY})
    assert "Theo địa giới hành chính tại ngày 30/6/2025" in answer.content.decode()


def test_home_compares_with_periods_of_other_units_as_paper_does(office: Client, redrawn: Redrawn) -> None:
    made = page(office, "/2026-H1/")
    moved = made[made.index("moved-head") :]
    assert "6 tháng đầu năm 2025" in moved
    assert "99/NQ-TN" in moved
    assert "Chưa so sánh được với" not in moved


def test_a_home_of_before_is_read_on_the_units_of_now(office: Client, world: World, redrawn: Redrawn) -> None:
    made = page(office, "/2025-H1/", map=AFTER_DAY)
    assert "6 tháng đầu năm 2025 – Tỉnh Vĩnh An" in made
    assert "3/3</meter>" in made, "the returns are those of the communes of then, to both provinces"
    assert "Xã Cũ Ba" in page(office, "/2025-H1/", map=AFTER_DAY, state="received")


def test_the_unit_page_asks_its_figures_on_the_day(office: Client, world: World, redrawn: Redrawn) -> None:
    old = redrawn.communes[2]
    made = page(office, f"/unit/{old.key}/", map=BEFORE_DAY, period="2025-H1")
    stands = made[made.index("h-stands") :]
    assert "Theo địa giới hành chính tại ngày 30/6/2025" in stands.split("h-is")[0]


@pytest.mark.parametrize("what", ["unit/{}/", "2025-H1/targets/{}/"])
def test_a_unit_abolished_by_the_day_says_so_and_offers_its_heir(
    office: Client, world: World, redrawn: Redrawn, what: str
) -> None:
    made = page(office, f"/{what.format(redrawn.communes[2].key)}", map=AFTER_DAY)
    assert "Xã Cũ Ba kết thúc ngày 30/6/2025" in made
    absent = made[made.index("Trên địa bàn ở ngày đó") :]
    assert f"/unit/{world.communes[1].key}/" in absent
    assert "Xã Hòa Lạc" in absent
    early = page(office, f"/{what.format(world.communes[1].key)}".replace("2025-H1", "2025-H2"), map=BEFORE_DAY)
    assert "Xã Hòa Lạc bắt đầu từ ngày 01/7/2025" in early
    assert redrawn.communes[2].key in early


def test_the_list_shows_the_units_of_the_day(office: Client, world: World, redrawn: Redrawn) -> None:
    made = page(office, "/2026-H1/units/", map=BEFORE_DAY)
    rows_ = made[made.index("tb-unit-list") :]
    assert "Xã Cũ Ba" in rows_
    assert "Xã Hòa Lạc" not in rows_
    assert "Kết thúc ngày 30/6/2025" in rows_
    address = f"/unit/{redrawn.communes[2].key}/"
    assert f'href="{address}"' in rows_, "not in a period it had nothing to do with"
    assert office.get(address).status_code in (200, 302)


def test_the_report_is_previewed_and_frozen_on_the_day(office: Client, redrawn: Redrawn) -> None:
    made = page(office, "/2025-H1/report/", map=AFTER_DAY)
    assert "địa giới hành chính tại ngày 01/7/2025" in made.lower()
    answer = office.post("/2025-H1/report/release/", {"map": AFTER_DAY})
    release = Release.objects.get(key=answer["Location"].split("/")[-2])
    assert release.unit.names.get().text == "Tỉnh Vĩnh An"
    assert f'"map_day":"{AFTER_DAY}"' in release.context_json
    gone = page(office, "/2025-H1/report/", map=BEFORE_DAY)
    assert "không tồn tại vào ngày 30/6/2025" in gone


def test_the_year_of_an_act_is_one_figure_on_every_page(office: Client, redrawn: Redrawn) -> None:
    shown = page(office, "/2025/indicator/jobs.new/", map="")
    assert "117" in shown
    assert "Chưa so sánh được" not in shown.split("trend")[0]
    assert "99/NQ-TN" in shown
    listed = page(office, "/2025/indicators/")
    assert "117" in listed
    assert "99/NQ-TN" in listed
    explained = page(office, "/2025/indicator/jobs.new/explanation/")
    assert "117" in explained
    assert "Xã Cũ Ba" in explained


def test_the_year_of_an_act_is_the_same_on_page_and_paper(world: World, redrawn: Redrawn) -> None:
    seat, year = seats_of(world.users["office"])[0], Period(2025)
    reader, units = reader_for(seat), (world.province.pk, *(one.pk for one in world.communes))
    codes = computed(reader)
    question = Question(codes, (year,), units)
    printed = list(values_on_one_map(reader, question, year, reader.edition.calendar.last_day(year)))
    shown = figures(seat, [year], units=units)
    assert [shown.values[value[:4]] for value in printed] == printed
    assert explained_on_own_map(reader, "jobs.new", world.province.pk, year).value in printed
    (jobs,) = (one for one in printed if (one.indicator, one.unit) == ("jobs.new", world.province.key))
    # New jobs: 20 + 30 + 40 of the communes of before, 10 + 17 of those of now.
    assert (jobs.value, jobs.map_day, jobs.estimated_share) == (117, "2025-12-14", 0)
    (together,) = (one for one in printed if (one.indicator, one.unit) == ("jobs.new", world.communes[0].key))
    assert together.value == 20 + 30 + 10


def test_a_commune_that_stood_elsewhere_under_its_key_is_read_on_the_map_it_came_to(
    office: Client, world: World, redrawn: Redrawn
) -> None:
    """No act is passed on the way; before, it stood outside what the reader of the new province reaches."""
    moved = unit_create(kind="commune", name="Xã Dời", begins=date(2024, 1, 1), parent=redrawn.north)
    unit_place(unit=moved, parent=world.province, on=BEGAN)
    say(world, redrawn.north, moved, OLD, start=50)
    reader = reader_for(seats_of(world.users["office"])[0])
    question = Question(("jobs.women_share",), (OLD,), (world.communes[0].pk, moved.pk))
    found = {value.unit: value for value in values_on_one_map(reader, question, Period(2026, 1), BEGAN)}
    assert (found[moved.key].numerator, found[moved.key].denominator) == (49, 50)
    assert found[world.communes[0].key].denominator == 50
    page(office, "/2025-H1/report/", map=AFTER_DAY)
