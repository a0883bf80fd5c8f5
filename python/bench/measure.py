"""Measures variants of the same work in alternating rounds.

Every second round runs in the opposite order, so that other load on the machine affects all variants alike.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    Work = Callable[[int], None]
    """Does the work of a variant as often as its argument says."""


def arguments() -> Namespace:
    """Parse the options that ``cargo xtask bench`` passes to every script."""
    parser = ArgumentParser()
    parser.add_argument("--server", required=True, help="address of the server")
    parser.add_argument("--quick", action="store_true", help="measure only a few rounds")
    return parser.parse_args()


def repeat(call: Callable[[], Any]) -> Work:
    """Make sequential calls."""

    def work(calls: int) -> None:
        for _ in range(calls):
            call()

    return work


def repeat_async(loop: asyncio.AbstractEventLoop, call: Callable[[], Awaitable[Any]]) -> Work:
    """Make sequential asynchronous calls. The loop is entered once per round, not once per call."""

    async def work(calls: int) -> None:
        for _ in range(calls):
            await call()

    return lambda calls: loop.run_until_complete(work(calls))


def repeat_concurrently(loop: asyncio.AbstractEventLoop, call: Callable[[], Awaitable[Any]], tasks: int) -> Work:
    """Make asynchronous calls in concurrent tasks, each of which makes sequential calls."""

    async def task(calls: int) -> None:
        for _ in range(calls // tasks):
            await call()

    async def work(calls: int) -> None:
        await asyncio.gather(*(task(calls) for _ in range(tasks)))

    return lambda calls: loop.run_until_complete(work(calls))


def alternate(variants: Mapping[str, Any], rounds: int) -> Iterator[str]:
    """Yield the variants of all rounds in the order of their measurement."""
    order = list(variants)
    for _ in range(rounds):
        yield from order
        order.reverse()


def measure(group: str, variants: Mapping[str, Work], rounds: int, calls: int) -> None:
    """Measure each variant in each round, and print the seconds per call."""
    for work in variants.values():
        work(calls)  # opens connections and fills caches
    # Objects of the imported modules must not slow down the garbage collection of a measured variant.
    gc.collect()
    gc.freeze()
    samples: dict[str, list[float]] = {variant: [] for variant in variants}
    for variant in alternate(variants, rounds):
        gc.collect()
        start = time.perf_counter()
        variants[variant](calls)
        samples[variant].append((time.perf_counter() - start) / calls)
    for variant, measured in samples.items():
        report(group, variant, "s", measured)


def report(group: str, variant: str, unit: str, samples: list[float]) -> None:
    """Print the samples of one variant as a line of JSON."""
    print(json.dumps({"group": group, "variant": variant, "unit": unit, "samples": samples}), flush=True)
