"""Run the tests of the report in a real browser, or say why they are skipped.

`make test-browser` runs this. It installs what it can: Debian's chromium where it runs as root, and the
two packages of package.json by npm. It never fails because something cannot be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
LIMIT = 60  # seconds for one download


class SkippedError(Exception):
    """Why the tests cannot run here."""


def ran(command: list[str], limit: float | None = LIMIT) -> bool:
    """Whether a command ended well and in time; what it prints is not shown."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=limit, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def browser() -> str:
    """The path of a Chromium, which is installed where it is missing and that is possible."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise SkippedError("there is no Chromium; install one, or set CHROMIUM to its path")
    ran(["apt-get", "update"])
    # Only the download may take long, and only it may be interrupted.
    if not ran([*INSTALL, "--download-only"]) or not ran(INSTALL, limit=None):
        raise SkippedError("there is no Chromium, and it cannot be installed here")
    return shutil.which("chromium") or ""


def check_starts(chromium: str) -> None:
    """Raise if a browser is there that cannot open a page, in a container without rights, say."""
    options = ["--headless", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    if not ran([chromium, *options, "--dump-dom", "data:text/html,ready"]):
        raise SkippedError(f"{chromium} cannot be started here")


def check_node() -> None:
    """Install the packages that drive the browser, unless they are there."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise SkippedError("node and npm are not installed")
    folders = [HERE / "node_modules" / name for name in ("playwright-core", "axe-core")]
    install = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--prefix",
        str(HERE),
    ]
    if not all(folder.is_dir() for folder in folders) and not ran(install):
        raise SkippedError("npm cannot install playwright-core and axe-core here")


def main() -> int:
    """Make the pages, run the tests, and return the exit code."""
    try:
        check_node()
        chromium = browser()
        check_starts(chromium)
    except SkippedError as reason:
        print(f"Browser tests skipped: {reason}.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(HERE / "pages.py"), folder], check=True)
        environment = {**os.environ, "CHROMIUM": chromium, "PAGES": folder}
        tests = ["node", "--test", str(HERE / "report.test.mjs")]
        return subprocess.run(tests, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
