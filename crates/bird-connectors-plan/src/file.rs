//! Files of channels: reads and checks them, without a network.

mod check;
mod excerpt;
pub(crate) mod format;
mod problem;
mod source;
mod tree;

use std::path::Path;

pub use problem::{FileErrors, FileProblem};
pub use source::SourceFile;

use crate::desired::DesiredState;

/// The JSON Schema of the files, draft 7, for editors and other tools.
pub const SCHEMA: &str = include_str!("../schema.json");

impl DesiredState {
    /// Parses and checks files, without a network. All files together describe the desired state.
    ///
    /// Secrets are not read: their references are checked.
    ///
    /// ```
    /// use bird_connectors_plan::{DesiredState, SourceFile};
    ///
    /// let file = SourceFile::new("channels.yaml", "
    /// version: 1
    /// project: acme
    /// workspaces:
    ///   - id: 2d7a1e03-25e4-401e-bf1e-0ace545673d7
    ///     connectors:
    ///       - { name: Support bot, template: telgram }
    /// ");
    /// let errors = DesiredState::parse(&[file]).unwrap_err();
    /// assert!(errors.to_string().starts_with("channels.yaml:7:40: unknown template: did you mean `telegram`?"));
    /// ```
    ///
    /// # Errors
    /// All problems that were found, each with its file, line, column and an excerpt. Neither messages nor excerpts contain
    /// secrets, even if a file does.
    pub fn parse(files: &[SourceFile]) -> Result<Self, FileErrors> {
        check::check(files)
    }

    /// Reads, parses and checks files: [`SourceFile::read_all`] and [`parse`](Self::parse).
    ///
    /// # Errors
    /// Those of both.
    pub fn read<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, FileErrors> {
        Self::parse(&SourceFile::read_all(paths)?)
    }
}

#[cfg(test)]
mod tests;
