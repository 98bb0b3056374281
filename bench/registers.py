"""Bench: a register of 100,000 records in a province: its list, with and without a search, what units count beside
their forms, the export.

The province has 100 communes and 40 departments; the records are training classes of five years, made by bulk insert
with a fixed seed. Pages are asked of the program itself, signed in as the standing office, which reads all of them: the
worst that anybody asks. On SQLite, and with `python -m bench.registers --postgresql` on a PostgreSQL of its own.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.measure import BUILD, MIB, Row, child, say

RECORDS = 100_000
COMMUNES, DEPARTMENTS = 100, 40
PERIOD, REGISTER = "2026-H1", "training.class"
FIRST, DAYS = date(2021, 12, 15), 1642
"""The first day of ten half-years, and how many days they have."""
TIMES = 11
AT_ONCE = 2_000
LIST, COUNTS = 200, 100
"""Milliseconds."""
ASKED = {
    "of the period": "",
    "of all times": "?time=all",
    "of all times, the last page": "?time=all&page=100000",
    "of all times, in a state": "?time=all&state=planned",
    "searched: words of most records": "?time=all&q=tap+huan",
    "searched: words of one in fifty": "?time=all&q=tao+hon+xa",
    "searched: words of one record": "?time=all&q=4711",
    "searched: words of none": "?time=all&q=khong+dau+co",
}
"""What the office asks of the list."""
SUBJECTS = (
    "Tập huấn lồng ghép giới trong lập kế hoạch",
    "Tập huấn phòng chống bạo lực gia đình",
    "Tập huấn kỹ năng lãnh đạo, quản lý cho nữ cán bộ",
    "Tập huấn Luật Bình đẳng giới",
    "Tập huấn nghiệp vụ công tác vì sự tiến bộ của phụ nữ",
)


# --------------------------------------------------------------------------------------------- inside a child


def make(folder: str, records: int, database: str = "") -> tuple[float, int]:
    """A site with the province and its register."""
    from dataclasses import replace

    from tienbo.project.desk import django_start, tables_make
    from tienbo.project.site import site_create

    site = replace(site_create(path=Path(folder), name="Để đo tốc độ", database=database), sign_in="simple")
    site.save()
    django_start(Path(folder))
    tables_make()
    from tienbo.accounts.models import User
    from tienbo.units.models import Role
    from tienbo.units.services import grant_give, unit_create

    began = date(2020, 1, 1)
    nation = unit_create(kind="nation", name="Việt Nam", begins=began)
    province = unit_create(kind="province", name="Tỉnh Minh Họa", begins=began, parent=nation)
    units = [unit_create(kind="commune", name=f"Xã số {n}", begins=began, parent=province) for n in range(COMMUNES)]
    units += [
        unit_create(kind="department.home_affairs", name=f"Sở số {n}", begins=began, parent=province)
        for n in range(DEPARTMENTS)
    ]
    user = User.objects.create_user("thuong-truc", "Thường trực", "mat-khau-de-do-toc-do")
    grant_give(user=user, unit=province, role=Role.OFFICE, begins=began)
    replace(site, home_unit=province.key, illustrative=True).save()
    start = time.perf_counter()
    for some in _chunks(_drawn(records, units)):
        _insert(some)
    return time.perf_counter() - start, records


def _chunks(made: Iterator[Any]) -> Iterator[list[Any]]:
    held: list[Any] = []
    for one in made:
        held.append(one)
        if len(held) == AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def _drawn(records: int, units: list[Any]) -> Iterator[Any]:
    from tienbo.catalogue.fingerprint import fingerprint
    from tienbo.catalogue.loading import load
    from tienbo.ground.keys import new_key
    from tienbo.registers.models import Record
    from tienbo.registers.saying import search_words

    draw, edition = random.Random(19), load("vn")
    kind, mark = edition.registers[REGISTER], fingerprint(edition)
    for number in range(records):
        day = FIRST + timedelta(days=draw.randrange(DAYS))
        came = draw.randrange(20, 120)
        women = draw.randrange(came)
        topic = "phòng chống tảo hôn" if number % 50 == 0 else f"chuyên đề {draw.randrange(400)}"
        data = {
            "subject": f"{draw.choice(SUBJECTS)}, {topic}",
            "begins_on": day.isoformat(),
            "ends_on": day.isoformat(),
            "place": f"Nhà văn hóa thôn {draw.randrange(30)}, xã số {draw.randrange(COMMUNES)}",
            "level": draw.choice(list(kind.by_code["level"].choices)),
            "leads": "yes" if number % 4 else "no",
            **({} if number % 4 else {"lead": draw.choice(units).key}),
            "partners": "Hội Liên hiệp Phụ nữ, Đoàn Thanh niên",
            "lecturers": "Trường Chính trị tỉnh",
            "persons": str(came),
            "persons_women": str(women),
            "attendances": str(2 * came),
            "attendances_women": str(2 * women),
            "cost": str(1000 * draw.randrange(5, 60)),
            "paper": f"Kế hoạch số {number}/KH-UBND",
            "remark": "Lớp học đầy đủ, đúng thành phần; học viên đánh giá nội dung phù hợp với thực tế của địa phương.",
        }
        yield Record(
            key=new_key("record"),
            kind=kind.code,
            edition=mark,
            unit=draw.choice(units),
            occurred_on=day,
            state="held" if number % 10 else "planned",
            data=data,
            words=search_words(kind, data),
        )


def _insert(records: list[Any]) -> None:
    from django.db import transaction

    from tienbo.catalogue.loading import load
    from tienbo.registers.models import Record, RecordMeasure, RecordVersion
    from tienbo.registers.saying import data_counts

    edition = load("vn")
    kind, calendar = edition.registers[REGISTER], edition.calendar
    with transaction.atomic():
        made = Record.objects.bulk_create(records)
        RecordVersion.objects.bulk_create(
            RecordVersion(
                record=one,
                number=1,
                act="added",
                state=one.state,
                changes={code: ["", text] for code, text in one.data.items()},
                edition=one.edition,
                by="máy",
            )
            for one in made
        )
        RecordMeasure.objects.bulk_create(
            RecordMeasure(
                record=one,
                unit_id=one.unit_id,
                period_code=count.period,
                until_code=count.until,
                series=count.series,
                value=count.value,
            )
            for one in made
            for count in data_counts(kind, one.data, one.state, calendar)
        )


def asked(folder: str) -> tuple[float, dict[str, Any]]:
    """Milliseconds, medians, of every question; and what each found."""
    _start(folder)
    from django.test import Client

    from tienbo.accounts.models import User
    from tienbo.catalogue.loading import load
    from tienbo.core.periods import Period
    from tienbo.registers.queries import counted, counts
    from tienbo.units.models import Unit

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="thuong-truc"))
    told: dict[str, Any] = {}

    def median(act: Callable[[], Any]) -> float:
        act()
        took = []
        for _ in range(TIMES):
            begin = time.perf_counter()
            act()
            took.append((time.perf_counter() - begin) * 1000)
        return statistics.median(took)

    for name, query in ASKED.items():
        address = f"/{PERIOD}/registers/{REGISTER}/{query}"
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code
        found = answer.content.decode().partition("<caption>")[2].partition("</caption>")[0]
        told[name] = [median(lambda address=address: client.get(address)), found]
    edition, period = load("vn"), Period.parse(PERIOD)
    communes = list(Unit.objects.filter(kind="commune").values_list("pk", flat=True))
    told["counts of a unit"] = [median(lambda: counted(edition=edition, unit=communes[0], period=period)), ""]
    every = list(Unit.objects.values_list("pk", flat=True))
    told["counts of every unit"] = [median(lambda: counts(units=every, period=period)), ""]
    return 0.0, told


def exported(folder: str, query: str) -> tuple[float, list[int]]:
    """Seconds to write the whole file, and its lines and bytes; the peak is that of the process."""
    _start(folder)
    from django.test import Client

    from tienbo.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="thuong-truc"))
    begin, lines, size = time.perf_counter(), 0, 0
    for part in client.get(f"/{PERIOD}/registers/{REGISTER}/records.csv{query}").streaming_content:
        lines += part.count(b"\r\n")
        size += len(part)
    return time.perf_counter() - begin, [lines, size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]


def _start(folder: str) -> None:
    from bench.nation import desk_on

    desk_on(folder)
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]


# ------------------------------------------------------------------------------------------------------- here


def measured(records: int, database: str = "") -> tuple[dict[str, Any], list[Any]]:
    """What every question took, and the export of a tenth and of all."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        site = str(Path(folder) / "site")
        ran = child("bench.registers:make", folder=site, records=records, database=database)
        say(f"  {records} records made in {ran.seconds:.0f} s")
        told = child("bench.registers:asked", folder=site).answer
        exports = [child("bench.registers:exported", folder=site, query=query) for query in ("", "?time=all")]
        return told, exports


def rows(scale: float) -> list[Row]:
    records = round(RECORDS * scale)
    return _rows(records, *measured(records)) + postgresql(records)


def postgresql(records: int) -> list[Row]:
    """The same on a PostgreSQL of its own; nothing where none is installed."""
    from tests.postgresql import MissingError, server

    try:
        with server() as address:
            return _rows(records, *measured(records, address), engine="PostgreSQL")
    except MissingError as missing:
        say(f"  {missing}")
        return []


def _rows(records: int, told: dict[str, Any], exports: list[Any], engine: str = "SQLite") -> list[Row]:
    made = [
        Row(
            f"register of {records:,} records, list {name}" if "counts" not in name else f"register, {name}",
            f"the clock, warm, {engine}",
            milliseconds,
            "ms",
            gate=COUNTS if "counts" in name else LIST,
            detail=found,
        )
        for name, (milliseconds, found) in told.items()
    ]
    few, all_ = exports
    made.append(
        Row(
            f"register of {records:,} records, export",
            f"memory of an export of {few.answer[0] - 1:,}, {engine}",
            all_.peak / few.peak,
            "×",
            gate=1.10,
            detail=f"{all_.peak / MIB:.0f} MiB, {few.peak / MIB:.0f} MiB; {all_.answer[0] - 1:,} lines, "
            f"{all_.answer[1] / MIB:.0f} MiB in {all_.seconds:.1f} s",
        )
    )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.registers", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    asked_ = parser.parse_args()
    found = postgresql(asked_.records) if asked_.postgresql else _rows(asked_.records, *measured(asked_.records))
    for row in found:
        say(f"{row.work} | {row.against} | {row.shown(row.measured)} | {row.detail}")


if __name__ == "__main__":
    main()
