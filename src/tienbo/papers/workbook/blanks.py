"""Blank cells told together: a block of a form that is mostly blank is one thing to look at, not a hundred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.papers.workbook.marks import column_index
from tienbo.papers.workbook.plan import cell_name

worded(
    {
        "return.block_not_filled_in": N_(
            "“{block}”: nothing was entered in {count} cells ({cells}). Enter 0 where there was none."
        )
    }
)

FEW = 3
"""So many blank cells of a block are told one by one, each with its line and column."""

_Key = tuple[str, str]


def gathered(faults: Iterable[Fault]) -> list[Fault]:
    """The faults with the blank cells of a block told once, at the first of them, with how many and which they are."""
    found = list(faults)
    blank: dict[_Key, list[Fault]] = defaultdict(list)
    for fault in found:
        if key := _block_of(fault):
            blank[key].append(fault)
    told: list[Fault] = []
    for fault in found:
        key = _block_of(fault)
        alike = blank[key] if key else []
        if len(alike) <= FEW:
            told.append(fault)
        elif fault is alike[0]:
            cells = ", ".join(_ranges(one.place.rpartition("!")[2] for one in alike))
            fields = {"block": fault.fields["block"], "count": len(alike), "cells": cells}
            told.append(replace(fault, code="return.block_not_filled_in", fields=fields))
    return told


def _block_of(fault: Fault) -> _Key | None:
    """(sheet, title) of the block whose blank cell a fault tells, where it is known."""
    sheet, mark, _cell = fault.place.rpartition("!")
    if fault.code != "return.not_filled_in" or not mark or "block" not in fault.fields:
        return None
    return sheet, str(fault.fields["block"])


def _ranges(cells: Iterable[str]) -> Iterator[str]:
    """Cells as a spreadsheet names them together: neighbours of a row, then equal rows below each other ("E12:G14")."""
    at = sorted({(int(row) - 1, column_index(column)) for column, row in map(_split, cells)})
    runs: list[list[int]] = []  # first row, first column, last row, last column
    for row, column in at:
        if runs and runs[-1][0] == row and runs[-1][3] == column - 1:
            runs[-1][3] = column
        else:
            runs.append([row, column, row, column])
    boxes: list[list[int]] = []
    for run in runs:
        above = next((box for box in boxes if [box[1], box[3]] == [run[1], run[3]] and box[2] == run[0] - 1), None)
        if above:
            above[2] = run[2]
        else:
            boxes.append(run)
    for top, left, bottom, right in boxes:
        first, last = cell_name(top, left), cell_name(bottom, right)
        yield first if first == last else f"{first}:{last}"


def _split(cell: str) -> tuple[str, str]:
    """ "D14" → ("D", "14")."""
    column = cell.rstrip("0123456789")
    return column, cell[len(column) :]
