"""The matrix of rights as a table, in the language being spoken: for the page, the command and the file."""

from __future__ import annotations

from textwrap import wrap

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


SIGNS = {"own": "", "below": "/", "direct": ":"}
"""What stands before the letters of acts, by where they hold."""


def matrix_grid(width: int) -> tuple[list[str], list[list[str]], list[str]]:
    """The same in letters, within so many columns of a terminal: headers (roles by number), rows, and the legend."""
    grid = [[_letters(row, role.code) for role in MATRIX.roles] for row in MATRIX.resources]
    wide = [max(len(cells[at]) for cells in grid) for at in range(len(MATRIX.roles))]
    headers = [_("What there is"), _("Class"), *(str(at + 1) for at in range(len(MATRIX.roles)))]
    left = width - sum(wide) - len(headers[1]) - 2 * (len(wide) + 1)
    rows = []
    for row, cells in zip(MATRIX.resources, grid, strict=True):
        first, *more = wrap(str(row.name), left)
        rows.append([first, row.level.value, *cells])
        rows += [[line, *[""] * (len(cells) + 1)] for line in more]
    roles = [f"{at}  {_(str(Role(role.code).label))}" for at, role in enumerate(MATRIX.roles, 1)]
    used = {act for row in MATRIX.resources for act in row.opens}
    acts = ", ".join(f"{act} {_(words)}" for act, words in ACTS.items() if act in used)
    where = ", ".join([*(f"{SIGNS[one]}R {_(WHERE[one])}" for one in WHERE), "– " + _("no right")])
    return headers, rows, [*roles, "", *wrap(acts, width), *wrap(where, width)]


def _letters(row: Resource, role: str) -> str:
    held = row.cells.get(role, {})
    return "".join(f"{SIGNS[where]}{held[where]}" for where in WHERE if where in held) or "–"


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
