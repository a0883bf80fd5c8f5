"""The dashboard uses the metrics and labels that a run emits, under the names of the exporter for Prometheus."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families

import bird_connectors as bc
from bird_connectors import RateLimits, Sms, otel
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier, sign

DASHBOARD = Path(__file__).parents[2] / "docs" / "assets" / "grafana-dashboard.json"

# A full queue would need thousands of spans.
NOT_EMITTED = {"bird_telemetry_dropped_total"}

# Prometheus adds this label when it reads the metrics of a process.
OF_PROMETHEUS = {"job"}

# The exporter adds these to every metric. The meaning is that of OpenTelemetry.
SCOPE = re.compile("otel_scope_(?!name$).*")


DOCUMENT: Any = json.loads(DASHBOARD.read_text(encoding="utf-8"))


def expressions() -> list[str]:
    return [target["expr"] for panel in DOCUMENT["panels"] for target in panel["targets"]]


def variables() -> list[Any]:
    variables: list[Any] = DOCUMENT["templating"]["list"]
    return variables


def names_in(expression: str) -> tuple[set[str], set[str]]:
    """The metrics and the labels of an expression of PromQL."""
    metrics: set[str] = set()
    labels: set[str] = set()

    def add(part: Any) -> None:
        match part:
            case promql_parser.AggregateExpr():
                labels.update(part.modifier.labels if part.modifier else ())
                add(part.expr)
            case promql_parser.BinaryExpr():
                add(part.lhs)
                add(part.rhs)
            case promql_parser.Call():
                for argument in part.args:
                    add(argument)
            case promql_parser.MatrixSelector():
                add(part.vector_selector)
            case promql_parser.VectorSelector():
                metrics.add(part.name)
                labels.update(matcher.name for matcher in part.matchers.matchers)
            case promql_parser.NumberLiteral():
                pass
            case _:
                raise TypeError(f"{type(part)} in {expression}")

    # Grafana replaces its variables before it sends an expression.
    add(promql_parser.parse(re.sub(r"\[\$__\w+\]", "[5m]", expression)))
    return metrics, labels - OF_PROMETHEUS


@pytest.fixture(scope="module")
def emitted() -> dict[str, set[str]]:
    """The labels of each metric that a run with every kind of event emits."""
    reader = PrometheusMetricReader()
    meters = MeterProvider([reader])
    otel.instrument(meter_provider=meters)
    try:
        run_everything()
        otel.flush()
        text = generate_latest(REGISTRY).decode()
    finally:
        otel.uninstrument()
        meters.shutdown()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith(("bird_", "http_")):
                labels = {label for label in sample.labels if not SCOPE.fullmatch(label)}
                found.setdefault(sample.name, set()).update(labels)
    return found


def run_everything() -> None:
    with Sandbox(Script.instant()) as sandbox:
        workspace = sandbox.client(rate_limit=RateLimits(get=2)).workspace()
        sandbox.fail_next("listNumbers", 503)
        asyncio.run(read_concurrently(sandbox))
        workspace.numbers.list().first_page()
        sms = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="2fa")
        workspace.connectors.install(sms).until_ready()
    url = "https://hooks.example.com/bird"
    verifier = Verifier(signing_keys=["key"], url=url)
    body, timestamp = b'{"service":"channels","event":"channel.created","payload":{}}', int(time.time())
    signature = sign(signing_key="key", timestamp=timestamp, url=url, body=body)
    headers = {SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: str(timestamp)}
    verifier.verify(headers=headers, body=body)
    with pytest.raises(bc.WebhookError):
        verifier.verify(headers={}, body=body)


async def read_concurrently(sandbox: Sandbox) -> None:
    """Makes requests wait for a slot."""
    async with sandbox.async_client(rate_limit=RateLimits(get=4)) as client:
        numbers = client.workspace().numbers
        await asyncio.gather(*(numbers.list().first_page() for _ in range(3)))


def test_dashboard_names_only_what_a_run_emits(emitted: dict[str, set[str]]) -> None:
    for expression in expressions():
        metrics, labels = names_in(expression)
        assert metrics, expression
        for metric in metrics - NOT_EMITTED:
            assert metric in emitted, f"{metric} of {expression} is not emitted: {sorted(emitted)}"
            assert labels <= emitted[metric], f"{expression}: {metric} has the labels {emitted[metric]}"


def test_dashboard_shows_every_metric(emitted: dict[str, set[str]]) -> None:
    shown = {metric for expression in expressions() for metric in names_in(expression)[0]}
    families = {re.sub("_(bucket|count|sum|created|total)$", "", name) for name in emitted}
    assert families == {re.sub("_(bucket|count|sum|total)$", "", name) for name in shown - NOT_EMITTED}


def test_legends_name_labels_of_their_expression() -> None:
    for panel in DOCUMENT["panels"]:
        for target in panel["targets"]:
            labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert labels <= names_in(target["expr"])[1], target


def test_variables_are_declared_and_read_emitted_labels(emitted: dict[str, set[str]]) -> None:
    used = {name for expression in expressions() for name in re.findall(r"\$(?!__)(\w+)", expression)}
    assert used == {variable["name"] for variable in variables() if variable["type"] == "query"}
    for variable in variables():
        if variable["type"] != "query":
            continue
        query = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
        assert query, variable
        [metric], labels = names_in(query[1])
        assert (labels | {query[2]}) - OF_PROMETHEUS <= emitted[metric], variable


def test_requests_of_other_clients_are_not_shown() -> None:
    # Other instrumentations emit metrics of the same name.
    for expression in expressions():
        metrics, labels = names_in(expression)
        if any(metric.startswith("http_") for metric in metrics):
            assert {"server_address", "otel_scope_name"} <= labels, expression


def test_requests_without_a_scope_are_shown() -> None:
    # Not every exporter passes the scope on.
    scopes = set(re.findall(r'otel_scope_name(=~?)"(.*?)"', " ".join(expressions())))
    assert scopes == {("=~", "(bird_connectors)?")}
