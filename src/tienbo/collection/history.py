"""What one unit sent, half-year by half-year: revisions, receipts, decisions, approvals, papers. No figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from tienbo.collection.campaign_models import Extension
from tienbo.collection.campaigns import closed_among
from tienbo.collection.models import Campaign, Decision, KeptEdition, Return, Revision, SignedCopy, Upload
from tienbo.collection.standings import State, state_of
from tienbo.core.faults import SENTENCES, Fault, Level
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.ground.planned import planned
from tienbo.units.frames import lives, tree_on
from tienbo.units.heirs import heir
from tienbo.units.models import Unit


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was received."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Decided:
    act: str
    actor: str
    note: str
    at: datetime

    @property
    def words(self) -> str:
        return _(str(Decision.Act(self.act).label))


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed paper; `number` tells those of one revision apart, from 1 in the order they were added."""

    number: int
    format: str
    file: File
    signed_on: date | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning as it was found: its place and its sentence."""

    place: str
    sentence: str
    explained: str = ""
    """The unit's own sentence, for whoever sees the return itself."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One revision. `counts`: it is the one that was accepted last; `is_last`: the unit said nothing after it."""

    number: int
    made: str
    sha256: str
    at: datetime
    receipt: str
    file: File | None
    warnings: tuple[Warned, ...]
    decisions: tuple[Decided, ...]
    approved: tuple[str, datetime] | None
    signed: tuple[Signed, ...]
    evidence: tuple[tuple[str, str], ...]
    """(mark, name) of the documents that were attached on the page."""
    counts: bool
    is_last: bool

    @property
    def asked(self) -> str:
        """What was asked to be supplemented, where that is the last thing said of it."""
        last = self.decisions[-1] if self.decisions else None
        return last.note if last and last.act == Decision.Act.ASK_SUPPLEMENT else ""


@dataclass(frozen=True, slots=True)
class Told:
    """One half-year of a unit: where its return stands, its revisions from the newest."""

    period: Period
    root: int
    due_on: date | None
    state: State
    sent: tuple[Sent, ...]
    more_time: str = ""
    """Why the unit has until another day than the others."""
    is_closed: bool = False

    @property
    def last(self) -> Sent | None:
        return self.sent[0] if self.sent else None


def campaigns_of(*, unit: Unit, home: Unit, period: Period | None = None) -> dict[Period, Campaign]:
    """Half-years that were opened at `home`, or by who stood above the unit and went wholly into `home` since; and any
    other in which the unit has a return; the newest first. `period`: only that one.

    A unit that goes on under its key after a reorganisation sent its earlier returns to whoever stood above it then.
    """
    rows = _campaigns(unit, period)
    own = {row: sends for row, sends in rows.items() if row.root_id == home.pk}
    elsewhere = {row: sends for row, sends in rows.items() if row.root_id != home.pk}
    taken = (row for row in elsewhere if heir(row.root_id) == home.pk and _stood_under(unit, row.root_id))
    found = {row.period: row for row in (*taken, *own)}
    here = {row.period for row, sends in own.items() if sends}
    found |= {row.period: row for row, sends in elsewhere.items() if sends and row.period not in here}
    return dict(sorted(found.items(), reverse=True))


def _campaigns(unit: Unit, period: Period | None) -> dict[Campaign, bool]:
    """Campaigns, of one period or all, in the order in which they were opened; whether the unit has a return in each.
    The text of the definitions is left where it is.

    Written out: it is asked with every request about a unit, and to spell it took longer than to answer it.
    """
    name = connection.ops.quote_name
    campaigns, editions, returns = (name(one._meta.db_table) for one in (Campaign, KeptEdition, Return))
    text = (
        f"SELECT c.*, e.fingerprint, e.pack, "  # noqa: S608 - names of our own
        f"EXISTS (SELECT 1 FROM {returns} r WHERE r.campaign_id = c.id AND r.unit_id = %s) AS sends "
        f"FROM {campaigns} c JOIN {editions} e ON e.id = c.edition_id "
    )
    if period is None:
        asked = planned("campaigns", f"{text} ORDER BY c.id", (unit.pk,), "bigint")
    else:
        text += "WHERE c.period_code = %s ORDER BY c.id"
        asked = planned("campaigns_of_period", text, (unit.pk, period.code), "bigint, text")
    found: dict[Campaign, bool] = {}
    for row in Campaign.objects.raw(*asked):
        said = vars(row)
        kept = (row.edition_id, said["fingerprint"], said["pack"])
        row.edition = KeptEdition.from_db(connection.alias, ("id", "fingerprint", "pack"), kept)
        found[row] = bool(said["sends"])
    return found


def _stood_under(unit: Unit, root: int) -> bool:
    """Whether the unit stood under one that ended, on the last day of both."""
    last = min(day for day in (lives()[root].last_day, unit.span.last_day) if day is not None)
    tree = tree_on(last)
    return unit.pk in tree and root in (unit.pk, *tree.ancestors(unit.pk))


def told(*, unit: Unit, campaigns: Iterable[Campaign], today: date) -> dict[Period, Told]:
    """What the unit sent in each of these campaigns. Seven questions to the database, however many there are."""
    asked = {row.pk: row for row in campaigns}
    returns = {row.campaign_id: row for row in Return.objects.filter(unit=unit, campaign__in=asked)}
    revisions: dict[int, list[Revision]] = {}
    rows = Revision.objects.filter(of__in=returns.values()).defer("content").order_by("-number")
    rows = rows.select_related("upload", "receipt", "approval").prefetch_related(
        "decisions", "signed_copies__upload", "submissions__prepared"
    )
    for revision in rows:
        revisions.setdefault(revision.of_id, []).append(revision)
    more = {row.campaign_id: row for row in Extension.objects.filter(unit=unit, campaign__in=asked).order_by("id")}
    shut = closed_among(asked)
    return {
        campaign.period: _told(campaign, returns.get(number), revisions, today, more.get(number), number in shut)
        for number, campaign in asked.items()
    }


def _told(
    campaign: Campaign,
    row: Return | None,
    revisions: Mapping[int, Sequence[Revision]],
    today: date,
    more: Extension | None,
    is_closed: bool,
) -> Told:
    due_on = more.due_on if more is not None else campaign.due_on
    late = due_on is not None and today > due_on
    held = row or Return()
    sent = tuple(_sent(revision, held) for revision in revisions.get(held.pk, ()))
    decisions = sent[0].decisions if sent else ()
    state = state_of(held, decisions[-1].act if decisions else "", late=late)
    reason = more.reason if more is not None else ""
    return Told(campaign.period, campaign.root_id, due_on, state, sent, reason, is_closed)


def _sent(revision: Revision, of: Return) -> Sent:
    receipt, approval = getattr(revision, "receipt", None), getattr(revision, "approval", None)
    decisions = sorted(revision.decisions.all(), key=lambda one: one.pk)
    papers = sorted(revision.signed_copies.all(), key=lambda one: one.pk)
    return Sent(
        number=revision.number,
        made=revision.made,
        sha256=revision.sha256,
        at=revision.made_at,
        receipt=receipt.code if receipt is not None else "",
        file=_file(revision.upload) if revision.upload is not None else None,
        warnings=tuple(map(_warned, revision.warnings)),
        decisions=tuple(Decided(one.act, one.actor, one.note, one.decided_at) for one in decisions),
        approved=(approval.approved_by, approval.approved_at) if approval is not None else None,
        evidence=_evidence(revision),
        signed=tuple(_signed(number, one) for number, one in enumerate(papers, 1)),
        counts=of.accepted_id == revision.pk,
        is_last=of.latest_id == revision.pk,
    )


def _evidence(revision: Revision) -> tuple[tuple[str, str], ...]:
    proofs = {
        cell.rpartition("/")[2]: name
        for submission in revision.submissions.all()
        for cell, name in submission.prepared.proofs.items()
    }
    return tuple(sorted(proofs.items()))


def _file(upload: Upload) -> File:
    return File(upload.name, upload.size, upload.sha256)


def _signed(number: int, copy: SignedCopy) -> Signed:
    return Signed(number, copy.format, _file(copy.upload), copy.signed_on, copy.added_by, copy.added_at)


def _warned(row: Mapping[str, object]) -> Warned:
    """A warning in the language being spoken; as it was worded when it was found, where the words have changed."""
    code, place, fields = str(row["code"]), str(row["place"]), row["fields"]
    try:
        assert isinstance(fields, dict)  # noqa: S101 - as_json writes it so
        if code not in SENTENCES:
            raise KeyError(code)
        said = Fault(code, place, fields, Level.WARNING).sentence()
        return Warned(place, said, str(fields.get("explained", "")))
    except (KeyError, ValueError):
        return Warned(place, str(row.get("sentence", code)))
