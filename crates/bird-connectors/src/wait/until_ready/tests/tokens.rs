//! The two forms of wait tokens, and what parsing rejects.

use chrono::{DateTime, TimeZone as _, Utc};
use proptest::prelude::*;

use super::*;

fn moment(seconds: i64, nanoseconds: u32) -> DateTime<Utc> {
    Utc.timestamp_opt(seconds, nanoseconds).unwrap()
}

#[test]
fn token_json_has_the_documented_fields() {
    let token = WaitToken::new(WORKSPACE, CONNECTOR, moment(1_767_225_600, 5), true);
    assert_eq!(
        serde_json::to_value(&token).unwrap(),
        json!({
            "v": 1,
            "workspace": WORKSPACE,
            "connector": CONNECTOR,
            "created_at": "2026-01-01T00:00:00.000000005Z",
            "observed": true,
        })
    );
    let string = token.to_string();
    assert!(
        string
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
        "{string}"
    );
}

#[test]
fn parse_accepts_both_forms_with_surrounding_whitespace() {
    let token = WaitToken::new(WORKSPACE, CONNECTOR, moment(0, 0), false);
    for string in [
        token.to_string(),
        serde_json::to_string_pretty(&token).unwrap(),
    ] {
        let read: WaitToken = format!("\n {string}\n").parse().unwrap();
        assert_eq!(read, token);
    }
}

#[test]
fn parse_rejects_other_versions_by_number() {
    let token = WaitToken::new(WORKSPACE, CONNECTOR, moment(0, 0), false);
    for version in [0_u64, 2, 255, 256, u64::MAX] {
        let mut json = serde_json::to_value(&token).unwrap();
        json["v"] = version.into();
        let error = json.to_string().parse::<WaitToken>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let why = format!("version {version} is not supported by this release");
        assert!(error.to_string().contains(&why), "{error}");
        let error = serde_json::from_value::<WaitToken>(json).unwrap_err();
        assert!(error.to_string().contains(&why), "{error}");
    }
}

#[test]
fn parse_error_names_the_missing_field() {
    for field in ["v", "workspace", "connector", "created_at", "observed"] {
        let token = WaitToken::new(WORKSPACE, CONNECTOR, moment(0, 0), false);
        let mut json = serde_json::to_value(&token).unwrap();
        json.as_object_mut().unwrap().remove(field);
        let error = json.to_string().parse::<WaitToken>().unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[test]
fn parse_error_of_a_truncated_token_says_what_to_pass() {
    let whole = WaitToken::new(WORKSPACE, CONNECTOR, moment(0, 0), false).to_string();
    for string in ["", "x", "null", "{", &whole[..whole.len() - 4]] {
        let error = string.parse::<WaitToken>().unwrap_err();
        let message = error.to_string();
        let end = "invalid or truncated wait token: pass the string that `token` returned [errors#invalid_input]";
        assert!(message.ends_with(end), "{string}: {message}");
    }
}

#[test]
fn parse_error_says_what_was_passed_in_place_of_a_token() {
    let id = CONNECTOR.to_string();
    let checkpoint = r#"{"v":1,"operation":"listChannels","page_size":10,"workspace":"x"}"#;
    let url = format!("https://app.bird.com/workspaces/w/channels/sms-messagebird:1/{id}");
    for (string, given) in [
        (
            id.as_str(),
            "got a UUID: pass the id of a connector to `follow`",
        ),
        (
            &id.replace('-', ""),
            "got a UUID: pass the id of a connector to `follow`",
        ),
        (
            &format!(" {id}\n"),
            "got a UUID: pass the id of a connector to `follow`",
        ),
        (checkpoint, "got a checkpoint in place of the wait token"),
        (
            &url,
            "got the URL of a page in Bird's app in place of the wait token",
        ),
        (
            "sms-messagebird:1",
            "got a template reference in place of the wait token",
        ),
        (
            "+31612345678",
            "got a phone number in place of the wait token",
        ),
    ] {
        let message = string.parse::<WaitToken>().unwrap_err().to_string();
        assert!(message.contains(given), "{string}: {message}");
        assert!(message.contains("`token` returned"), "{message}");
    }
    let token = WaitToken::new(WORKSPACE, CONNECTOR, moment(0, 0), false);
    for string in [token.to_string(), serde_json::to_string(&token).unwrap()] {
        let message = string.parse::<ConnectorId>().unwrap_err().to_string();
        assert!(
            message.contains("pass a wait token to `resume`"),
            "{message}"
        );
        let message = string
            .parse::<crate::list::Checkpoint>()
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("got a wait token in place of the checkpoint"),
            "{message}"
        );
    }
    let signed = token.sign("key").unwrap();
    let message = signed.parse::<WaitToken>().unwrap_err().to_string();
    assert!(message.contains("read it with `verify`"), "{message}");
    let message = signed.parse::<ConnectorId>().unwrap_err().to_string();
    assert!(
        message.contains("pass a wait token to `resume`"),
        "{message}"
    );
}

#[test]
fn signed_token_is_read_only_with_its_key() {
    let token = WaitToken::new(WORKSPACE, CONNECTOR, moment(1_767_225_600, 5), true);
    let signed = token.sign("secret-key").unwrap();
    assert!(
        signed
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
        "{signed}"
    );
    assert_eq!(WaitToken::verify(&signed, "secret-key").unwrap(), token);
    assert_eq!(WaitToken::verify(&signed, b"secret-key").unwrap(), token);
    for (string, key, why) in [
        (signed.clone(), "another-key", "another key"),
        (token.to_string(), "secret-key", "not signed"),
        (signed.clone(), "", "key is empty"),
        (String::new(), "secret-key", "not signed"),
    ] {
        let error = WaitToken::verify(&string, key).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let message = error.to_string();
        assert!(
            message.starts_with("verify a wait token: ") && message.contains(why),
            "{message}"
        );
        assert!(!message.contains("secret-key") && !message.contains("another-key"));
    }
    assert!(token.sign("").is_err());
    // The signature is not part of the plain form.
    let error = signed.parse::<WaitToken>().unwrap_err().to_string();
    assert!(error.contains("read it with `verify`"), "{error}");
}

/// Each wait is too short for a 404 to mean that the connector does not exist, so the age has to come from the token.
#[tokio::test(start_paused = true)]
async fn token_dated_in_the_future_is_clamped() {
    let before = crate::clock::now();
    let future = before + chrono::TimeDelta::days(400);
    let fake = Fake::new().connector([http_error(404)]);
    let error = fake
        .wait_with(|wait| {
            wait.token = WaitToken::new(WORKSPACE, CONNECTOR, future, false);
            wait.options.timeout = Some(seconds(10.0));
        })
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
    let token = error.token().unwrap();
    assert!(token.created_at() >= before && token.created_at() <= crate::clock::now());

    // A minute later, the resumed wait knows that the create was a minute ago.
    let created_at = token.created_at() - chrono::TimeDelta::minutes(1);
    let later = WaitToken::new(WORKSPACE, CONNECTOR, created_at, token.observed());
    let error = fake
        .wait_with(|wait| {
            wait.token = later;
            wait.options.timeout = Some(seconds(10.0));
        })
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
}

proptest! {
    #[test]
    fn tokens_round_trip(
        workspace in any::<u128>(),
        connector in any::<u128>(),
        seconds in -62_000_000_000_i64..253_000_000_000,
        nanoseconds in 0_u32..1_000_000_000,
        observed: bool,
    ) {
        let token = WaitToken::new(
            WorkspaceId::from_u128(workspace),
            ConnectorId::from_u128(connector),
            moment(seconds, nanoseconds),
            observed,
        );
        let json = serde_json::to_string(&token).unwrap();
        prop_assert_eq!(&serde_json::from_str::<WaitToken>(&json).unwrap(), &token);
        prop_assert_eq!(&json.parse::<WaitToken>().unwrap(), &token);
        prop_assert_eq!(&token.to_string().parse::<WaitToken>().unwrap(), &token);
    }

    #[test]
    fn parse_of_garbage_returns_an_error(string: String, bytes: Vec<u8>, cut in 0_usize..200) {
        prop_assert!(string.parse::<WaitToken>().is_err());
        prop_assert!(String::from_utf8_lossy(&bytes).parse::<WaitToken>().is_err());
        let whole = WaitToken::new(WORKSPACE, CONNECTOR, moment(0, 0), false).to_string();
        let part = whole.get(..cut).filter(|part| part.len() < whole.len());
        prop_assert!(part.is_none_or(|part| part.parse::<WaitToken>().is_err()));
    }

    /// The clocks of two machines differ, and a stored date can be any date.
    #[test]
    fn age_is_never_negative(created in any::<i64>(), now in any::<i64>()) {
        let moment = |millis: i64| {
            let (low, high) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
            let clamped = millis.clamp(low.timestamp_millis(), high.timestamp_millis());
            DateTime::from_timestamp_millis(clamped).unwrap_or(high)
        };
        let (created, now) = (moment(created), moment(now));
        let age = WaitToken::new(WORKSPACE, CONNECTOR, created, false).age(now);
        prop_assert_eq!(age.is_zero(), now <= created);
    }
}
