//! The services, which all tests that run at the same time share. Each test has a database of its own.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bird_connectors_postgres::Database;
use bird_connectors_postgres::tokio_postgres::{Client, Config, NoTls};
use bird_connectors_services::{PgBouncer, Postgres};

pub(crate) type TestError = Box<dyn StdError + Send + Sync>;
pub(crate) type TestResult = Result<(), TestError>;

/// The services of running tests.
static RUNNING: Mutex<Weak<Services>> = Mutex::new(Weak::new());

struct Services {
    // In this order: the pooler stops first.
    bouncer: PgBouncer,
    postgres: Postgres,
}

/// How to reach the database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Via {
    Server,
    PgBouncer,
}

impl Via {
    pub(crate) const ALL: [Self; 2] = [Self::Server, Self::PgBouncer];
}

/// A database that only one test uses.
pub(crate) struct FreshDatabase {
    services: Arc<Services>,
    name: String,
}

fn services() -> Result<Arc<Services>, TestError> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(services) = running.upgrade() {
        return Ok(services);
    }
    let postgres = Postgres::start()?;
    let bouncer = PgBouncer::start(&postgres)?;
    let services = Arc::new(Services { bouncer, postgres });
    *running = Arc::downgrade(&services);
    Ok(services)
}

/// A database without tables.
pub(crate) async fn empty_database() -> Result<FreshDatabase, TestError> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let services = services()?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", std::process::id());
    let fresh = FreshDatabase { services, name };
    let mut config = fresh.config(Via::Server)?;
    let client = connect(config.dbname("postgres")).await?;
    client
        .batch_execute(&format!("CREATE DATABASE {}", fresh.name))
        .await?;
    Ok(fresh)
}

/// A database with the tables.
pub(crate) async fn fresh_database() -> Result<FreshDatabase, TestError> {
    let fresh = empty_database().await?;
    fresh.database(Via::Server)?.migrate().await?;
    Ok(fresh)
}

impl FreshDatabase {
    pub(crate) fn connection_string(&self, via: Via) -> String {
        let server = match via {
            Via::Server => self.services.postgres.connection_string(),
            Via::PgBouncer => self.services.bouncer.connection_string(),
        };
        server.replace("dbname=postgres", &format!("dbname={}", self.name))
    }

    pub(crate) fn config(&self, via: Via) -> Result<Config, TestError> {
        Ok(self.connection_string(via).parse()?)
    }

    pub(crate) fn database(&self, via: Via) -> Result<Database, TestError> {
        Ok(Database::new(self.config(via)?, NoTls)?)
    }

    /// A connection of the test itself.
    pub(crate) async fn client(&self) -> Result<Client, TestError> {
        connect(&self.config(Via::Server)?).await
    }
}

async fn connect(config: &Config) -> Result<Client, TestError> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}
