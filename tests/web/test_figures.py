"""Figures of pages are asked for once, by whichever process comes first, until somebody decides."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.web.world import PERIOD, World, say

from tienbo.release.reading import Reader
from tienbo.units.models import Role
from tienbo.web import figures as kept
from tienbo.web.access import Seat

LOCAL = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


@pytest.fixture
def asked(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Questions that reached the facts."""
    settings.CACHES = {"default": LOCAL, "figures": {**LOCAL, "LOCATION": "figures"}}
    found: list[Any] = []
    values = Reader.values

    def told(self: Reader, question: Any) -> Any:
        found.append(question)
        return values(self, question)

    monkeypatch.setattr(Reader, "values", told)
    monkeypatch.setattr(kept, "_kept", {})
    kept.forget()
    return found


def of(world: World) -> Any:
    seat = Seat(world.province, frozenset({Role.OFFICE}))
    return kept.figures(seat, [PERIOD], units=[world.province.pk], map_day=date(2026, 6, 14), own=PERIOD)


def test_another_process_reads_what_one_asked_for(
    world: World, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = of(world)
    count = len(asked)
    assert count > 0
    monkeypatch.setattr(kept, "_kept", {})  # a process that was started later
    assert of(world) == first
    assert len(asked) == count


def test_a_site_that_begins_to_be_served_asks_anew(
    world: World, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = of(world)
    count = len(asked)
    monkeypatch.setattr(kept, "_kept", {})
    kept.forget()
    assert of(world) == first
    assert len(asked) == 2 * count


def test_a_decision_is_seen_at_once_and_a_return_that_waits_for_one_changes_nothing(
    world: World, asked: list[Any]
) -> None:
    first = of(world)
    count = len(asked)
    say(world, world.province, world.communes[0], PERIOD, start=4, accept=False)
    assert of(world) == first
    assert len(asked) == count
    say(world, world.province, world.communes[0], PERIOD, start=5)
    assert of(world) != first
    assert len(asked) > count


def test_few_values_are_kept_of_what_is_asked_for_most(world: World, asked: list[Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(kept, "KEPT", len(of(world).values) + 1)
    seat = Seat(world.province, frozenset({Role.OFFICE}))
    kept.figures(seat, [PERIOD], units=[world.communes[0].pk])
    assert len(kept._kept) == 1
