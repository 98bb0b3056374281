"""Reading the rows of a sheet of a reorganisation on the units as they stand. Nothing is written.

Every fault is found at once and placed at its cell. Units that the sheet opens are known first, so that a row may name
one that a later row opens.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from tienbo.core.faults import Fault, worded
from tienbo.core.messages import N_
from tienbo.core.words import clean, day_words, fold, same_name
from tienbo.processes.reorganise_bodies import bodies_read
from tienbo.processes.reorganise_plan import Code, Move, NewUnit, Plan, Row
from tienbo.processes.reorganise_sheet import (
    BODY_EVENTS,
    COLUMNS,
    EVENTS,
    EXTENTS,
    HEAD,
    HELD,
    METHODS,
    NEW,
    STAGES,
    Cell,
    Sheet,
    SheetRow,
    day_in,
    share_in,
    word_in,
)
from tienbo.units.extents import AREA, POPULATION, SHARES
from tienbo.units.frames import lives, tree_on, unit_names
from tienbo.units.models import GSO, Extent, Reorganisation, UnitCode, alive
from tienbo.units.names import split_name
from tienbo.units.queries import Candidates, Match, code_search, unit_search
from tienbo.units.reorganisations import IN_FORCE, ActText, Stated
from tienbo.units.table import extent_of

worded(
    {
        "reorganise.code_needs_scheme": N_(
            "“{text}”: a code finds a unit only in a scheme and on a day; write {example}."
        ),
        "reorganise.other_day": N_("“{text}” names another day than {day}, on which the sheet looks for the unit."),
        "reorganise.unknown_scheme": N_("“{scheme}” is no scheme of codes here; known are: {known}."),
        "reorganise.no_holder": N_("No unit holds the code {code} on {day}."),
        "reorganise.other_name": N_("The code {code} is of {held} on {day}, not of {name}."),
        "reorganise.two_holders": N_("“{text}” can be {count} units on {day}; say which: {candidates}."),
        "reorganise.code_for_a_name": N_("“{text}” is a code; write it in the column of codes, as {example}."),
        "reorganise.other_days": N_("No unit is called “{text}” on {day}; on other days: {candidates}."),
        "reorganise.not_found": N_("No unit was ever called “{text}”."),
        "reorganise.not_under": N_("{unit} stood under {held} on {day}, not under {parent}."),
        "reorganise.not_alive": N_("{unit} does not exist on {day}; it stands {days}."),
        "reorganise.no_type": N_("“{name}” does not say what it is: write its type (xã, phường, đặc khu, tỉnh, …)."),
        "reorganise.no_parent": N_("Say under whom {unit} stands; it does not follow from where its parts stood."),
        "reorganise.wrong_parent": N_("{unit} cannot stand under {parent}, which is not of the level above."),
        "reorganise.parent_closes": N_("{unit} cannot stand under {parent}, which does not exist on {day}."),
        "reorganise.new_differs": N_("{unit} is described otherwise in {other}; say the same, or say it once."),
        "reorganise.name_taken": N_("{parent} already has {unit} on {day}; if that one is meant, write “đang có”."),
        "reorganise.says_nothing": N_("The row changes nothing of {unit}."),
        "reorganise.twice": N_("That {unit} goes to {successor} is told in {other} already."),
        "reorganise.extent_differs": N_("The words of the act and the column “{column}” say different things."),
        "reorganise.how_much": N_("Say how much of {unit} goes to {successor}: all of it, or a part."),
        "reorganise.none_needs_no_successor": N_("A unit that is dissolved has no successor; write “nhập” or “chia”."),
        "reorganise.share_told": N_("What share of {unit} goes to {successor} follows from the words; none is stated."),
    }
)

KINDS_OF_TYPES: Mapping[str, str] = {
    "Xã": "commune",
    "Phường": "commune",
    "Thị trấn": "commune",
    "Đặc khu": "commune",
    "Huyện": "district",
    "Quận": "district",
    "Thị xã": "district",
    "Tỉnh": "province",
}
"""Type word → kind. "Thành phố" is a province under the nation and a district under a province."""
ABOVE = {"commune": ("province", "district"), "district": ("province",), "province": ("nation",)}
CLOSING = (Reorganisation.Kind.ABOLISH, Reorganisation.Kind.MERGE, Reorganisation.Kind.SPLIT)
STAYING = (Reorganisation.Kind.RENAME, Reorganisation.Kind.RETYPE, Reorganisation.Kind.REPARENT)
_KIND = re.compile(r"[a-z]+(\.[a-z_]+)*")
_SCHEMED = re.compile(r"(?P<scheme>[a-z0-9][a-z0-9._-]*)\s*:\s*(?P<code>[^@\s]+)(?:\s*@\s*(?P<day>\S+))?")


def act_text(sheet: Sheet, faults: list[Fault]) -> tuple[ActText, str, date | None]:
    """The act as it is cited, the stage it has reached and its day in force."""
    adopted, day = (day_in(sheet.about(name), faults) for name in ("adopted", "effective"))
    stage = word_in(sheet.about("stage"), STAGES, faults) or IN_FORCE
    number, title = sheet.about("number").text, sheet.about("title").text
    if not number and not title:
        faults.append(Fault("reorganise.missing", sheet.about("number").place, {"heading": HEAD["number"]}))
    if not sheet.about("source").text:
        faults.append(Fault("reorganise.missing", sheet.about("source").place, {"heading": HEAD["source"]}))
    if day is None and stage == IN_FORCE and not sheet.about("corrects").text and not faults:
        faults.append(Fault("reorganise.missing", sheet.about("effective").place, {"heading": HEAD["effective"]}))
    text = ActText(
        kind=Reorganisation.Kind.REARRANGE,
        title=title or number,
        source=sheet.about("source").text[:300],
        number=number,
        issued_by=sheet.about("issued_by").text,
        adopted_on=adopted,
    )
    return text, stage, day


@dataclass
class Reading:
    """Reads the rows of a sheet into a plan whose act and day are known."""

    sheet: Sheet
    plan: Plan

    def __post_init__(self) -> None:
        self.day, self.eve = self.plan.on, self.plan.eve
        self.before, self.names = tree_on(self.eve), unit_names(self.eve)
        self.called: dict[str, list[int]] = defaultdict(list)
        """Folded name → units that the sheet opens."""
        self.schemes = {GSO, *UnitCode.objects.order_by().values_list("scheme", flat=True).distinct()}

    @property
    def faults(self) -> list[Fault]:
        return self.plan.faults

    def read(self) -> None:
        """Every row, in two passes: the units that open are known before anything is looked for among them."""
        bodies = [row for row in self.sheet.rows if fold(row["event"].text) in map(fold, BODY_EVENTS)]
        self.sheet = replace(self.sheet, rows=tuple(row for row in self.sheet.rows if row not in bodies))
        known = {**EVENTS, **BODY_EVENTS}
        events = {row.place: word_in(row["event"], known, self.faults) for row in self.sheet.rows}
        for row in self.sheet.rows:
            if not row["event"].text:
                self.faults.append(Fault("reorganise.missing", row["event"].place, {"heading": COLUMNS["event"]}))
            if self._opens(row, events[row.place]):
                self._open(row)
        befores = {row.place: self._before(row, events[row.place]) for row in self.sheet.rows}
        for new in self.plan.opens.values():
            self._under(new, befores)
        for row in self.sheet.rows:
            if events[row.place]:
                self._row(row, events[row.place], befores[row.place])
        bodies_read(self, bodies)

    # ------------------------------------------------------------------------------------------- units that open

    def _opens(self, row: SheetRow, event: str) -> bool:
        if not row["after"].text or event in STAYING or event == Reorganisation.Kind.ABOLISH:
            return False
        said = word_in(row["after_is"], {NEW: NEW, HELD: HELD}, self.faults)
        return said == NEW or (not said and event == Reorganisation.Kind.CREATE)

    def _open(self, row: SheetRow) -> None:
        """The unit that a row opens, or one that an earlier row opened: the same name, and no other superior."""
        name = self._full_name(row)
        code = self._code(row["after_code"], self.day)
        for number in self.called[fold(name)]:
            held = self.plan.opens[number]
            first = next(one for one in self.sheet.rows if one["after"].place == held.place)
            if row["after_under"].text and fold(first["after_under"].text) != fold(row["after_under"].text):
                if not code or code == held.code:  # a namesake under another superior has a code of its own
                    other = {"unit": name, "other": held.place}
                    self.faults.append(Fault("reorganise.new_differs", row["after_under"].place, other))
                    return
                continue
            if code and held.code and code != held.code:
                fields = {"unit": name, "other": held.place}
                self.faults.append(Fault("reorganise.new_differs", row["after_code"].place, fields))
            held.code = held.code or code
            return
        number = -1 - len(self.plan.opens)
        self.called[fold(name)].append(number)
        made = NewUnit(number, name, "", None, code, row["after"].place, row["after_under"].place)
        self.plan.opens[number] = made

    def _full_name(self, row: SheetRow, bare: str = "") -> str:
        """The full name after the act: the type word stands in the name or in its own column."""
        name = clean(row["after"].text) or bare
        word = row["after_type"].text
        if _KIND.fullmatch(word) or not word:
            return name
        return f"{word[:1].upper()}{word[1:]} {split_name(name).bare}"

    def _under(self, new: NewUnit, befores: Mapping[str, int | None]) -> None:
        """Superior and kind of a new unit: as told, else as of all the units it is made of."""
        rows = [row for row in self.sheet.rows if self._new_of(row) == new.number]
        parts = [unit for row in rows if (unit := befores[row.place]) is not None]
        told = next((row["after_under"] for row in rows if row["after_under"].text), None)
        if told is not None:
            new.parent_place = told.place
            new.parent = self.superior(told)
            if new.parent is None:
                return
        else:
            above = {self.before.parents.get(unit) for unit in parts if unit in self.before}
            new.parent = above.pop() if len(above) == 1 else None
            if new.parent is None:
                self.faults.append(Fault("reorganise.no_parent", new.place, {"unit": new.name}))
                return
        new.kind = self._kind(new, rows, parts)
        above_kind = self._kind_of(new.parent)
        if new.kind in ABOVE and above_kind not in ("", *ABOVE[new.kind]):
            fields = {"unit": new.name, "parent": self.plan.name(new.parent)}
            self.faults.append(Fault("reorganise.wrong_parent", new.parent_place, fields))

    def _kind(self, new: NewUnit, rows: list[SheetRow], parts: list[int]) -> str:
        told = next((row["after_type"].text for row in rows if _KIND.fullmatch(row["after_type"].text)), "")
        word = split_name(new.name).word
        if told:
            return told
        if word == "Thành phố":
            return "province" if self._kind_of(new.parent) == "nation" else "district"
        kinds = {self.before.kinds[unit] for unit in parts if unit in self.before}
        found = KINDS_OF_TYPES.get(word.capitalize()) or (kinds.pop() if len(kinds) == 1 and not word else "")
        if not found:
            self.faults.append(Fault("reorganise.no_type", new.place, {"name": new.name}))
        return found

    def _kind_of(self, unit: int | None) -> str:
        if unit is None:
            return ""
        if unit in self.plan.opens:
            word = split_name(self.plan.opens[unit].name).word
            return self.plan.opens[unit].kind or KINDS_OF_TYPES.get(word, "")
        return self.before.kinds.get(unit) or tree_on(self.day).kinds.get(unit, "")

    def _new_of(self, row: SheetRow) -> int | None:
        """The unit of `opens` that a row names as its unit after."""
        numbers = self.called.get(fold(self._full_name(row)), [])
        if len(numbers) < 2:
            return numbers[0] if numbers else None
        places = {self.plan.opens[number].place: number for number in numbers}
        under = {
            fold(one["after_under"].text): places[one["after"].place]
            for one in self.sheet.rows
            if one["after"].place in places
        }
        return under.get(fold(row["after_under"].text))

    def superior(self, cell: Cell) -> int | None:
        """The superior after the act: one that the sheet opens, else one that stands."""
        opened = self.called.get(fold(cell.text), [])
        return opened[0] if len(opened) == 1 else self.named(cell, Cell("", cell.place), self.day)

    # ---------------------------------------------------------------------------------------- units that are there

    def _before(self, row: SheetRow, event: str) -> int | None:
        name, code = row["before"], row["before_code"]
        if not name.text and not code.text:
            if event != Reorganisation.Kind.CREATE:
                self.faults.append(Fault("reorganise.missing", name.place, {"heading": COLUMNS["before"]}))
            return None
        return self._found(name, row["before_under"], code, self.eve)

    def _found(self, name: Cell, under: Cell, code: Cell, day: date) -> int | None:
        """The unit meant on a day, by code or name; with a code, the name and the superior must agree."""
        if not code.text:
            return self.named(name, under, day)
        told = self._code(code, day)
        if told is None:
            return None
        held = UnitCode.objects.on(day).filter(alive(day, "unit__"), scheme=told[0], code=told[1]).first()
        if held is None:
            fields = {"code": ":".join(told), "day": day}
            self.faults.append(Fault("reorganise.no_holder", code.place, fields))
            return None
        called = unit_names(day).get(held.unit_id, "")
        if name.text and fold(name.text) not in (fold(called), split_name(called).search):
            fields = {"code": ":".join(told), "held": called, "day": day, "name": name.text}
            self.faults.append(Fault("reorganise.other_name", code.place, fields))
            return None
        self._stands_under(held.unit_id, under, day)
        return held.unit_id

    def _stands_under(self, unit: int, under: Cell, day: date) -> None:
        """A superior that is told must be one, at any height (a row of the table of 2025 has another province)."""
        if not under.text:
            return
        tree, names = tree_on(day), unit_names(day)
        above = [names.get(one, "") for one in tree.ancestors(unit)] if unit in tree else []
        wanted = fold(under.text)
        if not any(wanted in (fold(name), split_name(name).search) for name in above):
            fields = {"unit": names.get(unit, ""), "held": above[0] if above else "–", "day": day, "parent": under.text}
            self.faults.append(Fault("reorganise.not_under", under.place, fields))

    def named(self, name: Cell, under: Cell, day: date) -> int | None:
        """The one unit of a name on a day. Where none had it then, one that had it on other days is meant: what is
        wrong with that is told of its life."""
        text = ", ".join(part for part in (name.text, under.text) if part)
        matches = [one for one in unit_search(text, day) if one.rank < 2]
        if not matches and under.text:
            alone = [one for one in unit_search(name.text, day) if one.rank < 2]
            if len({one.unit.pk for one in alone}) == 1:
                self._stands_under(alone[0].unit.pk, under, day)
                return alone[0].unit.pk
            matches = alone
        if not matches:
            matches = [one for one in unit_search(text, None) if one.rank < 2]
        best = [one for one in matches if one.rank == min(each.rank for each in matches)]
        units = {one.unit.pk for one in best}
        if not units and code_search(name.text.partition("@")[0]):
            example = name.text if ":" in name.text else f"{GSO}:{name.text.partition('@')[0]}"
            fields = {"text": name.text, "example": f"{example.partition('@')[0]}@{day}"}
            self.faults.append(Fault("reorganise.code_for_a_name", name.place, fields))
        elif not units:
            self.faults.append(Fault("reorganise.not_found", name.place, {"text": text}))
        elif len(units) > 1:
            self._ambiguous(name, text, day, best)
        return units.pop() if len(units) == 1 else None

    def _ambiguous(self, cell: Cell, text: str, day: date, matches: list[Match]) -> None:
        count = len({one.unit.pk for one in matches})
        fields = {"text": text, "count": count, "day": day, "candidates": Candidates(tuple(matches))}
        alive_then = any(one.unit.span.contains(day) for one in matches)
        self.faults.append(
            Fault("reorganise.two_holders" if alive_then else "reorganise.other_days", cell.place, fields)
        )

    def _code(self, cell: Cell, day: date) -> Code | None:
        """A code with its scheme; a day that is told must be the one meant."""
        if not cell.text:
            return None
        found = _SCHEMED.fullmatch(cell.text)
        if found is None:
            example = f"{GSO}:{cell.text.split('@')[0]}@{day}"
            self.faults.append(
                Fault("reorganise.code_needs_scheme", cell.place, {"text": cell.text, "example": example})
            )
            return None
        if found["scheme"] not in self.schemes:
            fields = {"scheme": found["scheme"], "known": ", ".join(sorted(self.schemes))}
            self.faults.append(Fault("reorganise.unknown_scheme", cell.place, fields))
            return None
        if found["day"]:
            told = day_in(Cell(found["day"], cell.place), self.faults)
            if told is not None and told != day:
                self.faults.append(Fault("reorganise.other_day", cell.place, {"text": cell.text, "day": day}))
        return found["scheme"], found["code"]

    # -------------------------------------------------------------------------------------------------- what goes

    def _row(self, row: SheetRow, event: str, before: int | None) -> None:
        if event in STAYING:
            if before is not None:
                self._move(row, event, before)
            return
        if event == Reorganisation.Kind.ABOLISH:
            if row["after"].text:
                self.faults.append(Fault("reorganise.none_needs_no_successor", row["after"].place))
            elif before is not None:
                self.plan.closes.setdefault(before, row["before"].place)
                self.plan.rows.append(Row(row, event, before, None, Extent.NONE))
            return
        if not row["after"].text:
            self.faults.append(Fault("reorganise.missing", row["after"].place, {"heading": COLUMNS["after"]}))
            return
        after = self._after(row, event)
        if before is None or after is None:
            return
        extent = self._extent(row, event, before, after)
        if extent:
            self.plan.rows.append(Row(row, event, before, after, extent))
            closes = event in CLOSING or (event == Reorganisation.Kind.CREATE and extent == Extent.WHOLE)
            if closes and before != after:
                self.plan.closes.setdefault(before, row["before"].place)

    def _after(self, row: SheetRow, event: str) -> int | None:
        if self._opens(row, event):
            return self._new_of(row)
        renamed = [
            number
            for number, move in self.plan.moves.items()
            if move.name and fold(move.name) == fold(row["after"].text)
        ]
        if len(renamed) == 1 and not row["after_code"].text:
            return renamed[0]
        day = self.eve if self._was_there(row) else self.day
        return self._found(row["after"], row["after_under"], row["after_code"], day)

    def _was_there(self, row: SheetRow) -> bool:
        """Whether a unit that is there already was there on the eve; else it begins on the day."""
        if row["after_code"].text:
            found = _SCHEMED.fullmatch(row["after_code"].text)
            held = found and UnitCode.objects.on(self.eve).filter(scheme=found["scheme"], code=found["code"]).first()
            name = unit_names(self.eve).get(held.unit_id, "") if held else ""
            return bool(held) and fold(row["after"].text) in ("", fold(name), split_name(name).search)
        return any(match.rank < 2 for match in unit_search(row["after"].text, self.eve))

    def _extent(self, row: SheetRow, event: str, before: int, after: int) -> str:
        """How much goes: by the words of the act, the column, or what the row is about; "" with a fault."""
        column = row["extent"]
        by_words, told = (extent_of(cell.text) if cell.text else None for cell in (row["words"], column))
        if column.text and told is None:
            fields = {"text": column.text, "words": ", ".join(EXTENTS)}
            self.faults.append(Fault("reorganise.unknown_word", column.place, fields))
        elif told and by_words and told != by_words and not (told == Extent.PART and by_words != Extent.WHOLE):
            self.faults.append(Fault("reorganise.extent_differs", column.place, {"column": COLUMNS["extent"]}))
        else:
            return by_words or told or self._extent_of(row, event, before, after)
        return ""

    def _extent_of(self, row: SheetRow, event: str, before: int, after: int) -> str:
        """Of a row that says nothing: a part where the unit stays, is divided or a share is given; all of a unit that
        only this row names."""
        if event in (Reorganisation.Kind.TRANSFER, Reorganisation.Kind.SPLIT):
            return Extent.PART
        if row["population"].text or row["area"].text:
            return Extent.PART
        name = fold(row["before"].text or row["before_code"].text)
        if sum(fold(one["before"].text or one["before_code"].text) == name for one in self.sheet.rows) == 1:
            return Extent.WHOLE
        fields = {"unit": self.plan.name(before), "successor": self.plan.name(after)}
        self.faults.append(Fault("reorganise.how_much", row["extent"].place, fields))
        return ""

    def _move(self, row: SheetRow, event: str, unit: int) -> None:
        life = lives()[unit]
        if not (life.contains(self.eve) and life.contains(self.day)):
            days = f"{day_words(life.start)}–{day_words(life.last_day)}"
            on = self.eve if not life.contains(self.eve) else self.day
            fields = {"unit": self.plan.name(unit), "day": on, "days": days}
            self.faults.append(Fault("reorganise.not_alive", row["before"].place, fields))
            return
        held = self.names.get(unit, "")
        move = self.plan.moves.setdefault(unit, Move(unit, row["before"].place))
        if row["after"].text or row["after_type"].text:
            name = self._full_name(row, split_name(held).bare)
            if not split_name(name).word and split_name(held).word:
                name = f"{split_name(held).word} {name}"
            move.name = name if same_name(name) != same_name(held) or name != held else move.name
        if row["after_under"].text:
            parent = self.superior(row["after_under"])
            move.parent = parent if parent != self.before.parents.get(unit) else move.parent
        if row["after_code"].text:
            code = self._code(row["after_code"], self.day)
            has = UnitCode.objects.on(self.eve).filter(unit_id=unit, scheme=code[0], code=code[1]) if code else None
            move.code = code if has is not None and not has.exists() else move.code
        if move.is_none:
            self.faults.append(Fault("reorganise.says_nothing", row.place, {"unit": held}))
        self.plan.rows.append(Row(row, event, unit, unit, Extent.UNCHANGED))


def stated_in(row: Row, plan: Plan, source: str) -> Iterator[Stated]:
    """The shares that a row states, where its words leave them open."""
    method = word_in(row.sheet["method"], METHODS, plan.faults) or "official"
    for measure, name in ((POPULATION, "population"), (AREA, "area")):
        share = share_in(row.sheet[name], plan.faults)
        told = SHARES[row.extent].get(measure)
        if share is None or share == told:
            continue
        if told is not None:
            fields = {"unit": plan.name(row.before), "successor": plan.name(row.after)}
            plan.faults.append(Fault("reorganise.share_told", row.sheet[name].place, fields))
            continue
        yield Stated(measure, share, method, row.sheet["share_source"].text[:300] or source)
