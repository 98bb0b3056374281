"""Forecasts are kept once, made again from what was kept, held against the result, and never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import load
from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.outlook.lists import Lists, outcome
from tienbo.posts.contests import Stored, closing, contests_stored, elections_offered
from tienbo.posts.election_models import Election
from tienbo.posts.election_services import (
    constituency_tell,
    election_call,
    election_close,
    list_tell,
    result_tell,
)
from tienbo.posts.forecast_models import Forecast, ForecastScore
from tienbo.posts.forecasts import forecast_again, forecast_keep, forecast_score
from tienbo.posts.told import Read
from tienbo.units.models import Unit
from tienbo.units.services import unit_create

pytestmark = [pytest.mark.django_db, pytest.mark.database]

DESK = operator("test")
BEFORE, DAY = date(2026, 1, 11), date(2026, 3, 15)
Row = tuple[int, int, int, int]
"""Seats, candidates, women, women elected."""
HELD: tuple[Row, ...] = ((3, 5, 1, 0), (3, 5, 2, 1), (3, 5, 3, 1), (2, 4, 1, 1), (2, 4, 2, 0), (3, 5, 2, 2))
LISTS: tuple[Row, ...] = ((3, 5, 0, 0), (3, 5, 1, 1), (3, 5, 2, 0), (2, 4, 2, 1), (2, 4, 3, 2), (3, 5, 3, 2))


def council(province: Unit, places: Sequence[Unit], day: date, rows: Sequence[Row], *, decided: bool) -> Election:
    """An election of a province's council: one constituency each in turn of the places, with its official list."""
    made = election_call(
        kind="council.province", unit=province, term=str(day.year), day=day, source="Số liệu minh họa", actor=DESK
    )
    told = {"read": Read("Số liệu minh họa", day), "actor": DESK}
    for number, (seats, candidates, women, elected) in enumerate(rows):
        one = constituency_tell(
            election=made, unit=places[number % len(places)], number=str(number + 1), seats=seats, **told
        )
        list_tell(constituency=one, stage="official", candidates=candidates, women=women, **told)
        if decided:
            result_tell(constituency=one, elected=seats, women=elected, **told)
    return made


@pytest.fixture
def province() -> Unit:
    return unit_create(kind="province", name="Tỉnh Thí Dụ", begins=date(2025, 7, 1))


@pytest.fixture
def places(province: Unit) -> list[Unit]:
    return [
        unit_create(kind="commune", name=name, begins=date(2025, 7, 1), parent=province) for name in ("Xã A", "Xã B")
    ]


def offered(province: Unit, on: date = DAY) -> dict[date, Stored]:
    return {one.day: one for one in elections_offered(province, on, edition=load("vn"))}


def test_a_forecast_is_kept_made_again_and_held_against_the_result(province: Unit, places: list[Unit]) -> None:
    council(province, places, BEFORE, HELD, decided=True)
    council(province, places, DAY, LISTS, decided=False)
    seen = offered(province)
    earlier, faults = contests_stored(seen[BEFORE], stage="", decided=True)
    lists, more = contests_stored(seen[DAY], stage="official")
    assert (faults, more) == ([], [])
    assert [(one.group, one.unit) for one in lists][:2] == [("Xã A", "1"), ("Xã A", "3")]
    assert (seen[BEFORE].is_decided, seen[DAY].is_decided) == (True, False)
    made = outcome(Lists(tuple(lists), (tuple(earlier),), slope=False)).made
    kept = forecast_keep(stored=seen[DAY], made=made, learnt_from=["2026"], actor=DESK)
    assert forecast_keep(stored=seen[DAY], made=made, learnt_from=["2026"], actor=DESK) == kept
    assert (kept.seed, kept.seats, kept.low, kept.high) == (None, 16, *made.whole.interval(0.9))
    again = forecast_again(Forecast.objects.get())
    assert again.whole.chances == pytest.approx(made.whole.chances)
    with pytest.raises(Refused) as refused:
        forecast_score(kept=kept, stored=seen[DAY], actor=DESK)
    assert {fault.code for fault in refused.value.faults} == {"contests.no_result"}
    for one, (seats, _candidates, _women, elected) in zip(
        seen[DAY].election.constituencies.order_by("pk"), LISTS, strict=True
    ):
        result_tell(constituency=one, elected=seats, women=elected, read=Read("NQ", DAY), actor=DESK)
    scored = forecast_score(kept=kept, stored=offered(province)[DAY], actor=DESK)
    # By hand: 1 + 0 + 1 + 2 + 2 = 6 women of 16.
    assert (scored.observed, scored.error) == (6, pytest.approx(made.whole.mean - 6))
    assert (scored.pit_low, scored.pit_high) == (
        pytest.approx(sum(made.whole.chances[:6])),
        pytest.approx(sum(made.whole.chances[:7])),
    )
    assert (scored.groups, scored.units) == (2, 6)
    assert forecast_score(kept=kept, stored=offered(province)[DAY], actor=DESK) == scored
    for row in (kept, scored):
        for change in ({"model": "x"} if row is kept else {"observed": 1},):
            with pytest.raises(DatabaseError), transaction.atomic():
                type(row).objects.filter(pk=row.pk).update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).delete()
    assert ForecastScore.objects.count() == 1


def test_what_is_missing_of_an_election_is_told_by_its_constituency(province: Unit, places: list[Unit]) -> None:
    made = council(province, places, DAY, LISTS[:2], decided=False)
    told = {"actor": DESK, "read": Read("Nguồn khác", date(2026, 3, 20))}
    first, second = made.constituencies.order_by("pk")
    list_tell(constituency=first, stage="official", candidates=5, women=1, **told)  # two sources
    constituency_tell(election=made, unit=places[0], number="9", **told)
    bare = constituency_tell(election=made, unit=places[0], number="10", seats=3, **told)
    list_tell(constituency=bare, stage="official", candidates=5, **told)
    seen = offered(province)[DAY]
    lists, faults = contests_stored(seen, stage="official")
    assert [(one.unit, one.women) for one in lists] == [("1", 1), ("2", 1)]  # the source published last
    found = {fault.code: fault for fault in faults}
    assert set(found) == {"contests.sources_differ", "contests.no_list", "contests.women_not_told"}
    with speaking("vi"):
        assert (
            "Xã A, đơn vị số 1: các nguồn khác nhau (0/5; 1/5); tính theo “Nguồn khác”"
            in found["contests.sources_differ"].sentence()
        )
        assert "danh sách chính thức" in found["contests.no_list"].sentence()
    assert second.seats == 3


def test_an_election_is_shut_from_the_consultations_to_the_result(province: Unit, places: list[Unit]) -> None:
    made = council(province, places, DAY, LISTS[:2], decided=False)
    election_close(election=made, closed_from=date(2026, 2, 1), closed_to=date(2026, 3, 20))
    for day, is_shut in (("01-31", False), ("02-01", True), ("03-19", True), ("03-20", False)):
        on = date.fromisoformat(f"2026-{day}")
        assert (closing(province, on) is not None, offered(province, on) == {}) == (is_shut, is_shut), day
    # Of an election above, what is not decided is offered for the unit's own places only.
    commune = offered(places[0], date(2026, 3, 21))[DAY]
    assert [one.unit for one in contests_stored(commune, stage="official")[0]] == ["1"]
