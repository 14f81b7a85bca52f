"""Chromium for the browser tests."""

import os

from console import SetupError, run, say, step, which
from layout import in_ci, is_root

NAMES = ("chromium", "chromium-browser", "google-chrome")
COMMAND = "apt-get install -y chromium"


def program():
    return next((path for name in NAMES if (path := which(name))), None)


def ensure():
    """Install Chromium as root; tell an ordinary user the one command; insist in CI."""
    if program():
        return
    if is_root() and which("apt-get"):
        with step("Installing Debian's package chromium"):
            env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            run(["apt-get", "update", "-q"], env=env)
            run(["apt-get", "install", "-qy", "--no-install-recommends", "chromium"], env=env)
        return
    if in_ci():
        raise SetupError(f"Browser tests must run in CI, and there is no Chromium: {COMMAND}")
    say(f"    no Chromium: browser tests will be reported as skipped. To have them: sudo {COMMAND}")
