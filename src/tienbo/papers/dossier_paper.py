"""Papers made from what the code declares: the dossier of a system's level, the file of procedure, measures and risks,
the limits of access, the yearly account of what is kept. What somebody else has to write is a marked place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.papers.blocks import Back, Block, Cell, Column, Document, Front, Heading, Paragraph, Table
from tienbo.papers.protection_paper import HOLE, said

Rows = Sequence[Sequence[str]]
KEPT = {
    "kept": N_("kept; looked at when this was written"),
    "not_kept": N_("NOT kept by this site now"),
    "owner": HOLE,
}
BY = {"program": N_("the program"), "owner": N_("who runs the system"), "both": N_("the program and who runs it")}
DEGREES = {1: N_("low"), 2: N_("middle"), 3: N_("high")}
NEEDS_TEXT = {"secondary": N_("told by others, not compared with the original")}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the papers print, in plain texts. `measures`: group, what, by (program, owner, both), kept."""

    system: str
    issuer: str
    owner: str
    operator: str
    version: str
    written: str
    level_decision: str
    regulation: str
    components: Rows
    """Name, zone."""
    zones: Rows
    """Name, network."""
    flows: Rows
    """From, to, port."""
    classes: Rows
    """Class, what it is, how many fields."""
    purposes: Rows
    """Purpose, ground, how long, tables."""
    risks: Sequence[tuple[str, int, int, int, str]]
    """Name, likely, harm, left, measures."""
    measures: Sequence[tuple[str, str, str, str]]
    questions: Rows
    """Asked, who, decided or what holds until then."""
    subjects: Rows
    """Sort of people, how many."""


Kind = Literal["dossier", "procedure", "yearly"]


def dossier_paper(facts: Facts, kind: Kind, *, year: int = 0) -> Document:
    """One of the papers, from the same facts."""
    titles = {
        "dossier": (_("PROPOSAL"), _("of the security level of the information system, level 3")),
        "procedure": (
            _("FILE OF PERSONAL DATA"),
            _("of the procedure, measures and risks of processing personal data"),
        ),
        "yearly": (_("REPORT"), _("on keeping the information system secure in {year}").format(year=year)),
    }
    title, subject = titles[kind]
    parts = {
        "dossier": (_who, _made_of, _information, _risks, _measures, _questions),
        "procedure": (_who, _purposes, _information, _measures, _risks, _complaints),
        "yearly": (_who, _yearly, _measures, _questions),
    }
    body: list[Block] = [block for part in parts[kind] for block in part(facts)]
    body.append(
        Paragraph(
            (
                _(
                    "Written by the program on {day} from what it declares of itself (version {version}). “{hole}” "
                    "marks what somebody has to write before it is signed; nothing else may be added as kept."
                ).format(day=facts.written, version=facts.version, hole=HOLE),
            ),
            style="note",
        )
    )
    return Document(
        front=Front(
            superior="",
            issuer=facts.issuer.upper(),
            nation=_("SOCIALIST REPUBLIC OF VIET NAM"),
            motto=_("Independence - Freedom - Happiness"),
            number=_("No.: {hole}").format(hole=HOLE),
            place_and_date="",
            kind=title,
            subject=subject,
        ),
        body=tuple(body),
        back=Back(signature=(HOLE,), signer="", recipients_title="", recipients=()),
    )


def _table(title: str, heads: Sequence[tuple[str, float]], rows: Rows) -> Table:
    columns = tuple(Column(label, width) for label, width in heads)
    return Table(title, columns, tuple(tuple(Cell((said(text),)) for text in row) for row in rows))


def _who(facts: Facts) -> Iterator[Block]:
    yield Heading(2, _("The system and who answers for it"))
    rows = [
        (_("System"), facts.system),
        (_("Who answers for it (chủ quản)"), facts.owner),
        (_("Who runs it"), facts.operator),
        (_("Decision on its level"), facts.level_decision),
        (_("Regulation on its security"), facts.regulation),
        (_("Personal-data officer: name, post, telephone, e-mail"), ""),
        (_("Contact for incidents, day and night"), ""),
    ]
    yield _table("", ((_("Item"), 60), (_("Answer"), 110)), rows)


def _made_of(facts: Facts) -> Iterator[Block]:
    yield Heading(2, _("What it is made of"))
    yield _table(_("Components"), ((_("Component"), 110), (_("Zone"), 60)), facts.components)
    yield _table(_("Zones and their networks"), ((_("Zone"), 70), (_("Network"), 100)), facts.zones)
    yield _table(_("Connections"), ((_("From where"), 60), (_("To where"), 60), (_("Port"), 50)), facts.flows)
    yield Paragraph((_("The drawing of the network is added here: {hole}").format(hole=HOLE),))


def _information(facts: Facts) -> Iterator[Block]:
    yield Heading(2, _("Classes of information"))
    yield _table("", ((_("Class"), 20), (_("What it is"), 110), (_("Fields"), 40)), facts.classes)
    yield Paragraph(
        (
            _(
                "The system is declared not to process state secrets: it has no place for planning, appraisal or votes "
                "of a person, and none for a case of violence."
            ),
        )
    )
    yield _table(_("People whose data is kept"), ((_("People"), 110), (_("How many people"), 60)), facts.subjects)


def _purposes(facts: Facts) -> Iterator[Block]:
    yield Heading(2, _("Procedure: what is processed, for what, on which ground, for how long"))
    heads = ((_("Purpose"), 60), (_("Legal basis"), 50), (_("Kept"), 35), (_("Tables"), 25))
    yield _table("", heads, facts.purposes)


def _risks(facts: Facts) -> Iterator[Block]:
    yield Heading(2, _("Preliminary assessment of risks"))
    heads = ((_("Risk"), 60), (_("Likely"), 20), (_("Harm"), 20), (_("Measures"), 50), (_("Left"), 20))
    rows = [
        (name, _(DEGREES[likely]), _(DEGREES[harm]), measures, _(DEGREES[left]))
        for name, likely, harm, left, measures in facts.risks
    ]
    yield _table("", heads, rows)
    yield Paragraph((_("The assessment of who answers for the system: {hole}").format(hole=HOLE),))


def _measures(facts: Facts) -> Iterator[Block]:
    yield Heading(2, _("Measures, one by one"))
    yield Paragraph(
        (
            _(
                "Requirements of level 3 by TCVN 14423:2026 were seen in a paraphrase only; compare each line with the "
                "full text: {hole}"
            ).format(hole=HOLE),
        ),
        style="note",
    )
    held: dict[str, list[Sequence[str]]] = {}
    for group, what, by, kept in facts.measures:
        held.setdefault(group, []).append((what, _(BY[by]), HOLE if kept == "owner" else _(KEPT[kept])))
    for group, rows in held.items():
        yield _table(group, ((_("Measure"), 95), (_("Whose"), 30), (_("Answer"), 45)), rows)


def _questions(facts: Facts) -> Iterator[Block]:
    yield Heading(2, _("What a person has to decide"))
    yield _table(
        "", ((_("Question"), 70), (_("Who decides"), 35), (_("Decided, or what holds until then"), 65)), facts.questions
    )


def _complaints(_facts: Facts) -> Iterator[Block]:
    yield Heading(2, _("Requests, complaints, checks"))
    rows = [
        (_("Where people ask about their data, and complain"), ""),
        (_("When this was looked over last, by whom"), ""),
        (_("When it is looked over next (each year, and after each new connection)"), ""),
    ]
    yield _table("", ((_("Item"), 90), (_("Answer"), 80)), rows)


def _yearly(_facts: Facts) -> Iterator[Block]:
    yield Heading(2, _("The year"))
    rows = [
        (_("Incidents: how many, which, how they ended"), ""),
        (_("Checks, tests and scans of the year"), ""),
        (_("Training"), ""),
        (_("Plan and money of the next year"), ""),
    ]
    yield _table("", ((_("Item"), 90), (_("Answer"), 80)), rows)


def limits_paper(rows: Rows, headers: Sequence[str], *, issuer: str) -> Document:
    """Who reads which restricted field."""
    widths = (45, 15, 60, 50)
    heads = tuple(zip(headers, widths, strict=True))
    return Document(
        front=Front(
            superior="",
            issuer=issuer.upper(),
            nation=_("SOCIALIST REPUBLIC OF VIET NAM"),
            motto=_("Independence - Freedom - Happiness"),
            number="",
            place_and_date="",
            kind=_("RULES"),
            subject=_("that limit access to restricted data"),
        ),
        body=(_table("", heads, rows),),
        back=Back(signature=(), signer="", recipients_title="", recipients=()),
    )
