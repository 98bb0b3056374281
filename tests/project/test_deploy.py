"""What a server is installed from: units, proxy and script are sound, a bundle that was touched is refused, and all of
it is tried on a clean Debian with no network (`scripts/try-operate`, full counts only: it takes minutes and root)."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from tests.conftest import ROOT

from tienbo.core.messages import speaking
from tienbo.project.cli import parser

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
KEYS = ("openssl", "genpkey", "-algorithm", "ed25519", "-out")


def needs(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


def line(unit: Path, name: str) -> str:
    return re.findall(rf"^{name}=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)[0]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_a_command_that_there_is_as_an_account_that_may_do_little(unit: Path, tmp_path: Path) -> None:
    program, *words = line(unit, "ExecStart").split()
    assert program == "/opt/tienbo/current/bin/tienbo"
    with speaking("en"):
        asked = parser().parse_args(words)
    assert getattr(asked, "pages_only", True), "tables are made by the update, not by the pages"
    assert line(unit, "User") == "tienbo"
    text = unit.read_text(encoding="utf-8")
    for said in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "IPAddressDeny=any"):
        assert said in text
    analyze = needs("systemd-analyze")
    copy = tmp_path / unit.name
    copy.write_text(text.replace("/opt/tienbo/current/bin/tienbo", "/bin/true"), encoding="utf-8")
    done = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, check=False)
    assert [one for one in done.stderr.splitlines() if unit.stem in one] == []
    copy.write_text(text.replace("Restart=on-failure", "Restart=perhaps"), encoding="utf-8")
    broken = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, check=False)
    assert unit.stem in broken.stderr, "the check finds what is wrong"


def test_nginx_takes_the_proxy_as_it_stands(tmp_path: Path) -> None:
    nginx = needs("nginx")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x", "-keyout",
         tmp_path / "server.key", "-out", tmp_path / "server.pem"], check=True, capture_output=True,
    )  # fmt: skip
    shutil.copy(DEPLOY / "nginx/tienbo-proxy.conf", tmp_path / "tienbo-proxy.conf")
    site = (DEPLOY / "nginx/tienbo.conf").read_text(encoding="utf-8")
    site = site.replace("/etc/tienbo/tls", str(tmp_path)).replace("/etc/nginx/snippets", str(tmp_path))
    site = site.replace("/var/log/nginx", str(tmp_path)).replace("listen [::]", "# listen [::]")
    log = (DEPLOY / "nginx/tienbo-log.conf").read_text(encoding="utf-8")
    temporary = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy"))

    def takes(text: str) -> bool:
        whole = (
            f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error;\nevents {{}}\nhttp {{\n{temporary}{log}\n{text}\n}}\n"
        )
        (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
        done = subprocess.run([nginx, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False)
        return done.returncode == 0 and "[warn]" not in done.stderr

    assert takes(site)
    assert not takes(site.replace("proxy_pass http", "proxy_pas http", 1))
    assert "location = /metrics { return 404; }" in site
    assert re.search(r"X-Forwarded-For +\$proxy_add_x_forwarded_for", (DEPLOY / "nginx/tienbo-proxy.conf").read_text())


# ---------------------------------------------------------------------------------------------------------- bundles


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The skin of a bundle, signed."""
    made = tmp_path / "bundle"
    (made / "wheels").mkdir(parents=True)
    for name, text in (("RELEASE", "0.1.0-x\n"), ("PYTHON", "3.11\n"), ("wheels/a.whl", "a"), ("requirements.txt", "")):
        (made / name).write_text(text)
    shutil.copy2(DEPLOY / "tienbo-server", made / "tienbo-server")
    module().sums(made)
    for name in ("own", "other"):
        subprocess.run([*KEYS, tmp_path / f"{name}.pem"], check=True, capture_output=True)
        subprocess.run(
            ["openssl", "pkey", "-in", tmp_path / f"{name}.pem", "-pubout", "-out", tmp_path / f"{name}.pub"],
            check=True,
        )
    subprocess.run(
        ["openssl", "pkeyutl", "-sign", "-inkey", tmp_path / "own.pem", "-rawin", "-in", made / "SHA256SUMS", "-out",
         made / "SHA256SUMS.sig"], check=True,
    )  # fmt: skip
    return made


def checked(bundle: Path, key: str) -> subprocess.CompletedProcess[str]:
    words = [bundle / "tienbo-server", "check", "--key", bundle.parent / key]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def module() -> ModuleType:
    """scripts/bundle, as a module."""
    loader = importlib.machinery.SourceFileLoader("bundle", str(ROOT / "scripts/bundle"))
    spec = importlib.util.spec_from_loader("bundle", loader)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    loader.exec_module(made)
    return made


def test_a_bundle_that_is_whole_and_signed_is_taken(bundle: Path) -> None:
    done = checked(bundle, "own.pub")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Chữ ký đúng" in done.stdout


@pytest.mark.parametrize("damage", ["changed", "added", "linked", "gone", "other key", "unsigned", "list changed"])
def test_a_bundle_that_was_touched_is_refused(damage: str, bundle: Path) -> None:
    if damage == "changed":
        (bundle / "wheels/a.whl").write_text("b")
    elif damage == "added":
        (bundle / "wheels/b.whl").write_text("b")
    elif damage == "linked":
        (bundle / "wheels/b.whl").symlink_to("/etc/hostname")
    elif damage == "gone":
        (bundle / "wheels/a.whl").unlink()
    elif damage == "unsigned":
        (bundle / "SHA256SUMS.sig").unlink()
    elif damage == "list changed":
        (bundle / "wheels/a.whl").write_text("b")
        module().sums(bundle)
    done = checked(bundle, "other.pub" if damage == "other key" else "own.pub")
    assert done.returncode == 1
    assert done.stderr


def test_the_script_is_sound_shell() -> None:
    for shell in ("sh", "bash"):
        assert subprocess.run([shell, "-n", DEPLOY / "tienbo-server"], check=False).returncode == 0


def test_the_list_of_components_names_every_wheel_with_hash_and_licence(tmp_path: Path) -> None:
    wheel = tmp_path / "thing-1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        said = "Metadata-Version: 2.4\nName: thing\nVersion: 1.2\nLicense-Expression: MIT\n"
        archive.writestr("thing-1.2.dist-info/METADATA", said)
        archive.writestr("thing-1.2.dist-info/licenses/LICENSE", "MIT text")
    made = module()
    listed = json.loads(made.bom([wheel], "0.1.0"))
    (one,) = [part for part in listed["components"] if part["purl"].startswith("pkg:pypi/")]
    assert (one["name"], one["version"], one["licenses"][0]["license"]["name"]) == ("thing", "1.2", "MIT")
    assert one["hashes"][0]["content"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert any(part["purl"].startswith("pkg:npm/bootstrap@") for part in listed["components"])
    assert made.bom([wheel], "0.1.0") == made.bom([wheel], "0.1.0"), "the same wheels give the same list"
    assert made.licences([wheel], tmp_path / "held") == []
    assert (tmp_path / "held/thing-1.2/LICENSE").read_text() == "MIT text"


@pytest.mark.proof
def test_a_clean_debian_without_a_network_is_installed_updated_and_taken_back() -> None:
    needs("mmdebstrap")
    needs("unshare")
    if os.geteuid() != 0:
        pytest.skip("a file tree is entered as root")
    done = subprocess.run([ROOT / "scripts/try-operate"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "The trial held." in done.stdout


DEPLOYED = """
import sys
from dataclasses import replace
from pathlib import Path
from tienbo.project.desk import django_start
from tienbo.project.site import site_create
folder = Path(sys.argv[1])
site = site_create(path=folder)
replace(site, https=sys.argv[2] == "https", hosts=("ban.example.vn",)).save()
django_start(folder)
from django.core.checks import run_checks
print(*sorted(one.id for one in run_checks(include_deployment_checks=True) if not one.is_silenced()))
"""


def test_nothing_is_warned_of_at_a_site_behind_https(tmp_path: Path) -> None:
    """T46: `check --deploy`. What it is told not to warn of is done elsewhere: the proxy redirects."""

    def told(site: str) -> list[str]:
        command = [sys.executable, "-c", DEPLOYED, str(tmp_path / site), site]
        own = {name: value for name, value in os.environ.items() if not name.startswith(("TIENBO_", "DJANGO_"))}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=own).stdout.split()

    assert told("https") == []
    assert {"security.W012", "security.W016"} <= set(told("http")), "without https it does warn"
    nginx = "".join(file.read_text(encoding="utf-8") for file in (DEPLOY / "nginx").iterdir())
    assert re.search(r"return 30[18] https://", nginx)
    assert "X-Forwarded-Proto https" in nginx
