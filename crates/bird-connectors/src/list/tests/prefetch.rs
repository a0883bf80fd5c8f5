//! When requests are sent: none before the first poll, and one page ahead from the second page on.

use tokio::time::{Instant, sleep};

use super::*;

const LONG: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn list_sends_nothing_before_the_first_poll() {
    let (server, list) = Server::counting(100).list();
    let streams = (list.clone().items(), list.clone().pages());
    let futures = (list.clone().first_page(), list.collect_up_to(10));
    sleep(LONG).await;
    assert_eq!(server.requests(), 0);
    drop((streams, futures));
}

#[tokio::test(start_paused = true)]
async fn reading_only_the_first_page_sends_one_request() {
    let (server, list) = Server::counting(100).list();
    let mut items = list.clone().items();
    for _ in 0..10 {
        items.next().await.unwrap().unwrap();
        sleep(LONG).await;
        assert_eq!(server.requests(), 1);
    }
    list.first_page().await.unwrap();
    sleep(LONG).await;
    assert_eq!(server.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn pages_fetch_one_page_ahead_from_the_second_page() {
    let (server, list) = Server::counting(100).latency(SECOND).list();
    let mut pages = list.pages();
    for number in 1..=10 {
        pages.next().await.unwrap().unwrap();
        sleep(LONG).await;
        let ahead = usize::from((2..10).contains(&number));
        assert_eq!(server.requests(), number + ahead);
    }
    assert!(pages.next().await.is_none());
    assert_eq!((server.requests(), server.cancelled()), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn limit_stops_requests_for_further_pages() {
    for (limit, expected) in [(10, 1), (11, 2), (20, 2), (21, 3), (30, 3), (35, 4)] {
        let (server, list) = Server::counting(100).list();
        let mut items = list.page_size(10).limit(limit).items();
        for _ in 0..limit {
            items.next().await.unwrap().unwrap();
        }
        sleep(LONG).await;
        assert!(items.next().await.is_none());
        sleep(LONG).await;
        assert_eq!(server.requests(), expected, "with limit {limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_items_cancel_the_page_that_is_fetched_ahead() {
    let (server, list) = Server::counting(100).latency(SECOND).list();
    let mut items = list.items();
    for _ in 0..11 {
        items.next().await.unwrap().unwrap();
    }
    sleep(SECOND / 2).await;
    assert_eq!((server.requests(), server.cancelled()), (3, 0));
    drop(items);
    sleep(LONG).await;
    assert_eq!(
        (server.requests(), server.answered(), server.cancelled()),
        (3, 2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn dropped_items_cancel_the_current_page() {
    let (server, list) = Server::counting(100).latency(SECOND).list();
    let mut items = list.items();
    assert!(
        tokio::time::timeout(SECOND / 2, items.next())
            .await
            .is_err()
    );
    // Dropping the future of `next` does not cancel the request; a later `next` continues it.
    assert_eq!((server.requests(), server.cancelled()), (1, 0));
    drop(items);
    assert_eq!((server.answered(), server.cancelled()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn error_of_the_page_ahead_is_returned_after_the_current_page() {
    let server = Server::new(|nth, size, token| match nth {
        2 => Err(server_error()),
        _ => Ok(page_of(&[Row::Item; 100], false, size, token)),
    });
    let (server, list) = server.list();
    let mut items = list.items();
    for expected in 0..20 {
        assert_eq!(items.next().await.unwrap().unwrap(), expected);
        sleep(SECOND).await;
    }
    assert_eq!(server.requests(), 3);
    assert_eq!(
        items.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::Server
    );
    assert!(items.next().await.is_none());
    sleep(LONG).await;
    assert_eq!(server.requests(), 3);
}

/// Reads ten pages and works for the given time after each. Returns the total time by page and by item.
async fn time_for_ten_pages(latency: Duration, work: Duration) -> (Duration, Duration) {
    let (_, list) = Server::counting(10).latency(latency).list();
    let list = list.page_size(1);

    let begin = Instant::now();
    let mut pages = list.clone().pages();
    while let Some(page) = pages.next().await {
        page.unwrap();
        sleep(work).await;
    }
    let by_page = begin.elapsed();

    let begin = Instant::now();
    let mut items = list.items();
    while let Some(item) = items.next().await {
        item.unwrap();
        sleep(work).await;
    }
    (by_page, begin.elapsed())
}

#[tokio::test(start_paused = true)]
async fn requests_overlap_with_the_work_of_the_caller() {
    for (latency, work) in [(1, 1), (1, 4), (4, 1)] {
        let (by_page, by_item) = time_for_ten_pages(latency * SECOND, work * SECOND).await;
        // The first page and its work, then the second page; then requests overlap with work; then the last work.
        let expected = (latency + work + latency + 8 * latency.max(work) + work) * SECOND;
        assert_eq!(
            (by_page, by_item),
            (expected, expected),
            "{latency} s, {work} s"
        );
        assert!(expected < 10 * (latency + work) * SECOND);
    }
}

#[test]
fn items_continue_on_another_runtime_after_the_first_is_dropped() {
    let (server, list) = Server::counting(40)
        .latency(Duration::from_millis(1))
        .list();
    let mut items = list.items();
    runtime().block_on(async {
        for expected in 0..15 {
            assert_eq!(items.next().await.unwrap().unwrap(), expected);
        }
    });
    // The third page was about to be fetched on the runtime, which no longer exists.
    assert_eq!((server.requests(), server.cancelled()), (2, 0));
    let rest: Vec<_> = runtime().block_on(items.map(Result::unwrap).collect());
    assert_eq!(rest, (15..40).collect::<Vec<_>>());
}
