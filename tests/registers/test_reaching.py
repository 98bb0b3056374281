"""Areas, what was sent to them, and visits: worked out by hand, on the map of the day that is asked."""

from __future__ import annotations

from datetime import date

import pytest
from tests.registers.test_registers import BEGAN, H1, TODAY, add, move
from tests.registers.test_rows import ONE, THREE, TWO

from tienbo.catalogue.loading import load
from tienbo.registers.inspecting import Visits, visit_counts
from tienbo.registers.models import Record
from tienbo.registers.reaching import Area, Reach, Taken, reach_counts
from tienbo.units.models import Extent, Unit
from tienbo.units.reorganisations import ActText, Went, reorganisation_record
from tienbo.units.services import unit_create, unit_end


def place() -> tuple[Unit, dict[str, Unit]]:
    nation = unit_create(kind="nation", name="Việt Nam", begins=BEGAN)
    province = unit_create(kind="province", name="Tỉnh Vĩnh An", begins=BEGAN, parent=nation)
    names = ("An", "Bình", "Cao", "Dương", "Én")
    return province, {
        name: unit_create(kind="commune", name=f"Xã {name}", begins=BEGAN, parent=province) for name in names
    }


def area(province: Unit, sort: str, rows: dict[str, str], **more: str) -> Record:
    said = {"source": f"QĐ về {sort}", "sort": sort, "since": "1/8/2025", **more}
    for key, (name, language) in zip((ONE, TWO, THREE), rows.items(), strict=False):
        said |= {f"communes/{key}/unit": f"Xã {name}", f"communes/{key}/language": language}
    return add(province, "outreach.area", **said)


def kit(province: Unit, name: str, language: str, sent: dict[str, str]) -> Record:
    said = {"name": name, "sort": "leaflet", "language": language, "group": "Người dân", "made_on": "1/2/2026",
            "copies": "500"}  # fmt: skip
    for key, (to, day) in zip((ONE, TWO, THREE), sent.items(), strict=False):
        said |= {f"sent/{key}/unit": f"Xã {to}", f"sent/{key}/sent_on": day, f"sent/{key}/copies": "100"}
    record = add(province, "outreach.kit", **said)
    move(record, "finish")
    return record


def reach(province: Unit, units: dict[str, Unit], on: date) -> dict[str, Area]:
    edition = load("vn")
    ids = [province.pk]
    told = Reach(
        kind=edition.registers["outreach.kit"],
        areas=edition.registers["outreach.area"],
        within=frozenset(unit.pk for unit in units.values()),
        area_keepers=ids,
        kit_keepers=ids,
        span=edition.calendar.span(H1),
        on=on,
    )
    called = {unit.pk: name for name, unit in units.items()}
    return {called[one.unit]: one for one in told.found}


@pytest.mark.django_db
def test_an_area_is_reached_by_what_its_people_read_and_its_successor_takes_that_over() -> None:
    """An reads Mông and got a Mông leaflet; Bình reads Tày and got the Mông one; what Cao reads is not told; Dương
    reads Tày and got nothing in the half-year (its leaflet went out in July); Én was an area until 1/1/2026 only."""
    province, units = place()
    area(province, "minority", {"An": "mong", "Bình": "tay", "Cao": ""})
    area(province, "remote", {"An": "", "Dương": "tay"})
    old = area(province, "poor", {"Én": "mong"}, until="1/1/2026")
    kit(province, "Tờ rơi tiếng Mông", "mong", {"An": "5/3/2026", "Bình": "5/3/2026", "Cao": "6/3/2026"})
    kit(province, "Tờ rơi tiếng Tày", "tay", {"Dương": "1/7/2025"})
    found = reach(province, units, date(2026, 6, 14))
    assert {name: one.state for name, one in found.items()} == {
        "An": "reached",
        "Bình": "other_language",
        "Cao": "language_not_told",
        "Dương": "not_reached",
    }
    assert list(found["An"].sorts) == ["minority", "remote"]
    assert reach_counts(list(found.values())) == {
        "reached": 1, "other_language": 1, "language_not_told": 1, "not_reached": 1,
    }  # fmt: skip
    before = reach(province, units, date(2025, 12, 31))
    assert list(before["Én"].records) == [old.key]
    # Bình and Dương form Giang; An keeps its name and takes in a part of Cao, the rest of which goes to Giang.
    day = date(2026, 7, 1)
    made = unit_create(kind="commune", name="Xã Giang", begins=day, parent=province)
    for name in ("Bình", "Dương", "Cao"):
        unit_end(unit=units[name], on=day)
    went = [
        Went(units["Bình"].pk, made.pk, Extent.WHOLE),
        Went(units["Dương"].pk, made.pk, Extent.WHOLE),
        Went(units["Cao"].pk, units["An"].pk, Extent.PART),
        Went(units["Cao"].pk, made.pk, Extent.PART),
    ]
    reorganisation_record(text=ActText("merge", "Sắp xếp", "thử nghiệm"), effective_on=day, went=went)
    after = reach(province, {**units, "Giang": made}, day)
    assert set(after) == {"An", "Giang"}
    assert set(after["Giang"].taken) == {
        Taken(units["Bình"].pk, True), Taken(units["Dương"].pk, True), Taken(units["Cao"].pk, False),
    }  # fmt: skip
    assert list(after["Giang"].languages) == ["tay"]
    assert after["Giang"].state == "other_language"  # it has the Mông leaflets that Bình and Cao got, and reads Tày
    assert {one.to.unit for one in after["Giang"].sent} == {units["Bình"].pk, units["Cao"].pk}


@pytest.mark.django_db
def test_visits_answer_the_plan_by_its_number_and_others_stand_apart() -> None:
    """Planned for the half-year: An, Bình (held), Bình once more and Cao (not). Dương was visited outside the plan; a
    visit that another unit led is told by that one."""
    edition, (province, _units) = load("vn"), place()
    plan = {"name": "Kế hoạch kiểm tra", "number": "11/KH-BVSTBPN", "issued_on": "10/1/2026", "sort": "committee"}
    rows = (("An", "20/3/2026"), ("Bình", "20/4/2026"), ("Cao", "30/5/2026"))
    for key, (name, day) in zip((ONE, TWO, THREE), rows, strict=True):
        plan |= {f"visits/{key}/unit": f"Xã {name}", f"visits/{key}/planned_on": day, f"visits/{key}/team": "Đoàn 1"}
    more = ONE[:-1] + ("0" if ONE[-1] != "0" else "1")
    plan |= {f"visits/{more}/unit": "Xã Bình", f"visits/{more}/planned_on": "10/6/2026"}
    move(add(province, "supervision.plan", **plan), "issue")
    other = {"name": "Giám sát", "sort": "front", "leads": "yes", "in_plan": "no"}
    visit = {"name": "Kiểm tra", "sort": "committee", "leads": "yes", "in_plan": "yes", "plan": "11/kh-bvstbpn"}
    findings = {
        f"findings/{ONE}/content": "cadres", f"findings/{ONE}/sort": "short", f"findings/{ONE}/text": "Chưa rà soát",
        f"recommendations/{ONE}/text": "Rà soát quy hoạch", f"recommendations/{ONE}/due_on": "1/5/2026",
    }  # fmt: skip
    told = (
        visit | {"unit": "Xã An", "held_on": "21/3/2026", "direction": "Có kế hoạch", **findings},
        visit | {"unit": "Xã Bình", "held_on": "22/4/2026"},
        visit | {"unit": "Xã Cao", "held_on": "2/3/2026", "leads": "no"},
        other | {"unit": "Xã Dương", "held_on": "2/3/2026"},
    )
    for one in told:
        move(add(province, "supervision.visit", **one), "hold")
    ids = [province.pk]
    span = edition.calendar.span(H1)
    kinds = (edition.registers["supervision.visit"], edition.registers["supervision.plan"])
    found = Visits(*kinds, ids, ids, span, TODAY).told()
    own = [one for one in found if one.sort == "committee"]
    assert sorted(one.state for one in own) == ["held", "held", "not_held", "to_come"]  # TODAY is 1/6/2026
    counts = visit_counts(own)
    assert (counts["planned"], counts["held"], counts["short"], counts["recommended"]) == (4, 2, 1, 1)
    (first,) = [one for one in own if one.found]
    assert first.contents == ("direction",)
    assert [one.text for one in first.open_on(TODAY)] == ["Rà soát quy hoạch"]
    assert [one.state for one in found if one.sort == "front"] == ["outside"]
    # Bình was planned twice and visited once: which of the two that was, nobody said. All others are certain.
    assert sorted((one.state, one.doubt) for one in found if one.doubt) == [("held", "several"), ("to_come", "several")]
    # The plan loses its number, as one of before may have none: An, Bình and Bình again may be the visits that name a
    # number no plan has, Cao was visited by nobody who told of it here.
    held = Record.objects.get(kind="supervision.plan")
    Record.objects.filter(pk=held.pk).update(data={**held.data, "number": ""})
    found = Visits(*kinds, ids, ids, span, TODAY).told()
    states = sorted((one.planned_on is not None, one.state, one.doubt) for one in found)
    assert states == [
        (False, "outside", ""), (False, "outside", "no_line"), (False, "outside", "no_line"),
        (True, "not_held", "no_number"), (True, "to_come", "no_number"),
        (True, "unsaid", "no_number"), (True, "unsaid", "no_number"),
    ]  # fmt: skip
    assert visit_counts(found)["doubted"] == 6
