"""Requests about personal data and incidents through their pages: who may, by when, what is kept and what never is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import BytesIO

import docx
import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from tests.web.world import BEGAN, FAR, PASSWORD, World

from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.core.faults import Refused
from tienbo.ground.journal import journal_seal
from tienbo.ground.models import JournalEvent
from tienbo.protection.breaches import Known, breach_close, breach_notify, breach_say, breach_signal, breach_told
from tienbo.protection.models import Breach, BreachClosed, BreachNotice, RequestAct, SubjectRequest
from tienbo.units.models import Role
from tienbo.units.services import grant_give

pytestmark = [pytest.mark.database, pytest.mark.django_db]

Sit = Callable[[str], Client]
ASKED = {
    "kind": "correct", "subject": "Trần Thị B", "answer_to": "Xã Đồng Tâm", "channel": "letter",
    "text": "Đề nghị sửa chức danh đã công bố", "received_on": "10/02/2026",
}  # fmt: skip


@pytest.fixture
def officer(world: World) -> Client:
    """The personal-data officer of the first province."""
    user = User.objects.create_user("can-bo-du-lieu", "Người phụ trách dữ liệu", PASSWORD)
    grant_give(user=user, unit=world.province, role=Role.DATA_OFFICER, begins=BEGAN, ends=FAR)
    client = Client()
    client.force_login(user)
    return client


def words(answer: object) -> str:
    """The words of a Word file that was handed out."""
    paper = docx.Document(BytesIO(answer.content))  # type: ignore[attr-defined]
    cells = (cell.text for table in paper.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(one.text for one in paper.paragraphs), *cells])


def test_a_request_goes_from_its_note_to_its_answer_and_is_never_rewritten(officer: Client, sit: Sit) -> None:
    made = officer.post("/protection/request/new/", ASKED)
    assert made.status_code == 302, made.content.decode()
    held = SubjectRequest.objects.get()
    at = f"/protection/request/{held.key}/"
    page = officer.get(at).content.decode()
    assert "12/02/2026" in page  # acknowledged by the second working day
    assert "23/02/2026" in page  # ten days on is 20/02, in Tết
    assert "20/02/2026 là ngày nghỉ" in page
    assert "quá hạn" in page  # nobody did anything since February
    assert officer.post(f"{at}act/", {"act": "acknowledge", "on": "12/02/2026", "number": "01/CV"}).status_code == 302
    late = officer.post(f"{at}act/", {"act": "extend", "on": "24/02/2026", "days": "5", "reason": "x"})
    assert (late.status_code, "23/02/2026" in late.content.decode()) == (422, True)
    long = officer.post(f"{at}act/", {"act": "extend", "on": "20/02/2026", "days": "11", "reason": "x"})
    assert long.status_code == 422
    extended = {"act": "extend", "on": "20/02/2026", "days": "10", "reason": "Phải hỏi bên thứ ba"}
    assert officer.post(f"{at}act/", extended).status_code == 302
    assert officer.post(f"{at}act/", extended).status_code == 422, "once"
    assert officer.post(f"{at}act/", {"act": "others", "on": "20/02/2026"}).status_code == 302
    page = officer.get(at).content.decode()
    assert "09/3/2026" in page  # 15 + 10 days after 10/02 is Saturday 7/3
    unproved = officer.post(f"{at}act/", {"act": "answer", "on": "05/3/2026", "reason": "Đã sửa"})
    assert unproved.status_code == 422
    done = {"act": "answer", "on": "05/3/2026", "reason": "Đã sửa", "proved_by": "xuất trình giấy tờ"}
    assert officer.post(f"{at}act/", done).status_code == 302
    assert "quá hạn" not in officer.get(at).content.decode(), "everything was done in time"
    assert officer.post(f"{at}act/", {"act": "refuse", "ground": "law", "reason": "x"}).status_code == 422, "ended"
    letter = words(officer.get(f"{at}acknowledge.docx"))
    assert "Trần Thị B" in letter
    assert "[……]" in letter
    assert "09/3/2026" in letter
    listed = b"".join(officer.get("/protection/requests.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Trần Thị B" not in listed
    assert "05/3/2026" in listed
    # The office reads, and keeps nothing; nobody else sees that there is one.
    assert sit("office").get(at).status_code == 200
    assert sit("office").post(f"{at}act/", done).status_code == 404
    for seat in ("preparer", "head", "partner", "administrator", "other_office", "agency"):
        assert sit(seat).get(at).status_code == 404
    for change in (SubjectRequest.objects, RequestAct.objects):
        with pytest.raises(DatabaseError), transaction.atomic():
            change.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        SubjectRequest.objects.update(received_on=date(2026, 3, 1))
    journal_seal()
    tables = {table for event in JournalEvent.objects.all() for table in event.tables.split(",")}
    assert {"protection_subjectrequest", "protection_requestact"} <= tables


@pytest.mark.parametrize(
    ("changed", "words_said"),
    [
        ({"text": "Hồ sơ vụ việc của chị C"}, "vụ việc bạo lực"),
        ({"text": "Xin xem bệnh án"}, "sức khỏe"),
        ({"kind": "nothing"}, "nothing"),
        ({"received_on": "31/12/2099"}, "31/12/2099"),
        ({"received_on": "hôm qua"}, "hôm qua"),
        ({"subject": ""}, "dữ liệu"),
    ],
)
def test_what_is_no_request_is_refused_in_words(changed: dict[str, str], words_said: str, officer: Client) -> None:
    answer = officer.post("/protection/request/new/", {**ASKED, **changed})
    assert answer.status_code == 422
    assert words_said in answer.content.decode()
    assert not SubjectRequest.objects.exists()


def test_whoever_sits_somewhere_gives_the_first_signal_and_the_officer_tells_the_authorities(
    officer: Client, sit: Sit
) -> None:
    now = timezone.localtime()
    seen = now - timedelta(hours=30)
    typed = {"seen": "Tài khoản của xã có người khác dùng", "day": f"{seen:%d/%m/%Y}", "time": f"{seen:%H:%M}"}
    page = sit("preparer").post("/protection/signal/", typed)
    assert page.status_code == 200
    breach = Breach.objects.get()
    assert breach.key[-8:] in page.content.decode()
    at = f"/protection/incident/{breach.key}/"
    assert sit("preparer").get(at).status_code == 404
    page = officer.get(at).content.decode()
    assert page.count("chưa gửi") == 3  # all three run while nobody said otherwise
    assert page.count("quá hạn") == 2, "of the notice of 24 hours, and of the incident"
    known = {"kind": "account", "serious": "yes", "personal": "yes", "subjects": "", "data": "tên, chức vụ"}
    assert officer.post(f"{at}say/", known).status_code == 302
    early = officer.post(f"{at}close/", {"minutes": "02/BB"})
    assert early.status_code == 422
    mail = words(officer.get(f"{at}personal.docx"))
    assert "tên, chức vụ" in mail
    assert "[……]" in mail  # how many people: not known, and nothing made up
    given = {"to": "Công an tỉnh", "sent_day": f"{now:%d/%m/%Y}", "sent_time": f"{now:%H:%M}", "number": "03/TB"}
    late = officer.post(f"{at}notice/", {**given, "notice": "cyber_first"})
    assert late.status_code == 422, "six hours late without a reason"
    assert officer.post(f"{at}notice/", {**given, "notice": "cyber_first", "why_late": "Đêm"}).status_code == 302
    for notice in ("cyber_report", "personal"):
        assert officer.post(f"{at}notice/", {**given, "notice": notice}).status_code == 302
    assert officer.post(f"{at}notice/", {**given, "notice": "personal"}).status_code == 422, "twice"
    assert officer.post(f"{at}close/", {"minutes": "02/BB ngày …"}).status_code == 302
    closed = BreachClosed.objects.get()
    assert closed.kept_until.year == now.year + 5
    assert officer.post(f"{at}say/", known).status_code == 422, "closed"
    record = words(officer.get(f"{at}record.docx"))
    assert "03/TB" not in record  # numbers stand in the register; the record says when and to whom
    assert "Công an tỉnh" in record
    for table in (Breach, BreachNotice, BreachClosed):
        with pytest.raises(DatabaseError), transaction.atomic():
            table.objects.all().delete()


def test_a_clock_that_was_ruled_out_stands_still_and_one_that_was_told_stays_told(world: World) -> None:
    actor, signal = operator("thử"), timezone.now() - timedelta(hours=80)
    breach = breach_signal(
        unit=world.province, seen="Máy chủ dừng", detected_at=signal, actor=actor, now=timezone.now(), pack="vn"
    )

    def codes(moment: datetime) -> dict[str, bool]:
        return {one.code: one.is_late for one in breach_told(breach, now=moment).clocks}

    assert codes(signal + timedelta(hours=72)) == {"cyber_first": True, "cyber_report": False, "personal": False}
    breach_say(breach=breach, known=Known("outage", serious="yes", personal="no"), actor=actor, pack="vn")
    breach_notify(
        breach=breach,
        notice="cyber_first",
        sent_at=signal + timedelta(hours=24),
        to="A05",
        actor=actor,
        now=timezone.now(),
    )
    assert codes(timezone.now()) == {"cyber_first": False, "cyber_report": True}
    breach_say(breach=breach, known=Known("false"), actor=actor, pack="vn")
    assert codes(timezone.now()) == {"cyber_first": False}
    with pytest.raises(Refused):
        breach_close(breach=breach, minutes="", on=timezone.localdate(), actor=actor, now=timezone.now())
    breach_close(breach=breach, minutes="01/BB", on=timezone.localdate(), actor=actor, now=timezone.now())
