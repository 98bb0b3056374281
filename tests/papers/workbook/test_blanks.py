"""Blank cells told together."""

from __future__ import annotations

from tests.papers.workbook.desk import blank, filled, reading

from tienbo.core.faults import Fault, Level
from tienbo.papers.workbook.blanks import FEW, gathered


def empty(cell: str, block: str = "A. Nhân sự", sheet: str = "Biểu 01") -> Fault:
    fields = {"label": cell, "column": "Tổng số", "block": block}
    return Fault("return.not_filled_in", f"{sheet}!{cell}", fields, Level.WARNING)


def test_a_mostly_blank_block_is_one_thing_to_look_at_with_its_count_and_cells() -> None:
    cells = ("E12", "F12", "G12", "E13", "F13", "G13", "E15", "AA16")
    (told,) = gathered(map(empty, cells))
    assert told.code == "return.block_not_filled_in"
    assert (told.place, told.level) == ("Biểu 01!E12", Level.WARNING)
    assert told.fields == {"block": "A. Nhân sự", "count": 8, "cells": "E12:G13, E15, AA16"}


def test_a_few_blank_cells_are_told_one_by_one_and_blocks_are_kept_apart() -> None:
    few = [empty(f"E{row}") for row in range(12, 12 + FEW)]
    others = [empty(f"E{row}", sheet="Biểu 02") for row in range(12, 12 + FEW)]
    assert gathered([*few, *others]) == [*few, *others]


def test_other_faults_and_blanks_of_no_known_cell_stay_where_they_are() -> None:
    wrong = Fault("return.negative", "Biểu 01!E14")
    loose = Fault("return.not_filled_in", "Biểu 01", {"label": "x", "column": "y"}, Level.WARNING)
    found = gathered([*(empty(f"E{row}") for row in range(12, 18)), wrong, loose])
    assert [one.code for one in found] == ["return.block_not_filled_in", "return.negative", "return.not_filled_in"]


def test_no_cell_of_a_blank_workbook_is_lost() -> None:
    faults = reading(blank()).faults
    empties = [one for one in faults if one.code == "return.not_filled_in"]
    told = gathered(faults)
    assert len(told) < len(faults)
    assert sum(one.fields["count"] for one in told if one.code == "return.block_not_filled_in") + sum(
        one.code == "return.not_filled_in" for one in told
    ) == len(empties)
    assert len(gathered(reading(filled(blank(), {"staff:total": 10})).faults)) <= len(told)
