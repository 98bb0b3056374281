"""Demonstration sites: what `tienbo demo` makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tienbo.project.quynh_luu import quynh_luu
from tienbo.project.saying import Say

WHAT = ("province", "quynh-luu")
SEED = 2026


@dataclass(frozen=True)
class Wish:
    """What is asked of a demonstration: `districts` keeps only the first ones of each old province; `database` is the
    address of a PostgreSQL (default: SQLite in the folder)."""

    what: str = "province"
    seed: int = SEED
    districts: int | None = None
    database: str = ""


def demonstrate(*, path: Path, wish: Wish, say: Say) -> list[Path]:
    """Make a demonstration site in `path`; returns what was written for people to look at."""
    if wish.what == "quynh-luu":
        return quynh_luu(path, say)
    return _province(path, wish, say)


def _province(path: Path, wish: Wish, say: Say) -> list[Path]:
    from tienbo.project.desk import django_start, tables_make
    from tienbo.project.site import site_create

    name = "Ban Vì sự tiến bộ của phụ nữ tỉnh Lạc Giang (số liệu minh họa)"
    site = site_create(path=path, name=name, database=wish.database, sign_in="simple")
    django_start(path)
    tables_make()
    from tienbo.project.province import province

    return province(site, seed=wish.seed, districts=wish.districts, say=say).written
