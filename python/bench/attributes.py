"""Row 8: what reading attributes costs after the page is there. Each page is new, so nothing has been read before."""

from __future__ import annotations

import gc
import time
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sides
from measure import arguments, report, rounds_of

if TYPE_CHECKING:
    from collections.abc import Callable

NINE = attrgetter(
    "id",
    "name",
    "created_at",
    "updated_at",
    "workspace_id",
    "connector_template_slug",
    "connector_template_ref",
    "region",
    "description",
)


def main() -> None:
    options = arguments()
    base_url = f"{options.server}/1/0"
    rounds = 3 if options.quick else 401
    pages: dict[str, Callable[[], Any]] = {
        "bird-connectors": sides.ours(base_url),
        "httpx + pydantic": sides.httpx_pydantic(base_url),
    }
    first: dict[str, list[float]] = {side: [] for side in pages}
    again: dict[str, list[float]] = {side: [] for side in pages}
    whole: dict[str, list[float]] = {side: [] for side in pages}
    gc.collect()
    gc.freeze()
    for side in rounds_of(pages, rounds):
        began = time.perf_counter()
        page = pages[side]()
        there = time.perf_counter()
        for connector in page:
            NINE(connector)
        read = time.perf_counter()
        for connector in page:
            NINE(connector)
        first[side].append(read - there)
        whole[side].append(read - began)
        again[side].append(time.perf_counter() - read)
    for group, samples in (("first read", first), ("second read", again), ("page and read", whole)):
        for side, measured in samples.items():
            report(group, side, "s", measured)


if __name__ == "__main__":
    main()
