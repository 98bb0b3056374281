"""tienbo disclosure: what may leave of a table, and what an attacker makes of what has left."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.project.cli import day_of, site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say

if TYPE_CHECKING:
    from datetime import date

    from tienbo.disclosure.cubes import Cube
    from tienbo.disclosure.protect import Plan
    from tienbo.disclosure.tables import Earlier

MANY = 10
"""Places of a table from which on they may be told of by clusters."""
TIER_NAMES = ("government", "partner", "public")

worded(
    {
        "disclosure.no_file": N_("{path} cannot be read: {reason}"),
        "disclosure.bad_ledger": N_("{path} is not a ledger of this program."),
        "disclosure.withheld": N_(
            "The table cannot leave: {count} small counts could be worked out whatever is hidden. Nothing was written."
        ),
        "disclosure.coarsen": N_(
            "{small} of {inner} inner cells are small: more than {most} %. A coarser table tells more: {steps}. Use "
            "--coarsen, or --as-it-is for this one. Nothing was written."
        ),
        "disclosure.cluster": N_(
            "{small} of {inner} inner cells are small: more than {most} %. Of so many places, declare clusters of "
            "at least five (--clusters FILE); without them a coarser table would be: {steps}. Nothing was written."
        ),
        "disclosure.exists": N_("{path} exists already and was not written over."),
        "disclosure.no_truth": N_("To attack a published file, give the true counts with --truth."),
        "disclosure.release_not_found": N_("There is no packet and no release {key} from which guarded figures left."),
        "disclosure.differs": N_("{place}: the published file says {said}, the counts say {value}."),
    }
)


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("disclosure", help=_("what may leave: protect a table, attack what has left"))
    acts = group.add_subparsers(required=True)
    protect = acts.add_parser("protect", help=_("hide in a CSV table what must not be worked out"))
    protect.add_argument("file", type=Path, metavar=_("FILE"), help=_("counts: a column a dimension, counts last"))
    protect.add_argument("--out", type=Path, required=True, metavar=_("FILE"), help=_("the protected table (CSV)"))
    _table_options(protect)
    protect.add_argument(
        "--ledger", type=Path, metavar=_("FILE"), help=_("what left before, and what leaves now (JSON; true counts)")
    )
    protect.add_argument("--coarsen", action="store_true", help=_("write the coarser table that is proposed"))
    protect.add_argument("--as-it-is", action="store_true", help=_("write the table however much of it is hidden"))
    site_options(protect)
    protect.set_defaults(run=run_protect)
    audit = acts.add_parser("audit", help=_("read back what was published and attack it"))
    audit.add_argument("release", metavar=_("RELEASE"), help=_("key of a packet or of a release, or a published CSV"))
    audit.add_argument("--truth", type=Path, metavar=_("FILE"), help=_("the true counts of a published CSV"))
    audit.add_argument(
        "--file",
        type=Path,
        action="append",
        default=[],
        metavar=_("FILE"),
        help=_("a file of the packet as somebody has it (docx, pdf, html, csv, json); may be repeated"),
    )
    _table_options(audit)
    site_options(audit)
    audit.set_defaults(run=run_audit)


def _table_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--tier", choices=TIER_NAMES, default="public", help=_("toward whom (default: public)"))
    command.add_argument("--place", default="", metavar=_("COLUMN"), help=_("column of units (default: the first)"))
    command.add_argument("--time", action="append", default=[], metavar=_("COLUMN"), help=_("column of periods"))
    command.add_argument(
        "--clusters",
        nargs="?",
        const="",
        metavar=_("FILE"),
        help=_("tell of communes by clusters too: those of the site or the pack, or of a sheet (CSV) of the province"),
    )
    command.add_argument("--on", metavar=_("DAY"), help=_("clusters of which day (default: today)"))
    command.add_argument("--pack", default="vn", metavar=_("PACK"), help=_("whose rules of release (default: vn)"))


def run_protect(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.catalogue.loading import load
    from tienbo.disclosure.cubes import proposals
    from tienbo.disclosure.files import written
    from tienbo.disclosure.protect import protect
    from tienbo.disclosure.tables import Earlier
    from tienbo.papers.guarded import TIERS, policy_of

    if arguments.out.exists():
        raise Refused(Fault("disclosure.exists", str(arguments.out), {"path": arguments.out}))
    tier, policy = TIERS[arguments.tier], policy_of(load(arguments.pack))
    cube, heading = _cube(arguments, arguments.file)
    earlier = _ledger(arguments.ledger)
    plan = protect(cube.table(), tier=tier, policy=policy, earlier=earlier)
    steps: tuple[str, ...] = ()
    if plan.should_coarsen and not arguments.as_it_is:
        order = (*arguments.time, *(one.code for one in cube.dimensions if one.kind == "sort"))
        with_clusters = _clustered(arguments) or cube
        steps, coarse = next(iter(proposals(with_clusters, plan.rule, order)), ((), cube))
        if not arguments.coarsen or not steps:
            fields = {"small": plan.small, "inner": plan.inner, "most": Decimal(plan.rule.coarsen_above * 100)}
            place = next(one for one in cube.dimensions if one.kind == "place")
            code = "disclosure.cluster" if len(place.leaves) >= MANY and with_clusters is cube else "disclosure.coarsen"
            raise Refused(Fault(code, "", {**fields, "steps": ", ".join(steps) or "–"}))
        cube = coarse
        plan = protect(cube.table(), tier=tier, policy=policy, earlier=earlier)
    if not plan.is_protected:
        raise Refused(Fault("disclosure.withheld", "", {"count": len({key for key, _who in plan.unmet})}))
    arguments.out.write_text(written(cube, plan, heading), encoding="utf-8-sig", newline="")
    if arguments.ledger:
        _keep(arguments.ledger, [*earlier, Earlier(cube.table(), tier, frozenset(plan.hidden), plan.zeros)])
    _tell(say, plan, steps)
    return 0


def _tell(say: Say, plan: Plan, steps: tuple[str, ...]) -> None:
    from tienbo.disclosure.policy import REASONS

    if steps:
        say.line(_("Made coarser: {steps}").format(steps=", ".join(steps)))
    say.line(_("Hidden: {hidden}, of which small by themselves: {small}").format(
        hidden=len(plan.hidden), small=len([one for one in plan.primary if one in plan.hidden])
    ))  # fmt: skip
    say.table(
        [_("Cell"), _("Why hidden")],
        [
            (key, _(REASONS[why]).format(k=plan.rule.k, base=plan.rule.least_base))
            for key, why in plan.hidden.items()
        ],
    )  # fmt: skip
    say.data({"plan": plan.as_json(), "fingerprint": plan.fingerprint, "coarser": list(steps)})


def _cube(arguments: argparse.Namespace, file: Path) -> tuple[Cube, str]:
    from tienbo.disclosure.files import cube_of, read

    made = read(_bytes(file), file.name)
    clusters = _clusters(arguments) if arguments.clusters is not None else None
    return cube_of(made, place=arguments.place, times=arguments.time, clusters=clusters), made.columns[-1]


def _clustered(arguments: argparse.Namespace) -> Cube | None:
    """The table with the clusters of the pack as a level of its places, where nobody asked for clusters and the pack
    has one for each of its communes; None where it has not."""
    if arguments.clusters is not None:
        return None
    from tienbo.disclosure.files import cube_of, read

    made, clusters = read(_bytes(arguments.file), arguments.file.name), _clusters(arguments)
    try:
        return cube_of(made, place=arguments.place, times=arguments.time, clusters=clusters) if clusters else None
    except Refused:  # a commune that is in none
        return None


def _clusters(arguments: argparse.Namespace) -> dict[str, str]:
    from datetime import date

    from tienbo.catalogue.loading import load
    from tienbo.disclosure.files import clusters_of, clusters_read

    day = day_of(arguments.on) or date.today()
    if arguments.clusters:
        file = Path(arguments.clusters)
        return clusters_read(_bytes(file), file.name, day)
    if arguments.site is not None and (told := _told(arguments, day)):
        return told
    held = load(arguments.pack).clusters.values()
    return clusters_of((str(one.name), one.members) for one in held if one.holds(day))


def _told(arguments: argparse.Namespace, day: date) -> dict[str, str]:
    """What the site's office told of its clusters, as they stand on a day: a commune by its name, code or key."""
    desk = Desk.open(site_path(arguments))
    from tienbo.units.clusters import clusters_named

    return clusters_named(desk.home, day)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as broken:
        fields = {"path": file, "reason": broken.strerror or broken}
        raise Refused(Fault("disclosure.no_file", str(file), fields)) from broken


def _ledger(file: Path | None) -> list[Earlier]:
    from tienbo.disclosure.tables import Earlier, Table

    if file is None or not file.exists():
        return []
    try:
        made = json.loads(_bytes(file))
        return [
            Earlier(Table.from_json(one["table"]), one["tier"], frozenset(one["hidden"]), one["zeros"]) for one in made
        ]
    except (ValueError, KeyError, TypeError) as broken:
        raise Refused(Fault("disclosure.bad_ledger", str(file), {"path": file})) from broken


def _keep(file: Path, every: list[Earlier]) -> None:
    """The ledger holds true counts: only its owner reads it. Written whole, then put in place."""
    made: list[dict[str, Any]] = [
        {"table": one.table.as_json(), "tier": int(one.tier), "hidden": sorted(one.hidden), "zeros": one.zeros}
        for one in every
    ]
    beside = file.with_name(file.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(made, out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)


# --------------------------------------------------------------------------------------------------------- audit


def run_audit(arguments: argparse.Namespace, say: Say) -> int:
    if arguments.release.lower().endswith(".csv"):
        faults, pairs = _audit_file(arguments)
        looked, read = 0, {arguments.release}
    else:
        faults, looked, read, pairs = _audit_packets(arguments)
    say.line(_("Read back: {files}").format(files=", ".join(sorted(read))))
    say.faults(faults)
    if not faults:
        say.line(_("Nothing hidden can be worked out from it."))
    if pairs[1]:
        words = _("Two units that told each other what they know: {tried} pairs were tried, {count} counts found.")
        say.line(words.format(tried=pairs[1], count=pairs[0]))
    said = [one.as_json() for one in faults]
    say.data({"read": sorted(read), "faults": said, "attacked": looked, "pairs": dict(zip(PAIRS, pairs, strict=True))})
    return 1 if faults else 0


PAIRS = ("found", "tried")


def _audit_packets(arguments: argparse.Namespace) -> tuple[list[Fault], int, set[str], tuple[int, int]]:
    Desk.open(site_path(arguments))
    from tienbo.release.gate_audit import audit, files_given
    from tienbo.release.packet_models import Departure

    rows = Departure.objects.select_related("step__packet__release").order_by("pk")
    packets = {
        one.step.packet.key: one.step.packet
        for one in rows
        if arguments.release in (one.step.packet.key, one.step.packet.release.key)
    }
    if not packets:
        raise Refused(Fault("disclosure.release_not_found", "", {"key": arguments.release}))
    faults, looked, read, pairs, tried = list[Fault](), 0, set[str](), 0, 0
    given = {str(file): _bytes(file) for file in arguments.file}
    for key, packet in packets.items():
        found = audit(packet, files_given(packet, given) if given else None)
        pairs, tried = pairs + found.pairs, tried + found.pairs_tried
        faults += found.faults
        looked += found.looked
        read |= {f"{key} {one}" for one in found.read}
    return faults, looked, read, (pairs, tried)


def _audit_file(arguments: argparse.Namespace) -> tuple[list[Fault], tuple[int, int]]:
    from tienbo.catalogue.loading import load
    from tienbo.disclosure.attacker import attacked
    from tienbo.disclosure.files import published, read
    from tienbo.disclosure.views import targets_of, view_of
    from tienbo.papers.guarded import TIERS, policy_of

    if arguments.truth is None:
        raise Refused(Fault("disclosure.no_truth"))
    rule = policy_of(load(arguments.pack)).rule(TIERS[arguments.tier])
    cube, _heading = _cube(arguments, arguments.truth)
    table = cube.table()
    file = Path(arguments.release)
    told, hidden = published(read(_bytes(file), file.name))
    faults = list(_differing(table.cells, told, file.name))
    unsaid = {key for key in table.cells if key not in told}
    zeros = rule.zeros_hide or any(table.cells[key].value == 0 for key in hidden & table.cells.keys())
    breaches, pairs, tried = attacked(view_of(table, unsaid, zeros), targets_of(table, rule))
    for one in breaches:
        fields = {"cell": one.key, "low": one.interval.low, "high": one.interval.high, "unit": one.who}
        faults.append(Fault("audit.found_by_unit" if one.who else "audit.found_out", one.key, fields))
    faults += [
        Fault("audit.found_out", key, {"cell": key, "low": told[key], "high": told[key]})
        for key in sorted(told.keys() & {one.key for one in targets_of(table, rule)})
    ]
    return faults, (pairs, tried)


def _differing(cells: Any, told: dict[str, int], name: str) -> Iterator[Fault]:
    for key, number in told.items():
        if key in cells and cells[key].value != number:
            yield Fault("disclosure.differs", f"{name} {key}", {"said": number, "value": cells[key].value})


worded(
    {
        "audit.found_out": N_("{cell} can be worked out from what has left: between {low} and {high}."),
        "audit.found_by_unit": N_("{unit}, who knows its own counts, can work out {cell}: between {low} and {high}."),
    }
)
