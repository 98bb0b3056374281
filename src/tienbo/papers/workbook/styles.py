"""How a form looks: the formats of its cells, made once for each workbook."""

from __future__ import annotations

from typing import Any

FILL = "#FFF8DC"
"""A cell to fill: light enough to print as paper."""
GREY = "#EDEDED"
FONT = "Times New Roman"
SIZE = 11

_BASE: dict[str, Any] = {"font_name": FONT, "font_size": SIZE, "valign": "vcenter"}
_BOX: dict[str, Any] = {"border": 1}
_INPUT: dict[str, Any] = {**_BOX, "bg_color": FILL, "locked": False}

_NAMED: dict[str, dict[str, Any]] = {
    "plain": {},
    "mast": {"text_wrap": True, "valign": "top", "font_size": 10},
    "mast_bold": {"text_wrap": True, "valign": "top", "bold": True},
    "title": {"bold": True, "font_size": 14, "align": "center", "text_wrap": True},
    "subtitle": {"bold": True, "font_size": 12, "align": "center", "text_wrap": True},
    "period": {"italic": True, "align": "center"},
    "illustrative": {"italic": True, "align": "center", "font_color": "#C00000"},
    "ask": {"align": "right"},
    "help": {"italic": True, "font_size": 9, "text_wrap": True, "valign": "top"},
    "date": {**_INPUT, "num_format": "dd/mm/yyyy", "align": "center"},
    "block": {**_BOX, "bold": True, "text_wrap": True, "bg_color": "#E4ECF4"},
    "statement": {**_INPUT, "align": "center", "italic": True, "text_wrap": True},
    "note": {**_BOX, "italic": True, "font_size": 9, "text_wrap": True},
    "head": {**_BOX, "bold": True, "align": "center", "text_wrap": True, "font_size": 10},
    "number": {**_BOX, "align": "center"},
    "label": {**_BOX, "text_wrap": True},
    "label1": {**_BOX, "text_wrap": True, "indent": 1},
    "label2": {**_BOX, "text_wrap": True, "indent": 2},
    "label3": {**_BOX, "text_wrap": True, "indent": 3},
    "measure": {**_BOX, "align": "center", "text_wrap": True, "font_size": 10},
    "count": {**_INPUT, "num_format": "#,##0", "align": "right"},
    "decimal": {**_INPUT, "num_format": "#,##0.0###", "align": "right"},
    "yes_no": {**_INPUT, "align": "center"},
    "qualifier": {**_INPUT, "align": "center", "font_size": 10},
    "name": {**_INPUT, "text_wrap": True, "align": "left"},
    "text": {**_INPUT, "text_wrap": True, "valign": "top", "align": "left"},
    "signer_name": {**_INPUT, "bold": True, "align": "center", "border": 0, "bottom": 4},
    "title_left": {"bold": True, "font_size": 14},
    "mast_bold_left": {"bold": True},
    "help_left": {"italic": True, "font_size": 9},
    "words": {**_INPUT, "num_format": "@", "text_wrap": True, "valign": "top", "align": "left"},
    "choice": {**_INPUT, "text_wrap": True, "valign": "top", "align": "left"},
    "total": {**_BOX, "bold": True, "num_format": "#,##0", "align": "right"},
    "total_label": {**_BOX, "bold": True},
    "none": {**_BOX, "bg_color": "#D9D9D9"},
    "signer": {"bold": True, "align": "center", "text_wrap": True},
    "sign": {"italic": True, "align": "center", "valign": "top", "font_size": 10},
    "head_before": {**_BOX, "align": "center", "text_wrap": True, "font_size": 10, "bg_color": GREY},
    "count_before": {**_BOX, "num_format": "#,##0", "bg_color": GREY, "font_color": "#595959"},
    "decimal_before": {**_BOX, "num_format": "#,##0.0###", "bg_color": GREY, "font_color": "#595959"},
    "yes_no_before": {**_BOX, "align": "center", "bg_color": GREY, "font_color": "#595959"},
    "name_before": {**_BOX, "bg_color": GREY, "font_color": "#595959", "text_wrap": True},
    "check": {"font_color": "#C00000", "italic": True, "font_size": 10},
}


class Styles:
    """Formats by name, each added to the workbook when it is first used."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._workbook.add_format({**_BASE, **_NAMED[name]})
        return self._made[name]
