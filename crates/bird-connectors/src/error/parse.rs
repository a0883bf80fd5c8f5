//! The SDK's error for strings that cannot be parsed: ids, and the data of the `resume` module. Also the signatures of that
//! data.

use std::str::FromStr;

use bird_connectors_api::types::InvalidId;

use super::Error;
#[cfg(feature = "install")]
use crate::resume::WaitToken;
use crate::resume::{Checkpoint, UnresolvedCreate};

/// Lets `?` convert the error of parsing an id. It describes the string and does not repeat it.
impl From<InvalidId> for Error {
    fn from(invalid: InvalidId) -> Self {
        Self::invalid_input("parse an id", invalid.to_string())
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    /// Parses the output of `Display` or of serde as JSON. Surrounding white space is ignored.
    fn from_str(string: &str) -> Result<Self, Error> {
        Self::parse(string).map_err(|reason| Error::invalid_input("read a checkpoint", reason))
    }
}

#[cfg(feature = "install")]
impl FromStr for WaitToken {
    type Err = Error;

    /// Parses the output of `Display` or of serde as JSON. Surrounding white space is ignored.
    fn from_str(string: &str) -> Result<Self, Error> {
        Self::parse(string).map_err(|reason| Error::invalid_input("read a wait token", reason))
    }
}

/// Signed tokens, for URLs and other places where a stranger could change them.
#[cfg(feature = "install")]
impl WaitToken {
    /// Returns the token as one line with a signature: HMAC-SHA256 with this key. The result is safe in a URL. Read it with
    /// [`verify`](Self::verify) and the same key.
    ///
    /// Use at least 32 random bytes as the key, and keep it secret. The signature shows that the token was not changed. It
    /// hides nothing, and it does not expire.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the key is empty.
    ///
    /// # Example
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(1).start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
    /// # let connectors = workspace.connectors();
    /// # let id = connectors.list().first_page().await?.items[0].id;
    /// # let key = [7; 32];
    /// use bird_connectors::wait::WaitToken;
    ///
    /// let signed = connectors.follow(id).token().sign(key)?;
    /// let url = format!("https://example.com/installs/{signed}");
    /// # assert!(url.ends_with(&signed));
    ///
    /// // When the URL is requested:
    /// let token = WaitToken::verify(&signed, key)?;
    /// let install = connectors.resume(token)?;
    /// assert_eq!(install.id(), id);
    /// assert!(WaitToken::verify(&signed, b"another key").is_err());
    /// # Ok(()) }
    /// ```
    pub fn sign(&self, key: impl AsRef<[u8]>) -> Result<String, Error> {
        self.signed(key.as_ref())
            .map_err(|reason| Error::invalid_input("sign a wait token", reason))
    }

    /// Reads a token that [`sign`](Self::sign) has signed with this key. Surrounding white space is ignored.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the token is not signed, was changed, or was signed
    /// with another key.
    pub fn verify(signed: &str, key: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::verified(signed, key.as_ref())
            .map_err(|reason| Error::invalid_input("verify a wait token", reason))
    }
}

impl FromStr for UnresolvedCreate {
    type Err = Error;

    /// Parses the output of `Display` or of serde as JSON. Surrounding white space is ignored.
    fn from_str(string: &str) -> Result<Self, Error> {
        Self::parse(string)
            .map_err(|reason| Error::invalid_input("read an unresolved create", reason))
    }
}
