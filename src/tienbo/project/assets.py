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


def static_collect(folder: Path) -> None:
    """Put the files the pages load, compressed, into the folder they are served from; nothing to do where they lie
    there already. Needs a started Django whose STATIC_ROOT is `folder`."""
    from django.core.management import call_command

    done = folder / ".mark"
    if done.is_file() and done.read_text(encoding="utf-8") == mark():
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    done.write_text(mark(), encoding="utf-8")
