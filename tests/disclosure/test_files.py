"""A table through the command: protected, kept in a ledger, read back from CSV and attacked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tienbo.core.faults import Refused
from tienbo.disclosure.cubes import proposals
from tienbo.disclosure.files import clusters_read, cube_of, published, read
from tienbo.disclosure.policy import Rule
from tienbo.disclosure.tables import MARKER
from tienbo.project.cli import main

ROWS = {"A": (70, 2, 90), "B": (120, 80, 60), "C": (60, 50, 110), "D": (150, 90, 3), "E": (100, 140, 80)}


def counts(path: Path, rows: dict[str, tuple[int, ...]] = ROWS) -> Path:
    lines = [f"{place};T{n};{value}" for place, values in rows.items() for n, value in enumerate(values, 1)]
    path.write_text("\n".join(["xã;loại;số", *lines]), encoding="utf-8-sig")
    return path


def test_a_protected_table_is_published_read_back_and_tells_nothing(tmp_path, capsys):
    source, out, ledger = counts(tmp_path / "that.csv"), tmp_path / "ra.csv", tmp_path / "so.json"
    given = ["disclosure", "protect", str(source), "--out", str(out), "--ledger", str(ledger), "--tier", "partner"]
    assert main(given) == 0
    told, hidden = published(read(out.read_bytes(), out.name))
    assert {"A|T2", "D|T3"} < hidden
    assert told["*|*"] == sum(map(sum, ROWS.values()))
    assert ledger.stat().st_mode & 0o077 == 0
    audit = ["disclosure", "audit", str(out), "--truth", str(source), "--tier", "partner"]
    assert main(audit) == 0
    assert main(given) == 1  # nothing is written over
    # What a hand leaves open is found: the row's second marker taken away.
    text = out.read_text(encoding="utf-8-sig")
    row = next(line for line in text.splitlines() if line.startswith("A,") and MARKER in line and "T2" not in line)
    place = row.split(",")
    true = dict(zip(("T1", "T2", "T3", "*"), (*ROWS["A"], sum(ROWS["A"])), strict=True))[place[1]]
    out.write_text(text.replace(row, f"A,{place[1]},{true}"), encoding="utf-8-sig")
    assert main(audit) == 1
    # One late case in the year's total is not told by the next table.
    later = counts(tmp_path / "sau.csv", {**ROWS, "B": (121, 80, 60)})
    again = tmp_path / "ra2.csv"
    assert main([*given[:2], str(later), "--out", str(again), *given[5:]]) == 0
    _told, hidden_then = published(read(again.read_bytes(), again.name))
    assert {"B|T1", "B|*", "*|T1", "*|*"} <= hidden_then
    capsys.readouterr()


def test_a_table_that_is_too_fine_is_not_written_but_a_coarser_one_is_proposed(tmp_path, capsys):
    lines = [f"{place},{sort},Q{q},3" for place in "ABCDEF" for sort in ("T1", "T2") for q in (1, 2, 3, 4)]
    source = tmp_path / "quy.csv"
    source.write_text("\n".join(["place,sort,quarter,count", *lines]), encoding="utf-8")
    out = tmp_path / "out.csv"
    given = ["--lang", "vi", "disclosure", "protect", str(source), "--out", str(out), "--time", "quarter"]
    assert main(given) == 1
    assert "quarter" in capsys.readouterr().err
    assert not out.exists()
    assert main([*given, "--coarsen"]) == 0
    told, hidden = published(read(out.read_bytes(), out.name))
    assert (told["A|T1|*"], hidden) == (12, set())


def test_every_row_at_fault_is_told(tmp_path):
    text = "xã;loại;số\nA;T1;3\nA;T1;4\nB;;2\nC;T1\nD|E;T1;1\n"
    with pytest.raises(Refused) as refused:
        read(text.encode(), "t.csv")
    assert [(one.code, one.place) for one in refused.value.faults] == [
        ("table.twice", "t.csv:3"),
        ("table.no_member", "t.csv:4"),
        ("table.columns", "t.csv:5"),
        ("table.bar", "t.csv:6"),
    ]
    for text, code in (
        ("xã;số\nA;-3\nB;1,5\n", "table.not_a_count"),
        ("xã;số\nA;3\n*;4\n", "table.total_differs"),
        ("xã;loại;số\nA;T1;3\nB;*;0\n", "table.unknown_cell"),
    ):
        with pytest.raises(Refused) as refused:
            cube_of(read(text.encode(), "t.csv"))
        assert {one.code for one in refused.value.faults} == {code}
    with pytest.raises(Refused) as refused:
        cube_of(read(b"a;n\nA;3\n", "t.csv"), clusters={"B": "C"})
    assert [one.code for one in refused.value.faults] == ["table.no_cluster"]


def test_communes_are_told_of_by_clusters():
    text = "xã;loại;số\n" + "".join(f"X{n};T1;{n + 1}\n" for n in range(10))
    clusters = {f"X{n}": f"Cụm {n // 5}" for n in range(10)}
    cube = cube_of(read(text.encode(), "t.csv"), clusters=clusters).coarser("xã")
    assert cube is not None
    assert cube.table().cells["Cụm 0|T1"].value == 15
    assert cube.table().cells["Cụm 1|T1"].value == 40


def sheet(rows: list[str]) -> bytes:
    return "\n".join(["Cụm;Xã;Từ ngày;Đến ngày", *rows]).encode()


def test_a_provinces_sheet_of_clusters_is_dated_and_told_of_by_row():
    before = [f"Cụm {n // 5};X{n};1/7/2025;31/12/2025" for n in range(10)]
    since = [f"Cụm {n % 2};X{n};1/1/2026;" for n in range(10)]
    both = sheet(before + since)
    assert clusters_read(both, "c.csv", date(2025, 12, 31))["X4"] == "Cụm 0"
    assert clusters_read(both, "c.csv", date(2026, 1, 1))["X5"] == "Cụm 1"
    assert clusters_read(both, "c.csv", date(2025, 6, 30)) == {}
    wrong = sheet([*since, "Cụm 0;X1;1/1/2026;", ";X2;1/1/2026;", "Cụm 0;X3;hôm qua;", "Cụm 9;X99;1/1/2026;"])
    with pytest.raises(Refused) as refused:
        clusters_read(wrong, "c.csv", date(2026, 1, 1))
    assert [(one.code, one.place) for one in refused.value.faults] == [
        ("clusters.twice", "c.csv:12"),
        ("clusters.no_name", "c.csv:13"),
        ("clusters.no_day", "c.csv:14"),
        ("clusters.too_few", "c.csv"),
        ("clusters.too_few", "c.csv"),
    ]


def test_a_table_of_communes_is_told_by_clusters_where_too_much_of_it_is_small():
    """Ten communes, one or two cases each: nine tenths of the cells are small; two clusters of five are not."""
    counts = {f"X{n}": 1 + n % 3 for n in range(10)}
    text = "xã;n\n" + "\n".join(f"{name};{count}" for name, count in counts.items())
    clusters = clusters_read(sheet([f"Cụm {n // 5};X{n};1/7/2025;" for n in range(10)]), "c.csv", date(2026, 1, 1))
    made = cube_of(read(text.encode(), "t.csv"), clusters=clusters)
    ((steps, coarse),) = proposals(made, Rule(k=5, zeros_hide=True))
    assert steps == ("xã",)
    assert {members[0]: count for members, count in coarse.counts.items()} == {"Cụm 0": 9, "Cụm 1": 10}
