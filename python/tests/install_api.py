"""A handler for the stub server that plays one install, step by step and independent of time."""

from __future__ import annotations

import wire
from stub import Request, Response, error_response


class InstallApi:
    """One connector whose channel has these statuses, one per poll. The last one repeats."""

    def __init__(self, *statuses: str, readiness: Response | None = None) -> None:
        self.statuses = list(statuses)
        self.readiness = readiness or Response(200, {"channel": {"status": "pending", "stage": "checking"}})
        self.connector = Response(200, {**wire.FULL_CONNECTOR})
        self.channel: Response | None = None
        """Replaces the responses about the channel."""

    def __call__(self, request: Request) -> Response:
        if request.method == "POST":
            return Response(201, wire.FULL_CONNECTOR)
        if request.path.endswith("/status"):
            return self.readiness
        if "/connectors" in request.path:
            return self.connector
        if self.channel is not None:
            return self.channel
        if request.path.endswith("/channels"):
            return error_response(403)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Response(200, wire.channel(status))
