"""Who may open a page. Default deny: a view without a declaration stops the program before it serves anything.

Two declarations. `@page("accept")`: the person's seat (the unit and role they act from) must allow it, at the seat or
below. `@unit_page("view")`: the address names a unit, and `units.access.access_unit` must allow it there; a unit that
exists but may not be seen answers exactly as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.checks import CheckMessage, Error
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tienbo.accounts.models import User
from tienbo.accounts.policies import has_second_factor
from tienbo.core.faults import Refused
from tienbo.core.messages import gettext as _
from tienbo.core.periods import Period
from tienbo.engine.evaluate import Audience, Basis
from tienbo.ground.acting import narrow_hides
from tienbo.papers.context import period_name
from tienbo.release.reading import Reader
from tienbo.units.access import NEEDS, ROLES, Need, access_unit, grants_of
from tienbo.units.frames import unit_names
from tienbo.units.models import Role, Unit
from tienbo.units.queries import unit_keyed, unit_numbered
from tienbo.units.rights import MATRIX
from tienbo.web.maps import choose_map
from tienbo.web.office import office
from tienbo.web.sign_in import factor_asked, used_factor

Declared = Literal["public", "signed_in"] | Need
P = ParamSpec("P")

_ORDER = (
    Role.OFFICE, Role.CHAIR, Role.INSPECTOR, Role.ADMINISTRATOR, Role.DATA_OFFICER, Role.HEAD, Role.PREPARER,
    Role.ELECTIONS, Role.PARTNER,
)  # fmt: skip


@dataclass(frozen=True)
class Seat:
    """The unit a person acts from, with the roles they hold there."""

    unit: Unit
    roles: frozenset[str]

    def allows(self, need: Need) -> bool:
        return any(need in ROLES[role].own | ROLES[role].below for role in self.roles)

    @property
    def is_partner(self) -> bool:
        """Outside the statutory line: no role of the seat reads returns, so it gets what is open and nothing else."""
        return not self.allows("view")

    def audience(self, at: int) -> Audience:
        """As whom the seat reads, from a unit (row id): its own, or one that went wholly into it. Figures of class C3
        belong to roles that the matrix of rights shows them to."""
        if self.is_partner:
            return Audience("partner", at)
        return Audience("statutory", at if MATRIX.reads_sensitive(self.roles) else None)

    def reads_as(self, at: int) -> Audience:
        """As whom the seat is given figures just now: those of class C3 are left out of pages until the person has
        proved who they are (`web.fresh`)."""
        held = self.audience(at)
        return Audience(held.kind, None) if narrow_hides() and not self.is_partner else held

    @property
    def name(self) -> str:
        """What the unit is called today, else when it last had a name."""
        today = unit_names(timezone.localdate()).get(self.unit.pk)
        return today or str(self.unit.names.order_by("-valid_from").first() or self.unit.key)


class Asked(HttpRequest):
    """A request of a person who sits somewhere: what every page gets."""

    user: User
    seat: Seat
    map_day: date | None
    """The map that figures are asked on; None is each period's own. Said by pages that are `mapped`."""


def seats_of(user: User) -> list[Seat]:
    """Every seat of a person today, the widest role first."""
    roles: dict[int, set[str]] = {}
    units: dict[int, Unit] = {}
    for grant in grants_of(user.pk, timezone.localdate()):
        roles.setdefault(grant.unit, set()).add(grant.role)
        units[grant.unit] = unit_numbered(grant.unit)
    seats = [Seat(units[unit], frozenset(held)) for unit, held in roles.items()]
    return sorted(seats, key=lambda seat: (min(map(_ORDER.index, cast("Iterable[Any]", seat.roles))), seat.unit.pk))


def seat_of(request: HttpRequest) -> Seat | None:
    """The seat chosen in this session, else the person's first."""
    user = request.user
    if not isinstance(user, User):
        return None
    seats = seats_of(user)
    chosen = request.session.get("seat")
    return next((seat for seat in seats if seat.unit.key == chosen), seats[0] if seats else None)


def reader_for(seat: Seat, basis: Basis = "accepted", root: int | None = None) -> Reader:
    """The seat reading its own subtree; a partner is outside the statutory line. `root`: a unit that went wholly into
    the seat's, read in its stead on a map of before."""
    held = office()
    at = seat.unit.pk if root is None else root
    return Reader(
        stores=held.stores,
        edition=held.edition,
        audience=seat.reads_as(at),
        scope=at,
        basis=basis,
    )


# ------------------------------------------------------------------------------------------------- declarations

View = Callable[..., HttpResponseBase]


def public(view: View) -> View:
    """Anybody may open it: the sign-in page, health, the check of a receipt."""
    view.declared = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Whoever signed in may open it, whatever their seat: signing out, choosing a seat."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        return view(request, *args, **kwargs)

    opened.declared = "signed_in"  # type: ignore[attr-defined]
    return opened


def page(
    need: Need, *, methods: Sequence[str] = ("GET",), mapped: bool = False
) -> Callable[[Callable[Concatenate[Asked, P], HttpResponseBase]], View]:
    """Declare what the seat must allow. The view gets a request with its `seat`, and with its `map_day` where the page
    reads figures on the map that was chosen (`mapped`)."""

    def declare(view: Callable[Concatenate[Asked, P], HttpResponseBase]) -> View:
        @wraps(view)
        def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            answer = _sit(request, need) or _not_begun(request, kwargs) or (choose_map(request) if mapped else None)
            return answer or view(cast("Asked", request), *args, **kwargs)

        return _declared(opened, need, methods)

    return declare


def unit_page(
    need: Need, *, methods: Sequence[str] = ("GET",), mapped: bool = False
) -> Callable[[Callable[Concatenate[Asked, Unit, P], HttpResponseBase]], View]:
    """Declare what must be allowed at the unit whose key the address names (`key`); the view gets that Unit.

    An address that also names a period is about the map of that period's last day, or of the unit's own last day where
    it ended in the period; others are about today's, or the unit's last day where it has ended. A page that is `mapped`
    is about the map that was chosen, where one was and the unit stands on it.
    """

    def declare(view: Callable[Concatenate[Asked, Unit, P], HttpResponseBase]) -> View:
        @wraps(view)
        def opened(request: HttpRequest, key: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            answer = _sit(request, "view") or _not_begun(request, kwargs) or (choose_map(request) if mapped else None)
            if answer:
                return answer
            unit = _unit(request, key, need, kwargs.get("period"))
            return view(cast("Asked", request), unit, *args, **kwargs)

        opened.at_unit = True  # type: ignore[attr-defined]
        return _declared(opened, need, methods)

    return declare


def _declared(opened: View, need: Declared, methods: Sequence[str]) -> View:
    made: View = require_http_methods([*methods, "HEAD"] if "GET" in methods else list(methods))(opened)
    made.declared = need  # type: ignore[attr-defined]
    made.methods = tuple(methods)  # type: ignore[attr-defined]
    made.at_unit = getattr(opened, "at_unit", False)  # type: ignore[attr-defined]
    return made


def _sit(request: HttpRequest, need: Need) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return _to_sign_in(request)
    seat = seat_of(request)
    if seat is None or not seat.allows(need):
        raise Http404
    if (owed := owed_first(request)) is not None:
        return redirect(owed)
    request.seat = seat  # type: ignore[attr-defined]
    return None


def owed_first(request: HttpRequest) -> str | None:
    """The name of the page that comes before all others on a guarded site: a first password is changed, and a second
    factor set up where a role asks for one. None where nothing is owed."""
    user = request.user
    if settings.SIGN_IN != "guarded" or not isinstance(user, User):
        return None
    if user.drawn:
        return "account_change_password"
    if not factor_asked(user) or used_factor(request):
        return None
    # Who has a factor and did not use it began this session before it was set up: the next begins with it.
    return "mfa_reauthenticate" if has_second_factor(user) else "mfa_index"


def _not_begun(request: HttpRequest, given: Mapping[str, Any]) -> HttpResponse | None:
    """A period to come that nobody opened has nothing to show: said in words, with the periods there are above."""
    period = given.get("period")
    if period is None or office().knows(period):
        return None
    first = office().edition.calendar.span(period).start
    return render(request, "web/not_begun.html", {"asked_name": period_name(period), "first": first}, status=404)


def _unit(request: HttpRequest, key: str, need: Need, period: Period | None) -> Unit:
    unit = unit_keyed(key)
    if unit is None:
        raise Http404
    today = timezone.localdate()
    last = unit.span.last_day
    map_day: date | None = getattr(request, "map_day", None)
    if map_day is not None and unit.span.contains(map_day):
        day = map_day
    elif period is not None:
        day = office().edition.calendar.last_day(period)
        if last is not None and office().edition.calendar.span(period).start <= last < day:
            day = last
    else:
        day = today if unit.span.contains(today) else last or unit.valid_from
    try:
        return access_unit(cast("User", request.user), key, need=need, on=day, acting_on=today)
    except Refused as refused:
        raise Http404 from refused


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back here; a part of a page asks for the whole page to be sent there.

    What was to be changed was not: the person is told so, and comes back to the page it was asked from. A script's
    page stays as it is, with everything that was entered or chosen in it.
    """
    asks = request.method in ("GET", "HEAD")
    entrance = reverse("unlock" if hasattr(request, "locked_for") else "account_login")
    if request.headers.get("HX-Request"):
        address = redirect_to_login(request.headers.get("HX-Current-URL", "/"), login_url=entrance).url
        if not asks:
            return render(request, "web/parts/signed_out.html", {"address": address}, status=422)
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = address
        return answer
    if asks:
        return redirect_to_login(request.get_full_path(), login_url=entrance)
    messages.warning(
        request,
        _("The session had ended, so nothing was changed. Sign in, then do it once more; files are to be chosen anew."),
    )
    return redirect_to_login(page_before(request), login_url=entrance)


def page_before(request: HttpRequest) -> str:
    """The page of ours that asked, else the first. What a form was refused at is no page: the one above it is."""
    before = urlsplit(request.headers.get("Referer", ""))
    if before.netloc != request.get_host():
        return "/"
    for path in (before.path, before.path.rstrip("/").rpartition("/")[0] + "/"):
        try:
            methods = getattr(resolve(path).func, "methods", ("GET",))
        except Resolver404:
            continue
        if "GET" in methods:
            return f"{path}?{before.query}" if before.query and path == before.path else path
    return "/"


# --------------------------------------------------------------------------------------------------- the check


def views(patterns: Iterable[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[tuple[str, View]]:
    """(address pattern, view) of everything that is served."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, address)
        else:
            yield address, pattern.callback


def check_every_view_declares(**_kwargs: Any) -> list[CheckMessage]:
    known = {"public", "signed_in", *NEEDS}

    def declares(view: View) -> bool:
        said = getattr(view, "declared", None)
        return known.issuperset(said.values() if isinstance(said, Mapping) else [said])

    return [
        Error(
            f"The page at {address} does not declare who may open it.",
            hint="Use one of the declarations of tienbo.web.access.",
            obj=view,
            id="tienbo.E003",
        )
        for address, view in views()
        if not declares(view)
    ]
