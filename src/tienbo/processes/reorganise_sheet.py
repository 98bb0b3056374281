"""The sheet of a reorganisation: the act above, one row for what became of each unit below. A blank, and reading it.

The sheet is a paper of Vietnamese offices and speaks Vietnamese whatever the language of the pages. Headings are found
by their words, folded, so columns may be moved or left out; every cell keeps its place ("Biểu sắp xếp!C14").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.separated import separated
from tienbo.core.shares import Share
from tienbo.core.words import clean, day_of, day_words, fold
from tienbo.ground.files import sha256
from tienbo.papers.workbook.opening import sheets_opened
from tienbo.papers.workbook.safety import Unsafe
from tienbo.units.models import BodySuccession, ReorganisationStage, SuccessionShare
from tienbo.units.models import Reorganisation as Act

worded(
    {
        "reorganise.unreadable": N_("The sheet cannot be read: {reason}"),
        "reorganise.no_columns": N_("No row names the columns of the sheet; missing: {columns}. Take a new blank."),
        "reorganise.no_rows": N_("The sheet says of no unit what becomes of it."),
        "reorganise.unreadable_day": N_("“{text}” is not a day; write it as 01/7/2025."),
        "reorganise.unknown_word": N_("“{text}” is none of: {words}."),
        "reorganise.unreadable_share": N_("“{text}” is not a share; write 70%, 0,7, or bounds as 50–90%."),
        "reorganise.missing": N_("“{heading}” is missing."),
    }
)

SHEET = "Biểu sắp xếp"
HEAD: Mapping[str, str] = {
    "number": "Số, ký hiệu văn bản",
    "title": "Trích yếu",
    "issued_by": "Cơ quan ban hành",
    "adopted": "Ngày ban hành",
    "effective": "Ngày có hiệu lực",
    "stage": "Giai đoạn",
    "source": "Nguồn",
    "corrects": "Đính chính văn bản số",
}
"""What is told of the act → the words in column A; the value is in column B."""
COLUMNS: Mapping[str, str] = {
    "event": "Việc",
    "before": "Đơn vị trước",
    "before_under": "Thuộc (trước)",
    "before_code": "Mã (trước)",
    "extent": "Mức chuyển",
    "words": "Nguyên văn",
    "after_is": "Mới hay đang có",
    "after": "Đơn vị sau",
    "after_type": "Loại (sau)",
    "after_under": "Thuộc (sau)",
    "after_code": "Mã (sau)",
    "population": "Tỷ lệ dân số",
    "area": "Tỷ lệ diện tích",
    "method": "Cách có tỷ lệ",
    "share_source": "Nguồn của tỷ lệ",
}
"""What is told of a unit → the heading of its column."""
NEEDED = ("event", "before", "after")

EVENTS: Mapping[str, str] = {
    "thành lập": Act.Kind.CREATE,
    "giải thể": Act.Kind.ABOLISH,
    "nhập": Act.Kind.MERGE,
    "chia": Act.Kind.SPLIT,
    "điều chỉnh địa giới": Act.Kind.TRANSFER,
    "đổi tên": Act.Kind.RENAME,
    "đổi loại": Act.Kind.RETYPE,
    "chuyển đơn vị cấp trên": Act.Kind.REPARENT,
}
BODY_EVENTS: Mapping[str, str] = {
    "tổ chức kết thúc": BodySuccession.Kind.NONE,
    "tổ chức nhập vào tổ chức khác": BodySuccession.Kind.MERGED_INTO,
    "tổ chức được thay": BodySuccession.Kind.REPLACED_BY,
    "nhiệm vụ của tổ chức chuyển đi": BodySuccession.Kind.TASKS_TO,
}
"""What becomes of a body: its name and its unit's stand where those of a unit and its superior do."""
STAGES: Mapping[str, str] = {
    "dự kiến": ReorganisationStage.Stage.PLANNED,
    "đã ban hành": ReorganisationStage.Stage.ADOPTED,
    "có hiệu lực": ReorganisationStage.Stage.IN_FORCE,
}
METHODS: Mapping[str, str] = {
    "theo văn bản hoặc đề án": SuccessionShare.Method.OFFICIAL,
    "theo thống kê": SuccessionShare.Method.CENSUS,
    "ước tính": SuccessionShare.Method.ESTIMATE,
    "chia đều": SuccessionShare.Method.EQUAL,
}
NEW, HELD = "mới", "đang có"
EXTENTS = ("toàn bộ", "một phần")


class Cell(NamedTuple):
    """What a cell says, and where it is."""

    text: str
    place: str


@dataclass(frozen=True)
class SheetRow:
    """One row: what becomes of a unit. `place` is of its first cell."""

    cells: Mapping[str, Cell]
    place: str

    def __getitem__(self, name: str) -> Cell:
        return self.cells.get(name, Cell("", self.place))


@dataclass(frozen=True)
class Sheet:
    """A sheet as it was sent: its bytes, the act, the rows."""

    name: str
    data: bytes
    head: Mapping[str, Cell]
    rows: tuple[SheetRow, ...]

    @property
    def sha256(self) -> str:
        return sha256(self.data)

    def about(self, name: str) -> Cell:
        """What is told of the act; the sheet's own place where nothing is."""
        return self.head.get(name, Cell("", self.name))


def sheet_read(data: bytes, name: str) -> Sheet:
    """The sheet in the bytes of an xlsx, xls, ods or csv file; Refused where it is none. Cells are read as texts."""
    title, lines = _lines(data, name)
    at, columns = _headings(lines, name)
    head: dict[str, Cell] = {}
    for number, line in enumerate(lines[:at], start=1):
        told = next((key for key, words in HEAD.items() if line and fold(line[0]).rstrip(":* ") == fold(words)), None)
        if told is not None:
            head[told] = Cell(line[1] if len(line) > 1 else "", f"{title}!B{number}")
    rows = []
    for number, line in enumerate(lines[at + 1 :], start=at + 2):
        if not any(line[column] for column in columns.values() if column < len(line)):
            continue
        cells = {
            key: Cell(line[column] if column < len(line) else "", f"{title}!{xl_col_to_name(column)}{number}")
            for key, column in columns.items()
        }
        rows.append(SheetRow(cells, f"{title}!{xl_col_to_name(columns['event'])}{number}"))
    if not rows:
        raise Refused(Fault("reorganise.no_rows", name))
    return Sheet(name, data, head, tuple(rows))


def _lines(data: bytes, name: str) -> tuple[str, list[list[str]]]:
    """The title that places begin with, and every line as texts."""
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        try:
            sheets = sheets_opened(data)
        except Unsafe as unsafe:
            raise Refused(unsafe.fault(name)) from unsafe
        if not sheets:
            raise Refused(Fault("reorganise.no_rows", name))
        sheet = next((one for one in sheets if fold(one.name) == fold(SHEET)), sheets[0])
        return sheet.name, [[_text(cell) for cell in line] for line in sheet.grid]
    try:
        text = data.decode("utf-8-sig")
        delimiter = ";" if text.count(";") > text.count(",") else ","
        return name, [[clean(cell) for cell in line] for line in separated(text, delimiter)]
    except UnicodeDecodeError as broken:
        raise Refused(Fault("reorganise.unreadable", name, {"reason": broken})) from broken


def _text(cell: object) -> str:
    if isinstance(cell, datetime | date):
        return day_words(cell)
    if isinstance(cell, float):
        # A share of 70 % is 0.7 in its cell; what the program reckoned beyond fifteen digits is not meant.
        number = format(Decimal(f"{cell:.15g}"), "f")
        return number.removesuffix(".0")
    return clean(str(cell))


def _headings(lines: Sequence[Sequence[str]], name: str) -> tuple[int, dict[str, int]]:
    best: dict[str, int] = {}
    for at, line in enumerate(lines[:40]):
        folded = {fold(cell): column for column, cell in reversed(list(enumerate(line)))}
        found = {key: folded[fold(heading)] for key, heading in COLUMNS.items() if fold(heading) in folded}
        if all(key in found for key in NEEDED):
            return at, found
        best = max(best, found, key=len)
    missing = ", ".join(COLUMNS[key] for key in NEEDED if key not in best)
    raise Refused(Fault("reorganise.no_columns", name, {"columns": missing}))


# ------------------------------------------------------------------------------------------- what cells may say


def day_in(cell: Cell, faults: list[Fault]) -> date | None:
    """A day as paper writes it, or as ISO does; None for an empty cell and, with a fault, for what is none."""
    day = day_of(cell.text)
    if day is None and cell.text.strip():
        faults.append(Fault("reorganise.unreadable_day", cell.place, {"text": cell.text.strip()}))
    return day


def word_in(cell: Cell, words: Mapping[str, str], faults: list[Fault]) -> str:
    """What one of the agreed words stands for; "" for an empty cell and, with a fault, for another word."""
    known = {fold(word): meant for word, meant in words.items()}
    if cell.text and fold(cell.text) not in known:
        fields = {"text": cell.text, "words": ", ".join(words)}
        faults.append(Fault("reorganise.unknown_word", cell.place, fields))
    return known.get(fold(cell.text), "")


def share_in(cell: Cell, faults: list[Fault]) -> Share | None:
    """ "70%", "0,7" or bounds "50–90%", "0,5 - 0,9"; None where nothing is told."""
    if not cell.text:
        return None
    ends = re.split(r"\s*(?:–|-|đến|\.\.|…)\s*", cell.text.removeprefix("từ ").strip())
    percent = any(end.endswith("%") for end in ends)
    try:
        numbers = [Fraction(Decimal(end.rstrip("% ").replace(",", "."))) / (100 if percent else 1) for end in ends]
    except ArithmeticError:
        numbers = []
    if len(numbers) not in (1, 2) or not all(0 <= one <= 1 for one in numbers) or sorted(numbers) != numbers:
        faults.append(Fault("reorganise.unreadable_share", cell.place, {"text": cell.text}))
        return None
    return Share.of(numbers[0]) if len(numbers) == 1 else Share(numbers[0], numbers[1])


# ------------------------------------------------------------------------------------------------------- a blank

_HELP = (
    ("thành lập", "Đơn vị mới. Có đơn vị trước: lấy toàn bộ (đơn vị trước kết thúc) hoặc một phần (đơn vị trước còn)."),
    ("giải thể", "Đơn vị trước kết thúc, không có đơn vị kế thừa. Bỏ trống đơn vị sau."),
    ("nhập", "Đơn vị trước kết thúc, toàn bộ hoặc từng phần nhập vào đơn vị sau. Mỗi phần một dòng."),
    ("chia", "Đơn vị trước kết thúc, chia cho nhiều đơn vị sau. Mỗi đơn vị sau một dòng."),
    ("điều chỉnh địa giới", "Một phần của đơn vị trước chuyển sang đơn vị đang có; cả hai đơn vị đều còn."),
    ("đổi tên", "Vẫn đơn vị ấy, tên mới ghi ở cột “Đơn vị sau” (có thể kèm mã mới)."),
    ("đổi loại", "Vẫn đơn vị ấy, xã thành phường…: ghi loại mới."),
    ("chuyển đơn vị cấp trên", "Vẫn đơn vị ấy, cấp trên mới ghi ở cột “Thuộc (sau)”."),
    (
        "tổ chức …",
        "Ban, hội đồng, cơ quan của đơn vị: ghi tên ở “Đơn vị trước”, đơn vị của nó ở “Thuộc (trước)”; sau cũng vậy.",
    ),
    ("", "Tổ chức của đơn vị kết thúc mà không có dòng nào nêu thì kết thúc, không có kế thừa."),
    ("Mã", "Ghi kèm hệ mã: gso:17098. Mã trước hiểu theo ngày liền trước ngày có hiệu lực."),
    ("Tỷ lệ", "70%, 0,7 hoặc khoảng 50–90%. Không biết thì bỏ trống: hệ thống nêu khoảng, không đoán."),
    ("Đính chính văn bản số", "Chỉ ghi khi sửa việc đã ghi nhận sai: các dòng nêu lại đúng phần của từng đơn vị."),
    ("Giai đoạn", "Dự kiến và đã ban hành chỉ được ghi nhớ; chỉ văn bản có hiệu lực mới thay đổi đơn vị."),
)
_WIDTHS = {
    "event": 26,
    "before": 30,
    "words": 34,
    "after": 30,
    "share_source": 26,
    "before_under": 26,
    "after_under": 26,
}
_FIRST, _LAST = len(HEAD) + 3, 400


def sheet_blank(*, head: Mapping[str, str] | None = None, rows: Sequence[Mapping[str, str]] = ()) -> bytes:
    """A blank sheet (xlsx), or one filled with `head` and `rows` by the keys of HEAD and COLUMNS."""
    made = BytesIO()
    book = Workbook(made, {"in_memory": True})
    book.set_properties(
        {"title": "Biểu sắp xếp đơn vị hành chính", "created": datetime(2025, 7, 1)}
    )  # the same bytes each time
    sheet, bold = book.add_worksheet(SHEET), book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    titled = book.add_format({"bold": True, "bg_color": "#E7EFF6", "border": 1, "text_wrap": True, "valign": "vcenter"})
    plain = book.add_format(
        {"num_format": "@", "text_wrap": True, "valign": "top", "border": 1, "border_color": "#D9DEE5"}
    )
    for at, (key, words) in enumerate(HEAD.items()):
        sheet.write_string(at, 0, words, bold)
        sheet.write_string(at, 1, (head or {}).get(key, ""), plain)
    sheet.data_validation(list(HEAD).index("stage"), 1, list(HEAD).index("stage"), 1, _one_of(STAGES))
    lists = {"event": (*EVENTS, *BODY_EVENTS), "after_is": (NEW, HELD), "extent": EXTENTS, "method": METHODS}
    for column, (key, words) in enumerate(COLUMNS.items()):
        sheet.write_string(_FIRST - 1, column, words, titled)
        sheet.set_column(column, column, _WIDTHS.get(key, 16))
        if key in lists:
            loose = {} if key != "extent" else {"error_type": "information"}
            sheet.data_validation(_FIRST, column, _LAST, column, {**_one_of(lists[key]), **loose})
        for at in range(max(len(rows), 30)):
            sheet.write_string(_FIRST + at, column, rows[at].get(key, "") if at < len(rows) else "", plain)
    sheet.freeze_panes(_FIRST, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_FIRST - 1)
    guide = book.add_worksheet("Hướng dẫn")
    guide.set_column(0, 0, 26)
    guide.set_column(1, 1, 100)
    for at, (word, meant) in enumerate(_HELP):
        guide.write_string(at, 0, word, bold)
        guide.write_string(at, 1, meant)
    book.close()
    return made.getvalue()


def _one_of(words: Iterable[str]) -> dict[str, Any]:
    return {"validate": "list", "source": list(words)}
