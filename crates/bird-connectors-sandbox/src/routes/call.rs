//! A call as its handler sees it: authenticated, within the rate limits, and with its body parsed.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::id::parse_uuid;
use crate::api::operation::Operation;
use crate::api::query::Query;
use crate::api::response::Response;

pub(crate) type HandlerResult = Result<Response, ApiError>;

pub(crate) struct Call {
    pub(crate) operation: Operation,
    /// The secret of the access key.
    pub(crate) key: String,
    pub(crate) workspace: Uuid,
    pub(crate) path: PathParams,
    pub(crate) query: Query,
    /// Null if the method has no body.
    pub(crate) body: Value,
    /// How long the result of a create stays invisible, if a fault makes the commit slow.
    pub(crate) commit_after: Option<Duration>,
    pub(crate) now: Duration,
}

/// The parameters in the path of a request.
#[derive(Default)]
pub(crate) struct PathParams(Vec<(String, String)>);

impl PathParams {
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Parses an id.
    pub(crate) fn id(&self, name: &str) -> Result<Uuid, ApiError> {
        let value = self
            .0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value);
        parse_uuid(value).ok_or_else(|| {
            ApiError::invalid_parameters(&[format!("{name} must be a UUID, not \"{value}\"")])
        })
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for PathParams {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(params: I) -> Self {
        let params = params.into_iter();
        Self(
            params
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}
