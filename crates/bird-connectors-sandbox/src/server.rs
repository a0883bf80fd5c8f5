//! The server: it accepts connections, and closes and opens its port. It does not use axum's own server, because faults need
//! control of the socket.

mod connection;
pub(crate) mod dispatch;
mod gzip_bomb;
mod observer;
mod process;
mod socket_action;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::server::connection::serve_connection;
use crate::shared::PortCommand;

/// How long requests in flight may take to finish after the sandbox is stopped.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Serves until `stop` changes or its sender is dropped. Then it lets requests in flight finish. All of its tasks have ended
/// when it returns.
pub(crate) async fn serve(
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    mut commands: mpsc::UnboundedReceiver<PortCommand>,
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
            let (duration, done) =
                accept(open, &router, &mut commands, &stopped, &mut connections).await;
            listener = None;
            // A socket that is bound but does not listen refuses connections and keeps other programs from the port.
            let reserved = reserve_port(address);
            connections.shutdown().await;
            confirm(done);
            let done = stay_closed(&mut commands, duration).await;
            listener = Some(reopen(reserved, address).await);
            confirm(done);
        }
    };
    tokio::select! {
        _ = stop.changed() => {}
        () = run => {}
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if timeout(SHUTDOWN_GRACE, finish).await.is_err() {
        connections.shutdown().await;
    }
}

/// Accepts connections until a command closes the port. Returns the fields of that command.
async fn accept(
    listener: &TcpListener,
    router: &Router,
    commands: &mut mpsc::UnboundedReceiver<PortCommand>,
    stop: &watch::Receiver<()>,
    connections: &mut JoinSet<()>,
) -> (Option<Duration>, Option<oneshot::Sender<()>>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, router.clone(), stop.clone()));
                }
                // The process is out of file descriptors, or the client has disconnected. Both are temporary.
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
            Some(command) = commands.recv() => match command {
                PortCommand::Close { duration, done } => return (duration, done),
                PortCommand::Open { done } => confirm(Some(done)),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Waits until the port is to be opened: after `duration`, or when a command says so. Returns the sender of that command.
async fn stay_closed(
    commands: &mut mpsc::UnboundedReceiver<PortCommand>,
    mut duration: Option<Duration>,
) -> Option<oneshot::Sender<()>> {
    loop {
        let elapsed = async {
            match duration {
                Some(duration) => sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = elapsed => return None,
            command = commands.recv() => match command? {
                PortCommand::Open { done } => return Some(done),
                PortCommand::Close { duration: new, done } => {
                    duration = new;
                    confirm(done);
                }
            },
        }
    }
}

fn confirm(done: Option<oneshot::Sender<()>>) {
    // The caller may have stopped waiting.
    let _ = done.map(|done| done.send(()));
}

fn reserve_port(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn reopen(reserved: io::Result<TcpSocket>, address: SocketAddr) -> TcpListener {
    let mut opened = reserved.and_then(|socket| socket.listen(1024));
    loop {
        match opened {
            Ok(listener) => return listener,
            // Another program uses the port. Try again.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
        opened = TcpListener::bind(address).await;
    }
}
