use std::path::PathBuf;

use super::{SecretLocation, secret_variables};

#[test]
fn parse_accepts_the_documented_forms() {
    let parse = |argument| SecretLocation::parse(argument, "--access-token").unwrap();
    assert_eq!(parse("-"), SecretLocation::StandardInput);
    assert_eq!(
        parse("env:TOKEN"),
        SecretLocation::Environment("TOKEN".to_owned())
    );
    assert_eq!(
        parse("file:/run/token"),
        SecretLocation::File(PathBuf::from("/run/token"))
    );
}

#[test]
fn parse_of_a_plain_secret_fails_without_repeating_it() {
    for secret in ["EAAG-plain-secret", "env:", "file:", "https://x?token=EAAG"] {
        let error = SecretLocation::parse(secret, "--access-token").unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("--access-token does not say where"),
            "{message}"
        );
        assert!(!message.contains("EAAG"), "{message}");
    }
}

#[test]
fn profile_accepts_a_command_without_a_shell() {
    let location = SecretLocation::parse_in_profile("command:pass show 'bird key'", "access_key");
    let words = ["pass", "show", "bird key"].map(str::to_owned).to_vec();
    assert_eq!(location.unwrap(), SecretLocation::Command(words));
    let error = SecretLocation::parse_in_profile("a-plain-secret", "access_key").unwrap_err();
    assert!(!error.to_string().contains("a-plain-secret"));
}

#[test]
fn file_is_read_without_its_line_break() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "a-secret\r\n").unwrap();
    let secret = SecretLocation::File(file.path().to_owned()).read("--key-file");
    assert_eq!(secret.unwrap().expose(), "a-secret");
}

#[test]
fn empty_file_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = SecretLocation::File(file.path().to_owned())
        .read("--key-file")
        .unwrap_err();
    assert_eq!(error.to_string(), "--key-file: the secret is empty");
}

#[test]
fn variables_of_the_arguments_are_secret() {
    let arguments = [
        "--signing-key",
        "env:KEY",
        "--security-argument=a.b=env:TOKEN",
        "env:",
        "env:A=B",
        "--argument=bot={\"token\": \"env:BOT\"}",
    ];
    let variables = secret_variables(arguments.iter().map(Into::into));
    assert_eq!(variables, ["BIRD_ACCESS_KEY", "KEY", "TOKEN", "A", "BOT"]);
}

#[test]
fn file_of_any_editor_is_read_without_its_marks() {
    let utf16 = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        let units = "a-secret\r\n".encode_utf16().flat_map(unit);
        mark.iter().copied().chain(units).collect::<Vec<u8>>()
    };
    for content in [
        b"a-secret".to_vec(),
        b"a-secret\n\n".to_vec(),
        b"\xef\xbb\xbfa-secret\r\n".to_vec(),
        utf16(b"\xff\xfe", u16::to_le_bytes),
        utf16(b"\xfe\xff", u16::to_be_bytes),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &content).unwrap();
        let secret = SecretLocation::File(file.path().to_owned()).read("--key-file");
        assert_eq!(secret.unwrap().expose(), "a-secret", "{content:?}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"\xff\xfea").unwrap();
    let error = SecretLocation::File(file.path().to_owned()).read("--key-file");
    let error = error.unwrap_err().to_string();
    assert!(error.contains("is not valid UTF-8"), "{error}");
}

#[test]
fn secret_in_the_place_of_a_path_or_a_name_is_described_and_not_repeated() {
    let read = |location: SecretLocation| location.read("--key-file").unwrap_err().to_string();
    for path in ["EAAG-secret", "EAAG/secret", "/EAAG", &"EAAG".repeat(2000)] {
        let error = read(SecretLocation::File(PathBuf::from(path)));
        assert!(error.contains("is not shown"), "{error}");
        assert!(!error.contains("EAAG"), "{error}");
        let length = format!("{} characters", path.len());
        assert!(error.contains(&length), "{error}");
    }
    for name in ["EAAGsecret", "eaag-secret", "EAAG2026"] {
        let error = read(SecretLocation::Environment(name.to_owned()));
        assert!(error.contains("is not shown"), "{error}");
        assert!(!error.contains(name), "{error}");
    }
    let unset = SecretLocation::Environment("BIRD_NOT_SET".to_owned());
    assert!(read(unset).contains("variable BIRD_NOT_SET is not set"));
    // It exists, so it is a path.
    let folder = tempfile::tempdir().unwrap();
    let error = read(SecretLocation::File(folder.path().to_owned()));
    assert!(
        error.contains(&folder.path().display().to_string()),
        "{error}"
    );
}

#[test]
fn location_is_named_without_the_arguments_of_a_command() {
    let command = SecretLocation::Command(vec!["pass".to_owned(), "show".to_owned()]);
    assert_eq!(command.to_string(), "command pass");
    assert_eq!(SecretLocation::StandardInput.to_string(), "standard input");
}
