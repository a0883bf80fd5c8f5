//! The trait of stores that remember which deliveries are claimed and which are done.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::webhook::DeliveryKey;

/// The result of [`DedupStore::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// The delivery is new, or was released: the caller now owns it. Process it, then commit, or release after a failure.
    New,
    /// Another worker is processing the delivery. Do nothing, and respond with 503 instead of 200: if the other worker
    /// fails, the retry is needed.
    InFlight,
    /// The delivery was processed before. Do nothing, and respond with 200, so that it is not retried.
    Done,
}

/// Why a [`DedupStore`] failed: the error of the database or cache that it uses.
pub type DedupStoreError = Box<dyn std::error::Error + Send + Sync>;

/// The future that the methods of a [`DedupStore`] return.
pub type DedupFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, DedupStoreError>> + Send + 'a>>;

/// Remembers which deliveries are being processed and which are done. [`MemoryDedupStore`](crate::webhook::MemoryDedupStore) does so within one process.
/// Implement the trait to share deliveries between processes, for example in Redis or SQL, and pass the store to a
/// [`Deduplicator`](crate::webhook::Deduplicator).
///
/// A store must
/// - claim a new key in one atomic step: `SET key … NX PX lease` in Redis, an insert with a unique key in SQL;
/// - drop a claim after a lease, in case its owner crashes. Work that takes longer than the lease can be done twice;
/// - release only its own claim, and not that of a worker that has claimed the key after the lease: write a token with each
///   claim, and remember it in [`ClaimTokens`](crate::webhook::ClaimTokens);
/// - remember done keys for at least as long as the verifier accepts their deliveries:
///   [`max_age`](crate::webhook::Verifier::max_age) plus [`tolerance`](crate::webhook::Verifier::tolerance).
///
/// The trait can be used as `dyn DedupStore`, so its futures are boxed. `Arc<S>` is a store if `S` is one.
///
/// ```
/// use bird_connectors::webhook::{Claim, ClaimTokens, DedupFuture, DedupStore, Deduplicator, DeliveryKey};
/// # #[derive(Default)] struct Redis(std::sync::Mutex<std::collections::HashMap<String, String>>);
/// # impl Redis {
/// #     async fn set_if_absent(&self, key: &str, value: &str, _lease: u32) -> std::io::Result<Option<String>> {
/// #         let mut values = self.0.lock().unwrap();
/// #         let old = values.get(key).cloned();
/// #         values.entry(key.to_owned()).or_insert_with(|| value.to_owned());
/// #         Ok(old)
/// #     }
/// #     async fn set(&self, key: &str, value: &str, _seconds: u32) -> std::io::Result<()> {
/// #         self.0.lock().unwrap().insert(key.to_owned(), value.to_owned());
/// #         Ok(())
/// #     }
/// #     async fn delete_if_equal(&self, key: &str, value: &str) -> std::io::Result<()> {
/// #         self.0.lock().unwrap().retain(|other, old| other != key || old != value);
/// #         Ok(())
/// #     }
/// # }
/// # fn random_token() -> String { format!("{:?}", std::time::Instant::now()) }
///
/// struct RedisStore {
///     redis: Redis,
///     tokens: ClaimTokens<String>,
/// }
///
/// impl DedupStore for RedisStore {
///     fn begin(&self, key: DeliveryKey) -> DedupFuture<'_, Claim> {
///         Box::pin(async move {
///             let token = random_token();
///             // Atomic, with a lease of 60 seconds. Returns the previous value.
///             let previous = self.redis.set_if_absent(&key.to_string(), &token, 60).await?;
///             Ok(match previous.as_deref() {
///                 None => {
///                     self.tokens.insert(key, token);
///                     Claim::New
///                 }
///                 Some("done") => Claim::Done,
///                 Some(_) => Claim::InFlight,
///             })
///         })
///     }
///
///     fn commit(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
///         self.tokens.take_oldest(key);
///         Box::pin(async move { Ok(self.redis.set(&key.to_string(), "done", 86_700).await?) })
///     }
///
///     fn release(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
///         let token = self.tokens.take_oldest(key);
///         Box::pin(async move {
///             if let Some(token) = token {
///                 self.redis.delete_if_equal(&key.to_string(), &token).await?;
///             }
///             Ok(())
///         })
///     }
/// }
///
/// let deduplicator = Deduplicator::new(RedisStore {
///     redis: // …
/// #   Redis::default(),
///     tokens: ClaimTokens::new(),
/// });
/// # let key: DeliveryKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".parse()?;
/// # let store: std::sync::Arc<dyn DedupStore> = std::sync::Arc::new(RedisStore { redis: Redis::default(), tokens: ClaimTokens::new() });
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # assert_eq!(store.begin(key).await?, Claim::New);
/// # store.release(key).await?;
/// # assert_eq!(store.begin(key).await?, Claim::New);
/// # store.commit(key).await?;
/// # store.release(key).await?;
/// # assert_eq!(store.begin(key).await?, Claim::Done);
/// # Ok::<(), bird_connectors::webhook::DedupStoreError>(())
/// # })?;
/// # Ok::<(), bird_connectors::webhook::DedupStoreError>(())
/// ```
pub trait DedupStore: Send + Sync {
    /// Claims the key, unless another worker has claimed it or it is done.
    ///
    /// # Errors
    /// If the store is not available. The key may then be claimed until its lease ends.
    fn begin(&self, key: DeliveryKey) -> DedupFuture<'_, Claim>;

    /// Marks the key as done, also if its lease has ended.
    ///
    /// # Errors
    /// If the store is not available. The delivery may then be processed again.
    fn commit(&self, key: DeliveryKey) -> DedupFuture<'_, ()>;

    /// Drops the claim after a failure, so that the next attempt of the delivery is new. A key that is done stays done, and the
    /// claim of another worker stays.
    ///
    /// # Errors
    /// If the store is not available. The key may then stay claimed until its lease ends.
    fn release(&self, key: DeliveryKey) -> DedupFuture<'_, ()>;
}

impl<S: DedupStore + ?Sized> DedupStore for Arc<S> {
    fn begin(&self, key: DeliveryKey) -> DedupFuture<'_, Claim> {
        (**self).begin(key)
    }

    fn commit(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
        (**self).commit(key)
    }

    fn release(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
        (**self).release(key)
    }
}
