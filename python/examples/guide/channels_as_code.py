"""Plan, apply and export files of channels."""

import os
from pathlib import Path

Path("channels.yaml").write_text(
    f"""
version: 1
project: acme
workspaces:
  - id: {os.environ["BIRD_WORKSPACE_ID"]}
    connectors:
      - name: Support bot
        template: telegram
"""
)

# --8<-- [start:plan]
from pathlib import Path

from bird_connectors import Client, FileJournal
from bird_connectors.plan import DesiredState, Planner

desired = DesiredState.read("channels.yaml")
with Client.from_env() as bird, FileJournal("channels.yaml.journal") as journal:
    planner = Planner(bird, journal=journal)
    plan = planner.plan(desired)
    print(plan)  # or plan.to_markdown(), plan.to_json()
    Path("reviewed-plan").write_text(plan.hash)
# --8<-- [end:plan]

assert plan.counts["create"] == 1

# --8<-- [start:apply]
from bird_connectors.plan import StepResult


def show(result: StepResult) -> None:
    print(result.step.address, result.outcome or result.error)


with Client.from_env() as bird, FileJournal("channels.yaml.journal") as journal:
    planner = Planner(bird, journal=journal)
    plan = planner.plan(desired)  # again, because something may have changed since the review
    report = planner.apply(plan, expect=Path("reviewed-plan").read_text(), on_progress=show)
    print(len(report.failed), "failed")
# --8<-- [end:apply]

assert report.ok

# --8<-- [start:problems]
from bird_connectors.plan import ChannelFileError

try:
    DesiredState.parse({"channels.yaml": "version: 1\nproject: acme\nworkspaces: none\n"})
except ChannelFileError as error:
    for problem in error.problems:
        print(problem)
# --8<-- [end:problems]

# --8<-- [start:export]
with Client.from_env() as bird:
    export = Planner(bird).export(project="acme")
    Path("exported.yaml").write_text(export.yaml)
    for omitted in export.omitted:
        print("the file does not contain", omitted)
# --8<-- [end:export]

assert "Support bot" in export.yaml
