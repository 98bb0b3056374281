"""A reader asks on the map of any day: the way there is made from the acts on record, and kept until they change."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.collection.conftest import H1, House, house
from tests.release.test_releases import filled, reader

from tienbo.engine.evaluate import Question
from tienbo.engine.values import FrozenValues, Status
from tienbo.release.reading import _era
from tienbo.units.models import Extent
from tienbo.units.reorganisations import ActText, Went, reorganisation_record
from tienbo.units.services import unit_create, unit_end

__all__ = ["house"]
pytestmark = [pytest.mark.database, pytest.mark.django_db]


def merged(house: House) -> tuple[date, int, str]:
    """Two communes into a new one a month after the half-year; the day, the new unit, the key of the act."""
    day = house.edition.calendar.last_day(H1) + timedelta(days=30)
    new = unit_create(kind="commune", name="Xã Bình An", begins=day, parent=house.root)
    gone = [house.units[name] for name in ("Xã An Bình", "Xã Bình Minh")]
    for unit in gone:
        unit_end(unit=unit, on=day)
    act = reorganisation_record(
        text=ActText(kind="merge", title="Nghị quyết minh họa", source="minh họa", number="1/NQ"),
        effective_on=day,
        went=[Went(unit.pk, new.pk, Extent.WHOLE) for unit in gone],
    )
    return day, new.pk, act.key


def test_figures_of_before_are_read_on_the_units_of_a_day(house: House) -> None:
    filled(house)
    day, new, act = merged(house)
    values = reader(house).values(Question(("staff.women",), (H1,), (new, house.root.pk), map_day=day))
    there = {value.unit: value for value in values}
    commune = there[values.ground.keys[new]]
    assert (commune.status, commune.value, commune.numerator, commune.units_due) == (Status.VALUE, 35, 21, 2)
    assert commune.acts == (act,)
    assert there[house.root.key].value == 35
    assert values.meta == {"map_day": day.isoformat(), "acts": values.ground.onto and values.ground.onto.fingerprint}
    frozen = FrozenValues.of(there.values(), values.meta)
    assert FrozenValues.from_json(frozen.as_json()).values == frozen.values


def test_an_abolished_commune_is_asked_for_alone_and_explained_where_it_went(house: House) -> None:
    filled(house)
    day, new, act = merged(house)
    old = house.units["Xã An Bình"].pk
    ask = reader(house)
    (alone,) = ask.values(Question(("staff.women",), (H1,), (old,)))
    assert alone.value == 25
    (gone,) = ask.values(Question(("staff.women",), (H1,), (old,), map_day=day))
    assert (gone.status, gone.acts) == (Status.NOT_APPLICABLE, (act,))
    made = ask.explain("staff.women", new, H1, day)
    assert [(one.unit, one.low, one.acts) for one in made.predecessors] == [
        (unit.pk, 1, (act,)) for unit in (house.units["Xã An Bình"], house.units["Xã Bình Minh"])
    ]


def test_the_way_is_made_once_until_the_units_change(house: House) -> None:
    filled(house)
    day, new, _act = merged(house)
    ask = reader(house)
    ask.values(Question(("staff.women",), (H1,), (new,), map_day=day))
    made = _era.cache_info().misses
    ask.values(Question(("staff.women",), (H1,), (new,), map_day=day))
    assert _era.cache_info().misses == made
    unit_create(kind="commune", name="Xã Khác", begins=day, parent=house.root)
    ask.values(Question(("staff.women",), (H1,), (new,), map_day=day))
    assert _era.cache_info().misses == made + 1
