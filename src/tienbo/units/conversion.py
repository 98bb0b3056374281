"""Taking over the official conversion table: its rows held against both maps, then one act of correction.

Everything wrong is told by row, and then nothing is taken over. Errors of the table as published that are known are
read as `packs/vn/units/table-2025.yaml` says, each with its reason. What is on record already stays; what differs is
withdrawn and what is exact is given, under the resolutions on each province. A second time changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.tree import Tree
from tienbo.core.words import fold
from tienbo.units.frames import tree_on, unit_codes, unit_names
from tienbo.units.lists import TableCorrection, communes_origin, table_corrections
from tienbo.units.models import GSO, Extent, Reorganisation, Succession
from tienbo.units.reorganisations import ActText, Went, reorganisation_correct, went_check, words_complete
from tienbo.units.table import Table, TableRow, table_read
from tienbo.units.vietnam import CHANGE

worded(
    {
        "units.table.no_maps": N_("The two maps and the acts between them are not loaded; first: tienbo units load"),
        "units.table.no_unit": N_("{place}: nobody held the code {code} on {day}; the table calls it “{name}”."),
        "units.table.empty": N_(
            "{place}: the row has no code of a unit of {day}, and is none of the known rows without."
        ),
        "units.table.other_name": N_("{place}: the code {code} is of {held} on {day}, not of {name}."),
        "units.table.other_province": N_(
            "{place}: {unit} ({code}) stood in the province {held} on {day}, not in {province}."
        ),
        "units.table.row_twice": N_("{place}: that {old} goes to {new} is told in row {first} already."),
        "units.table.left_out": N_("{place}: {unit} ({code}) is on the map of {day} and not in the table."),
        "units.table.corrected": N_("{place}: an error of the table, read as it should be: {reason}"),
    }
)

EVE = CHANGE - timedelta(days=1)


@dataclass(frozen=True)
class Imported:
    """What an import did. `act` is the key of the correction; "" where nothing differed."""

    rows: int
    act: str
    withdrawn: int
    given: int
    worded: int
    extents: Mapping[str, int]
    corrected: tuple[Fault, ...]
    """Notes: rows that were read otherwise than they are written."""


class _Passage(NamedTuple):
    """A row whose units are found."""

    row: TableRow
    before: int
    after: int

    @property
    def extent(self) -> str:
        return Extent.UNCHANGED if self.before == self.after else self.row.extent


@transaction.atomic
def table_import(path: Path) -> Imported:
    """Take over the table in a file. Refused with every fault of its rows, or else of what they say together."""
    table, notes = _corrected(table_read(path), table_corrections())
    maps = (_Map(EVE), _Map(CHANGE))
    passages, faults = _found(table, *maps)
    faults = [*table.faults, *faults] or _together(table, passages, *maps)
    if faults:
        raise Refused(*faults)
    extents = Counter(one.row.extent for one in passages)
    done = _take_over(path, passages, maps[1])
    return Imported(len(table.rows), *done, extents=dict(extents), corrected=tuple(notes))


def _corrected(table: Table, wanted: Iterable[TableCorrection]) -> tuple[Table, list[Fault]]:
    """The table with its known errors put right, and a note for each row that was."""
    by_old = {one.old: one for one in wanted if one.old}
    by_new = {one.new: one for one in wanted if one.new}
    rows, notes = [], []
    for row in table.rows:
        none = not row.old or row.old.startswith("D")
        one = by_new.get(row.new) if none else by_old.get(row.old)
        if one is None or not one.fits(row.old, row.old_name, row.old_province):
            rows.append(row)
            continue
        fields = {"reason": one.reason}
        notes.append(Fault("units.table.corrected", row.place, fields, Level.NOTE))
        if one.no_unit:
            continue
        fixed = row._replace(old=one.code or row.old, old_province=one.province or row.old_province)
        rows.append(fixed._replace(extent=Extent.WHOLE) if none else fixed)
    kept = {row.place for row in rows}
    whole = {row.place for row in rows if row.extent}
    faults = tuple(
        fault
        for fault in table.faults
        if fault.place in kept and not (fault.code == "units.table.note" and fault.place in whole)
    )
    return Table(table.name, tuple(rows), faults), notes


@dataclass
class _Map:
    """The communes and districts of a day by code, with their names and provinces."""

    day: date
    tree: Tree = field(init=False)

    def __post_init__(self) -> None:
        self.tree = tree_on(self.day)
        self.codes = unit_codes(self.day, GSO)
        self.names = unit_names(self.day)

    @cached_property
    def units(self) -> Mapping[str, int]:
        """Code → unit; a district's stands behind "D"."""
        prefixes = {"commune": "", "district": "D", "province": "P"}
        return {
            prefixes[self.tree.kinds[unit]] + code: unit
            for unit, code in self.codes.items()
            if self.tree.kinds.get(unit) in prefixes
        }

    def province(self, unit: int) -> str:
        above = [one for one in self.tree.ancestors(unit) if self.tree.kinds[one] == "province"]
        return self.codes.get(above[0], "") if above else ""

    def find(self, code: str, name: str, province: str, place: str) -> tuple[int | None, list[Fault]]:
        """The unit a row means, and where the row says otherwise of it."""
        unit = self.units.get(code)
        if not code:
            return None, [Fault("units.table.empty", place, {"day": self.day})]
        if unit is None:
            fields = {"code": code, "day": self.day, "name": name or "–"}
            return None, [Fault("units.table.no_unit", place, fields)]
        faults = []
        held = self.names.get(unit, "")
        if name and not code.startswith("D") and fold(name) != fold(held):
            fields = {"code": code, "held": held, "day": self.day, "name": name}
            faults.append(Fault("units.table.other_name", place, fields))
        if province and province != self.province(unit):
            where = {"held": self.province(unit), "province": province}
            said = {"unit": held, "code": code, "day": self.day, **where}
            faults.append(Fault("units.table.other_province", place, said))
        return unit, faults


def _found(table: Table, eve: _Map, morrow: _Map) -> tuple[list[_Passage], list[Fault]]:
    faults: list[Fault] = []
    passages: list[_Passage] = []
    seen: dict[tuple[str, str], int] = {}
    unread = {fault.place for fault in table.faults if fault.code == "units.table.no_code"}
    for row in table.rows:
        if row.place in unread:
            continue
        before, wrong = eve.find(row.old, row.old_name, row.old_province, row.place)
        after, also_wrong = morrow.find(row.new, row.new_name, row.new_province, row.place)
        faults += wrong + also_wrong
        first = seen.setdefault((row.old, row.new), row.number)
        if first != row.number:
            fields = {"old": row.old_name or row.old, "new": row.new_name or row.new, "first": first}
            faults.append(Fault("units.table.row_twice", row.place, fields))
        if before is not None and after is not None:
            passages.append(_Passage(row, before, after))
    return passages, faults


def _together(table: Table, passages: Iterable[_Passage], eve: _Map, morrow: _Map) -> list[Fault]:
    """What the rows say as a whole: of the provinces in the table every commune, and all of each."""
    rows = list(passages)
    faults: list[Fault] = []
    for at, found in ((eve, {one.before for one in rows}), (morrow, {one.after for one in rows})):
        provinces = {at.province(unit) for unit in found}
        for code, unit in at.units.items():
            if code.isdigit() and unit not in found and at.province(unit) in provinces:
                fields = {"unit": at.names.get(unit, ""), "code": code, "day": at.day}
                faults.append(Fault("units.table.left_out", table.name, fields))
    by_province: dict[str, list[Went]] = defaultdict(list)
    for one in rows:
        label = f"{table.name} ({morrow.province(one.after)})"
        by_province[label].append(Went(one.before, one.after, one.extent, place=one.row.place))
    laws = {communes_origin(morrow.province(one.after)) for one in rows}
    instead = Reorganisation.objects.filter(origin__in=laws).values_list("key", flat=True)
    told = {label: (CHANGE, went) for label, went in by_province.items()}
    return faults + went_check(told, instead_of=frozenset(instead))


def _take_over(path: Path, passages: list[_Passage], morrow: _Map) -> tuple[str, int, int, int]:
    """(key of the correction, successions withdrawn, given, whose words were written in)."""
    law_of = {one.after: communes_origin(morrow.province(one.after)) for one in passages}
    laws = {act.origin: act for act in Reorganisation.objects.filter(origin__in=set(law_of.values()))}
    if set(law_of.values()) - set(laws):
        raise Refused(Fault("units.table.no_maps"))
    standing = Succession.objects.filter(reorganisation__in=laws.values(), withdrawn_by=None)
    held = {(row.predecessor_id, row.successor_id): row for row in standing.select_related("reorganisation")}
    told = {(one.before, one.after): one for one in passages}
    same = {pair for pair, one in told.items() if pair in held and held[pair].extent == one.extent}
    words = {held[pair].pk: told[pair].row.note for pair in same if told[pair].row.note and not held[pair].words}
    words_complete(words)
    wrong = [row for pair, row in held.items() if pair not in same]
    right = [
        (laws[law_of[one.after]], Went(one.before, one.after, one.extent, one.row.note, place=one.row.place))
        for pair, one in told.items()
        if pair not in same
    ]
    if not wrong and not right:
        return "", 0, 0, len(words)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    text = ActText(
        kind=Reorganisation.Kind.CORRECTION,
        title="Đính chính theo bảng chuyển đổi đơn vị hành chính cấp xã từ ngày 01/7/2025",
        source=f"{path.name}, SHA-256 {digest}",
        confidence="confirmed",
    )
    act = reorganisation_correct(text=text, withdraw=wrong, give=right)
    return act.key, len(wrong), len(right), len(words)
