"""Shapes of what goes out: apart from tables and definitions, so that these may change and a version stays."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field


class FaultOut(Schema):
    code: str = Field(description="Dotted and stable.")
    level: str = Field(description="error, warning or note. Warnings alone go away with looked_at.")
    place: str = Field(description="Where it is, in words.")
    fields: dict[str, str] = Field(description="What the sentence is about; `field` is the address in the data.")
    sentence: str


class FaultsOut(Schema):
    faults: list[FaultOut]


class NamedOut(Schema):
    code: str
    name: str


class SeatOut(Schema):
    unit: str
    name: str
    roles: list[str]
    allows: list[str]
    chosen: bool


class MeOut(Schema):
    login: str
    language: str
    seats: list[SeatOut] = Field(description="Another is chosen on the pages, for the session.")
    token: str = Field(description="For the header X-CSRFToken of what changes something.")
    illustrative: bool = Field(description="Figures of this site are invented.")


class PeriodOut(Schema):
    code: str
    name: str
    first_day: date
    last_day: date
    due_on: date | None
    is_closed: bool


class UnitOut(Schema):
    key: str
    name: str
    kind: str
    code: str = Field(description='Of the General Statistics Office on that day; "" without one.')
    parent: str | None = Field(description="Key of the unit it stands under on that day, of those that may be read.")
    valid_from: date
    valid_to: date | None = Field(description="The day it ended: the first on which it was not there.")


class UnitsOut(Schema):
    on: date
    count: int
    units: list[UnitOut]


class DocumentOut(Schema):
    code: str
    cited: str
    title: str
    confidence: str = Field(description="confirmed, or how far its text was seen.")


class IndicatorOut(Schema):
    code: str
    name: str
    unit_of_measure: str
    group: str
    frequency: str
    levels: list[str]
    sensitivity: str
    derived: str = Field(description="terms: computed from reports; external; judgement.")
    confidence: str = Field(description="How far the definition was checked.")
    documents: list[DocumentOut]
    breakdowns: list[str] = Field(description="What values can be split by.")


class ValueOut(Schema):
    """A value with its parts. Numbers are exact, as texts; null where there is none, and `status` says why."""

    indicator: str
    unit: str
    period: str
    members: str = Field(description='"sex=f" of a part by a breakdown; "" of the whole.')
    status: str
    reason: str = Field(description="The status in words.")
    value: str | None
    numerator: str | None
    denominator: str | None
    qualifier: str
    units_reported: int
    units_due: int
    units_estimated: int
    map_day: str
    low: str | None
    high: str | None
    estimated_share: str | None
    population_share: str | None
    acts: list[str]


class ValuesOut(Schema):
    unit: str
    period: str
    map_day: date | None
    basis: str
    edition: str = Field(description="Fingerprint of the definitions.")
    facts: str = Field(description="Mark of the facts: another decision, another mark.")
    notes: list[str] = Field(description="What must stand beside the values wherever they are shown.")
    values: list[ValueOut]


class AskedOut(Schema):
    year: int
    op: str
    value: str
    upper: str | None


class TargetOut(Schema):
    code: str
    name: str
    group: str
    owner: str
    document: DocumentOut | None
    indicator: str
    asked: AskedOut | None = Field(description="What the document asks for this year, or the next one it names.")
    verdict: str
    verdict_words: str
    gap: str | None = Field(description="Value less what is asked, in the indicator's unit.")
    is_confirmed: bool
    value: ValueOut


class TargetsOut(Schema):
    unit: str
    period: str
    map_day: date | None
    notes: list[str]
    targets: list[TargetOut]


class ReturnOut(Schema):
    unit: str
    name: str
    kind: str
    state: str
    state_words: str
    revision: int = Field(description="Number of its last revision; 0 where nothing was sent.")
    counts: int | None = Field(description="Number of the revision that counts.")
    sent_at: datetime | None
    due_on: date | None
    warnings: int
    note: str = Field(description="What was asked to be supplemented.")


class ReturnsOut(Schema):
    period: str
    due_on: date | None
    returns: list[ReturnOut]


class RoundOut(Schema):
    key: str
    name: str
    mapped: int = Field(description="Cells that are filled in by the system.")
    filled: list[str] = Field(description="Periods it was filled in for.")


class RoundsOut(Schema):
    rounds: list[RoundOut]


class RegisterOut(Schema):
    code: str
    name: str
    section: str
    sensitivity: str
    records: int = Field(description="Of the period, of units that may be read.")
    may_enter: list[str] = Field(description="Keys of units that records may be entered for.")
    is_own: bool = Field(description="A register of this site's own.")


class RegistersOut(Schema):
    period: str
    registers: list[RegisterOut]


class StateOut(Schema):
    code: str
    name: str
    past: bool = Field(description="What it tells of has happened.")


class MoveOut(Schema):
    code: str
    name: str
    begin: list[str]
    to: str
    need: str


class FeedOut(Schema):
    series: str
    element: str
    states: list[str]


class DefinitionOut(Schema):
    code: str
    name: str
    record_name: str
    sensitivity: str
    kept_by: list[str]
    occurred: str = Field(description="The field by which a record belongs to a half-year.")
    title: str
    states: list[StateOut] = Field(description="A new record is in the first.")
    moves: list[MoveOut]
    feeds: list[FeedOut]
    tallies: list[NamedOut]
    evidence: list[NamedOut] = Field(description="Documents that prove a record; attached on its page.")
    documents: list[DocumentOut]
    record_schema: dict[str, Any] = Field(description="JSON Schema (2020-12) of what a record says.")


class CountOut(Schema):
    series: str
    name: str
    period: str = Field(description='The half-year it counts in; of a stock the first, "" for all before.')
    until: str = Field(description='Of a stock: the first half-year it counts in no more; "" of what happened.')
    value: str | None = Field(description="null: it counts, and does not say how much.")


class UnitCountOut(Schema):
    unit: str
    series: str
    name: str
    value: str | None


class CountsOut(Schema):
    register_code: str
    period: str
    counts: list[UnitCountOut]


class EvidenceOut(Schema):
    key: str
    name: str
    sort: str
    size: int
    format: str
    address: str = Field(description="Handed out as a file to be saved, never to be shown.")


class VersionOut(Schema):
    number: int
    act: str
    state: str
    by: str
    at: datetime
    reason: str
    changes: dict[str, list[str]] = Field(description="Address → [what was there, what came].")


class RecordLineOut(Schema):
    key: str
    unit: str
    occurred_on: date
    state: str
    version: int
    withdrawn: bool
    data: dict[str, Any]
    withheld: list[str] = Field(description="Fields that may not be seen.")


class RecordsOut(Schema):
    period: str
    count: int
    page: int
    pages: int
    export: str = Field(description="The whole list as CSV, written while it is sent.")
    records: list[RecordLineOut]


class RecordOut(RecordLineOut):
    register_code: str
    unit_name: str
    counts: list[CountOut]
    evidence: list[EvidenceOut]
    moves: list[str] = Field(description="Codes of moves that are possible now, by you.")
    versions: list[VersionOut]
    address: str = Field(description="Its page.")


class RecordIn(Schema):
    unit: str = Field(description="Key of the unit that keeps it.")
    data: dict[str, Any] = Field(description="As the register's record_schema says.")
    looked_at: bool = Field(default=False, description="Warnings were looked at.")


class ChangeIn(Schema):
    seen: int = Field(ge=1, description="The version that was looked at.")
    data: dict[str, Any] = Field(description="Only what is to change; null takes out.")
    looked_at: bool = False


class MoveIn(Schema):
    seen: int = Field(ge=1)
    move: str = Field(max_length=60)


class WithdrawIn(Schema):
    seen: int = Field(ge=1)
    reason: str = Field(max_length=2000)


class TaskActIn(Schema):
    what: Literal["reported", "said", "accepted", "asked", "extended", "handed_over", "withdrawn"]
    seen: int = Field(ge=1, description="The version that was looked at.")
    text: str = Field("", max_length=4000, description="The sentence, or the reason.")
    evidence: str = Field("", max_length=4000, description="Where what proves it is kept, in words.")
    due_on: date | None = Field(None, description="Until when more time is given.")
    days: int | None = Field(None, ge=1, le=400, description="Or for how many working days from today.")
    owner: str = Field("", max_length=60, description="Key of the unit that it is handed over to.")
    of_period: str = Field("", max_length=10, description='"2026-H1": of which half-year a standing task is told.')


class TaskLineOut(Schema):
    key: str
    kind: str = Field(description='"dated" or "standing".')
    text: str
    measure: str
    issuer: str = Field(description="Key of the unit whose chair concluded.")
    owner: str = Field(description="Key of the unit that leads it.")
    owner_name: str
    partners: list[str]
    is_asked: bool = Field(description="The Front, mass organisations, Party bodies: asked to cooperate, never late.")
    cause: str
    cause_words: str
    made_on: date
    due_on: date | None
    state: str
    state_words: str
    time: str = Field(description='"within", "late", "on_time", "after"; "" where nobody can be late.')
    reported_on: date | None
    said: str = Field(description="Of a standing task: what was said of the half-year that is asked about.")
    version: int


class TasksOut(Schema):
    period: str
    on: date
    count: int
    page: int
    pages: int
    export: str = Field(description="The whole list as CSV.")
    tasks: list[TaskLineOut]


class TaskActOut(Schema):
    number: int
    what: str
    on: date
    owner: str | None
    due_on: date | None
    period: str
    text: str
    evidence: str
    by: str
    at: datetime


class TaskOut(TaskLineOut):
    acts: list[TaskActOut]
    evidence: list[EvidenceOut]
    possible: list[str] = Field(description="Acts that are possible now, by you.")
    address: str = Field(description="Its page.")


class PlanLineOut(Schema):
    key: str
    unit: str
    unit_name: str
    title: str
    first_year: int
    last_year: int
    version: int
    state: str = Field(description='"draft", "approved", "changing" or "withdrawn".')
    state_words: str
    document_number: str = Field(description="Of the version in force.")
    issued_on: date | None


class PlansOut(Schema):
    year: int
    plans: list[PlanLineOut]


class PlanOut(PlanLineOut):
    content: dict[str, Any] = Field(description="Paragraphs, targets, tasks, money. Exact numbers are texts.")
    tasks: dict[str, str] = Field(description="Key of a line → key of the task that was made of it.")
    address: str


class PacketLineOut(Schema):
    key: str
    release: str
    period: str
    partner: str
    title: str
    version: int
    approved_version: int | None = Field(description="The version whose approval is in force.")
    shared_until: date | None = Field(description="The last day of the link that is open; null where none is.")
    languages: list[str]


class PacketsOut(Schema):
    packets: list[PacketLineOut]


class PacketOut(PacketLineOut):
    content: dict[str, Any] = Field(description="What its last version says; values stand in the release alone.")
    papers: dict[str, str] = Field(description="Language → its Word file.")
    address: str
