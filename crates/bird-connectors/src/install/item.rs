//! An input of a bulk install.

use crate::error::Error;
use crate::templates::Template;

/// An input of [`Connectors::install_all`](crate::resources::Connectors::install_all): a template, or the error of a row that
/// could not be converted into one. Such a row gets a failed result, and does not affect the others.
///
/// Templates convert into it, and so does a `Result` of a template. Its error can be a string or any error, such as one
/// of a CSV reader:
///
/// ```
/// use bird_connectors::install::InstallItem;
/// use bird_connectors::models::NumberId;
/// use bird_connectors::templates::{Telegram, Template, Voice};
///
/// type RowError = Box<dyn std::error::Error + Send + Sync>;
///
/// fn template(line: &str) -> Result<Template, RowError> {
///     let (name, number) = line.split_once(',').ok_or("expected a name and a number id")?;
///     Ok(Voice::new(name, number.parse::<NumberId>()?).into())
/// }
///
/// let lines = ["Reception,8362fa40-0000-4000-8000-000000000001", "Sales", "Support,12"];
/// let mut items: Vec<InstallItem> = lines.into_iter().map(|line| template(line).into()).collect();
/// items.push(Telegram::new("Bot").into());
///
/// let failed: Vec<bool> = items.iter().map(|item| item.error().is_some()).collect();
/// assert_eq!(failed, [false, true, true, false]);
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

impl<T, E> From<Result<T, E>> for InstallItem
where
    T: Into<Template>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn from(row: Result<T, E>) -> Self {
        match row {
            Ok(template) => template.into().into(),
            Err(error) => match error.into().downcast::<Error>() {
                Ok(error) => Self(Err(*error)),
                Err(error) => Self::invalid(error.to_string()),
            },
        }
    }
}
