//! The accept loop and its connections. It is the sandbox's own, so that a connection is in its hands from the first byte to
//! the last; routing and handling know nothing of sockets.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::wire::Act;

/// How long requests in flight may take to finish once the sandbox stops.
const GRACE: Duration = Duration::from_secs(1);

/// Where the handler of a request leaves what is to be done at the socket in place of an answer. Every connection has one,
/// which its requests carry among their extensions.
pub(crate) type Line = mpsc::UnboundedSender<Vec<Act>>;

/// What becomes of the port. The sender within hears when it is done.
#[derive(Debug)]
pub(crate) enum Door {
    /// Closes all connections and refuses new ones until it is opened, or for this long.
    Shut(Option<Duration>, Option<oneshot::Sender<()>>),
    Open(oneshot::Sender<()>),
}

/// Serves until `stop` says so or its sender is gone, then lets requests in flight finish, and leaves no task behind.
pub(crate) async fn serve(
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    mut door: mpsc::UnboundedReceiver<Door>,
    mut stop: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    let mut listener = Some(listener);
    let stopped = stop.clone();
    let run = async {
        loop {
            let Some(open) = listener.as_ref() else {
                return;
            };
            let (wait, shut) = admit(open, &router, &mut door, &stopped, &mut connections).await;
            listener = None;
            // A bound socket that does not listen refuses connections, and keeps others from the port.
            let held = hold(address);
            connections.shutdown().await;
            tell(shut);
            let opened = stay_shut(&mut door, wait).await;
            listener = Some(reopen(held, address).await);
            tell(opened);
        }
    };
    tokio::select! {
        _ = stop.changed() => {}
        () = run => {}
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, finish).await.is_err() {
        connections.shutdown().await;
    }
}

/// Takes connections until the door is to be shut; says for how long, and who wants to know.
async fn admit(
    listener: &TcpListener,
    router: &Router,
    door: &mut mpsc::UnboundedReceiver<Door>,
    stop: &watch::Receiver<()>,
    connections: &mut JoinSet<()>,
) -> (Option<Duration>, Option<oneshot::Sender<()>>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, router.clone(), stop.clone()));
                }
                // Out of file descriptors, or the client is gone already: neither ends the server.
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
            Some(command) = door.recv() => match command {
                Door::Shut(wait, done) => return (wait, done),
                Door::Open(done) => tell(Some(done)),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Waits until the door is to be opened, and says who wants to know.
async fn stay_shut(
    door: &mut mpsc::UnboundedReceiver<Door>,
    mut wait: Option<Duration>,
) -> Option<oneshot::Sender<()>> {
    loop {
        let over = async {
            match wait {
                Some(wait) => sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = over => return None,
            command = door.recv() => match command? {
                Door::Open(done) => return Some(done),
                Door::Shut(longer, done) => {
                    wait = longer;
                    tell(done);
                }
            },
        }
    }
}

fn tell(done: Option<oneshot::Sender<()>>) {
    // Whoever wanted to know may have stopped waiting.
    let _ = done.map(|done| done.send(()));
}

fn hold(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn reopen(held: io::Result<TcpSocket>, address: SocketAddr) -> TcpListener {
    let mut opened = held.and_then(|socket| socket.listen(1024));
    loop {
        match opened {
            Ok(listener) => return listener,
            // Somebody else has the port for the moment.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
        opened = TcpListener::bind(address).await;
    }
}

async fn serve_connection(stream: TcpStream, router: Router, mut stop: watch::Receiver<()>) {
    // A latency hint only: without it the connection works as well.
    let _ = stream.set_nodelay(true);
    let (line, mut acts) = mpsc::unbounded_channel();
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert::<Line>(line.clone());
        router.call(request)
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut stopping = false;
    let acts = loop {
        tokio::select! {
            // An error here is the client's doing: it went away, or it does not speak HTTP.
            _ = &mut connection => return,
            Some(acts) = acts.recv() => break acts,
            _ = stop.changed(), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    // Nothing of an answer has been written yet: the socket is as the request has left it.
    let mut stream = connection.into_parts().io.into_inner();
    tokio::select! {
        // An error here is the client's doing as well.
        _ = perform(&mut stream, acts) => {}
        _ = stop.changed(), if !stopping => {}
    }
}

/// Does what a fault is made of, until the client goes away.
async fn perform(stream: &mut TcpStream, acts: Vec<Act>) -> io::Result<()> {
    for act in acts {
        match act {
            Act::Send(bytes) => stream.write_all(&bytes).await?,
            Act::Repeat(bytes, times) => {
                for _ in 0..times {
                    stream.write_all(&bytes).await?;
                }
            }
            Act::Idle(wait) => {
                let mut first = [0];
                tokio::select! {
                    () = sleep(wait) => {}
                    said = stream.peek(&mut first) => match said? {
                        0 => return Ok(()),
                        _ => return reset(stream),
                    },
                }
            }
            Act::Stall => gone(stream).await?,
            Act::Reset => return reset(stream),
            Act::Close => return stream.shutdown().await,
        }
    }
    Ok(())
}

/// Lets the connection end with a reset.
fn reset(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// Waits until the client goes away. What it says until then is read and not answered.
async fn gone(stream: &mut TcpStream) -> io::Result<()> {
    let mut unheard = [0; 1024];
    while stream.read(&mut unheard).await? > 0 {}
    Ok(())
}
