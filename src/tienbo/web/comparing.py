"""One return as its office looks at it: figures beside those of the period before and of the same period last year,
those to look at first with the reason, changes marked, estimates listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from tienbo.catalogue.definitions import Block, RowField
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import STATEMENTS, Content, Figure, Layout, layout
from tienbo.catalogue.screening import Outlier
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Return, Revision
from tienbo.collection.standing import standing
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import number
from tienbo.release.beside import Beside, beside, content_of
from tienbo.units.frames import unit_names

Change = Literal["", "same", "up", "down", "new", "gone"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure: as sent, and beside it the one before. Both None where the form does not ask."""

    asked: bool
    value: Decimal | None = None
    before: Decimal | None = None
    qualifier: str = ""
    cell: str = ""
    yes_no: bool = False
    year: Decimal | None = None
    """The same period last year."""
    address: str = ""
    why: str = ""
    """Why it is to be looked at, where it is."""

    @property
    def change(self) -> Change:
        if self.value is None or self.before is None:
            return "" if self.value is self.before else "new" if self.before is None else "gone"
        return "same" if self.value == self.before else "up" if self.value > self.before else "down"

    @property
    def text(self) -> str:
        return self._spelled(self.value)

    @property
    def text_before(self) -> str:
        return self._spelled(self.before)

    @property
    def text_year(self) -> str:
        return self._spelled(self.year)

    @property
    def difference(self) -> str:
        """How much it moved since the period before, signed; nothing for an answer of yes or no."""
        if self.value is None or self.before is None or self.yes_no:
            return ""
        return signed(self.value - self.before)

    def _spelled(self, value: Decimal | None) -> str:
        if value is None:
            return ""
        return (_("Yes") if value else _("No")) if self.yes_no else number(value)


def signed(value: Decimal) -> str:
    """A difference with its sign."""
    return ("+" if value > 0 else "") + number(value)


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """A figure to look at first: its line and column, the figure, why."""

    name: str
    column: str
    text: str
    why: str
    rule: str
    address: str


@dataclass(frozen=True, slots=True)
class LineShown:
    name: str
    indent: int
    measure: str
    figures: tuple[Shown, ...]

    @property
    def at(self) -> str:
        """The address of its first figure that has one."""
        return next((one.address for one in self.figures if one.address), "")


@dataclass(frozen=True, slots=True)
class BlockShown:
    """A block of the form. `statement`: what the unit said of the whole of it; its figures are then what it stands
    for."""

    title: str
    statement: str
    columns: tuple[str, ...]
    lines: tuple[LineShown, ...]
    changed: int
    """Figures that are not what they were."""


@dataclass(frozen=True, slots=True)
class SheetShown:
    number: str
    title: str
    blocks: tuple[BlockShown, ...]

    @property
    def changed(self) -> int:
        return sum(block.changed for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure that is not firm: an estimate with its cut-off day elsewhere, or "at least"."""

    name: str
    column: str
    text: str
    qualifier: str


@dataclass(frozen=True, slots=True)
class Official:
    """The official figure of what was an estimate one period ago."""

    name: str
    column: str
    before: str
    now: str
    difference: str


@dataclass(frozen=True)
class Comparison:
    """Everything one return says."""

    content: Content
    before: Period | None
    """The period compared with; None where there is nothing to compare with."""
    sheets: tuple[SheetShown, ...]
    texts: tuple[tuple[str, str], ...]
    estimates: tuple[Estimate, ...]
    official: tuple[Official, ...]
    outliers: tuple[ToLookAt, ...]
    year: Period | None
    """The same period last year, where there is something of it."""
    note: str
    """Of whom the figures of before are, where they are not the unit's own; or why there are none."""


WHY: Mapping[str, str] = {
    "nothing": N_("There is no return of the period before to compare with."),
    "divided": N_("Not comparable with the period before: a unit that this one was formed of was divided."),
    "silent": N_("Not comparable with the period before: not all of {units} sent a return."),
    "other_form": N_("Not comparable with the period before: {units} filled in another form."),
}


def compared(revision: Revision, found: Sequence[Outlier] = ()) -> Comparison:
    """A revision beside what the unit, or those it was formed of, said in the half-year before and a year before: what
    counted there, else the last word. `found`: its figures to look at."""
    content = Content.from_json(revision.content)
    edition, of = edition_of(content.edition), revision.of
    shape = layout(edition, content.form, content.period)
    then, year_ago = content.period.previous(), content.period.same_last_year()
    held, last_year = (
        beside(
            root_id=of.campaign.root_id,
            edition=edition,
            period=content.period,
            then=one,
            forms={of.unit_id: content.form},
        )[of.unit_id]
        for one in (then, year_ago)
    )
    filled, before, year = standing(revision) or content, content_of(held), content_of(last_year)
    said = _Beside(filled, before, year, {one.address: one.sentence for one in found})
    sheets = tuple(
        SheetShown(
            sheet.number,
            str(sheet.title),
            tuple(
                _block(edition, shape, block, content, said)
                for block in sheet.blocks
                if block.code in shape.sheet_of and not block.texts
            ),
        )
        for sheet in shape.form.sheets
    )
    own = held.revisions[0] if held.revisions and not held.of else None
    return Comparison(
        content=content,
        before=then if before is not None else None,
        sheets=tuple(sheet for sheet in sheets if sheet.blocks),
        texts=tuple(
            (str(line.label), content.texts[code]) for code, line in shape.texts.items() if code in content.texts
        ),
        estimates=tuple(_estimates(shape, filled)),
        official=tuple(_official(shape, content, _as_sent(own, before))),
        outliers=tuple(_to_look_at(shape, found)),
        year=year_ago if year is not None else None,
        note=_note(held, edition.calendar.last_day(then)),
    )


class _Beside(NamedTuple):
    """What a figure is shown with."""

    now: Content
    before: Content | None
    year: Content | None
    why: Mapping[str, str]


def _note(held: Beside, day: date) -> str:
    names = unit_names(day)
    units = ", ".join(names.get(one, "") for one in held.of)
    if held.why:
        return _(WHY[held.why]).format(units=units)
    return _("Figures of before are those of {units}, added up.").format(units=units) if held.of else ""


def to_look_at(of: Return, found: Sequence[Outlier]) -> Iterator[ToLookAt]:
    """The figures to look at of a return, named as its form names them."""
    return _to_look_at(layout(edition_of(of.campaign.edition.fingerprint), of.form, of.campaign.period), found)


def _to_look_at(shape: Layout, found: Sequence[Outlier]) -> Iterator[ToLookAt]:
    for one in found:
        slot = shape.slots[one.address]
        names = str(slot.line.label), str(slot.column.label)
        yield ToLookAt(*names, number(one.now), one.sentence, one.rule.words, one.address)


def _as_sent(revision: Revision | None, before: Content | None) -> Content | None:
    """What the unit itself sent for the period before: official figures have taken its estimates' place since."""
    if revision is None or revision.made == Revision.Made.SENT:
        return before
    sent = Revision.objects.filter(of=revision.of_id, made=Revision.Made.SENT, number__lt=revision.number)
    return standing(sent.order_by("-number").first())


def _block(edition: Edition, shape: Layout, block: Block, content: Content, said: _Beside) -> BlockShown:
    filled, before = said.now, said.before
    statement = content.statements.get(block.code)
    lines = tuple(_rows(block, filled, before) if block.fields else _lines(edition, shape, block, said))
    columns = (
        tuple(str(field.label) for field in block.fields if field.kind != "name")
        if block.fields
        else tuple(str(shape.form.column(code).label) for code in block.columns)
    )
    changes = [one.change for line in lines for one in line.figures] if before is not None else []
    changed = sum(change not in ("", "same") for change in changes)
    return BlockShown(str(block.title), _(STATEMENTS[statement]) if statement else "", columns, lines, changed)


def _lines(edition: Edition, shape: Layout, block: Block, said: _Beside) -> Iterator[LineShown]:
    for line in shape.lines(block):
        figures = []
        measure = ""
        for column in block.columns:
            address = f"{line.code}:{column}"
            slot = shape.slots.get(address)
            if slot is None:
                figures.append(Shown(asked=False))
                continue
            measure = str(edition.measures[slot.element.measure].name)
            last, year = (one.figures.get(address) if one else None for one in (said.before, said.year))
            shown = _shown(said.now.figures.get(address), last, yes_no=line.answer == "yes_no")
            why = said.why.get(address, "")
            figures.append(replace(shown, year=year.value if year else None, address=address, why=why))
        yield LineShown(str(line.label), line.indent, measure, tuple(figures))


def _rows(block: Block, filled: Content, before: Content | None) -> Iterator[LineShown]:
    """Rows that the unit names itself: each beside the row of the same name."""
    fields = [field for field in block.fields if field.kind != "name"]
    now = filled.rows.get(block.code, ())
    then = {row.name.casefold(): row for row in (before.rows.get(block.code, ()) if before is not None else ())}
    for row in now:
        last = then.pop(row.name.casefold(), None)
        yield LineShown(row.name, 0, "", tuple(_of_row(fields, row.figures, last.figures if last else {})))
    for row in then.values():
        yield LineShown(row.name, 0, "", tuple(_of_row(fields, {}, row.figures)))


def _of_row(fields: Sequence[RowField], now: Mapping[str, Figure], then: Mapping[str, Figure]) -> Iterator[Shown]:
    for field in fields:
        yield _shown(now.get(field.code), then.get(field.code), yes_no=field.kind == "yes_no")


def _shown(now: Figure | None, then: Figure | None, *, yes_no: bool) -> Shown:
    return Shown(
        asked=True,
        value=now.value if now else None,
        before=then.value if then else None,
        qualifier=now.qualifier if now else "",
        cell=now.cell if now else "",
        yes_no=yes_no,
    )


def _estimates(shape: Layout, filled: Content) -> Iterator[Estimate]:
    for address, figure in filled.figures.items():
        slot = shape.slots.get(address)
        if figure.qualifier != "exact" and slot is not None:
            yield Estimate(str(slot.line.label), str(slot.column.label), number(figure.value), figure.qualifier)
    for rows in filled.rows.values():
        for row in rows:
            for figure in row.figures.values():
                if figure.qualifier != "exact":
                    yield Estimate(row.name, "", number(figure.value), figure.qualifier)


def _official(shape: Layout, content: Content, sent: Content | None) -> Iterator[Official]:
    for address, figure in content.restated.items():
        slot = shape.slots.get(address)
        if slot is None:
            continue
        was = sent.figures.get(address) if sent is not None else None
        difference = figure.value - was.value if was is not None else None
        yield Official(
            str(slot.line.label),
            str(slot.column.label),
            number(was.value) if was is not None else "",
            number(figure.value),
            "" if difference is None else signed(difference),
        )
