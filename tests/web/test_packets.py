"""Packets on pages: two who write one part, what looks like a person's number, whose work is approved by whom, and a
link that ends on its day. The whole way of one is walked in tests/release/test_quynh_luu.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import docx
import pytest
from django.test import Client
from django.utils import timezone
from tests.registers.test_registers import add, move
from tests.registers.test_rows import ONE
from tests.web.world import PERIOD, World

from tienbo.accounts.actors import operator
from tienbo.core.faults import Refused
from tienbo.engine.values import FrozenValues
from tienbo.registers.models import Record
from tienbo.release import packets
from tienbo.release.models import Release
from tienbo.release.packet_models import Packet
from tienbo.release.packets import (
    content_of,
    packet_approve,
    packet_link,
    packet_save,
    packet_shared,
    packet_version,
    released_of,
    visit_count,
    visits,
)

AT = f"/{PERIOD.code}/exchange/"


@pytest.fixture
def packet(world: World, sit: Callable[[str], Client]) -> Packet:
    """A packet of the province, begun and named."""
    office = sit("office")
    assert office.post(f"/{PERIOD.code}/report/release/", {}).status_code == 302
    begun = office.post(f"{AT}new/", {"release": Release.objects.get().key, "partner": "Xiêng Khoảng"})
    assert begun.status_code == 302
    made = Packet.objects.get()
    words = {"partner_vi": "Xiêng Khoảng", "own_name_vi": "Tỉnh Vĩnh An", "title_vi": "Trao đổi", "shared_lo": "1"}
    assert office.post(f"{AT}{made.key}/write/words/", {"seen": "1", **words}).status_code == 302
    return made


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [fault.code for fault in refused.value.faults]


@pytest.mark.django_db
def test_two_who_write_different_parts_meet_and_one_part_is_asked_about(
    packet: Packet, sit: Callable[[str], Client]
) -> None:
    office, at = sit("office"), f"{AT}{packet.key}/write/"
    assert office.post(f"{at}terms/", {"seen": "2", "term": "committee"}).status_code == 302
    assert office.post(f"{at}figures/", {"seen": "2", "indicator": "training.classes"}).status_code == 302
    late = office.post(f"{at}terms/", {"seen": "2", "term": "chair"})
    assert late.status_code == 422
    assert "đã sửa phần này" in late.content.decode()
    held = content_of(packet_version(packet))
    assert ([one.code for one in held.terms], len(held.figures)) == (["committee"], 1)
    again = re.search(r'name="seen" value="(\d+)"', late.content.decode())
    assert again is not None
    assert office.post(f"{at}terms/", {"seen": again[1], "term": "chair"}).status_code == 302
    assert sit("other_office").get(f"{AT}{packet.key}/").status_code == 404
    assert sit("partner").get(f"{AT}{packet.key}/").status_code == 404


@pytest.mark.django_db
def test_the_number_of_a_person_is_asked_about_and_kept_out(packet: Packet, sit: Callable[[str], Client]) -> None:
    office, at = sit("office"), f"{AT}{packet.key}/write/"
    office.post(f"{at}practices/", {"seen": "2", "blank": "1"})
    typed = {"seen": "3", "title0_vi": "Tổ tư vấn", "text0_vi": "Liên hệ 0912345678"}
    answer = office.post(f"{at}practices/", typed)
    assert answer.status_code == 422
    assert "0912345678" in answer.content.decode()
    assert content_of(packet_version(packet)).practices[0].text.vi == ""
    assert office.post(f"{at}practices/", {**typed, "looked_at": "1"}).status_code == 302


@pytest.mark.django_db
def test_a_practice_of_the_register_goes_into_the_packet_with_its_measured_results(
    world: World, packet: Packet, sit: Callable[[str], Client]
) -> None:
    """From the register, through the packet, an approval and the link, to the partner's page and Word file."""
    results = {
        f"results/{ONE}/what": "Lượt người được tư vấn mỗi tháng", f"results/{ONE}/before": "20",
        f"results/{ONE}/after": "75", f"results/{ONE}/source": "Sổ theo dõi của xã",
        f"runs/{ONE}/unit": "Xã Đồng Tâm", f"runs/{ONE}/since": "5/1/2026",
    }  # fmt: skip
    record = add(
        world.province, "practice", name="Tổ tư vấn lưu động", described_on="5/3/2026", needs="Mỗi xã 4 cộng tác viên",
        problem="Người dân ít hiểu tài liệu", way="Cộng tác viên đến từng thôn", **results,
    )  # fmt: skip
    move(record, "confirm")
    withdrawn = add(world.province, "practice", name="Ghi nhầm", described_on="6/3/2026", problem="x", way="y")
    Record.objects.filter(pk=withdrawn.pk).update(withdrawn=True)
    office, at = sit("office"), f"{AT}{packet.key}/write/practices/"
    offered = office.get(at).content.decode()
    assert "Tổ tư vấn lưu động" in offered
    assert "Đã kiểm chứng kết quả" in offered
    assert "Ghi nhầm" not in offered
    assert office.post(at, {"seen": "2", "record": record.key}).status_code == 302
    (held,) = content_of(packet_version(packet)).practices
    assert held.record == record.key
    assert "Lượt người được tư vấn mỗi tháng – 20 – 75 – Sổ theo dõi của xã" in held.text.vi
    assert "Xã Đồng Tâm – 05/01/2026" in held.text.vi
    said = {"seen": "3", "title0_vi": held.title.vi, "text0_vi": held.text.vi, "title0_en": "Mobile counselling",
            "text0_en": "From 20 to 75 a month."}  # fmt: skip
    assert office.post(at, said).status_code == 302
    last_day, chair = timezone.localdate() + timedelta(days=9), operator("Trưởng ban")
    mark = packet_version(packet).fingerprint
    packet_approve(packet=packet, seen=mark, last_day=last_day, post="Trưởng ban", actor=chair)
    secret = packet_link(packet=packet, actor=chair)
    page = Client().get(f"/shared/{secret}/lo/").content.decode()
    assert "Mobile counselling" in page  # where nothing is said in Lao the English stands
    word = docx.Document(BytesIO(office.get(f"{AT}{packet.key}/vi/docx").content))
    assert any("20 – 75" in one.text for one in word.paragraphs)


@pytest.mark.django_db
def test_only_values_of_the_unit_that_are_open_to_guests_can_be_shared(packet: Packet) -> None:
    released = released_of(packet.release)
    offered = {one.indicator for one in released.shareable()}
    held = FrozenValues.from_json(packet.release.values_json)
    assert "training.classes" in offered
    assert {one.unit for one in released.shareable()} == {packet.unit.key}
    elements = released.edition.elements
    closed = {
        code
        for code, made in released.edition.indicators.items()
        if any(elements[term.series.element].sensitivity.value == "C3" for term in made.terms)
    }
    assert closed & {one.indicator for one in held if one.value is not None and one.unit == packet.unit.key}
    assert not closed & offered


@pytest.mark.django_db
def test_nobody_approves_their_own_work_nor_for_ever_nor_what_they_did_not_see(packet: Packet) -> None:
    today, writer, chair = timezone.localdate(), operator("A"), operator("B")
    made = packet_save(packet=packet, seen=2, changes={"marks": True}, actor=writer)
    given = {"packet": packet, "seen": made.fingerprint, "last_day": today, "post": "Trưởng ban", "actor": chair}
    for wrong, code in (
        ({"actor": writer}, "packet.own_work"),
        ({"seen": "0" * 64}, "packet.approved_other"),
        ({"post": " "}, "packet.no_post"),
        ({"last_day": today - timedelta(days=1)}, "packet.day_gone"),
        ({"last_day": today + timedelta(days=367)}, "packet.too_long"),
    ):
        with pytest.raises(Refused) as refused:
            packet_approve(**{**given, **wrong})  # type: ignore[arg-type]
        assert codes(refused) == [code]
    packet_approve(**given)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_link_ends_on_its_day_with_another_link_and_with_another_approval(
    packet: Packet, monkeypatch: pytest.MonkeyPatch
) -> None:
    today, chair = timezone.localdate(), operator("Trưởng ban")
    given = {"packet": packet, "last_day": today, "post": "Trưởng ban", "actor": chair}
    with pytest.raises(Refused) as refused:
        packet_link(packet=packet, actor=chair)
    assert codes(refused) == ["packet.not_approved"]
    packet_approve(seen=packet_version(packet).fingerprint, **given)  # type: ignore[arg-type]
    first = packet_link(packet=packet, actor=chair)
    link = packet_shared(first)
    assert link is not None
    assert first not in {*packet.steps.values_list("secret_sha256", flat=True)}
    for _ in range(3):
        visit_count(link)
    assert visits(packet) == 3
    second = packet_link(packet=packet, actor=chair)
    assert (packet_shared(first), packet_shared(second) is None) == (None, False)
    monkeypatch.setattr(packets.timezone, "localdate", lambda: today + timedelta(days=1))
    assert packet_shared(second) is None
    monkeypatch.undo()
    newer = packet_save(packet=packet, seen=2, changes={"marks": True}, actor=operator("A"))
    assert packet_shared(second) is not None
    packet_approve(seen=newer.fingerprint, **given)  # type: ignore[arg-type]
    assert packet_shared(second) is None
    third = packet_link(packet=packet, actor=chair)
    shared = packet_shared(third)
    assert shared is not None
    assert shared.version == newer


@pytest.mark.django_db
def test_a_figure_on_the_page_is_the_release_s(packet: Packet, sit: Callable[[str], Client]) -> None:
    office = sit("office")
    office.post(f"{AT}{packet.key}/write/figures/", {"seen": "2", "indicator": ["training.classes"]})
    value = released_of(packet.release).value("training.classes").value
    assert value is not None
    assert value > Decimal(0)
    page = office.get(f"{AT}{packet.key}/vi/").content.decode()
    assert f'<td class="tb-num">{value.normalize():f}</td>' in page
