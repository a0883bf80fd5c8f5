//! The boxed future that builders return from `IntoFuture`, and the boxed stream inside public streams.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

/// A boxed future that can be sent to another thread and borrows nothing.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A boxed future that is `Sync` as well. Polling requires exclusive access, so the mutex is never locked.
pub(crate) struct SyncFuture<T>(Mutex<BoxFuture<T>>);

impl<T> SyncFuture<T> {
    pub(crate) fn new(future: BoxFuture<T>) -> Self {
        Self(Mutex::new(future))
    }
}

impl<T> Future for SyncFuture<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let future = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        future.as_mut().poll(cx)
    }
}

/// A boxed stream that borrows nothing. Public types contain it to be `Send` and `Sync` whatever the stream is made of.
///
/// Polling requires exclusive access, so the mutex is never locked.
pub(crate) struct SyncStream<T>(Mutex<Pin<Box<dyn Stream<Item = T> + Send>>>);

impl<T> SyncStream<T> {
    pub(crate) fn new(stream: impl Stream<Item = T> + Send + 'static) -> Self {
        Self(Mutex::new(Box::pin(stream)))
    }
}

impl<T> Stream for SyncStream<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let stream = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        stream.as_mut().poll_next(cx)
    }
}

impl<T> fmt::Debug for SyncStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncStream").finish_non_exhaustive()
    }
}
