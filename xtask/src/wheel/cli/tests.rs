use super::{is_program, problems};
use crate::archive;

const FILES: [&str; 7] = [
    "bird_connectors_cli-0.1.0.data/scripts/bird-connectors",
    "bird_connectors_cli-0.1.0.dist-info/METADATA",
    "bird_connectors_cli-0.1.0.dist-info/RECORD",
    "bird_connectors_cli-0.1.0.dist-info/WHEEL",
    "bird_connectors_cli-0.1.0.dist-info/licenses/LICENSE-APACHE",
    "bird_connectors_cli-0.1.0.dist-info/licenses/LICENSE-MIT",
    "bird_connectors_cli-0.1.0.dist-info/sboms/bird-connectors-cli.cyclonedx.json",
];

#[test]
fn complete_wheel_has_no_problems() {
    assert_eq!(problems(&archive::entries(&FILES)), [""; 0]);
}

#[test]
fn missing_licence_and_unexpected_file_are_problems() {
    let mut files = FILES.to_vec();
    files[5] = "bird_connectors_cli/__init__.py";
    assert_eq!(problems(&archive::entries(&files)).len(), 2);
}

#[test]
fn program_is_recognized_on_every_system() {
    for (path, expected) in [
        ("a-1.data/scripts/bird-connectors", true),
        ("a-1.data/scripts/bird-connectors.exe", true),
        ("a-1.data/scripts/bird-connectors-sandbox", false),
        ("bird-connectors", false),
    ] {
        assert_eq!(is_program(path), expected, "{path}");
    }
}
