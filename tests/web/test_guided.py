"""A draft is appraised step by step on pages, its paper has its holes, its field stands in the table by unit."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import docx
import pytest
from django.test import Client
from tests.registers.test_guiding import DRAFT, WEIGHED
from tests.registers.test_rows import ONE, TWO
from tests.web.parsed import Parsed
from tests.web.test_registers import named, text
from tests.web.world import PERIOD, World

from tienbo.registers.models import Record

AT = f"/{PERIOD}/registers/appraisal.draft/"


@pytest.mark.django_db
def test_a_draft_is_appraised_step_by_step(
    world: World, sit: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sit("office")
    assert office.post(f"{AT}new/", DRAFT | {"drafter": "Sở Nội vụ"}).status_code == 302
    record = Record.objects.get(kind="appraisal.draft")
    at = f"{AT}{record.key}/"
    assert f"{at}guided/" in text(office.get(at))
    assert DRAFT["name"] in text(office.get(f"{AT}across/"))
    # More clocks run than one page shows: it says so.
    second_draft = DRAFT | {"drafter": "Sở Nội vụ", "name": "Dự thảo thứ hai"}
    assert office.post(f"{AT}new/", second_draft).status_code == 302
    with monkeypatch.context() as patched:
        patched.setattr("tienbo.web.crossing.MOST", 1)
        assert "Còn hơn 1 mục chưa xong" in text(office.get(f"{AT}across/"))
    Record.objects.exclude(pk=record.pk).filter(kind="appraisal.draft").update(withdrawn=True)
    first = text(office.get(f"{at}guided/"))
    assert Parsed(first).faults == []
    assert "Bước 1/7: Xác định có hay không có vấn đề giới" in first
    assert "Chưa ghi lĩnh vực của văn bản." in first
    assert "Luật Bình đẳng giới" in first
    # A step keeps its own fields and no others, as a version of the record.
    said = {"step": "screen", "seen": named(first, "seen"), "field": "labour", "relevant": "yes", "name": "Khác"}
    kept = office.post(f"{at}guided/", said)
    assert (kept.status_code, kept.headers["Location"]) == (302, f"{at}guided/?step=issues")
    record.refresh_from_db()
    assert (record.version, record.data["field"], record.data["name"]) == (2, "labour", DRAFT["name"])
    second = text(office.get(f"{at}guided/?step=issues"))
    assert "Chưa có số liệu tách theo giới tính (dòng 1)" in second
    row = {f"issues/{ONE}/men": "Nam", f"issues/{ONE}/evidence": "Cục Thống kê, 2025"}
    assert office.post(f"{at}guided/", {"step": "issues", "seen": "2", **row}).status_code == 302
    assert "Nội dung còn thiếu" not in text(office.get(f"{at}guided/?step=issues"))
    bad = office.post(f"{at}guided/", {"step": "resources", "seen": "3", f"resources/{ONE}/money": "-5"})
    assert bad.status_code == 422
    assert {"nhỏ hơn 0" in text(bad), f'href="#f-resources/{ONE}/money"' in text(bad)} == {True}
    late = office.post(f"{at}guided/", {"step": "screen", "seen": "1", "field": "health"})
    assert late.status_code == 409  # somebody chose another field meanwhile: both are shown
    assert "Lao động" in text(late)
    # The paper: its contents as parts, what is missing in brackets.
    word = docx.Document(BytesIO(office.get(f"{at}guided.docx").content))
    lines = [one.text for one in word.paragraphs]
    assert "[Chưa xác định cơ quan chịu trách nhiệm.]" in lines
    assert office.get(f"{at}guided.pdf").content.startswith(b"%PDF")
    # The table, the list behind a number, and the file.
    assert office.post(f"{at}change/", {"seen": "3", **WEIGHED, "conclusion": "enough"}).status_code == 302
    for seen, move in ((4, "analyse"), (5, "appraise")):
        assert office.post(f"{at}move/", {"move": move, "seen": str(seen)}).status_code == 302
    table = text(office.get(f"{AT}across/"))
    assert Parsed(table).faults == []
    assert f"{AT}?counts=appraised&amp;by=labour" in table
    assert DRAFT["name"] in text(office.get(f"{AT}?counts=appraised&by=labour"))
    assert DRAFT["name"] not in text(office.get(f"{AT}?counts=appraised&by=health"))
    assert "Lao động, việc làm, giáo dục nghề nghiệp" in office.get(f"{AT}across.csv").content.decode()
    assert "trước 3 ngày làm việc" in text(office.get(at))  # 27/2, 2/3, 3/3
    # What was written when the field was asked in words counts as not said, and stands in a list until it is put right.
    assert "không có trong danh mục" not in table
    held = Record.objects.get(pk=record.pk)
    Record.objects.filter(pk=record.pk).update(data={**held.data, "field": "Lĩnh vực lao động"})
    table = text(office.get(f"{AT}across/"))
    assert Parsed(table).faults == []
    assert "1 mục ghi “Lĩnh vực”" in table
    assert "Lĩnh vực lao động" in table
    assert f"{at}change/#f-field" in table
    assert "chưa ghi" in table
    assert f"{at}change/" not in text(sit("chair").get(f"{AT}across/"))
    assert "Lĩnh vực lao động" not in text(sit("other_preparer").get(f"{AT}across/"))
    assert office.post(f"{at}change/", {"seen": str(held.version), "field": "labour"}).status_code == 302
    assert "không có trong danh mục" not in text(office.get(f"{AT}across/"))
    # Who may not write reads; who may not read finds nothing; a register without a guide has none.
    read = text(sit("chair").get(f"{at}guided/?step=issues"))
    assert "Mở lớp tại xã" in read
    assert "<textarea" not in read
    assert sit("chair").post(f"{at}guided/", {"step": "screen", "seen": "6"}).status_code == 404
    for path in (f"{at}guided/", f"{at}guided.docx"):
        assert sit("other_preparer").get(path).status_code == 404
    assert DRAFT["name"] not in text(sit("other_preparer").get(f"{AT}across/"))
    assert office.get(f"/{PERIOD}/registers/training.class/across/").status_code == 404
    assert TWO in " ".join(record.data)
