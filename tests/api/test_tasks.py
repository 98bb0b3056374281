"""Tasks, plans, packets and evidence through the JSON door, with the rights and the faults of their pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.api.test_door import API, AT, SAID, codes, got, sent
from tests.web.furnished import PNG
from tests.web.world import FAR, PERIOD, World

from tienbo.accounts.actors import operator
from tienbo.registers.plans import plan_begin
from tienbo.registers.task_models import Task
from tienbo.registers.tasks import task_make
from tienbo.release.models import Release
from tienbo.release.packets import packet_open

pytestmark = pytest.mark.django_db

Sit = Callable[[str], Client]
DESK = operator("thử nghiệm")


def brought(client: Client, address: str, status: int, content: bytes = PNG) -> Any:
    answer = client.generic("POST", address, content, content_type="application/octet-stream")
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def test_a_task_is_reported_with_its_evidence_and_received_by_its_office(world: World, sit: Sit) -> None:
    unit, head, office = world.communes[0], sit("head"), sit("office")
    made = task_make(issuer=world.province, owner=unit, text="Rà soát quy hoạch", due_on=FAR, actor=DESK)
    other = task_make(issuer=world.other, owner=world.other_communes[0], text="Việc của tỉnh khác", due_on=FAR,
                      actor=DESK)  # fmt: skip
    told = got(head, "tasks?side=owed")
    assert [(one["key"], one["state"], one["time"], one["due_on"]) for one in told["tasks"]] == [
        (made.key, "open", "within", FAR.isoformat())
    ]
    assert codes(got(head, "tasks?state=la-gi", 422)) == {"api.unknown_answer"}
    assert got(head, f"tasks/{made.key}")["possible"] == ["reported"]
    act = f"{API}/tasks/{made.key}/acts"
    # Without evidence it is refused as on the page; a document is evidence.
    assert codes(sent(head, "POST", act, 422, {"what": "reported", "seen": 1, "text": "Đã rà soát"})) == {
        "task.no_evidence"
    }
    file = brought(head, f"{API}/tasks/{made.key}/evidence?name=bao-cao.png&seen=1", 201)
    assert (file["format"], file["size"]) == ("png", len(PNG))
    assert head.get(file["address"]).content == PNG
    assert codes(brought(head, f"{API}/tasks/{made.key}/evidence?name=a.png", 422, b"GIF89a")) == {"scan.not_a_paper"}
    assert codes(brought(office, f"{API}/tasks/{made.key}/evidence?name=a.png", 422)) == {"task.by_others"}
    assert codes(sent(head, "POST", act, 409, {"what": "reported", "seen": 1, "text": "Đã rà soát"})) == {
        "task.moved_meanwhile"
    }
    done = sent(head, "POST", act, 200, {"what": "reported", "seen": 2, "text": "Đã rà soát 12 xóm"})
    assert (done["state"], done["possible"], done["version"]) == ("waiting", [], 3)
    assert codes(sent(head, "POST", act, 422, {"what": "accepted", "seen": 3})) == {"task.by_others"}
    assert "accepted" in got(office, f"tasks/{made.key}")["possible"]
    done = sent(office, "POST", act, 200, {"what": "accepted", "seen": 3})
    assert (done["state"], done["time"], [one["what"] for one in done["acts"]]) == (
        "done",
        "on_time",
        ["made", "attached", "reported", "accepted"],
    )
    # What is not theirs to read is not there, for reading and for acting.
    for address in (f"tasks/{other.key}", f"tasks/{made.key[:-4]}0000"):
        assert codes(got(office, address, 404)) == {"api.not_there"}
    sent(office, "POST", f"{API}/tasks/{other.key}/acts", 404, {"what": "withdrawn", "seen": 1, "text": "x"})
    brought(office, f"{API}/tasks/{other.key}/evidence?name=a.png", 404)
    assert Task.objects.get(pk=other.pk).version == 1


def test_a_record_is_borne_out_by_a_file_once(world: World, sit: Sit) -> None:
    preparer, chair = sit("preparer"), sit("chair")
    record = sent(preparer, "POST", AT, 201, {"unit": world.communes[0].key, "data": SAID})
    address = f"{AT}/{record['key']}/evidence"
    file = brought(preparer, f"{address}?name=anh.png", 201)
    assert brought(preparer, f"{address}?name=lai.png", 201)["key"] == file["key"]
    held = got(preparer, f"registers/training.class/records/{record['key']}")
    assert [one["key"] for one in held["evidence"]] == [file["key"]]
    assert codes(brought(preparer, f"{address}?name=anh.png&sort=khong-co", 422)) == {"evidence.no_such_sort"}
    assert codes(brought(preparer, f"{address}?name=anh.png", 422, b"")) == {"scan.empty"}
    brought(chair, f"{address}?name=anh.png", 404)


def test_plans_and_packets_are_read_by_who_reads_their_pages(world: World, sit: Sit) -> None:
    head = {"title": "Kế hoạch năm 2026", "first_year": "2026", "last_year": "2026"}
    plan = plan_begin(unit=world.communes[0], typed=head, actor=DESK)
    (line,) = got(sit("preparer"), "plans")["plans"]
    assert (line["key"], line["state"], line["document_number"]) == (plan.key, "draft", "")
    told = got(sit("preparer"), f"plans/{plan.key}")
    assert (told["content"]["title"], told["tasks"]) == ("Kế hoạch năm 2026", {})
    # A draft is read by who acts at its unit only, as on its page.
    assert got(sit("office"), "plans")["plans"] == []
    got(sit("office"), f"plans/{plan.key}", 404)
    assert sit("office").post(f"/{PERIOD.code}/report/release/", {}).status_code == 302
    packet = packet_open(release=Release.objects.get(), partner="Tỉnh Xiêng Khoảng", actor=DESK)
    (row,) = got(sit("office"), "packets")["packets"]
    assert (row["key"], row["partner"], row["approved_version"], row["shared_until"]) == (
        packet.key,
        "Tỉnh Xiêng Khoảng",
        None,
        None,
    )
    told = got(sit("office"), f"packets/{packet.key}")
    assert (told["content"]["figures"], set(told["papers"])) == ([], {"vi", "en", "lo"})
    got(sit("other_office"), f"packets/{packet.key}", 404)
    assert got(sit("other_office"), "packets")["packets"] == []
