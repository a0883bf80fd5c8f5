//! Strict parsing of a query string: an unknown, repeated or malformed parameter is an error, and all errors are reported.

use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::id::parse_uuid;

#[cfg(test)]
mod tests;

/// The parameters of one request. A handler takes the parameters that it knows; [`Query::finish`] rejects all others.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    errors: Vec<String>,
}

impl Query {
    pub(crate) fn parse(raw: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(raw.unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
        Self {
            pairs,
            errors: Vec::new(),
        }
    }

    /// Takes all values of a parameter that can be repeated.
    pub(crate) fn strings(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.pairs)
            .into_iter()
            .partition(|(key, _)| key == name);
        self.pairs = rest;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// Takes a parameter that occurs at most once.
    pub(crate) fn string(&mut self, name: &str) -> Option<String> {
        let mut values = self.strings(name);
        if values.len() > 1 {
            self.add_error(format!(
                "{name} occurs {} times; it must occur at most once",
                values.len()
            ));
        }
        values.pop()
    }

    /// Takes a boolean that defaults to false.
    pub(crate) fn boolean(&mut self, name: &str) -> bool {
        match self.string(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                self.add_error(format!("{name} must be true or false, not \"{other}\""));
                false
            }
        }
    }

    /// Takes all values of a parameter whose values are UUIDs.
    pub(crate) fn uuids(&mut self, name: &str) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for value in self.strings(name) {
            match parse_uuid(&value) {
                Some(id) => ids.push(id),
                None => self.add_error(format!("{name} must be a UUID, not \"{value}\"")),
            }
        }
        ids
    }

    pub(crate) fn add_error(&mut self, message: String) {
        self.errors.push(message);
    }

    /// Ends the parsing. Parameters that were not taken are unknown.
    pub(crate) fn finish(mut self) -> Result<(), ApiError> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            self.add_error(format!("unknown query parameter \"{name}\""));
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid_parameters(&self.errors))
        }
    }
}
