//! Distributions that movement is made of.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

/// Time until something that happens once in `mean` on average.
pub(super) fn exponential(mean: f64, rng: &mut Pcg64Mcg) -> f64 {
    -mean * (1.0 - rng.random::<f64>()).ln()
}

/// Close enough to a standard normal distribution: the sum of twelve uniform ones, less its mean.
pub(super) fn normal(rng: &mut Pcg64Mcg) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}
