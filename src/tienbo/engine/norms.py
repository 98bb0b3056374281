"""A norm held against the figures of one unit on one day: met, not met, not applicable, not to be told, or not yet.

Nothing here reads facts: who asks brings the figures, each with who told it. Shares are compared multiplied out, as
fractions: 3 of 10 is exactly 30 %, and 2999 of 10000 is less. "At least" is a lower bound: it can show that a value is
reached, never that one is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import Norm, NormMeasure, NormTest
from tienbo.catalogue.returns import OPERATORS


class Standing(StrEnum):
    """Where a unit stands to a norm."""

    NOT_MET = "not_met"
    NOT_TOLD = "not_told"
    """It cannot be told: something is missing, and it is said what."""
    MET = "met"
    NOT_APPLICABLE = "not_applicable"
    TO_COME = "to_come"
    """Its time has not come: the rule begins later, or what it looks at is not over yet."""
    WITHHELD = "withheld"
    """There may be an answer; this reader is not the one who may see it."""


Known = Literal["told", "not_told", "not_applicable", "to_come", "withheld", "not_comparable"]
Because = Literal[
    "", "condition", "nobody", "does_not_apply", "missing", "bound", "before_rule", "after_rule", "no_moment",
    "not_over", "no_decision", "withheld", "not_there",
]  # fmt: skip
"""Why a standing is what it is, where the numbers alone do not say it: the condition does not hold; the base of a share
is nobody; the unit says that it does not apply; figures are missing; a lower bound does not decide; no rule yet, or no
longer; no election yet; the period is not over; no local decision asks; who reads may not see; no such unit then."""


class Beside(NamedTuple):
    """What another source says of the same figure."""

    source: str
    value: Decimal


class Told(NamedTuple):
    """What is known of a figure. `source`: "form", "register", "body", "posts"; `where`: the cell, or the name."""

    known: Known
    value: Decimal | None = None
    qualifier: Literal["exact", "at_least", "estimate"] = "exact"
    source: str = ""
    where: str = ""
    beside: tuple[Beside, ...] = ()

    @property
    def origin(self) -> tuple[str, str]:
        """What two figures of one source share: of what is published, the document; "" where nothing is told."""
        return (self.source, self.where if self.source == "posts" else "") if self.known == "told" else ("", "")

    @property
    def differs(self) -> tuple[Beside, ...]:
        """Those beside it that say something else: asked about, never put in its place."""
        return tuple(one for one in self.beside if self.known == "told" and one.value != self.value)


NOT_TOLD = Told("not_told")


class Compared(NamedTuple):
    """A comparison: whether it holds (None: cannot be said), why, and which figures it lacks."""

    holds: bool | None
    because: Because = ""
    lacks: tuple[str, ...] = ()


class Part(NamedTuple):
    """The test for one member of a breakdown."""

    member: str
    standing: Standing
    told: Told


@dataclass(frozen=True, slots=True)
class Judged:
    """A norm held against one subject. `lacks`: codes of figures that are missing; `share`: the first side of the test
    over the second, `condition` the same of the first condition; `limit`: what the rule asks; `eased`: whether the
    document lets the unit set itself another value (None: not known, or not said of this norm)."""

    standing: Standing
    because: Because = ""
    lacks: tuple[str, ...] = ()
    limit: Decimal | None = None
    share: Fraction | None = None
    condition: Fraction | None = None
    eased: bool | None = None
    parts: tuple[Part, ...] = field(default=())


_ORDER: Sequence[Known] = ("withheld", "not_applicable", "not_comparable", "not_told", "to_come")
_WHY: Mapping[Known, Because] = {
    "withheld": "withheld",
    "not_applicable": "does_not_apply",
    "not_comparable": "missing",
    "not_told": "missing",
    "to_come": "not_over",
}
_STANDS: Mapping[Because, Standing] = {
    "withheld": Standing.WITHHELD,
    "does_not_apply": Standing.NOT_APPLICABLE,
    "nobody": Standing.NOT_APPLICABLE,
    "missing": Standing.NOT_TOLD,
    "bound": Standing.NOT_TOLD,
    "not_over": Standing.TO_COME,
}


def judge(norm: Norm, limit: Decimal, figures: Mapping[str, Told]) -> Judged:
    """A norm of one member of everything. `figures`: code → what is known; one that is not among them was not told."""
    frame = Judged(
        Standing.MET,
        limit=limit,
        share=_share(norm.test, figures),
        condition=_share(norm.when[0], figures) if norm.when else None,
    )
    for test in norm.when:
        held = compared(test, test.value, figures)
        if held.holds is None:
            return replace(frame, standing=_STANDS[held.because], because=held.because, lacks=held.lacks)
        if not held.holds:
            return replace(frame, standing=Standing.NOT_APPLICABLE, because="condition")
    held = compared(norm.test, limit, figures)
    frame = replace(frame, eased=_eased(norm.eased, figures))
    if held.holds is None:
        return replace(frame, standing=_STANDS[held.because], because=held.because, lacks=held.lacks)
    return frame if held.holds else replace(frame, standing=Standing.NOT_MET)


def judge_each(norm: Norm, limit: Decimal, members: Mapping[str, Told]) -> Judged:
    """A norm that is asked of every member of a breakdown by itself: not met in one is not met, whatever the others."""
    parts = []
    for member, told in members.items():
        held = compared(norm.test, limit, {norm.test.figure: told})
        stands = (Standing.MET if held.holds else Standing.NOT_MET) if held.holds is not None else _STANDS[held.because]
        parts.append(Part(member, stands, told))
    found = {one.standing for one in parts}
    worst = (Standing.WITHHELD, Standing.NOT_MET, Standing.NOT_TOLD, Standing.TO_COME, Standing.NOT_APPLICABLE)
    standing = next((one for one in worst if one in found), Standing.MET)
    because: Because = {Standing.WITHHELD: "withheld", Standing.NOT_TOLD: "missing", Standing.TO_COME: "not_over",
                        Standing.NOT_APPLICABLE: "does_not_apply"}.get(standing, "")  # type: ignore[assignment]  # fmt: skip
    lacks = (norm.test.figure,) if standing is Standing.NOT_TOLD else ()
    return Judged(standing, because, lacks, limit, parts=tuple(parts))


def compared(measure: NormMeasure, value: Decimal, figures: Mapping[str, Told]) -> Compared:
    """Whether a figure, or its share in another, stands to a value as the measure says."""
    codes = [code for code in (measure.figure, measure.over) if code is not None]
    told = {code: figures.get(code, NOT_TOLD) for code in codes}
    for known in _ORDER:
        lacking = tuple(code for code, one in told.items() if one.known == known)
        if lacking:
            return Compared(None, _WHY[known], lacking if _WHY[known] == "missing" else ())
    over = told[measure.over] if measure.over is not None else None
    if over is not None and over.value == 0:
        return Compared(None, "nobody")
    low, high = _bounds(told[measure.figure])
    below, above = _bounds(over) if over is not None else (Fraction(1), Fraction(1))
    # Multiplied out: figure op value * over. A bound that is open (None) may be anything from the other one up.
    asked, holds = Fraction(value), OPERATORS[measure.op]
    ends = {
        holds(one, asked * base)
        for one in (low, high if high is not None else _FAR * (1 + asked * (above or _FAR)))
        for base in (below, above if above is not None else _FAR)
    }
    return Compared(None, "bound") if len(ends) > 1 else Compared(ends.pop())


_FAR = Fraction(10**18)
"""More than any figure can be (14 digits): what an open bound may reach."""


def _bounds(told: Told) -> tuple[Fraction, Fraction | None]:
    value = Fraction(told.value or 0)
    return value, None if told.qualifier == "at_least" else value


def _share(measure: NormMeasure, figures: Mapping[str, Told]) -> Fraction | None:
    if measure.over is None:
        return None
    one, over = (figures.get(code, NOT_TOLD) for code in (measure.figure, measure.over))
    if one.known != "told" or over.known != "told" or not over.value:
        return None
    return Fraction(one.value or 0) / Fraction(over.value)


def _eased(test: NormTest | None, figures: Mapping[str, Told]) -> bool | None:
    return None if test is None else compared(test, test.value, figures).holds


def first_told(found: Iterable[Told]) -> Told:
    """Of several sources the first that tells a figure; those after it that tell it too stand beside it. Where none
    tells it, what the first says of why."""
    held = list(found)
    at = next((at for at, one in enumerate(held) if one.known == "told"), None)
    if at is None:
        return next((one for known in _ORDER for one in held if one.known == known), NOT_TOLD)
    beside = tuple(
        Beside(one.source, one.value) for one in held[at + 1 :] if one.known == "told" and one.value is not None
    )
    return held[at]._replace(beside=beside)


def together(figure: str, over: str, each: Mapping[str, Sequence[Told]]) -> dict[str, Told]:
    """The two sides of a share by the first source that tells both; where none does, what is told of the one is not
    held against what another source says of the other."""
    for one, base in itertools.product(each[figure], each[over]):
        if one.known == base.known == "told" and one.origin == base.origin:
            return {code: first_told([head, *(told for told in each[code] if told is not head)])
                    for code, head in ((figure, one), (over, base))}  # fmt: skip
    untold = [told for told in each[figure] if told.known != "told"]
    return {figure: first_told(untold), over: first_told(each[over])}
