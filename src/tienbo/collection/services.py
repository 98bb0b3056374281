"""Writes: opening a campaign, taking a return in, deciding on it. Each is one transaction or part of one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.db.models import Model, OuterRef, Subquery

from tienbo.accounts.actors import Actor
from tienbo.catalogue.fingerprint import canonical, fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, Figure, check, layout
from tienbo.collection.campaigns import held_open, refuse_closed
from tienbo.collection.editions import edition_of
from tienbo.collection.models import (
    Campaign,
    Decision,
    KeptEdition,
    Receipt,
    Return,
    Revision,
    Upload,
    UploadRevision,
)
from tienbo.collection.queries import returns_of
from tienbo.collection.standing import NOTHING_CARRIED, Carried, carried_by, carried_from, said_before
from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.ground.keys import new_key
from tienbo.ground.rows import numbers_give, rows_write
from tienbo.units.models import Unit

worded(
    {
        "decision.not_the_last": N_(
            "Revision {revision} is not the last word of its unit; look at the newer one first."
        ),
        "decision.already": N_("Revision {revision} has already been received."),
        "campaign.other_edition": N_("The period {period} was opened on other definitions."),
        "campaign.a_year": N_("Returns are made for half-years: write {year}-H1 or {year}-H2."),
        "return.nothing_to_restate": N_("There is no return of {period} whose estimates these figures could replace."),
    }
)

_CODE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, 1/I: receipts are read aloud over the telephone


def edition_keep(edition: Edition) -> KeptEdition:
    """The kept row of an edition, made when it is new."""
    kept, _ = KeptEdition.objects.get_or_create(
        fingerprint=fingerprint(edition), defaults={"pack": edition.pack, "definitions": canonical(edition)}
    )
    return kept


@transaction.atomic
def campaign_open(*, root: Unit, period: Period, edition: Edition, due_on: date | None = None) -> Campaign:
    """The campaign of a half-year, opened on `edition` when it is not open yet.

    Definitions are pinned: a campaign goes on with the edition it was opened with.
    """
    if period.is_year:
        raise Refused(Fault("campaign.a_year", period.code, {"year": period.year}))
    opened = Campaign.objects.filter(root=root, period_code=period.code).select_related("edition").first()
    if opened is not None:
        return opened
    return Campaign.objects.create(
        key=new_key("campaign"),
        root=root,
        period_code=period.code,
        edition=edition_keep(edition),
        due_on=due_on or edition.calendar.due(period),
    )


@dataclass(frozen=True)
class Restated:
    """An earlier return with its estimates replaced by the official figures now given."""

    of: Return
    content: str
    carried: Carried


@dataclass(frozen=True)
class Incoming:
    """A return that passed its checks, on its way in (`return_prepare`)."""

    campaign: Campaign
    unit: Unit
    content: Content
    upload: Upload | None = None
    warnings: Sequence[Fault] = ()
    carried: Carried = NOTHING_CARRIED
    restated: Restated | None = None
    text: str = ""
    """The content as canonical JSON, where it was worked out already."""
    actor: Actor | None = None
    """Who sends it, where others send theirs in the same transaction."""


@dataclass(frozen=True)
class Taken:
    """What became of it: the revision and receipt, and whether it is new or was here before."""

    revision: Revision
    receipt: Receipt
    again: bool
    restated: Revision | None = None


def return_prepare(
    *,
    campaign: Campaign,
    unit: Unit,
    content: Content,
    upload: Upload | None = None,
    warnings: Sequence[Fault] = (),
    text: str = "",
    actor: Actor | None = None,
    is_held: bool = False,
) -> Incoming:
    """A return ready to be taken in. Refused with every reason it cannot be, of those that only the site knows:
    other definitions, nothing to carry over or to restate, official figures that do not fit the return they go to.

    `is_held`: the caller holds the campaign open (`campaigns.held_shut`)."""
    if content.edition != campaign.edition.fingerprint:
        raise Refused(Fault("campaign.other_edition", "", {"period": campaign.period_code}))
    if not is_held:
        refuse_closed([campaign])
    faults: list[Fault] = []
    carried = carried_from(campaign=campaign, unit=unit, content=content)
    faults += _cannot_carry_over(content, said_before(content, carried))
    restated = None
    if content.restated:
        restated, wrong = _restated(campaign, unit, content)
        faults += wrong
    if faults:
        raise Refused(*faults)
    return Incoming(campaign, unit, content, upload, warnings, carried, restated, text, actor)


def _cannot_carry_over(content: Content, before: Content | None) -> Iterator[Fault]:
    """A fault for each block that says "không thay đổi" of something nobody said."""
    unchanged = [code for code, statement in content.statements.items() if statement == "unchanged"]
    if not unchanged:
        return
    shape = layout(edition_of(content.edition), content.form, content.period)
    for code in unchanged:
        slots = (slot.address for slot in shape.slots.values() if slot.block.code == code)
        said = before is not None and (
            code in before.rows or code in before.statements or any(one in before.figures for one in slots)
        )
        if not said:
            yield Fault("return.nothing_to_carry_over", shape.sheet_of[code], {"block": shape.block(code).title})


def _restated(campaign: Campaign, unit: Unit, content: Content) -> tuple[Restated | None, list[Fault]]:
    """The unit's word of the period before with the official figures in place, and what is wrong with that.

    Its last word is the ground, accepted or not: what it corrected since is not lost. Only a word that was asked to
    be supplemented gives way to the accepted one before it. None where it says so already.
    """
    before = content.period.previous()
    places = [figure.cell for figure in content.restated.values()]
    of = (
        returns_of(root_id=campaign.root_id, period=before, units=[unit.pk])
        .select_related("latest__carried", "accepted__carried", "unit", "campaign")
        .first()
    )
    if of is None or of.latest is None:
        return None, [Fault("return.nothing_to_restate", places[0], {"period": before})]
    ground = of.accepted if of.accepted is not None and _is_asked(of.latest) else of.latest
    old = Content.from_json(ground.content)
    figures = dict(old.figures)
    for address, official in content.restated.items():
        figures[address] = Figure(official.value, "exact", official.cell)
    made = replace(old, figures=figures)
    wrong = [replace(fault, place=fault.place or places[0]) for fault in errors(check(edition_of(old.edition), made))]
    text = made.as_json()
    if wrong or text == of.latest.content:
        return None, wrong
    return Restated(of, text, carried_by(ground)), []


def _is_asked(revision: Revision) -> bool:
    """Whether the last decision on a revision asks for a supplement."""
    last = revision.decisions.order_by("-id").first()
    return last is not None and last.act == Decision.Act.ASK_SUPPLEMENT


def returns_take(
    *,
    incoming: Sequence[Incoming],
    actor: Actor,
    accept: bool = False,
    found: Mapping[int, Return] | None = None,
    write: list[Model] | None = None,
) -> list[Taken]:
    """Take returns of one period in, all or none, in the order given; no unit twice. In the caller's transaction, where
    there is one; it must be where the caller writes.

    The same content again has no effect and gives the same receipt. Official figures for last period's estimates
    become a new revision of that period's return, so that nothing is overwritten and the difference stays visible.

    `found`: unit → its return (`returns_found`), by a caller who holds the one campaign of all of them open. `write`:
    the caller writes what is put there, with more of its own, which gets its numbers too; not together with `accept`.
    """
    if len({(one.campaign.pk, one.unit.pk) for one in incoming}) < len(incoming):
        raise ValueError("a unit stands twice among the returns taken in together")
    if len({one.campaign.period_code for one in incoming}) > 1:
        raise ValueError("returns taken in together are of one period")
    with transaction.atomic() if write is None else nullcontext():
        return _take(incoming, actor, accept=accept, found=found, write=write)


def _take(
    incoming: Sequence[Incoming],
    actor: Actor,
    *,
    accept: bool,
    found: Mapping[int, Return] | None,
    write: list[Model] | None,
) -> list[Taken]:
    if found is None:
        held_open({one.campaign.pk for one in incoming})
    held = _returns(incoming, found)
    taken = [_taken(one, held[one.campaign.pk, one.unit.pk]) for one in incoming]
    fresh = [one for one in taken if not one.again]
    both = [*(one.restated for one in fresh if one.restated is not None), *(one.revision for one in fresh)]
    new = [of for of in held.values() if of.pk is None]
    numbers_give([*(write or ()), *new, *both, *(one.receipt for one in fresh)])
    for revision in both:
        revision.of.latest = revision
        if accept:
            revision.of.accepted = revision
    by = {id(revision): (one.actor or actor).name for one, said in zip(incoming, taken, strict=True)
          for revision in (said.revision, said.restated) if revision is not None}  # fmt: skip
    acts = [Decision.Act.SUBMIT, *([Decision.Act.ACCEPT] if accept else [])]
    rows: list[Model] = [
        *new,
        *both,
        *(one.receipt for one in fresh),
        *(
            UploadRevision(upload=one.upload, revision=said.revision)
            for one, said in zip(incoming, taken, strict=True)
            if one.upload is not None
        ),
        *(_decision(revision, act, by[id(revision)]) for act in acts for revision in both),
    ]
    older = {revision.of.pk for revision in both} - {of.pk for of in new}
    if write is None:
        rows_write(rows)
        _stand_last(older, accept=accept)
    else:
        write += rows
        for revision in both:
            if revision.of.pk in older:
                Return.objects.filter(pk=revision.of.pk).update(latest=revision.pk)
    return taken


def _taken(one: Incoming, of: Return) -> Taken:
    """The revision that a return becomes, with its receipt, both still to be written; or the last one, which said the
    same."""
    text = one.text or one.content.as_json()
    sha256, last = _sha256(text), of.latest
    if last is not None and last.sha256 == sha256 and last.made == Revision.Made.SENT:
        return Taken(last, last.receipt, again=True)
    restated = _restating(one) if one.restated else None
    revision = Revision(
        of=of,
        number=(last.number if last else 0) + 1,
        content=text,
        sha256=sha256,
        upload=one.upload,
        # "Unchanged" beside an official figure means the figure, not the estimate it replaces.
        carried=restated if restated is not None and one.carried.half is not None else one.carried.half,
        carried_year=one.carried.year,
        warnings=[fault.as_json() for fault in one.warnings],
    )
    return Taken(revision, Receipt(code=_new_code(), revision=revision), again=False, restated=restated)


def _stand_last(returns: Collection[int], *, accept: bool) -> None:
    """Each return's highest revision is its last word, and counts. One statement: a bulk update spells a case a row."""
    last = Subquery(Revision.objects.filter(of=OuterRef("pk")).order_by("-number").values("pk")[:1])
    rows = Return.objects.filter(pk__in=returns)
    if accept:
        rows.update(latest=last, accepted=last)
    else:
        rows.update(latest=last)


def returns_found(campaign: Campaign, units: Collection[int]) -> dict[int, Return]:
    """Unit → its return in a campaign, with its last word and the receipt of it; none where nothing was sent."""
    rows = Return.objects.filter(campaign=campaign, unit_id__in=units).select_related("latest__receipt")
    return {row.unit_id: row for row in rows}


def _returns(incoming: Sequence[Incoming], found: Mapping[int, Return] | None) -> dict[tuple[int, int], Return]:
    """The Return of each campaign and unit; where it is missing, one that is still to be written."""
    held: dict[tuple[int, int], Return] = {}
    for campaign in {one.campaign.pk: one.campaign for one in incoming}.values():
        units = {one.unit.pk: one for one in incoming if one.campaign.pk == campaign.pk}
        known = returns_found(campaign, units) if found is None else found
        for unit, one in units.items():
            if unit in known:
                row = held[campaign.pk, unit] = known[unit]
                row.campaign, row.unit = campaign, one.unit
        new = [
            Return(campaign=campaign, unit=one.unit, form=one.content.form)
            for unit, one in units.items()
            if unit not in known
        ]
        held.update({(campaign.pk, row.unit_id): row for row in new})
    return held


def _restating(one: Incoming) -> Revision:
    """The revision that puts official figures in place of an earlier return's estimates."""
    assert one.restated is not None  # noqa: S101 - the caller asked
    of, text = one.restated.of, one.restated.content
    return Revision(
        of=of,
        number=(of.latest.number if of.latest else 0) + 1,
        made=Revision.Made.RESTATED,
        content=text,
        sha256=_sha256(text),
        upload=one.upload,
        carried=one.restated.carried.half,
        carried_year=one.restated.carried.year,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _new_code() -> str:
    drawn = "".join(secrets.choice(_CODE) for _ in range(10))
    return f"{drawn[:5]}-{drawn[5:]}"


def _decide(revisions: Iterable[Revision], act: Decision.Act, actor: Actor, note: str = "") -> None:
    Decision.objects.bulk_create([_decision(one, act, actor.name, note) for one in revisions])


def _decision(revision: Revision, act: Decision.Act, by: str, note: str = "") -> Decision:
    return Decision(revision=revision, revision_sha256=revision.sha256, act=act, actor=by, note=note)


@transaction.atomic
def revisions_accept(*, revisions: Sequence[Revision], actor: Actor, note: str = "") -> None:
    """Tiếp nhận: these revisions count from now on. Refused for one that is not its unit's last word."""
    locked = _locked(revisions)
    faults = [
        Fault(
            "decision.not_the_last" if of.latest_id != revision.pk else "decision.already",
            "",
            {"revision": revision.number},
        )
        for revision, of in locked
        if of.latest_id != revision.pk or of.accepted_id == revision.pk
    ]
    if faults:
        raise Refused(*faults)
    _decide(revisions, Decision.Act.ACCEPT, actor, note)
    for revision, of in locked:
        of.accepted = revision
    Return.objects.bulk_update([of for _, of in locked], ["accepted"])


@transaction.atomic
def revision_ask_supplement(*, revision: Revision, actor: Actor, note: str) -> None:
    """Đề nghị bổ sung: the unit's last word is not enough. If it was the one that counted, the one accepted before
    it counts again; with none, the unit counts as not reported."""
    ((_, of),) = _locked([revision])
    if of.latest_id != revision.pk:
        raise Refused(Fault("decision.not_the_last", "", {"revision": revision.number}))
    _decide([revision], Decision.Act.ASK_SUPPLEMENT, actor, note)
    if of.accepted_id == revision.pk:
        before = Revision.objects.filter(of=of, number__lt=revision.number, decisions__act=Decision.Act.ACCEPT)
        of.accepted = next((row for row in before.order_by("-number") if _stands(row)), None)
        of.save(update_fields=["accepted"])


def _stands(revision: Revision) -> bool:
    """Whether the last decision on a revision accepted it."""
    last = revision.decisions.order_by("-id").first()
    return last is not None and last.act == Decision.Act.ACCEPT


def _locked(revisions: Sequence[Revision]) -> list[tuple[Revision, Return]]:
    rows = Return.objects.select_for_update().filter(pk__in=[revision.of_id for revision in revisions])
    rows = rows.order_by("pk")  # always in one order: two who lock the same rows never wait for each other
    held = {row.pk: row for row in rows}
    # Official figures for last period's estimates are decided on with this period's return, whatever became of theirs.
    sent = (revision for revision in revisions if revision.made == Revision.Made.SENT)
    held_open({held[revision.of_id].campaign_id for revision in sent})
    return [(revision, held[revision.of_id]) for revision in revisions]


def edition_of_campaign(campaign: Campaign) -> Edition:
    """The definitions a campaign was opened with."""
    return edition_of(campaign.edition.fingerprint)
