//! What a wait for many holds for each install, counted by the allocator.

use super::*;

/// The most that was held at any time, in bytes.
fn held(installs: usize) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    // Half of them are shown by the list, a quarter of those left by nothing but single reads, and some fail.
    let truth = |number: usize, now: Duration| match number % 4 {
        0 | 1 => pending_until(seconds(20.0), "active")(now),
        2 => pending_until(seconds(20.0), "failed")(now),
        _ => Truth {
            number: "pending",
            ..Truth::BEGUN
        },
    };
    let fake = runtime.block_on(async { Fake::new(installs, truth) });
    fake.0.gets.lock().unwrap().reserve(100_000);
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
fn a_wait_takes_less_than_two_kilobytes_for_each_install() {
    let sizes = [10, 100, 1_000, 10_000];
    let all: Vec<_> = sizes
        .iter()
        .map(|installs| (*installs, held(*installs)))
        .collect();
    for (installs, bytes) in &all {
        println!(
            "{installs} installs: {bytes} bytes at most, {} for each",
            bytes / *installs as u64
        );
    }
    // What does not grow with them, such as a page of the list, is there once.
    let ((few, less), (many, more)) = (all[1], all[3]);
    let each = more.saturating_sub(less) / (many - few) as u64;
    println!("{each} bytes for each one more");
    assert!(each <= 2048, "{each}");
}
