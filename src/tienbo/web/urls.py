"""Every address of the pages."""

from __future__ import annotations

from allauth.account import views as sign_in_views
from django.urls import path, register_converter

from tienbo.web import addresses, home, settling, targets
from tienbo.web.access import public, signed_in

register_converter(addresses.PeriodInAddress, "period")
register_converter(addresses.KeyInAddress, "key")
register_converter(addresses.CodeInAddress, "code")

urlpatterns = [
    path("", settling.start, name="start"),
    path("sign-in/", public(sign_in_views.login), name="account_login"),
    path("sign-out/", signed_in(sign_in_views.logout), name="account_logout"),
    path("password/", signed_in(sign_in_views.password_change), name="account_change_password"),
    path("language/", settling.choose_language, name="language"),
    path("seat/", settling.choose_seat, name="seat"),
    path("health", settling.health, name="health"),
    path("ready", settling.ready, name="ready"),
    path("<period:period>/", home.home, name="home"),
    path("<period:period>/targets/", targets.targets, name="targets"),
    path("<period:period>/targets/<key:key>/", targets.working_table, name="working_table"),
    path("<period:period>/targets/<key:key>/csv/", targets.working_table_csv, name="working_table_csv"),
]
