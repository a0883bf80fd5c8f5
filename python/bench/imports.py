"""Row 9: how much longer an interpreter lives that imports a package."""

from __future__ import annotations

import subprocess
import sys
import time

from measure import arguments, report, rounds_of

NOTHING = "nothing"
IMPORTS = {
    NOTHING: "pass",
    "bird-connectors": "import bird_connectors",
    "httpx + pydantic": "import httpx, pydantic",
    "messagebird-sdk": "import bird",
}


def lifetime(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    return time.perf_counter() - began


def main() -> None:
    rounds = 2 if arguments().quick else 11
    lifetimes: dict[str, list[float]] = {side: [] for side in IMPORTS}
    for code in IMPORTS.values():
        lifetime(code)  # files are read, bytecode is written
    for side in rounds_of(IMPORTS, rounds):
        lifetimes[side].append(lifetime(IMPORTS[side]))
    bare = lifetimes.pop(NOTHING)
    for side, samples in lifetimes.items():
        report("import", side, "s", [whole - without for whole, without in zip(samples, bare, strict=True)])


if __name__ == "__main__":
    main()
