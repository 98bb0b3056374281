"""A definition (YAML) of a register said in the rows that `kind_making` makes one of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from tienbo.catalogue.definitions import RegisterKind, Series
from tienbo.catalogue.kinds import OWN, kind_begin, kind_keepers
from tienbo.catalogue.loading import Edition
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import same_name
from tienbo.registers.kind_making import code_said, kind_made, series_asked, series_named
from tienbo.registers.rows import ROW, address


def rows_begun() -> dict[str, str]:
    """The rows that a new register begins with."""
    made: dict[str, str] = {}
    for part, rows in kind_begin().items():
        for index, row in enumerate(rows):
            made |= {address(part, _key(index), column): text for column, text in row.items()}
    return made


def kind_rows(edition: Edition, text: str, *, fixed: bool = True) -> dict[str, str]:
    """The rows that say a definition (YAML), as one writes them in Vietnamese. Where records do not hold them
    fixed yet (`fixed`), codes that the names give are left out: they change with the names."""
    said = yaml.safe_load(text) or {}
    registers, documents = said.get("registers") or [{}], said.get("documents") or []
    rows = _Rows(edition, registers[0], documents).made()
    plain = kind_made(edition, {at: held for at, held in rows.items() if at not in FOLLOWS}).definition["registers"][0]
    follows = FOLLOWS[:2] if fixed else FOLLOWS
    rows = {at: held for at, held in rows.items() if at not in follows or plain.get(at) != registers[0].get(at)}
    return rows if fixed else {at: held for at, held in rows.items() if not _is_given(rows, at)}


def _is_given(rows: Mapping[str, str], at: str) -> bool:
    """Whether an address is that of a code that the name beside it gives."""
    before, _sep, column = at.rpartition("/")
    if column != "code":
        return False
    if not before:
        return rows[at] == OWN + code_said(rows.get("name_vi", ""))
    return rows[at] in (code_said(rows.get(f"{before}/{name}", "")) for name in ("label_vi", "name_vi"))


LEFT: Mapping[str, str] = {
    "tasks": N_("tasks that follow from its rows"),
    "papers": N_("papers drafted from a record"),
    "held_with": N_("what is held against the registers of other units"),
    "clock": N_("its time, and what is left of it"),
    "guide": N_("filling in step by step, and the report drafted of it"),
    "crossed": N_("the page of its counts by answer and unit"),
    "gathered": N_("the page of its counts by what its records name"),
    "seating": N_("the list of who sits on the committee"),
    "reaching": N_("the page of priority areas"),
    "inspecting": N_("the page of plan and done"),
}
"""What is built on a register that is shipped, and a copy of it has not: none of it can be said in rows."""


def copy_leaves(kind: RegisterKind) -> list[str]:
    """What a copy of a register does not take over, in words."""
    return [_(words) for name, words in LEFT.items() if getattr(kind, name)]


def kind_copied(edition: Edition, kind: RegisterKind) -> dict[str, str]:
    """The rows of a register there is, to begin another with: without its name and code, and without what is built on
    it (`copy_leaves`)."""
    said = kind.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(LEFT))
    rows = _Rows(edition, {**said, "sensitivity": kind.sensitivity.value}, ()).made()
    return {at: held for at, held in rows.items() if at not in ("code", "name_vi", "name_en")}


FOLLOWS = ("columns", "search", "title", "occurred")
"""What follows from the fields where it is not said; by which day a record counts stays, once records have one."""


class _Rows:
    """A definition being said in rows."""

    def __init__(self, edition: Edition, register: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> None:
        self.edition, self.register, self.documents = edition, register, documents
        self.labels: dict[str, str] = {}
        self.answers: dict[str, Mapping[str, Any]] = {}
        self.named: dict[str, str] = {}
        """Answers of a list, as one text, and the name of the list."""
        for at, field in self._every():
            self.labels.setdefault(at, _vi(field.get("label")) or field.get("code", ""))
            if isinstance(field.get("choices"), dict):
                self.answers[at] = field["choices"]
        self.states = {one.get("code", ""): _vi(one.get("name")) for one in register.get("states", ())}
        self.out: dict[str, str] = {}

    def _every(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The fields and the columns of their rows, each with its path."""
        for field in self.register.get("fields", ()):
            yield field.get("code", ""), field
            yield from ((f"{field.get('code', '')}/{one.get('code', '')}", one) for one in field.get("columns", ()))

    def made(self) -> dict[str, str]:
        register, out = self.register, self.out
        out["code"] = register.get("code", "")
        self._texts("", "name", register.get("name"))
        self._texts("", "record", register.get("record_name"))
        self._texts("", "note", register.get("note"))
        keepers = kind_keepers()
        out["kept_by"] = "; ".join(keepers[one].vi if one in keepers else one for one in register.get("kept_by", ()))
        out["counted_in"], out["section"] = register.get("counted_in", ""), register.get("section", "")
        out["sensitivity"] = str(register.get("sensitivity", "")).lower()
        out["title"], out["occurred"] = (
            self._label(register.get("title", "")),
            self._label(register.get("occurred", "")),
        )
        for name in ("columns", "search"):
            out[name] = "; ".join(self._label(one) for one in register.get(name, ()))
        own = {one.get("code", "") for one in self.documents}
        every = self.edition.documents
        cited = [one for one in register.get("cites", ()) if one not in own]
        out["cites"] = "; ".join(every[one].number if one in every else one for one in cited)
        for one in self.documents:
            out["paper_number"], out["paper_day"] = one.get("number", ""), str(one.get("issued_on", ""))
            out["paper_title"] = _vi(one.get("title"))
        at = 0
        for field in register.get("fields", ()):
            at = self._field(at, field, "", "")
            for column in field.get("columns", ()):
                at = self._field(at, column, self._label(field.get("code", "")), f"{field.get('code', '')}/")
        self._lists()
        for index, state in enumerate(register.get("states", ())):
            self._row("states", index, {"code": state.get("code", ""), "past": _said_flag(state.get("past"))})
            self._texts(f"states/{_key(index)}/", "name", state.get("name"))
        for index, move in enumerate(register.get("moves", ())):
            begin = "; ".join(self.states.get(one) or one for one in move.get("from", ()))
            to = self.states.get(move.get("to", "")) or move.get("to", "")
            row = {"code": move.get("code", ""), "begin": begin, "to": to, "need": move.get("need", "")}
            self._row("moves", index, row)
            self._texts(f"moves/{_key(index)}/", "name", move.get("name"))
        for index, one in enumerate((*register.get("feeds", ()), *register.get("tallies", ()))):
            self._count(index, one)
        for index, one in enumerate(register.get("evidence", ())):
            row = {"code": one.get("code", ""), "kept_by_unit": _said_flag(one.get("kept_by_unit"))}
            self._row("papers", index, row | {"required_in": self._states(one.get("required_in", ()))})
            self._texts(f"papers/{_key(index)}/", "name", one.get("label"))
        return {at: text for at, text in out.items() if text}

    def _row(self, part: str, index: int, said: Mapping[str, str]) -> None:
        self.out |= {address(part, _key(index), column): text for column, text in said.items()}

    def _texts(self, before: str, name: str, said: Any) -> None:
        vi, en = _vi(said), said.get("en", "") if isinstance(said, dict) else ""
        self.out[f"{before}{name}_vi"], self.out[f"{before}{name}_en"] = vi, en if en != vi else ""

    def _field(self, at: int, field: Mapping[str, Any], within: str, before: str) -> int:
        self._row(
            "fields",
            at,
            {
                "code": field.get("code", ""),
                "kind": "text" if field.get("kind") == "record" else field.get("kind", "text"),
                "required": _said_flag(field.get("required")),
                "measure": field.get("measure") or "",
                "list": self._list(field),
                "required_in": self._states(field.get("required_in", ())),
                "part_of": self._label(field.get("part_of") or "", before),
                "not_before": self._label(field.get("not_before") or "", before),
                "needed_where": self._tests(field.get("needed_where", ()), before),
                "within": within or field.get("within", ""),
                "retired": _said_flag(field.get("retired")),
            },
        )
        self._texts(f"fields/{_key(at)}/", "label", field.get("label"))
        self._texts(f"fields/{_key(at)}/", "note", field.get("note"))
        return at + 1

    def _list(self, field: Mapping[str, Any]) -> str:
        held = field.get("choices")
        if not isinstance(held, dict):
            return held or ""
        for one in self.edition.breakdowns.values():
            if {code: name.model_dump() for code, name in one.members.items()} == held:
                return one.name.vi
        return self.named.setdefault(str(held), _vi(field.get("label")) or field.get("code", ""))

    def _lists(self) -> None:
        at, told = 0, set[str]()
        for _at, field in self._every():
            held = field.get("choices")
            name = self.named.get(str(held), "")
            if not isinstance(held, dict) or not name or str(held) in told:
                continue
            told.add(str(held))
            for code, words in held.items():
                self._row("lists", at, {"list": name, "code": code})
                self._texts(f"lists/{_key(at)}/", "name", words)
                at += 1

    def _count(self, index: int, one: Mapping[str, Any]) -> None:
        series = one.get("series", "")
        if isinstance(series, dict):
            series = str(Series.model_validate(series))
        with_words = series_named(self.edition, series, "vi")
        known = series_asked(self.edition).get(same_name(with_words)) == series
        row = {name: self._label(one.get(name) or "") for name in ("of", "sum", "by_day", "until")}
        row |= {
            "series": with_words if known else series,
            "states": self._states(one.get("states", ())),
            "where": self._tests(one.get("where", ())),
            "by_quarter": _said_flag(one.get("by_quarter")),
            "code": "" if series else one.get("code", ""),
        }
        self._row("counts", index, row)
        self._texts(f"counts/{_key(index)}/", "name", one.get("name"))

    def _label(self, path: str, before: str = "") -> str:
        """What a field is called, a column of rows after them: "Talks/Subject"; `before` of one in the same rows."""
        rows, sep, _column = path.partition("/")
        own = self.labels.get(before + path, path if not sep else path.rpartition("/")[2])
        return f"{self.labels.get(rows, rows)}/{own}" if sep else own

    def _states(self, codes: Sequence[str]) -> str:
        return "; ".join(self.states.get(one) or one for one in codes)

    def _tests(self, tests: Any, before: str = "") -> str:
        if isinstance(tests, str):
            return tests
        said = []
        for test in tests or ():
            answers = self.answers.get(before + test["field"], {})
            words = [_vi(answers[one]) if one in answers else _YES_NO.get(one, one) for one in test["one_of"]]
            said.append(f"{self._label(test['field'], before)} = {' | '.join(words)}")
        return "; ".join(said)


_YES_NO = {"yes": "Có", "no": "Không"}


def _key(index: int) -> str:
    """The key of a row that a definition says: of its place, so that the same definition has the same rows."""
    return f"{ROW}_{index:026d}"


def _vi(said: Any) -> str:
    return said.get("vi", "") if isinstance(said, dict) else ""


def _said_flag(held: Any) -> str:
    return "" if held is None or held is False else "yes" if held is True else str(held)
