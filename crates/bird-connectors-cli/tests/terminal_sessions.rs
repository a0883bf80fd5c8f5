//! The recorded sessions again, on a real terminal. Progress is a spinner there, which leaves nothing on the screen.
#![cfg(unix)]

mod support;

use support::World;
use support::terminal::Terminal;

/// A command of a recorded session, and what it must print.
struct Step {
    arguments: Vec<String>,
    code: i32,
    lines: Vec<String>,
}

/// Parses the format of trycmd.
fn steps(session: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in session.lines().filter(|line| !line.starts_with("```")) {
        if let Some(command) = line.strip_prefix("$ bird-connectors ") {
            steps.push(Step {
                arguments: shell_words::split(command).unwrap(),
                code: 0,
                lines: Vec::new(),
            });
        } else if let Some(step) = steps.last_mut() {
            match line.strip_prefix("? ") {
                Some(code) => step.code = code.parse().unwrap(),
                None => step.lines.push(line.to_owned()),
            }
        }
    }
    for step in &mut steps {
        let is_progress = |line: &str| {
            line == "Reception: status active, stage ready" || line.ends_with(": done")
        };
        step.lines
            .retain(|line| !line.is_empty() && !is_progress(line));
    }
    steps
}

/// Whether a line matches a recorded one, in which `[..]` stands for anything.
fn matches(line: &str, recorded: &str) -> bool {
    let mut parts = recorded.split("[..]");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn life_of_a_channel_on_a_terminal_matches_the_recorded_sessions() {
    for session in ["table", "json", "jsonl"] {
        let world = World::new();
        let path = format!("tests/sessions/{session}.trycmd");
        let recorded = std::fs::read_to_string(&path).unwrap();
        let workspace = world.sandbox.workspace_id().to_string();
        replay(&world, &recorded.replace("[WORKSPACE]", &workspace));
        // Then the end of another channel, in the same workspace.
        replay(&world, &world.end_session(session));
    }
}

#[test]
fn life_of_a_file_of_channels_on_a_terminal_matches_the_recorded_sessions() {
    for format in ["table", "json", "jsonl"] {
        let path = format!("tests/sessions/channels/{format}.trycmd");
        let recorded = std::fs::read_to_string(&path).unwrap();
        let world = World::with_channel_file();
        let workspace = world.sandbox.workspace_id().to_string();
        replay(&world, &recorded.replace("[WORKSPACE]", &workspace));
    }
}

/// Runs the commands of a session on a terminal.
fn replay(world: &World, recorded: &str) {
    let steps = steps(recorded);
    assert!(steps.len() > 4, "{recorded}");
    for step in steps {
        let arguments: Vec<&str> = step.arguments.iter().map(String::as_str).collect();
        // Wide enough for the longest line of JSON.
        let mut terminal = Terminal::start(world, 4000, &arguments);
        let code = terminal.wait();
        let shown = terminal.visible();
        let shown: Vec<&String> = shown.iter().filter(|line| !line.is_empty()).collect();
        assert_eq!(code, Some(step.code), "{arguments:?}: {shown:#?}");
        assert_eq!(shown.len(), step.lines.len(), "{arguments:?}: {shown:#?}");
        for (line, recorded) in shown.iter().zip(&step.lines) {
            assert!(
                matches(line, recorded),
                "{arguments:?}:\n{line}\n{recorded}"
            );
        }
    }
}

#[test]
fn recorded_line_matches_with_wildcards() {
    assert!(matches("id  abc", "id  [..]"));
    assert!(matches("a 1 b 2 c", "a [..] b [..] c"));
    assert!(matches("same", "same"));
    assert!(!matches("same more", "same"));
    assert!(!matches("a 1 c", "a [..] b [..] c"));
}
