"""Every command on a site of its own, in one process: python every_command.py SITE FOLDER BOOK. Prints JSON.

Each is asked once, and what it left in the journal is told: rows of history by whom, notes, tables that statements
wrote to. FOLDER: where files go. BOOK: a workbook that was received.
"""

from __future__ import annotations

import contextlib
import getpass
import io
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tienbo.project.cli import commands, main, parser

PERIOD, PROVINCE, COMMUNE = "2026-H1", "Tỉnh Sông Mây", "Xã Bình Minh, Sông Mây"
APART: Mapping[str, str] = {
    "serve": "runs until it is stopped: tests/project/test_serve.py",
    "work": "runs until it is stopped",
    "demo": "makes a site of its own",
    "site create": "makes a site of its own",
    "restore": "makes a site of its own: tests/project/test_backup.py",
    "archive": "of PostgreSQL: tests/project/test_archive.py",
}
"""Commands that are not asked here, and why."""
GO_LIVE = ("level-decision", "level-date", "regulation", "regulation-date")
BARE = ("disclosure protect", "access matrix")
"""Commands that take no site."""
_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)


def asked(folder: Path, book: Path) -> list[tuple[str, list[str]]]:
    """What is typed, in an order in which each finds what it needs. Where a file would have to be made of nothing, a
    missing one is named: the command is refused, and leaves nothing."""
    missing, period = str(folder / "missing.xlsx"), ["--period", PERIOD]

    def texts(name: str, **said: str) -> str:
        path = folder / f"{name}.toml"
        path.write_text("".join(f'{key} = "{text}"\n' for key, text in said.items()), encoding="utf-8")
        return str(path)

    held = folder / "phrase.txt"
    held.write_text("chuyện không được lưu ở đây", encoding="utf-8")
    return [
        ("site show", []), ("site upgrade", []), ("site home", [PROVINCE, "--place", "Sông Mây Hạ"]),
        ("units load", [missing]), ("units import-table", [missing]), ("units contacts", [missing]),
        ("units reorganise", [missing]), ("units find", ["Minh"]), ("units show", [COMMUNE]),
        ("campaign open", [*period, "--due", "20/7/2026"]), ("campaign show", period),
        ("campaign extend", ["--unit", COMMUNE, "--until", "30/7/2026", "--reason", "mưa lũ", *period]),
        ("workbook blank", [*period, "-o", str(folder / "blanks")]), ("workbook check", [str(book)]),
        ("receive", [str(book), *period]), ("decide supplement", [*period, "--unit", COMMUNE, "--note", "xem lại"]),
        ("decide accept", period), ("values", ["--unit", PROVINCE, *period]),
        ("explain", ["--unit", PROVINCE, *period, "--indicator", "training.classes"]),
        ("report", [*period, "--kind", "six-month", "-o", str(folder / "r.docx")]),
        ("register workbook", ["training.class", "--unit", COMMUNE, "-o", str(folder / "reg.xlsx")]),
        ("register receive", [str(folder / "reg.xlsx")]), ("register recount", []),
        ("register kind sheet", ["-o", str(folder / "kind.xlsx")]),
        ("register kind check", [str(folder / "kind.xlsx")]), ("register kind bring", [str(folder / "kind.xlsx")]),
        ("register kind use", ["none", "--from", "1/7/2026"]), ("register kind list", []),
        ("tasks list", ["--format", "csv"]), ("tasks hand-over", ["--reason", "sáp nhập"]), ("norms list", period),
        ("norms unmet", period), ("posts shares", [missing]), ("posts lines", []),
        ("posts list", ["--unit", COMMUNE]),
        ("posts workbook", ["--unit", COMMUNE, "-o", str(folder / "posts.xlsx")]), ("posts receive", [missing]),
        ("election load", [missing]), ("election list", []), ("election close", ["peoples_council", "15/3/2026"]),
        ("outlook retirement", ["5/1970"]), ("outlook eligibility", ["5/1970"]),
        ("outlook pipeline", [missing, "--share", "30", "--by", "12/2030"]),
        ("outlook vacancies", [missing, "--until", "12/2030"]), ("outlook project", [missing]),
        ("outlook forecast", [missing, "--learn", missing]),
        ("outlook lists", [missing, "--learn", missing, "--target", "3"]),
        ("disclosure protect", [missing, "--out", str(folder / "p.csv")]), ("disclosure audit", ["release_none"]),
        ("facts rebuild", []), ("facts compact", []),
        ("users add", ["van.thu", "--full-name", "Văn Thư", "--role", "preparer", "--unit", COMMUNE]),
        ("users grant", ["van.thu", "--role", "head", "--unit", COMMUNE]), ("users password", ["van.thu"]),
        ("users withdraw", ["van.thu", "--role", "head", "--unit", COMMUNE]), ("users unlock", ["van.thu"]),
        ("users wake", ["van.thu"]), ("users factor-off", ["van.thu"]),
        ("users hand-over", ["van.thu", "--to", "thay.the", "--full-name", "Thay Thế", "--unit", COMMUNE]),
        ("users close", ["thay.the"]), ("users list", []), ("access matrix", ["--format", "csv"]),
        ("access why", ["van.thu", "/"]), ("processing register", ["-o", str(folder / "p.csv")]),
        ("processing limits", ["-o", str(folder / "l.csv")]), ("processing counters", []),
        ("processing connections", []), ("processing assess", ["mail", "QĐ 1"]),
        ("processing procedure", ["-o", str(folder / "p.docx")]),
        ("processing dossier", ["-o", str(folder / "d.docx")]),
        ("processing yearly", ["-o", str(folder / "y.docx"), "--year", "2026"]), ("settings show", []),
        ("settings decide", ["officer", "QĐ 1"]),
        ("settings go-live", [word for name in GO_LIVE for word in (f"--{name}", "1/7/2026")]),
        ("check", []), ("journal verify", []), ("journal head", []),
        ("journal export", ["-o", str(folder / "j.jsonl")]), ("backup-key", [str(folder / "key")]),
        ("backup", ["--to", str(folder / "backups")]), ("verify-backup", [missing, "--key", str(folder / "key")]),
        ("requests note", ["--kind", "view", "--texts", texts("n", subject="Ai", answer_to="Xã", text="Xem dữ liệu")]),
        ("requests list", []), ("requests show", ["{request}"]), ("requests act", ["{request}", "acknowledge"]),
        ("incidents signal", ["--texts", texts("s", seen="Mất máy tính")]), ("incidents list", []),
        ("incidents show", ["{breach}"]),
        ("incidents say", ["{breach}", "--kind", "loss", "--serious", "no", "--personal", "yes"]),
        ("incidents notice", ["{breach}", "personal", "--to", "Công an tỉnh"]),
        ("incidents close", ["{breach}", "--minutes", "1/BB"]),
        ("spill open", ["--why", "diễn tập", "--phrase", str(held)]), ("spill show", []),
        ("spill purge", ["{spill}", "--phrase", str(held)]), ("retention due", []),
        ("retention take", ["000000000000", "--decision", "QĐ 1"]), ("retention records", []),
        ("campaign close", [*period, "--reason", "hết hạn"]), ("campaign propose", [*period, "--reason", "sửa số"]),
        ("campaign confirm", period),
    ]  # fmt: skip


class Watch:
    """What was left since the last look."""

    def __init__(self, site: Path) -> None:
        from tienbo.ground.history import recorded_tables

        self.site, self.recorded = site, recorded_tables()
        self.tables: set[str] = set()

    def look(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        found = _WRITES.match(str(sql))
        made = execute(sql, params, many, context)
        if found and found[1] in self.recorded and (many or context["cursor"].rowcount != 0):
            self.tables.add(found[1])
        return made

    def notes(self) -> list[dict[str, Any]]:
        """Notes not yet taken in, and those that the command took in itself."""
        from tienbo.ground.models import History

        held = [
            {"kind": kind, "person": person, "door": door, "details": json.loads(after)}
            for kind, person, door, after in History.objects.filter(op="N", pk__gt=self.last).values_list(
                "table_name", "person", "door", "after"
            )
        ]
        file = self.site / "noted" / "noted.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return held + [json.loads(line) for line in lines if line]

    def ask(self, words: str, more: list[str]) -> dict[str, Any]:
        from django.db import connection

        from tienbo.ground.models import History
        from tienbo.ground.spool import spool_take

        spool_take(self.site / "noted")
        self.last = History.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self.tables.clear()
        out, err = io.StringIO(), io.StringIO()
        with connection.execute_wrapper(self.look), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            named = [] if words.startswith("outlook") or words in BARE else ["--site", str(self.site)]
            try:
                status = main([*words.split(), *more, *named])
            except SystemExit:  # the words are off
                status = 2
        rows = History.objects.filter(pk__gt=self.last).exclude(op="N").values_list("table_name", "person", "door")
        return {
            "words": words,
            "status": status,
            "said": (err.getvalue() or out.getvalue())[-400:],
            "wrote": sorted(self.tables),
            "rows": sorted(set(rows)),
            "notes": [(one["kind"], one["person"], one["door"], str(one.get("details"))) for one in self.notes()],
        }


def run(site: Path, folder: Path, book: Path, only: set[str]) -> None:
    from tienbo.ground.reach import reaching_everywhere
    from tienbo.project.desk import django_start

    django_start(site)
    from tienbo.protection.models import Breach, Spill, SubjectRequest

    told = []
    with reaching_everywhere("the test looks at all"):
        watch = Watch(site)
        for words, more in asked(folder, book):
            if only and words not in only:
                continue
            last = {
                f"{{{name}}}": model.objects.order_by("-pk").values_list("key", flat=True).first() or "none"
                for name, model in (("request", SubjectRequest), ("breach", Breach), ("spill", Spill))
            }
            told.append(watch.ask(words, [last.get(one, one) for one in more]))
    known = [words for words, _command in commands(parser())]
    missing = sorted(set(known) - {words for words, _more in asked(folder, book)} - set(APART))
    print(json.dumps({"told": told, "missing": missing, "person": f"operator:{getpass.getuser()}"}))


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), set(filter(None, sys.argv[4].split(","))))
