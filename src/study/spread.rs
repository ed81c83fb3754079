//! The same parameter in several fits.

use super::alignment::align;
use super::quantile::quantile_of_sorted;
use crate::mixture::Mixture;

/// One parameter over several fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation (divided by the number of fits less 1): over bootstrap
    /// replicates the parameter's standard error.
    pub deviation: f64,
    /// The lower end of the percentile interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Every parameter of a mixture over several fits whose components were matched by [`align`].
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpread {
    k: usize,
    d: usize,
    fits: usize,
    spreads: Vec<Spread>,
}

impl ParameterSpread {
    /// The number of fits.
    pub fn n_fits(&self) -> usize {
        self.fits
    }

    /// The weight of component `k`.
    pub fn weight(&self, k: usize) -> Spread {
        self.spreads[k]
    }

    /// Entry `j` of the mean of component `k`, in the coordinates of the fits.
    pub fn mean(&self, k: usize, j: usize) -> Spread {
        self.spreads[self.k + k * self.d + j]
    }

    /// Entry (i, j) of the covariance of component `k`.
    pub fn covariance(&self, k: usize, i: usize, j: usize) -> Spread {
        let (i, j) = (i.max(j), i.min(j));
        let triangle = self.d * (self.d + 1) / 2;
        self.spreads[self.k * (1 + self.d) + k * triangle + i * (i + 1) / 2 + j]
    }
}

/// Weights, means and lower triangles of the covariances in the order of the components of
/// `reference`; `None` if the two are not of one size.
pub(super) fn aligned_parameters(reference: &Mixture, fit: &Mixture) -> Option<Vec<f64>> {
    if fit.n_components() != reference.n_components() {
        return None;
    }
    let order: Vec<usize> = align(reference, fit)
        .ok()?
        .partner
        .into_iter()
        .flatten()
        .collect();
    let mut all: Vec<f64> = order.iter().map(|&k| fit.weights()[k]).collect();
    for &k in &order {
        all.extend(&fit.means()[k]);
    }
    for &k in &order {
        for i in 0..fit.dimension() {
            all.extend((0..=i).map(|j| fit.covariances()[k].get(i, j)));
        }
    }
    Some(all)
}

/// Spreads of the aligned parameters `fits` (at least 2 of one length).
pub(super) fn spread(reference: &Mixture, fits: &[Vec<f64>], level: f64) -> ParameterSpread {
    let n = fits.len() as f64;
    let spreads = (0..fits[0].len()).map(|p| {
        let mut values: Vec<f64> = fits.iter().map(|f| f[p]).collect();
        // In units of the largest, so that no square overflows.
        let largest = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let unit = if largest > 0.0 { largest } else { 1.0 };
        let mean = values.iter().map(|v| v / unit).sum::<f64>() / n;
        let off = values.iter().map(|v| v / unit - mean);
        let squares: f64 = off.map(|o| o * o).sum();
        values.sort_by(f64::total_cmp);
        Spread {
            mean: mean * unit,
            deviation: (squares / (n - 1.0)).sqrt() * unit,
            low: quantile_of_sorted(&values, 0.5 - 0.5 * level),
            high: quantile_of_sorted(&values, 0.5 + 0.5 * level),
        }
    });
    ParameterSpread {
        k: reference.n_components(),
        d: reference.dimension(),
        fits: fits.len(),
        spreads: spreads.collect(),
    }
}
