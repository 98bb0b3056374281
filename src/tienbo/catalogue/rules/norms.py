"""Rules about norms: what they look at is told by somebody, what they compare can be compared, and since when."""

from __future__ import annotations

from collections.abc import Iterator

from tienbo.catalogue.definitions import Element, Norm, NormFigure, NormTest, Series
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import Rule, found
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind

worded(
    {
        "lint.norm_unknown_figure": N_("The norm {definition} compares {figure}, which is none of its figures."),
        "lint.norm_unknown_series": N_("The norm {definition} looks at {series}, which no definition measures."),
        "lint.norm_told_by_nobody": N_("The norm {definition} asks {figure} of a {kind}, and nobody tells it there."),
        "lint.norm_unknown_published": N_("The norm {definition} looks at {code}, of which nothing is published."),
        "lint.norm_of_rows": N_("The norm {definition} is of each {subject}, and {series} is not."),
        "lint.norm_each_of_nothing": N_(
            "The norm {definition} is asked in each {breakdown}, by which {series} is not told."
        ),
        "lint.norm_measures_mixed": N_(
            "The norm {definition} takes a share of {figure} in {over}, which are counted in different measures."
        ),
        "lint.norm_out_of_range": N_("The norm {definition} compares a share with {value}; a share is 0 to 1."),
        "lint.norm_without_rule": N_("The norm {definition} has no rule: nobody would ever be asked."),
        "lint.norm_rule_of_local": N_(
            "The norm {definition} is up to local decisions and has a rule of its own; it is one or the other."
        ),
        "lint.norm_unknown_indicator": N_(
            "The norm {definition} is of the indicator {indicator}, which is not defined."
        ),
    }
)

ROW = "row"
"""The breakdown of what rows that a unit names itself tell."""


def norms_compare_their_figures(edition: Edition) -> Iterator[Fault]:
    """What a norm compares is among its figures."""
    for norm in edition.norms.values():
        for measure in norm.measures:
            for code in (measure.figure, measure.over):
                if code is not None and code not in norm.by_code:
                    yield found(edition, "norms", norm.code, "lint.norm_unknown_figure", figure=code)


def norms_look_at_what_is_measured(edition: Edition) -> Iterator[Fault]:
    """A series of a norm is an element with members that are declared."""
    for norm, _figure, series in _series(edition):
        element = edition.elements.get(series.element)
        pairs = [pair.split("=", 1) for pair in series.members.split(",") if pair]
        if element is None or not all(
            name in element.breakdowns and member in edition.breakdowns[name].members for name, member in pairs
        ):
            yield found(edition, "norms", norm.code, "lint.norm_unknown_series", series=str(series))


def norms_are_told_by_somebody(edition: Edition) -> Iterator[Fault]:
    """Every kind of unit that a norm is checked on, or the one that tells for it, is asked each of its figures."""
    for norm in edition.norms.values():
        for kind in norm.kinds:
            teller = norm.told_by.get(kind, kind)
            for figure in norm.figures:
                if not any(one.series is None for one in figure.sources) and not any(
                    _tells(edition.elements.get(one.series.element), teller) for one in figure.sources if one.series
                ):
                    fields = {"figure": figure.code, "kind": kind}
                    yield found(edition, "norms", norm.code, "lint.norm_told_by_nobody", **fields)


def _tells(element: Element | None, kind: str) -> bool:
    """Whether units of a kind, or some of them ("department.health" of "department"), ever tell an element; one that is
    not defined is another rule's."""
    return element is None or any(
        is_kind(kind, rule.by) or any(is_kind(one, (kind,)) for one in rule.by) for rule in element.reporting
    )


def norms_name_what_is_published(edition: Edition) -> Iterator[Fault]:
    """Bodies and groups that a norm looks at are defined."""
    for norm in edition.norms.values():
        for source in (source for figure in norm.figures for source in figure.sources):
            bodies = (
                *((source.body,) if source.body is not None else ()),
                *(source.posts.of if source.posts is not None else ()),
                *((source.listed.body,) if source.listed is not None else ()),
            )
            groups = (source.counted.group,) if source.counted is not None else ()
            for code in (*(one for one in bodies if one not in edition.body_kinds),
                         *(one for one in groups if one not in edition.count_groups)):  # fmt: skip
                yield found(edition, "norms", norm.code, "lint.norm_unknown_published", code=code)


def norms_of_rows_look_at_rows(edition: Edition) -> Iterator[Fault]:
    """A norm of rows looks at what rows tell; a norm of units does not."""
    for norm, _figure, series in _series(edition):
        element = edition.elements.get(series.element)
        if element is not None and (ROW in element.breakdowns) != (norm.subject == "row"):
            fields = {"subject": norm.subject, "series": str(series)}
            yield found(edition, "norms", norm.code, "lint.norm_of_rows", **fields)


def norms_ask_each_of_a_breakdown(edition: Edition) -> Iterator[Fault]:
    """What is asked of every member of a breakdown is told by it."""
    for norm, _figure, series in _series(edition):
        element = edition.elements.get(series.element)
        if norm.each is not None and element is not None and norm.each not in element.breakdowns:
            fields = {"breakdown": norm.each, "series": str(series)}
            yield found(edition, "norms", norm.code, "lint.norm_each_of_nothing", **fields)


def norms_compare_like_with_like(edition: Edition) -> Iterator[Fault]:
    """A share is of two figures in one measure, and is compared with 0 to 1."""
    for norm in edition.norms.values():
        for measure in norm.measures:
            if measure.over is None or {measure.figure, measure.over} - set(norm.by_code):
                continue
            counted = {
                edition.elements[one.series.element].measure
                for code in (measure.figure, measure.over)
                for one in norm.by_code[code].sources
                if one.series is not None and one.series.element in edition.elements
            }
            if len(counted) > 1:
                fields = {"figure": measure.figure, "over": measure.over}
                yield found(edition, "norms", norm.code, "lint.norm_measures_mixed", **fields)
            values = [measure.value] if isinstance(measure, NormTest) else [rule.value for rule in norm.rules]
            for value in values:
                if not 0 <= value <= 1:
                    yield found(edition, "norms", norm.code, "lint.norm_out_of_range", value=value)


def norms_have_rules(edition: Edition) -> Iterator[Fault]:
    """A norm has a rule, or is up to local decisions."""
    for norm in edition.norms.values():
        if not norm.rules and not norm.local:
            yield found(edition, "norms", norm.code, "lint.norm_without_rule")
        if norm.rules and norm.local and norm.parent is None:
            yield found(edition, "norms", norm.code, "lint.norm_rule_of_local")


def norms_name_their_indicator(edition: Edition) -> Iterator[Fault]:
    """The indicator of the same quantity is defined."""
    for norm in edition.norms.values():
        if norm.indicator is not None and norm.indicator not in edition.indicators:
            yield found(edition, "norms", norm.code, "lint.norm_unknown_indicator", indicator=norm.indicator)


def _series(edition: Edition) -> Iterator[tuple[Norm, NormFigure, Series]]:
    for norm in edition.norms.values():
        for figure in norm.figures:
            for source in figure.sources:
                if source.series is not None:
                    yield norm, figure, source.series


RULES: tuple[Rule, ...] = (
    norms_compare_their_figures,
    norms_look_at_what_is_measured,
    norms_are_told_by_somebody,
    norms_name_what_is_published,
    norms_of_rows_look_at_rows,
    norms_ask_each_of_a_breakdown,
    norms_compare_like_with_like,
    norms_have_rules,
    norms_name_their_indicator,
)
