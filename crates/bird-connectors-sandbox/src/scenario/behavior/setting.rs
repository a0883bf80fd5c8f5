//! A field of [`Behavior`](super::Behavior) as data: its names, its variants and its current value.

use crate::api::naming::{camel_case, kebab_case};

#[cfg(test)]
mod tests;

/// A fact that the documentation leaves open, and which of its variants applies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BehaviorSetting {
    /// The name of the field, such as `page_tokens`.
    pub(crate) field: &'static str,
    /// The name of the enum, such as `PageTokens`.
    pub(crate) kind: &'static str,
    #[cfg(feature = "ui")]
    pub(super) description: &'static str,
    #[cfg(feature = "ui")]
    pub(super) fact: &'static str,
    pub(super) variants: &'static [(&'static str, &'static str)],
    /// The index of the current variant. The default is 0.
    pub(crate) current: usize,
}

impl BehaviorSetting {
    /// The name in JSON, such as `pageTokens`.
    pub(crate) fn name(&self) -> String {
        camel_case(self.field)
    }

    /// The option of the command for the current variant, such as `--page-tokens=offset`.
    #[cfg(feature = "ui")]
    pub(crate) fn option(&self) -> String {
        format!("--{}={}", self.field.replace('_', "-"), self.value())
    }

    /// What the setting decides.
    #[cfg(feature = "ui")]
    pub(crate) fn description(&self) -> &'static str {
        self.description.trim()
    }

    /// What the documentation of the API says, and what it leaves open.
    #[cfg(feature = "ui")]
    pub(crate) fn fact(&self) -> &'static str {
        self.fact.trim()
    }

    /// The name of the current variant in Rust, such as `Cursor`.
    pub(crate) fn variant(&self) -> &'static str {
        self.variants.get(self.current).map_or("", |(name, _)| name)
    }

    /// The name of the current variant in JSON, which is also its name on the command line, such as `cursor`.
    pub(crate) fn value(&self) -> String {
        kebab_case(self.variant())
    }

    /// The name in JSON and the description of every variant.
    pub(crate) fn values(&self) -> impl Iterator<Item = (String, &'static str)> {
        let variants = self.variants.iter();
        variants.map(|(name, description)| (kebab_case(name), description.trim()))
    }
}
