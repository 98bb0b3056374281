"""What the law asks of a draft stands beside what was said: what is missing, how much time is left, what is counted."""

from __future__ import annotations

from datetime import date

import pytest
from tests.registers.test_registers import DOER, H1, TODAY, add, change, move
from tests.registers.test_rows import ONE, TWO

from tienbo.catalogue.loading import load
from tienbo.core.messages import speaking
from tienbo.papers.guided import guided_paper
from tienbo.papers.letter import Sender
from tienbo.registers.crossing import crossing
from tienbo.registers.guiding import clock_on, guided_told, steps_told
from tienbo.registers.models import Record
from tienbo.registers.services import record_move
from tienbo.units.services import unit_create

DRAFT = {
    "name": "Quyết định hỗ trợ học nghề",
    "level": "committee",
    "part": "appraises",
    "drafter": "Sở Nội vụ",
    "begun_on": "2/2/2026",
    "due_on": "3/3/2026",
    "relevant": "yes",
    f"issues/{ONE}/issue": "Lao động nữ khó học tập trung",
    f"issues/{ONE}/measure": "Mở lớp tại xã",
    f"issues/{ONE}/women": "Lao động nữ nông thôn",
    f"issues/{TWO}/issue": "Ít nam học nghề chăm sóc",
    f"issues/{TWO}/measure": "Truyền thông",
    f"issues/{TWO}/women": "Nữ làm nghề chăm sóc",
    f"issues/{TWO}/men": "Nam thanh niên",
    f"issues/{TWO}/evidence": "Cục Thống kê, 2025",
    f"impacts/{ONE}/whom": "women",
    f"impacts/{ONE}/way": "positive",
    f"impacts/{ONE}/text": "Thêm cơ hội học nghề",
}
WEIGHED = {
    "has_issues": "yes",
    "has_impact": "yes",
    "has_resources": "no",
    "has_figures": "no",
    "appraised_on": "26/2/2026",
    "appraiser": "Sở Tư pháp",
    "appraisal_number": "31/BC-STP",
}


def department() -> object:
    return unit_create(kind="department.justice", name="Sở Tư pháp", begins=date(2025, 7, 1))


def draft(unit: object, code: str = "appraisal.draft", **typed: str) -> Record:
    return add(unit, code, **(DRAFT | typed))  # type: ignore[arg-type]


@pytest.mark.django_db
def test_each_step_says_what_is_missing_and_in_which_rows() -> None:
    record, kind = draft(department()), load("vn").registers["appraisal.draft"]
    assert kind.guide is not None
    with speaking("vi"):
        told = {one.step.code: list(one.lacking) for one in steps_told(kind, kind.guide, record.data)}
    assert told["screen"] == ["Chưa ghi lĩnh vực của văn bản."]
    assert told["issues"] == [
        "Chưa nêu nhóm nam chịu tác động (dòng 1)",
        "Chưa có số liệu tách theo giới tính (dòng 1)",
    ]
    assert told["impacts"] == ["Chưa dự báo tác động đối với nam."]
    assert told["resources"][0] == "Chưa xác định cơ quan chịu trách nhiệm."
    assert told["accepted"] == []  # asked for only once something was asked to be added
    change(record, 1, relevant="no", reason="Chỉ quy định kỹ thuật", field="labour")
    record.refresh_from_db()
    told = {one.step.code: list(one.lacking) for one in steps_told(kind, kind.guide, record.data)}
    assert told["screen"] == told["issues"] == told["impacts"] == told["resources"] == []


@pytest.mark.django_db
def test_a_clock_counts_working_days_and_a_proposal_has_its_own() -> None:
    """2/2/2026 is a Monday. Tết of 2026: 16 to 20 February off (as the pack foresees or knows it); the days left from
    27 February (Friday) to 3 March (Tuesday) are 2 and 3 March."""
    edition, unit = load("vn"), department()
    record, kind = draft(unit), edition.registers["appraisal.draft"]
    working = edition.working_days
    days = [date(2026, 2, day) for day in range(3, 29)] + [date(2026, 3, day) for day in (1, 2, 3)]
    told = clock_on(kind, record.data, record.state, on=date(2026, 2, 27), working=working)
    assert told is not None
    assert (told.state, told.left, told.given) == ("running", 2, sum(map(working.is_working, days)))
    late = clock_on(kind, record.data, record.state, on=date(2026, 3, 6), working=working)
    assert late is not None
    assert (late.state, late.over) == ("over", 3)  # 4, 5 and 6 March
    done = clock_on(kind, record.data | {"appraised_on": "2026-02-27"}, "appraised", on=TODAY, working=working)
    assert done is not None
    assert (done.state, done.left) == ("in_time", 2)
    rests = clock_on(kind, record.data, "returned", on=date(2026, 3, 6), working=working)
    assert rests is not None
    assert (rests.state, rests.over) == ("resting", 0)
    proposal = draft(unit, "appraisal.proposal", due_on="")
    other = clock_on(edition.registers["appraisal.proposal"], proposal.data, "screened", on=TODAY, working=working)
    assert other is not None
    assert other.state == "no_due"


@pytest.mark.django_db
def test_the_paper_has_its_three_contents_and_its_holes_and_no_place_of_law_nobody_saw() -> None:
    edition, record = load("vn"), draft(department(), field="labour")
    kind = edition.registers["appraisal.draft"]
    assert kind.guide is not None
    with speaking("vi"):
        told = guided_told(kind, kind.guide, record.data, day=record.occurred_on, edition=edition)
        assert told is not None
        profile = next(iter(edition.signing_profiles.values()))
        paper = guided_paper(Sender(profile=profile, unit="Sở Tư pháp", province="", place="Vĩnh An"), told)
    lines = list(paper.lines())
    assert paper.front.kind == "BÁO CÁO"
    assert paper.front.subject.endswith("dự thảo văn bản: Quyết định hỗ trợ học nghề")
    headings = [line for line in lines if line.isupper() and ". " in line]
    assert headings[1:4] == [
        "II. VẤN ĐỀ GIỚI VÀ BIỆN PHÁP GIẢI QUYẾT",
        "III. DỰ BÁO TÁC ĐỘNG ĐỐI VỚI NỮ VÀ NAM",
        "IV. TRÁCH NHIỆM VÀ NGUỒN LỰC GIẢI QUYẾT VẤN ĐỀ GIỚI",
    ]
    assert any(line.startswith("Căn cứ Điều 21") and "Luật Bình đẳng giới số 73/2006/QH11" in line for line in lines)
    assert "[Chưa xác định cơ quan chịu trách nhiệm.]" in lines
    assert "[Chưa có kết luận về bình đẳng giới.]" in lines
    assert "chưa đối chiếu" not in "\n".join(lines)


@pytest.mark.django_db
def test_fields_of_law_are_counted_by_unit_proposals_and_drafts_apart() -> None:
    """Of one department: a draft on labour appraised with gender content, one of health without, a third on labour gone
    back after it was appraised, one without a field; and one proposal."""
    edition, unit = load("vn"), department()
    kind = edition.registers["appraisal.draft"]
    for field, conclusion, moves in (
        ("labour", "supplement", ("appraise",)),
        ("health", "none", ("appraise",)),
        ("labour", "enough", ("appraise", "send_back")),
        ("", "enough", ("appraise",)),
    ):
        said = WEIGHED | {"field": field, "conclusion": conclusion, "stopped_why": "Bổ sung hồ sơ"}
        record = draft(unit, **said)
        move(record, "analyse")
        for step in moves:
            record.refresh_from_db()
            record_move(
                edition=edition, kind=kind, record=record, seen=record.version, move=step, actor=DOER, today=TODAY
            )
    told = crossing(kind=kind, units=[record.unit_id], period=H1)
    assert {answer: {name: int(value) for name, value in held.items()} for (_unit, answer), held in told.items()} == {
        "labour": {"appraised": 2, "returned": 1},
        "health": {"without": 1},
        "": {"appraised": 1},
    }
    assert crossing(kind=edition.registers["appraisal.proposal"], units=[record.unit_id], period=H1) == {}
