"""Clusters of communes: a sheet is read row by row, holds by day, and goes on over the acts that redraw communes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from tienbo.accounts.actors import operator
from tienbo.core.faults import Refused
from tienbo.units.clusters import (
    clusters_keep,
    clusters_named,
    clusters_on,
    clusters_read,
    clusters_rows,
    clusters_sheet,
    clusters_table,
)
from tienbo.units.frames import unit_names
from tienbo.units.models import ClusterSheet, Unit
from tienbo.units.reorganisations import ActText, Went, reorganisation_record
from tienbo.units.services import unit_create

pytestmark = [pytest.mark.database, pytest.mark.django_db]

START, DAY = date(2025, 7, 1), date(2026, 3, 1)
ACT = ActText(kind="merge", title="Nghị quyết về sắp xếp xã", source="Công báo", number="1/NQ")
DESK = operator("thường trực")


@pytest.fixture
def province() -> Unit:
    """Communes 01 to 12; on the day 01 and 02 go into Xã Một Hai, 05 and 06 into Xã Năm Sáu."""
    nation = unit_create(kind="nation", name="Việt Nam", begins=START)
    made = unit_create(kind="province", name="Tỉnh Sông Mây", begins=START, parent=nation)
    ends = dict.fromkeys((1, 2, 5, 6), DAY)
    old = {
        n: unit_create(
            kind="commune", name=f"Xã Số {n:02}", begins=START, ends=ends.get(n), parent=made,
            codes={"gso": f"{90000 + n}"},
        )
        for n in range(1, 13)
    }  # fmt: skip
    new = {
        pair: unit_create(kind="commune", name=name, begins=DAY, parent=made)
        for pair, name in (((1, 2), "Xã Một Hai"), ((5, 6), "Xã Năm Sáu"))
    }
    went = [Went(old[n].pk, unit.pk, "whole") for pair, unit in new.items() for n in pair]
    reorganisation_record(text=ACT, effective_on=DAY, went=went)
    return made


def sheet(*rows: str, heads: str = "Cụm;Xã;Từ ngày;Đến ngày") -> bytes:
    return "\r\n".join((heads, *rows)).encode("utf-8-sig")


def two(first: Sequence[int] = (1, 2, 3, 4, 5), second: Sequence[int] = (6, 7, 8, 9, 10, 11)) -> bytes:
    rows = [f"{name};Xã Số {n:02};01/7/2025;" for name, held in (("Bắc", first), ("Nam", second)) for n in held]
    return sheet(*rows)


def names(units: Sequence[int]) -> list[str]:
    known = unit_names(DAY)
    return [known[one] for one in units]


def test_a_sheet_stands_by_day_and_goes_on_over_a_reorganisation(province: Unit) -> None:
    clusters_keep(unit=province, name="cụm.csv", rows=clusters_read(province, "cụm.csv", two()), actor=DESK)
    before = clusters_on(province, date(2026, 2, 28))
    assert {name: len(units) for name, units in before.clusters.items()} == {"Bắc": 5, "Nam": 6}
    assert names(before.alone) == ["Xã Số 12"]
    after = clusters_on(province, DAY)  # 01 and 02 are one now: Bắc has Một Hai, 03, 04; 05 and 06 were of two clusters
    assert {name: names(units) for name, units in after.small.items()} == {
        "Bắc": ["Xã Một Hai", "Xã Số 03", "Xã Số 04"]
    }
    assert {name: len(units) for name, units in after.clusters.items()} == {"Nam": 5}
    assert names(after.contested) == ["Xã Năm Sáu"]
    named = clusters_named(province, DAY)
    assert named["Xã Số 07"] == named["90007"] == "Nam"
    assert "Xã Một Hai" not in named, "a cluster that is too small is not used"
    assert clusters_on(province, date(2025, 6, 30)).clusters == {}


def test_the_sheet_that_goes_out_comes_in_as_it_was_and_the_last_counts(province: Unit) -> None:
    rows = clusters_read(province, "cụm.csv", two())
    clusters_keep(unit=province, name="cụm.csv", rows=rows, actor=DESK)
    out = "\n".join(";".join(row) for row in clusters_table(province, DAY)).encode()
    assert "Xã Năm Sáu" in out.decode(), "what is in none stands under it"
    assert clusters_read(province, "cụm.csv", out) == rows
    ended = two().replace(b"01;01/7/2025;", b"01;01/7/2025;28/02/2026")
    with pytest.raises(Refused) as refused:  # from 1/3 on it has four
        clusters_read(province, "cụm.csv", ended)
    assert [one.code for one in refused.value.faults] == ["clusters.sheet.too_few"]
    more = sheet(*(f"Tất cả;{90000 + n};01/7/2025;31/12/2025" for n in range(1, 13)), heads="Cụm;Mã;Từ ngày;Đến ngày")
    clusters_keep(unit=province, name="mới.csv", rows=clusters_read(province, "mới.csv", more), actor=DESK)
    assert ClusterSheet.objects.count() == 2
    assert clusters_rows(clusters_sheet(province))[0].until == date(2026, 1, 1)
    assert len(clusters_on(province, date(2025, 12, 31)).clusters["Tất cả"]) == 12
    assert clusters_on(province, date(2026, 1, 1)).clusters == {}


def test_every_row_at_fault_is_told_with_its_row(province: Unit) -> None:
    wrong = sheet(
        "Bắc;Xã Số 01;30/2/2026;",
        ";Xã Số 02;01/7/2025;",
        "Bắc;Xã Không Có;01/7/2025;",
        "Bắc;Xã Số 03;01/7/2025;01/6/2025",
        "Bắc;Xã Số 01;01/4/2026;",  # ended before
        ";Xã Số 04;;",  # in none: nothing is wrong
    )
    with pytest.raises(Refused) as refused:
        clusters_read(province, "cụm.csv", wrong)
    assert [(one.place, one.code.rpartition(".")[2]) for one in refused.value.faults] == [
        ("2", "no_day"), ("3", "no_name"), ("4", "unknown"), ("5", "ends_before"), ("6", "unknown"),
    ]  # fmt: skip
    for data, code in (
        (two(second=(5, 6, 7, 8, 9)), "twice"),
        (two(second=(6, 7, 8, 9)), "too_few"),
        (sheet("a", heads="Xã"), "no_columns"),
        (sheet(), "empty"),
    ):
        with pytest.raises(Refused) as refused:
            clusters_read(province, "cụm.csv", data)
        assert [one.code.rpartition(".")[2] for one in refused.value.faults] == [code]
