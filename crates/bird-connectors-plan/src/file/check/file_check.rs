//! The check of one file: its problems, and the values that every check parses.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_saphyr::{Location, MessageFormatter as _, Spanned, UserMessageFormatter};

use super::super::excerpt::{self, VisibleText};
use super::super::problem::FileProblem;
use super::super::source::SourceFile;
use super::super::tree::{self, Node};
use crate::place::Place;
use crate::secret_reference::SecretReference;

/// The check of one file.
pub(super) struct FileCheck<'a> {
    path: Arc<PathBuf>,
    text: &'a str,
    /// What excerpts may show. `None` if the file is not valid YAML.
    visible: Option<VisibleText>,
    pub(super) problems: Vec<FileProblem>,
}

impl<'a> FileCheck<'a> {
    pub(super) fn new(file: &'a SourceFile) -> Self {
        Self {
            path: Arc::new(file.path.clone()),
            text: &file.text,
            visible: None,
            problems: Vec::new(),
        }
    }

    /// The tree of the file. `None` if it is not valid YAML.
    pub(super) fn parse(&mut self) -> Option<Node> {
        match tree::parse(self.text) {
            Ok(root) => {
                self.visible = VisibleText::of(self.text, &root);
                Some(root)
            }
            Err(error) => {
                let error = error.without_snippet();
                let place = match error.location() {
                    Some(location) => self.place(location),
                    None => Place::new(&self.path, 0, 0),
                };
                let message = UserMessageFormatter.format_message(error);
                self.problem(&place, hide_values(&message));
                None
            }
        }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Where a node is, as people count.
    pub(super) fn start(&self, node: &Node) -> Location {
        tree::start(node, self.text)
    }

    /// The problems in the order of the lines.
    pub(super) fn into_problems(mut self) -> Vec<FileProblem> {
        self.problems.sort_by_key(|one| (one.line, one.column));
        self.problems
    }

    pub(super) fn place(&self, location: Location) -> Place {
        Place::new(&self.path, location.line(), location.column())
    }

    pub(super) fn place_of<T>(&self, value: &Spanned<T>) -> Place {
        self.place(value.referenced)
    }

    pub(super) fn problem_at(&mut self, location: Location, message: impl Into<String>) {
        let place = self.place(location);
        self.problem(&place, message);
    }

    pub(super) fn problem(&mut self, place: &Place, message: impl Into<String>) {
        let visible = self.visible.as_ref();
        let excerpt = excerpt::render(self.text, visible, place.line, place.column);
        self.problems.push(FileProblem::at(place, message, excerpt));
    }

    /// The folder in which relative references start.
    pub(super) fn folder(&self) -> PathBuf {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        if folder.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            folder.to_owned()
        }
    }

    /// Parses a value with the messages of the SDK, which do not repeat it.
    pub(super) fn parsed<T>(&mut self, field: &str, value: &Spanned<String>) -> Option<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        match value.value.trim().parse() {
            Ok(parsed) => Some(parsed),
            Err(why) => {
                let place = self.place_of(value);
                self.problem(&place, format!("`{field}`: {why}"));
                None
            }
        }
    }

    pub(super) fn secret(
        &mut self,
        field: &str,
        value: &Spanned<String>,
    ) -> Option<SecretReference> {
        match SecretReference::parse(&value.value, &self.folder()) {
            Ok(reference) => Some(reference),
            Err(why) => {
                let place = self.place_of(value);
                self.problem(&place, format!("`{field}` {why}"));
                None
            }
        }
    }
}

/// Replaces quoted values in a message of the parser, which could be secrets. Names of fields are in backticks, and stay.
fn hide_values(message: &str) -> String {
    let mut parts = message.split(['"', '\'']);
    let mut hidden = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        hidden += if index % 2 == 0 { "…" } else { part };
    }
    hidden
}
