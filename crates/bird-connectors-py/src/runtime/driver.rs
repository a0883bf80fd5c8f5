//! Who runs the connections, timers and tasks of the runtime: the thread that makes a blocking call, or else a background thread.
//!
//! A blocking call that runs them itself wakes no other thread, and none has to wake it. The background thread takes over while
//! several calls or tasks need the runtime, and while nothing does, so that a connection which the server closes is noticed.
//!
//! All decisions are made with atomic variables and no lock, because calls are made while the interpreter is detached.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::thread::Thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// How long after a blocking call the background thread takes over. A program that makes calls one after the other wakes it at
/// most that often.
const IDLE_AFTER: Duration = Duration::from_millis(5);

const THREAD_NAME: &str = "bird-connectors";

/// A runtime, and what decides which thread runs it.
pub(super) struct Driver {
    runtime: Runtime,
    /// The number of blocking calls in progress.
    calls: AtomicUsize,
    /// How many blocking calls have ended.
    ended: AtomicU64,
    /// The number of tasks that have not ended.
    tasks: Arc<AtomicUsize>,
    background: OnceLock<Thread>,
    /// The background thread runs the runtime, or waits for the thread that does.
    is_in_background: AtomicBool,
    /// The background thread is parked until a blocking call ends.
    is_parked: AtomicBool,
    /// The background thread is to take over immediately, for a request that continues after its call.
    take_over: AtomicBool,
    /// Ends a run of the background thread.
    release: Notify,
    is_stopping: AtomicBool,
}

impl Driver {
    /// Starts the background thread. Every thread of the runtime calls `on_start` first.
    pub(super) fn start(
        on_start: impl Fn() + Clone + Send + Sync + 'static,
    ) -> io::Result<Arc<Self>> {
        let runtime = Builder::new_current_thread()
            .thread_name(THREAD_NAME)
            .on_thread_start(on_start.clone())
            .enable_all()
            .build()?;
        let driver = Arc::new(Self {
            runtime,
            calls: AtomicUsize::new(0),
            ended: AtomicU64::new(0),
            tasks: Arc::default(),
            background: OnceLock::new(),
            is_in_background: AtomicBool::new(false),
            is_parked: AtomicBool::new(false),
            take_over: AtomicBool::new(false),
            release: Notify::new(),
            is_stopping: AtomicBool::new(false),
        });
        let background = Arc::clone(&driver);
        let thread = std::thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || {
                on_start();
                background.run_in_background();
            })?;
        driver.background.get_or_init(|| thread.thread().clone());
        Ok(driver)
    }

    pub(super) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Starts a task, which the background thread runs.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.tasks.fetch_add(1, SeqCst);
        let running = RunningTask(Arc::clone(&self.tasks));
        let task = self.runtime.spawn(async move {
            let _running = running;
            future.await;
        });
        self.wake_background();
        task.abort_handle()
    }

    /// Begins a blocking call.
    pub(super) fn begin_call(&self) {
        if self.calls.fetch_add(1, SeqCst) > 0 {
            self.wake_background();
        }
    }

    pub(super) fn end_call(&self) {
        self.ended.fetch_add(1, SeqCst);
        self.calls.fetch_sub(1, SeqCst);
        if self.is_parked.load(SeqCst) {
            self.unpark_background();
        }
    }

    /// Has the background thread take over immediately after a call, instead of a moment later.
    pub(super) fn continue_in_background(&self) {
        self.take_over.store(true, SeqCst);
        self.wake_background();
    }

    /// Runs the runtime in this thread until the future is ready or the time has passed. `None` if another thread is to run it,
    /// because other calls or tasks need it too.
    pub(super) fn run_here<F: Future>(
        &self,
        future: Pin<&mut F>,
        duration: Duration,
    ) -> Option<Poll<F::Output>> {
        if self.is_shared() || self.is_stopping() {
            return None;
        }
        if self.is_in_background.load(SeqCst) {
            self.release.notify_one();
        }
        IS_RUNNING_HERE.set(true);
        let result = self.runtime.block_on(async {
            match tokio::time::timeout(duration, future).await {
                Ok(output) => Poll::Ready(output),
                Err(_) => Poll::Pending,
            }
        });
        IS_RUNNING_HERE.set(false);
        Some(result)
    }

    /// Whether more than one blocking call needs the runtime.
    fn is_shared(&self) -> bool {
        self.calls.load(SeqCst) > 1 || self.tasks.load(SeqCst) > 0
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(SeqCst)
    }

    fn run_in_background(&self) {
        let mut ended = self.ended.load(SeqCst);
        while !self.is_stopping() {
            let is_idle = self.calls.load(SeqCst) == 0;
            // Since the last look.
            let has_ended = std::mem::replace(&mut ended, self.ended.load(SeqCst)) != ended;
            let takes_over = is_idle && (!has_ended || self.take_over.swap(false, SeqCst));
            if self.is_shared() || takes_over {
                self.is_in_background.store(true, SeqCst);
                self.runtime.block_on(self.release.notified());
                self.is_in_background.store(false, SeqCst);
            } else if is_idle || has_ended {
                // Calls follow one another: no call wakes this thread.
                std::thread::park_timeout(IDLE_AFTER);
            } else {
                self.is_parked.store(true, SeqCst);
                if !self.is_shared() && self.calls.load(SeqCst) > 0 && !self.is_stopping() {
                    std::thread::park();
                }
                self.is_parked.store(false, SeqCst);
            }
        }
    }

    /// Has the background thread look at what has changed, unless it runs the runtime already.
    fn wake_background(&self) {
        if !self.is_in_background.load(SeqCst) {
            self.unpark_background();
        }
    }

    fn unpark_background(&self) {
        if let Some(background) = self.background.get() {
            background.unpark();
        }
    }

    /// Ends the background thread and the calls that are in progress, and shuts the runtime down. If a thread does not leave it
    /// within this time, the runtime is leaked.
    pub(super) fn shut_down(self: Arc<Self>, timeout: Duration) {
        let end = Instant::now() + timeout;
        self.is_stopping.store(true, SeqCst);
        self.release.notify_one();
        self.unpark_background();
        let mut driver = self;
        loop {
            match Arc::try_unwrap(driver) {
                Ok(driver) => {
                    let left = end.saturating_duration_since(Instant::now());
                    return driver.runtime.shutdown_timeout(left);
                }
                Err(shared) if Instant::now() < end => {
                    driver = shared;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(shared) => return std::mem::forget(shared),
            }
        }
    }
}

/// Counts a task until it ends.
struct RunningTask(Arc<AtomicUsize>);

impl Drop for RunningTask {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

thread_local! {
    /// Whether this thread runs a runtime for its blocking call.
    static IS_RUNNING_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread runs the runtime for a blocking call, so that another call in it would wait for itself.
pub(super) fn is_running_here() -> bool {
    IS_RUNNING_HERE.get()
}
