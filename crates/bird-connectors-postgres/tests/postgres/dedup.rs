//! Deliveries.

use std::time::Duration;

use bird_connectors::webhook::{Claim, DedupStore as _, DeliveryKey};
use bird_connectors_postgres::PostgresDedupStore;

use super::*;

fn key(byte: &str) -> DeliveryKey {
    byte.repeat(32).parse().unwrap()
}

#[tokio::test]
async fn delivery_is_claimed_by_one_store_and_done_for_all() -> TestResult {
    for via in Via::ALL {
        let fresh = fresh_database().await?;
        let store = PostgresDedupStore::new(fresh.database(via)?);
        let other = PostgresDedupStore::new(fresh.database(via)?);
        let delivery = key("a1");
        assert_eq!(store.begin(delivery).await?, Claim::New);
        assert_eq!(other.begin(delivery).await?, Claim::InFlight);
        // A store cannot release the claim of another one.
        other.release(delivery).await?;
        assert_eq!(other.begin(delivery).await?, Claim::InFlight);
        store.clone().release(delivery).await?;
        assert_eq!(other.begin(delivery).await?, Claim::New);
        other.commit(delivery).await?;
        other.release(delivery).await?;
        for store in [&store, &other] {
            assert_eq!(store.begin(delivery).await?, Claim::Done);
        }
        assert_eq!(store.begin(key("b2")).await?, Claim::New);
    }
    Ok(())
}

#[tokio::test]
async fn claim_ends_with_its_lease_and_done_delivery_with_its_retention() -> TestResult {
    let fresh = fresh_database().await?;
    let database = fresh.database(Via::PgBouncer)?;
    let crashed = PostgresDedupStore::new(database.clone()).lease(Duration::ZERO);
    let store = PostgresDedupStore::new(database.clone());
    let delivery = key("a1");
    assert_eq!(crashed.begin(delivery).await?, Claim::New);
    assert_eq!(store.begin(delivery).await?, Claim::New);
    // The work is done, although it took longer than the lease.
    crashed.commit(delivery).await?;
    assert_eq!(store.begin(delivery).await?, Claim::Done);

    let forgetful = PostgresDedupStore::new(database).remember_for(Duration::ZERO);
    let delivery = key("b2");
    assert_eq!(forgetful.begin(delivery).await?, Claim::New);
    forgetful.commit(delivery).await?;
    assert_eq!(store.begin(delivery).await?, Claim::New);
    assert_eq!(forgetful.begin(delivery).await?, Claim::InFlight);
    store.remember_for(Duration::MAX).commit(delivery).await?;
    assert_eq!(forgetful.begin(delivery).await?, Claim::Done);
    Ok(())
}

/// Both workers have clones of one store, as the handlers of one process do.
#[tokio::test]
async fn release_after_the_lease_keeps_the_claim_of_the_next_worker() -> TestResult {
    for via in Via::ALL {
        let fresh = fresh_database().await?;
        let store = PostgresDedupStore::new(fresh.database(via)?);
        let slow = store.clone();
        let delivery = key("a1");
        assert_eq!(slow.begin(delivery).await?, Claim::New);
        let end_lease = "UPDATE bird_connectors_deliveries SET expires_at = clock_timestamp()";
        fresh.client().await?.execute(end_lease, &[]).await?;
        assert_eq!(store.begin(delivery).await?, Claim::New);
        slow.release(delivery).await?;
        assert_eq!(store.begin(delivery).await?, Claim::InFlight);
        store.release(delivery).await?;
        assert_eq!(store.begin(delivery).await?, Claim::New);
    }
    Ok(())
}

#[tokio::test]
async fn concurrent_begins_of_a_delivery_have_one_winner() -> TestResult {
    for via in Via::ALL {
        let fresh = fresh_database().await?;
        let mut begins = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let store = PostgresDedupStore::new(fresh.database(via)?);
            begins.spawn(async move {
                let mut new = 0;
                for byte in 16..66_u8 {
                    let claim = store.begin(key(&format!("{byte:02x}"))).await.unwrap();
                    new += usize::from(claim == Claim::New);
                }
                new
            });
        }
        assert_eq!(begins.join_all().await.iter().sum::<usize>(), 50);
    }
    Ok(())
}

#[tokio::test]
async fn expired_rows_are_deleted_now_and_then() -> TestResult {
    let fresh = fresh_database().await?;
    let client = fresh.client().await?;
    let insert = "INSERT INTO bird_connectors_deliveries
        SELECT number::text, 'owner', true, clock_timestamp() - interval '1 second' FROM generate_series(1, 900) AS number";
    client.execute(insert, &[]).await?;
    let store = PostgresDedupStore::new(fresh.database(Via::Server)?);
    for _ in 0..256 {
        store.begin(key("a1")).await?;
    }
    let count = "SELECT count(*) FROM bird_connectors_deliveries";
    while client.query_one(count, &[]).await?.get::<_, i64>(0) > 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
