"""tienbo users add | grant | withdraw | hand-over | list: who may sign in, and what they may do where."""

from __future__ import annotations

import argparse
from datetime import date, timedelta

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import day_of, site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

ROLES = (
    "preparer", "head", "office", "chair", "inspector", "administrator", "partner", "elections", "data_officer",
)  # fmt: skip

worded({"users.half_a_role": N_("A role is held at a unit: say both --role and --unit, or neither.")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("users", help=_("accounts: make them, give them roles")).add_subparsers(required=True)
    new = group.add_parser("add", help=_("make an account; its first password is printed once"))
    new.add_argument("name", metavar=_("NAME"), help=_("what the person types to sign in"))
    new.add_argument("--full-name", required=True, metavar=_("TEXT"), help=_("first and last name, as on papers"))
    grant = group.add_parser("grant", help=_("give an account a role at a unit from today"))
    reset = group.add_parser("password", help=_("bring accounts back with new passwords; they are printed once"))
    close = group.add_parser("close", help=_("let nobody sign in with an account any more"))
    over = group.add_parser("hand-over", help=_("a new officer takes the seat of the old one"))
    for command in (grant, close, over):
        command.add_argument("name", metavar=_("NAME"), help=_("what the person types to sign in"))
    reset.add_argument("name", nargs="+", metavar=_("NAME"), help=_("what the person types to sign in"))
    over.add_argument("--to", required=True, metavar=_("NAME"), help=_("the account of the new officer"))
    over.add_argument("--full-name", required=True, metavar=_("TEXT"), help=_("first and last name, as on papers"))
    over.add_argument("--unit", metavar=_("UNIT"), required=True, help=_("key, code@day or name"))
    for command in (new, grant):
        needed = command is grant
        command.add_argument("--role", choices=ROLES, required=needed, help=_("what the person is to the unit"))
        command.add_argument("--unit", metavar=_("UNIT"), required=needed, help=_("key, code@day or name"))
        command.add_argument(
            "--until", metavar=_("DAY"), help=_("the last day; without it inspectors and partners have 30 days")
        )
        site_options(command)
    back = group.add_parser("withdraw", help=_("take a role back at once; who sits with it is signed out"))
    back.add_argument("name", metavar=_("NAME"), help=_("what the person types to sign in"))
    back.add_argument("--role", choices=ROLES, required=True, help=_("what the person is to the unit"))
    back.add_argument("--unit", metavar=_("UNIT"), required=True, help=_("key, code@day or name"))
    site_options(back)
    back.set_defaults(run=run_withdraw)
    unlock = group.add_parser("unlock", help=_("let accounts try again at once after too many failed attempts"))
    unlock.add_argument("name", nargs="+", metavar=_("NAME"), help=_("what the person types to sign in"))
    wake = group.add_parser("wake", help=_("wake reporting accounts that rest between periods: all, or those named"))
    wake.add_argument("name", nargs="*", metavar=_("NAME"), help=_("what the person types to sign in"))
    off = _("take a second factor off; a new one is asked for at the next sign-in")
    factor = group.add_parser("factor-off", help=off)
    factor.add_argument("name", metavar=_("NAME"), help=_("what the person types to sign in"))
    for command, runs in ((unlock, run_unlock), (wake, run_wake), (factor, run_factor_off)):
        site_options(command)
        command.set_defaults(run=runs)
    shown = group.add_parser("list", help=_("accounts and their roles today"))
    for command in (reset, close, over, shown):
        site_options(command)
    new.set_defaults(run=run_add)
    reset.set_defaults(run=run_password)
    close.set_defaults(run=run_close)
    over.set_defaults(run=run_hand_over)
    grant.set_defaults(run=run_grant)
    shown.set_defaults(run=run_list)


def run_add(arguments: argparse.Namespace, say: Say) -> int:
    if bool(arguments.role) != bool(arguments.unit):
        raise Refused(Fault("users.half_a_role"))
    desk = Desk.open(site_path(arguments))
    from tienbo.project.people import account_make

    account = account_make(
        name=arguments.name,
        full_name=arguments.full_name,
        role=arguments.role or "",
        unit=desk.unit(arguments.unit) if arguments.unit else None,
        begins=desk.today,
        ends=_ends(arguments),
        actor=desk.actor,
    )
    say.line(_("Account {name}, first password: {password}").format(name=account.name, password=account.password))
    say.data({"name": account.name, "password": account.password})
    return 0


def run_grant(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.project.people import account_named, role_give

    user = account_named(arguments.name)
    grant = role_give(
        user=user,
        role=arguments.role,
        unit=desk.unit(arguments.unit),
        begins=desk.today,
        ends=_ends(arguments),
        actor=desk.actor,
    )
    last = grant.span.last_day
    words = _("{name} has the role from today until {day}.") if last else _("{name} has the role from today.")
    say.line(words.format(name=user.username, day=day_words(last)))
    say.data({"name": user.username, "role": arguments.role, "until": last})
    return 0


def _ends(arguments: argparse.Namespace) -> date | None:
    """The first day no more, from the last day that was typed."""
    last = day_of(arguments.until)
    return last + timedelta(days=1) if last else None


def run_withdraw(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from django.utils import timezone

    from tienbo.accounts.models import AccountAct
    from tienbo.accounts.services import act_keep
    from tienbo.project.people import account_named
    from tienbo.units.models import Grant
    from tienbo.units.services import grant_withdraw, unit_label

    user, unit = account_named(arguments.name), desk.unit_ever(arguments.unit)
    grant = Grant.objects.on(desk.today).filter(user=user, unit=unit, role=arguments.role).first()
    if grant is None:
        raise Refused(Fault("units.grant_is_over", "", {"user": user, "unit": unit_label(unit, desk.today)}))
    grant_withdraw(grant=grant, now=timezone.now())
    act_keep(user=user, act=AccountAct.Act.ENDED, actor=desk.actor, reason=f"{grant.role} @ {unit.key}")
    say.line(_("{name} has the role no more, and is signed out.").format(name=user.username))
    say.data({"name": user.username, "role": arguments.role})
    return 0


def run_password(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.accounts.services import accounts_reopen
    from tienbo.project.people import account_named

    made = accounts_reopen(users=[account_named(name) for name in arguments.name], actor=desk.actor)
    for one in made:
        say.line(_("Account {name}, first password: {password}").format(name=one.name, password=one.password))
    say.data([{"name": one.name, "password": one.password} for one in made])
    return 0


def run_close(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.accounts.services import accounts_close
    from tienbo.project.people import account_named

    user = account_named(arguments.name)
    accounts_close(users=[user], actor=desk.actor)
    say.line(_("Nobody can sign in as {name} any more.").format(name=user.username))
    say.data({"name": user.username})
    return 0


def run_hand_over(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.processes.hand_over import seat_hand_over
    from tienbo.project.people import account_named

    account = seat_hand_over(
        user=account_named(arguments.name),
        unit=desk.unit(arguments.unit),
        name=arguments.to,
        full_name=arguments.full_name,
        actor=desk.actor,
        on=desk.today,
    )
    say.line(_("Account {name}, first password: {password}").format(name=account.name, password=account.password))
    say.data({"name": account.name, "password": account.password})
    return 0


def run_unlock(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.accounts.services import accounts_unlock
    from tienbo.project.people import account_named

    accounts_unlock(users=[account_named(name) for name in arguments.name], actor=desk.actor)
    words = _("{count} accounts may try again at once; their passwords are what they were.")
    say.line(words.format(count=len(arguments.name)))
    say.data({"names": arguments.name})
    return 0


def run_wake(arguments: argparse.Namespace, say: Say) -> int:
    """Of all when nobody is named: those whose every role today is to report, and who rest."""
    desk = Desk.open(site_path(arguments))
    from tienbo.accounts.services import accounts_wake
    from tienbo.project.people import account_named, accounts_resting

    users = [account_named(name) for name in arguments.name] if arguments.name else accounts_resting(desk.today)
    if users:
        accounts_wake(users=users, actor=desk.actor)
    say.line(_("{count} accounts are awake; their passwords are what they were.").format(count=len(users)))
    say.data({"names": sorted(user.username for user in users)})
    return 0


def run_factor_off(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.accounts.services import factor_take_off
    from tienbo.project.people import account_named

    factor_take_off(user=account_named(arguments.name), actor=desk.actor)
    words = _("{count} people set up a new second factor at their next sign-in.")
    say.line(words.format(count=1))
    say.data({"name": arguments.name})
    return 0


def run_list(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.units.frames import unit_names
    from tienbo.units.models import Grant

    names = unit_names(desk.today)
    rows = [
        (one.user.username, one.user.full_name, one.role, names.get(one.unit_id, one.unit.key))
        for one in Grant.objects.on(desk.today).select_related("user", "unit").order_by("user__username", "role")
    ]
    say.table([_("Account"), _("Name"), _("Role"), _("Unit")], rows)
    say.data([{"account": a, "name": n, "role": r, "unit": u} for a, n, r, u in rows])
    return 0
