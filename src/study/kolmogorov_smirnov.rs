//! How probable a Kolmogorov-Smirnov statistic is by chance.

use super::error::{StudyError, fraction};
use crate::mixture::elementary::exp;

/// Above this many pairs of rows the p-value is the limit for large samples.
const EXACT_PAIRS: usize = 4_000_000;

/// The probability that two samples of `n` and `m` values from one continuous distribution
/// differ by `statistic` or more in [`Drift::kolmogorov_smirnov`](super::Drift::kolmogorov_smirnov). Exact up to 4 million
/// pairs n m, by counting the lattice paths that leave the band (Hodges 1957); beyond that
/// Kolmogorov's limit 2 sum (-1)^(k-1) exp(-2 k^2 z^2), z = statistic sqrt(n m / (n + m)). With ties it
/// is too large, to the safe side.
///
/// # Errors
/// If the statistic is not from 0 to 1 or a sample is empty.
pub fn kolmogorov_smirnov_p_value(statistic: f64, n: usize, m: usize) -> Result<f64, StudyError> {
    fraction("a Kolmogorov-Smirnov statistic", statistic)?;
    if n == 0 || m == 0 {
        return Err(StudyError::Empty("values"));
    }
    if statistic == 0.0 {
        return Ok(1.0);
    }
    let (rows, columns) = (n as f64, m as f64);
    if n.saturating_mul(m) > EXACT_PAIRS {
        let z2 = statistic * statistic * (rows * columns / (rows + columns));
        if z2 < 0.04 {
            return Ok(1.0);
        }
        let term = |k: i32| {
            let k = f64::from(k);
            (if k % 2.0 == 1.0 { 2.0 } else { -2.0 }) * exp(-2.0 * k * k * z2)
        };
        return Ok((1..=30).map(term).sum::<f64>().clamp(0.0, 1.0));
    }
    // In units of 1 / (n m) the statistic is a whole number.
    let band = (statistic * rows * columns + 0.5) as i64;
    let outside = |i: usize, j: usize| ((i * m) as i64 - (j * n) as i64).abs() >= band;
    // The share of the paths from (0, 0) to (i, j) that have been outside: only sums of
    // what is not negative, so that the smallest p-values keep their digits.
    let mut share: Vec<f64> = vec![0.0; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            share[j] = if outside(i, j) {
                1.0
            } else if i + j == 0 {
                0.0
            } else {
                let left = if j > 0 { share[j - 1] } else { 0.0 };
                (i as f64 * share[j] + j as f64 * left) / (i + j) as f64
            };
        }
    }
    Ok(share[m])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_p_value_is_the_share_of_relabellings_at_least_as_far(n in 1usize..6, m in 1usize..6, seed in 0u32..1000) {
            // All ways to deal n + m different values into samples of n and m.
            let statistic = |mask: u32| {
                let (mut i, mut j, mut most) = (0.0, 0.0, 0.0f64);
                for bit in 0..n + m {
                    if mask >> bit & 1 == 1 { i += 1.0 } else { j += 1.0 }
                    most = most.max((i / n as f64 - j / m as f64).abs());
                }
                most
            };
            let ways: Vec<u32> = (0..1u32 << (n + m)).filter(|w| w.count_ones() as usize == n).collect();
            let observed = statistic(ways[seed as usize % ways.len()]);
            let far = ways.iter().filter(|&&w| statistic(w) >= observed - 1e-12).count();
            let p = kolmogorov_smirnov_p_value(observed, n, m).unwrap();
            prop_assert!((p - far as f64 / ways.len() as f64).abs() < 1e-12);
        }
    }

    #[test]
    fn the_limit_for_large_samples_joins_the_exact_p_value() {
        for statistic in [0.01, 0.03, 0.06] {
            let exact = kolmogorov_smirnov_p_value(statistic, 2000, 2000).unwrap();
            let limit = kolmogorov_smirnov_p_value(statistic, 2000, 2001).unwrap();
            assert!((exact - limit).abs() < 0.02, "{exact} {limit}");
        }
        assert_eq!(kolmogorov_smirnov_p_value(1e-9, 4000, 4000), Ok(1.0));
    }

    #[test]
    fn statistics_out_of_range_and_empty_samples_are_refused() {
        assert!(kolmogorov_smirnov_p_value(1.5, 3, 3).is_err());
        assert!(kolmogorov_smirnov_p_value(f64::NAN, 3, 3).is_err());
        assert!(kolmogorov_smirnov_p_value(0.5, 0, 3).is_err());
    }
}
