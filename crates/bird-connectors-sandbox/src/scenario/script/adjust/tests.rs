use std::time::Duration;

use crate::scenario::script::Script;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn status(script: &Script, at: Duration) -> Option<String> {
    let snapshot = script.snapshot(at);
    Some(snapshot.channel?.status.to_owned())
}

#[test]
fn advance_moves_the_next_step_to_now_and_keeps_the_distances_after_it() {
    let mut script = Script::timed(ms(400), ms(1_000));
    assert!(script.advance(ms(310)), "the channel is due at 400 ms");
    assert_eq!(status(&script, ms(310)).as_deref(), Some("pending"));
    assert_eq!(status(&script, ms(909)).as_deref(), Some("pending"));
    assert_eq!(status(&script, ms(910)).as_deref(), Some("active"));
    let mut done = Script::instant();
    assert!(!done.advance(ms(0)));
}

#[test]
fn advance_commits_a_connector_that_is_not_visible() {
    let mut script = Script::instant().commit_after(ms(500));
    assert!(!script.snapshot(ms(10)).visible);
    assert!(script.advance(ms(10)));
    assert!(script.snapshot(ms(10)).visible);
}

#[test]
fn postpone_moves_only_what_has_not_happened() {
    let mut script = Script::timed(ms(100), ms(1_000));
    assert!(script.postpone(ms(500), ms(2_000)));
    assert_eq!(status(&script, ms(500)).as_deref(), Some("pending"));
    assert_eq!(status(&script, ms(2_999)).as_deref(), Some("pending"));
    assert_eq!(status(&script, ms(3_000)).as_deref(), Some("active"));
    assert!(!Script::instant().postpone(ms(0), ms(1)));
    assert!(
        script.postpone(ms(500), Duration::MAX),
        "too long is forever"
    );
}

#[test]
fn end_with_status_removes_the_rest_of_the_timeline() {
    for elapsed in [0, 50, 500] {
        let mut script = Script::timed(ms(100), ms(1_000));
        script.end_with_status(ms(elapsed), "failed".to_owned());
        assert_eq!(status(&script, ms(elapsed)).as_deref(), Some("failed"));
        assert_eq!(status(&script, ms(60_000)).as_deref(), Some("failed"));
    }
}
