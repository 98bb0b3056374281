"""Norms on pages: what is not satisfied with its numbers, what is missing and where to enter it; a task at a click."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from tests.release.test_norms import AGENCIES, COMMUNE, DESK, YEARLY, tell
from tests.web.parsed import Parsed
from tests.web.test_registers import text
from tests.web.told import factor_given
from tests.web.world import BEFORE, BEGAN, PERIOD, World

from tienbo.catalogue.definitions import Sensitivity
from tienbo.catalogue.loading import load
from tienbo.core.words import day_words
from tienbo.engine.evaluate import sensitivity
from tienbo.ground.models import History
from tienbo.ground.spool import spool_take
from tienbo.processes.norm_tasks import norm_due
from tienbo.registers.norm_models import NormDecision
from tienbo.registers.task_models import Task
from tienbo.registers.tasks import task_withdraw
from tienbo.release.norm_figures import row_mark
from tienbo.units.models import Unit
from tienbo.units.services import unit_create

AT = f"/{PERIOD}/norms/"
ROW = "Cơ quan HĐND, UBND xã"


def furnish(world: World) -> Unit:
    """A commune that does not satisfy five norms, and one that sent nothing."""
    unit = unit_create(kind="commune", name="Xã Kể Hết", begins=BEGAN, parent=world.province)
    unit_create(kind="commune", name="Xã Chưa Gửi", begins=BEGAN, parent=world.province)
    tell(world, unit, BEFORE, YEARLY)
    tell(world, unit, PERIOD, COMMUNE, AGENCIES)
    return unit


def lines(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{AT}norms.csv{query}")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def ask(client: Client, unit: Unit, norm: str, name: str = "") -> HttpResponse:
    return client.post(f"{AT}task/", {"norm": norm, "unit": unit.key, "row": row_mark(name)})


@pytest.mark.django_db
def test_what_is_not_satisfied_is_listed_and_becomes_a_task_once(world: World, sit: Callable[[str], Client]) -> None:
    unit, office = furnish(world), sit("office")
    shown = text(office.get(f"{AT}?unit={unit.key}"))
    assert Parsed(shown).faults == []
    for words in (ROW, "30%", "Chưa đáp ứng", "Đề nghị xem xét", "từ 6 tháng đầu năm 2026", "34%"):
        assert words in shown
    held = lines(office, f"?unit={unit.key}")
    assert {(one["Mã"], one["Cơ quan, tổ chức"]) for one in held} == {
        ("rule30", ROW),
        ("lists.hdnd", "HĐND"),
        ("planning.women", ""),
        ("key_leader.ubnd", "UBND"),
        ("media.each_quarter", ""),
    }
    missing = [one for one in lines(office, "?state=not_told&norm=rule30") if one["Đơn vị"] == "Xã Chưa Gửi"]
    assert missing[0]["Lý do, số liệu còn thiếu"] == (
        "Xã Chưa Gửi chưa gửi báo cáo số liệu 6 tháng đầu năm 2026: Nữ, Tổng số người"
    )
    assert "Chưa đáp ứng" in text(office.get(f"/unit/{unit.key}/"))
    for seat in ("office", "chair"):
        assert f"{AT}tally/" in text(sit(seat).get(f"/{PERIOD}/")), seat
        assert f"{AT}?state=not_met" in text(sit(seat).get(f"{AT}tally/")), seat

    answer = ask(office, unit, "rule30", ROW)
    (task,) = Task.objects.filter(cause="norm:rule30")
    assert answer.headers["Location"] == f"/{PERIOD}/tasks/{task.key}/"
    assert (task.owner, task.issuer) == (unit, world.province)
    assert ROW in task.text
    assert "Nữ: 3" in task.cause_words
    assert "NQ 11-NQ/TW (27/4/2007)" in task.cause_words
    page = text(office.get(f"/{PERIOD}/tasks/{task.key}/"))
    assert Parsed(page).faults == []
    assert day_words(norm_due(load("vn"), task.made_on)) in page
    assert f"/{PERIOD}/norm/rule30/" in page
    assert "Chưa đáp ứng" in page
    assert ask(office, unit, "rule30", ROW).headers["Location"].endswith(f"{task.key}/")
    assert Task.objects.filter(cause="norm:rule30").count() == 1
    assert task.key in text(office.get(f"{AT}?norm=rule30"))
    # Satisfied since: the task says so, and there is nothing more to ask for.
    better = [(ROW, (10, 3, 3, 1)), *AGENCIES[1:]]
    tell(world, unit, PERIOD, COMMUNE, better)
    assert "Đáp ứng" in text(office.get(f"/{PERIOD}/tasks/{task.key}/"))
    task_withdraw(task=task, seen=task.version, text="Đã có", actor=DESK)
    ask(office, unit, "rule30", ROW)
    assert Task.objects.filter(cause="norm:rule30").count() == 1
    tell(world, unit, PERIOD, COMMUNE, AGENCIES)
    ask(office, unit, "rule30", ROW)  # not satisfied again, and no task of it is open
    assert Task.objects.filter(cause="norm:rule30").count() == 2


@pytest.mark.django_db
def test_restricted_figures_are_noted_where_they_are_shown_and_not_where_they_are_counted(
    world: World, sit: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = furnish(world)

    def noted(seat: str, address: str) -> list[str]:
        spool_take(settings.OFFICE.noted)
        before = History.objects.filter(op="N").count()
        assert sit(seat).get(address).status_code == 200
        spool_take(settings.OFFICE.noted)
        rows = History.objects.filter(op="N").order_by("pk").values_list("after", flat=True)[before:]
        return [code for row in rows for code in json.loads(row or "{}").get("narrow", ())]

    planning, elsewhere = f"{AT}?norm=planning.women", f"{AT}?norm=key_leader.ubnd"
    assert noted("office", f"{AT}tally/") == []
    assert noted("office", elsewhere) == []
    assert "39" in text(sit("office").get(planning))
    assert noted("office", planning) == ["planning.people"]
    assert noted("office", f"{AT}norms.csv?norm=planning.women") == ["planning.people"]
    assert noted("office", f"/unit/{unit.key}/?period={PERIOD}").count("planning.people") == 1
    home = text(sit("office").get(f"/{PERIOD}/"))
    narrow = {code for code, one in load("vn").indicators.items() if sensitivity(load("vn"), one) is Sensitivity.C3}
    shown = {code for code in narrow if f"/indicator/{code}/" in home}
    assert "planning.women_share" not in shown  # counted among the targets, and not one of those told
    assert set(noted("office", f"/{PERIOD}/")) == shown
    for seat in ("agency", "inspector"):
        for address in (f"/{PERIOD}/", f"{AT}tally/", planning):
            assert noted(seat, address) == [], (seat, address)
    monkeypatch.setattr("django.conf.settings.SIGN_IN", "guarded")  # and where the second factor is too old
    office, own = sit("office"), {"unit": unit.key, "state": "all"}
    factor_given(office, minutes=14)
    every = text(office.get(AT, own))
    assert "39" in text(office.get(planning))
    assert "không đếm ở đây" not in text(office.get(f"{AT}tally/"))
    factor_given(office, minutes=16)
    tally, without = text(office.get(f"{AT}tally/")), text(office.get(AT, own))
    assert f"second-factor/again/?next={quote(AT, safe='')}" in tally, "the tally says what it does not count"
    assert "không đếm ở đây" in tally
    listed = [code for code in ("planning.women", "key_leader.ubnd") if f"norm={code}&amp;state=" in every]
    assert listed == ["planning.women", "key_leader.ubnd"]
    assert [code for code in listed if f"norm={code}&amp;state=" in without] == ["key_leader.ubnd"], (
        "none is judged without"
    )
    assert "second-factor/again" in without


@pytest.mark.django_db
def test_party_bodies_are_asked_to_cooperate_and_planning_stays_closed(
    world: World, sit: Callable[[str], Client]
) -> None:
    unit, office = furnish(world), sit("office")
    party = unit_create(kind="party.organisation", name="Ban Tổ chức Tỉnh ủy", begins=BEGAN, parent=world.province)
    tell(world, unit, PERIOD, {**COMMUNE, "party.commune.elected[sex=f]": 2}, AGENCIES)
    ask(office, unit, "party.committee")
    (task,) = Task.objects.filter(cause="norm:party.committee")
    assert (task.owner, task.text[:16]) == (party, "Đề nghị phối hợp")
    assert "đề nghị phối hợp" in text(office.get(f"/{PERIOD}/tasks/{task.key}/"))
    ask(office, unit, "planning.women")
    (task,) = Task.objects.filter(cause="norm:planning.women")
    assert (task.owner, "39" in task.cause_words + task.text) == (unit, False)
    # The level above sees the task and the norm; neither the figures nor where it stands.
    agency = sit("agency")
    (line,) = lines(agency, f"?norm=planning.women&unit={unit.key}&state=all")
    assert line["Trạng thái"] == "hạn chế"
    assert "39" not in line["Số liệu"]  # of the staff, which is not closed, it says what it knows
    above = text(agency.get(f"/{PERIOD}/tasks/{task.key}/"))
    assert "39" not in above.partition('id="h-is"')[2].partition("</dl>")[0]
    # Who may not decide makes none; another province finds neither the unit nor the row.
    for seat in ("preparer", "inspector", "other_office"):
        assert ask(sit(seat), unit, "rule30", ROW).status_code == 404, seat
    assert "Xã Kể Hết" not in text(sit("other_office").get(AT)) + text(sit("preparer").get(f"{AT}?state=all"))
    assert sit("partner").get(AT).status_code == 404


@pytest.mark.django_db
def test_a_local_decision_is_entered_with_its_document_and_ends_by_another(
    world: World, sit: Callable[[str], Client]
) -> None:
    unit, office = furnish(world), sit("office")
    at = f"/{PERIOD}/norm/committee.local/"
    assert "Chưa có quyết định của địa phương" in text(office.get(at))
    blank = text(office.post(f"{at}decide/", {}))
    for words in ("Ghi số, ký hiệu văn bản", "Ghi ngày áp dụng", "Chọn loại đơn vị"):
        assert words in blank
    given = {"number": "10/QĐ-UBND", "issued_on": "1/7/2025", "begins_on": "1/7/2025", "kinds": "commune"}
    assert office.post(f"{at}decide/", given).status_code == 302
    row = NormDecision.objects.get()
    shown = text(office.get(at))
    assert Parsed(shown).faults == []
    assert "10/QĐ-UBND" in shown
    (asked,) = [one for one in lines(office, f"?unit={unit.key}") if one["Mã"].startswith("own.")]
    assert asked["Căn cứ pháp lý"] == "10/QĐ-UBND (01/7/2025)"
    assert office.post(f"{at}{row.key}/end/", {"reason": ""}).status_code == 422
    assert sit("preparer").post(f"{at}{row.key}/end/", {"reason": "x"}).status_code == 404
    assert office.post(f"{at}{row.key}/end/", {"ends_on": "1/1/2026", "reason": "QĐ 2/QĐ-UBND"}).status_code == 302
    assert [one for one in lines(office, f"?unit={unit.key}") if one["Mã"].startswith("own.")] == []
