"""What goes wrong around a command is told in Vietnamese, with a status a script can use; never a traceback."""

from __future__ import annotations

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.journeys.conftest import UNITS, Loaded, Terminal

from tienbo.core.messages import speaking
from tienbo.project.cli import parser


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, loaded: Loaded) -> Path:
    """A site with its units, to be copied and spoilt."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "units.yaml").write_text(UNITS, encoding="utf-8")
    made = Terminal(folder, loaded, folder / "kho")
    made.run("site", "create", "kho")
    made.run("units", "load", "units.yaml")
    made.run("site", "home", "Tỉnh Sông Mây")
    return folder / "kho"


@pytest.fixture
def site(terminal: Terminal, template: Path) -> Terminal:
    shutil.copytree(template, terminal.site)
    return terminal


VALUES = ("values", "--unit", "Tỉnh Sông Mây", "--period", "2026-H1")


def told(terminal: Terminal, *words: object, code: int = 1, **environment: str) -> str:
    done = terminal.run(*words, code=code, **environment)
    assert done.err.startswith(("Lỗi", "cách dùng")), done.err
    return done.err


# ------------------------------------------------------------------------------------------------ where it is


def test_without_a_site_it_says_how_to_name_one(terminal: Terminal) -> None:
    assert "TIENBO_SITE" in told(terminal, *VALUES, TIENBO_SITE="")


def test_a_folder_that_is_no_site_is_named_with_what_to_do(terminal: Terminal) -> None:
    text = told(terminal, "site", "show", "--site", terminal.folder)
    assert str(terminal.folder) in text
    assert "tienbo site create" in text


def test_a_site_named_by_option_wins_over_the_environment(site: Terminal) -> None:
    assert site.run("site", "show", "--site", site.site, "--json", TIENBO_SITE="/nirgends").json["units"] == 6


def test_a_site_is_not_made_twice_nor_over_something_else(site: Terminal) -> None:
    assert "đã là" in told(site, "site", "create", site.site)
    (site.folder / "tệp").write_text("một tệp")
    assert "tệp" in told(site, "site", "create", "tệp/kho")


@pytest.mark.parametrize(
    ("line", "words"),
    [('secret_key = "ngắn"', "secret_key"), ("database = 5", "database"), ("la = 1", "la"), ("=", "?")],
)
def test_a_wrong_setting_is_named(site: Terminal, line: str, words: str) -> None:
    settings = site.site / "tienbo.toml"
    settings.chmod(0o600)
    kept = [one for one in settings.read_text().splitlines() if one.split(" ")[0] != line.split(" ", maxsplit=1)[0]]
    settings.write_text("\n".join([*kept, line]))
    text = told(site, "site", "show")
    assert "tienbo.toml" in text
    assert words in text


def test_an_address_of_another_database_is_refused_and_its_password_not_shown(terminal: Terminal) -> None:
    text = told(terminal, "site", "create", "kho", "--database", "mysql://a:mậtkhẩu@b/c")
    assert "postgresql://" in text
    assert "mậtkhẩu" not in text


def test_a_database_server_that_does_not_answer_leaves_no_half_made_site(terminal: Terminal) -> None:
    told(terminal, "site", "create", "kho", "--database", "postgresql://a:b@127.0.0.1:1/c")
    assert not terminal.site.exists()


# ----------------------------------------------------------------------------------------------- the database


def test_a_database_that_is_gone_is_told(site: Terminal) -> None:
    (site.site / "db.sqlite3").unlink()
    assert "db.sqlite3" in told(site, *VALUES)
    assert not (site.site / "db.sqlite3").exists()


def test_a_damaged_database_is_told(site: Terminal) -> None:
    database = site.site / "db.sqlite3"
    database.write_bytes(b"this was a database" * 500)
    told(site, *VALUES)


def test_a_database_damaged_in_the_middle_is_told(site: Terminal) -> None:
    database = site.site / "db.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    kept = bytearray(database.read_bytes())
    kept[4096:-4096] = b"\xff" * (len(kept) - 8192)
    database.write_bytes(bytes(kept))
    told(site, *VALUES)
    told(site, "check")


def test_a_full_database_is_told_and_nothing_half_done_is_kept(site: Terminal) -> None:
    key = site.key("Xã Bình Minh")
    book = site.fill("một.xlsx", key, classes__total=3)
    with sqlite3.connect(site.site / "db.sqlite3") as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    # A limit on the pages of every connection stands for a full disk: SQLite says the same of both.
    limit = f"""
import sqlite3
whole = sqlite3.connect
def connect(*words, **more):
    made = whole(*words, **more)
    made.execute("PRAGMA max_page_count = {pages}")
    return made
sqlite3.connect = connect
sqlite3.dbapi2.connect = connect
"""
    folder = site.folder / "as-full"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(limit)
    told(site, "receive", book, PYTHONPATH=str(folder))
    assert site.run("site", "show", "--json").json["revisions"] == 0
    assert site.run("receive", book, "--json").json["received"] == 1


@pytest.mark.proof
def test_tables_of_an_older_version_are_told_and_brought_up_to_date(site: Terminal) -> None:
    back = [sys.executable, "-m", "django", "migrate", "--skip-checks", "-v", "0", "collection", "0001"]
    environment = {**site.environ(), "DJANGO_SETTINGS_MODULE": "tienbo.project.settings"}
    subprocess.run(back, env=environment, check=True, cwd=site.folder)
    assert "tienbo site upgrade" in told(site, "receive", "một.xlsx")
    site.run("site", "upgrade")
    assert site.run("check", "--json").json == []


# ---------------------------------------------------------------------------------------- files, words, readers


def test_a_report_that_cannot_be_written_is_told(site: Terminal) -> None:
    words = ("report", "--unit", "Tỉnh Sông Mây", "--period", "2026-H1")
    assert "/nirgends" in told(site, *words, "-o", "/nirgends/báo cáo.docx")
    assert ".odt" in told(site, *words, "-o", "báo cáo.odt")


def test_a_folder_without_workbooks_is_told(site: Terminal) -> None:
    (site.folder / "trống").mkdir()
    assert "trống" in told(site, "receive", "trống")


def test_a_file_that_is_not_there_is_told_by_name(site: Terminal) -> None:
    done = site.run("receive", "không có.xlsx", code=1)
    assert "không có.xlsx" in done.err


def test_check_of_workbooks_says_every_fault_and_takes_nothing_in(site: Terminal) -> None:
    key = site.key("Xã Bình Minh")
    site.run("workbook", "blank", "--period", "2026-H1")
    good = site.fill("tốt.xlsx", key, classes__total=3)
    bad = site.fill("sai.xlsx", key, attendances__total=10, attendances__women=11, jobs_new__total=1, jobs_new__women=2)
    done = site.run("workbook", "check", good, bad, "--json", code=1)
    assert [row["ok"] for row in done.json] == [True, False]
    wrong = [fault for fault in done.json[1]["faults"] if fault["level"] == "error"]
    assert [fault["code"] for fault in wrong] == ["return.part_exceeds_whole"] * 2
    assert all("!" in fault["place"] for fault in wrong)
    assert site.run("workbook", "check", good).code == 0
    assert site.run("site", "show", "--json").json["revisions"] == 0
    table = site.run("receive", good, bad, code=1)
    assert "sai.xlsx" in table.err
    assert site.run("site", "show", "--json").json["revisions"] == 1


def test_a_unit_that_owes_nothing_gets_no_workbook_and_a_reason(site: Terminal) -> None:
    text = told(site, "workbook", "blank", "--period", "2026-H1", "--unit", "Xã An Bình, Núi Xanh")
    assert "Xã An Bình" in text


NOT_THERE = [
    (("values", "--unit", "Xã Không Có", "--period", "2026-H1"), "Xã Không Có"),
    (("values", "--unit", "gso:98001@hôm qua", "--period", "2026-H1"), "hôm qua"),
    (("values", "--unit", "Tỉnh Sông Mây", "--period", "quý một"), "quý một"),
    (("values", "--unit", "Tỉnh Sông Mây", "--period", "1950"), "1950"),
    ((*VALUES, "--indicator", "không.có"), "không.có"),
    ((*VALUES, "--indicator", "training.classes", "--by", "màu"), "màu"),
    (("explain", *VALUES[1:], "--indicator", "không.có"), "không.có"),
    (("decide", "accept", "--period", "2026-H1"), "2026-H1"),
    (("report", "--release", "release_0", "-o", "a.pdf"), "release_0"),
    (("units", "show", "Xã Bình Minh", "--on", "30/02/2026"), "30/02/2026"),
    (("site", "home", "Tỉnh Sông Mây", "--signing", "không có"), "không có"),
]


def test_what_is_not_there_is_told_by_its_name(site: Terminal) -> None:
    for (_words, said), done in zip(NOT_THERE, site.run_each([words for words, _ in NOT_THERE]), strict=True):
        assert done.code == 1, done
        assert done.err.startswith("Lỗi"), done
        assert said in done.err


WRONG = [(), ("làm",), ("values",), ("receive",), ("site",), ("values", "--sai"), ("values", "--format", "xml")]


def test_wrong_words_exit_2_and_say_how_to_use_it(terminal: Terminal) -> None:
    assert "cách dùng: tienbo" in told(terminal, "values", code=2)
    for done in terminal.run_each(WRONG):
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("cách dùng: tienbo")
        assert "lỗi" in done.err.splitlines()[-1]


def test_a_reader_that_leaves_early_is_no_trouble(site: Terminal) -> None:
    command = subprocess.Popen(
        site.words("units", "find", "Xã"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=site.environ()
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert command.stderr.read() == b""
    assert command.wait(60) == 0
    command.stderr.close()


def test_an_ambiguous_unit_is_asked_for_at_a_terminal(site: Terminal) -> None:
    main, other = pty.openpty()
    words = site.words("values", "--unit", "Xã An Bình", "--period", "2026-H1", "--format", "csv")
    with subprocess.Popen(words, stdin=other, stderr=other, stdout=subprocess.PIPE, env=site.environ()) as command:
        os.close(other)
        seen = b""
        while b"> " not in seen:
            seen += os.read(main, 4096)
        os.write(main, b"1\n")
        assert command.stdout is not None
        out = command.stdout.read().decode()
    os.close(main)
    asked = seen.decode()
    assert "1. " in asked
    assert "2. " in asked
    assert command.returncode == 0, asked
    assert "training.classes" in out


# ---------------------------------------------------------------------------------------------- both languages


def test_both_languages_are_spoken_wherever_they_are_asked_for(site: Terminal) -> None:
    assert site.run("--lang", "en", "site", "show").out.startswith("Setting")
    assert site.run("site", "show", "--lang", "en").out.startswith("Setting")
    assert site.run("site", "show", TIENBO_LANG="en").out.startswith("Setting")
    assert json.loads(site.run("site", "show", "--json", "--lang", "en").out)["units"] == 6


def paths() -> list[tuple[str, ...]]:
    """The words of every command."""
    import argparse

    found: list[tuple[str, ...]] = []

    def walk(held: argparse.ArgumentParser, path: tuple[str, ...]) -> None:
        found.append(path)
        for action in held._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, below in action.choices.items():
                    walk(below, (*path, name))

    with speaking("en"):
        walk(parser(), ())
    return found


@pytest.mark.parametrize("path", paths(), ids=" ".join)
def test_each_command_has_help_in_both_languages(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    from tienbo.project.cli import main

    texts = {}
    for lang in ("vi", "en"):
        with pytest.raises(SystemExit) as left:
            main([*path, "--help", "--lang", lang] if path else ["--lang", lang, "--help"])
        assert left.value.code == 0
        texts[lang] = capsys.readouterr().out
    assert texts["vi"] != texts["en"]
    assert texts["vi"].startswith("cách dùng: tienbo")
    assert texts["en"].startswith("usage: tienbo")


def test_every_option_of_every_command_is_explained_in_both_languages() -> None:
    import argparse

    def walk(held: argparse.ArgumentParser, path: str) -> dict[str, str]:
        found = {}
        for action in held._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, below in action.choices.items():
                    found |= walk(below, f"{path} {name}")
            else:
                found[f"{path} {action.option_strings or action.dest}"] = action.help or ""
        return found

    said = {}
    for lang in ("vi", "en"):
        with speaking(lang):
            said[lang] = walk(parser(), "tienbo")
    assert [place for place, text in said["en"].items() if not text] == []
    kinds = (".docx", ".docx, .pdf")  # of files
    same = [place for place, text in said["en"].items() if text == said["vi"][place] and text not in kinds]
    assert same == []
