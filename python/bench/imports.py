"""Row 9: the time that an import adds to the run of an interpreter."""

from __future__ import annotations

import subprocess
import sys
import time

from measure import alternate, arguments, report

NO_IMPORT = "no import"
IMPORTS = {
    NO_IMPORT: "pass",
    "bird-connectors": "import bird_connectors",
    "httpx + pydantic": "import httpx, pydantic",
    "messagebird-sdk": "import bird",
}


def run_time(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    return time.perf_counter() - start


def main() -> None:
    rounds = 2 if arguments().quick else 11
    run_times: dict[str, list[float]] = {variant: [] for variant in IMPORTS}
    for code in IMPORTS.values():
        run_time(code)  # fills the file cache and writes the bytecode
    for variant in alternate(IMPORTS, rounds):
        run_times[variant].append(run_time(IMPORTS[variant]))
    baseline = run_times.pop(NO_IMPORT)
    for variant, samples in run_times.items():
        report("import", variant, "s", [total - without for total, without in zip(samples, baseline, strict=True)])


if __name__ == "__main__":
    main()
