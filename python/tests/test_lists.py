"""Lists: each item once and in order, undecodable items, checkpoints, and limits."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client
from stub import Request, Response, error_response

if TYPE_CHECKING:
    from bird_connectors.testing import Sandbox
    from conftest import ClientRunner


def listing(items: list[Any]) -> Any:
    """Pages of `items`, with page tokens that must be percent-encoded."""

    def respond(request: Request) -> Response:
        start = int((request.query.get("pageToken") or "a+/=0").removeprefix("a+/="))
        end = start + int(request.query["limit"])
        return Response(200, wire.page(items[start:end], f"a+/={end}" if end < len(items) else None))

    return respond


def names(items: list[Any]) -> list[str]:
    return [item.name for item in items]


SHOPS = [wire.connector(number) for number in range(7)]
NAMES = [shop["name"] for shop in SHOPS]


def test_iteration_yields_each_item_once_in_order(runner: ClientRunner, serve: Any) -> None:
    stub = serve(listing(SHOPS))
    workspace = runner.workspace(stub.base_url)
    assert names(runner.collect(lambda: workspace.connectors.list(page_size=3))) == NAMES
    assert [request.query.get("pageToken") for request in stub.requests] == [None, "a+/=3", "a+/=6"]
    assert {request.query["limit"] for request in stub.requests} == {"3"}


def test_list_sends_nothing_before_the_first_item(runner: ClientRunner, serve: Any) -> None:
    stub = serve(listing(SHOPS))
    iter(runner.workspace(stub.base_url).connectors.list()) if not runner.is_async else aiter(
        runner.workspace(stub.base_url).connectors.list()
    )
    assert not stub.requests


def test_default_page_size_of_each_list(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.page([])))
    workspace = runner.workspace(stub.base_url)
    sizes = {
        workspace.connectors.list: "100",
        workspace.channels.list: "1000",
        workspace.numbers.list: "99",
        workspace.numbers.list_long_codes: "99",
        workspace.use_cases.list: "1000",
        workspace.webhook_subscriptions.list: "100",
    }
    for make in sizes:
        assert runner.collect(make) == []
    assert [request.query for request in stub.requests] == [{"limit": size} for size in sizes.values()]


@pytest.mark.parametrize(("resource", "above"), [("numbers", 100), ("channels", 1001), ("use_cases", 1001)])
def test_page_size_above_the_maximum_is_refused_before_sending(
    runner: ClientRunner, serve: Any, resource: str, above: int
) -> None:
    stub = serve(Response(200, wire.page([])))
    workspace = runner.workspace(stub.base_url)
    with pytest.raises(bc.InvalidInputError, match=f"page_size is {above}; the maximum for this list is {above - 1}"):
        runner.collect(lambda: getattr(workspace, resource).list(page_size=above))
    assert not stub.requests


def test_number_filters_become_query_parameters(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.page([])))
    numbers = runner.workspace(stub.base_url).numbers
    filters = {
        "prefix": "+316",
        "search_term": "12",
        "status": "any",
        "number_type": "mobile",
        "country": "NL",
        "capabilities": "sms",
    }
    runner.collect(lambda: numbers.list(**filters))
    runner.collect(
        lambda: numbers.list_long_codes(
            **filters, number_string="+31612345678", country_codes=["BE"], provider_ids=["one"]
        )
    )
    common = {
        "limit": "99",
        "prefix": "+316",
        "searchTerm": "12",
        "status": "any",
        "type": "mobile",
        "country": "NL",
        "capabilities": "sms",
    }
    assert stub.requests[0].query == common
    more = {"numberString": "+31612345678", "countryCodes": "BE", "providerIds": "one"}
    assert stub.requests[1].query == {**common, **more}


@pytest.mark.parametrize("template", ["sms", "sms-messagebird", "sms-messagebird:", ""])
def test_template_filter_without_a_version_is_refused_before_sending(template: str, runner: ClientRunner) -> None:
    connectors = runner.workspace("http://127.0.0.1:1").connectors
    with pytest.raises(bc.InvalidInputError, match="the filter template is not of the form `slug:version`"):
        runner.collect(lambda: connectors.list(template=template))


def test_filters_become_query_parameters(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.page([])))
    workspace = runner.workspace(stub.base_url)
    runner.collect(
        lambda: workspace.connectors.list(template="sms-messagebird:1", reverse=True, include_release_status=True)
    )
    assert stub.requests[0].query == {
        "limit": "100",
        "templateRef": "sms-messagebird:1",
        "reverse": "true",
        "includeReleaseStatus": "true",
    }


@pytest.mark.parametrize(("limit", "page_size", "sizes"), [(2, None, ["2"]), (5, 3, ["3", "3"]), (0, None, [])])
def test_limit_stops_the_iteration(
    limit: int, page_size: int | None, sizes: list[str], runner: ClientRunner, serve: Any
) -> None:
    stub = serve(listing(SHOPS))
    workspace = runner.workspace(stub.base_url)
    assert names(runner.collect(lambda: workspace.connectors.list(limit=limit, page_size=page_size))) == NAMES[:limit]
    assert [request.query["limit"] for request in stub.requests] == sizes


def test_pages_yields_pages_with_checkpoints(runner: ClientRunner, serve: Any) -> None:
    stub = serve(listing(SHOPS))
    workspace = runner.workspace(stub.base_url)
    pages = runner.collect(lambda: workspace.connectors.list(page_size=3).pages())
    assert [names(page.items) for page in pages] == [NAMES[:3], NAMES[3:6], NAMES[6:]]
    assert [page.checkpoint is None for page in pages] == [False, False, True]
    assert all(list(page.undecodable) == [] for page in pages)


def test_first_page_sends_one_request(runner: ClientRunner, serve: Any) -> None:
    stub = serve(listing(SHOPS))
    workspace = runner.workspace(stub.base_url)
    page = runner.call(lambda: workspace.connectors.list(page_size=3).first_page())
    assert names(page.items) == NAMES[:3]
    assert len(stub.requests) == 1


def test_to_list_returns_all_items_up_to_the_limit(runner: ClientRunner, serve: Any) -> None:
    stub = serve(listing(SHOPS))
    workspace = runner.workspace(stub.base_url)
    assert names(runner.call(lambda: workspace.connectors.list(page_size=3).to_list())) == NAMES
    assert names(runner.call(lambda: workspace.connectors.list(page_size=3).to_list(limit=4))) == NAMES[:4]


def test_to_list_has_no_default_limit(runner: ClientRunner, serve: Any) -> None:
    workspace = runner.workspace(serve(listing([wire.connector(number) for number in range(1001)])).base_url)
    assert len(runner.call(lambda: workspace.connectors.list(page_size=500).to_list())) == 1001


def test_each_iteration_starts_from_the_beginning(runner: ClientRunner, serve: Any) -> None:
    workspace = runner.workspace(serve(listing(SHOPS)).base_url)
    connectors = workspace.connectors.list(page_size=3)
    assert names(runner.collect(lambda: connectors)) == NAMES
    assert names(runner.collect(lambda: connectors)) == NAMES
    for iterate in (iter,) if not runner.is_async else ():
        iterator = iterate(connectors)
        assert iterate(iterator) is iterator, "iter() of an iterator returns the iterator"
        next(iterator)
        assert names(list(iterator)) == NAMES[1:]
        assert next(iterator, None) is None


UNDECODABLE = {"id": 7, "name": None}
MIXED = [
    wire.connector(0, aField={"of": "tomorrow"}),
    {**wire.connector(1), "region": None, "number": {"numberType": "weird"}},
    UNDECODABLE,
    wire.connector(3),
]


def test_iteration_continues_after_an_undecodable_item_sync(serve: Any) -> None:
    workspace = Client(access_key=wire.KEY, base_url=serve(listing(MIXED)).base_url).workspace(wire.WORKSPACE)
    items = iter(workspace.connectors.list())
    first, second = next(items), next(items)
    with pytest.raises(bc.DecodeError) as caught:
        next(items)
    check_mixed(first, second, caught.value)
    assert names(list(items)) == ["Shop 3"]


def test_iteration_continues_after_an_undecodable_item_async(serve: Any) -> None:
    workspace = AsyncClient(access_key=wire.KEY, base_url=serve(listing(MIXED)).base_url).workspace(wire.WORKSPACE)

    async def run() -> None:
        items = aiter(workspace.connectors.list())
        first, second = await anext(items), await anext(items)
        with pytest.raises(bc.DecodeError) as caught:
            await anext(items)
        check_mixed(first, second, caught.value)
        assert [item.name async for item in items] == ["Shop 3"]

    asyncio.run(run())


def check_mixed(first: Any, second: Any, error: bc.DecodeError) -> None:
    assert first.to_dict()["aField"] == {"of": "tomorrow"}
    assert second.region is None
    assert type(second.number.number_type) is str
    assert second.number.number_type == "weird"
    assert error.raw is not None
    assert json.loads(error.raw) == UNDECODABLE
    assert "item 2" in str(error)


def test_pages_separate_undecodable_items(runner: ClientRunner, serve: Any) -> None:
    workspace = runner.workspace(serve(listing(MIXED)).base_url)
    page = runner.call(lambda: workspace.connectors.list().first_page())
    assert names(page.items) == ["Shop 0", "Shop 1", "Shop 3"]
    [undecodable] = page.undecodable
    assert undecodable.index == 2
    assert json.loads(undecodable.raw) == UNDECODABLE
    assert undecodable.reason


def test_to_list_raises_or_skips_undecodable_items(runner: ClientRunner, serve: Any) -> None:
    workspace = runner.workspace(serve(listing(MIXED)).base_url)
    with pytest.raises(bc.DecodeError):
        runner.call(lambda: workspace.connectors.list().to_list())
    found = runner.call(lambda: workspace.connectors.list().to_list(on_undecodable="skip"))
    assert names(found) == ["Shop 0", "Shop 1", "Shop 3"]
    with pytest.raises(bc.InvalidInputError):
        runner.call(lambda: workspace.connectors.list().to_list(on_undecodable="ignore"))


@pytest.mark.parametrize("stop", range(1, 7))
def test_list_resumes_from_a_checkpoint(stop: int, runner: ClientRunner, serve: Any) -> None:
    workspace = runner.workspace(serve(listing(SHOPS)).base_url)
    connectors = workspace.connectors.list(page_size=3)

    async def read() -> tuple[list[Any], Any]:
        items = aiter(connectors)
        return [await anext(items) for _ in range(stop)], items.checkpoint

    if runner.is_async:
        read_items, checkpoint = asyncio.run(read())
    else:
        items = iter(connectors)
        read_items, checkpoint = list(itertools.islice(items, stop)), items.checkpoint
    stored = str(checkpoint)
    rest = runner.collect(lambda: workspace.connectors.list(resume_from=stored))
    assert names(read_items + rest) == NAMES
    assert names(runner.collect(lambda: workspace.connectors.list(resume_from=checkpoint))) == NAMES[stop:]


def test_checkpoint_of_a_limited_iteration_is_set_if_the_list_has_more(sandbox: Sandbox) -> None:
    sandbox.add_connectors(3)
    with sandbox.client() as bird:
        for limit, has_more in ((2, True), (3, False), (None, False)):
            items = iter(bird.workspace().connectors.list(limit=limit))
            assert len(list(items)) == (limit or 3)
            assert (items.checkpoint is not None) == has_more


def test_checkpoint_of_another_list_is_rejected(runner: ClientRunner, serve: Any) -> None:
    stub = serve(listing(SHOPS))
    workspace = runner.workspace(stub.base_url)
    page = runner.call(lambda: workspace.connectors.list(page_size=3).first_page())
    stub.requests.clear()
    for make_list in (
        lambda: workspace.channels.list(resume_from=page.checkpoint),
        lambda: workspace.connectors.list(resume_from=page.checkpoint, reverse=True),
        lambda: workspace.connectors.list(resume_from="not a checkpoint"),
    ):
        with pytest.raises(bc.InvalidInputError, match="checkpoint"):
            runner.collect(make_list)
    assert not stub.requests


def test_error_ends_the_iteration_and_has_a_checkpoint(runner: ClientRunner, serve: Any) -> None:
    pages = listing(SHOPS)
    stub = serve(lambda request: error_response(404) if "pageToken" in request.query else pages(request))
    workspace = runner.workspace(stub.base_url)
    read_items, caught = runner.collect_until_error(lambda: workspace.connectors.list(page_size=3))
    assert names(read_items) == NAMES[:3]
    assert isinstance(caught, bc.NotFoundError)
    stub.handler = pages
    assert names(runner.collect(lambda: workspace.connectors.list(resume_from=caught.checkpoint))) == NAMES[3:]


def test_error_of_to_list_has_the_items_read_so_far(runner: ClientRunner, serve: Any) -> None:
    pages = listing(SHOPS)
    stub = serve(lambda request: error_response(404) if "pageToken" in request.query else pages(request))
    workspace = runner.workspace(stub.base_url)
    with pytest.raises(bc.NotFoundError) as caught:
        runner.call(lambda: workspace.connectors.list(page_size=3).to_list())
    assert names(caught.value.partial or []) == NAMES[:3]
    stub.handler = pages
    assert names(runner.collect(lambda: workspace.connectors.list(resume_from=caught.value.checkpoint))) == NAMES[3:]


def test_cycle_of_page_tokens_is_an_error(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.page(SHOPS[:1], "again")))
    workspace = runner.workspace(stub.base_url)
    _, caught = runner.collect_until_error(lambda: workspace.connectors.list())
    assert isinstance(caught, bc.CursorCycleError)
    assert caught.outcome is None


@pytest.mark.parametrize("resource", ["connectors", "channels", "numbers", "use_cases", "webhook_subscriptions"])
def test_empty_pages_with_new_tokens_end_with_an_error_that_has_a_checkpoint(
    resource: str, runner: ClientRunner, serve: Any
) -> None:
    def empty(request: Any) -> Response:
        page = int(request.query.get("pageToken", "0"))
        return Response(200, wire.page([], str(page + 1)))

    stub = serve(empty)
    workspace = runner.workspace(stub.base_url)
    read_items, caught = runner.collect_until_error(lambda: getattr(workspace, resource).list(max_empty_pages=3))
    assert read_items == []
    assert isinstance(caught, bc.CursorCycleError)
    assert "the last 3 pages are empty" in str(caught)
    assert len(stub.requests) == 3
    _, caught = runner.collect_until_error(
        lambda: getattr(workspace, resource).list(max_empty_pages=2, resume_from=caught.checkpoint)
    )
    assert isinstance(caught, bc.CursorCycleError)
    assert stub.requests[3].query["pageToken"] == "3"


@pytest.mark.parametrize("size", [0, -1, 2**40, 2**100])
def test_list_rejects_an_invalid_page_size(size: int, runner: ClientRunner, serve: Any) -> None:
    stub = serve(listing(SHOPS))
    workspace = runner.workspace(stub.base_url)
    with pytest.raises(bc.InvalidInputError):
        runner.collect(lambda: workspace.channels.list(page_size=size))
    assert not stub.requests
