//! Servers over raw sockets: one that responds in ways that no HTTP library would, and a proxy that records requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) raw: Vec<u8>,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(header, _)| header == name);
        values.next().map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }
}

/// Reads one request. `None`: the client has closed the connection.
pub(crate) async fn read(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<Recorded> {
    let mut raw = Vec::new();
    while !raw.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut raw).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8(raw.clone()).unwrap();
    let mut lines = head.lines();
    let mut parts = lines.next().unwrap().split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    raw.extend_from_slice(&body);
    Some(Recorded {
        raw,
        method: parts.next().unwrap(),
        target: parts.next().unwrap(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// What a [`Server`] does after it has received a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends this and keeps the connection open.
    Send(Vec<u8>),
    /// Sends this and closes the connection.
    Close(Vec<u8>),
    /// Resets the connection.
    Reset,
    /// Sends this and then nothing more, and keeps the connection open.
    Stall(Vec<u8>),
}

/// A response with a body and its length.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> Act {
    Act::Send(
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

pub(crate) fn json(status: &str, body: impl ToString) -> Act {
    response(
        status,
        "content-type: application/json\r\n",
        &body.to_string(),
    )
}

/// A scripted server. It records requests and counts connections.
pub(crate) struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Log {
    connections: usize,
    /// Connections that the server closed and that the client then closed as well.
    closed: usize,
    requests: Vec<Recorded>,
}

impl Server {
    /// Performs one act for each request, in order, across all connections. The last act repeats.
    pub(crate) async fn script(acts: impl IntoIterator<Item = Act>) -> Self {
        let acts: Vec<Act> = acts.into_iter().collect();
        Self::responding(move |index, _| acts[index.min(acts.len() - 1)].clone()).await
    }

    /// Performs the act that `choose` returns for a request. The first argument is the index of the request, from 0.
    pub(crate) async fn responding(
        choose: impl Fn(usize, &Recorded) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::<Mutex<Log>>::default();
        let (choose, shared) = (Arc::new(choose), Arc::clone(&log));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.lock().unwrap().connections += 1;
                let (choose, log) = (Arc::clone(&choose), Arc::clone(&shared));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Some(request) = read(&mut stream).await {
                        let index = {
                            let mut log = log.lock().unwrap();
                            log.requests.push(request.clone());
                            log.requests.len() - 1
                        };
                        // Writing fails if the client closes the connection early, which it may do.
                        match choose(index, &request) {
                            Act::Send(bytes) => drop(stream.write_all(&bytes).await),
                            Act::Close(bytes) => {
                                let _ = stream.write_all(&bytes).await;
                                let _ = stream.shutdown().await;
                                while read(&mut stream).await.is_some() {}
                                log.lock().unwrap().closed += 1;
                                return;
                            }
                            Act::Reset => return stream.get_ref().set_zero_linger().unwrap(),
                            Act::Stall(bytes) => {
                                let _ = stream.write_all(&bytes).await;
                                let _ = read(&mut stream).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, log, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.log.lock().unwrap().requests.clone()
    }

    /// The number of requests.
    pub(crate) fn count(&self) -> usize {
        self.log.lock().unwrap().requests.len()
    }

    /// The number of connections, including those without a request.
    pub(crate) fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }

    /// The number of connections that both sides have closed after [`Act::Close`].
    pub(crate) fn closed(&self) -> usize {
        self.log.lock().unwrap().closed
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A proxy in front of another server. It records every request.
pub(crate) struct Recorder {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
    task: JoinHandle<()>,
}

impl Recorder {
    pub(crate) async fn in_front_of(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Recorded>>>::default();
        let shared = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) =
                    TcpStream::connect(server).await.unwrap().into_split();
                tokio::spawn(
                    async move { tokio::io::copy(&mut from_server, &mut to_client).await },
                );
                let requests = Arc::clone(&shared);
                tokio::spawn(async move {
                    let mut from_client = BufReader::new(from_client);
                    while let Some(request) = read(&mut from_client).await {
                        requests.lock().unwrap().push(request.clone());
                        to_server.write_all(&request.raw).await.unwrap();
                    }
                });
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}
