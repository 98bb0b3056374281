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
from tienbo.ground.scans import scan_format

worded(
    {
        "signing.in_the_future": N_("The day of signing, {day}, has not come yet."),
        "signing.not_the_last": N_(
            "The unit has sent a newer return meanwhile (number {number}). Look at it, then approve it."
        ),
    }
)


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
    made = scan_format(content, name)
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
