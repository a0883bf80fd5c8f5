//! Checking a template: everything that is wrong with it is told at once.

use std::collections::BTreeMap;
use std::fmt::Display;

use bird_connectors_api::SentSecret;
use serde_json::{Map, Value};

use super::template::{Common, Free, Template};
use crate::error::Error;

/// Gathers what is wrong with a template, so that all of it is told at once.
pub(super) struct Draft {
    template: Template,
    problems: Vec<String>,
}

impl Draft {
    pub(super) fn new(reference: impl Into<String>, common: Common) -> Self {
        let mut draft = Self {
            template: Template {
                reference: reference.into(),
                name: common.name,
                arguments: Map::new(),
                secrets: BTreeMap::new(),
                conversational: common.conversational,
                invitation_token: common.invitation_token,
            },
            problems: Vec::new(),
        };
        draft.check(!draft.template.name.trim().is_empty(), "the name is empty");
        draft
    }

    /// Arguments whose keys nobody documents: as the caller gives them.
    pub(super) fn free(reference: impl Into<String>, common: Common, free: Free) -> Self {
        let mut draft = Self::new(reference, common);
        draft.template.arguments = free.arguments;
        draft.template.secrets = free.secrets;
        draft
    }

    pub(super) fn check(&mut self, good: bool, problem: impl Display) {
        if !good {
            self.problems.push(problem.to_string());
        }
    }

    pub(super) fn argument(&mut self, key: &str, value: impl Into<Value>) {
        self.template.arguments.insert(key.to_owned(), value.into());
    }

    pub(super) fn required(&mut self, key: &str, value: Option<String>, why: &str) {
        match value {
            Some(value) if !value.trim().is_empty() => self.argument(key, value),
            Some(_) => self.check(false, format_args!("`{key}` is empty")),
            None => self.check(false, format_args!("`{key}` is missing: {why}")),
        }
    }

    pub(super) fn secret(&mut self, scheme: &str, key: &str, value: SentSecret) {
        self.template
            .secrets
            .entry(scheme.to_owned())
            .or_default()
            .insert(key.to_owned(), value);
    }

    pub(super) fn finish(self) -> Result<Template, Error> {
        if self.problems.is_empty() {
            return Ok(self.template);
        }
        let message = format!(
            "the template `{}` cannot be installed like this: {}",
            self.template.reference,
            self.problems.join("; ")
        );
        Err(Error::invalid_input("create a connector", message))
    }
}

/// `slug:version`, where neither is empty and there is no second colon.
pub(super) fn is_reference(text: &str) -> bool {
    let printable = |part: &str| {
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    text.split_once(':').is_some_and(|(slug, version)| {
        printable(slug) && printable(version) && !version.contains(':')
    })
}

pub(super) fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}
