"""Files of channels for the tests of `bird_connectors.plan`, and a planner for one sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bird_connectors.plan import ApplyReport, AsyncPlanner, DesiredState, Plan, Planner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bird_connectors.testing import Sandbox
    from conftest import ClientRunner

HOOK = "{ event: channel.updated, url: 'https://hooks.example.com/bird' }"


def line(name: str) -> str:
    return f"{{ name: {name}, template: line }}"


def text(sandbox: Sandbox, connectors: Sequence[str] = (), hooks: Sequence[str] | None = None) -> str:
    """A file with these entries. Without `hooks`, it does not describe the webhook subscriptions."""
    lines = ["version: 1", "project: acme", "workspaces:"]
    lines += [f"  - id: {sandbox.workspace_id}", "    label: test", "    connectors:"]
    lines += [f"      - {entry}" for entry in connectors] or ["      []"]
    if hooks is not None:
        lines += ["    webhook_subscriptions:", *([f"      - {entry}" for entry in hooks] or ["      []"])]
    return "\n".join(lines) + "\n"


class World:
    """A planner for one sandbox, with either client."""

    def __init__(self, runner: ClientRunner, sandbox: Sandbox, journal: Any = None, **settings: Any) -> None:
        self.runner = runner
        self.sandbox = sandbox
        planner_type: Any = AsyncPlanner if runner.is_async else Planner
        settings.setdefault("workspace_id", sandbox.workspace_id)
        self.planner = planner_type(runner.client(sandbox.base_url, sandbox.access_key, **settings), journal=journal)

    def file(self, connectors: Sequence[str] = (), hooks: Sequence[str] | None = None) -> DesiredState:
        return DesiredState.parse({"channels.yaml": text(self.sandbox, connectors, hooks)})

    def plan(self, desired: DesiredState, **options: Any) -> Plan:
        plan: Plan = self.runner.call(lambda: self.planner.plan(desired, **options))
        return plan

    def apply(self, plan: Plan, **options: Any) -> ApplyReport:
        report: ApplyReport = self.runner.call(lambda: self.planner.apply(plan, **options))
        return report

    def follow(self, desired: DesiredState, **options: Any) -> ApplyReport:
        """Plans and applies, without failures."""
        report = self.apply(self.plan(desired, **options))
        assert report.ok, report.failed
        return report


def kinds(plan: Plan) -> list[tuple[str, str]]:
    return [(step.kind, step.action) for step in plan.steps]
