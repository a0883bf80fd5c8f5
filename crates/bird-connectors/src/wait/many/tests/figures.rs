//! What a wait for many costs and how soon it hears of a change, in paused time: the figures are those of the schedule,
//! and no machine makes them better or worse.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;

/// When an install becomes active: all of them within a minute, in no order.
fn active_at(number: usize, installs: usize) -> Duration {
    let shuffled = (number * 7919) % installs;
    Duration::from_secs(60) * u32::try_from(shuffled).unwrap() / u32::try_from(installs).unwrap()
}

/// What one poller for each install asks, each second, where all of them share 40 requests a second.
fn one_by_one(installs: usize) -> usize {
    let turn = Duration::from_millis(25);
    let mut due: BinaryHeap<_> = (0..installs)
        .map(|number| Reverse((Duration::ZERO, number)))
        .collect();
    let (mut gets, mut free) = (0, Duration::ZERO);
    while let Some(Reverse((at, number))) = due.pop() {
        let at = at.max(free);
        free = at + turn;
        gets += 1;
        if at < active_at(number, installs) {
            due.push(Reverse((at + Duration::from_secs(1), number)));
        }
    }
    gets
}

struct Figures {
    gets: usize,
    singles: usize,
    rounds: u32,
    median: Duration,
    p95: Duration,
    most_in_a_second: usize,
}

async fn figures(fake: &Fake, installs: usize) -> Figures {
    let mut results = fake.results();
    let mut late = Vec::new();
    while let Some(wait) = results.next().await {
        wait.result.unwrap();
        let active_at = active_at(number_of(wait.connector_id), installs);
        late.push(fake.0.start.elapsed() - active_at);
    }
    late.sort_unstable();
    assert_eq!(late.len(), installs);
    Figures {
        gets: fake.gets().len(),
        singles: fake.count(is_single),
        rounds: results.totals().rounds,
        median: late[installs / 2],
        p95: late[installs * 95 / 100],
        most_in_a_second: fake.most_in_a_second(),
    }
}

/// The channels are listed from the beginning, after a while, or only once they are active.
#[tokio::test(start_paused = true)]
async fn a_thousand_installs_in_a_minute() {
    const INSTALLS: usize = 1000;
    let peer = one_by_one(INSTALLS);
    println!("one by one, 40 a second: {peer} GETs");
    for (what, share) in [("at once", 0.0), ("half-way", 0.5), ("when active", 1.0)] {
        let truth = move |number, now: Duration| {
            let active = active_at(number, INSTALLS);
            if now >= active {
                Truth::says("active")
            } else if now >= active.mul_f64(share) {
                Truth::says("pending")
            } else {
                Truth::BEGUN
            }
        };
        let fake = Fake::new(INSTALLS, truth).with(|world| world.latency = seconds(0.05));
        let seen = figures(&fake, INSTALLS).await;
        let percent = 100.0 * seen.gets as f64 / peer as f64;
        println!(
            "channels listed {what}: {} GETs ({percent:.1} %), {} of them single, {} rounds, median {:.2} s, 95 % {:.2} s, at most {} in a second",
            seen.gets,
            seen.singles,
            seen.rounds,
            seen.median.as_secs_f64(),
            seen.p95.as_secs_f64(),
            seen.most_in_a_second,
        );
        assert!(percent <= 3.0, "{what}: {percent:.2} %");
        assert!(seen.p95 <= seconds(2.0), "{what}: {:?}", seen.p95);
        assert!(seen.most_in_a_second <= 50);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_a_round_grow_as_the_thousands() {
    for installs in [10, 100, 1_000, 10_000] {
        let truth = move |number, now| pending_until(active_at(number, installs), "active")(now);
        let fake = Fake::new(installs, truth).with(|world| world.latency = seconds(0.05));
        let seen = figures(&fake, installs).await;
        let each = seen.gets as f64 / f64::from(seen.rounds);
        println!(
            "{installs} installs: {} GETs in {} rounds, {each:.2} a round, 95 % {:.2} s, at most {} in a second",
            seen.gets,
            seen.rounds,
            seen.p95.as_secs_f64(),
            seen.most_in_a_second,
        );
        let thousands = installs.div_ceil(1000) as f64;
        assert!(each <= thousands + 0.5, "{each}");
        assert!(seen.most_in_a_second <= 50);
    }
}
