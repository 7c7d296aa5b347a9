"""Make sure that there is a Chromium for the browser tests: one on the PATH, else Debian's, else Playwright's own.

The headless shell is the same browser without a window's parts, which cost a quarter of the time of a test.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """A browser on the PATH; None leaves the choice to Playwright, which knows its own."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _install(package: str) -> bool:
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package, "fonts-dejavu-core"]
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, env=environ).returncode == 0


def main() -> None:
    if (path := find_chromium()) is not None:
        print(f"· browser tests use {path}")
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("· installing Debian's chromium for the browser tests")
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        if not (_install("chromium-headless-shell") or _install("chromium")):
            print("· Debian has none for this machine")
    if find_chromium() is None:
        print("· installing Playwright's Chromium for the browser tests")
        subprocess.run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"], check=True)


if __name__ == "__main__":
    main()
