"""The results of ``bird_connectors.doctor``."""

from __future__ import annotations

import json

from . import _typing as t
from ._records import _Record


class Finding(_Record):
    """The result of one check."""

    __match_args__ = ("check", "status", "seen", "action")
    __slots__ = {
        "check": "The stable id of the check, such as ``access_key.accepted``.",
        "status": "``ok``, ``warning``, ``failed`` or ``skipped``.",
        "seen": "What was seen, or why the check was skipped.",
        "action": "What to do. None if there is nothing to do.",
    }

    check: str
    """The stable id of the check, such as ``access_key.accepted``."""
    status: str
    """``ok``, ``warning``, ``failed`` or ``skipped``."""
    seen: str
    """What was seen, or why the check was skipped."""
    action: str | None
    """What to do. None if there is nothing to do."""

    def __init__(self, check: str, status: str, seen: str, action: str | None) -> None:
        self._fill(check, status, seen, action)


class Difference(_Record):
    """A difference between a response and the contract of this release. It contains no value of your data."""

    __match_args__ = ("operation", "path", "kind", "expected", "found", "count")
    __slots__ = {
        "count": "The number of places that differ like this.",
        "expected": "What the contract has: a type, or the known values.",
        "found": "What the response has: a type, or the unknown value.",
        "kind": "What differs, such as ``unknown_field``.",
        "operation": "The operation of the contract, such as ``listChannels``.",
        "path": "Where in the response, such as ``results[].status``.",
    }

    operation: str
    """The operation of the contract, such as ``listChannels``."""
    path: str
    """Where in the response, such as ``results[].status``. Empty for the response itself."""
    kind: str
    """``unknown_field``, ``unexpected_type``, ``unknown_value``, ``missing_field`` or ``missing_operation``."""
    expected: str
    """What the contract has: a type, or the known values."""
    found: str
    """What the response has: a type, or the unknown value, if it looks like one of an enum."""
    count: int
    """The number of places that differ like this."""

    def __init__(self, operation: str, path: str, kind: str, expected: str, found: str, count: int) -> None:
        self._fill(operation, path, kind, expected, found, count)


class Report(_Record):
    """The result of ``diagnose``. ``str`` returns the report for people.

    It contains no secrets and no values of responses.
    """

    __match_args__ = ("ok", "version", "findings", "differences", "text", "issue_form")
    __slots__ = {
        "differences": "Every difference between the responses and the contract.",
        "findings": "The results of all checks.",
        "issue_form": "The differences in Markdown. None if there are none.",
        "ok": "True if no check failed.",
        "text": "The report for people.",
        "version": "The version of the contract.",
    }

    _hidden = ("text", "issue_form")

    ok: bool
    """True if no check failed. Warnings and skipped checks do not count."""
    version: str
    """The version of this package, and therefore of the contract."""
    findings: tuple[Finding, ...]
    """The results of all checks, in a fixed order."""
    differences: tuple[Difference, ...]
    """Every difference between the responses and the contract."""
    text: str
    """The report for people: a line for each check, and what to do below it."""
    issue_form: str | None
    """The differences in Markdown, with the headings of the issue form. None if there are none."""

    def __init__(
        self,
        ok: bool,
        version: str,
        findings: tuple[Finding, ...],
        differences: tuple[Difference, ...],
        text: str,
        issue_form: str | None,
    ) -> None:
        self._fill(ok, version, findings, differences, text, issue_form)

    def finding(self, check: str) -> Finding:
        """Return the result of a check.

        Args:
            check: The id of the check, such as ``webhooks.deliveries``.

        Returns:
            The result.

        Raises:
            KeyError: There is no check with this id.
        """
        for finding in self.findings:
            if finding.check == check:
                return finding
        raise KeyError(check)

    def __str__(self) -> str:
        return self.text


def report_of(texts: tuple[str, str, str]) -> Report:
    """Convert the result of the native module."""
    data, text, form = texts
    fields: dict[str, t.Any] = json.loads(data)
    return Report(
        ok=fields["ok"],
        version=fields["version"],
        findings=tuple(Finding(**finding) for finding in fields["findings"]),
        differences=tuple(Difference(**difference) for difference in fields["differences"]),
        text=text,
        issue_form=form or None,
    )
