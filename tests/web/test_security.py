"""What a browser is told and what a stranger cannot do: headers, tokens, cookies, redirects, passwords, error pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from tests.web.furnished import Furnished
from tests.web.told import POLICY, counted, policy
from tests.web.world import PASSWORD, World

from tienbo.accounts.models import User
from tienbo.web import errors

pytestmark = pytest.mark.django_db

ACT = {"act": "x", "lang": "en"}


@pytest.fixture
def world(furnished: Furnished) -> World:
    """The same world as the walks below use; what a test changes in it is taken back."""
    return furnished.world


@pytest.fixture(autouse=True)
def no_attempts_left_over() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


# ------------------------------------------------------------------------------------------------------- headers


def test_an_answer_that_was_never_found_has_the_same_headers() -> None:
    response = Client().get("/wp-login.php")
    assert response.status_code == 404
    assert policy(response) == POLICY
    assert response.headers["X-Frame-Options"] == "DENY"


# ------------------------------------------------------------------------------------------------- acts and tokens


def test_no_act_is_done_without_the_token_of_its_page(furnished: Furnished) -> None:
    before = counted()
    walked = 0
    for seat in ("office", "preparer", "head", "chair"):
        client = furnished.sit(seat, enforce_csrf_checks=True)
        for place in furnished.places():
            if "POST" not in place.methods or "health" in place.name or place.name == "ready":
                continue
            response = place.ask(client, "POST") if place.is_program else client.post(place.address, ACT)
            if response.status_code in (404, 405):  # not open to the seat, or opened by looking only
                continue
            assert response.status_code == 403, (seat, place.address, response.status_code)
            said = "X-CSRFToken" if place.is_program else "Trang này đã chờ quá lâu"
            assert said in response.content.decode(), place.address
            walked += 1
        assert client.get("/").status_code == 302, "still signed in"
    assert walked > 30
    assert counted() == before


def test_signing_out_wants_a_press_and_leaves_no_page_behind(world: World) -> None:
    client = Client()
    client.force_login(world.users["office"])
    assert client.get("/sign-out/").status_code == 200
    assert client.get("/2026-H1/").status_code == 200
    response = client.post("/sign-out/")
    assert response.status_code == 302
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "/sign-in/" in client.get("/2026-H1/").headers["Location"]


# ------------------------------------------------------------------------------------------------------- signing in


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: str) -> HttpResponse:
    return client.post("/sign-in/", {"login": name, "password": password, **more})


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(world: World) -> None:
    client = Client()
    client.get("/sign-in/")
    assert sign_in(client, "office").status_code == 302
    client.post("/language/", {"lang": "en"})
    assert set(client.cookies) == {"sessionid", "csrftoken", "tienbo_known", "tienbo_lang", "tienbo_seen"}
    for cookie in client.cookies.values():
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax", cookie.key
        assert cookie["domain"] == "", cookie.key
    ends = client.cookies["sessionid"]
    assert (ends["max-age"], ends["expires"]) == ("", ""), "it ends with the browser"


def test_behind_https_cookies_travel_on_nothing_else(world: World) -> None:
    with override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True):
        client = Client()
        client.get("/sign-in/", secure=True)
        client.post("/sign-in/", {"login": "office", "password": PASSWORD}, secure=True)
        client.post("/language/", {"lang": "en"}, secure=True)
        assert all(cookie["secure"] for cookie in client.cookies.values())


def test_a_session_known_before_signing_in_is_worth_nothing_after(world: World) -> None:
    client = Client()
    client.get("/sign-in/")
    session = client.session
    session["seen"] = 1
    session.save()
    client.cookies["sessionid"] = known = session.session_key
    sign_in(client, "office")
    assert client.cookies["sessionid"].value != known
    stranger = Client()
    stranger.cookies["sessionid"] = known
    assert "/sign-in/" in stranger.get("/2026-H1/").headers["Location"]


def test_a_session_key_that_nobody_gave_is_not_taken_up(world: World) -> None:
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    sign_in(client, "office")
    assert client.cookies["sessionid"].value != "a" * 32
    assert not Session.objects.filter(session_key="a" * 32).exists()


def test_a_changed_password_ends_every_other_session(world: World) -> None:
    here, there = Client(), Client()
    sign_in(here, "office")
    sign_in(there, "office")
    new = "Mot-mat-khau-khac-han-2026"
    changed = here.post("/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert changed.status_code == 302
    assert here.get("/2026-H1/").status_code == 200
    assert "/sign-in/" in there.get("/2026-H1/").headers["Location"]


def test_an_account_that_was_closed_is_out_at_once(world: World) -> None:
    client = Client()
    sign_in(client, "office")
    User.objects.filter(username="office").update(is_active=False)
    assert "/sign-in/" in client.get("/2026-H1/").headers["Location"]
    assert sign_in(Client(), "office").status_code != 302


def test_a_name_that_exists_and_one_that_does_not_are_refused_alike(world: World) -> None:
    wrong, unknown = (sign_in(Client(), name, "khong-dung-dau") for name in ("office", "nobody-here"))
    assert wrong.status_code == unknown.status_code == 200
    texts = [re.sub(r'value="[^"]*"|data-token="[^"]*"', "", one.content.decode()) for one in (wrong, unknown)]
    assert texts[0] == texts[1]


def test_guessing_at_one_account_is_stopped_and_leaves_the_others_alone(world: World) -> None:
    english = Client()
    english.cookies["tienbo_lang"] = "en"
    for _ in range(5):
        assert "is not right" in sign_in(english, "office", "doan-mo-thoi-ma").content.decode()
    stopped = sign_in(english, "Office ")  # another spelling of the name counts as the name
    assert "Too many attempts at this name" in stopped.content.decode(), "even the right password waits"
    for _ in range(5):
        sign_in(english, "nobody-here", "doan-mo-thoi-ma")
    said = sign_in(english, "nobody-here").content.decode()
    assert "Too many attempts at this name" in said, "of a name that nobody has it is told alike"
    assert "sessionid" not in stopped.cookies
    assert sign_in(Client(), "chair").status_code == 302


def test_too_many_requests_of_one_machine_are_told_in_a_page_of_ours(world: World) -> None:
    with override_settings(ACCOUNT_RATE_LIMITS={"login": "2/m/ip"}):
        for _ in range(2):
            sign_in(Client(), "office")
        stopped = sign_in(Client(), "office")
    assert stopped.status_code == 429
    assert '<html lang="vi">' in stopped.content.decode()
    assert "Too Many" not in stopped.content.decode()
    assert policy(stopped) == POLICY


def test_signing_in_as_oneself_uses_up_no_attempts(world: World) -> None:
    for _ in range(12):
        assert sign_in(Client(), "office").status_code == 302


def test_the_address_of_a_visitor_is_the_one_the_proxy_names_where_there_is_one(world: World) -> None:
    def asked(said: str) -> int:
        form = {"login": "office", "password": "doan-mo-thoi-ma"}
        return Client().post("/sign-in/", form, headers={"x-forwarded-for": said}).status_code

    with override_settings(ACCOUNT_RATE_LIMITS={"login": "2/m/ip"}, ALLAUTH_TRUSTED_PROXY_COUNT=1):
        assert [asked(f"10.0.0.{n}, 203.0.113.7") for n in range(3)] == [200, 200, 429]
        assert asked("203.0.113.8") == 200
    cache.clear()
    with override_settings(ACCOUNT_RATE_LIMITS={"login": "2/m/ip"}):
        assert [asked(f"203.0.113.{n}") for n in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    "path", ["/sign-up/", "/signup/", "/accounts/signup/", "/password/reset/", "/admin/", "/accounts/login/"]
)
def test_there_is_no_other_way_in(world: World, path: str) -> None:
    assert Client().get(path).status_code == 404


# -------------------------------------------------------------------------------------------------------- redirects

ELSEWHERE = (
    "https://example.com/", "//example.com/", "/\\example.com", "http:example.com", "javascript:alert(1)",
    "https:///example.com", "\thttps://example.com", "http://testserver@example.com/",
)  # fmt: skip


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_link_leads_through_us_to_somebody_else(world: World, address: str) -> None:
    client = Client()
    spoken = client.post("/language/", {"lang": "en", "next": address})
    assert spoken.headers["Location"] == "/"
    signed_in = client.post("/sign-in/?next=" + address, {"login": "office", "password": PASSWORD, "next": address})
    assert signed_in.status_code == 302
    assert "example.com" not in signed_in.headers["Location"]
    assert "javascript" not in signed_in.headers["Location"]


def test_who_had_to_sign_in_comes_back_to_where_they_were(world: World) -> None:
    client = Client()
    sent = client.get("/2026-H1/targets/?group=work")
    page = client.get(sent.headers["Location"])
    assert 'value="/2026-H1/targets/?group=work"' in page.content.decode()
    back = client.post(sent.headers["Location"], {"login": "office", "password": PASSWORD, "next": "/2026-H1/targets/"})
    assert back.headers["Location"] == "/2026-H1/targets/"


@pytest.mark.parametrize("said", ["fr", "", "en;q=1", "../vi", "<script>"])
def test_a_language_nobody_speaks_here_is_vietnamese(world: World, said: str) -> None:
    client = Client()
    client.cookies["tienbo_lang"] = said
    response = client.get("/sign-in/", headers={"accept-language": "en"})
    assert response.headers["Content-Language"] == "vi"
    assert '<html lang="vi">' in response.content.decode()
    assert client.post("/language/", {"lang": said}).status_code == 404


def test_a_host_that_is_not_ours_is_not_answered(world: World) -> None:
    response = Client().get("/sign-in/", headers={"host": "example.com"})
    assert response.status_code == 400
    assert "example.com" not in response.content.decode()


# ------------------------------------------------------------------------------------------------------ error pages


@pytest.mark.parametrize(("lang", "words"), [("vi", "Không có trang này"), ("en", "There is no such page here")])
def test_what_is_not_there_is_told_in_the_readers_language(world: World, lang: str, words: str) -> None:
    client = Client()
    client.cookies["tienbo_lang"] = lang
    for address in ("/khong-co", "/2026-H3/", "/2026-H1/indicator/khong.co/", "/unit/unit_" + "0" * 26 + "/"):
        client.force_login(world.users["office"])
        response = client.get(address)
        assert response.status_code == 404, address
        assert words in response.content.decode(), address


def test_an_error_page_tells_nothing_of_what_broke(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("mật khẩu của cơ sở dữ liệu là 12345")

    monkeypatch.setattr("tienbo.web.home.render", broken)
    client = Client(raise_request_exception=False)
    client.force_login(world.users["office"])
    response = client.get("/2026-H1/")
    text = response.content.decode()
    assert response.status_code == 500
    for words in ("12345", "RuntimeError", "Traceback", "tienbo.web", "render"):
        assert words not in text, words
    assert "Không có gì bị mất" in text
    assert "Nothing was lost" in text
    assert policy(response) == POLICY


def test_an_error_page_needs_nothing_that_may_be_broken(rf: RequestFactory) -> None:
    with override_settings(OFFICE=None):  # no site, no database, no session
        response = errors.broken(rf.get("/"))
    assert response.status_code == 500


ODD = ("q=%00", "unit=%27%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "page=9999999999", "lang=xx")


@pytest.mark.parametrize(
    "query",
    [f"?{'&'.join(ODD)}", *(pytest.param(f"?{one}", marks=pytest.mark.proof) for one in ODD)],
)
def test_odd_questions_are_answered_and_never_run(furnished: Furnished, query: str) -> None:
    client = furnished.sit("office")
    for place in furnished.places():
        if "GET" not in place.methods or place.name == "account_logout" or place.whose not in ("", "own", "own_thing"):
            continue
        response = client.get(place.address + query)
        assert response.status_code < 500, place.address
        if "html" in response.headers.get("Content-Type", ""):
            assert "<script>alert" not in response.content.decode(), place.address
