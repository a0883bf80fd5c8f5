//! The settings that all templates share, and the free arguments of templates that the API does not document.

use std::collections::BTreeMap;
use std::fmt;

use bird_connectors_api::SentSecret;
use serde_json::{Map, Value};

/// The settings that every template has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CommonSettings {
    pub(super) name: String,
    pub(super) conversational: Option<bool>,
    pub(super) invitation_token: Option<SentSecret>,
}

impl CommonSettings {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            conversational: None,
            invitation_token: None,
        }
    }
}

/// Arguments whose keys the API does not document. They are sent exactly as the caller passes them.
#[derive(Clone, Default, PartialEq)]
pub(super) struct FreeArguments {
    pub(super) arguments: Map<String, Value>,
    pub(super) secrets: BTreeMap<String, BTreeMap<String, SentSecret>>,
}

impl fmt::Debug for FreeArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreeArguments")
            .field("arguments", &KeysOnly(&self.arguments))
            .field("secrets", &self.secrets)
            .finish()
    }
}

/// Shows the keys of arguments and no value, because a value that the API does not document can be a secret.
pub(super) struct KeysOnly<'a>(pub(super) &'a Map<String, Value>);

impl fmt::Debug for KeysOnly<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.0.keys().map(|key| (key, format_args!("…")));
        f.debug_map().entries(keys).finish()
    }
}

/// The methods of [`CommonSettings`], for a template with a field `common`.
macro_rules! common_settings {
    () => {
        /// Sets whether inbound messages open conversations in the Inbox. Default: the API decides.
        #[must_use]
        pub fn conversational(mut self, enabled: bool) -> Self {
            self.common.conversational = Some(enabled);
            self
        }

        /// Sets the invitation token of a template that is not generally available. Secret.
        #[must_use]
        pub fn invitation_token(
            mut self,
            token: impl Into<::bird_connectors_api::SentSecret>,
        ) -> Self {
            self.common.invitation_token = Some(token.into());
            self
        }
    };
}

/// The methods of [`FreeArguments`], for a template with a field `free`.
macro_rules! free_arguments {
    () => {
        /// Adds one argument. It replaces an earlier one with this key.
        #[must_use]
        pub fn argument(
            mut self,
            key: impl Into<String>,
            value: impl Into<::serde_json::Value>,
        ) -> Self {
            self.free.arguments.insert(key.into(), value.into());
            self
        }

        /// Adds several arguments. They replace earlier ones with these keys.
        #[must_use]
        pub fn arguments(
            mut self,
            arguments: impl IntoIterator<Item = (String, ::serde_json::Value)>,
        ) -> Self {
            self.free.arguments.extend(arguments);
            self
        }

        /// Adds one secret argument to a security scheme, such as `oauth`. Secret.
        #[must_use]
        pub fn security_argument(
            mut self,
            scheme: impl Into<String>,
            key: impl Into<String>,
            value: impl Into<::bird_connectors_api::SentSecret>,
        ) -> Self {
            self.free
                .secrets
                .entry(scheme.into())
                .or_default()
                .insert(key.into(), value.into());
            self
        }
    };
}

pub(super) use {common_settings, free_arguments};
