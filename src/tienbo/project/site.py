"""A site: one committee's folder with its database, files, facts and settings.

tienbo.toml   settings of the site        files/   bytes as received, by SHA-256
db.sqlite3    unless another is named     facts/   derived segments (Parquet); can be rebuilt
out/          what was written for people             heads/   heads of the journal, unless another folder is named
noted/        what was read and handed out, on its way to the journal
attempts/     failed attempts at signing in, for some minutes    static/  the pages' files, compressed; made by serving
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tienbo.core.faults import Fault, Refused, worded
from tienbo.core.messages import N_
from tienbo.core.words import day_of

worded(
    {
        "site.none": N_("No site is named. Use --site DIR or set TIENBO_SITE."),
        "site.not_found": N_("{path} is not a site: it has no tienbo.toml. Make one with: tienbo site create {path}"),
        "site.exists": N_("{path} is already a site."),
        "site.bad_setting": N_("{path}: the setting {name} is missing or wrong: {reason}"),
        "site.not_ready": N_(
            "The site may not be used in earnest yet: {what}. Until then: production = false in tienbo.toml."
        ),
        "site.bad_address": N_(
            "{address} is not the address of a PostgreSQL: postgresql://user:password@host:5432/name"
        ),
    }
)

FOLDERS = ("files", "facts", "out")
_KEYS = {
    "name", "secret_key", "database", "web_database", "home_unit", "illustrative", "pack", "signing", "place", "hosts",
    "https", "mail", "mail_from", "heads", "backups", "backup_key", "backup_test_key", "backup_every", "backups_kept",
    "archive", "archive_days", "sign_in", "policy", "identity", "production", "level_decision", "level_date",
    "regulation", "regulation_date", "owner", "operator", "decided", "retention", "terms",
}  # fmt: skip
_SHAPES = {
    "illustrative": bool, "https": bool, "hosts": list, "archive_days": int, "production": bool, "decided": dict,
    "terms": dict,
}  # fmt: skip
"""What settings are that are not texts."""


@dataclass(frozen=True)
class Site:
    """The settings of a site. `database` is a URL (postgresql://…) or empty for the site's own SQLite file."""

    path: Path
    secret_key: str
    name: str = ""
    database: str = ""
    web_database: str = ""
    """The same PostgreSQL as `database`, as the role of the pages: it owns nothing and steps past no policy of rows.
    Empty: the pages use the role of `database`, whose rows are looked at all the same."""
    home_unit: str = ""
    """Key of the unit whose committee runs the site: the consolidating office of its readers."""
    illustrative: bool = False
    """True for demonstrations: every paper says "số liệu minh họa"."""
    pack: str = "vn"
    signing: str = "ban"
    place: str = ""
    """Địa danh: the place written beside the date on papers."""
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    """Names under which browsers reach the pages."""
    https: bool = False
    """True where a proxy in front speaks HTTPS: cookies then travel on nothing else."""
    mail: str = ""
    """The server that sends e-mail, smtp://user:password@host:587 (smtps:// for TLS from the start). Empty: reminders
    are written to out/mail as .eml files."""
    mail_from: str = ""
    """The office's address that e-mail comes from."""
    sign_in: str = "guarded"
    """"guarded": first passwords are changed and a second factor is asked of the roles that read or give most; "simple"
    is for demonstrations and trials."""
    policy: str = "vn-level3"
    """The profile of accounts/policies.yaml: "vn-level3" or "asvs"."""
    identity: str = ""
    """The office's identity provider (OpenID Connect), beside the password and never in its place:
    oidc://client:secret@host/path?name=VNeID for https://host/path; …&plain=1 for http on this machine."""

    heads: str = ""
    """The folder that heads of the journal are written to once a day: best on another disk or machine. Empty: heads/ in
    the site, which finds whoever changed the database alone."""
    backups: str = ""
    """The folder that backups are written to every day; empty for none."""
    backup_key: str = ""
    """Whom backups are encrypted to: the public half of a key (age1…) whose other half is kept elsewhere."""

    backup_test_key: str = ""
    """A key file on this machine with which each day's backup is opened and looked at. Empty: a backup is tried where
    its key is, by hand or by a timer."""
    backup_every: str = "24h"
    """How long after a backup the next is made: 24h, 30m, 45s."""
    backups_kept: str = "14d 8w 12m"
    """Which backups are kept: the newest of each of the last 14 days, 8 weeks and 12 months. Empty: all of them."""

    archive: str = ""
    """The folder of the archive of a site on PostgreSQL, which can be put back to any moment of it; empty for none."""
    archive_days: int = 35
    """How many days back the archive reaches."""

    production: bool = False
    """True where it is used in earnest: refused until the level of security was approved and its rules were issued
    (NĐ 331/2026/NĐ-CP Điều 30.6, 30.7), first passwords are changed and pages travel over HTTPS. False is a trial, and
    its pages say so."""
    level_decision: str = ""
    level_date: str = ""
    """The decision that approved the level of the system: its number, its day."""
    regulation: str = ""
    regulation_date: str = ""
    """The regulation on the security of the system: its number, its day."""
    owner: str = ""
    """Chủ quản: the agency that answers for the system."""
    operator: str = ""
    """Đơn vị vận hành: who runs it."""
    decided: Mapping[str, str] = field(default_factory=dict)
    """What a person decided: code of the question (questions.yaml) → the document that says so."""
    retention: str = ""
    """The document by which the worker takes away, once a day, what is past its term. Empty: it is told, and taken away
    by hand (tienbo retention)."""
    terms: Mapping[str, str] = field(default_factory=dict)
    """Terms other than the program's own: code → "24m" or "30d" (tienbo retention due names the codes)."""

    @property
    def unready(self) -> tuple[str, ...]:
        """Settings that stand against use in earnest."""
        said = {name: getattr(self, name) for name in ("level_decision", "regulation", "home_unit")}
        missing = [name for name, text in said.items() if not text.strip()]
        missing += [name for name in ("level_date", "regulation_date") if day_of(getattr(self, name)) is None]
        wrong = {"https": not self.https, "sign_in": self.sign_in != "guarded", "illustrative": self.illustrative}
        return (*missing, *(name for name, is_wrong in wrong.items() if is_wrong))

    @property
    def heads_folder(self) -> Path:
        return Path(self.heads) if self.heads else self.path / "heads"

    @property
    def noted(self) -> Path:
        """Notes on their way to the journal."""
        return self.path / "noted"

    @property
    def files(self) -> Path:
        return self.path / "files"

    @property
    def facts(self) -> Path:
        return self.path / "facts"

    @property
    def out(self) -> Path:
        return self.path / "out"

    @property
    def connected(self) -> dict[str, str]:
        """Kind of connection → the machine or folder it leads to, without secrets; "" where there is none."""
        hosts = {name: urlsplit(getattr(self, name)).hostname or "" for name in ("identity", "mail")}
        return {**hosts, "archive": self.archive, "backups": self.backups}

    @property
    def identity_provider(self) -> dict[str, Any] | None:
        """allauth's setting of the identity provider; None without one."""
        return identity_provider(self.identity)

    @property
    def databases(self) -> dict[str, object]:
        """Django's setting for this site's database."""
        if not self.database:
            return sqlite(self.path / "db.sqlite3")
        return postgresql(self.database)

    @property
    def web_databases(self) -> dict[str, object]:
        """The same for the processes that answer pages."""
        return postgresql(self.web_database) if self.database and self.web_database else self.databases

    @property
    def web_role(self) -> str:
        """The role of PostgreSQL that pages use, where it is another than the one of commands."""
        named = unquote(urlsplit(self.web_database).username or "")
        return named if self.database and named != self.role else ""

    @property
    def role(self) -> str:
        """The role of PostgreSQL that commands use, and pages where they have none of their own."""
        return unquote(urlsplit(self.database).username or "")

    def save(self) -> None:
        """Write tienbo.toml, readable by its owner only: it holds the secret that seals workbooks. The one before
        stands until this one is on the disk."""
        lines = []
        for key in sorted(_KEYS):
            value = getattr(self, key)
            lines.append(f"{key} = {_shown(value)}")
        target = self.path / "tienbo.toml"
        self._noted(target)
        unfinished = self.path / ".tienbo.toml.part"
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(target)
        finally:
            unfinished.unlink(missing_ok=True)

    def _noted(self, stands: Path) -> None:
        """Note for the journal which settings change, never what they say, before they do."""
        if not stands.is_file():
            return
        from tienbo.ground.spool import spool_note

        before = tomllib.loads(stands.read_text(encoding="utf-8"))
        now = tomllib.loads("\n".join(f"{key} = {_shown(getattr(self, key))}" for key in sorted(_KEYS)))
        changed = [key for key in sorted(_KEYS) if key in before and before[key] != now[key]]
        changed += [key for key in sorted(_KEYS - before.keys()) if now[key] != _default(key)]
        if changed:
            spool_note(self.noted, "settings", of={"settings": ", ".join(changed)})


def _default(key: str) -> object:
    return tomllib.loads(f"x = {_shown(getattr(Site(Path(), ''), key))}")["x"]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(name)} = {_shown(text)}" for name, text in sorted(value.items())) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def site_create(*, path: Path, name: str = "", database: str = "", sign_in: str = "guarded") -> Site:
    """Make the folder of a new site. Refused where one stands already; nothing is overwritten."""
    if (path / "tienbo.toml").exists():
        raise Refused(Fault("site.exists", str(path), {"path": path}))
    if database:
        try:
            postgresql(database)
        except ValueError as wrong:
            raise Refused(Fault("site.bad_address", "", {"address": masked(database)})) from wrong
    for folder in FOLDERS:
        (path / folder).mkdir(parents=True, exist_ok=True)
    site = Site(path=path, name=name, database=database, secret_key=secrets.token_urlsafe(48), sign_in=sign_in)
    site.save()
    return site


def site_unmake(site: Site) -> None:
    """Take back a site whose tables could not be made. What others put in its folder stays."""
    for name in ("tienbo.toml", "db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", ".facts.lock"):
        (site.path / name).unlink(missing_ok=True)
    for folder in (*(site.path / name for name in FOLDERS), site.path):
        with suppress(OSError):
            folder.rmdir()


def site_open(path: Path) -> Site:
    """The site in a folder; Refused with the reason where there is none or a setting is wrong."""
    file = path / "tienbo.toml"
    if not file.is_file():
        raise Refused(Fault("site.not_found", str(path), {"path": path}))
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise Refused(Fault("site.bad_setting", str(file), {"path": file, "name": "?", "reason": broken})) from broken
    unknown = sorted(set(content) - _KEYS)
    if unknown:
        fields = {"path": file, "name": unknown[0], "reason": "?"}
        raise Refused(Fault("site.bad_setting", str(file), fields))
    for key, value in content.items():
        if not isinstance(value, _SHAPES.get(key, str)):
            fields = {"path": file, "name": key, "reason": repr(value)}
            raise Refused(Fault("site.bad_setting", str(file), fields))
    if len(content.get("secret_key", "")) < 32:
        fields = {"path": file, "name": "secret_key", "reason": "< 32"}
        raise Refused(Fault("site.bad_setting", str(file), fields))
    if "hosts" in content:
        content["hosts"] = tuple(map(str, content["hosts"]))
    for address in filter(None, (content.get("database"), content.get("web_database"))):
        try:
            postgresql(address)
        except ValueError as wrong:
            raise Refused(Fault("site.bad_address", str(file), {"address": masked(address)})) from wrong
    for key, reads, shape in (
        ("mail", mail_server, "smtp://user:password@host:587"),
        ("identity", identity_provider, "oidc://client:secret@host/path?name=…"),
        ("sign_in", _one_of("guarded", "simple"), "guarded | simple"),
        ("policy", _one_of("vn-level3", "asvs"), "vn-level3 | asvs"),
        ("backup_every", pause_said, "24h | 30m | 45s"),
        ("backups_kept", kept_rule, "14d 8w 12m"),
    ):
        try:
            reads(content.get(key, ""))
        except ValueError as wrong:
            fields = {"path": file, "name": key, "reason": shape}
            raise Refused(Fault("site.bad_setting", str(file), fields)) from wrong
    site = Site(path=path, **content)
    if site.production and site.unready:
        raise Refused(Fault("site.not_ready", str(file), {"what": ", ".join(site.unready)}))
    return site


def pause_said(text: str) -> timedelta:
    """How long "24h", "30m" or "45s" is; a day for nothing, ValueError for anything else."""
    found = re.fullmatch(r"(\d{1,6})([hms])", text or "24h")
    if found is None or not int(found[1]):
        raise ValueError(text)
    return timedelta(seconds=int(found[1]) * {"h": 3600, "m": 60, "s": 1}[found[2]])


def kept_rule(text: str) -> dict[str, int]:
    """ "14d 8w 12m" → {"d": 14, "w": 8, "m": 12}; ValueError where it is no rule, or keeps nothing."""
    words = text.split()
    found = [re.fullmatch(r"([1-9]\d{0,3})([dwm])", word) for word in words]
    if not all(found) or len({one[2] for one in found if one}) != len(words):
        raise ValueError(text)
    return {one[2]: int(one[1]) for one in found if one}


def _one_of(*known: str) -> Callable[[str], None]:
    def read(text: str) -> None:
        if text and text not in known:
            raise ValueError(text)

    return read


def sqlite(path: Path | str) -> dict[str, object]:
    """SQLite as the design wants it: immediate transactions, WAL, synchronous FULL (NORMAL loses acknowledged
    returns on a power cut)."""
    return {
        "default": {
            "ENGINE": "tienbo.ground.backends.sqlite3",
            "NAME": str(path),
            "TEST": {"NAME": ":memory:"},  # said, since test runners take it for granted of Django's own engine alone
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    }


def identity_provider(url: str) -> dict[str, Any] | None:
    """allauth's setting of an OpenID Connect provider from oidc://client:secret@host:port/path?name=…; None for an
    empty address, ValueError for another scheme or where a part is missing."""
    if not url:
        return None
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    if parts.scheme != "oidc" or not (parts.hostname and parts.username and parts.password):
        raise ValueError(f"not an identity provider: {parts.scheme}://…")
    is_plain = asked.get("plain") == ["1"]
    if is_plain and parts.hostname not in ("localhost", "127.0.0.1"):
        raise ValueError("an identity provider elsewhere is spoken to by https only")
    port = f":{parts.port}" if parts.port else ""
    origin = f"{'http' if is_plain else 'https'}://{parts.hostname}{port}"
    return {
        "provider_id": "oidc",
        "name": asked.get("name", ["OpenID Connect"])[0],
        "client_id": unquote(parts.username),
        "secret": unquote(parts.password),
        "settings": {"server_url": origin + parts.path.rstrip("/"), "form_origin": origin, "fetch_userinfo": False},
    }


def mail_server(url: str) -> dict[str, object]:
    """Django's settings of the server that sends e-mail; none for an empty address, ValueError for another scheme."""
    if not url:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(f"not an SMTP address: {parts.scheme}://…")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parts.hostname not in ("localhost", "127.0.0.1"),
        "EMAIL_TIMEOUT": 20,
    }


def masked(url: str) -> str:
    """An address as it may be shown: without its password."""
    return re.sub(r"(?<=:)[^:@/]*(?=@)", "…", url)


def postgresql(url: str) -> dict[str, object]:
    """PostgreSQL from postgresql://user:password@host:port/name; ValueError for another scheme."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.lstrip("/"):
        raise ValueError(f"not a PostgreSQL address: {parts.scheme}://…")
    return {
        "default": {
            "ENGINE": "tienbo.ground.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
        }
    }
