"""What a department's own program writes, as on the pages: tasks from a decision and from a record, plans whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.api.test_door import API, codes, got, sent
from tests.web.test_tasks import front, workshop
from tests.web.world import FAR, PERIOD, World

from tienbo.registers.plan_models import Plan
from tienbo.registers.task_models import Task

pytestmark = pytest.mark.django_db

Sit = Callable[[str], Client]
TASKS, PLANS = f"{API}/tasks", f"{API}/plans"
ONCE = {"headers": {"Idempotency-Key": "quyết định 12"}}
SHARE = "hdnd.commune.women_share"


def places(answer: dict[str, Any]) -> dict[str, str]:
    return {fault["fields"].get("field", ""): fault["code"] for fault in answer["faults"]}


def test_a_decision_becomes_a_task_of_each_unit_once_however_often_it_is_sent(world: World, sit: Sit) -> None:
    office, first, second = sit("office"), *world.communes[:2]
    said = {"text": "Rà soát quy hoạch cán bộ nữ", "owners": [first.key, second.key], "due_on": FAR.isoformat(),
            "partners": [world.department.key], "cause": "Quyết định số 12/QĐ-UBND"}  # fmt: skip
    made = sent(office, "POST", TASKS, 201, said, **ONCE)
    assert [(one["owner"], one["state"], one["partners"], one["cause_words"]) for one in made["tasks"]] == [
        (unit.key, "open", [world.department.key], "Quyết định số 12/QĐ-UBND") for unit in (first, second)
    ]
    assert sent(office, "POST", TASKS, 201, said, **ONCE)["tasks"] == made["tasks"]
    for other in ({"text": "Việc khác"}, {"owners": [first.key]}, {"owners": [first.key, world.communes[2].key]},
                  {"due_on": "2098-01-01"}, {"measure": "Có báo cáo"}):  # fmt: skip
        told = sent(office, "POST", TASKS, 409, {**said, **other}, **ONCE)
        assert codes(told) == {"task.key_used"}, other
    assert Task.objects.count() == 2
    # Every fault at once, none of it made; a day off is told and nothing is refused for it.
    wrong = sent(office, "POST", TASKS, 422, {"text": " ", "owners": [first.key], "kind": "dated"})
    assert places(wrong) == {"text": "task.blank", "due_on": "task.no_due"}
    assert places(sent(office, "POST", TASKS, 422, {**said, "owners": ["unit_la"]})) == {
        "owners": "record.unknown_unit"
    }
    assert codes(sent(office, "POST", TASKS, 422, {**said, "owners": [world.other_communes[0].key]})) == {
        "task.owner_not_under"
    }
    sunday = sent(office, "POST", TASKS, 201, {**said, "owners": [first.key], "due_on": "2099-01-04"})
    assert "task.due_day_off" in {one["code"] for one in sunday["notes"]}
    # By whom it is not up to, it is not there.
    for seat in ("preparer", "department", "partner", "other_preparer"):
        sent(sit(seat), "POST", TASKS, 404, {**said, "owners": [first.key]})
    assert codes(sent(sit("other_office"), "POST", TASKS, 422, said)) == {"task.owner_not_under"}
    assert Task.objects.count() == 3


def test_what_a_meeting_concluded_becomes_tasks_as_its_page_makes_them(world: World, sit: Sit) -> None:
    """The five conclusions of the workshop of the page's own test: 1 + 1 + 3 tasks, two that make none."""
    office, record = sit("office"), workshop(world, front(world))
    address = f"registers/meeting/records/{record.key}/tasks?period={PERIOD}"
    told = got(office, address)
    assert [(one["kind"], len(one["owners"]), len(one["partners"]), one["made"]) for one in told["rows"]] == [
        ("dated", 1, 2, []), ("dated", 1, 0, []), ("standing", 3, 0, []), ("", 0, 0, []), ("dated", 0, 0, [])
    ]  # fmt: skip
    assert codes(sent(office, "POST", f"{API}/{address}", 409, {"seen": 1})) == {"task.record_changed"}
    made = sent(office, "POST", f"{API}/{address}", 201, {"seen": told["version"]})
    assert len(made["tasks"]) == 5
    assert {one["cause"] for one in made["tasks"]} == {record.key}
    assert sorted(len(one["made"]) for one in got(office, address)["rows"]) == [0, 0, 1, 1, 3]
    assert codes(sent(office, "POST", f"{API}/{address}", 422, {"seen": told["version"]})) == {"task.nothing_to_make"}
    for seat in ("department", "preparer", "other_office", "partner"):
        got(sit(seat), address, 404)
        sent(sit(seat), "POST", f"{API}/{address}", 404, {"seen": told["version"]})
    got(office, address.replace("registers/meeting", "registers/training.class"), 404)
    said = {"text": "Theo dõi việc thực hiện", "owners": [world.department.key], "days": 10, "record": record.key}
    by_hand = sent(office, "POST", f"{TASKS}?period={PERIOD}", 201, said)
    assert [(one["cause"], one["cause_words"]) for one in by_hand["tasks"]] == [
        (record.key, "Cuộc họp, hội nghị, hội thảo: Hội thảo nâng cao vai trò của phụ nữ")
    ]
    sent(office, "POST", TASKS, 404, {"text": "a", "owners": [], "record": "record_" + "0" * 26})


def plan_said(world: World) -> dict[str, Any]:
    return {
        "title": "Kế hoạch công tác năm 2026",
        "first_year": 2026,
        "last_year": 2026,
        "purpose": "Cụ thể hóa chỉ tiêu",
        "targets": [{"indicator": SHARE, "values": {"2026": "36.5"}}],
        "items": [
            {"words": "Mở 02 lớp tập huấn", "owners": [world.communes[0].key], "due": "2026-12-20", "measure": "02 lớp"}
        ],
        "budget": [{"use": "Tập huấn", "source": "state", "amount": "1234.5"}],
    }


def test_a_plan_is_begun_changed_and_put_in_force_as_on_its_pages(world: World, sit: Sit) -> None:
    preparer, head, said = sit("preparer"), sit("head"), plan_said(world)
    made = sent(preparer, "POST", PLANS, 201, said, **ONCE)
    content = made["content"]
    assert (made["unit"], made["version"], made["state"]) == (world.communes[0].key, 1, "draft")
    assert [(one["indicator"], one["values"]) for one in content["targets"]] == [(SHARE, {"2026": "36.5"})]
    assert [(one["words"], one["owners"], one["due"]) for one in content["items"]] == [
        ("Mở 02 lớp tập huấn", [world.communes[0].key], "2026-12-20")
    ]
    assert [(one["source"], one["amount"]) for one in content["budget"]] == [("state", "1234.5")]
    assert sent(preparer, "POST", PLANS, 201, said, **ONCE)["key"] == made["key"]
    assert codes(sent(preparer, "POST", PLANS, 409, {**said, "title": "Khác"}, **ONCE)) == {"plan.key_used"}
    assert codes(sent(preparer, "POST", PLANS, 409, {**said, "budget": []}, **ONCE)) == {"plan.key_used"}
    assert Plan.objects.count() == 1

    at = f"{PLANS}/{made['key']}"
    (item,), (money,) = content["items"], content["budget"]
    change = {
        "seen": 1,
        "items": [{"key": item["key"], "words": "Mở 03 lớp tập huấn", "owners": item["owners"], "due": "2026-11-30"},
                  {"words": "Sơ kết", "owners": item["owners"], "due": "2026-12-30"}],
        "remove": [money["key"]],
    }  # fmt: skip
    changed = sent(preparer, "PATCH", at, 200, change)["content"]
    assert [(one["words"], one["due"]) for one in changed["items"]] == [
        ("Mở 03 lớp tập huấn", "2026-11-30"),
        ("Sơ kết", "2026-12-30"),
    ]
    assert (changed["budget"], changed["targets"]) == ([], content["targets"])
    assert codes(sent(preparer, "PATCH", at, 409, change)) == {"plan.changed_meanwhile"}
    version = got(preparer, f"plans/{made['key']}")["version"]
    approval = {"what": "approved", "seen": version, "document_number": "25/KH-BVSTBPN", "issued_on": "2026-01-20"}
    assert codes(sent(preparer, "POST", f"{at}/acts", 422, approval)) == {"units.no_access"}
    assert places(sent(head, "POST", f"{at}/acts", 422, {"what": "approved", "seen": version})) == {
        "number": "plan.no_number",
        "issued_on": "plan.not_a_past_day",
    }
    held = sent(head, "POST", f"{at}/acts", 200, approval)
    assert (held["state"], held["document_number"], held["tasks"]) == ("approved", "25/KH-BVSTBPN", {})
    tasked = sent(head, "POST", f"{at}/acts", 200, {"what": "tasks_made", "seen": held["version"]})
    assert set(tasked["tasks"]) == {one["key"] for one in changed["items"]}
    assert Task.objects.filter(cause=made["key"]).count() == 2
    gone = sent(head, "POST", f"{at}/acts", 200, {"what": "withdrawn", "seen": held["version"], "reason": "Thay"})
    assert gone["state"] == "withdrawn"


def test_what_is_wrong_with_a_plan_is_told_with_its_address_and_nothing_of_it_is_kept(world: World, sit: Sit) -> None:
    said = plan_said(world)
    wrong = {
        **said,
        "targets": [{"indicator": "la.gi", "values": {"2026": "36.5"}}, {"indicator": SHARE, "values": {"2031": "40"}}],
        "items": [{**said["items"][0], "owners": ["unit_la"]}, {**said["items"][0], "due": "2027-03-01"}],
        "budget": [{"key": "line_la", "use": "x", "source": "state", "amount": "1"}],
    }
    told = sent(sit("preparer"), "POST", PLANS, 422, wrong)
    assert places(told) == {
        "targets.0.indicator": "plan.unknown_choice",
        "targets.1.values": "plan.outside_its_years",
        "items.0.lead": "record.unknown_unit",
        "items.1.due": "plan.outside_its_years",
        "budget.0": "plan.no_such_line",
    }
    assert not Plan.objects.exists()
    assert codes(sent(sit("preparer"), "POST", PLANS, 422, {**said, "last_year": 2025})) == {"plan.years_order"}
    # Nobody but who drafts at the unit begins its plan; a neighbour's is not there.
    sent(sit("partner"), "POST", PLANS, 404, said)
    made = sent(sit("preparer"), "POST", PLANS, 201, said)
    for seat in ("other_preparer", "department", "office"):
        sent(sit(seat), "PATCH", f"{PLANS}/{made['key']}", 404, {"seen": 1, "remove": []})
        sent(sit(seat), "POST", f"{PLANS}/{made['key']}/acts", 404, {"what": "tasks_made", "seen": 1})
