"""One return as its office looks at it: figures beside those of the period before, changes marked, estimates listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tienbo.catalogue.definitions import Block, RowField
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import STATEMENTS, Content, Figure, Layout, layout
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Return, Revision
from tienbo.collection.queries import returns_of
from tienbo.collection.standing import standing
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import number

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

    def _spelled(self, value: Decimal | None) -> str:
        if value is None:
            return ""
        return (_("Yes") if value else _("No")) if self.yes_no else number(value)


@dataclass(frozen=True, slots=True)
class LineShown:
    name: str
    indent: int
    measure: str
    figures: tuple[Shown, ...]


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


def compared(revision: Revision) -> Comparison:
    """A revision beside what the unit said in the half-year before: what counted there, else its last word."""
    content = Content.from_json(revision.content)
    edition = edition_of(content.edition)
    shape = layout(edition, content.form, content.period)
    earlier = _said(revision.of, content.period.previous())
    filled, before = standing(revision) or content, standing(earlier)
    sheets = tuple(
        SheetShown(
            sheet.number,
            str(sheet.title),
            tuple(
                _block(edition, shape, block, content, filled, before)
                for block in sheet.blocks
                if block.code in shape.sheet_of and not block.texts
            ),
        )
        for sheet in shape.form.sheets
    )
    return Comparison(
        content=content,
        before=content.period.previous() if before is not None else None,
        sheets=tuple(sheet for sheet in sheets if sheet.blocks),
        texts=tuple(
            (str(line.label), content.texts[code]) for code, line in shape.texts.items() if code in content.texts
        ),
        estimates=tuple(_estimates(shape, filled)),
        official=tuple(_official(shape, content, _as_sent(earlier, before))),
    )


def _said(of: Return, period: Period) -> Revision | None:
    rows = returns_of(root_id=of.campaign.root_id, period=period, units=[of.unit_id])
    found = rows.select_related("latest__carried", "accepted__carried").first()
    return (found.accepted or found.latest) if found is not None else None


def _as_sent(revision: Revision | None, before: Content | None) -> Content | None:
    """What the unit itself sent for the period before: official figures have taken its estimates' place since."""
    if revision is None or revision.made == Revision.Made.SENT:
        return before
    sent = Revision.objects.filter(of=revision.of_id, made=Revision.Made.SENT, number__lt=revision.number)
    return standing(sent.order_by("-number").first())


def _block(
    edition: Edition, shape: Layout, block: Block, content: Content, filled: Content, before: Content | None
) -> BlockShown:
    statement = content.statements.get(block.code)
    lines = tuple(_rows(block, filled, before) if block.fields else _lines(edition, shape, block, filled, before))
    columns = (
        tuple(str(field.label) for field in block.fields if field.kind != "name")
        if block.fields
        else tuple(str(shape.form.column(code).label) for code in block.columns)
    )
    changes = [one.change for line in lines for one in line.figures] if before is not None else []
    changed = sum(change not in ("", "same") for change in changes)
    return BlockShown(str(block.title), _(STATEMENTS[statement]) if statement else "", columns, lines, changed)


def _lines(
    edition: Edition, shape: Layout, block: Block, filled: Content, before: Content | None
) -> Iterator[LineShown]:
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
            last = before.figures.get(address) if before is not None else None
            figures.append(_shown(filled.figures.get(address), last, yes_no=line.answer == "yes_no"))
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
            "" if difference is None else ("+" if difference > 0 else "") + number(difference),
        )
