//! Wait tokens and checkpoints that were stored in a queue or a file and may be corrupt.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::LazyLock;

use bird_connectors::list::Checkpoint;
use bird_connectors::wait::WaitToken;
use bird_connectors::{Client, Error, WorkspaceId};
use serde::{Serialize, de::DeserializeOwned};

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let builder = Client::builder()
        .access_key("a-key")
        .base_url("http://127.0.0.1:1");
    builder.build().expect("a client")
});

/// Parses the input as a string and as JSON. Each value that results survives a round trip in both forms.
fn round_trip<T>(input: &str) -> Option<T>
where
    T: FromStr<Err = Error> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    let parsed = [
        input.parse().map_err(|error: Error| error.to_string()),
        serde_json::from_str(input).map_err(|error| error.to_string()),
    ];
    let values: Vec<T> = parsed.into_iter().flatten().collect();
    for value in &values {
        assert_eq!(
            &value
                .to_string()
                .parse::<T>()
                .expect("its own string form parses"),
            value
        );
        let json = serde_json::to_string(value).expect("the value serializes");
        assert_eq!(
            &serde_json::from_str::<T>(&json).expect("its own JSON deserializes"),
            value
        );
        let _ = format!("{value:?}");
    }
    values.into_iter().next()
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(input) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(token) = round_trip::<WaitToken>(input) {
        let workspace = CLIENT.workspace(token.workspace_id());
        let install = workspace
            .connectors()
            .resume(token.clone())
            .expect("the token is of this workspace");
        assert_eq!(install.id(), token.connector_id());
        let other_id = WorkspaceId::from_u128(u128::MAX);
        let other = CLIENT.workspace(other_id);
        if token.workspace_id() != other_id {
            assert!(other.connectors().resume(token).is_err());
        }
    }
    if let Some(checkpoint) = round_trip::<Checkpoint>(input) {
        let workspace = CLIENT.workspace(checkpoint.workspace_id());
        // The list sends nothing before the first poll. Building it must not panic.
        let _ = workspace
            .connectors()
            .list()
            .resume_from(checkpoint)
            .items();
    }
});
