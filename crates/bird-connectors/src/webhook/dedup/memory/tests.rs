//! The life of a key, the bounds, and a property against a model.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tokio::time::advance;

use super::*;
use crate::webhook::DedupStoreError;

fn key(number: u8) -> DeliveryKey {
    format!("{number:064x}").parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn key_is_new_then_in_flight_then_done() {
    let memory = MemoryDedupStore::new();
    assert_eq!(memory.begin(key(1)), Claim::New);
    assert_eq!(memory.begin(key(1)), Claim::InFlight);
    assert_eq!(memory.begin(key(2)), Claim::New);
    memory.commit(key(1));
    assert_eq!(memory.begin(key(1)), Claim::Done);
    memory.release(key(1));
    assert_eq!(
        memory.begin(key(1)),
        Claim::Done,
        "a released key stays done"
    );
    memory.release(key(2));
    assert_eq!(memory.begin(key(2)), Claim::New);
    memory.release(key(3));
    assert_eq!(memory.begin(key(3)), Claim::New);
}

#[tokio::test(start_paused = true)]
async fn claim_ends_with_its_lease_and_done_key_after_the_window_of_the_verifier() {
    let memory = MemoryDedupStore::new();
    memory.begin(key(1));
    advance(Duration::from_secs(59)).await;
    assert_eq!(memory.begin(key(1)), Claim::InFlight);
    advance(Duration::from_secs(1)).await;
    assert_eq!(memory.begin(key(1)), Claim::New, "the lease has ended");
    memory.commit(key(1));
    advance(Verifier::MAX_AGE).await;
    assert_eq!(
        memory.begin(key(1)),
        Claim::Done,
        "a verifier still accepts the delivery"
    );
    advance(Verifier::TOLERANCE).await;
    assert_eq!(memory.begin(key(1)), Claim::New);
}

#[tokio::test(start_paused = true)]
async fn unbounded_capacity_does_not_overflow() {
    let memory = MemoryDedupStore::new().capacity(usize::MAX);
    assert_eq!(memory.begin(key(1)), Claim::New);
    memory.commit(key(1));
    assert_eq!(memory.begin(key(1)), Claim::Done);
}

/// The first worker took longer than its lease.
#[tokio::test(start_paused = true)]
async fn release_after_the_lease_keeps_the_claim_of_the_next_worker() {
    let memory = MemoryDedupStore::new().lease(Duration::from_secs(60));
    memory.begin(key(1));
    advance(Duration::from_secs(60)).await;
    assert_eq!(memory.begin(key(1)), Claim::New, "the lease has ended");
    memory.release(key(1));
    assert_eq!(memory.begin(key(1)), Claim::InFlight);
    memory.release(key(1));
    assert_eq!(memory.begin(key(1)), Claim::New);
}

#[tokio::test(start_paused = true)]
async fn tokens_of_abandoned_claims_stay_within_the_capacity() {
    let memory = MemoryDedupStore::new()
        .capacity(3)
        .lease(Duration::from_secs(1));
    for number in 0..20 {
        memory.begin(key(number));
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(memory.lock().tokens.len(), 3);
}

/// The work took longer than its lease.
#[tokio::test(start_paused = true)]
async fn commit_after_the_lease_counts() {
    let memory = MemoryDedupStore::new().lease(Duration::from_secs(1));
    memory.begin(key(1));
    advance(Duration::from_secs(2)).await;
    memory.commit(key(1));
    assert_eq!(memory.begin(key(1)), Claim::Done);
}

#[tokio::test(start_paused = true)]
async fn full_store_drops_done_keys_first_and_then_the_oldest() {
    let memory = MemoryDedupStore::new().capacity(3);
    memory.begin(key(1));
    memory.begin(key(2));
    memory.commit(key(2));
    memory.begin(key(3));
    memory.begin(key(4));
    assert_eq!(memory.len(), 3);
    assert_eq!(memory.begin(key(1)), Claim::InFlight);
    assert_eq!(
        memory.begin(key(2)),
        Claim::New,
        "done keys are dropped first"
    );
    assert_eq!(memory.begin(key(3)), Claim::InFlight);
    assert_eq!(
        memory.begin(key(1)),
        Claim::New,
        "the oldest key in flight was dropped"
    );
    assert!(format!("{memory:?}").contains("len: 3"));
}

#[tokio::test(start_paused = true)]
async fn ended_claims_leave_the_queue_when_all_earlier_ones_ended() {
    let memory = MemoryDedupStore::new();
    let waiting = || memory.lock().in_flight.len();
    for number in 1..=4 {
        memory.begin(key(number));
    }
    memory.commit(key(2));
    assert_eq!(waiting(), 4);
    memory.commit(key(1));
    assert_eq!(waiting(), 2);
    memory.release(key(3));
    assert_eq!(waiting(), 1);
    memory.release(key(4));
    assert_eq!(waiting(), 0);
}

#[tokio::test]
async fn store_trait_uses_the_memory() {
    async fn life(store: Arc<dyn DedupStore>) -> Result<[Claim; 3], DedupStoreError> {
        let first = store.begin(key(1)).await?;
        store.release(key(1)).await?;
        let second = store.begin(key(1)).await?;
        store.commit(key(1)).await?;
        Ok([first, second, store.begin(key(1)).await?])
    }
    let claims = life(Arc::new(MemoryDedupStore::default())).await.unwrap();
    assert_eq!(claims, [Claim::New, Claim::New, Claim::Done]);
}

#[derive(Clone, Debug)]
enum Action {
    Begin(u8),
    Commit(u8),
    Release(u8),
    Advance(u16),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (0u8..12).prop_map(Action::Begin),
        2 => (0u8..12).prop_map(Action::Commit),
        2 => (0u8..12).prop_map(Action::Release),
        1 => (0u16..40).prop_map(Action::Advance),
    ]
}

proptest! {
    /// A table with enough capacity behaves like a plain map with times. A small one never exceeds its capacity, and its
    /// queues stay in proportion.
    #[test]
    fn table_behaves_like_a_map(actions in prop::collection::vec(action(), 0..300), small in 1usize..6) {
        let (lease, retention) = (Duration::from_secs(20), Duration::from_secs(50));
        let table = |capacity| Table {
            entries: KeyMap::default(),
            done: VecDeque::new(),
            in_flight: VecDeque::new(),
            capacity,
            retention,
            lease,
            claims: 0,
            tokens: TokenTable::with_capacity(capacity),
        };
        let (mut large, mut small_table) = (table(1000), table(small));
        let mut model: BTreeMap<u8, (bool, Instant, u64)> = BTreeMap::new();
        let (mut claims, mut tokens) = (0, BTreeMap::<u8, VecDeque<u64>>::new());
        let mut now = Instant::now();
        for action in actions {
            model.retain(|_, (done, since, _)| {
                now.duration_since(*since) < if *done { retention } else { lease }
            });
            match action {
                Action::Begin(number) => {
                    let expected = match model.get(&number) {
                        Some((true, ..)) => Claim::Done,
                        Some((false, ..)) => Claim::InFlight,
                        None => {
                            claims += 1;
                            tokens.entry(number).or_default().push_back(claims);
                            Claim::New
                        }
                    };
                    model.entry(number).or_insert((false, now, claims));
                    prop_assert_eq!(large.begin(key(number), now), expected);
                    small_table.begin(key(number), now);
                }
                Action::Commit(number) => {
                    tokens.entry(number).or_default().pop_front();
                    if !matches!(model.get(&number), Some((true, ..))) {
                        model.insert(number, (true, now, claims));
                    }
                    large.commit(key(number), now);
                    small_table.commit(key(number), now);
                }
                Action::Release(number) => {
                    let token = tokens.entry(number).or_default().pop_front();
                    if model.get(&number).is_some_and(|(done, _, claim)| !done && Some(*claim) == token) {
                        model.remove(&number);
                    }
                    // `release` takes no time, so only the model has dropped expired keys.
                    large.expire(now);
                    large.release(key(number));
                    small_table.release(key(number));
                }
                Action::Advance(seconds) => now += Duration::from_secs(seconds.into()),
            }
            prop_assert!(small_table.entries.len() <= small);
            prop_assert!(small_table.done.len() <= 2 * small + 1 && small_table.in_flight.len() <= 2 * small + 1);
        }
    }
}
