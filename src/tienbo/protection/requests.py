"""Requests of people about their own data: noted, acknowledged, answered or refused in time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db import transaction

from tienbo.accounts.actors import Actor
from tienbo.catalogue.personal import personal_in
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean
from tienbo.core.working_days import WorkingDays
from tienbo.ground.keys import new_key
from tienbo.protection.clocks import Due, acknowledge_by, answer_by, clocks
from tienbo.protection.models import TEXT, RequestAct, SubjectRequest
from tienbo.units.models import Unit

Act = RequestAct.Act
ENDS = (Act.ANSWER, Act.REFUSE, Act.WITHDRAW)
State = Literal["new", "under_way", "answered", "refused", "withdrawn"]
STATES: Mapping[State, str] = {
    "new": N_("not acknowledged yet"),
    "under_way": N_("under way"),
    "answered": N_("done"),
    "refused": N_("refused"),
    "withdrawn": N_("taken back"),
}

worded(
    {
        "request.blank": N_("Say what is asked for, whose data it is, and where the answer goes."),
        "request.unknown_kind": N_("“{text}” is nothing that can be asked for."),
        "request.future": N_("{day} has not come yet."),
        "request.before_it_came": N_("{day} is before the request came, on {received}."),
        "request.case": N_(
            "“{word}” asks for {what}. Cases of violence and what belongs to a person in them are not kept here: write "
            "what data of one's own is asked about, and pass the rest to who is competent, outside this system."
        ),
        "request.too_long": N_("A text has {most} characters at most."),
        "request.ended": N_("The request was settled already."),
        "request.done_already": N_("That was done already."),
        "request.extension": N_("The time may be extended once, by {most} days at most; {days} were said."),
        "request.extension_late": N_("The time ended on {day}; it is extended before it ends."),
        "request.no_reason": N_("Write the reason; it is kept and told to who asked."),
        "request.no_ground": N_("Choose the ground for refusing."),
        "request.unproved": N_("Say how it was seen that they are who they say, before their data is given."),
    }
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A request as it is noted."""

    kind: str
    subject: str
    answer_to: str
    channel: str
    text: str
    received_on: date
    proved_by: str = ""


@dataclass(frozen=True)
class Standing:
    """A request, how it stands, and by when what is due."""

    request: SubjectRequest
    acts: tuple[RequestAct, ...]
    acknowledge: Due
    answer: Due
    today: date

    def act(self, code: str) -> RequestAct | None:
        return next((act for act in self.acts if act.act == code), None)

    @property
    def end(self) -> RequestAct | None:
        return next((act for act in self.acts if act.act in ENDS), None)

    @property
    def state(self) -> State:
        if self.end is None:
            return "under_way" if self.acts else "new"
        states: dict[str, State] = {Act.ANSWER: "answered", Act.REFUSE: "refused", Act.WITHDRAW: "withdrawn"}
        return states[self.end.act]

    @property
    def next_due(self) -> Due | None:
        """What is due next; None where it is settled."""
        if self.end is not None:
            return None
        return self.answer if self.act(Act.ACKNOWLEDGE) else min(self.acknowledge, self.answer)

    @property
    def is_late(self) -> bool:
        """Whether something is not done that had to be done by yesterday, or was done late."""
        said = self.act(Act.ACKNOWLEDGE) or self.end
        if (said.on if said else self.today) > self.acknowledge.day:
            return True
        return (self.end.on if self.end else self.today) > self.answer.day

    @property
    def may_extend(self) -> bool:
        return self.end is None and self.act(Act.EXTEND) is None and self.today <= self.answer.day


def standing(request: SubjectRequest, acts: Iterable[RequestAct], *, working: WorkingDays, today: date) -> Standing:
    """How a request stands on a day."""
    done = tuple(sorted(acts, key=lambda act: act.pk))
    days = next((act.days for act in done if act.act == Act.EXTEND), 0)
    answer = answer_by(
        request.kind,
        request.received_on,
        working,
        with_others=any(act.act == Act.OTHERS for act in done),
        extended=days,
    )
    return Standing(request, done, acknowledge_by(request.received_on, working), answer, today)


def request_list(*, units: Collection[int], working: WorkingDays, today: date) -> list[Standing]:
    """Requests that units (row ids) received: those under way first, by what is due next; then the newest."""
    held = SubjectRequest.objects.filter(unit_id__in=units).select_related("unit").prefetch_related("acts")
    found = [standing(one, one.acts.all(), working=working, today=today) for one in held]
    waiting = sorted((one for one in found if one.next_due), key=lambda one: (one.next_due.day, one.request.pk))  # type: ignore[union-attr]
    done = sorted((one for one in found if not one.next_due), key=lambda one: -one.request.pk)
    return [*waiting, *done]


@transaction.atomic
def request_note(*, unit: Unit, typed: Typed, actor: Actor, today: date, pack: str) -> SubjectRequest:
    """Note that somebody asks. Refused with everything that is wrong with it."""
    faults: list[Fault] = []
    said = {name: clean(getattr(typed, name)) for name in ("subject", "answer_to", "text", "proved_by")}
    if not (said["subject"] and said["answer_to"] and said["text"]):
        faults.append(Fault("request.blank"))
    if typed.kind not in clocks().of_request or typed.channel not in SubjectRequest.Channel.values:
        faults.append(Fault("request.unknown_kind", "", {"text": typed.kind}))
    if typed.received_on > today:
        faults.append(Fault("request.future", "", {"day": typed.received_on}))
    faults += texts_faults(pack, said["text"])
    if faults:
        raise Refused(*faults)
    return SubjectRequest.objects.create(
        key=new_key("request"),
        unit=unit,
        kind=typed.kind,
        channel=typed.channel,
        received_on=typed.received_on,
        noted_by=actor.name,
        **said,
    )


CASE = ("case", "state")
"""What of the pack's list of personal words (screening/personal.yaml) a free text here is held to: names, addresses and
telephone numbers of who asks have fields of their own."""


def texts_faults(pack: str, *texts: str) -> list[Fault]:
    """What keeps free texts out: their length, and words of a case."""
    faults = [Fault("request.too_long", "", {"most": TEXT}) for text in texts if len(text) > TEXT]
    found = personal_in(pack, *texts)
    if found is not None and found[1].code in CASE:
        faults.append(Fault("request.case", "", {"word": found[0], "what": str(found[1].name)}))
    return faults


@transaction.atomic
def request_act(
    *,
    request: SubjectRequest,
    act: str,
    on: date,
    actor: Actor,
    working: WorkingDays,
    today: date,
    days: int = 0,
    ground: str = "",
    reason: str = "",
    number: str = "",
    proved_by: str = "",
    pack: str = "vn",
) -> RequestAct:
    """Do something about a request. Each is done once, an end ends it. Refused with the reasons."""
    held = SubjectRequest.objects.select_for_update().get(pk=request.pk)
    now = standing(held, held.acts.all(), working=working, today=today)
    reason, proof = clean(reason), clean(proved_by)
    faults = [*_faults(now, act, on, days, ground, reason), *texts_faults(pack, reason)]
    gives = act == Act.ANSWER and held.kind in ("view", "provide", "correct", "delete")
    if gives and not (held.proved_by or proof):
        faults.append(Fault("request.unproved"))
    if faults:
        raise Refused(*faults)
    return RequestAct.objects.create(
        request=held,
        act=act,
        on=on,
        days=days if act == Act.EXTEND else 0,
        ground=ground if act == Act.REFUSE else "",
        reason="\n".join(part for part in (reason, proof) if part),
        number=clean(number),
        actor=actor.name,
    )


def _faults(now: Standing, act: str, on: date, days: int, ground: str, reason: str) -> Sequence[Fault]:
    if act not in Act.values:
        raise ValueError(f"no such act: {act}")
    if now.end is not None:
        return [Fault("request.ended")]
    faults = []
    if now.act(act) is not None:
        faults.append(Fault("request.done_already"))
    if on > now.today:
        faults.append(Fault("request.future", "", {"day": on}))
    if on < now.request.received_on:
        faults.append(Fault("request.before_it_came", "", {"day": on, "received": now.request.received_on}))
    if act == Act.EXTEND:
        most = clocks().of_request[now.request.kind].extension
        if not 0 < days <= most:
            faults.append(Fault("request.extension", "", {"most": most, "days": days}))
        if on > now.answer.day:
            faults.append(Fault("request.extension_late", "", {"day": now.answer.day}))
    if act in (Act.EXTEND, Act.REFUSE) and not reason:
        faults.append(Fault("request.no_reason"))
    if act == Act.REFUSE and ground not in clocks().of_ground:
        faults.append(Fault("request.no_ground"))
    return faults
