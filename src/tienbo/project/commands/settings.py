"""tienbo settings | settings decide | settings go-live: what stands in tienbo.toml, what a person has to decide."""

from __future__ import annotations

import argparse
import re
from dataclasses import fields, replace

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.questions import questions
from tienbo.project.saying import Say
from tienbo.project.site import Site, masked, site_open

SECRET = ("secret_key",)
ADDRESSES = ("database", "web_database", "mail", "identity")
"""Addresses that may hold a password: shown without it."""

worded(
    {
        "settings.no_question": N_("There is no question {code}. They are: {known}."),
        "settings.blank": N_("Say the document that decides it: its number and day."),
    }
)


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("settings", help=_("what stands in tienbo.toml, and what a person has to decide"))
    below = group.add_subparsers(required=True)
    shown = below.add_parser("show", help=_("every setting, and every question with what holds until it is decided"))
    decide = below.add_parser("decide", help=_("write down what a person decided"))
    decide.add_argument("code", metavar=_("CODE"), help=_("of the question: tienbo settings show"))
    decide.add_argument("text", metavar=_("TEXT"), help=_("the document that decides it: number, day, whose"))
    live = below.add_parser("go-live", help=_("from trial to use in earnest, with the decisions that allow it"))
    live.add_argument(
        "--level-decision", required=True, metavar=_("TEXT"), help=_("number of the decision on the level")
    )
    live.add_argument("--level-date", required=True, metavar=_("DAY"), help=_("its day: 1/7/2026"))
    live.add_argument("--regulation", required=True, metavar=_("TEXT"), help=_("number of the regulation on security"))
    live.add_argument("--regulation-date", required=True, metavar=_("DAY"), help=_("its day: 1/7/2026"))
    for command, runs in ((shown, run_show), (decide, run_decide), (live, run_live)):
        site_options(command)
        command.set_defaults(run=runs)


def _site(arguments: argparse.Namespace) -> Site:
    path = site_path(arguments)
    if path is None:
        raise Refused(Fault("site.none"))
    return site_open(path)


def value_shown(site: Site, name: str) -> str:
    """A setting as it may be shown: never a secret, never a password in an address."""
    value = getattr(site, name)
    if name in SECRET:
        return "…" if value else "–"
    if name in ADDRESSES:
        return re.sub(r"(?<=//)[^@/]*:[^@/]*(?=@)", "…", masked(str(value))) or "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "–"
    return str(value) if not isinstance(value, dict) and value else "–"


def run_show(arguments: argparse.Namespace, say: Say) -> int:
    site = _site(arguments)
    names = [one.name for one in fields(site) if one.name not in ("path", "decided", "terms")]
    settings = {name: value_shown(site, name) for name in names}
    say.table([_("Setting"), _("Value")], list(settings.items()))
    asked = [(one, one.answer(site)) for one in questions()]
    say.line("")
    for one, answer in asked:
        say.line(f"[{one.code}] {one.asked} ({one.who})")
        said = _("Decided: {text}").format(text=answer) if answer else _("Not decided. Until then: {text}")
        say.line("    " + said.format(text=one.until))
    if site.unready:
        say.line(_("Against use in earnest: {names}").format(names=", ".join(site.unready)))
    say.data(
        {
            "settings": settings,
            "questions": [{"code": one.code, "decided": answer, "until": str(one.until)} for one, answer in asked],
            "production": site.production,
            "unready": list(site.unready),
        }
    )
    return 0


def run_decide(arguments: argparse.Namespace, say: Say) -> int:
    site = _site(arguments)
    known = [one.code for one in questions()]
    if arguments.code not in known:
        raise Refused(Fault("settings.no_question", "", {"code": arguments.code, "known": ", ".join(known)}))
    if not arguments.text.strip():
        raise Refused(Fault("settings.blank"))
    replace(site, decided={**site.decided, arguments.code: arguments.text.strip()}).save()
    say.line(_("It was written down."))
    say.data({"code": arguments.code})
    return 0


def run_live(arguments: argparse.Namespace, say: Say) -> int:
    """Refused with everything that stands against it; nothing is changed then."""
    changed = replace(
        _site(arguments),
        production=True,
        level_decision=arguments.level_decision.strip(),
        level_date=arguments.level_date.strip(),
        regulation=arguments.regulation.strip(),
        regulation_date=arguments.regulation_date.strip(),
    )
    if changed.unready:
        raise Refused(Fault("site.not_ready", str(changed.path), {"what": ", ".join(changed.unready)}))
    changed.save()
    say.line(_("The site is used in earnest from the next start on."))
    for name in ("backups", "backup_key"):
        if not getattr(changed, name):
            say.line(_("Note: {name} is not set.").format(name=name))
    say.data({"production": True})
    return 0
