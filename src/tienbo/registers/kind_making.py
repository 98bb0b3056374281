"""A register of one's own as rows, made into its definition (YAML).

Rows are data as a record's are (address → text, see `rows`), of the form that `catalogue.kinds.kind_form` says: fields,
states and answers are named in them by their words. YAML is what is kept, with codes. What cannot be understood stays
as it was written, in both, and is a fault at its address (`kind_check`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from tienbo.catalogue.definitions import RegisterKind, Series
from tienbo.catalogue.kinds import OWN, kind_form, kind_keepers
from tienbo.catalogue.loading import Edition
from tienbo.catalogue.rules.walk import asked
from tienbo.core.words import clean, day_of, fold, nfc, same_name
from tienbo.registers.rows import Row, address, rows_of
from tienbo.registers.saying import Data

PARTS = ("fields", "lists", "states", "moves", "counts", "papers")
"""The rows of the form."""
LONGEST_CODE = 40
Path = tuple[int | str, ...]


class Made(NamedTuple):
    """A definition as written: its code, its YAML, and where each part of it stands in the rows."""

    code: str
    text: str
    definition: dict[str, Any]
    at: Mapping[Path, str]


def kind_made(edition: Edition, rows: Data) -> Made:
    """The definition that rows say. What is not understood stands in it as it was written."""
    form = kind_form(edition)
    said = {at: clean(nfc(text)) if "note" not in at else nfc(text).strip() for at, text in rows.items()}
    return _Making(edition, form, {at: text for at, text in said.items() if text}).made()


class _Making:
    """Rows being made into a definition."""

    def __init__(self, edition: Edition, form: RegisterKind, said: Mapping[str, str]) -> None:
        self.edition, self.form, self.said = edition, form, said
        self.parts = {part: rows_of(form.by_code[part], said) for part in PARTS}
        self.at: dict[Path, str] = {}
        rows = self.parts["fields"]
        top = _Names((row, _code_of(row, "label_vi")) for row in rows if "within" not in row.said)
        self.fields = {"": top}
        """Field whose rows they are columns of, "" of the record's own → the fields there, by their names."""
        inner: dict[str, list[Row]] = {}
        for row in rows:
            if "within" in row.said:
                inner.setdefault(top.find(row.said["within"]), []).append(row)
        for code, some in inner.items():
            if code:
                self.fields[code] = _Names((row, _code_of(row, "label_vi")) for row in some)
        self.states = _Names((row, _code_of(row, "name_vi")) for row in self.parts["states"])
        self.lists: dict[str, dict[str, dict[str, str]]] = {}
        for row in self.parts["lists"]:
            answers = self.lists.setdefault(same_name(row.said.get("list", "")), {})
            answers[_code_of(row, "name_vi")] = _text(row.said, "name")
        self.choices: dict[str, dict[str, dict[str, str]]] = {}
        """Path of a field → its answers."""
        for before, row in self._placed():
            self.choices.setdefault(before + _code_of(row, "label_vi"), self._answers(row))

    def made(self) -> Made:
        said = self.said
        code = said.get("code", "") or OWN + (code_said(said.get("name_vi", "")) or "new")
        fields = self._fields()
        texts = [one for one in fields if one.get("kind") == "text" and one.get("required") is True]
        days = [one for one in fields if one.get("kind") == "date" and one.get("required") is True]
        shown = [
            one["code"] for one in fields if one.get("kind") not in ("long_text", "rows") and not one.get("retired")
        ]
        words = [one["code"] for one in fields if one.get("kind") in ("text", "long_text")]
        register: dict[str, Any] = {"code": code}
        self._head("name", "name_vi", _text(said, "name"), register)
        self._head("record_name", "record_vi", _text(said, "record"), register)
        self._head("kept_by", "kept_by", [_keeper(one) for one in _several(said.get("kept_by", ""))], register)
        self._head("counted_in", "counted_in", said.get("counted_in", "entry"), register)
        self._head("section", "section", said.get("section", ""), register)
        self._head("title", "title", self._field(said.get("title", "")) or _first(texts), register)
        self._head("occurred", "occurred", self._field(said.get("occurred", "")) or _first(days), register)
        self._head("columns", "columns", self._named("columns") or shown[:6], register)
        self._head("search", "search", self._named("search") or words, register)
        self._head("sensitivity", "sensitivity", said.get("sensitivity", "").upper(), register)
        documents = self._document(code)
        cites = [self._cited(one) for one in _several(said.get("cites", ""))] + [one["code"] for one in documents]
        self._head("cites", "cites", cites, register)
        if documents:
            register["confidence"] = "confirmed"
        if "note_vi" in said:
            self._head("note", "note_vi", _text(said, "note"), register)
        self.at["fields",] = "fields"
        self.at["states",] = "states"
        register["fields"] = fields
        register["states"] = [self._state(index, row) for index, row in enumerate(self.parts["states"])]
        register["moves"] = [self._move(index, row) for index, row in enumerate(self.parts["moves"])]
        register["feeds"] = [self._count("feeds", at, row) for at, row in enumerate(self._counts(own=False))]
        register["tallies"] = [self._count("tallies", at, row) for at, row in enumerate(self._counts(own=True))]
        register["evidence"] = [self._paper(index, row) for index, row in enumerate(self.parts["papers"])]
        register = {name: held for name, held in register.items() if held or name in ("fields", "states")}
        definition = {"registers": [register]} | ({"documents": documents} if documents else {})
        text = yaml.safe_dump(definition, allow_unicode=True, sort_keys=False, width=120)
        self.at["code",] = "code" if "code" in said else "name_vi"
        return Made(code, text, definition, self.at)

    def _head(self, name: str, at: str, held: Any, register: dict[str, Any]) -> None:
        self.at[(name,)] = at
        register[name] = held

    def _row(self, path: Path, part: str, row: Row, names: Mapping[str, str]) -> None:
        """Where the keys of a row's definition stand in its cells; of the row itself, at the first of them."""
        for name, column in names.items():
            self.at[(*path, name)] = address(part, row.key, column)
        self.at[path] = address(part, row.key, next(iter(names.values())))

    def _fields(self) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        by_code: dict[str, dict[str, Any]] = {}
        for row in [row for row in self.parts["fields"] if "within" not in row.said]:
            one = self._one(row, ("fields", len(made)), "")
            made.append(one)
            by_code.setdefault(one.get("code", ""), one)
        for at, row in [(at, row) for at, row in self._placed() if "within" in row.said]:
            parent = by_code.get(at.rstrip("/"))
            if parent is None or parent.get("kind") != "rows":
                made.append(self._one(row, ("fields", len(made)), "") | {"within": row.said["within"]})
            else:
                columns = parent.setdefault("columns", [])
                path: Path = ("fields", made.index(parent), "columns", len(columns))
                columns.append(self._one(row, path, at))
        return made

    def _placed(self) -> Iterator[tuple[str, Row]]:
        """The rows of fields, each with the path before its code: "talks/" of a column of talks."""
        for row in self.parts["fields"]:
            holder = self.fields[""].find(row.said["within"]) if "within" in row.said else ""
            yield f"{holder}/" if holder else "", row

    def _one(self, row: Row, path: Path, before: str) -> dict[str, Any]:
        said = row.said
        names = {"label": "label_vi", "code": "code" if "code" in said else "label_vi", "kind": "kind"}
        names |= {one: one for one in ("required", "measure", "required_in", "part_of", "not_before", "needed_where")}
        names |= {"choices": "list", "within": "within", "retired": "retired", "note": "note_vi", "columns": "kind"}
        self._row(path, "fields", row, names)
        made: dict[str, Any] = {"code": _code_of(row, "label_vi"), "label": _text(said, "label")}
        made["kind"] = said.get("kind", "")
        if "required" in said:
            made["required"] = _flag(said["required"])
        if "measure" in said:
            made["measure"] = said["measure"]
        if "list" in said:
            made["choices"] = self._answers(row) or said["list"]
        for name in ("part_of", "not_before"):
            if name in said:
                made[name] = self._field(said[name], before)
        if "required_in" in said:
            made["required_in"] = self._states(said["required_in"])
        if "needed_where" in said:
            made["needed_where"] = self._tests(said["needed_where"], before)
        if "note_vi" in said:
            made["note"] = _text(said, "note")
        if "retired" in said:
            made["retired"] = _flag(said["retired"])
        return {name: held for name, held in made.items() if held not in ("", {}, [])}

    def _answers(self, row: Row) -> dict[str, dict[str, str]]:
        named = row.said.get("list", "")
        if not named:
            return {}
        found = self.lists.get(same_name(named))
        return found if found is not None else _lists(self.edition).get(same_name(named), {})

    def _state(self, index: int, row: Row) -> dict[str, Any]:
        self._row(("states", index), "states", row, {"name": "name_vi", "code": "name_vi", "past": "past"})
        past = {"past": _flag(row.said["past"])} if "past" in row.said else {}
        return {"code": _code_of(row, "name_vi"), "name": _text(row.said, "name"), **past}

    def _move(self, index: int, row: Row) -> dict[str, Any]:
        names = {"name": "name_vi", "code": "name_vi", "from": "begin", "to": "to", "need": "need"}
        self._row(("moves", index), "moves", row, names)
        made = {
            "code": _code_of(row, "name_vi"),
            "name": _text(row.said, "name"),
            "from": self._states(row.said.get("begin", "")),
            "to": self.states.find(row.said.get("to", "")) or row.said.get("to", ""),
            "need": row.said.get("need", ""),
        }
        return {name: held for name, held in made.items() if held not in ("", {})}

    def _counts(self, *, own: bool) -> list[Row]:
        return [row for row in self.parts["counts"] if ("series" not in row.said) is own]

    def _count(self, part: str, index: int, row: Row) -> dict[str, Any]:
        said = row.said
        plain = ("series", "states", "sum", "where", "of", "by_day", "until", "by_quarter")
        names = {**({"series": "series"} if part == "feeds" else {"name": "name_vi", "code": "name_vi"})}
        self._row((part, index), "counts", row, names | {one: one for one in plain})
        made: dict[str, Any] = {}
        if part == "feeds":
            made["series"] = series_asked(self.edition).get(same_name(said["series"]), said["series"])
            if "by_quarter" in said:
                made["by_quarter"] = _flag(said["by_quarter"])
        else:
            made |= {"code": _code_of(row, "name_vi").replace(".", "_"), "name": _text(said, "name")}
        made["states"] = self._states(said.get("states", ""))
        made |= {name: self._field(said[name]) for name in ("of", "sum", "by_day", "until") if name in said}
        if "where" in said:
            made["where"] = self._tests(said["where"])
        return {name: held for name, held in made.items() if held != {}}

    def _paper(self, index: int, row: Row) -> dict[str, Any]:
        names = {"label": "name_vi", "code": "name_vi", "required_in": "required_in", "kept_by_unit": "kept_by_unit"}
        self._row(("evidence", index), "papers", row, names)
        made: dict[str, Any] = {"code": _code_of(row, "name_vi"), "label": _text(row.said, "name")}
        if "required_in" in row.said:
            made["required_in"] = self._states(row.said["required_in"])
        if "kept_by_unit" in row.said:
            made["kept_by_unit"] = _flag(row.said["kept_by_unit"])
        return made

    def _document(self, code: str) -> list[dict[str, Any]]:
        said = self.said
        if not any(name in said for name in ("paper_number", "paper_title", "paper_day")):
            return []
        made: dict[str, Any] = {"code": f"{code}.paper"}
        self.at["paper", "number"], self.at["paper", "title"] = "paper_number", "paper_title"
        self.at["paper", "issued_on"] = "paper_day"
        if "paper_number" in said:
            made["number"] = said["paper_number"]
        if "paper_day" in said:
            day = day_of(said["paper_day"])
            made["issued_on"] = day.isoformat() if day is not None else said["paper_day"]
        if "paper_title" in said:
            made["title"] = {"vi": said["paper_title"], "en": said["paper_title"]}
        return [made]

    def _cited(self, text: str) -> str:
        wanted = fold(text)
        every = self.edition.documents.values()
        return next((one.code for one in every if wanted in (fold(one.number), one.code, fold(one.cited))), text)

    def _named(self, name: str) -> list[str]:
        return [self._field(one) for one in _several(self.said.get(name, ""))]

    def _states(self, text: str) -> list[str]:
        return [self.states.find(one) or one for one in _several(text)]

    def _field(self, text: str, before: str = "") -> str:
        """The code of a field that a text names, in the rows of the field `before`; of the record its code, or
        "rows/column". The text itself where there is none."""
        first, sep, inner = text.partition("/")
        here = self.fields.get(before.rstrip("/"))
        if not sep:
            return (here.find(text) if here is not None else "") or text
        rows = self.fields[""].find(first)
        column = self.fields[rows].find(inner) if rows in self.fields else ""
        return f"{rows}/{column}" if rows and column else text

    def _tests(self, text: str, before: str = "") -> list[dict[str, Any]] | str:
        """“Form = Online | Mixed; Led by the unit = Yes” as tests; the text itself where it is none."""
        made = []
        for one in _several(text):
            named, sep, answers = one.partition("=")
            wanted = [part.strip() for part in answers.split("|") if part.strip()]
            if not sep or not wanted:
                return text
            field = self._field(named.strip(), before)
            made.append({"field": field, "one_of": [self._answer(before + field, part) for part in wanted]})
        return made

    def _answer(self, path: str, text: str) -> str:
        wanted = same_name(text)
        for code, words in self.choices.get(path, {}).items():
            if wanted in (code, same_name(words["vi"]), same_name(words["en"])):
                return code
        return _yes_no(text) or text


class _Names:
    """Rows that are named by their words, and their codes."""

    def __init__(self, rows: Iterable[tuple[Row, str]]) -> None:
        self.by_name: dict[str, str] = {}
        for row, code in rows:
            for name in ("label_vi", "label_en", "name_vi", "name_en"):
                if text := row.said.get(name):
                    self.by_name.setdefault(same_name(text), code)
            self.by_name.setdefault(code, code)

    def find(self, text: str) -> str:
        """The code of what a text names; "" where nothing is called so."""
        return self.by_name.get(same_name(text), "")


def code_said(text: str) -> str:
    """The code that is made of a name."""
    return re.sub(r"[^a-z0-9]+", "_", fold(text)).strip("_")[:LONGEST_CODE].strip("_")


def _code_of(row: Row, label: str) -> str:
    return row.said.get("code", "") or code_said(row.said.get(label, ""))


def _text(said: Mapping[str, str], name: str) -> dict[str, str]:
    """A text in both languages; nothing where it says nothing in Vietnamese."""
    vi = said.get(f"{name}_vi", "")
    return {"vi": vi, "en": said.get(f"{name}_en", "") or vi} if vi else {}


def _several(text: str) -> list[str]:
    return [one.strip() for one in text.split(";") if one.strip()]


def _first(fields: Sequence[Mapping[str, Any]]) -> str:
    return fields[0]["code"] if fields else ""


def _keeper(text: str) -> str:
    wanted = same_name(text)
    every = kind_keepers().items()
    return next((code for code, words in every if wanted in (code, same_name(words.vi), same_name(words.en))), text)


def _yes_no(text: str) -> str:
    return {"yes": "yes", "no": "no", "có": "yes", "không": "no"}.get(clean(text).casefold(), "")


def _flag(text: str) -> bool | str:
    said = _yes_no(text)
    return said == "yes" if said else text


def _lists(edition: Edition) -> dict[str, dict[str, dict[str, str]]]:
    """Code lists there are: those by which figures are broken down, by their names."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for one in edition.breakdowns.values():
        answers = {code: name.model_dump() for code, name in one.members.items()}
        found |= {same_name(name): answers for name in (one.code, one.name.vi, one.name.en)}
    return found


def series_asked(edition: Edition) -> dict[str, str]:
    """What forms ask for, by its words in both languages, and the series of each."""
    found: dict[str, str] = {}
    for series in dict.fromkeys(one.series for form in edition.forms.values() for one in asked(form)):
        for lang in ("vi", "en"):
            found.setdefault(same_name(series_named(edition, series, lang)), series)
        found.setdefault(same_name(series), series)
    return found


def series_named(edition: Edition, series: str, lang: str = "") -> str:
    """A series in words: its element, and its members in brackets; the text itself of what is none."""
    try:
        read = Series.model_validate(series)
        element = edition.elements[read.element]
        pairs = [pair.split("=", 1) for pair in read.members.split(",") if pair]
        members = [edition.breakdowns[dimension].members[member] for dimension, member in pairs]
    except (ValueError, KeyError):
        return series
    said = [getattr(one, lang) if lang else str(one) for one in (element.name, *members)]
    return said[0] + (f" [{', '.join(said[1:])}]" if members else "")


def series_offered(edition: Edition) -> list[str]:
    """What a count can be held beside, in words."""
    every = dict.fromkeys(one.series for form in edition.forms.values() for one in asked(form))
    return sorted({series_named(edition, one) for one in every})
