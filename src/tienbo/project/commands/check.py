"""tienbo check: pack lint, and invariants over the live data of a site."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from tienbo.core.faults import Fault, Level, errors, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

worded(
    {
        "walls.steps_past": N_(
            "PostgreSQL shows the role {role} every row, whoever asks: it is a superuser or has BYPASSRLS. Let the "
            "site use a role that is neither."
        ),
        "walls.one_role": N_(
            "Pages and commands use one role of PostgreSQL, {role}. Make one for the pages and name it in web_database."
        ),
        "walls.not_granted": N_(
            "The role {role} lacks rights on some tables, or has more than it needs. Run: tienbo site upgrade"
        ),
        "retention.unfinished": N_(
            "Taking away what was past its term was stopped ({record}): its files are still there, and nothing else "
            "names them. Run: tienbo retention take"
        ),
        "protection.unsigned": N_(
            "What a record of data taken away says is not what was signed ({record}): it excuses nothing."
        ),
    }
)


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = groups.add_parser("check", help=_("check the pack, and the site's data if a site is named"))
    check.add_argument("--pack", default="vn", metavar=_("PACK"), help=_("folder of definitions (default: vn)"))
    check.add_argument("--warnings", action="store_true", help=_("show warnings too"))
    site_options(check)
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.catalogue.lint import lint
    from tienbo.catalogue.loading import PACKS, read

    path = site_path(arguments)
    desk = Desk.open(path) if path else None
    edition, faults = read(PACKS / (desk.site.pack if desk else arguments.pack))
    faults += lint(edition)
    if desk:
        faults += _live(desk)
    wrong = errors(faults)
    shown = faults if arguments.warnings else wrong
    say.faults(shown)
    say.line(_("{errors} errors, {warnings} warnings.").format(errors=len(wrong), warnings=len(faults) - len(wrong)))
    say.data(faults_json(shown))
    return 1 if wrong else 0


def _live(desk: Desk) -> list[Fault]:
    from tienbo.processes.audit import audit
    from tienbo.project.archive import archive_unkept

    return [*audit(stores=desk.stores), *_taken_away(desk), *archive_unkept(desk.site), *_walls(desk)]


def _taken_away(desk: Desk) -> Iterator[Fault]:
    """Whether what was to go is gone, and whether what says so is as it was signed."""
    from tienbo.processes.retention import records_unsound, retention_owed
    from tienbo.processes.spill import record_holds, spills_unsound
    from tienbo.project.commands.retention import kept_of
    from tienbo.protection.models import RetentionRecord, SpillRecord

    for path in retention_owed(kept_of(desk)):
        yield Fault("retention.unfinished", "", {"record": path.stem})
    records, spills = records_unsound(desk.seal), spills_unsound(desk.seal)
    said = set(RetentionRecord.objects.filter(pk__in=records).values_list("key", flat=True))
    for spill in SpillRecord.objects.select_related("spill"):
        if spill.spill_id in spills or not record_holds(spill, desk.seal):
            said.add(spill.spill.key)
    yield from (Fault("protection.unsigned", "", {"record": key}) for key in sorted(said))


def _walls(desk: Desk) -> Iterator[Fault]:
    """Whether PostgreSQL looks at every row of what is asked, and as whom the pages ask. One role for all is a warning:
    its rows are looked at all the same."""
    from django.db import connection

    from tienbo.ground.whose import grant_missing, steps_past

    if connection.vendor != "postgresql":
        return
    role = desk.site.web_role
    if past := steps_past(connection, role):
        yield Fault("walls.steps_past", str(desk.site.path / "tienbo.toml"), {"role": past})
    if not role:
        yield Fault("walls.one_role", str(desk.site.path / "tienbo.toml"), {"role": desk.site.role}, Level.WARNING)
    elif grant_missing(role, connection):
        yield Fault("walls.not_granted", "", {"role": role})
