"""What a unit stands by: the head's approval of a revision, and the signed paper kept beside the revision it signs.

What came as a workbook is approved after it was sent; what was entered on the page before (`sending`).
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.collection.models import Approval, Return, Revision, SignedCopy
from tienbo.collection.uploads import upload_keep
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.ground.files import FileStore

LARGEST = 20 * 2**20
"""Bytes of a scanned paper. Ten pages of 300 dpi in colour have about 8 MB."""

worded(
    {
        "signing.empty": N_("{name} is empty. Choose the file once more."),
        "signing.too_large": N_("{name} has {size} MB; a signed copy may have {most} MB. Scan it at 200 dpi."),
        "signing.not_a_paper": N_("{name} is neither a PDF nor a JPEG or PNG picture. Scan the signed paper as PDF."),
        "signing.cut_off": N_("{name} is not whole: its end is missing. Scan or send it again."),
        "signing.in_the_future": N_("The day of signing, {day}, has not come yet."),
        "signing.not_the_last": N_(
            "The unit has sent a newer return meanwhile (number {number}). Look at it, then approve it."
        ),
    }
)

_STARTS = (
    (b"%PDF-", SignedCopy.Format.PDF),
    (b"\xff\xd8\xff", SignedCopy.Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", SignedCopy.Format.PNG),
)
_ENDS = {
    SignedCopy.Format.PDF: b"%%EOF",
    SignedCopy.Format.JPEG: b"\xff\xd9",
    SignedCopy.Format.PNG: b"IEND",
}
_TAIL = 2048
"""How far before its last byte a whole file has its end: scanners write a few bytes of their own after it."""


def paper_format(content: bytes, name: str) -> SignedCopy.Format:
    """What a scanned paper is, by its bytes and never by its name. Refused for anything else, and for half a file."""
    if not content:
        raise Refused(Fault("signing.empty", "", {"name": name}))
    found = next((made for start, made in _STARTS if content.startswith(start)), None)
    if found is None:
        raise Refused(Fault("signing.not_a_paper", "", {"name": name}))
    if _ENDS[found] not in content[-_TAIL:]:
        raise Refused(Fault("signing.cut_off", "", {"name": name}))
    return found


def signed_copy_add(
    *,
    revision: Revision,
    content: bytes,
    name: str,
    actor: Actor,
    store: FileStore,
    signed_on: date | None = None,
) -> SignedCopy:
    """Keep the signed paper of a revision. The same bytes for the same revision again have no effect."""
    if len(content) > LARGEST:
        fields = {"name": name, "size": -(-len(content) // 2**20), "most": LARGEST // 2**20}
        raise Refused(Fault("signing.too_large", "", fields))
    made = paper_format(content, name)
    if signed_on is not None and signed_on > timezone.localdate():
        raise Refused(Fault("signing.in_the_future", "", {"day": signed_on}))
    with transaction.atomic():
        upload = upload_keep(content=content, name=name, actor=actor, store=store)
        copy, _new = SignedCopy.objects.get_or_create(
            revision=revision,
            upload=upload,
            defaults={"format": made, "signed_on": signed_on, "added_by": actor.name},
        )
    return copy


@transaction.atomic
def revision_approve(*, revision: Revision, actor: Actor) -> Approval:
    """Phê duyệt: the head of the unit stands by its last word. Refused where a newer one came; again has no effect."""
    of = Return.objects.select_for_update().get(pk=revision.of_id)
    if of.latest is not None and of.latest_id != revision.pk:
        raise Refused(Fault("signing.not_the_last", "", {"number": of.latest.number}))
    approval, _new = Approval.objects.get_or_create(
        revision=revision, defaults={"revision_sha256": revision.sha256, "approved_by": actor.name}
    )
    return approval
