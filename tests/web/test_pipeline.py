"""The page of the pipeline: counts pasted for a question are answered, as a Word annex too, and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import docx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.web.test_indicator import rows, words
from tests.web.world import World

ADDRESS = "/2026-H1/pipeline/"
ROWS = """Sở\tsố vị trí\t\t\t50
Sở\tđang giữ chức danh\tnữ\t1971\t3
Sở\tđang giữ chức danh\tnữ\t1980\t5
Sở\tđang giữ chức danh\tnam\t1967\t15
Sở\tđang giữ chức danh\tnam\t1980\t27
Sở\ttrong diện xét quy hoạch\tnữ\t30-45\t60
"""
ASKED = {
    "share": "20", "by": "1/2031", "now": "12/2026", "rows": ROWS,
    "lost_planned": "50", "lost_trained": "20", "lost_appointed": "25",
}  # fmt: skip


@pytest.mark.django_db
def test_pasted_counts_are_answered_and_kept_nowhere(sit: Callable[[str], Client], world: World) -> None:
    """The committee of test_pipeline of the outlook: 5 of 18 posts, so 7 trained and 9 planned for."""
    office = sit("office")
    page = office.get(ADDRESS)
    assert page.status_code == 200
    assert "không lưu" in words(page.content)
    with CaptureQueriesContext(connection) as asked:
        page = office.post(ADDRESS, ASKED)
    assert page.status_code == 200
    changing = [one["sql"] for one in asked if one["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert not [sql for sql in changing if "django_session" not in sql]
    assert rows(page.content, "answer")[0] == ["Sở", "50", "8", "3", "18", "5", "9", "7"]
    assert "no-store" in page.headers.get("Cache-Control", "")
    # The law's own ages in the year asked about: 704 and 744 months in 2031.
    assert "nữ 58 tuổi 8 tháng, nam 62 tuổi" in words(page.content)
    assert "sớm hơn 3 năm 4 tháng" in words(page.content)
    # Who may still stand: the rule, its document's state, and women's shorter time.
    page = office.post(ADDRESS, {**ASKED, "bar": "cycle_2030.province.first_time"})
    assert "2 năm 0 tháng" in words(page.content)
    # The same as an annex.
    answer = office.post(ADDRESS, {**ASKED, "as": "docx"})
    paper = docx.Document(BytesIO(answer.content))
    told = " ".join(one.text for one in paper.paragraphs)
    assert "20 % nữ" in told
    assert "135/2020/NĐ-CP" in told
    assert "chưa đối chiếu" not in told
    cells = [[cell.text for cell in row.cells] for table in paper.tables for row in table.rows]
    assert ["Sở", "50", "8", "3", "18", "5", "9", "7"] in cells


@pytest.mark.django_db
def test_what_is_wrong_is_told_at_its_row_and_what_was_typed_stays(sit: Callable[[str], Client], world: World) -> None:
    chair = sit("chair")
    wrong = {**ASKED, "share": "", "lost_trained": "x", "rows": "Nhóm;Bước;Số\nSở;thử việc;3\nSở;số vị trí;-1\n"}
    page = chair.post(ADDRESS, wrong)
    assert page.status_code == 422
    said = words(page.content)
    assert "thử việc" in said
    assert "2:" in said.replace(" :", ":")
    assert "Sở;thử việc;3" in page.content.decode()
    for much in ({**ASKED, "rows": "x" * 70_000}, {**ASKED, "by": "1/2020"}, {**ASKED, "rows": ""}, {}):
        assert chair.post(ADDRESS, much).status_code == 422
    # More than can be reached says how far one gets.
    page = chair.post(ADDRESS, {**ASKED, "share": "90"})
    assert "23/50" in words(page.content)
    assert sit("partner").get(ADDRESS).status_code == 404
