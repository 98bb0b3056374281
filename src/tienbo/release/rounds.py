"""Ad-hoc rounds: an annex of somebody above, its cells mapped once to what is known, filled in each time.

A cell is filled when it is still the one that was meant: its sheet and the words beside and above it are those they
were when it was mapped, and it holds what it held. Everything else is told and left alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from django.db import transaction

from tienbo import __version__
from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import Indicator
from tienbo.catalogue.definitions import Unit as Measured
from tienbo.catalogue.loading import Edition
from tienbo.collection.editions import edition_of
from tienbo.collection.models import Upload
from tienbo.collection.services import edition_keep
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, speaking
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import clean, day_words, fold, rounded
from tienbo.engine.evaluate import Question
from tienbo.engine.values import FrozenValues, Status, Value
from tienbo.ground.files import FileStore, sha256
from tienbo.ground.keys import new_key
from tienbo.papers import judgement
from tienbo.papers.bindings import REASONS
from tienbo.papers.maps import note
from tienbo.papers.workbook.annex import Annex, AnnexCell, AnnexSheet, Format, Holds, annex_open
from tienbo.papers.workbook.annex_filling import Fill, annex_fill
from tienbo.papers.workbook.safety import Unsafe
from tienbo.release.frozen import is_comparable, map_fingerprint
from tienbo.release.models import Release, Round, RoundFile, RoundFilled, RoundMapping
from tienbo.release.one_map import values_on_own_maps
from tienbo.release.quantities import What, is_percentage, with_series
from tienbo.release.reading import Reader, act_names
from tienbo.units.frames import tree_on, unit_keys, unit_names
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
    upload, _new = Upload.objects.get_or_create(
        sha256=sha, defaults={"name": name[-255:], "size": len(content), "received_by": actor.name}
    )
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


# --------------------------------------------------------------------------------------------------- the values


@dataclass(frozen=True)
class Source:
    """Where figures come from: an edition that answers for every mapped quantity, and the values."""

    edition: Edition
    values: FrozenValues
    release: Release | None = None


def source_now(*, reader: Reader, unit: Unit, period: Period, whats: Iterable[What]) -> Source:
    """What counts at the reader's basis now, of everything that is asked for."""
    wanted = list(whats)
    edition = with_series(reader.edition, wanted)
    keys = {key: number for number, key in unit_keys().items()}
    asked: dict[Period, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for what in wanted:
        indicator = what.indicator(edition)
        number = keys.get(what.unit) if what.unit else unit.pk
        if indicator is not None and number is not None:
            asked[what.period(period)][indicator.code].add(number)
    found: list[Value] = []
    for at, by_indicator in asked.items():
        try:
            tree = tree_on(edition.calendar.last_day(at))
        except ValueError:
            continue  # a time before the first reporting regime: there is nothing
        units = {one for numbers in by_indicator.values() for one in numbers}
        inside = tuple(sorted(one for one in units if one in tree and _under(one, unit.pk, tree)))
        if inside:
            question = Question(tuple(by_indicator), (at,), inside)
            found += values_on_own_maps(replace(reader, edition=edition), question)
    return Source(edition, FrozenValues.of(found))


def _under(unit: int, top: int, tree: Any) -> bool:
    return unit == top or top in tree.ancestors(unit)


def source_of(release: Release, whats: Iterable[What]) -> Source:
    """What a release froze, and nothing else."""
    edition = with_series(edition_of(release.edition.fingerprint), whats)
    return Source(edition, FrozenValues.from_json(release.values_json), release)


ABSENT = "absent"
"""The status of what a release does not hold."""


class Filling(NamedTuple):
    """A mapped cell and what becomes of it. `written` is the number as it stands in the cell: of a cell in percentage
    format a share of 0 to 1. `why` says why there is none; `remark` what is to be known of the figure."""

    mapped: Mapped
    name: str
    unit: str
    period: str
    is_percent_cell: bool
    value: Decimal | None = None
    written: Decimal | None = None
    places: int | None = None
    status: str = ""
    why: str = ""
    remark: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def said(self) -> str:
        """The comment of the cell. The file leaves the office: which release was looked into is not told there."""
        if self.written is not None:
            return self.remark
        return str(_(REASONS[Status.NOT_REPORTED])) if self.status == ABSENT else self.why

    @property
    def state(self) -> str:
        return "unfit" if self.faults else "figure" if self.written is not None else "nothing"


def fillings(*, annex: Annex, mapped: Iterable[Mapped], source: Source, unit: Unit, period: Period) -> list[Filling]:
    """What each mapped cell would be filled with, in the language being spoken."""
    filler = _Filler(annex, source, unit, period)
    return [filler.filling(one) for one in mapped]


@dataclass
class _Filler:
    annex: Annex
    source: Source
    unit: Unit
    period: Period

    def filling(self, mapped: Mapped) -> Filling:
        what, edition = mapped.what, self.source.edition
        indicator = what.indicator(edition)
        at = what.period(self.period)
        key = what.unit or self.unit.key
        faults = misfits(self.annex, mapped, edition)
        sheet = self.annex.sheet(mapped.sheet)
        cell = sheet.at(mapped.cell) if sheet else None
        name = str(indicator.name) if indicator else what.quantity.partition(":")[2]
        is_percent = cell is not None and cell.format.is_percent
        made = Filling(mapped, name, self.names.get(key, ""), at.code, is_percent)
        if faults or indicator is None or cell is None:
            return made._replace(faults=tuple(faults))
        found = self.source.values.values.get((indicator.code, key, at.code, ""))
        if found is None:
            absent = ABSENT if self.source.release else Status.NOT_REPORTED.value
            return made._replace(status=absent, why=_absent(self.source))
        value = worth(found, what)
        if value is None:
            return made._replace(status=found.status.value, why=reason(found, indicator, at))
        places = _places(edition, indicator, what, cell.format)
        return made._replace(
            value=value if places is None else rounded(value, places),
            written=_written(value, cell.format, places),
            places=places,
            status=found.status.value,
            remark=self._remark(found, what, key, at),
        )

    @cached_property
    def names(self) -> dict[str, str]:
        """Key → name of every unit on the period's last day."""
        names = unit_names(self.source.edition.calendar.last_day(self.period))
        return {key: names[number] for number, key in unit_keys().items() if number in names}

    @cached_property
    def numbers(self) -> dict[str, int]:
        return {key: number for number, key in unit_keys().items()}

    @cached_property
    def _compared(self) -> dict[tuple[str, Period], bool]:
        return {}

    def _is_comparable(self, key: str, at: Period) -> bool:
        if (key, at) not in self._compared:
            edition = self.source.edition
            self._compared[key, at] = is_comparable(edition, self.numbers[key], at, self.period)
        return self._compared[key, at]

    def _remark(self, value: Value, what: What, key: str, at: Period) -> str:
        """What the reader of a figure must know: estimates, a lower bound, units that have not told, another map."""
        said = []
        if what.part in ("reported", "due"):
            return ""
        if value.qualifier == "estimate":
            said.append(_("Estimated figures included."))
        if value.qualifier == "at_least":
            said.append(_("At least this many."))
        if not value.is_complete:
            told = _("{reported} of {due} units have reported.")
            said.append(told.format(reported=value.units_reported, due=value.units_due))
        said += note([value], act_names(value.acts)) if value.acts else ()
        if at.last_half != self.period.last_half and not self._is_comparable(key, at):
            day = self.source.edition.calendar.last_day(at)
            said.append(_("By the administrative boundaries of {day}.").format(day=day_words(day)))
        return "\n".join(map(str, said))


def _absent(source: Source) -> str:
    if source.release is not None:
        return str(_("not among the figures of this release"))
    return str(_(REASONS[Status.NOT_REPORTED]))


def worth(value: Value, what: What) -> Decimal | None:
    """The part of a value that is asked for. The parts of a share whose base is a reported zero are known."""
    if what.part in ("reported", "due"):
        told = value.units_reported if what.part == "reported" else value.units_due
        return Decimal(told) if value.units_due else None  # nobody owes it, or this reader may not know
    if what.part == "value":
        return value.value if value.status is Status.VALUE else None
    if value.status not in (Status.VALUE, Status.NONE_OCCURRED):
        return None
    return value.numerator if what.part == "numerator" else value.denominator


def reason(value: Value, indicator: Indicator, period: Period) -> str:
    """Why a cell stays empty, as papers word it."""
    why = judgement.status(value, indicator, period)
    if why is Status.NONE_OCCURRED and indicator.zero_base is not None:
        return str(indicator.zero_base)
    return str(_(REASONS[why]))


def _places(edition: Edition, indicator: Indicator, what: What, form: Format) -> int | None:
    """Decimals of the figure as it is read: those of the cell where it fixes them, else the indicator's; None for all
    that a count has."""
    if form.places is not None:
        return form.places
    if what.part != "value" or indicator.unit is Measured.COUNT:
        return 1 if what.part == "value" and is_percentage(edition, indicator) else None
    return indicator.decimals


def _written(value: Decimal, form: Format, places: int | None) -> Decimal:
    if form.is_percent:
        return rounded(value / 100, (places if places is not None else 1) + 2)
    return value if places is None else rounded(value, places)


# ---------------------------------------------------------------------------------------------------- filling in


def round_fill(
    *,
    round: Round,
    period: Period,
    reader: Reader,
    store: FileStore,
    actor: Actor,
    release: Release | None = None,
) -> RoundFilled:
    """Fill the annex in for a period and keep the file. The same figures in the same file are the same filled annex.

    Words in it are Vietnamese. Refused where nothing is mapped or nothing fits; cells that do not fit are left alone
    and noted.
    """
    file = file_of(round)
    mapped = list(mappings_of(round).values())
    if file is None or not mapped:
        raise Refused(Fault("round.nothing_mapped"))
    if round.unit_id not in tree_on(reader.edition.calendar.last_day(period)):
        fields = {"unit": round.unit.key, "period": period}
        raise Refused(Fault("values.unit_not_in_tree", "", fields))
    annex = annex_of(file, store)
    whats = [one.what for one in mapped]
    with speaking("vi"):
        if release is not None:
            source = source_of(release, whats)
        else:
            source = source_now(reader=reader, unit=round.unit, period=period, whats=whats)
        made = fillings(annex=annex, mapped=mapped, source=source, unit=round.unit, period=period)
        noted = json.dumps([cell_out(one) for one in made], ensure_ascii=False, separators=(",", ":"))
        fills = {(one.mapped.sheet, one.mapped.cell): Fill(one.written, one.said) for one in made if not one.faults}
    if not fills:
        raise Refused(Fault("round.nothing_fits"))
    try:
        content = annex_fill(store.get(file.upload.sha256), fills)
    except Unsafe as unsafe:
        raise Refused(unsafe.fault(file.name)) from unsafe
    store.put(content)
    kept = edition_of(release.edition.fingerprint) if release else reader.edition
    row = {
        "round": round,
        "file": file,
        "release": release,
        "period_code": period.code,
        "sha256": sha256(content),
        "cells_json": noted,
        "basis": release.basis if release else reader.basis,
        "edition": release.edition if release else edition_keep(kept),
        "facts_version": release.facts_version if release else reader.facts_version,
        "map_fingerprint": map_fingerprint(kept.calendar.last_day(period), round.unit_id),
    }
    with transaction.atomic():
        last = round.filled.filter(period_code=period.code).order_by("pk").last()
        if last is not None and all(getattr(last, name) == held for name, held in row.items()):
            return last
        return RoundFilled.objects.create(key=new_key("filled"), code_version=__version__, filled_by=actor.name, **row)


def cell_out(one: Filling) -> dict[str, Any]:
    """A filled cell as it is noted."""
    return {
        "sheet": one.mapped.sheet,
        "cell": one.mapped.cell,
        "what": one.mapped.what.as_json(),
        "name": one.name,
        "unit": one.unit,
        "period": one.period,
        "state": one.state,
        "status": one.status,
        "value": None if one.value is None else f"{one.value:f}",
        "written": None if one.written is None else f"{one.written:f}",
        "places": one.places,
        "percent_cell": one.is_percent_cell,
        "why": one.why,
        "remark": one.remark,
        "faults": [fault.as_json() for fault in one.faults],
    }


def filled_of(round: Round, most: int = 50) -> list[RoundFilled]:
    """What was filled in, the newest first."""
    return list(round.filled.select_related("file", "release").order_by("-pk")[:most])


def releases_for(round: Round, period: Period) -> Sequence[Release]:
    """Releases of the round's unit and period, the newest first: their figures can be filled in instead."""
    found = Release.objects.filter(unit=round.unit, period_code=period.code, basis="accepted")
    return list(found.select_related("edition").order_by("-pk")[:10])


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
