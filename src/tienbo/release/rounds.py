"""Ad-hoc rounds: an annex of somebody above, its cells mapped once to what is known, filled in each time.

A cell is filled when it is still the one that was meant: its sheet and the words beside and above it are those they
were when it was mapped, and it holds what it held. Everything else is told and left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.collection.uploads import upload_keep
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean, fold
from tienbo.ground.files import FileStore, sha256
from tienbo.ground.keys import new_key
from tienbo.papers.workbook.annex import Annex, AnnexCell, AnnexSheet, Holds, annex_open
from tienbo.papers.workbook.safety import Unsafe
from tienbo.release.models import Round, RoundFile, RoundMapping
from tienbo.release.quantities import What, is_percentage, with_series
from tienbo.units.frames import unit_keys
from tienbo.units.models import Unit
from tienbo.units.names import split_name

LONGEST_NAME = 200

worded(
    {
        "round.no_name": N_("Say what the annex is called, so that it is found next time."),
        "round.long_name": N_("The name of a round has at most {limit} letters."),
        "round.no_file": N_("Choose the annex: the Excel workbook as it was sent to you, empty."),
        "round.no_sheet": N_("The annex has no sheet “{sheet}” any more."),
        "round.no_cell": N_("The sheet has no cell {cell} any more."),
        "round.other_row": N_("The row now reads “{now}”; it read “{then}” when the cell was mapped."),
        "round.other_column": N_("The column now reads “{now}”; it read “{then}” when the cell was mapped."),
        "round.words": N_("The cell holds words of the form; they stay."),
        "round.a_date": N_("The cell is formatted as a date; a figure in it would read as a day."),
        "round.formula_of_many": N_("The cell is part of a formula that fills several cells."),
        "round.formula": N_("The cell holds the formula {text}. Say that it may be replaced, or choose another cell."),
        "round.filled": N_("The cell already holds {text}. Say that it may be replaced, or choose another cell."),
        "round.no_quantity": N_("The definitions no longer have what this cell was filled with ({code})."),
        "round.no_part": N_("“{name}” has no such part."),
        "round.not_a_percentage": N_("The cell is formatted as a percentage, and “{name}” is not one."),
        "round.no_unit": N_("The unit did not stand under yours at the end of {period}."),
        "round.no_unit_on": N_("The unit did not stand under yours on {day}, the day of the map that was chosen."),
        "round.nothing_chosen": N_("Choose what the cell is filled with, then press the button again."),
        "round.no_unit_in_row": N_("The row “{label}” is not called after one unit under yours."),
        "round.nothing_mapped": N_("No cell of the annex is mapped yet. Map at least one, then fill it in."),
        "round.nothing_fits": N_("None of the mapped cells fits the annex as it is now. Look at them first."),
    }
)


# --------------------------------------------------------------------------------------------------- the annex


@lru_cache(maxsize=8)
def _opened(data: bytes) -> Annex:
    return annex_open(data)


def annex_of(file: RoundFile, store: FileStore) -> Annex:
    """The grids of a kept annex."""
    try:
        return _opened(store.get(file.upload.sha256))
    except Unsafe as unsafe:
        raise Refused(unsafe.fault(file.name)) from unsafe


def round_open(*, unit: Unit, name: str, file: tuple[str, bytes] | None, actor: Actor, store: FileStore) -> Round:
    """Begin a round with its annex (name, bytes). The same name with the same file is the round that is there."""
    said = clean(name)
    faults = []
    if not said:
        faults.append(Fault("round.no_name"))
    if len(said) > LONGEST_NAME:
        faults.append(Fault("round.long_name", "", {"limit": LONGEST_NAME}))
    faults += _file_faults(file)
    if faults or file is None:
        raise Refused(*faults)
    with transaction.atomic():
        same = Round.objects.filter(unit=unit, name=said, files__upload__sha256=sha256(file[1])).first()
        made = same or Round.objects.create(key=new_key("round"), unit=unit, name=said, opened_by=actor.name)
        file_add(round=made, file=file, actor=actor, store=store)
    return made


def file_add(*, round: Round, file: tuple[str, bytes] | None, actor: Actor, store: FileStore) -> RoundFile:
    """The annex as it is sent now. The same bytes as the last ones are those."""
    faults = _file_faults(file)
    if faults or file is None:
        raise Refused(*faults)
    name, content = file
    last = file_of(round)
    sha = store.put(content)
    if last is not None and last.upload.sha256 == sha:
        return last
    upload = upload_keep(content=content, name=name, actor=actor, store=store)
    return RoundFile.objects.create(round=round, upload=upload, name=name[-255:], added_by=actor.name)


def _file_faults(file: tuple[str, bytes] | None) -> list[Fault]:
    if file is None or not file[1]:
        return [Fault("round.no_file")]
    try:
        annex_open(file[1])
    except Unsafe as unsafe:
        return [unsafe.fault(file[0])]
    return []


def rounds_of(unit: Unit) -> list[Round]:
    """The rounds of a unit, the newest first."""
    return list(Round.objects.filter(unit=unit).order_by("-pk"))


def round_find(unit: Unit, key: str) -> Round | None:
    return Round.objects.filter(unit=unit, key=key).first()


def file_of(round: Round) -> RoundFile | None:
    return round.files.select_related("upload").order_by("pk").last()


# ------------------------------------------------------------------------------------------------- the mappings


@dataclass(frozen=True)
class Mapped:
    """What counts now of a cell."""

    sheet: str
    cell: str
    what: What
    row: str
    column: str
    over: str
    said_by: str = ""


def mappings_of(round: Round) -> dict[tuple[str, str], Mapped]:
    """(sheet, cell) → what it is filled with, in the order of sheets' names and cells."""
    found: dict[tuple[str, str], Mapped] = {}
    for one in round.mappings.order_by("pk"):
        place = (one.sheet, one.cell)
        found.pop(place, None)
        if one.what:
            what = What.from_json(one.what)
            found[place] = Mapped(*place, what, one.row_label, one.column_label, one.over, one.said_by)
    return found


def mapping_say(
    *,
    round: Round,
    annex: Annex,
    sheet: str,
    cell: str,
    what: What | None,
    may_replace: bool,
    edition: Edition,
    actor: Actor,
) -> RoundMapping | None:
    """Say what a cell is filled with; None takes it away. Refused where it cannot be: no such cell, one that holds
    something nobody said may be replaced, a percentage for what is none."""
    if what is None:
        if (sheet, cell) not in mappings_of(round):
            return None
        return RoundMapping.objects.create(round=round, sheet=sheet, cell=cell, what={}, said_by=actor.name)
    grid = annex.sheet(sheet)
    held = grid.at(cell) if grid else None
    if grid is None or held is None:
        fault = Fault("round.no_cell", sheet, {"cell": cell}) if grid else Fault("round.no_sheet", "", {"sheet": sheet})
        raise Refused(fault)
    labels = grid.labels(held)
    over = held.text[:500] if may_replace and held.holds is not Holds.NOTHING else ""
    made = Mapped(sheet, held.address, what, labels.row, labels.column, over)
    faults = misfits(annex, made, edition)
    if faults:
        raise Refused(*faults)
    if mappings_of(round).get((sheet, held.address)) == replace(made, said_by=actor.name):
        return None
    return RoundMapping.objects.create(
        round=round,
        sheet=sheet,
        cell=held.address,
        what=what.as_json(),
        row_label=labels.row,
        column_label=labels.column,
        over=over,
        said_by=actor.name,
    )


def misfits(annex: Annex, mapped: Mapped, edition: Edition) -> list[Fault]:
    """Why a cell would not be filled in the annex as it is now; nothing where it fits."""
    sheet = annex.sheet(mapped.sheet)
    if sheet is None:
        return [Fault("round.no_sheet", mapped.cell, {"sheet": mapped.sheet})]
    place = f"{mapped.sheet}!{mapped.cell}"
    cell = sheet.at(mapped.cell)
    if cell is None or cell.address != mapped.cell:
        return [Fault("round.no_cell", place, {"cell": mapped.cell})]
    found = [*_other_cell(sheet, cell, mapped, place), *_taken(cell, mapped, place)]
    return found + _unfit(cell, mapped, edition, place)


def _other_cell(sheet: AnnexSheet, cell: AnnexCell, mapped: Mapped, place: str) -> list[Fault]:
    now = sheet.labels(cell)
    found = []
    for code, then, words in (
        ("round.other_row", mapped.row, now.row),
        ("round.other_column", mapped.column, now.column),
    ):
        if _same(then) != _same(words):
            found.append(Fault(code, place, {"then": then or "…", "now": words or "…"}))
    return found


def _same(label: str) -> str:
    """A label without what may change from one period to the next: "Năm 2026" and "Năm 2027" are one column."""
    return "".join(letter for letter in fold(label) if not letter.isdigit())


_MOVED = frozenset({"round.no_sheet", "round.no_cell", "round.other_row", "round.other_column"})
"""Why a cell does not fit that stands elsewhere now."""


def moves(annex: Annex, mapped: Iterable[Mapped], edition: Edition) -> dict[tuple[str, str], Mapped]:
    """Where cells that no longer fit went: (sheet, cell) → the mapping as it would be said of the one cell of the annex
    that has the words beside and above it that the old one had. Those with no such cell, or several, are not named."""
    held = list(mapped)
    lost = [one for one in held if {fault.code for fault in misfits(annex, one, edition)} & _MOVED]
    kept = {(one.sheet, one.cell) for one in held if one not in lost}
    if not lost:
        return {}
    places: dict[tuple[str, str], list[tuple[AnnexSheet, AnnexCell]]] = defaultdict(list)
    for sheet in annex.sheets:
        for cell in sheet.cells.values():
            if sheet.can_be_filled(cell):
                labels = sheet.labels(cell)
                places[_same(labels.row), _same(labels.column)].append((sheet, cell))
    found: dict[tuple[str, str], Mapped] = {}
    for one in lost:
        here = places.get((_same(one.row), _same(one.column)), []) if one.row and one.column else []
        alike = [place for place in here if place[0].name == one.sheet] or here
        if len(alike) != 1 or (alike[0][0].name, alike[0][1].address) in kept:
            continue
        sheet, cell = alike[0]
        labels = sheet.labels(cell)
        new = replace(one, sheet=sheet.name, cell=cell.address, row=labels.row, column=labels.column)
        if not misfits(annex, new, edition):
            found[one.sheet, one.cell] = new
    return found


def mappings_move(*, round: Round, annex: Annex, edition: Edition, actor: Actor) -> int:
    """Map the cells that went elsewhere in a new version of the annex where they are now. Returns how many."""
    with transaction.atomic():
        found = moves(annex, mappings_of(round).values(), edition)
        taken = {"round": round, "said_by": actor.name}
        for sheet, cell in found:
            RoundMapping.objects.create(**taken, sheet=sheet, cell=cell, what={})
        for new in found.values():
            RoundMapping.objects.create(
                **taken,
                sheet=new.sheet,
                cell=new.cell,
                what=new.what.as_json(),
                row_label=new.row,
                column_label=new.column,
                over=new.over,
            )
    return len(found)


def _taken(cell: AnnexCell, mapped: Mapped, place: str) -> list[Fault]:
    if cell.holds is Holds.TEXT:
        return [Fault("round.words", place)]
    if cell.is_part:
        return [Fault("round.formula_of_many", place)]
    if cell.format.is_date:
        return [Fault("round.a_date", place)]
    if cell.holds is Holds.NOTHING or cell.text[:500] == mapped.over:
        return []
    code = "round.formula" if cell.holds is Holds.FORMULA else "round.filled"
    return [Fault(code, place, {"text": cell.text})]


def _unfit(cell: AnnexCell, mapped: Mapped, edition: Edition, place: str) -> list[Fault]:
    what = mapped.what
    indicator = what.indicator(edition) or what.indicator(with_series(edition, [what]))
    if indicator is None or not indicator.terms:
        return [Fault("round.no_quantity", place, {"code": what.quantity.partition(":")[2]})]
    if what.part in ("numerator", "denominator") and not indicator.is_ratio:
        return [Fault("round.no_part", place, {"name": str(indicator.name)})]
    if cell.format.is_percent and not (what.part == "value" and is_percentage(edition, indicator)):
        return [Fault("round.not_a_percentage", place, {"name": str(indicator.name)})]
    return []


def rows_of_units(sheet: AnnexSheet, cell: AnnexCell, named: Mapping[str, str]) -> list[tuple[AnnexCell, str]]:
    """The cells from `cell` down in its column whose row names a unit: (cell, key). `named`: folded name → key, of
    names that one unit has alone."""
    found = []
    for row in range(cell.row, sheet.rows + 1):
        below = sheet.at(f"{cell.address.rstrip('0123456789')}{row}")
        if below is None or below.column != cell.column or below.row != row:
            continue
        key = unit_in(sheet.labels(below).row, named)
        if key is not None:
            found.append((below, key))
    return found


def unit_in(label: str, named: Mapping[str, str]) -> str | None:
    """The unit that a row is called after: one of the texts beside the cell is its name."""
    return next((named[fold(part)] for part in label.split(" – ") if fold(part) in named), None)


def names_of_units(names: Mapping[int, str], units: Iterable[int]) -> dict[str, str]:
    """Folded name → key, of names that one of the units has alone: "xa dong tam" and, where no other is called so,
    "dong tam"."""
    keys, found = unit_keys(), defaultdict(set)
    for unit in units:
        name = split_name(names.get(unit, ""))
        for said in {fold(name.text), name.search} - {""}:
            found[said].add(keys[unit])
    return {said: next(iter(held)) for said, held in found.items() if len(held) == 1}
