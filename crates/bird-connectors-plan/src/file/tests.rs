//! Parsing and checking of files, and their JSON Schema.

mod schema;

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

const WORKSPACE: &str = "2d7a1e03-25e4-401e-bf1e-0ace545673d7";
const NUMBER: &str = "232d438f-9512-56f4-90a4-d0a17bf28237";

/// A file with these entries in the list of connectors.
fn connectors(entries: &str) -> String {
    format!(
        "version: 1\nproject: acme\nworkspaces:\n  - id: {WORKSPACE}\n    connectors:\n{entries}"
    )
}

fn parse(text: &str) -> Result<DesiredState, FileErrors> {
    DesiredState::parse(&[SourceFile::new("channels.yaml", text)])
}

/// The first line of each problem.
fn problems(text: &str) -> Vec<String> {
    let errors = parse(text).unwrap_err();
    let lines = errors.problems().iter().map(|problem| {
        let (line, column) = (problem.line, problem.column);
        format!("{line}:{column}: {}", problem.message)
    });
    lines.collect()
}

#[test]
fn file_with_every_template_and_a_subscription_is_parsed() {
    let text = connectors(&format!(
        r#"
      - {{ name: A, template: sms, phone_number_id: {NUMBER}, message_type: 2fa, conversational: true }}
      - {{ name: B, template: voice, phone_number: "+31612345678" }}
      - {{ name: C, template: whatsapp, waba_id: "102290129340398", phone_id: "106540352242922",
          phone_number: "+31612345679", access_token: env:META_TOKEN }}
      - {{ name: D, template: telegram, arguments: {{ bot_token: env:BOT, nested: [1, true] }},
          security_arguments: {{ oauth: {{ accessToken: file:token }} }} }}
      - {{ name: E, template: "viber:1", invitation_token: env:INVITATION }}
    webhook_subscriptions:
      - event: channel.updated
        url: https://hooks.example.com/bird
        filters: {{ platformId: whatsapp }}
        signing_key: env:HOOK_KEY
        status: inactive
"#
    ));
    let desired = parse(&text).unwrap();
    assert_eq!(desired.project(), "acme");
    let [workspace] = desired.workspaces() else {
        panic!("one workspace");
    };
    assert_eq!(workspace.name(), WORKSPACE);
    let references: Vec<_> = workspace
        .connectors()
        .unwrap()
        .iter()
        .map(|connector| {
            (
                connector.name(),
                connector.reference(),
                connector.place().line,
            )
        })
        .collect();
    assert_eq!(
        references,
        [
            ("A", "sms-messagebird:1", 7),
            ("B", "voice-messagebird:1", 8),
            ("C", "whatsapp:1", 9),
            ("D", "telegram:1", 11),
            ("E", "viber:1", 13),
        ]
    );
    assert_eq!(
        workspace.subscriptions().unwrap()[0].event(),
        "channel.updated"
    );
}

#[test]
fn list_that_is_left_out_differs_from_an_empty_one() {
    let desired = parse(&connectors("      []\n")).unwrap();
    assert!(desired.workspaces()[0].connectors().unwrap().is_empty());
    assert!(desired.workspaces()[0].subscriptions().is_none());
}

#[test]
fn each_mistake_is_reported_with_its_place() {
    let sms = format!("phone_number_id: {NUMBER}, message_type: 2fa");
    for (entry, expected) in [
        ("{ template: sms }", "6:9: the connector has no `name`"),
        ("{ name: A }", "6:9: the connector has no `template`"),
        ("{ name: '', template: line }", "6:17: the name is empty"),
        (
            "{ name: A, template: what_sapp }",
            "6:30: unknown template: did you mean `whatsapp`?",
        ),
        (
            "{ name: A, template: line, phone_number_id: x }",
            "6:53: the template `line` has no `phone_number_id`",
        ),
        (
            "{ name: A, template: voice }",
            "6:9: the template `voice` needs `phone_number_id` or `phone_number`",
        ),
        (
            "{ name: A, template: voice, phone_number_id: 12 }",
            "6:54: `phone_number_id`: invalid number id: expected a UUID",
        ),
        (
            "{ name: A, template: line, arguments: { api_key: planted-secret } }",
            "6:58: the argument `api_key` is a secret: expected a reference",
        ),
        (
            "{ name: A, template: line, nmae: B }",
            "6:36: unknown field `nmae`",
        ),
        (
            "{ name: A, name: B, template: line }",
            "6:20: duplicate mapping key",
        ),
        (
            "{ name: A, template: line, conversational: maybe }",
            "6:52: ",
        ),
        (
            "{ name: A, template: 'viber:' }",
            "6:9: invalid template `viber:`",
        ),
    ] {
        let all = problems(&connectors(&format!("      - {entry}\n")));
        assert!(all[0].starts_with(expected), "{entry}: {all:?}");
    }
    let misspelled = sms.replace("2fa", "2FA");
    let entry = format!("      - {{ name: A, template: sms, {misspelled} }}\n");
    assert!(problems(&connectors(&entry))[0].contains("did you mean `2fa`"));
}

#[test]
fn all_problems_of_all_files_are_reported() {
    let first = connectors("      - { name: A }\n      - { template: line }\n");
    let second = first
        .replace("acme", "other")
        .replace("    connectors:", "    conectors:");
    let files = [
        SourceFile::new("a.yaml", first),
        SourceFile::new("b.yaml", second),
    ];
    let errors = DesiredState::parse(&files).unwrap_err();
    let paths: Vec<_> = errors
        .problems()
        .iter()
        .map(|one| one.path.as_str())
        .collect();
    assert_eq!(paths, ["a.yaml", "a.yaml", "b.yaml", "b.yaml"]);
}

#[test]
fn structural_problem_hides_no_other_problem_of_its_file() {
    let text = format!(
        "\
version: one
project: a b
label: x
workspaces:
  - id: {WORKSPACE}
    connectors:
      - nmae: A
        template: telgram
        conversational: maybe
      -
      - name: [B]
      - name: C
        template: telgram
      - name: D
        template: line
        arguments:
          nested:
            - name: x
            - apiToken:
                planted-secret
            - tokens:
              - x
    webhook_subscriptions:
      - event: channel.updated
        filters:
          platformId: [a]
  - label: second
    connectors:
      - template: line
  - third
"
    );
    assert_eq!(
        problems(&text)
            .iter()
            .map(|problem| problem.split(": expected").next().unwrap())
            .collect::<Vec<_>>(),
        [
            "1:10: `version`",
            "2:10: invalid name of a project",
            "3:1: unknown field `label`",
            "7:9: unknown field `nmae`",
            "9:25: `conversational`",
            "10:8",
            "11:15: `name`",
            "13:19: unknown template: did you mean `telegram`?",
            "20:17: the argument `apiToken` is a secret",
            "22:17: the argument `tokens` is a secret",
            "26:23: `platformId`",
            "27:5: the workspace has no `id`",
            "29:9: the connector has no `name`",
            "30:5",
        ]
    );
}

#[test]
fn place_of_a_value_is_the_line_on_which_it_is_written() {
    for (entries, expected) in [
        ("      -\n      - { name: A, template: line }\n", "6:8: "),
        ("      - { name: A, template: line }\n      -\n", "7:8: "),
        ("      - ~\n", "6:9: "),
        (
            "      -\n        name: A\n",
            "7:9: the connector has no `template`",
        ),
        (
            "      - # comment\n        name: A\n",
            "7:9: the connector has no `template`",
        ),
        (
            "      -\n        - x\n",
            "7:9: expected a connector, found a list",
        ),
        (
            "      - name:\n          first: x\n        template: line\n",
            "7:11: `name`: expected a string, found a mapping",
        ),
        (
            "      - name:\n        - x\n        template: line\n",
            "7:11: `name`: expected a string, found a list",
        ),
        (
            "      - {\n          template: line }\n",
            "6:9: the connector has no `name`",
        ),
        (
            "      - name: A\n        template: line\n        arguments:\n          nested:\n            token:\n              {}\n",
            "11:15: the argument `token`",
        ),
        (
            "      - name: A\n        template: line\n        arguments:\n          nested:\n            token: x\n",
            "10:20: the argument `token`",
        ),
        (
            "      - name: A\n        template: line\n        security_arguments:\n          oauth: x\n",
            "9:18: `oauth`: expected a mapping, found a string",
        ),
    ] {
        let all = problems(&connectors(entries));
        assert_eq!(
            all.iter().filter(|one| one.starts_with(expected)).count(),
            1,
            "{entries}{all:?}"
        );
    }
}

#[test]
fn scalar_in_place_of_a_string_is_read_as_it_is_written() {
    let entry = "      - { name: 0x1F, template: line }\n      - { name: true, template: line }\n      - { name: 1.50, template: line }\n";
    let desired = parse(&connectors(entry)).unwrap();
    let names = desired.workspaces()[0].connectors().unwrap().iter();
    let names: Vec<_> = names.map(|connector| connector.name()).collect();
    assert_eq!(names, ["0x1F", "true", "1.50"]);
}

#[test]
fn anchors_and_merges_are_what_they_refer_to() {
    let text = connectors(
        "      - &base { name: A, template: line }\n      - { <<: *base, name: B }\n      - { name: &name 17, template: telegram }\n      - { name: *name, template: line }\n",
    );
    let desired = parse(&text).unwrap();
    let connectors = desired.workspaces()[0].connectors().unwrap().iter();
    let connectors: Vec<_> = connectors
        .map(|one| (one.name(), one.reference()))
        .collect();
    assert_eq!(
        connectors,
        [
            ("A", "line:1"),
            ("B", "line:1"),
            ("17", "telegram:1"),
            ("17", "line:1")
        ]
    );
}

#[test]
fn deeply_nested_file_is_refused_without_a_panic() {
    for nested in ["[", "{a: ", "- "] {
        let _ = parse(&nested.repeat(100_000)).map_err(|errors| errors.to_string());
        let arguments = format!(
            "      - {{ name: A, template: line, arguments: {{ a: {}",
            nested.repeat(100_000)
        );
        assert!(parse(&connectors(&arguments)).is_err());
    }
}

#[test]
fn files_of_two_projects_are_refused() {
    let first = connectors("      []\n");
    let second = first.replace("acme", "other");
    let files = [
        SourceFile::new("a.yaml", first),
        SourceFile::new("b.yaml", second),
    ];
    let errors = DesiredState::parse(&files).unwrap_err().to_string();
    assert!(
        errors.starts_with("b.yaml:2:10: the project is `acme` at a.yaml:2:10: all files"),
        "{errors}"
    );
}

#[test]
fn connector_that_two_files_describe_is_refused() {
    let by_number = format!("      - {{ name: A, template: voice, phone_number_id: {NUMBER} }}\n");
    let by_digits = "      - { name: A, template: voice, phone_number: '+31612345678' }\n";
    let by_name = "      - { name: A, template: line }\n";
    for entry in [&*by_number, by_digits, by_name] {
        let renamed = entry.replace("name: A", "name: B");
        let other = if entry == by_name { entry } else { &renamed };
        let files = [
            SourceFile::new("a.yaml", connectors(entry)),
            SourceFile::new("b.yaml", connectors(other)),
        ];
        let errors = DesiredState::parse(&files).unwrap_err().to_string();
        assert!(
            errors.contains("describes the same connector as a.yaml:6:9"),
            "{errors}"
        );
    }
    // Another workspace has its own.
    let files = [
        SourceFile::new("a.yaml", connectors(by_name)),
        SourceFile::new(
            "b.yaml",
            connectors(by_name).replace("2d7a1e03", "3d7a1e03"),
        ),
    ];
    DesiredState::parse(&files).unwrap();
}

#[test]
fn subscription_without_a_public_url_or_described_twice_is_refused() {
    let file = |entries: &str| {
        let text = connectors("      []\n");
        format!("{text}    webhook_subscriptions:\n{entries}")
    };
    let entry = "      - { event: channel.updated, url: 'https://hooks.example.com/bird' }\n";
    parse(&file(entry)).unwrap();
    let local = entry.replace("hooks.example.com", "localhost");
    assert!(problems(&file(&local))[0].contains("has no host name with a dot"));
    let twice = problems(&file(&entry.repeat(2)));
    assert!(
        twice[0].starts_with("9:9: this describes the same subscription as channels.yaml:8:9"),
        "{twice:?}"
    );
}

#[test]
fn no_secret_of_a_file_appears_in_an_error() {
    for entry in [
        "{ name: A, template: whatsapp, access_token: planted-secret }",
        "{ name: A, template: whatsapp, access_token: {x: planted-secret} }",
        "{ name: A, template: line, invitation_token: [planted-secret] }",
        "{ name: A, template: line, conversational: planted-secret }",
        "{ name: A, template: line, arguments: planted-secret }",
        "{ name: A, template: line, security_arguments: { a: planted-secret } }",
        "{ name: A, template: line, security_arguments: { a: { b: planted-secret } } }",
        "{ name: A, template: voice, phone_number_id: planted-secret }",
        "{ name: A, template: line, arguments: { token: planted-secret } }",
        "planted-secret",
        "{ name: A, template: line, invitation_token: \"planted-secret",
        "{ name: A, template: line, invitation_token: planted-secret: x }",
    ] {
        let errors = parse(&connectors(&format!("      - {entry}\n"))).unwrap_err();
        let shown = format!("{errors} {errors:?}");
        assert!(!shown.contains("planted"), "{entry}: {shown}");
    }
}

#[test]
fn folder_stands_for_its_files_and_a_missing_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = SourceFile::read_all([folder.path()])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("contains no file whose name ends with .yaml"),
        "{error}"
    );
    for name in ["b.yaml", "a.yml", "notes.txt"] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    // A file that is named twice is read once.
    let paths = [folder.path().to_owned(), folder.path().join("b.yaml")];
    let files = SourceFile::read_all(paths).unwrap();
    let texts: Vec<_> = files.iter().map(|file| file.text.as_str()).collect();
    assert_eq!(texts, ["a.yml", "b.yaml"]);
    let missing = SourceFile::read_all([folder.path().join("missing.yaml")]).unwrap_err();
    assert!(
        missing.problems()[0]
            .message
            .starts_with("cannot be read: ")
    );
    assert!(SourceFile::read_all(Vec::<PathBuf>::new()).is_err());
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused_without_a_panic(text in "\\PC*", tail in "[ \\n:{}\\[\\]\"'&*!|>a-z-]*") {
        let _ = parse(&text);
        let _ = parse(&connectors(&tail)).map_err(|errors| errors.to_string());
    }
}
