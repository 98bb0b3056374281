"""The matrix of rights as a table, in the language being spoken: for the page, the command and the file."""

from __future__ import annotations

from tienbo.core.messages import gettext as _
from tienbo.units.models import Role
from tienbo.units.rights import ACTS, MATRIX, WHERE, Resource


def matrix_rows() -> tuple[list[str], list[list[str]]]:
    """Headers (what, class, then the roles) and one row for each thing; a cell says what and where, "–" nothing."""
    headers = [_("What there is"), _("Class"), *(_(str(Role(role.code).label)) for role in MATRIX.roles)]
    rows = [
        [str(row.name), row.level.value, *(_cell(row, role.code) for role in MATRIX.roles)] for row in MATRIX.resources
    ]
    return headers, rows


def absences() -> list[str]:
    """What nobody may, as no door is built or nothing is stored."""
    return [str(one) for one in MATRIX.absent]


def separations() -> list[str]:
    """The rules that keep two roles of one person apart, in words."""
    return [str(rule.why) for rule in MATRIX.separations]


def _cell(row: Resource, role: str) -> str:
    said = [
        f"{_(WHERE[where])}: {', '.join(_(ACTS[act]) for act in row.cells[role][where])}"
        for where in WHERE
        if where in row.cells.get(role, {})
    ]
    return "; ".join(said) or "–"
