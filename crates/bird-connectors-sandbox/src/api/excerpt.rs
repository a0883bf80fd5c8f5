//! The part of a name that an error shows.

use std::fmt;

/// The maximum number of characters.
const MAX: usize = 64;

/// The first characters of a name that is not known, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt(String);

impl Excerpt {
    pub(crate) fn of(name: &str) -> Self {
        let mut shown = String::new();
        for letter in name.chars().take(MAX) {
            shown.extend(letter.escape_debug());
        }
        if name.chars().nth(MAX).is_some() {
            shown.push('…');
        }
        Self(shown)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
