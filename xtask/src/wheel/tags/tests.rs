use super::*;

const LINUX: &str =
    "bird_connectors-0.1.0-cp310-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";

#[test]
fn name_of_a_wheel_yields_its_tags() {
    let tags = Tags::parse("bird_connectors-0.1.0-cp314-cp314t-win_arm64.whl").unwrap();
    assert_eq!(
        tags,
        Tags {
            python: "cp314",
            abi: "cp314t",
            platform: "win_arm64"
        }
    );
    assert!(Tags::parse("bird_connectors-0.1.0.tar.gz").is_err());
    assert!(Tags::parse("bird_connectors-0.1.0-cp310-abi3.whl").is_err());
}

#[test]
fn wheel_of_the_expected_target_passes() {
    let tags = Tags::parse(LINUX).unwrap();
    tags.check(Some("x86_64-unknown-linux-gnu"), false).unwrap();
    tags.check(None, false).unwrap();
}

#[test]
fn unexpected_tags_are_errors() {
    let tags = Tags::parse(LINUX).unwrap();
    for (target, free_threaded, expected) in [
        (None, true, "expected cp314-cp314t"),
        (
            Some("x86_64-unknown-linux-musl"),
            false,
            "expected musllinux_1_2_x86_64",
        ),
        (
            Some("riscv64gc-unknown-linux-gnu"),
            false,
            "no wheel is released for the target",
        ),
    ] {
        let error = tags.check(target, free_threaded).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn only_linux_targets_have_a_compatibility() {
    assert_eq!(
        compatibility("aarch64-unknown-linux-gnu"),
        Some("manylinux2014")
    );
    assert_eq!(
        compatibility("aarch64-unknown-linux-musl"),
        Some("musllinux_1_2")
    );
    assert_eq!(compatibility("aarch64-apple-darwin"), None);
}
