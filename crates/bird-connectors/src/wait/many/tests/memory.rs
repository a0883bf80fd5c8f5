//! The memory that a bulk wait uses per install, measured at the allocator.

use super::*;

/// The peak memory in bytes.
fn peak_memory(installs: usize) -> u64 {
    let runtime = paused_runtime();
    // Half of the installs succeed, a quarter fail, and a quarter are never listed.
    let state = |number: usize, now: Duration| match number % 4 {
        0 | 1 => pending_until(seconds(20.0), "active")(now),
        2 => pending_until(seconds(20.0), "failed")(now),
        _ => InstallState {
            number_status: "pending",
            ..InstallState::WITHOUT_CHANNEL
        },
    };
    let fake = runtime.block_on(async { Fake::new(installs, state) });
    fake.0.requests.lock().unwrap().reserve(100_000);
    let measured = allocation_counter::measure(|| {
        runtime.block_on(async {
            let mut results = fake.results_with(|wait| wait.options.timeout = Some(seconds(30.0)));
            let mut finished = 0;
            while results.next().await.is_some() {
                finished += 1;
            }
            assert_eq!(finished, installs);
        });
    });
    measured.bytes_max
}

#[test]
fn wait_takes_less_than_two_kilobytes_per_install() {
    let sizes = [10, 100, 1_000, 10_000];
    let all: Vec<_> = sizes
        .iter()
        .map(|installs| (*installs, peak_memory(*installs)))
        .collect();
    for (installs, bytes) in &all {
        println!(
            "{installs} installs: {bytes} bytes at most, {} per install",
            bytes / *installs as u64
        );
    }
    // The difference excludes memory that does not depend on the number of installs, such as a page of the list.
    let ((few, small), (many, large)) = (all[1], all[3]);
    let each = large.saturating_sub(small) / (many - few) as u64;
    println!("{each} bytes per additional install");
    assert!(each <= 2048, "{each}");
}
