//! Whole answers as a server or a proxy may give them, read by a client over the loopback: error bodies, `Retry-After`,
//! pages and their tokens.

#![no_main]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use bird_connectors::{Checkpoint, Client, Error};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

const KEY: &str = "planted-access-key";
const ID: Uuid = Uuid::from_u128(0x0b000000_0000_4000_8000_00000000000b);

const STATUSES: [u16; 16] = [
    200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 422, 429, 429, 500, 503,
];

/// What the server answers next.
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Setup {
    runtime: Runtime,
    client: Client,
}

static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    let client = Client::builder()
        .base_url(url)
        .access_key(KEY)
        .max_attempts(1)
        .rate_limit(None)
        .timeout(Duration::from_secs(5))
        .build();
    Setup {
        runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
        client: client.expect("a client"),
    }
});

/// Requests here have no body, so each ends with an empty line.
fn serve(mut stream: TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        request.extend_from_slice(&buffer[..read]);
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            let answer = ANSWER.lock().expect("nobody panics with it").clone();
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    }
}

/// Status, then one line of `Retry-After`, then the body.
fn prepare(data: &[u8]) {
    let (kind, rest) = data.split_first().unwrap_or((&0, b""));
    let status = STATUSES[usize::from(*kind) % STATUSES.len()];
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let (after, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let after: Vec<u8> = after.iter().copied().filter(|byte| *byte >= b' ' && *byte != 0x7f).collect();
    let body = if status == 204 { b"" } else { body };
    let mut answer = format!("HTTP/1.1 {status} Fuzzed\r\nContent-Type: application/json\r\n").into_bytes();
    answer.extend_from_slice(b"Retry-After: ");
    answer.extend_from_slice(&after);
    if status != 204 {
        answer.extend_from_slice(format!("\r\nContent-Length: {}", body.len()).as_bytes());
    }
    answer.extend_from_slice(b"\r\n\r\n");
    answer.extend_from_slice(body);
    *ANSWER.lock().expect("nobody panics with it") = answer;
}

fn check(error: &Error) {
    let line = error.to_string();
    assert!(!line.contains('\n') && !line.contains('\r'), "{line:?}");
    let shown = format!("{line}{error:?}{:?}{:?}", error.raw(), error.details());
    assert!(!shown.contains(KEY), "{shown}");
    if let Some(checkpoint) = error.checkpoint() {
        let again: Checkpoint = checkpoint.to_string().parse().expect("a checkpoint is read");
        assert_eq!(&again, checkpoint);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Setup { runtime, client } = &*SETUP;
    prepare(data);
    runtime.block_on(async {
        let workspace = client.workspace(ID).expect("it is named");
        if let Err(error) = workspace.connectors().get(ID).await {
            check(&error);
        }
        // The same page for ever, unless the guard against circles ends it.
        match workspace.channels().list().collect_up_to(50).await {
            Ok(read) => assert!(read.items.len() <= 50),
            Err(partial) => check(&partial.error),
        }
    });
});
