//! Rows that become the first means: drawn at random, or beside the rows whose component is
//! known.

use super::kmeans::{Clusters, averages, kmeans_plus_plus, more_centres};
use super::missing::stand_ins_or_zero;
use super::random::Random;
use crate::data::Matrix;

/// The mean of the rows labelled with each of `k` components, where there are any; empty
/// if no row is labelled.
pub(super) fn known_means(matrix: &Matrix, k: usize) -> Vec<Option<Vec<f64>>> {
    let Some(labels) = matrix.labels() else {
        return Vec::new();
    };
    let held: Vec<u8> = labels.iter().map(|&y| y.min(k as u8)).collect();
    let clusters = Clusters {
        centres: vec![stand_ins_or_zero(matrix); k + 1],
        labels: held,
        inertia: 0.0,
    };
    let means = averages(matrix, &clusters);
    let has = |c: usize| clusters.labels.iter().any(|&y| usize::from(y) == c);
    let of = |(c, mean)| has(c).then_some(mean);
    means.into_iter().take(k).enumerate().map(of).collect()
}

/// k-means++ seeds beside the means of the labelled rows.
pub(super) fn seeds(matrix: &Matrix, k: usize, random: &mut Random) -> Vec<Vec<f64>> {
    let known = known_means(matrix, k);
    let given: Vec<Vec<f64>> = known.iter().flatten().cloned().collect();
    if given.is_empty() {
        return kmeans_plus_plus(matrix, k, random);
    }
    let mut drawn = more_centres(matrix, given.clone(), k, random).split_off(given.len());
    let own = |mean: Option<Vec<f64>>| mean.or_else(|| drawn.pop());
    known.into_iter().filter_map(own).collect()
}

/// Centres found without regard to labels: components with labelled rows take the means of these,
/// the others the centres that are farthest from all taken before.
pub(super) fn beside_known(matrix: &Matrix, centres: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let known = known_means(matrix, centres.len());
    if known.iter().all(Option::is_none) {
        return centres;
    }
    let mut taken: Vec<Vec<f64>> = known.iter().flatten().cloned().collect();
    let distance = |a: &[f64], b: &[f64]| -> f64 {
        let columns = a.iter().zip(b).zip(matrix.variance());
        columns
            .map(|((a, b), v)| (a - b) * (a - b) / v.max(f64::MIN_POSITIVE))
            .sum()
    };
    let mut farthest = || {
        let from_taken = |c: &Vec<f64>| {
            let all = taken.iter().map(|t| distance(c, t));
            all.fold(f64::INFINITY, f64::min)
        };
        let best = centres
            .iter()
            .max_by(|a, b| from_taken(a).total_cmp(&from_taken(b)))?;
        let best = best.clone();
        taken.push(best.clone());
        Some(best)
    };
    known
        .into_iter()
        .filter_map(|mean| mean.or_else(&mut farthest))
        .collect()
}

/// `k` different rows, of those that have a weight as far as there are enough.
pub(super) fn random_rows(matrix: &Matrix, k: usize, random: &mut Random) -> Vec<usize> {
    let weights = matrix.weights().unwrap_or(&[]);
    let heavy: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > 0.0).collect();
    if heavy.len() < k {
        return distinct_rows(matrix.n_rows(), k, random);
    }
    let chosen = distinct_rows(heavy.len(), k, random);
    chosen.into_iter().map(|i| heavy[i]).collect()
}

/// `k` different row indices (Floyd's sampling), in the order drawn.
fn distinct_rows(n: usize, k: usize, random: &mut Random) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::with_capacity(k);
    for last in n - k..n {
        let row = random.below(last + 1);
        chosen.push(if chosen.contains(&row) { last } else { row });
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_drawn_at_random_are_distinct() {
        for seed in 0..100 {
            let mut rows = distinct_rows(10, 10, &mut Random::new(seed));
            rows.sort_unstable();
            assert_eq!(rows, (0..10).collect::<Vec<_>>());
        }
    }
}
