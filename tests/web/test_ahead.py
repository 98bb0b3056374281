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
from tienbo.posts.projection_models import IndicatorProjection, ProjectionScore
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


KEPT = EDITION.indicators["leadership.agencies_with_women"]


def share_of(period: str, women: int, *, comparable: bool = True) -> Seen:
    value = Decimal(100) * women / 120
    parts = {"status": Status.VALUE, "numerator": Decimal(women), "denominator": Decimal(120), "value": value}
    return Seen(Value(KEPT.code, "unit", period, **parts), comparable)  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.database
def test_a_projection_is_kept_once_and_scored_as_its_years_come(
    sit: Callable[[str], Client], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sit("office")
    address = f"/2026-H1/indicator/{KEPT.code}/ahead/"
    before = [share_of(f"{year}", 30 + 3 * (year - 2020) + (year % 2)) for year in range(2020, 2026)]
    monkeypatch.setattr(ahead, "seen", lambda _about: before)
    assert "Giữ dự báo này" in words(office.get(address).content)
    for _again in range(2):
        assert office.post(address, {"act": "keep"}).status_code == 302
    kept = IndicatorProjection.objects.get()
    assert [one["year"] for one in kept.steps] == [2026, 2027, 2028, 2029, 2030]
    assert kept.inputs
    assert kept.seed is None
    assert "chưa có số liệu" in words(office.get(address).content)
    # Two years come: one on the line (48 + 1 of 120), one far off it; and one of other units, which is not scored.
    after = [*before, share_of("2026", 48), share_of("2027", 110)]
    monkeypatch.setattr(ahead, "seen", lambda _about: after)
    said = words(office.get(address).content)
    assert "2 năm đã có số liệu" in said
    assert not ProjectionScore.objects.exists()  # a page that is looked at writes nothing
    assert sit("inspector").post(address, {"act": "score"}).status_code == 404
    for _again in range(2):
        office.post(address, {"act": "score"})
    hit, missed = ProjectionScore.objects.order_by("year")
    made = next(one for one in kept.steps if one["year"] == 2026)
    assert (hit.held_90, hit.observed, hit.error) == (True, 40.0, pytest.approx(made["middle"] - 40))
    assert made["most"][0] <= 40 <= made["most"][1]
    assert 0.05 <= hit.pit <= 0.95
    assert (missed.held_90, missed.held_50) == (False, False)
    assert missed.pit > 0.95
    # A figure that was corrected gives another score; the first stays.
    monkeypatch.setattr(ahead, "seen", lambda _about: [*before, share_of("2026", 47), share_of("2027", 110)])
    office.post(address, {"act": "score"})
    assert ProjectionScore.objects.filter(year=2026).count() == 2
    listed = words(office.get("/2026-H1/projections/").content)
    assert "Số năm đã đối chiếu: 2; nằm trong khoảng 90%: 1" in listed
    # On other ground the figure is no figure of what was projected.
    broken = [
        *(share_of(one.value.period, int(one.value.numerator or 0), comparable=False) for one in before),
        share_of("2026", 46),
    ]  # fmt: skip
    monkeypatch.setattr(ahead, "seen", lambda _about: broken)
    office.post(address, {"act": "score"})
    assert ProjectionScore.objects.count() == 3
    assert "địa giới khác" in words(office.get(address).content)
    # Figures that few may see are not written down a second time.
    monkeypatch.setattr(ahead, "seen", lambda _about: HISTORY)
    closed = f"/2026-H1/indicator/{SHARE.code}/ahead/"
    assert "Giữ dự báo này" not in words(office.get(closed).content)
    office.post(closed, {"act": "keep"})
    assert IndicatorProjection.objects.count() == 1
