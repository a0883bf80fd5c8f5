//! Stored waits and checkpoints, as a queue or a file may give them back.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::LazyLock;

use bird_connectors::{Checkpoint, Client, Error, WaitToken};
use serde::{Serialize, de::DeserializeOwned};

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let builder = Client::builder().access_key("a-key").base_url("http://127.0.0.1:1");
    builder.build().expect("a client")
});

/// What can be read is written, in both forms, and read again as the same.
fn round_trip<T>(text: &str) -> Option<T>
where
    T: FromStr<Err = Error> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let read = [
        text.parse().map_err(|error: Error| error.to_string()),
        serde_json::from_str(text).map_err(|error| error.to_string()),
    ];
    let read: Vec<T> = read.into_iter().flatten().collect();
    for value in &read {
        assert_eq!(&value.to_string().parse::<T>().expect("its own text"), value);
        let json = serde_json::to_string(value).expect("its JSON");
        assert_eq!(&serde_json::from_str::<T>(&json).expect("is read"), value);
        let _ = format!("{value:?}");
    }
    read.into_iter().next()
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(token) = round_trip::<WaitToken>(text) {
        let workspace = CLIENT.workspace(token.workspace()).expect("it is named");
        let install = workspace.connectors().resume(token.clone()).expect("its own workspace");
        assert_eq!(install.id(), token.connector());
        let other = CLIENT.workspace(uuid::Uuid::max()).expect("it is named");
        if token.workspace() != uuid::Uuid::max() {
            assert!(other.connectors().resume(token).is_err());
        }
    }
    if let Some(checkpoint) = round_trip::<Checkpoint>(text) {
        let workspace = CLIENT.workspace(checkpoint.workspace()).expect("it is named");
        // Nothing is asked before the first poll: this must only not panic.
        let _ = workspace.connectors().list().from(checkpoint).items();
    }
});
