"""What is wrong with a register of one's own, at its place in the rows and in the words of who makes it.

The loader and the rules are those of a pack. They name definitions; here each fault is led back to the cell that it is
about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from tienbo.catalogue.definitions import RegisterKind, Series
from tienbo.catalogue.kinds import kind_faults, kind_form
from tienbo.catalogue.loading import Edition
from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.registers.kind_making import Made, Path, kind_made
from tienbo.registers.rows import scopes
from tienbo.registers.saying import Data, data_read

worded(
    {
        "own_kind.blank": N_("Fill this in."),
        "own_kind.no_rows": N_("Fill in one row at least."),
        "own_kind.no_columns": N_("“{text}” is a field of rows: say of at least one field that it is a column of it."),
        "own_kind.no_document": N_("Say by which document the register is kept: one of the list, or one of your own."),
        "own_kind.unknown_type": N_("There is no type “{text}”. Choose one from the list."),
        "own_kind.unknown_answer": N_("“{text}” is not one of the answers there are. Choose one from the list."),
        "own_kind.unknown_keeper": N_("There is no kind of unit called “{text}”."),
        "own_kind.unknown_document": N_("No document with the number “{text}” is in the list."),
        "own_kind.unknown_list": N_("There is no code list “{text}”: neither below nor in the list of lists."),
        "own_kind.no_such_field": N_("No field is called “{text}”."),
        "own_kind.no_such_state": N_("No state is called “{text}”."),
        "own_kind.no_such_item": N_("No form asks for “{text}”."),
        "own_kind.no_such_rows": N_("No field of rows is called “{text}”."),
        "own_kind.bad_test": N_("“{text}” is no condition. Write: field = answer | answer; another field = answer."),
        "own_kind.bad_code": N_("“{text}” is no code: small letters a–z, digits and _ only."),
        "own_kind.same_code": N_("“{text}” stands here twice. Call one of them otherwise."),
        "own_kind.shape": N_("This does not fit together: {reason}."),
        "own_kind.wrong": N_("The definition is wrong here ({reason})."),
        "own_kind.needs_measure": N_(
            "A count and an amount of money say their unit of measure; other types have none."
        ),
        "own_kind.needs_list": N_("A choice names its code list; other types have none."),
        "own_kind.unreached": N_("No move leads to the state “{text}”."),
        "own_kind.no_title": N_("A record is named by a short text that is always filled in: “{text}” is none."),
        "own_kind.no_day": N_("A record belongs to a period by a day that is always filled in: “{text}” is none."),
        "own_kind.of_another_measure": N_("The form counts “{series}” in {measure}, the register counts {counted}."),
        "own_kind.of_a_stock": N_(
            "“{series}”: what there is at the end of a period needs the day until which a record stands; what happens "
            "in a period has no such day."
        ),
        "own_kind.other_reporters": N_("“{series}” is reported by none of those who keep this register."),
        "own_kind.of_a_person": N_(
            "“{label}” asks for {what} (“{word}”), which is kept in no register. Count persons, or leave it out."
        ),
        "own_kind.needed": N_("A record needs this field as its name or its day: it cannot be retired."),
        "own_kind.part_of_another": N_("“{text}” is no count of the same unit of measure: this cannot be part of it."),
        "own_kind.no_number": N_("“{text}” is no number: it cannot be added up."),
        "own_kind.by_no_day": N_("What is counted here has no day called “{text}”."),
        "own_kind.of_no_rows": N_("“{text}” is not among the rows that are counted here."),
        "own_kind.fed_twice": N_("“{series}” is counted already, by the register “{other}”."),
    }
)


def kind_check(
    edition: Edition, rows: Data, before: RegisterKind | None = None, since: str = ""
) -> tuple[Made, list[Fault]]:
    """What rows say as a definition, and every fault of it at its place in the rows (`field`: an address)."""
    form, made = kind_form(edition), kind_made(edition, rows)
    placing = _Placing(edition, form, rows, made)
    _data, unread = data_read(form, {at: text for at, text in rows.items() if "note" not in at})
    long = [replace(one, fields=dict(one.fields)) for one in unread if one.code != "record.unknown_choice"]
    found = long + [placing.fault(one) for one in kind_faults(edition, made.code, made.text, before, since)]
    seen: dict[tuple[str, str], Fault] = {}
    for one in found:
        seen.setdefault((str(one.fields.get("field", "")), one.sentence()), one)
    order = [at for scope in scopes(form, rows) for at in map(scope.address, scope.fields)]
    return made, sorted(seen.values(), key=lambda one: _at(order, str(one.fields.get("field", ""))))


def _at(order: Sequence[str], at: str) -> int:
    return order.index(at) if at in order else -1


_MISSING = frozenset({"missing", "string_too_short", "too_short"})


class _Where(NamedTuple):
    """Where a fault stands: in which part, the row that its field `named` names, which key of it."""

    part: str
    named: str = ""
    column: str = ""
    code: str = ""


class _Placing:
    """Finds where in the rows a fault of the definition stands, and says it in the words of who makes registers."""

    def __init__(self, edition: Edition, form: RegisterKind, rows: Data, made: Made) -> None:
        self.edition, self.form, self.rows, self.made = edition, form, rows, made
        self.register: Mapping[str, Any] = made.definition["registers"][0]

    def fault(self, fault: Fault) -> Fault:
        path, code, more = self._read(fault)
        at = self._address(path)
        fields = {"label": fault.fields.get("field", ""), **fault.fields, **more, "field": at}
        fields.setdefault("text", self.rows.get(at, ""))
        if "was" in fields:
            types = self.form.by_code["fields"].column("kind")
            fields["was"] = types.choices.get(str(fields["was"]), fields["was"]) if types else fields["was"]
        return Fault(code, self._place(at), fields, fault.level)

    def _address(self, path: Path) -> str:
        while path and path not in self.made.at:
            path = path[:-1]
        return self.made.at.get(path, "name_vi")

    def _place(self, at: str) -> str:
        for scope in scopes(self.form, self.rows, [at]):
            for field in scope.fields:
                if scope.address(field) == at:
                    return scope.place(field)
        return at

    def _read(self, fault: Fault) -> tuple[Path, str, dict[str, object]]:
        """(path in the definition, code of the fault, more fields)."""
        if fault.code == "pack.wrong_shape":
            return self._shape(fault)
        search, where = _SEARCHED.get(fault.code), _WHERE.get(fault.code)
        if search is not None or where is not None:
            path, code = search(self, fault) if search is not None else self._found(where, fault)
            text = self.rows.get(self._address(path), "")
            return path, code or fault.code, {"text": text, "definition": self.register.get("code", "")}
        at = fault.fields.get("at")
        return tuple(at) if isinstance(at, tuple) else (), fault.code, {}

    def _shape(self, fault: Fault) -> tuple[Path, str, dict[str, object]]:
        path: Path = tuple(fault.fields["at"])
        error, said = fault.fields["error"], str(fault.fields["said"])
        if str(fault.fields["definition"]).endswith(".paper"):
            path = ("paper", *path)
        names = [step for step in path if isinstance(step, str)]
        last = names[-1] if names else ""
        text = self.rows.get(self._address(path), "")
        if said:
            reasons = {"a choice lists": "own_kind.needs_list", "a count and an amount": "own_kind.needs_measure"}
            code = next((code for begins, code in reasons.items() if said.startswith(begins)), "own_kind.shape")
            if said.startswith("rows have columns"):
                code = "own_kind.no_columns"
            column = {"own_kind.needs_list": "choices", "own_kind.needs_measure": "measure"}.get(code, "kind")
            label = self.rows.get(self._address((*path, "label")), "")
            return (*path, column), code, {"reason": _(said), "text": label}
        if last == "within":
            return path, "own_kind.no_such_rows", {"text": text}
        if error in _MISSING or not self._said(path):
            code = "own_kind.no_rows" if names in (["fields"], ["states"]) else "own_kind.blank"
            return path, "own_kind.no_document" if names == ["cites"] else code, {}
        told = {"text": self._said(path)}
        by_name = {
            "kind": "own_kind.unknown_type",
            "choices": "own_kind.unknown_list",
            "needed_where": "own_kind.bad_test",
            "where": "own_kind.bad_test",
            "kept_by": "own_kind.unknown_keeper",
            "cites": "own_kind.unknown_document",
            "series": "own_kind.no_such_item",
            "code": "own_kind.bad_code",
            **dict.fromkeys(("required_in", "states", "from", "to"), "own_kind.no_such_state"),
            **dict.fromkeys(
                ("title", "occurred", "columns", "search", "part_of", "not_before", "sum", "of", "by_day", "until"),
                "own_kind.no_such_field",
            ),
            "field": "own_kind.no_such_field",
            **dict.fromkeys(("one_of", "counted_in", "section", "measure", "need"), "own_kind.unknown_answer"),
        }
        found = next((by_name[name] for name in reversed(names) if name in by_name), "")
        if error in ("bool_parsing", "bool_type", "literal_error", "enum") and last != "kind":
            found = "own_kind.unknown_answer"
        return path, found or "own_kind.wrong", {**told, "reason": fault.fields["reason"]}

    def _found(self, where: _Where | None, fault: Fault) -> tuple[Path, str]:
        if where is None:
            return (), ""
        named = str(fault.fields.get(where.named, ""))
        if where.part == "fields" and named:
            return self.field(named, where.column), where.code
        if where.part == "counts":
            return self.count(named, where.column), where.code
        return (self.among(where.part, named, where.column) if where.named else (where.part,)), where.code

    def _said(self, path: Path) -> str:
        """What the definition says at a path, as a text."""
        if path and path[0] == "paper":
            held: Any = (self.made.definition.get("documents") or [{}])[0]
            path = path[1:]
        else:
            held = self.register
        for step in path:
            try:
                held = held[step]
            except (KeyError, IndexError, TypeError):
                break
        return held if isinstance(held, str) else ""

    def field(self, code: str, column: str = "label") -> Path:
        name, _sep, inner = code.partition("/")
        for index, one in enumerate(self.register.get("fields", ())):
            if one.get("code") == name:
                if not inner:
                    return ("fields", index, column)
                for at, cell in enumerate(one.get("columns", ())):
                    if cell.get("code") == inner:
                        return ("fields", index, "columns", at, column)
        return ("fields",)

    def among(self, part: str, code: str, column: str, name: str = "code", nth: int = 0) -> Path:
        found = [index for index, one in enumerate(self.register.get(part, ())) if str(one.get(name)) == code]
        return (part, found[min(nth, len(found) - 1)], column) if found else ()

    def count(self, what: object, column: str) -> Path:
        series = str(what)
        for index, one in enumerate(self.register.get("feeds", ())):
            if series in (one.get("series"), _canonical(one.get("series", ""))):
                return ("feeds", index, column)
        return self.among("tallies", series, column) or ("feeds",)

    def twice(self, fault: Fault) -> tuple[Path, str]:
        part, _dot, code = str(fault.fields["what"]).partition(".")
        if part.endswith("/fields"):
            rows, _sep, _last = part.partition("/")
            holder = self.field(rows)
            columns = self.register["fields"][holder[1]].get("columns", ()) if len(holder) > 1 else ()
            found = [index for index, one in enumerate(columns) if one.get("code") == code]
            return (*holder[:2], "columns", found[-1], "label"), "own_kind.same_code"
        name = {"fields": "label", "evidence": "label"}.get(part, "name")
        return self.among(part, code, name, nth=1), "own_kind.same_code"

    def unknown_field(self, fault: Fault) -> tuple[Path, str]:
        where = str(fault.fields["where"])
        if where in ("title", "occurred", "columns", "search"):
            return (where,), "own_kind.no_such_field"
        code, dot, column = where.rpartition(".")
        if dot and column in ("part_of", "not_before", "needed_where") and self.field(code) != ("fields",):
            return self.field(code, column), "own_kind.no_such_field"
        named = str(fault.fields["field"])
        for name in ("of", "sum", "by_day", "until"):
            path = self.count(where, name)
            if self._said(path) == named:
                return path, "own_kind.no_such_field"
        return self.count(where, "where"), "own_kind.no_such_field"

    def unknown_state(self, fault: Fault) -> tuple[Path, str]:
        where, state = str(fault.fields["where"]), str(fault.fields["state"])
        move = self.among("moves", where, "to")
        if move:
            return (move if self._said(move) == state else (*move[:2], "from")), "own_kind.no_such_state"
        field = self.field(where, "required_in")
        path = field if field != ("fields",) else self.count(where, "states")
        return (path if len(path) > 1 else self.among("evidence", where, "required_in")), "own_kind.no_such_state"

    def unknown_answer(self, fault: Fault) -> tuple[Path, str]:
        wanted = {str(fault.fields["field"]), str(fault.fields["field"]).rpartition("/")[2]}
        answer = fault.fields["answer"]

        def has(tests: Any) -> bool:
            return isinstance(tests, list) and any(
                test["field"] in wanted and answer in test["one_of"] for test in tests if isinstance(test, dict)
            )

        for part in ("feeds", "tallies"):
            for index, one in enumerate(self.register.get(part, ())):
                if has(one.get("where")):
                    return (part, index, "where"), "own_kind.bad_test"
        for index, one in enumerate(self.register.get("fields", ())):
            if has(one.get("needed_where")):
                return ("fields", index, "needed_where"), "own_kind.bad_test"
            for at, cell in enumerate(one.get("columns", ())):
                if has(cell.get("needed_where")):
                    return ("fields", index, "columns", at, "needed_where"), "own_kind.bad_test"
        return (), ""

    def unknown_measure(self, fault: Fault) -> tuple[Path, str]:
        measure = fault.fields["measure"]
        if self.register.get("counted_in") == measure:
            return ("counted_in",), "own_kind.unknown_answer"
        for index, one in enumerate(self.register.get("fields", ())):
            if one.get("measure") == measure:
                return ("fields", index, "measure"), "own_kind.unknown_answer"
            for at, cell in enumerate(one.get("columns", ())):
                if cell.get("measure") == measure:
                    return ("fields", index, "columns", at, "measure"), "own_kind.unknown_answer"
        return (), ""


def _canonical(series: str) -> str:
    try:
        return str(Series.model_validate(series))
    except ValueError:
        return series


_SEARCHED = {
    "lint.register_says_twice": _Placing.twice,
    "lint.register_unknown_field": _Placing.unknown_field,
    "lint.register_unknown_state": _Placing.unknown_state,
    "lint.register_unknown_answer": _Placing.unknown_answer,
    "lint.register_unknown_measure": _Placing.unknown_measure,
}
"""Faults whose place has to be looked for."""
_WHERE = {
    "lint.register_asks_for_a_person": _Where("fields", "at", "label", "own_kind.of_a_person"),
    "lint.register_state_unreached": _Where("states", "state", "name", "own_kind.unreached"),
    "lint.register_no_title": _Where("title", code="own_kind.no_title"),
    "lint.register_no_day": _Where("occurred", code="own_kind.no_day"),
    "lint.register_retired": _Where("fields", "field", "retired", "own_kind.needed"),
    "lint.register_part_of_no_count": _Where("fields", "field", "part_of", "own_kind.part_of_another"),
    "lint.unknown_group": _Where("section", code="own_kind.unknown_answer"),
    "lint.unknown_document": _Where("cites", code="own_kind.unknown_document"),
    "lint.feed_unknown_element": _Where("counts", "series", "series", "own_kind.no_such_item"),
    "lint.feed_undeclared_member": _Where("counts", "series", "series", "own_kind.no_such_item"),
    "lint.feed_of_no_number": _Where("counts", "series", "sum", "own_kind.no_number"),
    "lint.feed_of_another_measure": _Where("counts", "series", "series", "own_kind.of_another_measure"),
    "lint.feed_of_a_stock": _Where("counts", "series", "until", "own_kind.of_a_stock"),
    "lint.feed_of_other_reporters": _Where("counts", "series", "series", "own_kind.other_reporters"),
    "lint.fed_twice": _Where("counts", "series", "series", "own_kind.fed_twice"),
    "lint.counting_of_what_is_no_day": _Where("counts", "what", "by_day", "own_kind.by_no_day"),
    "lint.counting_of_no_rows": _Where("counts", "what", "of", "own_kind.of_no_rows"),
    "own_kind.field_gone": _Where("fields"),
    "own_kind.field_retyped": _Where("fields", "at", "kind"),
    "own_kind.answer_gone": _Where("fields", "at", "choices"),
    "own_kind.state_gone": _Where("states"),
    "own_kind.day_changed": _Where("occurred"),
}
"""Faults whose place follows from what they name, and how they are said to who makes a register."""
