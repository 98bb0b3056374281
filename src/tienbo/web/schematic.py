"""The schematic of a unit's territory above its heat table: one target, or the values of one indicator, on the map that
was chosen. A picture of our own address, kept by the browser as charts are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.http import Http404, HttpResponse, HttpResponseBase

from tienbo.catalogue.definitions import Target
from tienbo.core.periods import Period
from tienbo.core.tree import Tree, family
from tienbo.core.words import sort_key
from tienbo.engine.values import Status
from tienbo.papers.blocks import Bound
from tienbo.papers.schematic import FEWEST, TERRITORIES, By, Schematic, Tile, tile_told
from tienbo.papers.tables import measured_in
from tienbo.papers.tiles import Point
from tienbo.units.frames import points, unit_keys
from tienbo.units.names import labels_of
from tienbo.web.access import Asked, page
from tienbo.web.charts import FONT, NARROW, unless_kept
from tienbo.web.heat import Heat
from tienbo.web.series import has_heights
from tienbo.web.subject import Subject, subject

BROAD = 820
"""Width in the drawing's own units: names have room in a hundred and thirty tiles."""


def points_on(units: Iterable[int]) -> dict[str, Point]:
    """Key → point of the units (row ids of a day's tree) that have one."""
    held, keys = points(), unit_keys()
    return {keys[one]: Point(*held[one]) for one in units if one in held}


def drawn_units(unit: int, tree: Tree, readable: Iterable[int], level: str = "") -> list[int]:
    """Row ids of the units a schematic of `unit` shows: provinces of the nation; of anything else the smallest units,
    or those of the level asked for. Empty where too few of them have a point."""
    allowed = frozenset(readable)
    below = [one for one in tree.subtree(unit) if one != unit and one in allowed]
    families = ("province",) if tree.kinds[unit] == "nation" else (level,) if level in TERRITORIES else TERRITORIES
    for wanted in families:
        found = [one for one in below if family(tree.kinds[one]) == wanted]
        if found:
            return found if len(points_on(found)) >= FEWEST else []
    return []


def schematic_of(about: Subject, target: Target | None, by: By, level: str = "") -> Schematic | None:
    """What is drawn of an indicator, held against a target where one is given; None where nothing can be drawn."""
    units = drawn_units(about.unit.pk, about.tree, about.readable, level)
    if not units or (by == "verdict" and target is None) or (by == "value" and not has_heights(about.indicator)):
        return None
    units.sort(key=lambda one: sort_key(about.names.get(one, "")))
    title = str(target.name if target else about.indicator.name)
    return Schematic(
        title=f"{title}, {about.name}, {about.when}",
        day=about.day,
        tiles=tuple(_tiles(about, units, target)),
        points=points_on(units),
        by=by,
        unit=measured_in(about.edition, about.indicator),
    )


def _tiles(about: Subject, units: list[int], target: Target | None) -> Iterator[Tile]:
    """In the words of the heat table; without a target, only why there is no figure is said."""
    values = about.figures([about.period], indicators=[about.code], units=units)
    binder = about.binder(values)
    refs = {one: about.named(one) for one in units}
    heat = Heat(about.edition, about.period, about.tree, refs, binder)
    columns = heat.columns([target], {}) if target else []
    labels = labels_of({ref.key: ref.name for ref in refs.values()})
    figure: tuple[str | Bound, ...]
    for one, ref in refs.items():
        value = values.get(about.code, ref.key, about.period.code)
        if target:
            (cell,) = heat.row(one, columns, values).cells
            verdict, words, figure = cell.verdict, cell.words, (cell.text,) if cell.text else ()
        else:
            verdict, words, figure = tile_told(binder, value)
        exact = value.value if value.status is Status.VALUE else None
        yield Tile(ref.key, ref.name, verdict, words, figure, exact, labels[ref.key])


@page("visit", mapped=True)
def picture(request: Asked, period: Period, code: str) -> HttpResponseBase:
    """The schematic as SVG: ?unit=KEY, by values; with &target=CODE by where units stand, unless &by=value;
    &level=district; &narrow=1 for a phone."""
    about = subject(request, period, code)
    target = about.edition.targets.get(request.GET.get("target", ""))
    if target is not None and about.code not in (target.indicator, *target.also):
        raise Http404
    by: By = "value" if target is None or request.GET.get("by") == "value" else "verdict"
    width = NARROW if request.GET.get("narrow") else BROAD

    def make() -> HttpResponse:
        made = schematic_of(about, target, by, request.GET.get("level", ""))
        if made is None:
            raise Http404
        return HttpResponse(made.picture(width, FONT).svg, content_type="image/svg+xml; charset=utf-8")

    return unless_kept(request, make)


def has_schematic(unit: int, tree: Tree, readable: Iterable[int], level: str = "") -> bool:
    """Whether a schematic of the unit can be drawn; the rest is decided when it is."""
    return bool(drawn_units(unit, tree, readable, level))
