"""Annotations and names of methods at run time."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import typing
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client

MODULES = [
    "bird_connectors",
    "bird_connectors.doctor",
    "bird_connectors.plan",
    "bird_connectors.webhooks",
    "bird_connectors.testing",
    "bird_connectors.temporal",
]


def public_callables() -> dict[str, Any]:
    """Every public class and function, with the methods and properties of each class."""
    found: dict[str, Any] = {}
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            value = getattr(module, name)
            if not callable(value):
                continue
            found[f"{module.__name__}.{name}"] = value
            if not inspect.isclass(value):
                continue
            for base in value.__mro__:
                if not base.__module__.startswith("bird_connectors"):
                    continue
                for member_name, member in vars(base).items():
                    function = getattr(member, "fget", getattr(member, "__func__", member))
                    if callable(function) and not inspect.isclass(function):
                        found[f"{module.__name__}.{name}.{member_name}"] = function
    return found


CALLABLES = public_callables()


def test_every_public_callable_has_resolvable_hints() -> None:
    assert len(CALLABLES) > 500
    unresolved: dict[str, str] = {}
    for name, value in CALLABLES.items():
        try:
            typing.get_type_hints(value)
        except Exception as error:
            unresolved[name] = repr(error)
    assert not unresolved


def test_hints_resolve_to_the_types_of_other_modules() -> None:
    assert typing.get_type_hints(Client.workspace) == {"id": str | UUID | None, "return": bc.Workspace}
    assert typing.get_type_hints(Client.with_options)["timeout"] == float | timedelta | None
    assert typing.get_type_hints(bc.Connectors.get)["return"] is bc.Connector
    assert typing.get_type_hints(bc.ApiError)["details"] is Any


def test_import_of_the_package_does_not_import_typing() -> None:
    program = (
        "import sys, bird_connectors; print(*{'typing', 'enum', 'datetime', 'uuid', 'asyncio'} & set(sys.modules))"
    )
    # Without `site`, which may import some of them itself.
    path = f"import sys; sys.path[:] = {sys.path!r}; "
    done = subprocess.run([sys.executable, "-S", "-c", path + program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_type_error_names_the_public_class(client: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{client.__name__}\.__init__\(\) got an unexpected"):
        client(unknown=1)
    with pytest.raises(TypeError, match=rf"^{client.__name__}\.from_env\(\) got an unexpected"):
        client.from_env(unknown=1)
    one = client(access_key=wire.KEY, base_url="http://127.0.0.1:1")
    with pytest.raises(TypeError, match=rf"^{client.__name__}\.with_options\(\) takes"):
        one.with_options(5)


def test_public_methods_are_named_after_a_public_class() -> None:
    private = [
        function.__qualname__
        for name in bc.__all__
        for method, function in inspect.getmembers(getattr(bc, name), inspect.isfunction)
        if not method.startswith("_") and function.__qualname__.startswith("_")
    ]
    assert not private
