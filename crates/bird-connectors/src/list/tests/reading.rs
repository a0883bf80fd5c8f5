//! Whatever the list, the errors and the way of reading: every item once, and in order.

use std::collections::HashSet;

use futures_core::FusedStream;
use proptest::prelude::*;

use super::*;

/// What was delivered: the number of a row, and whether it could be read.
type Seen = (u32, bool);

/// One sitting of a reader who comes back.
#[derive(Clone, Debug)]
struct Sitting {
    way: Way,
    limit: Option<u64>,
    /// How the checkpoint gets to the next sitting.
    travel: Travel,
}

#[derive(Clone, Debug)]
enum Way {
    /// Items, until so many were seen.
    Items(usize),
    /// Pages, until so many were seen.
    Pages(usize),
    Collect(u64),
    FirstPage,
}

#[derive(Clone, Debug)]
enum Travel {
    Text,
    Json,
}

impl Travel {
    fn carry(&self, checkpoint: Checkpoint) -> Checkpoint {
        let arrived = match self {
            Self::Text => checkpoint.to_string().parse().unwrap(),
            Self::Json => {
                serde_json::from_str(&serde_json::to_string(&checkpoint).unwrap()).unwrap()
            }
        };
        assert_eq!(arrived, checkpoint);
        arrived
    }
}

fn sitting() -> impl Strategy<Value = Sitting> {
    let way = prop_oneof![
        3 => (0usize..30).prop_map(Way::Items),
        2 => (0usize..5).prop_map(Way::Pages),
        1 => (0u64..30).prop_map(Way::Collect),
        1 => Just(Way::FirstPage),
    ];
    (way, prop::option::of(0u64..40), any::<bool>()).prop_map(|(way, limit, text)| Sitting {
        way,
        limit,
        travel: if text { Travel::Text } else { Travel::Json },
    })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = prop_oneof![5 => Just(Row::Item), 1 => Just(Row::Broken), 3 => Just(Row::Hidden)];
    prop::collection::vec(row, 0..60)
}

/// What came of a sitting: what was seen, and where to go on.
async fn sit(list: List<u32>, way: &Way) -> (Vec<Seen>, Option<Checkpoint>) {
    match *way {
        Way::Items(stop) => read_items(list.items(), stop).await,
        Way::Pages(stop) => read_pages(list.pages(), stop).await,
        Way::Collect(most) => match list.collect_up_to(most).await {
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
        Way::FirstPage => match list.first_page().await {
            Ok(page) => (in_order(page.items, page.undecodable), page.checkpoint),
            Err(error) => (Vec::new(), Some(error.checkpoint().unwrap().clone())),
        },
    }
}

async fn read_items(mut items: Items<u32>, stop: usize) -> (Vec<Seen>, Option<Checkpoint>) {
    let mut seen = Vec::new();
    while seen.len() < stop {
        match items.next().await {
            Some(Ok(item)) => seen.push((item, true)),
            Some(Err(error)) => {
                assert_eq!(error.checkpoint().cloned(), items.checkpoint());
                if error.kind() == ErrorKind::Decode {
                    seen.push((error.raw().unwrap().parse().unwrap(), false));
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
    (seen, items.checkpoint())
}

async fn read_pages(mut pages: Pages<u32>, stop: usize) -> (Vec<Seen>, Option<Checkpoint>) {
    let mut seen = Vec::new();
    for _ in 0..stop {
        match pages.next().await {
            Some(Ok(page)) => {
                assert_eq!(page.checkpoint, pages.checkpoint());
                seen.extend(in_order(page.items, page.undecodable));
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
    (seen, pages.checkpoint())
}

/// Nothing comes behind an end, and the stream knows.
async fn assert_fused<S: FusedStream + Unpin>(stream: &mut S) {
    for _ in 0..2 {
        assert!(stream.is_terminated());
        assert!(stream.next().await.is_none());
    }
}

/// A page tells items and broken ones apart; the numbers say how they were mixed.
fn in_order(items: Vec<u32>, undecodable: Vec<UndecodableItem>) -> Vec<Seen> {
    assert!(items.is_sorted());
    let items = items.into_iter().map(|item| (item, true));
    let broken = undecodable
        .into_iter()
        .map(|entry| (entry.raw.parse().unwrap(), false));
    let mut seen: Vec<Seen> = items.chain(broken).collect();
    seen.sort_unstable();
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_item_comes_once_and_in_order(
        rows in rows(),
        trailing: bool,
        page_size in prop::option::of(1u32..15),
        failures in prop::collection::vec(any::<bool>(), 0..12),
        sittings in prop::collection::vec(sitting(), 0..10),
    ) {
        let expected: Vec<Seen> = (0..).zip(&rows)
            .filter(|(_, row)| **row != Row::Hidden)
            .map(|(number, row)| (number, *row == Row::Item))
            .collect();
        let most_pages = rows.len() + 1;
        let failing = failures.iter().filter(|fails| **fails).count();
        let most_sittings = sittings.len() + failing + 1;
        let server = Server::new(move |nth, size, token| {
            if failures.get(nth) == Some(&true) {
                return Err(server_error());
            }
            Ok(page_of(&rows, trailing, size, token))
        });
        let (server, mut list) = server.list();
        list.page_size = page_size;

        let rest = std::iter::repeat(Sitting { way: Way::Items(usize::MAX), limit: None, travel: Travel::Text });
        let mut seen = Vec::new();
        let mut requests = 0;
        let mut finished = false;
        for sitting in sittings.into_iter().chain(rest).take(most_sittings) {
            let mut now = list.clone();
            now.limit = sitting.limit;
            let (new, checkpoint) = runtime().block_on(sit(now, &sitting.way));

            let most = sitting.limit.unwrap_or(u64::MAX);
            prop_assert!(new.len() as u64 <= most);
            seen.extend(new);
            prop_assert!(expected.starts_with(&seen), "{:?} is no beginning of {:?}", seen, expected);

            let asked = server.asked().split_off(requests);
            requests += asked.len();
            let different: HashSet<_> = asked.iter().map(|asked| &asked.token).collect();
            prop_assert_eq!(different.len(), asked.len(), "a page was asked for twice");
            prop_assert!(asked.len() <= most_pages);

            match checkpoint {
                Some(checkpoint) => {
                    list = List { page_size: None, ..list }.resume_from(sitting.travel.carry(checkpoint));
                }
                None => {
                    finished = true;
                    break;
                }
            }
        }
        prop_assert!(finished);
        prop_assert_eq!(seen, expected);
        prop_assert!(server.sizes().windows(2).all(|sizes| sizes[0] == sizes[1]), "the page size changed on the way");
    }
}

#[tokio::test]
async fn a_request_error_is_yielded_once_and_carries_the_place_to_go_on() {
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
async fn an_item_that_cannot_be_read_costs_itself_alone() {
    let rows = [Row::Item, Row::Broken, Row::Item];
    let (server, list) =
        Server::new(move |_, size, token| Ok(page_of(&rows, false, size, token))).list();

    let mut items = list.clone().items();
    assert_eq!(items.next().await.unwrap().unwrap(), 0);
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.raw()), (ErrorKind::Decode, Some("1")));
    assert_eq!(
        error.to_string(),
        "list connectors: item 1 of a page cannot be decoded: scripted"
    );
    let behind = error.checkpoint().unwrap().clone();
    assert_eq!(items.next().await.unwrap().unwrap(), 2);
    assert!(items.next().await.is_none());
    assert_eq!(server.requests(), 1);

    let rest = list.resume_from(behind).collect_up_to(100).await.unwrap();
    assert_eq!((rest.items, rest.undecodable), (vec![2], vec![]));
}

#[tokio::test]
async fn collecting_keeps_what_it_has_when_a_request_fails() {
    let server = Server::new(|nth, size, token| match nth {
        2 => Err(server_error()),
        _ => Ok(page_of(&[Row::Item; 25], false, size, token)),
    });
    let (_, list) = server.list();
    let partial = list.clone().collect_up_to(100).await.unwrap_err();
    assert_eq!(partial.collected.items, (0..20).collect::<Vec<_>>());
    assert_eq!(
        partial.to_string(),
        "list: scripted (after 20 items, which are kept)"
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
async fn a_page_that_shrank_meanwhile_costs_nothing_behind_it() {
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
