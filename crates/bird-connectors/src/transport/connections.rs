//! The HTTP clients of a transport: one for each tokio runtime that uses it.
//!
//! A connection is driven by a task of the runtime that opened it. On another runtime, a request over that connection would
//! wait for as long as the first runtime is idle. So connections are never shared between runtimes.

use std::fmt;
use std::net::{Ipv4Addr, UdpSocket};
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::time::Duration;

use tokio::runtime::{Handle, Id};

use crate::error::Error;
use crate::lock::lock;

/// The maximum number of runtimes with their own connections. A runtime that used the client least recently loses them: it
/// probably does not exist any more.
const MAX_RUNTIMES: usize = 128;

/// Creates an HTTP client without connections.
type Build = dyn Fn() -> Result<reqwest::Client, Error> + Send + Sync;

pub(super) struct Connections {
    build: Box<Build>,
    /// Builds requests, and sends those of the first runtime.
    first: reqwest::Client,
    /// The runtimes and their clients, the most recently used one last.
    by_runtime: Mutex<Vec<(Id, reqwest::Client)>>,
}

impl Connections {
    /// Creates the first HTTP client, which checks the settings.
    pub(super) fn new(
        build: impl Fn() -> Result<reqwest::Client, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        Ok(Self {
            first: build()?,
            build: Box::new(build),
            by_runtime: Mutex::default(),
        })
    }

    /// A client to build requests with. It must not send them.
    pub(super) fn request_builder(&self) -> &reqwest::Client {
        &self.first
    }

    /// The client that sends the requests of the current runtime.
    ///
    /// # Errors
    /// If there is no runtime, or if it has no timers or no I/O.
    pub(super) fn current(&self) -> Result<reqwest::Client, Error> {
        let runtime = Handle::try_current().map_err(|_| {
            Error::configuration(
                "requests need a tokio runtime: call this from a task of one, for example below `#[tokio::main]`",
            )
        })?;
        let id = runtime.id();
        let mut clients = lock(&self.by_runtime);
        if let Some(at) = clients.iter().rposition(|(runtime, _)| *runtime == id) {
            if at + 1 < clients.len() {
                let used = clients.remove(at);
                clients.push(used);
            }
            return Ok(clients[clients.len() - 1].1.clone());
        }
        check_drivers()?;
        let client = if clients.is_empty() {
            self.first.clone()
        } else {
            (self.build)()?
        };
        if clients.len() >= MAX_RUNTIMES {
            clients.remove(0);
        }
        clients.push((id, client.clone()));
        Ok(client)
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("runtimes", &lock(&self.by_runtime).len())
            .finish_non_exhaustive()
    }
}

/// Checks that the current runtime has timers and I/O.
///
/// tokio offers no function that reports this: it panics when the first timer or socket is created. That panic is caught here,
/// before anything is sent. Once per runtime, the check creates a timer and a socket that is never connected.
fn check_drivers() -> Result<(), Error> {
    let missing = |what: &str, method: &str| {
        Error::configuration(format!(
            "the tokio runtime has no {what}: call `{method}` or `enable_all` on its `Builder`"
        ))
    };
    catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO)))
        .map_err(|_| missing("timers", "enable_time"))?;
    // Without a socket, this cannot be checked, and nothing can be sent either.
    let Ok(socket) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) else {
        return Ok(());
    };
    let _ = socket.set_nonblocking(true);
    catch_unwind(|| drop(tokio::net::UdpSocket::from_std(socket)))
        .map_err(|_| missing("I/O", "enable_io"))
}

#[cfg(test)]
mod tests;
