//! One connection to Redis that is established at the first command, and again after it was lost.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, RedisResult};

/// What all keys and the channel begin with, unless a prefix is set.
pub(crate) const DEFAULT_PREFIX: &str = "bird-connectors:";

/// How long a connection may take, and a response.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// Cheap to clone; all clones share one connection.
#[derive(Clone)]
pub(crate) struct Connection {
    client: Client,
    manager: Arc<OnceLock<ConnectionManager>>,
}

impl Connection {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            manager: Arc::default(),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a command that has the same effect if it is repeated: it is sent again if the connection was lost, as after a
    /// restart of the server.
    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let mut manager = self.manager()?;
        match command.query_async(&mut manager).await {
            Err(error) if error.is_connection_dropped() => command.query_async(&mut manager).await,
            result => result,
        }
    }

    /// Must be called within a tokio runtime, which the connection uses.
    fn manager(&self) -> RedisResult<ConnectionManager> {
        if let Some(manager) = self.manager.get() {
            return Ok(manager.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let manager = ConnectionManager::new_lazy_with_config(self.client.clone(), config)?;
        // Another thread may have been faster.
        Ok(self.manager.get_or_init(|| manager).clone())
    }
}

/// Without the address of the server, which can contain a password.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
