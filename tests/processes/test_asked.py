"""One person asks what is held on them, and to have it deleted: what may go goes at once, what must stay is told."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tienbo.accounts.actors import operator
from tienbo.accounts.models import PasswordKept, User
from tienbo.accounts.services import account_create, accounts_close
from tienbo.catalogue.loading import load
from tienbo.core.faults import Refused
from tienbo.ground.acting import acting_as
from tienbo.ground.files import FileStore
from tienbo.ground.spool import spool_note, spool_take
from tienbo.ground.verify import journal_verify
from tienbo.processes import retention
from tienbo.protection.held import held_on
from tienbo.protection.models import SubjectRequest
from tienbo.protection.purging import purged_events, rows_with
from tienbo.protection.requests import Typed, request_act, request_note
from tienbo.protection.terms import ERASED, OF_ONE, terms_asked, terms_of
from tienbo.units.models import Grant, Unit
from tienbo.units.services import unit_create

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ACTOR = operator("người vận hành")
KIN = "Nguyễn Thị Xin Xóa"


@pytest.fixture
def province(monkeypatch: pytest.MonkeyPatch) -> Unit:
    monkeypatch.setattr(retention, "database_compact", lambda: None)  # outside of a transaction
    return unit_create(kind="province", name="Tỉnh Vĩnh An", begins=date(2025, 7, 1))


@pytest.fixture
def officer(province: Unit, tmp_path: Path) -> User:
    user, _account = account_create(name="xin.xoa", full_name=KIN, actor=ACTOR)
    PasswordKept.objects.create(user=user, password="băm")
    Grant.objects.create(user=user, unit=province, role="preparer", valid_from=date(2026, 1, 1))
    spool_note(tmp_path / "noted", "sign_in", person="xin.xoa", address="10.9.8.7")
    spool_take(tmp_path / "noted")
    return user


def asked_for(province: Unit, kind: str = "delete") -> SubjectRequest:
    typed = Typed(kind, "Bà X", "Xã A", "person", "Xóa dữ liệu", timezone.localdate(), "CCCD")
    return request_note(unit=province, typed=typed, actor=ACTOR, today=timezone.localdate(), pack="vn")


def take(tmp_path: Path, user: User, request: SubjectRequest | None, **more: Any) -> Any:
    kept = retention.Kept(FileStore(tmp_path / "files"), [], seal=b"x" * 32)
    user.refresh_from_db()
    given: dict[str, Any] = {"kept": kept, "terms": terms_of({}), "today": timezone.localdate(), "of": user, **more}
    mark = retention.retention_told(**given).mark
    return retention.retention_take(mark=mark, decision="CV 12/BC", actor=ACTOR, request=request, **given)


def test_a_person_is_told_everything_but_secrets(officer: User, province: Unit) -> None:
    with acting_as("xin.xoa", "page:x"):
        unit_create(kind="commune", name="Xã A", begins=date(2025, 7, 1), parent=province)
    held = held_on(officer)
    text = json.dumps(held.as_json())
    assert held.account["name"] == KIN
    assert [one["role"] for one in held.rights] == ["preparer"]
    assert [one["act"] for one in held.acts] == ["made"]
    assert {one.sort: one.count for one in held.journal}["sign_in"] == 1
    assert {one.sort for one in held.journal} >= {"write"}
    assert ("units.Grant", "user", "account", 1) in {(n.table, n.field, n.by, n.count) for n in held.named}
    assert officer.password not in text
    assert "băm" not in text


def test_what_is_theirs_goes_at_once_and_what_must_stay_stays(officer: User, province: Unit, tmp_path: Path) -> None:
    other, _account = account_create(name="nguoi.khac", full_name="Người Khác", actor=ACTOR)
    PasswordKept.objects.create(user=other, password="khác")
    accounts_close(users=[officer, other], actor=ACTOR)
    record = take(tmp_path, officer, request := asked_for(province))
    assert request.key in record.decision
    officer.refresh_from_db()
    other.refresh_from_db()
    assert officer.password == "!erased"
    assert not PasswordKept.objects.filter(user=officer).exists()
    assert (other.full_name, PasswordKept.objects.filter(user=other).count()) == ("Người Khác", 1)
    assert officer.full_name == KIN, "the journal names them: sign-ins stay twelve months"
    assert [one.sort for one in held_on(officer).journal] == ["sign_in"]
    assert not journal_verify(purged=purged_events()).faults
    assert retention.record_holds(record, b"x" * 32)


def test_a_year_later_no_name_is_left(officer: User, province: Unit, tmp_path: Path) -> None:
    accounts_close(users=[officer], actor=ACTOR)
    record = take(tmp_path, officer, asked_for(province), today=timezone.localdate() + timedelta(days=400))
    assert {one["table"] for one in record.taken} >= {"accounts.User", "ground.JournalEvent"}
    officer.refresh_from_db()
    assert (officer.full_name, officer.username) == (ERASED, f"erased-{officer.pk}")
    assert [copy.place for copy in rows_with([KIN, "xin.xoa", "10.9.8.7"])] == []
    assert not journal_verify(purged=purged_events()).faults


def test_who_decided_stays_with_what_was_decided(officer: User, province: Unit, tmp_path: Path) -> None:
    with acting_as("xin.xoa", "page:x"):
        unit_create(kind="commune", name="Xã A", begins=date(2025, 7, 1), parent=province)
    accounts_close(users=[officer], actor=ACTOR)
    take(tmp_path, officer, asked_for(province), today=timezone.localdate() + timedelta(days=4000))
    officer.refresh_from_db()
    assert officer.full_name == KIN


def test_an_open_account_and_a_request_for_something_else_are_refused(
    officer: User, province: Unit, tmp_path: Path
) -> None:
    def codes(request: SubjectRequest | None) -> list[str]:
        with pytest.raises(Refused) as refused:
            take(tmp_path, officer, request)
        return [fault.code for fault in refused.value.faults]

    assert codes(asked_for(province)) == ["retention.account_open"]
    accounts_close(users=[officer], actor=ACTOR)
    assert codes(asked_for(province, "view")) == ["retention.not_asked"]
    back = asked_for(province)
    today, working = timezone.localdate(), load("vn").working_days
    request_act(request=back, act="withdraw", on=today, actor=ACTOR, working=working, reason="Thôi", today=today)
    assert codes(back) == ["retention.not_asked"]
    assert PasswordKept.objects.filter(user=officer).exists()


def test_terms_that_are_asked_for_are_never_longer_than_those_of_all() -> None:
    assert set(terms_asked(terms_of({}))) == set(OF_ONE)
    assert terms_asked(terms_of({}))["journal"].after == "12m"
    assert terms_asked(terms_of({"secrets": "0d"}))["secrets"].after == "0d"
    assert terms_asked(terms_of({"journal": "12m"}))["journal"].after == "12m"
