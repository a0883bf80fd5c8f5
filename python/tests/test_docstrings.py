"""Docstrings, which editors and `help()` show: summary line, arguments, result, errors."""

from __future__ import annotations

import inspect
import pydoc
import re
from typing import Any

import pytest

import bird_connectors as bc
from bird_connectors import webhooks
from bird_connectors.testing import Sandbox

# Classes whose constructor users call. The others are returned by methods.
CONSTRUCTED = [
    bc.Client,
    bc.AsyncClient,
    bc.RateLimits,
    webhooks.Verifier,
    webhooks.MemoryDedupStore,
    webhooks.Deduplicator,
    webhooks.AsyncDeduplicator,
    bc.WaitOptions,
    Sandbox,
]
SECTION = re.compile(r"^(Args|Returns|Yields|Raises|Example):$", re.MULTILINE)


def functions() -> dict[str, Any]:
    """Every public function that is written in Python, and every public method of a public class."""
    found: dict[str, Any] = {}
    values = [getattr(bc, name) for name in bc.__all__]
    values += [getattr(webhooks, name) for name in webhooks.__all__]
    for value in [*values, Sandbox]:
        if inspect.isfunction(value):
            found[value.__qualname__] = value
        if not inspect.isclass(value) or not value.__module__.startswith("bird_connectors"):
            continue
        for name in vars(value):
            method = getattr(value, name)
            if not name.startswith("_") and (inspect.isfunction(method) or inspect.ismethod(method)):
                found[f"{value.__name__}.{name}"] = method
    return found


FUNCTIONS = functions()


def parameters(function: Any) -> list[str]:
    kinds = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    found = inspect.signature(function).parameters.values()
    return [f"{kinds.get(p.kind, '')}{p.name}" for p in found if p.name != "self"]


def assert_arguments_documented(docstring: str, names: list[str]) -> None:
    sections = SECTION.split(docstring)
    arguments = sections[sections.index("Args") + 1] if "Args" in sections else ""
    assert re.findall(r"^    (\**\w+): ", arguments, re.MULTILINE) == names


def test_functions_are_found() -> None:
    assert len(FUNCTIONS) > 100
    assert {"Client.workspace", "AsyncConnectors.ensure", "Sandbox.rule", "sign"} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstring_of_function_is_complete(name: str) -> None:
    function = FUNCTIONS[name]
    docstring = inspect.getdoc(function)
    assert docstring, name
    summary, _, rest = docstring.partition("\n")
    assert summary.endswith(".")
    assert not rest or rest.startswith("\n")
    assert_arguments_documented(docstring, parameters(function))
    if not name.startswith("Sandbox."):
        returns = inspect.signature(function).return_annotation
        assert ("Returns:" in docstring or "Yields:" in docstring) == (returns not in ("None", None)), returns


@pytest.mark.parametrize("constructed", CONSTRUCTED)
def test_docstring_of_class_documents_its_arguments(constructed: Any) -> None:
    assert_arguments_documented(inspect.getdoc(constructed) or "", parameters(constructed))


def test_help_shows_a_complete_signature_and_an_example() -> None:
    shown = pydoc.plain(pydoc.render_doc(bc.Client.workspace))
    assert "workspace(self, id: 't.Id | None' = None) -> 'Workspace'" in shown
    for part in ("Args:", "Returns:", "Raises:", "InvalidInputError", "Example:", "client.workspace("):
        assert part in shown
    shown = pydoc.plain(pydoc.render_doc(bc.Connectors.ensure))
    for part in (
        "idempotent",
        "reconcile_window: ",
        "``drift``",
        "ConflictError: ",
        "may have been\n",
        "connectors.ensure(",
    ):
        assert part in shown


def test_docstrings_of_the_synchronous_client_contain_no_asynchronous_words() -> None:
    for name, function in FUNCTIONS.items():
        if "_sync" in function.__module__:
            assert not re.search(r"async|await", inspect.getdoc(function) or "", re.IGNORECASE), name
