"""Elections as counts: each unit's list and result, read from a table, with every fault in its place.

A unit elects a few of its own list; nobody's name or votes are here. What a stage's counts contradict is said and never
put right.
"""

from __future__ import annotations

import atexit
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from tienbo.core import apart
from tienbo.core.disk import DiskReason
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_, gettext
from tienbo.core.words import clean, fold

worded(
    {
        "outlook.unreadable": N_("{file} could not be read: {reason}"),
        "outlook.too_heavy": N_("{file} takes too much time or memory to read. Is it the table, and only the table?"),
        "outlook.no_column": N_("The table has no column {column}."),
        "outlook.no_rows": N_("The table has no unit."),
        "outlook.not_a_count": N_("{text} is not a whole number."),
        "outlook.negative": N_("{name}: a count is below zero."),
        "outlook.no_seat": N_("{name}: no seat is to be filled."),
        "outlook.more_women_than_candidates": N_("{name}: {women} women among {candidates} candidates."),
        "outlook.fewer_candidates_than_seats": N_("{name}: {candidates} candidates for {seats} seats."),
        "outlook.more_elected_than_seats": N_("{name}: {elected} elected to {seats} seats."),
        "outlook.more_women_elected": N_("{name}: {elected} women elected of {women} on the list."),
        "outlook.women_above_elected": N_("{name}: {women} women among {elected} elected."),
        "outlook.more_men_elected": N_("{name}: {elected} men elected of {men} on the list."),
        "outlook.half_a_result": N_("{name}: of the elected, only one of the two counts is given."),
        "outlook.unfilled": N_("{name}: {unfilled} of {seats} seats stayed empty; only seats that were filled count."),
    }
)

HEADS: Mapping[str, tuple[str, ...]] = {
    "group": ("province", "tinh", "tinh, thanh pho", "don vi hanh chinh", "nhom"),
    "unit": ("unit", "don vi bau cu", "don vi", "so don vi"),
    "seats": ("seats", "so dai bieu duoc bau", "so duoc bau", "so ghe"),
    "candidates": ("candidates", "so nguoi ung cu", "ung cu vien", "so ung cu"),
    "women": ("women_candidates", "nu ung cu", "ung cu vien nu", "so nu ung cu"),
    "elected": ("elected", "so nguoi trung cu", "trung cu", "so trung cu"),
    "women_elected": ("women_elected", "nu trung cu", "so nu trung cu"),
}
"""What the columns of a table may be called, as search keys; the first is what programs write."""
STAGES: Mapping[str, str] = {
    "proposed": N_("proposed"),
    "consult_1": N_("after the first consultation"),
    "consult_2": N_("after the second consultation"),
    "consult_3": N_("after the third consultation"),
    "official": N_("official list"),
    "changed": N_("official list as changed"),
}
"""How far a list has come, in the order of the law; figures of different stages are no trend."""
SETTLED = ("official", "changed")
NOT_ROWS = N_("The file must be a list of rows, each with named cells.")
_NEEDED = ("seats", "candidates", "women")


@dataclass(frozen=True, slots=True)
class StageWords:
    """A stage inside a fault's fields: put into words when it is shown."""

    stage: str

    def __str__(self) -> str:
        return gettext(STAGES.get(self.stage, self.stage))


@dataclass(frozen=True, slots=True)
class Contest:
    """One unit of an election: seats, the list, and the result where there is one (both counts or neither)."""

    group: str
    unit: str
    seats: int
    candidates: int
    women: int
    elected: int | None = None
    women_elected: int | None = None
    place: str = ""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.group, self.unit) if part) or self.place

    @property
    def share(self) -> float:
        """Women among the candidates."""
        return self.women / self.candidates

    @property
    def decided(self) -> bool:
        return self.elected is not None and self.women_elected is not None

    @property
    def draws(self) -> int:
        """Seats really filled; before the election, those to be filled."""
        return self.seats if self.elected is None else self.elected

    @property
    def least(self) -> int:
        """Women who are elected whatever the odds."""
        return max(0, self.draws - (self.candidates - self.women))

    @property
    def most(self) -> int:
        return min(self.draws, self.women)


def checked(contests: Iterable[Contest]) -> list[Fault]:
    """Everything that counts contradict, unit by unit; a seat that stayed empty is a note."""
    return [fault for one in contests for fault in _checked(one)]


def _checked(one: Contest) -> Iterator[Fault]:
    def found(code: str, level: Level = Level.ERROR, /, **fields: object) -> Fault:
        return Fault(code, one.place, {"name": one.name, **fields}, level)

    counts = (one.seats, one.candidates, one.women, one.elected, one.women_elected)
    if any(count is not None and count < 0 for count in counts):
        yield found("outlook.negative")
        return
    if one.seats == 0:
        yield found("outlook.no_seat")
    if one.women > one.candidates:
        yield found("outlook.more_women_than_candidates", women=one.women, candidates=one.candidates)
    if one.candidates < one.seats:
        yield found("outlook.fewer_candidates_than_seats", candidates=one.candidates, seats=one.seats)
    if (one.elected is None) != (one.women_elected is None):
        yield found("outlook.half_a_result")
    if one.elected is None or one.women_elected is None:
        return
    men, men_elected = one.candidates - one.women, one.elected - one.women_elected
    if one.elected > one.seats:
        yield found("outlook.more_elected_than_seats", elected=one.elected, seats=one.seats)
    if one.women_elected > one.elected:
        yield found("outlook.women_above_elected", women=one.women_elected, elected=one.elected)
    if one.women_elected > one.women:
        yield found("outlook.more_women_elected", elected=one.women_elected, women=one.women)
    if men_elected > men >= 0:
        yield found("outlook.more_men_elected", elected=men_elected, men=men)
    if one.elected < one.seats:
        yield found("outlook.unfilled", Level.NOTE, unfilled=one.seats - one.elected, seats=one.seats)


def mark(contests: Iterable[Contest]) -> str:
    """SHA-256 of the counts: which lists and results a forecast was made from."""
    rows = sorted([str(value) for key, value in asdict(one).items() if key != "place"] for one in contests)
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def read(path: Path) -> tuple[list[Contest], list[Fault]]:
    """The units of a CSV or XLSX table and every fault of it, those of `checked` included; Refused where there is no
    table at all. A unit whose cells are no numbers is left out and told."""
    return _read(path.name, table(path))


def read_own(text: str) -> tuple[list[Contest], list[Fault]]:
    """The same of the text of `as_table`, which is plain enough to be read here."""
    try:
        rows = _lines(text, ",")
    except csv.Error as broken:  # it came back from a browser, where anything may have been done to it
        raise Refused(Fault("outlook.unreadable", "", {"file": "lists.csv", "reason": str(broken)})) from broken
    return _read("lists.csv", rows)


def read_bytes(name: str, data: bytes) -> tuple[list[Contest], list[Fault]]:
    """The same of a file that was brought."""
    return _read(name, table_of(name, data))


def _read(name: str, rows: Sequence[Sequence[object]]) -> tuple[list[Contest], list[Fault]]:
    heads = [fold(clean(str(cell))) for cell in rows[0]] if rows else []
    columns = {column: heads.index(key) for column, keys in HEADS.items() for key in keys if key in heads}
    missing = [column for column in _NEEDED if column not in columns]
    if missing:
        raise Refused(*(Fault("outlook.no_column", name, {"column": HEADS[column][0]}) for column in missing))
    contests: list[Contest] = []
    faults: list[Fault] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(str(cell).strip() for cell in row):
            continue
        made = _contest(row, columns, f"{name}:{number}", faults)
        if made is not None:
            contests.append(made)
    if not contests and not faults:
        raise Refused(Fault("outlook.no_rows", name))
    return contests, faults + checked(contests)


def _contest(row: Sequence[object], columns: Mapping[str, int], place: str, faults: list[Fault]) -> Contest | None:
    def cell(name: str) -> str:
        return clean(str(row[columns[name]])) if name in columns and columns[name] < len(row) else ""

    counts: dict[str, int | None] = {}
    wrong = False
    for name in ("seats", "candidates", "women", "elected", "women_elected"):
        text = cell(name).removesuffix(".0")
        if text.removeprefix("-").isdecimal():
            counts[name] = int(text)
        elif text == "" and name not in _NEEDED:
            counts[name] = None
        else:
            wrong = True
            faults.append(Fault("outlook.not_a_count", f"{place} {HEADS[name][0]}", {"text": text or "–"}))
    if wrong:
        return None
    return Contest(group=cell("group"), unit=cell("unit").removesuffix(".0"), place=place, **counts)  # type: ignore[arg-type]


def table(path: Path) -> list[list[object]]:
    """The cells of a CSV file (UTF-8; comma, semicolon or tab), of a workbook's first sheet, or of a YAML list of rows
    with named cells."""
    try:
        data = path.read_bytes()
    except OSError as broken:
        raise Refused(
            Fault("outlook.unreadable", path.name, {"file": path.name, "reason": DiskReason.of(broken)})
        ) from broken
    return table_of(path.name, data)


def table_of(name: str, data: bytes) -> list[list[object]]:
    """The same of a file that was brought; it is parsed in a process apart (`core.apart`)."""
    if apart.inside:
        reason, rows = cells_read(name, data)
    else:
        try:
            reason, rows = _readers().ask(name, data)
        except apart.Overrun as over:
            raise Refused(Fault(over.code("outlook.too_heavy"), name, {"file": name})) from over
    if reason:
        raise Refused(Fault("outlook.unreadable", name, {"file": name, "reason": gettext(reason)}))
    return rows


@lru_cache(maxsize=1)
def _readers() -> apart.Apart:
    made = apart.Apart(f"{__name__}:cells_read", start=f"{__name__}:parsers_load", size=1, trusted=())
    atexit.register(made.close)
    return made


def parsers_load() -> None:
    """In the process apart, which can open no file later."""
    import python_calamine  # noqa: F401
    import yaml  # noqa: F401


def cells_read(name: str, data: bytes) -> tuple[str, list[list[object]]]:
    """In the process apart: the cells after "", or why there are none."""
    suffix = name.lower().rpartition(".")[2]
    try:
        if suffix in ("yaml", "yml"):
            return _named(data)
        if suffix == "csv":
            text = data.decode("utf-8-sig")
            # Of the guess only the delimiter: from a heading it cannot tell how quotes are written.
            found = csv.Sniffer().sniff(text.partition("\n")[0], delimiters=",;\t") if text.strip() else csv.excel
            return "", _lines(text, found.delimiter)
        from python_calamine import CalamineWorkbook

        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        return "", [list(row) for row in sheet.to_python(skip_empty_area=False)]
    except BaseException as broken:  # of the parsers each has errors of its own, a panic of calamine's language too
        if isinstance(broken, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        return str(broken)[:200] or type(broken).__name__, []


def _lines(text: str, delimiter: str) -> list[list[object]]:
    return [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)]


def _named(data: bytes) -> tuple[str, list[list[object]]]:
    """The names that any row uses, then the rows; why not where it is no list of rows with names."""
    import yaml

    rows = yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506 - plain text only: what is typed is told as typed
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return NOT_ROWS, []
    heads = list(dict.fromkeys(str(name) for row in rows for name in row))
    cells: list[list[object]] = [[str(row.get(name, "")) for name in heads] for row in rows]
    return "", [[*heads], *cells] if heads else []


def as_table(contests: Iterable[Contest]) -> str:
    """Units as the text of such a CSV file, which `read_own` reads as the same units."""
    text = io.StringIO(newline="")
    write = csv.writer(text)
    write.writerow(keys[0] for keys in HEADS.values())
    for one in contests:
        cells = (one.group, one.unit, one.seats, one.candidates, one.women, one.elected, one.women_elected)
        write.writerow("" if cell is None else cell for cell in cells)
    return text.getvalue()
