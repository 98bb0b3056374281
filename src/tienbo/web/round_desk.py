"""What the pages of an ad-hoc round work with: the round as its office sees it for a period, on the map chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from tienbo.catalogue.loading import Edition
from tienbo.core.messages import language
from tienbo.core.periods import Period
from tienbo.ground.acting import narrow_read
from tienbo.papers.workbook.annex import Annex
from tienbo.papers.workbook.safety import FILE_LIMIT
from tienbo.release.filling import (
    Filling,
    Source,
    fillings,
    source_now,
)
from tienbo.release.frozen import printed
from tienbo.release.models import Round, RoundFile
from tienbo.release.quantities import WHEN, What
from tienbo.release.reading import told
from tienbo.release.rounds import (
    Mapped,
    annex_of,
    file_of,
    mappings_of,
    names_of_units,
    round_find,
)
from tienbo.units.access import accessible_units
from tienbo.units.frames import tree_on, unit_ids, unit_keys, unit_names
from tienbo.units.versions import units_version
from tienbo.web.access import Asked, reader_for
from tienbo.web.figures import version_of
from tienbo.web.maps import PARAMETER, under
from tienbo.web.office import office


@dataclass(frozen=True)
class RoundDesk:
    """A round as its office sees it for a period: on the map that was chosen, else each figure on its own period's."""

    request: Asked
    period: Period
    round: Round

    @cached_property
    def edition(self) -> Edition:
        return office().edition

    @cached_property
    def file(self) -> RoundFile:
        found = file_of(self.round)
        if found is None:
            raise Http404
        return found

    @cached_property
    def annex(self) -> Annex:
        return annex_of(self.file, office().stores.files)

    @cached_property
    def mapped(self) -> Mapping[tuple[str, str], Mapped]:
        return mappings_of(self.round)

    @cached_property
    def fillings(self) -> list[Filling]:
        """Mapped cells with what they would be filled with, sheet by sheet as the annex has them."""
        order = {sheet.name: number for number, sheet in enumerate(self.annex.sheets)}
        held = sorted(self.mapped.values(), key=lambda one: (order.get(one.sheet, len(order)), _place(self.annex, one)))
        return fillings(
            annex=self.annex, mapped=held, source=self.mapped_source, unit=self.round.unit, period=self.period
        )

    @cached_property
    def mapped_source(self) -> Source:
        """The figures of all mapped cells."""
        return self.source([one.what for one in self.mapped.values()])

    @property
    def map_note(self) -> list[str]:
        """What is to be known of figures on another map than their own."""
        return self.mapped_source.note

    @property
    def day(self) -> date:
        """The day on whose units the annex is looked at."""
        return self.request.map_day or self.edition.calendar.last_day(self.period)

    def source(self, whats: Sequence[What]) -> Source:
        """Figures of now, kept as long as nothing they rest on has changed."""
        reader = reader_for(self.request.seat)
        asked = tuple(sorted({json.dumps(one.as_json(), sort_keys=True) for one in whats}))
        on = self.request.map_day
        key = (version_of(reader), units_version(), reader.audience, reader.scope, self.period, on, asked, language())
        found = _kept.get(key)
        if found is None:
            found = source_now(reader=reader, unit=self.round.unit, period=self.period, whats=whats, map_day=on)
            while len(_kept) >= _KEPT:
                _kept.pop(next(iter(_kept)), None)
            _kept[key] = found
        # Kept or not: whoever is handed it reads it.
        codes = {indicator.code for one in whats if (indicator := one.indicator(found.edition)) is not None}
        narrow_read(*told(found.edition, codes, found.values.values.values()))
        return found

    @cached_property
    def units(self) -> list[tuple[str, str]]:
        """(key, name) of the units under the seat, or those it was formed of, that may be read, in the order papers
        print them."""
        day, seat = self.day, self.request.seat.unit.pk
        tree, names, keys = tree_on(day), unit_names(day), unit_keys()
        allowed = accessible_units(self.request.user, need="view", on=day, acting_on=timezone.localdate())
        below = [one for one in under(seat, day) if one in allowed and one != seat]
        return [(keys[one], names.get(one, "")) for one in printed(below, tree, names)]

    @cached_property
    def named(self) -> Mapping[str, str]:
        """Folded name → key of those units."""
        numbers = unit_ids()
        below = {numbers[key]: name for key, name in self.units}
        return names_of_units(below, below)


_kept: dict[Any, Source] = {}
_KEPT = 64


def _place(annex: Annex, one: Mapped) -> tuple[int, int]:
    sheet = annex.sheet(one.sheet)
    cell = sheet.at(one.cell) if sheet else None
    return (cell.row, cell.column) if cell else (10**6, 0)


def desk_of(request: Asked, period: Period, key: str) -> RoundDesk:
    found = round_find(request.seat.unit, key)
    if found is None:
        raise Http404
    return RoundDesk(request, period, found)


def file_sent(request: Asked) -> tuple[str, bytes] | None:
    """The file that was chosen; one byte more than is allowed says that it is too large without reading on."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return None
    return file.name or "phụ lục.xlsx", file.read(FILE_LIMIT + 1)


def number_in(text: str, most: int, *, base: int = 0) -> int:
    """A number in an address, of those there are; anything else is the first."""
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) < 6 and base <= int(text) < most + base else base
    )


def back_to(desk: RoundDesk, number: int, cell: str) -> HttpResponseBase:
    address = reverse("round", kwargs={"period": desk.period, "round": desk.round.key})
    """The page of the round at a cell, on the same map."""
    on = desk.request.map_day
    chosen = (("sheet", str(number)), ("cell", cell), (PARAMETER, on.isoformat() if on else ""))
    asked = urlencode([pair for pair in chosen if pair[1]])
    return redirect(f"{address}?{asked}{f'#at-{cell}' if cell else ''}")


def when_of(text: str) -> Any:
    return text if text in WHEN else "this"
