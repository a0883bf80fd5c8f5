//! The boxed future and stream types that the crate stores, which borrow nothing, and a task that ends with its owner.

use tokio::task::JoinHandle;

pub(crate) type BoxFuture<T> = futures_core::future::BoxFuture<'static, T>;

pub(crate) type BoxStream<T> = futures_core::stream::BoxStream<'static, T>;

/// A boxed future that is also `Sync`, so that public types that contain it are `Sync` for every future.
pub(crate) type SyncFuture<T> = sync_wrapper::SyncFuture<BoxFuture<T>>;

/// A boxed stream that is also `Sync`.
pub(crate) type SyncStream<T> = sync_wrapper::SyncStream<BoxStream<T>>;

/// A task that is aborted when this is dropped.
pub(crate) struct AbortOnDrop<T>(pub(crate) JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
