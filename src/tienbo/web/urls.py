"""Every address of the pages."""

from __future__ import annotations

from allauth.account import views as sign_in_views
from django.urls import path, register_converter

from tienbo.web import addresses, charts, home, indicator, intake, settling, targets
from tienbo.web.access import public, signed_in

register_converter(addresses.PeriodInAddress, "period")
register_converter(addresses.KeyInAddress, "key")
register_converter(addresses.JobInAddress, "job")
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
    path("<period:period>/intake/", intake.intake, name="intake"),
    path("<period:period>/intake/send/", intake.intake_send, name="intake_send"),
    path("<period:period>/intake/work/<job:job>/", intake.intake_job, name="intake_job"),
    path("<period:period>/intake/work/<job:job>/again/", intake.intake_job_again, name="intake_job_again"),
    path("<period:period>/intake/work/<job:job>/<int:number>/", intake.intake_job_workbook, name="intake_job_workbook"),
    path("<period:period>/intake/accept/", intake.intake_accept, name="intake_accept"),
    path("<period:period>/intake/remind/", intake.intake_remind, name="intake_remind"),
    path("<period:period>/intake/reconciliation/", intake.intake_reconciliation, name="intake_reconciliation"),
    path("<period:period>/intake/<key:key>/", intake.intake_return, name="intake_return"),
    path("<period:period>/intake/<key:key>/ask/", intake.intake_ask, name="intake_ask"),
    path("<period:period>/intake/<key:key>/workbook/", intake.intake_return_workbook, name="intake_return_workbook"),
    path("<period:period>/targets/", targets.targets, name="targets"),
    path("<period:period>/indicators/", indicator.indicators, name="indicators"),
    path("<period:period>/indicator/<code:code>/", indicator.indicator, name="indicator"),
    path("<period:period>/indicator/<code:code>/explanation/", indicator.explanation, name="explanation"),
    path("<period:period>/indicator/<code:code>/series.csv", indicator.series_csv, name="series_csv"),
    path("<period:period>/indicator/<code:code>/series.json", indicator.series_json, name="series_json"),
    path("<period:period>/indicator/<code:code>/trend.svg", charts.picture, {"kind": "trend"}, name="trend_chart"),
    path("<period:period>/indicator/<code:code>/bars.svg", charts.picture, {"kind": "bars"}, name="bars_chart"),
    path("<period:period>/indicator/<code:code>/trend.json", charts.twin, {"kind": "trend"}, name="trend_twin"),
    path("<period:period>/indicator/<code:code>/bars.json", charts.twin, {"kind": "bars"}, name="bars_twin"),
    path("<period:period>/targets/<key:key>/", targets.working_table, name="working_table"),
    path("<period:period>/targets/<key:key>/csv/", targets.working_table_csv, name="working_table_csv"),
]
