//! `api`: any request to the API.

mod support;

use bird_connectors_sandbox::{Fault, Operation, Rule};
use support::World;

#[test]
fn placeholders_of_the_workspace_are_replaced_and_others_refused() {
    let world = World::new();
    for path in [
        "/workspaces/{workspace}/connectors",
        "/workspaces/{workspaceId}/connectors",
    ] {
        let ran = world.run(&["api", "GET", path, "--jq", ".results"]);
        assert_eq!(ran.expect(0).out, "[]\n");
    }
    let sent = world.sandbox.requests().len();
    let path = "/workspaces/{workspaceId}/connectors/{connectorId}";
    let ran = world.run(&["api", "GET", path]).expect(2);
    assert!(ran.err.contains("{connectorId}"), "{ran:?}");
    assert_eq!(world.sandbox.requests().len(), sent);
}

#[test]
fn path_that_leaves_the_base_url_is_refused() {
    let world = World::new();
    for path in [
        "https://other.example/x",
        "//other.example/x",
        "connectors",
        "/a/../b",
        "",
    ] {
        let error = world.run(&["api", "GET", path, "-o", "json"]).expect(2);
        assert_eq!(error.error()["outcome"], "not_sent", "{path}");
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn read_with_a_body_is_refused() {
    let world = World::new();
    for method in ["GET", "HEAD"] {
        let path = "/workspaces/{workspace}/connectors";
        let ran = world.run(&["api", method, path, "--field", "limit=1"]);
        let ran = ran.expect(2);
        assert!(ran.err.contains("--query"), "{ran:?}");
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn write_of_unknown_outcome_exits_with_8_and_a_hint() {
    let path = "/workspaces/{workspace}/connectors";
    let create = [
        "api",
        "POST",
        path,
        "-F",
        "name=A",
        "-F",
        "connectorTemplateRef=line:1",
        "-o",
        "json",
    ];
    // The response is lost, or a page of a proxy replaces it.
    for fault in [Fault::LostResponse, Fault::WrongContentType] {
        let world = World::new();
        let rule = Rule::on(Operation::CreateConnector).fault(fault);
        world.sandbox.rule(rule);
        let error = world.run(&create).expect(8).error();
        assert!(error["hint"].is_string(), "{error}");
        assert!(error["resume"].is_null(), "{error}");
        assert_eq!(world.sandbox.count(Operation::CreateConnector), 1);
    }
}
