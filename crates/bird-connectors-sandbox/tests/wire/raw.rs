//! A connection without an HTTP client: what really comes over the socket, and how it ends.

use std::io::ErrorKind;
use std::time::Duration;

use bird_connectors_sandbox::Sandbox;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// In order: there is nothing more to read.
    Closed,
    /// With a reset.
    Reset,
    /// Not at all, as far as this test waited.
    Open,
}

pub(crate) struct Raw {
    stream: TcpStream,
    base: String,
    key: String,
}

/// What came.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

impl Heard {
    /// The answer's status line and headers.
    #[track_caller]
    pub(crate) fn head(&self) -> String {
        let at = self.split();
        String::from_utf8(self.bytes[..at].to_vec()).unwrap()
    }

    /// What follows the headers.
    #[track_caller]
    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.split() + 4..]
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.head().lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }

    /// What its headers promise.
    #[track_caller]
    pub(crate) fn length(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }

    #[track_caller]
    fn split(&self) -> usize {
        let found = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        found.unwrap_or_else(|| panic!("no headers: {self:?}"))
    }
}

impl Raw {
    pub(crate) async fn connect(sandbox: &Sandbox) -> Self {
        let stream = TcpStream::connect(sandbox.address()).await.unwrap();
        let base = format!("/workspaces/{}", sandbox.workspace_id());
        let key = sandbox.access_key().to_owned();
        Self { stream, base, key }
    }

    /// Sends a request, and leaves the connection open.
    pub(crate) async fn say(&mut self, method: &str, path: &str, body: &str) {
        let Self { base, key, .. } = &self;
        let mut request = format!(
            "{method} {base}{path} HTTP/1.1\r\nhost: sandbox\r\nauthorization: AccessKey {key}\r\n"
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

    /// Reads until the connection ends, or nothing has come for a while.
    pub(crate) async fn hear(&mut self) -> Heard {
        let mut bytes = Vec::new();
        let mut chunk = vec![0; 1 << 16];
        loop {
            let read = timeout(Duration::from_millis(300), self.stream.read(&mut chunk)).await;
            let end = match read {
                Err(_) => End::Open,
                Ok(Ok(0)) => End::Closed,
                Ok(Ok(length)) => {
                    bytes.extend_from_slice(&chunk[..length]);
                    continue;
                }
                Ok(Err(error)) if error.kind() == ErrorKind::ConnectionReset => End::Reset,
                Ok(Err(error)) => panic!("{error}"),
            };
            return Heard { bytes, end };
        }
    }

    /// Counts what comes, without keeping it, until the connection ends or this many bytes are there.
    pub(crate) async fn count(&mut self, enough: u64) -> u64 {
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

/// One request on a connection of its own.
pub(crate) async fn ask(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Heard {
    let mut raw = Raw::connect(sandbox).await;
    raw.say(method, path, body).await;
    raw.hear().await
}

/// Whether a new connection is refused.
pub(crate) async fn is_refused(sandbox: &Sandbox) -> bool {
    match TcpStream::connect(sandbox.address()).await {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            true
        }
    }
}

/// Lets the sandbox notice what has just happened.
pub(crate) async fn a_moment() {
    sleep(Duration::from_millis(20)).await;
}
