//! Complete HTTP responses from a server or a proxy, read by a client over the loopback interface: error bodies,
//! `Retry-After`, pages and their tokens. No item of a page is lost without notice: it is decoded if its id can be read, and
//! reported otherwise.

#![no_main]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use bird_connectors::list::{Checkpoint, Page};
use bird_connectors::models::Channel;
use bird_connectors::{Client, ConnectorId, Error, WorkspaceId};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

const KEY: &str = "planted-access-key";
const ID: ConnectorId = ConnectorId::from_u128(0x0b000000_0000_4000_8000_00000000000b);

const STATUSES: [u16; 16] = [
    200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 422, 429, 429, 500, 503,
];

/// The next response of the server.
static RESPONSE: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Setup {
    runtime: Runtime,
    client: Client,
}

static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!(
        "http://{}",
        listener.local_addr().expect("the listener has an address")
    );
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
        runtime: Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime"),
        client: client.expect("a client"),
    }
});

/// Serves a connection. The requests have no body, so each ends with an empty line.
fn serve(mut stream: TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        request.extend_from_slice(&buffer[..read]);
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            let response = RESPONSE.lock().expect("not poisoned").clone();
            if stream.write_all(&response).is_err() {
                return;
            }
        }
    }
}

/// Builds the next response from the input: a byte that chooses the status, the value of `Retry-After` up to the end of
/// the line, and the body. Returns the body if the response is a success that has one.
fn set_response(data: &[u8]) -> Option<&[u8]> {
    let (choice, rest) = data.split_first().unwrap_or((&0, b""));
    let status = STATUSES[usize::from(*choice) % STATUSES.len()];
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let (retry_after, body) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    // Control characters are not allowed in a header value.
    let retry_after: Vec<u8> = retry_after
        .iter()
        .copied()
        .filter(|byte| *byte >= b' ' && *byte != 0x7f)
        .collect();
    let body = if status == 204 { &[] } else { body };
    let mut response =
        format!("HTTP/1.1 {status} Fuzzed\r\nContent-Type: application/json\r\n").into_bytes();
    response.extend_from_slice(b"Retry-After: ");
    response.extend_from_slice(&retry_after);
    if status != 204 {
        response.extend_from_slice(format!("\r\nContent-Length: {}", body.len()).as_bytes());
    }
    response.extend_from_slice(b"\r\n\r\n");
    response.extend_from_slice(body);
    *RESPONSE.lock().expect("not poisoned") = response;
    matches!(status, 200 | 201).then_some(body)
}

/// The items of a page, by a reading of JSON that shares nothing with the SDK. `None` if the body is not a page.
fn items_of(json: &Value) -> Option<Vec<Value>> {
    let fields = json.as_object()?;
    let has_token = match fields.get("nextPageToken") {
        None | Some(Value::Null) => false,
        Some(Value::String(token)) => !token.is_empty(),
        Some(Value::Number(_)) => true,
        Some(Value::Object(fields)) if fields.is_empty() => false,
        Some(_) => return None,
    };
    match fields.get("results") {
        Some(Value::Array(items)) => Some(items.clone()),
        Some(Value::Null) => Some(Vec::new()),
        Some(_) => None,
        None => {
            let only_token = fields.keys().all(|name| name == "nextPageToken");
            (has_token || only_token).then(Vec::new)
        }
    }
}

/// Whether the id of an item can be read. `None` for spellings of UUIDs that the API does not document.
fn has_readable_id(item: &Value) -> Option<bool> {
    let Some(id) = item.get("id").and_then(Value::as_str) else {
        return Some(false);
    };
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let is_documented = id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| {
            if is_hyphen(at) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        });
    if is_documented {
        return Some(true);
    }
    let digits = id.bytes().filter(u8::is_ascii_hexdigit).count();
    (digits != 32).then_some(false)
}

/// Compares what the SDK has read with the body.
fn check_page(body: &[u8], result: &Result<Page<Channel>, Error>) {
    // The SDK repairs a body that is not JSON.
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    match (items_of(&json), result) {
        (None, Ok(page)) => panic!("read as a page: {page:?}"),
        (None, Err(_)) => {}
        (Some(items), Err(error)) => panic!("{} items are lost: {error}", items.len()),
        (Some(items), Ok(page)) => {
            let mut decoded = page.items.iter();
            for (index, item) in items.iter().enumerate() {
                let is_reported = page.undecodable.iter().any(|item| item.index == index);
                if let Some(is_readable) = has_readable_id(item) {
                    assert_eq!(is_reported, !is_readable, "item {index}");
                }
                if !is_reported {
                    let channel = decoded
                        .next()
                        .expect("an item that is not reported is decoded");
                    let id = item["id"].as_str().expect("its id is a string");
                    assert_eq!(Ok(channel.id), id.parse());
                }
            }
            assert!(decoded.next().is_none(), "an item was added");
            assert!(page.undecodable.len() <= items.len());
        }
    }
}

/// An error is shown on one line, does not expose the access key, and its checkpoint can be stored.
fn check(error: &Error) {
    let line = error.to_string();
    assert!(!line.contains('\n') && !line.contains('\r'), "{line:?}");
    let exposed = format!("{line}{error:?}{:?}{:?}", error.raw(), error.details());
    assert!(!exposed.contains(KEY), "{exposed}");
    if let Some(checkpoint) = error.checkpoint() {
        let parsed: Checkpoint = checkpoint.to_string().parse().expect("a valid checkpoint");
        assert_eq!(&parsed, checkpoint);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Setup { runtime, client } = &*SETUP;
    let body = set_response(data);
    runtime.block_on(async {
        let workspace = client.workspace(WorkspaceId::from_u128(1));
        if let Err(error) = workspace.connectors().get(ID).await {
            check(&error);
        }
        let page = workspace.channels().list().first_page().await;
        if let Some(body) = body {
            check_page(body, &page);
        }
        if let Err(error) = &page {
            check(error);
        }
        // The server returns this page for every request, so the list must detect the cycle of tokens or stop at the limit.
        match workspace.channels().list().collect_up_to(50).await {
            Ok(list) => assert!(list.items.len() <= 50),
            Err(partial) => check(&partial.error),
        }
    });
});
