"""Static types: mypy and pyright check the `assert_type` files in `typing/`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"


def check(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], cwd=HERE / "typing", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_pass_mypy(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    check(
        sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, "--no-error-summary",
        HERE / "typing" / "sync_surface.py", HERE / "typing" / "async_surface.py", EXAMPLES / "bulk_install.py",
    )  # fmt: skip


def test_types_pass_pyright() -> None:
    pyright = shutil.which("pyright", path=Path(sys.executable).parent)
    if pyright is None:
        pytest.skip("pyright is not installed")
    check(pyright, "--pythonpath", sys.executable)


def test_types_of_the_public_interface_are_complete(tmp_path: Path) -> None:
    pyright = shutil.which("pyright", path=Path(sys.executable).parent)
    if pyright is None:
        pytest.skip("pyright is not installed")
    # pyright searches for the package in the environment that is active.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [pyright, "--verifytypes", "bird_connectors", "--ignoreexternal"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    score = re.search(r"Type completeness score: ([0-9.]+)%", done.stdout)
    assert score is not None, done.stdout + done.stderr
    assert float(score[1]) >= 98, done.stdout


def test_package_ships_its_type_marker_and_stubs() -> None:
    import bird_connectors

    package = Path(bird_connectors.__file__).parent
    assert (package / "py.typed").exists()
    assert (package / "_native.pyi").exists()
