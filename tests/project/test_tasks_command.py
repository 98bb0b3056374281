"""`tienbo tasks`: what units owe on a day as a table, CSV and JSON; and handed over, nothing guessed."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from tests.registers.test_tasks import accept, commune, front, make, passed_on, province, report

from tienbo.project.cli import main
from tienbo.project.commands import tasks as command
from tienbo.project.desk import Desk
from tienbo.project.site import Site
from tienbo.registers.task_models import Task
from tienbo.units.services import unit_create, unit_end


@pytest.mark.django_db
def test_what_units_owe_on_a_day_and_to_whom_it_goes_when_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Made 2/3/2026, due 15/4/2026: one reported on 10/4, one not, one the Front was asked; one commune ends wholly
    into another on 1/5/2026, one in two."""
    issuer = province()
    done, whole, parted = (commune(name, issuer) for name in ("Xã Đồng Tâm", "Xã Hòa Lạc", "Xã Chia"))
    first, second, third, _asked = [make(issuer, one) for one in (done, whole, parted, front(issuer))]
    accept(report(first, date(2026, 4, 10)), date(2026, 4, 20))
    site = Site(tmp_path, "x" * 50, home_unit=issuer.key)
    monkeypatch.setattr(command.Desk, "open", lambda _path: Desk(site))

    def run(*words: str, code: int = 0) -> str:
        assert main(["tasks", *words]) == code
        return capsys.readouterr().out

    said = json.loads(run("list", "--on", "16/4/2026", "--json"))
    assert [(one["owner_name"], one["state"], one["time"]) for one in said] == [
        ("Xã Đồng Tâm", "waiting", "within"),
        ("Xã Hòa Lạc", "open", "late"),
        ("Xã Chia", "open", "late"),
        ("Hội Liên hiệp Phụ nữ tỉnh", "open", ""),
    ]
    rows = list(csv.DictReader(io.StringIO(run("list", "--on", "16/4/2026", "--state", "late", "--format", "csv"))))
    assert [(row["owner"], row["due_on"]) for row in rows] == [(whole.key, "2026-04-15"), (parted.key, "2026-04-15")]
    table = run("list", "--on", "20/4/2026", "--owner", "Xã Đồng Tâm")
    assert "hoàn thành đúng hạn" in table
    assert "1 nhiệm vụ; trong 1 nhiệm vụ có thời hạn: 1 đã hoàn thành, 1 đúng hạn; 0 quá hạn." in table
    assert json.loads(run("list", "--on", "16/4/2026", "--due-by", "14/4/2026", "--json")) == []

    day = date(2026, 5, 1)
    heirs = [unit_create(kind="commune", name=f"Xã {name}", begins=day, parent=issuer) for name in ("Một", "Hai")]
    for unit in (whole, parted):
        unit_end(unit=unit, on=day)
    passed_on(day, [(whole, heirs[0], "whole"), (parted, heirs[0], "part"), (parted, heirs[1], "part")])
    told = json.loads(run("hand-over", "--reason", "Sắp xếp", "--check", "--json", code=1))
    assert [(one["key"], one["to"], one["done"]) for one in told] == [
        (second.key, heirs[0].key, False),
        (third.key, None, False),
    ]
    assert "không có một đơn vị kế thừa duy nhất" in run("hand-over", "--reason", "Sắp xếp", code=1)
    assert run("hand-over", "--reason", "x", "--to", "Xã Hai", code=1) == ""
    assert run("hand-over", "--reason", "x", "--task", second.key, code=1) == ""  # it has gone already
    run("hand-over", "--reason", "Chia xã", "--task", third.key, "--to", "Xã Hai")
    assert [Task.objects.get(pk=one.pk).owner for one in (second, third)] == heirs
