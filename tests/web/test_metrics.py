"""Figures for monitoring are read on the machine alone and say nothing of anybody; events go to a log system."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.web.world import CANARY_NAME, PASSWORD, World

from tienbo.accounts.actors import operator
from tienbo.ground.journal import journal_note, journal_seal
from tienbo.ground.journal_export import cef_line, events_after, json_line
from tienbo.ground.models import BackupAct, JournalEvent
from tienbo.protection.breaches import breach_signal

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def figures(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"^(tienbo_\S+) (\S+)$", text, re.MULTILINE)}


def test_figures_are_read_here_and_nowhere_else(world: World) -> None:
    client = Client()
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="127.0.0.1").status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 404
    told = client.get("/metrics", REMOTE_ADDR="::1")
    assert told.status_code == 200
    assert told.headers["Content-Type"].startswith("text/plain")
    text = told.content.decode()
    assert not re.search(rf"office|{CANARY_NAME}|Người", text)
    before = figures(text)
    assert before["tienbo_up"] == 1
    assert before['tienbo_backup_age_seconds{act="made"}'] == -1
    assert before["tienbo_incidents_open"] == 0
    assert len(re.findall(r"^# TYPE", text, re.MULTILINE)) == len({name.partition("{")[0] for name in before})
    BackupAct.objects.create(act="made", name="a", size=1, by="x")
    now = timezone.now()
    for hours in (13, 25, 80):
        seen = {"unit": world.province, "seen": "x", "detected_at": now - timedelta(hours=hours), "now": now}
        breach_signal(actor=operator("x"), pack="vn", **seen)  # type: ignore[arg-type]
    for _attempt in range(5):
        client.post("/sign-in/", {"login": "head", "password": "sai"})
    after = figures(client.get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode())
    assert after['tienbo_backup_age_seconds{act="made"}'] < 60
    assert after["tienbo_incidents_open"] == 3
    assert after["tienbo_incident_notices_late"] == 4  # of 25 hours the first; of 80 hours all three
    assert after["tienbo_incident_notices_soon"] == 1  # of 13 hours: 24 are over in 11
    assert after["tienbo_sign_in_locked_names"] == before["tienbo_sign_in_locked_names"] + 1


def test_events_go_to_a_log_system_once_each_and_what_people_type_breaks_no_line(world: World) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "office", "password": PASSWORD})
    journal_seal()
    journal_note("export", person="office", of="bảng")
    journal_seal()
    events = list(events_after(0))
    assert [one.seq for one in events] == list(JournalEvent.objects.order_by("seq").values_list("seq", flat=True))
    assert list(events_after(events[-2].seq)) == [events[-1]]
    assert not any("bảng" in text for one in events for text in (cef_line(one), json_line(one))), "no details"
    odd = JournalEvent(seq=9, tx=events[-1].tx, person="a|b=c\\d\nCEF:0|giả", kind="export", hash="0f", rows=1)
    assert json.loads(json_line(odd))["person"] == odd.person
    line = cef_line(odd)
    assert "\n" not in line
    head = re.split(r"(?<!\\)\|", line)
    assert head[:3] == ["CEF:0", "Tien Bo", "tienbo"]
    assert head[4:7] == ["export", "export", "4"]
    assert "suser=a|b\\=c\\\\d\\nCEF:0|giả" in line
