//! The claims of the journal.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use bird_connectors::install::{Journal as _, JournalClaim, SharedJournal as _};
use bird_connectors_postgres::PostgresJournal;

use super::*;

/// Ends all leases, as if the time had passed.
const END_LEASES: &str =
    "UPDATE bird_connectors_journal SET claimed_until = clock_timestamp() - interval '1 second'";

fn acquired(journal: &PostgresJournal, key: &str) -> JournalClaim {
    let claim = journal.acquire(key).unwrap();
    claim.expect("the key is claimed")
}

#[tokio::test]
async fn claim_excludes_others_until_it_is_released_with_its_last_line() -> TestResult {
    for via in Via::ALL {
        let fresh = fresh_database().await?;
        let journal = PostgresJournal::new(fresh.database(via)?);
        let other = PostgresJournal::new(fresh.database(via)?);
        let claim = acquired(&journal, "key");
        assert_eq!((claim.fence(), claim.last_line()), (1, None));
        assert_eq!(claim.lease(), Some(PostgresJournal::LEASE));
        assert!(other.acquire("key")?.is_none());
        acquired(&other, "another key");
        assert!(journal.renew(&claim)? && journal.write(&claim, "intent")?);
        assert!(journal.release(&claim, Some("result"))?);
        let next = acquired(&other, "key");
        assert_eq!((next.fence(), next.last_line()), (2, Some("result")));
        // The last line stays if the next holder writes none.
        assert!(other.release(&next, None)?);
        let keys = ["key", "another key", "unknown"].map(str::to_owned);
        assert_eq!(journal.last_lines(&keys)?, ["result"]);
        assert_eq!(journal.lines()?, ["result"]);
        assert!(journal.append("line").is_err());
    }
    Ok(())
}

#[tokio::test]
async fn holder_whose_lease_ended_changes_nothing_once_another_has_the_claim() -> TestResult {
    for via in Via::ALL {
        let fresh = fresh_database().await?;
        let journal = PostgresJournal::new(fresh.database(via)?);
        let late = acquired(&journal, "key");
        fresh.client().await?.batch_execute(END_LEASES).await?;
        // Nobody has claimed the key since.
        assert!(journal.renew(&late)?);
        assert!(journal.acquire("key")?.is_none());
        fresh.client().await?.batch_execute(END_LEASES).await?;
        let next = acquired(&journal, "key");
        assert!(!journal.renew(&late)? && !journal.write(&late, "late")?);
        assert!(!journal.release(&late, Some("late"))?);
        assert!(journal.release(&next, Some("line"))?);
        // Renewals that arrive after the release do not claim the key again.
        assert!(!journal.renew(&next)? && !journal.write(&next, "late")?);
        assert_eq!(acquired(&journal, "key").last_line(), Some("line"));
    }
    Ok(())
}

#[tokio::test]
async fn lease_ends_by_the_clock_of_the_server() -> TestResult {
    let fresh = fresh_database().await?;
    let journal = PostgresJournal::new(fresh.database(Via::PgBouncer)?);
    let short = journal.clone().lease(Duration::from_secs(1));
    let claim = acquired(&short, "key");
    assert_eq!(claim.lease(), Some(Duration::from_secs(1)));
    let query = "SELECT claimed_until - clock_timestamp() <= interval '1 second' FROM bird_connectors_journal";
    let row = fresh.client().await?.query_one(query, &[]).await?;
    assert!(row.get::<_, bool>(0));
    while journal.acquire("key")?.is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!short.renew(&claim)?);
    Ok(())
}

#[tokio::test]
async fn lease_that_is_too_short_is_refused_and_the_longest_one_is_accepted() -> TestResult {
    let fresh = fresh_database().await?;
    let journal = PostgresJournal::new(fresh.database(Via::Server)?);
    let short = journal.clone().lease(Duration::from_millis(999));
    let refused = short.acquire("key").unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!(
        refused.to_string(),
        "invalid lease: 999ms; the minimum is 1s"
    );
    let long = journal.lease(Duration::MAX);
    let claim = acquired(&long, "key");
    assert!(long.renew(&claim)? && long.release(&claim, None)?);
    Ok(())
}

#[tokio::test]
async fn concurrent_claims_of_a_key_have_one_winner() -> TestResult {
    const RUNS: usize = 6;
    for via in Via::ALL {
        let fresh = fresh_database().await?;
        let barrier = Arc::new(Barrier::new(RUNS));
        let threads: Vec<_> = (0..RUNS)
            .map(|_| {
                let journal = PostgresJournal::new(fresh.database(via)?);
                let barrier = Arc::clone(&barrier);
                Ok::<_, support::TestError>(std::thread::spawn(move || {
                    barrier.wait();
                    let keys = (0..50).map(|key| journal.acquire(&key.to_string()).unwrap());
                    keys.map(|claim| usize::from(claim.is_some()))
                        .collect::<Vec<_>>()
                }))
            })
            .collect::<Result<_, _>>()?;
        let mut winners = vec![0; 50];
        for thread in threads {
            let won = thread.join().unwrap();
            winners
                .iter_mut()
                .zip(won)
                .for_each(|(sum, won)| *sum += won);
        }
        assert_eq!(winners, [1; 50]);
    }
    Ok(())
}

#[tokio::test]
async fn statements_are_repeated_when_the_server_ends_their_connection() -> TestResult {
    for via in Via::ALL {
        let fresh = fresh_database().await?;
        let journal = PostgresJournal::new(fresh.database(via)?);
        for round in 1..4 {
            let claim = acquired(&journal, "key");
            assert_eq!(claim.fence(), round);
            let client = fresh.client().await?;
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            client.execute(end, &[]).await?;
            assert!(journal.write(&claim, "intent")?);
            client.execute(end, &[]).await?;
            assert!(journal.release(&claim, None)?);
        }
    }
    Ok(())
}
