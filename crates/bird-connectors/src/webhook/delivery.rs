//! A delivery before verification: the three headers that matter, and the raw body.

use std::fmt;

use super::names::{REQUEST_ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use super::{Headers, WebhookError};

/// The maximum length of a request id, in bytes. A longer value does not come from the API and would fill logs.
const MAX_REQUEST_ID: usize = 256;

/// An unverified delivery: its headers and the bytes of its body. [`Verifier::verify`](super::Verifier::verify) takes it.
///
/// It borrows both. Make it from a pair of headers and body, or from an [`http::Request`] whose body has been read:
///
/// ```
/// use bird_connectors::webhook::Delivery;
///
/// # let body = b"{}".to_vec();
/// let headers = http::HeaderMap::new();
/// let delivery = Delivery::from((&headers, &body));
///
/// let request = http::Request::post("/bird").body(body)?;
/// let delivery = Delivery::from(&request);
/// # Ok::<(), http::Error>(())
/// ```
///
/// The body must be the bytes that arrived. JSON that was parsed and serialized again has another signature.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    signature: HeaderField<'a>,
    timestamp: HeaderField<'a>,
    request_id: HeaderField<'a>,
    body: &'a [u8],
}

/// What the headers contain for one name.
#[derive(Clone, Copy)]
enum HeaderField<'a> {
    Absent,
    Once(&'a [u8]),
    Repeated,
}

impl<'a> Delivery<'a> {
    /// A delivery with these headers and this raw body. Headers other than the three of a delivery are ignored.
    #[must_use]
    pub fn new(headers: &'a (impl Headers + ?Sized), body: &'a [u8]) -> Self {
        Self {
            signature: HeaderField::read(headers, SIGNATURE_HEADER),
            timestamp: HeaderField::read(headers, TIMESTAMP_HEADER),
            request_id: HeaderField::read(headers, REQUEST_ID_HEADER),
            body,
        }
    }

    pub(super) fn body(&self) -> &'a [u8] {
        self.body
    }

    pub(super) fn signature(&self) -> Result<&'a str, WebhookError> {
        self.signature.required(SIGNATURE_HEADER)
    }

    pub(super) fn timestamp(&self) -> Result<&'a str, WebhookError> {
        self.timestamp.required(TIMESTAMP_HEADER)
    }

    /// The request id. It is not signed, so an unusable one is left out and does not reject the delivery.
    pub(super) fn request_id(&self) -> Option<&'a str> {
        let id = self.request_id.optional(REQUEST_ID_HEADER).ok()??;
        // A comma joins the values of a header that a proxy received twice.
        let usable = !id.is_empty() && id.len() <= MAX_REQUEST_ID && !id.contains(',');
        usable.then_some(id)
    }
}

impl<'a, H: Headers + ?Sized, B: AsRef<[u8]> + ?Sized> From<(&'a H, &'a B)> for Delivery<'a> {
    fn from((headers, body): (&'a H, &'a B)) -> Self {
        Self::new(headers, body.as_ref())
    }
}

impl<'a, B: AsRef<[u8]>> From<&'a http::Request<B>> for Delivery<'a> {
    fn from(request: &'a http::Request<B>) -> Self {
        Self::new(request.headers(), request.body().as_ref())
    }
}

/// Shows the length of the body only, because it can contain personal data.
impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl<'a> HeaderField<'a> {
    fn read(headers: &'a (impl Headers + ?Sized), name: &'static str) -> Self {
        let mut values = headers.values(name);
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::Once(value),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }

    fn required(self, name: &'static str) -> Result<&'a str, WebhookError> {
        self.optional(name)?
            .ok_or(WebhookError::MissingHeader { header: name })
    }

    /// Rejects a repeated header even if its values are equal: a proxy may have read another one than this verifier.
    fn optional(self, name: &'static str) -> Result<Option<&'a str>, WebhookError> {
        let value = match self {
            Self::Absent => return Ok(None),
            Self::Once(value) => value,
            Self::Repeated => return Err(malformed(name, "it occurs more than once")),
        };
        str::from_utf8(value.trim_ascii())
            .ok()
            .filter(|value| value.bytes().all(|byte| byte.is_ascii_graphic()))
            .map(Some)
            .ok_or_else(|| malformed(name, "it contains characters other than printable ASCII"))
    }
}

pub(super) fn malformed(header: &'static str, reason: &'static str) -> WebhookError {
    WebhookError::MalformedHeader { header, reason }
}
