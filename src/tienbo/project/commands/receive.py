"""tienbo receive: take workbooks in."""

from __future__ import annotations

import argparse
from pathlib import Path

from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.project.cli import period_option, site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    receive = groups.add_parser("receive", help=_("take filled workbooks in, many at once"))
    receive.add_argument("paths", nargs="+", type=Path, metavar=_("PATH"), help=_("files, or folders of files"))
    period_option(receive, help=_("refuse workbooks of another period"))
    receive.add_argument("--accept", action="store_true", help=_("what comes in counts at once"))
    site_options(receive)
    receive.set_defaults(run=run)


def run(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.collection.intake import files_in, files_receive

    paths = files_in(arguments.paths)
    if not paths:
        name = ", ".join(str(path) for path in arguments.paths)
        raise Refused(Fault("intake.nothing_found", "", {"name": name}))
    results = files_receive(
        paths=paths,
        root=desk.home,
        edition=desk.edition,
        stores=desk.stores,
        seal=desk.seal,
        actor=desk.actor,
        period=desk.period(arguments.period) if arguments.period else None,
        accept=arguments.accept,
        progress=lambda done, total: say.progress(done, total, _("Receiving")),
    )
    states = {"received": _("taken in"), "again": _("received before"), "refused": _("refused")}
    names = _names()
    say.table(
        [_("File"), _("Unit"), _("Period"), _("Result"), _("Receipt"), _("Errors"), _("Warnings")],
        [
            (
                result.path.name,
                names.get(result.unit, ""),
                result.period,
                states[result.state],
                result.receipt,
                sum(fault.level.value == "error" for fault in result.faults),
                sum(fault.level.value == "warning" for fault in result.faults),
            )
            for result in results
        ],
        right=(5, 6),
    )
    for result in results:
        if result.state == "refused" and not say.as_json:
            say.faults(result.faults, of=str(result.path))
        if result.restated:
            words = _("{file}: official figures took the place of estimates in the return of {period}.")
            say.line(words.format(file=result.path.name, period=result.restated))
    counts = {state: sum(result.state == state for result in results) for state in states}
    say.line()
    say.line(_("{received} received, {again} received before, {refused} refused.").format(**counts))
    say.data(
        {
            **counts,
            "files": [
                {
                    "file": str(result.path),
                    "state": result.state,
                    "unit": result.unit,
                    "period": result.period,
                    "receipt": result.receipt,
                    "restated": result.restated or None,
                    "faults": faults_json(result.faults),
                }
                for result in results
            ],
        }
    )
    return 1 if counts["refused"] else 0


def _names() -> dict[str, str]:
    """Key → latest name of every unit."""
    from tienbo.units.models import UnitName

    rows = UnitName.objects.filter(lang="vi").order_by("valid_from").values_list("unit__key", "text")
    return dict(rows)
