"""Norms held against figures: each case worked by hand beside it, at and around what the rule asks."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import OPERATORS
from tienbo.engine.norms import Judged, Standing, Told, compared, first_told, judge, judge_each, together

EDITION = load("vn")
DAY = date(2026, 6, 14)


def told(value: float | str | None, qualifier: str = "exact", source: str = "form") -> Told:
    """A figure: a number; None is not told, "n/a" does not apply, "closed" is not this reader's."""
    if value is None:
        return Told("not_told")
    if isinstance(value, str) and not value.isdigit():
        return Told({"n/a": "not_applicable", "closed": "withheld", "later": "to_come"}[value])  # type: ignore[arg-type]
    return Told("told", Decimal(value), qualifier, source)  # type: ignore[arg-type]


def held(code: str, day: date = DAY, **figures: object) -> Judged:
    norm = EDITION.norms[code]
    rule = norm.rule_on(day)
    assert rule is not None
    known = {name: one if isinstance(one, Told) else told(one) for name, one in figures.items()}  # type: ignore[arg-type]
    return judge(norm, rule.value, known)


# norm, figures, where it stands, why
CASES: list[tuple[str, dict[str, object], str, str]] = [
    # The 30 % rule: 3/10 = 30 % holds; 2999/10000 = 29,99 % does not; 30/101 = 29,70… % does not.
    ("rule30", {"staff": 10, "women": 3, "leaders": 2, "leaders_women": 0}, "not_met", ""),
    ("rule30", {"staff": 10, "women": 3, "leaders": 2, "leaders_women": 1}, "met", ""),
    ("rule30", {"staff": 10_000, "women": 2_999, "leaders": 2, "leaders_women": 0}, "not_applicable", "condition"),
    ("rule30", {"staff": 10_000, "women": 3_000, "leaders": 2, "leaders_women": 0}, "not_met", ""),
    ("rule30", {"staff": 101, "women": 30, "leaders_women": 0}, "not_applicable", "condition"),
    ("rule30", {"staff": 0, "women": 0, "leaders": 0, "leaders_women": 0}, "not_applicable", "nobody"),
    ("rule30", {"staff": None, "women": 3, "leaders_women": 0}, "not_told", "missing"),
    ("rule30", {"staff": 10, "women": 3, "leaders_women": None}, "not_told", "missing"),
    # The condition decides before the test is looked at: 2/10 women, and leaders nobody told of.
    ("rule30", {"staff": 10, "women": 2, "leaders_women": None}, "not_applicable", "condition"),
    ("rule30", {"staff": "n/a", "women": "n/a", "leaders_women": "n/a"}, "not_applicable", "does_not_apply"),
    # No leader in post at all: nobody of them is a woman.
    ("rule30", {"staff": 4, "women": 4, "leaders": 0, "leaders_women": 0}, "not_met", ""),
    # "At least 3 women of 10" shows 30 %; "at least 2" shows nothing; of "at least 10" staff 2 women are 20 % at most.
    ("rule30", {"staff": 10, "women": told(3, "at_least"), "leaders_women": 1}, "met", ""),
    ("rule30", {"staff": 10, "women": told(2, "at_least"), "leaders_women": 1}, "not_told", "bound"),
    ("rule30", {"staff": told(10, "at_least"), "women": 2, "leaders_women": 0}, "not_applicable", "condition"),
    ("rule30", {"staff": told(10, "at_least"), "women": 3, "leaders_women": 0}, "not_told", "bound"),
    ("rule30", {"staff": told(10, "estimate"), "women": told(3, "estimate"), "leaders_women": 0}, "not_met", ""),
    # 35 % of each list: 7/20 = 35 %; 34/100 and 6999/20000 = 34,995 % are less.
    ("lists.hdnd", {"candidates": 20, "women": 7}, "met", ""),
    ("lists.hdnd", {"candidates": 100, "women": 34}, "not_met", ""),
    ("lists.hdnd", {"candidates": 20_000, "women": 6_999}, "not_met", ""),
    ("lists.hdnd", {"candidates": 0, "women": 0}, "not_applicable", "nobody"),
    ("lists.hdnd", {"candidates": 20, "women": None}, "not_told", "missing"),
    ("lists.qh", {"candidates": 868, "women": 393}, "met", ""),  # 2021: 45,3 %
    ("lists.qh", {"candidates": 864, "women": 302}, "not_met", ""),  # 302,4 would be 35 %
    # 15 % of a committee: 3/20 = 15 %; 4/27 = 14,8 %.
    ("party.committee", {"members": 20, "women": 3}, "met", ""),
    ("party.committee", {"members": 27, "women": 4}, "not_met", ""),
    # Planning 40 %: 2/5; 39/100. Trained 75 %: 3/4; 2/3. Nobody in planning, or no woman, is no share.
    ("planning.women", {"people": 5, "women": 2}, "met", ""),
    ("planning.women", {"people": 100, "women": 39}, "not_met", ""),
    ("planning.women", {"people": 0, "women": 0}, "not_applicable", "nobody"),
    ("planning.women", {"people": "closed", "women": "closed"}, "withheld", "withheld"),
    ("planning.women", {"people": "later", "women": "later"}, "to_come", "not_over"),
    ("planning.trained", {"women": 4, "trained": 3}, "met", ""),
    ("planning.trained", {"women": 3, "trained": 2}, "not_met", ""),
    ("planning.trained", {"women": 0, "trained": 0}, "not_applicable", "nobody"),
    # The Party's guideline of 20 % is apart from the 40 %.
    ("planning.party", {"people": 5, "women": 1}, "met", ""),
    ("planning.party", {"people": 6, "women": 1}, "not_met", ""),
    # Target 1.1 by body: one woman is enough; a ward without a council is not asked.
    ("key_leader.ubnd", {"leaders": 4, "women": 1}, "met", ""),
    ("key_leader.ubnd", {"leaders": 4, "women": 0}, "not_met", ""),
    ("key_leader.hdnd", {"leaders": "n/a", "women": "n/a"}, "not_applicable", "does_not_apply"),
]


@pytest.mark.parametrize(("code", "figures", "standing", "because"), CASES)
def test_a_norm_stands_where_it_was_worked_out_by_hand(
    code: str, figures: dict[str, object], standing: str, because: str
) -> None:
    found = held(code, **figures)
    assert (found.standing, found.because) == (standing, because)
    if because == "missing":
        assert found.lacks == tuple(
            name for name in (*_compared(code),) if figures.get(name, 0) is None
        )  # what is missing is said, and nothing else


def _compared(code: str) -> list[str]:
    norm = EDITION.norms[code]
    named = [one for test in norm.when for one in (test.figure, test.over) if one]
    return [*named, *[one for one in (norm.test.figure, norm.test.over) if one and one not in named]]


def test_shares_keep_their_exact_parts() -> None:
    found = held("rule30", staff=10_000, women=2_999, leaders_women=0)
    assert found.condition == Fraction(2_999, 10_000)
    assert held("lists.hdnd", candidates=3, women=1).share == Fraction(1, 3)


def test_what_the_document_eases_is_told_by_the_staff() -> None:
    """29 women of 100 staff may be adjusted, 30 of 100 may not; where nobody told the staff nothing is said of it."""
    planned = {"people": 100, "women": 20}
    assert held("planning.women", **planned, staff=100, staff_women=29).eased is True
    assert held("planning.women", **planned, staff=100, staff_women=30).eased is False
    assert held("planning.women", **planned).eased is None


# days around a change of rule: what is asked then, None where nothing is (by hand from the documents)
DATES = [
    ("rule30", date(2007, 4, 26), None),
    ("rule30", date(2007, 4, 27), "1"),
    ("lists.hdnd", date(2021, 5, 23), "0.35"),
    ("party.committee", date(2019, 5, 29), None),
    ("party.committee", date(2025, 4, 13), "0.15"),
    ("party.committee", date(2025, 4, 14), "0.15"),
    ("planning.women", date(2024, 12, 31), None),
    ("planning.women", date(2025, 1, 1), "0.40"),
    ("planning.women", date(2029, 12, 31), "0.40"),
    ("planning.women", date(2030, 12, 14), "0.50"),
    ("planning.women", date(2031, 1, 1), None),
    ("planning.trained", date(2029, 12, 14), "0.75"),
    ("planning.trained", date(2030, 12, 14), "0.90"),
    ("key_leader.ubnd", date(2021, 3, 2), None),
    ("media.each_quarter", date(2030, 12, 31), "4"),
    ("media.each_quarter", date(2031, 1, 1), None),
]


@pytest.mark.parametrize(("code", "day", "value"), DATES)
def test_a_rule_holds_in_its_own_days(code: str, day: date, value: str | None) -> None:
    rule = EDITION.norms[code].rule_on(day)
    assert (rule.value if rule else None) == (Decimal(value) if value else None)


def test_the_share_of_2025_is_marked_and_that_of_2019_is_not() -> None:
    norm = EDITION.norms["party.committee"]
    assert [one.confidence.value for one in norm.rules] == ["confirmed", "unconfirmed"]


@pytest.mark.parametrize(
    ("first", "second", "standing"),
    [
        (4, 4, "met"),
        (16, 0, "not_met"),  # sixteen in one quarter do not stand for none in the other
        (3, None, "not_met"),
        (4, None, "not_told"),
        (4, "later", "to_come"),
        (3, "later", "not_met"),
        (None, None, "not_told"),
        ("closed", 4, "withheld"),
    ],
)
def test_each_quarter_is_judged_by_itself(first: object, second: object, standing: str) -> None:
    norm = EDITION.norms["media.each_quarter"]
    found = judge_each(norm, Decimal(4), {"q1": told(first), "q2": told(second)})  # type: ignore[arg-type]
    assert found.standing == standing
    assert [one.member for one in found.parts] == ["q1", "q2"]


def test_the_first_source_that_tells_counts_and_the_others_stand_beside_it() -> None:
    found = first_told([told(None), told(5, source="register"), told(7, source="body"), told(5, source="posts")])
    assert (found.value, found.source) == (5, "register")
    assert [(one.source, one.value) for one in found.differs] == [("body", 7)]
    assert first_told([told("later"), told("n/a")]).known == "not_applicable"
    assert first_told([]).known == "not_told"


def test_a_share_is_of_one_source() -> None:
    """The return tells all members and not the women among them; a page tells both: its 4 of 27, not 4 of 20. Where the
    page tells the women only, there is no share at all."""
    members, women = [told(20), told(27, source="posts")], [told(None), told(4, source="posts")]
    found = together("women", "members", {"members": members, "women": women})
    assert (found["women"].value, found["members"].value) == (4, 27)
    assert [(one.source, one.value) for one in found["members"].differs] == [("form", 20)]
    alone = together("women", "members", {"members": members[:1], "women": women})
    assert (alone["women"].known, alone["members"].value) == ("not_told", 20)


def test_comparisons_agree_with_trying_every_value_that_a_lower_bound_allows() -> None:
    """Small figures, each exact or "at least": what holds of every value up to 12 holds, what holds of none does not,
    and of the rest nothing is said."""
    test = EDITION.norms["rule30"].when[0]
    for women, staff, open_women, open_staff in itertools.product(range(4), range(1, 6), (0, 1), (0, 1)):
        figures = {
            "women": told(women, "at_least" if open_women else "exact"),
            "staff": told(staff, "at_least" if open_staff else "exact"),
        }
        tried = {
            OPERATORS[test.op](Fraction(one, of), Fraction(test.value))
            for one in (range(women, 61) if open_women else (women,))
            for of in (range(staff, 61) if open_staff else (staff,))
        }
        expected = tried.pop() if len(tried) == 1 else None
        assert compared(test, test.value, figures).holds is expected, (women, staff, open_women, open_staff)


def test_every_standing_has_a_case() -> None:
    assert {standing for _code, _figures, standing, _because in CASES} == {one.value for one in Standing}
    assert {code for code, *_rest in CASES} | {"media.each_quarter", "committee.local"} == set(EDITION.norms)
