"""Row 11: a long list with work between the pages, with and without prefetching the next page."""

from __future__ import annotations

import time

import clients
from measure import arguments, report

WORK = 0.02
"""The simulated work for each page, in seconds."""

RESPONSE_DELAY = 20
"""The delay of each response, in milliseconds."""


def with_prefetch(base_url: str) -> int:
    read = 0
    for page in clients.connectors(base_url).list().pages():
        read += len(page.items)
        time.sleep(WORK)
    return read


def without_prefetch(base_url: str) -> int:
    """Run the same loop, but request each page only after the work for the previous one."""
    connectors = clients.connectors(base_url)
    read, checkpoint = 0, None
    while True:
        page = connectors.list(resume_from=checkpoint).first_page()
        read += len(page.items)
        time.sleep(WORK)
        checkpoint = page.checkpoint
        if checkpoint is None:
            return read


def main() -> None:
    options = arguments()
    pages = 20 if options.quick else 250
    base_url = f"{options.server}/{pages}/{RESPONSE_DELAY}"
    for variant, read in (("bird-connectors", with_prefetch), ("without prefetch", without_prefetch)):
        start = time.perf_counter()
        if read(base_url) != pages * clients.PAGE:
            raise RuntimeError(f"{variant} did not read every connector")
        report("python paging", variant, "s", [time.perf_counter() - start])


if __name__ == "__main__":
    main()
