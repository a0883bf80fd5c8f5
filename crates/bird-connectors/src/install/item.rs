//! An input of a bulk install.

use crate::error::Error;
use crate::templates::Template;

/// An input of [`Connectors::install_all`](crate::resources::Connectors::install_all): a template, or the error of a row that
/// could not be converted into one. Such a row gets a failed result, and does not affect the others.
///
/// Templates and `Result`s convert into it:
///
/// ```
/// use bird_connectors::install::InstallItem;
/// use bird_connectors::models::NumberId;
/// use bird_connectors::templates::{Telegram, Voice};
///
/// fn row(line: &str) -> InstallItem {
///     match line.split_once(',').map(|(name, number)| (name, number.parse::<NumberId>())) {
///         Some((name, Ok(number))) => Voice::new(name, number).into(),
///         Some((_, Err(error))) => InstallItem::invalid(error.to_string()),
///         None => InstallItem::invalid("expected a name and a number id"),
///     }
/// }
///
/// let items = [
///     row("Reception,8362fa40-0000-4000-8000-000000000001"),
///     row("Sales"),
///     Telegram::new("Bot").into(),
/// ];
/// assert!(items[1].error().is_some());
/// ```
#[derive(Clone, Debug)]
pub struct InstallItem(Result<Template, Error>);

impl InstallItem {
    /// A row that could not be converted into a template. Its result is an error of the kind
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with this reason.
    #[must_use]
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self(Err(Error::invalid_input("create a connector", reason)))
    }

    /// The template, unless the row failed.
    #[must_use]
    pub fn template(&self) -> Option<&Template> {
        self.0.as_ref().ok()
    }

    /// The error of a row that failed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.0.as_ref().err()
    }

    pub(super) fn into_template(self) -> Result<Template, Error> {
        self.0
    }
}

impl<T: Into<Template>> From<T> for InstallItem {
    fn from(template: T) -> Self {
        Self(Ok(template.into()))
    }
}

impl<T: Into<Template>, E: Into<Error>> From<Result<T, E>> for InstallItem {
    fn from(row: Result<T, E>) -> Self {
        Self(row.map(Into::into).map_err(Into::into))
    }
}
