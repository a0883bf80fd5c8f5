//! Sides take turns, and every second round in the opposite order, so that whatever else the machine does hits all alike.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

type Turn<'a> = Box<dyn FnMut() -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> + 'a>;

/// Sides that do the same work.
pub(crate) struct Sides<'a> {
    group: &'a str,
    sides: Vec<(&'a str, Turn<'a>, Vec<f64>)>,
}

impl<'a> Sides<'a> {
    pub(crate) fn of(group: &'a str) -> Self {
        Self {
            group,
            sides: Vec::new(),
        }
    }

    pub(crate) fn side<F>(mut self, name: &'a str, mut work: impl FnMut() -> F + 'a) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'a,
    {
        let turn: Turn<'a> = Box::new(move || Box::pin(work()));
        self.sides.push((name, turn, Vec::new()));
        self
    }

    /// Lets each side work `calls` times in each round, and prints what one time takes, in seconds.
    pub(crate) async fn run(mut self, rounds: usize, calls: u32) -> Result<()> {
        for (_, work, _) in &mut self.sides {
            // Connections are made, caches are filled.
            work().await?;
        }
        for round in 0..rounds {
            let count = self.sides.len();
            for place in 0..count {
                let place = if round % 2 == 0 {
                    place
                } else {
                    count - 1 - place
                };
                let (_, work, samples) = &mut self.sides[place];
                let began = Instant::now();
                for _ in 0..calls {
                    work().await?;
                }
                samples.push(began.elapsed().as_secs_f64() / f64::from(calls));
            }
        }
        for (side, _, samples) in self.sides {
            print(self.group, side, "s", &samples);
        }
        Ok(())
    }
}

/// One line of what was measured.
pub(crate) fn print(group: &str, side: &str, unit: &str, samples: &[f64]) {
    println!(
        "{}",
        json!({"group": group, "variant": side, "unit": unit, "samples": samples})
    );
}

/// What one piece of work took.
pub(crate) async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<Duration> {
    let began = Instant::now();
    work.await?;
    Ok(began.elapsed())
}
