"""The model classes and enums have everything that the contract has, with its documentation."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import bird_connectors as bc

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CONTRACT: dict[str, Any] = yaml.safe_load((ROOT / "openapi" / "bird-connectors.yaml").read_text(encoding="utf-8"))
SCHEMAS: dict[str, dict[str, Any]] = CONTRACT["components"]["schemas"]


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a ``$ref``."""
    value: Any = CONTRACT
    if reference := schema.get("$ref"):
        for key in reference.removeprefix("#/").split("/"):
            value = value[key]
        return value
    return schema


def references(value: Any) -> Iterator[str]:
    """Find every ``$ref`` inside a value."""
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def schemas_in_replies() -> set[str]:
    """Return the names of the schemas that a successful reply can contain."""
    queue = [
        reference
        for item in CONTRACT["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for status, reply in operation["responses"].items()
        if status.startswith("2")
        for reference in references(reply)
    ]
    found: set[str] = set()
    while queue:
        reference = queue.pop()
        if reference not in found:
            found.add(reference)
            queue += references(resolve({"$ref": reference}))
    return {reference.rsplit("/", 1)[1] for reference in found}


def is_page(schema: dict[str, Any]) -> bool:
    return {"results", "nextPageToken"} <= set(schema["properties"])


MODELS = sorted(
    name for name in schemas_in_replies() & set(SCHEMAS) if "properties" in SCHEMAS[name] and not is_page(SCHEMAS[name])
)
ENUMS = sorted(name for name, schema in SCHEMAS.items() if "enum" in str(schema.get("anyOf")))


def attribute_name(wire_name: str) -> str:
    return re.sub("([A-Z])", lambda match: "_" + match[1].lower(), wire_name)


def words(text: str | None) -> str:
    return " ".join((text or "").split())


def described(schema: dict[str, Any]) -> str:
    """Return the description of a schema, or of the one that it refers to."""
    return words(schema.get("description") or resolve(schema)["description"])


def sample(schema: dict[str, Any]) -> Any:
    """Return a value that is valid for the schema and has every property."""
    schema = resolve(schema)
    for alternatives in ("allOf", "anyOf", "oneOf"):
        if alternatives in schema:
            return sample(schema[alternatives][0])
    if "properties" in schema:
        return {name: sample(inner) for name, inner in schema["properties"].items()}
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [sample(schema["items"])]
    formats = {"uuid": "0b9f2c1e-0000-4000-8000-000000000002", "date-time": "2026-01-02T03:04:05Z"}
    by_type = {
        "string": formats.get(schema.get("format", ""), "a string"),
        "integer": 7,
        "boolean": True,
        "object": {"key": "value"},
    }
    return by_type.get(schema.get("type", ""), {"key": "value"})


def test_every_object_in_a_reply_has_a_class() -> None:
    exported = {name for name in bc.__all__ if hasattr(getattr(bc, name), "from_dict")}
    assert exported == set(MODELS)
    assert len(MODELS) > 20


@pytest.mark.parametrize("name", MODELS)
def test_every_property_is_an_attribute_with_documentation(name: str) -> None:
    model = getattr(bc, name)
    properties = SCHEMAS[name]["properties"]
    assert list(model.__match_args__) == [attribute_name(property) for property in properties]
    assert words(inspect.getdoc(model)).startswith(described(SCHEMAS[name]))
    for property, schema in properties.items():
        documentation = inspect.getdoc(getattr(model, attribute_name(property)))
        assert words(documentation).startswith(described(schema)), property


@pytest.mark.parametrize("name", MODELS)
def test_every_property_is_read_into_its_attribute(name: str) -> None:
    model = getattr(bc, name).from_dict(sample(SCHEMAS[name]))
    assert dict(model.extra) == {}
    for property in SCHEMAS[name]["properties"]:
        assert getattr(model, attribute_name(property)) is not None, property


def test_every_enum_has_the_values_and_documentation_of_the_contract() -> None:
    assert len(ENUMS) > 5
    for name in ENUMS:
        values = next(one["enum"] for one in SCHEMAS[name]["anyOf"] if "enum" in one)
        assert name in bc.__all__
        assert [member.value for member in getattr(bc, name)] == values, name
        assert words(inspect.getdoc(getattr(bc, name))).startswith(described(SCHEMAS[name])), name
