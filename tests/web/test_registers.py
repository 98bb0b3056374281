"""Registers on pages: a commune enters, its office reads, two who change one field see both values, a file has no
formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook
from tests.registers.test_book import CLASS_C, FIRST, filled, line
from tests.registers.test_registers import CLASS
from tests.registers.test_rows import MEETING, ONE
from tests.web.furnished import PNG
from tests.web.parsed import Parsed
from tests.web.world import PERIOD, World

from tienbo.catalogue.loading import load
from tienbo.core.tree import is_kind
from tienbo.registers.models import Evidence, Record

AT = f"/{PERIOD}/registers/training.class/"


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def enter(client: Client, **typed: str) -> Record:
    answer = client.post(f"{AT}new/", CLASS | typed)
    assert answer.status_code == 302, re.findall(r'class="tb-wrong"[^§]*?</div>', text(answer))
    return Record.objects.order_by("-pk")[0]


def kept_by(kind: str) -> int:
    """Registers that a kind of unit keeps."""
    return sum(is_kind(kind, one.kept_by) for one in load("vn").registers.values())


def named(page: str, name: str) -> str:
    """What a field of a form holds."""
    found = [one for one in Parsed(page).all("input") if one.attributes.get("name") == name]
    return found[0].attributes.get("value", "")


def file(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{AT}records.csv{query}")
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))


@pytest.mark.django_db
def test_a_commune_enters_moves_and_its_office_reads(world: World, sit: Callable[[str], Client]) -> None:
    preparer, office = sit("preparer"), sit("office")
    record = enter(preparer)
    assert record.unit == world.communes[0]
    place = f"{AT}{record.key}/"
    shown = text(preparer.get(place))
    assert "Kỹ năng lồng ghép giới" in shown
    assert "Hiện chưa tính vào số liệu nào" in shown
    assert preparer.post(f"{place}move/", {"move": "hold", "seen": "1"}).status_code == 302
    shown = text(office.get(place))
    assert "Lượt người tham gia tập huấn, nữ: <b>38</b>" in shown
    assert "Ghi mục mới" not in text(office.get(AT))
    assert "Xã Đồng Tâm" in text(office.get(AT))
    assert office.get(f"{AT}new/").status_code == 404
    assert office.post(f"{place}change/", CLASS).status_code == 404
    assert sit("other_office").get(place).status_code == 404
    assert sit("other_preparer").get(place).status_code == 404


@pytest.mark.django_db
def test_every_fault_stands_at_its_field_and_what_was_typed_is_kept(world: World, sit: Callable[[str], Client]) -> None:
    answer = sit("preparer").post(f"{AT}new/", CLASS | {"persons": "10", "persons_women": "12", "ends_on": "4/3/2026"})
    assert answer.status_code == 422
    parsed = Parsed(text(answer))
    assert parsed.faults == []
    wrong = {one.attributes["id"] for one in parsed.elements if one.attributes.get("aria-invalid")}
    assert wrong == {"f-ends_on", "f-persons_women"}
    assert named(text(answer), "persons_women") == "12"
    for one in parsed.elements:
        for told in one.attributes.get("aria-describedby", "").split():
            assert told in {other.attributes.get("id") for other in parsed.elements}
    assert not Record.objects.exists()


@pytest.mark.django_db
def test_a_number_of_a_person_is_asked_about_once(world: World, sit: Callable[[str], Client]) -> None:
    typed = CLASS | {"remark": "gọi 0912345678"}
    answer = sit("preparer").post(f"{AT}new/", typed)
    assert answer.status_code == 422
    assert "số điện thoại" in text(answer)
    again = typed | {"looked_at": "1", "key": named(text(answer), "key")}
    assert sit("preparer").post(f"{AT}new/", again).status_code == 302


@pytest.mark.django_db
def test_two_who_change_one_field_see_both_values_and_lose_nothing(world: World, sit: Callable[[str], Client]) -> None:
    preparer = sit("preparer")
    record = enter(preparer)
    change = f"{AT}{record.key}/change/"
    first = preparer.get(change)
    seen = named(text(first), "seen")
    assert preparer.post(change, {"seen": seen, "place": "Nhà văn hóa", "cost": "2.000"}).status_code == 302
    late = preparer.post(change, CLASS | {"seen": seen, "place": "Trường học", "partners": "Hội LHPN"})
    assert late.status_code == 409
    shown = text(late)
    assert "Nhà văn hóa" in shown
    assert (named(shown, "place"), named(shown, "cost")) == ("Trường học", "2.000")
    agreed = CLASS | {"seen": named(shown, "seen"), "place": "Trường học", "cost": "2.000", "partners": "Hội LHPN"}
    assert preparer.post(change, agreed).status_code == 302
    record.refresh_from_db()
    assert (record.data["place"], record.data["cost"], record.version) == ("Trường học", "2000", 3)
    history = text(preparer.get(f"{AT}{record.key}/"))
    assert "Nhà văn hóa → Trường học" in " ".join(history.split())


@pytest.mark.django_db
def test_a_list_is_sifted_and_its_file_has_no_formula(world: World, sit: Callable[[str], Client]) -> None:
    preparer = sit("preparer")
    record = enter(preparer, subject="=HYPERLINK(1)")
    enter(preparer, subject="Phòng chống tảo hôn", begins_on="5/1/2026", ends_on="6/1/2026")
    preparer.post(f"{AT}{record.key}/move/", {"move": "hold", "seen": "1"})
    assert {row["Chuyên đề tập huấn"] for row in file(preparer)} == {"'=HYPERLINK(1)", "Phòng chống tảo hôn"}
    (row,) = file(preparer, "?q=tao+hon")
    assert (row["Ngày khai giảng"], row["Đơn vị"], row["Trạng thái"]) == ("05/01/2026", "Xã Đồng Tâm", "Dự kiến")
    assert len(file(preparer, "?state=held")) == 1
    assert "Phòng chống tảo hôn" not in text(preparer.get(f"{AT}?state=held"))
    assert file(sit("office"), f"?unit={world.communes[1].key}") == []
    assert "Không có mục nào phù hợp" in text(preparer.get(f"{AT}?q=zzz"))


@pytest.mark.django_db
def test_what_the_head_may_do_is_not_the_preparer_s(world: World, sit: Callable[[str], Client]) -> None:
    record = enter(sit("preparer"))
    place = f"{AT}{record.key}/"
    sit("preparer").post(f"{place}move/", {"move": "hold", "seen": "1"})
    refused = sit("preparer").post(f"{place}move/", {"move": "reopen", "seen": "2"})
    assert refused.status_code == 422
    assert "thuộc quyền của người" in text(refused)
    assert sit("head").post(f"{place}move/", {"move": "reopen", "seen": "2"}).status_code == 302
    assert sit("head").post(f"{place}withdraw/", {"reason": "x", "seen": "3"}).status_code == 404
    assert sit("preparer").post(f"{place}withdraw/", {"reason": "ghi trùng", "seen": "3"}).status_code == 302
    shown = text(sit("preparer").get(place))
    assert "ghi trùng" in shown
    assert sit("preparer").get(f"{place}change/").status_code == 404
    assert [row["Mã"] for row in file(sit("preparer"), "?state=withdrawn")] == [record.key]


@pytest.mark.django_db
def test_the_registers_of_a_seat_stand_in_its_menu(world: World, sit: Callable[[str], Client]) -> None:
    shown = text(sit("preparer").get(f"/{PERIOD}/registers/"))
    assert Parsed(shown).faults == []
    assert shown.count("Ghi mục mới") == kept_by("commune")
    assert f'href="/{PERIOD}/registers/" aria-current="page"' in shown
    assert text(sit("department").get(f"/{PERIOD}/registers/")).count("Ghi mục mới") == kept_by("department")
    assert sit("partner").get(f"/{PERIOD}/registers/").status_code == 404


@pytest.mark.django_db
def test_a_form_shows_what_the_register_counts_beside_what_is_reported(
    world: World, sit: Callable[[str], Client]
) -> None:
    preparer, unit = sit("preparer"), world.communes[0]
    entry = f"/entry/{unit.key}/{PERIOD}/"
    assert "data-by=" not in text(preparer.get(f"{entry}3/"))
    record = enter(preparer)
    preparer.post(f"{AT}{record.key}/move/", {"move": "hold", "seen": "1"})
    pages = "".join(text(preparer.get(f"{entry}{step}/")) for step in range(1, 5))
    beside = {one.attributes["data-by"]: one for one in Parsed(pages).elements if one.attributes.get("data-by")}
    assert set(beside) == {
        "figure/classes:total",
        "figure/attendances:total",
        "figure/attendances:women",  # and nothing of minority persons: the record says nothing of them
    }
    # The commune had reported 13 classes.
    assert beside["figure/classes:total"].text == "theo sổ 1 / báo cáo 13"
    assert "differs" in beside["figure/classes:total"].attributes["class"]
    counted = preparer.get(f"{entry}state/").json()["counted"]
    assert (counted["figure/classes:total"], counted["figure/attendances:women"]) == ("1", "38")
    data = {"saves": [{"key": "k1", "changes": {"figure/classes:total": ["13", "1"]}}]}
    preparer.post(f"{entry}save/", data, content_type="application/json")
    pages = "".join(text(preparer.get(f"{entry}{step}/")) for step in range(1, 5))
    beside = {one.attributes["data-by"]: one for one in Parsed(pages).elements if one.attributes.get("data-by")}
    assert beside["figure/classes:total"].text == "theo sổ 1"
    assert "data-by=" not in text(preparer.get(f"{entry}shell/3/"))
    assert "theo sổ 38, báo cáo" in text(preparer.get(f"{entry}send/"))


@pytest.mark.django_db
def test_rows_are_filled_in_added_taken_out_and_wrong_ones_told_without_a_script(
    world: World, sit: Callable[[str], Client]
) -> None:
    preparer, at = sit("preparer"), f"/{PERIOD}/registers/meeting/"

    def cells(page: str, column: str) -> list[str]:
        found = [one.attributes.get("name", "") for one in Parsed(page).elements]
        return [name for name in found if name.startswith("talks/") and name.endswith(f"/{column}")]

    first = text(preparer.get(f"{at}new/"))
    assert Parsed(first).faults == []
    (one, two) = cells(first, "subject")
    typed = MEETING | {
        "key": named(first, "key"),
        one: "Vay vốn",
        one.replace("subject", "organisation"): "Hội Nông dân",
    }
    more = text(preparer.post(f"{at}new/", typed | {"more": "talks"}))
    assert (named(more, one), len(cells(more, "subject"))) == ("Vay vốn", 3 + 5)
    assert not Record.objects.exists()
    wrong = preparer.post(f"{at}new/", typed | {two: "Chưa rõ của ai"})
    assert wrong.status_code == 422
    assert "Tham luận, dòng 4: Cơ quan, đơn vị trình bày" in text(wrong)
    assert f'id="f-{two.replace("subject", "organisation")}"' in text(wrong)
    assert preparer.post(f"{at}new/", typed).status_code == 302
    record = Record.objects.get()
    place = f"{at}{record.key}/"
    assert "Vay vốn" in text(preparer.get(place))
    out = {"seen": "1", f"talks/{ONE}/remove": "1", f"talks/{ONE}/subject": "x", f"talks/{ONE}/organisation": "y"}
    assert preparer.post(f"{place}change/", out).status_code == 302
    shown = " ".join(text(preparer.get(place)).split())
    assert "Tham luận, dòng 1: Chuyên đề: Phòng, chống tảo hôn →" in shown
    data = b"".join(preparer.get(f"{at}records.csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(data), delimiter=";")
    assert row["Tham luận"] == "1) Trạm Y tế – Chăm sóc sức khỏe phụ nữ\n2) Hội Nông dân – Vay vốn"


def test_a_document_is_attached_seen_as_a_picture_and_taken_away(world: World, sit: Callable[[str], Client]) -> None:
    preparer, office = sit("preparer"), sit("office")
    record = enter(preparer)
    place = f"{AT}{record.key}/"
    assert "Chưa đính kèm" not in text(preparer.get(place))
    preparer.post(f"{place}move/", {"move": "hold", "seen": "1"})
    assert "Chưa đính kèm: Kế hoạch hoặc quyết định mở lớp" in " ".join(text(preparer.get(place)).split())
    bad = preparer.post(f"{place}evidence/", {"file": SimpleUploadedFile("a.png", b"<svg onload=1>"), "sort": ""})
    assert bad.status_code == 422
    assert "không phải PDF" in text(bad)
    sent = {"file": SimpleUploadedFile("kế hoạch.png", PNG), "sort": "decision"}
    assert preparer.post(f"{place}evidence/", sent).status_code == 302
    shown = text(office.get(place))
    assert "Chưa đính kèm" not in shown
    assert "Loại tài liệu" not in shown
    parsed = Parsed(text(preparer.get(place)))
    assert parsed.faults == []
    (picture,) = parsed.all("img")
    drawn = office.get(picture.attributes["src"])
    assert (drawn.headers["Content-Type"], drawn.content[:4]) == ("image/png", b"\x89PNG")
    assert drawn.content != PNG
    assert office.get(picture.attributes["src"].replace("1.png", "2.png")).status_code == 404
    key = Evidence.objects.get().key
    file = office.get(f"{place}evidence/{key}/")
    assert (file.content, file.headers["X-Content-Type-Options"]) == (PNG, "nosniff")
    assert file.headers["Content-Disposition"].startswith("attachment")
    for other in ("other_office", "other_preparer"):
        assert sit(other).get(f"{place}evidence/{key}/").status_code == 404
        assert sit(other).get(picture.attributes["src"]).status_code == 404
    assert office.post(f"{place}evidence/{key}/take-away/", {"reason": "x"}).status_code == 422
    assert preparer.post(f"{place}evidence/{key}/take-away/", {"reason": ""}).status_code == 422
    assert preparer.post(f"{place}evidence/{key}/take-away/", {"reason": "nhầm tệp"}).status_code == 302
    shown = text(preparer.get(place))
    assert "nhầm tệp" in shown
    assert "kế hoạch.png" in shown
    assert "Chưa đính kèm" in shown


@pytest.mark.django_db
def test_a_workbook_is_taken_along_looked_at_and_taken_in(world: World, sit: Callable[[str], Client]) -> None:
    preparer = sit("preparer")
    enter(preparer)
    blank = preparer.get(f"{AT}workbook.xlsx").content
    at = f"{AT}workbook/"

    def send(data: bytes, by: Client = preparer) -> object:
        return by.post(at, {"file": SimpleUploadedFile("sổ lớp.xlsx", data)})

    assert Parsed(text(preparer.get(at))).faults == []
    assert "không có gì để ghi nhận" in text(send(blank))
    wrong = send(filled(blank, line(FIRST + 1, CLASS_C | {"persons_women": 21})))
    assert wrong.status_code == 422  # type: ignore[attr-defined]
    assert "<strong>Sổ!N8</strong> (Trong đó: nữ)" in text(wrong)
    # It is handed back with that in its cell; corrected there it is sent as it is.
    back = preparer.post(f"{at}marked/", {"token": named(text(wrong), "token")})
    sheet = load_workbook(io.BytesIO(back.content))["Sổ"]
    assert "Phải sửa" in sheet["N8"].comment.text
    assert sit("other_preparer").post(f"{at}marked/", {"token": named(text(wrong), "token")}).status_code == 422
    assert "Phòng chống tảo hôn" in text(send(filled(back.content, {(FIRST + 1, "persons_women"): 12})))
    data = filled(blank, {**line(FIRST + 1, CLASS_C), (FIRST, "place"): "Trường học"})
    looked = text(send(data))
    assert "Hội trường UBND xã → Trường học" in " ".join(looked.split())
    assert Parsed(looked).faults == []
    assert Record.objects.count() == 1
    token = named(looked, "token")
    assert sit("other_preparer").post(f"{at}take/", {"token": token}).status_code == 422
    taken = preparer.post(f"{at}take/", {"token": token})
    assert taken.status_code == 302
    receipt = text(preparer.get(taken.headers["Location"]))
    assert "thêm mới <b>1</b>, sửa <b>1</b>" in receipt
    assert text(sit("office").get(taken.headers["Location"])) != ""
    assert sit("other_office").get(taken.headers["Location"]).status_code == 404
    assert Record.objects.count() == 2
    assert preparer.post(f"{at}take/", {"token": token}).headers["Location"] == taken.headers["Location"]
    assert "của Xã Đồng Tâm" in text(sit("other_preparer").post(at, {"file": SimpleUploadedFile("a.xlsx", data)}))
    assert preparer.post(f"{at}take/", {"token": "x"}).status_code == 422
    assert sit("chair").get(at).status_code == 404
