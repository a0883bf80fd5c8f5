//! Pages of a list: `limit`, `pageToken`, `reverse`, and both kinds of page token.
//!
//! A token is opaque and bound to its list: a list with other filters or another direction rejects it. Tokens contain `+`, `/`
//! and `=` on purpose, which a client has to percent-encode.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::query::Query;
use crate::scenario::behavior::{Behavior, LastPage, PageFill, PageTokens};

#[cfg(test)]
mod tests;

/// The documented maximum length of a page token, in characters.
const MAX_TOKEN_LENGTH: usize = 8000;

/// The number of items per page.
#[derive(Clone, Copy)]
pub(crate) struct PageSize {
    pub(crate) default: usize,
    pub(crate) max: usize,
    /// Whether a limit above the maximum is treated as the maximum. Otherwise it is an error.
    pub(crate) clamp: bool,
}

impl PageSize {
    pub(crate) const fn new(default: usize, max: usize) -> Self {
        Self {
            default,
            max,
            clamp: false,
        }
    }
}

/// The paging parameters of a request.
pub(crate) struct PageRequest {
    limit: usize,
    token: Option<String>,
    reverse: bool,
}

/// An item of a list.
pub(crate) struct ListItem<T> {
    /// The position in the list. It never changes, and later items have larger values.
    pub(crate) order: u64,
    /// Whether the filters accept it.
    pub(crate) matches: bool,
    pub(crate) item: T,
}

impl PageRequest {
    pub(crate) fn read(query: &mut Query, size: PageSize) -> Self {
        let limit = match query
            .string("limit")
            .map(|limit| (limit.parse::<usize>(), limit))
        {
            None => size.default,
            Some((Ok(limit), _)) if (1..=size.max).contains(&limit) => limit,
            Some((Ok(limit), _)) if limit > size.max && size.clamp => size.max,
            Some((_, other)) => {
                query.add_error(format!(
                    "limit must be a number from 1 to {}, not \"{other}\"",
                    size.max
                ));
                size.default
            }
        };
        let token = query.string("pageToken").filter(|token| !token.is_empty());
        if token
            .as_ref()
            .is_some_and(|token| token.chars().count() > MAX_TOKEN_LENGTH)
        {
            query.add_error(format!(
                "pageToken is longer than {MAX_TOKEN_LENGTH} characters"
            ));
        }
        Self {
            limit,
            token,
            reverse: query.boolean("reverse"),
        }
    }

    /// Cuts the page out of the whole list. `list` identifies the list: its name, workspace and filters.
    pub(crate) fn cut<T>(
        self,
        items: Vec<ListItem<T>>,
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
                        "pageToken does not belong to this list".to_owned(),
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

/// A page of a list.
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
    /// After the item with this order.
    After(u64),
    /// After this many items.
    Offset(u64),
}

fn encode(position: &Position, binding: &str) -> String {
    let (kind, number) = match position {
        Position::After(order) => ('c', order),
        Position::Offset(offset) => ('o', offset),
    };
    format!(
        "+/{}==",
        STANDARD_NO_PAD.encode(format!("{kind}{binding}{number}"))
    )
}

fn decode(token: &str, binding: &str) -> Option<Position> {
    let inner = token.strip_prefix("+/")?.strip_suffix("==")?;
    let decoded = String::from_utf8(STANDARD_NO_PAD.decode(inner).ok()?).ok()?;
    let number = |rest: &str| rest.strip_prefix(binding)?.parse().ok();
    if let Some(rest) = decoded.strip_prefix('c') {
        return number(rest).map(Position::After);
    }
    decoded
        .strip_prefix('o')
        .and_then(number)
        .map(Position::Offset)
}
