"""tienbo facts rebuild | compact: the derived facts of a site."""

from __future__ import annotations

import argparse

from tienbo.core.messages import gettext as _
from tienbo.project.cli import site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("facts", help=_("the derived facts: build them again, compact them")).add_subparsers(
        required=True
    )
    rebuild = group.add_parser("rebuild", help=_("derive every fact again from the revisions and compare"))
    site_options(rebuild)
    rebuild.set_defaults(run=run_rebuild)
    compact = group.add_parser("compact", help=_("make one segment of many"))
    site_options(compact)
    compact.set_defaults(run=run_compact)


def run_rebuild(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.collection.manifest import facts_rebuild

    before, after = facts_rebuild(store=desk.stores.facts)
    same = before == after
    if before is None:
        say.line(_("The facts were derived again; some of what was there before was missing or damaged."))
    else:
        say.line(_("The facts are the same as before.") if same else _("The facts differ from what was there before."))
    say.data({"before": before, "after": after, "same": same})
    return 0 if same or before is None else 1


def run_compact(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.collection.manifest import facts_compact, stores_sweep

    facts_compact(store=desk.stores.facts, above=1)
    gone = stores_sweep(stores=desk.stores)
    say.line(_("{count} files that nothing needs any more were deleted.").format(count=len(gone)))
    say.data({"deleted": gone})
    return 0
