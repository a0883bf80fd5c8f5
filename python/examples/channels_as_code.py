"""Keep channels as files under review: plan them, and apply exactly the plan that was reviewed.

    python channels_as_code.py plan channels/ > plan.md
    python channels_as_code.py apply channels/ HASH
    python channels_as_code.py export > channels.yaml

`plan` prints Markdown, for a comment on a pull request, which ends with the hash of the plan. `apply` makes the plan
again, and sends nothing if it has another hash. The journal is the file `channels.journal`: keep it, because it records
what the project has created. `apply` can be killed at any time: plan and apply again. `plan` exits with 10 if there is
something to do.
"""

from __future__ import annotations

import sys

from bird_connectors import BirdConnectorsError, Client, FileJournal
from bird_connectors.plan import ChannelFileError, DesiredState, Planner, StepResult


def show(result: StepResult) -> None:
    if result.error is None:
        print(f"{result.outcome} {result.step.address} {result.id}", flush=True)
    else:
        print(f"failed {result.step.address}: {result.error}", file=sys.stderr)


def plan(planner: Planner, path: str) -> int:
    made = planner.plan(DesiredState.read(path), prune=True)
    print(made.to_markdown())
    if made.conflicts:
        return 5
    return 10 if made.has_changes else 0


def apply(planner: Planner, path: str, reviewed: str) -> int:
    made = planner.plan(DesiredState.read(path), prune=True)
    for step in made.deletes:
        print(f"stops: {step.address}: {step.stops}", file=sys.stderr)
    report = planner.apply(made, expect=reviewed, on_progress=show)
    return 0 if report.ok else 1


def export(planner: Planner) -> int:
    exported = planner.export(project="acme")
    print(exported.yaml, end="")
    for omitted in exported.omitted:
        print(f"the file does not contain {omitted}", file=sys.stderr)
    for reference in exported.secrets:
        print(f"set {reference} before the file creates anything", file=sys.stderr)
    return 0


def main(command: str, *arguments: str) -> int:
    commands = {"plan": plan, "apply": apply, "export": export}
    try:
        with Client.from_env() as bird, FileJournal("channels.journal") as journal:
            return commands[command](Planner(bird, journal=journal), *arguments)
    except ChannelFileError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 2
    except BirdConnectorsError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    expected = {"plan": 1, "apply": 2, "export": 0}
    if len(sys.argv) < 2 or expected.get(sys.argv[1]) != len(sys.argv) - 2:
        sys.exit(f"usage: {sys.argv[0]} plan FILES | apply FILES HASH | export")
    sys.exit(main(*sys.argv[1:]))
