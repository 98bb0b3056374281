"""The clusters of the demonstration's communes: those of one district of before, or of neighbours where it has few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tienbo.accounts.actors import Actor
from tienbo.disclosure.files import LEAST
from tienbo.units.clusters import Row, clusters_keep
from tienbo.units.models import Unit
from tienbo.units.names import split_name
from tienbo.units.vietnam import CHANGE

FILE = "cum-xa-minh-hoa.csv"


def clusters_invent(
    *, home: Unit, districts: Mapping[str, Sequence[str]], keys: Mapping[str, str], actor: Actor
) -> None:
    """`districts`: name → refs of its communes; `keys`: ref → key."""
    rows = [Row(name, keys[ref], CHANGE, None) for name, refs in _grouped(districts) for ref in refs]
    clusters_keep(unit=home, name=FILE, rows=rows, actor=actor)


def _grouped(districts: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[str]]]:
    """Districts in their order, one after the other until there are communes enough; what is over joins the last."""
    groups: list[tuple[list[str], list[str]]] = []
    for name, refs in districts.items():
        if not groups or len(groups[-1][1]) >= LEAST:
            groups.append(([], []))
        groups[-1][0].append(split_name(name).bare.removeprefix("Huyện ").removeprefix("Thành phố "))
        groups[-1][1].extend(refs)
    if len(groups) > 1 and len(groups[-1][1]) < LEAST:
        names, refs_over = groups.pop()
        groups[-1][0].extend(names)
        groups[-1][1].extend(refs_over)
    for names, found in groups:
        yield f"Cụm {' – '.join(names)}", found
