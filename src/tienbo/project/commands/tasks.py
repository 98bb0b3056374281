"""tienbo tasks list | hand-over: what units owe, as it stood on a day; what those that ended owed, to their heirs."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from tienbo.core import tasks as core
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_, ngettext
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import day_of, site_options, site_path, unit_option
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from tienbo.registers.task_models import Task
    from tienbo.registers.task_queries import Stood
    from tienbo.units.models import Unit

COLUMNS = (
    "key", "text", "owner", "owner_name", "asked_to_cooperate", "partners", "cause", "made_on", "due_on", "state",
    "time", "reported_on", "report", "evidence",
)  # fmt: skip

worded(
    {
        "tasks.unknown": N_("There is no open task {text} whose unit has ended."),
        "tasks.one_to_one": N_("--to says who takes over one task: name it with --task."),
    }
)


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("tasks", help=_("tasks: list, hand over")).add_subparsers(required=True)
    listed = group.add_parser("list", help=_("tasks that the site's unit made, as they stood on a day"))
    unit_option(listed, "--owner", help=_("only those of this unit"))
    listed.add_argument("--state", choices=core.LISTS, help=_("only those of this list"))
    listed.add_argument("--due-by", metavar=_("DAY"), help=_("only those due until the end of this day"))
    listed.add_argument("--on", metavar=_("DAY"), help=_("as they stood at the end of this day (default: today)"))
    listed.add_argument("--format", choices=("table", "csv"), default="table", help=_("how to print (default: table)"))
    site_options(listed)
    listed.set_defaults(run=run_list)
    over = group.add_parser("hand-over", help=_("give open tasks of units that ended to those that took them over"))
    over.add_argument("--reason", required=True, metavar=_("TEXT"), help=_("why; it is kept and shown"))
    over.add_argument("--task", metavar=_("KEY"), help=_("only this task"))
    unit_option(over, "--to", help=_("who takes over the task named with --task"))
    over.add_argument("--check", action="store_true", help=_("say what would go to whom; nothing is handed over"))
    site_options(over)
    over.set_defaults(run=run_hand_over)


def run_list(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.registers.task_models import Task
    from tienbo.registers.task_queries import issuers_of, tasks_stood, units_called

    on, due_by = day_of(arguments.on) or desk.today, day_of(arguments.due_by)
    owner = desk.unit_ever(arguments.owner) if arguments.owner else None
    period = desk.edition.calendar.half_on(on)
    rows = Task.objects.filter(issuer__in=issuers_of(desk.home.pk, on))
    held = [
        one
        for one in tasks_stood(rows, on=on, period=period.code)
        if (owner is None or one.owner.pk == owner.pk)
        and (arguments.state is None or arguments.state in core.lists(one.standing))
        and (due_by is None or (one.standing.due_on is not None and one.standing.due_on <= due_by))
    ]
    names = units_called({unit for one in held for unit in (one.owner, *_partners(one))}, on)
    if arguments.format == "csv":
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows(_data(one, names) for one in held)
        return 0
    told = [
        (_short(one.task.text), names[one.owner.pk], _due(one), core.words(one.standing), one.task.key) for one in held
    ]
    say.table([_("Task"), _("Lead"), _("Until when"), _("State"), _("Code")], told)
    count = core.tally(one.standing for one in held)
    words = _("{count} tasks; of {all} with a day {done} are done, {on_time} of them on time; {late} are late.")
    parts = {part: count[part] for part in ("all", "done", "on_time", "late")}
    say.line(words.format(count=len(held), **parts))
    say.data([_data(one, names) for one in held])
    return 0


def run_hand_over(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.registers.task_queries import issuers_of, tasks_left, units_called
    from tienbo.registers.tasks import tasks_hand_over
    from tienbo.units.models import Unit

    if arguments.to and not arguments.task:
        raise Refused(Fault("tasks.one_to_one"))
    left = [
        (task, to)
        for task, to in tasks_left(issuers_of(desk.home.pk, desk.today), desk.today)
        if arguments.task in (None, task.key)
    ]
    if arguments.task and not left:
        raise Refused(Fault("tasks.unknown", "", {"text": arguments.task}))
    chosen = desk.unit(arguments.to) if arguments.to else None
    heirs = Unit.objects.in_bulk([to for _task, to in left if to is not None])
    going: list[tuple[Task, Unit | None]] = [(task, chosen or heirs.get(to or 0)) for task, to in left]
    if not arguments.check:
        known = [(task, task.version, to) for task, to in going if to is not None]
        tasks_hand_over(tasks=known, text=arguments.reason, actor=desk.actor)
    units = {unit for task, to in going for unit in (task.owner, to) if unit is not None}
    _say_going(say, going, units_called(units, desk.today), check=arguments.check)
    return 1 if any(to is None for _task, to in going) else 0


def _say_going(say: Say, going: Sequence[tuple[Task, Unit | None]], names: dict[int, str], *, check: bool) -> None:
    nobody = _("no single successor: say who with --task and --to")
    was = {task.pk: task.owner_id for task, _to in going}
    say.table(
        [_("Task"), _("From"), _("To"), _("Code")],
        [(_short(task.text), names[was[task.pk]], names[to.pk] if to else nobody, task.key) for task, to in going],
    )
    count = sum(to is not None for _task, to in going)
    if not check:
        say.line(
            ngettext("{count} task was handed over.", "{count} tasks were handed over.", count).format(count=count)
        )
    told = [(task.key, task.owner.key, to.key if to else None) for task, to in going]
    say.data([{"key": key, "from": was, "to": to, "done": to is not None and not check} for key, was, to in told])


def _partners(one: Stood) -> Iterable[Unit]:
    return [row.unit for row in one.task.partners.all()]


def _due(one: Stood) -> str:
    return day_words(one.standing.due_on) if one.standing.due_on else _("standing")


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _data(one: Stood, names: dict[int, str]) -> dict[str, object]:
    """A task for another programme: keys, days as ISO, "" where there is none."""
    standing, report = one.standing, one.report

    def day(held: date | None) -> str:
        return held.isoformat() if held else ""

    return {
        "key": one.task.key,
        "text": one.task.text,
        "owner": one.owner.key,
        "owner_name": names[one.owner.pk],
        "asked_to_cooperate": standing.is_asked,
        "partners": ";".join(unit.key for unit in _partners(one)),
        "cause": one.task.cause_words,
        "made_on": day(one.task.made_on),
        "due_on": day(standing.due_on),
        "state": standing.state,
        "time": standing.time,
        "reported_on": day(standing.reported_on),
        "report": report.text if report else "",
        "evidence": report.evidence if report else "",
    }
