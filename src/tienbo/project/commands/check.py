"""tienbo check: pack lint, and invariants over the live data of a site."""

from __future__ import annotations

import argparse

from tienbo.core.faults import Fault, errors
from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json


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

    return list(audit(stores=desk.stores))
