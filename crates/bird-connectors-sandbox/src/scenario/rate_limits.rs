//! The configured rate limits. `state/rate_limiter.rs` enforces them.

/// The number of requests per second that one workspace may send; `None` means no limit. A request above the limit answers 429
/// and is not processed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// The limit for GET.
    pub get: Option<u32>,
    /// The limit for POST.
    pub post: Option<u32>,
    /// The limit for PATCH and DELETE together. None is documented.
    pub other: Option<u32>,
}

impl RateLimits {
    /// The documented limits: 50 GET and 500 POST requests per second.
    #[must_use]
    pub const fn documented() -> Self {
        Self {
            get: Some(50),
            post: Some(500),
            other: None,
        }
    }
}
