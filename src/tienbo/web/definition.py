"""A definition in words an officer reads: what is divided by what, who reports it, how it adds up, which document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tienbo.catalogue.definitions import Confidence, Document, Element, Indicator, OverTime, Sensitivity, Series, Term
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import number
from tienbo.engine.terms import elements_of, is_ratio, period_read, sensitivity
from tienbo.papers.tables import measured_in

CONFIDENCE: Mapping[Confidence, str] = {
    Confidence.CONFIRMED: N_("checked"),
    Confidence.PARTLY: N_("checked in part"),
    Confidence.INFERRED: N_("inferred"),
    Confidence.UNCONFIRMED: N_("not checked"),
}
"""How far the text behind a definition was seen, for the drafter's screen."""

SENSITIVITY: Mapping[Sensitivity, str] = {
    Sensitivity.C0: N_("open"),
    Sensitivity.C1: N_("internal"),
    Sensitivity.C2: N_("limited"),
    Sensitivity.C3: N_("very sensitive: for its own unit and the office that consolidates it"),
}

FREQUENCY: Mapping[str, str] = {
    "half_year": N_("every six months"),
    "quarter": N_("every quarter"),
    "month": N_("every month"),
    "year": N_("once a year"),
    "term": N_("once a term"),
    "election": N_("at elections"),
    "survey": N_("by a survey"),
}

DERIVED: Mapping[str, str] = {
    "terms": N_("computed from reports"),
    "external": N_("computed elsewhere and entered"),
    "judgement": N_("a person's judgement; no figure is computed"),
}

OVER_TIME: Mapping[OverTime, str] = {
    OverTime.SUM: N_("the half-years add up to the year"),
    OverTime.LAST: N_("the year's figure is that of its last half-year"),
    OverTime.MEAN: N_("the year's figure is the mean of its half-years"),
    OverTime.NONE: N_("half-years are not put together"),
}

SIGNS: Mapping[str, str] = {">=": "≥", "<=": "≤", "==": "=", ">": ">", "<": "<"}


class Summand(NamedTuple):
    """A term in words and its sign: "" for the first."""

    sign: str
    words: str


@dataclass(frozen=True)
class Side:
    """Numerator or denominator: what it is called, and what is added up."""

    title: str
    name: str
    summands: tuple[Summand, ...]


class Source(NamedTuple):
    """An element behind the indicator: what it is, in which measure, how it is put together, who reports it."""

    element: Element
    measure: str
    over_time: str
    over_units: str
    is_asked: bool


@dataclass(frozen=True)
class Definition:
    indicator: Indicator
    measured_in: str
    sides: tuple[Side, ...]
    multiplied_by: int
    """What the quotient is multiplied by; 1 where there is none."""
    is_mean: bool
    sources: tuple[Source, ...]
    documents: tuple[tuple[Document, str], ...]
    """With how far each was checked; "" where it was."""
    confidence: str
    """How far the definition was checked; "" where it was."""
    sensitivity: str
    frequency: str
    derived: str
    is_yearly: bool


def definition(edition: Edition, indicator: Indicator, period: Period) -> Definition:
    """The definition as it holds in a period."""
    ratio = is_ratio(edition, indicator)
    sides = []
    if indicator.numerator:
        title = _("Numerator") if ratio else _("Added up")
        sides.append(Side(title, _name(indicator.numerator_name), tuple(_summands(edition, indicator.numerator))))
    if indicator.denominator:
        name = _name(indicator.denominator_name)
        sides.append(Side(_("Denominator"), name, tuple(_summands(edition, indicator.denominator))))
    elements = list({element.code: element for element in elements_of(edition, indicator)}.values())
    return Definition(
        indicator=indicator,
        measured_in=measured_in(edition, indicator),
        sides=tuple(sides),
        multiplied_by=indicator.unit.scale if indicator.is_ratio else 1,
        is_mean=ratio and not indicator.is_ratio,
        sources=tuple(_source(edition, element, period) for element in elements),
        documents=tuple(
            (edition.documents[code], unchecked(edition.documents[code].confidence)) for code in indicator.cites
        ),
        confidence=unchecked(indicator.definition_confidence),
        sensitivity=_(SENSITIVITY[sensitivity(edition, indicator)]),
        frequency=_(FREQUENCY[indicator.frequency]),
        derived=_(DERIVED[indicator.derived]),
        is_yearly=period_read(edition, indicator, Period(period.year, 2)).is_year,
    )


def unchecked(confidence: Confidence) -> str:
    """How far a text was checked, where that is not all the way."""
    return "" if confidence is Confidence.CONFIRMED else _(CONFIDENCE[confidence])


def _name(text: object) -> str:
    return "" if text is None else str(text)


def _source(edition: Edition, element: Element, period: Period) -> Source:
    rule = element.rule(period.last_half)
    own = rule is not None and rule.at_parent == "own"
    over_units = _("each unit's own figure; nothing is added up") if own else _("added up over the units below")
    if element.over_units == "mean":
        over_units = _("the mean of the units that reported it")
    return Source(
        element, str(edition.measures[element.measure].name), _(OVER_TIME[element.over_time]), over_units, bool(rule)
    )


def _summands(edition: Edition, terms: Iterable[Term]) -> Iterable[Summand]:
    for index, term in enumerate(terms):
        sign = "−" if term.minus else "+" if index else ""
        yield Summand(sign, _term(edition, term))


def _term(edition: Edition, term: Term) -> str:
    figure = series_words(edition, term.series)
    if term.test is not None:
        fields = {"figure": figure, "sign": SIGNS[term.test.op], "value": number(term.test.value)}
        if term.each is not None:
            breakdown = edition.breakdowns[term.each].name
            words = _("the number of units with “{figure}” {sign} {value} in every part by “{breakdown}”")
            return words.format(**fields, breakdown=breakdown)
        return _("the number of units with “{figure}” {sign} {value}").format(**fields)
    return _("the number of units with a figure of “{figure}”").format(figure=figure) if term.count_units else figure


def series_words(edition: Edition, series: Series | str) -> str:
    """ "Số người được giải quyết việc làm (nữ; dân tộc thiểu số)". Rows are told by their number."""
    element, _bracket, members = str(series).partition("[")
    name = str(edition.elements[element].name)
    words = [_member(edition, *pair.split("=", 1)) for pair in members.rstrip("]").split(",") if pair]
    return f"{name} ({'; '.join(words)})" if words else name


def _member(edition: Edition, dimension: str, member: str) -> str:
    text = str(edition.breakdowns[dimension].members[member])
    return text[:1].lower() + text[1:]
