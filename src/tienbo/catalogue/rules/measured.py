"""Rules about elements and indicators: what is counted, and whether the arithmetic on it means anything."""

from __future__ import annotations

from collections.abc import Iterator

from tienbo.catalogue.definitions import Indicator, OverTime, OverUnits, Sensitivity, Unit
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import (
    Rule,
    asked,
    beginnings,
    doubted,
    elements_of,
    found,
    members_of,
    reporting_on,
    sides,
)
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind

ATTENDANCE = "attendance"
"""The measure of lượt người: a person each time they came."""

RATES = (Unit.PERCENT, Unit.PER_100, Unit.PER_1000, Unit.PER_100000, Unit.TIMES)

worded(
    {
        "lint.unknown_element": N_("{definition} uses the element {element}, which is not defined."),
        "lint.unknown_breakdown": N_("The element {definition} is broken down by {breakdown}, which is not defined."),
        "lint.undeclared_member": N_(
            "{definition} uses {series}: {element} is not broken down by {dimension} with a member {member}."
        ),
        "lint.two_members": N_("{definition} uses {series}, which asks for two members of one breakdown."),
        "lint.each_of_nothing": N_(
            "The indicator {definition} tests {element} for each {dimension}, but it is not broken down by that."
        ),
        "lint.unknown_measure": N_("The element {definition} is measured in {measure}, which is not defined."),
        "lint.no_formula": N_("The indicator {definition} is computed from terms but has no numerator."),
        "lint.formula_of_a_judgement": N_("The indicator {definition} is a judgement and yet has terms."),
        "lint.ratio_without_denominator": N_("The indicator {definition} is in {unit} but has no denominator."),
        "lint.count_with_denominator": N_("The indicator {definition} is a count and yet has a denominator."),
        "lint.measures_mixed": N_("The indicator {definition} adds {first} and {second}: not the same thing."),
        "lint.flow_and_stock": N_(
            "The indicator {definition} adds {first}, which grows over time, and {second}, which does not."
        ),
        "lint.attendance_over_persons": N_(
            "The indicator {definition} holds attendances against {other}: one person may attend many times."
        ),
        "lint.share_of_another_measure": N_(
            "The indicator {definition} is a percentage of {denominator} counted in {numerator}: a part is counted "
            "in the same thing as its whole."
        ),
        "lint.share_of_the_others": N_(
            "The indicator {definition} divides {dimension}={part} by {dimension}={whole}; a share is of the whole."
        ),
        "lint.ratio_of_itself": N_("The indicator {definition} has {series} over and under the line."),
        "lint.parts_from_different_reporters": N_(
            "The indicator {definition} divides {first} by {second}, which different units report."
        ),
        "lint.not_additive": N_(
            "The indicator {definition} adds {element} over units, but it does not add up over units; let the unit "
            "above answer with its own figure."
        ),
        "lint.travels_apart": N_(
            "The indicator {definition} is made of {first} and {second}, which are divided by different quantities "
            "where a unit is divided: it cannot be read on another map then."
        ),
        "lint.zero_base_missing": N_("The indicator {definition} does not say what it means when {series} is zero."),
        "lint.c3_without_cites": N_("The element {definition} is very sensitive and cites no document to ask for it."),
        "lint.unreferenced": N_("The element {definition} is neither asked for nor used."),
        "lint.never_asked": N_("The element {definition} is used, but no form asks {kind} for it."),
    }
)


def elements_exist(edition: Edition) -> Iterator[Fault]:
    """Whatever a term, line, field or count names is defined."""
    for indicator in edition.indicators.values():
        for name in {term.series.element for term in indicator.terms} - edition.elements.keys():
            yield found(edition, "indicators", indicator.code, "lint.unknown_element", element=name)
    for form in edition.forms.values():
        for name in {one.element for one in asked(form)} - edition.elements.keys():
            yield found(edition, "forms", form.code, "lint.unknown_element", element=name)


def breakdowns_exist(edition: Edition) -> Iterator[Fault]:
    """An element is broken down by what is defined."""
    for element in edition.elements.values():
        for code in element.breakdowns:
            if code not in edition.breakdowns:
                yield found(edition, "elements", element.code, "lint.unknown_breakdown", breakdown=code)


def measures_exist(edition: Edition) -> Iterator[Fault]:
    """An element is measured in a measure that is defined."""
    for element in edition.elements.values():
        if element.measure not in edition.measures:
            yield found(edition, "elements", element.code, "lint.unknown_measure", measure=element.measure)


def members_are_declared(edition: Edition) -> Iterator[Fault]:
    """A term, column, field or count fixes only members of breakdowns that its element declares."""
    uses: dict[tuple[str, str, str, str, str, str], None] = {}
    for indicator in edition.indicators.values():
        for term in indicator.terms:
            for dimension, member in members_of(term).items():
                uses["indicators", indicator.code, str(term.series), term.series.element, dimension, member] = None
    for form in edition.forms.values():
        for one in asked(form):
            for dimension, member in one.members.items():
                uses["forms", form.code, one.series, one.element, dimension, member] = None
    for kind, code, series, name, dimension, member in uses:
        element, breakdown = edition.elements.get(name), edition.breakdowns.get(dimension)
        if element is None or (dimension in element.breakdowns and breakdown is None):
            continue
        if dimension not in element.breakdowns or breakdown is None or member not in breakdown.members:
            fields = {"series": series, "element": name, "dimension": dimension, "member": member}
            yield found(edition, kind, code, "lint.undeclared_member", **fields)


def one_member_of_a_breakdown(edition: Edition) -> Iterator[Fault]:
    """A series fixes at most one member of each breakdown."""
    for indicator in edition.indicators.values():
        for term in indicator.terms:
            dimensions = [pair.split("=")[0] for pair in term.series.members.split(",") if pair]
            if len(dimensions) != len(set(dimensions)):
                yield found(edition, "indicators", indicator.code, "lint.two_members", series=term.series)


def each_is_a_breakdown_of_its_element(edition: Edition) -> Iterator[Fault]:
    """A test that must hold for each member of a breakdown names one its element is reported by, and leaves it open."""
    for indicator in edition.indicators.values():
        for term in indicator.terms:
            for element in elements_of(edition, [term]) if term.each is not None else ():
                if term.each not in element.breakdowns or term.each in members_of(term):
                    fields = {"element": element.code, "dimension": term.each}
                    yield found(edition, "indicators", indicator.code, "lint.each_of_nothing", **fields)


def formula_fits_the_kind(edition: Edition) -> Iterator[Fault]:
    """What is computed from terms has a numerator; what a person judges has no terms."""
    for indicator in edition.indicators.values():
        if indicator.derived == "terms" and not indicator.numerator:
            yield found(edition, "indicators", indicator.code, "lint.no_formula")
        if indicator.derived == "judgement" and indicator.terms:
            yield found(edition, "indicators", indicator.code, "lint.formula_of_a_judgement")


def unit_fits_the_formula(edition: Edition) -> Iterator[Fault]:
    """A percentage or a rate has a denominator; a count has none.

    A figure that was published as a percentage, without its parts, stands alone: such an element does not add up.
    """
    for indicator in edition.indicators.values():
        if indicator.derived == "terms" and indicator.unit in RATES and indicator.numerator:
            printed = all(one.over_units is OverUnits.NONE for one in elements_of(edition, indicator.numerator))
            if not indicator.denominator and not printed:
                yield found(
                    edition, "indicators", indicator.code, "lint.ratio_without_denominator", unit=indicator.unit.value
                )
        elif indicator.unit is Unit.COUNT and indicator.denominator:
            yield found(edition, "indicators", indicator.code, "lint.count_with_denominator")


def _measures(edition: Edition, side: tuple[object, ...], indicator: Indicator) -> set[str]:
    """The measures of the figures a side adds; units that are counted are counted in units, whatever they count."""
    terms = [term for term in indicator.terms if term in side and not term.count_units]
    return {element.measure for element in elements_of(edition, terms)}


def summed_terms_share_a_measure(edition: Edition) -> Iterator[Fault]:
    """Lượt người are not added to người, nor classes to events."""
    for indicator in edition.indicators.values():
        for side in sides(indicator):
            measures = sorted(_measures(edition, side, indicator))
            if len(measures) > 1:
                fields = {"first": measures[0], "second": measures[1]}
                yield found(edition, "indicators", indicator.code, "lint.measures_mixed", **fields)


def summed_terms_share_their_time(edition: Edition) -> Iterator[Fault]:
    """A stock is not added to a flow: models there are, and models that are new in the period."""
    for indicator in edition.indicators.values():
        for side in sides(indicator):
            flows = elements_of(edition, (term for term in side if not term.count_units))
            first = next((element for element in flows if element.over_time is OverTime.SUM), None)
            second = next((element for element in flows if element.over_time is not OverTime.SUM), None)
            if first is not None and second is not None:
                fields = {"first": first.code, "second": second.code}
                yield found(edition, "indicators", indicator.code, "lint.flow_and_stock", **fields)


def attendances_are_not_persons(edition: Edition) -> Iterator[Fault]:
    """A ratio does not hold lượt người against a population: 6.1 comes from an estimate or a survey."""
    for indicator in edition.indicators.values():
        over, under = (_measures(edition, side, indicator) for side in (indicator.numerator, indicator.denominator))
        if over and under and (ATTENDANCE in over) != (ATTENDANCE in under):
            other = ", ".join(sorted((over | under) - {ATTENDANCE}))
            yield found(edition, "indicators", indicator.code, "lint.attendance_over_persons", other=other)


def a_share_is_of_the_same_thing(edition: Edition) -> Iterator[Fault]:
    """A percentage is a part of its base: persons of persons, agencies of agencies.

    Declared rates (per 100, per 1,000, times) may divide one thing by another: deaths by live births.
    """
    for indicator in edition.indicators.values():
        if indicator.unit is not Unit.PERCENT:
            continue
        over, under = (_measures(edition, side, indicator) for side in (indicator.numerator, indicator.denominator))
        if len(over) == 1 and len(under) == 1 and over != under and ATTENDANCE not in over | under:
            fields = {"numerator": next(iter(over)), "denominator": next(iter(under))}
            yield found(edition, "indicators", indicator.code, "lint.share_of_another_measure", **fields)


def a_share_is_of_the_whole(edition: Edition) -> Iterator[Fault]:
    """Women over all, not women over men; the exceptions are declared rates."""
    for indicator in edition.indicators.values():
        if indicator.unit is not Unit.PERCENT:
            continue
        pairs = {
            (dimension, part, members_of(under)[dimension])
            for over in indicator.numerator
            for under in indicator.denominator
            for dimension, part in members_of(over).items()
            if members_of(under).get(dimension, part) != part and len(indicator.denominator) == 1
        }
        for dimension, part, whole in sorted(pairs):
            fields = {"dimension": dimension, "part": part, "whole": whole}
            yield found(edition, "indicators", indicator.code, "lint.share_of_the_others", **fields)


def a_ratio_is_not_of_itself(edition: Edition) -> Iterator[Fault]:
    """The same sum over and under the line says 100 % whatever is reported."""
    for indicator in edition.indicators.values():
        if indicator.numerator and set(indicator.numerator) == set(indicator.denominator):
            series = indicator.numerator[0].series
            yield found(edition, "indicators", indicator.code, "lint.ratio_of_itself", series=series)


def parts_of_a_ratio_share_their_reporters(edition: Edition) -> Iterator[Fault]:
    """Both parts of a ratio come from the same units, in every half-year that has both; otherwise no unit has both.

    Parts that the unit above answers for itself (`at_parent: own`) may come from different owners.
    """
    for indicator in edition.indicators.values():
        over, under = (elements_of(edition, side) for side in (indicator.numerator, indicator.denominator))
        if not (over and under):
            continue
        for day in beginnings([*over, *under]):
            rules = [(element, reporting_on(element, day)) for element in (*over, *under)]
            held = [(element, rule) for element, rule in rules if rule is not None]
            if len(held) < len(rules) or all(rule.at_parent == "own" for _, rule in held):
                continue
            first, by = held[0][0], set(held[0][1].by)
            other = next((element for element, rule in held if set(rule.by) != by), None)
            if other is not None:
                fields = {"first": first.code, "second": other.code}
                yield found(edition, "indicators", indicator.code, "lint.parts_from_different_reporters", **fields)
                break


def what_is_added_over_units_is_additive(edition: Edition) -> Iterator[Fault]:
    """An element that is a mean, or does not add up over units, is not summed into the unit above."""
    for indicator in edition.indicators.values():
        for element in elements_of(edition, (term for term in indicator.terms if not term.count_units)):
            summed = any(rule.at_parent == "sum" for rule in element.reporting)
            if element.over_units is not OverUnits.SUM and summed:
                yield found(edition, "indicators", indicator.code, "lint.not_additive", element=element.code)


def terms_travel_alike(edition: Edition) -> Iterator[Fault]:
    """Warning: figures that are added or divided by one another travel by one quantity onto another map."""
    for indicator in edition.indicators.values():
        held = list(elements_of(edition, (term for term in indicator.terms if not term.count_units)))
        other = next((one for one in held if one.travels_by is not held[0].travels_by), None)
        if other is not None:
            fields = {"first": held[0].code, "second": other.code}
            yield doubted(edition, "indicators", indicator.code, "lint.travels_apart", **fields)


def a_zero_base_is_explained(edition: Edition) -> Iterator[Fault]:
    """Warning: a ratio whose base is a flow may have a base of zero, and says what that means ("không phát sinh")."""
    for indicator in edition.indicators.values():
        flows = [element for element in elements_of(edition, indicator.denominator) if element.over_time == "sum"]
        if flows and len(flows) == len(indicator.denominator) and indicator.zero_base is None:
            yield doubted(edition, "indicators", indicator.code, "lint.zero_base_missing", series=flows[0].code)


def what_is_very_sensitive_is_asked_by_law(edition: Edition) -> Iterator[Fault]:
    """An element of class C3 cites the document that lets it be asked."""
    for element in edition.elements.values():
        if element.sensitivity is Sensitivity.C3 and not element.cites:
            yield found(edition, "elements", element.code, "lint.c3_without_cites")


def elements_are_used(edition: Edition) -> Iterator[Fault]:
    """Warning: an element that nothing asks for and nothing uses."""
    used = {term.series.element for indicator in edition.indicators.values() for term in indicator.terms}
    used |= {one.element for form in edition.forms.values() for one in asked(form)}
    for code in edition.elements:
        if code not in used:
            yield doubted(edition, "elements", code, "lint.unreferenced")


def used_elements_are_asked(edition: Edition) -> Iterator[Fault]:
    """Warning: an element of forms that an indicator uses is asked of each kind that is said to report it."""
    used = {term.series.element for indicator in edition.indicators.values() for term in indicator.terms}
    asking: dict[str, set[str]] = {}
    for form in edition.forms.values():
        for one in asked(form):
            asking.setdefault(one.element, set()).update(form.for_kinds)
    for code in sorted(used & edition.elements.keys()):
        element = edition.elements[code]
        if element.source != "form":
            continue
        for kind in sorted({kind for rule in element.reporting for kind in rule.by}):
            if not any(is_kind(one, (kind,)) or is_kind(kind, (one,)) for one in asking.get(code, ())):
                yield doubted(edition, "elements", code, "lint.never_asked", kind=kind)


RULES: tuple[Rule, ...] = (
    elements_exist,
    breakdowns_exist,
    measures_exist,
    members_are_declared,
    one_member_of_a_breakdown,
    each_is_a_breakdown_of_its_element,
    formula_fits_the_kind,
    unit_fits_the_formula,
    summed_terms_share_a_measure,
    summed_terms_share_their_time,
    attendances_are_not_persons,
    a_share_is_of_the_same_thing,
    a_share_is_of_the_whole,
    a_ratio_is_not_of_itself,
    parts_of_a_ratio_share_their_reporters,
    what_is_added_over_units_is_additive,
    terms_travel_alike,
    a_zero_base_is_explained,
    what_is_very_sensitive_is_asked_by_law,
    elements_are_used,
    used_elements_are_asked,
)
