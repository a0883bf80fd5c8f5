"""Phone numbers: `find` compares numbers by their digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import bird_connectors as bc
from bird_connectors.testing import Sandbox

if TYPE_CHECKING:
    from conftest import ClientRunner


@pytest.mark.parametrize("spelling", ["+31612345678", "31612345678", "0031 6 1234-5678", " +31 (6) 12.34.56.78"])
def test_find_returns_the_number_in_any_spelling(spelling: str, runner: ClientRunner) -> None:
    with Sandbox(numbers=["+14155550100", "+31612345678"]) as sandbox:
        workspace = runner.sandbox_workspace(sandbox)
        number = runner.call(lambda: workspace.numbers.find(spelling))
    assert isinstance(number, bc.Number)
    assert number.number_string == "+31612345678"


def test_find_returns_none_for_another_number(runner: ClientRunner) -> None:
    with Sandbox(numbers=["+31612345678"]) as sandbox:
        workspace = runner.sandbox_workspace(sandbox)
        assert runner.call(lambda: workspace.numbers.find("+31612345679")) is None


@pytest.mark.parametrize("invalid", ["", "Support", "+31 6 1234 O678", "+1234567890123456"])
def test_find_rejects_an_invalid_number_before_sending(invalid: str, runner: ClientRunner, sandbox: Sandbox) -> None:
    workspace = runner.sandbox_workspace(sandbox)
    with pytest.raises(bc.InvalidInputError, match="phone number"):
        runner.call(lambda: workspace.numbers.find(invalid))
    assert not sandbox.requests()
