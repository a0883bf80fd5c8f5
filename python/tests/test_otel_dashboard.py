"""The dashboard uses the metrics and labels that a run emits, under the names of the exporter for Prometheus."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

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

# Words of PromQL in the expressions.
FUNCTIONS = {"by", "histogram_quantile", "increase", "rate", "sum"}

# A full queue would need thousands of spans.
NOT_EMITTED = {"bird_telemetry_dropped_total"}

# The exporter adds these to every metric. The meaning is that of OpenTelemetry.
SCOPE = re.compile("otel_scope_.*")


def expressions() -> list[str]:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def names_in(expression: str) -> tuple[set[str], set[str]]:
    """The metrics and the labels of an expression of PromQL."""
    expression = re.sub(r"\[[^\]]*\]|\"[^\"]*\"", "", expression)
    grouped = re.findall(r"\bby \(([^)]*)\)", expression)
    matched = re.findall(r"\{([^}]*)\}", expression)
    labels = {name.strip() for names in grouped for name in names.split(",")}
    labels |= {name.strip() for names in matched for name in re.findall(r"([a-z_]+)\s*[!=]", names)}
    rest = re.sub(r"\bby \([^)]*\)|\{[^}]*\}", "", expression)
    return set(re.findall(r"[a-z_]{2,}", rest)) - FUNCTIONS, labels


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
    dashboard: Any = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert labels <= names_in(target["expr"])[1], target
