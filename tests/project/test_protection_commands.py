"""Requests and incidents from the command line, for a site without a browser at hand."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from tests.web.conftest import built, opened, world  # noqa: F401 - the small world, made once for this file
from tests.web.world import World

from tienbo.accounts.models import User
from tienbo.project.cli import main
from tienbo.project.commands import protection as command
from tienbo.project.desk import Desk
from tienbo.project.site import Site
from tienbo.protection.models import BreachSaid, RequestAct

Run = Callable[..., Any]


@pytest.fixture
def run(
    world: World,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    desk = Desk(Site(tmp_path, "x" * 50, home_unit=world.province.key))
    monkeypatch.setattr(command.Desk, "open", lambda _path: desk)

    def said(*words: str, texts: str = "", code: int = 0) -> Any:
        monkeypatch.setattr("sys.stdin", io.StringIO(texts))
        assert main([*words, *(["--texts", "-"] if texts else [])]) == code
        out, err = capsys.readouterr()
        return json.loads(out) if "--json" in words and code == 0 else out + err

    return said


@pytest.mark.database
@pytest.mark.django_db
def test_a_request_is_noted_shown_in_words_and_settled(run: Run) -> None:
    typed = 'subject = "Bà A"\nanswer_to = "Xã X"\nproved_by = "quen biết"\ntext = "data"'
    key = run("requests", "note", "--kind", "view", "--json", texts=typed)["key"]
    (listed,) = run("requests", "list", "--json")
    assert (listed["key"], listed["state"], listed["late"]) == (key, "new", False)
    run("requests", "act", key[-8:], "acknowledge")
    shown = run("requests", "show", key)
    assert "Chủ thể dữ liệu" in shown
    assert "answer_to" not in shown
    assert " data\n" in shown, "what somebody typed is no message to be translated"
    run("requests", "act", key, "answer", texts='reason = "Đã cung cấp"')
    assert run("requests", "show", key, "--json")["state"] == "answered"
    refused = run("requests", "act", key, "answer", texts='reason = "lần nữa"', code=1)
    assert "đã" in refused
    assert "00000000" in run("requests", "show", "00000000", code=1)
    assert "name" in run("requests", "note", "--kind", "view", texts='name = "x"', code=1)


@pytest.mark.database
@pytest.mark.django_db
def test_an_incident_goes_from_its_signal_to_its_record(run: Run) -> None:
    key = run("incidents", "signal", "--json", texts='seen = "Máy lạ đăng nhập"')["key"]
    assert set(run("incidents", "show", key, "--json")["notices"]) == {"cyber_first", "cyber_report", "personal"}
    run("incidents", "say", key, "--kind", "account", "--personal", "no", texts='harm = "Chưa rõ"')
    shown = run("incidents", "show", key)
    assert "Sự cố an ninh mạng nghiêm trọng" in shown
    assert "chưa rõ" in shown
    assert run("incidents", "show", key, "--json")["said"]["personal"] == "no"
    run("incidents", "notice", key, "cyber_first", "--to", "Công an tỉnh")
    assert run("incidents", "show", key, "--json")["notices"]["cyber_first"]


def test_what_may_be_said_is_what_tables_hold() -> None:
    assert set(command.KINDS) == set(BreachSaid.Kind.values)
    assert set(command.KNOWN) == set(BreachSaid.Known.values)
    assert set(command.ACTS) == set(RequestAct.Act.values)


@pytest.mark.database
@pytest.mark.django_db
def test_somebody_is_given_what_is_held_and_has_it_deleted_as_far_as_may_be(
    run: Run,
    world: World,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tienbo.processes.retention.database_compact", lambda: None)
    name = world.users["partner"].username
    out = tmp_path / "held.json"
    with override_settings(SITE=Site(tmp_path, "x" * 50)):
        shown = run("requests", "held", name, "--out", str(out))
    noted = "".join(path.read_text(encoding="utf-8") for path in Site(tmp_path, "x" * 50).noted.iterdir())
    assert f"account:{world.users['partner'].pk}" in noted
    assert f'"{name}"' not in noted, "the note stays where the name has to go"
    assert "Trong nhật ký" in shown
    assert json.loads(out.read_text(encoding="utf-8"))["account"]["account"] == name
    assert "khóa trước" in run("retention", "due", "--account", name, code=1)
    run("users", "close", name)
    mark = run("retention", "due", "--account", name, "--json")["mark"]
    typed = 'subject = "Bà A"\nanswer_to = "Xã X"\nproved_by = "CCCD"\ntext = "xóa"'
    key = run("requests", "note", "--kind", "delete", "--json", texts=typed)["key"]
    assert "--request" in run("retention", "take", mark, "--account", name, "--decision", "CV 1", code=1)
    run("retention", "take", mark, "--account", name, "--request", key[-8:], "--decision", "CV 1")
    assert not User.objects.filter(username=name).exists()
    assert User.objects.filter(username=world.users["office"].username).exists()
