"""Signing in: policies, the second factor and the ways around it, sessions that end or lock, an identity elsewhere."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time
import urllib.request
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone
from tests.web.identity import CLIENT, SECRET, provider
from tests.web.world import PASSWORD, World

from tienbo.accounts.actors import operator
from tienbo.accounts.models import SignInFailures, User
from tienbo.accounts.policies import FollowsPolicy, policy
from tienbo.accounts.services import accounts_close, accounts_reopen, factor_take_off
from tienbo.accounts.signing import attempt_failed, is_locked
from tienbo.project.site import identity_provider
from tienbo.web.idle import COOKIE

pytestmark = pytest.mark.django_db
NEW = "Mot-mat-khau-khac-han-2026"


@pytest.fixture(autouse=True)
def no_attempts() -> None:
    cache.clear()


def sign_in(name: str, password: str = PASSWORD, client: Client | None = None) -> Client:
    client = client or Client()
    client.post("/sign-in/", {"login": name, "password": password})
    return client


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def wrong(password: str, user: User) -> int:
    from django.core.exceptions import ValidationError

    try:
        FollowsPolicy().validate(password, user)
    except ValidationError as refused:
        return len(refused.messages)
    return 0


def code_of(secret: str, at: float) -> str:
    """What an application shows at a time (RFC 6238: 30 seconds, 6 digits, SHA-1)."""
    key = base64.b32decode(secret)
    mac = hmac.digest(key, struct.pack(">Q", int(at) // 30), "sha1")
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


def test_profiles_differ_where_their_texts_do(world: World) -> None:
    user = world.users["office"]
    plain, full = "chi-chu-thuong-thoi", "Ch1-chu-thuong-thoi"
    with override_settings(SIGN_IN_POLICY="vn-level3"):
        assert (wrong(plain, user), wrong(full, user), wrong("Ab1-", user)) == (1, 0, 1)
        user.set_password(full)
        user.save()
        assert wrong(full, user) == 1, "the password of now is one of before"
    with override_settings(SIGN_IN_POLICY="asvs"):
        assert (wrong(plain, user), wrong("mười-hai-chữ", user), wrong("ngắn-quá", user)) == (0, 0, 1)


def test_a_name_is_locked_at_the_fifth_failure_for_the_hours_of_the_policy_and_no_longer(world: World) -> None:
    now = timezone.now()
    for attempt in range(5):
        assert not is_locked("lan", now)
        attempt_failed("lan" if attempt % 2 else " LAN", now)
    assert is_locked("Lan", now + policy().lock - timedelta(seconds=1))
    assert not is_locked("lan", now + policy().lock)
    attempt_failed("hoa", now + policy().lock)  # what is over is swept away with the next
    assert SignInFailures.objects.count() == 1
    assert "lan" not in SignInFailures.objects.get().mark


def test_a_guarded_site_asks_for_the_first_password_to_be_changed_and_for_a_second_factor(world: World) -> None:
    with override_settings(SIGN_IN="guarded"):
        (made,) = accounts_reopen(users=[world.users["office"]], actor=operator("thử"))
        client = sign_in("office", made.password)
        assert client.get("/2026-H1/").headers["Location"] == "/password/"
        assert client.get("/2026-H1/report/").headers["Location"] == "/password/"
        assert client.get("/api/v1/periods").status_code == 422, "programs go by the same door"
        given = {"oldpassword": made.password, "password1": NEW, "password2": NEW}
        assert client.post("/password/", given).status_code == 302
        assert client.get("/2026-H1/").headers["Location"] == "/second-factor/"
        page = client.get("/second-factor/app/").content.decode()
        secret = re.search(r'class="tb-code">([A-Z2-7]{32})<', page)
        assert secret is not None
        assert client.post("/second-factor/app/", {"code": "000000"}).status_code == 200
        now = time.time()
        with patch("time.time", lambda: now):
            assert client.post("/second-factor/app/", {"code": code_of(secret[1], now)}).status_code == 302
        assert client.get("/2026-H1/").status_code == 200, "who set it up in this session goes on in it"
        kept = Authenticator.objects.get(type="totp")
        assert secret[1] not in str(kept.data), "the database alone makes no codes"
        codes = re.findall(r"<li>(\d{8})</li>", client.get("/second-factor/codes/").content.decode())
        assert len(codes) == 10

        # Ways around it (T28): the password alone, a code used already, a recovery code twice, taking it off oneself.
        other = sign_in("office", NEW)
        assert not is_in(other)
        assert other.get("/2026-H1/").status_code == 302
        with patch("time.time", lambda: now + 31):
            taken = {"code": code_of(secret[1], now + 31)}
            first = sign_in("office", NEW)
            first.post("/second-factor/code/", taken)
            assert is_in(first)
            other.post("/second-factor/code/", taken)
        assert not is_in(other), "a code is taken once"
        other.post("/second-factor/code/", {"code": codes[0]})
        assert is_in(other)
        assert other.get("/2026-H1/").status_code == 200
        again = sign_in("office", NEW)
        again.post("/second-factor/code/", {"code": codes[0]})
        assert not is_in(again)
        assert "/second-factor/app/off/" in client.get("/second-factor/").content.decode()
        assert client.post("/second-factor/app/off/").status_code == 200
        assert Authenticator.objects.filter(type="totp").exists(), "who is asked for one keeps it"
        with patch("time.time", lambda: now + 90):
            late = sign_in("office", NEW)
            late.post("/second-factor/code/", {"code": code_of(secret[1], now + 65)})  # a clock half a minute off
            assert is_in(late)
        factor_take_off(user=User.objects.get(username="office"), actor=operator("thử"))
        assert client.get("/2026-H1/").status_code == 302, "and every session of theirs is over"
        assert sign_in("preparer").get("/2026-H1/").status_code == 200, "who only reports is not asked"
    client = sign_in("office", NEW)
    assert client.get("/2026-H1/").status_code == 200


def test_a_session_left_alone_is_locked_and_opened_with_the_password_where_it_was(world: World) -> None:
    client = sign_in("preparer")
    begun = time.time()

    def at(minutes: float, path: str = "/2026-H1/", **more: object) -> int:
        with patch("time.time", lambda: begun + minutes * 60):
            return client.get(path, **more).status_code  # type: ignore[arg-type]

    assert (at(14), at(28), at(42)) == (200, 200, 200), "who is there stays in"
    assert at(56.5, "/unlock/", headers={"Accept": "application/json", "X-Looks": "1"}) == 200
    assert at(58) == 302, "to look whether it is locked is not to be there"
    cookie = client.cookies[COOKIE].value
    with patch("time.time", lambda: begun + 58 * 60):
        assert client.get("/2026-H1/tasks/").headers["Location"] == "/unlock/?next=/2026-H1/tasks/"
        page = client.get("/unlock/?next=/2026-H1/tasks/").content.decode()
        assert "Người giữ ghế preparer" in page
        assert client.post("/unlock/", {"password": "khong-dung-dau"}).status_code == 422
        asks = {"Accept": "application/json"}
        assert client.post("/unlock/", {"password": PASSWORD}, headers=asks).json() == {"locked": False}
        assert client.get("/2026-H1/tasks/").status_code == 200, "the same session, where it was"
        assert client.post("/unlock/", {"password": PASSWORD, "next": "//example.com"}).headers["Location"] == "/"
    del client.cookies[COOKIE]
    assert at(80) == 302, "without the cookie it is no fresher"
    client.cookies[COOKIE] = cookie
    assert at(81) == 302
    with patch("time.time", lambda: begun + 81 * 60):
        for _attempt in range(5):
            client.post("/unlock/", {"password": "doan-mo-thoi-ma"})
        assert client.post("/unlock/", {"password": PASSWORD}).status_code == 422, "guessing here is guessing"
    admin = sign_in("administrator")
    with patch("time.time", lambda: begun + 6 * 60):
        assert admin.get("/access/").headers["Location"].startswith("/unlock/")


def test_a_session_ends_after_its_hours_when_signed_out_and_when_an_account_is_closed(world: World) -> None:
    client = sign_in("chair")
    begun, key = time.time(), client.session.session_key
    for minutes in range(10, 12 * 60, 10):
        with patch("time.time", lambda at=minutes: begun + at * 60):
            client.get("/unlock/", headers={"Accept": "application/json"})
    with patch("time.time", lambda: begun + 12 * 3600 + 60):
        assert client.get("/2026-H1/").headers["Location"].startswith("/sign-in/")
    assert not is_in(client)
    replayed = Client()
    replayed.cookies["sessionid"] = key
    assert replayed.get("/2026-H1/").status_code == 302
    client = sign_in("chair")
    accounts_close(users=[world.users["chair"]], actor=operator("thử"))
    User.objects.filter(username="chair").update(is_active=True)  # opened again: the session of before stays over
    assert client.get("/2026-H1/").status_code == 302


def through(client: Client, process: str = "") -> str:
    """Sent there and back by hand, as a browser is; where it ends."""
    sent = client.post(f"/identity/oidc/{process}")
    if sent.status_code != 302:
        return str(sent.status_code)
    assert "scope=openid&" in sent.headers["Location"] + "&"
    opener = urllib.request.build_opener(_Stays)
    back = opener.open(sent.headers["Location"]).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}").headers["Location"]


def test_an_identity_from_elsewhere_signs_in_who_joined_it_keeps_nothing_and_is_never_the_only_way(
    world: World,
) -> None:
    with provider() as there:
        made = identity_provider(f"oidc://{CLIENT}:{SECRET}@{urlsplit(there.address).netloc}?name=VNeID&plain=1")
        held = {"openid_connect": {"APPS": [made], "OAUTH_PKCE_ENABLED": True}}

        with override_settings(SOCIALACCOUNT_PROVIDERS=held, IDENTITY_NAME="VNeID"):
            assert "VNeID" in Client().get("/sign-in/").content.decode()
            stranger = Client()
            assert through(stranger) == "/identity/none/"
            assert not is_in(stranger)
            client = sign_in("preparer")
            assert "VNeID" in client.get("/identity/").content.decode()
            through(client, "?process=connect")
            (joined,) = SocialAccount.objects.all()
            assert (joined.user.username, joined.uid, joined.extra_data) == ("preparer", "cong-dan-1", {})
            again = Client()
            through(again)
            assert is_in(again)
            assert SocialAccount.objects.get().extra_data == {}
            User.objects.filter(username="preparer").update(last_login=timezone.now() - timedelta(days=183))
            resting = Client()
            through(resting)
            assert not is_in(resting), "an account that rests is no more open by this way"
            User.objects.filter(username="preparer").update(last_login=timezone.now())
            there.subject = "cong-dan-2"
            other = Client()
            through(other)
            assert not is_in(other)
            there.down = True
            answer = Client().post("/identity/oidc/")
            assert answer.status_code == 502
            assert "đăng nhập bằng mật khẩu" in answer.content.decode()
            assert is_in(sign_in("preparer")), "the password goes on to work"


class _Stays(urllib.request.HTTPRedirectHandler):
    def http_error_302(self, _request: object, answer: object, *_more: object) -> object:
        return answer
