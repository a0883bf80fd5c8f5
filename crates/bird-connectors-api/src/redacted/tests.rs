use super::*;

#[test]
fn name_that_suggests_a_secret_is_recognized_in_every_spelling() {
    for name in [
        "token",
        "botToken",
        "bot_token",
        "accesstoken",
        "clientSecret",
        "PASSWORD",
        "db-password",
        "credentials",
        "apiKey",
        "APIKey",
        "api_key",
        "apikey",
        "privateKeys",
        "key",
        "PIN",
        "sim-pin",
        "simPin",
        "pin2Pin",
        "pwd",
        "signingKey",
    ] {
        assert!(looks_secret(name), "{name}");
    }
    for name in [
        "",
        "name",
        "phoneNumberId",
        "wabaId",
        "keyboard",
        "monkey",
        "shopping",
        "pinned",
        "spin",
        "channelMessageType",
        "\u{e9}",
        "_",
        "kEy",
    ] {
        assert!(!looks_secret(name), "{name}");
    }
}
