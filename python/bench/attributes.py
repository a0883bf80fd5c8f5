"""Row 8: the cost of reading attributes of a new page, for the first and the second time."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import clients
from measure import alternate, arguments, report

if TYPE_CHECKING:
    from collections.abc import Callable

read_attributes = attrgetter(
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

read_keys = itemgetter(
    "id",
    "name",
    "createdAt",
    "updatedAt",
    "workspaceId",
    "connectorTemplateSlug",
    "connectorTemplateRef",
    "region",
    "description",
)


@dataclass
class Variant:
    """A client, how the attributes of its items are read, and the seconds per call, one sample for each round."""

    page: clients.Page
    read: Callable[[Any], object] = read_attributes
    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)

    def measure(self, calls: int) -> None:
        """Read pages one after the other. The time of a page and its attributes includes dropping them."""
        first = second = total = 0.0
        for _ in range(calls):
            start = time.perf_counter()
            page = self.page()
            received = time.perf_counter()
            for connector in page:
                self.read(connector)
            first_read = time.perf_counter()
            for connector in page:
                self.read(connector)
            second_read = time.perf_counter()
            del page, connector
            end = time.perf_counter()
            first += first_read - received
            second += second_read - first_read
            total += (first_read - start) + (end - second_read)
        self.first.append(first / calls)
        self.second.append(second / calls)
        self.total.append(total / calls)


def main() -> None:
    options = arguments()
    base_url = f"{options.server}/1/0"
    rounds, calls = (3, 4) if options.quick else (41, 24)
    variants = {
        "bird-connectors": Variant(clients.bird(base_url)),
        "httpx + pydantic": Variant(clients.httpx_pydantic(base_url)),
        "http.client + msgspec": Variant(clients.http_client_msgspec(base_url)),
        "http.client + orjson": Variant(clients.http_client_orjson(base_url), read_keys),
    }
    for variant in variants.values():
        variant.page()  # opens connections and fills caches
    gc.collect()
    gc.freeze()
    for name in alternate(variants, rounds):
        gc.collect()
        variants[name].measure(calls)
    for name, variant in variants.items():
        report("first read", name, "s", variant.first)
        report("second read", name, "s", variant.second)
        report("page and read", name, "s", variant.total)


if __name__ == "__main__":
    main()
