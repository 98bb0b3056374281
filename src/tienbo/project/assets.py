"""Files the pages need, and the mark in their address that changes with them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import django_htmx

import tienbo.web

STATIC_FOLDERS: list[Path] = []
"""Nothing beside what the apps bring."""
_HOLDERS = (Path(tienbo.web.__file__).parent / "static", Path(django_htmx.__file__).parent / "static")


@lru_cache
def mark() -> str:
    """A short hash over every file the pages load."""
    digest = hashlib.sha256()
    for holder in _HOLDERS:
        for path in sorted(path for path in holder.rglob("*") if path.is_file()):
            digest.update(path.relative_to(holder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]
