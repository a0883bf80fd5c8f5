use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::error::ErrorKind;

/// Counts the clients that were built.
fn connections() -> (Connections, Arc<AtomicUsize>) {
    let built = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&built);
    let connections = Connections::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        let tls = crate::transport::tls::config(false, &Default::default())?;
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls);
        client
            .build()
            .map_err(|error| Error::configuration(error.to_string()))
    });
    (connections.unwrap(), built)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn each_runtime_gets_one_client_and_the_first_one_gets_the_first() {
    let (connections, built) = connections();
    let (one, two) = (runtime(), runtime());
    for _ in 0..3 {
        one.block_on(async { connections.current().unwrap() });
        assert_eq!(built.load(Ordering::SeqCst), 1);
    }
    for _ in 0..3 {
        two.block_on(async { connections.current().unwrap() });
        one.block_on(async { connections.current().unwrap() });
        assert_eq!(built.load(Ordering::SeqCst), 2);
    }
}

#[test]
fn clients_of_runtimes_that_used_them_least_recently_are_dropped() {
    let (connections, built) = connections();
    let first = runtime();
    first.block_on(async { connections.current().unwrap() });
    for _ in 0..MAX_RUNTIMES {
        runtime().block_on(async { connections.current().unwrap() });
        // Used all the time, so it is kept.
        first.block_on(async { connections.current().unwrap() });
    }
    assert_eq!(built.load(Ordering::SeqCst), 1 + MAX_RUNTIMES);
    assert_eq!(lock(&connections.by_runtime).len(), MAX_RUNTIMES);
}

#[test]
fn runtime_without_timers_or_io_is_a_configuration_error() {
    let (connections, _) = connections();
    let no_timers = Builder::new_current_thread().enable_io().build().unwrap();
    let no_io = Builder::new_current_thread().enable_time().build().unwrap();
    let neither = Builder::new_current_thread().build().unwrap();
    for (runtime, why) in [
        (
            &no_timers,
            "the tokio runtime has no timers: call `enable_time`",
        ),
        (&no_io, "the tokio runtime has no I/O: call `enable_io`"),
        (&neither, "the tokio runtime has no timers"),
    ] {
        // The second attempt is no different.
        for _ in 0..2 {
            let error = runtime.block_on(async { connections.current().unwrap_err() });
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(why), "{error}");
        }
    }
    let error = connections.current().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error.to_string().contains("need a tokio runtime"),
        "{error}"
    );
}
