"""The page of the documentation site that lists the classes of the package."""

import re
from pathlib import Path

import bird_connectors
from bird_connectors import doctor, otel, plan, postgres, redis, temporal, testing, webhooks

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "python.md"


def test_reference_lists_every_public_name() -> None:
    listed = set(re.findall(r"^::: bird_connectors\.(\S+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    public = {name for name in bird_connectors.__all__ if name.isidentifier() and not name.startswith(("__", "Async"))}
    public |= {f"testing.{name}" for name in testing.__all__}
    public |= {f"doctor.{name}" for name in doctor.__all__}
    for module in (otel, plan, redis, postgres):
        package = module.__name__.removeprefix("bird_connectors.")
        public |= {f"{package}.{name}" for name in module.__all__ if not name.startswith("Async")}
    # The requests and results of single activities are documented in the module.
    activities = ("Poll", "SharedPoll", "Ensure", "Probe", "Delete", "Listed", "Followed", "ChannelEvent")
    names = {name for name in temporal.__all__ if name[0].islower() or not name.startswith(activities)}
    public |= {f"temporal.{name}" for name in names - {"SecretResolver", "ConnectorEvents"} | {"ProbeMessage"}}
    # Errors and events are listed once: in the package, or in its module `webhooks`.
    for name in webhooks.__all__:
        if name.startswith("Async") or name.isupper() or name in public:
            continue
        public.add(f"webhooks.{name}")
    missing = sorted(public - listed)
    assert missing == [], f"add to docs/reference/python.md: {missing}"


def test_every_attribute_of_a_result_is_explained_in_a_guide() -> None:
    pages = (PAGE.parents[1] / "how-to").glob("*.md")
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    for result in (
        bird_connectors.EnsureReport,
        bird_connectors.Drift,
        bird_connectors.InstallResult,
        bird_connectors.InstallTotals,
        bird_connectors.WaitResult,
        bird_connectors.WaitTotals,
        bird_connectors.Ready,
        bird_connectors.Progress,
        bird_connectors.Deleted,
        bird_connectors.EnsuredSubscription,
        bird_connectors.ChannelSubscriptions,
        bird_connectors.UndecodableItem,
    ):
        names = {name for name in dir(result) if not name.startswith("_")}
        missing = sorted(name for name in names if f"`{name}`" not in text)
        assert missing == [], f"explain in docs/how-to: the attributes {missing} of {result.__name__}"
