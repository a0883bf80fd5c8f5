"""Row 11: a list whose reader works between the pages, as it is read, and without the page that is fetched ahead."""

from __future__ import annotations

import time

import sides
from measure import arguments, report

WORK = 0.02
ANSWER = 20
"""What the server takes for an answer, in milliseconds."""


def with_prefetch(base_url: str) -> int:
    read = 0
    for page in sides.connectors(base_url).list().pages():
        read += len(page.items)
        time.sleep(WORK)
    return read


def one_by_one(base_url: str) -> int:
    """The same loop, each page asked for when the one before it is done with."""
    connectors = sides.connectors(base_url)
    read, checkpoint = 0, None
    while True:
        page = connectors.list(from_=checkpoint).first_page()
        read += len(page.items)
        time.sleep(WORK)
        checkpoint = page.checkpoint
        if checkpoint is None:
            return read


def main() -> None:
    options = arguments()
    pages = 20 if options.quick else 250
    base_url = f"{options.server}/{pages}/{ANSWER}"
    for side, reading in (("bird-connectors", with_prefetch), ("without prefetch", one_by_one)):
        began = time.perf_counter()
        if reading(base_url) != pages * sides.PAGE:
            raise RuntimeError(f"{side} did not read every connector")
        report("python paging", side, "s", [time.perf_counter() - began])


if __name__ == "__main__":
    main()
