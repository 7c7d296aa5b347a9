"""What a process may use that works on one file of a stranger, and how it says what it finds."""

import json
import os
import resource
import signal
import sys
from typing import Any

MEMORY = 1024 * 1024 * 1024  # bytes of address space; the libraries alone take a quarter of it
MOST_PIXELS = 40_000_000  # 160 MB as RGBA


def limit_process(cpu_seconds: int, seconds: int, most_written: int = 0) -> None:
    """A file that wants more ends this process. `most_written` is in bytes, of the file that the process may write."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, most_written),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    signal.alarm(seconds)  # whoever started this may be gone
    os.nice(10)


def report(**found: Any) -> None:
    """Print a line of JSON with some of the fields of Findings (inspector.py)."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
