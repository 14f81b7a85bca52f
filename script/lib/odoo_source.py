"""Odoo 19 Community: one the user has, or Debian's package unpacked into .local/odoo."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from console import SetupError, run, say, step
from layout import APT, ODOO_DOWNLOAD, ODOO_SERIES, site_packages

PACKAGE = "odoo-19"
# Files that Debian's package replaces by links into these other packages.
COMPANIONS_SID = (
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-ocr-b",
)
# sid's fonts-font-awesome 7 lacks the files; the stable release's 4.7 has them.
COMPANIONS_STABLE = ("fonts-font-awesome", "fonts-inconsolata")
STABLE_SUITE = "bookworm"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DIST_PACKAGES = Path("usr/lib/python3/dist-packages")
# Left out of Debian's package for its licence, but named by a bundle; it only blurs video backgrounds.
LEFT_OUT = Path("mail/static/lib/selfie_segmentation/selfie_segmentation.js")

NO_ODOO = f"""No Odoo {ODOO_SERIES[0]} was found and none could be fetched{{reason}}. Three ways to have one:
  1. Use yours: ODOO_HOME=/path/to/odoo script/bootstrap
     (a source tree or a folder that holds the package "odoo", series {ODOO_SERIES[0]}.{ODOO_SERIES[1]}).
  2. On Debian 12 or later: let this script fetch Debian's package "{PACKAGE}" (needs apt-get, dpkg and
     the package debian-archive-keyring; nothing is installed on the machine).
  3. Anywhere else: the official container image, with the compose.yaml of this repository."""


def _series_of(folder):
    """(major, minor) of the Odoo whose package lies in ``folder``, or None."""
    release = Path(folder) / "odoo" / "release.py"
    if not release.is_file():
        return None
    found = re.search(r"^version_info\s*=\s*\(\s*(\d+)\s*,\s*(\d+)", release.read_text(encoding="utf-8"), re.M)
    return (int(found[1]), int(found[2])) if found else None


def _given():
    """Folder named by ODOO_HOME, checked."""
    home = os.environ.get("ODOO_HOME")
    if not home:
        return None
    series = _series_of(home)
    if series != ODOO_SERIES:
        what = f"holds Odoo {series[0]}.{series[1]}" if series else "holds no package 'odoo'"
        raise SetupError(f"ODOO_HOME={home} {what}; series {ODOO_SERIES[0]}.{ODOO_SERIES[1]} is needed.")
    return Path(home).resolve()


def _importable():
    """Folder of an Odoo that the machine's own Python already has."""
    code = "import importlib.util as u; s = u.find_spec('odoo'); print(s.origin or '')"
    base = getattr(sys, "_base_executable", sys.executable)
    for python in dict.fromkeys((base, shutil.which("python3") or base)):
        done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
        origin = done.stdout.strip()
        if done.returncode == 0 and origin:
            folder = Path(origin).parents[1]
            if _series_of(folder) == ODOO_SERIES:
                return folder
    return None


def _machine_mirror():
    """(address, suite) pairs of the machine's own apt set-up; the address is nowhere in our files."""
    done = subprocess.run(
        [
            "apt-get",
            "indextargets",
            "--format",
            "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)",
            "Created-By: Packages",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        parts = line.split()
        if len(parts) >= 3 and parts[2] == "main" and (len(parts) < 4 or parts[3] in ("Debian", "$(ORIGIN)")):
            if "security" not in parts[0] and "security" not in parts[1]:
                yield parts[0], parts[1]


def _apt_options(folder, suite, mirror):
    for sub in ("lists/partial", "cache/archives/partial", "etc"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    sources = folder / "etc" / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n")
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": "/dev/null",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Retries": "3",
        # A machine set up on a frozen archive (a snapshot) has lists past their date; signatures are checked as ever.
        "Acquire::Check-Valid-Until": "false",
    }
    return [part for key, value in options.items() for part in ("-o", f"{key}={value}")]


def _download(suite, packages, mirror):
    folder = APT / suite
    options = _apt_options(folder, suite, mirror)
    run(["apt-get", *options, "-q", "update"])
    target = folder / "debs"
    target.mkdir(exist_ok=True)
    run(["apt-get", *options, "-q", "download", *packages], cwd=target)
    return sorted(target.glob("*.deb"))


def _check_tools():
    missing = [tool for tool in ("apt-get", "dpkg-deb") if not shutil.which(tool)]
    if missing:
        raise SetupError(NO_ODOO.format(reason=f" ({', '.join(missing)} is missing)"))
    if not KEYRING.exists():
        raise SetupError(NO_ODOO.format(reason=" (Debian's package debian-archive-keyring is missing)"))
    mirror = next(_machine_mirror(), None)
    if not mirror:
        raise SetupError(NO_ODOO.format(reason=" (apt names no Debian archive; run apt-get update once)"))
    return mirror[0]


def _fetch_debian():
    mirror = _check_tools()
    say("    Debian's package odoo-19 (123 MB) and eight small companions")
    staging = ODOO_DOWNLOAD.with_name("odoo.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    debs = _download("sid", (PACKAGE, *COMPANIONS_SID), mirror)
    debs += _download(STABLE_SUITE, COMPANIONS_STABLE, mirror)
    for deb in debs:
        run(["dpkg-deb", "-x", deb, staging])
    addons = staging / DIST_PACKAGES / "odoo" / "addons"
    left_out = addons / LEFT_OUT
    left_out.parent.mkdir(parents=True, exist_ok=True)
    if left_out.is_symlink() or not left_out.exists():
        left_out.unlink(missing_ok=True)
        left_out.write_text("")
    dangling = _relink(staging)
    if dangling:
        raise SetupError("Debian's Odoo package has links without a target: " + ", ".join(dangling[:5]))
    shutil.rmtree(ODOO_DOWNLOAD, ignore_errors=True)
    staging.rename(ODOO_DOWNLOAD)
    shutil.rmtree(APT, ignore_errors=True)


def _relink(staging):
    """Point absolute links into the unpacked tree; return the links that still lead nowhere."""
    dangling = []
    for folder, subfolders, files in os.walk(staging):
        for name in (*subfolders, *files):
            path = Path(folder) / name
            if not path.is_symlink() or path.exists():
                continue
            target = Path(os.readlink(path))
            inside = staging / str(target).lstrip("/")
            if target.is_absolute() and inside.exists():
                path.unlink()
                path.symlink_to(os.path.relpath(inside, path.parent))
            else:
                dangling.append(str(path.relative_to(staging)))
    return dangling


def find():
    """Folder that holds the package ``odoo``; None when it has still to be fetched.

    :raises SetupError: ODOO_HOME is set but is no Odoo 19.0
    """
    given = _given()
    if given:
        return given
    local = ODOO_DOWNLOAD / DIST_PACKAGES
    if _series_of(local) == ODOO_SERIES:
        return local
    return _importable()


def ensure():
    """Have an Odoo 19 and make it importable in the virtual environment."""
    folder = find()
    if folder is None:
        with step("Fetching Odoo 19 Community"):
            _fetch_debian()
        folder = find()
    pth = site_packages() / "odoo-source.pth"
    if not pth.exists() or pth.read_text().strip() != str(folder):
        pth.write_text(f"{folder}\n")
    return folder


def core_addons(folder):
    """Addon folders of the Odoo in ``folder`` (a source tree has two)."""
    return [path for path in (folder / "odoo" / "addons", folder / "addons") if path.is_dir()]
