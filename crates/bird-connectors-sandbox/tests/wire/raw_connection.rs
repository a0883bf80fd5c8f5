//! A connection without an HTTP client: the exact bytes that the sandbox sends, and how the connection ends.

use std::io::ErrorKind;
use std::time::Duration;

use bird_connectors_sandbox::Sandbox;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// One wait for bytes.
const QUIET_WAIT: Duration = Duration::from_millis(20);

/// After this many waits without a byte, a connection counts as open. Waits are counted instead of measured as a whole, so that
/// the sandbox runs between them even if the machine stalls.
const QUIET_WAITS: u32 = 15;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionEnd {
    /// The sandbox closed it.
    Closed,
    /// The sandbox reset it.
    Reset,
    /// It is still open.
    Open,
}

pub(crate) struct RawConnection {
    stream: TcpStream,
    base_path: String,
    key: String,
}

/// The bytes that were received.
#[derive(Debug)]
pub(crate) struct RawResponse {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: ConnectionEnd,
}

impl RawResponse {
    /// The status line and headers.
    #[track_caller]
    pub(crate) fn head(&self) -> String {
        let at = self.end_of_head();
        String::from_utf8(self.bytes[..at].to_vec()).unwrap()
    }

    /// All bytes after the headers.
    #[track_caller]
    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.end_of_head() + 4..]
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.head().lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }

    #[track_caller]
    pub(crate) fn content_length(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }

    #[track_caller]
    fn end_of_head(&self) -> usize {
        let found = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        found.unwrap_or_else(|| panic!("the response has no complete head: {self:?}"))
    }
}

impl RawConnection {
    pub(crate) async fn connect(sandbox: &Sandbox) -> Self {
        let stream = TcpStream::connect(sandbox.address()).await.unwrap();
        let base_path = format!("/workspaces/{}", sandbox.workspace_id());
        let key = sandbox.access_key().to_owned();
        Self {
            stream,
            base_path,
            key,
        }
    }

    /// Sends a request and keeps the connection open.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &str) {
        let Self { base_path, key, .. } = &self;
        let mut request = format!(
            "{method} {base_path}{path} HTTP/1.1\r\nhost: sandbox\r\nauthorization: AccessKey {key}\r\n"
        );
        if !body.is_empty() {
            request.push_str(&format!(
                "content-type: application/json\r\ncontent-length: {}\r\n",
                body.len()
            ));
        }
        request.push_str("\r\n");
        request.push_str(body);
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// Receives until the connection ends or stays quiet. The clock must run.
    pub(crate) async fn receive(&mut self) -> RawResponse {
        let mut bytes = Vec::new();
        let mut chunk = vec![0; 1 << 16];
        let mut quiet_waits = 0;
        loop {
            let read = timeout(QUIET_WAIT, self.stream.read(&mut chunk)).await;
            let end = match read {
                Err(_) if quiet_waits < QUIET_WAITS => {
                    quiet_waits += 1;
                    continue;
                }
                Err(_) => ConnectionEnd::Open,
                Ok(Ok(0)) => ConnectionEnd::Closed,
                Ok(Ok(length)) => {
                    bytes.extend_from_slice(&chunk[..length]);
                    quiet_waits = 0;
                    continue;
                }
                Ok(Err(error)) if error.kind() == ErrorKind::ConnectionReset => {
                    ConnectionEnd::Reset
                }
                Ok(Err(error)) => panic!("{error}"),
            };
            return RawResponse { bytes, end };
        }
    }

    /// Receives and discards bytes until the connection ends or at least `enough` bytes have arrived. Returns their number.
    pub(crate) async fn discard(&mut self, enough: u64) -> u64 {
        let mut chunk = vec![0; 1 << 20];
        let mut count = 0;
        while count < enough {
            match self.stream.read(&mut chunk).await.unwrap() {
                0 => break,
                read => count += read as u64,
            }
        }
        count
    }
}

/// Sends one request on a new connection.
pub(crate) async fn send_raw(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    body: &str,
) -> RawResponse {
    let mut connection = RawConnection::connect(sandbox).await;
    connection.send(method, path, body).await;
    connection.receive().await
}

/// Whether the sandbox refuses a new connection.
pub(crate) async fn is_refused(sandbox: &Sandbox) -> bool {
    match TcpStream::connect(sandbox.address()).await {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            true
        }
    }
}
