"""Accounts of the demonstration: one for each role, with invented names and passwords drawn anew each time.

They exist in the demonstration's own database and in ACCOUNTS.txt beside it, and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from tienbo.accounts.services import Account
from tienbo.core.messages import gettext as _
from tienbo.project.people import account_make
from tienbo.units.frames import unit_names
from tienbo.units.models import Role, Unit

FILE = "ACCOUNTS.txt"


class Invented(NamedTuple):
    """Somebody who does not exist. `at`: which of the demonstration's units they sit at."""

    name: str
    full_name: str
    role: Role
    at: str


PEOPLE = (
    Invented("lap-bieu-xa", "Lò Thị Minh Họa", Role.PREPARER, "commune"),
    Invented("lanh-dao-xa", "Nguyễn Văn Thí Dụ", Role.HEAD, "commune"),
    Invented("dau-moi-so", "Trần Thị Ví Dụ", Role.PREPARER, "department"),
    Invented("thuong-truc", "Phạm Thị Giả Định", Role.OFFICE, "province"),
    Invented("lanh-dao-ban", "Hoàng Thị Minh Họa", Role.CHAIR, "province"),
    Invented("kiem-tra", "Đặng Văn Giả Định", Role.INSPECTOR, "province"),
    Invented("khach", "Khách Thí Dụ", Role.PARTNER, "province"),
    Invented("quan-tri", "Vũ Văn Ví Dụ", Role.ADMINISTRATOR, "province"),
    Invented("bau-cu", "Lê Thị Thí Dụ", Role.ELECTIONS, "province"),
    Invented("bao-ve-du-lieu", "Đỗ Văn Minh Họa", Role.DATA_OFFICER, "province"),
)
"""In the order in which a return travels: who fills in, who approves, who collects, who decides, who looks on."""

OFFICER = next(one.full_name for one in PEOPLE if one.role == Role.OFFICE)
"""Who received the returns of the demonstration and made its reports."""


@dataclass(frozen=True)
class Seated:
    """An account of the demonstration and where its person sits, in words."""

    account: Account
    role: str
    unit: str


def accounts_make(*, units: dict[str, Unit], today: date) -> list[Seated]:
    """Make every account of PEOPLE; `units` holds a province, a commune and a department by those words."""
    names = unit_names(today)
    made = []
    for one in PEOPLE:
        unit = units[one.at]
        account = account_make(name=one.name, full_name=one.full_name, role=one.role, unit=unit, begins=today)
        made.append(Seated(account, _(str(one.role.label)), names[unit.pk]))
    return made


def rows(made: Sequence[Seated]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The accounts as a table: headers and rows."""
    headers = [_("Account"), _("First password"), _("Role"), _("Unit")]
    return headers, [(one.account.name, one.account.password, one.role, one.unit) for one in made]


def accounts_write(made: Sequence[Seated], path: Path) -> None:
    """ACCOUNTS.txt, readable by its owner only."""
    headers, found = rows(made)
    widths = [max(len(row[column]) for row in (headers, *found)) for column in range(len(headers))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (headers, *found)]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_("Accounts of this demonstration. They exist nowhere else; names are invented.") + "\n\n")
        file.writelines(line.rstrip() + "\n" for line in lines)
