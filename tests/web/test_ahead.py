"""Where an indicator is heading: the page of a projection, its refusals, and which values make a history."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from tests.web.test_indicator import rows, words
from tests.web.world import World

from tienbo.catalogue.loading import load
from tienbo.core.faults import Refused
from tienbo.core.periods import Period
from tienbo.engine.values import Status, Value
from tienbo.release.ahead import Seen, asked_ahead, periods_back, points, scale_of
from tienbo.web import ahead

EDITION = load("vn")
SHARE = EDITION.indicators["planning.women_share"]


def told(period: str, women: int, all_: int, *, comparable: bool = True, **more: object) -> Seen:
    value = Decimal(100) * women / all_
    parts = {"status": Status.VALUE, "numerator": Decimal(women), "denominator": Decimal(all_), "value": value}
    return Seen(Value(SHARE.code, "unit", period, **{**parts, **more}), comparable)  # type: ignore[arg-type]


HISTORY = [told(f"{year}", women, 120) for year, women in zip(range(2020, 2026), (30, 33, 34, 39, 41, 46), strict=True)]


def test_which_values_make_a_history() -> None:
    """Years end where they are called after, first halves half a year before. Lower bounds and what was not told are
    left out; what stands on other ground breaks the line."""
    mixed = [
        told("2024-H1", 30, 100, comparable=False),
        told("2024-H2", 31, 100, qualifier="at_least"),
        told("2025-H1", 32, 100),
        told("2025-H2", 33, 100, status=Status.NOT_REPORTED),
        told("2026-H1", 34, 100),
    ]
    found = points(EDITION, SHARE, mixed)
    assert [(one.at, one.value, one.denominator, one.ground) for one in found] == [
        (2023.5, 30, 100, "2024-H1"), (2024.5, 32, 100, ""), (2025.5, 34, 100, ""),
    ]  # fmt: skip
    count = EDITION.indicators["training.classes"]
    whole, part = (
        Seen(
            Value(count.code, "unit", f"202{n}", "", Status.VALUE, value=Decimal(9), units_reported=n, units_due=5),
            True,
        )
        for n in (5, 4)
    )
    (only,) = points(EDITION, count, [whole, part])  # a count of which a unit is missing is none
    assert (only.at, only.denominator) == (2025, 1)
    assert scale_of(count) == ("positive", 1.0)
    assert scale_of(SHARE) == ("share", 100.0)
    assert [one.code for one in periods_back(EDITION, count, Period(2026, 1))][-2:] == ["2024", "2025"]
    target = next(one for one in EDITION.targets.values() if one.indicator == SHARE.code and one.values)
    assert asked_ahead(target, Period(2029, 2)).year == asked_ahead(target, Period(2030, 1)).year == 2030
    for none in (None, target):
        with pytest.raises(Refused):
            asked_ahead(none, Period(2030, 2))


@pytest.mark.django_db
def test_the_page_says_where_it_is_heading_or_why_nothing_can_be_said(
    sit: Callable[[str], Client], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sit("office")
    address = f"/2026-H1/indicator/{SHARE.code}/ahead/"
    page = office.get(address)
    assert page.status_code == 200
    assert "Không dự báo được" in words(page.content)
    assert "cần ít nhất 5" in words(page.content)
    monkeypatch.setattr(ahead, "seen", lambda _about: HISTORY)
    page = office.get(address)
    said = words(page.content)
    assert "Dự báo đến hết năm 2030" in said
    assert "xác suất đạt" in said
    shown = rows(page.content, "ahead")
    assert [row[0] for row in shown] == ["2026", "2027", "2028", "2029", "2030"]
    middles = [float(row[1].replace(",", ".")) for row in shown]
    assert 38.3 < middles[0] < middles[-1] < 60
    # Nothing of it stands where a partner reads, and there is no link to it.
    assert sit("partner").get(address).status_code == 404
