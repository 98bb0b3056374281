"""tienbo election load | list | close: lists and results of elections from tables, each figure with its source."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, Refused, errors, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words
from tienbo.project.cli import day_of, site_options, site_path, unit_option
from tienbo.project.commands.published import tables_take, whose
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

if TYPE_CHECKING:
    from tienbo.posts.election_models import Election
    from tienbo.posts.loading import Loaded

worded({"election.unknown": N_("There is no election of the kind {kind} on {day} here.")})


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser(
        "election", help=_("elections: lists by stage and results by constituency, counts only")
    ).add_subparsers(required=True)
    load = group.add_parser("load", help=_("take tables of lists and results in (CSV, or the first sheet)"))
    load.add_argument("files", nargs="+", type=Path, metavar=_("FILE"), help=_("the tables"))
    load.add_argument("--kind", default="", metavar=_("CODE"), help=_("which election, where a table does not say it"))
    load.add_argument("--day", metavar=_("DAY"), help=_("election day, where a table does not say it: 23/5/2021"))
    load.add_argument("--source", default="", metavar=_("TEXT"), help=_("the source, where a table does not say it"))
    load.add_argument("--correct", action="store_true", help=_("what a source tells otherwise than before corrects it"))
    load.add_argument("--check", action="store_true", help=_("say what they would do; nothing is taken in"))
    unit_option(load, help=_("whose elections they are (default: the nation, else the home unit)"))
    listed = group.add_parser("list", help=_("elections, what they add up to, and what contradicts itself"))
    close = group.add_parser("close", help=_("set from when to when the pages of an election are shut"))
    close.add_argument("kind", metavar=_("CODE"), help=_("code of the election: national_assembly"))
    close.add_argument("day", metavar=_("DAY"), help=_("election day: 15/3/2026"))
    close.add_argument("--from", dest="begins", metavar=_("DAY"), help=_("first day of the consultations"))
    close.add_argument("--to", dest="ends", metavar=_("DAY"), help=_("day of the result: the first day open again"))
    for command in (load, listed, close):
        site_options(command)
    load.set_defaults(run=run_load)
    listed.set_defaults(run=run_list)
    close.set_defaults(run=run_close)


def run_load(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from django.db import transaction

    from tienbo.posts.loading import elections_load
    from tienbo.posts.reading import elections_read

    unit, day = whose(desk, arguments.unit), day_of(arguments.day)

    def take(path: Path) -> tuple[Loaded, list[Fault]]:
        rows, faults = elections_read(
            path.name, path.read_bytes(), desk.edition, kind=arguments.kind, day=day, source=arguments.source
        )
        if errors(faults):
            raise Refused(*faults)
        with transaction.atomic():
            done, more = elections_load(
                rows, unit=unit, actor=desk.actor, edition=desk.edition, correct=arguments.correct
            )
            transaction.set_rollback(bool(arguments.check))
        return done, [*faults, *more]

    return tables_take(arguments.files, take, say, is_trial=bool(arguments.check))


def run_list(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.posts.election_models import Election
    from tienbo.posts.election_queries import parts_of, place_names
    from tienbo.posts.figures import election_faults, election_totals

    rows, told, faults = list[tuple[object, ...]](), list[dict[str, object]](), list[Fault]()
    for one in Election.objects.order_by("day", "kind"):
        parts = parts_of(one)
        summed = election_totals(parts, one.unit_id)
        flagged = election_faults(parts, one.unit_id)
        faults += [Fault(fault.code, "", {"place": fault.place, **fault.fields}, fault.level) for fault in flagged]
        name = str(desk.edition.election_kinds[one.kind].name)
        listed, resulted = (summed.candidates, summed.women), (summed.elected, summed.women_elected)
        counts = (
            *((summed.parts, summed.seats) if summed.parts else (None, summed.seats)),
            *(listed if summed.lists else (None, None)),
            *(resulted if summed.results else (None, None)),
            summed.parts_without if summed.parts and summed.results else None,
        )
        rows.append((f"{name} {one.term}", day_words(one.day), *("–" if count is None else count for count in counts)))
        without = place_names(summed.places_without, one.day)
        told.append(
            {
                "kind": one.kind,
                "day": one.day,
                "parts": summed.parts,
                "seats": summed.seats,
                "lists": summed.lists,
                "candidates": listed[0] if summed.lists else None,
                "women_candidates": listed[1] if summed.lists else None,
                "results": summed.results,
                "elected": resulted[0] if summed.results else None,
                "women_elected": resulted[1] if summed.results else None,
                "parts_without_women": summed.parts_without,
                "places_without_women": sorted(without.values()),
                "faults": faults_json(flagged),
            }
        )
    heads = (
        _("Election"),
        _("Day"),
        _("Constituencies"),
        _("Seats"),
        _("Candidates"),
        _("Women"),
        _("Elected"),
        _("Women elected"),
        _("Without a woman"),
    )
    say.table(heads, rows, right=tuple(range(2, 9)))
    say.data(told)
    if not say.as_json:
        say.faults(faults, of=_("To be looked at"))
    return 0


def run_close(arguments: argparse.Namespace, say: Say) -> int:
    Desk.open(site_path(arguments))
    from tienbo.posts.election_models import Election
    from tienbo.posts.election_services import election_close

    day = day_of(arguments.day)
    found = list(Election.objects.filter(kind=arguments.kind, day=day)) if day else []
    if not found:
        raise Refused(Fault("election.unknown", "", {"kind": arguments.kind, "day": day}))
    for one in found:
        election_close(election=one, closed_from=day_of(arguments.begins), closed_to=day_of(arguments.ends))
        say.line(_closed(one))
    say.data([{"key": one.key, "closed_from": one.closed_from, "closed_to": one.closed_to} for one in found])
    return 0


def _closed(election: Election) -> str:
    if election.closed_from is None:
        return _("The pages of the election are open.")
    begins, ends = day_words(election.closed_from), day_words(election.closed_to) if election.closed_to else "…"
    return _("The pages of the election are shut from {begins} until {ends}.").format(begins=begins, ends=ends)
