//! Rows drawn from a mixture. The random numbers are the caller's: this room has none.

use super::elementary::{exp, ln};
use super::model::Mixture;

/// Rows drawn from a mixture, each with the component it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Draws {
    /// D columns of N numbers, in the mixture's coordinates.
    pub columns: Vec<Vec<f64>>,
    /// The component of each of the N rows, from 0.
    pub labels: Vec<u8>,
}

/// Standard normal numbers by the polar method (Marsaglia and Bray 1964): only `ln` and
/// square roots, so the same uniform numbers give the same bits on every device.
#[derive(Default)]
pub struct Normals {
    spare: Option<f64>,
}

impl Normals {
    /// The next one; `uniform` gives numbers uniform on [0, 1).
    pub fn next(&mut self, uniform: &mut dyn FnMut() -> f64) -> f64 {
        if let Some(z) = self.spare.take() {
            return z;
        }
        loop {
            let (u, v) = (2.0 * uniform() - 1.0, 2.0 * uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let f = (-2.0 * ln(s) / s).sqrt();
                self.spare = Some(v * f);
                return u * f;
            }
        }
    }
}

/// Degrees of freedom of a component whose density is a t.
fn degrees(mixture: &Mixture, component: usize) -> Option<f64> {
    Some(mixture.degrees()?[component])
}

/// A chi-squared number with `nu` > 0 degrees of freedom: twice a gamma number of shape
/// nu / 2, by squeezing a cubed normal (Marsaglia and Tsang 2000).
fn chi_squared(nu: f64, normals: &mut Normals, uniform: &mut dyn FnMut() -> f64) -> f64 {
    let shape = 0.5 * nu;
    // Below shape 1: that of shape + 1 times U^(1 / shape).
    let (shape, smaller) = match shape < 1.0 {
        true => (shape + 1.0, exp(ln(uniform()) / shape)),
        false => (shape, 1.0),
    };
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let z = normals.next(uniform);
        let root = 1.0 + c * z;
        let v = root * root * root;
        if v > 0.0 && ln(uniform()) < 0.5 * z * z + d - d * v + d * ln(v) {
            // Above 0, so that the ratio of a t stays a number.
            return (2.0 * d * v * smaller).max(f64::MIN_POSITIVE);
        }
    }
}

/// Draws `n` rows: a component by its weight, then mu + L z with z standard normal and L the
/// Cholesky factor of its covariance. A component of weight 0 is never drawn, and
/// a noise component neither, for it has a density but no place. Rows are independent: of a hidden
/// Markov model they show the occupancy of its states, not their order.
///
/// `uniform` gives independent numbers uniform on [0, 1), as
/// [`Random::uniform`](crate::fit::Random::uniform) does; rows are drawn one after another,
/// so the first rows do not depend on `n`.
pub fn sample(mixture: &Mixture, n: usize, uniform: &mut dyn FnMut() -> f64) -> Draws {
    let d = mixture.dimension();
    let weights = mixture.weights();
    let total: f64 = weights.iter().sum();
    let last = weights.iter().rposition(|&w| w > 0.0).unwrap_or(0);
    let mut columns = vec![Vec::with_capacity(n); d];
    let mut labels = Vec::with_capacity(n);
    let mut normals = Normals::default();
    let mut row = vec![0.0; d];
    for _ in 0..n {
        let target = uniform() * total;
        let mut sum = 0.0;
        let component = weights[..last].iter().position(|&w| {
            sum += w;
            target < sum
        });
        let component = component.unwrap_or(last);
        labels.push(component as u8);
        draw(mixture, component, &mut normals, uniform, &mut row);
        for (column, x) in columns.iter_mut().zip(&row) {
            column.push(*x);
        }
    }
    Draws { columns, labels }
}

/// One row of a component, D numbers into `row`: mu + L z with z standard normal, for a t component on
/// a scale of its own.
pub fn draw(
    mixture: &Mixture,
    component: usize,
    normals: &mut Normals,
    uniform: &mut dyn FnMut() -> f64,
    row: &mut [f64],
) {
    let z: Vec<f64> = row.iter().map(|_| normals.next(uniform)).collect();
    let widen = degrees(mixture, component)
        .map_or(1.0, |nu| (nu / chi_squared(nu, normals, uniform)).sqrt());
    let covariance = &mixture.covariances()[component];
    for (j, out) in row.iter_mut().enumerate() {
        let mut x = covariance.pivot(j) * z[j];
        for (l, z) in covariance.factor_row(j).iter().zip(&z) {
            x += l * z;
        }
        *out = mixture.means()[component][j] + widen * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chi_squared_numbers_have_the_mean_and_variance_of_theirs() {
        // A generator of the test's own (Steele, Lea and Flood 2014): this room has none.
        let mut state = 7u64;
        let mut uniform = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
        };
        let mut normals = Normals::default();
        for nu in [0.5, 1.0, 4.0, 30.0] {
            let n = 40_000;
            let x: Vec<f64> = (0..n)
                .map(|_| chi_squared(nu, &mut normals, &mut uniform))
                .collect();
            let mean = x.iter().sum::<f64>() / f64::from(n);
            let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(n);
            assert!((mean / nu - 1.0).abs() < 0.05, "{nu}: {mean}");
            assert!(
                (variance / (2.0 * nu) - 1.0).abs() < 0.12,
                "{nu}: {variance}"
            );
        }
    }
}
