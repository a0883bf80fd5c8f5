"""Docstrings, which editors and `help()` show: summary line, arguments, result, errors."""

from __future__ import annotations

import ast
import inspect
import pydoc
import re
from typing import Any

import pytest

import bird_connectors as bc
from bird_connectors import _errors, _plan, _records, _webhooks, doctor, plan, postgres, redis, temporal, webhooks
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
    redis.RedisDedupStore,
    redis.AsyncRedisDedupStore,
    redis.RedisSignals,
    redis.AsyncRedisSignals,
    postgres.PostgresDedupStore,
    postgres.AsyncPostgresDedupStore,
    postgres.PostgresJournal,
    postgres.AsyncPostgresJournal,
    bc.JournalClaim,
    plan.Planner,
    plan.AsyncPlanner,
    bc.WaitOptions,
    Sandbox,
]
SECTION = re.compile(r"^(Args|Returns|Yields|Raises|Example):$", re.MULTILINE)


def functions() -> dict[str, Any]:
    """Every public function that is written in Python, and every public method of a public class."""
    found: dict[str, Any] = {}
    values = [getattr(bc, name) for name in bc.__all__]
    values += [
        getattr(module, name)
        for module in (webhooks, doctor, plan, redis, postgres, temporal)
        for name in module.__all__
    ]
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


def attribute_docstrings() -> dict[tuple[str, str], str]:
    """The docstrings below the attributes in the source, which editors and the documentation site show."""
    found: dict[tuple[str, str], str] = {}
    for module in (_errors, _records, _webhooks, _plan):
        for node in ast.parse(inspect.getsource(module)).body:
            if not isinstance(node, ast.ClassDef):
                continue
            for attribute, docstring in zip(node.body, node.body[1:], strict=False):
                match attribute, docstring:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        found[node.name, name] = text
    return found


def one_line(docstring: str) -> str:
    return " ".join(docstring.split())


ATTRIBUTES = attribute_docstrings()


def attributes_of(kind: type) -> list[str]:
    return [name for name in vars(kind).get("__annotations__", {}) if not name.startswith("_")]


PUBLIC_CLASSES = [value for name in bc.__all__ if inspect.isclass(value := getattr(bc, name))]
PUBLIC_CLASSES += [value for name in webhooks.__all__ if inspect.isclass(value := getattr(webhooks, name))]
PUBLIC_CLASSES += [value for name in plan.__all__ if inspect.isclass(value := getattr(plan, name))]
RECORDS = [kind for kind in PUBLIC_CLASSES if issubclass(kind, _records._Record)]
ERRORS = [kind for kind in PUBLIC_CLASSES if issubclass(kind, bc.BirdConnectorsError)]


@pytest.mark.parametrize("kind", RECORDS)
def test_help_shows_the_attributes_of_a_record(kind: type) -> None:
    shown = one_line(pydoc.plain(pydoc.render_doc(kind)))
    for name in attributes_of(kind):
        expected = one_line(ATTRIBUTES[kind.__name__, name])
        assert one_line(inspect.getdoc(vars(kind)[name]) or "") == expected, name
        assert expected in shown.replace("| ", ""), name


@pytest.mark.parametrize("kind", ERRORS)
def test_help_shows_the_attributes_of_an_error(kind: type) -> None:
    docstring = inspect.getdoc(kind) or ""
    names = attributes_of(kind)
    assert ("Attributes:" in docstring) == bool(names)
    if names:
        section = re.split(r"^(?=Attributes:|Example:)", docstring, flags=re.MULTILINE)[1]
        expected = " ".join(f"{name}: {ATTRIBUTES[kind.__name__, name]}" for name in names)
        assert one_line(section) == one_line(f"Attributes: {expected}")
