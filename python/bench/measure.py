"""Sides take turns, and every second round in the opposite order: whatever else the machine does hits all alike."""

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

    Turn = Callable[[int], None]


def arguments() -> Namespace:
    """What ``cargo xtask bench`` says to every script."""
    parser = ArgumentParser()
    parser.add_argument("--server", required=True, help="the address of the server")
    parser.add_argument("--quick", action="store_true", help="few rounds")
    return parser.parse_args()


def repeated(work: Callable[[], Any]) -> Turn:
    """A turn of calls, one after the other."""

    def turn(calls: int) -> None:
        for _ in range(calls):
            work()

    return turn


def awaited(loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[Any]]) -> Turn:
    """The same in a loop, which is entered once a turn, as by a program that lives in it."""

    async def calling(calls: int) -> None:
        for _ in range(calls):
            await work()

    return lambda calls: loop.run_until_complete(calling(calls))


def awaited_together(loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[Any]], count: int) -> Turn:
    """The same with so many calls under way at any time, each behind another of its own."""

    async def calling(calls: int) -> None:
        for _ in range(calls // count):
            await work()

    async def together(calls: int) -> None:
        await asyncio.gather(*(calling(calls) for _ in range(count)))

    return lambda calls: loop.run_until_complete(together(calls))


def rounds_of(sides: Mapping[str, Any], rounds: int) -> Iterator[str]:
    """Who is next, round after round."""
    order = list(sides)
    for _ in range(rounds):
        yield from order
        order.reverse()


def measure(group: str, sides: Mapping[str, Turn], rounds: int, calls: int) -> None:
    """Let each side work in each round, and print what one call takes, in seconds."""
    for turn in sides.values():
        turn(calls)  # connections are made, caches are filled
    # What one side imported is no work for the garbage collector of another.
    gc.collect()
    gc.freeze()
    samples: dict[str, list[float]] = {side: [] for side in sides}
    for side in rounds_of(sides, rounds):
        gc.collect()
        began = time.perf_counter()
        sides[side](calls)
        samples[side].append((time.perf_counter() - began) / calls)
    for side, measured in samples.items():
        report(group, side, "s", measured)


def report(group: str, side: str, unit: str, samples: list[float]) -> None:
    """Print one line of what was measured."""
    print(json.dumps({"group": group, "variant": side, "unit": unit, "samples": samples}), flush=True)
