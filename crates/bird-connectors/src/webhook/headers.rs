//! The three headers of a delivery, out of whatever form a server keeps headers in.

use super::WebhookError;
use super::names::REQUEST_ID_HEADER;

/// More than this is no id that anyone would log.
const LONGEST_REQUEST_ID: usize = 256;

/// Headers, in the form in which a server keeps them: a [`http::HeaderMap`], or a list of names and values, as text or
/// bytes.
pub trait Headers {
    /// Every value of the header with this name. The name is given in lower case; upper and lower case are the same.
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]>;
}

impl<H: Headers + ?Sized> Headers for &H {
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        (**self).values(name)
    }
}

impl Headers for http::HeaderMap {
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.get_all(name).iter().map(http::HeaderValue::as_bytes)
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        let named =
            move |(known, _): &&(N, V)| known.as_ref().eq_ignore_ascii_case(name.as_bytes());
        self.iter().filter(named).map(|(_, value)| value.as_ref())
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>, const COUNT: usize> Headers for [(N, V); COUNT] {
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.as_slice().values(name)
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.as_slice().values(name)
    }
}

/// A header that has to be there.
pub(super) fn required<'a>(
    headers: &'a (impl Headers + ?Sized),
    name: &'static str,
) -> Result<&'a str, WebhookError> {
    optional(headers, name)?.ok_or(WebhookError::MissingHeader { header: name })
}

/// The id, where there is one: it is not signed, so nothing depends on it.
pub(super) fn request_id(
    headers: &(impl Headers + ?Sized),
) -> Result<Option<String>, WebhookError> {
    let id = optional(headers, REQUEST_ID_HEADER)?.filter(|id| !id.is_empty());
    if id.is_some_and(|id| id.len() > LONGEST_REQUEST_ID) {
        return Err(malformed(REQUEST_ID_HEADER, "it is too long for an id"));
    }
    Ok(id.map(str::to_owned))
}

/// The one value of a header. Two are refused even where they agree: another server on the way may have read the other.
fn optional<'a>(
    headers: &'a (impl Headers + ?Sized),
    name: &'static str,
) -> Result<Option<&'a str>, WebhookError> {
    let mut values = headers.values(name);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(malformed(name, "it is there more than once"));
    }
    let text = str::from_utf8(value.trim_ascii()).ok();
    let text = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    text.map(Some)
        .ok_or_else(|| malformed(name, "it has characters that do not belong there"))
}

pub(super) fn malformed(header: &'static str, reason: &'static str) -> WebhookError {
    WebhookError::MalformedSignature { header, reason }
}
