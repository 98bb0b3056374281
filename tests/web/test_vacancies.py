"""The page of vacancies: filled in from the published posts or pasted, answered, an annex, tasks in one click."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from io import BytesIO

import docx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.web.test_indicator import words
from tests.web.world import World

from tienbo.accounts.actors import operator
from tienbo.catalogue.loading import load
from tienbo.posts.services import post_hold
from tienbo.posts.told import Read
from tienbo.registers.task_models import Task
from tienbo.units.frames import unit_called
from tienbo.units.models import Unit

pytestmark = pytest.mark.django_db
ADDRESS = "/2026-H1/vacancies/"
Sit = Callable[[str], Client]


def holds(unit: Unit, title: str, sex: str, *, number: int = 1, born: int = 1990, ends: date | None = None) -> None:
    post_hold(
        unit=unit,
        title=title,
        number=number,
        begins=date(2025, 7, 1),
        ends=ends,
        name=f"Người {title} {number}",
        sex=sex,
        birth_year=born,
        read=Read("QĐ 5/QĐ-UBND (số liệu minh họa)"),
        actor=operator("test"),
        edition=load(),
    )


def typed(page: bytes) -> dict[str, str]:
    """The rows that stand in the form."""
    found = re.search(r'name="rows"[^>]*>(.*?)</textarea>', page.decode(), re.DOTALL)
    assert found is not None
    return unescape(found[1])  # type: ignore[return-value]


def test_the_posts_on_record_become_a_plan_and_its_tasks(world: World, sit: Sit) -> None:
    """Two communes: A has a man as chair who leaves on a day that is written and a man of 1990 as vice chair; B a woman
    and a man born in 1962, who has surely retired within two years (62 years, reached in 2024 at the latest: a post of
    today opens now or on a day past). Every body with a woman asks for one change, in A, on the day that is written."""
    chair, vice = "people_committee.chair", "people_committee.vice_chair"
    first, second = world.communes[:2]
    leaves = timezone.localdate() + timedelta(days=200)
    holds(first, chair, "m", ends=leaves)
    holds(first, vice, "m")
    holds(second, chair, "f")
    holds(second, vice, "m", born=1962)
    asked = {"act": "fill", "source": "authorities", "bodies": "100", "until": "", "way": "even"}
    office = sit("office")
    page = office.post(ADDRESS, asked)
    rows = str(typed(page.content)).splitlines()
    name = f"Ủy ban nhân dân {unit_called(first.pk, timezone.localdate())}"
    assert len(rows) == 2
    assert f"{name}; 2; 0; 2; 0; 1; {leaves:%d/%m/%Y}".replace("/0", "/") in "\n".join(rows).replace("/0", "/")
    assert any("; 2; 1; 1; 0; 1; " in row for row in rows)
    until = timezone.localdate() + timedelta(days=700)
    question = {"rows": "\n".join(rows), "bodies": "100", "until": f"{until:%d/%m/%Y}", "way": "even"}
    with CaptureQueriesContext(connection) as ran:
        page = office.post(ADDRESS, {**question, "from": "authorities"})
    changing = [one["sql"] for one in ran if one["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert not [sql for sql in changing if "django_session" not in sql]
    said = words(page.content)
    assert "bố trí nữ vào 1 vị trí trống" in said
    assert "Lập 1 nhiệm vụ" in said
    assert "no-store" in page.headers["Cache-Control"]
    # The annex says the same; it has no number, and nobody's name.
    paper = docx.Document(BytesIO(office.post(f"{ADDRESS}annex.docx", question).content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    assert name in cells
    assert not [one for one in cells if "Người " in one]
    assert office.post(f"{ADDRESS}annex.pdf", question).content.startswith(b"%PDF")
    # One click, and once.
    for _again in range(2):
        answer = office.post(f"{ADDRESS}tasks/", question)
        assert answer.status_code == 302
        (task,) = Task.objects.all()
    assert (task.owner, task.acts.get().due_on) == (first, leaves)
    assert "từ 0 lên 1" in task.text
    assert name in task.text
    assert task.text in unescape(office.get(answer.url).content.decode())  # type: ignore[attr-defined]


def test_what_is_wrong_is_told_at_its_row_and_nobody_else_makes_tasks(world: World, sit: Sit) -> None:
    office = sit("office")
    page = office.get(ADDRESS)
    assert 'value="75"' in page.content.decode()  # the next legal year's value of target 1.1
    wrong = {"rows": "Xã A; 3; hai; 1\nXã B; 2; 3; 0\n", "until": "mai", "bodies": "0,95", "way": "even"}
    page = office.post(ADDRESS, wrong)
    said = words(page.content)
    assert page.status_code == 422
    for what in ("dòng:1", "hai", "dòng:2", "“mai”", "0,95"):
        assert what in said, what
    assert "Xã A; 3; hai; 1" in str(typed(page.content))
    for much in ({}, {**wrong, "rows": "x" * 200_001}, {**wrong, "rows": ""}):
        assert office.post(ADDRESS, much).status_code == 422
    # More than the vacancies give says how far one gets; a row that is no unit's makes no task for anybody.
    question = {"rows": "Xã Không Có; 3; 0; 3; 0; 1;", "until": "31/12/2028", "persons": "90", "way": "fewest"}
    assert "1 nữ trên 3 vị trí" in words(office.post(ADDRESS, question).content)
    question["persons"] = "30"
    assert "không có đơn vị trực thuộc nào tên như vậy" in words(office.post(ADDRESS, question).content)
    page = office.post(f"{ADDRESS}tasks/", question)
    assert (page.status_code, Task.objects.count()) == (422, 0)
    assert "Xã Không Có" in words(page.content)
    inspector = sit("inspector")
    assert "Lập 1 nhiệm vụ" not in words(inspector.post(ADDRESS, question).content)
    assert inspector.post(f"{ADDRESS}tasks/", question).status_code == 404
    assert sit("partner").get(ADDRESS).status_code == 404
