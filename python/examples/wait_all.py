"""Wait for many installs, and print each result as soon as it is known.

    python wait_all.py < ids.txt

Standard input has one connector id or wait token per line. Polls are shared, so waiting for a thousand installs sends
hardly more requests than waiting for one.
"""

from __future__ import annotations

import sys

from bird_connectors import Client


def main() -> int:
    installs = sys.stdin.read().split()
    with Client.from_env() as bird:
        results = bird.workspace().connectors.wait_all(installs, timeout=600)
        for result in results:
            print(result.connector_id, result.error or result.channel_id, flush=True)
    totals = results.totals
    print(f"{totals.ready} can send, {totals.failed} failed, {totals.gets} requests", file=sys.stderr)
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
