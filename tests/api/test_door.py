"""The JSON door: who comes in, what values say, and registers of every kind, read and written as on the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import jsonschema_rs
import pytest
from django.http import HttpResponse
from django.test import Client
from tests.registers.test_registers import CLASS
from tests.release.test_from_registers import OFFICES
from tests.web.furnished import PNG
from tests.web.world import BEGAN, CANARY, PERIOD, World

from tienbo.accounts.actors import operator
from tienbo.api.recorded import record_json, record_schema, record_typed
from tienbo.catalogue.loading import load
from tienbo.core.faults import Refused
from tienbo.project.invented_records import Keepers, records_invent
from tienbo.registers.models import Record
from tienbo.registers.saying import data_read
from tienbo.registers.services import record_attach
from tienbo.units.models import Unit
from tienbo.units.services import unit_create
from tienbo.web.office import office

API = "/api/v1"
AT = f"{API}/registers/training.class/records"
SAID = {
    "subject": "Kỹ năng lồng ghép giới",
    "begins_on": "2026-03-05",
    "ends_on": "2026-03-06",
    "place": "Hội trường UBND xã",
    "level": "village",
    "leads": True,
    "persons": 30,
    "persons_women": 19,
    "attendances": 60,
    "attendances_women": 38,
}
"""CLASS, as JSON says it."""
VICTIMS = 90_417
"""Of the narrowest class: it stands in one record and nowhere else."""


def got(client: Client, address: str, status: int = 200, **more: Any) -> Any:
    answer = client.get(f"{API}/{address}", **more)
    assert answer.status_code == status, answer.content.decode()
    assert answer["Content-Type"].startswith("application/json")
    assert answer["Cache-Control"] == "private, no-store"
    return answer.json()


def sent(client: Client, method: str, address: str, status: int, data: object, **more: Any) -> Any:
    answer: HttpResponse = client.generic(method, address, json.dumps(data), content_type="application/json", **more)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def codes(answer: dict[str, Any]) -> set[str]:
    return {fault["code"] for fault in answer["faults"]}


@pytest.mark.django_db
def test_a_program_signs_in_as_a_person_does_and_changes_nothing_without_the_token(world: World) -> None:
    stranger = Client()
    for address in ("me", "openapi.json", "values", "registers/training.class/records"):
        assert codes(got(stranger, address, 401)) == {"api.sign_in"}
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.users["preparer"])
    body = {"unit": world.communes[0].key, "data": SAID}
    assert codes(sent(client, "POST", AT, 403, body)) == {"api.no_token"}
    assert not Record.objects.exists()
    me = got(client, "me")
    assert [(seat["unit"], seat["allows"], seat["chosen"]) for seat in me["seats"]] == [
        (world.communes[0].key, ["enter", "view", "visit"], True)
    ]
    made = sent(client, "POST", AT, 201, body, headers={"X-CSRFToken": me["token"]})
    assert Record.objects.get().key == made["key"]
    assert codes(got(client, "nothing/here", 404)) == {"api.not_there"}
    refused = sent(client, "DELETE", AT, 405, {})
    assert codes(refused) == {"api.not_possible"}
    assert sent(client, "GET", f"{API}/me/", 404, {})["faults"][0]["sentence"].startswith("Không có gì ở đây")


@pytest.mark.django_db
def test_faults_are_spoken_in_the_language_that_is_asked_for(world: World, sit: Callable[[str], Client]) -> None:
    client = sit("preparer")
    body = {"unit": world.communes[0].key, "data": SAID | {"persons": 10, "subject": None}}
    for header, words in (("", "Cần ghi mục này."), ("fr, en-GB;q=0.8", "Fill this in.")):
        answer = client.post(AT, body, content_type="application/json", headers={"accept-language": header})
        assert answer.status_code == 422
        faults = {fault["fields"]["field"]: fault for fault in answer.json()["faults"]}
        assert set(faults) == {"subject", "persons_women"}
        assert faults["subject"]["sentence"] == words
        assert answer["Content-Language"] == ("en" if header else "vi")
    client.cookies["tienbo_lang"] = "vi"  # chosen on the pages
    answer = client.get(f"{API}/units", {"on": "x"}, headers={"accept-language": "en"})
    assert answer.json()["faults"][0]["sentence"].startswith("Không đọc được")


@pytest.mark.django_db
def test_what_may_not_be_seen_answers_as_what_does_not_exist(world: World, sit: Callable[[str], Client]) -> None:
    def of(unit: Unit) -> Record:
        sent(sit("preparer" if unit == world.communes[0] else "other_preparer"), "POST", AT, 201,
             {"unit": unit.key, "data": SAID})  # fmt: skip
        return Record.objects.get(unit=unit)

    own, other = of(world.communes[0]), of(world.other_communes[0])
    office, missing = sit("office"), own.key[:-4] + "0000"
    assert got(office, f"registers/training.class/records/{own.key}")["unit"] == world.communes[0].key
    pairs = [(other.key, missing)]
    for method, end, body in (
        ("GET", "", None),
        ("PATCH", "", {"seen": 1, "data": {"place": "Ở đây"}}),
        ("POST", "/moves", {"seen": 1, "move": "hold"}),
        ("POST", "/withdrawal", {"seen": 1, "reason": "thử"}),
    ):
        for hidden, nothing in pairs:
            answers = [sent(office, method, f"{AT}/{key}{end}", 404, body) for key in (hidden, nothing)]
            assert answers[0] == answers[1]
    hidden, nothing = (got(office, f"units/{key}", 404) for key in (world.other.key, world.other.key[:-4] + "0000"))
    assert hidden == nothing
    for query in (f"unit={world.other.key}", f"unit={world.other_communes[0].key}&below=true"):
        got(office, f"values?{query}", 404)
        got(office, f"targets?{query}", 404)
    assert codes(got(office, f"registers/training.class/records?unit={world.other_communes[0].key}", 422)) == {
        "api.unknown_answer"
    }
    # Reading is not entering: the office reads a commune's record and writes none.
    assert sent(office, "PATCH", f"{AT}/{own.key}", 404, {"seen": 1, "data": {"place": "Ở đây"}})
    assert sent(office, "POST", AT, 404, {"unit": world.communes[0].key, "data": SAID})
    own.refresh_from_db()
    assert own.version == 1


@pytest.mark.django_db
def test_values_have_their_parts_their_coverage_and_their_reasons(world: World, sit: Callable[[str], Client]) -> None:
    """By hand: each commune wrote one number everywhere (13, 20, 27), less the depth of a part."""
    office, code = sit("office"), "training.classes"
    made = got(office, f"values?period={PERIOD}&indicator={code}&below=true")
    by_unit = {one["unit"]: one for one in made["values"]}
    whole = by_unit[world.province.key]
    assert (whole["status"], whole["value"], whole["numerator"], whole["units_reported"]) == ("value", "60", "60", 3)
    assert whole["units_due"] > 3
    assert [by_unit[one.key]["value"] for one in world.communes] == ["13", "20", "27"]
    # The department owes a return and sent none: not zero.
    assert (by_unit[world.department.key]["status"], by_unit[world.department.key]["value"]) == ("not_reported", None)
    assert "Số liệu minh họa" in made["notes"]
    assert world.other.key not in by_unit
    page = office.get(f"/{PERIOD}/indicator/{code}/series.json").json()
    assert made["facts"] == page["facts"]
    assert page["series"][-1]["value"] == whole["value"]
    split = got(office, f"values?period={PERIOD}&indicator=training.attendances&by=sex")["values"]
    assert {one["members"] for one in split} >= {"", "sex=f"}
    assert codes(got(office, "values?indicator=khong.co", 422)) == {"api.unknown_indicator"}
    assert codes(got(office, "values?by=khong_co", 422)) == {"api.unknown_breakdown"}
    assert codes(got(office, "values?period=2026-H3", 422)) == {"core.unreadable_period"}
    got(office, "values?period=2099-H1", 404)
    stood = got(office, f"targets?period={PERIOD}&unit={world.communes[0].key}")["targets"]
    met = [one for one in stood if one["asked"] and one["verdict"] in ("met", "unmet")]
    assert met
    assert all(one["document"] and one["verdict_words"] for one in stood)
    told = got(office, f"returns?period={PERIOD}")["returns"]
    assert {one["unit"]: one["state"] for one in told if one["unit"] in by_unit and one["counts"]} == {
        one.key: "received" for one in world.communes
    }
    known = got(office, "units?q=hoa lac")
    assert [one["name"] for one in known["units"]] == ["Xã Hòa Lạc"]
    assert known["units"][0]["parent"] == world.province.key
    assert got(office, "units?on=2025-06-30")["units"] == []
    assert [one["code"] for one in got(office, "periods")] == ["2026-H1", "2025-H2"]


@pytest.mark.django_db
def test_the_narrowest_class_reaches_its_unit_and_its_office_only(world: World, sit: Callable[[str], Client]) -> None:
    actor, kind = operator("thử"), load("vn").registers["gbv.service"]
    body = {"unit": world.communes[0].key, "data": {"name": "Tháng 3", "counted_on": "2026-03-31", "detected": VICTIMS}}
    at = f"{API}/registers/gbv.service"
    record = sent(sit("preparer"), "POST", f"{at}/records", 201, body)
    assert [(one["series"], one["value"]) for one in record["counts"] if one["value"] is not None] == [
        ("gbv.victims.detected", str(VICTIMS))
    ]
    record_attach(
        edition=load("vn"), kind=kind, record=Record.objects.get(), content=PNG, name=f"{VICTIMS}.png", actor=actor,
        store=office().stores.files,
    )  # fmt: skip
    places = ("", "/counts", "/records", f"/records/{record['key']}")
    for seat in ("preparer", "head", "office", "chair"):
        shown = "".join(json.dumps(got(sit(seat), f"registers/gbv.service{end}")) for end in places)
        assert str(VICTIMS) in shown
    for seat in ("agency", "other_office", "partner", "department", "nobody"):
        client = sit(seat)
        for end in places:
            answer = client.get(f"{at}{end}?period={PERIOD}")
            assert str(VICTIMS) not in answer.content.decode(), (seat, end)
            assert answer.status_code == 404 or end in ("", "/counts", "/records"), (seat, end)
        for address in (f"values?unit={world.communes[0].key}", "registers"):
            assert str(VICTIMS) not in client.get(f"{API}/{address}").content.decode()
    # Figures too: everything a commune said begins at 13; the agency above its office reads none of the class.
    c3 = [
        one["code"]
        for one in got(sit("agency"), "indicators")
        if one["sensitivity"] == "C3" and one["derived"] == "terms"
    ]
    query = "&".join(f"indicator={code}" for code in c3)
    seen = got(sit("office"), f"values?unit={world.communes[0].key}&{query}")["values"]
    assert any(one["value"] is not None for one in seen)
    for seat, where in (("agency", world.communes[0]), ("partner", world.province), ("department", world.department)):
        told = got(sit(seat), f"values?unit={where.key}&{query}&below=true")["values"]
        hidden = [one for one in told if one["unit"] != world.department.key]
        assert {one["status"] for one in hidden} - {"not_yet_due"} == ({"withheld"} if hidden else set())
        assert all(one["value"] is one["numerator"] is one["denominator"] is one["low"] is None for one in hidden)
    assert str(CANARY) not in json.dumps(got(sit("office"), "values?below=true"))


@pytest.mark.database
@pytest.mark.django_db
def test_a_record_is_entered_once_changed_moved_and_withdrawn(world: World, sit: Callable[[str], Client]) -> None:
    client, unit = sit("preparer"), world.communes[0]
    body, once = {"unit": unit.key, "data": SAID}, {"Idempotency-Key": "ab 1"}
    made = sent(client, "POST", AT, 201, body, headers=once)
    assert sent(client, "POST", AT, 201, body, headers=once)["key"] == made["key"]
    other = sent(client, "POST", AT, 409, {**body, "data": SAID | {"persons": 31}}, headers=once)
    assert codes(other) == {"record.key_used"}
    record = Record.objects.get()
    typed, faults = data_read(load("vn").registers["training.class"], CLASS)
    assert (record.data, faults) == (typed, [])
    assert made["data"] == SAID
    at = f"{AT}/{record.key}"
    assert made["moves"] == ["hold", "cancel", "withdraw"]
    changed = sent(client, "PATCH", at, 200, {"seen": 1, "data": {"place": "Nhà văn hóa"}})
    assert changed["version"] == 2
    clash = sent(client, "PATCH", at, 409, {"seen": 1, "data": {"place": "Trường học"}})
    (fault,) = clash["faults"]
    assert fault["code"] == "record.changed_meanwhile"
    assert fault["place"] == "Địa điểm"
    assert (fault["fields"]["theirs"], fault["fields"]["yours"]) == ("Nhà văn hóa", "Trường học")
    wrong = {
        "persons": "30", "leads": "yes", "begins_on": "5/3/2026", "khong_co": 1, "persons_women": 12.5,
        "attendances": 10**30, "level": "x" * 400,
    }  # fmt: skip
    answer = sent(client, "PATCH", at, 422, {"seen": 2, "data": wrong})
    assert {(one["code"], one["fields"]["field"]) for one in answer["faults"]} == {
        ("api.other_shape", "persons"), ("api.other_shape", "leads"), ("api.other_shape", "begins_on"),
        ("api.other_shape", "persons_women"), ("api.unknown_field", "khong_co"),
    }  # fmt: skip
    last = sent(client, "PATCH", at, 422, {"seen": 2, "data": {"attendances": 10**30, "persons": -1}})
    assert codes(last) == {"record.too_large", "record.negative"}
    warned = sent(client, "PATCH", at, 422, {"seen": 2, "data": {"remark": "gọi 0912345678"}})
    assert {fault["level"] for fault in warned["faults"]} == {"warning"}
    assert codes(sent(client, "POST", f"{at}/moves", 409, {"seen": 1, "move": "hold"})) == {"record.moved_meanwhile"}
    assert codes(sent(client, "POST", f"{at}/moves", 422, {"seen": 2, "move": "x"})) == {"record.no_such_move"}
    held = sent(client, "POST", f"{at}/moves", 200, {"seen": 2, "move": "hold"})
    assert held["state"] == "held"
    assert {one["series"]: one["value"] for one in held["counts"]}["training.attendances[sex=f]"] == "38"
    counted = got(client, f"registers/training.class/counts?period={PERIOD}")["counts"]
    assert {one["series"]: one["value"] for one in counted}["training.attendances[sex=f]"] == "38"
    listed = got(client, f"registers/training.class/records?period={PERIOD}&q=long ghep&state=held")
    assert [one["key"] for one in listed["records"]] == [record.key]
    assert client.get(listed["export"]).status_code == 200
    assert got(client, "registers/training.class/records?q=khong thay")["count"] == 0
    behind = "registers/training.class/records?counts=classes"
    assert [one["key"] for one in got(client, f"{behind}&period={PERIOD}")["records"]] == [record.key]
    assert codes(got(client, f"{behind}&state=held", 422)) == {"api.not_with_counts"}
    across = "registers/gbv.model/records?by=-"
    assert codes(got(client, across, 422)) == {"api.only_with_counts"}
    assert codes(sent(client, "POST", f"{at}/withdrawal", 422, {"seen": 3, "reason": " "})) == {"record.no_reason"}
    gone = sent(client, "POST", f"{at}/withdrawal", 200, {"seen": 3, "reason": "ghi hai lần"})
    assert (gone["withdrawn"], gone["counts"], gone["moves"]) == (True, [], [])
    assert [one["act"] for one in gone["versions"]] == ["withdrawn", "moved", "changed", "added"]


@pytest.mark.django_db
def test_every_register_has_a_schema_that_its_records_keep(world: World, sit: Callable[[str], Client]) -> None:
    """The invented records of the pack: at least one of every register that is shipped."""
    for kind, name in OFFICES.items():
        if kind != world.department.kind:  # it is there
            unit_create(kind=kind, name=name, begins=BEGAN, parent=world.province)
    more = tuple(
        unit_create(kind="commune", name=name, begins=BEGAN, parent=world.province) for name in ("Xã A", "Xã B")
    )
    one, other, _third = world.communes
    keepers = Keepers(world.province, one, other, (more[0], more[1]), date(2026, 6, 14))
    made = records_invent(edition=load("vn"), keepers=keepers, actor=operator("thử"))
    edition, client, checked = load("vn"), sit("office"), set()
    for record in made:
        kind = edition.registers[record.kind]
        schema = record_schema(kind)
        jsonschema_rs.meta.validate(schema)
        said = record_json(kind, record.data)
        jsonschema_rs.validator_for(schema).validate(said)
        assert record_typed(kind, said, record.data) == {
            at: "; ".join(text.split(";")) if kind.field_at(at).kind == "units" else text  # type: ignore[union-attr]
            for at, text in record.data.items()
        }
        with pytest.raises(Refused):
            record_typed(kind, {kind.occurred: 5}, {})
        if kind.code not in checked:
            told = got(client, f"registers/{kind.code}?period={PERIOD}")
            assert told["record_schema"]["required"] == schema["required"]
            shown = got(client, f"registers/{kind.code}/records/{record.key}?period={PERIOD}")
            assert shown["data"] == json.loads(json.dumps(said))
        checked.add(kind.code)
    assert checked == set(edition.registers)
    listed = got(client, f"registers?period={PERIOD}")["registers"]
    assert {one["code"] for one in listed} == checked


@pytest.mark.django_db
def test_rows_go_in_and_out_by_their_keys(world: World, sit: Callable[[str], Client]) -> None:
    client, unit = sit("office"), world.province
    at = f"{API}/registers/meeting/records"
    talks = [{"organisation": "Sở Nội vụ", "subject": "Một"}, {"organisation": "Hội LHPN", "subject": "Hai"}]
    said = {"name": "Hội nghị", "sort": "interim", "leads": True, "held_on": "2026-04-02", "talks": talks}
    schema = got(client, "registers/meeting")["record_schema"]
    jsonschema_rs.validator_for(schema).validate(said)
    once = {"Idempotency-Key": "họp".encode().hex()}
    made = sent(client, "POST", at, 201, {"unit": unit.key, "data": said}, headers=once)
    again = sent(client, "POST", at, 201, {"unit": unit.key, "data": said}, headers=once)
    assert again["key"] == made["key"]
    first, second = made["data"]["talks"]
    assert (first["subject"], second["subject"]) == ("Một", "Hai")
    rows = [
        {"key": second["key"], "subject": "Hai, sửa"},
        {"key": first["key"], "remove": True},
        {"organisation": "X", "subject": "Ba"},
    ]
    changed = sent(client, "PATCH", f"{at}/{made['key']}", 200, {"seen": 1, "data": {"talks": rows}})
    assert [(row["organisation"], row["subject"]) for row in changed["data"]["talks"]] == [
        ("Hội LHPN", "Hai, sửa"), ("X", "Ba"),
    ]  # fmt: skip
    ghost = [{"key": first["key"], "subject": "?"}]
    answer = sent(client, "PATCH", f"{at}/{made['key']}", 422, {"seen": 2, "data": {"talks": ghost}})
    assert codes(answer) == {"api.unknown_row"}
