//! Locking without panics.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. If another thread has panicked, the run ends anyway.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
