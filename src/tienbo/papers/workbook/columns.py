"""Columns of a workbook that say what fields of a register say: how they are filled in, offered and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from tienbo.catalogue.definitions import RegisterField, RegisterKind
from tienbo.core.messages import gettext as _
from tienbo.core.words import clean, fold
from tienbo.papers.workbook.plan import cell_name
from tienbo.papers.workbook.styles import Styles
from tienbo.papers.workbook.vocabulary import YES_NO_WORDS

LISTS = "Danh mục chọn"
"""The hidden sheet of what is offered."""
WIDTHS = {
    "text": 28,
    "long_text": 40,
    "count": 11,
    "money": 14,
    "date": 12,
    "choice": 24,
    "yes_no": 9,
    "unit": 26,
    "units": 36,
    "record": 36,
}
_STYLES = {
    "text": "words",
    "long_text": "words",
    "count": "count",
    "money": "count",
    "date": "date",
    "choice": "choice",
    "yes_no": "choice",
    "unit": "words",
    "units": "words",
    "record": "words",
}


class Columns:
    """The columns of one workbook being written, and the lists that they offer."""

    def __init__(self, book: Any, styles: Styles, kind: RegisterKind, units: Sequence[str] = ()) -> None:
        self.book, self.styles, self.kind, self.units = book, styles, kind, units
        self.lists: list[list[str]] = []
        self.more: Mapping[str, Sequence[str]] = {}
        """Field → what is offered besides, and not asked for."""

    def head(self, page: Any, row: int, column: int, one: RegisterField, last: int) -> None:
        """The heading of a column, its width, and what it offers in the lines down to the `last` row."""
        mark = " *" if one.required else ""
        page.write_string(row, column, f"{one.label}{mark}", self.styles["head"])
        page.set_column(column, column, WIDTHS[one.kind])
        self.rule(page, one, row + 1, last, column)

    def cell(self, page: Any, row: int, column: int, one: RegisterField, text: str) -> None:
        """What a field says, in its cell."""
        style = self.styles[_STYLES[one.kind]]
        if not text:
            page.write_blank(row, column, None, style)
        elif one.is_number and text.isdecimal():
            page.write_number(row, column, int(text), style)
        elif one.kind == "date" and _is_day(text):
            page.write_datetime(row, column, datetime.combine(date.fromisoformat(text), datetime.min.time()), style)
        else:
            page.write_string(row, column, answer_words(one, text), style)

    def rule(self, page: Any, one: RegisterField, first: int, end: int, column: int) -> None:
        """What a column offers and says where it is filled in. Nothing is forbidden that the reader can take."""
        note = str(one.note) if one.note else ""
        states = ", ".join(str(self.kind.state(code).name) for code in one.required_in)
        if states and not one.required:
            note = f"{note} " + _("Needed for “{states}”.").format(states=states)
        title, at = str(one.label), (first, end, column)
        if one.kind == "choice":
            self.offer(page, list(map(str, one.choices.values())), at, title, note, "stop")
        elif one.kind == "yes_no":
            self.offer(page, list(map(str, YES_NO_WORDS)), at, title, note, "stop")
        elif one.kind == "unit" or one.code in self.more:
            self.offer(page, list(self.more.get(one.code, self.units)), at, title, note, "information")
        else:
            shape = _("A day, such as 20/6/2026.") if one.kind == "date" else ""
            shape = _("Several units: a semicolon between them.") if one.kind == "units" else shape
            said = f"{shape} {note}".strip()
            if said:
                words = {"input_title": title[:32], "input_message": said[:255]}
                page.data_validation(first, column, end, column, {"validate": "any", **words})

    def offer(self, page: Any, words: list[str], at: tuple[int, int, int], title: str, note: str, kind: str) -> None:
        if not words:
            return
        first, end, column = at
        if words not in self.lists:
            self.lists.append(words)
        index = self.lists.index(words)
        letters = cell_name(0, index).rstrip("1234567890")
        rule = {
            "validate": "list",
            "source": f"='{LISTS}'!${letters}$1:${letters}${len(words)}",
            "error_type": kind,
            "error_title": _("Not in the list"),
            "error_message": _("Choose from the list or leave the cell blank."),
        }
        if note.strip():
            rule |= {"input_title": title[:32], "input_message": note.strip()[:255]}
        page.data_validation(first, column, end, column, rule)

    def lists_write(self) -> None:
        """The hidden sheet of what is offered; after every other."""
        page = self.book.add_worksheet(LISTS)
        for column, words in enumerate(self.lists):
            for row, word in enumerate(words):
                page.write_string(row, column, word)
        page.hide()


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def answer_words(one: RegisterField, text: str) -> str:
    """An answer in words; the text itself of what is none."""
    if one.kind == "yes_no":
        return str(YES_NO_WORDS[text == "yes"]) if text in ("yes", "no") else text
    return str(one.choices.get(text, text))


def answer_read(one: RegisterField, text: str) -> str:
    """An answer by its code where the words are one of ours; the rest as it was typed."""
    wanted = fold(clean(text))
    if not wanted or not one.answers():
        return text
    if one.kind == "yes_no":
        no, yes = YES_NO_WORDS
        words = {fold(yes.vi): "yes", fold(yes.en): "yes", fold(no.vi): "no", fold(no.en): "no"}
        return words.get(wanted, text)
    return next((code for code, name in one.choices.items() if wanted in (fold(name.vi), fold(name.en))), text)
