"""The attribute reading whose instructions ``cargo xtask instructions`` counts.

Every run reads the same number of pages, so that only the attributes make a difference.
"""

from __future__ import annotations

from argparse import ArgumentParser
from operator import attrgetter

import bird_connectors

WORKSPACE = "2d7a1e03-25e4-401e-bf1e-0ace545673d7"
PAGES = 22

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


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--server", required=True, help="address of the server")
    parser.add_argument("--rounds", required=True, type=int, help="number of pages whose attributes are read")
    options = parser.parse_args()
    base_url = f"{options.server}/1/0"
    client = bird_connectors.Client(access_key="a-key-for-benchmarks", base_url=base_url, rate_limit=None)
    connectors = client.workspace(WORKSPACE).connectors
    pages = [connectors.list().first_page().items for _ in range(PAGES)]
    for page in pages[: options.rounds]:
        for connector in page:
            read_attributes(connector)


if __name__ == "__main__":
    main()
