"""Row 15: from Ctrl-C to the KeyboardInterrupt of a call that waits for an answer."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from measure import arguments, report

CHILD = """
import signal, sys, time
import sides
# A benchmark that is started in the background ignores SIGINT, and its children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
connectors = sides.connectors(sys.argv[1])
print("ready", flush=True)
try:
    connectors.list().first_page()
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""

NEVER = 600_000
"""What the server takes for an answer, in milliseconds."""


def interrupted(server: str) -> float:
    command = [sys.executable, "-c", CHILD, f"{server}/1/{NEVER}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.3)  # until the request is under way
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        return float(child.stdout.readline()) - sent


def main() -> None:
    options = arguments()
    rounds = 2 if options.quick else 15
    report("interrupt", "bird-connectors", "s", [interrupted(options.server) for _ in range(rounds)])


if __name__ == "__main__":
    main()
