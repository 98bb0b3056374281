"""The register of processing as a table and as a Word file. What was not seen in its text says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tienbo.catalogue.definitions import Text
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.papers.blocks import Back, Block, Cell, Column, Document, Front, Heading, Paragraph, Table

Said = tuple[Text, str]
"""A basis or a time, and how far its text was seen."""
Row = tuple[str, str, str, str, Text, Said, Said, Text | None]
"""Room, table, field, class, purpose, basis, time, whose personal data."""

SEEN = {
    "confirmed": "",
    "partly": N_("seen in part"),
    "secondary": N_("told by others, not compared with the original"),
    "unconfirmed": N_("not compared with the original"),
    "proposed": N_("proposed by the program, for the office to decide"),
}


def register_table(rows: Iterable[Row]) -> tuple[list[str], list[list[str]]]:
    """Headers and a line for each field."""
    headers = [
        _("Room"), _("Table"), _("Field"), _("Class"), _("Personal data of"), _("Purpose"), _("Legal basis"), _("Kept"),
    ]  # fmt: skip
    lines = [
        [room, table, field, level, str(about) if about else "–", str(purpose), _said(basis), _said(kept)]
        for room, table, field, level, purpose, basis, kept, about in rows
    ]
    return headers, lines


def _said(held: Said) -> str:
    text, seen = held
    return f"{text} [{_(SEEN[seen])}]" if SEEN[seen] else str(text)


def register_paper(rows: Sequence[Row], *, issuer: str) -> Document:
    """A table for each table that is kept: its purpose, basis and time above, its fields by class below."""
    return Document(
        front=Front(
            superior="", issuer=issuer.upper(), nation=_("SOCIALIST REPUBLIC OF VIET NAM"),
            motto=_("Independence - Freedom - Happiness"), number="", place_and_date="",
            kind=_("REGISTER OF PROCESSING"), subject=_("what is stored, for what, on which ground, for how long"),
        ),
        body=tuple(_blocks(rows)),
        back=Back(signature=(), signer="", recipients_title="", recipients=()),
    )  # fmt: skip


def _blocks(rows: Sequence[Row]) -> Iterable[Block]:
    held: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        held.setdefault((row[0], row[1]), []).append(row)
    for (room, table), fields in held.items():
        _room, _table, _field, _level, purpose, basis, kept, _about = fields[0]
        yield Heading(3, f"{room}.{table}")
        yield Paragraph(
            (
                _("Purpose: {purpose}. Legal basis: {basis}. Kept: {kept}.").format(
                    purpose=purpose, basis=_said(basis), kept=_said(kept)
                ),
            )
        )
        columns = (Column(_("Field"), 0.5), Column(_("Class"), 0.15, "center"), Column(_("Personal data of"), 0.35))
        lines = tuple(
            (Cell((field,)), Cell((level,), align="center"), Cell((str(about) if about else "–",)))
            for _r, _t, field, level, _p, _b, _k, about in fields
        )
        yield Table("", columns, lines)
