//! Every item is returned once and in order, for every content of the list, pattern of failed requests, and way to read it.

use std::collections::HashSet;

use futures_core::FusedStream;
use proptest::prelude::*;

use super::*;

/// A returned entry: the number of its row, and whether it was decoded.
type Entry = (u32, bool);

/// One session of a caller that resumes the list in the next session.
#[derive(Clone, Debug)]
struct Session {
    mode: ReadMode,
    limit: Option<u64>,
    /// How the checkpoint is stored for the next session.
    encoding: Encoding,
}

#[derive(Clone, Debug)]
enum ReadMode {
    /// Up to this many items.
    Items(usize),
    /// Up to this many pages.
    Pages(usize),
    Collect(u64),
    FirstPage,
}

#[derive(Clone, Debug)]
enum Encoding {
    Text,
    Json,
}

impl Encoding {
    fn round_trip(&self, checkpoint: Checkpoint) -> Checkpoint {
        let decoded = match self {
            Self::Text => checkpoint.to_string().parse().unwrap(),
            Self::Json => {
                serde_json::from_str(&serde_json::to_string(&checkpoint).unwrap()).unwrap()
            }
        };
        assert_eq!(decoded, checkpoint);
        decoded
    }
}

fn session() -> impl Strategy<Value = Session> {
    let mode = prop_oneof![
        3 => (0usize..30).prop_map(ReadMode::Items),
        2 => (0usize..5).prop_map(ReadMode::Pages),
        1 => (0u64..30).prop_map(ReadMode::Collect),
        1 => Just(ReadMode::FirstPage),
    ];
    (mode, prop::option::of(0u64..40), any::<bool>()).prop_map(|(mode, limit, text)| Session {
        mode,
        limit,
        encoding: if text { Encoding::Text } else { Encoding::Json },
    })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row =
        prop_oneof![5 => Just(Row::Item), 1 => Just(Row::Undecodable), 3 => Just(Row::Hidden)];
    prop::collection::vec(row, 0..60)
}

/// Runs a session. Returns its entries, and where to resume.
async fn run_session(list: List<u32>, mode: &ReadMode) -> (Vec<Entry>, Option<Checkpoint>) {
    match *mode {
        ReadMode::Items(stop) => read_items(list.items(), stop).await,
        ReadMode::Pages(stop) => read_pages(list.pages(), stop).await,
        ReadMode::Collect(most) => match list.collect_up_to(most).await {
            Ok(all) => (in_order(all.items, all.undecodable), all.checkpoint),
            Err(partial) => {
                assert_eq!(
                    partial.error.checkpoint(),
                    partial.collected.checkpoint.as_ref()
                );
                let all = partial.collected;
                (in_order(all.items, all.undecodable), all.checkpoint)
            }
        },
        ReadMode::FirstPage => match list.first_page().await {
            Ok(page) => (in_order(page.items, page.undecodable), page.checkpoint),
            Err(error) => (Vec::new(), Some(error.checkpoint().unwrap().clone())),
        },
    }
}

async fn read_items(mut items: Items<u32>, stop: usize) -> (Vec<Entry>, Option<Checkpoint>) {
    let mut entries = Vec::new();
    while entries.len() < stop {
        match items.next().await {
            Some(Ok(item)) => entries.push((item, true)),
            Some(Err(error)) => {
                assert_eq!(error.checkpoint().cloned(), items.checkpoint());
                if error.kind() == ErrorKind::Decode {
                    entries.push((error.raw().unwrap().parse().unwrap(), false));
                } else {
                    assert_fused(&mut items).await;
                    break;
                }
            }
            None => {
                assert_fused(&mut items).await;
                break;
            }
        }
    }
    (entries, items.checkpoint())
}

async fn read_pages(mut pages: Pages<u32>, stop: usize) -> (Vec<Entry>, Option<Checkpoint>) {
    let mut entries = Vec::new();
    for _ in 0..stop {
        match pages.next().await {
            Some(Ok(page)) => {
                assert_eq!(page.checkpoint, pages.checkpoint());
                entries.extend(in_order(page.items, page.undecodable));
            }
            Some(Err(error)) => {
                assert_eq!(error.checkpoint().cloned(), pages.checkpoint());
                assert_fused(&mut pages).await;
                break;
            }
            None => {
                assert_fused(&mut pages).await;
                break;
            }
        }
    }
    (entries, pages.checkpoint())
}

/// Asserts that an ended stream stays ended, and reports it.
async fn assert_fused<S: FusedStream + Unpin>(stream: &mut S) {
    for _ in 0..2 {
        assert!(stream.is_terminated());
        assert!(stream.next().await.is_none());
    }
}

/// Restores the order of decoded and undecodable items, which a page returns separately, by their numbers.
fn in_order(items: Vec<u32>, undecodable: Vec<UndecodableItem>) -> Vec<Entry> {
    assert!(items.is_sorted());
    let items = items.into_iter().map(|item| (item, true));
    let undecodable_entries = undecodable
        .into_iter()
        .map(|entry| (entry.raw.parse().unwrap(), false));
    let mut entries: Vec<Entry> = items.chain(undecodable_entries).collect();
    entries.sort_unstable();
    entries
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn list_returns_every_item_once_and_in_order(
        rows in rows(),
        trailing: bool,
        page_size in prop::option::of(1u32..15),
        failures in prop::collection::vec(any::<bool>(), 0..12),
        sessions in prop::collection::vec(session(), 0..10),
    ) {
        let expected: Vec<Entry> = (0..).zip(&rows)
            .filter(|(_, row)| **row != Row::Hidden)
            .map(|(number, row)| (number, *row == Row::Item))
            .collect();
        let max_pages = rows.len() + 1;
        let failing = failures.iter().filter(|fails| **fails).count();
        let max_sessions = sessions.len() + failing + 1;
        let server = Server::new(move |nth, size, token| {
            if failures.get(nth) == Some(&true) {
                return Err(server_error());
            }
            Ok(page_of(&rows, trailing, size, token))
        });
        let (server, mut list) = server.list();
        list.page_size = page_size;

        let rest = std::iter::repeat(Session { mode: ReadMode::Items(usize::MAX), limit: None, encoding: Encoding::Text });
        let mut entries = Vec::new();
        let mut requests = 0;
        let mut finished = false;
        for session in sessions.into_iter().chain(rest).take(max_sessions) {
            let mut now = list.clone();
            now.limit = session.limit;
            let (new, checkpoint) = runtime().block_on(run_session(now, &session.mode));

            let most = session.limit.unwrap_or(u64::MAX);
            prop_assert!(new.len() as u64 <= most);
            entries.extend(new);
            prop_assert!(expected.starts_with(&entries), "{:?} is not a prefix of {:?}", entries, expected);

            let sent = server.sent().split_off(requests);
            requests += sent.len();
            let different: HashSet<_> = sent.iter().map(|sent| &sent.token).collect();
            prop_assert_eq!(different.len(), sent.len(), "a page was requested twice");
            prop_assert!(sent.len() <= max_pages);

            match checkpoint {
                Some(checkpoint) => {
                    list = List { page_size: None, ..list }.resume_from(session.encoding.round_trip(checkpoint));
                }
                None => {
                    finished = true;
                    break;
                }
            }
        }
        prop_assert!(finished);
        prop_assert_eq!(entries, expected);
        prop_assert!(server.sizes().windows(2).all(|sizes| sizes[0] == sizes[1]), "the page size changed between requests");
    }
}

#[tokio::test]
async fn request_error_is_returned_once_with_a_checkpoint() {
    let server = Server::new(|nth, size, token| match nth {
        1 => Err(server_error()),
        _ => Ok(page_of(&[Row::Item; 25], false, size, token)),
    });
    let (_, list) = server.list();

    let mut items = list.clone().items();
    for expected in 0..10 {
        assert_eq!(items.next().await.unwrap().unwrap(), expected);
    }
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_fused(&mut items).await;

    let rest = list.resume_from(error.checkpoint().unwrap().clone());
    let rest = rest.collect_up_to(100).await.unwrap();
    assert_eq!(rest.items, (10..25).collect::<Vec<_>>());
    assert_eq!(rest.checkpoint, None);
}

#[tokio::test]
async fn undecodable_item_does_not_end_the_list() {
    let rows = [Row::Item, Row::Undecodable, Row::Item];
    let (server, list) =
        Server::new(move |_, size, token| Ok(page_of(&rows, false, size, token))).list();

    let mut items = list.clone().items();
    assert_eq!(items.next().await.unwrap().unwrap(), 0);
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.raw()), (ErrorKind::Decode, Some("1")));
    assert_eq!(
        error.to_string(),
        "list connectors: item 1 of a page cannot be decoded: scripted [errors#decode]"
    );
    let checkpoint = error.checkpoint().unwrap().clone();
    assert_eq!(items.next().await.unwrap().unwrap(), 2);
    assert!(items.next().await.is_none());
    assert_eq!(server.requests(), 1);

    let rest = list
        .resume_from(checkpoint)
        .collect_up_to(100)
        .await
        .unwrap();
    assert_eq!((rest.items, rest.undecodable), (vec![2], vec![]));
}

#[tokio::test]
async fn collect_up_to_keeps_its_items_when_a_request_fails() {
    let server = Server::new(|nth, size, token| match nth {
        2 => Err(server_error()),
        _ => Ok(page_of(&[Row::Item; 25], false, size, token)),
    });
    let (_, list) = server.list();
    let partial = list.clone().collect_up_to(100).await.unwrap_err();
    assert_eq!(partial.collected.items, (0..20).collect::<Vec<_>>());
    assert_eq!(
        partial.to_string(),
        "list: scripted (after 20 items, which are kept) [errors#server]"
    );
    let checkpoint = partial.collected.checkpoint.clone().unwrap();
    assert_eq!(Error::from(partial).checkpoint(), Some(&checkpoint));
    let rest = list
        .resume_from(checkpoint)
        .collect_up_to(100)
        .await
        .unwrap();
    assert_eq!(rest.items, (20..25).collect::<Vec<_>>());
}

#[tokio::test]
async fn page_that_shrank_does_not_shift_the_following_pages() {
    let server = Server::new(|nth, size, token| {
        let mut page = page_of(&[Row::Item; 20], false, size, token);
        if nth == 1 {
            page.entries.truncate(3);
        }
        Ok(page)
    });
    let (_, list) = server.list();
    let mut items = list.clone().items();
    for _ in 0..5 {
        items.next().await.unwrap().unwrap();
    }
    let rest = list.resume_from(items.checkpoint().unwrap());
    let rest = rest.collect_up_to(100).await.unwrap();
    assert_eq!(rest.items, (10..20).collect::<Vec<_>>());
}

#[test]
fn list_types_are_send_and_sync() {
    fn assert_send_and_sync<T: Send + Sync>() {}
    assert_send_and_sync::<(List<u32>, Items<u32>, Pages<u32>)>();
    assert_send_and_sync::<(Page<u32>, CollectedItems<u32>, PartialList<u32>)>();
}

#[tokio::test]
async fn page_and_collected_items_iterate_over_decoded_items() {
    let rows = [Row::Item, Row::Undecodable, Row::Item];
    let (_, list) =
        Server::new(move |_, size, token| Ok(page_of(&rows, false, size, token))).list();
    let page = list.clone().first_page().await.unwrap();
    assert_eq!((page.len(), page.is_empty()), (2, false));
    assert!((&page).into_iter().eq(&[0, 2]));
    assert!(page.into_iter().eq([0, 2]));

    let collected = list.clone().collect_up_to(2).await.unwrap();
    assert_eq!((collected.len(), collected.is_empty()), (1, false));
    assert!((&collected).into_iter().eq(&[0]));
    assert!(collected.into_iter().eq([0]));
    assert!(list.collect_up_to(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn try_next_returns_items_then_none_and_errors_as_they_come() {
    let rows = [Row::Item, Row::Undecodable, Row::Item];
    let (_, list) =
        Server::new(move |_, size, token| Ok(page_of(&rows, false, size, token))).list();
    let mut items = list.clone().items();
    assert_eq!(items.try_next().await.unwrap(), Some(0));
    assert_eq!(
        items.try_next().await.unwrap_err().kind(),
        ErrorKind::Decode
    );
    assert_eq!(items.try_next().await.unwrap(), Some(2));
    assert_eq!(items.try_next().await.unwrap(), None);

    let mut pages = list.pages();
    assert_eq!(
        pages.try_next().await.unwrap().map(|page| page.len()),
        Some(2)
    );
    assert!(pages.try_next().await.unwrap().is_none());
}
