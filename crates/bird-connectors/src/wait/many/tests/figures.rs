//! The cost of a bulk wait and its delay after a change, in paused time: the figures do not depend on the machine.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;

/// When an install becomes active: all installs within a minute, in a shuffled order.
fn active_at(number: usize, installs: usize) -> Duration {
    let shuffled = (number * 7919) % installs;
    Duration::from_secs(60) * u32::try_from(shuffled).unwrap() / u32::try_from(installs).unwrap()
}

/// The number of requests of separate pollers that poll every second and share 40 requests a second.
fn one_by_one(installs: usize) -> usize {
    let slot = Duration::from_millis(25);
    let mut due: BinaryHeap<_> = (0..installs)
        .map(|number| Reverse((Duration::ZERO, number)))
        .collect();
    let (mut gets, mut free) = (0, Duration::ZERO);
    while let Some(Reverse((at, number))) = due.pop() {
        let at = at.max(free);
        free = at + slot;
        gets += 1;
        if at < active_at(number, installs) {
            due.push(Reverse((at + Duration::from_secs(1), number)));
        }
    }
    gets
}

struct Figures {
    gets: usize,
    individual_reads: usize,
    rounds: u32,
    median: Duration,
    p95: Duration,
    peak_per_second: usize,
}

async fn figures(fake: &Fake, installs: usize) -> Figures {
    let mut results = fake.results();
    let mut delays = Vec::new();
    while let Some(wait) = results.next().await {
        wait.result.unwrap();
        let active_at = active_at(number_of(wait.connector_id), installs);
        delays.push(fake.0.start.elapsed() - active_at);
    }
    delays.sort_unstable();
    assert_eq!(delays.len(), installs);
    Figures {
        gets: fake.requests().len(),
        individual_reads: fake.count(is_individual),
        rounds: results.totals().rounds,
        median: delays[installs / 2],
        p95: delays[installs * 95 / 100],
        peak_per_second: fake.peak_per_second(),
    }
}

/// The channels are listed from the beginning, after a while, or only once they are active.
#[tokio::test(start_paused = true)]
async fn thousand_installs_stay_within_the_request_budget() {
    const INSTALLS: usize = 1000;
    let separate = one_by_one(INSTALLS);
    println!("separate pollers, 40 requests a second: {separate} GETs");
    for (listed, share) in [("at once", 0.0), ("half-way", 0.5), ("when active", 1.0)] {
        let state = move |number, now: Duration| {
            let active = active_at(number, INSTALLS);
            if now >= active {
                InstallState::with_status("active")
            } else if now >= active.mul_f64(share) {
                InstallState::with_status("pending")
            } else {
                InstallState::WITHOUT_CHANNEL
            }
        };
        let fake = Fake::new(INSTALLS, state).with(|workspace| workspace.latency = seconds(0.05));
        let figures = figures(&fake, INSTALLS).await;
        let percent = 100.0 * figures.gets as f64 / separate as f64;
        println!(
            "channels listed {listed}: {} GETs ({percent:.1} %), {} of them individual, {} rounds, median {:.2} s, p95 {:.2} s, at most {} per second",
            figures.gets,
            figures.individual_reads,
            figures.rounds,
            figures.median.as_secs_f64(),
            figures.p95.as_secs_f64(),
            figures.peak_per_second,
        );
        assert!(percent <= 3.0, "{listed}: {percent:.2} %");
        assert!(figures.p95 <= seconds(2.0), "{listed}: {:?}", figures.p95);
        assert!(figures.peak_per_second <= 50);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_per_round_grow_with_thousands_of_installs() {
    for installs in [10, 100, 1_000, 10_000] {
        let state = move |number, now| pending_until(active_at(number, installs), "active")(now);
        let fake = Fake::new(installs, state).with(|workspace| workspace.latency = seconds(0.05));
        let figures = figures(&fake, installs).await;
        let each = figures.gets as f64 / f64::from(figures.rounds);
        println!(
            "{installs} installs: {} GETs in {} rounds, {each:.2} per round, p95 {:.2} s, at most {} per second",
            figures.gets,
            figures.rounds,
            figures.p95.as_secs_f64(),
            figures.peak_per_second,
        );
        let thousands = installs.div_ceil(1000) as f64;
        assert!(each <= thousands + 0.5, "{each}");
        assert!(figures.peak_per_second <= 50);
    }
}
