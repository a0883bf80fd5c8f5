//! The queues in paused time: order, pauses, deadlines, and which requests share a queue.

use std::sync::atomic::AtomicUsize;

use futures_util::future::join_all;
use uuid::Uuid;

use super::*;

const PATH: &str = "/workspaces/2d7a1e03-25e4-401e-bf1e-0ace545673d7/connectors";

fn limiter(rate: RateLimits) -> Limiter {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let base_url = format!("https://{}.example", NEXT.fetch_add(1, Ordering::Relaxed));
    Limiter::new(rate, &base_url).unwrap()
}

fn gate(limiter: &Limiter, method: &Method, path: &str) -> RateGate {
    let url = Url::parse(&format!("https://api.example{path}")).unwrap();
    limiter.gate(method, workspace_in(&url))
}

fn reads(get: u32) -> (Limiter, RateGate) {
    let limiter = limiter(RateLimits { get, post: 1 });
    let gate = gate(&limiter, &Method::GET, PATH);
    (limiter, gate)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn within(total: Duration) -> Option<Instant> {
    Some(Instant::now() + total)
}

#[tokio::test(start_paused = true)]
async fn slots_are_granted_in_order_and_evenly_spaced() {
    let (_limiter, gate) = reads(50);
    let start = Instant::now();
    let order = Mutex::new(Vec::new());
    let calls = (0..45).map(|call| {
        let (gate, order) = (&gate, &order);
        async move {
            gate.acquire(within(millis(60_000))).await.unwrap();
            lock(order).push((call, start.elapsed()));
        }
    });
    join_all(calls).await;
    let order = order.into_inner().unwrap();
    let calls: Vec<_> = order.iter().map(|(call, _)| *call).collect();
    assert_eq!(calls, (0..45).collect::<Vec<_>>());
    let at_once = order.iter().filter(|(_, at)| at.is_zero()).count();
    assert_eq!(at_once, 5);
    let all = order[44].1;
    assert!((millis(1000)..=millis(1003)).contains(&all), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn slot_after_deadline_fails_at_once_and_uses_no_slot() {
    let (_limiter, gate) = reads(1);
    gate.acquire(None).await.unwrap();
    let start = Instant::now();
    let late = gate.acquire(within(millis(1000))).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!((late.after, late.paused), (millis(1250), false));
    // The next slot is still free for a caller with a later deadline.
    gate.acquire(within(millis(1300))).await.unwrap();
    assert_eq!(start.elapsed(), millis(1250));
}

#[tokio::test(start_paused = true)]
async fn time_until_slot_includes_waiting_callers() {
    let (_limiter, gate) = reads(1);
    gate.acquire(None).await.unwrap();
    let ahead = join_all((0..3).map(|_| gate.acquire(None)));
    let last = async {
        tokio::task::yield_now().await;
        let late = gate.acquire(within(millis(4900))).await.unwrap_err();
        assert_eq!(late.after, millis(1250 * 4));
        gate.acquire(within(millis(5100))).await.unwrap()
    };
    let (_, waited) = tokio::join!(ahead, last);
    assert_eq!(waited, millis(5000));
}

#[tokio::test(start_paused = true)]
async fn cancelled_caller_leaves_its_slot_to_the_next() {
    let (_limiter, gate) = reads(1);
    gate.acquire(None).await.unwrap();
    let start = Instant::now();
    let cancelled = async {
        let _ = tokio::time::timeout(millis(500), gate.acquire(None)).await;
    };
    let next = async {
        gate.acquire(None).await.unwrap();
        assert_eq!(start.elapsed(), millis(1250));
    };
    tokio::join!(cancelled, next);
    assert_eq!(gate.queue.waiting.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn pause_delays_waiting_and_later_callers() {
    let (limiter, gate) = reads(50);
    for _ in 0..5 {
        gate.acquire(None).await.unwrap();
    }
    let start = Instant::now();
    let waiting = async {
        gate.acquire(None).await.unwrap();
        start.elapsed()
    };
    let pausing = async {
        sleep(millis(10)).await;
        gate.pause(millis(3000));
        // A shorter pause does not end it.
        gate.pause(millis(10));
        let other = super::tests::gate(&limiter, &Method::HEAD, PATH);
        let late = other.acquire(within(millis(2000))).await.unwrap_err();
        assert!(late.paused && late.after >= millis(3000), "{late:?}");
        // Writes are not paused.
        let write = super::tests::gate(&limiter, &Method::POST, PATH);
        assert_eq!(write.acquire(None).await.unwrap(), Duration::ZERO);
    };
    let (waited, ()) = tokio::join!(waiting, pausing);
    assert!(
        (millis(3010)..=millis(3012)).contains(&waited),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn pause_during_wait_fails_at_the_deadline() {
    let (_limiter, gate) = reads(1);
    gate.acquire(None).await.unwrap();
    let start = Instant::now();
    let waiting = gate.acquire(within(millis(2000)));
    let pausing = async { gate.pause(Duration::MAX) };
    let (late, ()) = tokio::join!(waiting, pausing);
    let late = late.unwrap_err();
    assert!(late.paused && late.after > LONGEST_PAUSE / 2, "{late:?}");
    assert_eq!(start.elapsed(), millis(2000));
}

#[tokio::test(start_paused = true)]
async fn queues_are_separate_per_workspace_and_class_and_shared_by_clients() {
    let first = Limiter::new(RateLimits { get: 1, post: 1 }, "https://shared.example").unwrap();
    let second = Limiter::new(RateLimits { get: 1, post: 1 }, "https://shared.example").unwrap();
    let elsewhere =
        Limiter::new(RateLimits { get: 1, post: 1 }, "https://another.example").unwrap();
    let free = async |limiter: &Limiter, method: &Method, path: &str| {
        gate(limiter, method, path)
            .acquire(within(millis(1)))
            .await
            .is_ok()
    };
    let other = "/workspaces/3d7a1e03-25e4-401e-bf1e-0ace545673d7/connectors";
    let older = format!("/organizations/{}{PATH}", Uuid::nil());
    let upper = PATH.replace(
        "2d7a1e03-25e4-401e-bf1e-0ace545673d7",
        "2D7A1E03-25E4-401E-BF1E-0ACE545673D7",
    );
    assert!(free(&first, &Method::GET, PATH).await);
    assert!(
        !free(&second, &Method::GET, PATH).await,
        "one queue for all clients"
    );
    assert!(
        !free(&first, &Method::HEAD, &older).await,
        "one queue for all paths of a workspace"
    );
    assert!(!free(&first, &Method::GET, &upper).await);
    assert!(free(&elsewhere, &Method::GET, PATH).await);
    assert!(free(&first, &Method::GET, other).await);
    assert!(free(&first, &Method::POST, PATH).await);
    assert!(
        !free(&first, &Method::DELETE, PATH).await,
        "writes share one queue"
    );
    assert!(!free(&first, &Method::PATCH, PATH).await);
    assert!(free(&first, &Method::GET, "/path/without/workspace").await);
    assert!(!free(&second, &Method::GET, "/workspaces/not-an-id").await);
}

#[tokio::test(start_paused = true)]
async fn idle_queues_are_dropped_and_used_queues_are_kept() {
    let registry = QueueRegistry::new("https://api.example");
    let pace = RatePacing::of(NonZeroU32::MIN);
    let queue = |id: u128| registry.queue((Some(WorkspaceId::from_u128(id)), Class::Read));
    for id in 0..1000 {
        queue(id).take(pace).unwrap();
        tokio::time::advance(millis(100)).await;
    }
    assert!(lock(&registry.queues).by_key.len() <= 2 * CLEANUP_THRESHOLD);
    assert!(queue(999).take(pace).is_err(), "it was used just now");
    // Queues in use cannot be dropped, and clean-ups stay rare.
    for id in 0..1000 {
        let _ = queue(id).take(pace);
    }
    let queues = lock(&registry.queues);
    assert!(
        queues.by_key.len() >= 1000 && queues.cleanup_threshold <= 2048,
        "{}",
        queues.cleanup_threshold
    );
}

#[test]
fn limit_of_zero_is_rejected_by_name() {
    for (rate, name) in [
        (RateLimits { get: 0, post: 1 }, "get"),
        (RateLimits { get: 1, post: 0 }, "post"),
    ] {
        let error = Limiter::new(rate, "https://api.example").unwrap_err();
        assert!(
            error.to_string().contains(&format!("{name} is 0")),
            "{error}"
        );
    }
}
