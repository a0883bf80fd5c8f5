//! Servers over raw sockets: one that says and does what no HTTP library would, and one that writes down what passes
//! through it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came over the wire.
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

/// Reads one request; `None` where the client has gone.
pub(crate) async fn read(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<Recorded> {
    let mut raw = Vec::new();
    while !raw.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut raw).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8(raw.clone()).unwrap();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ').map(str::to_owned);
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
        method: words.next().unwrap(),
        target: words.next().unwrap(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// What a [`Server`] does when a request has come.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends this and keeps the connection.
    Send(Vec<u8>),
    /// Sends this and closes the connection.
    Close(Vec<u8>),
    /// Closes the connection with a reset.
    Reset,
    /// Sends this and nothing more, and keeps the connection.
    Stall(Vec<u8>),
}

/// An answer with a body and its length.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Act {
    Act::Send(
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

pub(crate) fn json(status: &str, body: impl ToString) -> Act {
    answer(
        status,
        "content-type: application/json\r\n",
        &body.to_string(),
    )
}

/// A server that does as it is told. It counts what comes.
pub(crate) struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Log {
    connections: usize,
    requests: Vec<Recorded>,
}

impl Server {
    /// Does one thing after the other, one for each request, whatever its connection. The last one goes on for ever.
    pub(crate) async fn script(acts: impl IntoIterator<Item = Act>) -> Self {
        let acts: Vec<Act> = acts.into_iter().collect();
        Self::answering(move |nth, _| acts[nth.min(acts.len() - 1)].clone()).await
    }

    /// Does what `choose` says for a request; the first argument is its place in the order, from 0.
    pub(crate) async fn answering(
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
                        let nth = {
                            let mut log = log.lock().unwrap();
                            log.requests.push(request.clone());
                            log.requests.len() - 1
                        };
                        // A client that does not want the rest may close: that is its business.
                        match choose(nth, &request) {
                            Act::Send(bytes) => drop(stream.write_all(&bytes).await),
                            Act::Close(bytes) => {
                                let _ = stream.write_all(&bytes).await;
                                let _ = stream.shutdown().await;
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

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.log.lock().unwrap().requests.len()
    }

    /// How many connections were made, with a request or without.
    pub(crate) fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Stands before another server and writes down every request on its way there.
pub(crate) struct Recorder {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
    task: JoinHandle<()>,
}

impl Recorder {
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Recorded>>>::default();
        let shared = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (client, mut back) = client.into_split();
                let (mut answers, mut onward) =
                    TcpStream::connect(server).await.unwrap().into_split();
                tokio::spawn(async move { tokio::io::copy(&mut answers, &mut back).await });
                let requests = Arc::clone(&shared);
                tokio::spawn(async move {
                    let mut client = BufReader::new(client);
                    while let Some(request) = read(&mut client).await {
                        requests.lock().unwrap().push(request.clone());
                        onward.write_all(&request.raw).await.unwrap();
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
