"""The schema of the model classes for pydantic. Only pydantic calls it, so the package does not need pydantic."""

from __future__ import annotations

from typing import Any

from pydantic_core import core_schema


def schema(model: type[Any]) -> Any:
    """Return the schema of a model class: it accepts an object of the class, or the dict that ``from_dict`` reads."""

    def validate(value: Any) -> Any:
        if isinstance(value, model):
            return value
        try:
            return model.from_dict(value)
        except TypeError as error:
            # pydantic reports only a `ValueError` as an invalid field.
            raise ValueError(str(error)) from error

    return core_schema.no_info_plain_validator_function(
        validate,
        json_schema_input_schema=core_schema.dict_schema(),
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda value: value.to_dict(), return_schema=core_schema.dict_schema()
        ),
    )
