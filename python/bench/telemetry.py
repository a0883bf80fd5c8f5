"""Row 19: a page of 100 connectors without OpenTelemetry, with the extra installed but off, and with spans and metrics.

Each variant is a process, because a process that has imported OpenTelemetry is no longer one without it. The processes
take turns. Instructions are counted with valgrind, where it is installed, and not in a quick run: pairs of runs of each
variant, which differ in the number of calls. The counts of one pair vary by a few percent, because the threads of a
process wake each other at other moments.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import alternate, arguments, report

VARIANTS = ("without OpenTelemetry", "off", "on")

CHILD = """
import sys, time
variant = sys.argv[2]
if variant == "without OpenTelemetry":
    sys.modules["opentelemetry"] = None
else:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Discard(SpanExporter):
        def export(self, spans):
            return SpanExportResult.SUCCESS

    from bird_connectors import otel
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Discard()))
    otel.instrument(tracer_provider=provider, meter_provider=MeterProvider([InMemoryMetricReader()]))
    if variant == "off":
        otel.uninstrument()

import bird_connectors
client = bird_connectors.Client(access_key="a-key-for-benchmarks", base_url=sys.argv[1], rate_limit=None)
connectors = client.workspace("2d7a1e03-25e4-401e-bf1e-0ace545673d7").connectors

def read(calls):
    for _ in range(calls):
        connectors.list(page_size=100).first_page()

for line in sys.stdin:
    began = time.perf_counter()
    read(int(line))
    print(time.perf_counter() - began, flush=True)
"""


class Child:
    """A process that reads pages."""

    def __init__(self, base_url: str, variant: str, *wrapper: str) -> None:
        command = [*wrapper, sys.executable, "-c", CHILD, base_url, variant]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self, pages: int) -> float:
        """Read this many pages, and return the seconds for each."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{pages}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline()) / pages

    def close(self) -> None:
        self._process.communicate(timeout=600)
        if self._process.returncode != 0:
            raise RuntimeError(f"a process ended with {self._process.returncode}")


def measure_time(base_url: str, rounds: int, pages: int) -> None:
    children = {variant: Child(base_url, variant) for variant in VARIANTS}
    samples: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for child in children.values():
        child.read(pages)  # opens connections and fills caches
    for variant in alternate(children, rounds):
        samples[variant].append(children[variant].read(pages))
    for variant, child in children.items():
        child.close()
        report("telemetry page", variant, "s", samples[variant])


def count_instructions(base_url: str, variant: str, pages: int) -> int:
    """Count the instructions of a process that reads this many pages."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "callgrind"
        child = Child(base_url, variant, "valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={output}")
        child.read(pages)
        child.close()
        lines = output.read_text().splitlines()
        return int(next(line for line in lines if line.startswith(("summary:", "totals:"))).split()[1])


def main() -> None:
    options = arguments()
    base_url = f"{options.server}/1/0"
    measure_time(base_url, *((3, 10) if options.quick else (41, 50)))
    if options.quick or shutil.which("valgrind") is None:
        return
    few, many = 20, 120
    counts: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for variant in alternate(counts, 3):
        first, second = (count_instructions(base_url, variant, pages) for pages in (few, many))
        counts[variant].append((second - first) / (many - few))
    for variant, samples in counts.items():
        report("telemetry instructions", variant, "", samples)


if __name__ == "__main__":
    main()
