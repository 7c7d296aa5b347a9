"""Make sure that there is a Chromium for the browser tests: one on the PATH, else Debian's, else Playwright's own."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """A browser on the PATH; None leaves the choice to Playwright, which knows its own."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    if (path := find_chromium()) is not None:
        print(f"· browser tests use {path}")
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("· installing Debian's chromium for the browser tests")
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
    if find_chromium() is None:
        print("· installing Playwright's Chromium for the browser tests")
        subprocess.run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"], check=True)


if __name__ == "__main__":
    main()
