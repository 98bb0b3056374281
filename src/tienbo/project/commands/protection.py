"""tienbo requests … | tienbo incidents …: the registers of the personal-data officer, for a site without a browser at
hand. What people wrote, and who they are, is read from a file or standard input, never from the words of a command,
which other accounts and the shell's history see."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words, moment_words
from tienbo.project.cli import day_of, site_options, site_path
from tienbo.project.commands.backup import moment_of
from tienbo.project.desk import Desk
from tienbo.project.people import account_named
from tienbo.project.rotation import HERE
from tienbo.project.saying import Say

REQUEST = ("subject", "answer_to", "proved_by", "text")
INCIDENT = ("data", "happened", "harm", "measures")
SIGNAL = ("seen",)
LABELS = {
    "subject": N_("Whose data it is"),
    "answer_to": N_("Where the answer goes (address, e-mail)"),
    "proved_by": N_("How it was seen who they are"),
    "text": N_("What they ask, in short"),
    "kind": N_("Kind of incident"),
    "serious": N_("Serious cyber incident"),
    "personal": N_("Personal data were breached"),
    "subjects": N_("Number of people concerned"),
    "data": N_("Sorts of data (never their values)"),
    "happened": N_("What happened: time, place, how, by whom as far as known"),
    "harm": N_("What follows or can follow from it"),
    "measures": N_("What was done and will be, to end it and to lessen the harm"),
}
"""What the pages call what a file of texts calls by its name."""
ACTS = ("acknowledge", "others", "extend", "answer", "refuse", "withdraw")
KINDS = ("leak", "loss", "change", "purpose", "rights", "account", "outage", "secret", "false")
KNOWN = ("yes", "no", "unknown")

worded(
    {
        "protection.unknown_key": N_("There is none with the number {text}, or more than one: write more of it."),
        "protection.bad_texts": N_('{path}: {reason}. Write a line for each: {names}, as in {name} = "…"'),
    }
)

Run = Callable[[argparse.Namespace, Say], int]


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    requests = groups.add_parser("requests", help=_("requests of people about data of their own, with their clocks"))
    below = requests.add_subparsers(required=True)
    _command(below, "list", _("requests and by when what is due"), run_requests)
    _keyed(_command(below, "show", _("one request: what is asked, by when, what was done"), run_request))
    note = _command(below, "note", _("note that somebody asks about data of their own"), run_note)
    note.add_argument("--kind", required=True, metavar=_("CODE"), help=_("what is asked for: view, correct, delete …"))
    note.add_argument(
        "--channel", default="letter", choices=("person", "letter", "mail", "office"), help=_("how it came")
    )
    note.add_argument("--received", metavar=_("DAY"), help=_("the day it came (default: today)"))
    _texts(note, REQUEST)
    held = _command(below, "held", _("what the site holds on one person who uses it, to be given to them"), run_held)
    held.add_argument("account", metavar=_("ACCOUNT"), help=_("what the person types to sign in"))
    held.add_argument("--out", metavar=_("FILE"), help=_("write all of it as JSON"))
    act = _keyed(_command(below, "act", _("acknowledge, extend, answer, refuse …"), run_act))
    act.add_argument("act", choices=ACTS, help=_("what was done"))
    act.add_argument("--on", metavar=_("DAY"), help=_("the day it was done (default: today)"))
    act.add_argument("--days", type=int, default=0, metavar="N", help=_("of an extension"))
    act.add_argument("--ground", default="", metavar=_("CODE"), help=_("of a refusal: law, task, archive …"))
    act.add_argument("--number", default="", metavar=_("TEXT"), help=_("of the document it was said in"))
    _texts(act, ("reason", "proved_by"), is_needed=False)

    incidents = groups.add_parser(
        "incidents", help=_("incidents, from the first signal to the record, with their clocks")
    )
    below = incidents.add_subparsers(required=True)
    _command(below, "list", _("incidents and the notices that are due"), run_incidents)
    _keyed(_command(below, "show", _("one incident: what is known, which notices were given"), run_incident))
    signal = _command(below, "signal", _("note the first signal: the clocks run from there"), run_signal)
    signal.add_argument("--at", metavar=_("MOMENT"), help=_("when it was seen, “2026-06-14 16:30” (default: now)"))
    _texts(signal, SIGNAL)
    say = _keyed(_command(below, "say", _("what is known by now; the last word counts"), run_say))
    say.add_argument("--kind", required=True, choices=KINDS, help=_("what kind of incident"))
    say.add_argument("--serious", default="unknown", choices=KNOWN, help=_("a serious cyber incident"))
    say.add_argument("--personal", default="unknown", choices=KNOWN, help=_("personal data were breached"))
    say.add_argument("--grave", action="store_true", help=_("national security, or a serious outage"))
    say.add_argument("--subjects", type=int, metavar="N", help=_("how many people, where it is known"))
    _texts(say, INCIDENT, is_needed=False)
    notice = _keyed(_command(below, "notice", _("note that a notice was given"), run_notice))
    notice.add_argument("notice", metavar=_("CODE"), help=_("which notice: cyber_first, cyber_report, personal"))
    notice.add_argument("--to", required=True, metavar=_("TEXT"), help=_("the authority it was given to"))
    notice.add_argument("--at", metavar=_("MOMENT"), help=_("when it was given (default: now)"))
    notice.add_argument("--number", default="", metavar=_("TEXT"), help=_("of the document"))
    _texts(notice, ("why_late",), is_needed=False)
    close = _keyed(_command(below, "close", _("close it with its record"), run_close))
    close.add_argument("--minutes", required=True, metavar=_("TEXT"), help=_("number and day of the record"))
    close.add_argument("--on", metavar=_("DAY"), help=_("the day it was closed (default: today)"))


def _command(below: Any, name: str, help_: str, run: Run) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = below.add_parser(name, help=help_)
    site_options(made)
    made.set_defaults(run=run)
    return made


def _keyed(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("key", metavar=_("NUMBER"), help=_("its number as listed, or its whole key"))
    return command


def _texts(command: argparse.ArgumentParser, names: Sequence[str], *, is_needed: bool = True) -> None:
    help_ = _("a file with {names}; - reads it from standard input").format(names=", ".join(names))
    command.add_argument("--texts", required=is_needed, metavar=_("FILE"), help=help_)
    command.set_defaults(names=tuple(names))


def _said(arguments: argparse.Namespace) -> dict[str, str]:
    """The texts of a file in TOML; "" for what it does not say. Refused for another name or what cannot be read."""
    named, names = arguments.texts, arguments.names
    if not named:
        return dict.fromkeys(names, "")
    text = sys.stdin.read() if named == "-" else Path(named).read_text(encoding="utf-8")
    shown = {"path": named, "names": ", ".join(names), "name": names[0]}
    try:
        held = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise Refused(Fault("protection.bad_texts", str(named), {**shown, "reason": str(wrong)})) from wrong
    wrongs = [name for name, value in held.items() if name not in names or not isinstance(value, str)]
    if wrongs:
        raise Refused(Fault("protection.bad_texts", str(named), {**shown, "reason": ", ".join(wrongs)}))
    return {name: str(held.get(name, "")) for name in names}


def row_found(model: Any, text: str) -> Any:
    """The request or incident with a key, or whose key ends so; Refused where there is none, or several."""
    held = list(model.objects.filter(key__endswith=text.strip())[:2]) if len(text.strip()) >= len("12345678") else []
    if len(held) != 1:
        raise Refused(Fault("protection.unknown_key", "", {"text": text}))
    return held[0]


def _labelled(held: Any, names: Sequence[str]) -> list[tuple[str, str]]:
    """What a row says under these names: what was chosen in words, what was typed as it was."""
    told = []
    for name in names:
        value = getattr(held, name)
        if held._meta.get_field(name).choices:
            value = _(str(getattr(held, f"get_{name}_display")()))
        told.append((_(LABELS[name]), "" if value is None else str(value)))
    return told


def _moment(text: str | None) -> datetime:
    return moment_of(text) if text else datetime.now(HERE)


def _shown(at: datetime) -> str:
    return str(moment_words(at.astimezone(HERE)))


# ---------------------------------------------------------------------------------------------------------- requests


def run_requests(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.protection.clocks import clocks
    from tienbo.protection.models import SubjectRequest
    from tienbo.protection.requests import STATES, request_list

    units = set(SubjectRequest.objects.values_list("unit", flat=True))
    held = request_list(units=units, working=desk.edition.working_days, today=desk.today)
    say.table(
        [_("Number"), _("Asked for"), _("Received"), _("Acknowledge by"), _("Settle by"), _("State"), _("Late")],
        [
            (
                one.request.key[-8:],
                str(clocks().of_request[one.request.kind].name),
                day_words(one.request.received_on),
                day_words(one.acknowledge.day),
                day_words(one.answer.day),
                _(STATES[one.state]),
                _("yes") if one.is_late else _("no"),
            )
            for one in held
        ],
    )
    say.data(
        [
            {
                "key": one.request.key,
                "kind": one.request.kind,
                "received_on": one.request.received_on.isoformat(),
                "acknowledge_by": one.acknowledge.day.isoformat(),
                "settle_by": one.answer.day.isoformat(),
                "state": one.state,
                "late": one.is_late,
            }
            for one in held
        ]
    )
    return 0


def run_request(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.protection.models import RequestAct, SubjectRequest
    from tienbo.protection.requests import STATES, standing

    held = row_found(SubjectRequest, arguments.key)
    now = standing(held, held.acts.all(), working=desk.edition.working_days, today=desk.today)
    texts = {name: getattr(held, name) for name in REQUEST}
    say.table([_("What"), _("Said")], _labelled(held, REQUEST))
    say.table(
        [_("What was done"), _("Day"), _("Number"), _("Reason"), _("Done by")],
        [
            (_(str(RequestAct.Act(act.act).label)), day_words(act.on), act.number, act.reason, act.actor)
            for act in now.acts
        ],
    )
    words = _("Acknowledge by {first}, settle by {last}: {state}.")
    first, last = day_words(now.acknowledge.day), day_words(now.answer.day)
    say.line(words.format(first=first, last=last, state=_(STATES[now.state])))
    acts = [{"act": act.act, "on": act.on.isoformat(), "actor": act.actor} for act in now.acts]
    say.data(
        {
            "key": held.key,
            "kind": held.kind,
            **texts,
            "state": now.state,
            "late": now.is_late,
            "acts": acts,
        }
    )
    return 0


def run_note(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.protection.requests import Typed, request_note

    received = day_of(arguments.received) or desk.today
    typed = Typed(kind=arguments.kind, channel=arguments.channel, received_on=received, **_said(arguments))
    made = request_note(unit=desk.home, typed=typed, actor=desk.actor, today=desk.today, pack=desk.site.pack)
    say.line(_("It was noted under the number {number}; its clocks run.").format(number=made.key[-8:]))
    say.data({"key": made.key})
    return 0


def run_act(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.protection.models import SubjectRequest
    from tienbo.protection.requests import request_act

    made = request_act(
        request=row_found(SubjectRequest, arguments.key),
        act=arguments.act,
        on=day_of(arguments.on) or desk.today,
        actor=desk.actor,
        working=desk.edition.working_days,
        today=desk.today,
        days=arguments.days,
        ground=arguments.ground,
        number=arguments.number,
        pack=desk.site.pack,
        **_said(arguments),
    )
    say.line(_("It was written down."))
    say.data({"act": made.act, "on": made.on.isoformat()})
    return 0


def run_held(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.accounts.models import AccountAct
    from tienbo.ground.journal import KINDS
    from tienbo.protection.held import held_on
    from tienbo.units.frames import unit_keys, unit_names
    from tienbo.units.models import Role

    user = account_named(arguments.account)
    held = held_on(user)
    arguments.key = f"account:{user.pk}"  # what is noted (`leaving`): the name may have to go, and notes stay
    account, keys = held.account, unit_keys()
    names = {keys[unit]: name for unit, name in unit_names(desk.today).items()}
    open_ = _("may sign in") if account["is_open"] else _("closed to sign-in")
    last = account["last_sign_in"]
    say.line(f"{account['account']}: {account['name']} ({open_})")
    if last:
        say.line(_("Last sign-in: {day}").format(day=day_words(date.fromisoformat(last))))
    say.table(
        [_("Role"), _("Unit"), _("From the day"), _("Until (not included)")],
        [
            (
                _(str(Role(one["role"]).label)),
                names.get(one["unit"], one["unit"]),
                _of(one["from"]),
                _of(one["to"]),
            )
            for one in held.rights
        ],
    )
    say.table(
        [_("Act on the account"), _("Day"), _("Done by"), _("Reason")],
        [(_(str(AccountAct.Act(one["act"]).label)), _of(one["at"]), one["by"], one["reason"]) for one in held.acts],
    )
    for one in held.ways_in:
        say.line(_("A way to sign in is kept: {sort}, since {day}; its secret is shown to nobody.").format(
            sort=one["sort"], day=_of(one["since"])))  # fmt: skip
    say.table(
        [_("In the journal"), _("Events"), _("First"), _("Last")],
        [(_(KINDS.get(one.sort, one.sort)), one.count, _of(one.first), _of(one.last)) for one in held.journal],
    )
    by = {"account": _("by the account"), "name": _("by the name, which may be another's too")}
    say.table(
        [_("Named in"), _("How"), _("Number"), _("Purpose")],
        [(f"{one.table}.{one.field}", by[one.by], one.count, one.purpose) for one in held.named],
    )
    if arguments.out:
        text = json.dumps(held.as_json(), ensure_ascii=False, indent=1)
        Path(arguments.out).write_text(text + "\n", encoding="utf-8")
        say.line(_("It was written to {path}.").format(path=arguments.out))
    say.data(held.as_json())
    return 0


def _of(day: str | None) -> str:
    return str(day_words(date.fromisoformat(day))) if day else ""


# --------------------------------------------------------------------------------------------------------- incidents


def run_incidents(arguments: argparse.Namespace, say: Say) -> int:
    Desk.open(site_path(arguments))
    from tienbo.protection.breaches import breach_list
    from tienbo.protection.clocks import clocks
    from tienbo.protection.models import Breach, BreachSaid

    units = set(Breach.objects.values_list("unit", flat=True))
    held = breach_list(units=units, now=datetime.now(HERE))
    say.table(
        [_("Number"), _("First signal"), _("Kind of incident"), _("Next notice"), _("Due at the latest"), _("Late")],
        [
            (
                one.breach.key[-8:],
                _shown(one.breach.detected_at),
                _(str(BreachSaid.Kind(one.last.kind).label)) if one.last else _("not assessed yet"),
                _("closed")
                if one.closed
                else str(clocks().of_notice[one.waiting[0].code].name)
                if one.waiting
                else "–",
                _shown(one.waiting[0].due) if one.waiting and not one.closed else "",
                _("yes") if one.is_late else _("no"),
            )
            for one in held
        ],
    )
    say.data(
        [
            {
                "key": one.breach.key,
                "detected_at": one.breach.detected_at.isoformat(),
                "kind": one.last.kind if one.last else None,
                "closed": one.closed is not None,
                "waiting": {clock.code: clock.due.isoformat() for clock in one.waiting},
                "late": one.is_late,
            }
            for one in held
        ]
    )
    return 0


def run_incident(arguments: argparse.Namespace, say: Say) -> int:
    Desk.open(site_path(arguments))
    from tienbo.protection.breaches import breach_told
    from tienbo.protection.clocks import clocks
    from tienbo.protection.models import Breach

    told = breach_told(row_found(Breach, arguments.key), now=datetime.now(HERE))
    say.line(f"{_shown(told.breach.detected_at)}: {told.breach.signal}")
    if told.last is not None:
        said = _labelled(told.last, ("kind", "serious", "personal", "subjects", *INCIDENT))
        say.table([_("What"), _("Said")], said)
    say.table(
        [_("Notice"), _("Due at the latest"), _("Given"), _("Late")],
        [
            (
                f"{clock.code}: {clocks().of_notice[clock.code].name}",
                _shown(clock.due),
                _shown(clock.given.sent_at) if clock.given else "",
                _("yes") if clock.is_late else _("no"),
            )
            for clock in told.clocks
        ],
    )
    say.data(
        {
            "key": told.breach.key,
            "signal": told.breach.signal,
            "said": {one.name: getattr(told.last, one.name) for one in _known_fields()} if told.last else None,
            "notices": {one.code: one.given.sent_at.isoformat() if one.given else None for one in told.clocks},
            "closed": told.closed is not None,
        }
    )
    return 0


def _known_fields() -> Sequence[Any]:
    from tienbo.protection.breaches import Known

    return fields(Known)


def run_signal(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.protection.breaches import breach_signal

    at = _moment(arguments.at)  # before now: a signal that is not past yet is refused
    now = datetime.now(HERE)
    seen = _said(arguments)["seen"]
    made = breach_signal(unit=desk.home, seen=seen, detected_at=at, actor=desk.actor, now=now, pack=desk.site.pack)
    say.line(_("It was noted under the number {number}; its clocks run.").format(number=made.key[-8:]))
    say.data({"key": made.key})
    return 0


def run_say(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.protection.breaches import Known, breach_say
    from tienbo.protection.models import Breach

    known = Known(
        arguments.kind, serious=arguments.serious, personal=arguments.personal, grave=arguments.grave,
        subjects=arguments.subjects, **_said(arguments),
    )  # fmt: skip
    breach_say(breach=row_found(Breach, arguments.key), known=known, actor=desk.actor, pack=desk.site.pack)
    say.line(_("It was written down."))
    say.data({"kind": arguments.kind})
    return 0


def run_notice(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.protection.breaches import breach_notify
    from tienbo.protection.models import Breach

    made = breach_notify(
        breach=row_found(Breach, arguments.key),
        notice=arguments.notice,
        sent_at=_moment(arguments.at),
        to=arguments.to,
        actor=desk.actor,
        now=datetime.now(HERE),
        number=arguments.number,
        **_said(arguments),
    )
    say.line(_("It was written down."))
    say.data({"notice": made.notice, "late": made.late})
    return 0


def run_close(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.protection.breaches import breach_close
    from tienbo.protection.models import Breach

    made = breach_close(
        breach=row_found(Breach, arguments.key),
        minutes=arguments.minutes,
        on=day_of(arguments.on) or desk.today,
        actor=desk.actor,
        now=datetime.now(HERE),
    )
    say.line(_("It was written down; its record is kept until {day}.").format(day=day_words(made.kept_until)))
    say.data({"closed_on": made.closed_on.isoformat(), "kept_until": made.kept_until.isoformat()})
    return 0
