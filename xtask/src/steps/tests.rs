use anyhow::bail;

use super::*;

#[test]
fn error_of_a_step_names_the_step() {
    let error = Steps::default().run("clippy", || -> Result<()> { bail!("reason") });
    assert_eq!(format!("{:#}", error.unwrap_err()), "clippy failed: reason");
}

#[test]
fn steps_continue_after_a_failed_check_and_finish_names_it() {
    let mut steps = Steps::default();
    let mut later = false;
    steps.check("clippy", || bail!("reason"));
    steps.check("rustdoc", || {
        later = true;
        Ok(())
    });
    assert!(later);
    assert_eq!(steps.finish().unwrap_err().to_string(), "clippy failed");
    assert_eq!(steps.durations.len(), 2);
}
