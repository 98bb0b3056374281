"""Clusters of communes: read from a sheet, kept by day, and what became of them on a later map.

A commune that went wholly into another takes its place in the cluster with it. Where communes of two clusters went into
one, that one is in none until the office says in which: a guess could make two counts that give each other away.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from tienbo.accounts.actors import Actor
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.tree import is_kind
from tienbo.core.words import day_of, day_words, fold, nfc, sort_key
from tienbo.disclosure.files import CLUSTER_HEADS, LEAST
from tienbo.units.frames import roots_on, tree_on, unit_codes, unit_ids, unit_keys, unit_names
from tienbo.units.heirs import heir
from tienbo.units.models import GSO, ClusterSheet, Unit
from tienbo.units.names import split_name
from tienbo.units.table import sheet_lines

LONGEST = 120
MOST = 2000
"""Rows of a sheet: several times the communes of a province."""

worded(
    {
        "clusters.sheet.no_columns": N_(
            "{place}: the first row needs the columns “Cụm”, “Xã”, “Từ ngày”, “Đến ngày” (or Cluster, Commune, From, "
            "Until)."
        ),
        "clusters.sheet.empty": N_("{place}: the sheet puts no commune into a cluster."),
        "clusters.sheet.too_long": N_("{place}: the sheet has {count} rows; at most {limit} are read."),
        "clusters.sheet.no_name": N_("the cluster is not named."),
        "clusters.sheet.long_name": N_("the name of the cluster has {length} letters; at most {limit} fit."),
        "clusters.sheet.no_day": N_("“{text}” is not a day; write it as 01/7/2025."),
        "clusters.sheet.ends_before": N_("the last day, {last}, is before the first, {first}."),
        "clusters.sheet.unknown": N_("on {day} there is no commune “{text}” under your unit."),
        "clusters.sheet.ambiguous": N_("on {day} “{text}” can be {count} communes; write its code."),
        "clusters.sheet.twice": N_("{member} is on {day} in the cluster {other} already (row {row})."),
        "clusters.sheet.too_few": N_(
            "{cluster} has {count} communes on {day}; a cluster has at least {least}, so that it tells of none of them."
        ),
    }
)

COLUMNS: Mapping[str, frozenset[str]] = {
    "cluster": frozenset(CLUSTER_HEADS[0]),
    "name": frozenset(CLUSTER_HEADS[1]),
    "first": frozenset(CLUSTER_HEADS[2]),
    "last": frozenset(CLUSTER_HEADS[3]),
    "code": frozenset({"ma", "ma xa", "ma don vi", "code"}),
}


class Row(NamedTuple):
    """A commune in a cluster from a day on, until a day on which it is no more."""

    cluster: str
    unit: str
    first: date
    until: date | None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.until is None or day < self.until)


@dataclass(frozen=True)
class Standing:
    """The clusters of a unit on a day. `clusters`: name → communes (row ids) as they stand on it; `small`: those of
    fewer than `LEAST`, which are not used; `contested`: communes that two clusters went into; `alone`: in none."""

    clusters: Mapping[str, tuple[int, ...]]
    small: Mapping[str, tuple[int, ...]]
    contested: tuple[int, ...]
    alone: tuple[int, ...]

    def used(self) -> dict[int, str]:
        """Commune (row id) → the cluster it is told of with."""
        return {unit: name for name, units in self.clusters.items() for unit in units}


# ------------------------------------------------------------------------------------------------------- reading


class _Line(NamedTuple):
    place: str
    cluster: str
    named: str
    first: str
    last: str


def _lines(name: str, content: bytes) -> Iterator[_Line]:
    rows = list(sheet_lines(content, name))
    heads = [fold(one) for one in rows[0]] if rows else []
    at = {field: next((n for n, head in enumerate(heads) if head in words), None) for field, words in COLUMNS.items()}
    if any(at[field] is None for field in ("cluster", "first")) or (at["name"] is None and at["code"] is None):
        raise Refused(Fault("clusters.sheet.no_columns", name))
    if len(rows) > MOST:
        raise Refused(Fault("clusters.sheet.too_long", name, {"count": len(rows), "limit": MOST}))
    for number, row in enumerate(rows[1:], 2):

        def cell(field: str, row: Sequence[str] = row) -> str:
            n = at[field]
            return nfc(row[n]).strip().removeprefix("'") if n is not None and n < len(row) else ""

        if cell("cluster") or cell("first") or cell("last"):  # a commune alone stands in no cluster
            named = cell("code") or cell("name")
            yield _Line(str(number), cell("cluster"), named, cell("first"), cell("last"))


def clusters_read(unit: Unit, name: str, content: bytes) -> list[Row]:
    """What a sheet says of a unit's communes. Refused with every row at fault, and with every day on which a cluster
    is too small to tell of none of them."""
    faults, found, said = list[Fault](), list[Row](), list[str]()
    keys = unit_keys()
    for line in _lines(name, content):
        first, last = day_of(line.first), day_of(line.last)
        wrong = [
            Fault("clusters.sheet.no_day", line.place, {"text": text[:40]})
            for text, day, is_asked in ((line.first, first, True), (line.last, last, bool(line.last)))
            if day is None and is_asked
        ]
        if not line.cluster:
            wrong.append(Fault("clusters.sheet.no_name", line.place))
        elif len(line.cluster) > LONGEST:
            length = {"length": len(line.cluster), "limit": LONGEST}
            wrong.append(Fault("clusters.sheet.long_name", line.place, length))
        if first is not None and last is not None and last < first:
            days = {"first": day_words(first), "last": day_words(last)}
            wrong.append(Fault("clusters.sheet.ends_before", line.place, days))
        if first is not None:
            matches = _meant(unit, line.named, first)
            if len(matches) == 1 and not wrong:
                until = last + timedelta(days=1) if last is not None else None
                found.append(Row(line.cluster, keys[matches[0]], first, until))
                said.append(line.place)
            elif len(matches) != 1:
                code = "clusters.sheet.ambiguous" if matches else "clusters.sheet.unknown"
                fields = {"text": line.named[:80], "day": day_words(first), "count": len(matches)}
                wrong.append(Fault(code, line.place, fields))
        faults += wrong
    if not faults:
        faults += _twice(found, said)
    if not faults:
        faults += _too_few(found, name)
    if not faults and not found:
        faults.append(Fault("clusters.sheet.empty", name))
    if faults:
        raise Refused(*faults)
    return found


def _meant(unit: Unit, text: str, day: date) -> list[int]:
    """The communes under a unit on a day that a code or a name means: as it is written, else without its marks."""
    there = communes(unit, day)
    by_code = [one for one in there if unit_codes(day, GSO).get(one) == text.removeprefix("gso:").zfill(5)]
    if by_code:
        return by_code
    names = unit_names(day)
    spelled = [one for one in there if text and text in (names.get(one), split_name(names.get(one, "")).bare)]
    plain = fold(text)
    return spelled or [one for one in there if plain and plain in (fold(names[one]), fold(split_name(names[one]).bare))]


def communes(unit: Unit, day: date) -> list[int]:
    """The communes under a unit, or under those it was formed of, on a day."""
    tree = tree_on(day)
    found = dict.fromkeys(one for root in roots_on(unit.pk, day) for one in tree.subtree(root))
    return [one for one in found if is_kind(tree.kinds[one], ("commune",))]


def _twice(rows: Sequence[Row], places: Sequence[str]) -> Iterator[Fault]:
    held = defaultdict[str, list[tuple[Row, str]]](list)
    ids = unit_ids()
    for row, place in zip(rows, places, strict=True):
        for other, at in held[row.unit]:
            day = max(row.first, other.first)
            if row.holds(day) and other.holds(day):
                member = unit_names(day).get(ids[row.unit], row.unit)
                fields = {"member": member, "day": day_words(day), "other": other.cluster, "row": at}
                yield Fault("clusters.sheet.twice", place, fields)
        held[row.unit].append((row, place))


def _too_few(rows: Sequence[Row], name: str) -> Iterator[Fault]:
    told = set[str]()
    for day in sorted({row.first for row in rows} | {row.until for row in rows if row.until is not None}):
        for cluster, count in Counter(row.cluster for row in rows if row.holds(day)).items():
            if count < LEAST and cluster not in told:
                told.add(cluster)
                fields = {"cluster": cluster, "count": count, "day": day_words(day), "least": LEAST}
                yield Fault("clusters.sheet.too_few", name, fields)


# ------------------------------------------------------------------------------------------------------- keeping


def clusters_keep(*, unit: Unit, name: str, rows: Iterable[Row], actor: Actor) -> ClusterSheet:
    """Keep a sheet that was read; from now on it is the one that counts."""
    said = [
        {
            "cluster": row.cluster,
            "unit": row.unit,
            "first": row.first.isoformat(),
            "until": row.until.isoformat() if row.until else "",
        }
        for row in rows
    ]
    return ClusterSheet.objects.create(unit=unit, name=name[:255], rows=said, said_by=actor.name)


def clusters_sheet(unit: Unit) -> ClusterSheet | None:
    """The sheet that counts."""
    return ClusterSheet.objects.filter(unit=unit).order_by("pk").last()


def clusters_rows(sheet: ClusterSheet | None) -> list[Row]:
    return [
        Row(
            one["cluster"],
            one["unit"],
            date.fromisoformat(one["first"]),
            date.fromisoformat(one["until"]) if one["until"] else None,
        )
        for one in (sheet.rows if sheet is not None else ())
    ]


def clusters_on(unit: Unit, day: date) -> Standing:
    """The clusters of a unit as they stand on a day, on the map of that day."""
    there = communes(unit, day)
    known, names = set(there), unit_names(day)
    direct, came = dict[int, str](), defaultdict[int, set[str]](set)
    for row in clusters_rows(clusters_sheet(unit)):
        if not row.holds(day):
            continue
        pk = unit_ids()[row.unit]
        if pk in known:
            direct[pk] = row.cluster
        elif (into := heir(pk, day)) is not None and into in known:
            came[into].add(row.cluster)
    contested = [pk for pk, told in came.items() if pk not in direct and len(told) > 1]
    placed = {pk: next(iter(told)) for pk, told in came.items() if len(told) == 1} | direct
    groups = defaultdict[str, list[int]](list)
    for pk in sorted(placed, key=lambda one: sort_key(names.get(one, ""))):
        groups[placed[pk]].append(pk)
    made = {name: tuple(groups[name]) for name in sorted(groups, key=sort_key)}
    return Standing(
        clusters={name: units for name, units in made.items() if len(units) >= LEAST},
        small={name: units for name, units in made.items() if len(units) < LEAST},
        contested=_ordered(contested, names),
        alone=_ordered([one for one in there if one not in placed and one not in contested], names),
    )


def _ordered(units: Collection[int], names: Mapping[int, str]) -> tuple[int, ...]:
    return tuple(sorted(units, key=lambda one: sort_key(names.get(one, ""))))


def clusters_named(unit: Unit, day: date) -> dict[str, str]:
    """What a table may call a commune on a day (name, code, key) → its cluster; a name that two of them have is left
    out."""
    used, names, codes, keys = clusters_on(unit, day).used(), unit_names(day), unit_codes(day, GSO), unit_keys()
    counted = Counter(names.get(one, "") for one in communes(unit, day))
    made = dict[str, str]()
    for pk, cluster in used.items():
        if counted[names[pk]] == 1:
            made[names[pk]] = cluster
        if pk in codes:
            made[codes[pk]] = cluster
        made[keys[pk]] = cluster
    return made


def clusters_table(unit: Unit, day: date) -> Iterator[list[str]]:
    """The sheet that counts, row by row under its heading, to be changed and taken in again; then the communes of the
    day that are in none."""
    yield ["Cụm", "Mã xã", "Xã", "Từ ngày", "Đến ngày"]
    ids, standing = unit_ids(), clusters_on(unit, day)
    for row in clusters_rows(clusters_sheet(unit)):
        pk = ids[row.unit]
        last = day_words(row.until - timedelta(days=1)) if row.until is not None else ""
        yield [row.cluster, unit_codes(row.first, GSO).get(pk, ""), unit_names(row.first).get(pk, ""),
               day_words(row.first), last]  # fmt: skip
    for pk in (*standing.contested, *standing.alone):
        yield ["", unit_codes(day, GSO).get(pk, ""), unit_names(day).get(pk, ""), "", ""]
