"""What each command leaves in the journal, beside the rows that history tells of by itself (T35).

Who runs a command holds the site's files and database anyway; that what was done through the program has its event with
who did it is no less asked. A command that stands in no line here fails a test.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Literal

Leaves = Literal["rows", "settings", "file", "whole", "reads", "own", "program"]
"""rows: changes tables, history tells each. settings: changes tienbo.toml, which notes it (`Site.save`). file: hands a
file out. whole: shows or hands out what units sent or what was frozen of it, whole, figures of violence and planning
among it. reads: prints; what of it is of class C3 is noted where it is read. own: notes what it does by itself.
program: reads nothing of a site, or nothing that is kept from anybody (an archive is encrypted to the key of backups).
"""

LEAVES: dict[str, Leaves] = {
    **dict.fromkeys(
        (
            "units load", "units import-table", "units contacts", "units reorganise", "campaign open",
            "campaign extend", "campaign close", "campaign propose", "campaign confirm", "receive", "register receive",
            "register kind bring", "register kind use", "register recount", "tasks hand-over", "posts shares",
            "posts receive", "election load", "election close", "decide accept", "decide supplement", "users add",
            "users grant", "users password", "users close", "users hand-over", "users withdraw", "users unlock",
            "users wake", "users factor-off", "journal verify", "verify-backup", "requests note", "requests act",
            "processing assess", "incidents signal", "incidents say", "incidents notice", "incidents close",
        ),
        "rows",
    ),
    **dict.fromkeys(("site home", "settings decide", "settings go-live", "backup-key"), "settings"),
    **dict.fromkeys(
        (
            "register kind sheet", "posts workbook", "processing register", "processing limits",
            "processing procedure", "processing dossier", "processing yearly", "journal export", "requests held",
        ),
        "file",
    ),
    **dict.fromkeys(
        (
            "workbook blank", "register workbook", "report", "disclosure audit", "requests show", "incidents show",
        ),
        "whole",
    ),
    **dict.fromkeys(
        (
            "values", "explain", "norms list", "norms unmet", "tasks list", "access why", "users list",
            "requests list", "incidents list", "retention due", "retention records", "spill show", "posts list",
            "posts lines", "election list", "campaign show", "units find", "units show", "register kind list",
            "register kind check", "site show", "settings show", "check", "journal head", "processing counters",
            "processing connections",
        ),
        "reads",
    ),
    **dict.fromkeys(("backup", "restore", "spill open", "spill purge", "retention take"), "own"),
    **dict.fromkeys(
        (
            "site create", "site upgrade", "demo", "workbook check", "outlook retirement", "outlook eligibility",
            "outlook pipeline", "outlook vacancies", "outlook project", "outlook forecast", "outlook lists",
            "disclosure protect", "access matrix", "facts rebuild", "facts compact", "serve", "work", "archive",
        ),
        "program",
    ),
}  # fmt: skip


def leaving_noted(arguments: argparse.Namespace, narrow: Collection[str]) -> None:
    """Note what a command that was carried out showed or handed out. Raises OSError where it cannot be noted: the
    command is then told as failed."""
    from django.apps import apps

    words: str = arguments.words
    said = LEAVES[words]
    if not apps.ready or said in ("own", "program"):
        return
    from django.conf import settings

    if settings.SITE is None:
        return
    out = getattr(arguments, "out", None)
    is_file = bool(out) or getattr(arguments, "format", "") == "csv" or words in ALWAYS
    codes = sorted({*narrow, *([f"command:{words}"] if said == "whole" else [])})
    if not is_file and not codes:
        return
    from tienbo.ground.spool import spool_note

    named = {name: str(value)[:80] for name, value in vars(arguments).items() if name in NAMED and value}
    spool_note(settings.SITE.noted, "export" if is_file else "read", of=named, narrow=codes)


ALWAYS = ("workbook blank", "journal export", "requests held")
"""Hand something out whether or not a file is named."""
NAMED = ("unit", "period", "kind", "register", "release", "indicator", "key", "form", "format")
"""Words of a command that say what was asked for: keys, codes, periods."""
