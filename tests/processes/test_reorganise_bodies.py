"""Bodies in the sheet of a reorganisation: replaced, merged, ended; what no row names ends with its unit."""

from __future__ import annotations

import pytest
from tests.processes.test_reorganise import BEGAN, BOTH, DAY, Ground, ground, row

from tienbo.core.faults import Refused
from tienbo.units.models import Body, BodySuccession, Reorganisation
from tienbo.units.queries import unit_find
from tienbo.units.services import body_found

__all__ = ["ground"]
pytestmark = [pytest.mark.database, pytest.mark.django_db]

OLD, OTHER, NEW = "Ban VSTBPN xã An Bình", "Ban VSTBPN xã Bình Minh", "Ban VSTBPN xã Bình An"
COMMITTEE = "committee.advancement"


@pytest.fixture
def bodies(ground: Ground) -> Ground:
    """Both communes have a committee, one of them a council too; so has a commune that goes on."""
    for name, unit in ((OLD, "Xã An Bình"), (OTHER, "Xã Bình Minh"), ("Ban VSTBPN xã Đông Hồ", "Xã Đông Hồ")):
        body_found(unit=ground.units[unit], kind=COMMITTEE, name=name, begins=BEGAN)
    body_found(unit=ground.units["Xã An Bình"], kind="council", name="HĐND xã", begins=BEGAN)
    return ground


def body(event: str, name: str, unit: str, **more: str) -> dict[str, str]:
    return row(event, name, before_under=unit, **more)


INTO = {"after": NEW, "after_under": "Xã Bình An", "after_is": "mới"}
REPLACED = (
    body("tổ chức được thay", OLD, "Xã An Bình, Tỉnh Sông Mây", **INTO),
    body("tổ chức nhập vào tổ chức khác", OTHER, "Xã Bình Minh", **INTO),
)


def test_bodies_go_into_one_that_is_founded_and_the_others_of_the_units_end(bodies: Ground) -> None:
    said = bodies.propose(*BOTH, *REPLACED)
    assert [(one.body, one.kind, one.into, one.into_unit) for one in said.bodies] == [
        (OLD, "replaced_by", NEW, "Xã Bình An"),
        (OTHER, "merged_into", NEW, "Xã Bình An"),
        ("HĐND xã", "none", "", ""),
    ]
    assert Body.objects.filter(valid_to=None).count() == 4, "nothing was done yet"
    done = bodies.apply(*BOTH, *REPLACED, seen=said.mark)
    new = Body.objects.get(name=NEW)
    assert (new.unit, new.kind, new.valid_from) == (unit_find("Xã Bình An", DAY), COMMITTEE, DAY)
    assert new.founded_by == "12/NQ-HĐND"
    assert {
        (one.predecessor.name, one.kind, one.successor)
        for one in BodySuccession.objects.filter(reorganisation=done.act).select_related("predecessor", "successor")
    } == {(OLD, "replaced_by", new), (OTHER, "merged_into", new), ("HĐND xã", "none", None)}
    ended = Body.objects.filter(valid_to=DAY).values_list("name", flat=True)
    assert set(ended) == {OLD, OTHER, "HĐND xã"}


def test_a_body_of_a_unit_that_goes_on_ends_alone_or_hands_on_its_tasks(bodies: Ground) -> None:
    bodies.apply(
        row("đổi tên", "Xã Đông Hồ", "Xã Đông Hải"),
        body("nhiệm vụ của tổ chức chuyển đi", "ban vstbpn xã đông hồ", "Xã Đông Hồ", after="HĐND xã",
             after_under="Xã An Bình, Tỉnh Sông Mây", after_is="đang có"),
    )  # fmt: skip
    (gone,) = BodySuccession.objects.select_related("successor")
    assert (gone.kind, gone.successor.name if gone.successor else "") == ("tasks_to", "HĐND xã")


def test_a_wrong_body_is_told_at_its_cell_and_nothing_is_changed(bodies: Ground) -> None:
    wrong = (
        body("tổ chức kết thúc", "Ban nào đó", "Xã Bình Minh"),
        body("tổ chức kết thúc", OTHER, ""),
        body("tổ chức được thay", OLD, "Xã An Bình, Tỉnh Sông Mây", after=NEW),
    )
    with pytest.raises(Refused) as refused:
        bodies.apply(*BOTH, *wrong)
    assert [(one.code, one.place.rpartition("!")[2]) for one in refused.value.faults] == [
        ("reorganise.no_body", "B14"),
        ("reorganise.missing", "C15"),
        ("reorganise.missing", "J16"),
    ]
    assert all(one.sentence() for one in refused.value.faults)
    assert not Body.objects.exclude(valid_to=None).exists()
    assert not Reorganisation.objects.exists()
