//! The forms in which servers keep headers.

/// A collection of headers: an [`http::HeaderMap`], or a slice, array or `Vec` of names and values, each a string or
/// bytes. Implement it for the header type of another server.
///
/// ```
/// use bird_connectors::webhook::Headers;
///
/// let headers = [("Host", "example.com"), ("MessageBird-Request-Id", "8e1b7a3e")];
/// let ids: Vec<_> = headers.values("messagebird-request-id").collect();
/// assert_eq!(ids, [b"8e1b7a3e"]);
/// ```
pub trait Headers {
    /// Every value of the header `name`, which is in lower case. The comparison ignores case.
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
        let matches =
            move |(other, _): &&(N, V)| other.as_ref().eq_ignore_ascii_case(name.as_bytes());
        self.iter().filter(matches).map(|(_, value)| value.as_ref())
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
