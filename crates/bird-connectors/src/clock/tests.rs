//! The clock of tests: tokio's clock, paused, so that sleeps take no real time.

/// A runtime with paused time, for tests that are not async themselves.
pub(crate) fn paused_runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}
