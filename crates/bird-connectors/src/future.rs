//! The boxed future that builders return from `IntoFuture`.

use std::future::Future;
use std::pin::Pin;

/// A boxed future that can be sent to another thread and borrows nothing.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
