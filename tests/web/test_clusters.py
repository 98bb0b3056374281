"""Clusters of communes on their page, and as a level of a table that the command protects."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.parsed import Parsed
from tests.web.world import BEGAN, World

from tienbo.core.words import day_words
from tienbo.units.models import ClusterSheet
from tienbo.units.services import unit_create

AT = "/clusters/"


def sent(client: Client, text: str) -> tuple[int, str]:
    file = SimpleUploadedFile("cụm.csv", text.encode("utf-8-sig"))
    answer = client.post(f"{AT}take/", {"file": file}, follow=True)
    assert not Parsed(answer.content.decode()).faults
    return answer.status_code, " ".join(answer.content.decode().split())


@pytest.mark.django_db
def test_the_office_tells_its_clusters_by_a_sheet_and_nobody_else_does(
    world: World, sit: Callable[[str], Client]
) -> None:
    for n in range(1, 8):
        unit_create(kind="commune", name=f"Xã Mới {n}", begins=BEGAN, parent=world.province)
    office, first = sit("office"), day_words(BEGAN)
    rows = [f"Cụm Đông;Xã Mới {n};{first};" for n in range(1, 7)]
    status, page = sent(office, "\n".join(["Cụm;Xã;Từ ngày;Đến ngày", *rows, f"Cụm Tây;Xã Chim Yến;{first};"]))
    assert status == 422
    assert f"<strong>8</strong>: ngày {first} đơn vị không có xã “Xã Chim Yến”" in page, "of the other province"
    assert not ClusterSheet.objects.exists()
    status, page = sent(office, "\n".join(["Cụm;Xã;Từ ngày;Đến ngày", *rows]))
    assert status == 200
    assert "Đã ghi danh sách cụm xã: 6 xã, 1 cụm." in page
    assert "Cụm Đông" in page
    alone = page.partition('id="alone"')[2]
    assert "Xã Mới 7" in alone
    assert "Xã Mới 1" not in alone
    assert "Chưa có cụm xã nào" in office.get(AT, {"on": "30/6/2025"}).content.decode()
    assert "is-invalid" in office.get(AT, {"on": "31/2/2026"}).content.decode()
    answer = office.get(f"{AT}clusters.csv")
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert sent(office, data.decode("utf-8-sig"))[0] == 200
    assert ClusterSheet.objects.count() == 2
    for seat in ("preparer", "inspector", "administrator", "partner", "department"):
        assert sit(seat).get(AT).status_code == 404, seat
    assert "Cụm Đông" not in sit("other_office").get(AT).content.decode()
