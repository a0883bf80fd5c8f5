//! Pages of a list: `limit`, `pageToken`, `reverse`, and the token's two kinds.
//!
//! A token is opaque and bound to its list: another list, another filter or another direction refuses it. On purpose it
//! carries `+`, `/` and `=`, which a client has to percent-encode.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::behavior::{Behavior, LastPage, PageFill, PageTokens};
use crate::error::ApiError;
use crate::query::Query;

/// The longest page token the documents allow.
const TOKEN_LENGTH: usize = 8000;

/// How many items a page has.
#[derive(Clone, Copy)]
pub(crate) struct PageSize {
    pub(crate) default: usize,
    pub(crate) max: usize,
    /// Whether more than the maximum is taken for the maximum; otherwise it is refused.
    pub(crate) clamped: bool,
}

impl PageSize {
    pub(crate) const fn new(default: usize, max: usize) -> Self {
        Self {
            default,
            max,
            clamped: false,
        }
    }
}

/// What a request asks of a list.
pub(crate) struct PageRequest {
    limit: usize,
    token: Option<String>,
    reverse: bool,
}

/// An item in its place: `order` rises along the list and never changes.
pub(crate) struct Listed<T> {
    pub(crate) order: u64,
    /// Whether the filters let it through.
    pub(crate) matches: bool,
    pub(crate) item: T,
}

impl PageRequest {
    pub(crate) fn read(query: &mut Query, size: PageSize) -> Self {
        let limit = match query
            .text("limit")
            .map(|text| (text.parse::<usize>(), text))
        {
            None => size.default,
            Some((Ok(limit), _)) if (1..=size.max).contains(&limit) => limit,
            Some((Ok(limit), _)) if limit > size.max && size.clamped => size.max,
            Some((_, text)) => {
                query.error(format!(
                    "limit must be a number from 1 to {}, not \"{text}\"",
                    size.max
                ));
                size.default
            }
        };
        let token = query.text("pageToken").filter(|token| !token.is_empty());
        if token
            .as_ref()
            .is_some_and(|token| token.chars().count() > TOKEN_LENGTH)
        {
            query.error(format!(
                "pageToken is longer than {TOKEN_LENGTH} characters"
            ));
        }
        Self {
            limit,
            token,
            reverse: query.boolean("reverse"),
        }
    }

    /// Cuts the page out of a whole list. `list` says which list it is: its name, workspace and filters.
    pub(crate) fn cut<T>(
        self,
        items: Vec<Listed<T>>,
        list: &str,
        behavior: &Behavior,
    ) -> Result<Page<T>, ApiError> {
        let binding = Uuid::new_v5(
            &Uuid::NAMESPACE_OID,
            format!("{list} {}", self.reverse).as_bytes(),
        )
        .simple()
        .to_string();
        let mut items = items;
        if self.reverse {
            items.reverse();
        }
        if behavior.page_fill == PageFill::Full {
            items.retain(|item| item.matches);
        }
        let start = match &self.token {
            None => 0,
            Some(token) => match decode(token, &binding) {
                Some(Position::Offset(offset)) => usize::try_from(offset).unwrap_or(usize::MAX),
                Some(Position::After(order)) => items
                    .iter()
                    .position(|item| {
                        if self.reverse {
                            item.order < order
                        } else {
                            item.order > order
                        }
                    })
                    .unwrap_or(items.len()),
                None => {
                    return Err(ApiError::invalid_parameters(&[
                        "pageToken is not one of this list's".to_owned(),
                    ]));
                }
            },
        };
        let mut rest = items.into_iter().skip(start);
        let page: Vec<_> = rest.by_ref().take(self.limit).collect();
        let next = match (rest.next(), page.last()) {
            (Some(_), Some(last)) => Some(match behavior.page_tokens {
                PageTokens::Cursor => encode(&Position::After(last.order), &binding),
                PageTokens::Offset => {
                    encode(&Position::Offset((start + page.len()) as u64), &binding)
                }
            }),
            _ => None,
        };
        Ok(Page {
            items: page
                .into_iter()
                .filter(|item| item.matches)
                .map(|item| item.item)
                .collect(),
            next,
        })
    }
}

/// One page.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    next: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn into_json(self, behavior: &Behavior, item: impl FnMut(T) -> Value) -> Value {
        let mut body = Map::new();
        body.insert(
            "results".to_owned(),
            self.items.into_iter().map(item).collect(),
        );
        let token = match (self.next, behavior.last_page) {
            (Some(token), _) => Some(json!(token)),
            (None, LastPage::Absent) => None,
            (None, LastPage::Null) => Some(Value::Null),
            (None, LastPage::Empty) => Some(json!("")),
        };
        if let Some(token) = token {
            body.insert("nextPageToken".to_owned(), token);
        }
        Value::Object(body)
    }
}

enum Position {
    After(u64),
    Offset(u64),
}

fn encode(position: &Position, binding: &str) -> String {
    let (kind, place) = match position {
        Position::After(order) => ('c', order),
        Position::Offset(offset) => ('o', offset),
    };
    format!(
        "+/{}==",
        STANDARD_NO_PAD.encode(format!("{kind}{binding}{place}"))
    )
}

fn decode(token: &str, binding: &str) -> Option<Position> {
    let inner = token.strip_prefix("+/")?.strip_suffix("==")?;
    let text = String::from_utf8(STANDARD_NO_PAD.decode(inner).ok()?).ok()?;
    let place = |rest: &str| rest.strip_prefix(binding)?.parse().ok();
    if let Some(rest) = text.strip_prefix('c') {
        return place(rest).map(Position::After);
    }
    text.strip_prefix('o').and_then(place).map(Position::Offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(limit: usize, token: Option<String>, reverse: bool) -> PageRequest {
        PageRequest {
            limit,
            token,
            reverse,
        }
    }

    /// A list with gaps in its order, as it has after deletions; each item says whether the filter lets it through.
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

    fn listed(list: &[(u64, bool)]) -> Vec<Listed<u64>> {
        list.iter()
            .map(|(order, matches)| Listed {
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
        fn every_item_comes_once_and_in_order(list in list(), limits in prop::collection::vec(1_usize..12, 1..5), reverse: bool, behavior in behavior()) {
            let mut seen = Vec::new();
            let mut token = None;
            let mut pages = 0;
            loop {
                let limit = limits[pages % limits.len()];
                let page = request(limit, token, reverse).cut(listed(&list), "list", &behavior).unwrap();
                prop_assert!(page.items.len() <= limit);
                prop_assert!(behavior.page_fill == PageFill::Sparse || page.next.is_none() || page.items.len() == limit);
                seen.extend(page.items);
                pages += 1;
                token = page.next;
                if token.is_none() {
                    break;
                }
                prop_assert!(pages <= list.len(), "no endless list");
            }
            let mut expected: Vec<_> = list.iter().filter(|(_, matches)| *matches).map(|(order, _)| *order).collect();
            if reverse {
                expected.reverse();
            }
            prop_assert_eq!(seen, expected);
        }

        #[test]
        fn any_other_text_is_no_token(text in "\\PC{0,60}", reverse: bool) {
            let page = request(1, Some(text), reverse).cut(listed(&[(1, true)]), "list", &Behavior::default());
            prop_assert!(page.is_err());
        }

        #[test]
        fn a_token_serves_its_own_list_and_direction_only(list in prop::sample::select(vec!["a", "b"]), reverse: bool, behavior in behavior()) {
            let items = || listed(&[(1, true), (2, true), (3, true)]);
            let token = request(1, None, false).cut(items(), "a", &behavior).unwrap().next;
            let page = request(1, token, reverse).cut(items(), list, &behavior);
            prop_assert_eq!(page.is_ok(), list == "a" && !reverse);
        }
    }

    #[test]
    fn a_token_is_awkward_and_short_enough() {
        for position in [Position::After(u64::MAX), Position::Offset(u64::MAX)] {
            let token = encode(&position, &Uuid::max().simple().to_string());
            assert!(
                token.contains('+')
                    && token.contains('/')
                    && token.contains('=')
                    && token.len() < TOKEN_LENGTH
            );
        }
    }
}
