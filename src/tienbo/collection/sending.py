"""From a draft to a revision: người lập biểu prepares, thủ trưởng approves here or on paper, then it is sent.

Whoever sends names what is sent: by a key of its own making and the hash of the cells it sees. The same key and cells
give the same receipt; the same key with other cells, or cells that are not the draft's, are refused with the
difference, and nothing of either is lost: the one is in its revision, the other in the saves of the draft.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, facts
from tienbo.collection.by_register import register_counts, register_faults
from tienbo.collection.draft_models import Draft, DraftSave, Evidence, Prepared, Submission
from tienbo.collection.drafts import KEY, draft_cells, draft_on, return_beside
from tienbo.collection.editions import edition_of
from tienbo.collection.manifest import LARGE, Said, Stores, facts_compact, one_writer, said_by, segment_write
from tienbo.collection.models import Receipt, Revision
from tienbo.collection.services import return_prepare, returns_take
from tienbo.collection.signing import revision_approve, signed_copy_add
from tienbo.collection.standing import carried_by, said_before
from tienbo.collection.uploads import upload_keep
from tienbo.core.faults import Fault, Level, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.engine.rows import rows_of
from tienbo.ground.files import FileStore
from tienbo.ground.scans import scan_format
from tienbo.papers.cells import Cells, Read, cells_read, sheets, why
from tienbo.units.models import Unit

worded(
    {
        "sending.no_key": N_("The page did not say which sending this is. Load it again; the draft is kept."),
        "sending.other_content": N_(
            "This was sent already with other figures, receipt {receipt}. What you have now is kept in the draft; look "
            "at the difference, then send it as a newer return."
        ),
        "sending.not_the_draft": N_(
            "The draft holds other figures than you see: somebody saved meanwhile. Look at the difference, then send."
        ),
        "sending.another_came": N_(
            "Another return of the unit was sent meanwhile (number {number}). Look at the difference first: nothing of "
            "the draft is lost."
        ),
        "sending.asides_left": N_("{count} cells still have two values. Choose first, then send."),
        "sending.nothing_entered": N_("Nothing was entered yet."),
        "sending.not_the_newest": N_(
            "A newer version was handed over meanwhile by {by}. Look at it, then approve that one."
        ),
        "sending.needs_approval": N_(
            "The head of the unit approves it first, here or on the signed copy; then it is sent."
        ),
    }
)


class Differs(Refused):
    """Refused because what the sender sees is not what is here; `cells` says where: cell → (seen, here)."""

    def __init__(self, fault: Fault, cells: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(fault)
        self.cells = cells


@dataclass(frozen=True)
class Sent:
    """What came of sending: the revision and its receipt; whether it had been sent before."""

    revision: Revision
    receipt: Receipt
    again: bool


def draft_read(draft: Draft) -> Read:
    """The draft as a return, with its faults; a warning that was explained has its sentence."""
    edition = edition_of(draft.campaign.edition.fingerprint)
    return return_read(draft.cells, edition=edition, form=draft.form, unit=draft.unit, period=draft.campaign.period)


def return_read(cells: Cells, *, edition: Edition, form: str, unit: Unit, period: Period) -> Read:
    """The return of a unit that cells say, with what its registers count otherwise among the faults."""
    made = cells_read(cells, edition=edition, form=form, unit=unit.key, period=period)
    known = sheets(edition, form, period)
    asked = [*register_faults(known, made.content, register_counts(edition, known, unit))]
    answers = {why(one).removeprefix("why/"): text for one in asked if (text := cells.get(why(one)))}
    faults = tuple(explained(fault, cells) for fault in (*made.faults, *asked))
    return replace(made, content=replace(made.content, explained={**made.content.explained, **answers}), faults=faults)


def explained(fault: Fault, cells: Mapping[str, str]) -> Fault:
    """A warning with the sentence that explains it, where there is one among the cells."""
    said = cells.get(why(fault)) if fault.level is Level.WARNING else None
    return replace(fault, fields={**fault.fields, "explained": said}) if said else fault


def draft_prepare(*, draft: Draft, key: str, sha256: str, actor: Actor) -> Prepared:
    """Hand the draft over to the head of the unit. Refused with every error it has, as a workbook would be."""
    _check_key(key)
    with transaction.atomic():
        Draft.objects.select_for_update().get(pk=draft.pk)
        held = draft_on(campaign=draft.campaign, unit=draft.unit)
        assert held is not None  # noqa: S101 - it was locked above
        before = Prepared.objects.filter(key=key).first()
        if before is not None:
            if before.draft_id == held.pk and before.sha256 == sha256:
                return before
            raise Differs(Fault("sending.not_the_draft"), _difference(held, sha256))
        _check_draft(held, sha256)
        read = draft_read(held)
        if errors(read.faults):
            raise Refused(*errors(read.faults))
        warnings = [fault for fault in read.faults if fault.level is Level.WARNING]
        return_prepare(campaign=held.campaign, unit=held.unit, content=read.content, warnings=warnings)
        return Prepared.objects.create(
            draft=held,
            key=key,
            version=held.version,
            sha256=held.sha256,
            content=read.content.as_json(),
            warnings=[fault.as_json() for fault in warnings],
            proofs={cell: name for cell, name in held.cells.items() if cell.startswith("proof/")},
            prepared_by=actor.name,
        )


def _check_key(key: str) -> None:
    if not key or len(key) > KEY or not key.isascii():
        raise Refused(Fault("sending.no_key"))


def _check_draft(draft: Draft, sha256: str) -> None:
    if not draft.cells:
        raise Refused(Fault("sending.nothing_entered"))
    if draft.sha256 != sha256:
        raise Differs(Fault("sending.not_the_draft"), _difference(draft, sha256))
    other, differences = return_beside(draft)
    if other is not None:
        fault = Fault("sending.another_came", "", {"number": other.number})
        raise Differs(fault, {one.cell: (one.drafted, one.sent) for one in differences})


def _difference(draft: Draft, sha256: str) -> dict[str, tuple[str, str]]:
    """Where the draft is no longer what somebody saw, who named it by its hash; nothing where it never was that."""
    save = DraftSave.objects.filter(draft=draft, sha256=sha256).order_by("-number").first()
    if save is None:
        return {}
    return cells_differ(draft_cells(draft, save.number), draft.cells)


def cells_differ(seen: Cells, here: Cells) -> dict[str, tuple[str, str]]:
    """Cell → (what one has, what the other has), where they differ."""
    names = sorted(seen.keys() | here.keys())
    return {one: (seen.get(one, ""), here.get(one, "")) for one in names if seen.get(one) != here.get(one)}


def prepared_newest(draft: Draft) -> Prepared | None:
    """What waits for the head of the unit: the newest prepared version, unless it was sent."""
    newest = Prepared.objects.filter(draft=draft).order_by("-pk").first()
    return None if newest is None or newest.submissions.exists() else newest


@dataclass(frozen=True)
class SignedPaper:
    """The signed copy of what was prepared, as it was scanned."""

    content: bytes
    name: str
    signed_on: date | None = None


def prepared_send(
    *,
    prepared: Prepared,
    key: str,
    actor: Actor,
    stores: Stores,
    approves: bool,
    signed: SignedPaper | None = None,
) -> Sent:
    """Send what was prepared: `approves` says that the actor is the head and stands by it, `signed` is the paper.

    Refused with neither; and where a newer version was prepared or another return came meanwhile.
    """
    _check_key(key)
    if not approves and signed is None:
        raise Refused(Fault("sending.needs_approval"))
    if signed is not None:
        scan_format(signed.content, signed.name)  # before anything is sent
    with one_writer(stores.facts), transaction.atomic():
        sent = _before(key, prepared) or _send(prepared, key, actor, stores)
    if not sent.again:
        facts_compact(store=stores.facts, largest=LARGE)
    if approves:
        revision_approve(revision=sent.revision, actor=actor)
    if signed is not None:
        signed_copy_add(
            revision=sent.revision,
            content=signed.content,
            name=signed.name,
            actor=actor,
            store=stores.files,
            signed_on=signed.signed_on,
        )
    return sent


def _before(key: str, prepared: Prepared) -> Sent | None:
    """What the key brought before. Refused where it brought something else."""
    found = Submission.objects.filter(key=key).select_related("revision__receipt", "prepared").first()
    if found is None:
        return None
    if found.prepared.draft_id != prepared.draft_id or found.sha256 != prepared.sha256:
        fault = Fault("sending.other_content", "", {"receipt": found.revision.receipt.code})
        mine = draft_cells(prepared.draft, prepared.version)
        theirs = draft_cells(found.prepared.draft, found.prepared.version)
        ours = found.prepared.draft_id == prepared.draft_id
        raise Differs(fault, cells_differ(mine, theirs) if ours else {})
    return Sent(found.revision, found.revision.receipt, again=True)


def _send(prepared: Prepared, key: str, actor: Actor, stores: Stores) -> Sent:
    Draft.objects.select_for_update().get(pk=prepared.draft_id)
    draft = Draft.objects.select_related("campaign__edition", "unit", "base").get(pk=prepared.draft_id)
    same = Submission.objects.filter(prepared=prepared).select_related("revision__receipt").first()
    if same is not None:  # sent by somebody else, or by the same person from another page
        Submission.objects.create(
            key=key, prepared=prepared, sha256=prepared.sha256, revision=same.revision, sent_by=actor.name
        )
        return Sent(same.revision, same.revision.receipt, again=True)
    newest = Prepared.objects.filter(draft=draft).order_by("-pk").first()
    if newest is not None and newest.pk != prepared.pk:
        raise Refused(Fault("sending.not_the_newest", "", {"by": newest.prepared_by}))
    other, differences = return_beside(draft)
    if other is not None:
        fault = Fault("sending.another_came", "", {"number": other.number})
        raise Differs(fault, {one.cell: (one.drafted, one.sent) for one in differences})
    edition, content = edition_of(draft.campaign.edition.fingerprint), Content.from_json(prepared.content)
    warnings = [Fault(row["code"], row["place"], row["fields"], Level(row["level"])) for row in prepared.warnings]
    came = return_prepare(
        campaign=draft.campaign, unit=draft.unit, content=content, warnings=warnings, text=prepared.content
    )
    (taken,) = returns_take(incoming=[came], actor=actor)
    if not taken.again:
        rows = rows_of(facts(edition, content, said_before(content, carried_by(taken.revision))))
        unit = draft.unit
        said = [Said(taken.revision.pk, unit.pk, unit.kind, content.period, edition, content.as_of, rows)]
        said += said_by([taken.restated]) if taken.restated is not None else []
        segment_write(store=stores.facts, said=said)
    Submission.objects.create(
        key=key, prepared=prepared, sha256=prepared.sha256, revision=taken.revision, sent_by=actor.name
    )
    draft.base, draft.version = taken.revision, draft.version + 1
    DraftSave.objects.create(
        draft=draft,
        number=draft.version,
        key=f"sent-{prepared.pk}",
        how=DraftSave.How.SENT,
        base=taken.revision,
        sha256=draft.sha256,
        saved_by=actor.name,
    )
    draft.save(update_fields=["base", "version"])
    return Sent(taken.revision, taken.receipt, again=False)


def draft_send(
    *, draft: Draft, key: str, sha256: str, actor: Actor, stores: Stores, signed: SignedPaper | None = None
) -> Sent:
    """Prepare and send in one go, for a person who may do both, or who has the signed copy. Idempotent by its key."""
    found = Submission.objects.filter(key=key, prepared__draft=draft).select_related("revision__receipt").first()
    if found is not None:
        if found.sha256 == sha256:
            return Sent(found.revision, found.revision.receipt, again=True)
        fault = Fault("sending.other_content", "", {"receipt": found.revision.receipt.code})
        raise Differs(fault, _difference(draft, found.sha256))
    prepared = draft_prepare(draft=draft, key=key, sha256=sha256, actor=actor)
    return prepared_send(prepared=prepared, key=key, actor=actor, stores=stores, approves=signed is None, signed=signed)


# --------------------------------------------------------------------------------------------------- evidence


def evidence_add(*, draft: Draft, content: bytes, name: str, actor: Actor, store: FileStore) -> Evidence:
    """Keep a document that bears figures out. PDF, JPEG or PNG by its bytes; the same bytes again have no effect."""
    made = scan_format(content, name)
    with transaction.atomic():
        upload = upload_keep(content=content, name=name, actor=actor, store=store)
        held, _new = Evidence.objects.get_or_create(
            draft=draft, upload=upload, defaults={"format": made, "added_by": actor.name}
        )
    return held


def evidence_of(draft: Draft) -> dict[str, Evidence]:
    """Mark of a file (as `proof/…` cells have it) → the file, of all that was ever added."""
    rows = Evidence.objects.filter(draft=draft).select_related("upload").order_by("pk")
    return {row.upload.sha256[:16]: row for row in rows}
