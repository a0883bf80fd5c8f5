"""Channels as files under review: plan what would change, apply it, and export what exists.

>>> from bird_connectors import FileJournal
>>> from bird_connectors.plan import DesiredState, Planner
>>> desired = DesiredState.read("channels.yaml")
>>> with bird, FileJournal("channels.yaml.journal") as journal:
...     planner = Planner(bird, journal=journal)
...     plan = planner.plan(desired)
...     print(plan.summary)
...     reviewed = plan.hash  # store it until the plan is reviewed, and plan again
...     report = planner.apply(planner.plan(desired), expect=reviewed)
1 create
>>> report.ok
True

``Planner`` works with ``Client``, and ``AsyncPlanner`` with ``AsyncClient``. The command line has the same as ``plan``,
``apply``, ``export`` and ``validate``.
"""

from ._async.planner import AsyncPlanner
from ._plan import (
    ApplyRefusedError,
    ApplyReport,
    ChannelFileError,
    Conflict,
    DesiredConnector,
    DesiredState,
    DesiredSubscription,
    DesiredWorkspace,
    Difference,
    Export,
    FileProblem,
    Plan,
    Step,
    StepResult,
    schema,
)
from ._sync.planner import Planner

__all__ = [
    "ApplyRefusedError",
    "ApplyReport",
    "AsyncPlanner",
    "ChannelFileError",
    "Conflict",
    "DesiredConnector",
    "DesiredState",
    "DesiredSubscription",
    "DesiredWorkspace",
    "Difference",
    "Export",
    "FileProblem",
    "Plan",
    "Planner",
    "Step",
    "StepResult",
    "schema",
]
