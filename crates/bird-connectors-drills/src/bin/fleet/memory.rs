//! The memory of a worker for each install, measured at the allocator. The simulated workspace is counted as little as possible:
//! its connectors are allocated before, and it delivers no webhooks.

use anyhow::{Result, ensure};

use crate::clock::Simulation;
use crate::fleet::Fleet;
use crate::scenario::{Pattern, Scenario};
use crate::worker;

/// The additional bytes of each install. The difference of two runs excludes what does not depend on the number of installs,
/// such as a page of a list.
pub(crate) fn per_install(scenario: &Scenario, pattern: Pattern, sizes: [u32; 2]) -> Result<u64> {
    let [small, large] = sizes;
    let [few, many] = [
        peak(scenario, pattern, small)?,
        peak(scenario, pattern, large)?,
    ];
    Ok(many.saturating_sub(few) / u64::from(large - small))
}

/// The peak of the memory in bytes while one worker installs one batch.
fn peak(scenario: &Scenario, pattern: Pattern, installs: u32) -> Result<u64> {
    let scenario = Scenario {
        workspaces: 1,
        installs,
        workers: 1,
        batches: 1,
        single_every: u32::from(pattern == Pattern::Single),
        duplicate_every: 0,
        crash_after: None,
        faults: false,
        webhooks: false,
        single_concurrency: installs as usize,
        ..scenario.clone()
    };
    let simulation = Simulation::new(scenario.seed)?;
    let gate = simulation.gate.clone();
    let fleet = simulation.run(async { Fleet::new(scenario, gate) });
    let workspace = simulation.run(async { fleet.open(0) });
    let mut result = Ok(());
    let measured = allocation_counter::measure(|| {
        result = simulation.run(worker::run(fleet.clone(), 0));
    });
    result?;
    let unfinished = workspace.unfinished().len();
    ensure!(
        unfinished == 0,
        "{unfinished} of {installs} installs have no result"
    );
    Ok(measured.bytes_max)
}
