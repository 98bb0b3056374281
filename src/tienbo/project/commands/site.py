"""tienbo site create | home | show | upgrade."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from tienbo.core.messages import gettext as _
from tienbo.project.cli import print_options, site_options, site_path, unit_option
from tienbo.project.desk import Desk, django_start, tables_make
from tienbo.project.saying import Say
from tienbo.project.site import site_create, site_unmake


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    site = groups.add_parser("site", help=_("make a site, say whose it is")).add_subparsers(required=True)
    create = site.add_parser("create", help=_("make a new site in a folder"))
    create.add_argument("dir", type=Path, metavar=_("DIR"), help=_("a new folder for the site"))
    create.add_argument("--name", default="", metavar=_("TEXT"), help=_("name of the site"))
    create.add_argument(
        "--database", default="", metavar="URL", help=_("PostgreSQL address; SQLite in the folder without it")
    )
    print_options(create)
    create.set_defaults(run=run_create)
    home = site.add_parser("home", help=_("say which unit's committee runs the site"))
    unit_option(home, "unit")
    home.add_argument("--place", default="", metavar=_("TEXT"), help=_("place written beside the date on papers"))
    home.add_argument("--signing", default="", metavar=_("CODE"), help=_("signing profile of papers"))
    site_options(home)
    home.set_defaults(run=run_home)
    show = site.add_parser("show", help=_("what the site is and holds"))
    site_options(show)
    show.set_defaults(run=run_show)
    upgrade = site.add_parser("upgrade", help=_("bring the tables of a site to this version of the program"))
    site_options(upgrade)
    upgrade.set_defaults(run=run_upgrade)


def run_create(arguments: argparse.Namespace, say: Say) -> int:
    made = site_create(path=arguments.dir, name=arguments.name, database=arguments.database)
    try:
        django_start(made.path)
        tables_make()
    except BaseException:
        site_unmake(made)  # so that the same words can be tried again
        raise
    say.line(_("The site was made in {path}.").format(path=made.path))
    say.line(_("Next: tienbo units load, then tienbo site home “Tỉnh …”."))
    say.data({"site": str(made.path)})
    return 0


def run_upgrade(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments), migrate=True)
    say.line(_("The tables are those of this version."))
    say.data({"site": str(desk.site.path)})
    return 0


def run_home(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    unit = desk.unit(arguments.unit)
    changed = replace(
        desk.site,
        home_unit=unit.key,
        place=arguments.place or desk.site.place,
        signing=arguments.signing or desk.site.signing,
    )
    if changed.signing not in desk.edition.signing_profiles:
        from tienbo.core.faults import Fault, Refused
        from tienbo.release import frozen as _worded  # noqa: F401 - the sentence of the code used here

        fields = {"profile": changed.signing, "known": ", ".join(desk.edition.signing_profiles)}
        raise Refused(Fault("report.no_profile", changed.signing, fields))
    changed.save()
    from tienbo.units.queries import unit_name

    say.line(_("The site belongs to {unit}.").format(unit=unit_name(unit, desk.today)))
    say.data({"home_unit": unit.key})
    return 0


def run_show(arguments: argparse.Namespace, say: Say) -> int:
    path = site_path(arguments)
    desk = Desk.open(path)
    from tienbo.catalogue.fingerprint import fingerprint
    from tienbo.collection.models import Campaign, FactSegment, Revision
    from tienbo.units.models import Unit
    from tienbo.units.queries import unit_name

    facts: dict[str, Any] = {
        "path": str(desk.site.path),
        "name": desk.site.name,
        "home_unit": desk.site.home_unit,
        "database": "PostgreSQL" if desk.site.database else "SQLite",
        "edition": fingerprint(desk.edition),
        "illustrative": desk.site.illustrative,
        "units": Unit.objects.count(),
        "campaigns": [one.period_code for one in Campaign.objects.order_by("period_code")],
        "revisions": Revision.objects.count(),
        "segments": FactSegment.objects.filter(retired_at=None).count(),
    }
    names = {
        "path": _("Folder"),
        "name": _("Name"),
        "home_unit": _("Unit whose committee runs it"),
        "database": _("Database"),
        "edition": _("Fingerprint of the definitions"),
        "illustrative": _("Illustrative figures"),
        "units": _("Number of units"),
        "campaigns": _("Periods opened"),
        "revisions": _("Revisions"),
        "segments": _("Fact segments"),
    }
    home = Unit.objects.filter(key=desk.site.home_unit).first()
    shown = {
        **facts,
        "home_unit": unit_name(home, home.span.last_day or desk.today) if home else "–",
        "illustrative": _("Yes") if desk.site.illustrative else _("No"),
        "campaigns": ", ".join(facts["campaigns"]) or "–",
    }
    say.table([_("Setting"), _("Value")], [(names[key], shown[key]) for key in facts])
    say.data(facts)
    return 0
