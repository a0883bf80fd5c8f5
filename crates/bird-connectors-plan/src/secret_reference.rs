//! Where a secret is. Files contain references, and never the secrets themselves.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bird_connectors::models::SentSecret;

/// Where a secret is: `env:NAME` for an environment variable, or `file:PATH` for a file, relative to the file that names it.
///
/// `Debug` and `Display` show the reference, which is not a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretReference(Location);

#[derive(Clone, PartialEq, Eq)]
enum Location {
    Environment(String),
    /// `folder` is that of the file that contains the reference.
    File {
        path: String,
        folder: PathBuf,
    },
}

/// Why a secret could not be read. It contains the reference, and never the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretError(String);

impl SecretError {
    /// The secret of this reference cannot be read. The reason must not contain the secret.
    pub fn new(reference: &SecretReference, why: impl fmt::Display) -> Self {
        Self(format!("the secret {reference} {why}"))
    }
}

/// Returns the secret of a reference, in place of [`SecretReference::read`].
pub type SecretResolver =
    Arc<dyn Fn(&SecretReference) -> Result<SentSecret, SecretError> + Send + Sync>;

/// How secrets are read.
pub(crate) type ReadSecret<'a> = dyn Fn(&SecretReference) -> Result<SentSecret, SecretError> + 'a;

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SecretError {}

impl SecretReference {
    /// Parses a reference. `folder` is where relative paths start. The reason does not repeat the string, which is a secret if
    /// somebody has written it in place of a reference.
    pub(crate) fn parse(reference: &str, folder: &Path) -> Result<Self, String> {
        let location = match reference.split_once(':') {
            Some(("env", name)) if is_variable(name) => Location::Environment(name.to_owned()),
            Some(("file", path)) if !path.trim().is_empty() && !path.contains('\0') => {
                Location::File {
                    path: path.to_owned(),
                    folder: folder.to_owned(),
                }
            }
            _ => {
                return Err(
                    "is a secret: expected a reference, env:NAME or file:PATH, because files that are under review must not \
                     contain secrets"
                        .to_owned(),
                );
            }
        };
        Ok(Self(location))
    }

    /// Reads the secret, without line breaks at its end.
    ///
    /// # Errors
    /// If the variable is not set or not valid UTF-8, if the file cannot be read, or if the secret is empty.
    pub fn read(&self) -> Result<SentSecret, SecretError> {
        let failed = |why: String| SecretError::new(self, why);
        let content = match &self.0 {
            Location::Environment(name) => env::var(name).map_err(|why| {
                failed(match why {
                    env::VarError::NotPresent => "is not set".to_owned(),
                    env::VarError::NotUnicode(_) => "is not valid UTF-8".to_owned(),
                })
            })?,
            Location::File { path, folder } => fs::read_to_string(folder.join(path))
                .map_err(|why| failed(format!("cannot be read: {why}")))?,
        };
        let secret = content.trim_end_matches(['\r', '\n']);
        if secret.trim().is_empty() {
            return Err(failed("is empty".to_owned()));
        }
        Ok(SentSecret::from(secret))
    }

    /// The reference. The path of a file starts at the current folder, and not at the file that names it.
    #[must_use]
    pub fn resolved(&self) -> String {
        match &self.0 {
            Location::Environment(name) => format!("env:{name}"),
            Location::File { path, folder } => format!("file:{}", folder.join(path).display()),
        }
    }
}

/// Whether an environment variable can have this name. A secret that contains a colon must not pass as a name.
fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Location::Environment(name) => write!(f, "env:{name}"),
            Location::File { path, .. } => write!(f, "file:{path}"),
        }
    }
}

impl fmt::Debug for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretReference({self})")
    }
}

#[cfg(test)]
mod tests;
