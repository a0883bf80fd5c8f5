"""An argument with a wrong length, or without an end, raises an exception and never ends the interpreter."""

from __future__ import annotations

from typing import Any

PROGRAM = """
import itertools
import resource
import sys

import bird_connectors as bc
import wire
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import Signals, Verifier

# A conversion that does not end early fails, instead of using up the memory of the machine.
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


class LongList:
    def __init__(self, item):
        self.item = item

    def __len__(self):
        return 2**40

    def __getitem__(self, index):
        if index < 2:
            return self.item
        raise IndexError


class LongDict(dict):
    def __len__(self):
        return 2**40


def shared():
    # Small in memory, and 10**30 values as JSON.
    value = [1]
    for _ in range(30):
        value = [value] * 10
    return value


client = bc.Client(access_key="key", base_url="http://127.0.0.1:1", max_attempts=1, rate_limit=None)
workspace = client.workspace(wire.WORKSPACE)
connectors = workspace.connectors
install = connectors.follow(wire.CONNECTOR)
template = bc.Sms(name="Shop", **wire.template_arguments())
sandbox = Sandbox()

LISTS = {
    "WaitOptions.failure_statuses": lambda v: bc.WaitOptions(failure_statuses=v),
    "until_ready.failure_statuses": lambda v: install.until_ready(0.01, failure_statuses=v),
    "progress.failure_statuses": lambda v: install.progress(failure_statuses=v),
    "install_all.until_ready.failure_statuses": lambda v: connectors.install_all([]).until_ready(failure_statuses=v),
    "wait_all.failure_statuses": lambda v: connectors.wait_all([], failure_statuses=v),
    "wait_all.installs": lambda v: connectors.wait_all(v),
    "install_all.templates": lambda v: connectors.install_all(v),
    "ensure.identified_by": lambda v: connectors.ensure(template, identified_by=v),
    "install_all.identified_by": lambda v: connectors.install_all([], identified_by=v),
    "channels.list.platform": lambda v: workspace.channels.list(platform=v),
    "channels.list.status": lambda v: workspace.channels.list(status=v),
    "channels.list.channel_ids": lambda v: workspace.channels.list(channel_ids=v),
    "channels.list.resource_owner_identifier": lambda v: workspace.channels.list(resource_owner_identifier=v),
    "Script.statuses": lambda v: Script.statuses(1, v),
    "Sandbox.numbers": lambda v: Sandbox(numbers=v).close(),
    "Sandbox.webhooks.retry_delays": lambda v: sandbox.webhooks(retry_delays=v),
    "Verifier.signing_keys": lambda v: Verifier(signing_keys=v, url="https://example.com/a"),
    "Verifier.url": lambda v: Verifier(signing_keys=["key"], url=v),
    "until_ready.interval": lambda v: install.progress(interval=v),
    "Client.retry_backoff": lambda v: bc.Client(access_key="key", retry_backoff=v),
}
DICTS = {
    "Custom.arguments": lambda v: bc.Custom(template="a:1", name="Shop", arguments=v),
    "Custom.security_arguments": lambda v: bc.Custom(template="a:1", name="Shop", security_arguments=v),
    "from_dict": lambda v: bc.Connector.from_dict(v),
    "request.json": lambda v: client.request("POST", "/a", json=v),
    "request.query": lambda v: client.request("GET", "/a", query=v),
    "webhook_subscriptions.create.filters": lambda v: workspace.webhook_subscriptions.create(
        event="a", url="https://example.com/a", filters=v
    ),
    "wait_all.timeouts": lambda v: connectors.wait_all([], timeouts=v),
    "Sandbox.rule.json": lambda v: sandbox.rule(status=200, json=v),
    "Sandbox.rule.headers": lambda v: sandbox.rule(status=200, headers=v),
    "Sandbox.insert_connector": lambda v: sandbox.insert_connector(v),
    "Signals.push": lambda v: Signals().push(
        type("E", (), dict(service="a", event="a", payload=v, request_id=None, delivery_key="a",
                           timestamp=__import__("datetime").datetime.now()))()
    ),
}
ORDINARY = (bc.BirdConnectorsError, TypeError, MemoryError)


def attempt(name, call, value, must_fail=True):
    print(name, flush=True)
    try:
        call(value)
    except ORDINARY:
        return
    assert not must_fail, f"{name} accepted {value!r:.40}"


for name, call in LISTS.items():
    # Its two items may be valid.
    attempt(name, call, LongList("failed"), must_fail=False)
    attempt(name, call, LongList(object()))
    attempt(name, call, range(10**9), must_fail="retry_delays" not in name)
    attempt(name, call, itertools.repeat("failed"))
    attempt(name, call, itertools.repeat(1), must_fail="retry_delays" not in name)
for name, call in DICTS.items():
    attempt(name, call, LongDict(a="b"), must_fail=False)
    attempt(name, call, LongDict(a=LongDict(a=object())))
    attempt(name, call, {"a": shared()})
    attempt(name, call, {"a": LongList(1)})
attempt("install_all.templates", connectors.install_all, itertools.repeat(template))
attempt("wait_all.installs", connectors.wait_all, itertools.repeat(wire.CONNECTOR))
sandbox.close()
print("done")
"""


def test_wrong_length_of_an_argument_raises_an_exception(program: Any) -> None:
    code, out, err = program(PROGRAM).finish()
    assert code == 0, f"after {out.splitlines()[-1:]}: {err}"
    assert out.splitlines()[-1] == "done"
