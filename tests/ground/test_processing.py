"""The register of processing says something of every column that there is, and of nothing else."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import docx
import pytest
from django.db import connection

from tienbo.ground import processing
from tienbo.ground.checks import check_processing
from tienbo.ground.processing import Foreign, Group, Room, processing_faults, processing_rows
from tienbo.project.cli import main


@pytest.mark.django_db
def test_every_column_of_the_database_stands_in_it_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Held against what the database itself tells of its tables; columns of foreign keys end in _id."""
    assert check_processing() == []
    with connection.cursor() as cursor:
        tables = [one for one in connection.introspection.table_names(cursor) if one != "django_migrations"]
        columns = {
            (table, one.name.removesuffix("_id") if one.name != "id" else "id")
            for table in tables
            for one in connection.introspection.get_table_description(cursor, table)
        }
    from django.apps import apps

    table_of = {(one._meta.app_label, one.__name__): one._meta.db_table for one in apps.get_models()}
    rows = list(processing_rows())
    told = {(table_of[one.room, one.table], one.field.removesuffix("_id")) for one in rows}
    links = {table for table in tables if table not in table_of.values()}  # of many to many: a field of its table
    own = {(table, name.removesuffix("_id")) for table, name in columns if table not in links}
    implied = {(table, name) for table, name in own if name == "id"}
    assert own - implied <= told
    assert len(rows) == len({(one.room, one.table, one.field) for one in rows})
    assert all(one.purpose.vi and one.basis and one.retention for one in rows)
    assert next(one for one in rows if (one.table, one.field) == ("Return", "unit")).about is None
    assert next(one for one in rows if (one.table, one.field) == ("Decision", "actor")).about is not None
    officials = {one.field for one in rows if one.table == "Holding" and one.about and "công bố" in one.about.vi}
    assert officials == {"name", "sex", "birth_year"}

    for lang in ("vi", "en"):
        assert main(["--lang", lang, "processing", "register", "-o", str(tmp_path / "r.csv")]) == 0
        lines = list(csv.reader(io.StringIO((tmp_path / "r.csv").read_text("utf-8-sig")), delimiter=";"))
        assert len(lines) == len(rows) + 1
    assert main(["processing", "register", "-o", str(tmp_path / "r.docx")]) == 0
    paper = docx.Document(str(tmp_path / "r.docx"))
    assert sum(len(table.rows) - 1 for table in paper.tables[1:]) >= len(rows) - 5
    assert "chưa đối chiếu văn bản gốc" in " ".join(one.text for one in paper.paragraphs)
    assert main(["processing", "register", "-o", str(tmp_path / "r.txt")]) == 1
    assert ".csv" in capsys.readouterr().err


def test_a_table_without_a_purpose_and_a_name_of_no_table_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"purpose": {"vi": "x", "en": "x"}, "basis": "state_task", "retention": "archive_list"}
    bare = Room(groups=(Group(tables=("Job", "Gone", "Gone"), **words),))
    real = processing.room_of

    def made(label: str, room: Room | None) -> list[str]:
        monkeypatch.setattr(processing, "room_of", lambda config: room if config.label == label else real(config))
        return list(processing_faults())

    told = made("ground", bare)
    assert told[:2] == ["ground.Gone is no table", "ground.Gone stands in two groups"]
    assert "ground.History has no purpose" in told
    assert "units.Grant has no purpose" in made("units", Room(groups=()))
    assert made("release", None) == ["release has no processing.yaml"]
    assert made("ground", Room(groups=(Group(rest=True, **{**words, "basis": "guess"}),))) == [
        "ground: no basis or time is called guess"
    ]
    session = Foreign(table="sessions.Session", classes={"C1": "expire_date gone"}, **words)
    told = made("ground", Room(groups=(Group(rest=True, **words),), foreign=(session,)))
    assert told == [
        "sessions.Session.session_data has no class",
        "sessions.Session.session_key has no class",
        "sessions.Session.gone is no field",
    ]
