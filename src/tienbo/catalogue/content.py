"""The content of a return: what one unit says, whichever door it came through, and its canonical JSON.

Addresses of figures are "line:column" ("members:women"). Blank means not reported; zero is a figure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pydantic_core import to_json

from tienbo.core.periods import Period

Qualifier = Literal["exact", "at_least", "estimate"]
Statement = Literal["nil", "unchanged", "not_applicable"]


class Figure(NamedTuple):
    """A figure as entered: `cell` is where ("Biểu 01!D14"), so that anyone can be led back to it."""

    value: Decimal
    qualifier: Qualifier = "exact"
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A repeating row: a stable `key` inside the return ("r03"), a name, figures by field code."""

    key: str
    name: str
    figures: Mapping[str, Figure]
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A return as read, before anyone decides on it."""

    form: str
    edition: str
    unit: str
    period: Period
    figures: Mapping[str, Figure] = field(default_factory=dict)
    statements: Mapping[str, Statement] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    restated: Mapping[str, Figure] = field(default_factory=dict)
    """Official figures for addresses that were estimates one period ago."""
    as_of: date | None = None
    prepared_by: str = ""
    approved_by: str = ""
    explained: Mapping[str, str] = field(default_factory=dict)
    """The sentence that explains a warning, by the fault's code and place: "return.check_fails@Biểu 03!D9"."""

    def as_json(self) -> str:
        """Canonical JSON: equal contents give equal bytes, whatever order they were read in."""
        made = {
            "approved_by": self.approved_by,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "edition": self.edition,
            # Not written where there is none: what was kept before keeps its hash.
            **({"explained": dict(sorted(self.explained.items()))} if self.explained else {}),
            "figures": _figures_out(self.figures),
            "form": self.form,
            "period": self.period.code,
            "prepared_by": self.prepared_by,
            "restated": _figures_out(self.restated),
            "rows": {
                block: [(r.key, r.name, _figures_out(r.figures), r.cell) for r in rows]
                for block, rows in sorted(self.rows.items())
                if rows
            },
            "statements": dict(sorted(self.statements.items())),
            "texts": {key: text for key, text in sorted(self.texts.items()) if text},
            "unit": self.unit,
        }
        # The bytes of json.dumps(ensure_ascii=False, sort_keys=True, separators=(",", ":")), in two thirds of the time.
        return to_json(made).decode()

    @classmethod
    def from_json(cls, text: str) -> Content:
        made = json.loads(text)
        return cls(
            form=made["form"],
            edition=made["edition"],
            unit=made["unit"],
            period=Period.parse(made["period"]),
            figures={key: _figure_in(row) for key, row in made["figures"].items()},
            statements=made["statements"],
            rows={
                block: [Row(r[0], r[1], {k: _figure_in(f) for k, f in r[2].items()}, r[3]) for r in rows]
                for block, rows in made["rows"].items()
            },
            texts=made["texts"],
            restated={key: _figure_in(row) for key, row in made["restated"].items()},
            as_of=date.fromisoformat(made["as_of"]) if made["as_of"] else None,
            prepared_by=made["prepared_by"],
            approved_by=made["approved_by"],
            explained=made.get("explained", {}),
        )


def _figures_out(figures: Mapping[str, Figure]) -> dict[str, tuple[str, str, str]]:
    return {key: (_plain(value), qualifier, cell) for key, (value, qualifier, cell) in sorted(figures.items())}


@lru_cache(maxsize=1 << 16)
def _plain(value: Decimal) -> str:
    """One spelling for one number: 7, not 7.0 or 0.7E+1, and no negative zero."""
    return f"{value.normalize():f}" if value else "0"


def _figure_in(row: Sequence[Any]) -> Figure:
    return Figure(Decimal(row[0]), row[1], row[2])
