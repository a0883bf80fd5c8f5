"""Traces and metrics with OpenTelemetry.

Needs the API of OpenTelemetry: ``pip install 'bird-connectors[otel]'``. The SDK and the exporters of OpenTelemetry are
the choice of the program.

>>> from bird_connectors import otel
>>> otel.instrument()
"""

from .._extras import extra

with extra(__name__, "otel", "opentelemetry"):
    from ._instrument import flush, instrument, uninstrument

__all__ = ["flush", "instrument", "uninstrument"]
