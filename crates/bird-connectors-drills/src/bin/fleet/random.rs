//! Random values that depend only on the seed and on what they are for, so that the order of events does not change them.

use std::time::Duration;

use fastrand::Rng;

/// A source of random values for one purpose.
pub(crate) fn source(seed: u64, purpose: &[u64]) -> Rng {
    let mix = |state: u64, part: &u64| splitmix(state ^ splitmix(*part));
    Rng::with_seed(purpose.iter().fold(splitmix(seed), mix))
}

/// The finalizer of SplitMix64: similar inputs have unrelated outputs.
fn splitmix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A time between two others, each equally likely.
pub(crate) fn between(random: &mut Rng, shortest: f64, longest: f64) -> Duration {
    Duration::from_secs_f64(shortest + (longest - shortest) * random.f64())
}

/// A time until an event that is equally likely at any moment.
pub(crate) fn exponential(random: &mut Rng, mean: Duration) -> Duration {
    mean.mul_f64(-(1.0 - random.f64()).ln())
}

/// A time of which some are many times longer than the median.
pub(crate) fn log_normal(random: &mut Rng, median: f64, sigma: f64) -> Duration {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    let normal = radius * (std::f64::consts::TAU * random.f64()).cos();
    Duration::from_secs_f64(median * (sigma * normal).exp())
}
