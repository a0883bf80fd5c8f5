//! The store of deliveries in Redis.

use std::time::Duration;

use bird_connectors::webhook::{
    Claim, ClaimTokens, DedupFuture, DedupStore, DeliveryKey, Verifier,
};
use redis::{Client, Cmd};

use crate::connection::{Connection, DEFAULT_PREFIX};
use crate::error::Error;

/// Claims a key: 0 if it is new, 1 if another claim holds it, 2 if it is done. A repetition after a lost response finds its
/// own claim, and is new.
const BEGIN: &str = "\
local value = redis.call('GET', KEYS[1])
if value == 'done' then return 2 end
if value and value ~= ARGV[1] then return 1 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
";

/// Deletes a key if it has the value of this claim.
const RELEASE: &str = "\
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
";

const DONE: &str = "done";

/// The longest time to live, 100 years in milliseconds. Redis refuses times that exceed the range of its clock.
const LONGEST: u64 = 3_155_760_000_000;

/// Remembers in Redis which deliveries are being processed and which are done, so that several processes process each event
/// once. Pass it to a [`Deduplicator`](bird_connectors::webhook::Deduplicator).
///
/// A claim is one atomic command. It has a random token, so that a worker whose lease has ended cannot release the claim of
/// another one. The clock of the server decides when a lease ends. The Python package uses the same format, so receivers in
/// both languages can share one store.
///
/// No connection is made before the first command. A command waits for the connection and for the response for up to 5
/// seconds each, and is repeated once if the connection was lost.
///
/// ```
/// use std::time::Duration;
///
/// use bird_connectors::webhook::{Claim, Deduplicator, DedupStore};
/// use bird_connectors_redis::{RedisDedupStore, redis};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// # let server = bird_connectors_services::Redis::start()?;
/// # let url = server.url();
/// let client = redis::Client::open(url)?;
/// // Processing takes up to five minutes.
/// let store = RedisDedupStore::new(client).lease(Duration::from_secs(600));
/// # let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".parse()?;
/// # assert_eq!(store.begin(key).await?, Claim::New);
/// # assert_eq!(store.begin(key).await?, Claim::InFlight);
/// let deduplicator = Deduplicator::new(store);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RedisDedupStore {
    connection: Connection,
    prefix: String,
    lease: Duration,
    retention: Duration,
    tokens: ClaimTokens<String>,
}

impl RedisDedupStore {
    /// A store on this server. It remembers done keys for as long as a [`Verifier`] with default settings accepts their
    /// deliveries (24 hours and 5 minutes), and drops claims after a [lease](Self::lease) of 60 seconds.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            connection: Connection::new(client),
            prefix: DEFAULT_PREFIX.to_owned(),
            lease: Duration::from_secs(60),
            retention: Verifier::MAX_AGE + Verifier::TOLERANCE,
            tokens: ClaimTokens::new(),
        }
    }

    /// Sets what the keys in Redis begin with, such as `shop:`. Stores with the same prefix share their deliveries. Default:
    /// `bird-connectors:`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the time after which a claim expires if it is not committed or released, in whole milliseconds. Choose a time
    /// longer than the processing of an event can take. Default: 60 seconds.
    #[must_use]
    pub fn lease(mut self, time: Duration) -> Self {
        self.lease = time;
        self
    }

    /// Sets how long done keys are remembered, in whole milliseconds: at least as long as the verifier accepts their
    /// deliveries. Default: 24 hours and 5 minutes.
    #[must_use]
    pub fn remember_for(mut self, time: Duration) -> Self {
        self.retention = time;
        self
    }

    async fn claim(&self, key: DeliveryKey) -> Result<Claim, Error> {
        const ACTION: &str = "cannot claim a webhook delivery";
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| Error::random(ACTION, error))?;
        let token = claimed_value(random);
        let mut command = self.script(BEGIN, key);
        command.arg(&token).arg(milliseconds(self.lease));
        let value: i64 = self.query(ACTION, &command).await?;
        Ok(match value {
            0 => {
                self.tokens.insert(key, token);
                Claim::New
            }
            2 => Claim::Done,
            _ => Claim::InFlight,
        })
    }

    async fn finish(&self, key: DeliveryKey) -> Result<(), Error> {
        self.tokens.take_oldest(key);
        // Without a condition: the work succeeded, also if another worker holds the claim now.
        let mut command = redis::cmd("SET");
        command
            .arg(self.key(key))
            .arg(DONE)
            .arg("PX")
            .arg(milliseconds(self.retention));
        self.query("cannot record a webhook delivery as done", &command)
            .await
    }

    async fn drop_claim(&self, key: DeliveryKey) -> Result<(), Error> {
        let Some(token) = self.tokens.take_oldest(key) else {
            return Ok(());
        };
        let mut command = self.script(RELEASE, key);
        command.arg(token);
        self.query("cannot release a webhook delivery", &command)
            .await
    }

    async fn query<T: redis::FromRedisValue>(
        &self,
        action: &'static str,
        command: &Cmd,
    ) -> Result<T, Error> {
        let result = self.connection.query(command).await;
        result.map_err(|error| Error::redis(action, error))
    }

    /// The script and its only key, so that it also works in a cluster.
    fn script(&self, script: &str, key: DeliveryKey) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(script).arg(1).arg(self.key(key));
        command
    }

    fn key(&self, key: DeliveryKey) -> String {
        format!("{}dedup:{key}", self.prefix)
    }
}

impl DedupStore for RedisDedupStore {
    fn begin(&self, key: DeliveryKey) -> DedupFuture<'_, Claim> {
        Box::pin(async move { Ok(self.claim(key).await?) })
    }

    fn commit(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
        Box::pin(async move { Ok(self.finish(key).await?) })
    }

    fn release(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
        Box::pin(async move { Ok(self.drop_claim(key).await?) })
    }
}

/// The value of a key that is claimed: a random token, which identifies the claim.
fn claimed_value(random: [u8; 16]) -> String {
    format!("claim:{:032x}", u128::from_be_bytes(random))
}

/// Whole milliseconds, rounded up, at least 1.
fn milliseconds(time: Duration) -> u64 {
    let rounded = time.as_nanos().div_ceil(1_000_000);
    u64::try_from(rounded).map_or(LONGEST, |time| time.clamp(1, LONGEST))
}

#[cfg(test)]
mod tests;
