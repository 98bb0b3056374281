"""Where a target stands: on the exact value, by the tally of the papers, and why where there is no verdict."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from tienbo.catalogue.definitions import Target
from tienbo.catalogue.loading import Edition, load
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.papers import judgement, verdicts
from tienbo.papers.bindings import Binder
from tienbo.papers.blocks import Bound, plain
from tienbo.papers.context import Context, UnitRef
from tienbo.papers.moves import compared_with, moves
from tienbo.papers.verdicts import Verdict, verdict

H1, H2 = Period(2026, 1), Period(2025, 2)


@pytest.fixture(scope="module")
def edition() -> Edition:
    return load("vn")


def ratio(target: Target, numerator: int, denominator: int, period: Period = H2, **more: object) -> Value:
    """A share of the target's indicator in per cent, as the engine gives it."""
    value = Decimal(numerator) * 100 / denominator
    made = Value(target.indicator, "u", period.code, status=Status.VALUE, value=value, units_reported=1, units_due=1)
    return made._replace(numerator=Decimal(numerator), denominator=Decimal(denominator), **more)  # type: ignore[arg-type]


def stands(edition: Edition, code: str, value: Value, period: Period = H2, **how: bool) -> Verdict:
    target = edition.targets[code]
    return verdict(target, edition.indicators[target.indicator], value, period, **how)


def test_a_verdict_rests_on_the_exact_value_and_not_on_the_printed_one(edition: Edition) -> None:
    below = edition.targets["NSGE-2.2"]  # < 30 in 2025
    assert stands(edition, "NSGE-2.2", ratio(below, 29_999, 100_000)) is Verdict.MET  # printed 29,999, rounds to 30,0
    assert stands(edition, "NSGE-2.2", ratio(below, 3, 10)) is Verdict.UNMET
    least = edition.targets["NSGE-1.1"]  # >= 60 in 2025
    assert stands(edition, "NSGE-1.1", ratio(least, 59_999, 100_000)) is Verdict.UNMET  # rounds to 60,0
    assert stands(edition, "NSGE-1.1", ratio(least, 3, 5)) is Verdict.MET


def test_about_is_never_judged(edition: Edition) -> None:
    target = edition.targets["NSGE-2.1"]  # "khoảng 60" in 2030, the next year that has a value
    in_2027 = Period(2027, 2)
    assert stands(edition, "NSGE-2.1", ratio(target, 99, 100, in_2027), in_2027) is Verdict.ABOUT


def test_at_least_is_judged_only_where_more_could_not_change_it(edition: Edition) -> None:
    least = edition.targets["NSGE-1.1"]
    assert stands(edition, "NSGE-1.1", ratio(least, 61, 100, qualifier="at_least")) is Verdict.MET
    assert stands(edition, "NSGE-1.1", ratio(least, 59, 100, qualifier="at_least")) is Verdict.UNJUDGED


def test_before_its_time_is_not_missing(edition: Edition) -> None:
    yearly = Value("labour.women_wage_share", "u", "2026-H1", status=Status.NOT_REPORTED)
    assert stands(edition, "NSGE-2.1", yearly, H1) is Verdict.NOT_DUE
    half = Value("births.sex_ratio", "u", "2026-H1", status=Status.NOT_REPORTED, units_due=1)
    assert stands(edition, "NSGE-4.1", half, H1) is Verdict.MISSING


def test_a_target_of_another_level_has_a_value_and_no_verdict(edition: Edition) -> None:
    target = edition.targets["NSGE-1.1"]
    assert stands(edition, "NSGE-1.1", ratio(target, 1, 2), held=False) is Verdict.NOT_HELD
    nothing = Value(target.indicator, "u", "2025-H2")
    assert stands(edition, "NSGE-1.1", nothing, held=False, asked=True) is Verdict.MISSING
    assert stands(edition, "NSGE-1.1", nothing, held=False, asked=False) is Verdict.NOT_ASKED
    assert stands(edition, "NSGE-1.1", nothing, held=True, asked=False) is Verdict.MISSING


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (Status.NOT_APPLICABLE, Verdict.NOT_APPLICABLE),
        (Status.NONE_OCCURRED, Verdict.NONE_OCCURRED),
        (Status.NOT_COMPARABLE, Verdict.NOT_COMPARABLE),
        (Status.INTERVAL, Verdict.INTERVAL),
        (Status.WITHHELD, Verdict.WITHHELD),
    ],
)
def test_why_there_is_no_value_is_kept_apart(edition: Edition, status: Status, found: Verdict) -> None:
    value = Value("leadership.agencies_with_women", "u", "2025-H2", status=status)
    assert stands(edition, "NSGE-1.1", value) is found
    assert stands(edition, "NSGE-1.1", value, held=False, asked=False) is found


def context(edition: Edition, period: Period, **more: object) -> Context:
    return Context(
        unit=UnitRef("u", "Tỉnh Vĩnh An", "province"),
        profile=edition.signing_profiles["ban"],
        place="Vĩnh An",
        period=period.code,
        span=Span(edition.calendar.span(period).start, edition.calendar.span(period).end),
        **more,  # type: ignore[arg-type]
    )


def test_the_tally_is_that_of_the_papers_whatever_the_values_are(edition: Edition) -> None:
    draw = random.Random(5)  # noqa: S311 - any values will do
    for period in (H1, H2):
        held = judgement.applicable(edition, context(edition, period))
        assert len(held) > 20
        for _round in range(20):
            values = []
            for target in held:
                value = ratio(target, draw.randint(0, 100), 100, period)
                value = value._replace(status=draw.choice(list(Status)), qualifier=draw.choice(["exact", "at_least"]))
                if value.status is not Status.VALUE:
                    value = Value(*value[:4], status=value.status, units_due=draw.randint(0, 1))
                values.append((target, value))
            tally = judgement.tally(edition, context(edition, period), values)
            found = [row.verdict for row in verdicts.standings(edition, period, values)]
            assert tally.met == found.count(Verdict.MET)
            assert tally.unmet == found.count(Verdict.UNMET)
            assert tally.not_due == found.count(Verdict.NOT_DUE)
            assert tally.missing == found.count(Verdict.MISSING)
            assert tally.valued == sum(one in verdicts.VALUED for one in found)
            groups = verdicts.by_group(verdicts.standings(edition, period, values))
            assert sum(sum(one.values()) for one in groups.values()) == tally.all == len(held)


def test_what_is_told_first_is_furthest_from_what_is_asked_and_told_once(edition: Edition) -> None:
    values = [
        # 54 of 60: a tenth short. 40 of 80: half short. LM-1 is the same quantity as NSGE-1.1. 29 of "< 30" is met.
        (edition.targets["NSGE-1.1"], ratio(edition.targets["NSGE-1.1"], 54, 100)),
        (edition.targets["LM-1"], ratio(edition.targets["LM-1"], 54, 100)),
        (edition.targets["NSGE-3.2a"], ratio(edition.targets["NSGE-3.2a"], 40, 100)),
        (edition.targets["NSGE-2.2"], ratio(edition.targets["NSGE-2.2"], 29, 100)),
    ]
    told = verdicts.telling(verdicts.standings(edition, H2, values), 5)
    assert [row.target.code for row in told] == ["NSGE-3.2a", "NSGE-1.1"]
    assert [row.shortfall for row in told] == [Decimal("0.5"), Decimal("0.1")]


# ---------------------------------------------------------------------------------------------------- what moved


def binder(edition: Edition, now: dict[str, tuple[int, int]], then: dict[str, tuple[int, int]]) -> Binder:
    rows = []
    for period, figures in ((H1, now), (H2, then)):
        for code, (numerator, denominator) in figures.items():
            rows.append(ratio(edition.targets[code], numerator, denominator, period))
    made = context(edition, H1, previous="2025-H2", same_last_year="2025-H1", comparable={"2025-H1": False})
    return Binder(edition, FrozenValues.of(rows), made)


def test_a_value_between_two_bounds_is_printed_with_both_and_one_through_shares_is_starred(edition: Edition) -> None:
    made = binder(edition, {}, {})
    there = Value("training.classes", "u", "2025-H2", map_day="2025-07-01", low=Decimal(20), high=Decimal(36))
    between = there._replace(status=Status.INTERVAL)
    cell = made.cell(between)
    assert plain(cell) == "từ 20 đến 36"
    low, high = (run for run in cell if isinstance(run, Bound))
    found = Binder(edition, FrozenValues.of([between]), made.context)
    assert [found.resolve(one.key) for one in (low, high)] == [20, 36]
    assert found.part(between, "value") is None
    stated = there._replace(status=Status.VALUE, value=Decimal(28), estimated_share=Decimal(1))
    assert made.cell(stated)[-1] == "*"
    assert "*" not in made.cell(stated._replace(estimated_share=Decimal(0)))


def test_the_largest_move_comes_first_in_points_and_knows_its_way(edition: Edition) -> None:
    now = {"NSGE-1.1": (62, 100), "NSGE-2.2": (31, 100), "NSGE-3.2a": (80, 100)}
    then = {"NSGE-1.1": (60, 100), "NSGE-2.2": (26, 100), "NSGE-3.2a": (81, 100)}
    found = moves(binder(edition, now, then), "2025-H2")
    # LM-1 asks for the quantity of NSGE-1.1: told once.
    assert [(one.target.code, one.change) for one in found] == [("NSGE-2.2", 5), ("NSGE-1.1", 2), ("NSGE-3.2a", -1)]
    # Fewer women in agriculture is what NSGE-2.2 asks for: more is worse.
    assert [one.is_better for one in found] == [False, True, False]


def test_a_move_that_is_not_printed_and_one_without_a_value_before_are_no_moves(edition: Edition) -> None:
    found = binder(edition, {"NSGE-1.1": (60_001, 100_000), "NSGE-3.2a": (80, 100)}, {"NSGE-1.1": (60, 100)})
    assert moves(found, "2025-H2") == []


def test_another_map_of_units_is_not_compared_with(edition: Edition) -> None:
    assert compared_with(binder(edition, {}, {}).context) == "2025-H2"
    made = context(edition, H1, previous="2025-H2", same_last_year="2025-H1", comparable={"2025-H2": False})
    assert compared_with(made) == "2025-H1"
    apart = context(
        edition, H1, previous="2025-H2", same_last_year="2025-H1", comparable={"2025-H1": False, "2025-H2": False}
    )
    assert compared_with(apart) is None
