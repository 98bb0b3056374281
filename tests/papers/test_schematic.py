"""Schematics: every unit one tile near where it lies, the words of the heat table, nothing that claims a border."""

from __future__ import annotations

import json
import re
import time
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import correlation
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tienbo.core.messages import speaking
from tienbo.papers import chart
from tienbo.papers.blocks import Back, Chart, Document, Front, Table
from tienbo.papers.docx import docx_bytes
from tienbo.papers.pdf import pdf_bytes
from tienbo.papers.schematic import LOOKS, SHADES, Schematic, Tile, breadth, breaks, sorts
from tienbo.papers.tiles import Layout, Point, layout
from tienbo.papers.verdicts import Verdict

DAY = date(2026, 6, 14)
SVG = "{http://www.w3.org/2000/svg}"


@lru_cache
def provinces() -> dict[str, dict[str, tuple[str, Point]]]:
    """Province → commune → its name and point, of the map from 1/7/2025."""
    spec = find_spec("vietnamadminunits")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "data" / "parser_from_2025.json"
    rows = json.loads(file.read_text(encoding="utf-8"))["DICT_PROVINCE_WARD_NO_ACCENTED"]
    return {
        name: {one["wardCode"]: (one["wardShort"], Point(one["wardLat"], one["wardLon"])) for one in communes.values()}
        for name, communes in rows.items()
    }


def laid(name: str) -> tuple[dict[str, Point], Layout]:
    points = {code: point for code, (_name, point) in provinces()[name].items()}
    return points, layout(points, points)


def schematic(name: str, by: str = "verdict", without: int = 0) -> Schematic:
    verdicts = list(Verdict)
    tiles = []
    for at, (code, (label, _point)) in enumerate(provinces()[name].items()):
        verdict = verdicts[at % len(verdicts)]
        value = Decimal(at) if verdict in (Verdict.MET, Verdict.UNMET) else None
        words = f"là {verdict.value}"
        tiles.append(Tile(code, f"Xã {label}", verdict, words, (str(at),) if value is not None else (), value, label))
    points = {code: point for code, (_name, point) in list(provinces()[name].items())[without:]}
    return Schematic("Tỷ lệ <nữ>", DAY, tuple(tiles), points, "value" if by == "value" else "verdict", "%")


# ---------------------------------------------------------------------------------------------------------- layout

degrees = st.integers(-900, 900).map(lambda tenth: tenth / 10)
maps = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.builds(Point, degrees, degrees), max_size=40)


@given(maps, st.lists(st.text("xyz", min_size=1, max_size=2), max_size=4))
def test_every_unit_has_one_cell_of_its_own_or_is_named_without_a_point(
    points: dict[str, Point], lacking: list[str]
) -> None:
    made = layout([*points, *lacking], points)
    assert set(made.cells) == set(points)
    assert len(set(made.cells.values())) == len(points)
    assert list(made.unplaced) == list(dict.fromkeys(lacking))
    assert all(0 <= cell.row < made.rows and 0 <= cell.column < made.columns for cell in made.cells.values())


@given(maps)
def test_the_order_of_the_units_changes_nothing(points: dict[str, Point]) -> None:
    assert layout(reversed(list(points)), dict(reversed(points.items()))) == layout(points, points)


@given(st.integers(1, 30))
def test_units_at_one_place_stand_side_by_side(count: int) -> None:
    points = {f"u{at}": Point(21.0, 105.0) for at in range(count)}
    made = layout(points, points)
    assert len(set(made.cells.values())) == count
    assert max(made.rows, made.columns) <= count
    assert made.rows * made.columns <= 4 * count


@pytest.mark.parametrize("name", sorted(provinces()))
def test_north_stays_north_and_neighbours_near_in_every_province(name: str) -> None:
    points, made = laid(name)
    land = [code for code in points if code not in made.far]
    rows = correlation([-points[code].latitude for code in land], [made.cells[code].row for code in land])
    columns = correlation([points[code].longitude for code in land], [made.cells[code].column for code in land])
    assert min(rows, columns) > 0.88
    held = set(made.cells.values())
    sides = [
        sum((cell.row + down, cell.column + right) in held for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)))
        for code, cell in made.cells.items()
        if code in land
    ]
    assert sum(sides) / len(sides) > 2.9  # of four at most, edges included: no scattered tiles


@pytest.mark.parametrize(
    ("province", "island"),
    [
        ("thanhphodanang", "Hoàng Sa"),
        ("tinhkhanhhoa", "Trường Sa"),
        ("thanhphohochiminh", "Côn Đảo"),
        ("thanhphohaiphong", "Bạch Long Vĩ"),
        ("tinhlamdong", "Phú Quý"),
        ("tinhquangngai", "Lý Sơn"),
        ("tinhquangtri", "Cồn Cỏ"),
        ("tinhangiang", "Thổ Châu"),
    ],
)
def test_an_island_is_brought_near_with_a_gap_and_a_mark(province: str, island: str) -> None:
    _points, made = laid(province)
    (far,) = made.far
    assert provinces()[province][far][0] == island
    row, column = made.cells[far]
    others = [cell for code, cell in made.cells.items() if code != far]
    gaps = [max(abs(cell.row - row), abs(cell.column - column)) for cell in others]
    assert 2 <= min(gaps) <= 4


@pytest.mark.parametrize("name", ["tinhnghean", "thanhphohanoi", "tinhbacninh"])
def test_a_province_without_islands_marks_none(name: str) -> None:
    assert laid(name)[1].far == frozenset()


def test_a_hundred_and_thirty_communes_are_laid_out_at_once() -> None:
    laid("tinhnghean")
    started = time.process_time()
    laid("tinhnghean")
    assert time.process_time() - started < 0.1


# --------------------------------------------------------------------------------------------------------- classes


@given(st.lists(st.decimals(-10_000, 10_000, places=2), min_size=1, max_size=60))
def test_every_value_is_in_one_class_and_classes_are_few(values: list[Decimal]) -> None:
    tiles = [Tile(str(at), str(at), Verdict.UNJUDGED, "", value=value) for at, value in enumerate(values)]
    made = sorts(tiles, "value")
    assert sorted(key for one in made for key in one.keys) == sorted(tile.key for tile in tiles)
    assert len(made) <= 5
    by_key = {tile.key: values[int(tile.key)] for tile in tiles}
    for lower, higher in pairwise(made):
        assert max(by_key[key] for key in lower.keys) < min(by_key[key] for key in higher.keys)


def test_classes_end_at_round_numbers() -> None:
    assert breaks([Decimal(0), Decimal(100)]) == [20, 40, 60, 80]
    assert breaks([Decimal("27.3"), Decimal("34.1"), Decimal("41.9")]) == [30, 35, 40]
    assert breaks([Decimal(7)] * 5) == []


def test_where_one_unit_towers_over_all_classes_are_of_about_equal_numbers() -> None:
    values = [Decimal(at) for at in range(1, 80)] + [Decimal(10_000)]
    made = sorts([Tile(f"{value}", "", Verdict.UNJUDGED, "", value=value) for value in values], "value")
    assert [len(one.keys) for one in made] == [20, 20, 20, 20]


def test_the_words_of_a_class_are_those_of_the_cells() -> None:
    drawn = schematic("tinhlaichau")
    assert {one.words for one in drawn.sorts} == {tile.words for tile in drawn.tiles}
    assert set(LOOKS) == set(Verdict)


def grey(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_every_verdict_has_a_look_of_its_own() -> None:
    assert set(LOOKS) == set(Verdict)
    assert len(set(LOOKS.values())) == len(LOOKS)


def test_in_grey_shades_are_apart_and_every_other_look_has_a_mark() -> None:
    for looks in SHADES.values():
        greys = [grey(look.fill) for look in looks]
        assert all(lighter - darker > 0.09 for lighter, darker in pairwise(greys))
    assert abs(grey(LOOKS[Verdict.MET].fill) - grey(LOOKS[Verdict.UNMET].fill)) > 0.3
    why = [LOOKS[one] for one in (Verdict.NOT_DUE, Verdict.MISSING, Verdict.NOT_APPLICABLE, Verdict.NOT_COMPARABLE)]
    assert len({look.pattern for look in (*why, LOOKS[Verdict.WITHHELD])} - {""}) == 5


# --------------------------------------------------------------------------------------------------------- drawing


def tiles_of(svg: str) -> list[tuple[str, tuple[float, float, float, float], list[tuple[str, float, float, float]]]]:
    """Of each tile: what its title says, its box, its lines (text, middle, foot, size)."""
    found = []
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):  # noqa: S314 - our own drawing
        box = next(group.iter(f"{SVG}rect"))
        x, y, wide, high = (float(box.get(name) or 0) for name in ("x", "y", "width", "height"))
        lines = [
            (text.text or "", *(float(text.get(name) or 0) for name in ("x", "y", "font-size")))
            for text in group.iter(f"{SVG}text")
        ]
        found.append((group.findtext(f"{SVG}title") or "", (x, y, wide, high), lines))
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("width", [340, 560, 820])
@pytest.mark.parametrize("name", sorted(provinces()))
def test_labels_stay_in_their_tiles_and_tiles_in_the_picture(name: str, width: int) -> None:
    drawn = schematic(name, without=2).picture(width, "Arial")
    wide, high = chart.size(drawn.svg)
    assert wide == width
    tiles = tiles_of(drawn.svg)
    assert len(tiles) == len(provinces()[name])
    for _title, (x, y, across, down), lines in tiles:
        assert x >= 0
        assert y >= 0
        assert x + across <= wide
        assert y + down <= high
        for text, middle, foot, size in lines:
            half = breadth(text, size) / 2
            assert x <= middle - half
            assert middle + half <= x + across + 0.1
            assert y <= foot - 0.8 * size
            assert foot <= y + down
            assert size >= (7 if drawn.numbers else 8)
    boxes = {box[:2] for _title, box, _lines in tiles}
    assert len(boxes) == len(tiles)


def test_names_too_many_to_read_are_numbers_with_a_key() -> None:
    made = schematic("thanhphohochiminh")
    drawn = made.picture(340, "Arial")
    assert sorted(drawn.numbers.values()) == list(range(1, len(made.tiles) + 1))
    assert all(f">{at}. " in drawn.svg for at in drawn.numbers.values())


def test_the_picture_says_that_it_is_no_map_in_both_languages() -> None:
    made = schematic("tinhnghean")
    assert "Sơ đồ, không phải bản đồ địa giới" in made.picture().svg
    assert "Theo địa giới hành chính tại ngày 14/6/2026" in made.picture().svg
    with speaking("en"):
        assert "Schematic, not a map of boundaries" in made.picture().svg


def test_a_tile_says_its_whole_name_and_the_picture_what_it_is() -> None:
    drawn = schematic("thanhphodanang", by="value").picture(340).svg
    titles = [title for title, _box, _lines in tiles_of(drawn)]
    assert any(re.match(r"Xã Hoàng Sa: ", title) for title in titles)
    root = ElementTree.fromstring(drawn)  # noqa: S314
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Tỷ lệ <nữ>"
    assert "không phải bản đồ địa giới" in (root.findtext(f"{SVG}desc") or "")
    assert "ở xa (đảo), đã dời lại gần" in drawn


def test_the_picture_has_neither_style_nor_script() -> None:
    drawn = schematic("tinhnghean").picture().svg
    assert not re.search(r"style|script|\bon[a-z]+=|href", drawn)


def test_units_without_a_point_stand_in_a_row_of_their_own() -> None:
    assert "Chưa có tọa độ:" in schematic("tinhlaichau", without=3).picture().svg
    assert "Chưa có tọa độ:" not in schematic("tinhlaichau").picture().svg
    nowhere = schematic("tinhlaichau", without=99).picture()
    assert len(tiles_of(nowhere.svg)) == len(provinces()["tinhlaichau"])


# ----------------------------------------------------------------------------------------------------------- paper


def paper(name: str) -> tuple[Document, Chart, Table]:
    picture, table = schematic(name).blocks("Biểu đồ 1. Tỷ lệ nữ")
    front, back = Front("", "", "", "", "", "", "BÁO CÁO", "thử"), Back((), "", "", ())
    return Document(front, (picture, table), back), picture, table


@pytest.mark.parametrize("name", ["tinhnghean", "thanhphohochiminh"])
def test_on_paper_the_heat_table_always_comes_with_the_picture(name: str) -> None:
    document, picture, table = paper(name)
    named = [cell for row in table.rows for cell in row if "".join(map(str, cell.runs)).startswith("Xã ")]
    assert len(named) == len(provinces()[name]), "two units to a row"
    assert picture.needs_table
    wide, high = chart.size(picture.svg)
    assert high / wide * 160 < 225  # millimetres: with its caption it stays on one page
    assert pdf_bytes(document).startswith(b"%PDF")
    assert docx_bytes(document).startswith(b"PK")


def test_numbers_on_paper_are_those_of_the_table() -> None:
    _document, picture, table = paper("thanhphohochiminh")
    assert picture.note
    middle = len(table.columns) // 2
    numbers = [row[at].runs for row in table.rows for at in (0, middle)]
    assert [one for one in numbers if one] == [(str(at),) for at in range(1, len(provinces()["thanhphohochiminh"]) + 1)]
