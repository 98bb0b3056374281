"""Requests of people about their own data, and incidents: the registers of the personal-data officer. Whoever sits
somewhere may give a first signal of an incident; the clocks run from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from tienbo.accounts.actors import actor_of
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_of, day_words, moment_words
from tienbo.core.working_days import WorkingDays
from tienbo.ground.reach import reaching_everywhere
from tienbo.papers.docx import docx_bytes
from tienbo.papers.letter import Sender
from tienbo.papers.protection_paper import Asked as AskedFor
from tienbo.papers.protection_paper import Incident, notice_paper, record_paper, request_paper
from tienbo.papers.register_of_processing import SEEN
from tienbo.protection.breaches import (
    Known,
    Told,
    breach_close,
    breach_list,
    breach_notify,
    breach_say,
    breach_signal,
    breach_told,
)
from tienbo.protection.clocks import clocks
from tienbo.protection.connections import KINDS, Connection, connections
from tienbo.protection.models import Breach, BreachSaid, RequestAct, SubjectRequest
from tienbo.protection.requests import STATES, Standing, Typed, request_act, request_list, request_note, standing
from tienbo.protection.terms import due, terms_of
from tienbo.units.access import accessible_units
from tienbo.web.access import Asked, page
from tienbo.web.addresses import number_given
from tienbo.web.campaign_papers import sender_of
from tienbo.web.downloads import csv_streamed, download
from tienbo.web.office import office

worded(
    {
        "protection.no_day": N_("“{text}” is not a day; write it as 30/6/2026."),
        "protection.no_moment": N_("“{text}” is not a time; write the day as 30/6/2026 and the time as 14:05."),
    }
)

KNOWN = {"announced": "", "foreseen": N_("days off foreseen only"), "unknown": N_("days off not known yet")}
PAPERS = ("acknowledge", "extend", "answer", "refuse")


def _working() -> WorkingDays:
    return office().edition.working_days


def _units(request: Asked, need: Any = "watch") -> frozenset[int]:
    return accessible_units(request.user, need=need, on=timezone.localdate())


def _pack() -> str:
    return office().settings.pack


# ------------------------------------------------------------------------------------------------------ the registers


@page("watch")
def protection(request: Asked) -> HttpResponseBase:
    """Both registers: what is due next stands first."""
    return _page(request)


def _page(
    request: Asked, *, faults: Sequence[Fault] = (), typed: Mapping[str, str] | None = None, status: int = 200
) -> HttpResponse:
    now, units = timezone.now(), _units(request)
    requests = request_list(units=units, working=_working(), today=timezone.localdate())
    context = {
        "requests": [_request_line(one) for one in requests],
        "breaches": [_breach_line(one) for one in breach_list(units=units, now=now)],
        "kinds": [(rule.code, str(rule.name)) for rule in clocks().requests],
        "channels": [(code, _(str(label))) for code, label in SubjectRequest.Channel.choices],
        "unassessed": [(_(KINDS[one.kind]), one.name) for one in _connections() if one.assessed is None],
        "past": _past(),
        "may_keep": request.seat.allows("protect"),
        "basis": _basis(clocks().requests_basis),
        "today": day_words(timezone.localdate()),
        "faults": faults,
        "typed": typed or {},
    }
    return render(request, "web/protection.html", context, status=status)


def _connections() -> Sequence[Connection]:
    return connections(dict(office().settings.connected))


def _past() -> int:
    """How many sorts of rows are past their term."""
    return len(due(terms_of(dict(office().settings.terms)), timezone.localdate()))


def _basis(held: Any) -> str:
    seen = SEEN[held.seen]
    return f"{held.text} ({_(seen)})" if seen else str(held.text)


def _request_line(one: Standing) -> dict[str, Any]:
    due = one.next_due
    return {
        "request": one.request,
        "kind": str(clocks().of_request[one.request.kind].name),
        "state": _(STATES[one.state]),
        "is_open": one.end is None,
        "due": due,
        "known": _(KNOWN[due.known]) if due and KNOWN[due.known] else "",
        "late": one.is_late,
        "what": (
            _("answer") if one.act(RequestAct.Act.ACKNOWLEDGE) else _("acknowledge")
        ) if due else "",
    }  # fmt: skip


def _breach_line(one: Told) -> dict[str, Any]:
    nearest = one.waiting[0] if one.waiting and not one.closed else None
    return {
        "breach": one.breach,
        "kind": _(str(BreachSaid.Kind(one.last.kind).label)) if one.last else _("not assessed yet"),
        "closed": one.closed,
        "next": str(clocks().of_notice[nearest.code].name) if nearest else "",
        "due": nearest.due if nearest else None,
        "late": one.is_late,
    }


@page("watch")
def protection_requests_csv(request: Asked) -> HttpResponseBase:
    """The register of requests as a file, without who asks and what they wrote."""
    held = request_list(units=_units(request), working=_working(), today=timezone.localdate())
    head = [
        _("Number"), _("Asked for"), _("Received"), _("Acknowledge by"), _("Acknowledged"), _("Settle by"),
        _("Settled"), _("State"), _("Late"),
    ]  # fmt: skip
    lines = [
        [
            one.request.key[-8:],
            str(clocks().of_request[one.request.kind].name),
            day_words(one.request.received_on),
            day_words(one.acknowledge.day),
            day_words(said.on) if (said := one.act(RequestAct.Act.ACKNOWLEDGE)) else "",
            day_words(one.answer.day),
            day_words(one.end.on) if one.end else "",
            _(STATES[one.state]),
            _("yes") if one.is_late else _("no"),
        ]
        for one in held
    ]
    return csv_streamed("yeu-cau-chu-the-du-lieu.csv", [head, *lines])


@page("watch")
def protection_breaches_csv(request: Asked) -> HttpResponseBase:
    """The register of incidents as a file: a line for each notice."""
    head = [
        _("Number"),
        _("First signal"),
        _("Kind of incident"),
        _("Notice"),
        _("Due at the latest"),
        _("Given"),
        _("Late"),
    ]
    lines = [
        [
            one.breach.key[-8:],
            _moment(one.breach.detected_at),
            _(str(BreachSaid.Kind(one.last.kind).label)) if one.last else "",
            str(clocks().of_notice[clock.code].name),
            _moment(clock.due),
            _moment(clock.given.sent_at) if clock.given else "",
            _("yes") if clock.is_late else _("no"),
        ]
        for one in breach_list(units=_units(request), now=timezone.now())
        for clock in one.clocks
    ]
    return csv_streamed("so-su-co.csv", [head, *lines])


# --------------------------------------------------------------------------------------------------------- requests


@page("protect", methods=("POST",))
def protection_request_note(request: Asked) -> HttpResponseBase:
    """Note that somebody asks about data of their own."""
    typed = {
        name: request.POST.get(name, "").strip()[:2_100]
        for name in ("kind", "subject", "answer_to", "channel", "text", "received_on", "proved_by")
    }
    try:
        received = _day(typed["received_on"])
        texts = {name: text for name, text in typed.items() if name != "received_on"}
        made = request_note(
            unit=request.seat.unit,
            typed=Typed(**texts, received_on=received),
            actor=actor_of(request.user),
            today=timezone.localdate(),
            pack=_pack(),
        )
    except Refused as refused:
        return _page(request, faults=refused.faults, typed=typed, status=422)
    return redirect("protection_request", item=made.key)


def _day(text: str) -> date:
    day = day_of(text) if text else timezone.localdate()
    if day is None:
        raise Refused(Fault("protection.no_day", "", {"text": text}))
    return day


def _asked(request: Asked, key: str, need: Any = "watch") -> SubjectRequest:
    found = SubjectRequest.objects.filter(key=key, unit_id__in=_units(request, need)).select_related("unit").first()
    if found is None:
        raise Http404
    return found


def _standing(held: SubjectRequest) -> Standing:
    return standing(held, held.acts.all(), working=_working(), today=timezone.localdate())


@page("watch")
def protection_request(request: Asked, item: str) -> HttpResponseBase:
    """One request: what is asked, by when, what was done."""
    return _request_page(request, _asked(request, item))


def _request_page(
    request: Asked, held: SubjectRequest, *, faults: Sequence[Fault] = (), typed: Mapping[str, str] | None = None
) -> HttpResponse:
    now = _standing(held)
    done = {act.act for act in now.acts}
    acts = [
        (code, _(str(label)))
        for code, label in RequestAct.Act.choices
        if now.end is None and code not in done and (code != RequestAct.Act.EXTEND or now.may_extend)
    ]
    context = {
        "held": held,
        "line": _request_line(now),
        "standing": now,
        "channel": _(str(SubjectRequest.Channel(held.channel).label)),
        "acts": [(act, _(str(RequestAct.Act(act.act).label)), _ground(act.ground)) for act in now.acts],
        "offers": acts,
        "grounds": [(one.code, str(one.name)) for one in clocks().grounds],
        "most": clocks().of_request[held.kind].extension,
        "papers": [(code, _(str(RequestAct.Act(code).label))) for code in PAPERS if code in done],
        "may_keep": request.seat.allows("protect"),
        "basis": _basis(clocks().requests_basis),
        "counting": _basis(clocks().counting.basis),
        "faults": faults,
        "typed": typed or {},
        "today": day_words(timezone.localdate()),
    }
    return render(request, "web/protection_request.html", context, status=422 if faults else 200)


def _ground(code: str) -> str:
    held = clocks().of_ground.get(code)
    return f"{held.name} ({_basis(held.basis)})" if held else ""


@page("protect", methods=("POST",))
def protection_request_act(request: Asked, item: str) -> HttpResponseBase:
    """Do something about a request."""
    held = _asked(request, item, "protect")
    typed = {
        name: request.POST.get(name, "").strip()[:2_100]
        for name in ("act", "on", "days", "ground", "reason", "number", "proved_by")
    }
    if typed["act"] not in RequestAct.Act.values:
        raise Http404
    try:
        request_act(
            request=held,
            act=typed["act"],
            on=_day(typed["on"]),
            days=number_given(typed["days"], 0) if typed["act"] == RequestAct.Act.EXTEND else 0,
            ground=typed["ground"],
            reason=typed["reason"],
            number=typed["number"][:60],
            proved_by=typed["proved_by"],
            actor=actor_of(request.user),
            working=_working(),
            today=timezone.localdate(),
            pack=_pack(),
        )
    except Refused as refused:
        return _request_page(request, held, faults=refused.faults, typed=typed)
    messages.success(request, _("It was noted."))
    return redirect("protection_request", item=held.key)


@page("watch")
def protection_request_docx(request: Asked, item: str, part: str) -> HttpResponseBase:
    """The letter of an act, as a Word file to be finished and signed."""
    held = _asked(request, item)
    now = _standing(held)
    act = now.act(part)
    if part not in PAPERS or act is None:
        raise Http404
    extended = now.act(RequestAct.Act.EXTEND)
    asked = AskedFor(
        subject=held.subject,
        kind=str(clocks().of_request[held.kind].name),
        received=held.received_on,
        text=held.text,
        acknowledge=now.acknowledge.day,
        answer=now.answer.day,
        with_others=now.act(RequestAct.Act.OTHERS) is not None,
        extended=extended.days if extended else 0,
        reason=act.reason,
        ground=str(clocks().of_ground[act.ground].name) if act.ground else "",
        basis=clocks().requests_basis.text,
    )
    paper = request_paper(_sender(held.unit), asked, act=part, year=act.on.year)
    return download(f"tra-loi-yeu-cau-{part}.docx", docx_bytes(paper))


def _sender(unit: Any) -> Sender:
    return sender_of(unit, office().edition.calendar.half_on(timezone.localdate()))


# -------------------------------------------------------------------------------------------------------- incidents


@page("visit", methods=("GET", "POST"))
def protection_signal(request: Asked) -> HttpResponseBase:
    """Whoever sees that something is wrong says so here: what, and when. Nothing more is asked."""
    typed = {name: request.POST.get(name, "").strip()[:2_100] for name in ("seen", "day", "time")}
    if request.method != "POST":
        now = timezone.localtime()
        return _signal_page(request, {"seen": "", "day": day_words(now.date()), "time": f"{now:%H:%M}"})
    try:
        with reaching_everywhere("a first signal goes to the office, whoever gives it"):
            made = breach_signal(
                unit=office().home,
                seen=typed["seen"],
                detected_at=_moment_of(typed["day"], typed["time"]),
                actor=actor_of(request.user),
                now=timezone.now(),
                pack=_pack(),
            )
    except Refused as refused:
        return _signal_page(request, typed, refused.faults)
    if made.unit_id in _units(request):
        return redirect("protection_breach", item=made.key)
    return _signal_page(request, {}, made=made)


def _signal_page(
    request: Asked, typed: Mapping[str, str], faults: Sequence[Fault] = (), made: Breach | None = None
) -> HttpResponse:
    context = {"typed": typed, "faults": faults, "made": made, "number": made.key[-8:] if made else ""}
    return render(request, "web/protection_signal.html", context, status=422 if faults else 200)


def _moment_of(day_text: str, time_text: str) -> datetime:
    """A moment of Viet Nam's clock, as typed. A minute that is not over yet is the present moment."""
    day = day_of(day_text)
    try:
        clock = datetime.strptime(time_text.replace("h", ":"), "%H:%M").time()
    except ValueError as wrong:
        raise Refused(Fault("protection.no_moment", "", {"text": f"{day_text} {time_text}"})) from wrong
    if day is None:
        raise Refused(Fault("protection.no_moment", "", {"text": f"{day_text} {time_text}"}))
    return timezone.make_aware(datetime.combine(day, clock))


def _moment(at: datetime) -> str:
    return moment_words(timezone.localtime(at))


def _breach(request: Asked, key: str, need: Any = "watch") -> Breach:
    found = Breach.objects.filter(key=key, unit_id__in=_units(request, need)).select_related("unit").first()
    if found is None:
        raise Http404
    return found


@page("watch")
def protection_breach(request: Asked, item: str) -> HttpResponseBase:
    """One incident: its clocks, what is known, what was told to whom."""
    return _breach_page(request, _breach(request, item))


def _breach_page(
    request: Asked, breach: Breach, *, faults: Sequence[Fault] = (), typed: Mapping[str, str] | None = None
) -> HttpResponse:
    told = breach_told(breach, now=timezone.now())
    now = timezone.localtime()
    last = told.last
    known = {
        name: str(getattr(last, name) if getattr(last, name) is not None else "")
        for name in ("kind", "serious", "personal", "subjects", "data", "happened", "harm", "measures")
    } if last else {"serious": "unknown", "personal": "unknown"}  # fmt: skip
    context = {
        "breach": breach,
        "told": told,
        "line": _breach_line(told),
        "clocks": [(clock, rule := clocks().of_notice[clock.code], _basis(rule.basis)) for clock in told.clocks],
        "known": {**known, **(typed or {})},
        "grave": bool(last and last.grave),
        "kinds": [(code, _(str(label))) for code, label in BreachSaid.Kind.choices],
        "answers": [(code, _(str(label))) for code, label in BreachSaid.Known.choices],
        "history": [(one, _(str(BreachSaid.Kind(one.kind).label))) for one in reversed(told.said)],
        "waiting": [(clock.code, str(clocks().of_notice[clock.code].name)) for clock in told.waiting],
        "may_keep": request.seat.allows("protect") and told.closed is None,
        "kept": _basis(clocks().kept_years.basis),
        "faults": faults,
        "day": day_words(now.date()),
        "time": f"{now:%H:%M}",
    }
    return render(request, "web/protection_breach.html", context, status=422 if faults else 200)


@page("protect", methods=("POST",))
def protection_breach_say(request: Asked, item: str) -> HttpResponseBase:
    """Say what is known of an incident by now."""
    breach = _breach(request, item, "protect")
    names = ("kind", "serious", "personal", "data", "happened", "harm", "measures")
    typed = {name: request.POST.get(name, "").strip()[:2_100] for name in (*names, "subjects")}
    counted = number_given(typed["subjects"], -1)
    try:
        known = Known(
            **{name: typed[name][: 400 if name == "data" else None] for name in names},
            grave=request.POST.get("grave") == "1",
            subjects=counted if 0 <= counted < 2**31 else None,
        )
        breach_say(breach=breach, known=known, actor=actor_of(request.user), pack=_pack())
    except Refused as refused:
        return _breach_page(request, breach, faults=refused.faults, typed=typed)
    return redirect("protection_breach", item=breach.key)


@page("protect", methods=("POST",))
def protection_breach_notify(request: Asked, item: str) -> HttpResponseBase:
    """Note that a notice was given."""
    breach = _breach(request, item, "protect")
    typed = {
        name: request.POST.get(name, "").strip()[:2_000]
        for name in ("notice", "to", "number", "why_late", "sent_day", "sent_time")
    }
    try:
        breach_notify(
            breach=breach,
            notice=typed["notice"],
            sent_at=_moment_of(typed["sent_day"], typed["sent_time"]),
            to=typed["to"][:200],
            number=typed["number"][:60],
            why_late=typed["why_late"],
            actor=actor_of(request.user),
            now=timezone.now(),
        )
    except Refused as refused:
        return _breach_page(request, breach, faults=refused.faults, typed=typed)
    return redirect("protection_breach", item=breach.key)


@page("protect", methods=("POST",))
def protection_breach_close(request: Asked, item: str) -> HttpResponseBase:
    """Close an incident with its record."""
    breach = _breach(request, item, "protect")
    minutes = request.POST.get("minutes", "").strip()[:200]
    try:
        breach_close(
            breach=breach, minutes=minutes, on=timezone.localdate(), actor=actor_of(request.user), now=timezone.now()
        )
    except Refused as refused:
        return _breach_page(request, breach, faults=refused.faults, typed={"minutes": minutes})
    return redirect("protection_breach", item=breach.key)


@page("watch")
def protection_breach_docx(request: Asked, item: str, part: str) -> HttpResponseBase:
    """A notice or the record of an incident as a Word file, filled in with what is known."""
    breach = _breach(request, item)
    told = breach_told(breach, now=timezone.now())
    incident, sender, year = _incident(told), _sender(breach.unit), timezone.localdate().year
    if part == "record":
        return download("bien-ban-su-co.docx", docx_bytes(record_paper(sender, incident, year=year)))
    rule = clocks().of_notice.get(part)
    if rule is None:
        raise Http404
    paper = notice_paper(sender, incident, title=str(rule.name), to=str(rule.to), basis=rule.basis.text, year=year)
    return download(f"thong-bao-su-co-{part.replace('_', '-')}.docx", docx_bytes(paper))


def _incident(told: Told) -> Incident:
    last, breach = told.last, told.breach

    def known(code: str) -> str:
        return "" if code == "unknown" else _(str(BreachSaid.Known(code).label))

    return Incident(
        detected=_moment(breach.detected_at),
        noted_by=breach.noted_by,
        kind=_(str(BreachSaid.Kind(last.kind).label)) if last else "",
        serious=known(last.serious) if last else "",
        personal=known(last.personal) if last else "",
        subjects=last.subjects if last else None,
        data=last.data if last else "",
        signal=breach.signal,
        happened=last.happened if last else "",
        harm=last.harm if last else "",
        measures=last.measures if last else "",
        notices=[
            (
                str(clocks().of_notice[clock.code].name),
                _moment(clock.due),
                _moment(clock.given.sent_at) if clock.given else "",
                clock.given.to if clock.given else "",
            )
            for clock in told.clocks
        ],
        kept_until=day_words(told.closed.kept_until) if told.closed else "",
        minutes=told.closed.minutes if told.closed else "",
    )
