"""Small rules over a whole edition, in one tuple; each finds every fault of its kind, with a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_

Rule = Callable[[Edition], Iterator[Fault]]

worded({"lint.unknown_element": N_("{definition} uses the element {element}, which is not defined.")})


def elements_exist(edition: Edition) -> Iterator[Fault]:
    """Whatever a term, line or row names is defined."""
    for indicator in edition.indicators.values():
        for term in indicator.terms:
            if term.series.element not in edition.elements:
                fields = {"definition": indicator.code, "element": term.series.element}
                yield Fault("lint.unknown_element", edition.place("indicators", indicator.code), fields)


RULES: tuple[Rule, ...] = (elements_exist,)


def lint(edition: Edition) -> list[Fault]:
    """Every fault that every rule finds."""
    return [fault for rule in RULES for fault in rule(edition)]
