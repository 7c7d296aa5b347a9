"""python -m tests.again [ARGS]: what failed runs once more, alone, as two cores may have been too busy for it.

More than a few that failed are no accident: then nothing is run, and the run stays red.
"""

import json
import subprocess
import sys
from pathlib import Path

MOST = 3
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def _say(*lines: str) -> None:
    sys.stdout.write("\n  ".join(lines) + "\n")
    sys.stdout.flush()


def main() -> int:
    failed = list(json.loads(FAILED.read_text())) if FAILED.exists() else []
    if not 0 < len(failed) <= MOST:
        _say(f"{len(failed)} tests failed: none is run again")
        return 1
    _say("these failed once, and run again, alone:", *failed)
    options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    command = [sys.executable, "-m", "pytest", "-n0", "-x", *options, *failed]
    status = subprocess.run(command, check=False).returncode
    _say("failed in the first run" + (" alone:" if status == 0 else " and again:"), *failed)
    return status


if __name__ == "__main__":
    sys.exit(main())
