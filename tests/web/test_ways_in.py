"""T27, T28: sessions that are copied, left alone, ended by others; ways around the second factor."""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone
from tests.conftest import PROOF
from tests.web.identity import CLIENT, SECRET, provider
from tests.web.test_sign_in import NEW, code_of, is_in, sign_in, through
from tests.web.world import BEGAN, FAR, PASSWORD, PERIOD, World

from tienbo.accounts.actors import operator
from tienbo.accounts.models import User
from tienbo.accounts.policies import policy
from tienbo.accounts.services import accounts_close, accounts_reopen, accounts_unlock, factor_take_off, sessions_end
from tienbo.collection.draft_models import DraftSave
from tienbo.project.site import identity_provider
from tienbo.units.models import Role
from tienbo.units.services import grant_end, grant_give
from tienbo.web.idle import COOKIE

pytestmark = pytest.mark.django_db
MANY = 200 if PROOF else 6
PAGE = f"/{PERIOD}/tasks/"
OPEN, LOCKED, OVER = "open", "locked", "over"


@pytest.fixture(autouse=True)
def no_attempts() -> None:
    cache.clear()


def stands(client: Client, address: str = PAGE) -> str:
    """Whether a session opens a page, is locked, or is over."""
    answer = client.get(address)
    if answer.status_code == 200:
        return OPEN
    return LOCKED if answer.headers["Location"].startswith("/unlock/") else OVER


def copied(client: Client) -> Client:
    """A browser with the cookies of another."""
    other = Client()
    for name, cookie in client.cookies.items():
        if cookie.value:
            other.cookies[name] = cookie.value
    return other


# ------------------------------------------------------------------------------------------------------------ sessions


@dataclass
class Sat:
    """A session as it ought to be, told without the program: when it began, when each browser of it was last there."""

    user: User
    began: float
    given: float
    """When the password was given last."""
    seen: dict[int, float] = field(default_factory=dict)
    is_over: bool = False

    def expected(self, browser: int, now: float) -> str:
        if self.is_over or now - self.began > 12 * 3600:
            self.is_over = True
            return OVER
        return LOCKED if now - self.last(browser) > 15 * 60 else OPEN

    def last(self, browser: int) -> float:
        return max(self.given, self.seen.get(browser, 0))

    def was_there(self, browser: int, now: float) -> None:
        if now - self.last(browser) >= 60:
            self.seen[browser] = now


ENDS = {
    "closed": lambda user: accounts_close(users=[user], actor=operator("thử")),
    "brought back": lambda user: accounts_reopen(users=[user], actor=operator("thử")),
    "right taken": lambda user: sessions_end([user]),
    "factor taken off": lambda user: factor_take_off(user=user, actor=operator("thử")),
}
"""What others do that ends every session of somebody, at its next request."""
ACTS = (
    *["opens"] * 8,
    *["waits"] * 5,
    *["saves"] * 3,
    "looks",
    "wrong",
    "unlocks",
    "unlocks",
    "copies",
    "copies",
    "leaves",
    "ends",
)


def test_sessions_are_open_locked_and_over_when_they_ought_to_be_and_no_draft_is_lost(  # noqa: PLR0912 - an act each
    world: World,
) -> None:
    """T27: histories of one session and its copies against a few lines that say what it is at each moment."""
    chance, user, unit = random.Random(27), world.users["preparer"], world.communes[0]  # noqa: S311 - the same each time
    address, seen = f"/entry/{unit.key}/{PERIOD}/save/", dict.fromkeys((OPEN, LOCKED, OVER), 0)
    for number in range(MANY):
        User.objects.filter(pk=user.pk).update(is_active=True)
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        now = begun = float(int(time.time()))
        with patch("time.time", lambda: now):  # noqa: B023 - it is the moment of the history
            browsers = [sign_in("preparer")]
            sat = Sat(user, begun, begun)
            for step in range(14):
                act, which = chance.choice(ACTS), chance.randrange(len(browsers))
                client = browsers[which]
                now += chance.choice((5, 61, 600))
                where = (number, step, act, which)
                if act == "waits":
                    now += chance.choice((300, 840, 1000, 4000))
                    continue
                if act == "ends":
                    ENDS[chance.choice(sorted(ENDS))](user)
                    sat.is_over = True
                elif act == "copies" and len(browsers) < 3:
                    browsers.append(copied(client))
                    sat.seen[len(browsers) - 1] = sat.seen.get(which, 0)
                expected = sat.expected(which, now)
                if act == "saves":
                    key, kept = f"k{number}-{step}", DraftSave.objects.count()
                    said = [{"key": key, "changes": {"figure/members:total": str(100 + step)}}]
                    body = json.dumps({"device": "thử", "since": -1, "saves": said})
                    answer = client.post(address, body, content_type="application/json")
                    assert (answer.status_code == 200) == (expected == OPEN), (*where, answer.status_code)
                    assert (DraftSave.objects.count() > kept) == (expected == OPEN), where
                    if expected == LOCKED:  # the page keeps what was typed, asks for the password and sends it again
                        assert client.post("/unlock/", {"password": PASSWORD}).status_code == 302, where
                        sat.given = now
                        assert client.post(address, body, content_type="application/json").status_code == 200, where
                        assert DraftSave.objects.count() > kept, where
                    if expected != OVER:
                        sat.was_there(which, now)
                elif act == "looks":
                    answer = client.get("/unlock/", headers={"Accept": "application/json", "X-Looks": "1"})
                    told = {"ended": True} if expected == OVER else {"locked": expected == LOCKED}
                    assert answer.json() == told, where
                elif act == "wrong":
                    cache.clear()
                    client.post("/unlock/", {"password": "khong-dung-dau"})
                    assert stands(client) == expected, where
                    accounts_unlock(users=[user], actor=operator("thử"))
                    if expected == OPEN:
                        sat.was_there(which, now)
                elif act == "unlocks":
                    answer = client.post("/unlock/", {"password": PASSWORD})
                    assert (answer.headers.get("Location", "") != "/sign-in/") == (expected != OVER), where
                    if expected != OVER:
                        sat.given = now
                elif act == "leaves":
                    client.post("/sign-out/")
                    if expected == OPEN:
                        sat.is_over = True
                    else:
                        assert stands(client) == expected, where
                else:
                    found = stands(client)
                    assert found == expected, (*where, found, expected)
                    seen[found] += 1
                    if found == OPEN:
                        sat.was_there(which, now)
                assert sat.expected(which, now) != OVER or all(stands(one) == OVER for one in browsers), where
    assert all(seen.values()), seen


def test_a_session_known_before_signing_in_is_worth_nothing_after(world: World) -> None:
    """Fixation: whoever planted a session in a browser does not come in with it."""
    browser = Client()
    browser.get("/sign-in/")
    browser.post("/sign-in/", {"login": "preparer", "password": "khong-dung-dau"})
    session = browser.session
    session["planted"] = 1
    session.save()
    browser.cookies["sessionid"] = session.session_key
    planted = copied(browser)
    sign_in("preparer", client=browser)
    assert is_in(browser)
    assert browser.session.session_key != session.session_key
    assert stands(planted) == OVER
    made_up = Client()
    made_up.cookies["sessionid"] = "a" * 32
    sign_in("preparer", client=made_up)
    assert is_in(made_up)
    assert not Session.objects.filter(pk="a" * 32).exists()
    first = browser.session.session_key
    browser.post("/sign-out/")
    sign_in("chair", client=browser)
    assert "planted" not in browser.session, "nothing of one person's is left to the next"
    assert not Session.objects.filter(pk=first).exists()
    before = copied(sign_in("preparer"))
    after = sign_in("preparer")
    before.cookies[COOKIE] = after.cookies[COOKIE].value
    later = time.time() + 16 * 60
    with patch("time.time", lambda: later):
        assert stands(before) == LOCKED, "when one session was used says nothing of another"


def test_what_is_given_and_taken_holds_at_the_next_request(world: World) -> None:
    user = world.users["preparer"]
    mine = sign_in("preparer")
    copy = copied(mine)
    assert (stands(mine), stands(copy)) == (OPEN, OPEN)
    sibling = f"/entry/{world.communes[1].key}/{PERIOD}/1/"
    assert mine.get(sibling).status_code == 404
    more = grant_give(user=user, unit=world.communes[1], role=Role.PREPARER, begins=BEGAN, ends=FAR)
    assert mine.get(sibling).status_code == 200
    grant_end(grant=more, on=timezone.localdate())
    assert mine.get(sibling).status_code == 404, "a term that is over opens nothing"
    given = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert mine.post("/password/", given).status_code == 302
    assert (stands(mine), stands(copy)) == (OPEN, OVER), "who changes the password stays, whoever has a copy does not"


# ------------------------------------------------------------------------------------------------- the second factor


def with_factor(name: str, now: float) -> tuple[Client, str, list[str]]:
    """Somebody who set up an application: their session, its secret, their recovery codes."""
    client = sign_in(name)
    secret = re.search(r'class="tb-code">([A-Z2-7]{32})<', client.get("/second-factor/app/").content.decode())
    assert secret is not None
    with patch("time.time", lambda: now):
        assert client.post("/second-factor/app/", {"code": code_of(secret[1], now)}).status_code == 302
    codes = re.findall(r"<li>(\d{8})</li>", client.get("/second-factor/codes/").content.decode())
    return client, secret[1], codes


def gives(client: Client, code: str, now: float) -> bool:
    """Whether a code lets in who gave the password."""
    with patch("time.time", lambda: now):
        client.post("/second-factor/code/", {"code": code})
    return is_in(client)


@override_settings(SIGN_IN="guarded")
def test_codes_are_guessed_no_more_than_passwords(world: World) -> None:
    now = time.time()
    _client, secret, codes = with_factor("office", now)
    for attempt in range(policy().failures):  # each with the right password before it
        assert not gives(sign_in("office"), f"{attempt:06d}", now + 60), attempt
    other = sign_in("office")
    assert not is_in(other)
    assert "khóa" in other.post("/sign-in/", {"login": "office", "password": PASSWORD}).content.decode()
    accounts_unlock(users=[world.users["office"]], actor=operator("thử"))
    begun = sign_in("office")
    for attempt in range(policy().failures):  # in one go
        assert not gives(begun, f"{attempt:06d}", now + 60)
    assert not gives(begun, code_of(secret, now + 60), now + 60), "the right one is not taken any more"
    assert not gives(begun, codes[0], now + 60), "nor a recovery code"
    accounts_unlock(users=[world.users["office"]], actor=operator("thử"))
    assert gives(sign_in("office"), code_of(secret, now + 60), now + 60)


@override_settings(SIGN_IN="guarded")
def test_codes_of_a_clock_that_is_too_far_off_and_codes_of_others_are_not_taken(world: World) -> None:
    now = float(int(time.time()) // 30 * 30)
    _client, secret, codes = with_factor("office", now)
    _chair, theirs, _codes = with_factor("chair", now)
    user = world.users["office"]
    later = now + 300
    for off in (-300, -60, 60, 300):
        cache.clear()
        assert not gives(sign_in("office"), code_of(secret, later + off), later), off
        accounts_unlock(users=[user], actor=operator("thử"))
    for wrong in (code_of(theirs, later), "", " ", "０００００００", codes[0][:-1], "[]"):
        cache.clear()
        assert not gives(sign_in("office"), wrong, later), wrong
        accounts_unlock(users=[user], actor=operator("thử"))
    for at, off in enumerate((-30, 0, 30)):
        cache.clear()
        assert gives(sign_in("office"), code_of(secret, later + 90 * at + off), later + 90 * at), off


@override_settings(SIGN_IN="guarded")
def test_the_password_alone_opens_nothing_by_any_way(world: World) -> None:
    now = time.time()
    mine, secret, codes = with_factor("office", now)
    stranger = sign_in("office")
    closed = ("/", "/2026-H1/", PAGE, "/api/v1/periods", "/second-factor/", "/second-factor/codes/", "/password/")
    for address in (
        *closed,
        "/second-factor/codes/file/",
        "/second-factor/app/",
        "/second-factor/keys/add/",
        "/identity/",
    ):
        answer = stranger.get(address)
        assert answer.status_code in (302, 401), address
        assert answer.status_code == 401 or urlsplit(answer.headers["Location"]).path in (
            "/sign-in/",
            "/second-factor/code/",
        ), (address, answer.headers["Location"])
    asks = ("/second-factor/app/off/", "/second-factor/codes/new/", "/unlock/", "/again/", "/second-factor/again/")
    given = {"password": PASSWORD, "code": "", "oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    for address in (*asks, "/password/"):
        stranger.post(address, given)
        assert not is_in(stranger), address
    assert User.objects.get(username="office").check_password(PASSWORD)
    assert Authenticator.objects.filter(user=world.users["office"]).count() == 2

    # A browser that is to remember somebody, and one that says it was remembered.
    remembered = Client()
    remembered.post("/sign-in/", {"login": "office", "password": PASSWORD, "remember": "on"})
    remembered.cookies["mfa_trusted"] = copied(mine).cookies["sessionid"].value
    assert not is_in(remembered)
    assert gives(remembered, code_of(secret, now + 60), now + 60)
    again = copied(remembered)
    del again.cookies["sessionid"]
    assert not is_in(sign_in("office", client=again)), "no browser is remembered"

    # Between password and code: the password is changed, the account closed, a right taken; too late.
    for what, undone in (
        (lambda user: accounts_reopen(users=[user], actor=operator("thử")), True),
        (lambda user: accounts_close(users=[user], actor=operator("thử")), True),
        (lambda user: sessions_end([user]), False),
    ):
        cache.clear()
        half = sign_in("office")
        user = User.objects.get(username="office")
        what(user)
        assert not gives(half, codes.pop(), now + 120)
        if undone:
            user.is_active, user.drawn = True, False
            user.set_password(PASSWORD)
            user.save()
    half = sign_in("office")
    with patch("time.time", lambda: now + 3600):
        half.post("/second-factor/code/", {"code": code_of(secret, now + 3600)})
    assert not is_in(half), "a password given an hour ago"

    # A new set of recovery codes makes the old worth nothing.
    cache.clear()
    assert gives(sign_in("office"), codes.pop(), now + 150)
    inside = sign_in("office")
    assert gives(inside, codes.pop(), now + 150)
    old = codes.pop()
    assert inside.post("/second-factor/codes/new/").status_code == 302
    assert not gives(sign_in("office"), old, now + 180)


@override_settings(SIGN_IN="guarded")
def test_a_key_alone_opens_no_more_than_a_password(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a key has proved is allauth's to say (`test_sign_in_browser.py`); what it opens then is ours."""
    from allauth.mfa.webauthn.internal import auth

    now = time.time()
    with_factor("office", now)
    keys = {}
    for name in ("preparer", "office"):
        keys[name] = Authenticator.objects.create(
            user=world.users[name], type=Authenticator.Type.WEBAUTHN, data={"name": "thẻ", "passwordless": True}
        )

    def by_key(name: str) -> Client:
        monkeypatch.setattr(auth, "parse_authentication_response", lambda said: said)
        monkeypatch.setattr(auth, "extract_user_from_response", lambda _said: world.users[name])
        held = Authenticator.objects.get(pk=keys[name].pk)
        monkeypatch.setattr(auth, "complete_authentication", lambda _user, _said: held)
        monkeypatch.setattr(Authenticator, "record_usage", lambda _self: None)
        client = Client()
        client.post("/sign-in/passkey/", {"credential": '{"id": "1"}'})
        return client

    user = world.users["preparer"]
    assert is_in(by_key("preparer"))
    User.objects.filter(pk=user.pk).update(last_login=timezone.now() - timedelta(days=183))
    assert not is_in(by_key("preparer")), "an account that rests"
    User.objects.filter(pk=user.pk).update(last_login=timezone.now(), is_active=False)
    assert not is_in(by_key("preparer")), "an account that was closed"

    # Keys of others are not to be taken away, nor the last of one's own.
    User.objects.filter(pk=user.pk).update(is_active=True)
    inside = by_key("office")
    assert is_in(inside)
    assert inside.post(f"/second-factor/keys/{keys['preparer'].pk}/remove/").status_code == 404
    Authenticator.objects.filter(user=world.users["office"], type="totp").delete()
    answer = inside.post(f"/second-factor/keys/{keys['office'].pk}/remove/", follow=True)
    assert "trước khi" in answer.content.decode()
    assert Authenticator.objects.filter(pk=keys["office"].pk).exists(), "who is asked for a second factor keeps one"


@override_settings(SIGN_IN="guarded")
def test_who_came_by_an_identity_from_elsewhere_is_asked_for_the_second_factor(world: World) -> None:
    now = time.time()
    mine, secret, _codes = with_factor("office", now)
    with provider() as there:
        made = identity_provider(f"oidc://{CLIENT}:{SECRET}@{urlsplit(there.address).netloc}?name=VNeID&plain=1")
        held = {"openid_connect": {"APPS": [made], "OAUTH_PKCE_ENABLED": True}}
        with override_settings(SOCIALACCOUNT_PROVIDERS=held, IDENTITY_NAME="VNeID"):
            through(mine, "?process=connect")
            other = Client()
            assert through(other) == "/second-factor/code/"
            assert not is_in(other)
            assert other.get(PAGE).status_code == 302
            assert gives(other, code_of(secret, now + 60), now + 60)
