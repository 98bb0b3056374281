"""Incidents: from the first signal to the record that closes them; each notice has a clock of its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.db import transaction
from django.utils import timezone

from tienbo.accounts.actors import Actor
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean, moment_words
from tienbo.ground.keys import new_key
from tienbo.protection.clocks import Answer, clocks, kept_until, notices_due
from tienbo.protection.models import Breach, BreachClosed, BreachNotice, BreachSaid
from tienbo.protection.requests import texts_faults
from tienbo.units.models import Unit

worded(
    {
        "breach.blank": N_("Write what was seen."),
        "breach.future": N_("{moment} has not come yet."),
        "breach.too_early": N_("{moment} is before the first signal."),
        "breach.closed": N_("The incident was closed already; what is known later is noted as another one."),
        "breach.no_minutes": N_("Say the number and day of the record."),
        "breach.notice_missing": N_("“{notice}” was not given yet, and is due where nobody ruled it out."),
        "breach.unsaid": N_("Say what kind of incident it was, before it is closed."),
        "breach.why_late": N_("“{notice}” was due at {due}. Write why it is late."),
        "breach.no_notice": N_("“{text}” is no notice of an incident."),
        "breach.given": N_("“{notice}” was given already."),
        "breach.no_addressee": N_("Say whom it was given to."),
        "breach.unknown": N_("“{text}” is none of the answers."),
    }
)


UNKNOWN: Answer = "unknown"


@dataclass(frozen=True)
class Clock:
    """A notice, when it is due at the latest, and that it was given."""

    code: str
    due: datetime
    given: BreachNotice | None
    now: datetime

    @property
    def is_late(self) -> bool:
        return (self.given.sent_at if self.given else self.now) > self.due


@dataclass(frozen=True)
class Told:
    """An incident as it stands."""

    breach: Breach
    said: tuple[BreachSaid, ...]
    clocks: tuple[Clock, ...]
    closed: BreachClosed | None

    @property
    def last(self) -> BreachSaid | None:
        return self.said[-1] if self.said else None

    @property
    def waiting(self) -> tuple[Clock, ...]:
        """Notices that are due and were not given, the nearest first."""
        return tuple(sorted((one for one in self.clocks if one.given is None), key=lambda one: one.due))

    @property
    def is_late(self) -> bool:
        return any(one.is_late for one in self.clocks)


def breach_told(breach: Breach, *, now: datetime) -> Told:
    """How an incident stands at a moment."""
    said = tuple(sorted(breach.said.all(), key=lambda one: one.pk))
    last = said[-1] if said else None
    serious, personal = (cast("Answer", last.serious), cast("Answer", last.personal)) if last else (UNKNOWN, UNKNOWN)
    due = notices_due(breach.detected_at, grave=bool(last and last.grave), serious=serious, personal=personal)
    given = {one.notice: one for one in breach.notices.all()}
    every = {**due, **{code: breach.detected_at for code in given if code not in due}}
    told = []
    for rule in clocks().notices:
        if rule.code in due:
            told.append(Clock(rule.code, due[rule.code], given.get(rule.code), now))
        elif rule.code in every:  # given, and ruled out since: it stays told, and is late for nothing
            told.append(Clock(rule.code, given[rule.code].sent_at, given[rule.code], now))
    return Told(breach, said, tuple(told), BreachClosed.objects.filter(breach=breach).first())


def breach_list(*, units: Collection[int], now: datetime) -> list[Told]:
    """Incidents of units (row ids): open ones first, by the nearest notice that is due; then the newest."""
    held = Breach.objects.filter(unit_id__in=units).select_related("unit").prefetch_related("said", "notices")
    found = [breach_told(one, now=now) for one in held]
    far = datetime.max.replace(tzinfo=now.tzinfo)

    def order(one: Told) -> tuple[bool, datetime, int]:
        return one.closed is not None, one.waiting[0].due if one.waiting and not one.closed else far, -one.breach.pk

    return sorted(found, key=order)


@transaction.atomic
def breach_signal(*, unit: Unit, seen: str, detected_at: datetime, actor: Actor, now: datetime, pack: str) -> Breach:
    """Note the first signal of an incident: from here its clocks run."""
    text = clean(seen)
    faults = [] if text else [Fault("breach.blank")]
    if detected_at > now:
        faults.append(Fault("breach.future", "", {"moment": _moment(detected_at)}))
    faults += texts_faults(pack, text)
    if faults:
        raise Refused(*faults)
    return Breach.objects.create(
        key=new_key("breach"), unit=unit, detected_at=detected_at, signal=text, noted_by=actor.name
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an incident, as it is said."""

    kind: str
    serious: str = "unknown"
    personal: str = "unknown"
    grave: bool = False
    subjects: int | None = None
    data: str = ""
    happened: str = ""
    harm: str = ""
    measures: str = ""


@transaction.atomic
def breach_say(*, breach: Breach, known: Known, actor: Actor, pack: str) -> BreachSaid:
    """Say what is known by now."""
    _open(breach)
    texts = {name: clean(getattr(known, name)) for name in ("data", "happened", "harm", "measures")}
    faults = texts_faults(pack, *texts.values())
    for text, choices in (
        (known.kind, BreachSaid.Kind.values),
        (known.serious, BreachSaid.Known.values),
        (known.personal, BreachSaid.Known.values),
    ):
        if text not in choices:
            faults.append(Fault("breach.unknown", "", {"text": text}))
    if faults:
        raise Refused(*faults)
    false = known.kind == BreachSaid.Kind.FALSE
    return BreachSaid.objects.create(
        breach=breach,
        kind=known.kind,
        serious="no" if false else known.serious,
        personal="no" if false else known.personal,
        grave=known.grave and not false,
        subjects=known.subjects,
        by=actor.name,
        **texts,
    )


@transaction.atomic
def breach_notify(
    *,
    breach: Breach,
    notice: str,
    sent_at: datetime,
    to: str,
    actor: Actor,
    now: datetime,
    number: str = "",
    why_late: str = "",
) -> BreachNotice:
    """Note that a notice was given; a late one says why."""
    _open(breach)
    rule = clocks().of_notice.get(notice)
    if rule is None:
        raise Refused(Fault("breach.no_notice", "", {"text": notice}))
    told = breach_told(breach, now=now)
    clock = next((one for one in told.clocks if one.code == notice), None)
    if clock is not None and clock.given is not None:
        raise Refused(Fault("breach.given", "", {"notice": str(rule.name)}))
    late, faults = clock is not None and sent_at > clock.due, []
    if sent_at > now:
        faults.append(Fault("breach.future", "", {"moment": _moment(sent_at)}))
    if sent_at < breach.detected_at:
        faults.append(Fault("breach.too_early", "", {"moment": _moment(sent_at)}))
    if not clean(to):
        faults.append(Fault("breach.no_addressee"))
    if late and clock is not None and not clean(why_late):
        fields = {"notice": str(rule.name), "due": _moment(clock.due)}
        faults.append(Fault("breach.why_late", "", fields))
    if faults:
        raise Refused(*faults)
    return BreachNotice.objects.create(
        breach=breach,
        notice=notice,
        sent_at=sent_at,
        to=clean(to),
        number=clean(number),
        late=late,
        why_late=clean(why_late) if late else "",
        by=actor.name,
    )


@transaction.atomic
def breach_close(*, breach: Breach, minutes: str, on: date, actor: Actor, now: datetime) -> BreachClosed:
    """Close an incident with its record: what is due was given or ruled out."""
    _open(breach)
    told = breach_told(breach, now=now)
    faults = [] if clean(minutes) else [Fault("breach.no_minutes")]
    if told.last is None:
        faults.append(Fault("breach.unsaid"))
    for clock in told.waiting:
        fields = {"notice": str(clocks().of_notice[clock.code].name)}
        faults.append(Fault("breach.notice_missing", "", fields))
    if faults:
        raise Refused(*faults)
    return BreachClosed.objects.create(
        breach=breach, minutes=clean(minutes), closed_on=on, kept_until=kept_until(on), by=actor.name
    )


def _moment(at: datetime) -> str:
    return moment_words(timezone.localtime(at))


def _open(breach: Breach) -> None:
    Breach.objects.select_for_update().get(pk=breach.pk)
    if BreachClosed.objects.filter(breach=breach).exists():
        raise Refused(Fault("breach.closed"))
