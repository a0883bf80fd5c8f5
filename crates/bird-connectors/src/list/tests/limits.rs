//! `limit` and `page_size`: the items that are returned, and the page sizes that are requested.

use bird_connectors_api::types::{OrganizationId, SubscriptionId};
use bird_connectors_api::{OPERATIONS, Operation};

use super::*;

/// The page size and the index of a checkpoint.
fn position(checkpoint: &Checkpoint) -> (u32, u64) {
    let json = serde_json::to_value(checkpoint).unwrap();
    let number = |name: &str| json[name].as_u64().unwrap();
    (number("page_size") as u32, number("index"))
}

#[tokio::test]
async fn limit_below_the_page_size_lowers_the_page_size() {
    let (server, list) = Server::counting(100).list();
    let read = list.limit(3).collect_up_to(100).await.unwrap();
    assert_eq!(read.items, [0, 1, 2]);
    assert_eq!(server.sizes(), [3]);

    // The resumed list keeps this size, because a token may mean something else with another size.
    let (again, list) = Server::counting(100).list();
    let rest = list
        .resume_from(read.checkpoint.unwrap())
        .collect_up_to(7)
        .await;
    assert_eq!(rest.unwrap().items, [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(again.sizes(), [3, 3, 3]);
}

#[tokio::test]
async fn limit_within_a_page_is_recorded_in_the_checkpoint() {
    let (server, list) = Server::counting(100).list();
    let mut items = list.clone().limit(25).items();
    let mut last = None;
    while let Some(item) = items.next().await {
        last = Some(item.unwrap());
    }
    assert_eq!(last, Some(24));
    assert_eq!(server.sizes(), [10, 10, 10]);
    let checkpoint = items.checkpoint().unwrap();
    assert_eq!(position(&checkpoint), (10, 5));
    let rest = list.resume_from(checkpoint).collect_up_to(3).await.unwrap();
    assert_eq!(rest.items, [25, 26, 27]);
    assert_eq!(rest.checkpoint.as_ref().map(position), Some((10, 8)));
}

#[tokio::test]
async fn limit_at_the_end_of_a_page_points_to_the_next_page() {
    let (_, list) = Server::counting(100).list();
    let read = list.clone().collect_up_to(20).await.unwrap();
    assert_eq!(read.checkpoint.as_ref().map(position), Some((10, 0)));
    let read = list.collect_up_to(100).await.unwrap();
    assert_eq!((read.items.len(), read.checkpoint), (100, None));
}

#[tokio::test]
async fn collect_up_to_applies_the_smaller_limit() {
    let (_, list) = Server::counting(100).list();
    let read = list.clone().limit(15).collect_up_to(40).await.unwrap();
    assert_eq!(read.items.len(), 15);
    let read = list.limit(40).collect_up_to(15).await.unwrap();
    assert_eq!(read.items.len(), 15);
}

#[tokio::test]
async fn undecodable_items_count_towards_the_limit() {
    let server =
        Server::new(|_, size, token| Ok(page_of(&[Row::Undecodable; 20], false, size, token)));
    let (_, list) = server.list();
    assert_eq!(list.clone().limit(4).items().count().await, 4);
    let read = list.collect_up_to(4).await.unwrap();
    assert_eq!((read.items.len(), read.undecodable.len()), (0, 4));
}

#[tokio::test]
async fn limit_0_sends_nothing_and_keeps_the_position() {
    let (server, list) = Server::counting(100).list();
    assert!(list.clone().limit(0).items().next().await.is_none());
    assert!(list.clone().limit(0).pages().next().await.is_none());
    let page = list.clone().limit(0).first_page().await.unwrap();
    assert!(page.items.is_empty());
    assert_eq!(page.checkpoint.as_ref().map(position), Some((10, 0)));
    let read = list.clone().collect_up_to(0).await.unwrap();
    assert_eq!(server.requests(), 0);

    let rest = list
        .resume_from(read.checkpoint.unwrap())
        .collect_up_to(100)
        .await;
    assert_eq!(rest.unwrap().items.len(), 100);
    assert_eq!(server.sizes(), [10; 10]);
}

#[tokio::test]
async fn invalid_page_size_is_rejected_before_a_request() {
    let (server, list) = Server::counting(100).list();
    for (size, reason) in [
        (
            0,
            "list connectors: page_size is 0; the minimum is 1 [errors#invalid_input]",
        ),
        (
            1001,
            "list connectors: page_size is 1001; the maximum for this list is 1000 [errors#invalid_input]",
        ),
        (
            u32::MAX,
            "list connectors: page_size is 4294967295; the maximum for this list is 1000 [errors#invalid_input]",
        ),
    ] {
        // A small limit does not make the page size valid.
        for list in [
            list.clone().page_size(size),
            list.clone().page_size(size).limit(0),
        ] {
            let mut items = list.clone().items();
            assert_eq!(items.checkpoint(), None);
            let error = items.next().await.unwrap().unwrap_err();
            assert_eq!(
                (error.kind(), error.to_string().as_str()),
                (ErrorKind::InvalidInput, reason)
            );
            assert!(items.next().await.is_none());
            let error = list.clone().first_page().await.unwrap_err();
            assert_eq!(error.to_string(), reason);
            let error = list.collect_up_to(5).await.unwrap_err().error;
            assert_eq!(error.to_string(), reason);
        }
    }
    assert_eq!(server.requests(), 0);
    list.page_size(1000).collect_up_to(2000).await.unwrap();
    assert_eq!(server.sizes(), [1000]);
}

#[test]
fn page_size_is_sent_as_it_is_where_no_maximum_is_documented() {
    let list = workspace().connectors().list();
    assert_eq!(Operation::find("listConnectors").unwrap().max_limit, None);
    let scope = Scope {
        operation: "listConnectors".into(),
        workspace: WORKSPACE,
        organization: None,
        filters: serde_json::Value::Null,
    };
    for size in [1, 101, 5000, u32::MAX] {
        let position = list.clone().page_size(size).start(&scope).unwrap();
        assert_eq!(position.page_size, size);
    }
    let error = list.page_size(0).start(&scope).unwrap_err();
    assert_eq!(error, "page_size is 0; the minimum is 1");
}

/// Checks the page sizes that a list sends, and returns its operation.
fn check_page_sizes<T: Listable>(list: &List<T>) -> &'static str {
    let operation = list.query.operation(&list.workspace);
    let scope = Scope {
        operation: operation.into(),
        workspace: WORKSPACE,
        organization: None,
        filters: serde_json::Value::Null,
    };
    let size = |list: List<T>| list.start(&scope).map(|position| position.page_size);
    let maximum = Operation::find(operation).unwrap().max_limit;
    assert_eq!(
        size(list.clone()),
        Ok(maximum.unwrap_or(100)),
        "{operation}"
    );
    if let Some(maximum) = maximum {
        let above = maximum + 1;
        assert_eq!(
            size(list.clone().page_size(above)),
            Err(format!(
                "page_size is {above}; the maximum for this list is {maximum}"
            )),
            "{operation}"
        );
    }
    operation
}

#[test]
fn no_list_sends_a_page_size_above_the_maximum_of_the_contract() {
    let newer = workspace();
    let older = client().organization(OrganizationId::from_u128(9));
    let older = older.workspace(WORKSPACE).webhook_subscriptions();
    let subscriptions = newer.webhook_subscriptions();
    let id = SubscriptionId::from_u128(5);
    let checked = [
        check_page_sizes(&newer.connectors().list()),
        check_page_sizes(&newer.channels().list()),
        check_page_sizes(&newer.numbers().list()),
        check_page_sizes(&newer.numbers().list_long_codes()),
        check_page_sizes(&newer.use_cases().list()),
        check_page_sizes(&subscriptions.list()),
        check_page_sizes(&subscriptions.logs(id)),
        check_page_sizes(&subscriptions.available_events()),
        check_page_sizes(&older.list()),
        check_page_sizes(&older.logs(id)),
    ];
    for operation in OPERATIONS {
        assert!(
            operation.max_limit.is_none() || checked.contains(&operation.id),
            "the list of {} is not checked: add it above",
            operation.id
        );
    }
}
