"""The headers of a response. Imported on first use, because ``collections.abc`` is slow to import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Headers(Mapping[str, str]):
    """The headers of a response, by name in any case.

    If a header is repeated, ``headers[name]`` has its values joined with ``", "``, and ``get_all`` has them one by one.

    Example:
        ```python
        response = client.request("GET", "/workspaces")
        print(response.headers["Content-Type"], response.headers.get_all("Link"))
        ```
    """

    __slots__ = ("_values",)

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name.lower(), []).append(value)
        self._values = values

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._values[name.lower()])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def get_all(self, name: str) -> list[str]:
        """Return all values of a header, in the order of the response.

        Args:
            name: The name of the header, in any case.

        Returns:
            The values. Empty if the response does not have the header.
        """
        return list(self._values.get(name.lower(), ()))

    def __repr__(self) -> str:
        return f"Headers({list(self._values)})"
