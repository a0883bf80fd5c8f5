"""The Python snippets of the README run against the sandbox, and its tables match the package."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Iterator

README = Path(__file__).parents[1] / "README.md"


def sections() -> dict[str, list[str]]:
    """Maps each heading to its snippets."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", README.read_text(), flags=re.MULTILINE)[1:]:
        snippets = re.findall(r"^```python\n(.*?)^```", part, re.MULTILINE | re.DOTALL)
        if snippets:
            found[part.splitlines()[0]] = snippets
    return found


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(Script.timed(0.05, 0.2), connectors=3) as sandbox:
        monkeypatch.setenv("BIRD_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("BIRD_ACCESS_KEY", sandbox.access_key)
        monkeypatch.setenv("BIRD_WORKSPACE_ID", sandbox.workspace_id)
        yield sandbox


def snippets() -> list[tuple[str, str]]:
    """Each snippet with a name such as ``Webhooks, snippet 2``."""
    return [
        (f"{heading}, snippet {number}", snippet)
        for heading, of_section in sections().items()
        for number, snippet in enumerate(of_section, 1)
    ]


@pytest.mark.parametrize(("name", "snippet"), snippets(), ids=[name for name, _ in snippets()])
def test_each_snippet_runs_by_itself(
    name: str,
    snippet: str,
    sandbox: Sandbox,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    if "def test_" in snippet:
        run_by_pytest(snippet, tmp_path)
    else:
        run(name, snippet)
    assert "still" not in capsys.readouterr().out


def test_receiver_accepts_only_signed_deliveries() -> None:
    [(name, snippet)] = [(name, snippet) for name, snippet in snippets() if "def receive(" in snippet]
    namespace = run(name, snippet)
    body = b'{"service": "channels", "event": "channel.updated", "payload": {"status": "active"}}'
    now = int(time.time())
    signature = sign(signing_key=namespace["KEY"], timestamp=now, url=namespace["URL"], body=body)
    headers = {SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: str(now)}
    assert namespace["receive"](headers, body) == 204
    assert namespace["receive"](headers, body) == 204  # a duplicate
    assert namespace["receive"](headers, body + b" ") == 401


def run(name: str, snippet: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(snippet, f"README.md, {name}", "exec"), namespace)
    return namespace


def run_by_pytest(snippet: str, folder: Path) -> None:
    (folder / "test_snippet.py").write_text(snippet)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder],
        capture_output=True, text=True, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_readme_has_sections_with_snippets() -> None:
    assert len(sections()) >= 10


def test_error_hierarchy_matches_the_package() -> None:
    import bird_connectors

    drawn = re.search(r"^BirdConnectorsError\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert drawn
    parents = ["BirdConnectorsError"]
    for line in drawn[1].splitlines():
        found = re.match(r"([│├└─ ]+)(\w+)", line)
        assert found
        level = len(found[1]) // 4
        parents[level:] = [found[2]]
        child, parent = (getattr(bird_connectors, name) for name in (found[2], parents[level - 1]))
        assert child.__bases__[0] is parent, line
    exported = {
        name
        for name in bird_connectors.__all__
        if isinstance(getattr(bird_connectors, name), type)
        and issubclass(getattr(bird_connectors, name), bird_connectors.BirdConnectorsError)
    }
    assert all(name in README.read_text() for name in exported)


def test_settings_table_matches_the_client() -> None:
    import inspect

    from bird_connectors import Client

    table = README.read_text().split("## Settings")[1].split("\n\n")[2]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == sorted(
        inspect.signature(Client).parameters, key=lambda name: table.index(f"`{name}`")
    )
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(Client).parameters.items()
        if isinstance(parameter.default, int | float)
    }
    for name, default in defaults.items():
        printed = f"`{default}`" if isinstance(default, bool) else f"{default:g}"
        assert f"| `{name}` | {printed} |" in table
