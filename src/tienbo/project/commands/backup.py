"""tienbo backup | verify-backup | restore | backup-key | archive: what survives the machine."""

from __future__ import annotations

import argparse
import getpass
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.messages import gettext as _
from tienbo.core.words import moment_words
from tienbo.project.cli import print_options, site_options, site_path
from tienbo.project.desk import Desk
from tienbo.project.saying import Say, faults_json

worded(
    {
        "backup.no_folder": N_("No folder was named for the backup: --to DIR, or backups in tienbo.toml."),
        "backup.bad_moment": N_("“{text}” is no moment; write it as 2026-06-14 16:30."),
        "backup.no_moments": N_("A backup is of one moment. --at is for the folder of an archive."),
    }
)


def add(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = groups.add_parser("backup", help=_("back the site up while it is served"))
    backup.add_argument("--to", type=Path, metavar=_("DIR"), help=_("folder of backups (default: the site's setting)"))
    backup.add_argument("--key", default="", metavar="age1…", help=_("whom it is for (default: the site's setting)"))
    site_options(backup)
    backup.set_defaults(run=run)

    verify = groups.add_parser("verify-backup", help=_("open a backup and hold it against its manifest"))
    restore = groups.add_parser("restore", help=_("make a site of a backup or an archive in an empty folder"))
    for command in (verify, restore):
        words = _("the backup") if command is verify else _("the backup, or the folder of the archive")
        command.add_argument("file", type=Path, metavar=_("FILE"), help=words)
        command.add_argument("--key", type=Path, required=True, metavar=_("FILE"), help=_("the key file"))
    site_options(verify)
    verify.set_defaults(run=run_verify)
    restore.add_argument("dir", type=Path, metavar=_("DIR"), help=_("a new folder for the site"))
    restore.add_argument("--database", default="", metavar="URL", help=_("an empty PostgreSQL, where it was one"))
    restore.add_argument(
        "--at", metavar=_("MOMENT"), help=_("of an archive: as it was then, “2026-06-14 16:30” in Viet Nam")
    )
    print_options(restore)
    restore.set_defaults(run=run_restore)

    key = groups.add_parser("backup-key", help=_("make a key for backups; its file is kept elsewhere"))
    key.add_argument("file", type=Path, metavar=_("FILE"), help=_("the new key file"))
    key.add_argument("--passphrase", action="store_true", help=_("encrypt the key file with a passphrase"))
    site_options(key)
    key.set_defaults(run=run_key)

    archive = groups.add_parser("archive", help=_("keep the archive of a site on PostgreSQL, until stopped"))
    archive.add_argument("--once", action="store_true", help=_("put away what there is, then stop"))
    archive.add_argument("--base", action="store_true", help=_("make a new base first"))
    site_options(archive)
    archive.set_defaults(run=run_archive)


def run(arguments: argparse.Namespace, say: Say) -> int:
    desk = Desk.open(site_path(arguments))
    from tienbo.ground.journal import journal_head, journal_note
    from tienbo.ground.models import BackupAct
    from tienbo.project.backup import backup_make
    from tienbo.project.keeping import journal_keep
    from tienbo.project.rotation import backups_prune

    folder = arguments.to or (Path(desk.site.backups) if desk.site.backups else None)
    if folder is None:
        raise Refused(Fault("backup.no_folder"))
    journal_keep(desk.site)
    began = time.monotonic()
    try:
        made = backup_make(
            site=desk.site, folder=folder, key=arguments.key or desk.site.backup_key, head=journal_head().text
        )
    except Exception as broken:
        _failed(folder, broken, desk.actor.account)
        raise
    found = [fault.as_json() for fault in made.faults]
    journal_note("backup", name=made.path.name)
    BackupAct.objects.create(
        act=BackupAct.Act.MADE, name=made.path.name, size=made.size, found=found, by=desk.actor.account
    )
    gone = []
    if folder.resolve() == Path(desk.site.backups or "/").resolve():
        whole = BackupAct.objects.filter(act=BackupAct.Act.VERIFIED, found=[]).order_by("-id").first()
        gone = backups_prune(site=desk.site, folder=folder, spared={made.path.name, *([whole.name] if whole else [])})
        if gone:
            journal_note("backup_gone", of=dict(enumerate(gone)))
    journal_keep(desk.site)
    say.faults(made.faults)
    say.line(_("{path}: {count} files, {size} bytes.").format(path=made.path, count=made.members, size=made.size))
    if gone:
        say.line(
            _("{count} older backups were taken away by rule ({rule}).").format(
                count=len(gone), rule=desk.site.backups_kept
            )
        )
    say.data(
        {
            "path": str(made.path),
            "members": made.members,
            "size": made.size,
            "gone": gone,
            "seconds": round(time.monotonic() - began, 2),
            "faults": faults_json(made.faults),
        }
    )
    return 1 if made.faults else 0


def _failed(folder: Path, broken: Exception, by: str) -> None:
    """A backup that could not be made is remembered, where that much can be written: whoever looks after the site sees
    it on the page of the journal."""
    from tienbo.ground.models import BackupAct
    from tienbo.ground.troubles import trouble

    faults = broken.faults if isinstance(broken, Refused) else (trouble(broken),)
    with suppress(Exception):
        found = [fault.as_json() for fault in faults]
        BackupAct.objects.create(act=BackupAct.Act.MADE, name=str(folder)[-255:], size=0, found=found, by=by)


def run_verify(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.project.backup import backup_verify, key_read

    path = site_path(arguments)
    desk = Desk.open(path) if path is not None else None
    began = time.monotonic()
    faults: list[Fault] = []
    manifest: dict[str, object] = {}
    try:
        made = backup_verify(path=arguments.file, identity=key_read(arguments.key))
        faults, manifest = made.faults, dict(made.manifest)
    except Refused as refused:
        faults = list(refused.faults)
    if desk is not None:
        from tienbo.ground.models import BackupAct

        size = arguments.file.stat().st_size if arguments.file.exists() else 0
        found = [fault.as_json() for fault in faults]
        BackupAct.objects.create(
            act=BackupAct.Act.VERIFIED, name=arguments.file.name, size=size, found=found, by=desk.actor.account
        )
    say.faults(faults)
    say.line(_("The backup is whole.") if not faults else _("The backup cannot be relied on."))
    say.data(
        {
            "whole": not faults,
            "made_at": manifest.get("made_at"),
            "journal_head": manifest.get("journal_head"),
            "seconds": round(time.monotonic() - began, 2),
            "faults": faults_json(faults),
        }
    )
    return 1 if faults else 0


def moment_of(text: str) -> datetime:
    """A moment as typed, in Viet Nam's time where it says no other; Refused where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Refused(Fault("backup.bad_moment", "", {"text": text})) from wrong
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def run_archive(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.project.archive import Archive, bases, reaches
    from tienbo.project.site import site_open

    path = site_path(arguments)
    if path is None:
        raise Refused(Fault("site.none"))
    archive = Archive(site_open(path))
    stopping = threading.Event()
    if arguments.once or arguments.base:
        try:
            archive.receive()
            if arguments.base:
                archive.base_make()
            archive.turn()
        finally:
            archive.close()
    if not arguments.once:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_ignored: stopping.set())
        archive.run(stopping.wait)
    until = reaches(archive.folder)
    say.line(_("The archive reaches to {moment}.").format(moment=_moment(until)))
    say.data({"until": until.isoformat() if until else None, "bases": [one.path.name for one in bases(archive.folder)]})
    return 0


def _moment(at: datetime | None) -> str:
    return moment_words(at and at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))) or "–"


def _put_back(arguments: argparse.Namespace) -> tuple[str, int, str, str]:
    """(name of what it was made of, its size, the moment it is of, the head of the journal then) in the new folder."""
    from tienbo.project.archive import archive_restore
    from tienbo.project.backup import backup_restore, key_read

    identity = key_read(arguments.key)
    if arguments.file.is_dir():
        at = moment_of(arguments.at) if arguments.at else None
        restored = archive_restore(
            archive=arguments.file, identity=identity, folder=arguments.dir, database=arguments.database, at=at
        )
        until = restored.until or at
        return restored.base, 0, until.isoformat() if until else "", ""
    if arguments.at:
        raise Refused(Fault("backup.no_moments", str(arguments.file)))
    made = backup_restore(path=arguments.file, identity=identity, folder=arguments.dir, database=arguments.database)
    return made.path.name, made.size, str(made.manifest.get("made_at")), str(made.manifest.get("journal_head"))


def run_restore(arguments: argparse.Namespace, say: Say) -> int:
    began = time.monotonic()
    name, size, moment, head = _put_back(arguments)
    desk = Desk.open(arguments.dir, migrate=True)
    from tienbo.collection.manifest import facts_rebuild
    from tienbo.ground.journal import journal_head, journal_note
    from tienbo.ground.models import BackupAct
    from tienbo.project.keeping import journal_keep

    facts_rebuild(store=desk.stores.facts)
    head = head or journal_head().text
    journal_note("restore", name=name)
    BackupAct.objects.create(act=BackupAct.Act.RESTORED, name=name, size=size, by=desk.actor.account)
    journal_keep(desk.site)
    words = _("The site stands in {path} as it was at {moment}; its journal went on from {head}.")
    shown = _moment(datetime.fromisoformat(moment)) if moment else "–"
    say.line(words.format(path=arguments.dir, moment=shown, head=head))
    say.line(_("Next: tienbo check and tienbo journal verify, then tienbo serve."))
    say.data(
        {
            "site": str(arguments.dir),
            "made_at": moment,
            "journal_head": head,
            "head": journal_head().text,
            "seconds": round(time.monotonic() - began, 2),
        }
    )
    return 0


def run_key(arguments: argparse.Namespace, say: Say) -> int:
    from tienbo.project.backup import PASSPHRASE, key_make
    from tienbo.project.site import site_open

    path = site_path(arguments)
    site = site_open(path) if path is not None else None
    passphrase = (os.environ.get(PASSPHRASE) or getpass.getpass()) if arguments.passphrase else ""
    public = key_make(arguments.file, passphrase)
    say.line(public)
    if site is not None:
        replace(site, backup_key=public).save()
        say.line(_("The site's backups are for this key from now on."))
    say.line(_("Keep the file away from this machine: without it no backup can be opened, and with it every one can."))
    say.data({"key": public, "file": str(arguments.file)})
    return 0
