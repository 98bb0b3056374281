"""Chasing: every form of the list names the same units, more time is honoured, no person's number is asked for."""

from __future__ import annotations

import email
from collections.abc import Callable
from datetime import date, datetime
from email.message import Message
from io import BytesIO
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from tests.web.world import PERIOD, World

from tienbo.collection.models import Campaign, Extension, Reminding
from tienbo.core.periods import Period
from tienbo.ground.jobs import job_do, job_take
from tienbo.ground.models import Job
from tienbo.units.contacts import contacts_of
from tienbo.units.models import UnitContact
from tienbo.web.office import office as the_office
from tienbo.web.reminding import due_calendar

AT = f"/{PERIOD}/intake/remind/"
SHEET = "Đơn vị;Điện thoại;Thư điện tử\nSở Nội vụ;0238 3844 123;noivu@vinhan.gov.vn\n"


@pytest.fixture(autouse=True)
def july() -> object:
    """The day after the due day; the department has sent nothing."""
    day = datetime(2026, 7, 2, 9, tzinfo=timezone.get_current_timezone())
    with patch("django.utils.timezone.now", lambda: day):
        yield


@pytest.fixture
def office(world: World, sit: Callable[[str], Client]) -> Client:
    Campaign.objects.filter(period_code=PERIOD.code).update(due_on=date(2026, 6, 25))
    return sit("office")


def work() -> None:
    while (held := job_take(worker="thợ")) is not None:
        job_do(held)


def imported(office: Client, text: str = SHEET) -> None:
    answer = office.post(f"{AT}contacts/", {"file": SimpleUploadedFile("dt.csv", text.encode("utf-8-sig"))})
    assert answer.status_code == 302, answer.content.decode()


def test_the_message_for_the_chat_names_who_is_awaited_and_until_when(office: Client, world: World) -> None:
    page = office.get(AT).content.decode()
    assert "Tin nhắn gửi nhóm" in page
    assert "1. Sở Nội vụ – quá hạn\n" in page
    assert "(hạn gửi 25/6/2026): đến ngày 02/7/2026, còn 1/4 đơn vị" in page


def test_more_time_is_honoured_in_every_form_of_the_list(office: Client, world: World) -> None:
    campaign = Campaign.objects.get(root=world.province, period_code=PERIOD.code)
    given = {"due_on": date(2026, 7, 10), "reason": "bão", "given_by": "x"}
    Extension.objects.create(campaign=campaign, unit=world.department, **given)
    page = office.get(AT).content.decode()
    assert "(hạn 10/7/2026)" in page
    assert "tb-bad" not in page.partition('id="calls"')[2]
    assert "10/7/2026" in office.get(f"{AT}calls.csv").content.decode()
    assert b"DTSTART;VALUE=DATE:20260710" in office.get(f"{AT}due.ics").content.replace(b"\r\n ", b"")


def test_the_picture_is_as_wide_as_a_telephone(office: Client) -> None:
    answer = office.get(f"{AT}list.png")
    assert answer["Content-Type"] == "image/png"
    picture = Image.open(BytesIO(answer.content))
    assert picture.width == 1080
    assert picture.height > 300


def test_the_letter_is_drafted_in_both_forms(office: Client) -> None:
    assert office.get(f"{AT}letter.pdf").content.startswith(b"%PDF")
    assert office.get(f"{AT}letter.docx").content.startswith(b"PK")


def test_numbers_of_offices_come_from_a_sheet_and_stand_in_the_call_list(office: Client, world: World) -> None:
    imported(office)
    imported(office)
    assert UnitContact.objects.count() == 1
    page = office.get(AT).content.decode()
    assert 'href="tel:02383844123"' in page
    assert "0238 3844 123;noivu@vinhan.gov.vn" in office.get(f"{AT}calls.csv").content.decode()


def test_a_sheet_with_faults_changes_nothing_and_says_all_of_them(office: Client, world: World) -> None:
    text = SHEET + "Sở Không Có;123456;a@b.vn\nXã Đồng Tâm;gọi chị Hoa;không phải thư\nXã Chim Yến A;0123456;\n"
    answer = office.post(f"{AT}contacts/", {"file": SimpleUploadedFile("dt.csv", text.encode())})
    assert answer.status_code == 422
    page = answer.content.decode()
    for said in ("Sở Không Có", "gọi chị Hoa", "không phải thư", "Xã Chim Yến A"):
        assert said in page
    assert not UnitContact.objects.exists()
    for bad in (b"\xff\xfe", b"PK\x03\x04", b"a;b\n1;2\n"):
        assert office.post(f"{AT}contacts/", {"file": SimpleUploadedFile("x.xlsx", bad)}).status_code == 422


def test_without_a_server_messages_are_written_each_unit_its_own_and_once(office: Client, world: World) -> None:
    imported(office)
    sent = {"unit": [world.department.key, world.communes[0].key], "text": "Kính đề nghị gửi báo cáo."}
    assert "Đang ghi 1 thư vào thư mục out/mail." in office.post(f"{AT}send/", sent, follow=True).content.decode()
    work()
    job = Job.objects.get(kind="campaign.remind")
    assert job.result["sent"] == 1, job.trace
    (file,) = list(the_office().settings.letters.glob("*.eml"))
    message: Message = email.message_from_bytes(file.read_bytes())
    assert message["To"] == "noivu@vinhan.gov.vn"
    body, ics = message.get_payload()
    assert "Kính đề nghị gửi báo cáo." in body.get_payload(decode=True).decode()
    assert "25/6/2026" in body.get_payload(decode=True).decode()
    assert ics.get_content_type() == "text/calendar"
    Job.objects.filter(pk=job.pk).update(state=Job.State.WAITING)  # a worker that died after it had sent
    work()
    row = Reminding.objects.get()
    assert (row.unit, row.way) == (world.department, "file")


def test_with_a_server_they_are_sent_and_what_fails_is_said(
    office: Client, world: World, settings: object, mailoutbox: list[object]
) -> None:
    from dataclasses import replace

    settings.OFFICE = replace(settings.OFFICE, mail_server=True)  # type: ignore[attr-defined]
    imported(office)
    sent = {"unit": [world.department.key], "text": "Kính đề nghị."}
    office.post(f"{AT}send/", sent)
    with patch("django.core.mail.backends.locmem.EmailBackend.send_messages", side_effect=ConnectionRefusedError):
        work()
    failed = Job.objects.get(kind="campaign.remind").result["failed"]
    assert failed == [[world.department.key, "ConnectionRefusedError"]]
    assert not Reminding.objects.exists()
    office.post(f"{AT}send/", sent)
    work()
    assert len(mailoutbox) == 1
    assert "không gửi được" in office.get(AT).content.decode()


def test_nobody_with_an_address_and_no_text_are_said(office: Client, world: World) -> None:
    answer = office.post(f"{AT}send/", {"unit": [world.department.key], "text": "x"})
    assert answer.status_code == 422
    assert "chưa có địa chỉ thư" in answer.content.decode()
    imported(office)
    assert office.post(f"{AT}send/", {"unit": [world.department.key], "text": " "}).status_code == 422
    assert contacts_of([world.department.pk])


def test_a_calendar_folds_its_lines_and_cuts_no_letter() -> None:
    names = [f"Xã Số {number}, huyện cũ; tên dài" for number in range(40)]
    made = due_calendar(
        key="k",
        period=Period(2026, 1),
        due_on=date(2026, 6, 25),
        made_on=date(2026, 6, 1),
        more={date(2026, 7, 1): names},
        sender="Tỉnh Vĩnh An",
    )
    lines = made.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert all(line.decode() is not None for line in lines)
    whole = made.replace(b"\r\n ", b"").decode()
    assert whole.count("BEGIN:VEVENT") == 2
    assert "Xã Số 39\\, huyện cũ\\; tên dài" in whole
