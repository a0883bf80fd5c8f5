"""Idempotent installs: adoption, reconciling after a lost response, and unresolved creates in errors."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

import bird_connectors as bc
import wire
from bird_connectors import Custom, Sms, WhatsApp
from bird_connectors.testing import Sandbox, Script
from waiting import HANG_TIMEOUT, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import ClientRunner


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.instant()) as sandbox:
        yield sandbox


@pytest.fixture
def ensure(runner: ClientRunner, sandbox: Sandbox) -> Callable[..., Any]:
    """Calls `ensure` on a client that does not retry."""
    connectors = runner.sandbox_workspace(sandbox, max_attempts=1).connectors
    return lambda template, **settings: runner.call(lambda: connectors.ensure(template, **settings))


def sms(sandbox: Sandbox, name: str = "Shop") -> Sms:
    return Sms(name=name, phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")


def lose_the_response(sandbox: Sandbox) -> None:
    """The sandbox processes the next create and then answers with 504."""
    sandbox.rule("createConnector", status=504, after_processing=True)


def drop_the_create(sandbox: Sandbox) -> None:
    """The sandbox answers the next create with 504 without processing it."""
    sandbox.rule("createConnector", status=504)


def test_ensure_creates_once_and_then_adopts(runner: ClientRunner, sandbox: Sandbox, ensure: Any) -> None:
    first = ensure(sms(sandbox))
    assert isinstance(first, bc.AsyncEnsured if runner.is_async else bc.Ensured)
    assert isinstance(first, bc.AsyncInstall if runner.is_async else bc.Install)
    assert (first.adopted, first.matched_by, first.drift, first.journal_error) == (False, None, (), None)
    assert first.secrets_applied

    second = ensure(sms(sandbox))
    assert second.id == first.id
    assert (second.adopted, second.matched_by, second.matched_arguments) == (True, "arguments", ("phoneNumberId",))
    assert second.connector.id == first.id
    assert sandbox.count("createConnector") == 1
    assert runner.call(lambda: second.until_ready(timeout=30)).channel_id == sandbox.channels()[0]["id"]
    assert [step.ready for step in runner.collect(lambda: second.progress(timeout=30))][-1]
    assert second.token
    assert first.id in repr(first)


def test_ensure_reports_drift_and_changes_nothing(sandbox: Sandbox, ensure: Any) -> None:
    ensure(sms(sandbox, "Old name"))
    second = ensure(sms(sandbox, "New name"))
    assert second.drift == (bc.Drift("name", "New name", "Old name"),)
    assert repr(second.drift) == "(Drift(field='name', wanted='New name', found='Old name'),)"
    assert repr(bc.Drift("arguments.bot", "one", "other")) == "Drift(field='arguments.bot')"
    assert pickle.loads(pickle.dumps(second.drift)) == second.drift
    assert sandbox.connectors()[0]["name"] == "Old name"


def test_refuse_drift_raises_conflict_and_changes_nothing(sandbox: Sandbox, ensure: Any) -> None:
    first = ensure(sms(sandbox, "Old name"))
    with pytest.raises(bc.ConflictError, match="differs from the template: `name`") as caught:
        ensure(sms(sandbox, "New name"), refuse_drift=True)
    assert caught.value.details["connectorId"] == first.id
    assert ensure(sms(sandbox, "Old name"), refuse_drift=True).id == first.id
    assert sandbox.count("createConnector") == 1
    assert sandbox.connectors()[0]["name"] == "Old name"


def test_secrets_are_not_applied_to_an_adopted_connector(sandbox: Sandbox, ensure: Any) -> None:
    whatsapp = WhatsApp(name="Shop", waba_id="1", phone_id="2", phone_number="+31612345678", access_token="secret")
    assert ensure(whatsapp).secrets_applied
    second = ensure(whatsapp)
    assert second.adopted
    assert not second.secrets_applied


def test_identified_by_chooses_the_matching_arguments(ensure: Any) -> None:
    one, other = (Custom("viber:1", name=f"Shop {page}", arguments={"page": page}) for page in ("42", "43"))
    assert not ensure(one, identified_by=["page"]).adopted
    assert not ensure(other, identified_by=["page"]).adopted
    assert ensure(one, identified_by=["page"]).matched_arguments == ("page",)
    assert ensure(one).matched_by == "name"
    with pytest.raises(bc.InvalidInputError, match="colour"):
        ensure(one, identified_by=["colour"])
    with pytest.raises(TypeError):
        ensure(one, identified_by="page")


def test_several_matching_connectors_are_a_conflict(sandbox: Sandbox, ensure: Any) -> None:
    for index in range(2):
        sandbox.insert_connector({**wire.connector(index), "connectorTemplateRef": "viber:1", "name": "Shop"})
    with pytest.raises(bc.ConflictError, match="identified_by") as caught:
        ensure(Custom("viber:1", name="Shop"))
    assert caught.value.status is None
    assert sorted(caught.value.details) == [wire.connector(index)["id"] for index in range(2)]
    assert pickle.loads(pickle.dumps(caught.value)).details == caught.value.details


@pytest.mark.parametrize("commit", [0.0, 0.8])
def test_connector_is_found_after_a_lost_response(commit: float, sandbox: Sandbox, ensure: Any) -> None:
    lose_the_response(sandbox)
    sandbox.next_install(Script.instant().commit_after(commit))
    found = ensure(sms(sandbox), reconcile_window=HANG_TIMEOUT)
    assert found.adopted
    assert sandbox.count("createConnector") == 1
    assert len(sandbox.connectors()) == 1


def unknown_outcome(ensure: Any, template: Any) -> Any:
    """Calls `ensure`, and returns the error of a create whose outcome stays unknown."""
    with pytest.raises(bc.BirdConnectorsError) as caught:
        ensure(template, reconcile_window=0.3)
    assert caught.value.outcome == "unknown"
    return caught.value


def test_unknown_outcome_describes_the_unresolved_create(sandbox: Sandbox, ensure: Any) -> None:
    drop_the_create(sandbox)
    caught = unknown_outcome(ensure, sms(sandbox))
    unresolved = caught.unresolved
    assert (unresolved.workspace_id, unresolved.template, unresolved.name) == (
        sandbox.workspace_id,
        "sms-messagebird:1",
        "Shop",
    )
    assert unresolved.arguments == {"phoneNumberId": sandbox.phone_number_id}
    assert unresolved.what in str(caught)
    assert unresolved.at.tzinfo is not None
    stored = base64.urlsafe_b64decode(str(unresolved) + "==")
    assert json.loads(stored)["name"] == "Shop"
    assert bc.UnresolvedCreate(stored.decode()) == unresolved
    assert bc.UnresolvedCreate(str(unresolved)) == unresolved
    assert hash(bc.UnresolvedCreate(str(unresolved))) == hash(unresolved)
    assert copy.deepcopy(unresolved) == unresolved
    for copied in (pickle.loads(pickle.dumps(caught)), copy.copy(caught)):
        assert copied.unresolved == unresolved
        assert str(copied) == str(caught)
    with pytest.raises(bc.InvalidInputError):
        bc.UnresolvedCreate("nonsense")


def test_unresolved_create_is_reconciled_later(runner: ClientRunner, sandbox: Sandbox, ensure: Any) -> None:
    drop_the_create(sandbox)
    template = sms(sandbox)
    unresolved = unknown_outcome(ensure, template).unresolved
    connectors = runner.sandbox_workspace(sandbox).connectors
    assert runner.call(lambda: connectors.reconcile(unresolved, window=0)) is None
    sandbox.clear_requests()

    def commit() -> None:
        # The connector is listed from the third poll on, as after a slow commit.
        eventually(lambda: sandbox.count("listConnectors") == 2)
        created = {"connectorTemplateRef": template.reference, "name": "Shop", "arguments": template.arguments}
        sandbox.insert_connector({**wire.connector(), **created, "createdAt": unresolved.at.isoformat()})

    with ThreadPoolExecutor(1) as thread:
        committing = thread.submit(commit)
        found = runner.call(lambda: connectors.reconcile(str(unresolved), window=HANG_TIMEOUT))
        committing.result()
    assert isinstance(found, bc.AsyncEnsured if runner.is_async else bc.Ensured)
    assert (found.adopted, found.id) == (True, wire.connector()["id"])
    other = runner.client(sandbox.base_url, sandbox.access_key).workspace(uuid4()).connectors
    with pytest.raises(bc.InvalidInputError, match="workspace"):
        runner.call(lambda: other.reconcile(unresolved))


def test_create_is_described_before_it_is_sent(runner: ClientRunner, sandbox: Sandbox) -> None:
    connectors = runner.sandbox_workspace(sandbox).connectors
    template = sms(sandbox)
    sandbox.clear_requests()
    create = connectors.unresolved_create(template)
    assert (create.workspace_id, create.name) == (sandbox.workspace_id, "Shop")
    assert sandbox.requests() == []
    install = runner.call(lambda: connectors.install(template))
    found = runner.call(lambda: connectors.reconcile(str(create)))
    assert found is not None
    assert found.id == install.id
    with pytest.raises(TypeError, match="expected a template"):
        connectors.unresolved_create("sms")


def test_failed_install_reports_the_unresolved_create_unless_it_was_rejected(
    runner: ClientRunner, sandbox: Sandbox
) -> None:
    drop_the_create(sandbox)
    connectors = runner.sandbox_workspace(sandbox, max_attempts=1).connectors
    with pytest.raises(bc.ServerError) as caught:
        runner.call(lambda: connectors.install(sms(sandbox)))
    assert caught.value.unresolved.name == "Shop"
    sandbox.fail_next("createConnector", 422)
    with pytest.raises(bc.ValidationError) as rejected:
        runner.call(lambda: connectors.install(sms(sandbox)))
    assert rejected.value.unresolved is None


def test_recreate_after_window_creates_again(sandbox: Sandbox, ensure: Any) -> None:
    drop_the_create(sandbox)
    made = ensure(sms(sandbox), reconcile_window=0.3, recreate_after_window=True)
    assert not made.adopted
    assert sandbox.count("createConnector") == 2


def test_rejected_second_create_keeps_the_unresolved_first_one(
    runner: ClientRunner, sandbox: Sandbox, ensure: Any
) -> None:
    drop_the_create(sandbox)
    sandbox.fail_next("createConnector", 422)
    with pytest.raises(bc.ValidationError, match="may have succeeded") as caught:
        ensure(sms(sandbox), reconcile_window=0.1, recreate_after_window=True)
    assert caught.value.outcome == "unknown"
    assert caught.value.unresolved is not None
    assert caught.value.unresolved.name == "Shop"
    connectors = runner.sandbox_workspace(sandbox).connectors
    unresolved = caught.value.unresolved
    assert runner.call(lambda: connectors.reconcile(unresolved, window=0)) is None


def test_wait_for_an_adopted_failed_install_raises_install_failed_error(
    runner: ClientRunner, sandbox: Sandbox, ensure: Any
) -> None:
    sandbox.next_install(Script.statuses(0, ["rejected"]))
    ensure(sms(sandbox))
    second = ensure(sms(sandbox))
    with pytest.raises(bc.InstallFailedError, match="ensure again") as caught:
        runner.call(lambda: second.until_ready(timeout=30, interval=(0.05, 0.05)))
    assert (caught.value.reported_by, caught.value.connector_id) == ("channel", second.id)
    assert caught.value.readiness.channel.status == "rejected"


def test_ctrl_c_ends_the_reconcile_window(program: Any) -> None:
    with Sandbox() as sandbox:
        drop_the_create(sandbox)
        child = program(
            """
            from bird_connectors import Client, Sms
            import wire
            ws = Client.from_env(max_attempts=1).workspace()
            print("ready", flush=True)
            try:
                ws.connectors.ensure(Sms(name="Shop", **wire.template_arguments()), reconcile_window=600)
            except KeyboardInterrupt:
                print("interrupted", flush=True)
            """,
            **sandbox.environment(),
        )
        assert child.read_line() == "ready"
        # The second list is the first of the window.
        eventually(lambda: sandbox.count("listConnectors") == 2)
        child.interrupt()
        child.expect_output("")
