"""Row 15: the time from Ctrl-C until a call that waits for a response raises KeyboardInterrupt."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from measure import arguments, report

CHILD = """
import signal, sys, time
import clients
# A benchmark that is started in the background ignores SIGINT, and its children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
connectors = clients.connectors(sys.argv[1])
print("ready", flush=True)
try:
    connectors.list().first_page()
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""

RESPONSE_DELAY = 600_000
"""The delay of the response, in milliseconds: longer than the benchmark takes."""


def interrupt_delay(server: str) -> float:
    command = [sys.executable, "-c", CHILD, f"{server}/1/{RESPONSE_DELAY}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.3)  # the request has been sent by then
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        return float(child.stdout.readline()) - sent


def main() -> None:
    options = arguments()
    rounds = 2 if options.quick else 15
    report("interrupt", "bird-connectors", "s", [interrupt_delay(options.server) for _ in range(rounds)])


if __name__ == "__main__":
    main()
