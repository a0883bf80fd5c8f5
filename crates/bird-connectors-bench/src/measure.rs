//! Measures variants of the same work in alternating rounds. Every second round runs in the opposite order, so that other
//! load on the machine affects all variants alike.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

type Work<'a> = Box<dyn FnMut() -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> + 'a>;

/// Variants of the same work.
pub(crate) struct Group<'a> {
    name: &'a str,
    variants: Vec<Variant<'a>>,
}

struct Variant<'a> {
    name: &'a str,
    work: Work<'a>,
    /// Seconds per call, one sample for each round.
    samples: Vec<f64>,
}

impl<'a> Group<'a> {
    pub(crate) fn new(name: &'a str) -> Self {
        Self {
            name,
            variants: Vec::new(),
        }
    }

    pub(crate) fn variant<F>(mut self, name: &'a str, mut work: impl FnMut() -> F + 'a) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'a,
    {
        self.variants.push(Variant {
            name,
            work: Box::new(move || Box::pin(work())),
            samples: Vec::new(),
        });
        self
    }

    /// Calls each variant `calls` times in each round, and prints the seconds per call.
    pub(crate) async fn run(mut self, rounds: usize, calls: u32) -> Result<()> {
        for variant in &mut self.variants {
            // Opens connections and fills caches.
            (variant.work)().await?;
        }
        for round in 0..rounds {
            let count = self.variants.len();
            for index in 0..count {
                let index = if round % 2 == 0 {
                    index
                } else {
                    count - 1 - index
                };
                let variant = &mut self.variants[index];
                let start = Instant::now();
                for _ in 0..calls {
                    (variant.work)().await?;
                }
                let seconds = start.elapsed().as_secs_f64();
                variant.samples.push(seconds / f64::from(calls));
            }
        }
        for variant in self.variants {
            print(self.name, variant.name, "s", &variant.samples);
        }
        Ok(())
    }
}

/// Prints the samples of one variant as a line of JSON.
pub(crate) fn print(group: &str, variant: &str, unit: &str, samples: &[f64]) {
    println!(
        "{}",
        json!({"group": group, "variant": variant, "unit": unit, "samples": samples})
    );
}

/// The time that some work takes.
pub(crate) async fn time<T>(work: impl Future<Output = Result<T>>) -> Result<Duration> {
    let start = Instant::now();
    work.await?;
    Ok(start.elapsed())
}
