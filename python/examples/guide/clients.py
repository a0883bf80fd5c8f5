"""Clients behind a proxy, with a private certificate authority, with lower limits, and for several tenants."""

import os
import sys
from pathlib import Path

from bird_connectors import Client, RateLimits


def proxy() -> Client:
    # --8<-- [start:proxy]
    bird = Client(access_key="an-access-key", proxy="http://proxy.example.com:3128")
    # --8<-- [end:proxy]
    return bird


def certificate(path: Path) -> Client:
    # --8<-- [start:certificate]
    bird = Client(access_key="an-access-key", root_certificate=path.read_text())
    # --8<-- [end:certificate]
    return bird


def limits() -> Client:
    # --8<-- [start:limits]
    # Half of the documented limits, because two processes share the workspace.
    bird = Client(access_key="an-access-key", rate_limit=RateLimits(get=25, post=250))
    # --8<-- [end:limits]
    return bird


proxy()
limits()
if len(sys.argv) > 1:
    certificate(Path(sys.argv[1]))

bird = Client.from_env()
# --8<-- [start:options]
quick = bird.with_options(timeout=5, max_attempts=1)
# --8<-- [end:options]
tenants = {bird.workspace().id: os.environ["BIRD_ACCESS_KEY"]}
# --8<-- [start:tenants]
for workspace_id, access_key in tenants.items():
    # Shares connections and rate limits with `bird`, and sends only this key.
    tenant = bird.with_access_key(access_key)
    page = tenant.workspace(workspace_id).connectors.list().first_page()
    print(workspace_id, len(page.items))
# --8<-- [end:tenants]
