"""Rules about documents, groups, targets and reporting calendars: what the law set, and when."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tienbo.catalogue.definitions import Target, TargetValue, Unit
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import Rule, blocks, circles, doubted, found, period
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period, Regime
from tienbo.core.words import fold

worded(
    {
        "lint.unknown_document": N_("{definition} cites the document {document}, which is not defined."),
        "lint.documents_alike": N_(
            "The documents {definition} and {other} are both numbered {number}; give both their dates."
        ),
        "lint.document_date": N_("The document {definition} is dated {date}; write a year, 2021-03 or 2021-03-03."),
        "lint.unknown_group": N_("{definition} belongs to the group {group}, which is not defined."),
        "lint.unknown_indicator": N_("The target {definition} is of the indicator {indicator}, which is not defined."),
        "lint.also_of_another_unit": N_(
            "The target {definition} also holds {indicator} against its values, which is in another unit."
        ),
        "lint.unknown_target": N_("The target {definition} is under the target {parent}, which is not defined."),
        "lint.target_circle": N_("The target {definition} stands under itself."),
        "lint.operator_against_direction": N_(
            "The target {definition} is “{direction}”, but its value of {year} says “{op}”."
        ),
        "lint.strict_limit": N_(
            "The target {definition} says “{words}” in words, but its value of {year} says “{op}”."
        ),
        "lint.target_without_value": N_("The target {definition} has no value for {year}."),
        "lint.target_without_years": N_("The target {definition} has no values, and no words in their place."),
        "lint.value_of_a_judgement": N_("The target {definition} is judged in words and yet has a value for {year}."),
        "lint.target_out_of_range": N_(
            "The target {definition} sets {value} for {year}, which a value in {unit} cannot be."
        ),
        "lint.rate_upwards": N_(
            "The target {definition} wants at least a rate in {unit}; such rates usually improve downwards."
        ),
        "lint.target_goes_back": N_("The target {definition} sets {later} for {year}, less than {earlier} before it."),
        "lint.target_before_document": N_(
            "The target {definition} sets a value for {year}, before its document of {issued}."
        ),
        "lint.target_below_indicator": N_(
            "The target {definition} applies at {level} level, where {indicator} is not computed."
        ),
        "lint.total_held_below": N_(
            "The target {definition} is a national total, held against each {level}; say what one unit owes."
        ),
        "lint.target_without_unit": N_("The target {definition} is a local one and does not say of which unit."),
        "lint.unreadable_period": N_("{definition} begins or ends with {text}, which is not a half-year (2026-H1)."),
        "lint.period_order": N_("{definition} begins with {first} and ends before it, with {last}."),
        "lint.age_bands": N_("{definition}: each age band goes on where the one before ends."),
        "lint.unknown_retirement": N_("{definition} counts by the retirement ages {ages}, which are not defined."),
        "lint.no_regime": N_("No reporting calendar is defined."),
        "lint.regime_days": N_("The reporting calendar {definition} has a day that does not exist: {month}/{day}."),
        "lint.regime_order": N_(
            "The reporting calendars {definition} and the one before it do not follow each other without a gap."
        ),
    }
)


def documents_exist(edition: Edition) -> Iterator[Fault]:
    """Every citation names a document that is defined."""
    cited: dict[tuple[str, str, str], None] = {}
    for kind in ("elements", "indicators", "forms", "outlines", "registers", "norms", "signing_profiles"):
        for code, made in getattr(edition, kind).items():
            cited.update({(kind, code, document): None for document in made.cites})
    for form in edition.forms.values():
        whys = (why for block in blocks(form) for line in block.lines for why in line.why)
        cited.update({("forms", form.code, why): None for why in whys})
    for norm in edition.norms.values():
        cited.update({("norms", norm.code, rule.document): None for rule in norm.rules})
    for kind in (
        "targets",
        "groups",
        "regimes",
        "days_off",
        "retirement_ages",
        "age_rules",
        "release_rules",
        "clusters",
        "pipelines",
    ):
        for code, made in getattr(edition, kind).items():
            if made.document is not None:
                cited[kind, code, made.document] = None
    for kind, code, document in cited:
        if document not in edition.documents:
            yield found(edition, kind, code, "lint.unknown_document", document=document)


def age_rules_count_by_ages(edition: Edition) -> Iterator[Fault]:
    """The months left until retirement are counted by retirement ages that are defined."""
    for rules in edition.age_rules.values():
        if rules.retirement not in edition.retirement_ages:
            yield found(edition, "age_rules", rules.code, "lint.unknown_retirement", ages=rules.retirement)
    for made in edition.pipelines.values():
        if made.retirement not in edition.retirement_ages:
            yield found(edition, "pipelines", made.code, "lint.unknown_retirement", ages=made.retirement)


def age_bands_follow_one_another(edition: Edition) -> Iterator[Fault]:
    """Nobody falls between two bands of a pipeline or into both."""
    for made in edition.pipelines.values():
        apart = any(after.least != band.below for band, after in itertools.pairwise(made.bands))
        if apart or any(band.below <= band.least for band in made.bands):
            yield found(edition, "pipelines", made.code, "lint.age_bands")


def documents_are_told_apart(edition: Edition) -> Iterator[Fault]:
    """One number in two years is two documents (35-CT/TW of 2019 and of 2024): both then carry their dates."""
    by_number: dict[str, list[str]] = {}
    for document in edition.documents.values():
        by_number.setdefault(fold(document.number), []).append(document.code)
    for codes in by_number.values():
        for first, second in itertools.combinations(codes, 2):
            one, other = edition.documents[first], edition.documents[second]
            if not one.issued_on or not other.issued_on or one.issued_on == other.issued_on:
                fields = {"other": first, "number": one.number}
                yield found(edition, "documents", second, "lint.documents_alike", **fields)


def documents_are_dated(edition: Edition) -> Iterator[Fault]:
    """A document's date is a year, a month or a day that exists."""
    for document in edition.documents.values():
        if document.issued_on is not None and not _is_date(document.issued_on):
            yield found(edition, "documents", document.code, "lint.document_date", date=document.issued_on)


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
        return False
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    return _exists(year, month, day)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def groups_exist(edition: Edition) -> Iterator[Fault]:
    """An indicator, a target, a register and a norm belong to groups that are defined."""
    for register in edition.registers.values():
        if register.section not in edition.groups:
            yield found(edition, "registers", register.code, "lint.unknown_group", group=register.section)
    for norm in edition.norms.values():
        if norm.group not in edition.groups:
            yield found(edition, "norms", norm.code, "lint.unknown_group", group=norm.group)
    for indicator in edition.indicators.values():
        if indicator.group is not None and indicator.group not in edition.groups:
            yield found(edition, "indicators", indicator.code, "lint.unknown_group", group=indicator.group)
    for target in edition.targets.values():
        if target.group not in edition.groups:
            yield found(edition, "targets", target.code, "lint.unknown_group", group=target.group)


def targets_have_an_indicator(edition: Edition) -> Iterator[Fault]:
    """A target is of indicators that are defined."""
    for target in edition.targets.values():
        for code in (target.indicator, *target.also):
            if code not in edition.indicators:
                yield found(edition, "targets", target.code, "lint.unknown_indicator", indicator=code)


def also_is_in_the_same_unit(edition: Edition) -> Iterator[Fault]:
    """What is held against the same values is counted in the same unit."""
    for target, unit in _measured(edition):
        for code in target.also:
            if code in edition.indicators and edition.indicators[code].unit is not unit:
                yield found(edition, "targets", target.code, "lint.also_of_another_unit", indicator=code)


def target_parents_exist(edition: Edition) -> Iterator[Fault]:
    """A local target stands under one that is defined, and not under itself."""
    for target in edition.targets.values():
        if target.parent is not None and target.parent not in edition.targets:
            yield found(edition, "targets", target.code, "lint.unknown_target", parent=target.parent)
    for code in circles({target.code: target.parent for target in edition.targets.values()}):
        yield found(edition, "targets", code, "lint.target_circle")


_DIRECTIONS: dict[str, tuple[str, ...]] = {
    "at_least": (">=", ">", "~"),
    "below": ("<=", "<", "~"),
    "approximately": ("~",),
    "exactly": ("==",),
}


def operators_agree_with_the_direction(edition: Edition) -> Iterator[Fault]:
    """A target that improves downwards does not say "at least".

    All of something (100 %) may be written "==" in a target that is otherwise "at least"; a range ("from 10 to 15")
    may stand for "about".
    """
    for target in edition.targets.values():
        allowed = _DIRECTIONS.get(target.direction, ())
        for year, value in target.values.items():
            whole = target.direction == "at_least" and value.op == "==" and value.value == 100
            ranged = target.direction == "approximately" and value.upper is not None
            if allowed and value.op not in allowed and not whole and not ranged:
                fields = {"direction": target.direction, "year": year, "op": value.op}
                yield found(edition, "targets", target.code, "lint.operator_against_direction", **fields)


_LIMIT = re.compile(r"\b(dưới|trên|hơn|từ|tối thiểu|ít nhất|không quá|tối đa)\s+(\d+(?:,\d+)?)", re.IGNORECASE)
_WORDS = {
    "dưới": "<",
    "trên": ">",
    "hơn": ">",
    "từ": ">=",
    "tối thiểu": ">=",
    "ít nhất": ">=",
    "không quá": "<=",
    "tối đa": "<=",
}


def words_agree_with_the_operator(edition: Edition) -> Iterator[Fault]:
    """Where a target's words repeat its limit, "dưới 30" is "<" and "không quá 30" is "<="."""
    for target in edition.targets.values():
        for year, value in target.values.items():
            texts = [text.vi for text in (target.name, target.extra_condition, value.note) if text is not None]
            for words, figure in (limit for text in texts for limit in _LIMIT.findall(text)):
                if value.value != Decimal(figure.replace(",", ".")) or value.op == "~":
                    continue
                if _WORDS[words.lower()] != value.op and (value.op, words.lower()) != ("==", "từ"):
                    fields = {"words": f"{words} {figure}", "year": year, "op": value.op}
                    yield found(edition, "targets", target.code, "lint.strict_limit", **fields)


def targets_have_values(edition: Edition) -> Iterator[Fault]:
    """A target has a figure for each of its years; one that is judged in words has none."""
    for target in edition.targets.values():
        if target.direction == "qualitative":
            for year, value in target.values.items():
                if value.value is not None:
                    yield found(edition, "targets", target.code, "lint.value_of_a_judgement", year=year)
            continue
        for year, value in target.values.items():
            if value.value is None:
                yield found(edition, "targets", target.code, "lint.target_without_value", year=year)
        if not target.values and target.note is None:
            yield found(edition, "targets", target.code, "lint.target_without_years")


def target_values_are_possible(edition: Edition) -> Iterator[Fault]:
    """A percentage is 0 to 100, yes or no is 0 or 1, nothing is negative but a change, a range goes up."""
    for target, unit in _measured(edition):
        for year, value in target.values.items():
            if value.value is not None and not is_possible(value, unit):
                fields = {"value": value.value, "year": year, "unit": unit.value}
                yield found(edition, "targets", target.code, "lint.target_out_of_range", **fields)


def _measured(edition: Edition) -> Iterator[tuple[Target, Unit]]:
    for target in edition.targets.values():
        if target.indicator in edition.indicators:
            yield target, edition.indicators[target.indicator].unit


def is_possible(value: TargetValue, unit: Unit) -> bool:
    """Whether a target can ask for a value of an indicator in this unit."""
    figures = [figure for figure in (value.value, value.upper) if figure is not None]
    if figures != sorted(figures) or len(figures) != len(set(figures)):
        return False
    if unit is Unit.PERCENT:
        # 0.6 would be a share written for 60 %: a target below one per cent has not been seen in any document.
        return all(figure == 0 or 1 <= figure <= 100 for figure in figures)
    if unit is Unit.BOOLEAN:
        return all(figure in (0, 1) for figure in figures)
    if unit is Unit.COUNT:
        return all(figure >= 0 and figure == figure.to_integral_value() for figure in figures)
    return unit is Unit.PERCENT_CHANGE or all(figure >= 0 for figure in figures)


def rates_improve_downwards(edition: Edition) -> Iterator[Fault]:
    """Warning: what is counted per 100, per 1,000, per 100,000 or in times (111 boys, deaths, hours) goes down."""
    for target, unit in _measured(edition):
        if unit in (Unit.PER_100, Unit.PER_1000, Unit.PER_100000, Unit.TIMES) and target.direction == "at_least":
            yield doubted(edition, "targets", target.code, "lint.rate_upwards", unit=unit.value)


def targets_go_forward(edition: Edition) -> Iterator[Fault]:
    """A later year does not ask for less than an earlier one."""
    for target in edition.targets.values():
        sign = {"at_least": 1, "below": -1}.get(target.direction, 0)
        known = [(year, value.value) for year, value in target.values.items() if value.value is not None]
        for (_, earlier), (year, later) in itertools.pairwise(known):
            if (later - earlier) * sign < 0:
                fields = {"later": later, "year": year, "earlier": earlier}
                yield found(edition, "targets", target.code, "lint.target_goes_back", **fields)


def targets_follow_their_document(edition: Edition) -> Iterator[Fault]:
    """No document sets a target for a year before it was issued."""
    for target in edition.targets.values():
        document = edition.documents.get(target.document)
        issued = document.issued_on if document else None
        if issued is None or not _is_date(issued):
            continue
        for year in target.values:
            if year < int(issued[:4]):
                yield found(edition, "targets", target.code, "lint.target_before_document", year=year, issued=issued)


def targets_are_held_where_computed(edition: Edition) -> Iterator[Fault]:
    """A target is held against units only at levels where its indicator is computed."""
    for target in edition.targets.values():
        indicator = edition.indicators.get(target.indicator)
        for level in target.levels if indicator else ():
            if indicator and level not in indicator.levels:
                fields = {"level": level, "indicator": indicator.code}
                yield found(edition, "targets", target.code, "lint.target_below_indicator", **fields)


def national_totals_are_not_held_below(edition: Edition) -> Iterator[Fault]:
    """Warning: a count set for the country (9,000 groups) is held against a commune with a word on what it owes."""
    for target, unit in _measured(edition):
        said = target.extra_condition is not None or target.note is not None
        if unit is Unit.COUNT and target.owner == "national" and set(target.levels) != {"national"} and not said:
            level = next(level for level in target.levels if level != "national")
            yield doubted(edition, "targets", target.code, "lint.total_held_below", level=level)


def local_targets_name_their_unit(edition: Edition) -> Iterator[Fault]:
    """A target of a province says which province."""
    for target in edition.targets.values():
        if target.owner == "provincial" and not target.owner_unit:
            yield found(edition, "targets", target.code, "lint.target_without_unit")


def periods_are_half_years(edition: Edition) -> Iterator[Fault]:
    """Beginnings and ends are half-years, and an end is not before its beginning."""
    for regime in edition.regimes.values():
        if period(regime.first) is None:
            yield found(edition, "regimes", regime.code, "lint.unreadable_period", text=regime.first)
    for element in edition.elements.values():
        for rule in element.reporting:
            if rule.first is not None and period(rule.first) is None:
                yield found(edition, "elements", element.code, "lint.unreadable_period", text=rule.first)
    for form in edition.forms.values():
        for text in filter(None, (form.first, form.last)):
            if period(text) is None:
                yield found(edition, "forms", form.code, "lint.unreadable_period", text=text)
        first, last = period(form.first), period(form.last)
        if first is not None and last is not None and last < first:
            fields = {"first": form.first, "last": form.last}
            yield found(edition, "forms", form.code, "lint.period_order", **fields)


def regimes_partition_time(edition: Edition) -> Iterator[Fault]:
    """Reporting calendars follow each other: real days, halves in order, no period that ends before it begins."""
    if not edition.regimes:
        yield Fault("lint.no_regime", edition.pack)
        return
    whole = True
    for shape in edition.regimes.values():
        for month, day in (*shape.half_starts, *(shape.due or ())):
            if not _exists(2025, month, day):
                whole = False
                yield found(edition, "regimes", shape.code, "lint.regime_days", month=month, day=day)
    if not whole or any(period(shape.first) is None for shape in edition.regimes.values()):
        return
    before: Regime | None = None
    for regime in edition.calendar.regimes:
        first = regime.first
        halves = [regime.start_of(Period(first.year, 1)), regime.start_of(Period(first.year, 2))]
        ordered = halves[0] < halves[1] < regime.start_of(Period(first.year + 1, 1))
        follows = before is None or (
            before.first < first and before.start_of(first) < regime.start_of(Period.from_index(first.index + 1))
        )
        if not (ordered and follows):
            yield found(edition, "regimes", regime.code, "lint.regime_order")
        before = regime


RULES: tuple[Rule, ...] = (
    documents_exist,
    age_rules_count_by_ages,
    age_bands_follow_one_another,
    documents_are_told_apart,
    documents_are_dated,
    groups_exist,
    targets_have_an_indicator,
    also_is_in_the_same_unit,
    target_parents_exist,
    operators_agree_with_the_direction,
    words_agree_with_the_operator,
    targets_have_values,
    target_values_are_possible,
    rates_improve_downwards,
    targets_go_forward,
    targets_follow_their_document,
    targets_are_held_where_computed,
    national_totals_are_not_held_below,
    local_targets_name_their_unit,
    periods_are_half_years,
    regimes_partition_time,
)
