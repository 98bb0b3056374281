"""What registers lead to, on pages: areas reached and not, visits planned and held, what is asked of every quarter."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from tests.registers.test_registers import add, move
from tests.registers.test_rows import ONE, TWO
from tests.web.parsed import Parsed
from tests.web.test_registers import text
from tests.web.world import BEGAN, PERIOD, World

from tienbo.registers.models import Record
from tienbo.registers.task_models import Task
from tienbo.units.services import unit_create, unit_label

AT = f"/{PERIOD}/registers/"


def province_records(world: World) -> Record:
    """Two priority areas of the first province, one of them reached; a plan of two visits, one of them held."""
    one, two = (f"Xã {name}" for name in ("Đồng Tâm", "Hòa Lạc"))
    add(world.province, "outreach.area", source="QĐ công nhận", sort="minority", since="1/1/2026",
        **{f"communes/{ONE}/unit": one, f"communes/{ONE}/language": "mong",
           f"communes/{TWO}/unit": two, f"communes/{TWO}/language": "tay"})  # fmt: skip
    kit = add(world.province, "outreach.kit", name="Tờ rơi tiếng Mông", sort="leaflet", language="mong",
              group="Người dân", made_on="1/2/2026", copies="300",
              **{f"sent/{ONE}/unit": one, f"sent/{ONE}/sent_on": "5/3/2026", f"sent/{ONE}/copies": "120"})  # fmt: skip
    move(kit, "finish")
    plan = add(world.province, "supervision.plan", name="Kế hoạch kiểm tra", number="11/KH-BVSTBPN",
               issued_on="10/1/2026", sort="committee",
               **{f"visits/{ONE}/unit": one, f"visits/{ONE}/planned_on": "20/3/2026", f"visits/{ONE}/team": "Đoàn 1",
                  f"visits/{TWO}/unit": two, f"visits/{TWO}/planned_on": "20/4/2026"})  # fmt: skip
    move(plan, "issue")
    visit = add(world.province, "supervision.visit", name="Kiểm tra tại cơ sở", sort="committee", leads="yes",
                unit=one, in_plan="yes", plan="11/KH-BVSTBPN", held_on="21/3/2026",
                **{f"findings/{ONE}/content": "cadres", f"findings/{ONE}/sort": "short",
                   f"findings/{ONE}/text": "Chưa rà soát quy hoạch"})  # fmt: skip
    move(visit, "hold")
    return visit


@pytest.mark.django_db
def test_areas_are_shown_by_state_and_those_not_reached_become_tasks(
    world: World, sit: Callable[[str], Client]
) -> None:
    province_records(world)
    office, at = sit("office"), f"{AT}outreach.kit/reach/"
    assert at in text(office.get(f"{AT}outreach.kit/"))
    shown = text(office.get(at))
    assert Parsed(shown).faults == []
    assert "1/2 địa bàn đã nhận tài liệu bằng ngôn ngữ người dân đọc, nghe hiểu (50,0%)" in shown
    assert "Tờ rơi tiếng Mông (Tiếng Mông): 120 bản, 05/3/2026" in shown
    only = text(office.get(f"{at}?state=not_reached"))
    assert "Xã Hòa Lạc" in only
    assert "120 bản" not in only
    assert "Không có địa bàn nào phù hợp" in text(office.get(f"{at}?sort=poor"))
    data = office.get(f"{AT}outreach.kit/reach.csv?state=reached").content.decode()
    assert data.count("\r\n") == 2
    # One press leads to the task, filled in; the commune that was reached is not among its owners.
    (button,) = [one.attributes["href"] for one in Parsed(shown).all("a") if "/tasks/new/?" in one.attributes["href"]]
    form = Parsed(text(office.get(unescape(button))))
    chosen = [one.attributes["value"] for one in form.all("input") if "checked" in one.attributes]
    assert [key for key in chosen if key.startswith("unit_")] == [world.communes[1].key]
    # A commune has no areas of its own to look at, and the other province sees nothing.
    assert sit("other_office").get(at).status_code == 200
    assert "Xã Hòa Lạc" not in text(sit("other_office").get(at))
    assert "/tasks/new/?" not in text(sit("chair").get(at)) or world.communes[1].key in text(sit("chair").get(at))
    assert office.get(f"{AT}training.class/reach/").status_code == 404


@pytest.mark.django_db
def test_visits_are_held_against_their_plan_and_a_finding_makes_a_task(
    world: World, sit: Callable[[str], Client]
) -> None:
    visit, office, at = province_records(world), sit("office"), f"{AT}supervision.visit/visits/"
    shown = text(office.get(at))
    assert Parsed(shown).faults == []
    plain = " ".join(" ".join(one for one, _at in Parsed(shown).said()).split())
    for words in ("Theo kế hoạch: 2", "Đã tiến hành: 1", "Chưa tiến hành: 1", "Nhận xét chưa đáp ứng: 1"):
        assert words in plain
    (button,) = [one.attributes["href"] for one in Parsed(shown).all("a") if "/tasks/new/?" in one.attributes["href"]]
    asked = dict(pair.split("=", 1) for pair in unescape(button).partition("?")[2].split("&"))
    assert asked["record"] == visit.key
    form = Parsed(text(office.get(unescape(button))))
    fields = {
        one.attributes["name"]: one.attributes.get("value", "") for one in form.all("input") if "name" in one.attributes
    }
    made = {"key": fields["key"], "record": visit.key, "owners": world.communes[0].key, "text": "Rà soát", "days": "10"}
    assert office.post(unescape(button).partition("?")[0], made).status_code == 302
    assert Task.objects.get().cause == visit.key
    lines = office.get(f"{AT}supervision.visit/visits.csv").content.decode().splitlines()
    assert len(lines) == 3
    assert "Chưa chắc là cuộc nào" not in plain
    assert "Xã Đồng Tâm" not in text(sit("other_office").get(at))
    more = add(world.province, "supervision.visit", name="Kiểm tra lại", sort="committee", leads="yes",
               unit=unit_label(world.communes[0], BEGAN), in_plan="yes", plan=visit.data["plan"],
               held_on="28/3/2026")  # fmt: skip
    move(more, "hold")
    shown = text(office.get(at))
    assert "Chưa chắc là cuộc nào: <b>2</b>" in shown
    assert shown.count("chỉ đối chiếu theo ngày") == 2
    assert office.get(f"{AT}supervision.visit/visits.csv").content.decode().count("chỉ đối chiếu theo ngày") == 2


@pytest.mark.django_db
def test_every_quarter_is_asked_by_itself(world: World, sit: Callable[[str], Client]) -> None:
    """The returns of the world say more than nine in each quarter: enough. A commune that sent none has five items in
    the register in the first quarter and three in the second."""
    new = unit_create(kind="commune", name="Xã Mới", begins=BEGAN, parent=world.province)
    office = sit("office")
    at = f"/{PERIOD}/quarters/media.communes_four_items_share/"
    before = text(office.get(at))
    assert Parsed(before).faults == []
    for name, day, items in (("Tin đầu năm", "5/2/2026", "5"), ("Tin quý II", "5/5/2026", "3")):
        record = add(new, "outreach.event", name=name, sort="items", held_on=day, leads="yes", items=items)
        move(record, "hold")
    shown = text(office.get(at))
    assert "≥ 4" in unescape(shown)
    short = text(office.get(f"{at}?state=short"))
    assert "Xã Mới" in short
    assert "chỉ theo sổ" in short
    assert "vi phạm" not in short
    rows = office.get(f"/{PERIOD}/quarters/media.communes_four_items_share.csv").content.decode().splitlines()
    assert next(row for row in rows if "Xã Mới" in row).split(";")[1:5] == ["", "", "5", "3"]
    assert f"/{PERIOD}/quarters/" in text(office.get(f"{AT}outreach.event/"))
    assert office.get(f"/{PERIOD}/quarters/training.classes/").status_code == 404
    assert "Hòa Lạc" not in text(sit("preparer").get(at))


@pytest.mark.django_db
def test_who_sits_on_the_committee_is_a_page_a_file_and_a_paper_of_any_day(
    world: World, sit: Callable[[str], Client]
) -> None:
    posts = [("chair", "Phó Chủ tịch UBND tỉnh", "UBND tỉnh", ""), ("member", "Phó Giám đốc", "Sở Y tế", "2/3/2026")]
    made = add(
        world.province,
        "committee.decision",
        **{"number": "12/QĐ-UBND", "decided_on": "20/1/2026", "sort": "renewal", "issuer": "UBND tỉnh"},
        **{"members": "3", "members_women": "1"},
        **{
            f"posts/{row}/{column}": text
            for row, said in zip((ONE, TWO), posts, strict=True)
            for column, text in zip(("role", "post", "organisation", "until"), said, strict=True)
        },
    )
    move(made, "issue")
    office, at = sit("office"), f"{AT}committee.decision/seats"
    assert f"{at}/" in text(office.get(f"{AT}committee.decision/"))
    assert f"{at}/" in text(office.get(f"{AT}committee.assignment/"))
    shown = text(office.get(f"{at}/?on=1/3/2026"))
    assert Parsed(shown).faults == []
    plain = " ".join(" ".join(one for one, _at in Parsed(shown).said()).split())
    told = ("Theo Quyết định số 12/QĐ-UBND ngày 20/01/2026", "3 thành viên, trong đó 1 nữ (33,3%)",
            "sổ mới ghi 2 vị trí", "2 thành viên theo chức vụ", "Tham gia: Trưởng Ban")  # fmt: skip
    for words in told:
        assert words in plain, words
    later = text(office.get(f"{at}/?on=2/3/2026"))
    assert "1 thành viên theo chức vụ" in later
    assert "khuyết" in later
    lines = office.get(f"{at}.csv?on=2/3/2026").content.decode().splitlines()
    assert [line.split(";")[-1] for line in lines[1:]] == ["đang tham gia", "khuyết"]
    assert office.get(f"{at}.docx?on=2/3/2026").content[:2] == b"PK"
    assert "Chưa có quyết định nào" in text(office.get(f"{at}/?on=19/1/2026"))
    assert office.get(f"{at}/?on=hôm nay").status_code == 422
    assert office.get(f"{at}/?unit={world.other.key}").status_code == 404
    assert office.get(f"{AT}training.class/seats/").status_code == 404
    assert "12/QĐ-UBND" not in text(sit("other_office").get(f"{at}/?on=1/3/2026"))


@pytest.mark.django_db
def test_events_stand_by_their_campaign_quarter_by_quarter(world: World, sit: Callable[[str], Client]) -> None:
    campaign = add(world.province, "outreach.campaign", name="Đợt 8/3", action_month="no", begins_on="1/3/2026")
    unit, at = world.communes[0], f"{AT}outreach.event/gathered"
    for name, of in (("Nói chuyện ở thôn", campaign.key), ("Không thuộc đợt nào", ""), ("Ghi từ trước", "")):
        made = add(unit, "outreach.event", name=name, sort="meeting", held_on="8/3/2026", leads="yes", campaign=of,
                   attendances="40")  # fmt: skip
        move(made, "hold")
    Record.objects.filter(pk=made.pk).update(data={**made.data, "campaign": "dịp 8-3"})
    preparer, office = sit("preparer"), sit("office")
    shown = text(office.get(f"{at}/"))
    assert Parsed(shown).faults == []
    for words in ("Đợt 8/3", "dịp 8-3", "ghi bằng chữ", "Không thuộc chiến dịch, đợt nào", "1 mục ghi bằng chữ"):
        assert words in shown, words
    (one,) = {row.attributes["href"] for row in Parsed(shown).all("a")
              if f"counts=attendances&amp;of={campaign.key}" in row.attributes["href"]
              or f"counts=attendances&of={campaign.key}" in row.attributes["href"]}  # fmt: skip
    behind = text(office.get(unescape(one)))
    assert "Nói chuyện ở thôn" in behind
    assert "Đợt 8/3." in behind
    assert "Ghi từ trước" not in behind
    lines = office.get(f"{at}.csv").content.decode().splitlines()
    assert [line.split(";")[2:4] for line in lines[1:]] == [["1", "40"]] * 3
    # What was written in words is chosen on the page of the record by who keeps it.
    form = text(preparer.get(f"{AT}outreach.event/{made.key}/change/"))
    assert f'<option value="{campaign.key}">Đợt 8/3</option>' in form
    assert '<option value="dịp 8-3" selected>' in form
    sent = {"seen": str(Record.objects.get(pk=made.pk).version), "campaign": campaign.key}
    assert preparer.post(f"{AT}outreach.event/{made.key}/change/", sent).status_code == 302
    assert "dịp 8-3" not in text(office.get(f"{at}/"))
    assert office.get(f"{AT}training.class/gathered/").status_code == 404
