"""Who may open what: every address × method × seat × whose unit, with canaries of the other province."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse
from tests.web.world import CANARY, CANARY_NAME, PERIOD, World

from tienbo.core.words import number
from tienbo.units.access import ROLES
from tienbo.web import access
from tienbo.web.access import View, check_every_view_declares, views

FIRST = ("office", "chair", "inspector", "administrator", "partner", "preparer", "head", "department", "nobody")
JOB = "job_" + "0" * 26
RELEASE = "release_" + "0" * 26
ROUND, FILLED = "round_" + "0" * 26, "filled_" + "0" * 26
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def addresses(world: World) -> Iterator[tuple[str, View, str]]:
    """(address, view, whose unit it names) of every view, filled in for each kind of unit where it names one."""
    resolver = get_resolver()
    for pattern in _patterns(resolver.url_patterns):
        converters = pattern.pattern.converters
        for whose, unit in world.units.items() if "key" in converters else [("", world.province)]:
            given = {
                name: {
                    "period": PERIOD,
                    "key": unit.key,
                    "code": "training.classes",
                    "job": JOB,
                    "release": RELEASE,
                    "round": ROUND,
                    "filled": FILLED,
                }.get(name, "1")
                for name in converters
            }
            yield reverse(pattern.name, kwargs=given), pattern.callback, whose


def _patterns(held: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for one in held:
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns)
        else:
            yield one


def test_every_view_declares_who_may_open_it() -> None:
    assert check_every_view_declares() == []


def test_a_view_without_a_declaration_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = [path("bare/", lambda _request: None, name="bare")]
    monkeypatch.setattr(access, "views", lambda: views(bare))
    (found,) = check_every_view_declares()
    assert found.id == "tienbo.E003"
    assert "bare/" in found.msg


@pytest.mark.django_db
def test_nothing_but_what_is_public_is_shown_to_a_stranger(world: World) -> None:
    client = Client()
    for address, view, _whose in addresses(world):
        for method in METHODS:
            response = client.generic(method, address)
            if view.declared == "public":  # type: ignore[attr-defined]
                continue
            assert response.status_code in (302, 405), (method, address, response.status_code)
            assert response.status_code == 405 or "/sign-in/" in response.headers["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize("seat", FIRST)
def test_a_seat_opens_what_its_role_allows_and_never_the_other_province(
    seat: str, world: World, sit: Callable[[str], Client]
) -> None:
    client = sit(seat)
    for address, view, whose in addresses(world):
        need = view.declared  # type: ignore[attr-defined]
        for method in METHODS:
            response = client.generic(method, address)
            where = (seat, method, address, response.status_code)
            assert response.status_code < 500, where
            body = response.content.decode(errors="replace") if not response.streaming else ""
            assert CANARY_NAME not in body, where
            for canary in range(CANARY - 4, CANARY + 1):
                assert str(canary) not in body, where
                assert number(canary) not in body, where
            if need in ("public", "signed_in") or method not in getattr(view, "methods", ("GET",)):
                continue
            assert _as_allowed(world, seat, need, whose, response.status_code), where


def _as_allowed(world: World, seat: str, need: str, whose: str, status: int) -> bool:
    """Whether the answer is what the matrix of roles says, worked out from the grant alone."""
    grants = list(world.users[seat].grants.all())
    allowed = False
    for grant in grants:
        role = ROLES[grant.role]
        own = need in role.own
        below = need in role.below
        if not whose:
            allowed = allowed or own or below
        elif whose in ("own", "child", "sibling"):
            unit = world.units[whose]
            if grant.unit_id == unit.pk:
                allowed = allowed or own
            elif grant.unit_id == world.province.pk and unit.pk != world.province.pk:
                allowed = allowed or below
    # Allowed pages may still answer 302, 400, 404 of a thing that is not there, 405 or 422; those that are not
    # allowed answer 404, exactly as what does not exist.
    return status != 200 if not allowed else status in (200, 204, 302, 400, 404, 405, 422)


@pytest.mark.django_db
def test_what_may_not_be_seen_answers_as_what_does_not_exist(world: World, sit: Callable[[str], Client]) -> None:
    client = sit("office")
    missing = world.other.key[:-4] + "0000"
    for pattern in _patterns(get_resolver().url_patterns):
        if "key" not in pattern.pattern.converters or "GET" not in getattr(pattern.callback, "methods", ("GET",)):
            continue
        given = {
            name: {"period": PERIOD, "code": "training.classes", "job": JOB}.get(name, "1")
            for name in pattern.pattern.converters
        }
        hidden = client.get(reverse(pattern.name, kwargs={**given, "key": world.other.key}))
        nothing = client.get(reverse(pattern.name, kwargs={**given, "key": missing}))
        assert hidden.status_code == nothing.status_code == 404, pattern.name
        assert _bare(hidden.content, world.other.key) == _bare(nothing.content, missing)


def _bare(page: bytes, key: str) -> str:
    """A page without the key that was asked for, and without the token that is new on every page."""
    return re.sub(r'(data-token|value)="\w{64}"', "", page.decode().replace(key, ""))
