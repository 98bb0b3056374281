"""T26: guessing passwords, one password at many names, asking which accounts there are, locking others out."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from tests.conftest import PROOF
from tests.web.test_sign_in import NEW, is_in, sign_in
from tests.web.world import PASSWORD, World

from tienbo.accounts.actors import operator
from tienbo.accounts.models import SignInFailures
from tienbo.accounts.services import accounts_close, accounts_unlock
from tienbo.accounts.signing import is_locked, locked_among, locked_count
from tienbo.web.known import COOKIE, MOST

pytestmark = pytest.mark.django_db
ATTEMPTS = 50_000 if PROOF else 120
WRONG = "Khong-phai-mat-khau-1"


@pytest.fixture(autouse=True)
def no_attempts() -> None:
    cache.clear()


def left(client: Client) -> Client:
    """The same browser after its person signed out."""
    client.post("/sign-out/")
    assert not is_in(client)
    return client


def guess(name: str, times: int, client: Client | None = None) -> Client:
    client = client or Client()
    for _time in range(times):
        client.post("/sign-in/", {"login": name, "password": WRONG})
    return client


@contextmanager
def looked_at() -> Iterator[list[str]]:
    """Passwords that were worked on, whether or not there is such an account."""
    found: list[str] = []
    plain = MD5PasswordHasher.encode

    def encode(self: MD5PasswordHasher, password: str, salt: str) -> str:
        found.append(password)
        made: str = plain(self, password, salt)
        return made

    with patch.object(MD5PasswordHasher, "encode", encode):
        yield found


def test_who_signed_in_there_before_goes_in_while_others_lock_the_name(world: World) -> None:
    mine = left(sign_in("administrator"))
    guess("administrator", 5)
    assert is_locked("administrator")
    assert not is_in(sign_in("administrator")), "a stranger, even with the right password"
    assert "từng đăng nhập" in Client().post("/sign-in/", {"login": "administrator", "password": WRONG}).text
    assert is_in(sign_in("administrator", client=mine))
    assert is_locked("administrator"), "that its person came in opens the name to nobody else"
    assert locked_among([world.users["administrator"]]) == {world.users["administrator"].pk}
    left(mine)
    assert not is_in(sign_in("office", WRONG, mine)), "and it is known for no other name"
    accounts_unlock(users=[world.users["administrator"]], actor=operator("văn phòng"))
    assert is_in(sign_in("administrator"))


def test_too_many_attempts_from_a_known_browser_lock_the_name_there_too(world: World) -> None:
    mine = left(sign_in("preparer"))
    guess("preparer", 4, mine)
    assert not is_locked("preparer"), "the name has its own five"
    assert is_in(sign_in("preparer", client=mine)), "and a right one forgets those of here"
    left(mine)
    guess("preparer", 5, mine)
    assert not is_in(sign_in("preparer", client=mine))
    assert not is_in(sign_in("preparer"))
    assert locked_count(timezone.now()) == 1, "a name, not a name and a browser"
    accounts_unlock(users=[world.users["preparer"]], actor=operator("văn phòng"))
    assert is_in(sign_in("preparer", client=mine))


def test_a_browser_is_known_until_the_password_changes_and_for_the_last_few_people(world: World) -> None:
    mine = left(sign_in("preparer"))
    old = mine.cookies[COOKIE].value
    user = world.users["preparer"]
    user.set_password(NEW)
    user.save()
    guess("preparer", 5)
    assert not is_in(sign_in("preparer", NEW, mine))
    SignInFailures.objects.all().delete()
    assert is_in(sign_in("preparer", NEW, mine))
    assert mine.cookies[COOKIE].value != old
    for name in list(world.users)[: MOST + 2]:
        sign_in(name, NEW if name == "preparer" else PASSWORD, left(mine))
        assert is_in(mine), name
    assert len(mine.cookies[COOKIE].value) < 1_500
    spoiled = Client()
    spoiled.cookies[COOKIE] = "x" + mine.cookies[COOKIE].value[1:]
    guess("office", 5)
    assert not is_in(sign_in("office", client=spoiled))


def test_from_an_address_where_many_failed_strangers_wait_their_turn_and_known_browsers_do_not(world: World) -> None:
    """One password at many names, a second apart: 60 are looked at in the first hour, then one in ten seconds."""
    mine, chance = left(sign_in("office")), random.Random(26)  # noqa: S311 - the same each time
    now = begun = time.time()
    client = Client()
    with patch("time.time", lambda: now), looked_at() as looked:
        for number in range(ATTEMPTS):
            now += 1
            client.post("/sign-in/", {"login": f"ten{chance.randrange(10**6)}", "password": WRONG})
            if number == 80:
                before = len(looked)
                assert is_in(sign_in("office", client=mine)), "at once"
                assert not is_in(waits := sign_in("chair", client=Client()))
                assert len(looked) == before + 1, "what has to wait is not looked at"
                now += 11
                assert is_in(sign_in("chair", client=waits)), "in its turn"
    hours = (now - begun) / 3600
    assert 60 < len(looked) <= 60 * (1 + hours) + (now - begun) / 10 + 3, (len(looked), hours)
    said = Client().post("/sign-in/", {"login": "x", "password": WRONG}).text
    assert "mười giây" in said


def test_nobody_learns_which_accounts_there_are(world: World) -> None:
    """Answers at a name with an account, without, and of one that was closed: alike to the byte, and as much work."""
    accounts_close(users=[world.users["partner"]], actor=operator("văn phòng"))
    told, work = [], []
    for name in ("preparer", "khongcoai", "partner"):
        answers = []
        count = 0
        for _time in range(6):  # the sixth is locked
            client = Client()
            with looked_at() as looked:
                answer = client.post("/sign-in/", {"login": name, "password": WRONG})
            count += len(looked)
            text = re.sub(r'(csrfmiddlewaretoken" value|data-token)="[^"]+"', "", answer.text).replace(name, "…")
            answers.append((answer.status_code, text, sorted(client.cookies), sorted(answer.headers)))
        told.append(answers)
        work.append(count)
    assert told[0] == told[1] == told[2]
    assert work[0] == work[1] == work[2] == 5, work
