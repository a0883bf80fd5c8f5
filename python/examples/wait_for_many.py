"""Wait for many installs at once, and tell each as it finishes.

    python wait_for_many.py < ids.txt

Standard input has one connector id or wait token a line. A thousand of them cost little more than one.
"""

from __future__ import annotations

import sys

from bird_connectors import Client


def main() -> int:
    installs = sys.stdin.read().split()
    with Client.from_env() as bird:
        results = bird.workspace().connectors.wait_all(installs, timeout=600)
        for result in results:
            print(result.id, result.error or result.channel_id, flush=True)
    totals = results.totals
    print(f"{totals.done} can send, {totals.failed} failed, {totals.gets} requests", file=sys.stderr)
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
