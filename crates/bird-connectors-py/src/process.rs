//! Values that belong to the process that made them, and locks that stay usable after a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value that belongs to the process that made it.
///
/// A forked child has a copy, which it must neither use nor drop: the threads of the value do not exist there, and its
/// locks may be held by them. The child leaks the copy.
pub(crate) struct ProcessOwned<T> {
    process: u32,
    value: Option<T>,
}

impl<T> ProcessOwned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            process: std::process::id(),
            value: Some(value),
        }
    }

    /// The value; `None` in a forked child.
    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.is_current())
    }

    /// The value; `None` in a forked child.
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        if self.value.is_some() && self.is_current() {
            self.value.as_mut()
        } else {
            None
        }
    }

    /// Drops the value, and in a forked child leaks it.
    pub(crate) fn clear(&mut self) {
        // Looking up the process is a system call.
        let Some(value) = self.value.take() else {
            return;
        };
        if !self.is_current() {
            std::mem::forget(value);
        }
    }

    /// The value; `None` in a forked child.
    pub(crate) fn into_inner(mut self) -> Option<T> {
        if self.is_current() {
            self.value.take()
        } else {
            None
        }
    }

    /// Whether this process made the value.
    pub(crate) fn is_current(&self) -> bool {
        self.process == std::process::id()
    }
}

impl<T> Drop for ProcessOwned<T> {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Locks a mutex, also after a thread panicked while it held the lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
