//! Files of channels: `validate`.

mod support;

use std::fs;

use support::World;

#[test]
fn example_and_schema_are_printed_and_the_example_is_valid() {
    let world = World::new();
    let example = world.run(&["validate", "--example"]).expect(0).out;
    fs::write(world.folder().join("channels.yaml"), example).unwrap();
    let valid = world
        .run(&["validate", "channels.yaml", "-o", "json"])
        .expect(0)
        .json();
    assert_eq!(valid["connectors"], 3);
    assert_eq!(valid["webhook_subscriptions"], 1);
    let schema = world.run(&["validate", "--schema"]).expect(0).json();
    assert_eq!(schema["title"], "Channels of Bird workspaces");
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn problems_have_a_place_and_an_excerpt_and_show_no_secret() {
    let world = World::new();
    let text = "version: 1\nproject: acme\nworkspaces:\n  - id: 2d7a1e03-25e4-401e-bf1e-0ace545673d7\n    connectors:\n      \
                - name: Bot\n        template: telegram\n        invitation_token: planted-secret\n";
    fs::write(world.folder().join("channels.yaml"), text).unwrap();
    let ran = world.run(&["validate", "channels.yaml"]).expect(2);
    assert_eq!(
        ran.err,
        "channels.yaml:8:27: `invitation_token` is a secret: expected a reference, env:NAME or file:PATH, because files that are \
         under review must not contain secrets\n  |\n8 |         invitation_token: [redacted]\n  |                           ^\n\
         error: the files have a problem\n"
    );
    let error = world
        .run(&["validate", ".", "-o", "json"])
        .expect(2)
        .error();
    assert_eq!(error["kind"], "invalid_files");
    assert_eq!(error["details"][0]["line"], 8);
    assert!(!error.to_string().contains("planted-secret"));
    world.run(&["validate"]).expect(2);
    world.run(&["validate", "missing.yaml"]).expect(2);
}
