"""Intake through the door: files dropped and taken in by a worker, decided on by hash, nothing lost, nothing twice."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from tests.web.browser import NARROW, WIDE, Served, sign_in
from tests.web.test_signing_in import serious
from tests.web.world import BEFORE, PERIOD, World, say

from tienbo.accounts.actors import operator
from tienbo.catalogue.fingerprint import fingerprint
from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import Content, Figure, facts, layout
from tienbo.collection.manifest import Said, segment_write
from tienbo.collection.models import Campaign, Decision, Return, Revision
from tienbo.collection.services import Incoming, returns_take
from tienbo.core.messages import speaking
from tienbo.core.periods import Period
from tienbo.engine.rows import rows_of
from tienbo.ground.files import sha256
from tienbo.ground.jobs import job_do, job_take
from tienbo.ground.models import Job
from tienbo.papers.workbook import UnitHeader, workbook_write
from tienbo.units.models import Unit
from tienbo.web.receiving import file_name, staging_sweep

SEAL = b"con-dau-cua-thu-nghiem-khong-dung-o-dau-khac"
LIST = "/2026-H1/intake/"
Sit = Callable[[str], Client]


def content(unit: Unit, period: Period = PERIOD, /, **figures: int) -> Content:
    """A return of a commune: every whole is 20 and every part of it smaller; `figures` by address with "__"."""
    edition = load("vn")
    form = edition.form_for(unit.kind, period)
    assert form is not None
    shape = layout(edition, form.code, period)
    said = {}
    for address, slot in shape.slots.items():
        value = 1 if slot.line.answer == "yes_no" else 20 - len(slot.column.members) - slot.line.indent
        said[address] = Figure(Decimal(value))
    said |= {address.replace("__", ":"): Figure(Decimal(value)) for address, value in figures.items()}
    return Content(form.code, fingerprint(edition), unit.key, period, figures=said)


def book(unit: Unit, period: Period = PERIOD, /, name: str = "Xã", **figures: int) -> bytes:
    """The workbook of a unit, filled in."""
    out, made = BytesIO(), content(unit, period, **figures)
    header = UnitHeader(unit.key, name, "", "")
    workbook_write(out, edition=load("vn"), form=made.form, period=period, unit=header, seal=SEAL, content=made)
    return out.getvalue()


def file(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def drop(client: Client, *files: SimpleUploadedFile, key: str = "", **more: Any) -> Any:
    return client.post(f"{LIST}send/", {"files": list(files), "key": key}, **more)


def work() -> None:
    """A worker does everything that waits."""
    while (held := job_take(worker="thợ")) is not None:
        job_do(held)


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return text(response)


def text(response: Any) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def seen(world: World, unit: Unit) -> str:
    return seen_of(Return.objects.get(unit=unit, campaign__period_code="2026-H1"))


def seen_of(of: Return) -> str:
    """What a page names of a return: what it said last, and what was last decided on it."""
    of = Return.objects.select_related("unit", "latest").get(pk=of.pk)
    assert of.latest is not None
    last = of.latest.decisions.order_by("pk").last()
    assert last is not None
    return f"{of.unit.key}:{of.latest.number}:{of.latest.sha256}:{last.pk}"


def two_addresses() -> tuple[str, str]:
    """(whole, part) of one line of the commune's form: addresses of its total and its women."""
    edition = load("vn")
    shape = layout(edition, "xa", PERIOD)
    part, whole = next(pair for pair in shape.nested if not pair[1].column.members)
    return whole.address, part.address


# ------------------------------------------------------------------------------------------------- dropping files


@pytest.mark.django_db
def test_files_that_were_dropped_are_kept_taken_in_and_told_one_by_one(world: World, sit: Sit) -> None:
    client, (first, second, _third) = sit("office"), world.communes
    whole, part = two_addresses()
    good = book(first, name="Xã Đồng Tâm")
    faulty = book(second, **{whole.replace(":", "__"): 5, part.replace(":", "__"): 9})
    response = drop(client, file("tốt.xlsx", good), file("lỗi.xlsx", faulty), file("ảnh.xlsx", b"no workbook"))
    assert response.status_code == 302
    (job,) = Job.objects.all()
    assert job.added_by == "Người giữ ghế office"
    waiting = page(client, response.headers["Location"])
    assert "hx-trigger" in client.get(response.headers["Location"]).content.decode()
    assert "tốt.xlsx" not in waiting
    work()
    html = client.get(response.headers["Location"]).content.decode()
    assert "hx-trigger" not in html
    said = text(client.get(response.headers["Location"]))
    of = Return.objects.get(unit=first, campaign__period_code="2026-H1")
    assert of.latest is not None
    assert of.latest.number == 2
    assert of.latest.receipt.code in said
    assert "Xã Đồng Tâm" in said
    assert Return.objects.get(unit=second, campaign__period_code="2026-H1").latest.number == 1  # type: ignore[union-attr]
    assert "9" in said
    assert "Biểu" in said
    assert {row["state"] for row in Job.objects.get().result["files"]} == {"received", "refused"}
    for data in (good, faulty, b"no workbook"):
        assert world.stores.files.get(sha256(data)) == data
    assert Decision.objects.filter(revision=of.latest).get().act == "submit"
    assert Decision.objects.filter(revision=of.latest).get().actor == "Người giữ ghế office"


@pytest.mark.django_db
def test_the_same_files_sent_twice_by_one_press_are_one_job(world: World, sit: Sit) -> None:
    client, data = sit("office"), book(world.communes[0])
    key = re.search(r'name="key" value="(job_[0-9A-Z]+)"', client.get(LIST).content.decode())
    assert key is not None
    first = drop(client, file("a.xlsx", data), key=key[1])
    second = drop(client, file("a.xlsx", data), key=key[1])
    assert first.headers["Location"] == second.headers["Location"]
    assert Job.objects.count() == 1
    assert len(list(staging(world).iterdir())) == 1


def staging(world: World) -> Path:
    return world.stores.files.root.parent / "staging"


@pytest.mark.django_db
def test_other_files_sent_from_an_old_page_are_another_job(world: World, sit: Sit) -> None:
    client, key = sit("office"), "job_01JD8QZZZZZZZZZZZZZZZZZZZZ"
    first = drop(client, file("a.xlsx", book(world.communes[0])), key=key)
    second = drop(client, file("b.xlsx", book(world.communes[1])), key=key)
    assert first.headers["Location"] != second.headers["Location"]
    work()
    assert Job.objects.filter(state="done").count() == 2


@pytest.mark.django_db
def test_files_taken_in_before_are_said_to_be_and_change_nothing(world: World, sit: Sit) -> None:
    client, data = sit("office"), book(world.communes[0])
    for _time in range(2):
        drop(client, file("a.xlsx", data))
        work()
    states = [row["state"] for job in Job.objects.order_by("id") for row in job.result["files"]]
    assert states == ["received", "again"]
    assert Revision.objects.filter(of__unit=world.communes[0], of__campaign__period_code="2026-H1").count() == 2


@pytest.mark.django_db
def test_what_a_killed_worker_had_taken_in_is_told_as_taken_in(world: World, sit: Sit) -> None:
    client, data = sit("office"), book(world.communes[0])
    drop(client, file("a.xlsx", data), file("bản sao.xlsx", data))
    held = job_take(worker="một")
    assert held is not None
    from tienbo.web.receiving import receive

    with speaking("vi"):
        receive(held)  # and killed before it could say so
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    work()
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("done", 2)
    assert [row["state"] for row in job.result["files"]] == ["received", "again"]


@pytest.mark.django_db
def test_a_broken_job_keeps_its_files_and_is_done_by_one_more_press(
    world: World, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sit("office")
    address = drop(client, file("a.xlsx", book(world.communes[0]))).headers["Location"]
    with monkeypatch.context() as broken:
        broken.setattr("tienbo.web.receiving.files_receive", lambda **_said: 1 / 0)
        work()
    assert "ZeroDivisionError" in page(client, address)
    again = [client.post(f"{address}again/").headers["Location"] for _press in range(2)]
    assert again[0] == again[1] != address
    work()
    (last,) = Job.objects.filter(state="done")
    assert [row["state"] for row in last.result["files"]] == ["received"]


@pytest.mark.django_db
def test_nothing_chosen_is_told_in_words(world: World, sit: Sit) -> None:
    response = sit("office").post(f"{LIST}send/", {"key": ""})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert Job.objects.count() == 0


@pytest.mark.django_db
def test_too_many_files_at_once_are_told_in_words(world: World, sit: Sit) -> None:
    response = drop(sit("office"), *(file(f"{number}.xlsx", b"x") for number in range(501)))
    assert response.status_code == 422
    assert re.search(r"501\b.*\b500\b", text(response))
    assert not staging(world).exists()


@pytest.mark.django_db
def test_a_full_disk_is_told_and_leaves_nothing_behind(world: World, sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tienbo.web.receiving._sync", full)
    response = drop(sit("office"), file("a.xlsx", book(world.communes[0])))
    assert response.status_code == 422
    assert "No space" not in response.content.decode()
    assert Job.objects.count() == 0
    assert list(staging(world).iterdir()) == []


@pytest.mark.django_db
def test_an_office_takes_in_the_workbooks_of_its_own_units_only(world: World, sit: Sit) -> None:
    client = sit("other_office")
    address = drop(client, file("a.xlsx", book(world.communes[0]))).headers["Location"]
    work()
    (row,) = Job.objects.get().result["files"]
    assert (row["state"], row["unit"], row["receipt"]) == ("refused", "", "")
    assert [fault["code"] for fault in row["faults"]] == ["intake.not_yours"]
    assert "Xã Đồng Tâm" not in page(client, address)
    assert sit("office").get(address).status_code == 404


@pytest.mark.django_db
def test_known_bytes_say_nothing_to_an_office_that_may_not_bring_them(world: World, sit: Sit) -> None:
    data = book(world.communes[0])
    drop(sit("office"), file("a.xlsx", data))
    work()
    drop(sit("other_office"), file("a.xlsx", data))
    work()
    (row,) = Job.objects.order_by("-id")[0].result["files"]
    assert (row["state"], row["receipt"], [fault["code"] for fault in row["faults"]]) == (
        "refused", "", ["intake.not_yours"],
    )  # fmt: skip


@pytest.mark.django_db
def test_a_workbook_of_another_period_is_refused_with_both_periods(world: World, sit: Sit) -> None:
    drop(sit("office"), file("a.xlsx", book(world.communes[0], BEFORE)))
    work()
    (row,) = Job.objects.get().result["files"]
    assert [fault["code"] for fault in row["faults"]] == ["workbook.other_period"]


@pytest.mark.django_db
def test_a_person_who_lost_the_role_meanwhile_takes_nothing_in(world: World, sit: Sit) -> None:
    drop(sit("office"), file("a.xlsx", book(world.communes[0])))
    world.users["office"].is_active = False
    world.users["office"].save()
    work()
    job = Job.objects.get()
    assert (job.state, [fault["code"] for fault in job.faults]) == ("failed", ["intake.no_longer_yours"])
    assert Revision.objects.filter(of__unit=world.communes[0], number=2).count() == 0


@pytest.mark.django_db
def test_what_is_staged_goes_when_its_job_is_done_and_not_before(world: World, sit: Sit) -> None:
    client = sit("office")
    drop(client, file("a.xlsx", book(world.communes[0])))
    staging_sweep(staging(world))
    assert len(list(staging(world).iterdir())) == 1
    work()
    staging_sweep(staging(world))
    assert list(staging(world).iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("báo cáo.xlsx", "báo cáo.xlsx"),
        ("../../etc/passwd", "etc passwd"),
        ("C:\\Users\\a.xls", "C  Users a.xls"),
        ("", "tệp"),
        ("...", "tệp"),
        ("a\x00b\n.xlsx", "a b.xlsx"),
        ("ế" * 300 + ".xlsx", "ế" * 65 + ".xlsx"),
    ],
)
def test_a_file_keeps_its_name_as_far_as_a_disk_takes_it(name: str, kept: str) -> None:
    assert file_name(name) == kept
    assert len(file_name(name).encode()) <= 205


@pytest.mark.django_db
def test_two_hundred_files_go_in_by_one_drop(world: World, sit: Sit) -> None:
    client, data = sit("office"), book(world.communes[0])
    files = [file(f"{number:03d}.xlsx", data) for number in range(199)]
    address = drop(client, *files, file("200.xlsx", b"x" * 300_000)).headers["Location"]
    work()
    job = Job.objects.get()
    states = [row["state"] for row in job.result["files"]]
    assert (states.count("received"), states.count("again"), states.count("refused")) == (1, 198, 1)
    assert (job.done, job.total) == (200, 200)
    response = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    assert len(response.content) < 40_000


# -------------------------------------------------------------------------------------- the workbook handed back


@pytest.mark.django_db
def test_a_refused_workbook_comes_back_with_its_fault_in_its_cell_and_goes_in_once_corrected(
    world: World, sit: Sit
) -> None:
    client, unit = sit("office"), world.communes[2]
    whole, part = two_addresses()
    sent = book(unit, **{whole.replace(":", "__"): 5, part.replace(":", "__"): 9})
    address = drop(client, file("Bến Thóc.xlsx", sent)).headers["Location"]
    work()
    (row,) = Job.objects.get().result["files"]
    (fault,) = [one for one in row["faults"] if one["code"] == "return.part_exceeds_whole"]
    response = client.get(f"{address}1/")
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    back = load_workbook(BytesIO(response.content))
    sheet, _mark, cell = fault["place"].rpartition("!")
    assert fault["sentence"] in back[sheet][cell].comment.text
    listed = [[one.value for one in line] for line in back.worksheets[0].iter_rows(min_row=7)]
    assert any(fault["place"] in line and fault["sentence"] in line for line in listed)
    back[sheet][cell].value = 4
    out = BytesIO()
    back.save(out)
    drop(client, file("Bến Thóc (sửa).xlsx", out.getvalue()))
    work()
    (row,) = Job.objects.order_by("-id")[0].result["files"]
    assert (row["state"], row["unit"]) == ("received", unit.key)
    latest = Return.objects.get(unit=unit, campaign__period_code="2026-H1").latest
    assert latest is not None
    got = Content.from_json(latest.content).figures
    assert (got[part].value, got[whole].value) == (Decimal(4), Decimal(5))


@pytest.mark.django_db
def test_what_is_no_form_of_ours_is_not_handed_back(world: World, sit: Sit) -> None:
    client = sit("office")
    address = drop(client, file("a.xlsx", b"no workbook")).headers["Location"]
    work()
    assert f"{address}1/" not in client.get(address).content.decode()
    assert client.get(f"{address}1/").status_code == 422
    assert client.get(f"{address}2/").status_code == 404


# ------------------------------------------------------------------------------------------------- the list


@pytest.mark.django_db
def test_the_list_says_where_every_return_stands(world: World, sit: Sit) -> None:
    client = sit("office")
    say(world, world.province, world.communes[0], PERIOD, start=40, accept=False)
    said = client.get(LIST).content.decode()
    # Four units report: three communes that were received once, one of them with a newer return, and a department.
    tallies = dict(re.findall(r'href="\?state=(\w+)#returns"[^>]*><b>(\d+)</b>', said))
    assert tallies["sent"] == "1"
    assert tallies["received"] == "2"
    assert tallies["asked"] == "0"
    assert int(tallies["late"]) + int(tallies["not_begun"]) == 1
    names = re.findall(r'hx-push-url="true">([^<]+)</a>', said)
    assert names == ["Sở Nội vụ", "Phường Bến Thóc", "Xã Đồng Tâm", "Xã Hòa Lạc"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=received", {"Xã Đồng Tâm", "Xã Hòa Lạc", "Phường Bến Thóc"}),
        ("kind=department", {"Sở Nội vụ"}),
        ("q=ben thoc", {"Phường Bến Thóc"}),
        ("q=ĐỒNG", {"Xã Đồng Tâm"}),
        ("q=không có", set()),
        ("state=nonsense&kind=%00", {"Xã Đồng Tâm", "Xã Hòa Lạc", "Phường Bến Thóc", "Sở Nội vụ"}),
    ],
)
def test_the_list_is_sifted(world: World, sit: Sit, query: str, names: set[str]) -> None:
    said = sit("office").get(f"{LIST}?{query}").content.decode()
    assert set(re.findall(r'hx-push-url="true">([^<]+)</a>', said)) == names


@pytest.mark.django_db
def test_a_year_leads_to_its_second_half(world: World, sit: Sit) -> None:
    response = sit("office").get("/2025/intake/")
    assert (response.status_code, response.headers["Location"]) == (302, "/2025-H2/intake/")


# ------------------------------------------------------------------------------------------------- one return


@pytest.mark.django_db
def test_a_return_shows_its_figures_beside_those_of_last_period(world: World, sit: Sit) -> None:
    """The world says 10 of every whole in 2025-H2 and 13 in 2026-H1: every figure changed by three."""
    html = sit("office").get(f"{LIST}{world.communes[0].key}/").content.decode()
    cells = re.findall(r'<td[^>]*class="tb-num tb-changed">13<span class="tb-before">[^<]*?(\d+) \(\+3\)</span>', html)
    assert set(cells) == {"10"}
    assert len(cells) > 10
    first = sit("office").get(f"{LIST}{world.communes[2].key}/").content.decode()
    assert "tb-changed" not in first  # it said nothing in 2025-H2


@pytest.mark.django_db
def test_a_unit_of_another_province_has_no_page(world: World, sit: Sit) -> None:
    assert sit("office").get(f"{LIST}{world.other_communes[0].key}/").status_code == 404
    assert sit("preparer").get(LIST).status_code == 404
    assert sit("chair").get(LIST).status_code == 404


# ------------------------------------------------------------------------------------------------- decisions


@pytest.mark.django_db
def test_chosen_returns_are_received_together_and_pressing_again_changes_nothing(world: World, sit: Sit) -> None:
    client, units = sit("office"), world.communes[:2]
    for unit in units:
        say(world, world.province, unit, PERIOD, start=40, accept=False)
    chosen = [seen(world, unit) for unit in units]
    warned = client.post(f"{LIST}accept/", {"seen": chosen, "state": "sent"})
    assert warned.status_code == 422
    assert re.search(r"tăng \d,\d lần so với kỳ trước \(\d+ → \d+\)", text(warned))
    assert re.findall(r'name="read" value="([^"]+)"', warned.content.decode()) == chosen[:1]
    assert not Decision.objects.filter(act="accept", revision__number=2).exists(), "unread figures are read first"
    for _press in range(2):
        response = client.post(f"{LIST}accept/", {"seen": chosen, "read": chosen, "state": "sent"})
        assert (response.status_code, response.headers["Location"]) == (302, f"{LIST}?state=sent")
    for unit in units:
        of = Return.objects.get(unit=unit, campaign__period_code="2026-H1")
        assert of.accepted_id == of.latest_id
        acts = Decision.objects.filter(revision=of.latest).order_by("id").values_list("act", "actor")
        assert list(acts) == [("submit", "thử nghiệm"), ("accept", "Người giữ ghế office")]


@pytest.mark.django_db
def test_a_return_that_was_sent_anew_meanwhile_is_not_received_and_neither_are_those_beside_it(
    world: World, sit: Sit
) -> None:
    client, (one, two, _three) = sit("office"), world.communes
    for unit in (one, two):
        say(world, world.province, unit, PERIOD, start=40, accept=False)
    chosen = [seen(world, unit) for unit in (one, two)]
    say(world, world.province, one, PERIOD, start=50, accept=False)
    response = client.post(f"{LIST}accept/", {"seen": chosen})
    assert response.status_code == 409
    assert "Xã Đồng Tâm" in text(response)
    for unit in (one, two):
        of = Return.objects.get(unit=unit, campaign__period_code="2026-H1")
        assert of.accepted is not None
        assert of.accepted.number == 1
    # What is still its unit's last word stays chosen.
    assert re.findall(r'value="([^"]+)" checked', response.content.decode()) == [chosen[1]]


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["", "x", "unit_0:1:2", "{key}:1", "{key}:99999999:0", "{key}:-1:0", "{other}:1:0:1"])
def test_a_choice_that_no_page_offers_is_refused_without_a_stumble(world: World, sit: Sit, wrong: str) -> None:
    given = wrong.format(key=world.communes[0].key, other=world.other_communes[0].key)
    assert sit("office").post(f"{LIST}accept/", {"seen": [given]}).status_code in (404, 422)


@pytest.mark.django_db
def test_a_supplement_is_asked_with_a_note_once_and_the_unit_no_longer_counts(world: World, sit: Sit) -> None:
    client, unit = sit("office"), world.communes[0]
    given = {"seen": seen(world, unit), "note": "  Bổ sung số liệu Biểu 02.  "}
    for _press in range(2):
        assert client.post(f"{LIST}{unit.key}/ask/", given).status_code == 302
    of = Return.objects.get(unit=unit, campaign__period_code="2026-H1")
    assert of.accepted is None
    asked = Decision.objects.filter(revision=of.latest, act="ask_supplement")
    assert [one.note for one in asked] == ["Bổ sung số liệu Biểu 02."]
    assert "Bổ sung số liệu Biểu 02." in page(client, f"{LIST}{unit.key}/")


@pytest.mark.django_db
def test_a_supplement_without_a_note_or_on_an_older_return_keeps_what_was_written(world: World, sit: Sit) -> None:
    client, unit = sit("office"), world.communes[0]
    old = seen(world, unit)
    assert client.post(f"{LIST}{unit.key}/ask/", {"seen": old, "note": "  "}).status_code == 422
    say(world, world.province, unit, PERIOD, start=40, accept=False)
    response = client.post(f"{LIST}{unit.key}/ask/", {"seen": old, "note": "Xem lại dòng 3"})
    assert response.status_code == 409
    assert ">Xem lại dòng 3</textarea>" in response.content.decode()
    assert not Decision.objects.filter(act="ask_supplement").exists()


@pytest.mark.django_db
def test_a_session_that_ended_says_so_and_leads_back(world: World) -> None:
    client = Client()
    response = client.post(f"{LIST}accept/", {"seen": "x"}, headers={"referer": f"http://testserver{LIST}"})
    assert response.status_code == 302
    assert "/sign-in/" in response.headers["Location"]
    for asked, back in (
        (f"{LIST}?state=sent", f"{LIST}?state=sent"),
        ("/2026-H1/report/release/", "/2026-H1/report/"),
        ("/khong-co/", "/"),
    ):
        answer = client.post(f"{LIST}accept/", {}, headers={"referer": f"http://testserver{asked}"})
        assert unquote(answer.headers["Location"].partition("next=")[2]) == back
    part = client.post(f"{LIST}send/", {}, headers={"HX-Request": "true", "HX-Current-URL": f"http://x{LIST}"})
    assert part.status_code in (204, 422)


# ------------------------------------------------------------------------------- reminding and reconciling


@pytest.mark.django_db
def test_who_has_not_sent_stands_in_a_text_for_a_letter(world: World, sit: Sit) -> None:
    client, unit = sit("office"), world.communes[0]
    client.post(f"{LIST}{unit.key}/ask/", {"seen": seen(world, unit), "note": "Bổ sung Biểu 02"})
    html = client.get(f"{LIST}remind/").content.decode()
    letter = re.search(r"<textarea[^>]*id=.letter.[^>]*>(.*?)</textarea>", html, re.DOTALL)
    assert letter is not None
    lines = letter[1].split("\n")
    assert "1. Sở Nội vụ." in lines
    assert "1. Xã Đồng Tâm: Bổ sung Biểu 02." in lines
    assert "Xã Hòa Lạc" not in letter[1]
    assert "Chim Yến" not in letter[1]


@pytest.mark.django_db
def test_what_was_said_and_does_not_count_is_listed_with_what_does(world: World, sit: Sit) -> None:
    """Xã Đồng Tâm says 40 of members and of women, as a body whose word does not count; the two other communes say
    10 + 7 × 1 + 3 = 20 and 10 + 7 × 2 + 3 = 27 members, one less of each who are women."""
    client = sit("office")
    assert "tb-empty" in client.get(f"{LIST}reconciliation/").content.decode()
    unit = world.communes[0]
    made = content(unit, **dict.fromkeys((one.replace(":", "__") for one in two_addresses()), 40))
    campaign = Campaign.objects.get(root=world.province, period_code="2026-H1")
    (taken,) = returns_take(incoming=[Incoming(campaign, unit, made)], actor=operator("thử nghiệm"))
    rows = rows_of(facts(load("vn"), made))
    said = Said(taken.revision.pk, unit.pk, "nobody", PERIOD, load("vn"), None, rows)
    segment_write(store=world.stores.facts, said=[said])
    html = client.get(f"{LIST}reconciliation/").content.decode()
    lines = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", line)) for line in html.split("<tr>") if "Xã Đồng Tâm" in line]
    assert len(lines) == len(rows)
    assert any(" 40 47 " in line for line in lines)
    assert any(" 40 45 " in line for line in lines)  # women: 20 − 1 and 27 − 1
    assert "Chim Yến" not in html


@pytest.mark.documents
@pytest.mark.django_db
@pytest.mark.parametrize("suffix", ["ods", "xls"])
def test_what_is_no_xlsx_comes_back_as_a_new_form_with_what_could_be_read(
    world: World, sit: Sit, tmp_path: Path, suffix: str
) -> None:
    client, unit = sit("office"), world.communes[2]
    whole, part = two_addresses()
    sent = tmp_path / "Bến Thóc.xlsx"
    sent.write_bytes(book(unit, **{whole.replace(":", "__"): 5, part.replace(":", "__"): 9}))
    address = drop(client, file(f"Bến Thóc.{suffix}", converted(sent, suffix).read_bytes())).headers["Location"]
    work()
    (row,) = Job.objects.get().result["files"]
    (fault,) = [one for one in row["faults"] if one["code"] == "return.part_exceeds_whole"]
    back = load_workbook(BytesIO(client.get(f"{address}1/").content))
    sheet, _mark, cell = fault["place"].rpartition("!")
    assert fault["sentence"] in back[sheet][cell].comment.text
    back[sheet][cell].value = 4
    out = BytesIO()
    back.save(out)
    drop(client, file("sửa.xlsx", out.getvalue()))
    work()
    (row,) = Job.objects.order_by("-id")[0].result["files"]
    assert (row["state"], row["unit"]) == ("received", unit.key)


def converted(path: Path, suffix: str) -> Path:
    """The same workbook as LibreOffice saves it in another format."""
    profile = f"-env:UserInstallation=file://{path.parent / 'profile'}"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        suffix,
        "--outdir",
        str(path.parent / suffix),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return path.parent / suffix / f"{path.stem}.{suffix}"


# ------------------------------------------------------------------------------------------- in Chromium


def chosen(tab: Page, *files: tuple[str, bytes]) -> None:
    tab.set_input_files(
        "#files", [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files]
    )


def sealed(served: Served) -> bytes:
    """The secret of the running site."""
    with (served.folder / "tienbo.toml").open("rb") as settings:
        return str(tomllib.load(settings)["secret_key"]).encode()


def served_book(served: Served, whose: str, **figures: int) -> bytes:
    """A filled workbook of a unit of the running site."""
    edition = load("vn")
    shape = layout(edition, "xa", PERIOD)
    said = {address: Figure(Decimal(0)) for address in shape.slots}
    said |= {address.replace("__", ":"): Figure(Decimal(value)) for address, value in figures.items()}
    made = Content("xa", fingerprint(edition), served.units[whose], PERIOD, figures=said)
    out, header = BytesIO(), UnitHeader(served.units[whose], "Phường Bến Thóc", "", "")
    seal = sealed(served)
    workbook_write(out, edition=edition, form="xa", period=PERIOD, unit=header, seal=seal, content=made)
    return out.getvalue()


@pytest.mark.browser
def test_an_office_drops_files_hands_one_back_corrected_receives_and_asks(tab: Page, served: Served) -> None:
    whole, part = (one.replace(":", "__") for one in two_addresses())
    sign_in(tab, served, "office")
    tab.goto(f"{served.address}{LIST}")
    chosen(tab, ("ảnh.xlsx", b"no workbook"), ("Bến Thóc.xlsx", served_book(served, "commune2", **{whole: 5, part: 9})))
    assert "2" in tab.locator("[data-chosen]").inner_text()
    tab.locator("form[data-drop] button").click()
    tab.wait_for_url("**/intake/work/**")
    tab.wait_for_selector("table.tb-files")
    assert tab.locator(".tb-files .tb-bad").count() == 2
    assert "Biểu" in tab.locator(".tb-faults").nth(1).inner_text() + tab.locator(".tb-faults").first.inner_text()
    with tab.expect_download() as coming:
        tab.locator(".tb-why a.btn").click()
    back = load_workbook(BytesIO(coming.value.path().read_bytes()))
    marked = [
        cell
        for sheet in back.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment and cell.value == 9
    ]
    marked[0].value = 3
    out = BytesIO()
    back.save(out)
    tab.goto(f"{served.address}{LIST}")
    chosen(tab, ("Bến Thóc (sửa).xlsx", out.getvalue()))
    tab.locator("form[data-drop] button").click()
    tab.wait_for_selector("table.tb-files")
    assert tab.locator(".tb-files .tb-good").count() == 1
    # The list, by the keyboard: sift, open the panel, receive.
    tab.goto(f"{served.address}{LIST}")
    tab.focus("#q")
    tab.keyboard.type("ben thoc")
    expect(tab.locator(".tb-returns tbody tr")).to_have_count(1)
    tab.focus(".tb-returns tbody a")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#return")
    assert tab.evaluate("document.activeElement.id") == "whose"
    assert "Phường Bến Thóc" in tab.locator("#whose").inner_text()
    tab.locator(".tb-decide form button").first.click()
    tab.wait_for_load_state()
    assert tab.locator("main .alert[role=status]").is_visible()
    # It is asked to supplement, so that those that come after find it waiting for nobody.
    tab.goto(f"{served.address}{LIST}{served.units['commune2']}/")
    tab.locator(".tb-decide summary").click()
    tab.fill("#note", "Bổ sung Biểu 03")
    tab.locator(".tb-decide details button").click()
    tab.wait_for_load_state()
    assert "Bổ sung Biểu 03" in tab.locator("#return").inner_text()


@pytest.mark.browser
def test_files_chosen_before_the_session_ended_are_still_there_and_go_in_after_signing_in_elsewhere(
    tab: Page, served: Served
) -> None:
    sign_in(tab, served, "office")
    tab.goto(f"{served.address}{LIST}")
    chosen(tab, ("ảnh.xlsx", b"another file that is no workbook"))
    tab.context.clear_cookies(name="sessionid")
    tab.locator("form[data-drop] button").click()
    tab.wait_for_selector("#sent .alert a")
    other = tab.context.new_page()
    sign_in(other, served, "office")
    tab.locator("form[data-drop] button").click()  # the token changed when the person signed in
    tab.wait_for_selector("#tb-expired:not([hidden])")
    tab.locator("form[data-drop] button").click()
    tab.wait_for_url("**/intake/work/**")
    tab.wait_for_selector("table.tb-files")
    assert tab.locator(".tb-file").first.inner_text() == "ảnh.xlsx"


@pytest.mark.browser
def test_without_scripts_files_go_in_as_well(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, "office")
    page.goto(f"{served.address}{LIST}")
    chosen(page, ("không tập lệnh.xlsx", b"one more that is no workbook"))
    page.click("form[data-drop] button")
    for _time in range(40):
        if page.locator("table.tb-files").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    assert page.locator(".tb-file").first.inner_text() == "không tập lệnh.xlsx"
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("size", "lang"),
    [
        pytest.param(NARROW, "vi", id="narrow-vi"),
        pytest.param(WIDE, "vi", id="wide-vi", marks=pytest.mark.proof),
        pytest.param(NARROW, "en", id="narrow-en", marks=pytest.mark.proof),
        pytest.param(WIDE, "en", id="wide-en", marks=pytest.mark.proof),
    ],
)
def test_the_pages_of_intake_are_accessible(tab: Page, served: Served, lang: str, size: dict[str, int]) -> None:
    tab.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(tab, served, "office", lang=lang)
    unit = served.units["commune0"]
    for address in (LIST, f"{LIST}?q=khongcodau", f"{LIST}{unit}/", f"{LIST}remind/", f"{LIST}reconciliation/"):
        tab.goto(f"{served.address}{address}")
        assert serious(tab) == [], address
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
    tab.goto(f"{served.address}{LIST}")
    tab.locator(".tb-returns tbody a").first.click()
    tab.wait_for_selector("#return")
    assert serious(tab) == []
    tab.goto(f"{served.address}{LIST}")
    chosen(tab, (f"{lang}-{size['width']}.xlsx", b"no workbook " + lang.encode() + bytes([size["width"] % 250])))
    tab.locator("form[data-drop] button").click()
    tab.wait_for_selector("table.tb-files")
    assert serious(tab) == []


def test_a_list_on_a_phone_stands_in_rows_below_each_other(served: Served, tab: Page) -> None:
    """Nothing is cut off at the edge: each figure stands under the head of its column, the table stays a table."""
    tab.set_viewport_size(NARROW)
    sign_in(tab, served, "office")
    for address in ("intake/", "units/", "indicators/", "indicator/training.classes/explanation/"):
        tab.goto(f"{served.address}/2026-H1/{address}")
        table = tab.locator("table.tb-table").first
        assert table.get_attribute("role") == "table", address
        wide = "one => [...one.querySelectorAll('*')].filter(part => part.scrollWidth > one.parentElement.clientWidth)"
        assert table.evaluate(f"one => ({wide})(one).map(part => part.outerHTML.slice(0, 90))") == [], address
        cells = table.locator("tbody td:visible")
        right = cells.evaluate_all("all => Math.max(...all.map(one => one.getBoundingClientRect().right))")
        assert right <= NARROW["width"], address
        heads = table.locator("thead th").evaluate_all("all => all.map(one => one.textContent.trim())")
        said = cells.evaluate_all("all => all.map(one => one.dataset.head).filter(Boolean)")
        assert set(said) <= set(heads), address
        assert said, address
    tab.set_viewport_size(WIDE)
    assert tab.locator("table.tb-table").first.evaluate("one => getComputedStyle(one).display") == "table"
