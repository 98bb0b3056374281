"""Every address of the pages."""

from __future__ import annotations

from allauth.account import views as sign_in_views
from django.urls import path, register_converter
from django.views.decorators.http import require_http_methods

from tienbo.web import (
    addresses,
    charts,
    commenting,
    deciding,
    home,
    indicator,
    intake,
    receipt,
    release,
    reorganise,
    report,
    report_texts,
    report_words,
    rounds,
    schematic,
    settling,
    targets,
    unit,
    units,
)
from tienbo.web.access import public, signed_in

register_converter(addresses.PeriodInAddress, "period")
register_converter(addresses.KeyInAddress, "key")
register_converter(addresses.JobInAddress, "job")
register_converter(addresses.CodeInAddress, "code")

_form = require_http_methods(["GET", "HEAD", "POST"])

urlpatterns = [
    path("", settling.start, name="start"),
    path("sign-in/", public(_form(sign_in_views.login)), name="account_login"),
    path("sign-out/", settling.sign_out, name="account_logout"),
    path("password/", signed_in(_form(sign_in_views.password_change)), name="account_change_password"),
    path("language/", settling.choose_language, name="language"),
    path("seat/", settling.choose_seat, name="seat"),
    path("health", settling.health, name="health"),
    path("ready", settling.ready, name="ready"),
    path("receipt/", receipt.receipt, name="receipt"),
    path("units/", units.search, name="units_search"),
    path("reorganisations/", reorganise.reorganisations, name="reorganisations"),
    path("reorganisations/blank.xlsx", reorganise.reorganisation_blank, name="reorganisation_blank"),
    path("reorganisations/check/", reorganise.reorganisation_check, name="reorganisation_check"),
    path("reorganisations/confirm/", reorganise.reorganisation_confirm, name="reorganisation_confirm"),
    path("unit/<key:key>/", unit.unit, name="unit"),
    path("unit/<key:key>/<period:period>/blank.xlsx", unit.blank, name="unit_blank"),
    path("unit/<key:key>/<period:period>/filled.xlsx", unit.filled, name="unit_filled"),
    path("unit/<key:key>/<period:period>/form.pdf", unit.form, name="unit_form"),
    path("unit/<key:key>/<period:period>/report/", unit.report, name="unit_report"),
    path("unit/<key:key>/<period:period>/<int:number>/original/", unit.original, name="unit_original"),
    path("unit/<key:key>/<period:period>/<int:number>/signed/<int:copy>/", unit.signed, name="unit_signed"),
    path("unit/<key:key>/<period:period>/marked/<str:token>/", unit.marked, name="unit_marked"),
    path("unit/<key:key>/<period:period>/send/", unit.send, name="unit_send"),
    path("unit/<key:key>/<period:period>/approve/", unit.approve, name="unit_approve"),
    path("unit/<key:key>/<period:period>/sign/", unit.sign, name="unit_sign"),
    path("unit/<key:key>/<period:period>/comments/", commenting.unit_comment, name="unit_comment"),
    path(
        "unit/<key:key>/<period:period>/comments.xlsx", commenting.unit_comments_workbook, name="unit_comments_workbook"
    ),
    path("<period:period>/", home.home, name="home"),
    path("<period:period>/units/", units.units, name="units"),
    path("<period:period>/intake/", intake.intake, name="intake"),
    path("<period:period>/intake/send/", intake.intake_send, name="intake_send"),
    path("<period:period>/intake/work/<job:job>/", intake.intake_job, name="intake_job"),
    path("<period:period>/intake/work/<job:job>/again/", intake.intake_job_again, name="intake_job_again"),
    path("<period:period>/intake/work/<job:job>/<int:number>/", intake.intake_job_workbook, name="intake_job_workbook"),
    path("<period:period>/intake/accept/", deciding.intake_accept, name="intake_accept"),
    path("<period:period>/intake/remind/", intake.intake_remind, name="intake_remind"),
    path("<period:period>/intake/reconciliation/", intake.intake_reconciliation, name="intake_reconciliation"),
    path("<period:period>/intake/<key:key>/", intake.intake_return, name="intake_return"),
    path("<period:period>/intake/<key:key>/ask/", deciding.intake_ask, name="intake_ask"),
    path("<period:period>/intake/<key:key>/comments/", deciding.intake_comment, name="intake_comment"),
    path("<period:period>/intake/<key:key>/workbook/", intake.intake_return_workbook, name="intake_return_workbook"),
    path("<period:period>/rounds/", rounds.rounds, name="rounds"),
    path("<period:period>/rounds/<key:round>/", rounds.round_page, name="round"),
    path("<period:period>/rounds/<key:round>/cell/", rounds.round_cell, name="round_cell"),
    path("<period:period>/rounds/<key:round>/file/", rounds.round_file, name="round_file"),
    path("<period:period>/rounds/<key:round>/proposals/", rounds.round_proposals, name="round_proposals"),
    path("<period:period>/rounds/<key:round>/fill/", rounds.round_filling, name="round_filling"),
    path("<period:period>/rounds/<key:round>/annex.xlsx", rounds.round_annex, name="round_annex"),
    path("<period:period>/rounds/<key:round>/<key:filled>/", rounds.round_filled, name="round_filled"),
    path("<period:period>/rounds/<key:round>/<key:filled>.xlsx", rounds.round_filled_file, name="round_filled_file"),
    path("<period:period>/targets/", targets.targets, name="targets"),
    path("indicator/<code:code>/", indicator.at_period, name="indicator_at_period"),
    path("<period:period>/indicators/", indicator.indicators, name="indicators"),
    path("<period:period>/indicator/<code:code>/", indicator.indicator, name="indicator"),
    path("<period:period>/indicator/<code:code>/explanation/", indicator.explanation, name="explanation"),
    path("<period:period>/indicator/<code:code>/series.csv", indicator.series_csv, name="series_csv"),
    path("<period:period>/indicator/<code:code>/series.json", indicator.series_json, name="series_json"),
    path("<period:period>/indicator/<code:code>/trend.svg", charts.picture, {"kind": "trend"}, name="trend_chart"),
    path("<period:period>/indicator/<code:code>/bars.svg", charts.picture, {"kind": "bars"}, name="bars_chart"),
    path("<period:period>/indicator/<code:code>/schematic.svg", schematic.picture, name="schematic"),
    path("<period:period>/indicator/<code:code>/trend.json", charts.twin, {"kind": "trend"}, name="trend_twin"),
    path("<period:period>/indicator/<code:code>/bars.json", charts.twin, {"kind": "bars"}, name="bars_twin"),
    path("<period:period>/targets/<key:key>/", targets.working_table, name="working_table"),
    path("<period:period>/targets/<key:key>/csv/", targets.working_table_csv, name="working_table_csv"),
    path("<period:period>/report/", report.report, name="report"),
    path("<period:period>/report/release/", report.make, name="report_make"),
    path("<period:period>/report/annex/<int:number>/", report.annex, name="report_annex"),
    path("<period:period>/report/chart/<int:number>.svg", report.chart, name="report_chart"),
    path("<period:period>/report/texts/", report_texts.texts, name="report_texts"),
    path("<period:period>/report/words/", report_words.words, name="report_words"),
    path("<period:period>/report/<key:release>/", release.release, name="release"),
    path("<period:period>/report/<key:release>/docx", release.paper, {"suffix": "docx"}, name="release_docx"),
    path("<period:period>/report/<key:release>/pdf", release.paper, {"suffix": "pdf"}, name="release_pdf"),
    path("<period:period>/report/<key:release>/pptx", release.paper, {"suffix": "pptx"}, name="release_pptx"),
    path("<period:period>/report/<key:release>/proof/", release.proof, name="release_proof"),
    path("<period:period>/report/<key:release>/record/", release.record, name="release_record"),
    path("<period:period>/report/<key:release>/signed/<int:number>/", release.signed, name="release_signed"),
]
