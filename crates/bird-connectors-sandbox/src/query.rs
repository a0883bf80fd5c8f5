//! Reading a query strictly: an unknown, repeated or malformed parameter is an error, and every error is told.

use uuid::Uuid;

use crate::error::ApiError;

/// The parameters of one request, taken out one by one; [`Query::finish`] refuses what is left.
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

    /// A parameter that can be repeated.
    pub(crate) fn all(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.pairs)
            .into_iter()
            .partition(|(key, _)| key == name);
        self.pairs = rest;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// A parameter that comes at most once.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.all(name);
        if values.len() > 1 {
            self.error(format!(
                "{name} is given {} times; once is allowed",
                values.len()
            ));
        }
        values.pop()
    }

    pub(crate) fn boolean(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                self.error(format!("{name} must be true or false, not \"{other}\""));
                false
            }
        }
    }

    pub(crate) fn uuids(&mut self, name: &str) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for value in self.all(name) {
            match parse_uuid(&value) {
                Some(id) => ids.push(id),
                None => self.error(format!("{name} must be a UUID, not \"{value}\"")),
            }
        }
        ids
    }

    pub(crate) fn error(&mut self, message: String) {
        self.errors.push(message);
    }

    pub(crate) fn finish(mut self) -> Result<(), ApiError> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            self.error(format!("there is no query parameter \"{name}\" here"));
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid_parameters(&self.errors))
        }
    }
}

/// A UUID in its usual form with hyphens, of any version.
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    if text.len() != 36 {
        return None;
    }
    Uuid::try_parse(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_for_is_refused() {
        let mut query = Query::parse(Some("limit=1&pagetoken=x"));
        assert_eq!(query.text("limit").as_deref(), Some("1"));
        assert!(query.finish().is_err());
    }

    #[test]
    fn one_value_is_not_two() {
        let mut query = Query::parse(Some("a=1&a=2&b=3&b=4"));
        assert_eq!(query.all("b"), ["3", "4"]);
        query.text("a");
        assert!(query.finish().is_err());
    }

    #[test]
    fn text_is_percent_decoded() {
        assert_eq!(
            Query::parse(Some("t=a%2Bb%3D+c")).text("t").as_deref(),
            Some("a+b= c")
        );
    }

    #[test]
    fn only_the_usual_form_is_a_uuid() {
        assert!(parse_uuid("8362fa40-9ff1-5430-a3ab-79ecc61b96b1").is_some());
        assert!(
            parse_uuid("8362fa40-9ff1-e430-a3ab-79ecc61b96b1").is_some(),
            "any version"
        );
        assert!(parse_uuid("8362fa409ff15430a3ab79ecc61b96b1").is_none());
        assert!(parse_uuid("{8362fa40-9ff1-5430-a3ab-79ecc61b96b1}").is_none());
    }
}
