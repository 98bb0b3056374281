"""Sentences of an outline → runs of text with bound figures.

The language of a sentence's places, small on purpose:

| written | printed |
|---|---|
| `{training.classes}` | the value: 21, trên 3.000, 62% |
| `{jobs.new[sex=f]}` | … of a member of a breakdown |
| `{jobs.women_share|numerator}` `|denominator` | the parts of a ratio |
| `{training.classes|reported}` `|due` | units that reported it, units that should |
| `{training.classes|before}` | its value in the same period of last year |
| `{training.classes|previous}` `|last_year` | … in the period before, in the whole year before |
| `{training.classes|change:lớp}` | "tăng 5 lớp so với cùng kỳ năm trước"; shares change in points |
| `{unit}` `{period}` `{next_period}` `{year}` `{province}` `{place}` | words of the context |
| `{start}` `{end}` | first and last day of the period |
| `{due}` `{reported}` `{missing}` `{missing_names}` `{estimated_names}` | units that owe, gave, lack a return |
| `{targets_all}` `{targets_met}` … | counts of applicable targets (judgement.Tally) |
| `[[…]]` | printed only when every place in it has a value, and no count in it is zero |

A sentence is printed when each place outside brackets has a value and each of its `needs` holds: a place
("training.classes"), a place compared ("training.classes>0", "=0") or a condition of the report ("@missing",
"@complete", "@estimates", "@comparable", "@not_comparable"). Otherwise `if_missing`, otherwise nothing. Comparison
with a period on another map of units is no value: the clause is silent and the report says once that it cannot compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from tienbo.catalogue.definitions import Indicator, Outline, Section, Sentence, Text, Unit
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import number
from tienbo.engine.values import Status, Value
from tienbo.papers.bindings import NAMED, Binder, is_estimate
from tienbo.papers.blocks import Bound, Footnote, Paragraph, Run, fill
from tienbo.papers.context import Context, day, following, period_name

worded(
    {
        "report.unreadable_sentence": N_("“{text}” cannot be read as a sentence: {reason}"),
        "report.unknown_place": N_("A sentence of {outline} names {place}, which is neither an indicator nor a word."),
        "report.unknown_part": N_("A sentence of {outline} asks for “{part}” of {place}; there is no such part."),
        "report.unknown_member": N_("A sentence of {outline} asks for {place}, a breakdown the figures do not have."),
        "report.languages_differ": N_("A sentence of {outline} names other figures in Vietnamese than in English."),
        "report.unknown_need": N_("A sentence of {outline} needs “{need}”, which says nothing that can be checked."),
        "report.unknown_indicator": N_("{outline} lists {indicator}, which is not an indicator."),
        "report.unknown_group": N_("{outline} lists the group {group}, which is not defined."),
    }
)

PARTS = ("value", "numerator", "denominator", "reported", "due", "before", "previous", "last_year", "change")
WORDS = ("unit", "period", "next_period", "year", "province", "place", "start", "end")
COUNTS = ("due", "reported", "missing", "estimated")
NAMES = ("missing_names", "estimated_names")
TARGETS = ("targets_all", "targets_valued", "targets_met", "targets_unmet", "targets_not_due", "targets_missing")
CONDITIONS = ("@missing", "@complete", "@estimates", "@comparable", "@not_comparable", "@children")

_PLACE = re.compile(
    r"^(?P<name>[a-z0-9_.]+)(?:\[(?P<members>[a-z0-9_=,]+)\])?(?:\|(?P<part>[a-z_]+)(?::(?P<noun>.+))?)?$"
)
_NEED = re.compile(r"^(?P<place>.+?)(?:(?P<op>[>=<])(?P<limit>\d+))?$")


class Place(NamedTuple):
    name: str
    members: str
    part: str
    noun: str

    def __str__(self) -> str:
        return f"{self.name}[{self.members}]" if self.members else self.name


class Optional(NamedTuple):
    pieces: tuple[str | Place, ...]


Piece = str | Place | Optional


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Piece, ...]:
    """The pieces of a sentence; ValueError with a reason for one that cannot be read."""
    made: list[Piece] = []
    for index, part in enumerate(re.split(r"\[\[|\]\]", text)):
        if index % 2 == 0:
            made += _simple(part)
        else:
            made.append(Optional(tuple(_simple(part))))
    if text.count("[[") != text.count("]]"):
        raise ValueError("[[ and ]] do not pair")
    return tuple(made)


def _simple(text: str) -> Iterator[str | Place]:
    for index, part in enumerate(re.split(r"[{}]", text)):
        if index % 2 == 0:
            if part:
                yield part
        else:
            yield _place(part)
    if text.count("{") != text.count("}"):
        raise ValueError("{ and } do not pair")


def _place(text: str) -> Place:
    found = _PLACE.match(text)
    if not found:
        raise ValueError(f"not a place: {{{text}}}")
    members = ",".join(sorted((found["members"] or "").split(","))) if found["members"] else ""
    return Place(found["name"], members, found["part"] or "value", found["noun"] or "")


def places(pieces: Iterable[Piece]) -> Iterator[Place]:
    for piece in pieces:
        if isinstance(piece, Place):
            yield piece
        elif isinstance(piece, Optional):
            yield from places(piece.pieces)


# ------------------------------------------------------------------------------------------------------ telling


class Told(NamedTuple):
    """What a place became. `runs` None: there is nothing to say. `number` is what conditions are asked of."""

    runs: tuple[str | Bound, ...] | None
    number: Decimal | None = None
    value: Value | None = None
    is_count: bool = False


@dataclass
class Narrator:
    """Tells the sentences of one report. Remembers which notes it has already made under the present heading."""

    binder: Binder
    noted: set[str] = field(default_factory=set)

    @property
    def context(self) -> Context:
        return self.binder.context

    @property
    def edition(self) -> Edition:
        return self.binder.edition

    def paragraphs(self, sentences: Sequence[Sentence]) -> Iterator[Paragraph]:
        """One paragraph for each sentence that has something to say."""
        said: set[str] = set()
        for sentence in sentences:
            runs = self.sentence(sentence)
            if not runs:
                continue
            words = "".join(run if isinstance(run, str) else "\0" for run in runs)
            if words not in said:  # the same zero may answer two sentences
                said.add(words)
                yield Paragraph(runs)

    def sentence(self, sentence: Sentence) -> tuple[Run, ...]:
        """The sentence in runs, its `if_missing`, or nothing."""
        pieces = parse(str(sentence.text))
        needed = [self.tell(place) for place in places(piece for piece in pieces if isinstance(piece, Place))]
        if all(told.runs is not None for told in needed) and all(self.holds(need) for need in sentence.needs):
            return self.write(pieces)
        zero = self._zero(needed)
        if zero and not sentence.needs:
            return (zero,)
        return self.write(parse(str(sentence.if_missing))) if sentence.if_missing else ()

    def text(self, text: Text) -> str:
        """A line of words only (subject, recipients): every place must be a word of the context."""
        made = []
        for piece in parse(str(text)):
            if isinstance(piece, Place):
                told = self.tell(piece)
                made.append("".join(run if isinstance(run, str) else run.text for run in told.runs or ()))
            elif isinstance(piece, str):
                made.append(piece)
        return "".join(made)

    def write(self, pieces: Sequence[Piece]) -> tuple[Run, ...]:
        runs: list[Run] = []
        for piece in pieces:
            if isinstance(piece, str):
                runs.append(piece)
            elif isinstance(piece, Place):
                told = self.tell(piece)
                if told.runs is None:
                    return ()
                runs += told.runs
                runs += self._footnotes(told)
            elif self._has_something(piece):
                runs += self.write(piece.pieces)
        return tuple(_joined(runs))

    def _has_something(self, clause: Optional) -> bool:
        told = [self.tell(place) for place in places(clause.pieces)]
        return all(one.runs is not None and not (one.is_count and one.number == 0) for one in told)

    def _zero(self, needed: list[Told]) -> str:
        """What is said when the only thing missing is a base: "Không phát sinh …"."""
        empty = [told for told in needed if told.runs is None]
        for told in empty:
            if told.value is None or told.value.status is not Status.NONE_OCCURRED:
                return ""
        words = [self.edition.indicators[told.value.indicator].zero_base for told in empty if told.value]
        return f"{words[0]}." if words and words[0] else ""

    # -------------------------------------------------------------------------------------------- conditions

    def holds(self, need: str) -> bool:
        if need.startswith("@"):
            return self._condition(need)
        found = _NEED.match(need)
        assert found is not None  # noqa: S101 - linted
        told = self.tell(_place(found["place"]))
        if told.number is None:
            return False
        if not found["op"]:
            return True
        limit = Decimal(found["limit"])
        return {">": told.number > limit, "<": told.number < limit, "=": told.number == limit}[found["op"]]

    def _condition(self, need: str) -> bool:
        context = self.context
        compared = context.same_last_year
        return {
            "@missing": bool(context.missing),
            "@complete": context.due > 0 and not context.missing,
            "@estimates": bool(context.estimated),
            "@comparable": context.can_compare(compared),
            "@not_comparable": compared is not None and not context.can_compare(compared),
            "@children": bool(context.children),
        }[need]

    # ------------------------------------------------------------------------------------------------ places

    def tell(self, place: Place) -> Told:
        if place.name in self.edition.indicators:
            return self._indicator(place, self.edition.indicators[place.name])
        if place.name in COUNTS:
            return self._count(f"units:{place.name}", self.binder.units(place.name))
        if place.name in TARGETS:
            part = place.name.removeprefix("targets_")
            return self._count(f"targets:{part}", Decimal(getattr(self.binder.tally, part)))
        if place.name in NAMES:
            return self._names(place.name)
        return Told((self._word(place.name),))

    def _count(self, key: str, count: Decimal) -> Told:
        return Told((Bound(key, number(count)),), count, is_count=True)

    def _word(self, name: str) -> str:
        context = self.context
        last = context.span.last_day
        words = {
            "unit": context.unit.name,
            "period": period_name(context.when),
            "next_period": period_name(following(context.when)),
            "year": str(context.when.year),
            "province": context.province,
            "place": context.place,
            "start": day(context.span.start),
            "end": day(last) if last else "",
        }
        return words[name]

    def _names(self, which: str) -> Told:
        part = which.removesuffix("_names")
        names = self.context.missing if part == "missing" else self.context.estimated
        if not names:
            return Told(None)
        others = "others" if part == "missing" else "estimated_others"
        return Told(named(names, NAMED, f"units:{others}"))

    def _indicator(self, place: Place, indicator: Indicator) -> Told:
        value = self.binder.value(indicator.code, members=place.members)
        if place.part == "change":
            return self._change(value, indicator, place.noun)
        periods = {
            "before": self.context.same_last_year,
            "previous": self.context.previous,
            "last_year": self.context.last_year,
        }
        part = place.part
        if part in periods:
            if not self.context.can_compare(periods[part]):
                return Told(None)
            value, part = self.binder.value(indicator.code, periods[part], place.members), "value"
        exact = self.binder.part(value, part)
        if exact is None:
            return Told(None, value=value)
        if part != "value":
            return Told((Bound(self.binder.key(value, part), number(exact)),), exact, value, True)
        return Told(self._figure(value, exact, indicator), exact, value, indicator.unit is Unit.COUNT)

    def _figure(self, value: Value, exact: Decimal, indicator: Indicator) -> tuple[str | Bound, ...]:
        """A figure in running text: no trailing zero, the sign of per cent, "trên" before a lower bound."""
        text = self.binder.figure(exact, indicator)
        if indicator.unit is not Unit.COUNT:
            text = re.sub(r"[.,]0+$", "", text)
        if indicator.unit in (Unit.PERCENT, Unit.PERCENT_CHANGE):
            text += "%"
        if value.qualifier == "at_least":
            text = _("over {figure}").format(figure=text)
        return (Bound(self.binder.key(value), text),)

    def _change(self, value: Value, indicator: Indicator, noun: str) -> Told:
        before = self.context.same_last_year
        if before is None or not self.context.can_compare(before):
            return Told(None)
        known = self.binder.value(indicator.code, before, value.members)
        exact = self.binder.change(value, known)
        if exact is None:
            return Told(None)
        text, key = self.binder.figure(abs(exact), indicator), self.binder.change_key(value, before)
        if re.fullmatch(r"[0.,]+", text):
            return Told((Bound(key, _("the same as in the same period last year")),), exact, value)
        if indicator.unit in (Unit.PERCENT, Unit.PERCENT_CHANGE):
            noun = _("% points")
        message = _("{amount} more than in the same period last year")
        if exact < 0:
            message = _("{amount} less than in the same period last year")
        amount = fill("{text} {noun}" if noun else "{text}", text=Bound(key, text), noun=noun)
        head, _sep, tail = message.partition("{amount}")
        return Told((head, *amount, tail) if head else (*amount, tail), exact, value)

    # ------------------------------------------------------------------------------------------------- notes

    def _footnotes(self, told: Told) -> list[Footnote]:
        """What a reader must know of this figure and the report does not say of all: once under each heading."""
        value = told.value
        if value is None or value.status is not Status.VALUE:
            return []
        notes: list[tuple[str | Bound, ...]] = []
        if is_estimate(value):
            notes.append(self._estimate(value))
        absent = value.units_due - value.units_reported
        if absent > 0 and absent != len(self.context.missing):
            notes.append(self._coverage(value))
        made = []
        for note in notes:
            words = "".join(run if isinstance(run, str) else run.text for run in note)
            if words not in self.noted:
                self.noted.add(words)
                made.append(Footnote(note))
        return made

    def _estimate(self, value: Value) -> tuple[str | Bound, ...]:
        return (_("Estimated figures included."),) if value.units_due > 1 else (_("An estimated figure."),)

    def _coverage(self, value: Value) -> tuple[str | Bound, ...]:
        bound = {
            part: Bound(self.binder.key(value, part), number(getattr(value, f"units_{part}")))
            for part in ("reported", "due")
        }
        return fill(_("Figures of {reported} of the {due} units that report this item."), **bound)


def named(names: Sequence[str], limit: int, key: str) -> tuple[str | Bound, ...]:
    """Names in a row, and how many more there are where they are too many to name."""
    if len(names) <= limit:
        return (", ".join(names),)
    others = Bound(key, number(len(names) - limit))
    return fill(_("{names} and {others} other units"), names=", ".join(names[:limit]), others=others)


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    """Neighbouring texts as one."""
    text = ""
    for run in runs:
        if isinstance(run, str):
            text += run
            continue
        if text:
            yield text
            text = ""
        yield run
    if text:
        yield text


# ------------------------------------------------------------------------------------------------------- lint


def lint(edition: Edition) -> list[Fault]:
    """Everything wrong with the outlines of an edition: unknown places, parts, needs, indicators, groups."""
    return [fault for outline in edition.outlines.values() for fault in _outline_faults(edition, outline)]


def _outline_faults(edition: Edition, outline: Outline) -> Iterator[Fault]:
    where = edition.place("outlines", outline.code)
    for text in (outline.subject, *outline.recipients):
        yield from _text_faults(edition, outline, where, text)
    for sentence in (*outline.opening, *outline.closing):
        yield from _sentence_faults(edition, outline, where, sentence)
    for section in outline.sections:
        yield from _section_faults(edition, outline, where, section)


def _section_faults(edition: Edition, outline: Outline, where: str, section: Section) -> Iterator[Fault]:
    for sentence in section.sentences:
        yield from _sentence_faults(edition, outline, where, sentence)
    for codes in [spec.indicators for spec in section.tables] + [spec.indicators for spec in section.charts]:
        for code in codes:
            if code not in edition.indicators:
                yield Fault("report.unknown_indicator", where, {"outline": outline.code, "indicator": code})
    for table in section.tables:
        for group in table.groups:
            if group not in edition.groups:
                yield Fault("report.unknown_group", where, {"outline": outline.code, "group": group})
    for below in section.sections:
        yield from _section_faults(edition, outline, where, below)


def _sentence_faults(edition: Edition, outline: Outline, where: str, sentence: Sentence) -> Iterator[Fault]:
    yield from _text_faults(edition, outline, where, sentence.text)
    if sentence.if_missing:
        yield from _text_faults(edition, outline, where, sentence.if_missing)
    for need in sentence.needs:
        found = _NEED.match(need)
        try:
            known = need in CONDITIONS if need.startswith("@") or not found else bool(_place(found["place"]))
        except ValueError:
            known = False
        if not known:
            yield Fault("report.unknown_need", where, {"outline": outline.code, "need": need})
        elif not need.startswith("@") and found:
            yield from _place_faults(edition, outline, where, _place(found["place"]))


def _text_faults(edition: Edition, outline: Outline, where: str, text: Text) -> Iterator[Fault]:
    named_in = []
    for words in (text.vi, text.en):
        try:
            found = list(places(parse(words)))
        except ValueError as broken:
            yield Fault("report.unreadable_sentence", where, {"text": words, "reason": broken})
            return
        named_in.append({place._replace(noun="") for place in found})
        for place in found:
            yield from _place_faults(edition, outline, where, place)
    if named_in[0] != named_in[1]:
        yield Fault("report.languages_differ", where, {"outline": outline.code})


def _place_faults(edition: Edition, outline: Outline, where: str, place: Place) -> Iterator[Fault]:
    fields = {"outline": outline.code, "place": place}
    if place.name not in edition.indicators:
        if place.name not in (*WORDS, *COUNTS, *NAMES, *TARGETS):
            yield Fault("report.unknown_place", where, fields)
        return
    if place.part not in PARTS:
        yield Fault("report.unknown_part", where, {**fields, "part": place.part})
    for pair in filter(None, place.members.split(",")):
        dimension, _sep, member = pair.partition("=")
        held = edition.breakdowns.get(dimension)
        terms = edition.indicators[place.name].terms
        elements = [edition.elements[term.series.element] for term in terms if term.series.element in edition.elements]
        if held is None or member not in held.members or not any(dimension in one.breakdowns for one in elements):
            yield Fault("report.unknown_member", where, fields)
