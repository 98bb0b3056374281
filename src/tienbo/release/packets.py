"""Packets of exchange: written by the office, approved by its head or chair, read by a partner behind a dated link.

What a partner reads is the version that was approved, with values of the release it names; what is written after
waits for an approval of its own. The link is off until it is opened, ends on its day at the latest, and whoever may
write or approve can close it at once.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.collection.editions import edition_of
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.periods import Period
from tienbo.core.words import clean, moment_words
from tienbo.engine.values import FrozenValues
from tienbo.ground.keys import new_key
from tienbo.papers.guarded import guardable
from tienbo.papers.packet import PacketContent, Spoken
from tienbo.papers.released import Released
from tienbo.registers.models import Record
from tienbo.registers.saying import personal_numbers
from tienbo.registers.showing import said_by
from tienbo.release.gate import departure_keep, gate_faults, gate_look, ledger_lock
from tienbo.release.models import Release
from tienbo.release.packet_models import Packet, PacketStep, PacketVersion, PacketVisits
from tienbo.units.frames import tree_on, unit_names

Act = PacketStep.Act
LONGEST = 366
"""Days that an approval holds at most: what is shared is looked at again once a year."""
LARGEST = 400_000
"""Letters of a packet, as it is kept."""
PRACTICE = "practice"
"""Registers of practices: the first word of their codes."""

worded(
    {
        "packet.no_partner": N_("Write which partner the packet is for."),
        "packet.no_language": N_("Choose at least one language in which it is shared."),
        "packet.changed_meanwhile": N_(
            "{by} changed this part at {at}, after this page was shown. Nothing of yours was kept yet. Open the part "
            "in another window and compare, then save again what is to stand."
        ),
        "packet.not_released": N_(
            "{indicator}: this figure is not in the release, or is not open to guests. It was not taken."
        ),
        "packet.unknown_practice": N_("This practice is not in a register of the unit or of those under it: {record}."),
        "packet.too_large": N_("A packet has at most {most} letters; this one has {count}."),
        "packet.number_of_a_person": N_(
            "This looks like the number of a person: {text}. Take it out, or confirm that it is none."
        ),
        "packet.approved_other": N_(
            "The packet was changed after this page was shown. Read it again, then approve what stands there now."
        ),
        "packet.own_work": N_(
            "You saved this version yourself: somebody else with the right to approve has to approve it."
        ),
        "packet.no_post": N_("Write in what office you approve: Trưởng ban, Phó Trưởng ban."),
        "packet.day_gone": N_("The last day of sharing must be today or later."),
        "packet.too_long": N_("An approval holds for at most {days} days: the last day can be {last}."),
        "packet.not_approved": N_("No approval is in force: the head or the chair has to approve the packet first."),
        "packet.empty": N_("The packet says nothing yet."),
    }
)


# ------------------------------------------------------------------------------------------------------- writing


def packet_open(*, release: Release, partner: str, actor: Actor) -> Packet:
    """A new packet with figures of a release, for a partner."""
    if not clean(partner):
        raise Refused(Fault("packet.no_partner"))
    day = _day_of(release)
    content = PacketContent(
        partner=Spoken(vi=clean(partner)), own_name=Spoken(vi=unit_names(day).get(release.unit_id, release.unit.key))
    )
    with transaction.atomic():
        packet = Packet.objects.create(key=new_key("packet"), unit=release.unit, release=release, opened_by=actor.name)
        _keep(packet, 1, content, actor)
    return packet


@transaction.atomic
def packet_save(
    *, packet: Packet, seen: int, changes: Mapping[str, Any], actor: Actor, looked_at: bool = False
) -> PacketVersion:
    """The next version of a packet, with some of its fields (of PacketContent) changed. `seen` is the number of the
    version they were changed in: refused where somebody changed the same fields since; other fields meet. Warnings are
    refused until somebody `looked_at` them. The same again is no new version."""
    Packet.objects.select_for_update().get(pk=packet.pk)
    last = packet_version(packet)
    held = content_of(last)
    content = held.model_copy(update=dict(changes))
    if content == held:
        return last
    before = content_of(packet.versions.filter(number=seen).first() or last)
    if any(getattr(before, name) != getattr(held, name) for name in changes):
        fields = {"by": last.saved_by, "at": moment_words(timezone.localtime(last.saved_at))}
        raise Refused(Fault("packet.changed_meanwhile", "", fields))
    faults = [*_faults(packet, content), *(() if looked_at else _doubts(content, held))]
    if faults:
        raise Refused(*faults)
    return _keep(packet, last.number + 1, content, actor)


def _faults(packet: Packet, content: PacketContent) -> Iterable[Fault]:
    if not content.partner.vi:
        yield Fault("packet.no_partner")
    if not content.shared_in:
        yield Fault("packet.no_language")
    released = released_of(packet.release)
    open_to_guests = {one.indicator for one in released.shareable()}
    for figure in content.figures:
        if figure.indicator not in open_to_guests:
            indicator = released.edition.indicators.get(figure.indicator)
            yield Fault("packet.not_released", "", {"indicator": indicator.name if indicator else figure.indicator})
    asked = {one.indicator for one in guardable(released, packet.unit.kind)}
    for figure in content.guarded:
        if figure.indicator not in asked:
            indicator = released.edition.indicators.get(figure.indicator)
            yield Fault("gate.not_guardable", "", {"indicator": indicator.name if indicator else figure.indicator})
    held = {one.key for one in practices_of(packet)}
    known = {one.record for one in content_of(packet_version(packet)).practices}
    for practice in content.practices:
        if practice.record and practice.record not in held | known:
            yield Fault("packet.unknown_practice", "", {"record": practice.record})
    if (count := len(content.model_dump_json())) > LARGEST:
        yield Fault("packet.too_large", "", {"count": count, "most": LARGEST})


def _doubts(content: PacketContent, before: PacketContent) -> Iterable[Fault]:
    """Warnings of numbers that look like a person's, in texts that are new."""
    looked = set(before.texts())
    for text in content.texts():
        if text not in looked:
            for found in personal_numbers(text):
                yield Fault("packet.number_of_a_person", "", {"text": found}, Level.WARNING)


def _keep(packet: Packet, number: int, content: PacketContent, actor: Actor) -> PacketVersion:
    kept = content.model_dump_json()
    mark = hashlib.sha256(f"{packet.release.fingerprint}:{kept}".encode()).hexdigest()
    return PacketVersion.objects.create(
        packet=packet,
        number=number,
        content=content.model_dump(mode="json"),
        fingerprint=mark,
        saved_by=actor.name,
    )


# ----------------------------------------------------------------------------------------------------- approving


@transaction.atomic
def packet_approve(
    *,
    packet: Packet,
    seen: str,
    last_day: date,
    post: str,
    actor: Actor,
    rules: Edition | None = None,
    largest: Mapping[str, int] | None = None,
    seen_plan: str = "",
) -> PacketStep:
    """Approve the version with the fingerprint `seen` to be shared to the end of `last_day`. Its guarded figures pass
    the gate by the rules of release of the edition `rules`, as in the plan with the fingerprint `seen_plan`, or the
    packet is not approved; `largest`: release.gate.largest_below."""
    Packet.objects.select_for_update().get(pk=packet.pk)
    version, today = packet_version(packet), timezone.localdate()
    content, released = content_of(version), released_of(packet.release)
    if content.guarded:
        ledger_lock()
    guarded = gate_look(content, released, rules or released.edition, largest)
    faults = [] if guarded is None else list(gate_faults(guarded, content, rules or released.edition))
    if guarded is not None and guarded.plan is not None and guarded.plan.fingerprint != seen_plan:
        faults.append(Fault("gate.other_plan"))
    if version.fingerprint != seen:
        faults.append(Fault("packet.approved_other"))
    if version.saved_by == actor.name:
        faults.append(Fault("packet.own_work"))
    if not clean(post):
        faults.append(Fault("packet.no_post"))
    if last_day < today:
        faults.append(Fault("packet.day_gone"))
    if last_day > (latest := today + timedelta(days=LONGEST)):
        faults.append(Fault("packet.too_long", "", {"days": LONGEST, "last": latest}))
    if version.number == 1:
        faults.append(Fault("packet.empty"))
    if faults:
        raise Refused(*faults)
    step = PacketStep.objects.create(
        packet=packet,
        version=version,
        act=Act.APPROVE,
        until=last_day + timedelta(days=1),
        post=clean(post)[:120],
        actor=actor.name,
    )
    if guarded is not None:
        departure_keep(step, guarded)
    return step


@transaction.atomic
def packet_link(*, packet: Packet, actor: Actor) -> str:
    """Open the link to the approved version until the approval ends. Returns the secret of its address, which is shown
    once and not kept; a link that was open leads nowhere from then on."""
    Packet.objects.select_for_update().get(pk=packet.pk)
    approval = Standing.of(packet).approval
    if approval is None:
        raise Refused(Fault("packet.not_approved"))
    secret = secrets.token_urlsafe(32)
    PacketStep.objects.create(
        packet=packet,
        version=approval.version,
        act=Act.OPEN,
        until=approval.until,
        secret_sha256=_hashed(secret),
        actor=actor.name,
    )
    return secret


@transaction.atomic
def packet_close(*, packet: Packet, actor: Actor, note: str = "", revoke: bool = False) -> bool:
    """Close the link; with `revoke` the approval is withdrawn too. False where there was nothing to close."""
    Packet.objects.select_for_update().get(pk=packet.pk)
    standing = Standing.of(packet)
    held = standing.approval if revoke else standing.link
    if held is None:
        return False
    PacketStep.objects.create(
        packet=packet,
        version=held.version,
        act=Act.REVOKE if revoke else Act.CLOSE,
        note=note.strip()[:2000],
        actor=actor.name,
    )
    return True


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# ------------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class Standing:
    """Where a packet stands today: the approval in force and the link that is open, if any."""

    steps: tuple[PacketStep, ...]
    today: date

    @classmethod
    def of(cls, packet: Packet) -> Standing:
        return cls(
            tuple(packet.steps.select_related("version", "packet__release").order_by("pk")), timezone.localdate()
        )

    @cached_property
    def approval(self) -> PacketStep | None:
        """The last approval, where it was not withdrawn and has not ended."""
        return self._in_force(Act.APPROVE, {Act.REVOKE})

    @cached_property
    def link(self) -> PacketStep | None:
        """The link that was opened last, of an approval that is in force. Another approval closes it: what it leads to
        would not be what was approved last."""
        return self._in_force(Act.OPEN, {Act.REVOKE, Act.CLOSE, Act.APPROVE})

    def _in_force(self, act: str, ends: set[Act]) -> PacketStep | None:
        for step in reversed(self.steps):
            if step.act in ends:
                return None
            if step.act == act:
                return step if step.until is not None and self.today < step.until else None
        return None


def packet_shared(secret: str) -> PacketStep | None:
    """The open link with this secret; None for every other, whatever it once was."""
    found = PacketStep.objects.filter(secret_sha256=_hashed(secret)).select_related("packet").first()
    if found is None:
        return None
    link = Standing.of(found.packet).link
    return link if link is not None and link.pk == found.pk else None


def visit_count(link: PacketStep) -> None:
    """One more visit today."""
    today = timezone.localdate()
    if PacketVisits.objects.filter(link=link, day=today).update(count=F("count") + 1):
        return
    try:
        with transaction.atomic():
            PacketVisits.objects.create(link=link, day=today, count=1)
    except IntegrityError:
        PacketVisits.objects.filter(link=link, day=today).update(count=F("count") + 1)


def visits(packet: Packet) -> int:
    """Visits to all links of a packet."""
    total = PacketVisits.objects.filter(link__packet=packet).aggregate(total=Sum("count"))["total"]
    return int(total or 0)


def packet_version(packet: Packet) -> PacketVersion:
    """The last version."""
    found = packet.versions.order_by("-number").first()
    if found is None:
        raise LookupError(f"{packet.key} has no version")
    return found


def content_of(version: PacketVersion) -> PacketContent:
    return PacketContent.model_validate_json(json.dumps(version.content))


def released_of(release: Release) -> Released:
    """What a release gives to a packet: its unit's values of its period, by the definitions it was made with."""
    edition = edition_of(release.edition.fingerprint)
    period = Period.parse(release.period_code)
    return Released(
        edition,
        FrozenValues.from_json(release.values_json),
        release.unit.key,
        period.code,
        edition.calendar.span(period),
    )


# ----------------------------------------------------------------------------------------------------- practices


def practices_of(packet: Packet) -> list[Record]:
    """Records of practices in the registers of the unit and of those under it on the last day of the release's period,
    the newest first; those that were withdrawn are not among them."""
    tree = tree_on(_day_of(packet.release))
    units = tree.subtree(packet.unit_id) if packet.unit_id in tree else [packet.unit_id]
    rows = Record.objects.filter(unit__in=units, kind__startswith=PRACTICE, withdrawn=False)
    return list(rows.order_by("-occurred_on", "-pk"))


def practice_unit(packet: Packet, record: Record) -> str:
    """What the unit that keeps a record was called then."""
    return unit_names(_day_of(packet.release)).get(record.unit_id, "")


def _day_of(release: Release) -> date:
    return edition_of(release.edition.fingerprint).calendar.last_day(Period.parse(release.period_code))


def practice_words(edition: Edition, record: Record) -> Spoken | None:
    """What a record says that is not limited, line by line, for the drafter to go on from; None where its register is
    not defined any more."""
    kind = edition.registers.get(record.kind)
    if kind is None:
        return None
    lines = [
        f"{field.label.vi}: {said}"
        for field in kind.fields
        if field.code != kind.title
        and kind.level(field).value in ("C0", "C1")
        and (said := said_by(field, record.data, record.occurred_on))
    ]
    return Spoken(vi="\n".join(lines))


def practice_title(edition: Edition, record: Record) -> str:
    kind = edition.registers.get(record.kind)
    return record.data.get(kind.title, "") if kind else record.key


def practice_state(edition: Edition, record: Record) -> str:
    """How far a practice has come: whether its results were confirmed is for the drafter to see."""
    kind = edition.registers.get(record.kind)
    states = {one.code: str(one.name) for one in kind.states} if kind else {}
    return states.get(record.state, "")
