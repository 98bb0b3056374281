"""Tài liệu kiểm chứng: files that bear out what has a key. Whoever writes the history of that thing calls these in the
same transaction, and says there who attached or took away what, and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.definitions import EvidenceAsked, RegisterKind
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.files import FileStore
from tienbo.ground.keys import new_key
from tienbo.ground.scans import ScanFormat, scan_format
from tienbo.papers.pictures import pictures
from tienbo.registers.models import Evidence

MOST = 30
"""Files of one thing. Who has more puts them into one PDF."""

worded(
    {
        "evidence.too_many": N_("There are {most} documents already. Put what belongs together into one PDF."),
        "evidence.not_there": N_("This document is not attached any more."),
        "evidence.no_such_sort": N_("Choose from the list what the document is."),
        "evidence.kept_by_unit": N_("“{label}” is kept by the unit and shown where it is asked for; do not attach it."),
        "evidence.lacking": N_("Not attached yet: {label}."),
    }
)


@dataclass(frozen=True)
class Brought:
    """A file that was looked over, drawn and put on the disk, before any row of it is written."""

    name: str
    sha256: str
    size: int
    format: ScanFormat
    pictures: tuple[str, ...]


def evidence_brought(*, content: bytes, name: str, store: FileStore) -> Brought:
    """Look a file over and put it on the disk: PDF, JPEG or PNG by its bytes. Drawing it takes a while, so this is done
    before the transaction that keeps it, and holds up nobody."""
    made = scan_format(content, name)
    drawn = pictures(content, made)
    with store.batch() as batch:
        sha256 = batch.put(content)
        shown = tuple(batch.put(picture) for picture in drawn)
    return Brought(name[-255:], sha256, len(content), made, shown)


@transaction.atomic
def evidence_keep(*, holder: str, brought: Brought, actor: Actor, sort: str = "") -> tuple[Evidence, bool]:
    """Keep a file that bears out `holder`. Returns it and whether it is new: the same bytes for the same thing again
    have no effect."""
    held = Evidence.objects.filter(holder=holder, withdrawn=False)
    found = held.filter(sha256=brought.sha256).first()
    if found is not None:
        return found, False
    if held.count() >= MOST:
        raise Refused(Fault("evidence.too_many", "", {"most": MOST}))
    said = asdict(brought) | {"pictures": list(brought.pictures)}
    key = new_key("evidence")
    return Evidence.objects.create(key=key, holder=holder, sort=sort, added_by=actor.name, **said), True


def evidence_drop(*, held: Evidence) -> None:
    """Take a file away from what it bears out: its bytes and its row stay, and it bears out nothing."""
    if not Evidence.objects.filter(pk=held.pk, withdrawn=False).update(withdrawn=True):
        raise Refused(Fault("evidence.not_there"))


def evidence_list(*, holder: str) -> list[Evidence]:
    """What bears out a thing now, in the order it was attached."""
    return list(Evidence.objects.filter(holder=holder, withdrawn=False).order_by("pk"))


def evidence_on(*, holder: str, key: str) -> Evidence | None:
    """A file that bears out a thing, or did."""
    return Evidence.objects.filter(holder=holder, key=key).first()


def evidence_sort(kind: RegisterKind, sort: str) -> EvidenceAsked | None:
    """The document of a register that a file is said to be; None for another. Refused for what there is not, and for
    what is never uploaded."""
    if not sort:
        return None
    asked = next((one for one in kind.evidence if one.code == sort), None)
    if asked is None:
        raise Refused(Fault("evidence.no_such_sort"))
    if asked.kept_by_unit:
        raise Refused(Fault("evidence.kept_by_unit", "", {"label": asked.label}))
    return asked


def evidence_lacking(kind: RegisterKind, state: str, held: Iterable[Evidence]) -> list[Fault]:
    """A warning for each document that is asked for in a state and was not attached."""
    there = {one.sort for one in held}
    return [
        replace(Fault("evidence.lacking", "", {"label": one.label}), level=Level.WARNING)
        for one in kind.evidence
        if state in one.required_in and one.code not in there
    ]
