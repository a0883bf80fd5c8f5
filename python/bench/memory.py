"""Row 10: memory per connector of a large list, before and after reading attributes. Each variant has a process."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from measure import alternate, arguments, report

VARIANTS = ("bird-connectors", "httpx + pydantic")


def resident_memory() -> int:
    """Return the resident memory of this process, in bytes."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


def read(variant: str, base_url: str) -> list[Any]:
    import clients

    if variant == "bird-connectors":
        return clients.connectors(base_url).list().to_list()
    return clients.httpx_pydantic_list(base_url)


def print_memory(variant: str, server: str, count: int) -> None:
    """Print the bytes per connector before and after reading."""
    from attributes import read_attributes

    # A first list loads the code, so that it does not count.
    if len(read(variant, f"{server}/2/0")) != 200:
        raise RuntimeError(f"{variant} did not read two complete pages")
    gc.collect()
    before = resident_memory()
    connectors = read(variant, f"{server}/{count // 100}/0")
    gc.collect()
    unread = resident_memory()
    for connector in connectors:
        read_attributes(connector)
    gc.collect()
    print((unread - before) / len(connectors), (resident_memory() - before) / len(connectors))


def main() -> None:
    options = arguments()
    count, rounds = (5_000, 1) if options.quick else (100_000, 3)
    groups = ("memory", "memory after reading")
    samples: dict[str, list[list[float]]] = {variant: [[], []] for variant in VARIANTS}
    for variant in alternate(samples, rounds):
        call = f"import memory; memory.print_memory({variant!r}, {options.server!r}, {count})"
        child = subprocess.run(
            [sys.executable, "-c", call], check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parent
        )
        for measured, value in zip(samples[variant], child.stdout.split(), strict=True):
            measured.append(float(value))
    for variant, both in samples.items():
        for group, measured in zip(groups, both, strict=True):
            report(group, variant, "B", measured)


if __name__ == "__main__":
    main()
