//! A connection between the program and the sandbox that can hold responses back.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use super::World;

/// Forwards requests to the sandbox, and holds the response of one create back until it is opened.
pub(crate) struct ResponseGate {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    sandbox: String,
    creates: AtomicUsize,
    /// The number of the create whose response is held back, from 1.
    held: usize,
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl ResponseGate {
    /// Holds the response of this create back, from 1.
    pub(crate) fn holding(world: &World, create: usize) -> Self {
        let url = world.sandbox.base_url();
        let state = Arc::new(State {
            sandbox: url
                .strip_prefix("http://")
                .unwrap()
                .trim_end_matches('/')
                .to_owned(),
            creates: AtomicUsize::new(0),
            held: create,
            is_open: Mutex::new(false),
            opened: Condvar::new(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::clone(&state);
        // The thread ends with the test process.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                shared.connect(client.unwrap());
            }
        });
        Self { address, state }
    }

    /// The base URL for the program.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends the response that is held back.
    pub(crate) fn open(&self) {
        *self.state.is_open.lock().unwrap() = true;
        self.state.opened.notify_all();
    }
}

impl State {
    fn connect(self: &Arc<Self>, client: TcpStream) {
        let sandbox = TcpStream::connect(&self.sandbox).unwrap();
        let holds = Arc::new(AtomicBool::new(false));
        let streams = (client.try_clone().unwrap(), sandbox.try_clone().unwrap());
        let (state, held) = (Arc::clone(self), Arc::clone(&holds));
        std::thread::spawn(move || {
            forward(streams.0, streams.1, |request| {
                if request.starts_with(b"POST ") {
                    let number = state.creates.fetch_add(1, Ordering::SeqCst) + 1;
                    held.store(number == state.held, Ordering::SeqCst);
                }
            });
        });
        let state = Arc::clone(self);
        std::thread::spawn(move || {
            forward(sandbox, client, |_| {
                if holds.load(Ordering::SeqCst) {
                    let is_open = state.is_open.lock().unwrap();
                    drop(state.opened.wait_while(is_open, |open| !*open).unwrap());
                }
            });
        });
    }
}

/// Copies bytes until one side closes its connection. `before` gets each piece before it is sent.
fn forward(mut from: TcpStream, mut to: TcpStream, mut before: impl FnMut(&[u8])) {
    let mut buffer = [0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        before(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
