//! The boxed future and stream types that the crate stores. They borrow nothing.

pub(crate) type BoxFuture<T> = futures_core::future::BoxFuture<'static, T>;

pub(crate) type BoxStream<T> = futures_core::stream::BoxStream<'static, T>;

/// A future that is `Sync` as well: public types contain it to be `Sync` whatever the future is made of.
pub(crate) type SyncFuture<T> = sync_wrapper::SyncFuture<BoxFuture<T>>;

/// A stream that is `Sync` as well.
pub(crate) type SyncStream<T> = sync_wrapper::SyncStream<BoxStream<T>>;
