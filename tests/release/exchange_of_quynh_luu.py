"""On the site of Quỳnh Lưu's first half of 2014, through the pages: the meeting of 2 July with the committee of Xiêng
Khoảng, the tasks of the second half, and the packet for the partner, from its first word to a link that has been
closed. `python -m tests.release.exchange_of_quynh_luu SITE OUT` prints JSON.

The account of the meeting names no chair, counts nobody and sets no time for what was to be done: these are made
up.

What Xiêng Khoảng would state of itself is not published: the two figures typed in here are made up for the test, and
say so in their source. Posts and organisations only; no person is named.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.project.desk import django_start

if TYPE_CHECKING:
    from django.test import Client

    from tienbo.units.models import Unit

PRACTICE_VI = "Ngăn ngừa và giảm thiểu tác hại bạo lực trên cơ sở giới"
PRACTICE_EN = "Preventing gender-based violence and reducing its harm"

_LAO = "ຄະນະກຳມາທິການເພື່ອຄວາມກ້າວໜ້າຂອງແມ່ຍິງ ແລະ ແມ່-ເດັກ"
WORDS = {
    "title_vi": "Kết quả 6 tháng đầu năm 2014 của huyện Quỳnh Lưu",
    "title_en": "Quỳnh Lưu district, first half of 2014",
    "partner_vi": "Ban Vì sự tiến bộ của phụ nữ tỉnh Xiêng Khoảng (Lào)",
    "partner_en": "Committee for the Advancement of Women, Xiêng Khoảng (Lao PDR)",
    "partner_lo": f"{_LAO} Xiêng Khoảng",
    "own_name_vi": "Ban Vì sự tiến bộ của phụ nữ huyện Quỳnh Lưu",
    "own_name_en": "Committee for the Advancement of Women, Quỳnh Lưu district",
    "own_name_lo": f"{_LAO} Quỳnh Lưu",
    "opening_vi": "Tài liệu trao đổi tại buổi gặp mặt giữa hai Ban.\n"
    "Nhiệm vụ 6 tháng cuối năm 2014: tiếp tục nâng cao nhận thức của các cấp về bình đẳng giới; tăng cường kiểm tra, "
    "giám sát các Ban ở cơ sở; tập huấn kỹ năng lồng ghép giới.",
    "opening_en": "Materials for the meeting of both committees.",
    **dict.fromkeys(("shared_vi", "shared_en", "shared_lo"), "1"),
}
THEIRS = {
    "name": "Tỷ lệ bản có tổ phụ nữ",
    "name_en": "Villages with a women's group",
    "value": "41,5",
    "unit": "percent",
    "numerator": "Bản có tổ phụ nữ",
    "denominator": "Tổng số bản",
    "base": "team",
    "first": "1/1/2014",
    "last": "30/6/2014",
    "direction": "up",
    "source": "Số liệu giả định của bài kiểm tra",
    "beside": "committee.communes_share",
    "same_numerator": "differs",
    "same_denominator": "differs",
}


MEETING = {
    "name": "Gặp mặt, trao đổi kinh nghiệm với Ban VSTBPN tỉnh Xiêng Khoảng và sơ kết 6 tháng đầu năm 2014",
    "sort": "exchange", "held_on": "2/7/2014", "leads": "yes", "starts_at": "8 giờ 00", "ends_at": "11 giờ 00",
    "place": "Hội trường UBND huyện", "chair": "Lãnh đạo UBND huyện", "secretary": "Chuyên viên Phòng LĐTBXH",
    "notice": "07/TB-BVSTBPN", "notice_on": "4/7/2014",
}  # fmt: skip
PARTNER = {"organisation": "Ban Vì sự tiến bộ của phụ nữ tỉnh Xiêng Khoảng (CHDCND Lào)", "sort": "abroad",
           "part": "Trao đổi kinh nghiệm"}  # fmt: skip
DELEGATES = [
    {"organisation": "Ban Vì sự tiến bộ của phụ nữ tỉnh Xiêng Khoảng", "persons": "8", "women": "6"},
    {"organisation": "Sở LĐTBXH tỉnh Nghệ An", "posts": "Phó Giám đốc", "persons": "1", "women": "0"},
    {"organisation": "Huyện Quỳnh Lưu", "posts": "Lãnh đạo huyện", "persons": "30", "women": "18"},
]


def review(unit: Unit, office: Client, chair: Client) -> dict[str, object]:
    """The meeting, what was to be done in the second half of the year, and what its owners said by the end of it."""
    from unittest.mock import patch

    from django.test import Client
    from django.utils import timezone

    from tienbo.accounts.models import User
    from tienbo.registers.task_models import Task
    from tienbo.units.models import Role
    from tienbo.units.services import grant_give, unit_create, unit_end

    began = date(2014, 1, 1)
    labour, women = (
        unit_create(kind=kind, name=name, begins=began, parent=unit)
        for kind, name in (("department.labour", "Phòng LĐTBXH huyện"), ("front.women", "Hội LHPN huyện"))
    )
    heads = {}
    for at in (labour, women):
        unit_end(unit=at, on=date(2025, 7, 1))
        user = User.objects.create_user(username=f"head-{at.pk}", full_name="Lãnh đạo")
        grant_give(user=user, unit=at, role=Role.HEAD, begins=began)
        heads[at.pk] = Client()
        heads[at.pk].force_login(user)
    conclusions = [
        {"text": "Nâng cao nhận thức của các cấp về bình đẳng giới", "sort": "standing", "group": "communes"},
        {"text": "Nâng cao nhận thức cho hội viên; chăm lo giáo dục, việc làm cho phụ nữ", "sort": "standing",
         "units": women.key},
        {"text": "Kiểm tra, giám sát các Ban ở cơ sở", "sort": "dated", "lead": labour.key, "partners": women.key,
         "due_on": "31/12/2014"},
        {"text": "Tập huấn nghiệp vụ, kỹ năng lồng ghép giới", "sort": "dated", "lead": labour.key,
         "due_on": "31/12/2014"},
    ]  # fmt: skip
    rows = {"partners": [PARTNER], "delegates": DELEGATES, "conclusions": conclusions}
    typed = {f"{field}/row_{number:026d}/{code}": said for field, held in rows.items()
             for number, row in enumerate(held) for code, said in row.items()}  # fmt: skip
    register, told = "/2014-H2/registers/meeting/", {}

    def sent(client: Client, at: str, data: dict[str, object]) -> str:
        answer = client.post(at, data)
        assert answer.status_code == 302, (at, answer.status_code, answer.content.decode()[-5000:])
        return str(answer.headers["Location"])

    with patch.object(timezone, "localdate", lambda *_: date(2014, 7, 4)):
        item = sent(office, f"{register}new/", {"unit": unit.key, **MEETING, **typed})
        sent(office, f"{item}move/", {"seen": "1", "move": "hold"})
        told["notice"] = office.get(f"{item}papers/notice/docx").content.hex()
        sent(chair, f"{item}move/", {"seen": "2", "move": "conclude"})
        sent(office, f"{item}tasks/", {"seen": "3"})
    made = {one.text[:4]: one for one in Task.objects.filter(owner__in=(labour, women))}
    with patch.object(timezone, "localdate", lambda *_: date(2014, 12, 10)):
        for at, task, what in ((labour, "Tập ", "reported"), (labour, "Kiểm", "reported"), (women, "Nâng", "said")):
            said = {"what": what, "seen": "1", "text": f"{task}: đã thực hiện", "evidence": "Báo cáo của đơn vị"}
            sent(heads[at.pk], f"/2014-H2/tasks/{made[task].key}/act/", said)
        sent(office, f"/2014-H2/tasks/{made['Tập '].key}/act/", {"what": "accepted", "seen": "2"})
    return told


def main(site: Path, out: Path) -> None:
    django_start(site)
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from tienbo.accounts.models import User
    from tienbo.project.desk import Desk
    from tienbo.release.models import Release
    from tienbo.release.packet_models import Packet, PacketVisits
    from tienbo.release.packets import packet_version
    from tienbo.units.models import Role
    from tienbo.units.services import grant_give

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    unit = Desk.open(site).home
    clients = {}
    for name, role in (("office", Role.OFFICE), ("chair", Role.CHAIR)):
        post = {"office": "Cơ quan thường trực", "chair": "Trưởng ban"}[name]
        user = User.objects.create_user(username=name, full_name=post)
        grant_give(user=user, unit=unit, role=role, begins=date(2014, 1, 1))
        clients[name] = Client()
        clients[name].force_login(user)
    office, chair, guest = clients["office"], clients["chair"], Client()
    at = "/2014-H1/exchange/"

    def sent(client: Client, path: str, data: dict[str, object], status: int = 302) -> str:
        answer = client.post(at + path, data)
        text = answer.content.decode()
        assert answer.status_code == status, (path, answer.status_code, text[-6000:])
        return text

    reviewed = review(unit, office, chair)
    release = Release.objects.earliest("pk")
    sent(office, "new/", {"release": release.key, "partner": "Ban Vì sự tiến bộ của phụ nữ tỉnh Xiêng Khoảng (Lào)"})
    key = Packet.objects.get().key
    seen = "1"

    def write(part: str, data: dict[str, object], status: int = 302) -> str:
        nonlocal seen
        text = sent(office, f"{key}/write/{part}/", {"seen": seen, **data}, status)
        seen = str(packet_version(Packet.objects.get()).number)
        return text

    write("words", WORDS)
    write("practices", {"blank": "1"})
    told = {"title0_vi": PRACTICE_VI, "title0_en": PRACTICE_EN, "text0_vi": "Triển khai thí điểm tại xã Sơn Hải."}
    write("practices", {**told, "text0_en": "Piloted in Sơn Hải commune."})
    # C3 figures of the release are not there to be taken, whoever asks for them.
    refused = write("figures", {"indicator": ["training.classes", "gbv.models_active"]}, 422)
    assert "không mở cho khách" in refused
    taken = ["training.classes", "training.attendances", "jobs.new", "committee.communes_share"]
    write("figures", {"indicator": taken, "committee.communes_share_vi": "33/33 xã, thị trấn."})
    write("terms", {"term": ["gender_equality", "committee", "women_cadres", "womens_union"]})
    wrong = {f"r1_{code}": text for code, text in (THEIRS | {"value": "1.2.3", "last": "1/1/2013"}).items()}
    refused = write("partner", wrong, 422)
    assert "Ngày cuối của kỳ trước ngày đầu" in refused
    assert "không đọc được thành một số duy nhất" in refused
    write("partner", {f"r1_{code}": text for code, text in THEIRS.items()})

    # Off by default: nobody approved, no link; what the drafter sees is marked.
    desk = f"{key}/"
    assert "Chưa có phê duyệt còn hiệu lực" in sent(office, f"{desk}act/link/", {}, 422)
    preview = office.get(f"{at}{desk}lo/").content.decode()
    assert "ພະນັກງານແມ່ຍິງ*" in preview
    assert "chưa có bản dịch tiếng Lào" in preview
    last_day = date.today() + timedelta(days=30)
    approval = {"post": "Trưởng ban", "last_day": f"{last_day:%d/%m/%Y}"}
    mark = packet_version(Packet.objects.get()).fingerprint
    assert office.post(f"{at}{desk}act/approve/", {**approval, "seen": mark}).status_code == 404
    sent(chair, f"{desk}act/approve/", {**approval, "seen": "another"}, 422)
    sent(chair, f"{desk}act/approve/", {**approval, "seen": mark})
    opened = sent(office, f"{desk}act/link/", {}, 200)
    address = opened.partition('value="http://testserver')[2].partition('"')[0]
    assert address.startswith("/shared/")

    # What is written after the approval is not shared.
    write("terms", {"term": ["gender_equality"]})
    pages = {lang: guest.get(f"{address}{lang}/") for lang in ("vi", "en", "lo")}
    assert {one.status_code for one in pages.values()} == {200}
    headers = pages["lo"].headers
    for lang in ("vi", "en", "lo"):
        for suffix in ("docx", "pdf"):
            answer = guest.get(f"{address}{lang}/{suffix}")
            assert answer.status_code == 200
            (out / f"packet_{lang}.{suffix}").write_bytes(answer.content)
    again = guest.get(f"{address}lo/docx").content == (out / "packet_lo.docx").read_bytes()
    visits = sum(PacketVisits.objects.values_list("count", flat=True))
    stolen = guest.get(reverse("shared", kwargs={"link": "A" * 43})).status_code
    sent(chair, f"{desk}act/revoke/", {"note": "hết đợt trao đổi"})
    gone = [guest.get(address).status_code, guest.get(f"{address}lo/docx").status_code]
    refused_after = office.post(f"{at}{desk}act/link/", {}).status_code
    print(
        json.dumps(
            {
                "pages": {lang: one.content.decode() for lang, one in pages.items()},
                "headers": {name: headers[name] for name in ("X-Robots-Tag", "Referrer-Policy", "Cache-Control",
                                                              "Content-Security-Policy")},
                "cookies": [*pages["lo"].cookies],
                "same_file": again, "visits": visits, "stolen": stolen, "gone": gone, "refused_after": refused_after,
                "history": office.get(at + desk).content.decode(),
                "secret": address.split("/")[2],
                "review": reviewed,
            },
            ensure_ascii=False,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
