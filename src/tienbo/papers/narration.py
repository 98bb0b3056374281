"""Sentences of an outline → runs of text with bound figures; their language is that of catalogue.sentences.

A period on another map of units is compared as it was recast; where it was not, or a definition is another since, the
clause is silent, and the report says once that it cannot compare. What has no value is not said, and nothing is said in
its stead but what the outline says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from tienbo.catalogue.definitions import Indicator, Sentence, Text, Unit
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.sentences import COUNTS, NAMES, TARGETS, TASKS, Clause, Piece, Place, need, parse, places
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.tree import is_kind
from tienbo.core.words import day_words, number
from tienbo.engine.terms import reporters
from tienbo.engine.values import Status, Value
from tienbo.papers.bindings import NAMED, Binder, counted, is_estimate
from tienbo.papers.blocks import Bound, Footnote, Paragraph, Run, fill, in_a_row
from tienbo.papers.context import Context, following, inside, period_name
from tienbo.papers.maps import estimated_runs, passed_words


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
    told: list[Value] = field(default_factory=list)
    """Values of the sentence being told, for the notes at its end."""

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
        if all(told.runs is not None for told in needed) and all(self.holds(text) for text in sentence.needs):
            self.told.clear()
            return (*self.write(pieces), *self._footnotes())
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
                self.told += [told.value] if told.value else []
            elif self._has_something(piece):
                runs += self.write(piece.pieces)
        return tuple(_joined(runs))

    def _has_something(self, clause: Clause) -> bool:
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

    def holds(self, text: str) -> bool:
        asked = need(text)
        if asked.condition:
            return self._condition(asked.condition)
        got = self.tell(asked.place).number
        if got is None:
            return False
        return {"": True, ">": got > asked.limit, "<": got < asked.limit, "=": got == asked.limit}[asked.op]

    def _condition(self, name: str) -> bool:
        context = self.context
        compared = context.same_last_year
        return {
            "@missing": bool(context.missing),
            "@complete": context.due > 0 and not context.missing,
            "@estimates": bool(context.estimated),
            "@comparable": context.can_compare(compared),
            "@not_comparable": compared is not None and not context.can_compare(compared),
            "@recast": bool(self.binder.recast),
            "@children": bool(context.children),
        }[name]

    # ------------------------------------------------------------------------------------------------ places

    def tell(self, place: Place) -> Told:
        if place.name in self.edition.indicators:
            return self._indicator(place, self.edition.indicators[place.name])
        if place.name in COUNTS:
            return self._count(f"units:{place.name}", self.binder.units(place.name))
        if place.name in TARGETS:
            part = place.name.removeprefix("targets_")
            return self._count(f"targets:{part}", Decimal(getattr(self.binder.tally, part)))
        if place.name in TASKS:
            part = place.name.removeprefix("tasks_")
            count = self.binder.tasks(part)
            return Told((Bound(f"tasks:{part}", counted(count)),), count, is_count=True)
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
            "locality": inside(context.unit),
            "period": period_name(context.when),
            "next_period": period_name(following(context.when)),
            "year": str(context.when.year),
            "province": context.province,
            "place": context.place,
            "start": day_words(context.span.start),
            "end": day_words(last),
            "map_day": day_words(context.stands_on),
        }
        return words[name]

    def _names(self, which: str) -> Told:
        if which == "unmet_names":
            targets = self.binder.unmet
            return Told(listed(targets, NAMED, "units:unmet_others")) if targets else Told(None)
        if which in ("acts_passed", "estimated_part"):
            return self._recast(which)
        part = which.removesuffix("_names")
        names = self.context.missing if part == "missing" else self.context.estimated
        if not names:
            return Told(None)
        others = "others" if part == "missing" else "estimated_others"
        return Told(named(names, NAMED, f"units:{others}"))

    def _recast(self, which: str) -> Told:
        """What is said once of all figures that were recast."""
        binder = self.binder
        if not binder.recast:
            return Told(None)
        if which == "acts_passed":
            words = passed_words(binder.recast, binder.acts)
            return Told((words,)) if words else Told(None)
        return Told(estimated_runs(binder.recast, lambda value: binder.key(value, "estimated")))

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
            before = periods[part]
            if before is None or not self.context.can_compare(before) or self.binder.broken(indicator.code, before):
                return Told(None)
            value, part = self.binder.value(indicator.code, before, place.members), ""
        if not part and value.status is Status.INTERVAL:
            return Told(self.binder.bounds(value), None, value)
        exact = self.binder.part(value, part or "value")
        if exact is None:
            return Told(None, value=value)
        if part:
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

    def _footnotes(self) -> Iterator[Footnote]:
        """What a reader must know of the figures just told and the report does not say of all.

        They stand at the end of the sentence: a mark beside a figure reads as one more digit of it.
        """
        estimated = {value.indicator: value for value in self.told if is_estimate(value)}
        if estimated:
            several = any(value.units_due > 1 for value in estimated.values())
            message = _("Estimated figures included.") if several else _("An estimated figure.")
            yield from self._once(estimated, (message,))
        partly: dict[tuple[int, int], dict[str, Value]] = {}
        for value in self.told:
            if value.units_due - value.units_reported > self._absent(value):
                partly.setdefault((value.units_reported, value.units_due), {})[value.indicator] = value
        for values in partly.values():
            yield from self._once(values, self._coverage(next(iter(values.values()))))

    def _absent(self, value: Value) -> int:
        """How many units do not report the indicator because they gave no return at all: the report names those."""
        asked = reporters(self.edition, self.edition.indicators[value.indicator], Period.parse(value.period))
        return sum(is_kind(kind, asked) for kind in self.context.missing_kinds)

    def _once(self, values: Mapping[str, Value], note: tuple[str | Bound, ...]) -> Iterator[Footnote]:
        """A note of some indicators, once under each heading."""
        names = "; ".join(str(self.edition.indicators[code].name) for code in values)
        made = Footnote((f"{names}: ", *note))
        words = "".join(run if isinstance(run, str) else run.text for run in made.runs)
        if words not in self.noted:
            self.noted.add(words)
            yield made

    def _coverage(self, value: Value) -> tuple[str | Bound, ...]:
        bound = {
            part: Bound(self.binder.key(value, part), number(getattr(value, f"units_{part}")))
            for part in ("reported", "due")
        }
        return fill(_("Figures of {reported} of the {due} units that owe this item."), **bound)


def named(names: Sequence[str], limit: int, key: str) -> tuple[str | Bound, ...]:
    """Names in a row, and how many more there are where they are too many to name. One more is named rather."""
    if len(names) <= limit + 1:
        return (in_a_row(names),)
    others = Bound(key, number(len(names) - limit))
    return fill(_("{names} and {others} other units"), names=in_a_row(names[:limit]), others=others)


def listed(names: Sequence[str], limit: int, key: str) -> tuple[str | Bound, ...]:
    """The same of names that have commas in them."""
    if len(names) <= limit + 1:
        return ("; ".join(names),)
    others = Bound(key, number(len(names) - limit))
    return fill(_("{names} and {others} other targets"), names="; ".join(names[:limit]), others=others)


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
