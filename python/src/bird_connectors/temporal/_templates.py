"""Templates that may enter a history: they name secrets instead of containing them. Pure, and free of native code."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard
from uuid import UUID

SECRET_PREFIX = "secret:"
"""The beginning of a reference to a secret. The name of the secret follows."""

# The reference of each template, without its version. `Custom` has its own.
_SLUGS = {
    "Sms": "sms-messagebird",
    "Voice": "voice-messagebird",
    "WhatsApp": "whatsapp",
    "Instagram": "instagram",
    "Facebook": "facebook",
    "Telegram": "telegram",
    "Line": "line",
    "Email": "email-messagebird",
}
_KINDS = (*_SLUGS, "Custom")
# The templates whose arguments are typed. The others have the free arguments `arguments`.
_TYPED = {
    "Sms": ("phone_number_id", "channel_message_type", "use_case_id"),
    "Voice": ("phone_number_id",),
    "WhatsApp": ("waba_id", "phone_id", "phone_number", "access_token", "mb_phone_id"),
}
_FREE = ("arguments", "security_arguments")
_COMMON = ("conversational", "invitation_token")
_SECRET_STRINGS = ("access_token", "invitation_token")


@dataclass(frozen=True)
class TemplateSpec:
    """A template for a workflow: the name of its class, and the arguments with which an activity creates it.

    Everything that a workflow receives is stored in its history, so a secret is never an argument. Write a reference
    such as ``"secret:shop-42"`` in its place. The activity passes the name after the colon to the resolver of the
    worker, and the secret stays in the memory of the worker.

    Args:
        kind: The name of the class, such as ``"WhatsApp"``.
        name: The name of the connector.
        arguments: The further arguments of the class, by their Python names. Ids can be ``UUID`` objects.

    Raises:
        ValueError: The kind or the name of an argument is unknown, or a secret argument is not a reference. The message
            never contains the value of an argument.

    Example:
        ```python
        spec = TemplateSpec(
            "WhatsApp",
            "Support NL",
            {
                "waba_id": "1029384756",
                "phone_id": "5647382910",
                "phone_number": "+31612345678",
                "access_token": "secret:shop-42",
            },
        )
        ```
    """

    kind: str
    """The name of the class, such as ``"WhatsApp"``."""
    name: str
    """The name of the connector."""
    # A free argument can contain a secret by mistake, so `repr` shows none.
    arguments: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """The further arguments of the class, by their Python names."""

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"invalid kind {self.kind!r}: expected one of {', '.join(_KINDS)}")
        if "name" in self.arguments:
            raise ValueError("`name` is in the arguments: pass it as the name of the connector")
        for key in self.arguments:
            _check_name(self.kind, key)
        for key in _SECRET_STRINGS:
            _check_reference(key, self.arguments.get(key))
        schemes: Any = self.arguments.get("security_arguments")
        if schemes is not None and not isinstance(schemes, Mapping):
            raise ValueError("`security_arguments` is not a mapping of schemes to arguments")
        for scheme, values in _items(schemes):
            if not isinstance(values, Mapping):
                raise ValueError(f"`security_arguments.{scheme}` is not a mapping of names to references")
            for key, value in _items(values):
                _check_reference(f"security_arguments.{scheme}.{key}", value)
        object.__setattr__(self, "arguments", _plain(self.arguments))

    def secret_names(self) -> list[str]:
        """Return the names of the secrets that the arguments refer to.

        Returns:
            The names, each of them once, in order.
        """
        return list(dict.fromkeys(_references(self.arguments)))

    def resolved_arguments(self, secrets: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments with the secrets in place of their references.

        Args:
            secrets: The secrets by their names.

        Returns:
            The arguments. They must not leave the worker.
        """
        resolved: dict[str, Any] = _replace(self.arguments, secrets)
        return resolved

    @property
    def slug(self) -> str:
        """The reference of the template without its version, such as ``sms-messagebird``."""
        if self.kind == "Custom":
            return str(self.arguments.get("template", "")).partition(":")[0]
        return _SLUGS[self.kind]


def identity_keys(template: TemplateSpec, identified_by: Sequence[str] | None = None) -> list[str]:
    """Return what identifies the connector, as strings. Two templates with a common string describe the same connector.

    The rules are those of ``ensure``.

    Args:
        template: The template.
        identified_by: The names of the arguments that identify the connector, as the API spells them.

    Raises:
        ValueError: ``identified_by`` names an argument that the template does not have, or one that is a secret.
    """
    arguments = _api_arguments(template)
    if identified_by is not None:
        if not identified_by:
            raise ValueError("`identified_by` is empty: name at least one argument")
        chosen: dict[str, Any] = {}
        for key in sorted(identified_by):
            if not _is_filled(arguments.get(key)):
                raise ValueError(f"`identified_by` contains `{key}`, but the template has no value for it")
            chosen[key] = _identifying(key, arguments[key])
        return [_string([template.slug, "arguments", chosen])]
    keys = {"Sms": ["phoneNumberId"], "Voice": ["phoneNumberId"], "WhatsApp": ["phoneId", "phoneNumber"]}
    found = [
        _string([template.slug, key, _identifying(key, arguments[key])])
        for key in keys.get(_kind_by_slug(template.slug), [])
        if _is_filled(arguments.get(key))
    ]
    return found or [_string([template.slug, "name", template.name.strip()])]


def install_workflow_id(
    workspace_id: str | UUID, template: TemplateSpec, identified_by: Sequence[str] | None = None
) -> str:
    """Return the id of the workflow that installs a template: a digest of the workspace and the identity.

    Temporal runs at most one workflow with an id at a time, so two starts for the same connector are one install.

    Args:
        workspace_id: The id of the workspace.
        template: The template.
        identified_by: The names of the arguments that identify the connector, as for ``ensure``.

    Returns:
        The id. It contains no argument of the template.

    Raises:
        ValueError: The id of the workspace is not a UUID, or ``identified_by`` does not fit the template.
    """
    workspace = _uuid(workspace_id)
    digest = hashlib.sha256(identity_keys(template, identified_by)[0].encode()).hexdigest()
    return f"bird-install-{workspace}-{digest[:32]}"


def connector_events_workflow_id(connector_id: str | UUID) -> str:
    """Return the id of the workflow that receives the events of a connector and wakes its install."""
    return f"bird-connector-events-{_uuid(connector_id)}"


def task_queue(workspace_id: str | UUID) -> str:
    """Return the task queue of a workspace. Each workspace has its own, because the rate limit is per workspace.

    Args:
        workspace_id: The id of the workspace.

    Returns:
        The name of the task queue.

    Raises:
        ValueError: The id is not a UUID.
    """
    return f"bird-connectors-{_uuid(workspace_id)}"


def _uuid(value: str | UUID) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(value)
    except ValueError:
        raise ValueError(f"invalid id {value!r}: expected a UUID") from None


def _items(value: Any) -> list[tuple[str, Any]]:
    return [] if value is None else [(str(key), item) for key, item in value.items()]


def argument_names(kind: str) -> tuple[str, ...]:
    """Return the names of the arguments of a template class, without ``name``."""
    template = ("template",) if kind == "Custom" else ()
    return (*template, *_TYPED.get(kind, _FREE), *_COMMON)


def _check_name(kind: str, name: object) -> None:
    names = argument_names(kind)
    if name in names:
        return
    similar = difflib.get_close_matches(str(name), names, n=1)
    expected = f"did you mean {similar[0]!r}?" if similar else f"expected one of {', '.join(names)}"
    hint = "" if kind in _TYPED else "; the arguments of the API belong into `arguments`"
    raise ValueError(f"invalid argument {name!r} of {kind}: {expected}{hint}")


def _check_reference(path: str, value: object) -> None:
    if value is None or (isinstance(value, str) and value.startswith(SECRET_PREFIX) and value != SECRET_PREFIX):
        return
    raise ValueError(
        f"`{path}` is a secret, which must not enter the history of a workflow: "
        f"pass a reference such as {SECRET_PREFIX}NAME, which the resolver of the worker replaces"
    )


def _map(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of a JSON value with other strings, numbers and so on."""
    if _is_mapping(value):
        return {str(key): _map(item, change) for key, item in value.items()}
    if _is_list(value):
        return [_map(item, change) for item in value]
    return change(value)


def _is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (list, tuple))


def _plain(value: Any) -> Any:
    """Return a copy with types that JSON has, so that a replay sees what the first run saw."""
    # Also an enum of strings.
    return _map(value, lambda item: str(item) if isinstance(item, (str, UUID)) else item)


def _references(value: Any) -> list[str]:
    """Return the names of all secrets that a value refers to."""
    found: list[str] = []

    def collect(item: Any) -> None:
        if isinstance(item, str) and item.startswith(SECRET_PREFIX):
            found.append(item[len(SECRET_PREFIX) :])

    _map(value, collect)
    return found


def _replace(value: Any, secrets: Mapping[str, str]) -> Any:
    def resolve(item: Any) -> Any:
        is_reference = isinstance(item, str) and item.startswith(SECRET_PREFIX)
        return secrets[item[len(SECRET_PREFIX) :]] if is_reference else item

    return _map(value, resolve)


def _kind_by_slug(slug: str) -> str:
    kinds = [kind for kind, known in _SLUGS.items() if known == slug]
    return kinds[0] if kinds else "Custom"


def _api_arguments(template: TemplateSpec) -> dict[str, Any]:
    """Return the arguments by the names of the API."""
    if template.kind not in _TYPED:
        free: dict[str, Any] = template.arguments.get("arguments") or {}
        return free
    return {re.sub("_([a-z])", lambda match: match[1].upper(), key): value for key, value in template.arguments.items()}


def _is_filled(value: object) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def _identifying(key: str, value: Any) -> Any:
    if isinstance(value, str) and value.startswith(SECRET_PREFIX):
        # The identity is stored in journals, in wait states and in the ids of workflows.
        raise ValueError(f"`{key}` identifies the connector, so it must not be a secret")
    return _canonical(key, value)


def _canonical(key: str, value: Any) -> Any:
    """Return one form for all spellings: UUIDs in their usual form, numbers as strings, phone numbers as digits."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return value
    string = value.strip()
    try:
        return str(UUID(string))
    except ValueError:
        pass
    if key == "phoneNumber":
        return "".join(digit for digit in string if digit in "0123456789")
    return string


def _string(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
