"""Tables of elections and of published shares, read as they come: columns by their heading, words by the pack's lists.

What a table says in words it means (whose election, which stage, how it was counted) is looked up in the pack; what
is not found there is a fault with its line. Nothing is guessed and nothing is left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from tienbo.catalogue.loading import Edition
from tienbo.catalogue.posts import CountGroup
from tienbo.core.faults import Fault, Level, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean, day_of, fold
from tienbo.outlook.elections import table_of

worded(
    {
        "posts.no_rows": N_("The table has no line."),
        "posts.no_column": N_("The table has no column {column}."),
        "posts.not_a_count": N_("The column {column} says “{text}”, which is no whole number."),
        "posts.not_told": N_("The column {column} says “{text}”: it is taken as not told."),
        "posts.not_a_percent": N_("The column {column} says “{text}”, which is no percentage from 0 to 100."),
        "posts.not_a_day": N_("The column {column} says “{text}”, which is no day."),
        "posts.no_election": N_("No election is called “{text}”. Say which one: {codes}."),
        "posts.no_election_day": N_("No day of this election is known for “{text}”. Write its day: 2021-05-23."),
        "posts.no_stage": N_("No stage of a list is called “{text}”."),
        "posts.no_group": N_("No group is called “{text}”. Say which one: {codes}."),
        "posts.no_rule": N_("Nothing says by which rule “{text}” is counted. Say which one: {codes}."),
        "posts.no_time": N_("“{text}” is no day, year or term."),
    }
)

HEADS: Mapping[str, tuple[str, ...]] = {
    "election": ("election", "kind", "body", "level", "cuoc bau cu", "cap"),
    "year": ("day", "year", "ngay bau cu", "nam"),
    "term": ("term", "nhiem ky", "khoa"),
    "code": ("province_code_old", "code", "ma don vi", "ma tinh"),
    "place": ("province", "place", "tinh", "tinh, thanh pho", "don vi hanh chinh", "dia ban"),
    "number": ("unit", "don vi bau cu", "so don vi"),
    "constituencies": ("constituencies", "so don vi bau cu"),
    "seats": ("seats", "so dai bieu duoc bau", "so duoc bau"),
    "stage": ("stage", "buoc", "buoc hiep thuong"),
    "candidates": ("candidates", "persons", "so nguoi ung cu", "ung cu vien"),
    "women": ("women_candidates", "nu ung cu", "so nu ung cu", "ung cu vien nu"),
    "round": ("round", "lan bau"),
    "elected": ("elected", "so nguoi trung cu", "trung cu"),
    "women_elected": ("women_elected", "nu trung cu", "so nu trung cu"),
    "confirmed": ("confirmed", "duoc xac nhan tu cach"),
    "women_confirmed": ("women_confirmed", "nu duoc xac nhan tu cach"),
    "percent": ("share_pct", "percent", "ty le", "ty le %"),
    "source": ("source", "nguon", "nguon so lieu"),
    "published_on": ("published_on", "ngay cong bo"),
    "remark": ("remark", "ghi chu"),
}
"""What the columns of an election's table may be called, as search keys; the first is what programs write."""
SHARE_HEADS: Mapping[str, tuple[str, ...]] = {
    "group": ("population", "group", "body", "level", "nhom"),
    "time": ("as_of", "term", "thoi diem", "nhiem ky"),
    "year": ("year", "nam"),
    "rule": ("definition", "rule", "cach dem"),
    "counted": ("numerator", "women", "tu so", "so nu"),
    "total": ("denominator", "members", "mau so", "tong so"),
    "percent": ("share_pct", "percent", "ty le"),
    "source": ("source", "nguon"),
    "published_on": ("published_on", "ngay cong bo"),
    "remark": ("remark", "basis", "ghi chu"),
}
STAGES: Mapping[str, tuple[str, str]] = {
    "proposed": ("proposed", ""),
    "after 1st consultation": ("consult_1", ""),
    "after 2nd consultation": ("consult_2", ""),
    "after 3rd consultation": ("consult_3", ""),
    "official list": ("official", ""),
    "official list, central nominees": ("official", "central"),
    "official list, local nominees": ("official", "local"),
    "official list, local + self-nominated": ("official", "local_self"),
    "official list as changed": ("changed", ""),
    "du kien co cau": ("proposed", ""),
    "hiep thuong lan thu nhat": ("consult_1", ""),
    "hiep thuong lan thu hai": ("consult_2", ""),
    "hiep thuong lan thu ba": ("consult_3", ""),
    "danh sach chinh thuc": ("official", ""),
    "danh sach chinh thuc sau dieu chinh": ("changed", ""),
    **{code: (code, "") for code in ("consult_1", "consult_2", "consult_3", "official", "changed")},
}
"""What tables call a stage, as search keys → stage, and by whom those counted were nominated."""
_ASIDE = re.compile(r"^(.*?)\s*\(([^()]*)\)\s*$")
_SAME = ("idem", "nhu tren")


@dataclass(frozen=True, slots=True)
class ElectionRow:
    """A line of a table of elections. Counts are None where they are not told."""

    at: str
    kind: str
    day: date
    term: str
    code: str
    place: str
    number: str
    seats: int | None
    stage: str
    nominated: str
    candidates: int | None
    women: int | None
    round: int
    elected: int | None
    women_elected: int | None
    confirmed: int | None
    women_confirmed: int | None
    percent: Decimal | None
    source: str
    published_on: date | None
    remark: str


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A line of a table of published shares."""

    at: str
    rule: str
    group: str
    time: str
    day: date
    place: str
    counted: int | None
    total: int | None
    percent: Decimal | None
    source: str
    published_on: date | None
    remark: str


@dataclass(slots=True)
class _Line:
    """One line being read: its cells by column, its faults."""

    at: str
    cells: Mapping[str, str]
    heads: Mapping[str, tuple[str, ...]]
    faults: list[Fault] = field(default_factory=list)

    def tell(self, code: str, level: Level = Level.ERROR, /, **fields: object) -> None:
        self.faults.append(Fault(code, self.at, fields, level))

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def count(self, column: str) -> int | None:
        text = self[column].removesuffix(".0")
        if not text:
            return None
        if re.fullmatch(r"\d{1,9}", text):
            return int(text)
        if any(letter.isdigit() for letter in text):
            self.tell("posts.not_a_count", column=self.heads[column][0], text=text[:40])
        else:  # "withheld", "chưa có"
            self.tell("posts.not_told", Level.WARNING, column=self.heads[column][0], text=text[:40])
        return None

    def percent(self) -> Decimal | None:
        text = self["percent"].removesuffix("%").strip().replace(",", ".")
        if not text:
            return None
        try:
            read = Decimal(text)
        except InvalidOperation:
            read = Decimal(-1)
        if 0 <= read <= 100 and -int(read.as_tuple().exponent) <= 2:
            return read
        self.tell("posts.not_a_percent", column=self.heads["percent"][0], text=text[:40])
        return None

    def published(self) -> date | None:
        day = day_of(self["published_on"]) if self["published_on"] else None
        if self["published_on"] and day is None:
            self.tell("posts.not_a_day", column=self.heads["published_on"][0], text=self["published_on"][:40])
        return day

    def source(self) -> tuple[str, str]:
        """The source, and what was added to it in brackets."""
        return _aside(self["source"])


def elections_read(
    name: str, data: bytes, edition: Edition, *, kind: str = "", day: date | None = None, source: str = ""
) -> tuple[list[ElectionRow], list[Fault]]:
    """The lines of a table of elections (CSV or workbook) and every fault of it. `kind`, `day` and `source` hold where
    the table does not say them. Refused where it is no such table at all."""
    wanted = {**HEADS}
    rows: list[ElectionRow] = []
    faults: list[Fault] = []
    for line in _lines(name, data, wanted, ("candidates", "elected")):
        made = _election_row(line, edition, kind, day, source)
        # What no line of the table says is asked for once, at the first.
        asked = {fault.code for fault in faults if fault.fields.get("text") == ""}
        faults += [fault for fault in line.faults if fault.fields.get("text") != "" or fault.code not in asked]
        if made is not None:
            rows.append(made)
    return rows, faults


def _election_row(line: _Line, edition: Edition, kind: str, day: date | None, source: str) -> ElectionRow | None:
    known = {fold(name): code for code, one in edition.election_kinds.items() for name in (code, *one.also)}
    whose = known.get(fold(line["election"]), "") if line["election"] else kind
    if not whose:
        line.tell("posts.no_election", text=line["election"], codes=", ".join(edition.election_kinds))
    at = _election_day(line, edition, whose, day)
    place, number = line["place"], line["number"].removesuffix(".0")
    stage, aside = line["stage"], ""
    if fold(stage) not in STAGES:
        stage, aside = _aside(stage)
    named = STAGES.get(fold(stage) if stage else "official")
    if named is None:
        line.tell("posts.no_stage", text=stage)
    counts = {name: line.count(name) for name in ("seats", "candidates", "women", "elected", "women_elected")}
    counts |= {name: line.count(name) for name in ("confirmed", "women_confirmed")}
    said, bracket = line.source()
    remarks = [one for one in (line["remark"], aside, bracket) if one]
    percent, published, turn = line.percent(), line.published(), line.count("round") or 0
    if any(fault.level is Level.ERROR for fault in line.faults) or named is None or at is None:
        return None
    return ElectionRow(
        at=line.at,
        kind=whose,
        day=at[0],
        term=at[1],
        code=line["code"],
        place=place,
        number=number,
        stage=named[0],
        nominated=named[1],
        round=turn,
        percent=percent,
        source=said or source,
        published_on=published,
        remark="; ".join(remarks),
        **counts,
    )


def _election_day(line: _Line, edition: Edition, kind: str, day: date | None) -> tuple[date, str] | None:
    """The day of an election and the term it is for, from what a line says of either."""
    said = line["year"] or line["term"]
    exact = day_of(line["year"]) or day
    for one in edition.election_days.values():
        same = one.day == exact if exact else said in (str(one.day.year), one.terms.get(kind))
        if same and kind in one.terms:
            return one.day, one.terms[kind]
    if exact is not None:
        return exact, line["term"] or str(exact.year)
    if kind:
        line.tell("posts.no_election_day", text=said)
    return None


def shares_read(
    name: str, data: bytes, edition: Edition, *, group: str = "", source: str = ""
) -> tuple[list[ShareRow], list[Fault]]:
    """The lines of a table of published shares and every fault of it. `group` and `source` hold where the table does
    not say them. A definition of "idem" is that of the line before."""
    rows: list[ShareRow] = []
    faults: list[Fault] = []
    before = ""
    for line in _lines(name, data, SHARE_HEADS, ("percent",)):
        definition = before if fold(line["rule"]) in _SAME else line["rule"]
        before = definition or before
        made = _share_row(line, edition, definition, group, source)
        faults += line.faults
        if made is not None:
            rows.append(made)
    return rows, faults


def _share_row(line: _Line, edition: Edition, definition: str, group: str, source: str) -> ShareRow | None:
    whom, place = _group(line["group"], edition) if line["group"] else (edition.count_groups.get(group), "")
    if whom is None:
        line.tell("posts.no_group", text=line["group"], codes=", ".join(edition.count_groups))
        return None
    rule = _rule(definition, edition) if definition else whom.rule
    if rule is None:
        line.tell("posts.no_rule", text=definition or line["group"], codes=", ".join(edition.counting_rules))
    time, aside = (line["time"], "") if line["time"] else (line["year"], "")
    day = _time(line["year"] or time)
    if day is None:
        line.tell("posts.no_time", text=time)
    said, bracket = line.source()
    place, more = _aside(place)
    remark = "; ".join(one for one in (line["remark"], aside, more, bracket) if one)
    counted, total, percent, published = line.count("counted"), line.count("total"), line.percent(), line.published()
    if line.faults and any(fault.level is Level.ERROR for fault in line.faults):
        return None
    assert rule is not None and day is not None  # noqa: S101, PT018 - told above
    return ShareRow(
        line.at, rule, whom.code, time, day, place, counted, total, percent, said or source, published, remark
    )


def _group(text: str, edition: Edition) -> tuple[CountGroup | None, str]:
    """The group a table means, and what the words say besides: the place, or which of them."""
    best: tuple[int, CountGroup, str] | None = None
    for one in edition.count_groups.values():
        for name in (one.code, *one.also):
            head, _sep, tail = name.partition("{place}")
            rest = ""
            if "{place}" in name:
                if not (text.startswith(head) and text.endswith(tail) and len(text) > len(head + tail)):
                    continue
                rest = text.removeprefix(head).removesuffix(tail)
            elif fold(text).startswith(fold(name)) and not text[len(name) : len(name) + 1].isalnum():
                rest = text[len(name) :].strip(" ,")
            else:
                continue
            length = len(name) if "{place}" not in name else 0
            if best is None or length > best[0]:
                best = (length, one, rest)
    return (None, "") if best is None else best[1:]


def _rule(text: str, edition: Edition) -> str | None:
    plain = _words(text)
    found = {
        code
        for code, one in edition.counting_rules.items()
        for name in (code, *one.also)
        if plain == _words(name) or plain.startswith(_words(name) + " ")
    }
    return found.pop() if len(found) == 1 else None


def _words(text: str) -> str:
    return re.sub(r"[^\w]+", " ", fold(text)).strip()


def _time(text: str) -> date | None:
    """The first day a time tells of: "2019-12-31", "2021-12", "2016-2021", "2016"."""
    text = text.strip()
    if (day := day_of(text)) is not None:
        return day
    if match := re.fullmatch(r"([12]\d{3})-(0[1-9]|1[0-2])", text):
        return date(int(match[1]), int(match[2]), 1)
    match = re.fullmatch(r"([12]\d{3})(?:-[12]\d{3})?", text)
    return date(int(match[1]), 1, 1) if match else None


def _aside(text: str) -> tuple[str, str]:
    found = _ASIDE.match(text)
    return (found[1], found[2]) if found else (text, "")


def _lines(name: str, data: bytes, heads: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Iterator[_Line]:
    """The lines of a table by column; Refused where none of the `needed` columns is there, or no line."""
    rows = table_of(name, data)
    there = [fold(clean(str(cell))) for cell in rows[0]] if rows else []
    columns: dict[str, int] = {}
    taken: set[int] = set()
    for column, keys in heads.items():
        for key in keys:
            if key in there and there.index(key) not in taken:
                columns[column] = there.index(key)
                taken.add(columns[column])
                break
    if not any(one in columns for one in needed):
        raise Refused(Fault("posts.no_column", name, {"column": heads[needed[0]][0]}))
    if "women" in heads and "women" not in columns and "women" in there:
        columns["women"] = there.index("women")
    if len(rows) < 2:
        raise Refused(Fault("posts.no_rows", name))

    for number, row in enumerate(rows[1:], start=2):
        cells = {column: clean(str(row[at])) for column, at in columns.items() if at < len(row)}
        if any(cells.values()):
            yield _Line(f"{name}:{number}", cells, heads)  # type: ignore[arg-type]
