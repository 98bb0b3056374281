"""The matrix of rights, held against what was written down by hand from its source (security design, §4.5)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from tienbo.accounts.models import User
from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.ground.once import reading_once
from tienbo.units.access import accessible_units
from tienbo.units.models import Grant, Role
from tienbo.units.rights import FILE, MATRIX, read
from tienbo.units.rights_table import matrix_grid, matrix_rows
from tienbo.units.services import grant_end, grant_give, grant_withdraw, unit_create

DAY = date(2026, 1, 1)
BY_HAND = {
    "preparer": ({"visit", "view", "enter"}, set()),
    "head": ({"visit", "view", "approve"}, set()),
    "office": ({"visit", "view", "enter", "consolidate", "audit", "watch"}, {"visit", "view", "accept", "reorganise"}),
    "chair": ({"visit", "view", "approve", "conclude", "watch"}, {"visit", "view"}),
    "inspector": ({"visit", "view", "audit", "watch"}, {"visit", "view"}),
    "administrator": (
        {"visit", "administer", "oversee", "appoint", "audit"},
        {"visit", "administer", "oversee", "appoint", "reorganise"},
    ),
    "partner": ({"visit"}, {"visit"}),
    "elections": ({"elections"}, {"elections"}),
    "data_officer": ({"visit", "oversee", "audit", "watch", "protect"}, {"visit", "oversee", "watch", "protect"}),
}
APART_AT_ONE_UNIT = {
    frozenset(pair) for pair in (("preparer", "head"), ("preparer", "chair"), ("head", "office"), ("office", "chair"))
}


def test_each_role_allows_what_was_written_down_by_hand() -> None:
    assert {role: (set(held.own), set(held.below)) for role, held in MATRIX.allows.items()} == BY_HAND
    assert set(BY_HAND) == set(Role.values)
    assert {role for role in BY_HAND if MATRIX.reads_sensitive([role])} == {"preparer", "head", "office", "chair"}
    assert {role for role in BY_HAND if MATRIX.rules[role].term == 30} == {"inspector", "partner"}


def test_an_administrator_goes_with_no_other_role_and_nobody_approves_their_own() -> None:
    for first in BY_HAND:
        for second in BY_HAND:
            one = frozenset((first, second))
            admin = first != second and "administrator" in one
            assert bool(MATRIX.apart(first, second, same_unit=True)) == (admin or one in APART_AT_ONE_UNIT), one
            assert bool(MATRIX.apart(first, second, same_unit=False)) == admin, one


def test_a_row_that_promises_less_than_another_gives_is_no_matrix(tmp_path: Path) -> None:
    """Evidence that a preparer may not write, while "enter" lets them."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    next(row for row in content["resources"] if row["code"] == "evidence")["cells"]["preparer"]["own"] = "R"
    (tmp_path / "rights.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ValueError, match="evidence: preparer lacks enter"):
        read(tmp_path / "rights.yaml")


def test_the_matrix_is_told_in_both_languages() -> None:
    said = {}
    for lang in ("vi", "en"):
        with speaking(lang):
            headers, rows = matrix_rows()
            said[lang] = {row[0]: dict(zip(headers, row, strict=True)) for row in rows}
    violence = said["en"]["Counts of gender-based violence as entered (never a case)"]
    assert violence["Inspector"] == violence["Administrator"] == violence["Guest or partner"] == "–"
    assert violence["Standing office"] == "own unit: reads, writes; units directly below: reads"
    row = said["vi"]["Số liệu bạo lực trên cơ sở giới chưa qua bảo vệ (không có vụ việc)"]
    assert row["Cơ quan thường trực"] == "đơn vị mình: xem, ghi; đơn vị trực thuộc trực tiếp: xem"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_matrix_fits_a_terminal_and_says_the_same_in_letters(lang: str) -> None:
    with speaking(lang):
        headers, rows, legend = matrix_grid(100)
        _words, whole = matrix_rows()
    widths = [max(len(row[at]) for row in (headers, *rows)) for at in range(len(headers))]
    assert sum(widths) + 2 * (len(widths) - 1) <= 100
    assert max(map(len, legend)) <= 100
    assert headers[2:] == [str(at) for at in range(1, 10)]
    firsts = [row for row in rows if row[1]]
    assert [[cell == "–" for cell in row[2:]] for row in firsts] == [[cell == "–" for cell in row[2:]] for row in whole]
    # By hand, from the file: returns, of preparer, head, office, chair, inspector, and nobody else.
    assert firsts[3][2:] == ["RW", "RS", "RW/RA", "RS/R", "R/R", "–", "–", "–", "–"]
    assert firsts[7][1:6] == ["C3", "RW", "R", "RW:R", "R:R"]


@pytest.mark.database
@pytest.mark.django_db
def test_grants_last_their_term_stay_apart_and_are_taken_back_at_once() -> None:
    province = unit_create(kind="province", name="Tỉnh Sông Mây", begins=DAY)
    commune = unit_create(kind="commune", name="Xã An Bình", begins=DAY, parent=province)
    user, other = (User.objects.create_user(name, name) for name in ("an", "binh"))

    def refused(role: str, unit: object = commune, who: User = user, begins: date = DAY) -> list[str]:
        with pytest.raises(Refused) as found:
            grant_give(user=who, unit=unit, role=role, begins=begins)  # type: ignore[arg-type]
        return [fault.code for fault in found.value.faults]

    assert grant_give(user=other, unit=province, role="inspector", begins=DAY).valid_to == date(2026, 1, 31)
    assert grant_give(user=other, unit=province, role="partner", begins=DAY, ends=date(2026, 3, 1)).valid_to == date(
        2026, 3, 1
    )
    enters = grant_give(user=user, unit=commune, role="preparer", begins=DAY)
    assert enters.valid_to is None
    assert refused("head") == refused("administrator") == ["units.kept_apart"]
    assert refused("administrator", province) == ["units.kept_apart"]
    assert refused("administrator", commune, other) == ["units.kept_apart"] * 2
    assert grant_give(user=other, unit=commune, role="administrator", begins=date(2026, 3, 1)).pk  # they are over
    grant_end(grant=enters, on=date(2026, 7, 1))
    assert refused("head", begins=date(2026, 6, 30)) == ["units.kept_apart"]
    assert grant_give(user=user, unit=commune, role="head", begins=date(2026, 7, 1)).pk

    now = timezone.make_aware(datetime(2026, 8, 1, 9, 0))
    chief, before = Grant.objects.get(user=user, role="head"), User.objects.get(pk=user.pk).get_session_auth_hash()
    grant_withdraw(grant=chief, now=now)
    assert chief.valid_to == date(2026, 8, 1)
    assert User.objects.get(pk=user.pk).get_session_auth_hash() != before
    today = grant_give(user=user, unit=commune, role="preparer", begins=date(2026, 8, 1))
    grant_withdraw(grant=today, now=now + timedelta(hours=1))  # on the day it was given
    with reading_once():
        assert accessible_units(user, need="visit", on=date(2026, 8, 1)) == frozenset()
    assert not Grant.objects.on(date(2026, 8, 1)).filter(user=user).exists()
    again = grant_give(user=user, unit=commune, role="preparer", begins=date(2026, 8, 1))  # by mistake, it was
    assert again.pk == today.pk
    with reading_once():
        assert accessible_units(user, need="enter", on=date(2026, 8, 1)) == {commune.pk}
