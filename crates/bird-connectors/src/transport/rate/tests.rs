//! The lines, in paused time: order, pauses, deadlines, and who stands where.

use std::sync::atomic::AtomicUsize;

use futures_util::future::join_all;
use uuid::Uuid;

use super::*;

const PATH: &str = "/workspaces/2d7a1e03-25e4-401e-bf1e-0ace545673d7/connectors";

fn limiter(rate: Rate) -> Limiter {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let base_url = format!("https://{}.example", NEXT.fetch_add(1, Ordering::Relaxed));
    Limiter::new(rate, &base_url).unwrap()
}

fn gate(limiter: &Limiter, method: &Method, path: &str) -> Gate {
    let url = Url::parse(&format!("https://api.example{path}")).unwrap();
    limiter.gate(method, workspace_in(&url))
}

fn reads(get: u32) -> (Limiter, Gate) {
    let limiter = limiter(Rate { get, post: 1 });
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
async fn turns_come_in_the_order_of_asking_and_at_the_pace() {
    let (_limiter, gate) = reads(50);
    let start = Instant::now();
    let order = Mutex::new(Vec::new());
    let calls = (0..45).map(|call| {
        let (gate, order) = (&gate, &order);
        async move {
            gate.turn(within(millis(60_000))).await.unwrap();
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
async fn a_turn_beyond_the_deadline_is_known_at_once_and_takes_nothing() {
    let (_limiter, gate) = reads(1);
    gate.turn(None).await.unwrap();
    let start = Instant::now();
    let late = gate.turn(within(millis(1000))).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!((late.after, late.paused), (millis(1250), false));
    // The next turn is still there for who has the time.
    gate.turn(within(millis(1300))).await.unwrap();
    assert_eq!(start.elapsed(), millis(1250));
}

#[tokio::test(start_paused = true)]
async fn those_ahead_count_when_a_turn_is_judged() {
    let (_limiter, gate) = reads(1);
    gate.turn(None).await.unwrap();
    let ahead = join_all((0..3).map(|_| gate.turn(None)));
    let last = async {
        tokio::task::yield_now().await;
        let late = gate.turn(within(millis(4900))).await.unwrap_err();
        assert_eq!(late.after, millis(1250 * 4));
        gate.turn(within(millis(5100))).await.unwrap()
    };
    let (_, waited) = tokio::join!(ahead, last);
    assert_eq!(waited, millis(5000));
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_leaves_the_turn_to_the_next() {
    let (_limiter, gate) = reads(1);
    gate.turn(None).await.unwrap();
    let start = Instant::now();
    let gives_up = async {
        let _ = tokio::time::timeout(millis(500), gate.turn(None)).await;
    };
    let next = async {
        gate.turn(None).await.unwrap();
        assert_eq!(start.elapsed(), millis(1250));
    };
    tokio::join!(gives_up, next);
    assert_eq!(gate.line.waiting.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_all_who_wait_and_all_who_come() {
    let (limiter, gate) = reads(50);
    for _ in 0..5 {
        gate.turn(None).await.unwrap();
    }
    let start = Instant::now();
    let waiting = async {
        gate.turn(None).await.unwrap();
        start.elapsed()
    };
    let pausing = async {
        sleep(millis(10)).await;
        gate.pause(millis(3000));
        // A shorter one does not end it.
        gate.pause(millis(10));
        let other = super::tests::gate(&limiter, &Method::HEAD, PATH);
        let late = other.turn(within(millis(2000))).await.unwrap_err();
        assert!(late.paused && late.after >= millis(3000), "{late:?}");
        // Writes go on.
        let write = super::tests::gate(&limiter, &Method::POST, PATH);
        assert_eq!(write.turn(None).await.unwrap(), Duration::ZERO);
    };
    let (held, ()) = tokio::join!(waiting, pausing);
    assert!((millis(3010)..=millis(3012)).contains(&held), "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_comes_while_waiting_does_not_hold_beyond_the_deadline() {
    let (_limiter, gate) = reads(1);
    gate.turn(None).await.unwrap();
    let start = Instant::now();
    let waiting = gate.turn(within(millis(2000)));
    let pausing = async { gate.pause(Duration::MAX) };
    let (late, ()) = tokio::join!(waiting, pausing);
    let late = late.unwrap_err();
    assert!(late.paused && late.after > LONGEST_PAUSE / 2, "{late:?}");
    assert_eq!(start.elapsed(), millis(2000));
}

#[tokio::test(start_paused = true)]
async fn workspaces_and_classes_have_lines_of_their_own_and_clients_share_them() {
    let first = Limiter::new(Rate { get: 1, post: 1 }, "https://shared.example").unwrap();
    let second = Limiter::new(Rate { get: 1, post: 1 }, "https://shared.example").unwrap();
    let elsewhere = Limiter::new(Rate { get: 1, post: 1 }, "https://another.example").unwrap();
    let free = async |limiter: &Limiter, method: &Method, path: &str| {
        gate(limiter, method, path)
            .turn(within(millis(1)))
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
        "one line for all clients"
    );
    assert!(
        !free(&first, &Method::HEAD, &older).await,
        "one for all paths of a workspace"
    );
    assert!(!free(&first, &Method::GET, &upper).await);
    assert!(free(&elsewhere, &Method::GET, PATH).await);
    assert!(free(&first, &Method::GET, other).await);
    assert!(free(&first, &Method::POST, PATH).await);
    assert!(
        !free(&first, &Method::DELETE, PATH).await,
        "writes share one"
    );
    assert!(!free(&first, &Method::PATCH, PATH).await);
    assert!(free(&first, &Method::GET, "/nothing/of/a/workspace").await);
    assert!(!free(&second, &Method::GET, "/workspaces/not-an-id").await);
}

#[tokio::test(start_paused = true)]
async fn what_has_rested_is_forgotten_and_what_has_not_is_kept() {
    let governor = Governor::new("https://api.example");
    let pace = Pace::of(NonZeroU32::MIN);
    let line = |id: u128| governor.line((Some(WorkspaceId::from_u128(id)), Class::Read));
    for id in 0..1000 {
        line(id).take(pace).unwrap();
        tokio::time::advance(millis(100)).await;
    }
    assert!(lock(&governor.lines).by_key.len() <= 2 * ROOM);
    assert!(line(999).take(pace).is_err(), "it was used just now");
    // In use all at once, none can be forgotten, and looking for such stays rare.
    for id in 0..1000 {
        let _ = line(id).take(pace);
    }
    let lines = lock(&governor.lines);
    assert!(
        lines.by_key.len() >= 1000 && lines.room <= 2048,
        "{}",
        lines.room
    );
}

#[test]
fn a_limit_of_nothing_is_refused_by_name() {
    for (rate, name) in [
        (Rate { get: 0, post: 1 }, "get"),
        (Rate { get: 1, post: 0 }, "post"),
    ] {
        let error = Limiter::new(rate, "https://api.example").unwrap_err();
        assert!(
            error.to_string().contains(&format!("{name} is 0")),
            "{error}"
        );
    }
}
