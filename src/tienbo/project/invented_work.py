"""What the demonstration's province planned and gave to do, and what became of it: invented, and data of the pack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from tienbo.accounts.actors import Actor
from tienbo.catalogue.loading import Edition
from tienbo.ground.keys import new_key
from tienbo.project.invented_records import FOLDER, Keepers
from tienbo.registers.concluding import tasks_conclude
from tienbo.registers.models import Record
from tienbo.registers.norm_decisions import Typed, norm_decision_add
from tienbo.registers.plan_models import Plan
from tienbo.registers.plans import plan_approve, plan_begin, plan_line_put, plan_tasks_make
from tienbo.registers.task_models import Task
from tienbo.registers.tasks import task_accept, task_extend, task_report, task_say

MEETING = "meeting"


def work_invent(*, edition: Edition, keepers: Keepers, actor: Actor) -> list[Task]:
    """Write the plan, make the tasks of the plan and of what meetings concluded, and do what was done about them. The
    records of the demonstration are there before (`records_invent`)."""
    raw = yaml.safe_load((FOLDER / "work.yaml").read_text(encoding="utf-8"))
    _plan(raw["plan"], edition, keepers, actor)
    for said in raw["decisions"]:
        typed = Typed(
            **{name: said.get(name, "") for name in Typed._fields if name != "kinds"}, kinds=tuple(said["kinds"])
        )
        norm = edition.norms[said["norm"]]
        norm_decision_add(edition=edition, norm=norm, unit=keepers.province, typed=typed, actor=actor)
    for title in raw["concluded"]:
        held = Record.objects.get(unit=keepers.province, kind=MEETING, data__name=title)
        kind = edition.registers[MEETING]
        tasks_conclude(kind=kind, record=held, seen=held.version, actor=actor, today=keepers.on)
    for one in raw["acts"]:
        rows = Task.objects.filter(issuer=keepers.province, text=one["of"])
        for task in rows.filter(owner=keepers.named(one["by"])) if "by" in one else rows:
            _done(task, one["done"], edition, actor)
    return list(Task.objects.filter(issuer=keepers.province))


def _done(task: Task, acts: list[Mapping[str, Any]], edition: Edition, actor: Actor) -> None:
    for act in acts:
        given: dict[str, Any] = {"task": task, "seen": task.version, "actor": actor, "on": act["day"]}
        if act["what"] == "reported":
            task = task_report(text=act["text"], evidence=act["evidence"], **given)
        elif act["what"] == "accepted":
            task = task_accept(**given)
        elif act["what"] == "extended":
            task = task_extend(due_on=act["due_on"], text=act["text"], **given)
        else:
            half = edition.calendar.half_on(act["day"])
            task = task_say(text=act["text"], period=half, span=edition.calendar.span(half), **given)


def _plan(raw: Mapping[str, Any], edition: Edition, keepers: Keepers, actor: Actor) -> Plan:
    plan = plan_begin(unit=keepers.province, typed=raw["head"], actor=actor)
    for part in ("targets", "items", "budget"):
        for typed in raw[part]:
            plan = plan_line_put(
                edition=edition, plan=plan, seen=plan.version, part=part, key=new_key("line"), typed=typed, actor=actor
            )
    plan = plan_approve(
        edition=edition, plan=plan, seen=plan.version, number=raw["number"], issued_on=raw["issued_on"], actor=actor
    )
    plan_tasks_make(plan=plan, seen=plan.version, actor=actor)
    return plan
