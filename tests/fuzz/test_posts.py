"""T31: every form and body that a page takes, of people or programs, changed at random: no answer is a failure of ours,
none takes long."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from tests.conftest import PROOF
from tests.fuzz.changing import changed_form, changed_json
from tests.fuzz.parsers import Parser, parsers
from tests.web.furnished import Furnished, Place
from tests.web.parsed import Parsed
from tests.web.world import PERIOD

from tienbo.web.access import Seat, seats_of

COUNT = int(os.environ.get("TIENBO_FUZZ_POSTS", "100000" if PROOF else "60"))
SEED = int(os.environ.get("TIENBO_FUZZ_SEED", "32"))
SECONDS = 5
SENDS = ("POST", "PUT", "PATCH")
SEATS = ("office", "preparer", "administrator", "head", "chair", "elections")
CELL = "figure/members:women"
BODIES: dict[str, Any] = {
    "entry_save": {"device": "a", "since": -1, "saves": [{"key": "k", "changes": {CELL: ["", "5"]},
                   "settles": [[1, CELL]], "how": "typed"}]},
    "entry_whole": {"key": "k", "cells": {CELL: "5"}, "version": 0, "device": "a"},
}  # fmt: skip
"""What scripts of the pages send."""
LEFT_OUT = {"account_logout", "account_change_password"}
"""After them nobody is signed in any more."""


@dataclass
class Forms:
    """The forms of the pages that a seat may open: address → the fields of one."""

    furnished: Furnished
    seat: str

    @cached_property
    def client(self) -> Client:
        made = self.furnished.sit(self.seat)
        made.raise_request_exception = False
        return made

    def sign_in(self) -> None:
        self.client.cookies.clear()
        self.client.force_login(self.furnished.world.users[self.seat])

    @cached_property
    def places(self) -> dict[str, Place]:
        return {one.address: one for one in self.furnished.places() if one.whose not in ("other_thing", "other")}

    @cached_property
    def found(self) -> dict[str, dict[str, list[str]]]:
        made: dict[str, dict[str, list[str]]] = {}
        for address, place in self.places.items():
            if "GET" in place.methods and not place.is_program and place.name not in LEFT_OUT:
                answer = self.client.get(address)
                if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                    made |= dict(_forms(answer.content.decode(), address))
        return made

    @cached_property
    def taken(self) -> list[Place]:
        """Addresses that take something from this seat."""
        (seat, *_rest) = seats_of(self.furnished.world.users[self.seat])
        return [one for one in self.places.values() if one.name not in LEFT_OUT and _takes(one, seat)]


def _takes(place: Place, seat: Seat) -> bool:
    """Whether a seat may send something there."""
    needs = [place.need(method) for method in place.methods if method in SENDS]
    return any(need in ("public", "signed_in") or seat.allows(need) for need in needs)  # type: ignore[arg-type]


def _forms(page: str, address: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    parsed = Parsed(page)
    for form in (one for one in parsed.elements if one.tag == "form"):
        if form.attributes.get("method", "").lower() != "post":
            continue
        fields: dict[str, list[str]] = {}
        for one in parsed.elements:
            if (
                form in one.within
                and one.attributes.get("name")
                and one.tag in ("input", "select", "textarea", "button")
            ):
                fields.setdefault(one.attributes["name"], []).append(one.attributes.get("value", ""))
        yield form.attributes.get("action") or address, fields


@pytest.mark.django_db
def test_no_form_and_no_body_makes_a_page_fail_and_none_takes_long(furnished: Furnished) -> None:
    chance, held = random.Random(SEED), dict(parsers())  # noqa: S311 - the same each time
    seats = [Forms(furnished, seat) for seat in (SEATS if PROOF else SEATS[:2])]
    found, tried, longest, strangers = dict[str, str](), Counter[int](), ("", 0.0), 0
    nowhere = set[tuple[str, str]]()
    for number in range(COUNT):
        desk = seats[number % len(seats)]
        place = chance.choice([one for one in desk.taken if (desk.seat, one.address) not in nowhere])
        sent, shown = _sent(place, desk, chance, held)
        began, cookies = time.process_time(), desk.client.cookies.output()
        with transaction.atomic():
            answer = _ask(desk.client, place, sent, chance)
            transaction.set_rollback(True)
        if desk.client.cookies.output() != cookies:  # it ended the session, or began another
            desk.sign_in()
        spent = time.process_time() - began
        tried[answer.status_code] += 1
        strangers += answer.status_code == 302 and "/sign-in/" in answer.headers["Location"]
        longest = max(longest, (place.name, spent), key=lambda pair: pair[1])
        if answer.status_code == 404:  # a unit or thing that is not the seat's: once is enough
            nowhere.add((desk.seat, place.address))
        if answer.status_code >= 500:
            why = getattr(answer, "exc_info", None)
            found.setdefault(f"{place.name}: {why[0].__name__ if why else answer.status_code}: {_at(why)}", shown)
        if PROOF and (number + 1) % 2_000 == 0:
            print(f"T31: {number + 1} bodies, {len(found)} faults, longest {longest}, {dict(tried)}", flush=True)
    print(f"T31: {COUNT} bodies, longest {longest}, {dict(tried)}")
    assert not found, "\n".join(f"{what}\n   {data}" for what, data in found.items())
    assert longest[1] <= SECONDS
    assert strangers <= COUNT / 50
    assert tried[302] + tried[200] + tried[422] > COUNT / 4


def _sent(place: Place, desk: Forms, chance: random.Random, held: dict[str, Parser]) -> tuple[Any, str]:
    """What is sent to an address (a text of JSON, or the fields of a form), and it in words."""
    if place.is_program or place.name in BODIES:
        said = changed_json(BODIES.get(place.name) or _shaped(place, chance), chance)
        return said, said[:400]
    fields = changed_form(desk.found.get(place.address, {"act": ["x"], "file": [""]}), chance)
    made: dict[str, Any] = dict(fields)
    for name in ("file", "files", "signed"):
        if name in made and chance.random() < 0.7:
            one = held[chance.choice(list(held))]
            data = one.change(chance.choice(one.seeds), chance)
            made[name] = SimpleUploadedFile(chance.choice(("x.xlsx", "a.csv", "k.docx", "b.pdf", "c.json")), data)
    return made, str(fields)[:400]


def _shaped(place: Place, chance: random.Random) -> Any:
    """What a program might send: every name there is, with something."""
    names = ("unit", "data", "seen", "move", "reason", "text", "due_on", "owner", "key", "cells", "version", "period")
    return {name: chance.choice(("", 1, PERIOD.code, {"a": "b"}, ["x"], None)) for name in names} | {"data": {"a": "b"}}


def _ask(client: Client, place: Place, sent: Any, chance: random.Random) -> Any:
    if isinstance(sent, str):
        method = chance.choice([one for one in place.methods if one in SENDS])
        data = sent.encode("utf-8", "surrogatepass")
        return client.generic(method, place.address, data, content_type="application/json")
    return client.post(place.address, sent)


def _at(why: Any) -> str:
    """Where in our own rooms it failed."""
    if not why:
        return ""
    trace, last = why[2], ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "/tienbo/" in file:
            last = f"{file.rpartition('/tienbo/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{why[1]} at {last}"[:300]
