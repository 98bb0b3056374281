"""Accounts as the command line makes, renews and closes them."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from tienbo.accounts.actors import operator
from tienbo.accounts.models import AccountAct, User
from tienbo.accounts.services import accounts_close, accounts_reopen, new_password
from tienbo.core.faults import Refused
from tienbo.project.cli import main
from tienbo.project.people import account_make, account_named
from tienbo.units.access import accessible_units
from tienbo.units.services import unit_create

TODAY = date(2026, 7, 1)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [fault.code for fault in refused.value.faults]


@pytest.mark.django_db
def test_an_account_signs_in_with_the_password_that_was_told_and_reaches_its_unit_only() -> None:
    nation = unit_create(kind="nation", name="Việt Nam", begins=date(2025, 7, 1))
    mine, other = (
        unit_create(kind="province", name=f"Tỉnh {name}", begins=date(2025, 7, 1), parent=nation) for name in "AB"
    )
    made = account_make(name="lập-biểu", full_name="  Nguyễn  Thị Mây ", role="preparer", unit=mine, begins=TODAY)
    user = User.objects.get(username=made.name)
    assert user.check_password(made.password)
    assert user.full_name == "Nguyễn Thị Mây"
    assert accessible_units(user, need="enter", on=TODAY) == {mine.pk}
    assert other.pk not in accessible_units(user, need="view", on=TODAY)


@pytest.mark.django_db
def test_a_name_that_is_taken_and_one_that_cannot_be_are_told_and_nothing_is_made() -> None:
    account_make(name="office", full_name="Người Thứ Nhất", begins=TODAY)
    with pytest.raises(Refused) as taken:
        account_make(name="office", full_name="Người Thứ Hai", begins=TODAY)
    assert codes(taken) == ["users.exists"]
    for name in ("hai từ", "", "a" * 151):
        with pytest.raises(Refused) as wrong:
            account_make(name=name, full_name="Người Thứ Ba", begins=TODAY)
        assert codes(wrong) == ["users.bad_name"], name
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_role_that_cannot_be_given_leaves_no_account_behind() -> None:
    unit = unit_create(kind="nation", name="Việt Nam", begins=date(2025, 7, 1))
    with pytest.raises(ValidationError):
        account_make(name="king", full_name="Người Thứ Nhất", role="king", unit=unit, begins=TODAY)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_new_password_replaces_the_old_one_and_a_closed_account_stays_named() -> None:
    made = account_make(name="office", full_name="Người Thứ Nhất", begins=TODAY)
    (drawn,) = accounts_reopen(users=[account_named("office")], actor=operator("lan"))
    user = User.objects.get()
    assert user.check_password(drawn.password)
    assert not user.check_password(made.password)
    accounts_close(users=[user], actor=operator("lan"))
    assert [(act.act, act.actor) for act in AccountAct.objects.order_by("id")][1:] == [
        ("reopened", "lan"),
        ("closed", "lan"),
    ]
    assert not User.objects.get(full_name="Người Thứ Nhất").is_active
    with pytest.raises(Refused) as missing:
        account_named("nobody")
    assert codes(missing) == ["users.not_found"]


def test_passwords_are_long_and_never_the_same() -> None:
    drawn = {new_password() for _ in range(500)}
    assert len(drawn) == 500
    assert {len(one) for one in drawn} == {19}
    assert not set("".join(drawn)) & set("01ilo")


def test_half_a_role_is_told_before_anything_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["users", "add", "x", "--full-name", "X", "--role", "office", "--lang", "en"]) == 1
    assert "say both --role and --unit" in capsys.readouterr().err
