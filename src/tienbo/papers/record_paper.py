"""Papers that are drafted from a record of a register (giấy mời, chương trình, biên bản, thông báo kết luận …): what
stands in them is a definition of the pack, filled with what the record says.

A paper that lacks what it needs is not written with a hole: `lacking` says what is missing. Texts are those of the
pack; laid out as NĐ 30/2020/NĐ-CP has it. The same arguments give an equal document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tienbo.catalogue.definitions import FieldPath, PaperPart, RegisterField, RegisterKind, RegisterPaper
from tienbo.core.messages import gettext as _
from tienbo.core.messages import ngettext
from tienbo.core.tasks import Standing, tally, words
from tienbo.core.words import day_words, number, roman, small, weekday_words
from tienbo.papers.blocks import Block, Cell, Column, Document, Heading, Paragraph, Table, in_a_row, plain
from tienbo.papers.letter import Sender, official
from tienbo.papers.report import profile_line

MOST_LINES = 400
"""Lines to sign on that one paper has."""
_PLACE = re.compile(r"\{([a-z0-9_./]+)(?:\|([a-z]+))?\}")
_PIECE = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class RowTold:
    """A row: column → what it says in words, and column → what stands there."""

    key: str
    said: Mapping[str, str]
    raw: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Charge:
    """A conclusion and whom it is for: units that are told, those that are asked to cooperate, who helps (told, asked).
    `group` is a family of addressees in words; `has_lead`: one unit leads, the others help."""

    text: str
    group: str
    kind: str
    due_on: date | None
    told: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    helped_by: tuple[str, ...] = ()
    helped_asked: tuple[str, ...] = ()
    has_lead: bool = False
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task of the record before: whose it is (and whose it was first), what, and where it stands; `report`: what its
    owner said of it."""

    owner: str
    text: str
    standing: Standing
    report: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the tasks of the record before, as of a day; `with_earlier`: and of earlier ones, open then."""

    held_on: date
    on: date
    lines: tuple[TaskLine, ...]
    with_earlier: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A record as papers tell it. `said`: field → words; `days`: field → the day it says."""

    kind: RegisterKind
    said: Mapping[str, str]
    days: Mapping[str, date]
    rows: Mapping[str, Sequence[RowTold]]
    state: str
    occurred_on: date
    charges: Sequence[Charge] = ()
    followed: Followed | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """What a paper needs and the record does not say: the label of the field, and the row where it is of one."""

    label: str
    row: int = 0


def lacking(paper: RegisterPaper, told: Told, row: RowTold | None = None) -> list[Lack]:
    """What is missing for a paper (of a row), each once, in the order in which it is asked for."""
    found: dict[str, Lack] = {}
    for path in paper.needs:
        code, _sep, column = path.partition("/")
        asked = told.kind.named(path)
        label = str(asked.label) if asked is not None else path
        if not column:
            if not told.said.get(code) and not told.rows.get(code):
                found[path] = Lack(label)
        elif code == paper.of and row is not None:
            if not row.said.get(column):
                found[path] = Lack(label)
        else:
            held = told.rows.get(code, ())
            blank = next((at for at, one in enumerate(held, 1) if not one.said.get(column)), 0)
            if blank or not held:
                parent = told.kind.by_code[code]
                found[path] = Lack(_("{field}: {column}").format(field=parent.label, column=label), blank)
    return list(found.values())


def record_paper(paper: RegisterPaper, told: Told, sender: Sender, row: RowTold | None = None) -> Document:
    """The draft of a paper; of a row where the paper is one for each."""
    filler = _Filler(paper, told, sender, row)
    names = {"province": sender.province, "unit": sender.unit}
    to = filler.text(str(paper.to)) if paper.to is not None else None
    letter = _("Re: {subject}") if paper.kind is None else "{subject}"
    signature = [profile_line(str(one), **names).upper() for one in paper.signed_by] if paper.signed_by else None
    return official(
        sender,
        kind=str(paper.kind) if paper.kind is not None else "",
        symbol=paper.symbol if paper.kind is not None else "",
        is_dated=paper.dated,
        subject=letter.format(subject=filler.text(str(paper.subject)) or str(paper.name)),
        addressees=(_("To: {whom}").format(whom=to),) if to else (),
        body=filler.body(),
        year=told.occurred_on.year,
        signature=signature if paper.signed else (),
        beside=[str(one).upper() for one in paper.beside],
        recipients=[text for one in paper.recipients if (text := filler.text(str(one)))] if paper.signed else (),
    )


def writer_name(sender: Sender) -> str:
    """Who writes, in a sentence: "Ban Vì sự tiến bộ của phụ nữ tỉnh Vĩnh An"."""
    profile, names = sender.profile, {"province": sender.province, "unit": sender.unit}
    if not profile.issuer.startswith("{"):
        names = {name: small(text) for name, text in names.items()}
    issuer = profile_line(profile.issuer, **names).replace("\u00a0", " ")
    if "{" in profile.issuer or "{unit}" not in profile.superior:
        return issuer
    return f"{issuer} {small(sender.unit)}"


def filled(text: str, said: Mapping[str, str]) -> str | None:
    """A text with its places filled; None where one outside of brackets has nothing to say."""

    def plain(piece: str) -> str | None:
        names = [found[0].strip("{}") for found in _PLACE.finditer(piece)]
        if not all(said.get(name) for name in names):
            return None
        return _PLACE.sub(lambda found: said[found[0].strip("{}")], piece)

    made = plain(_PIECE.sub(lambda found: plain(found[1]) or "", text))
    return re.sub(r"(?<!\.)\.\.(?!\.)", ".", made) if made is not None else None


@dataclass
class _Filler:
    """Parts of a definition → blocks, with what the record says."""

    paper: RegisterPaper
    told: Told
    sender: Sender
    row: RowTold | None
    _headings: int = field(default=0)

    def text(self, text: str, row: RowTold | None = None) -> str | None:
        return filled(text, _Words(self, row or self.row))

    def body(self) -> list[Block]:
        """The parts, with the marks that close the lines of a list: a semicolon, and a full stop after the last."""
        made = list(self.parts())
        for at, block in enumerate(made):
            if isinstance(block, Paragraph) and block.style == "bullet":
                after = made[at + 1] if at + 1 < len(made) else None
                goes_on = isinstance(after, Paragraph) and after.style == "bullet"
                text = plain(block.runs).rstrip(".;")
                made[at] = Paragraph((text + (";" if goes_on else "."),), "bullet")
        return made

    def parts(self) -> Iterator[Block]:
        pending: list[Heading] = []
        for part in self.paper.parts:
            if part.heading is not None:
                pending = [one for one in pending if one.level < part.level]
                pending.append(Heading(part.level, self.text(str(part.heading)) or str(part.heading)))
            blocks = list(self._blocks(part))
            if not blocks and part.otherwise is not None:
                blocks = [Paragraph((self.text(str(part.otherwise)) or str(part.otherwise),), part.style)]
            if blocks:
                yield from (self._numbered(one) for one in pending)
                pending = []
                yield from blocks

    def _numbered(self, heading: Heading) -> Heading:
        if heading.level != 2:
            return heading
        self._headings += 1
        return Heading(2, heading.text.upper(), f"{roman(self._headings)}.")

    def _blocks(self, part: PaperPart) -> Iterator[Block]:
        if part.say == "charges":
            yield from charged(self.told.charges)
        elif part.say == "followed":
            yield from followed_blocks(self.told.followed)
        elif part.rows is None:
            if part.text is not None and (text := self.text(str(part.text))):
                yield Paragraph((text,), part.style)
        else:
            parent = self.told.kind.by_code[part.rows]
            every = self.told.rows.get(part.rows, ())
            rows = [one for one in every if all(test.passes(one.raw) for test in part.where)]
            if part.say == "signing":
                yield from _signing(parent, part, rows)
            elif part.columns:
                yield from _table(parent, part.columns, rows)
            else:
                for one in rows:
                    if text := self.text(str(part.text), one):
                        yield Paragraph((text,), part.style)


@dataclass
class _Words(Mapping[str, str]):
    """What the places of a text say: "name", "held_on|weekday", "delegates/persons|sum"; of a row its columns first."""

    filler: _Filler
    row: RowTold | None

    def __getitem__(self, place: str) -> str:
        path, _sep, how = place.partition("|")
        told = self.filler.told
        if path == "issuer":
            return writer_name(self.filler.sender)
        if path == "unit":
            return self.filler.sender.unit
        if how in ("count", "sum"):
            return _added(told, path, how)
        code = path.partition("/")[2] or path
        said = self.row.said if self.row is not None and code in self.row.said else told.said
        text = said.get(code, "")
        if how == "weekday":
            return weekday_words(told.days[code]) if code in told.days else ""
        if how == "some":
            return text if text.strip("0") else ""
        return small(text) if how == "lower" else text

    def __iter__(self) -> Iterator[str]:
        return iter(self.filler.told.said)

    def __len__(self) -> int:
        return len(self.filler.told.said)


def _added(told: Told, path: FieldPath, how: str) -> str:
    """How many rows there are, or what they add up to; nothing where one does not say how many."""
    code, _sep, column = path.partition("/")
    rows = told.rows.get(code, ())
    if how == "count":
        return counted(len(rows)) if rows else ""
    raw = [one.raw.get(column, "") for one in rows]
    return counted(sum(map(int, raw))) if raw and all(one.isdecimal() for one in raw) else ""


def counted(count: int) -> str:
    """A number as official papers write it: 05, 12, 1.200."""
    return f"{count:02d}" if 0 < count < 10 else number(count)


# ------------------------------------------------------------------------------------------------- what is worked out


def _table(parent: RegisterField, columns: Sequence[str], rows: Sequence[RowTold]) -> Iterator[Block]:
    fields = [one for code in columns if (one := parent.column(code)) is not None]
    if rows:
        longest = [max(len(row.said.get(one.code, "")) for row in rows) for one in fields]
        sizes = [min(max(held, 12), 48) ** 0.75 for held in longest]
        heads = [
            Column(str(one.label).partition(" (")[0], 155 * size / sum(sizes), "right" if one.is_number else "left")
            for one, size in zip(fields, sizes, strict=True)
        ]
        cells = [tuple(Cell((one.said.get(column.code, ""),)) for column in fields) for one in rows]
        lines = tuple((Cell((str(at),)), *row) for at, row in enumerate(cells, 1))
        yield Table("", (Column(_("No."), 11, "center"), *heads), lines)


def _signing(parent: RegisterField, part: PaperPart, rows: Sequence[RowTold]) -> Iterator[Block]:
    """A line for everybody who is expected: organisation, what is known of who comes; name and signature are blank."""
    lines: list[tuple[str, str]] = []
    for one in rows:
        known = one.raw.get(part.persons or "", "")
        count = int(known) if known.isdecimal() and int(known) else 1
        # What is said of several is no one's post: they write their own.
        post = one.said.get(part.columns[-1], "") if count == 1 else ""
        lines += [(one.said.get(part.columns[0], ""), post)] * min(count, MOST_LINES - len(lines))
    columns = (
        Column(_("No."), 11, "center"),
        Column(str(parent.columns[0].label), 52),
        Column(_("Full name"), 40),
        Column(_("Post"), 30),
        Column(_("Man/woman"), 16, "center"),
        Column(_("Signature"), 26),
    )
    if lines:
        yield Table(
            "",
            columns,
            tuple(
                (Cell((str(at),)), Cell((who,)), Cell(), Cell((post,)), Cell(), Cell())
                for at, (who, post) in enumerate(lines, 1)
            ),
        )


def charged(charges: Sequence[Charge]) -> Iterator[Block]:
    """Conclusions by whom they are for, in the order in which families are first named; numbered through."""
    groups = list(dict.fromkeys(one.group for one in charges))
    at = 0
    for index, group in enumerate(groups):
        if group:
            yield Heading(3, group, f"{chr(ord('a') + index)})")
        for one in (held for held in charges if held.group == group):
            at += 1
            yield Paragraph((f"{at}. {charge_words(one)}",))


def charge_words(one: Charge) -> str:
    """A conclusion in a sentence: told to units under the chair, asked of the Front, mass organisations and Party
    bodies; until when, and what shows that it was done."""
    text = one.text.strip().rstrip(".")
    said = []
    told, asked = in_a_row(one.told), in_a_row(one.asked)
    helped, helped_asked = in_a_row(one.helped_by), in_a_row(one.helped_asked)
    if one.has_lead and told:
        lead = _("{units} is to lead, with {helpers}: {text}") if helped else _("{units} is to lead: {text}")
        said.append(lead.format(units=told, helpers=helped, text=small(text)))
    elif told:
        said.append(_("{units} is told: {text}").format(units=told, text=small(text)))
    if asked:
        message = _("{units} is asked to cooperate: {text}")
        if helped and one.has_lead and not told:
            message = _("{units} is asked to cooperate, with {helpers}: {text}")
        said.append(message.format(units=asked, helpers=helped, text=small(text)))
    if not said:
        said.append(text)
    if helped and not one.has_lead:
        said.append(_("{units} is to help").format(units=helped))
    if helped_asked:
        said.append(_("{units} is asked to cooperate").format(units=helped_asked))
    if one.due_on is not None:
        is_asked = bool(asked) and not told
        message = _("Time asked for: {day}") if is_asked else _("Due on: {day}")
        said.append(message.format(day=day_words(one.due_on)))
    elif one.kind == "standing":
        said.append(_("It stands; it is told of in each six-month report"))
    said += one.measures
    return ". ".join(part.rstrip(".") for part in said) + "."


def followed_words(held: Followed) -> list[str]:
    """ "07/09 nhiệm vụ hoàn thành, trong đó 06 đúng hạn; 02 trong hạn", and what others were asked to cooperate in."""
    count = tally(one.standing for one in held.lines)
    told = tally(one.standing for one in held.lines if not one.standing.is_asked)
    said = []
    two = "{:02d}".format
    if count["all"]:
        pieces = [_("{done}/{all} tasks are done").format(done=two(count["done"]), all=two(count["all"]))]
        if count["done"]:
            pieces[0] += _(", {count} of them on time").format(count=two(count["on_time"]))
        if count["after"]:
            pieces[0] += _(", {count} after the day").format(count=two(count["after"]))
        for part, message in (("within", _("{count} within time")), ("late", _("{count} late"))):
            if count[part]:
                pieces.append(message.format(count=two(count[part])))
        said.append("; ".join(pieces) + ".")
    if told["standing"]:
        message = ngettext(
            "{said} of {count} standing task was told of.", "{said} of {count} standing tasks were told of.",
            told["standing"],
        )  # fmt: skip
        said.append(message.format(said=two(told["standing_said"]), count=two(told["standing"])))
    if count["cooperation"]:
        message = _("The Front, mass organisations and Party bodies have answered {done} of {count} they were asked.")
        if not count["cooperation_done"]:
            message = _("The Front, mass organisations and Party bodies were asked to cooperate in {count}.")
        said.append(message.format(done=two(count["cooperation_done"]), count=two(count["cooperation"])))
    return said


def followed_blocks(held: Followed | None) -> Iterator[Block]:
    """What became of the tasks of the record before: in sentences, and a table by owner. Who was asked to cooperate
    stands apart, and of them no word is said of time."""
    if held is None or not held.lines:
        return
    lead = _("By {on}, of the conclusions of the meeting of {day}:")
    if held.with_earlier:
        lead = _("By {on}, of the conclusions of the meeting of {day}, and of what was open of meetings before it:")
    lead = lead.format(on=day_words(held.on), day=day_words(held.held_on))
    yield Paragraph((" ".join([lead, *followed_words(held)]),))
    columns = (
        Column(_("No."), 11, "center"),
        Column(_("Lead unit"), 38),
        Column(_("What is to be done"), 58),
        Column(_("Until when"), 27, "center"),
        Column(_("How it stands"), 38),
    )
    rows: list[tuple[Cell, ...]] = []
    for is_asked in (False, True):
        lines = [_line(one) for one in held.lines if one.standing.is_asked is is_asked]
        if is_asked and lines:
            rows.append((Cell((_("Asked to cooperate"),), bold=True, align="left", span=len(columns)),))
        rows += [tuple(Cell((text,)) for text in (str(at), *line)) for at, line in enumerate(lines, 1)]
    yield Table("", columns, tuple(rows))


def _line(one: TaskLine) -> tuple[str, str, str, str]:
    """Whose, what, until when, how it stands; of who is asked nothing that could be read as a delay."""
    standing = one.standing
    due = day_words(standing.due_on) if standing.due_on else _("standing")
    waits = standing.is_asked and standing.state == "standing" and not standing.said
    state = _("cooperating") if waits else words(standing)
    return one.owner, one.text, due, state[:1].upper() + state[1:] + (f": {one.report}" if one.report else "")
