//! Reading a reply: what the generated client calls in the place of progenitor's own reader.

use progenitor_client::{Error, ResponseValue};
use reqwest::Response;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

/// Reads JSON. The whole of it is checked once for being UTF-8, and not each of its texts: a sixth of the time of reading
/// a page. And since everything is read from texts alone, the code that reads a type is compiled once.
///
/// # Errors
/// Where it is no JSON, no UTF-8, or no `T`.
pub fn from_json<'a, T: Deserialize<'a>>(json: &'a [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => Err(not_utf8(json)),
    }
}

/// Says where it is not UTF-8, if that is in a text.
#[cold]
fn not_utf8(json: &[u8]) -> serde_json::Error {
    match serde_json::from_slice::<Value>(json) {
        Err(cause) => cause,
        Ok(_) => serde_json::Error::custom("it is not UTF-8"),
    }
}

/// The reply to a call as a value of its type.
pub(crate) async fn read<T: DeserializeOwned>(
    response: Response,
) -> Result<ResponseValue<T>, Error<()>> {
    let status = response.status();
    let headers = response.headers().clone();
    let body = response.bytes().await.map_err(Error::ResponseBodyError)?;
    match from_json(&body) {
        Ok(value) => Ok(ResponseValue::new(value, status, headers)),
        Err(cause) => Err(Error::InvalidResponsePayload(body, cause)),
    }
}
