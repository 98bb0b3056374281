"""tienbo users add | grant | hand-over | list: who may sign in, and what they may do where."""

from __future__ import annotations

import argparse

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

ROLES = ("preparer", "head", "office", "chair", "inspector", "administrator", "partner", "elections")

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
        site_options(command)
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
        actor=desk.actor,
    )
    say.line(_("Account {name}, first password: {password}").format(name=account.name, password=account.password))
    say.data({"name": account.name, "password": account.password})
    return 0


def run_grant(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.project.people import account_named, role_give

    user = account_named(arguments.name)
    role_give(user=user, role=arguments.role, unit=desk.unit(arguments.unit), begins=desk.today)
    say.line(_("{name} has the role from today.").format(name=user.username))
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
