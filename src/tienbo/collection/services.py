"""Writes: opening a campaign, taking a return in, deciding on it. Each is one transaction or part of one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.fingerprint import canonical, fingerprint
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.returns import Content, Figure
from tienbo.collection.manifest import edition_of
from tienbo.collection.models import Campaign, Decision, KeptEdition, Receipt, Return, Revision, Upload
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.ground.keys import new_key
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
class Incoming:
    """A return that passed its checks, on its way in."""

    campaign: Campaign
    unit: Unit
    content: Content
    upload: Upload | None = None
    warnings: Sequence[Fault] = ()


@dataclass(frozen=True)
class Taken:
    """What became of it: the revision and receipt, and whether it is new or was here before."""

    revision: Revision
    receipt: Receipt
    again: bool
    restated: Revision | None = None


def returns_take(*, incoming: Sequence[Incoming], actor: Actor, accept: bool = False) -> list[Taken]:
    """Take returns in, all or none, in the order given. Called inside a transaction.

    The same content again has no effect and gives the same receipt. Official figures for last period's estimates
    become a new revision of that period's return, so that nothing is overwritten and the difference stays visible.
    """
    taken: list[Taken] = []
    made: list[Revision] = []
    held = _returns(incoming)
    for one in incoming:
        of = held[one.campaign.pk, one.unit.pk]
        text = one.content.as_json()
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        last = of.latest
        if last is not None and last.sha256 == sha256:
            taken.append(Taken(last, last.receipt, again=True))
            continue
        warnings = [fault.as_json() for fault in one.warnings]
        number = (last.number if last else 0) + 1
        revision = Revision(of=of, number=number, content=text, sha256=sha256, upload=one.upload, warnings=warnings)
        restated = _restated(one) if one.content.restated else None
        made += [revision] if restated is None else [revision, restated]
        of.latest = revision
        taken.append(Taken(revision, Receipt(code=_new_code(), revision=revision), again=False, restated=restated))
    Revision.objects.bulk_create(made)
    Receipt.objects.bulk_create([one.receipt for one in taken if not one.again])
    _decide(made, Decision.Act.SUBMIT, actor)
    for revision in made:
        revision.of.latest = revision
    if accept:
        _decide(made, Decision.Act.ACCEPT, actor)
        for revision in made:
            revision.of.accepted = revision
    Return.objects.bulk_update({revision.of.pk: revision.of for revision in made}.values(), ["latest", "accepted"])
    return taken


def _returns(incoming: Sequence[Incoming]) -> dict[tuple[int, int], Return]:
    """The Return of each campaign and unit, made where missing."""
    held: dict[tuple[int, int], Return] = {}
    for campaign in {one.campaign.pk: one.campaign for one in incoming}.values():
        forms = {one.unit.pk: one.content.form for one in incoming if one.campaign.pk == campaign.pk}
        found = Return.objects.filter(campaign=campaign, unit_id__in=forms).select_related(
            "latest__receipt", "accepted", "unit", "campaign"
        )
        held.update({(campaign.pk, row.unit_id): row for row in found})
        new = [
            Return(campaign=campaign, unit_id=unit, form=form)
            for unit, form in forms.items()
            if (campaign.pk, unit) not in held
        ]
        held.update({(campaign.pk, row.unit_id): row for row in Return.objects.bulk_create(new)})
    return held


def _restated(one: Incoming) -> Revision:
    """The earlier return with its estimates replaced by the official figures now given."""
    before = one.content.period.previous()
    of = (
        Return.objects.filter(campaign__root=one.campaign.root, campaign__period_code=before.code, unit=one.unit)
        .select_related("latest", "accepted", "unit", "campaign")
        .first()
    )
    if of is None or of.latest is None:
        raise Refused(Fault("return.nothing_to_restate", "", {"period": before}))
    old = Content.from_json((of.accepted or of.latest).content)
    figures = dict(old.figures)
    for address, official in one.content.restated.items():
        figures[address] = Figure(official.value, "exact", official.cell)
    text = replace(old, figures=figures).as_json()
    return Revision(
        of=of,
        number=of.latest.number + 1,
        made=Revision.Made.RESTATED,
        content=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        upload=one.upload,
    )


def _new_code() -> str:
    drawn = "".join(secrets.choice(_CODE) for _ in range(10))
    return f"{drawn[:5]}-{drawn[5:]}"


def _decide(revisions: Iterable[Revision], act: Decision.Act, actor: Actor, note: str = "") -> None:
    Decision.objects.bulk_create(
        [
            Decision(revision=revision, revision_sha256=revision.sha256, act=act, actor=actor.name, note=note)
            for revision in revisions
        ]
    )


@transaction.atomic
def revisions_accept(*, revisions: Sequence[Revision], actor: Actor, note: str = "") -> None:
    """Tiếp nhận: these revisions count from now on. Refused for one that is not its unit's last word."""
    locked = _locked(revisions)
    faults = [
        Fault(
            "decision.not_the_last" if of.latest_id != revision.pk else "decision.already", "", {"revision": revision}
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
        raise Refused(Fault("decision.not_the_last", "", {"revision": revision}))
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
    held = {row.pk: row for row in rows}
    return [(revision, held[revision.of_id]) for revision in revisions]


def edition_of_campaign(campaign: Campaign) -> Edition:
    """The definitions a campaign was opened with."""
    return edition_of(campaign.edition.fingerprint)
