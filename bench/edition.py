"""The definitions benches run on: one form of the size of a real return, another of fifty elements for the facts of
26 years, and fifty indicators over them. Words are invented; sizes are those of the nation."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tienbo.catalogue.fingerprint import canonical, from_canonical
from tienbo.catalogue.loading import SHAPES, Edition
from tienbo.core.periods import Period

SHEETS, LINES = 4, 60
ELEMENTS = 50
"""Elements with facts of every half-year; each in total and for women."""
HALVES = tuple(Period.from_index(index) for index in range(Period(2000, 1).index, Period(2025, 2).index + 1))
"""52 half-years."""
OF_WORKBOOKS = Period(2026, 1)
"""The half-year whose returns come in as workbooks of four sheets."""


def _text(words: str) -> dict[str, str]:
    return {"vi": words, "en": words}


def _element(index: int) -> str:
    return f"e{index:03d}"


def _lines(first: int, count: int) -> list[dict[str, Any]]:
    return [
        {
            "code": f"l{index:03d}",
            "label": _text(f"Cán bộ, công chức được cử tham gia hoạt động {index}"),
            "element": _element(index),
        }
        for index in range(first, first + count)
    ]


def _sheets(count: int, lines: int, columns: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "code": f"s{sheet}",
            "number": f"Biểu {sheet:02d}",
            "title": _text(f"Kết quả hoạt động, phần {sheet}"),
            "blocks": [
                {
                    "code": f"b{sheet}",
                    "title": _text("I. Kết quả trong kỳ"),
                    "columns": columns,
                    "lines": _lines((sheet - 1) * lines + 1, lines),
                }
            ],
        }
        for sheet in range(1, count + 1)
    ]


def _form(code: str, number: str, sheets: list[dict[str, Any]], **used: str) -> dict[str, Any]:
    return {
        "code": code,
        "number": number,
        "title": _text("Báo cáo kết quả công tác vì sự tiến bộ của phụ nữ"),
        "issued_with": _text("Dùng để đo tốc độ"),
        "for_kinds": ["commune"],
        "receiver": _text("Sở Nội vụ"),
        "columns": [
            {"code": "total", "label": _text("Tổng số")},
            {"code": "women", "label": _text("Nữ"), "members": {"sex": "f"}},
            {"code": "minority", "label": _text("DTTS"), "members": {"eth": "m"}},
        ],
        "sheets": sheets,
        "signers": [_text("NGƯỜI LẬP BIỂU"), _text("THỦ TRƯỞNG ĐƠN VỊ")],
        **used,
    }


def _indicator(index: int) -> dict[str, Any]:
    """Four of five are shares of women, the fifth is a sum."""
    element = _element(index)
    parts = (
        {"unit": "count", "numerator": [element]}
        if index % 5 == 0
        else {"unit": "percent", "numerator": [f"{element}[sex=f]"], "denominator": [element]}
    )
    return {"code": f"i{index:03d}", "name": _text(f"Chỉ tiêu {index}"), **parts}


@lru_cache(maxsize=1)
def edition() -> Edition:
    """The edition, as a site that keeps its text reads it back."""
    raw: dict[str, list[dict[str, Any]]] = {
        "regimes": [
            {"code": "nd09", "first": "2000-H1", "half_starts": [[12, 15], [6, 15]], "due": [[6, 25], [12, 25]]}
        ],
        "measures": [{"code": "person", "name": _text("Người")}],
        "breakdowns": [
            {"code": "sex", "name": _text("Giới tính"), "members": {"f": _text("Nữ")}},
            {"code": "eth", "name": _text("Dân tộc"), "members": {"m": _text("DTTS")}},
        ],
        "elements": [
            {
                "code": _element(index),
                "name": _text(f"Cán bộ {index}"),
                "measure": "person",
                "breakdowns": ["sex", "eth"],
                "over_time": "sum",
                "reporting": [{"by": ["commune"]}],
            }
            for index in range(1, SHEETS * LINES + 1)
        ],
        "indicators": [_indicator(index) for index in range(1, ELEMENTS + 1)],
        "forms": [
            _form("facts", "01/ĐL", _sheets(1, ELEMENTS, ["total", "women"]), first="2000-H1", last="2025-H2"),
            _form("book", "02/ĐL", _sheets(SHEETS, LINES, ["total", "women", "minority"]), first="2026-H1"),
        ],
    }
    made = Edition(pack="bench")
    for kind, rows in raw.items():
        getattr(made, kind).update({row["code"]: SHAPES[kind].model_validate(row) for row in rows})
    return from_canonical(canonical(made))


INDICATORS = tuple(f"i{index:03d}" for index in range(1, ELEMENTS + 1))
