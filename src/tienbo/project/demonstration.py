"""Demonstration sites: what `tienbo demo` makes."""

from __future__ import annotations

from pathlib import Path

from tienbo.project.quynh_luu import quynh_luu
from tienbo.project.saying import Say


def demonstrate(*, path: Path, what: str, say: Say) -> list[Path]:
    """Make a demonstration site in `path`; returns what was written for people to look at."""
    makers = {"quynh-luu": lambda: quynh_luu(path, say)}
    return makers[what]()
