"""Row 8: the cost of reading attributes of a new page, for the first and the second time."""

from __future__ import annotations

import gc
import time
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


def main() -> None:
    options = arguments()
    base_url = f"{options.server}/1/0"
    rounds = 3 if options.quick else 401
    pages: dict[str, Callable[[], Any]] = {
        "bird-connectors": clients.bird(base_url),
        "httpx + pydantic": clients.httpx_pydantic(base_url),
        "http.client + msgspec": clients.http_client_msgspec(base_url),
        "http.client + orjson": clients.http_client_orjson(base_url),
    }
    first: dict[str, list[float]] = {variant: [] for variant in pages}
    second: dict[str, list[float]] = {variant: [] for variant in pages}
    total: dict[str, list[float]] = {variant: [] for variant in pages}
    gc.collect()
    gc.freeze()
    for variant in alternate(pages, rounds):
        read = read_keys if variant == "http.client + orjson" else read_attributes
        start = time.perf_counter()
        page = pages[variant]()
        received = time.perf_counter()
        for connector in page:
            read(connector)
        first_read = time.perf_counter()
        for connector in page:
            read(connector)
        first[variant].append(first_read - received)
        total[variant].append(first_read - start)
        second[variant].append(time.perf_counter() - first_read)
    for group, samples in (("first read", first), ("second read", second), ("page and read", total)):
        for variant, measured in samples.items():
            report(group, variant, "s", measured)


if __name__ == "__main__":
    main()
