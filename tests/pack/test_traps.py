"""The seventeen pitfalls that change numbers: what keeps each of them, a rule of the pack or an answer worked by hand.

The answers go the whole road of a number: figures on the pack's own forms, facts, values, verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.catalogue.edition import make
from tests.catalogue.test_lint import EXAMPLES
from tests.engine.small import Said, ground, tree

from tienbo.catalogue.content import Content, Figure, Statement
from tienbo.catalogue.lint import RULES
from tienbo.catalogue.loading import PACKS, Edition, read
from tienbo.catalogue.returns import check, facts, layout
from tienbo.core.faults import Level
from tienbo.core.periods import Period
from tienbo.core.tree import Tree
from tienbo.core.words import number
from tienbo.engine.evaluate import Audience, Question, evaluate
from tienbo.engine.values import Status, Value
from tienbo.papers.bindings import Binder
from tienbo.papers.judgement import is_met, plan
from tienbo.papers.workbook.numbers import TwoReadings, number_spelled

TRAPS: dict[int, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    1: (
        "the base of a share: agencies, persons, a list, the elected",
        ("a_share_is_of_the_same_thing", "members_are_declared"),
        ("test_agencies_with_a_woman_are_not_women_among_leaders",),
    ),
    2: (
        "per cent and percentage points",
        (),
        ("test_the_difference_of_two_shares_is_in_points",),
    ),
    3: (
        "rounding: counts are kept, the share is computed, a printed share stands beside it",
        ("unit_fits_the_formula",),
        ("test_the_counts_are_kept_and_the_share_is_computed", "test_a_share_printed_without_its_count_stays_beside"),
    ),
    4: (
        "parts that do not add up to the printed total",
        ("parts_have_a_whole", "check_addresses_exist"),
        ("test_parts_that_do_not_add_up_are_told_and_nothing_is_changed",),
    ),
    5: ("attendances and persons", ("attendances_are_not_persons", "summed_terms_share_a_measure"), ()),
    6: (
        "stock and flow",
        ("summed_terms_share_their_time", "only_stocks_stay_unchanged"),
        ("test_models_there_are_and_models_that_are_new_make_a_year_differently",),
    ),
    7: ("merged units", (), ("test_a_year_over_a_merger_is_not_yet_comparable",)),
    8: (
        "direction, and strict limits",
        (
            "operators_agree_with_the_direction",
            "words_agree_with_the_operator",
            "rates_improve_downwards",
            "targets_go_forward",
        ),
        ("test_exactly_the_limit_does_not_meet_below_it",),
    ),
    9: ("the period ends on 14/6", ("regimes_partition_time",), ("test_a_day_after_the_lock_is_in_the_next_period",)),
    10: (
        "a number per 100, a factor",
        ("target_values_are_possible", "unit_fits_the_formula"),
        ("test_boys_per_100_girls_may_be_above_100",),
    ),
    11: (
        "a zero denominator",
        ("a_zero_base_is_explained", "nil_is_a_count_of_zero"),
        ("test_nobody_detected_is_neither_0_nor_100_per_cent",),
    ),
    12: ("deputies move within a term", (), ("test_a_target_of_a_term_is_held_against_its_start",)),
    13: ("Vietnamese numbers", (), ("test_a_dot_groups_thousands_and_a_comma_begins_decimals",)),
    14: (
        "one number, two documents",
        ("documents_are_told_apart", "documents_are_dated"),
        ("test_the_two_directives_35_are_two_documents",),
    ),
    15: (
        "women over all, not over men",
        ("a_share_is_of_the_whole",),
        ("test_one_sex_over_the_other_only_in_3_1_and_4_1",),
    ),
    16: ("small bases", (), ("test_in_a_commune_target_1_1_is_0_50_or_100",)),
    17: (
        "names of standing bodies change",
        ("forms_ask_those_who_report",),
        ("test_no_form_is_sent_to_an_office_that_may_be_renamed",),
    ),
}
"""Number in the domain reference → what it is, the rules that keep it, the answers that keep it."""


@pytest.mark.parametrize("trap", range(1, 18))
def test_every_pitfall_is_kept_by_a_rule_that_bites_or_an_answer_worked_by_hand(trap: int) -> None:
    what, rules, answers = TRAPS[trap]
    assert rules or answers, what
    by_name = {rule.__name__: rule for rule in RULES}
    for name in rules:
        examples = [(code, change) for rule, code, change in EXAMPLES if rule == name]
        assert examples, f"{name} is never broken"
        for code, change in examples:
            assert code in {fault.code for fault in by_name[name](make(change))}
    for name in answers:
        assert callable(globals()[name])


# --------------------------------------------------------------------------------------------------- the road

FORMS = {
    "commune": "xa",
    "district": "huyen_2014",
    "department.health": "so_nganh_y_te",
    "department.statistics": "so_nganh_thong_ke",
}
PROVINCE = {
    1: (None, "province"),
    2: (1, "commune"),
    3: (1, "commune"),
    4: (1, "commune"),
    5: (1, "department.health"),
    6: (1, "department.statistics"),
}
"""A province with three communes and two departments."""

Told = Mapping[int, Mapping[str, Any]]
"""Unit → address → figure, or block → statement."""


@pytest.fixture(scope="module")
def edition() -> Edition:
    edition, _faults = read(PACKS / "vn")
    return edition


class Country:
    """Values from what units write on the pack's forms."""

    def __init__(self, edition: Edition, folder: Path, told: Mapping[str, Told], trees: Mapping[str, Tree]) -> None:
        self.edition = edition
        rows = []
        for period, units in told.items():
            for unit, said in units.items():
                content = content_of(edition, trees[period].kinds[unit], period, said)
                rows += [
                    Said(unit, period, fact.series, fact.value, fact.qualifier, origin=fact.origin, cell=fact.cell)
                    for fact in facts(edition, content)
                ]
        self.ground = ground(folder, trees, rows)

    def value(self, indicator: str, unit: int, period: str) -> Value:
        (value,) = evaluate(
            self.edition,
            Question((indicator,), (Period.parse(period),), (unit,)),
            ground=self.ground,
            scope=None,
            audience=Audience("statutory", unit),
            basis="accepted",
        )
        return value


def content_of(edition: Edition, kind: str, period: str, said: Mapping[str, Any]) -> Content:
    figures = {
        address: value if isinstance(value, Figure) else Figure(Decimal(str(value)))
        for address, value in said.items()
        if ":" in address
    }
    statements = {code: cast(Statement, word) for code, word in said.items() if ":" not in code}
    made = Content(FORMS[kind], "edition", "unit", Period.parse(period), figures, statements)
    assert figures.keys() <= layout(edition, made.form, made.period).slots.keys()
    return made


@pytest.fixture
def country(edition: Edition, tmp_path: Path) -> Any:
    def build(told: Mapping[str, Told], trees: Mapping[str, Tree] | None = None) -> Country:
        maps = trees or {period: tree(PROVINCE) for period in told}
        return Country(edition, tmp_path / "facts", told, maps)

    return build


def leaders(ubnd: tuple[int, int], hdnd: tuple[int, int] | None) -> dict[str, Any]:
    """(all, women) of the People's Committee and of the council; None: there is no council."""
    said: dict[str, Any] = {"ubnd_key:total": ubnd[0], "ubnd_key:women": ubnd[1]}
    if hdnd is None:
        return {**said, "council": "not_applicable"}
    return {**said, "hdnd_key:total": hdnd[0], "hdnd_key:women": hdnd[1]}


# ------------------------------------------------------------------------------------------------- the answers


def test_agencies_with_a_woman_are_not_women_among_leaders(country: Any) -> None:
    """Committees: 1 of 3, 0 of 4, 2 of 2 women; councils: 0 of 2, 1 of 2, none there. By agencies 3 of 5."""
    made = country(
        {
            "2026-H1": {
                2: leaders((3, 1), (2, 0)),
                3: leaders((4, 0), (2, 1)),
                4: leaders((2, 2), None),
            }
        }
    )
    agencies = made.value("leadership.agencies_with_women", 1, "2026-H1")
    assert (agencies.numerator, agencies.denominator, agencies.value) == (3, 5, 60)
    committees = made.value("leadership.ubnd_with_women", 1, "2026-H1")
    assert (committees.numerator, committees.denominator) == (2, 3)
    persons = made.value("leaders.ubnd_women_share", 1, "2026-H1")
    assert (persons.numerator, persons.denominator) == (3, 9)


def test_the_difference_of_two_shares_is_in_points(edition: Edition) -> None:
    """30.20 % after 25.95 % is 4.25 points more (election news write "4,25%"), and 16.4 per cent more."""
    binder = Binder(edition, cast(Any, None), cast(Any, SimpleNamespace(when=Period(2026, 1))))
    now, before = (
        Value("jobs.women_share", "u", "2026-H1", "", Status.VALUE, value=Decimal(share))
        for share in ("30.20", "25.95")
    )
    assert binder.change(now, before) == Decimal("4.25")


def test_the_counts_are_kept_and_the_share_is_computed(country: Any) -> None:
    """3 of 11 is 27.2727… %: the parts stay, the share is rounded where it is printed."""
    made = country({"2026-H1": {2: {"members:total": 11, "members:women": 3}}})
    value = made.value("committee.members_women_share", 2, "2026-H1")
    assert (value.numerator, value.denominator) == (3, 11)
    assert value.value is not None
    assert value.value * 11 == 300
    assert number(value.value, 1) == "27,3"


def test_a_share_printed_without_its_count_stays_beside(country: Any) -> None:
    """62 % of 1,100 jobs as a newspaper printed it: no number of women is made of it, and nothing is rolled up."""
    trees = {"2014-H1": tree({1: (None, "province"), 2: (1, "district")})}
    made = country({"2014-H1": {2: {"jobs_new:total": 1100, "jobs_women_percent:total": 62}}}, trees)
    printed = made.value("jobs.women_percent_published", 2, "2014-H1")
    assert (printed.value, printed.denominator) == (62, None)
    assert made.value("jobs.women_share", 2, "2014-H1").status is Status.NOT_REPORTED
    assert made.value("jobs.women_percent_published", 1, "2014-H1").status is Status.NOT_REPORTED


def test_parts_that_do_not_add_up_are_told_and_nothing_is_changed(edition: Edition) -> None:
    """103 boys and 98 girls of 203 births: two of unknown sex, a warning. 106 and 98 of 203 cannot be."""

    def told(boys: int) -> tuple[list[str], dict[str, Decimal | None]]:
        said = {"live_births:total": 203, "live_births:men": boys, "live_births:women": 98}
        content = content_of(edition, "department.health", "2026-H1", said)
        found = [fault for fault in check(edition, content) if fault.code == "return.check_fails"]
        kept = {fact.series: fact.value for fact in facts(edition, content) if fact.series.startswith("births.live")}
        return sorted(fault.level.value for fault in found), kept

    levels, kept = told(103)
    assert levels == [Level.WARNING.value]
    assert kept == {"births.live": 203, "births.live[sex=m]": 103, "births.live[sex=f]": 98}
    assert told(105)[0] == []
    assert told(106)[0] == [Level.ERROR.value, Level.WARNING.value]


def test_models_there_are_and_models_that_are_new_make_a_year_differently(country: Any) -> None:
    """3 models, then 4; 1 new, then 2: in the year there are 4, and 3 were new."""
    made = country(
        {
            "2026-H1": {2: {"models_active:total": 3, "models_new:total": 1}},
            "2026-H2": {2: {"models_active:total": 4, "models_new:total": 2}},
        }
    )
    assert made.value("gbv.models.active", 2, "2026").value == 4
    assert made.value("gbv.models.new", 2, "2026").value == 3


def test_a_year_over_a_merger_is_not_yet_comparable(country: Any) -> None:
    """Communes 2 and 3 became 7 on 1/7/2025: neither half of 2025 is the other's, and no sum is made."""
    trees = {
        "2025-H1": tree({1: (None, "province"), 2: (1, "commune"), 3: (1, "commune")}),
        "2025-H2": tree({1: (None, "province"), 7: (1, "commune")}),
    }
    told = {"2025-H1": {2: {"classes:total": 2}, 3: {"classes:total": 3}}, "2025-H2": {7: {"classes:total": 4}}}
    made = country(told, trees)
    assert made.value("training.classes", 1, "2025-H1").value == 5
    assert made.value("training.classes", 1, "2025-H2").value == 4
    assert made.value("training.classes", 1, "2025").status is Status.NOT_COMPARABLE


def test_exactly_the_limit_does_not_meet_below_it(country: Any, edition: Edition) -> None:
    """2.2 is "dưới 30": 300 of 1,000 does not meet it, 299 does. 4.2 is "42" in 2025 and "dưới 42" in 2030."""
    target = edition.targets["NSGE-2.2"]
    indicator, asked = edition.indicators[target.indicator], plan(target, 2025)
    assert asked is not None
    for women, met in ((300, False), (299, True), (301, False)):
        said = {"employed:women": 1000, "agriculture:women": women}
        value = country({"2025-H2": {6: said}}).value(indicator.code, 1, "2025-H2")
        assert is_met(indicator, value, asked) is met
    deaths = edition.targets["NSGE-4.2"]
    ratio = Value("maternal.mortality_ratio", "u", "2025", "", Status.VALUE, Decimal(42), Decimal(100000), Decimal(42))
    verdicts = {
        year: is_met(edition.indicators[deaths.indicator], ratio, cast(Any, plan(deaths, year)))
        for year in (2025, 2030)
    }
    assert verdicts == {2025: True, 2030: False}


def test_a_day_after_the_lock_is_in_the_next_period(edition: Edition) -> None:
    """Six months are 15/12 to 14/6, not January to June."""
    calendar = edition.calendar
    first, second = (calendar.span(Period.parse(label)) for label in ("2026-H1", "2026-H2"))
    assert (first.start, first.last_day) == (date(2025, 12, 15), date(2026, 6, 14))
    assert second.contains(date(2026, 6, 20))
    assert not first.contains(date(2026, 6, 20))
    assert calendar.due(Period.parse("2026-H1")) == date(2026, 6, 25)


def test_boys_per_100_girls_may_be_above_100(country: Any, edition: Edition) -> None:
    """1,110 boys, 1,000 girls: 111 per 100, which is no percentage; 3.06 hours over 1.8 is 1.7 times."""
    said = {"live_births:total": 2110, "live_births:men": 1110, "live_births:women": 1000, "maternal_deaths:total": 0}
    value = country({"2026-H1": {5: said}}).value("births.sex_ratio", 1, "2026-H1")
    assert value.value == 111
    indicator = edition.indicators["births.sex_ratio"]
    assert is_met(indicator, value, cast(Any, plan(edition.targets["NSGE-4.1"], 2025))) is True
    assert edition.indicators["time.unpaid_ratio"].unit.scale == 1


def test_nobody_detected_is_neither_0_nor_100_per_cent(country: Any) -> None:
    """One block "không phát sinh" in a commune, three victims served of four in another."""
    made = country({"2026-H1": {2: {"cases": "nil"}, 3: {"victims:total": 4, "victims_served:total": 3}}})
    none = made.value("gbv.victims_served_share", 2, "2026-H1")
    assert (none.status, none.value) == (Status.NONE_OCCURRED, None)
    assert none.denominator == 0
    assert made.value("gbv.victims_served_share", 1, "2026-H1").value == 75
    assert made.value("gbv.victims_served_share", 4, "2026-H1").status is Status.NOT_REPORTED


def test_a_target_of_a_term_is_held_against_its_start(country: Any, edition: Edition) -> None:
    """30 deputies with 10 women were elected; two men and one woman left since: 33.3 %, not 9 of 27."""
    said = {
        "deputies_elected:total": 30,
        "deputies_elected:women": 10,
        "deputies:total": 27,
        "deputies:women": 9,
    }
    made = country({"2026-H2": {2: said}})
    target = edition.targets["PARTY-NQ26-DEPUTIES"]
    held = made.value(target.indicator, 2, "2026-H2")
    assert (held.numerator, held.denominator) == (10, 30)
    now = made.value("hdnd.commune.women_share", 2, "2026-H2")
    assert (now.numerator, now.denominator) == (9, 27)
    for other in edition.targets.values():
        if other.frequency == "term":
            held_against = {edition.indicators[code] for code in (other.indicator, *other.also)}
            elements = {term.series.element for indicator in held_against for term in indicator.terms}
            assert all(name.endswith(".elected") or name == "qh.deputies" for name in elements), other.code


def test_a_dot_groups_thousands_and_a_comma_begins_decimals() -> None:
    assert number_spelled("2.450", "count") == (2450, None)
    assert number_spelled("41,5", "decimal") == (Decimal("41.5"), None)
    assert number_spelled("1.234.567,5", "decimal") == (Decimal("1234567.5"), None)
    with pytest.raises(TwoReadings):
        number_spelled("2.450", "decimal")


def test_the_two_directives_35_are_two_documents(edition: Edition) -> None:
    first, second = edition.documents["ct35_2019"], edition.documents["ct35_2024"]
    assert first.number == second.number == "CT 35-CT/TW"
    assert (first.cited, second.cited) == ("CT 35-CT/TW (30/5/2019)", "CT 35-CT/TW (14/6/2024)")
    assert edition.targets["PARTY-CONG-2020-CAPUY"].document == "ct35_2019"
    assert edition.targets["PARTY-CONG-2025-CAPUY"].document == "ct45_2025"


def test_one_sex_over_the_other_only_in_3_1_and_4_1(edition: Edition) -> None:
    crossed = set()
    for indicator in edition.indicators.values():
        over, under = ({term.series.members for term in side} for side in (indicator.numerator, indicator.denominator))
        if any("sex=f" in one for one in over) and any("sex=m" in one for one in under):
            crossed.add(indicator.code)
        if any("sex=m" in one for one in over) and any("sex=f" in one for one in under):
            crossed.add(indicator.code)
    assert crossed == {"time.unpaid_ratio", "births.sex_ratio"}


def test_in_a_commune_target_1_1_is_0_50_or_100(country: Any) -> None:
    """Two bodies, one of them or none where there is no council: no other value can be."""
    cases: Sequence[tuple[tuple[int, int], tuple[int, int] | None, int]] = (
        ((3, 0), (2, 0), 0),
        ((3, 3), (2, 0), 50),
        ((3, 0), (2, 1), 50),
        ((3, 1), (2, 2), 100),
        ((3, 0), None, 0),
        ((3, 2), None, 100),
    )
    for ubnd, hdnd, share in cases:
        made = country({"2026-H1": {2: leaders(ubnd, hdnd)}})
        assert made.value("leadership.agencies_with_women", 2, "2026-H1").value == share


def test_no_form_is_sent_to_an_office_that_may_be_renamed(edition: Edition) -> None:
    """The receiver is the committee through whoever is its standing agency: Sở LĐTBXH until 2025, Sở Nội vụ since."""
    for form in edition.forms.values():
        assert "Ủy ban quốc gia" in form.receiver.vi or "Ban Vì sự tiến bộ của phụ nữ" in form.receiver.vi
        assert "Sở" not in form.receiver.vi
