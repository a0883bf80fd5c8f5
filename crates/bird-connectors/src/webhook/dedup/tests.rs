//! De-duplication: the life of a key, the bound, and a property against a model.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tokio::time::advance;

use super::*;

fn key(number: u8) -> DeliveryKey {
    format!("{number:064x}").parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_new_then_in_flight_then_done() {
    let memory = MemoryDedupStore::new();
    assert_eq!(memory.begin(key(1)), Claim::New);
    assert_eq!(memory.begin(key(1)), Claim::InFlight);
    assert_eq!(memory.begin(key(2)), Claim::New);
    memory.commit(key(1));
    assert_eq!(memory.begin(key(1)), Claim::Done);
    memory.release(key(1));
    assert_eq!(memory.begin(key(1)), Claim::Done, "what is done stays done");
    memory.release(key(2));
    assert_eq!(memory.begin(key(2)), Claim::New);
    memory.release(key(3));
    assert_eq!(memory.begin(key(3)), Claim::New);
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_loses_the_key_and_what_is_done_is_forgotten_late() {
    let memory = MemoryDedupStore::new();
    memory.begin(key(1));
    advance(Duration::from_secs(59)).await;
    assert_eq!(memory.begin(key(1)), Claim::InFlight);
    advance(Duration::from_secs(1)).await;
    assert_eq!(memory.begin(key(1)), Claim::New, "the lease is over");
    memory.commit(key(1));
    advance(Verifier::MAX_AGE).await;
    assert_eq!(
        memory.begin(key(1)),
        Claim::Done,
        "a verifier still accepts it"
    );
    advance(Verifier::TOLERANCE).await;
    assert_eq!(memory.begin(key(1)), Claim::New);
}

/// Work that took longer than its lease, and ends after somebody else has begun.
#[tokio::test(start_paused = true)]
async fn a_late_commit_counts() {
    let memory = MemoryDedupStore::new().lease(Duration::from_secs(1));
    memory.begin(key(1));
    advance(Duration::from_secs(2)).await;
    memory.commit(key(1));
    assert_eq!(memory.begin(key(1)), Claim::Done);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_and_done_keys_go_first() {
    let memory = MemoryDedupStore::new().capacity(3);
    memory.begin(key(1));
    memory.begin(key(2));
    memory.commit(key(2));
    memory.begin(key(3));
    memory.begin(key(4));
    assert_eq!(memory.len(), 3);
    assert_eq!(memory.begin(key(1)), Claim::InFlight);
    assert_eq!(memory.begin(key(2)), Claim::New, "it had to go");
    assert_eq!(memory.begin(key(3)), Claim::InFlight);
    assert_eq!(
        memory.begin(key(1)),
        Claim::New,
        "the oldest in flight went"
    );
    assert!(format!("{memory:?}").contains("len: 3"));
}

#[tokio::test]
async fn the_store_is_the_memory() {
    async fn life<S: DedupStore>(store: &S) -> Result<[Claim; 3], S::Error> {
        let first = store.begin(key(1)).await?;
        store.release(key(1)).await?;
        let second = store.begin(key(1)).await?;
        store.commit(key(1)).await?;
        Ok([first, second, store.begin(key(1)).await?])
    }
    let seen = life(&MemoryDedupStore::default()).await.unwrap();
    assert_eq!(seen, [Claim::New, Claim::New, Claim::Done]);
}

#[derive(Clone, Debug)]
enum Act {
    Begin(u8),
    Commit(u8),
    Release(u8),
    Wait(u16),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0u8..12).prop_map(Act::Begin),
        2 => (0u8..12).prop_map(Act::Commit),
        2 => (0u8..12).prop_map(Act::Release),
        1 => (0u16..40).prop_map(Act::Wait),
    ]
}

proptest! {
    /// With room enough it does what a plain map with times does; with little room it is never larger than that, and
    /// its queues stay in proportion.
    #[test]
    fn it_behaves_like_a_map(acts in prop::collection::vec(act(), 0..300), small in 1usize..6) {
        let (lease, remembered) = (Duration::from_secs(20), Duration::from_secs(50));
        let table = |capacity| Table {
            entries: HashMap::new(),
            done: VecDeque::new(),
            in_flight: VecDeque::new(),
            capacity,
            remembered,
            lease,
        };
        let (mut large, mut little) = (table(1000), table(small));
        let mut model: BTreeMap<u8, (bool, Instant)> = BTreeMap::new();
        let mut now = Instant::now();
        for act in acts {
            model.retain(|_, (done, since)| {
                now.duration_since(*since) < if *done { remembered } else { lease }
            });
            match act {
                Act::Begin(number) => {
                    let expected = match model.get(&number) {
                        Some((true, _)) => Claim::Done,
                        Some((false, _)) => Claim::InFlight,
                        None => Claim::New,
                    };
                    model.entry(number).or_insert((false, now));
                    prop_assert_eq!(large.begin(key(number), now), expected);
                    little.begin(key(number), now);
                }
                Act::Commit(number) => {
                    if !matches!(model.get(&number), Some((true, _))) {
                        model.insert(number, (true, now));
                    }
                    large.commit(key(number), now);
                    little.commit(key(number), now);
                }
                Act::Release(number) => {
                    if matches!(model.get(&number), Some((false, _))) {
                        model.remove(&number);
                    }
                    // Releasing looks at no clock: what has expired is gone for the model only.
                    large.expire(now);
                    large.release(key(number));
                    little.release(key(number));
                }
                Act::Wait(seconds) => now += Duration::from_secs(seconds.into()),
            }
            prop_assert!(little.entries.len() <= small);
            prop_assert!(little.done.len() <= 2 * small + 1 && little.in_flight.len() <= 2 * small + 1);
        }
    }
}
