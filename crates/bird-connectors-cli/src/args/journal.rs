//! Where a journal is: the value of `--journal`.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};

/// Where a journal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JournalLocation {
    File(PathBuf),
    /// The database whose URL is in this environment variable.
    Variable(String),
    /// The URL of a database itself, which must not be an argument. It is not kept.
    Url,
}

impl JournalLocation {
    fn parse(argument: OsString) -> Self {
        match argument.to_str() {
            Some(text) if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                Self::Url
            }
            Some(text) => match text.strip_prefix("env:") {
                Some(name) => Self::Variable(name.to_owned()),
                None => Self::File(argument.into()),
            },
            None => Self::File(argument.into()),
        }
    }
}

impl JournalLocation {
    /// Whether it is a file that does not exist.
    pub(crate) fn is_missing_file(&self) -> bool {
        matches!(self, Self::File(path) if !path.exists())
    }
}

/// For messages.
impl fmt::Display for JournalLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Variable(name) => write!(f, "the database of the environment variable {name}"),
            Self::Url => f.write_str("a database"),
        }
    }
}

/// The parser of `--journal`. It accepts every argument, because clap repeats in its errors what it refuses.
pub(crate) fn parser() -> impl TypedValueParser<Value = JournalLocation> {
    OsStringValueParser::new().map(JournalLocation::parse)
}
