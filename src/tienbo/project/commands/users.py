"""tienbo users add | grant | list: who may sign in, and what they may do where."""

from __future__ import annotations

import argparse
import secrets

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

ROLES = ("preparer", "head", "office", "chair", "inspector", "administrator", "partner")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

worded(
    {
        "users.exists": N_("There is already an account {name}."),
        "users.not_found": N_("There is no account {name}."),
    }
)


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("users", help=_("accounts: make them, give them roles")).add_subparsers(required=True)
    new = group.add_parser("add", help=_("make an account; its first password is printed once"))
    new.add_argument("name", metavar=_("NAME"), help=_("what the person types to sign in"))
    new.add_argument("--full-name", required=True, metavar=_("TEXT"), help=_("first and last name, as on papers"))
    grant = group.add_parser("grant", help=_("give an account a role at a unit from today"))
    grant.add_argument("name", metavar=_("NAME"), help=_("what the person types to sign in"))
    for command in (new, grant):
        needed = command is grant
        command.add_argument("--role", choices=ROLES, required=needed, help=_("what the person is to the unit"))
        command.add_argument("--unit", metavar=_("UNIT"), required=needed, help=_("key, code@day or name"))
        site_options(command)
    shown = group.add_parser("list", help=_("accounts and their roles today"))
    site_options(shown)
    new.set_defaults(run=run_add)
    grant.set_defaults(run=run_grant)
    shown.set_defaults(run=run_list)


def new_password() -> str:
    """Four groups of four letters and digits that are hard to misread: about 79 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def run_add(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.accounts.models import User

    if User.objects.filter(username=arguments.name).exists():
        raise Refused(Fault("users.exists", "", {"name": arguments.name}))
    password = new_password()
    user = User.objects.create_user(arguments.name, arguments.full_name, password)
    if arguments.role and arguments.unit:
        _grant(desk, user, arguments)
    say.line(_("Account {name}, first password: {password}").format(name=user.username, password=password))
    say.data({"name": user.username, "password": password})
    return 0


def run_grant(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.accounts.models import User

    user = User.objects.filter(username=arguments.name).first()
    if user is None:
        raise Refused(Fault("users.not_found", "", {"name": arguments.name}))
    _grant(desk, user, arguments)
    say.line(_("{name} has the role from today.").format(name=user.username))
    say.data({"name": user.username, "role": arguments.role})
    return 0


def _grant(desk: Desk, user: object, arguments: argparse.Namespace) -> None:
    from tienbo.units.services import grant_give

    unit = desk.unit(arguments.unit)
    grant_give(user=user, unit=unit, role=arguments.role, begins=desk.today)  # type: ignore[arg-type]


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
