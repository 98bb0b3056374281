"""What the entry page shows: a form of one half-year as steps, one sheet each, with what was entered and said before.

The same step with no figure in it is its shell: what a browser may keep for the days without a connection.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from django.http import Http404
from django.urls import reverse

from tienbo.catalogue.definitions import Block, Line, Sheet
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import STATEMENTS, Content, Figure, Slot
from tienbo.collection.by_register import register_counts
from tienbo.collection.draft_models import Draft, Prepared
from tienbo.collection.drafts import draft_on, draft_open
from tienbo.collection.models import Revision
from tienbo.collection.queries import returns_of
from tienbo.collection.sending import prepared_newest
from tienbo.collection.standing import standing
from tienbo.core.faults import SENTENCES, Fault, worded
from tienbo.core.messages import N_, language
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import number
from tienbo.papers.cells import Sheets, cells_hash, cells_of, digits, sheets
from tienbo.papers.workbook.design import number_of
from tienbo.papers.workbook.vocabulary import YES_NO_WORDS, statements_allowed
from tienbo.units.models import Unit
from tienbo.web.access import Asked
from tienbo.web.office import office
from tienbo.web.unit_place import UnitPlace, place_of

worded(
    {
        "entry.elsewhere": N_(
            "This period was opened by another office, which takes the return in; nothing can be entered here. What "
            "you typed is kept."
        ),
        "entry.closed": N_(
            "The standing office has closed this period: nothing is taken in any more. What you typed is kept under "
            "“Versions of the draft”; ask the office to open the period again."
        ),
    }
)

OPEN_ROWS = 3
"""Empty repeating rows shown below those that are filled in."""
CHECKED = (
    "workbook.not_a_number", "workbook.number_ambiguous", "workbook.not_yes_or_no", "workbook.number_out_of_range",
    "workbook.too_many_decimals", "workbook.not_a_date", "return.negative", "return.above_maximum",
    "return.not_whole", "return.not_yes_or_no", "return.part_exceeds_whole", "return.line_exceeds_line",
    "return.check_fails", "return.figures_beside_statement", "return.row_without_name", "return.row_named_twice",
)  # fmt: skip
"""What a browser works out too, beside the cell, in the same words."""


class Cell(NamedTuple):
    """A place to enter something. `before` is what was said a period ago, in words."""

    name: str
    text: str
    number: str
    label: str
    column: str
    before: str = ""
    counted: str = ""
    """What a register counts, where there is one."""
    differs: str = ""
    """What is reported, where that is another figure."""
    required: bool = False


class LineRow(NamedTuple):
    line: Line
    cells: Sequence[Cell | None]
    official: Sequence[Cell]
    """For figures that were estimates one period ago."""


class RepeatedRow(NamedTuple):
    key: str
    number: int
    cells: Sequence[Cell]
    is_open: bool
    """Whether it is shown at once; others on request."""


@dataclass(frozen=True)
class EntryBlock:
    """A block of a step, ready to be shown."""

    block: Block
    statements: Sequence[tuple[str, str]]
    statement: str
    lines: Sequence[LineRow] = ()
    rows: Sequence[RepeatedRow] = ()
    texts: Sequence[Cell] = ()
    proofs: Sequence[tuple[str, str, str]] = ()
    """(cell, name of the file, address)."""

    @property
    def columns(self) -> list[str]:
        return [cell.column for cell in self.rows[0].cells] if self.rows else []


@dataclass(frozen=True)
class Entry:
    """A unit's return of a half-year as one person enters it."""

    place: UnitPlace
    period: Period
    draft: Draft
    """Not in the database before the first save."""

    @property
    def unit(self) -> Unit:
        return self.place.unit

    @cached_property
    def edition(self) -> Edition:
        return self.place.edition(self.period)

    @cached_property
    def known(self) -> Sheets:
        return sheets(self.edition, self.draft.form, self.period)

    @cached_property
    def steps(self) -> list[Sheet]:
        """The sheets that this half-year asks for."""
        asked = set(self.known.layout.sheet_of)
        held = self.known.layout.form.sheets
        return [sheet for sheet in held if any(block.code in asked for block in sheet.blocks)]

    @cached_property
    def locked(self) -> Fault | None:
        """Why this period takes nothing now; None while it does."""
        if not office().collects(self.draft.campaign):
            return Fault("entry.elsewhere")
        return Fault("entry.closed") if self.draft.campaign.is_closed else None

    @property
    def is_kept(self) -> bool:
        return self.draft.pk is not None

    def kept(self, actor: Any) -> Draft:
        """The draft in the database, made now where there was none."""
        if self.is_kept:
            return self.draft
        return draft_open(campaign=self.draft.campaign, unit=self.unit, form=self.draft.form, actor=actor)

    @property
    def prepared(self) -> Prepared | None:
        return prepared_newest(self.draft) if self.is_kept else None

    def address(self, name: str, **more: Any) -> str:
        return reverse(f"entry_{name}", kwargs={"key": self.unit.key, "period": self.period, **more})

    # ------------------------------------------------------------------------------------- what was said before

    @cached_property
    def before(self) -> Mapping[str, Figure]:
        """Address → the figure a period ago; of what is asked once a year, a year ago."""
        half, year = self.said_before, self._said(self.period.same_last_year())
        found: dict[str, Figure] = {}
        for address, slot in self.known.layout.slots.items():
            said = half if slot.element.frequency == "half_year" else year
            if said is not None and address in said.figures:
                found[address] = said.figures[address]
        return found

    @cached_property
    def said_before(self) -> Content | None:
        return self._said(self.period.previous())

    def _said(self, period: Period) -> Content | None:
        root = self.draft.campaign.root_id
        rows = returns_of(root_id=root, period=period, units=[self.unit.pk]).exclude(latest=None)
        last = rows.values_list("latest", "latest__sha256", "latest__carried", "latest__carried_year").first()
        return _said(*last) if last is not None else None

    @cached_property
    def counted(self) -> Mapping[str, Decimal]:
        """Address → what the unit's registers count for it."""
        return register_counts(self.edition, self.known, self.unit)

    def before_cells(self) -> dict[str, str]:
        """The same as cells, with the rows of a period ago: what a browser shows beside what is entered."""
        slots = self.known.layout.slots
        cells = {
            f"figure/{address}": _words(figure, is_answer=slots[address].line.answer == "yes_no")
            for address, figure in self.before.items()
        }
        for block, rows in (self.said_before.rows if self.said_before else {}).items():
            for row in rows:
                cells[f"row/{block}/{row.key}/name"] = row.name
                cells |= {f"row/{block}/{row.key}/{code}": _words(figure) for code, figure in row.figures.items()}
        return cells

    # ------------------------------------------------------------------------------------------------- a step

    def sheet(self, step: int) -> Sheet:
        if not 1 <= step <= len(self.steps):
            raise Http404
        return self.steps[step - 1]

    def blocks(self, step: int, *, bare: bool = False) -> Iterator[EntryBlock]:
        """The blocks of a step; `bare` without anything that was entered, now or before."""
        asked = {block.code for block in self.known.layout.blocks}
        cells = {} if bare else self.draft.cells
        before = {} if bare else self.before_cells()
        counted = {} if bare else self.counted
        for block in self.sheet(step).blocks:
            if block.code in asked:
                yield self._block(block, cells, before, counted)

    def _block(
        self, block: Block, cells: Mapping[str, str], before: Mapping[str, str], counted: Mapping[str, Decimal]
    ) -> EntryBlock:
        says = [(one, str(_(STATEMENTS[one]))) for one in statements_allowed(block)]
        proofs = [
            (cell, name, self.address("proof") + f"?mark={cell.rpartition('/')[2]}")
            for cell, name in sorted(cells.items())
            if cell.startswith(f"proof/{block.code}/")
        ]
        return EntryBlock(
            block=block,
            statements=says,
            statement=cells.get(f"say/{block.code}", ""),
            lines=[self._line(block, line, cells, before, counted) for line in self.known.layout.lines(block)],
            rows=list(self._rows(block, cells, before)),
            texts=[
                Cell(f"text/{text.code}", cells.get(f"text/{text.code}", ""), "", str(text.label), "")
                for text in block.texts
            ],
            proofs=proofs,
        )

    def _line(
        self,
        block: Block,
        line: Line,
        cells: Mapping[str, str],
        before: Mapping[str, str],
        counted: Mapping[str, Decimal],
    ) -> LineRow:
        made: list[Cell | None] = []
        official: list[Cell] = []
        for column in block.columns:
            slot = self.known.layout.slots.get(f"{line.code}:{column}")
            made.append(None if slot is None else self._cell("figure", slot, cells, before, counted))
            was = self.before.get(slot.address) if slot is not None and before else None
            if slot is not None and was is not None and was.qualifier == "estimate":
                official.append(self._cell("official", slot, cells, before, {}))
        return LineRow(line, made, official)

    def _cell(
        self, kind: str, slot: Slot, cells: Mapping[str, str], before: Mapping[str, str], counted: Mapping[str, Decimal]
    ) -> Cell:
        name = f"{kind}/{slot.address}"
        text, count = cells.get(name, ""), counted.get(slot.address)
        reported = text.rpartition(" ")[2]
        return Cell(
            name,
            text,
            number_of(slot),
            str(slot.line.label),
            str(slot.column.label),
            before.get(f"figure/{slot.address}", ""),
            "" if count is None else number(count),
            shown(text, number_of(slot)) if count is not None and text and reported != digits(count) else "",
            required=slot.line.required and kind == "figure",
        )

    def _rows(self, block: Block, cells: Mapping[str, str], before: Mapping[str, str]) -> Iterator[RepeatedRow]:
        if not block.fields:
            return
        filled = [cell.split("/")[2] for cell in (*cells, *before) if cell.startswith(f"row/{block.code}/")]
        last = max((int(key[1:]) for key in filled), default=0)
        for index in range(1, max(block.rows, last) + 1):
            key = f"r{index:02d}"
            row = [
                Cell(
                    name := f"row/{block.code}/{key}/{one.code}",
                    cells.get(name, ""),
                    "" if one.kind == "name" else "yes_no" if one.kind == "yes_no" else "count",
                    _("Row {number}").format(number=index),
                    str(one.label),
                    before.get(name, ""),
                    required=one.required and one.kind != "name",
                )
                for one in block.fields
            ]
            yield RepeatedRow(key, index, row, index <= max(last + 1, OPEN_ROWS))

    # ----------------------------------------------------------------------------- what a browser works out itself

    def rules(self, step: int) -> str:
        """The checks of a step for a browser, as JSON; made once a process for each language."""
        key = (id(self.known), step, language())
        held = _RULES.get(key)
        if held is None or held[0] is not self.known:
            held = _RULES[key] = (self.known, json.dumps(self._rules(step), ensure_ascii=False))
        return held[1]

    def _rules(self, step: int) -> dict[str, Any]:
        """The checks of a step, from the same definitions: what each cell takes, what is part of what, and the words
        of the faults. The addresses are those of cells."""
        codes = {block.code for block in self.sheet(step).blocks}
        shape = self.known.layout
        slots = [slot for slot in shape.slots.values() if slot.block.code in codes]
        measures = self.edition.measures
        here = {slot.address for slot in slots}
        return {
            "words": {code: _(SENTENCES[code]) for code in CHECKED},
            "cells": [
                [
                    f"figure/{slot.address}",
                    number_of(slot),
                    slot.line.answer,
                    str(slot.line.label),
                    str(slot.column.label),
                    str(most) if (most := measures[slot.element.measure].maximum) is not None else "",
                    self.known.place(f"figure/{slot.address}"),
                ]
                for slot in slots
            ],
            "pairs": [
                [code, f"figure/{part.address}", f"figure/{whole.address}", str(part.line.label), *_pair(part, whole)]
                for code, pairs in (
                    ("return.part_exceeds_whole", shape.nested),
                    ("return.line_exceeds_line", shape.parts),
                )
                for part, whole in pairs
                if part.address in here
            ],
            "relations": [
                [
                    [f"figure/{one}" for one in check.left],
                    check.op,
                    [f"figure/{one}" for one in check.right],
                    check.level,
                    str(check.message),
                    self.known.place(f"figure/{check.left[0]}"),
                ]
                for check in shape.form.checks
                if not here.isdisjoint((*check.left, *check.right))
            ],
            "blocks": [self._block_rules(block) for block in shape.blocks if block.code in codes],
        }

    def _block_rules(self, block: Block) -> dict[str, Any]:
        says = {one: _(STATEMENTS[one]) for one in statements_allowed(block)}
        made: dict[str, Any] = {"code": block.code, "title": str(block.title), "says": says}
        made["figures"] = [f"figure/{address}" for address in self.known.layout.by_block.get(block.code, ())]
        made["place"] = self.known.place(f"say/{block.code}")
        if block.fields:
            made["fields"] = [[one.code, one.kind, str(one.label), one.part_of or ""] for one in block.fields]
            made["counts"] = [
                [
                    str(self.edition.elements[count.element].name),
                    count.sum_of or "",
                    [[test.field, test.over or "", test.op, str(test.value)] for test in count.where],
                ]
                for count in block.counts
            ]
        return made


_RULES: dict[tuple[int, int, str], tuple[Sheets, str]] = {}


@lru_cache(maxsize=512)
def _said(revision: int, *_mark: object) -> Content | None:
    """What a revision stands for: it never changes, and its form is opened at every step. `_mark`: its content's hash
    and what it carries over."""
    return standing(Revision.objects.select_related("carried", "carried_year").get(pk=revision))


def _pair(part: Slot, whole: Slot) -> tuple[str, str]:
    if part.line.code == whole.line.code:
        return str(part.column.label), str(whole.column.label)
    return str(part.line.label), str(whole.line.label)


def _words(figure: Figure, *, is_answer: bool = False) -> str:
    if is_answer and figure.value in (0, 1):
        return str(YES_NO_WORDS[int(figure.value)])
    before = {"exact": "", "estimate": _("about "), "at_least": _("over ")}[figure.qualifier]
    return before + number(figure.value)


def entry_of(request: Asked, unit: Unit, period: Period) -> Entry:
    """The entry of a unit's return; 404 where it owes none. What was sent is what a new draft begins with."""
    place = place_of(request, unit, period, alone=True)
    form = place.form(period)
    if form is None or not place.sees_content:
        raise Http404
    campaign = place.campaigns[period]
    held = draft_on(campaign=campaign, unit=unit)
    if held is None:
        rows = returns_of(root_id=campaign.root_id, period=period, units=[unit.pk]).filter(campaign=campaign)
        row = rows.select_related("latest").first()
        last = row.latest if row is not None else None
        cells = cells_of(Content.from_json(last.content)) if last is not None else {}
        version = int(last is not None)
        held = Draft(
            campaign=campaign, unit=unit, form=form.code, base=last, cells=cells, version=version,
            sha256=cells_hash(cells),
        )  # fmt: skip
    return Entry(place, period, held)


def shown(text: str, kind: str | None) -> str:
    """What a cell holds, as a page shows it: figures grouped, an answer in words."""
    if kind == "yes_no" and text in ("0", "1"):
        return str(YES_NO_WORDS[int(text)])
    head, _blank, digits_only = text.rpartition(" ")
    if kind and digits_only.replace(",", "", 1).isdecimal():
        return f"{head} {number(Decimal(digits_only.replace(',', '.')))}".strip()
    if text in STATEMENTS and kind is None:
        return _(STATEMENTS[text])  # type: ignore[index]
    return text


def named(entry: Entry, cell: str) -> str:
    """A cell in words: where it stands and what it is."""
    kind, _slash, rest = cell.partition("/")
    if kind in ("figure", "official") and rest in entry.known.layout.slots:
        slot = entry.known.layout.slots[rest]
        said = f"{slot.line.label}, {slot.column.label}"
        official = _("official figure")
        return f"{said} ({official})" if kind == "official" else said
    if kind == "row":
        code, row, field_code = rest.split("/")
        block = entry.known.layout.block(code)
        labels = {one.code: one.label for one in block.fields}
        at = _("row {number}").format(number=int(row[1:]))
        return f"{block.title}, {at}, {labels[field_code]}"
    if kind == "text":
        return str(entry.known.layout.texts[rest].label)
    if kind in ("say", "proof"):
        return str(entry.known.layout.block(rest.split("/")[0]).title)
    if kind == "why":
        return _("Explanation at {place}").format(place=rest.rpartition("@")[2])
    return {"as_of": _("Figures as of"), "prepared_by": _("Prepared by"), "approved_by": _("Head of unit")}.get(
        cell, cell
    )
