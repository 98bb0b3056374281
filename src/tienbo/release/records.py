"""What the office's document-management system says of a paper: its number, its day, the signed file."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.collection.uploads import upload_keep
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean
from tienbo.ground.files import FileStore
from tienbo.ground.scans import scan_format
from tienbo.release.models import DocumentRecord, Release

LONGEST_NUMBER = 60

worded(
    {
        "record.no_number": N_("Write the number of the paper as it was registered: 123/BC-BVSTBPN."),
        "record.long_number": N_("The number of a paper has at most {limit} letters."),
        "record.in_the_future": N_("The paper's day, {day}, has not come yet."),
    }
)


def document_record(
    *,
    release: Release,
    number: str,
    dated: date,
    actor: Actor,
    store: FileStore,
    signed: tuple[str, bytes] | None = None,
) -> DocumentRecord:
    """Note a paper's number, day and signed file (name, bytes). Nothing is written over: the last record counts, and a
    file once kept stays with later ones that bring none."""
    written = clean(number)
    faults = []
    if not written:
        faults.append(Fault("record.no_number"))
    if len(written) > LONGEST_NUMBER:
        faults.append(Fault("record.long_number", "", {"limit": LONGEST_NUMBER}))
    if dated > timezone.localdate():
        faults.append(Fault("record.in_the_future", "", {"day": dated}))
    if signed is not None:
        name, content = signed
        try:
            scan_format(content, name)
        except Refused as refused:
            faults += refused.faults
    if faults:
        raise Refused(*faults)
    last = record_of(release)
    upload = last.signed if last else None
    with transaction.atomic():
        if signed is not None:
            name, content = signed
            upload = upload_keep(content=content, name=name, actor=actor, store=store)
        if last and (last.number, last.dated, last.signed_id) == (written, dated, upload.pk if upload else None):
            return last
        return DocumentRecord.objects.create(
            release=release, number=written, dated=dated, signed=upload, recorded_by=actor.name
        )


def record_of(release: Release) -> DocumentRecord | None:
    """The record that counts."""
    return release.records.select_related("signed").order_by("pk").last()
