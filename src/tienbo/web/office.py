"""The office whose pages these are: the site's stores, definitions and home unit, from Django's settings.

`project.settings` puts an `OfficeSettings` into `settings.OFFICE`; nothing here knows how a site is kept on disk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from tienbo.catalogue.loading import Edition, load
from tienbo.collection.manifest import Stores
from tienbo.collection.models import Campaign
from tienbo.collection.queries import collectors, collects
from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.engine.facts import FactStore
from tienbo.ground.files import FileStore
from tienbo.ground.once import once
from tienbo.registers.kinds import edition_with_kinds
from tienbo.release.frozen import Office as PaperOffice
from tienbo.release.frozen import place_of
from tienbo.units.models import Unit
from tienbo.units.queries import unit_keyed
from tienbo.web.configuration import OfficeSettings


def noted_folder() -> Path:
    """Where notes for the journal are written."""
    held: OfficeSettings = settings.OFFICE
    return held.noted


worded({"web.no_home": N_("This site does not know yet whose committee it serves. Its administrator must say so.")})


@dataclass(frozen=True)
class Office:
    """The site as pages use it. Made once a process; what may change is asked of the database each time."""

    settings: OfficeSettings

    @cached_property
    def stores(self) -> Stores:
        return Stores(FileStore(self.settings.files), FactStore(self.settings.facts))

    @property
    def edition(self) -> Edition:
        """The definitions as they hold today: those of the pack, and the site's own registers in use."""
        return edition_with_kinds(load(self.settings.pack), timezone.localdate())

    @property
    def home(self) -> Unit:
        """The unit whose committee runs the site."""
        found: Unit | None = unit_keyed(self.settings.home_unit) if self.settings.home_unit else None
        if found is None:
            raise Refused(Fault("web.no_home"))
        return found

    @property
    def paper(self) -> PaperOffice:
        """How papers are headed."""
        notice = _("Illustrative figures") if self.settings.illustrative else ""
        return PaperOffice(self.settings.signing, self.settings.place, notice)

    def paper_of(self, unit: Unit, period: Period) -> PaperOffice:
        """How a paper of `unit` is headed, with the place where that unit signs."""
        place = place_of(self.edition, unit, period, home=self.home, place=self.settings.place)
        return replace(self.paper, place=place)

    def collectors(self, period: Period) -> list[Unit]:
        """Whose returns this office takes in for a half-year: its own, and those of the units it was formed of."""
        return collectors(home=self.home, period=period, last=self.edition.calendar.last_day(period))

    def collects(self, campaign: Campaign) -> bool:
        """Whether this office takes in what was opened."""
        last = self.edition.calendar.last_day(campaign.period)
        return collects(home=self.home, root_id=campaign.root_id, last=last)

    def periods(self) -> list[Period]:
        """Half-years that were opened by the site's unit or those it was formed of, the newest first."""
        return list(_opened())

    def knows(self, period: Period) -> bool:
        """Whether there can be anything of a period: it has begun, or it (of a year: a half of it) was opened."""
        first = self.edition.calendar.span(period).start
        return first <= timezone.localdate() or not {period, *period.halves}.isdisjoint(self.periods())

    def present(self) -> Period | None:
        """The half-year to begin with: the newest that something was sent for, else the newest that was opened."""
        sent = Campaign.objects.filter(root=self.home, returns__latest__isnull=False)
        codes = set(sent.values_list("period_code", flat=True))
        periods = self.periods()
        return next((one for one in periods if one.code in codes), periods[0] if periods else None)


@once
def _opened() -> tuple[Period, ...]:
    codes = Campaign.objects.order_by().values_list("period_code", flat=True).distinct()
    return tuple(sorted(map(Period.parse, codes), reverse=True))


@lru_cache(maxsize=4)
def _office(held: OfficeSettings) -> Office:
    return Office(held)


def office() -> Office:
    """This process's office."""
    return _office(settings.OFFICE)
