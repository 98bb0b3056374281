"""A packet → the blocks of a paper in one language, and what the drafter is to be told of it.

It is no official paper of Decree 30/2020: it has a title, the two sides and a day, and nobody signs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tienbo.catalogue.definitions import GlossaryTerm, Unit
from tienbo.core.messages import N_
from tienbo.core.words import day_words
from tienbo.disclosure.tables import MARKER
from tienbo.engine.values import Value
from tienbo.papers import judgement
from tienbo.papers.bindings import is_estimate
from tienbo.papers.blocks import Back, Block, Bound, Cell, Column, Document, Front, Heading, Paragraph, Table
from tienbo.papers.guarded import Guarded
from tienbo.papers.packet import (
    ASPECTS,
    Aspect,
    Lang,
    OwnFigure,
    PacketContent,
    PartnerFigure,
    Spoken,
    Tongue,
    compare,
    unit_of_words,
    unit_words,
    verdict,
)
from tienbo.papers.released import Released

SIGNS: Mapping[str, str] = {"same": "=", "differs": "≠", "unknown": "?"}
STATES: Mapping[str, str] = {
    "same": N_("the same"),
    "differs": N_("different"),
    "unknown": N_("not stated or not checked"),
}
NOT_SHOWN = N_("·: not shown, so that nobody few enough to be known can be told from the figures.")


@dataclass(frozen=True)
class Composed:
    """A packet in one language, and what it is to be told to its drafter."""

    document: Document
    missing: tuple[str, ...]
    """English words that stand where no Lao form is known."""
    unconfirmed: Mapping[str, str]
    """English words → the Lao form, of those that nobody confirmed."""
    unwritten: int
    """Texts of the drafter that are not written in the language."""


def packet_compose(
    content: PacketContent,
    *,
    released: Released,
    terms: Mapping[str, GlossaryTerm],
    lang: Lang,
    made_on: date,
    marks: bool,
    illustrative: bool = False,
    guarded: Guarded | None = None,
) -> Composed:
    """The paper of a packet. `marks`: unconfirmed Lao is starred, as the drafter reads it; what is shared is starred
    where the content says so. `guarded`: the figures that pass the gate, as it decided."""
    tongue = Tongue(lang, terms, content.lao)
    writer = _Writer(content, released, tongue, marks, guarded)
    body = tuple(writer.body())
    title = content.title.said(lang) or tongue.say(N_("Materials for exchange"))
    front = Front(
        superior="",
        issuer=content.own_name.said(lang),
        nation="",
        motto="",
        number="",
        place_and_date=day_words(made_on),
        kind=title,
        subject=content.partner.said(lang),
    )
    notice = tongue.say(N_("Illustrative figures")) if illustrative else ""
    document = Document(
        front=front, body=body, back=Back((), "", "", ()), notice=notice, lang=lang, made_on=made_on.isoformat()
    )
    return Composed(document, tuple(tongue.missing), dict(tongue.unconfirmed), writer.unwritten())


@dataclass
class _Writer:
    content: PacketContent
    released: Released
    tongue: Tongue
    marks: bool
    guarded: Guarded | None = None

    def body(self) -> Iterator[Block]:
        yield from self._paragraphs(self.content.opening)
        for title, blocks in (
            (N_("Practices"), self._practices()),
            (N_("Figures"), self._figures()),
            (N_("Figures of violence and of planning"), self._guarded()),
            (N_("The two sides’ figures side by side"), self._beside()),
            (N_("Terms used"), self._terms()),
        ):
            if made := list(blocks):
                yield Heading(1, self.tongue.say(title))
                yield from made

    def unwritten(self) -> int:
        content = self.content
        spoken = [content.partner, content.own_name, content.title, content.opening]
        spoken += [one for made in content.practices for one in (made.title, made.text)]
        spoken += [made.note for made in (*content.figures, *content.guarded)]
        spoken += [made.name for made in content.partner_figures]
        return sum(one.lacks(self.tongue.lang) for one in spoken)

    def _paragraphs(self, text: Spoken) -> Iterator[Block]:
        for line in text.said(self.tongue.lang).splitlines():
            if line.strip():
                yield Paragraph((line.strip(),))

    def _practices(self) -> Iterator[Block]:
        for index, made in enumerate(self.content.practices, 1):
            yield Heading(2, made.title.said(self.tongue.lang), f"{index}.")
            yield from self._paragraphs(made.text)

    # ------------------------------------------------------------------------------------------------- figures

    def _figures(self) -> Iterator[Block]:
        if self.content.figures:
            values = {one.indicator: self.released.value(one.indicator) for one in self.content.figures}
            yield from self._table(self.content.figures, values, self._period(), ())

    def _guarded(self) -> Iterator[Block]:
        """Figures that pass the gate: a marker stands for each that is hidden, whatever it was hidden for."""
        made = self.guarded
        if made is None or not self.content.guarded:
            return
        hidden = () if all(map(made.is_shown, made.values)) else (self.tongue.say(NOT_SHOWN),)
        period = self.tongue.days(made.span.start, made.span.last_day)
        yield from self._table(self.content.guarded, made.values, period, hidden)

    def _table(
        self, figures: Sequence[OwnFigure], values: Mapping[str, Value], period: str, notes: Sequence[str]
    ) -> Iterator[Block]:
        say = self.tongue.say
        yield Paragraph((f"{say(ASPECTS['period'])}: {period}.",))
        noted = any(one.note.said(self.tongue.lang) for one in figures)
        columns = [Column(say(N_("Indicator")), 70), Column(say(N_("Unit of measure")), 30)]
        columns.append(Column(say(N_("Figure")), 25, "right"))
        if noted:
            columns.append(Column(say(N_("Remark")), 45))
        rows = tuple(self._figure_row(one, values[one.indicator], noted) for one in figures)
        told = [values[one.indicator] for one in figures]
        yield Table("", tuple(columns), rows, (*self._figure_notes(told), *((note,) for note in notes)))

    def _figure_row(self, one: OwnFigure, value: Value, noted: bool) -> tuple[Cell, ...]:
        edition = self.released.edition
        indicator = edition.indicators[one.indicator]
        cells = [
            Cell((self.tongue.text(indicator.name),)),
            Cell((unit_words(edition, indicator, self.tongue),)),
            Cell((self._own(value),)),
        ]
        return (*cells, Cell((one.note.said(self.tongue.lang),))) if noted else tuple(cells)

    def _figure_notes(self, held: Sequence[Value]) -> Iterator[tuple[str]]:
        if any(one.qualifier == "at_least" for one in held):
            yield (self.tongue.say(N_("≥: at least this many.")),)
        if any(is_estimate(one) for one in held):
            yield (self.tongue.say(N_("*: an estimate.")),)
        for one in held:
            if not one.is_complete:
                fields = {
                    "indicator": self.tongue.text(self.released.edition.indicators[one.indicator].name),
                    "reported": self.tongue.number(Decimal(one.units_reported)),
                    "due": self.tongue.number(Decimal(one.units_due)),
                }
                yield (self.tongue.say(N_("{indicator}: {reported} of {due} units reported."), **fields),)

    def _own(self, value: Value) -> Bound:
        """A value of the release, bound to it; the marker where the gate does not let it through."""
        indicator = self.released.edition.indicators[value.indicator]
        key = f"value:{value.indicator}|{value.unit}|{value.period}||value"
        if not self.released.is_open(value) and not (self.guarded and self.guarded.is_shown(value.indicator)):
            return Bound(key, MARKER)
        exact = value.value or Decimal(0)
        if indicator.unit is Unit.BOOLEAN:
            text = self.tongue.say(N_("Yes") if exact else N_("No"))
        elif indicator.unit is Unit.COUNT:
            text = self.tongue.number(exact)
        else:
            text = self.tongue.number(exact, judgement.places(exact, indicator.decimals, None))
        sign, star = _signs(value.qualifier == "at_least", is_estimate(value))
        return Bound(key, f"{sign}{text}{star}")

    def _period(self) -> str:
        return self.tongue.days(self.released.span.start, self.released.span.last_day)

    # -------------------------------------------------------------------------------------------- side by side

    def _beside(self) -> Iterator[Block]:
        for index, theirs in enumerate(self.content.partner_figures, 1):
            yield Heading(2, theirs.name.said(self.tongue.lang), f"{index}.")
            ours = self._ours(theirs)
            if ours is None:
                yield self._alone(theirs)
                continue
            indicator = self.released.edition.indicators[ours.indicator]
            span = self.guarded.span if self.guarded and ours.indicator in self.guarded.values else self.released.span
            aspects = compare(self.released.edition, indicator, span, theirs, self.tongue)
            yield self._two(ours, theirs, aspects)
            yield Paragraph((verdict(aspects, self.tongue),))

    def _ours(self, theirs: PartnerFigure) -> Value | None:
        """Our value that theirs stands beside, if it is one that is shared."""
        if self.guarded is not None and theirs.beside in self.guarded.values:
            return self.guarded.values[theirs.beside]
        shared = {one.indicator for one in self.content.figures}
        return self.released.value(theirs.beside) if theirs.beside in shared else None

    def _columns(self) -> tuple[Column, Column]:
        lang = self.tongue.lang
        return Column(self.content.own_name.said(lang), 55), Column(self.content.partner.said(lang), 55)

    def _two(self, ours: Value, theirs: PartnerFigure, aspects: Sequence[Aspect]) -> Table:
        say, indicator = self.tongue.say, self.released.edition.indicators[ours.indicator]
        released = say(N_("figures released by {name}"), name=self.content.own_name.said(self.tongue.lang))
        own, other = self._columns()
        rows = [
            self._row(N_("Indicator"), self.tongue.text(indicator.name), theirs.name.said(self.tongue.lang)),
            self._row(N_("Figure"), self._own(ours), self._theirs(theirs)),
            *(self._row(ASPECTS[one.code], one.ours, one.theirs, one.state) for one in aspects),
            self._row(N_("Source"), released, theirs.source or say(N_("not stated"))),
        ]
        note = "; ".join(f"{SIGNS[state]} {say(words)}" for state, words in STATES.items()) + "."
        columns = (Column(say(N_("Aspect")), 35), own, other, Column("= ≠", 12, "center"))
        notes = [(note,)]
        if is_estimate(ours) or theirs.qualifier == "estimate":
            notes.append((say(N_("*: an estimate.")),))
        return Table("", columns, tuple(rows), tuple(notes))

    def _row(self, label: str, ours: str | Bound, theirs: str, state: str = "") -> tuple[Cell, ...]:
        bold = state == "differs"
        sign = SIGNS.get(state, "")
        return Cell((self.tongue.say(label),)), Cell((ours,), bold), Cell((theirs,), bold), Cell((sign,), bold)

    def _alone(self, theirs: PartnerFigure) -> Table:
        """A figure of the partner's that stands beside none of ours."""
        blank = self.tongue.say(N_("not stated"))
        rows = (
            (N_("Figure"), self._theirs(theirs)),
            (N_("Unit of measure"), unit_of_words(theirs.unit, self.tongue)),
            (N_("Numerator"), theirs.numerator),
            (N_("Denominator"), theirs.denominator),
            (N_("Period of the figures"), self.tongue.days(theirs.first, theirs.last)),
            (N_("Source"), theirs.source),
        )
        _own, other = self._columns()
        made = tuple((Cell((self.tongue.say(label),)), Cell((text or blank,))) for label, text in rows)
        return Table("", (Column(self.tongue.say(N_("Aspect")), 35), Column(other.label, 120)), made)

    def _theirs(self, theirs: PartnerFigure) -> str:
        sign, star = _signs(theirs.qualifier == "at_least", theirs.qualifier == "estimate")
        return f"{sign}{self.tongue.number(Decimal(theirs.value))}{star}"

    # --------------------------------------------------------------------------------------------------- terms

    def _terms(self) -> Iterator[Block]:
        if not self.content.terms:
            return
        starred = self.marks or self.content.marks
        say = self.tongue.say
        columns = tuple(Column(say(label), 55) for label in (N_("Vietnamese"), N_("English"), N_("Lao")))
        rows, any_starred = [], False
        for one in self.content.terms:
            star = "*" if starred and one.words.lo and not one.confirmed else ""
            any_starred = any_starred or bool(star)
            rows.append((Cell((one.words.vi,)), Cell((one.words.en,)), Cell((one.words.lo + star,))))
        note = say(N_("*: this Lao form has not been confirmed."))
        yield Table("", columns, tuple(rows), ((note,),) if any_starred else ())


def _signs(at_least: bool, estimated: bool) -> tuple[str, str]:
    """A sign and its figure are one: languages that put no spaces between words break lines at any other space."""
    return "≥\u00a0" if at_least else "", "*" if estimated else ""
