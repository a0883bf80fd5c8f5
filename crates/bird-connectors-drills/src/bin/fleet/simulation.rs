//! Runs a scenario: all workers of a fleet, in simulated time.

use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;

use crate::clock::Simulation;
use crate::figures::Figures;
use crate::fleet::Fleet;
use crate::scenario::Scenario;
use crate::worker;

pub(crate) fn simulate(scenario: Scenario) -> Result<Figures> {
    let simulation = Simulation::new(scenario.seed)?;
    simulation.run(async {
        let fleet = Fleet::new(scenario, simulation.gate.clone());
        let mut workers = JoinSet::new();
        for worker in 0..fleet.scenario.workers {
            workers.spawn(worker::run(Arc::clone(&fleet), worker));
        }
        while let Some(worker) = workers.join_next().await {
            worker??;
        }
        Ok(fleet.figures())
    })
}

#[cfg(test)]
mod tests;
