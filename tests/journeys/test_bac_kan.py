"""Bắc Kạn's workshop of 2024 through the pages: its papers, its conclusions as tasks, and where they stand in the
report of the province that Bắc Kạn became.

From the account of it: who chaired, which posts sat beside, the partner, who spoke of what, what the opinions were
about, what the chair concluded and for whom. It says neither the day, nor the place, nor how many came: these, the
numbers of papers, and the days by which two of the conclusions were to be carried out are made up here. Persons are
named by their posts.
"""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import docx
import pypdf
import pytest
from django.test import Client
from django.utils import timezone
from tests.web.conftest import QUICK_PASSWORDS
from tests.web.parsed import Parsed
from tests.web.world import office_settings

from tienbo.accounts.models import User
from tienbo.core.words import clean
from tienbo.registers.models import Record
from tienbo.registers.task_models import Task
from tienbo.units.models import Role, Unit
from tienbo.units.reorganisations import ActText, Went, reorganisation_record
from tienbo.units.services import grant_give, unit_create, unit_end

BEGAN, MERGED = date(2014, 1, 1), date(2025, 7, 1)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6390cd760500017600cee17835af"
    "0000000049454e44ae426082"
)
CHAIR = "Phó Chủ tịch UBND tỉnh, Trưởng Ban Vì sự tiến bộ của phụ nữ tỉnh"
MEETING = {
    "name": "Hội thảo về bình đẳng giới và công tác cán bộ nữ", "sort": "workshop", "held_on": "22/10/2024",
    "leads": "yes", "starts_at": "8 giờ 00", "ends_at": "11 giờ 30", "place": "Hội trường UBND tỉnh",
    "content": "Giải pháp nâng cao tỷ lệ nữ lãnh đạo, quản lý, cấp ủy viên và ứng cử viên", "chair": CHAIR,
    "secretary": "Chuyên viên Sở Lao động - Thương binh và Xã hội", "talks_due": "11/10/2024",
}  # fmt: skip
ROWS = {
    "partners": [{"organisation": "Tổ chức APHEDA tại Việt Nam", "sort": "abroad", "part": "Đồng tổ chức"}],
    "delegates": [
        {"organisation": "Hội Liên hiệp Phụ nữ tỉnh", "posts": "Chủ tịch, Phó Trưởng Ban", "persons": "1",
         "women": "1"},
        {"organisation": "Sở Lao động - Thương binh và Xã hội", "posts": "Phó Giám đốc, Phó Trưởng Ban", "persons": "1",
         "women": "0"},
        {"organisation": "Các sở, ngành, huyện, thành phố", "posts": "Đại diện lãnh đạo", "persons": "48",
         "women": "27"},
    ],
    "agenda": [{"at": "8 giờ 00", "item": "Khai mạc", "by": "Sở Lao động - Thương binh và Xã hội"},
               {"at": "8 giờ 30", "item": "Tham luận", "by": "Các cơ quan"},
               {"at": "10 giờ 00", "item": "Thảo luận", "by": "Đại biểu"},
               {"at": "11 giờ 00", "item": "Kết luận", "by": "Trưởng Ban"}],
    "talks": [
        {"organisation": "Nguyên Giám đốc Trung tâm Bồi dưỡng đại biểu dân cử",
         "subject": "Thực trạng và giải pháp để có thêm nữ lãnh đạo, nữ ứng cử viên"},
        {"organisation": "Hội Liên hiệp Phụ nữ tỉnh", "subject": "Cán bộ nữ tham gia cấp ủy"},
        {"organisation": "Sở Nội vụ", "subject": "Đào tạo, quy hoạch cán bộ nữ cho đại hội nhiệm kỳ 2025 - 2030"},
    ],
    "opinions": [
        {"sort": "favourable", "organisation": "Các sở, ngành", "text": "Thuận lợi trong công tác bình đẳng giới"},
        {"sort": "difficulty", "organisation": "Các huyện", "text": "Khó khăn về nguồn cán bộ nữ"},
        {"sort": "proposal", "organisation": "Các huyện", "answers": "Sở Nội vụ",
         "text": "Có giải pháp để tăng nữ đại biểu nhiệm kỳ 2026 - 2031"},
    ],
}  # fmt: skip


def text(answer: object) -> str:
    return clean(re.sub(r"<[^>]*>", " ", answer.content.decode()))  # type: ignore[attr-defined]


class Desk:
    """The pages as somebody of an office uses them on a day."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch

    def on(self, *day: int) -> None:
        made = date(*day)
        self.patch.setattr(timezone, "localdate", lambda *_args: made)

    def sit(self, unit: Unit, role: Role = Role.OFFICE, begins: date | None = None) -> Client:
        name = f"{unit.pk}-{role}"
        user = User.objects.create_user(name, f"Cán bộ {unit.names.get()}")
        grant_give(user=user, unit=unit, role=role, begins=begins or unit.valid_from)
        client = Client()
        client.force_login(user)
        return client


def sent(client: Client, at: str, data: dict[str, object], status: int = 302) -> str:
    answer = client.post(at, data)
    assert answer.status_code == status, (at, answer.status_code, text(answer)[:6000])
    return str(answer.headers.get("Location", "")) or answer.content.decode()


def word(client: Client, at: str) -> str:
    answer = client.get(at)
    assert answer.status_code == 200, text(answer)[:3000]
    made = docx.Document(io.BytesIO(b"".join(answer.streaming_content) if answer.streaming else answer.content))
    lines = [one.text for one in made.paragraphs]
    lines += [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return clean("\n".join(lines))


@pytest.mark.django_db
def test_a_workshop_its_papers_and_what_became_of_its_conclusions(
    tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(monkeypatch)
    desk.on(2024, 10, 1)
    nation = unit_create(kind="nation", name="Việt Nam", begins=BEGAN)
    old, other = (unit_create(kind="province", name=f"Tỉnh {name}", begins=BEGAN, parent=nation)
                  for name in ("Bắc Kạn", "Thái Nguyên"))  # fmt: skip

    def part(kind: str, name: str, parent: Unit, begins: date = BEGAN) -> Unit:
        return unit_create(kind=kind, name=name, begins=begins, parent=parent)

    labour = part("department.labour", "Sở Lao động - Thương binh và Xã hội", old)
    personnel = part("department.home_affairs", "Sở Nội vụ", old)
    front, women = part("front.committee", "Ủy ban MTTQ Việt Nam tỉnh", old), part("front.women", "Hội LHPN tỉnh", old)
    settings.OFFICE = office_settings(tmp_path, old.key)  # type: ignore[attr-defined]
    settings.PASSWORD_HASHERS = QUICK_PASSWORDS  # type: ignore[attr-defined]
    office, chair = desk.sit(old), desk.sit(old, Role.CHAIR)

    # ---- before: the record, its papers, what they still lack
    keys = iter(range(1, 90))

    def typed(rows: dict[str, list[dict[str, str]]]) -> dict[str, object]:
        return {f"{field}/row_{key:026d}/{column}": said for field, held in rows.items()
                for key, row in ((next(keys), row) for row in held) for column, said in row.items()}  # fmt: skip

    at = "/2024-H2/registers/meeting/"
    early = {**MEETING, "place": ""}
    item = sent(office, f"{at}new/", {"unit": old.key, **early, **typed(ROWS)}).rstrip("/").rpartition("/")[2]
    at = f"{at}{item}/"
    page = text(office.get(f"{at}papers/"))
    assert page.count("Còn thiếu: Địa điểm") == 5  # the invitation, three letters, the agenda
    assert "Chưa soạn khi còn ở trạng thái “Dự kiến”" in page
    refused = office.get(f"{at}papers/invitation/docx")
    assert (refused.status_code, "còn thiếu: Địa điểm" in text(refused)) == (422, True)
    sent(office, f"{at}change/", {"seen": "1", "place": MEETING["place"]})
    invitation = word(office, f"{at}papers/invitation/docx")
    for said in (
        "GIẤY MỜI", "Dự hội thảo về bình đẳng giới", "Số: /GM-BVSTBPN", "trân trọng kính mời",
        "- Hội Liên hiệp Phụ nữ tỉnh: Chủ tịch, Phó Trưởng Ban", "- Tổ chức APHEDA tại Việt Nam",
        "Thời gian: 8 giờ 00, thứ Ba, ngày 22/10/2024.", "Địa điểm: Hội trường UBND tỉnh.", f"Chủ trì: {CHAIR}.",
    ):  # fmt: skip
        assert said in invitation, (said, invitation)
    papers = Parsed(office.get(f"{at}papers/").content.decode())
    assert papers.faults == []
    letters = [one.attributes["href"] for one in papers.all("a") if "/talk/docx" in one.attributes.get("href", "")]
    assert len(letters) == 3
    letter = word(office, letters[1])
    assert "V/v đề nghị chuẩn bị tham luận tại hội thảo" in letter
    assert "Kính gửi: Hội Liên hiệp Phụ nữ tỉnh" in letter
    assert "chuyên đề “Cán bộ nữ tham gia cấp ủy”" in letter
    assert "ngày 11/10/2024" in letter
    programme = word(office, f"{at}papers/programme/docx")
    assert "8 giờ 30 Tham luận Các cơ quan" in programme
    roster = word(office, f"{at}papers/roster/docx")
    assert "Tổng số: 50 đại biểu, trong đó 28 nữ." in roster
    assert roster.count("Đại diện lãnh đạo") == 1
    assert roster.count("Các sở, ngành, huyện, thành phố") == 1 + 48  # once in the list, then a line for each to sign

    # ---- after: held, minuted, concluded by whom it is for
    desk.on(2024, 10, 25)
    sent(office, f"{at}move/", {"seen": "2", "move": "hold"})
    conclusions = [
        {"text": "Tham mưu UBND tỉnh thực hiện các mục tiêu, chỉ tiêu về bình đẳng giới giai đoạn 2021-2030",
         "sort": "standing", "units": f"{labour.key};{personnel.key}"},
        {"text": "Lồng ghép giới trong văn bản quy phạm pháp luật và kế hoạch của ngành", "sort": "standing",
         "group": "departments"},
        {"text": "Rà soát quy hoạch, bổ nhiệm nữ lãnh đạo ở đơn vị có từ 30% lao động nữ", "sort": "dated",
         "lead": personnel.key, "units": labour.key, "partners": women.key, "due_on": "31/3/2025",
         "done_when": "Có báo cáo kết quả rà soát"},
        {"text": "Đổi mới tuyên truyền, ưu tiên vùng nông thôn, vùng sâu, vùng xa, vùng đồng bào dân tộc thiểu số",
         "sort": "standing", "units": f"{front.key};{women.key}"},
        {"text": "Giám sát việc lồng ghép giới ở từng lĩnh vực, địa phương", "sort": "standing", "units": front.key},
        {"text": "Cung cấp các bộ tài liệu truyền thông cho địa phương", "sort": "dated", "units": women.key,
         "due_on": "31/12/2024"},
    ]  # fmt: skip
    sent(office, f"{at}change/", {"seen": "3", **typed({"conclusions": conclusions})})
    minutes = word(office, f"{at}papers/minutes/docx")
    for said in (
        "BIÊN BẢN", "Thời gian bắt đầu: 8 giờ 00, ngày 22/10/2024.", "Thư ký: Chuyên viên Sở Lao động",
        "Tổng số 50 đại biểu, trong đó 28 nữ:", "Đơn vị phối hợp: Tổ chức APHEDA tại Việt Nam (đồng tổ chức)",
        "Thuận lợi", "Các huyện: Khó khăn về nguồn cán bộ nữ",
        "(cơ quan trả lời, giải quyết: Sở Nội vụ)", "kết thúc vào 11 giờ 30, ngày 22/10/2024./.", "THƯ KÝ", "CHỦ TRÌ",
    ):  # fmt: skip
        assert said in minutes, (said, minutes)
    notice = word(office, f"{at}papers/notice/docx")
    for said in (
        "THÔNG BÁO", "Số: /TB-BVSTBPN", f"{CHAIR} kết luận như sau:",
        "Giao Sở Nội vụ chủ trì, phối hợp với Sở Lao động - Thương binh và Xã hội: rà soát quy hoạch",
        "Đề nghị Hội LHPN tỉnh phối hợp thực hiện. Thời hạn hoàn thành: ngày 31/3/2025.",
        "Đề nghị Ủy ban MTTQ Việt Nam tỉnh, Hội LHPN tỉnh phối hợp: đổi mới tuyên truyền",
        "Đề nghị Hội LHPN tỉnh phối hợp: cung cấp các bộ tài liệu truyền thông cho địa phương. "
        "Thời gian đề nghị: trước hết ngày 31/12/2024.",
    ):  # fmt: skip
        assert said in notice, (said, notice)
    assert not re.search(r"Giao (Ủy ban MTTQ|Hội LHPN)", notice)
    pdf = office.get(f"{at}papers/notice/pdf")
    pages = pypdf.PdfReader(io.BytesIO(pdf.content)).pages
    assert "ĐềnghịHộiLHPNtỉnh" in "".join("".join(one.extract_text().split()) for one in pages)

    # ---- the register of documents gives the notice its number, which goes into the record
    document = sent(office, f"{at}papers/notice/enter/", {"row": ""})
    sent(office, f"{at}papers/notice/enter/", {"row": ""}, 422)  # it is there already
    assert "Dự thảo" in text(office.get(document))
    sent(office, f"{at}papers/notice/number/", {"row": "", "seen": "4"}, 422)
    sent(office, f"{document}change/", {"seen": "1", "number": "45/TB-BVSTBPN", "submitted_to": "Trưởng Ban"})
    for seen, step in (("2", "submit"), ("3", "issue")):
        sent(office, f"{document}move/", {"seen": seen, "move": step})
    assert "Đã ban hành, 45/TB-BVSTBPN" in text(office.get(f"{at}papers/"))
    sent(office, f"{at}papers/notice/number/", {"row": "", "seen": "4"})
    assert Record.objects.get(key=item).data["notice"] == "45/TB-BVSTBPN"
    sent(chair, f"{at}move/", {"seen": "5", "move": "conclude"})
    follows = text(office.get(f"{at}tasks/"))
    assert "Thông báo kết luận số 45/TB-BVSTBPN ngày 25/10/2024" in follows
    sent(office, f"{at}tasks/", {"seen": "6"})
    # Two and two departments of the first two, one lead, the Front and the Union, the Front, the Union: 9 tasks.
    assert Task.objects.count() == 9

    # ---- the units do their part; a document is brought with the answer
    told = {name: desk.sit(unit, Role.HEAD) for name, unit in (("women", women), ("front", front), ("labour", labour))}
    kits = Task.objects.get(text__startswith="Cung cấp")
    where = f"/2024-H2/tasks/{kits.key}/"
    said = {"what": "reported", "text": "Đã gửi tài liệu đến các huyện", "evidence": ""}
    sent(told["women"], f"{where}act/", {**said, "seen": "1"}, 422)
    file = io.BytesIO(PNG)
    file.name = "công văn gửi tài liệu.png"
    sent(told["women"], f"{where}act/", {**said, "seen": "1", "file": file})
    seen = office.get(where).content.decode()
    shown = re.findall(r'<img src="([^"]+)"', seen)
    assert "công văn gửi tài liệu.png" in seen
    assert office.get(shown[0])["Content-Type"] == "image/png"
    assert told["women"].get(shown[0]).status_code == 200
    assert told["labour"].get(shown[0]).status_code == 404
    sent(office, f"{where}act/", {"what": "accepted", "seen": "3"})

    # ---- 1/3/2025 the department of labour goes into that of home affairs; 1/7/2025 all of it into Thái Nguyên
    desk.on(2025, 2, 25)
    review = Task.objects.get(text__startswith="Rà soát")
    sent(office, f"/2025-H1/tasks/{review.key}/act/", {
        "what": "extended", "seen": "1", "due_on": "30/9/2025", "text": "Sắp xếp tổ chức bộ máy"})  # fmt: skip
    went(date(2025, 3, 1), [(labour, personnel)])
    new = part("province", "Tỉnh Thái Nguyên mới", nation, MERGED)
    office_new = part("department.home_affairs", "Sở Nội vụ", new, MERGED)
    front_new = part("front.committee", "Ủy ban MTTQ Việt Nam tỉnh", new, MERGED)
    women_new = part("front.women", "Hội LHPN tỉnh", new, MERGED)
    went(MERGED, [(personnel, office_new), (front, front_new), (women, women_new), (old, new), (other, new)])
    settings.OFFICE = office_settings(tmp_path, new.key)  # type: ignore[attr-defined]
    desk.on(2025, 7, 10)
    office = desk.sit(new)
    left = office.get("/2025-H2/tasks/hand-over/")
    assert Parsed(left.content.decode()).faults == []
    waiting = re.findall(r'name="(seen-task_\w+)" value="(\d+)"', left.content.decode())
    assert len(waiting) == 8  # all but the one that was done
    chosen = dict(re.findall(r'<select[^>]*name="(to-task_\w+)".*?value="(unit_\w+)" selected', left.content.decode(),
                             re.DOTALL))  # fmt: skip
    sent(office, "/2025-H2/tasks/hand-over/", {**dict(waiting), **chosen, "text": "Hợp nhất tỉnh từ 1/7/2025"})
    assert set(Task.objects.filter(closed_on=None).values_list("owner", flat=True)) == {
        office_new.pk, front_new.pk, women_new.pk}  # fmt: skip
    desk.on(2025, 9, 20)
    head = desk.sit(office_new, Role.HEAD)
    where = f"/2025-H2/tasks/{review.key}/act/"
    sent(head, where, {"what": "reported", "seen": "3", "text": "Đã rà soát", "evidence": "Báo cáo số 210/BC-SNV"})
    sent(office, where, {"what": "accepted", "seen": "4"})

    # ---- the half-year's report of what Bắc Kạn became, and the next meeting's papers
    desk.on(2025, 12, 20)
    paragraphs = [one.text for one in Parsed(office.get("/2025-H2/report/").content.decode()).all("p")]
    assert any("01/01 nhiệm vụ giao cho các cơ quan, đơn vị, địa phương đã hoàn thành, trong đó 01 đúng hạn" in one
               for one in paragraphs), paragraphs  # fmt: skip
    later = {**MEETING, "name": "Họp Ban cuối năm", "sort": "committee", "held_on": "24/12/2025", "talks_due": ""}
    at = "/2025-H2/registers/meeting/"
    held = {"agenda": ROWS["agenda"], "delegates": ROWS["delegates"][:1]}
    desk.on(2025, 12, 22)
    item = sent(office, f"{at}new/", {"unit": new.key, **later, **typed(held)}).rstrip("/").rpartition("/")[2]
    for paper in ("programme", "follow_up"):
        opens = word(office, f"{at}{item}/papers/{paper}/docx")
        assert "Tình hình thực hiện kết luận cuộc họp ngày 22/10/2024, tính đến hết ngày 22/12/2025: " in opens, opens
        assert "01/01 nhiệm vụ hoàn thành, trong đó 01 đúng hạn." in opens
        assert "đã phối hợp thực hiện 01/01 nội dung đề nghị phối hợp." in opens
        assert "Đã gửi tài liệu đến các huyện" in opens
        assert "Sở Nội vụ (nhận từ Sở Lao động - Thương binh và Xã hội, Tỉnh Bắc Kạn)" in opens, opens
        assert "uá hạn" not in opens


def went(day: date, links: list[tuple[Unit, Unit]]) -> None:
    """Units end, each of them wholly gone into another."""
    for before, _after in links:
        unit_end(unit=before, on=day)
    act = ActText("merge", "Sắp xếp đơn vị", "thử nghiệm")
    reorganisation_record(text=act, effective_on=day, went=[Went(one.pk, to.pk, "whole") for one, to in links])
