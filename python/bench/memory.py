"""Row 10: what a process grows by that holds many connectors in a list. Each side has a process of its own."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from measure import arguments, report, rounds_of

SIDES = ("bird-connectors", "httpx + pydantic")


def resident() -> int:
    """The memory of this process, in bytes."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


def read(side: str, base_url: str) -> list[Any]:
    import sides

    if side == "bird-connectors":
        return sides.connectors(base_url).list().to_list()
    return sides.httpx_pydantic_list(base_url)


def hold(side: str, server: str, count: int) -> None:
    """Print what the connectors take, apart from the program that reads them."""
    if len(read(side, f"{server}/2/0")) != 200:
        raise RuntimeError(f"{side} did not read two whole pages")
    gc.collect()
    before = resident()
    held = read(side, f"{server}/{count // 100}/0")
    gc.collect()
    print((resident() - before) / len(held))


def main() -> None:
    options = arguments()
    count, rounds = (5_000, 1) if options.quick else (100_000, 3)
    samples: dict[str, list[float]] = {side: [] for side in SIDES}
    for side in rounds_of(samples, rounds):
        call = f"import memory; memory.hold({side!r}, {options.server!r}, {count})"
        child = subprocess.run(
            [sys.executable, "-c", call], check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parent
        )
        samples[side].append(float(child.stdout))
    for side, measured in samples.items():
        report("memory", side, "B", measured)


if __name__ == "__main__":
    main()
