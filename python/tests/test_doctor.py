"""The doctor: both functions return the same report, and whatever fails is a finding."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest

import bird_connectors as bc
from bird_connectors.doctor import Difference, Finding, Report, diagnose, diagnose_async
from bird_connectors.testing import Sandbox

SECRET = "hunter2"


def run(is_async: bool, **settings: Any) -> Report:
    if is_async:
        return asyncio.run(diagnose_async(**settings))
    return diagnose(**settings)


def failed(report: Report) -> list[str]:
    return [finding.check for finding in report.findings if finding.status == "failed"]


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def is_async(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_workspace_without_trouble_has_no_failure(is_async: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        report = run(is_async)
    assert report.ok, str(report)
    assert failed(report) == []
    assert report.version == bc.__version__
    assert report.finding("access_key.accepted").status == "ok"
    assert "environment variable BIRD_ACCESS_KEY" in report.finding("configuration").seen
    assert (report.differences, report.issue_form) == ((), None)
    assert str(report).startswith("ok       configuration: ")
    with pytest.raises(KeyError):
        report.finding("planted")


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        ({"access_key": None}, "configuration"),
        ({"workspace_id": None}, "configuration"),
        ({"access_key": f"Bearer {SECRET}"}, "access_key.form"),
        ({"access_key": f"bk_{SECRET}"}, "access_key.form"),
        ({"access_key": SECRET}, "access_key.accepted"),
        ({"base_url": "https://api.bird.com/v1"}, "base_url"),
        ({"base_url": "http://127.0.0.1:1"}, "connection"),
        ({"base_url": "https://127.0.0.1:1", "proxy": f"socks5://user:{SECRET}@127.0.0.1:1"}, "proxy"),
        ({"base_url": "https://127.0.0.1:1", "root_certificate": "not PEM"}, "certificates"),
        ({"workspace_id": "7f4f1d0a-0000-4000-8000-000000000009"}, "workspace"),
    ],
)
def test_trouble_is_reported_by_its_check(is_async: bool, settings: dict[str, Any], check: str) -> None:
    with Sandbox() as sandbox:
        healthy = {
            "access_key": sandbox.access_key,
            "base_url": sandbox.base_url,
            "workspace_id": sandbox.workspace_id,
        }
        report = run(is_async, **{**healthy, **settings})
    assert failed(report) == [check], str(report)
    assert not report.ok
    assert report.finding(check).action
    assert SECRET not in str(report) + repr(report) + repr(report.findings)


def test_difference_from_the_contract_is_reported_without_values(is_async: bool) -> None:
    with Sandbox() as sandbox:
        channel = {"id": "8362fa40-9ff1-5430-a3ab-79ecc61b96b1", "status": "archived", "token": SECRET}
        sandbox.insert_channel(channel)
        settings = {"access_key": sandbox.access_key, "base_url": sandbox.base_url}
        report = run(is_async, workspace_id=sandbox.workspace_id, **settings)
    found = {(d.operation, d.path, d.kind, d.found) for d in report.differences if d.operation == "listChannels"}
    assert report.ok
    assert found == {
        ("listChannels", "results[].status", "unknown_value", "archived"),
        ("listChannels", "results[].token", "unknown_field", "string"),
    }
    assert report.issue_form is not None
    assert "results[].token" in report.issue_form
    assert SECRET not in report.issue_form + str(report) + repr(report)


def test_invalid_argument_is_an_error(is_async: bool) -> None:
    with pytest.raises(bc.InvalidInputError, match="workspace_id"):
        run(is_async, access_key="key", workspace_id="shop")
    with pytest.raises(bc.InvalidInputError, match="sample is 101: expected 1 to 100"):
        run(is_async, access_key="key", sample=101)


def test_records_are_comparable_and_picklable() -> None:
    finding = Finding("dns", "ok", "seen", None)
    difference = Difference("listChannels", "results[].x", "unknown_field", "nothing", "string", 2)
    report = Report(True, "1", (finding,), (difference,), "text", None)
    for record in (finding, difference, report):
        assert pickle.loads(pickle.dumps(record)) == record
        assert copy.copy(record) == record
    assert report.finding("dns") is finding
