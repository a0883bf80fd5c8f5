//! One connection: HTTP until a fault takes over, then the actions of the fault.

use std::io;
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
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::server::socket_action::{SocketAction, Takeover};

pub(super) async fn serve_connection(
    stream: TcpStream,
    router: Router,
    mut stop: watch::Receiver<()>,
) {
    // Disabling Nagle's algorithm only reduces latency, so an error does not matter.
    let _ = stream.set_nodelay(true);
    let (takeover, mut actions) = mpsc::unbounded_channel();
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request
            .extensions_mut()
            .insert::<Takeover>(takeover.clone());
        router.call(request)
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut stopping = false;
    let actions = loop {
        tokio::select! {
            // The result is ignored: an error means that the client has disconnected or does not speak HTTP.
            _ = &mut connection => return,
            Some(actions) = actions.recv() => break actions,
            _ = stop.changed(), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    // No byte of the response has been written yet, so the actions start with a clean socket.
    let mut stream = connection.into_parts().io.into_inner();
    tokio::select! {
        // An error means that the client has disconnected.
        _ = perform(&mut stream, actions) => {}
        _ = stop.changed(), if !stopping => {}
    }
}

/// Performs the actions until the client disconnects.
async fn perform(stream: &mut TcpStream, actions: Vec<SocketAction>) -> io::Result<()> {
    for action in actions {
        match action {
            SocketAction::Send(bytes) => stream.write_all(&bytes).await?,
            SocketAction::SendRepeated(bytes, times) => {
                for _ in 0..times {
                    stream.write_all(&bytes).await?;
                }
            }
            SocketAction::Idle(duration) => {
                let mut first = [0];
                tokio::select! {
                    () = sleep(duration) => {}
                    received = stream.peek(&mut first) => match received? {
                        0 => return Ok(()),
                        _ => return reset(stream),
                    },
                }
            }
            SocketAction::Stall => discard_until_closed(stream).await?,
            SocketAction::Reset => return reset(stream),
            SocketAction::Close => return stream.shutdown().await,
        }
    }
    Ok(())
}

/// Makes the connection end with a reset when the stream is dropped.
fn reset(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// Reads and discards input until the client closes the connection.
async fn discard_until_closed(stream: &mut TcpStream) -> io::Result<()> {
    let mut discarded = [0; 1024];
    while stream.read(&mut discarded).await? > 0 {}
    Ok(())
}
