"""No paper says that something is kept which the code does not keep: each answer is asked of the site, each check can
fail, each test that is named is there."""

from __future__ import annotations

import ast
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from tests.conftest import ROOT

from tienbo.accounts.models import User
from tienbo.core.faults import Refused
from tienbo.core.messages import speaking
from tienbo.ground.models import BackupAct, JournalCheck
from tienbo.ground.processing import processing_rows
from tienbo.papers.dossier_paper import HOLE, dossier_paper
from tienbo.project import dossier as made
from tienbo.project import holding
from tienbo.project.commands.processing import facts_of
from tienbo.project.desk import Desk
from tienbo.project.questions import questions
from tienbo.project.site import Site, site_create, site_open

HASTY = {"durable"} if os.environ.get("TIENBO_DATABASE") else set[str]()
"""The PostgreSQL of the tests does not wait for its disk, and is told that it does not."""
pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site that keeps everything it can be asked about."""
    JournalCheck.objects.create(events=1, rows=True, by="x", found=[])
    for act in (BackupAct.Act.MADE, BackupAct.Act.VERIFIED):
        BackupAct.objects.create(act=act, name="a", size=1, by="x")
    return Site(
        path=tmp_path, secret_key="x" * 40, https=True, backups="b", backup_key="age1x",
        heads=str(tmp_path.parent / "elsewhere"),
    )  # fmt: skip


def test_a_site_that_keeps_everything_is_told_so(site: Site) -> None:
    held = made.answers(site)
    assert {code for code, kept in held.items() if kept == "not_kept"} == HASTY
    assert {code for code, kept in held.items() if kept == "owner"} == {
        "network",
        "machine",
        "people",
        "tested",
        "time",
    }


def test_every_check_of_the_site_can_say_no(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be wrong if each were: the check, and how it is broken."""
    bare = replace(site, https=False, sign_in="simple", backups="", heads="")
    told = {code for code, check in holding.HOLDS.items() if not check(bare)}
    assert told == {"https", "guarded", "backups", "heads"} | HASTY
    inside = replace(site, heads=str(site.path / "heads"))
    assert not holding.heads(inside)
    late = timezone.now() - timedelta(days=30)
    with monkeypatch.context() as changed:
        changed.setattr(timezone, "now", lambda: late + timedelta(days=60))
        assert {code for code in ("journal", "backups", "tried") if holding.HOLDS[code](site)} == set()
    JournalCheck.objects.create(events=1, rows=True, by="x", found=[{"code": "x"}])
    assert not holding.journal(site)
    with monkeypatch.context() as changed:
        directives = {**django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], "script-src": ["'unsafe-inline'"]}
        changed.setattr(django_settings, "CONTENT_SECURITY_POLICY", {"DIRECTIVES": directives})
        assert not holding.policy_of_content(site)
    slack = holding.policy().model_copy(
        update={"failures": 9, "idle_minutes": 99, "rest_days": 99, "length_with_factor": 4}
    )
    with monkeypatch.context() as changed:
        changed.setattr(holding, "policy", lambda: slack)
        assert {code for code in ("lock", "idle", "rest", "password") if holding.HOLDS[code](site)} == set()
    loose = holding.MATRIX.model_copy(
        update={
            "separations": (),
            "roles": tuple(one.model_copy(update={"factor": False}) for one in holding.MATRIX.roles),
        }
    )
    loose.__dict__.pop("rules", None)
    with monkeypatch.context() as changed:
        changed.setattr(holding, "MATRIX", loose)
        assert {code for code in ("apart", "factor") if holding.HOLDS[code](site)} == set()
    low = SimpleNamespace(release_rules=dict.fromkeys(("government", "partner", "public"), SimpleNamespace(k=4)))
    wide = SimpleNamespace(rules={"partner": None}, reads_sensitive=lambda _roles: True)
    for name, wrong, code in (
        ("load", lambda _pack: low, "thresholds"),
        ("MATRIX", wide, "matrix"),
        ("connection", Hasty(), "durable"),
        ("check_every_view_declares", lambda: ["x"], "declared"),
        ("processing_faults", lambda: iter(["x"]), "register"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(holding, name, wrong)
            assert not holding.HOLDS[code](site)


class Hasty:
    """A SQLite that says yes before its disk does (synchronous = NORMAL)."""

    vendor = "sqlite"

    def cursor(self) -> Hasty:
        return self

    __enter__ = cursor

    def __exit__(self, *_error: object) -> None:
        pass

    def execute(self, _sql: str) -> None:
        pass

    def fetchone(self) -> tuple[int]:
        return (1,)


def test_a_trigger_that_is_gone_is_found(site: Site, transactional_schema: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        at = "" if connection.vendor == "sqlite" else " ON protection_breach"
        cursor.execute(f'DROP TRIGGER "incidents_are_never_rewritten_update"{at}')
        assert not holding.triggers(site)
        transaction.set_rollback(True)


def test_every_test_that_a_measure_names_is_there() -> None:
    named = {name for one in made.dossier().measures for name in one.tests}
    assert len(named) > 20
    for name in named:
        file, _colons, function = name.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
        found = function in there if function != "*" else any(one.startswith("test_") for one in there)
        assert found, name


def test_every_restricted_field_has_a_rule_of_who_reads_it() -> None:
    held = {(one.room, one.table, one.field): one for one in made.limited_fields()}
    assert set(held) == {(r.room, r.table, r.field) for r in processing_rows() if r.level.value in ("C2", "C3")}
    assert held["accounts", "User", "password"].roles == ()
    assert set(held["protection", "SubjectRequest", "subject"].roles) == {
        "office",
        "chair",
        "inspector",
        "data_officer",
    }
    assert "inspector" not in held["collection", "Revision", "content"].roles
    assert not any({"partner", "administrator"} & set(one.roles) for one in held.values())


def test_people_are_counted_by_what_is_kept_of_them_and_a_near_bound_is_told() -> None:
    User.objects.bulk_create(User(username=f"u{n}", full_name="x") for n in range(3))
    assert made.subjects_counted()[0] == ("accounts", 3, True)
    assert made.bounds_near([made.Counted("accounts", 7_999, True)]) == []
    assert made.bounds_near([made.Counted("accounts", 8_000, True)]) == [
        ("sensitive", 8_000, 10_000),
        ("all", 8_000, 10_000),
    ]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_papers_leave_marked_places_and_say_what_is_not_kept(lang: str, site: Site) -> None:
    with speaking(lang):
        facts = facts_of(Desk(replace(site, https=False, owner="")))
        for kind in ("dossier", "procedure", "yearly"):
            text = "\n".join(dossier_paper(facts, kind, year=2026).lines())  # type: ignore[arg-type]
            assert HOLE in text
            assert ("KHÔNG đáp ứng" if lang == "vi" else "NOT kept") in text
        assert facts.owner == ""


# ------------------------------------------------------------------------------------------- settings, going live


def test_a_site_goes_live_only_with_its_decisions(tmp_path: Path) -> None:
    made_ = site_create(path=tmp_path / "s")
    ready: dict[str, object] = {
        "level_decision": "12/QĐ", "level_date": "1/7/2026", "regulation": "13/QĐ", "regulation_date": "2/7/2026",
        "https": True, "home_unit": "unit_x", "production": True,
    }  # fmt: skip
    good = replace(made_, **ready)  # type: ignore[arg-type]
    good.save()
    assert site_open(made_.path).production
    breaks: list[tuple[str, object]] = [
        ("level_decision", " "), ("level_date", "x"), ("regulation", ""), ("regulation_date", ""), ("https", False),
        ("home_unit", ""), ("sign_in", "simple"), ("illustrative", True),
    ]  # fmt: skip
    for name, value in breaks:
        replace(good, **{name: value}).save()  # type: ignore[arg-type]
        with pytest.raises(Refused) as refused:
            site_open(made_.path)
        assert name in refused.value.faults[0].sentence()
        replace(good, **{name: value}, production=False).save()  # type: ignore[arg-type]
        assert not site_open(made_.path).production, "a trial is a trial"


def test_what_a_person_decided_is_kept_and_what_nobody_did_has_a_default(tmp_path: Path) -> None:
    site = site_create(path=tmp_path / "s")
    assert all(one.until.vi and one.until.en and not one.answer(site) for one in questions())
    known = {name for one in questions() for name in one.settings}
    assert all(hasattr(site, name) for name in known)
    replace(site, decided={"party": 'Công văn "12/CV" ngày 1/7/2026'}, owner="UBND", operator="Sở").save()
    held = site_open(site.path)
    told = {one.code: one.answer(held) for one in questions()}
    assert told["party"] == 'Công văn "12/CV" ngày 1/7/2026'
    assert told["owner"] == "UBND; Sở"
    assert told["level"] == ""
