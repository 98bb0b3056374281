"""Where a unit stands to a norm, in words: numbers with who told them, why it cannot be told, what is proposed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tienbo.catalogue.definitions import Norm, NormMeasure
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import number, rounded
from tienbo.engine.norms import Because, Judged, Standing, Told
from tienbo.papers.judgement import places
from tienbo.papers.tables import OPERATOR_SIGNS

STANDINGS: Mapping[Standing, str] = {
    Standing.NOT_MET: N_("norm not satisfied"),
    Standing.NOT_TOLD: N_("cannot be told yet"),
    Standing.MET: N_("norm satisfied"),
    Standing.NOT_APPLICABLE: N_("not applicable"),
    Standing.TO_COME: N_("its time has not come"),
    Standing.WITHHELD: N_("restricted"),
}
SEVERITIES: Mapping[str, str] = {
    "must": N_("must be satisfied"),
    "should": N_("to be striven for"),
    "counts": N_("counts toward a target of the whole"),
}
SOURCES: Mapping[str, str] = {
    "form": N_("by the return"),
    "register": N_("by the register"),
    "body": N_("by the list of bodies"),
    "posts": N_("by the published posts"),
}
_WHY: Mapping[Because, str] = {
    "condition": N_("The condition does not hold, so nothing is asked."),
    "nobody": N_("There is nobody to count a share of."),
    "does_not_apply": N_("The unit says that it does not apply."),
    "bound": N_("A figure is said to be “at least” so much, and that does not decide it."),
    "before_rule": N_("The rule begins on a later day."),
    "after_rule": N_("The rule held until an earlier day."),
    "no_moment": N_("No election that it is asked of was held yet."),
    "not_over": N_("The time that is asked about is not over, or its returns are not due yet."),
    "not_there": N_("The unit did not stand when it was asked."),
    "withheld": N_("Only the unit and the office directly above it see these figures."),
}


class Figured(NamedTuple):
    """A figure in words: its name, how much, by whom it is told, where (the cell), and what others say instead."""

    name: str
    words: str
    source: str
    where: str
    differs: str


def limit_words(measure: NormMeasure, value: Decimal) -> str:
    """A value that is compared: "30%" of a share, else a number."""
    return f"{_plain(value * 100)}%" if measure.over is not None else _plain(value)


def asks_words(norm: Norm, value: Decimal | None) -> str:
    """What is asked, with the value of the rule; dots where none holds."""
    return str(norm.asks).format(limit="…" if value is None else limit_words(norm.test, value))


def condition_words(norm: Norm) -> list[str]:
    """The conditions of a norm, one by one: "Nữ / Tổng số người ≥ 30%"."""
    found = []
    for test in norm.when:
        sign = OPERATOR_SIGNS[test.op].format(figure=limit_words(test, test.value))
        found.append(f"{_side(norm, test)} {sign}")
    return found


def _side(norm: Norm, measure: NormMeasure) -> str:
    names = [str(norm.by_code[code].name) for code in (measure.figure, measure.over) if code is not None]
    return " / ".join(names)


def share_words(share: Fraction, limit: Decimal) -> str:
    """A share as per cent, with as many decimals as keep it on its side of the limit: 29,99% is not 30%."""
    value = Decimal(share.numerator * 100) / Decimal(share.denominator)
    decimals = places(value, 1, limit * 100)
    return f"{_plain(rounded(value, decimals))}%"


def figures_told(norm: Norm, figures: Mapping[str, Told]) -> Iterator[Figured]:
    """The figures of a finding that are told, in the order of the norm."""
    for one in norm.figures:
        told = figures.get(one.code)
        if told is not None and told.known == "told" and told.value is not None:
            yield _figured(str(one.name), told)


def members_told(edition: Edition, norm: Norm, judged: Judged) -> Iterator[tuple[Figured, Standing]]:
    """The same member by member, each with where it stands."""
    members = edition.breakdowns[norm.each or ""].members
    for part in judged.parts:
        name = str(members[part.member])
        if part.told.value is not None:
            yield _figured(name, part.told), part.standing
        else:
            yield Figured(name, "–", "", "", ""), part.standing


def _figured(name: str, told: Told) -> Figured:
    sign = "≥ " if told.qualifier == "at_least" else ""
    estimate = " (" + _("estimate") + ")" if told.qualifier == "estimate" else ""
    differs = "; ".join(f"{_(SOURCES[one.source])}: {_plain(one.value)}" for one in told.differs)
    words = f"{sign}{_plain(told.value or Decimal(0))}{estimate}"
    return Figured(name, words, _(SOURCES.get(told.source, "")), told.where, differs)


def shares_told(norm: Norm, judged: Judged) -> list[str]:
    """The shares that decide, each with what it is held against."""
    found = []
    if judged.condition is not None and norm.when:
        test = norm.when[0]
        found.append(f"{_side(norm, test)}: {share_words(judged.condition, test.value)}")
    if judged.share is not None and judged.limit is not None:
        words = _("{share}, {limit} asked")
        held = words.format(share=share_words(judged.share, judged.limit), limit=limit_words(norm.test, judged.limit))
        found.append(f"{_side(norm, norm.test)}: {held}")
    return found


def numbers_words(edition: Edition, norm: Norm, judged: Judged, figures: Mapping[str, Told]) -> str:
    """All numbers of a finding in one line, for files and for what a task follows from."""
    if judged.parts:
        return "; ".join(f"{one.name}: {one.words}" for one, _standing in members_told(edition, norm, judged))
    said = [f"{one.name}: {one.words}" for one in figures_told(norm, figures)]
    return "; ".join([*said, *shares_told(norm, judged)])


def told_by_words(norm: Norm, judged: Judged, figures: Mapping[str, Told]) -> str:
    """By whom the figures are told, and in which cells: "by the return (Biểu 02!E14, F14)"."""
    told = [part.told for part in judged.parts] or [figures[one.code] for one in norm.figures if one.code in figures]
    found: dict[str, list[str]] = {}
    for one in told:
        if one.known == "told" and one.source:
            found.setdefault(one.source, []).append(one.where)
    said = []
    for source, places_ in found.items():
        cells, before = [], ""
        for cell in dict.fromkeys(filter(None, places_)):
            sheet, _sep, at = cell.rpartition("!")
            cells.append(at if sheet and sheet == before else cell)
            before = sheet
        said.append(_(SOURCES[source]) + (f" ({', '.join(cells)})" if cells else ""))
    return "; ".join(said)


def why_words(judged: Judged) -> str:
    """Why a standing is what it is, where the numbers do not say it; what is missing is said apart."""
    return _(_WHY.get(judged.because, ""))


def lacks_words(norm: Norm, judged: Judged) -> str:
    """The figures that are missing."""
    return ", ".join(str(norm.by_code[code].name) for code in judged.lacks if code in norm.by_code)


def _plain(value: Decimal) -> str:
    return number(value)
