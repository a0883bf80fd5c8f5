//! The threads that run a call, and the shutdown of the interpreter, which waits for them.
//!
//! Before 3.14, a thread that asks for the interpreter during its shutdown is ended by unwinding its stack, which aborts the process
//! if a frame of Rust is on this stack. And a poll needs the timers of the runtime, and panics without them. So the shutdown waits
//! until no thread is within a call, except for those that wait without the interpreter. These park when their wait ends, and so do
//! threads that begin a call. Only daemon threads get here: the interpreter waits for all others before its shutdown.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::process::lock;

/// The number of active threads in the lower half, and in the upper half the process that they belong to: a forked child has none
/// of the threads of its parent.
static ACTIVE: AtomicU64 = AtomicU64::new(0);

static SHUTTING_DOWN: AtomicBool = AtomicBool::new(false);

/// The thread that shuts the interpreter down.
static SHUTDOWN_THREAD: Mutex<Option<ThreadId>> = Mutex::new(None);

thread_local! {
    /// How many calls this thread runs, each within the one before, as a log handler does that makes a call.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// A call that this thread runs.
pub(crate) struct ActiveCall(PhantomData<*const ()>);

impl ActiveCall {
    /// Never returns during a shutdown, except in the thread that shuts the interpreter down.
    pub(crate) fn begin(py: Python<'_>) -> Self {
        let depth = DEPTH.get();
        DEPTH.set(depth + 1);
        if depth == 0 {
            change(|count| count + 1);
        }
        park_daemon(py);
        Self(PhantomData)
    }
}

impl Drop for ActiveCall {
    fn drop(&mut self) {
        let depth = DEPTH.get() - 1;
        DEPTH.set(depth);
        if depth == 0 {
            change(|count| count.saturating_sub(1));
        }
    }
}

/// Waits for something without the interpreter. A shutdown does not wait for this, and then it does not return.
pub(crate) fn pause<T>(wait: impl FnOnce() -> T) -> T {
    if DEPTH.get() == 0 {
        return wait();
    }
    change(|count| count.saturating_sub(1));
    let result = wait();
    change(|count| count + 1);
    park_in_shutdown();
    result
}

/// Does not return during a shutdown, except in the thread that shuts the interpreter down.
pub(crate) fn park_daemon(py: Python<'_>) {
    if is_shutting_down() && *lock(&SHUTDOWN_THREAD) != Some(std::thread::current().id()) {
        py.detach(park_forever);
    }
}

/// Does not return during a shutdown. Call it without the interpreter.
fn park_in_shutdown() {
    if is_shutting_down() {
        park_forever();
    }
}

/// Ends with the process, as other daemon threads do. Call it without the interpreter.
pub(crate) fn park_forever() {
    if DEPTH.replace(0) > 0 {
        change(|count| count.saturating_sub(1));
    }
    loop {
        std::thread::park();
    }
}

/// Whether the interpreter shuts down.
pub(crate) fn is_shutting_down() -> bool {
    SHUTTING_DOWN.load(Ordering::SeqCst)
}

/// From now on, threads that begin or continue a call park, except for this one.
pub(crate) fn begin_shutdown() {
    *lock(&SHUTDOWN_THREAD) = Some(std::thread::current().id());
    SHUTTING_DOWN.store(true, Ordering::SeqCst);
}

/// Waits until no thread is active, or the time has passed: a log handler can take longer. Call it without the interpreter.
pub(crate) fn wait_for_all(timeout: Duration) {
    let end = Instant::now() + timeout;
    while active() > 0 && Instant::now() < end {
        std::thread::sleep(Duration::from_micros(100));
    }
}

fn active() -> u32 {
    count_of(ACTIVE.load(Ordering::SeqCst), std::process::id())
}

fn change(next: impl Fn(u32) -> u32) {
    let process = std::process::id();
    let update = |packed| Some(pack(process, next(count_of(packed, process))));
    let _ = ACTIVE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, update);
}

fn count_of(packed: u64, process: u32) -> u32 {
    let [owner, count] = [packed >> 32, packed & u64::from(u32::MAX)];
    if owner == u64::from(process) {
        u32::try_from(count).unwrap_or(u32::MAX)
    } else {
        0
    }
}

fn pack(process: u32, count: u32) -> u64 {
    (u64::from(process) << 32) | u64::from(count)
}
