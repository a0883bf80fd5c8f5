"""The error for an optional dependency that is not installed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def extra(module: str, name: str, *packages: str) -> Generator[None, None, None]:
    """Replace the error of an import of an optional dependency by one that says how to install it.

    Args:
        module: The module of this package that needs the dependency.
        name: The extra that installs it.
        packages: The top-level modules of the extra. An error about any other module is not replaced.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in packages:
            raise
        message = f"{module} needs the package {missing}, which is not installed"
        raise ModuleNotFoundError(f"{message}: run pip install 'bird-connectors[{name}]'", name=error.name) from None
