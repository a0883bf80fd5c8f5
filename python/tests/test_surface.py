"""Both clients have the same methods, and those of the Rust SDK."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import wire
from bird_connectors import AsyncClient, Client
from bird_connectors.plan import AsyncPlanner, Planner

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = ["connectors", "channels", "webhook_subscriptions", "numbers", "use_cases"]

# These methods send no request, so the asynchronous ones are not coroutines either.
NEVER_AWAITED = {
    "with_access_key",
    "with_options",
    "workspace",
    "organization",
    "resume",
    "follow",
    "list",
    "list_long_codes",
    "logs",
    "available_events",
    "wait_all",
    "install_all",
    "unresolved_create",
}


def pairs() -> list[tuple[str, Any, Any]]:
    """The objects that are available without a request: name, synchronous object, asynchronous object."""
    clients = [client_type(access_key=wire.KEY, base_url="http://127.0.0.1:1") for client_type in (Client, AsyncClient)]
    found: list[tuple[str, Any, Any]] = [("client", *clients)]
    found.append(("planner", Planner(clients[0]), AsyncPlanner(clients[1])))
    organizations = [client.organization(wire.ORGANIZATION) for client in clients]
    found.append(("organization", *organizations))
    workspaces = [client.workspace(wire.WORKSPACE) for client in clients]
    found.append(("workspace", *workspaces))
    for resource in RESOURCES:
        found.append((resource, *(getattr(workspace, resource) for workspace in workspaces)))
    found.append(("list", *(workspace.connectors.list() for workspace in workspaces)))
    found.append(("wait_all", *(workspace.connectors.wait_all([]) for workspace in workspaces)))
    bulk_installs = [workspace.connectors.install_all([]) for workspace in workspaces]
    found.append(("install_all", *bulk_installs))
    found.append(("install_all.until_ready", *(installs.until_ready() for installs in bulk_installs)))
    found.append(("install", *(workspace.connectors.follow(wire.CONNECTOR) for workspace in workspaces)))
    return found


PAIRS = {name: (one, other) for name, one, other in pairs()}


def public(thing: Any) -> set[str]:
    return {name for name in dir(type(thing)) if not name.startswith("_")}


def parameters(method: Any) -> list[tuple[str, Any, Any]]:
    return [(p.name, p.kind, p.default) for p in inspect.signature(method).parameters.values()]


@pytest.mark.parametrize("name", PAIRS)
def test_both_objects_have_the_same_members(name: str) -> None:
    one, other = PAIRS[name]
    assert type(one) is not type(other)
    assert public(one) == public(other)


@pytest.mark.parametrize("name", PAIRS)
def test_both_methods_take_the_same_parameters(name: str) -> None:
    one, other = PAIRS[name]
    compared = 0
    for member in sorted(public(one) & public(other)):
        static = inspect.getattr_static(type(one), member)
        assert type(static) is type(inspect.getattr_static(type(other), member)), member
        if isinstance(static, property) or not callable(getattr(type(one), member)):
            continue
        assert parameters(getattr(one, member)) == parameters(getattr(other, member)), f"{name}.{member}"
        compared += 1
    assert compared or name in ("workspace",)


def test_both_clients_take_the_same_keyword_arguments() -> None:
    assert parameters(Client) == parameters(AsyncClient)
    assert parameters(Client.from_env) == parameters(AsyncClient.from_env)
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for _, kind, _ in parameters(Client))
    defaults = {name: default for name, _, default in parameters(Client)}
    assert (defaults["timeout"], defaults["attempt_timeout"], defaults["max_attempts"]) == (60.0, 30.0, 3)
    assert defaults["base_url"] is None


@pytest.mark.parametrize("name", PAIRS)
def test_every_method_has_a_docstring(name: str) -> None:
    for thing in PAIRS[name]:
        for member in public(thing):
            if inspect.ismemberdescriptor(inspect.getattr_static(type(thing), member)):
                continue
            assert (inspect.getdoc(getattr(type(thing), member)) or "").strip(), f"{type(thing).__name__}.{member}"


def test_only_methods_that_send_requests_are_coroutines() -> None:
    for name in ("client", "organization", "planner", *RESOURCES):
        one, other = PAIRS[name]
        for member in public(one) & public(other):
            method = getattr(type(other), member)
            if not inspect.isfunction(method):
                continue
            assert not inspect.iscoroutinefunction(getattr(type(one), member)), f"{name}.{member}"
            assert inspect.iscoroutinefunction(method) is (member not in NEVER_AWAITED), f"{name}.{member}"


# A snapshot is compared with `ConnectorIdentity`, which Python does not have.
RUST_ONLY = {"connectors": {"snapshot"}}


def rust_methods(kind: str) -> set[str]:
    """The public methods of a type of the Rust SDK, read from its source."""
    found: set[str] = set()
    for path in (ROOT / "crates" / "bird-connectors" / "src").rglob("*.rs"):
        for body in re.findall(rf"^impl {re.escape(kind)} \{{$(.*?)^\}}", path.read_text(), re.MULTILINE | re.DOTALL):
            found |= set(re.findall(r"^    pub (?:async )?fn (\w+)", body, re.MULTILINE))
    assert found, f"the Rust SDK has no public methods of {kind}"
    return found


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("connectors", "Connectors"),
        ("channels", "Channels"),
        ("webhook_subscriptions", "WebhookSubscriptions"),
        ("numbers", "Numbers"),
        ("use_cases", "UseCases"),
    ],
)
def test_resource_has_the_methods_of_the_rust_sdk(resource: str, kind: str) -> None:
    for thing in PAIRS[resource]:
        assert public(thing) == rust_methods(kind) - RUST_ONLY.get(resource, set())


# A method of a Rust builder is called once per value; a keyword argument takes several values.
PLURALS = {
    "channel_id": "channel_ids",
    "country_code": "country_codes",
    "provider_id": "provider_ids",
}


@pytest.mark.parametrize(
    ("resource", "method", "query"),
    [
        ("connectors", "list", "List<Connector>"),
        ("channels", "list", "List<Channel>"),
        ("numbers", "list_long_codes", "List<Number>"),
        ("webhook_subscriptions", "logs", "List<DeliveryLogEntry>"),
        ("webhook_subscriptions", "available_events", "List<AvailableWebhook>"),
    ],
)
def test_list_has_the_filters_of_the_rust_sdk(resource: str, method: str, query: str) -> None:
    rust = rust_methods(query)
    for thing in PAIRS[resource]:
        taken = {name for name, _, _ in parameters(getattr(thing, method))}
        missing = {name for name in rust if name not in taken and PLURALS.get(name) not in taken}
        assert not missing
        assert {"page_size", "limit", "max_empty_pages", "resume_from"} <= taken


def test_workspace_has_the_resources_of_the_rust_sdk() -> None:
    for thing in PAIRS["workspace"]:
        assert public(thing) == rust_methods("Workspace")


def test_every_exported_name_exists() -> None:
    import bird_connectors

    assert bird_connectors.__all__
    for name in bird_connectors.__all__:
        assert getattr(bird_connectors, name) is not None
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", bird_connectors.__version__)
