"""The desk of a site: who reads what was collected before the site's own unit was there, and where papers are dated."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tienbo.collection.services import campaign_open
from tienbo.core.faults import Refused
from tienbo.core.periods import Period
from tienbo.engine.evaluate import Question
from tienbo.engine.values import Status
from tienbo.project.desk import Desk
from tienbo.project.site import Site
from tienbo.release.frozen import BLANK_PLACE
from tienbo.units.models import Extent, Unit
from tienbo.units.reorganisations import ActText, Went, reorganisation_record
from tienbo.units.services import unit_create, unit_end

pytestmark = pytest.mark.django_db

BEFORE, AFTER = Period(2025, 1), Period(2025, 2)
MERGER = date(2025, 7, 1)


class Place:
    """Two old provinces with a commune each, joined on 1/7/2025; the site is the joined one's and collected in the
    first of the two only."""

    def __init__(self, folder: Path) -> None:
        self.collected, self.other = (self._province(name) for name in ("Tỉnh Trung Lĩnh", "Tỉnh Bắc Lĩnh"))
        self.communes = [
            unit_create(kind="commune", name=f"Xã {name}", begins=date(2020, 1, 1), parent=parent)
            for name, parent in (("Trúc Vĩnh", self.collected), ("Pác Đeng", self.other))
        ]
        for unit in (*self.communes, self.collected, self.other):
            unit_end(unit=unit, on=MERGER)
        self.home = unit_create(kind="province", name="Tỉnh Lạc Giang", begins=MERGER)
        self.office = unit_create(kind="department.health", name="Sở Y tế", begins=MERGER, parent=self.home)
        self.commune = unit_create(kind="commune", name="Phường Thọ Ninh", begins=MERGER, parent=self.home)
        site = Site(path=folder, secret_key="s" * 40, home_unit=self.home.key, place="Trung Lĩnh")
        self.desk = Desk(site)
        campaign_open(root=self.collected, period=BEFORE, edition=self.desk.edition)

    def _province(self, name: str) -> Unit:
        return unit_create(kind="province", name=name, begins=date(2020, 1, 1))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_was_collected_before_the_merger_is_read_by_the_office_that_collected_it(place: Place) -> None:
    for unit in (place.collected, place.communes[0]):
        reader = place.desk.reader(of=unit, period=BEFORE)
        assert reader.scope == reader.audience.unit == place.collected.pk
        assert list(reader.values(Question(("training.classes",), (BEFORE,), (unit.pk,))))


def test_what_the_site_did_not_collect_stays_outside_what_it_may_read(place: Place) -> None:
    for unit in (place.other, place.communes[1]):
        reader = place.desk.reader(of=unit, period=BEFORE)
        with pytest.raises(Refused):
            reader.values(Question(("training.classes",), (BEFORE,), (unit.pk,)))


def test_what_went_wholly_into_the_sites_unit_is_read_by_its_office(place: Place) -> None:
    """The other province was not collected in; an act in force says that all of it is in the site's unit now."""
    went = [Went(one.pk, place.home.pk, Extent.WHOLE) for one in (place.collected, place.other)]
    went += [Went(one.pk, place.commune.pk, Extent.WHOLE) for one in place.communes]
    text = ActText(kind="merge", title="Nghị quyết về việc sắp xếp", number="1/NQ", source="x")
    reorganisation_record(text=text, effective_on=MERGER, went=went)
    for unit in (place.other, place.communes[1]):
        reader = place.desk.reader(of=unit, period=BEFORE)
        assert reader.scope == reader.audience.unit == place.other.pk
        day = place.desk.edition.calendar.last_day(BEFORE)
        reader = place.desk.reader(of=unit, period=AFTER, map_day=day)
        assert reader.scope == place.other.pk
        (value,) = reader.values(Question(("training.classes",), (AFTER,), (unit.pk,), map_day=day))
        assert value.status is Status.NOT_REPORTED
        assert value.map_day == day.isoformat()


def test_since_the_merger_the_site_reads_as_its_own_unit(place: Place) -> None:
    for unit in (place.home, place.commune):
        assert place.desk.reader(of=unit, period=AFTER).scope == place.home.pk
    assert place.desk.reader().scope == place.home.pk


def test_a_paper_is_dated_where_its_unit_stands(place: Place) -> None:
    desk = place.desk
    assert desk.office(place.home, AFTER).place == "Trung Lĩnh"
    assert desk.office(place.office, AFTER).place == "Trung Lĩnh"
    assert desk.office(place.commune, AFTER).place == "Thọ Ninh"
    assert desk.office(place.communes[0], BEFORE).place == "Trúc Vĩnh"
    assert desk.office(place.other, BEFORE).place == BLANK_PLACE
