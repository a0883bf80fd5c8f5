use proptest::prelude::*;
use uuid::Uuid;

use super::{ListItem, MAX_TOKEN_LENGTH, PageRequest, Position, encode};
use crate::scenario::behavior::{Behavior, PageFill, PageTokens};

fn request(limit: usize, token: Option<String>, reverse: bool) -> PageRequest {
    PageRequest {
        limit,
        token,
        reverse,
    }
}

/// Pairs of order and whether the filters accept the item. The order has gaps, as after deletions.
fn list() -> impl Strategy<Value = Vec<(u64, bool)>> {
    prop::collection::vec((1_u64..5, any::<bool>()), 0..60).prop_map(|items| {
        let mut order = 0;
        let placed = items.into_iter().map(|(gap, matches)| {
            order += gap;
            (order, matches)
        });
        placed.collect()
    })
}

fn listed(list: &[(u64, bool)]) -> Vec<ListItem<u64>> {
    list.iter()
        .map(|(order, matches)| ListItem {
            order: *order,
            matches: *matches,
            item: *order,
        })
        .collect()
}

fn behavior() -> impl Strategy<Value = Behavior> {
    let tokens = prop::sample::select(PageTokens::ALL.to_vec());
    let fill = prop::sample::select(PageFill::ALL.to_vec());
    (tokens, fill).prop_map(|(page_tokens, page_fill)| Behavior {
        page_tokens,
        page_fill,
        ..Behavior::default()
    })
}

proptest! {
    #[test]
    fn cut_page_by_page_returns_every_matching_item_once_in_order(list in list(), limits in prop::collection::vec(1_usize..12, 1..5), reverse: bool, behavior in behavior()) {
        let mut returned = Vec::new();
        let mut token = None;
        let mut pages = 0;
        loop {
            let limit = limits[pages % limits.len()];
            let page = request(limit, token, reverse).cut(listed(&list), "list", &behavior).unwrap();
            prop_assert!(page.items.len() <= limit);
            prop_assert!(behavior.page_fill == PageFill::Sparse || page.next.is_none() || page.items.len() == limit);
            returned.extend(page.items);
            pages += 1;
            token = page.next;
            if token.is_none() {
                break;
            }
            prop_assert!(pages <= list.len(), "the list does not end");
        }
        let mut expected: Vec<_> = list.iter().filter(|(_, matches)| *matches).map(|(order, _)| *order).collect();
        if reverse {
            expected.reverse();
        }
        prop_assert_eq!(returned, expected);
    }

    #[test]
    fn cut_with_an_arbitrary_string_as_token_returns_an_error(string in "\\PC{0,60}", reverse: bool) {
        let page = request(1, Some(string), reverse).cut(listed(&[(1, true)]), "list", &Behavior::default());
        prop_assert!(page.is_err());
    }

    #[test]
    fn cut_accepts_a_token_only_for_its_list_and_direction(list in prop::sample::select(vec!["a", "b"]), reverse: bool, behavior in behavior()) {
        let items = || listed(&[(1, true), (2, true), (3, true)]);
        let token = request(1, None, false).cut(items(), "a", &behavior).unwrap().next;
        let page = request(1, token, reverse).cut(items(), list, &behavior);
        prop_assert_eq!(page.is_ok(), list == "a" && !reverse);
    }
}

#[test]
fn encode_produces_special_characters_within_the_maximum_length() {
    for position in [Position::After(u64::MAX), Position::Offset(u64::MAX)] {
        let token = encode(&position, &Uuid::max().simple().to_string());
        assert!(
            token.contains('+')
                && token.contains('/')
                && token.contains('=')
                && token.len() < MAX_TOKEN_LENGTH
        );
    }
}
