"""A task is made by whose chair concluded, done by who owes it, and says what became of it for ever."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, transaction
from tests.registers.test_registers import codes, commune, person

from tienbo.accounts.actors import Actor, operator
from tienbo.catalogue.loading import load
from tienbo.core.faults import Refused
from tienbo.core.periods import Period
from tienbo.core.spans import Span
from tienbo.registers.task_models import Task, TaskAct
from tienbo.registers.task_queries import issuers_of, tasks_alive, tasks_left, tasks_readable, tasks_stood
from tienbo.registers.tasks import (
    Cause,
    due_notes,
    due_of,
    task_accept,
    task_ask_supplement,
    task_extend,
    task_hand_over,
    task_make,
    task_report,
    task_say,
    task_withdraw,
)
from tienbo.units.models import Role, Unit
from tienbo.units.reorganisations import ActText, Went, reorganisation_record
from tienbo.units.services import unit_create, unit_end

BEGAN, MADE, DUE, TODAY = date(2025, 7, 1), date(2026, 3, 2), date(2026, 4, 15), date(2026, 5, 4)
DOER = operator("thử nghiệm")
H1 = Period(2026, 1)
SPAN = Span(date(2025, 12, 15), date(2026, 6, 15))


def province(name: str = "Tỉnh Vĩnh An") -> Unit:
    return unit_create(kind="province", name=name, begins=BEGAN)


def front(parent: Unit) -> Unit:
    return unit_create(kind="front.women", name="Hội Liên hiệp Phụ nữ tỉnh", begins=BEGAN, parent=parent)


def make(issuer: Unit, owner: Unit | None, actor: Actor = DOER, **said: object) -> Task:
    given = {"text": "Rà soát cán bộ nữ", "due_on": DUE, "on": MADE} | said
    return task_make(issuer=issuer, owner=owner, actor=actor, **given)  # type: ignore[arg-type]


def report(task: Task, on: date, actor: Actor = DOER) -> Task:
    task.refresh_from_db()
    said = {"text": "Đã rà soát 12 đơn vị", "evidence": "Báo cáo số 45/BC-UBND ngày 10/4/2026"}
    return task_report(task=task, seen=task.version, actor=actor, on=on, **said)


def accept(task: Task, on: date, actor: Actor = DOER) -> Task:
    task.refresh_from_db()
    return task_accept(task=task, seen=task.version, actor=actor, on=on)


@pytest.mark.database
@pytest.mark.django_db
def test_a_task_goes_from_a_conclusion_to_what_was_done_and_every_act_stays() -> None:
    issuer = province()
    owner, helper = commune(parent=issuer), commune("Xã Hòa Lạc", issuer)
    task = make(issuer, owner, partners=[helper], cause=Cause("record_X", "r1", "Thông báo kết luận số 12"))
    report(task, date(2026, 4, 10))
    task_ask_supplement(task=task, seen=2, text="Còn thiếu danh sách", actor=DOER, on=date(2026, 4, 13))
    task.refresh_from_db()
    task_extend(task=task, seen=3, due_on=date(2026, 4, 30), text="Chờ số liệu", actor=DOER, on=date(2026, 4, 14))
    accept(report(task, date(2026, 4, 29)), date(2026, 5, 4))
    (held,) = tasks_stood(Task.objects.all(), on=TODAY)
    assert (held.standing.state, held.standing.time, held.standing.reported_on) == (
        "done",
        "on_time",
        date(2026, 4, 29),
    )
    assert [one.what for one in held.acts] == ["made", "reported", "asked", "extended", "reported", "accepted"]
    assert [one.unit for one in held.task.partners.all()] == [helper]
    (before,) = tasks_stood(Task.objects.all(), on=date(2026, 4, 13))
    assert (before.standing.state, before.standing.due_on) == ("asked", DUE)
    assert tasks_stood(Task.objects.all(), on=date(2026, 3, 1)) == []
    for model in (TaskAct, Task):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(text="khác")
    with pytest.raises(DatabaseError), transaction.atomic():
        Task.objects.all().delete()


@pytest.mark.django_db
def test_a_task_that_cannot_be_is_refused_with_every_reason() -> None:
    issuer, other = province(), province("Tỉnh khác")
    owner, gone, foreign = commune(parent=issuer), commune("Xã Cũ", issuer), commune("Xã Xa", other)
    unit_end(unit=gone, on=date(2026, 2, 1))
    wrong = codes(lambda: make(issuer, gone, text=" ", due_on=date(2026, 3, 1), partners=[foreign]))
    assert wrong == [
        ("task.blank", "text"),
        ("task.due_too_early", "due_on"),
        ("task.owner_not_there", "owner"),
        ("task.owner_not_under", "owner"),
    ]
    assert codes(lambda: make(issuer, None, due_on=None)) == [("task.no_due", "due_on"), ("task.no_owner", "owner")]
    assert codes(lambda: make(issuer, owner, partners=[owner])) == [("task.owner_helps_itself", "partners")]
    make(issuer, owner, cause=Cause("record_X", "r1"))
    assert codes(lambda: make(issuer, owner, cause=Cause("record_X", "r1"))) == [("task.made_already", "owner")]
    make(issuer, owner, cause=Cause("record_X", "r2"))
    assert Task.objects.count() == 2


@pytest.mark.django_db
def test_acts_are_up_to_the_two_sides_and_to_who_saw_the_last_one() -> None:
    issuer = province()
    owner, beside = commune(parent=issuer), commune("Xã Hòa Lạc", issuer)
    office, preparer, stranger = (
        person(issuer, Role.OFFICE),
        person(owner, Role.PREPARER),
        person(beside, Role.PREPARER),
    )
    assert codes(lambda: make(issuer, owner, actor=preparer)) == [("task.by_others", None)]
    task = make(issuer, owner, actor=office)
    for actor in (office, stranger):
        assert codes(lambda actor=actor: report(task, TODAY, actor)) == [("task.by_others", None)]
    assert codes(lambda: accept(task, TODAY, office)) == [("task.not_now", None)]
    bare = codes(lambda: task_report(task=task, seen=1, text="", evidence=" ", actor=preparer, on=TODAY))
    assert bare == [("task.no_sentence", "text"), ("task.no_evidence", "evidence")]
    report(task, TODAY, preparer)
    assert codes(lambda: task_accept(task=task, seen=1, actor=office, on=TODAY)) == [("task.moved_meanwhile", None)]
    assert codes(lambda: accept(task, DUE, office)) == [("task.before_last_act", None)]
    for actor in (preparer, stranger):
        assert codes(lambda actor=actor: accept(task, TODAY, actor)) == [("task.by_others", None)]
    accept(task, TODAY, person(issuer, Role.CHAIR))
    late = codes(lambda: task_withdraw(task=task, seen=3, text="thôi", actor=office, on=TODAY))
    assert late == [("task.not_now", None)]
    assert [set(tasks_readable(actor, TODAY)) for actor in (office, preparer, stranger)] == [{task}, {task}, set()]
    guest = person(issuer, Role.PARTNER)
    assert set(tasks_readable(guest, TODAY)) == set()


@pytest.mark.django_db
def test_more_time_is_later_and_has_a_reason_and_a_day_off_is_kept_and_said() -> None:
    issuer = province()
    task = make(issuer, commune(parent=issuer))
    wrong = codes(lambda: task_extend(task=task, seen=1, due_on=DUE, text="", actor=DOER, on=MADE))
    assert wrong == [("task.not_later", "due_on"), ("task.no_reason", "text")]
    sunday = date(2026, 5, 3)
    task_extend(task=task, seen=1, due_on=sunday, text="Chờ số liệu", actor=DOER, on=MADE)
    assert due_of(task) == sunday
    (note,) = due_notes(sunday, load("vn").working_days)
    assert (note.code, note.fields["moved"]) == ("task.due_day_off", date(2026, 5, 4))
    assert due_notes(DUE, load("vn").working_days) == []


@pytest.mark.django_db
def test_a_standing_task_is_told_of_half_years_it_was_there_in() -> None:
    issuer = province()
    task = make(issuer, front(issuer), kind=Task.Kind.STANDING, due_on=None)
    said = {"text": "Đã lồng ghép vào 12 buổi sinh hoạt", "actor": DOER, "on": TODAY}
    before = Span(date(2025, 6, 15), date(2025, 12, 15))
    wrong = codes(lambda: task_say(task=task, seen=1, period=Period(2025, 2), span=before, **said))
    assert wrong == [("task.period_not_its", None)]
    after = Span(date(2026, 6, 15), date(2026, 12, 15))
    wrong = codes(lambda: task_say(task=task, seen=1, period=Period(2026, 2), span=after, **said))
    assert wrong == [("task.period_to_come", None)]
    task_say(task=task, seen=1, period=H1, span=SPAN, **said)
    (held,) = tasks_stood(Task.objects.all(), on=TODAY, period="2026-H1")
    assert held.standing.said == "Đã lồng ghép vào 12 buổi sinh hoạt"
    assert codes(lambda: report(task, TODAY)) == [("task.not_now", None)]


@pytest.mark.django_db
def test_what_ended_units_owe_goes_to_their_one_successor_or_is_asked_about() -> None:
    """A commune that went wholly into one; one that was divided; a department that ended without a successor. And the
    province itself, all of which went into another: that one's office decides on its tasks."""
    day = date(2026, 4, 1)
    old, new = province("Tỉnh Cũ"), unit_create(kind="province", name="Tỉnh Mới", begins=day)
    whole, parted = commune("Xã Trọn", old), commune("Xã Chia", old)
    heirs = [unit_create(kind="commune", name=name, begins=day, parent=new) for name in ("Xã Một", "Xã Hai")]
    tasks = [make(old, whole), make(old, parted)]
    for unit in (whole, parted, old):
        unit_end(unit=unit, on=day)
    passed_on(
        day, [(old, new, "whole"), (whole, heirs[0], "whole"), (parted, heirs[0], "part"), (parted, heirs[1], "part")]
    )
    assert issuers_of(new.pk, TODAY) == [new.pk, old.pk]
    left = {task.pk: to for task, to in tasks_left(issuers_of(new.pk, TODAY), TODAY)}
    assert left == {tasks[0].pk: heirs[0].pk, tasks[1].pk: None}
    office = person(new, Role.OFFICE)
    for unit, task in zip(heirs, tasks, strict=True):
        assert set(tasks_readable(person(unit, Role.HEAD), TODAY)) <= {task}
        moved = task_hand_over(task=task, seen=1, owner=unit, text="Sắp xếp đơn vị", actor=office, on=TODAY)
        assert (moved.owner, moved.given_to) == (unit, task.given_to)
    assert list(tasks_left(issuers_of(new.pk, TODAY), TODAY)) == []
    (held, _other) = tasks_stood(tasks_alive(Task.objects.all(), SPAN), on=date(2026, 3, 31))
    assert held.owner == whole
    with pytest.raises(Refused):
        task_hand_over(task=tasks[0], seen=2, owner=heirs[0], text="lần nữa", actor=office, on=TODAY)


def passed_on(day: date, links: list[tuple[Unit, Unit, str]]) -> None:
    went = [Went(before.pk, after.pk, extent) for before, after, extent in links]
    reorganisation_record(text=ActText("merge", "Sắp xếp đơn vị", "thử nghiệm"), effective_on=day, went=went)
