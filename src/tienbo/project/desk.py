"""The desk of a site: everything a door needs to act on it, opened once."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.project.saying import choose
from tienbo.project.site import Site, site_open

if TYPE_CHECKING:
    from tienbo.accounts.actors import Actor
    from tienbo.catalogue.loading import Edition
    from tienbo.collection.manifest import Stores
    from tienbo.engine.evaluate import Basis
    from tienbo.release.frozen import Office
    from tienbo.release.reading import Reader
    from tienbo.units.models import Unit

worded(
    {
        "site.no_home": N_("The site does not know whose it is. Name its unit: tienbo site home “Tỉnh …”."),
        "site.other_open": N_("Another site is open in this process."),
        "core.no_regime": N_("No reporting regime is known for {period}: the first one begins with {first}."),
    }
)


def django_start(site: Path) -> None:
    """Start Django on a site's settings. A process serves one site."""
    import django
    from django.apps import apps

    if apps.ready:
        from django.conf import settings

        if settings.SITE is None or settings.SITE.path.resolve() != site.resolve():
            raise Refused(Fault("site.other_open", str(site)))
        return
    os.environ["TIENBO_SITE"] = str(site)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tienbo.project.settings"
    django.setup()


def django_bare() -> None:
    """Start Django without a site, for what is the program's own and reads no tables."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tienbo.project.settings")
        django.setup()


def tables_make() -> None:
    """Bring the site's tables to this version's shape."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


_NOT_THEN = ("units.not_found_on", "units.not_found_then")


@dataclass(frozen=True)
class Desk:
    """A site with its stores, definitions and home unit."""

    site: Site
    acting: str = ""
    """The name that history keeps of what is done here; without one, the account that runs the command."""

    @classmethod
    def open(cls, path: Path | None, *, migrate: bool = False) -> Desk:
        """Open a site: its tables are made when asked for, facts that a stopped process owes are replayed."""
        if path is None:
            raise Refused(Fault("site.none"))
        desk = cls(site_open(path))
        if not desk.site.database and not (path / "db.sqlite3").exists():
            raise Refused(Fault("trouble.database_gone", "", {"path": path / "db.sqlite3"}))
        django_start(desk.site.path)
        if migrate:
            tables_make()
        from tienbo.collection.manifest import facts_catch_up

        facts_catch_up(store=desk.stores.facts)
        return desk

    @cached_property
    def stores(self) -> Stores:
        from tienbo.collection.manifest import Stores
        from tienbo.engine.facts import FactStore
        from tienbo.ground.files import FileStore

        return Stores(FileStore(self.site.files), FactStore(self.site.facts))

    @cached_property
    def edition(self) -> Edition:
        """The definitions as they hold today: those of the pack, and the site's own registers in use."""
        from tienbo.catalogue.loading import load
        from tienbo.registers.kinds import edition_with_kinds

        return edition_with_kinds(load(self.site.pack), self.today)

    @cached_property
    def home(self) -> Unit:
        """The unit whose committee runs the site."""
        from tienbo.units.models import Unit

        found = Unit.objects.filter(key=self.site.home_unit).first() if self.site.home_unit else None
        if found is None:
            raise Refused(Fault("site.no_home"))
        return found

    @property
    def actor(self) -> Actor:
        from tienbo.accounts.actors import operator

        return operator(self.acting or getpass.getuser())

    @property
    def seal(self) -> bytes:
        """The secret that seals the workbooks of this site."""
        return self.site.secret_key.encode()

    def office(self, unit: Unit, period: Period) -> Office:
        """How a paper of `unit` is headed: the site's profile, and the place where the unit stands."""
        from tienbo.release.frozen import Office, place_of

        notice = _("Illustrative figures") if self.site.illustrative else ""
        place = place_of(self.edition, unit, period, home=self.home, place=self.site.place)
        return Office(self.site.signing, place, notice)

    def reader(
        self,
        basis: Basis = "accepted",
        *,
        of: Unit | None = None,
        period: Period | None = None,
        map_day: date | None = None,
    ) -> Reader:
        """The site's own office reading its own subtree.

        `of` and `period`, or a `map_day`, say what will be read: on a map on which the site's own unit was not there
        yet (a province formed of others), its office reads the units that went wholly into it, each as that unit.
        """
        from tienbo.engine.evaluate import Audience
        from tienbo.release.reading import Reader

        day = map_day or (self.edition.calendar.last_day(period) if period else None)
        seat = self.home.pk if of is None or day is None else self._seat(of, day)
        return Reader(
            stores=self.stores,
            edition=self.edition,
            audience=Audience("statutory", seat),
            scope=seat,
            basis=basis,
        )

    def _seat(self, of: Unit, day: date) -> int:
        """The unit as which the site's office reads `of` on a day: its own, where `of` stands at or under it; else the
        one above `of` that went wholly into it since or, before its own was there, under which the site collected."""
        from tienbo.collection.models import Campaign
        from tienbo.units.frames import roots_on, tree_on

        tree = tree_on(day)
        line = (of.pk, *tree.ancestors(of.pk)) if of.pk in tree else ()
        if self.home.pk in line:
            return self.home.pk
        roots = set(roots_on(self.home.pk, day))
        if self.home.pk not in tree:
            roots |= set(Campaign.objects.filter(root_id__in=line).values_list("root_id", flat=True))
        return next((unit for unit in reversed(line) if unit in roots), self.home.pk)

    def collectors(self, period: Period) -> list[Unit]:
        """Whose returns the site's office takes in for a period."""
        from tienbo.collection.queries import collectors

        return collectors(home=self.home, period=period, last=self.edition.calendar.last_day(period))

    @property
    def today(self) -> date:
        """The day in Viet Nam."""
        from django.utils import timezone

        return timezone.localdate()

    def period(self, text: str) -> Period:
        """A period as typed at the command line; Refused when it is none, or before every reporting regime."""
        period = period_of(text)
        first = self.edition.calendar.regimes[0].first
        if period.halves[0] < first:
            raise Refused(Fault("core.no_regime", "", {"period": period, "first": first}))
        return period

    def unit_ever(self, text: str, on: date | None = None) -> Unit:
        """The unit a text names on a day, or on any day there was; through the one door."""
        from tienbo.units.access import access_unit

        return self._chosen(text, lambda spec: access_unit(self.actor, spec, need="view", on=on, acting_on=self.today))

    def unit(self, text: str, period: Period | None = None) -> Unit:
        """The unit a text names, on the map of a period's last day; through the one door."""
        from tienbo.units.access import access_unit

        on = self.edition.calendar.last_day(period) if period else self.today
        return self._chosen(text, lambda spec: access_unit(self.actor, spec, need="view", on=on))

    def unit_reporting(self, text: str, period: Period) -> Unit:
        """The unit a text names on a period's last day, else one of its first day that ended within it: such a one may
        file a closing return."""
        from tienbo.units.access import access_unit

        first = self.edition.calendar.span(period).start
        try:
            return self.unit(text, period)
        except Refused as refused:
            if refused.faults[0].code not in _NOT_THEN:
                raise
            try:
                return self._chosen(text, lambda spec: access_unit(self.actor, spec, need="view", on=first))
            except Refused:
                raise refused from None

    def unit_on_map(self, text: str, period: Period, map_day: date | None) -> Unit:
        """The unit a text names on the map of a day, else on that of the period's last day: one that is not there on
        the day asked for is answered too, and says so."""
        if map_day is None:
            return self.unit(text, period)
        from tienbo.units.access import access_unit

        try:
            return self._chosen(text, lambda spec: access_unit(self.actor, spec, need="view", on=map_day))
        except Refused as refused:
            if refused.faults[0].code not in _NOT_THEN:
                raise
            return self.unit(text, period)

    def _chosen(self, text: str, find: Callable[[str], Unit]) -> Unit:
        """What `find` finds; where the text can mean several units, the one that the person at the terminal picks."""
        try:
            return find(text)
        except Refused as refused:
            (fault, *_more) = refused.faults
            if fault.code != "units.ambiguous":
                raise
            matches = fault.fields["candidates"].matches
            picked = choose(_("“{text}” can be several units. Which one?").format(text=text), matches)
            if picked is None:
                raise
            return find(picked.unit.key)


def period_of(text: str) -> Period:
    """A period as typed at the command line; Refused in words when it is none."""
    try:
        return Period.parse(text)
    except ValueError as wrong:
        raise Refused(Fault("core.unreadable_period", "", {"text": text})) from wrong
