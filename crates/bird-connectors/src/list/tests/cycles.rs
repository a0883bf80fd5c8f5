//! A cycle of page tokens ends the list with an error; the list is neither truncated nor endless.

use proptest::prelude::*;

use super::*;

/// Serves pages 0, 1, … up to `tail + cycle`, where the last page has the token of page `tail`. Page p has `per_page`
/// items, which all are the number p.
fn cyclic(tail: usize, cycle: usize, per_page: usize) -> Server {
    Server::new(move |_, _, token| {
        let pages = tail + cycle;
        let page: usize = token.map_or(0, |token| token.parse().unwrap());
        let next = if page + 1 < pages { page + 1 } else { tail };
        Ok(FetchedPage::whole(
            vec![page as u32; per_page],
            Some(next.to_string()),
        ))
    })
}

proptest! {
    #[test]
    fn pages_stop_with_error_after_all_pages_of_a_token_cycle(
        tail in 0usize..40,
        cycle in 1usize..40,
        per_page in 0usize..3,
    ) {
        let pages = tail + cycle;
        let (server, list) = cyclic(tail, cycle, per_page).list();
        let (delivered, error, ended) = runtime().block_on(async {
            let mut stream = list.pages();
            let mut delivered = Vec::new();
            loop {
                match stream.next().await.unwrap() {
                    Ok(page) => delivered.push(page.items),
                    Err(error) => break (delivered, error, stream.next().await.is_none()),
                }
            }
        });
        prop_assert_eq!(error.kind(), ErrorKind::CursorCycle);
        prop_assert!(ended);
        prop_assert!(delivered.len() >= pages);
        for (number, page) in (0..pages).zip(&delivered) {
            prop_assert_eq!(page, &vec![number as u32; per_page]);
        }
        prop_assert_eq!(server.requests(), delivered.len());
        prop_assert!(delivered.len() <= 3 * pages);
    }

    #[test]
    fn items_and_collect_up_to_stop_with_error_on_token_cycle(tail in 0usize..20, cycle in 1usize..20) {
        let (_, list) = cyclic(tail, cycle, 1).list();
        let (items, partial) = runtime().block_on(async {
            let items: Vec<_> = list.clone().items().collect().await;
            (items, list.collect_up_to(u64::MAX).await.unwrap_err())
        });
        let (last, delivered) = items.split_last().unwrap();
        prop_assert_eq!(last.as_ref().unwrap_err().kind(), ErrorKind::CursorCycle);
        let delivered: Vec<u32> = delivered.iter().map(|item| *item.as_ref().unwrap()).collect();
        prop_assert!(delivered.starts_with(&(0..(tail + cycle) as u32).collect::<Vec<_>>()));
        prop_assert_eq!(partial.error.kind(), ErrorKind::CursorCycle);
        prop_assert_eq!(partial.collected.items, delivered);
    }

    #[test]
    fn resumed_list_stops_with_error_on_token_cycle(tail in 0usize..10, cycle in 1usize..10, stop in 1usize..15) {
        let (_, list) = cyclic(tail, cycle, 2).list();
        let last = runtime().block_on(async {
            let mut items = list.clone().items();
            for _ in 0..stop.min(2 * (tail + cycle) - 1) {
                items.next().await.unwrap().unwrap();
            }
            let checkpoint = items.checkpoint().unwrap();
            list.resume_from(checkpoint).items().collect::<Vec<_>>().await.pop().unwrap()
        });
        prop_assert_eq!(last.unwrap_err().kind(), ErrorKind::CursorCycle);
    }
}

#[tokio::test]
async fn token_cycle_error_has_a_message_and_no_checkpoint() {
    let (_, list) = cyclic(0, 1, 1).list();
    let mut items = list.items();
    assert_eq!(items.next().await.unwrap().unwrap(), 0);
    assert_eq!(items.next().await.unwrap().unwrap(), 0);
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "list connectors: the page tokens form a cycle: after 2 pages an earlier token was returned again \
         [errors#cursor_cycle]"
    );
    // Resuming would only repeat the cycle.
    assert_eq!(error.checkpoint(), None);
    assert_eq!(error.outcome(), None);
}

#[tokio::test]
async fn limit_reached_before_the_token_cycle_is_not_an_error() {
    let (server, list) = cyclic(1, 1, 5).list();
    let items: Vec<_> = list.limit(10).items().collect().await;
    assert_eq!(items.len(), 10);
    assert!(items.iter().all(Result::is_ok));
    assert_eq!(server.requests(), 2);
}

/// Serves empty pages, each with a new token.
fn endless() -> Server {
    Server::new(|_, _, token| {
        let page: usize = token.map_or(0, |token| token.parse().unwrap());
        Ok(FetchedPage::whole(Vec::new(), Some((page + 1).to_string())))
    })
}

#[tokio::test]
async fn empty_pages_with_new_tokens_end_with_an_error_that_has_a_checkpoint() {
    let (server, list) = endless().list();
    let error = list.collect_up_to(10).await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::CursorCycle);
    assert_eq!(server.requests(), 1000);
    assert!(error.checkpoint().is_some());

    let (server, list) = endless().list();
    let items: Vec<_> = list.max_empty_pages(3).items().collect().await;
    let [Err(error)] = &items[..] else {
        panic!("{items:?}")
    };
    assert!(
        error.to_string().contains("the last 3 pages are empty"),
        "{error}"
    );
    assert!(error.checkpoint().is_some());
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn item_between_empty_pages_starts_the_count_again() {
    let server = Server::new(|_, _, token| {
        let page: u32 = token.map_or(0, |token| token.parse().unwrap());
        let items = if page % 3 == 2 {
            vec![page]
        } else {
            Vec::new()
        };
        Ok(FetchedPage::whole(
            items,
            (page < 30).then(|| (page + 1).to_string()),
        ))
    });
    let (_, list) = server.list();
    let items: Vec<_> = list.max_empty_pages(3).items().collect().await;
    assert!(items.iter().all(Result::is_ok));
    assert_eq!(items.len(), 10);
}
