"""Acts that redraw the map: what the database refuses, what a record is held against, how a wrong one is mended."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.core.shares import NOTHING, WHOLE, Share
from tienbo.core.succession import transition
from tienbo.ground.keys import new_key
from tienbo.units.extents import AREA, POPULATION
from tienbo.units.frames import acts, ends, lives, points, quantities
from tienbo.units.invariants import units_check
from tienbo.units.models import (
    Body,
    BodySuccession,
    Extent,
    Reorganisation,
    ReorganisationStage,
    Succession,
    SuccessionShare,
    Unit,
    UnitPoint,
    UnitQuantity,
)
from tienbo.units.reorganisations import (
    ActText,
    BodyWent,
    Stated,
    Went,
    reorganisation_cite,
    reorganisation_correct,
    reorganisation_reach,
    reorganisation_record,
    standing,
)
from tienbo.units.services import unit_create

pytestmark = [pytest.mark.database, pytest.mark.django_db]

START, DAY, LATER = date(2020, 1, 1), date(2025, 7, 1), date(2026, 7, 1)
EVE = DAY - timedelta(days=1)
TEXT = ActText(kind="merge", title="Nghị quyết về sắp xếp xã", source="Công báo", number="1/NQ")


@pytest.fixture
def units() -> dict[str, Unit]:
    """Province P until the day, Q from it; communes a, b, c in P until the day, x, y in Q from it."""
    made = {"n": unit_create(kind="nation", name="Việt Nam", begins=START)}
    made["p"] = unit_create(kind="province", name="Tỉnh Sông Mây", begins=START, ends=DAY, parent=made["n"])
    made["q"] = unit_create(kind="province", name="Tỉnh Núi Xanh", begins=DAY, parent=made["n"])
    for one, name in (("a", "Xã An"), ("b", "Xã Bình"), ("c", "Xã Cao")):
        made[one] = unit_create(kind="commune", name=name, begins=START, ends=DAY, parent=made["p"])
    for one, name in (("x", "Xã Xuân"), ("y", "Xã Yên")):
        made[one] = unit_create(kind="commune", name=name, begins=DAY, parent=made["q"])
    return made


def went(units: dict[str, Unit], *told: tuple[str, str, str] | tuple[str, str, str, tuple[Stated, ...]]) -> list[Went]:
    return [
        Went(units[old].pk, units[new].pk if new else None, extent, stated=rest[0] if rest else ())
        for old, new, extent, *rest in told
    ]


WHOLE_ACT = (("p", "q", "whole"), ("a", "x", "whole"), ("b", "x", "part"), ("b", "y", "part"), ("c", "y", "whole"))


def recorded(units: dict[str, Unit], *told: Any) -> Reorganisation:
    return reorganisation_record(text=TEXT, effective_on=DAY, went=went(units, *(told or WHOLE_ACT)))


def refused(units: dict[str, Unit], *told: Any, day: date = DAY) -> list[str]:
    """The codes of the faults; nothing was written."""
    before = Reorganisation.objects.count(), Succession.objects.count()
    with pytest.raises(Refused) as caught:
        reorganisation_record(text=TEXT, effective_on=day, went=went(units, *told))
    assert (Reorganisation.objects.count(), Succession.objects.count()) == before
    with speaking("vi"):
        assert all(fault.sentence() and fault.place for fault in caught.value.faults)
    return [fault.code for fault in caught.value.faults]


# ------------------------------------------------------------------------------------------- what the database refuses


def _share(succession: Succession, **changed: Any) -> SuccessionShare:
    fields = {"measure": POPULATION, "low": "0.2", "high": "0.5", "share": None, "method": "estimate", "source": "s"}
    return SuccessionShare(succession=succession, **{**fields, **changed})


@pytest.mark.parametrize(
    "bad",
    [
        {"low": "-0.1"},
        {"high": "1.1"},
        {"low": "0.6"},
        {"share": "0.1"},
        {"share": "0.6"},
    ],
)
def test_shares_out_of_bounds_are_refused_by_the_database(units: dict[str, Unit], bad: dict[str, str]) -> None:
    act = recorded(units)
    succession = act.successions.filter(extent="part").first()
    assert succession is not None
    with pytest.raises(DatabaseError), transaction.atomic():
        _share(succession, **{key: Decimal(value) for key, value in bad.items()}).save()
    _share(succession, share=Decimal("0.3")).save()


def test_history_is_neither_deleted_nor_rewritten(units: dict[str, Unit]) -> None:
    act = recorded(units)
    body = Body.objects.create(key=new_key("body"), unit=units["p"], kind="committee", name="Ban", valid_from=START)
    BodySuccession.objects.create(reorganisation=act, predecessor=body, kind="none")
    _share(Succession.objects.filter(extent="part")[0]).save()
    UnitPoint.objects.create(unit=units["a"], latitude=21, longitude=105, source="s")
    UnitQuantity.objects.create(unit=units["a"], measure=AREA, day=START, value=1, source="s")
    stored: list[tuple[Any, dict[str, Any]]] = [
        (Reorganisation.objects, {"kind": "split"}),
        (ReorganisationStage.objects, {"effective_on": LATER}),
        (Succession.objects, {"extent": "area_only"}),
        (SuccessionShare.objects, {"high": 1}),
        (UnitPoint.objects, {"latitude": 1}),
        (UnitQuantity.objects, {"value": 2}),
        (Body.objects, {"name": "Ban khác"}),
        (BodySuccession.objects, {"kind": "tasks_to"}),
    ]
    for rows, change in stored:
        assert rows.exists()
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.all()._raw_delete("default")


def test_the_same_succession_stands_once(units: dict[str, Unit]) -> None:
    act = recorded(units)
    with pytest.raises(DatabaseError), transaction.atomic():
        Succession.objects.create(reorganisation=act, predecessor=units["a"], successor=units["x"], extent="part")
    with pytest.raises(DatabaseError), transaction.atomic():
        ReorganisationStage.objects.create(reorganisation=act, stage="in_force", effective_on=LATER)


def test_an_end_has_no_successor_and_nothing_else_lacks_one(units: dict[str, Unit]) -> None:
    act = recorded(units)
    for successor, extent in ((units["x"], "none"), (None, "whole"), (units["x"], "unchanged")):
        with pytest.raises(DatabaseError), transaction.atomic():
            Succession.objects.create(reorganisation=act, predecessor=units["n"], successor=successor, extent=extent)


def test_a_quantity_is_not_negative_and_a_point_lies_on_the_earth(units: dict[str, Unit]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        UnitQuantity.objects.create(unit=units["a"], measure=AREA, day=START, value=-1, source="s")
    with pytest.raises(DatabaseError), transaction.atomic():
        UnitPoint.objects.create(unit=units["a"], latitude=91, longitude=105, source="s")


# ------------------------------------------------------------------------------------------------ stages and series


@pytest.mark.parametrize("stage", ["planned", "adopted"])
def test_an_act_that_is_not_in_force_touches_no_series(units: dict[str, Unit], stage: str) -> None:
    act = reorganisation_record(text=TEXT, stage=stage, effective_on=DAY, went=went(units, *WHOLE_ACT))
    assert acts() == ()
    reorganisation_reach(reorganisation=act, stage="in_force")
    assert [(one.key, one.day) for one in acts()] == [(act.key, DAY)]
    assert [row.stage for row in act.stages.order_by("pk")] == [stage, "in_force"]


def test_an_act_does_not_go_back_to_a_stage(units: dict[str, Unit]) -> None:
    act = recorded(units)
    with pytest.raises(Refused, match=r"units\.act\.stage_passed"):
        reorganisation_reach(reorganisation=act, stage="planned")


def test_a_plan_may_be_wrong_until_it_comes_into_force(units: dict[str, Unit]) -> None:
    act = reorganisation_record(text=TEXT, stage="planned", went=went(units, ("a", "x", "part")))
    with pytest.raises(Refused, match=r"units\.act\.no_day"):
        reorganisation_reach(reorganisation=act, stage="in_force")
    with pytest.raises(Refused, match=r"succession\.opens_late"):
        reorganisation_reach(reorganisation=act, stage="in_force", effective_on=EVE)
    assert acts() == ()


def test_shares_follow_from_the_extent_or_are_stated(units: dict[str, Unit]) -> None:
    stated = Stated(POPULATION, Share(Fraction(1, 2), Fraction(9, 10), Fraction(7, 10)), "estimate", "điều tra")
    rest = Stated(POPULATION, Share(Fraction(1, 10), Fraction(1, 2), Fraction(3, 10)), "estimate", "điều tra")
    recorded(
        units, WHOLE_ACT[0], WHOLE_ACT[1], ("b", "x", "part", (stated,)), ("b", "y", "part", (rest,)), WHOLE_ACT[4]
    )
    links = {(link.predecessor, link.successor): link.shares for link in acts()[0].links}
    assert links[units["a"].pk, units["x"].pk][AREA] == WHOLE
    assert links[units["b"].pk, units["x"].pk] == {POPULATION: stated.share}
    found = transition(acts(), lives(), source=EVE, target=DAY, measure=POPULATION)
    assert found.rows[units["b"].pk][units["y"].pk] == rest.share


@pytest.mark.parametrize(
    ("extents", "persons"),
    [
        (("area_only", "area_part_pop_all"), (NOTHING, WHOLE)),
        (("area_all", "pop_part"), (None, None)),
    ],
)
def test_the_words_on_area_and_persons_are_shares_by_rule(
    units: dict[str, Unit], extents: tuple[str, str], persons: tuple[Share | None, Share | None]
) -> None:
    recorded(units, WHOLE_ACT[0], ("b", "x", extents[0]), ("b", "y", extents[1]))
    links = {link.successor: link.shares for link in acts()[0].links if link.predecessor == units["b"].pk}
    assert tuple(links[units[one].pk].get(POPULATION) for one in ("x", "y")) == persons
    if extents[0] == "area_all":
        assert [links[units[one].pk][AREA] for one in ("x", "y")] == [WHOLE, NOTHING]


def test_a_unit_that_ends_without_a_successor_names_the_act(units: dict[str, Unit]) -> None:
    act = recorded(units, WHOLE_ACT[0], ("a", "", "none"))
    assert ends() == {units["a"].pk: act.key}


def test_quantities_stand_beside_each_other_and_the_later_recorded_counts(units: dict[str, Unit]) -> None:
    for value, source in ((445, "một"), (438, "hai")):
        UnitQuantity.objects.create(unit=units["a"], measure=AREA, day=START, value=value, source=source)
    UnitPoint.objects.create(unit=units["a"], latitude=Decimal("19.1"), longitude=Decimal("105.6"), source="s")
    recorded(units)  # gives the units a new version
    assert [(one.day, one.value) for one in quantities(AREA)[units["a"].pk]] == [(START, 438)]
    assert points() == {units["a"].pk: (19.1, 105.6)}


# ---------------------------------------------------------------------------------------------- what cannot be right


def test_shares_that_do_not_sum_are_told(units: dict[str, Unit]) -> None:
    assert "succession.shares_do_not_sum" in refused(units, WHOLE_ACT[0], ("a", "x", "whole"), ("a", "y", "whole"))
    half = (Stated(POPULATION, Share.of("0.4"), "official", "đề án"),)
    codes = refused(units, WHOLE_ACT[0], ("b", "x", "part", half), ("b", "y", "part", half))
    assert codes == ["succession.shares_do_not_sum"]


def test_a_successor_that_opens_late_is_told(units: dict[str, Unit]) -> None:
    late = unit_create(kind="commune", name="Xã Muộn", begins=LATER, parent=units["q"])
    assert refused({**units, "z": late}, ("a", "z", "whole")) == ["succession.opens_late"]


def test_a_predecessor_that_lives_on_or_was_not_there_is_told(units: dict[str, Unit]) -> None:
    lasting = unit_create(kind="commune", name="Xã Còn", begins=START)
    assert refused({**units, "z": lasting}, ("z", "x", "whole")) == ["succession.lives_on"]
    young = unit_create(kind="commune", name="Xã Mới", begins=DAY)
    assert "succession.predecessor_not_alive" in refused({**units, "z": young}, ("z", "x", "whole"))
    assert refused({**units, "z": lasting}, ("z", "", "none")) == ["units.act.end_is_not"]


def test_a_ring_is_told(units: dict[str, Unit]) -> None:
    one = unit_create(kind="commune", name="Xã Một", begins=START, parent=units["n"])
    two = unit_create(kind="commune", name="Xã Hai", begins=START, parent=units["n"])
    assert "succession.cycle" in refused({**units, "1": one, "2": two}, ("1", "2", "whole"), ("2", "1", "whole"))


def test_a_unit_outside_its_parent_is_told(units: dict[str, Unit]) -> None:
    """The error of Tân An: a commune put under a province that its own did not go to."""
    other = unit_create(kind="province", name="Tỉnh Khác", begins=START, parent=units["n"])
    stray = unit_create(kind="commune", name="Phường Lạc", begins=DAY, parent=other)
    assert refused({**units, "z": stray}, WHOLE_ACT[0], ("a", "z", "whole")) == ["units.act.outside"]


def test_a_share_beside_what_the_words_say_is_told(units: dict[str, Unit]) -> None:
    stated = (Stated(POPULATION, Share.of(1), "official", "đề án"),)
    assert refused(units, WHOLE_ACT[0], ("a", "x", "whole", stated)) == ["units.act.told_by_extent"]


def test_every_fault_is_told_at_once(units: dict[str, Unit]) -> None:
    codes = refused(units, WHOLE_ACT[0], ("a", "x", "whole"), ("a", "y", "whole"), ("c", "", "none"), ("n", "", "none"))
    assert {"succession.shares_do_not_sum", "units.act.end_is_not"} <= set(codes)


# ------------------------------------------------------------------------------------------- citations, corrections


def test_a_citation_is_completed_and_nothing_else(units: dict[str, Unit]) -> None:
    act = recorded(units)
    reorganisation_cite(reorganisation=act, number="1683/NQ-UBTVQH15", confidence="confirmed")
    assert Reorganisation.objects.get(pk=act.pk).number == "1683/NQ-UBTVQH15"
    with pytest.raises(Refused, match=r"units\.act\.citation_only"):
        reorganisation_cite(reorganisation=act, kind="split")


def test_a_correction_withdraws_and_gives_and_what_was_known_before_can_be_asked(units: dict[str, Unit]) -> None:
    law = recorded(units)
    before = acts()
    known = timezone.now()
    wrong = law.successions.filter(predecessor=units["b"])
    right = went(units, ("b", "x", "area_only"), ("b", "y", "area_part_pop_all"))
    correction = reorganisation_correct(text=TEXT, withdraw=list(wrong), give=[(law, row) for row in right])
    assert correction.kind == "correction"
    now = acts()
    assert [one.key for one in now] == [law.key], "a correction is no act of its own"
    shares = {link.successor: link.shares for link in now[0].links if link.predecessor == units["b"].pk}
    assert shares == {units["x"].pk: {**shares[units["x"].pk]}, units["y"].pk: {**shares[units["y"].pk]}}
    assert shares[units["y"].pk][POPULATION] == WHOLE
    assert acts(known) == before
    assert law.successions.count() == 7, "nothing is taken away"
    assert len(standing(law)) == 5
    with pytest.raises(Refused, match=r"units\.act\.withdrawn"):
        reorganisation_correct(text=TEXT, withdraw=list(wrong.all()[:1]))


def test_a_correction_that_leaves_a_unit_short_is_refused(units: dict[str, Unit]) -> None:
    law = recorded(units)
    given = went(units, ("a", "y", "whole"))
    with pytest.raises(Refused, match=r"succession\.shares_do_not_sum"):
        reorganisation_correct(text=TEXT, give=[(law, row) for row in given])
    assert Reorganisation.objects.count() == 1


def test_a_body_ends_apart_from_its_place(units: dict[str, Unit]) -> None:
    ended = Body.objects.create(
        key=new_key("body"), unit=units["p"], kind="committee", name="Ban VSTBPN", valid_from=START, valid_to=DAY
    )
    new = Body.objects.create(key=new_key("body"), unit=units["q"], kind="committee", name="Ban", valid_from=DAY)
    act = reorganisation_record(text=TEXT, effective_on=DAY, bodies=[BodyWent(ended, new, "tasks_to")])
    assert act.body_successions.get().kind == "tasks_to"
    with pytest.raises(Refused) as caught:
        reorganisation_record(text=TEXT, effective_on=LATER, bodies=[BodyWent(new, ended, "merged_into")])
    assert {fault.code for fault in caught.value.faults} == {"units.act.body_day", "units.act.body_opens_late"}


# ------------------------------------------------------------------------------------------------------- the check


def test_the_check_finds_what_slipped_past_the_services(units: dict[str, Unit]) -> None:
    law = recorded(units)
    assert not [fault for fault in units_check() if fault.code.startswith(("succession", "units.act"))]
    Succession.objects.create(reorganisation=law, predecessor=units["a"], successor=units["y"], extent=Extent.WHOLE)
    Succession.objects.create(reorganisation=law, predecessor=units["n"], extent=Extent.NONE)
    from tienbo.units.versions import units_touch

    units_touch()
    found = [fault for fault in units_check() if fault.place == "1/NQ"]
    assert [fault.code for fault in found] == ["succession.shares_do_not_sum"] * 4 + ["units.check.lives_on"]
