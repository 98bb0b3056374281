"""A value against a target: every verdict worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.papers.a_province import context, edition

from tienbo.catalogue.definitions import Indicator, Target, Text, Unit
from tienbo.core.periods import Period
from tienbo.engine.values import Status, Value
from tienbo.papers import judgement
from tienbo.papers.judgement import Plan

NAME = Text(vi="Tỷ lệ nữ", en="Women")
SHARE = Indicator(code="share", name=NAME, unit=Unit.PERCENT, numerator=("staff[sex=f]",), denominator=("staff",))
COUNT = Indicator(code="count", name=NAME, unit=Unit.COUNT, numerator=("staff",))


def target(**values: Any) -> Target:
    shape: dict[str, Any] = {
        "code": "T-1", "indicator": "share", "name": NAME, "group": "g", "owner": "national", "document": "d",
        "direction": "at_least", "levels": ["provincial"], "confidence": "confirmed",
    }  # fmt: skip
    return Target.model_validate({**shape, **values})


def share(over: int | str, under: int | str, **more: Any) -> Value:
    top, bottom = Decimal(over), Decimal(under)
    held = {"status": Status.VALUE, "numerator": top, "denominator": bottom, "value": top * 100 / bottom}
    return Value("share", "u", "2026-H1", **{**held, **more})


def count(value: int, **more: Any) -> Value:
    exact = Decimal(value)
    return Value("count", "u", "2026-H1", status=Status.VALUE, numerator=exact, value=exact, **more)


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        (">=", False, True, True),
        (">", False, False, True),
        ("<=", True, True, False),
        ("<", True, False, False),
        ("==", False, True, False),
        ("~", None, None, None),
    ],
)
def test_a_value_at_its_limit_is_met_as_the_operator_says(op: Any, below: Any, at: Any, above: Any) -> None:
    plan = Plan(2026, op, Decimal(30))
    assert [judgement.is_met(SHARE, share(over, 1000), plan) for over in (299, 300, 301)] == [below, at, above]


def test_a_share_is_compared_by_its_parts_and_not_by_its_decimals() -> None:
    """1 of 3 is 33.33…%: it does not reach 33.34 and does reach 33.33, whatever the decimals kept."""
    third = share(1, 3)
    assert judgement.is_met(SHARE, third, Plan(2026, ">=", Decimal("33.33"))) is True
    assert judgement.is_met(SHARE, third, Plan(2026, ">=", Decimal("33.34"))) is False
    assert judgement.is_met(SHARE, third._replace(value=Decimal("33.34")), Plan(2026, ">=", Decimal("33.34"))) is False


def test_a_lower_bound_meets_what_is_below_it_and_says_nothing_else() -> None:
    over_3000 = count(3000, qualifier="at_least")
    assert judgement.is_met(COUNT, over_3000, Plan(2026, ">=", Decimal(2500))) is True
    assert judgement.is_met(COUNT, over_3000, Plan(2026, ">=", Decimal(3000))) is True
    assert judgement.is_met(COUNT, over_3000, Plan(2026, ">=", Decimal(3500))) is None
    assert judgement.is_met(COUNT, over_3000, Plan(2026, "<=", Decimal(3500))) is None
    assert judgement.is_met(COUNT, over_3000, Plan(2026, "==", Decimal(3000))) is None


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.VALUE])
def test_what_is_no_value_has_no_verdict(status: Status) -> None:
    assert judgement.is_met(SHARE, Value("share", "u", "2026-H1", status=status), Plan(2026, ">=", Decimal(0))) is None


def test_the_plan_is_that_of_the_year_or_of_the_next_year_a_document_names() -> None:
    named = target(values={2025: {"op": ">=", "value": 60}, 2030: {"op": "~", "value": 75}})
    assert judgement.plan(named, 2025) == Plan(2025, ">=", Decimal(60))
    assert judgement.plan(named, 2026) == Plan(2030, "~", Decimal(75))
    assert judgement.plan(named, 2031) is None


def test_interpolation_is_a_straight_line_strictly_between_named_years() -> None:
    named = target(values={2025: {"op": ">=", "value": 60}, 2030: {"op": ">=", "value": 75}})
    assert [judgement.interpolated(named, year) for year in (2024, 2025, 2026, 2028, 2030, 2031)] == [
        None, None, Decimal(63), Decimal(69), None, None,
    ]  # fmt: skip


def test_fulfilment_is_of_targets_where_more_is_better() -> None:
    assert judgement.fulfilment(share(312, 1000), Plan(2026, ">=", Decimal(30))) == Decimal(104)
    assert judgement.fulfilment(share(312, 1000), Plan(2026, "<=", Decimal(30))) is None
    assert judgement.fulfilment(share(312, 1000), Plan(2026, "~", Decimal(30))) is None
    assert judgement.fulfilment(share(312, 1000), Plan(2026, ">=", Decimal(0))) is None


@pytest.mark.parametrize(
    ("value", "limit", "decimals"),
    [
        ("29.97", "30", 2),  # 30.0 would read as reached
        ("30.004", "30", 3),
        ("29.4", "30", 1),
        ("30", "30", 1),
        ("29.999999", "30", 6),  # one of a million missing is still missing
    ],
)
def test_rounding_never_carries_a_value_onto_its_limit(value: str, limit: str, decimals: int) -> None:
    assert judgement.places(Decimal(value), 1, Decimal(limit)) == decimals


def test_a_yearly_figure_is_not_due_at_mid_year_and_missing_at_its_end() -> None:
    yearly = SHARE.model_copy(update={"frequency": "year"})
    nothing = Value("share", "u", "2026-H1")
    assert judgement.status(nothing, yearly, Period.parse("2026-H1")) is Status.NOT_YET_DUE
    assert judgement.status(nothing, yearly, Period.parse("2026-H2")) is Status.NOT_REPORTED
    assert judgement.status(nothing, SHARE, Period.parse("2026-H1")) is Status.NOT_REPORTED


def test_targets_of_a_province_are_those_of_its_level_in_force_and_no_examples() -> None:
    held = judgement.applicable(edition(), context())
    assert {"NSGE-1.1", "NSGE-4.1"} <= {one.code for one in held}
    assert not [one for one in held if one.example or "provincial" not in one.levels]
    assert not [one for one in held if one.values and max(one.values) < 2026]


@pytest.mark.parametrize(("owner", "applies"), [("Sông Mây", True), ("Tỉnh Sông Mây", True), ("Đồng Nai", False)])
def test_a_provinces_own_target_holds_in_that_province_alone(owner: str, applies: bool) -> None:
    made = edition()
    mine = made.targets["NSGE-1.1"].model_copy(update={"code": "X-1", "owner": "provincial", "owner_unit": owner})
    with_mine = replace(made, targets={**made.targets, "X-1": mine})
    assert ("X-1" in {one.code for one in judgement.applicable(with_mine, context())}) is applies


def test_the_tally_counts_each_target_once_and_its_parts_add_up() -> None:
    made, held = edition(), context()
    targets = [made.targets[code] for code in ("NSGE-1.1", "NSGE-2.3", "NSGE-3.2a", "NSGE-4.1")]
    over = {"status": Status.VALUE, "denominator": Decimal(100)}
    rows = [
        (targets[0], Value(targets[0].indicator, "u", "2026-H1", numerator=Decimal(76), value=Decimal(76), **over)),
        (targets[1], Value(targets[1].indicator, "u", "2026-H1")),
        (targets[2], Value(targets[2].indicator, "u", "2026-H1", status=Status.NONE_OCCURRED)),
        (targets[3], Value(targets[3].indicator, "u", "2026-H1", numerator=Decimal(111), value=Decimal(111), **over)),
    ]
    tally = judgement.tally(made, held, rows)
    # 76 of 100 is over 75 (2030); 111 boys is over 109 (2030); enterprises are counted at the year's end.
    assert tally == judgement.Tally(all=4, valued=2, met=1, unmet=1, not_due=1, missing=0)
    assert judgement.unmet(made, held, rows) == [targets[3]]
