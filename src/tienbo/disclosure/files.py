"""Tables as CSV: innermost counts in, the protected table out, and a published one read back.

One column a dimension, the last one the count; "*" stands for all members. Totals may stand in the file and must then
add up; what is not said is a reported zero. Every fault comes with its row.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.separated import separated
from tienbo.core.words import day_of, day_words, fold
from tienbo.disclosure.cubes import SEP, Cube, Dimension
from tienbo.disclosure.protect import Plan
from tienbo.disclosure.tables import MARKER

ALL = "*"

worded(
    {
        "table.not_text": N_("{place}: the file is not text in UTF-8. In a spreadsheet, save it as “CSV UTF-8”."),
        "table.no_rows": N_("{place}: the file needs a heading, one column a dimension, the counts in the last one."),
        "table.no_column": N_("There is no column {column}. There are: {known}."),
        "table.columns": N_("{place}: {count} cells, and {expected} columns."),
        "table.not_a_count": N_("{place}: “{text}” is not a whole number, zero or more."),
        "table.twice": N_("{place}: {members} stands in the file twice."),
        "table.no_member": N_("{place}: a name is missing."),
        "table.bar": N_("{place}: a name may not hold “|”."),
        "table.total_differs": N_("{place}: the counts add up to {sum}, the file says {said}."),
        "table.unknown_cell": N_("{place}: {members} is not a cell of the table."),
        "table.no_cluster": N_("{member} is in no cluster on that day."),
        "clusters.no_columns": N_(
            "{place}: the sheet of clusters needs the columns “Cụm”, “Xã”, “Từ ngày”, “Đến ngày”."
        ),
        "clusters.no_name": N_("{place}: the cluster or the commune is not named."),
        "clusters.no_day": N_("{place}: “{text}” is not a day; write it as 01/7/2025."),
        "clusters.twice": N_("{place}: {member} is in {cluster} and in {other} on one day."),
        "clusters.too_few": N_(
            "{cluster} has {count} communes on {day}; a cluster has at least {least}, so that it tells of none of them."
        ),
    }
)


@dataclass(frozen=True)
class Read:
    """A table as it was read. `columns`: the headings; `rows`: members → what stands there."""

    columns: tuple[str, ...]
    rows: Mapping[tuple[str, ...], str]
    places: Mapping[tuple[str, ...], str]


def read(data: bytes, name: str) -> Read:
    """Rows of a CSV file, whatever separates its cells. Refused with every row at fault."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise Refused(Fault("table.not_text", name)) from broken
    separator = max(";\t,", key=text.partition("\n")[0].count)
    lines = separated(text, separator)
    if len(lines) < 2 or len(lines[0]) < 2:
        raise Refused(Fault("table.no_rows", name))
    columns, rows, places, faults = tuple(lines[0]), dict[tuple[str, ...], str](), dict[tuple[str, ...], str](), []
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        place = f"{name}:{number}"
        if len(line) != len(columns):
            faults.append(Fault("table.columns", place, {"count": len(line), "expected": len(columns)}))
            continue
        members = tuple(cell.strip() for cell in line[:-1])
        if not all(members):
            faults.append(Fault("table.no_member", place))
        elif any(SEP in one for one in members):
            faults.append(Fault("table.bar", place))
        elif members in rows:
            faults.append(Fault("table.twice", place, {"members": SEP.join(members)}))
        rows[members], places[members] = line[-1].strip(), place
    if faults:
        raise Refused(*faults)
    return Read(columns, rows, places)


def cube_of(
    made: Read, *, place: str = "", times: Sequence[str] = (), clusters: Mapping[str, str] | None = None
) -> Cube:
    """The cube of innermost counts. `place`: the column of reporting units, the first where it is not said; `times`:
    columns of periods; `clusters`: place → the cluster it is told of with, a level above it."""
    known = made.columns[:-1]
    for column in (*([place] if place else []), *times):
        if column not in known:
            raise Refused(Fault("table.no_column", "", {"column": column, "known": ", ".join(known)}))
    faults, counts, said = [], dict[tuple[str, ...], int](), dict[tuple[str, ...], int]()
    for members, text in made.rows.items():
        if not (text.isascii() and text.isdigit()):
            faults.append(Fault("table.not_a_count", made.places[members], {"text": text[:40]}))
            continue
        (said if ALL in members else counts)[members] = int(text)
    dimensions = []
    for n, column in enumerate(known):
        leaves = dict.fromkeys(members[n] for members in counts)
        is_place = column == (place or known[0])
        parents = {ALL: ""}
        if is_place and clusters is not None:
            faults += [Fault("table.no_cluster", one, {"member": one}) for one in leaves if one not in clusters]
            parents |= dict.fromkeys((clusters[one] for one in leaves if one in clusters), ALL)
            parents |= {one: clusters.get(one, ALL) for one in leaves}
        else:
            parents |= dict.fromkeys(leaves, ALL)
        dimensions.append(Dimension(column, parents, "place" if is_place else "time" if column in times else "sort"))
    if faults:
        raise Refused(*faults)
    cube = Cube(tuple(dimensions), counts)
    sums = cube.table().cells
    for members, number in said.items():
        key = SEP.join(members)
        if key not in sums:
            faults.append(Fault("table.unknown_cell", made.places[members], {"members": key}))
        elif sums[key].value != number:
            faults.append(Fault("table.total_differs", made.places[members], {"sum": sums[key].value, "said": number}))
    if faults:
        raise Refused(*faults)
    return cube


def written(cube: Cube, plan: Plan, heading: str) -> str:
    """The protected table as CSV: every member by every other in the order of the file, totals first. A withheld table
    has markers alone."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([*(one.code for one in cube.dimensions), heading])
    cells = cube.table().cells
    for members in itertools.product(*(one.members for one in cube.dimensions)):
        key = SEP.join(members)
        rows.writerow([*map(_plain, members), plan.shown(key, str(cells[key].value))])
    return out.getvalue()


def _plain(text: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@" else text


def published(made: Read) -> tuple[dict[str, int], set[str]]:
    """What a published file says: (key → count, keys of markers). Refused where a cell is neither."""
    counts, hidden, faults = dict[str, int](), set[str](), list[Fault]()
    for members, text in made.rows.items():
        key = SEP.join(one.removeprefix("'") for one in members)
        if text == MARKER:
            hidden.add(key)
        elif text.isascii() and text.isdigit():
            counts[key] = int(text)
        else:
            faults.append(Fault("table.not_a_count", made.places[members], {"text": text[:40]}))
    if faults:
        raise Refused(*faults)
    return counts, hidden


LEAST = 5
"""Communes of a cluster (catalogue.definitions.Cluster)."""
CLUSTER_HEADS = ({"cum", "cum xa", "cluster"}, {"xa", "don vi", "commune"}, {"tu ngay", "from"}, {"den ngay", "until"})


def clusters_read(data: bytes, name: str, day: date) -> dict[str, str]:
    """Member → its cluster on a day, by a province's sheet (CSV): cluster, commune, from the day, to the end of the day
    (blank: it goes on). Refused with every row at fault, and where a cluster of that day is too small."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise Refused(Fault("table.not_text", name)) from broken
    lines = separated(text, max(";\t,", key=text.partition("\n")[0].count))
    heads = [fold(one) for one in lines[0]] if lines else []
    at = [next((n for n, head in enumerate(heads) if head in words), None) for words in CLUSTER_HEADS]
    if at[0] is None or at[1] is None or at[2] is None:
        raise Refused(Fault("clusters.no_columns", name))
    faults, found = list[Fault](), dict[str, str]()
    for number, line in enumerate(lines[1:], 2):
        said = [line[n].strip() if n is not None and n < len(line) else "" for n in at]
        if not any(said):
            continue
        place = f"{name}:{number}"
        first, last = day_of(said[2]), day_of(said[3])
        faults += [
            Fault("clusters.no_day", place, {"text": said[n][:40]})
            for n, held in ((2, first), (3, last))
            if held is None and (n == 2 or said[n])
        ]
        if not said[0] or not said[1]:
            faults.append(Fault("clusters.no_name", place))
        elif first is not None and first <= day and (last is None or day <= last):
            if found.get(said[1], said[0]) != said[0]:
                faults.append(
                    Fault("clusters.twice", place, {"member": said[1], "cluster": found[said[1]], "other": said[0]})
                )
            found[said[1]] = said[0]
    counted = Counter(found.values())
    faults += [
        Fault("clusters.too_few", name, {"cluster": one, "count": count, "day": day_words(day), "least": LEAST})
        for one, count in counted.items()
        if count < LEAST
    ]
    if faults:
        raise Refused(*faults)
    return found


def clusters_of(rows: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Member → its cluster."""
    return {member: name for name, members in rows for member in members}
