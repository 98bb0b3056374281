"""tienbo posts shares | lines | list | workbook | receive: published shares from tables; who holds which post of a unit
on a day, as a workbook and back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tienbo.core.faults import Fault, Refused, errors
from tienbo.core.messages import gettext as _
from tienbo.core.words import day_words, number
from tienbo.project.cli import day_of, site_options, site_path, unit_option
from tienbo.project.commands.published import tables_take, whose
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

if TYPE_CHECKING:
    from tienbo.posts.loading import Loaded


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = groups.add_parser("posts", help=_("published posts and who holds them, published shares")).add_subparsers(
        required=True
    )
    shares = group.add_parser("shares", help=_("take tables of published shares in (CSV, or the first sheet)"))
    shares.add_argument("files", nargs="+", type=Path, metavar=_("FILE"), help=_("the tables"))
    shares.add_argument("--group", default="", metavar=_("CODE"), help=_("of whom, where a table does not say it"))
    shares.add_argument("--source", default="", metavar=_("TEXT"), help=_("the source, where a table does not say it"))
    shares.add_argument(
        "--correct", action="store_true", help=_("what a source tells otherwise than before corrects it")
    )
    unit_option(shares, help=_("whose shares they are (default: the nation, else the home unit)"))
    lines = group.add_parser("lines", help=_("published shares, line by line: each of one way of counting"))
    unit_option(lines, help=_("whose shares they are (default: the nation, else the home unit)"))
    listed = group.add_parser("list", help=_("the posts of a unit and who holds them"))
    unit_option(listed, required=True)
    listed.add_argument("--on", metavar=_("DAY"), help=_("on this day (default: today)"))
    book = group.add_parser("workbook", help=_("write the workbook of a unit's posts and who holds them"))
    unit_option(book, required=True)
    book.add_argument("-o", "--out", type=Path, required=True, metavar=_("FILE"), help=_("where to write it"))
    receive = group.add_parser("receive", help=_("take filled workbooks of posts in"))
    receive.add_argument("files", nargs="+", type=Path, metavar=_("FILE"), help=_("the workbooks"))
    for command in (shares, lines, listed, book, receive):
        site_options(command)
    book.set_defaults(run=run_workbook)
    receive.set_defaults(run=run_receive)
    shares.set_defaults(run=run_shares)
    lines.set_defaults(run=run_lines)
    listed.set_defaults(run=run_list)


def run_shares(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.posts.loading import shares_load
    from tienbo.posts.reading import shares_read

    unit = whose(desk, arguments.unit)

    def take(path: Path) -> tuple[Loaded, list[Fault]]:
        rows, faults = shares_read(
            path.name, path.read_bytes(), desk.edition, group=arguments.group, source=arguments.source
        )
        if errors(faults):
            raise Refused(*faults)
        done, more = shares_load(rows, unit=unit, actor=desk.actor, edition=desk.edition, correct=arguments.correct)
        return done, [*faults, *more]

    return tables_take(arguments.files, take, say)


def run_lines(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.posts.queries import share_lines

    told = []
    for line in share_lines(whose(desk, arguments.unit), desk.edition):
        say.line(f"\n{line.group.name} {line.place}".rstrip() + f" – {line.rule.name}")
        for share in line.shares:
            parts = " / ".join("…" if count is None else number(count) for count in (share.counted, share.total))
            percent = "" if share.percent is None else f"{number(share.percent)} %"
            say.line(f"  {share.time:12} {percent:>8}  {parts if parts != '… / …' else '':>16}  {share.source}")
            told.append(
                {
                    "group": line.group.code,
                    "place": line.place,
                    "rule": line.rule.code,
                    "time": share.time,
                    "counted": share.counted,
                    "total": share.total,
                    "percent": share.percent,
                    "source": share.source,
                }
            )
    say.data(told)
    return 0


def run_list(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.posts.queries import posts_on

    unit, day = desk.unit_ever(arguments.unit), day_of(arguments.on) or desk.today
    rows, told = [], []
    for held in posts_on([unit.pk], day, edition=desk.edition):
        title = str(held.title.name) if held.title else held.post.title
        holder = held.holder
        who = holder.name if holder else _("vacant") if held.vacant else _("not told")
        sex = _(str(holder.get_sex_display())) if holder else ""
        since = day_words(holder.valid_from) if holder else ""
        rows.append((title, held.post.number, who, sex, since, (holder or held.post).source))
        told.append({"title": held.post.title, "number": held.post.number, "sex": holder.sex if holder else None})
    say.table((_("Post"), _("No."), _("Holder"), _("Sex"), _("Since"), _("Source")), rows)
    say.data(told)
    return 0


def run_workbook(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.processes.post_books import posts_book_write

    unit = desk.unit_ever(arguments.unit)
    count = posts_book_write(
        arguments.out, unit=unit, edition=desk.edition, seal=desk.seal, illustrative=desk.site.illustrative
    )
    say.line(_("{count} records were written to {file}.").format(count=count, file=arguments.out))
    say.data({"file": str(arguments.out), "records": count})
    return 0


def run_receive(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.processes.post_books import posts_book_read, posts_book_take

    told, status = list[dict[str, object]](), 0
    for path in arguments.files:
        try:
            read, unit = posts_book_read(path.read_bytes(), name=path.name, edition=desk.edition, seal=desk.seal)
            done = posts_book_take(read=read, unit=unit, actor=desk.actor, edition=desk.edition)
        except Refused as refused:
            say.line(f"{path}: " + _("refused"))
            if not say.as_json:
                say.faults(list(refused.faults), of=str(path))
            told.append({"file": str(path), "state": "refused", "faults": faults_json(refused.faults)})
            status = 1
            continue
        counts = {name: getattr(done, name) for name in ("added", "corrected", "ended", "untouched")}
        words = _("{added} new, {corrected} corrected, {ended} ended, {untouched} untouched").format(**counts)
        say.line(f"{path}: " + _("taken in") + f" ({words})")
        told.append({"file": str(path), "state": "received", **counts})
    say.data(told)
    return status
