"""A province with invented names and figures: two and a half years of returns through the door that every return takes.

Until 30/6/2025 two old provinces collect from their communes and offices, each under its own root; from 1/7/2025 the
merged province does. Workbooks are written filled in, received, decided on; some units stay silent, some files are
refused, some come late. Needs a started Django; `demonstration` starts it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tienbo.catalogue.loading import load
from tienbo.catalogue.returns import Content
from tienbo.collection.intake import Intake, files_receive
from tienbo.collection.queries import revision_latest
from tienbo.collection.services import campaign_open, revision_ask_supplement
from tienbo.core.faults import Fault, Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.core.words import fold
from tienbo.processes.workbooks import headers, workbooks_blank
from tienbo.project.desk import Desk
from tienbo.project.invented_bodies import committees_found
from tienbo.project.invented_clusters import clusters_invent
from tienbo.project.invented_elections import elections_invent
from tienbo.project.invented_people import FILE, OFFICER, Seated, accounts_make, accounts_write, rows
from tienbo.project.invented_posts import Returned, posts_invent
from tienbo.project.invented_projections import projections_invent
from tienbo.project.invented_records import Keepers, records_invent
from tienbo.project.invented_returns import SPOILED, Generator, generator, spoiled
from tienbo.project.invented_units import PROVINCE_REF, Era, Invented, invented_units, keys_by_ref, peopled
from tienbo.project.invented_work import work_invent
from tienbo.project.saying import Say
from tienbo.project.site import Site
from tienbo.release.services import documents_write, release_make
from tienbo.units.frames import unit_names
from tienbo.units.loading import units_load
from tienbo.units.models import Unit

ROUNDS: tuple[tuple[Period, Era], ...] = (
    (Period(2024, 1), "before"),
    (Period(2024, 2), "before"),
    (Period(2025, 1), "before"),
    (Period(2025, 2), "after"),
    (Period(2026, 1), "after"),
)
"""The half-years collected, oldest first, and whose: the last day of 2025-H1 is 14/6/2025, before the merger."""
LAST, COMING = Period(2026, 1), Period(2026, 2)
SILENT, FAULTY, LATE = 0.035, 0.025, 0.04
"""Shares of the units due: never send, send a file that is refused, send after the others."""
NOT_A_WORKBOOK = "workbook.not_a_workbook"


@dataclass(frozen=True)
class Round:
    """What one root collected in one half-year: what was said and counts, and what became of every file."""

    period: Period
    root: str
    told: Mapping[str, Content]
    """Ref → the content that was accepted."""
    waiting: Mapping[str, Content]
    """Ref → a content that came in and nobody has decided on."""
    asked: Mapping[str, Content]
    """Ref → a content that was accepted first and then found to be not enough."""
    silent: tuple[str, ...]
    refused: Mapping[str, str]
    """Ref of a unit whose first file was refused → the code of the mistake that was put into it."""
    files: tuple[Intake, ...]


@dataclass
class Made:
    """The demonstration as it was made."""

    desk: Desk
    invented: Invented
    keys: Mapping[str, str]
    rounds: list[Round] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    accounts: list[Seated] = field(default_factory=list)

    def told(self, period: Period) -> dict[str, Content]:
        """Ref → what counts in a half-year, whoever collected it."""
        return {ref: content for one in self.rounds if one.period == period for ref, content in one.told.items()}


def province(site: Site, *, seed: int, districts: int | None, say: Say) -> Made:
    """Fill a new site: units, five half-years of returns, papers; `districts` of each old province, or all."""
    invented = invented_units(districts)
    drawn = generator(load(site.pack), seed, invented.reporters)
    invented.declared = peopled(invented, drawn.population)
    units_load(invented.declared, invented.acts)
    keys = keys_by_ref(invented)
    committees_found(invented, keys)
    site = replace(site, home_unit=keys[PROVINCE_REF], place=invented.place, signing="ban", illustrative=True)
    site.save()
    made = Made(Desk(site, acting=OFFICER), invented, keys)
    for period, era in ROUNDS:
        for root in invented.roots[era]:
            made.rounds.append(_Collecting(made, drawn, period, root).collect())
            _say_round(made, made.rounds[-1], say)
    _ask_one_to_supplement(made)
    _records(made)
    _representation(made, seed)
    clusters_invent(home=made.desk.home, districts=invented.districts, keys=made.keys, actor=made.desk.actor)
    made.written.append(_intake_table(made, site.out / "ket-qua-tiep-nhan.csv"))
    made.written += _blanks(made, site.out / f"bieu-trong-{COMING.code}")
    made.written += _papers(made, site.out)
    for path in made.written:
        say.line(f"  {path}")
    made.accounts += _accounts(made)
    say.line()
    say.table(*rows(made.accounts))
    return made


@dataclass
class _Collecting:
    """One half-year under one root."""

    made: Made
    drawn: Generator
    period: Period
    root: str

    def __post_init__(self) -> None:
        desk, keys = self.made.desk, self.made.keys
        self.home = Unit.objects.get(key=keys[self.root])
        self.refs = {key: ref for ref, key in keys.items()}
        due = headers(edition=desk.edition, home=self.home, period=self.period)
        self.due = sorted(self.refs[key] for key in due)
        self.folder = desk.site.path / "received" / self.period.code / _slug(self._name())

    def collect(self) -> Round:
        silent, faulty, late = self._fates()
        before = self._told_before()
        contents = {
            ref: self.drawn.content(ref, self.made.keys[ref], self.period, before.get(ref))
            for ref in self.due
            if ref not in silent
        }
        mistakes = self._mistakes(faulty, contents)
        again = list(mistakes)[: len(mistakes) // 2]  # half of them send a corrected file, the others leave it
        on_time = {ref: content for ref, content in contents.items() if ref not in mistakes and ref not in late}
        afterwards = {ref: contents[ref] for ref in (*again, *late)}
        bad = self._write_bad(mistakes, contents)
        files = self._receive([*bad, *self._write(on_time, self.folder)], accept=True)
        decided = self.period != LAST  # what came late in the last half-year still waits
        files += self._receive(self._write({r: contents[r] for r in again}, self.folder / "gui-lai"), accept=True)
        files += self._receive(self._write({r: contents[r] for r in late}, self.folder / "gui-muon"), accept=decided)
        _as_meant(files, bad)
        counting = {ref: contents[ref] for ref in (*on_time, *afterwards) if decided or ref not in late}
        waiting = {} if decided else {ref: contents[ref] for ref in late}
        return Round(self.period, self.root, counting, waiting, {}, tuple(silent), mistakes, tuple(files))

    def _told_before(self) -> Mapping[str, Content]:
        """What this root accepted a half-year ago: what a workbook can call unchanged or restate."""
        before = self.period.previous()
        return next((one.told for one in self.made.rounds if (one.period, one.root) == (before, self.root)), {})

    def _fates(self) -> tuple[list[str], list[str], list[str]]:
        """Who stays silent, sends a faulty file, comes late: drawn, and at least one of each."""
        order = list(self.due)
        self.drawn.random(self.root, self.period.code, "fates").shuffle(order)
        ends, found = 0, []
        for share in (SILENT, FAULTY, LATE):
            count = max(1, round(len(order) * share))
            found.append(order[ends : ends + count])
            ends += count
        return found[0], found[1], found[2]

    def _mistakes(self, faulty: Sequence[str], contents: Mapping[str, Content]) -> dict[str, str]:
        """Ref → the mistake its file will have: every kind in turn, those that its content does not allow left out."""
        kinds = [*SPOILED, NOT_A_WORKBOOK]
        made = {}
        for at, ref in enumerate(faulty):
            turn = (at + len(self.made.rounds)) % len(kinds)
            for kind in kinds[turn:] + kinds[:turn]:
                if kind == NOT_A_WORKBOOK or spoiled(self.made.desk.edition, contents[ref], kind) is not None:
                    made[ref] = kind
                    break
        return made

    def _write_bad(self, mistakes: Mapping[str, str], contents: Mapping[str, Content]) -> list[Path]:
        folder = self.folder / "co-loi"
        edition = self.made.desk.edition
        wrong = {ref: spoiled(edition, contents[ref], kind) for ref, kind in mistakes.items() if kind in SPOILED}
        paths = self._write({ref: content for ref, content in wrong.items() if content is not None}, folder)
        for ref, kind in mistakes.items():
            if kind == NOT_A_WORKBOOK:
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"{self.period.code}_{_slug(self.made.invented.reporters[ref].name)}.xlsx"
                path.write_text("Kính gửi Ban VSTBPN tỉnh, xin gửi báo cáo sau. (số liệu minh họa)\n", encoding="utf-8")
                paths.append(path)
        return paths

    def _write(self, contents: Mapping[str, Content], folder: Path) -> list[Path]:
        desk, keys = self.made.desk, self.made.keys
        if not contents:
            return []
        # Everything here is received on the day the site is made: with the legal day all of it would be called late.
        due = max(desk.edition.calendar.due(self.period) or desk.today, desk.today)
        campaign_open(root=self.home, period=self.period, edition=desk.edition, due_on=due)
        written = workbooks_blank(
            home=self.home,
            edition=desk.edition,
            period=self.period,
            folder=folder,
            seal=desk.seal,
            units=list(Unit.objects.filter(key__in=[keys[ref] for ref in contents])),
            contents={keys[ref]: content for ref, content in contents.items()},
            illustrative=True,
        )
        return list(written.values())

    def _receive(self, paths: Sequence[Path], *, accept: bool) -> list[Intake]:
        if not paths:
            return []
        desk = self.made.desk
        return files_receive(
            paths=paths,
            root=self.home,
            edition=desk.edition,
            stores=desk.stores,
            seal=desk.seal,
            actor=desk.actor,
            period=self.period,
            accept=accept,
        )

    def _name(self) -> str:
        return unit_names(self.made.desk.edition.calendar.last_day(self.period))[self.home.pk]


def _as_meant(files: Sequence[Intake], bad: Sequence[Path]) -> None:
    """Exactly the files with a mistake were refused; anything else is a fault of the demonstration itself."""
    refused = {file.path: file for file in files if file.state == "refused"}
    unmeant = [fault for path, file in refused.items() if path not in bad for fault in file.faults]
    if unmeant:
        raise Refused(*unmeant)
    missed = [path.name for path in bad if path not in refused]
    if missed:
        raise AssertionError(f"received in spite of their mistakes: {missed}")


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in fold(name)).split())


def _say_round(made: Made, one: Round, say: Say) -> None:
    counts = {state: sum(file.state == state for file in one.files) for state in ("received", "refused")}
    name = next(row.label for row in made.invented.declared if row.ref == one.root)
    say.line(
        _("{period}, {unit}: {received} received, {refused} refused, {silent} sent nothing.").format(
            period=one.period.code, unit=name, silent=len(one.silent), **counts
        )
    )


def _ask_one_to_supplement(made: Made) -> None:
    """One commune's accepted return of the last half-year turns out to be not enough."""
    last = made.rounds[-1]
    ref = next(ref for ref in sorted(last.told) if made.invented.reporters[ref].kind == "commune")
    unit = Unit.objects.get(key=made.keys[ref])
    revision = revision_latest(roots=[made.desk.home], period=last.period, unit=unit)
    if revision is None:
        raise LookupError(f"{ref} has no return in {last.period}")
    note = "Đề nghị bổ sung số liệu của các trường học trên địa bàn ở Biểu 02."
    revision_ask_supplement(revision=revision, actor=made.desk.actor, note=note)
    told = {one: content for one, content in last.told.items() if one != ref}
    made.rounds[-1] = replace(last, told=told, asked={ref: last.told[ref]})


# ------------------------------------------------------------------------------------------- for people to look at


def _intake_table(made: Made, path: Path) -> Path:
    """What became of every file, as a table that a spreadsheet opens."""
    names = {made.keys[row.ref]: row.label for row in made.invented.declared}
    states = {"received": _("taken in"), "again": _("received before"), "refused": _("refused")}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([_("Illustrative figures")])
        writer.writerow([_("Period"), _("File"), _("Unit"), _("Result"), _("Receipt"), _("Errors"), _("Warnings")])
        for one in made.rounds:
            for result in one.files:
                writer.writerow(
                    [
                        one.period.code,
                        result.path.relative_to(made.desk.site.path / "received").as_posix(),
                        names.get(result.unit, ""),
                        states[result.state],
                        result.receipt,
                        _sentences(result.faults, "error"),
                        _sentences(result.faults, "warning"),
                    ]
                )
            for ref in one.silent:
                writer.writerow([one.period.code, "", names[made.keys[ref]], _("not reported"), "", "", ""])
    return path


def _sentences(faults: Iterable[Fault], level: str) -> str:
    return " ".join(
        f"[{fault.place}] {fault.sentence()}" if fault.place else fault.sentence()
        for fault in faults
        if fault.level.value == level
    )


def _shown(made: Made) -> tuple[Unit, Unit]:
    """A commune and a department that were accepted in the last half-year: theirs are the papers to look at.

    The department is that of health where it reported: its form asks the most.
    """
    told = sorted(made.told(LAST))
    kinds = {ref: made.invented.reporters[ref].kind for ref in told}
    commune = next(ref for ref in told if made.invented.reporters[ref].merged)
    departments = [ref for ref in told if kinds[ref].startswith("department.")]
    department = min(departments, key=lambda ref: kinds[ref] != "department.health")
    return Unit.objects.get(key=made.keys[commune]), Unit.objects.get(key=made.keys[department])


def _records(made: Made) -> None:
    """What some units wrote into their registers in the last half-year, the plan and the tasks of the province; the
    commune is that of the accounts."""
    (asked,) = made.rounds[-1].asked
    kinds = {ref: made.invented.reporters[ref].kind for ref in made.rounds[-1].told}
    others = [ref for ref in sorted(kinds) if kinds[ref] == "commune" and ref != asked][:3]
    commune, neighbour, *more = (Unit.objects.get(key=made.keys[ref]) for ref in (asked, *others))
    day = made.desk.edition.calendar.last_day(LAST)
    keepers = Keepers(made.desk.home, commune, neighbour, (more[0], more[1]), day)
    records_invent(edition=made.desk.edition, keepers=keepers, actor=made.desk.actor)
    work_invent(edition=made.desk.edition, keepers=keepers, actor=made.desk.actor)


def _representation(made: Made, seed: int) -> None:
    """Posts and who holds them, congresses, elections and a forecast, as the last returns have them; a projection of
    what the half-years have told."""
    desk, last = made.desk, made.rounds[-1]
    refs = {made.keys[ref]: ref for ref in made.keys}
    reporters = Unit.objects.filter(key__in=[made.keys[ref] for ref in made.invented.reporters], valid_to__isnull=True)
    units = {unit.pk: unit for unit in reporters.order_by("pk")}
    told = {pk: last.told[refs[unit.key]] for pk, unit in units.items() if refs[unit.key] in last.told}
    returned = Returned(desk.home, units, told)
    before = [Unit.objects.get(key=made.keys[ref]) for ref in made.invented.roots["before"]]
    posts_invent(edition=desk.edition, returned=returned, seed=seed, actor=desk.actor)
    elections_invent(
        edition=desk.edition, returned=returned, before=before, seed=seed, actor=desk.actor, today=desk.today
    )
    projections_invent(reader=desk.reader(), unit=desk.home, period=LAST, actor=desk.actor)


def _accounts(made: Made) -> list[Seated]:
    """Accounts for the pages, told in ACCOUNTS.txt. The commune is the one that was asked to supplement: its officer
    has something to do."""
    _commune, department = _shown(made)
    (asked,) = made.rounds[-1].asked
    units = {
        "province": made.desk.home,
        "commune": Unit.objects.get(key=made.keys[asked]),
        "department": department,
    }
    accounts = accounts_make(units=units, today=made.desk.today)
    accounts_write(accounts, made.desk.site.path / FILE)
    return accounts


def _blanks(made: Made, folder: Path) -> list[Path]:
    """Workbooks of the coming half-year with last period's figures beside: a commune's and a department's."""
    desk = made.desk
    written = workbooks_blank(
        home=desk.home,
        edition=desk.edition,
        period=COMING,
        folder=folder,
        seal=desk.seal,
        units=_shown(made),
        illustrative=True,
    )
    return list(written.values())


def _papers(made: Made, folder: Path) -> list[Path]:
    """The province's reports, and the own reports of a commune and a department."""
    desk = made.desk
    commune, department = _shown(made)
    wanted = [
        (desk.home, LAST, "six-month", f"bao-cao-tinh-{LAST.code}"),
        (desk.home, Period(2025), "year", "bao-cao-tinh-2025"),
        (commune, LAST, "own", f"bao-cao-xa-{LAST.code}"),
        (department, LAST, "own", f"bao-cao-so-{LAST.code}"),
    ]
    written = []
    for unit, period, kind, name in wanted:
        release = release_make(
            reader=desk.reader(),
            unit=unit,
            period=period,
            kind=kind,
            office=desk.office(unit, period),
            actor=desk.actor,
        )
        paths = [folder / (name + suffix) for suffix in (".docx", ".pdf")]
        documents_write(release=release, paths=paths)
        written += paths
    return written
