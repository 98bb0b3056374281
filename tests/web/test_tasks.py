"""Tasks on pages: made for several units at once, done by each, received or not, seen by those they concern alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.web.parsed import Parsed
from tests.web.test_registers import text
from tests.web.world import BEFORE, BEGAN, PERIOD, World, say

from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.catalogue.loading import load
from tienbo.core.words import day_words
from tienbo.registers.models import Record
from tienbo.registers.services import record_add, record_move
from tienbo.registers.task_models import Task
from tienbo.registers.tasks import task_accept, task_make, task_report
from tienbo.release.models import Release
from tienbo.units.models import Role, Unit
from tienbo.units.reorganisations import ActText, Went, reorganisation_record
from tienbo.units.services import grant_give, unit_create, unit_end

AT = f"/{PERIOD}/tasks/"
DOER = operator("thử nghiệm")


def make(client: Client, owners: list[Unit], **more: object) -> list[Task]:
    said = {
        "text": "Rà soát quy hoạch cán bộ nữ",
        "measure": "Báo cáo kết quả rà soát",
        "cause": "Thông báo kết luận số 12/TB-BVSTBPN",
        "days": "10",
    }
    answer = client.post(f"{AT}new/", {**said, "owners": [one.key for one in owners], **more})
    assert answer.status_code == 302, text(answer)
    return list(Task.objects.order_by("-pk")[: len(owners)])[::-1]


def act(client: Client, task: Task, what: str, **said: str) -> int:
    task.refresh_from_db()
    data = {"what": what, "seen": str(task.version), **said}
    return client.post(f"{AT}{task.key}/act/", data).status_code


def front(world: World) -> Unit:
    return unit_create(kind="front.women", name="Hội Liên hiệp Phụ nữ tỉnh", begins=BEGAN, parent=world.province)


def seated(world: World, unit: Unit, name: str) -> Client:
    user = User.objects.create_user(name, name, "x")
    grant_give(user=user, unit=unit, role=Role.PREPARER, begins=BEGAN)
    world.users[name] = user
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.django_db
def test_one_conclusion_becomes_a_task_of_each_owner_and_each_is_done_apart(
    world: World, sit: Callable[[str], Client]
) -> None:
    office, preparer = sit("office"), sit("preparer")
    women = front(world)
    owners = [world.communes[0], world.department, women]
    tasks = make(office, owners, partners=[world.communes[1].key])
    assert [one.owner for one in tasks] == owners
    shown = text(office.get(AT))
    assert Parsed(shown).faults == []
    assert shown.count("Rà soát quy hoạch cán bộ nữ") == 3
    assert "đề nghị phối hợp" in shown

    page = text(preparer.get(f"{AT}{tasks[0].key}/"))
    assert Parsed(page).faults == []
    assert ("Báo cáo hoàn thành" in page, "Gia hạn" in page) == (True, False)
    assert "Nội dung đơn vị cần thực hiện" in text(preparer.get(f"/{PERIOD}/"))
    assert act(preparer, tasks[0], "reported", text="", evidence="") == 422
    assert act(preparer, tasks[0], "reported", text="Đã rà soát", evidence="BC số 45/BC-UBND") == 302
    assert act(preparer, tasks[0], "accepted") == 422
    assert act(office, tasks[0], "asked", text="Còn thiếu danh sách") == 302
    assert "Còn thiếu danh sách" in text(preparer.get(f"{AT}{tasks[0].key}/"))
    assert act(preparer, tasks[0], "reported", text="Đã bổ sung", evidence="BC số 46/BC-UBND") == 302
    assert act(office, tasks[0], "accepted") == 302
    assert "Hoàn thành đúng hạn" in text(office.get(f"{AT}?state=done"))
    lines = office.get(f"{AT}tasks.csv?state=done").content.decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(lines), delimiter=";")
    assert (line["Chủ trì"], line["Kết quả báo cáo"]) == ("Xã Đồng Tâm", "Đã bổ sung")

    # Whom it concerns reads it: its owner, who helps, the office and those above it; nobody else.
    helping = seated(world, world.communes[1], "helping")
    assert helping.get(f"{AT}{tasks[0].key}/").status_code == 200
    assert act(helping, tasks[0], "reported", text="x", evidence="y") == 422
    for seat in ("department", "other_office", "other_preparer", "partner"):
        assert sit(seat).get(f"{AT}{tasks[0].key}/").status_code == 404, seat
    assert sit("chair").get(f"{AT}{tasks[0].key}/").status_code == 200
    assert text(sit("department").get(AT)).count("Rà soát quy hoạch cán bộ nữ") == 1
    assert preparer.get(f"{AT}new/").status_code == 404


ROW = [f"row_{n:026d}" for n in range(5)]


def workshop(world: World, women: Unit) -> Record:
    """A workshop of the province as one was held: five conclusions, for departments, the Front, communes, everybody."""
    conclusions = [
        {"text": "Rà soát quy hoạch cán bộ nữ", "sort": "dated", "lead": world.department.key, "due_on": "30/3/2026",
         "units": f"{world.communes[0].key};{world.communes[1].key}", "done_when": "Có báo cáo rà soát"},
        {"text": "Tuyên truyền đến hội viên", "sort": "dated", "units": women.key, "due_on": "2026-03-30"},
        {"text": "Duy trì mô hình địa chỉ tin cậy", "sort": "standing", "group": "communes"},
        {"text": "Quan tâm vùng đồng bào dân tộc thiểu số", "sort": "orientation", "group": "departments"},
        {"text": "Cả Ban phân công theo dõi", "sort": "dated", "group": "members", "due_on": "30/3/2026"},
    ]  # fmt: skip
    rows = {
        f"conclusions/{key}/{column}": held
        for key, said in zip(ROW, conclusions, strict=True)
        for column, held in said.items()
    }
    delegates = {f"delegates/{ROW[0]}/{column}": held for column, held in
                 {"organisation": "Các sở, ngành", "persons": "60", "women": "41"}.items()}  # fmt: skip
    typed = {
        "name": "Hội thảo nâng cao vai trò của phụ nữ", "sort": "workshop", "held_on": "2/3/2026", "leads": "yes",
        "place": "Hội trường tỉnh", "chair": "Phó Chủ tịch UBND tỉnh",
        "notice": "12/TB-BVSTBPN", "notice_on": "5/3/2026",
    }  # fmt: skip
    edition = load("vn")
    given = {"edition": edition, "kind": edition.registers["meeting"], "actor": DOER, "today": date(2026, 6, 1)}
    record = record_add(unit=world.province, typed={**typed, **rows, **delegates}, **given)  # type: ignore[arg-type]
    for seen, move in enumerate(("hold", "conclude"), 1):
        record = record_move(record=record, seen=seen, move=move, **given)  # type: ignore[arg-type]
    return record


@pytest.mark.django_db
def test_conclusions_of_a_meeting_become_tasks_once_and_say_what_they_follow_from(
    world: World, sit: Callable[[str], Client]
) -> None:
    """Of five: one lead with two that help, one asked to cooperate, one for each of three communes; an orientation and
    one for whom nobody is named make none. 1 + 1 + 3 = 5 tasks."""
    office, record = sit("office"), workshop(world, front(world))
    place = f"/{PERIOD}/registers/meeting/{record.key}/"
    assert "Xem nhiệm vụ từ các kết luận" in text(office.get(place))
    page = text(office.get(f"{place}tasks/"))
    assert Parsed(page).faults == []
    for said in (
        "Thông báo kết luận số 12/TB-BVSTBPN ngày 05/3/2026",
        "Tạo 5 nhiệm vụ",
        "định hướng",
        "Chưa nêu đơn vị",
    ):
        assert said in page, said
    stale = office.post(f"{place}tasks/", {"seen": "1"})
    assert (stale.status_code, Task.objects.count()) == (422, 0)
    assert office.post(f"{place}tasks/", {"seen": str(record.version)}).status_code == 302
    made = list(Task.objects.order_by("pk"))
    assert [(one.kind, one.owner) for one in made] == [
        ("dated", world.department),
        ("dated", Unit.objects.get(kind="front.women")),
        *[("standing", one) for one in world.communes],
    ]
    assert {one.made_on for one in made} == {date(2026, 3, 5)}
    assert [one.unit for one in made[0].partners.all()] == world.communes[:2]
    again = office.post(f"{place}tasks/", {"seen": str(record.version)})
    assert (again.status_code, Task.objects.count()) == (422, 5)
    assert "Thông báo kết luận số 12" in text(sit("department").get(f"{AT}{made[0].key}/"))
    assert f"/registers/meeting/{record.key}/" in text(office.get(f"{AT}{made[0].key}/"))
    assert "5 nhiệm vụ" in text(office.get(place))
    for seat in ("department", "preparer", "other_office", "partner"):
        assert sit(seat).get(f"{place}tasks/").status_code == 404


@pytest.mark.django_db
def test_what_is_late_is_red_and_never_so_of_the_front(world: World, sit: Callable[[str], Client]) -> None:
    today = timezone.localdate()
    began, due = today - timedelta(days=30), today - timedelta(days=3)
    for owner in (world.department, front(world)):
        task_make(issuer=world.province, owner=owner, text=f"Việc {owner.kind}", due_on=due, actor=DOER, on=began)
    parsed = Parsed(text(sit("office").get(AT)))
    rows = {row.text for row in parsed.all("tr")}
    (late,) = (row for row in rows if "Việc department" in row)
    (asked,) = (row for row in rows if "Việc front" in row)
    assert ("Quá hạn" in late, "quá 3 ngày" in late) == (True, True)
    assert ("uá hạn" in asked, "quá 3" in asked, "Đang phối hợp" in asked) == (False, False, True)
    assert sum("tb-bad" in one.attributes.get("class", "") for one in parsed.all("span")) == 1
    assert "Quá hạn: 1" in text(sit("office").get(f"/{PERIOD}/"))
    assert "Nhiệm vụ quá hạn: 1" in text(sit("chair").get(f"/{PERIOD}/"))
    task = Task.objects.get(owner=world.department)
    page = text(sit("office").get(f"{AT}{task.key}/"))
    assert ("Gia hạn" in page, "Báo cáo hoàn thành" in page) == (True, False)
    later = day_words(today + timedelta(days=20))
    assert act(sit("office"), task, "extended", due_on=later, text="Chờ số liệu") == 302
    assert "Quá hạn" not in text(sit("office").get(f"{AT}?state=late")).partition("<tbody")[2]


@pytest.mark.django_db
def test_every_fault_stands_by_what_was_typed_and_a_stale_page_is_told(
    world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    answer = office.post(f"{AT}new/", {"text": "", "measure": "giữ lại", "kind": "dated"})
    assert answer.status_code == 422
    assert "giữ lại" in text(answer)
    for said in ("Ghi nội dung cần thực hiện", "Ghi thời hạn", "Chọn đơn vị chủ trì"):
        assert said in text(answer)
    unreadable = office.post(f"{AT}new/", {"text": "a", "due_on": "32/1/2026", "owners": [world.department.key]})
    assert "không phải" in text(unreadable)
    assert office.post(f"{AT}new/", {"owners": ["unit_" + "0" * 26]}).status_code == 404
    (task,) = make(office, [world.department])
    assert act(office, task, "extended", days="30", text="Chờ số liệu") == 302
    stale = office.post(f"{AT}{task.key}/act/", {"what": "withdrawn", "seen": "1", "text": "thôi"})
    assert stale.status_code == 409
    assert "thôi" in text(stale)
    assert act(office, task, "nothing") == 404
    (standing,) = make(office, [world.department], kind="standing", days="", text="Lồng ghép giới")
    assert act(sit("department"), standing, "said", text="Đã lồng ghép 4 kế hoạch") == 302
    assert "Đã lồng ghép 4 kế hoạch" in text(office.get(f"{AT}{standing.key}/"))


@pytest.mark.django_db
def test_what_units_that_ended_owe_is_handed_over_in_one_act(world: World, sit: Callable[[str], Client]) -> None:
    office, day = sit("office"), timezone.localdate() - timedelta(days=10)
    whole, parted, before = world.communes[0], world.communes[1], day - timedelta(days=5)
    given = {"issuer": world.province, "due_on": date(2030, 1, 4), "actor": DOER, "on": before}
    tasks = [task_make(owner=one, text=f"Việc của {one.pk}", **given) for one in (whole, parted)]  # type: ignore[arg-type]
    heirs = [
        unit_create(kind="commune", name=name, begins=day, parent=world.province)
        for name in ("Xã Mới Một", "Xã Mới Hai")
    ]
    for unit in (whole, parted):
        unit_end(unit=unit, on=day)
    went = [Went(whole.pk, heirs[0].pk, "whole"), *(Went(parted.pk, one.pk, "part") for one in heirs)]
    reorganisation_record(text=ActText("merge", "Sắp xếp", "thử"), effective_on=day, went=went)
    assert "Còn 2 nhiệm vụ của đơn vị đã kết thúc" in text(office.get(AT))
    page = text(office.get(f"{AT}hand-over/"))
    assert Parsed(page).faults == []
    assert page.count("Không có một đơn vị kế thừa duy nhất") == 1
    seen = {f"seen-{one.key}": "1" for one in tasks}
    bad = office.post(f"{AT}hand-over/", {**seen, **{f"to-{one.key}": heirs[0].key for one in tasks}, "text": ""})
    assert bad.status_code == 422
    assert Task.objects.filter(owner__in=heirs).count() == 0
    chosen = {f"to-{task.key}": heir.key for task, heir in zip(tasks, heirs, strict=True)}
    assert office.post(f"{AT}hand-over/", {**seen, **chosen, "text": "Sắp xếp đơn vị"}).status_code == 302
    assert [Task.objects.get(pk=task.pk).owner for task in tasks] == heirs
    assert "Sắp xếp đơn vị" in text(office.get(f"{AT}{tasks[0].key}/"))
    assert sit("preparer").get(f"{AT}hand-over/").status_code == 404


@pytest.mark.django_db
def test_a_commune_s_head_makes_its_own_tasks_and_decides_on_no_other(
    world: World, sit: Callable[[str], Client]
) -> None:
    head, preparer, own = sit("head"), sit("preparer"), world.communes[0]
    (task,) = make(head, [own])
    assert task.issuer == own
    assert act(preparer, task, "accepted") == 422
    assert act(preparer, task, "reported", text="Đã rà soát", evidence="BC số 45/BC-UBND") == 302
    assert act(head, task, "accepted") == 302
    assert "Hoàn thành đúng hạn" in text(sit("office").get(f"{AT}{task.key}/"))
    # A commune of one person: nobody receives what they reported themselves, and the office above does.
    (mine,) = make(head, [own], text="Kiện toàn Ban của xã")
    assert act(head, mine, "reported", text="Đã kiện toàn", evidence="QĐ số 5/QĐ-UBND") == 302
    page = text(head.get(f"{AT}{mine.key}/"))
    assert "Chính bạn đã báo cáo việc này" in page
    assert "Tỉnh Vĩnh An" in page
    assert 'value="accepted"' not in page
    assert act(head, mine, "accepted") == 422
    office = sit("office")
    assert "Kiện toàn Ban của xã" in text(office.get(f"{AT}?side=below&state=waiting"))
    assert "Việc của tỉnh" not in text(office.get(f"{AT}?side=below"))
    assert [act(sit(one), mine, "accepted") for one in ("inspector", "department")] == [422, 404]
    assert act(office, mine, "withdrawn", text="x") == 422  # it stays the commune's own
    assert act(office, mine, "asked", text="Gửi kèm quyết định") == 302
    assert act(head, mine, "reported", text="Đã gửi", evidence="QĐ số 5/QĐ-UBND") == 302
    assert act(office, mine, "accepted") == 302
    above = task_make(issuer=world.province, owner=own, text="Việc của tỉnh", due_on=date(2030, 1, 4), actor=DOER)
    assert act(preparer, above, "reported", text="xong", evidence="BC") == 302
    assert (act(head, above, "accepted"), act(head, above, "extended", days="5", text="x")) == (422, 422)
    beside = head.post(f"{AT}new/", {"owners": [world.communes[1].key], "text": "a", "days": "5"})
    assert (beside.status_code, "cấp trên trực tiếp" in text(beside)) == (422, True)


@pytest.mark.django_db
def test_what_is_found_asked_from_above_or_not_met_makes_a_task_where_it_is_seen(
    world: World, sit: Callable[[str], Client]
) -> None:
    """Of a visit: one recommendation for the unit it names, one for the unit visited, one that was carried out already
    (none), one without a day (none): 2. Of a letter: what it asks of the department. Of a target: the unit's own."""
    office, edition = sit("office"), load("vn")
    own, other = world.communes[:2]
    recommendations = [
        {"text": "Kiện toàn Ban", "unit": other.key, "due_on": "30/4/2026"},
        {"text": "Mở lớp tập huấn", "due_on": "30/4/2026"},
        {"text": "Lập sổ theo dõi", "due_on": "30/4/2026", "done": "yes", "done_on": "20/3/2026"},
        {"text": "Bố trí kinh phí"},
    ]
    asks = [{"text": "Báo cáo 6 tháng", "lead": world.department.key, "due_on": "20/6/2026"}]
    four = dict.fromkeys(("direction", "mainstreaming", "coordination", "cadres"), "Đã thực hiện")
    visit = {"name": "Kiểm tra công tác", "sort": "committee", "leads": "yes", "unit": own.key, "in_plan": "no",
             "held_on": "10/3/2026", "notice": "15/TB-BVSTBPN", "notice_on": "16/3/2026", **four}  # fmt: skip
    letter = {"abstract": "Hướng dẫn", "sort": "guidance", "number": "512/BNV", "dated_on": "8/1/2026",
              "issuer": "Bộ Nội vụ", "came_on": "13/1/2026"}  # fmt: skip
    for kind, typed, field, rows, moves, made in (
        ("supervision.visit", visit, "recommendations", recommendations, ("hold", "conclude"), [other, own]),
        ("document.received", letter, "asks", asks, (), [world.department]),
    ):
        given = {"edition": edition, "kind": edition.registers[kind], "actor": DOER, "today": date(2026, 6, 1)}
        cells = {f"{field}/{key}/{code}": said for key, row in zip(ROW, rows, strict=False)
                 for code, said in row.items()}  # fmt: skip
        record = record_add(unit=world.province, typed={**typed, **cells}, **given)  # type: ignore[arg-type]
        for seen, move in enumerate(moves, 1):
            record = record_move(record=record, seen=seen, move=move, **given)  # type: ignore[arg-type]
        place = f"/{PERIOD}/registers/{kind}/{record.key}/tasks/"
        assert place in text(office.get(place.removesuffix("tasks/")))
        assert ("Chưa nêu thời hạn" in text(office.get(place))) == (kind == "supervision.visit")
        assert office.post(place, {"seen": str(record.version)}).status_code == 302
        assert [one.owner for one in Task.objects.filter(cause=record.key).order_by("pk")] == made
        assert Task.objects.filter(cause=record.key).first().cause_words.partition(" số ")[0] in (  # type: ignore[union-attr]
            "Thông báo kết luận kiểm tra, giám sát", "Văn bản")  # fmt: skip

    low = world.communes[2]
    say(world, world.province, low, BEFORE, start=2)  # a half of everything, a quarter of nothing
    table = Parsed(text(office.get(f"/{BEFORE}/targets/{low.key}/")))
    asked = [one.attributes["href"] for one in table.all("a") if "tasks/new/" in one.attributes.get("href", "")]
    assert asked
    form = Parsed(text(office.get(asked[0])))
    said = {one.attributes["name"]: one.attributes.get("value", "") for one in form.all("input")
            if one.attributes.get("name") in ("target", "unit", "cause", "key")}  # fmt: skip
    assert said["cause"].startswith("Chưa đáp ứng chỉ tiêu 6 tháng cuối năm 2025: ")
    chosen = [one.attributes["value"] for one in form.all("input") if "checked" in one.attributes
              and one.attributes["name"] == "owners"]  # fmt: skip
    assert chosen == [low.key]
    (task,) = make(office, [low], **said)
    assert task.cause == f"target:{said['target']}"
    assert "/indicator/" in text(office.get(f"{AT}{task.key}/"))
    assert "tasks/new" not in text(sit("preparer").get(f"/{PERIOD}/targets/{own.key}/"))


def nine(world: World) -> None:
    """Nine tasks of the half-year that ends on 14/6/2026, and one the Front was asked to cooperate in.

    | tasks | made  | due   | reported | received | on 14/6    |
    |-------|-------|-------|----------|----------|------------|
    | 1–6   | 02/3  | 15/4  | 15/4     | 20/4     | on time    |
    | 7     | 02/3  | 15/4  | 16/4     | 20/4     | after      |
    | 8     | 02/3  | 30/6  | –        |          | within     |
    | 9     | 02/3  | 30/6  | 10/6     | 16/6     | within: it was received after the period |
    | Front | 02/3  | 15/4  | –        |          | no word on time |
    """
    made, due = date(2026, 3, 2), date(2026, 4, 15)
    owners = [world.department, *world.communes]
    for number in range(1, 10):
        until = due if number < 8 else date(2026, 6, 30)
        given = {"owner": owners[number % 4], "text": f"Việc số {number}", "due_on": until, "actor": DOER, "on": made}
        task = task_make(issuer=world.province, **given)  # type: ignore[arg-type]
        reported = {7: date(2026, 4, 16), 8: None, 9: date(2026, 6, 10)}.get(number, due)
        if reported is None:
            continue
        said = {"text": f"Đã xong việc {number}", "evidence": "BC", "actor": DOER}
        task = task_report(task=task, seen=1, on=reported, **said)  # type: ignore[arg-type]
        received = date(2026, 6, 16) if number == 9 else date(2026, 4, 20)
        task_accept(task=task, seen=2, actor=DOER, on=received)
    task_make(issuer=world.province, owner=front(world), text="Phối hợp", due_on=due, actor=DOER, on=made)


@pytest.mark.django_db
def test_the_report_says_what_became_of_tasks_and_each_number_leads_to_them(
    world: World, sit: Callable[[str], Client]
) -> None:
    office = sit("office")
    assert "Thực hiện các kết luận" not in text(office.get(f"/{PERIOD}/report/"))
    nine(world)
    page = Parsed(text(office.get(f"/{PERIOD}/report/")))
    (said,) = (one.text for one in page.all("p") if "nhiệm vụ giao cho" in one.text)
    assert said == (
        "Đến hết ngày 14/6/2026, 07/09 nhiệm vụ giao cho các cơ quan, đơn vị, địa phương đã hoàn thành, trong đó 06 "
        "đúng hạn, 01 sau thời hạn; 02 nhiệm vụ trong hạn."
    )
    (asked,) = (one.text for one in page.all("p") if "phối hợp thực hiện" in one.text)
    assert asked.endswith("phối hợp thực hiện 01 nội dung.")
    figures = {
        one.attributes["href"]: one.text
        for one in page.all("a")
        if "tb-bound" in one.attributes.get("class", "") and "/tasks/" in one.attributes["href"]
    }
    assert len(figures) > 20  # the sentences, and the table by owner
    for address, count in figures.items():
        shown = Parsed(text(office.get(address)))
        assert len([one for one in shown.all("th") if one.attributes.get("scope") == "row"]) == int(count), address

    release = office.post(f"/{PERIOD}/report/release/", {}).headers["Location"]
    frozen = Release.objects.get().context_json
    task = Task.objects.get(text="Việc số 8")
    task_report(task=task, seen=1, text="xong", evidence="BC", actor=DOER, on=date(2026, 6, 12))
    assert Release.objects.get().context_json == frozen
    assert office.get(release).status_code == 200
    later = Parsed(text(office.get(f"/{PERIOD}/report/")))
    assert [one.text for one in later.all("p") if "nhiệm vụ giao cho" in one.text] == [said]  # not received yet
    annexes = [text(office.get(f"/{PERIOD}/report/annex/{number}/")) for number in range(8)]
    (annex,) = (one for one in annexes if "Việc số 7" in one)
    assert "Hoàn thành sau thời hạn: Đã xong việc 7" in annex
