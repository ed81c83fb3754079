//! First parameters: from clusters, from rows, from random responsibilities.

use std::fmt;
use std::rc::Rc;

use super::beyond;
use super::hierarchical::{MOST_ROWS, agglomerate};
use super::kmeans::{Clusters, assign, lloyd};
use super::m_step::{Moments, narrower_than_rounding, origin, pairs};
use super::mini_batch::mini_batch;
use super::missing::{self, stand_ins, stand_ins_or_zero, whole_row};
use super::random::Random;
use super::seeds::{beside_known, known_means, random_rows, seeds};
use super::settings::{InitMethod, Settings, SettingsError};
use super::shapes::{Scatter, floored, pool, shaped};
use super::sums::Sums;
use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::mixture::{Covariance, Mixture};

/// Lloyd's rounds at most; the start need not be a perfect partition.
const LLOYD_ROUNDS: usize = 100;

/// Lloyd's rounds go over about this many rows, evenly spaced; all rows are assigned once at
/// the end. More would make the start cost more than the fit.
const LLOYD_ROWS: usize = 16_384;

/// Why a fit cannot start.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is out of range.
    Settings(SettingsError),
    /// The rows have no variance in this column and the floor is zero.
    Constant {
        /// The column, from 0.
        column: usize,
    },
    /// The start is to be from given parameters, and there are none.
    NothingGiven,
    /// The rows have the same value in this column, and the model needs some variance in every
    /// one whatever the floor.
    NoSpread {
        /// The column, from 0.
        column: usize,
    },
    /// The columns determine one another and the floor is zero.
    Collinear {
        /// The first column that the ones before it determine, from 0.
        column: usize,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Settings(e) => e.fmt(f),
            StartError::Constant { column } => write!(
                f,
                "column {} has the same value in every row: leave it out, or set an absolute floor above 0",
                column + 1
            ),
            StartError::NothingGiven => {
                write!(
                    f,
                    "no parameters are given to start from: choose another start"
                )
            }
            StartError::NoSpread { column } => write!(
                f,
                "column {} has the same value in every row, and this model needs it to vary: leave it out, or choose EM",
                column + 1
            ),
            StartError::Collinear { column } => write!(
                f,
                "column {} is determined by the columns before it: leave it out, use diagonal covariances, or EM with a floor above 0",
                column + 1
            ),
        }
    }
}

impl std::error::Error for StartError {}

/// Normal components to start from: see [`InitMethod`] for the ways. The settings must have
/// been checked.
///
/// Rows count as often as their weights say. Components that rows are labelled with start
/// from those rows. Where entries are missing, means and variances are those of the entries
/// that are there, correlations those of the rows that have both, reduced so that the
/// matrix is positive definite; a row drawn as a mean takes column means for what it misses.
pub(super) fn components(matrix: &Matrix, settings: &Settings) -> Result<Mixture, StartError> {
    if settings.init != InitMethod::KMeans {
        return beyond::components(matrix, settings);
    }
    let seeds = seeds(
        matrix,
        settings.n_components,
        &mut Random::new(settings.seed),
    );
    let step = matrix.n_rows().div_ceil(LLOYD_ROWS);
    let clusters = match step {
        1 => lloyd(matrix, seeds, LLOYD_ROUNDS),
        _ => {
            let few = lloyd(&matrix.thinned(step), seeds, LLOYD_ROUNDS);
            assign(matrix, few.centres)
        }
    };
    from_clusters(matrix, settings, &clusters)
}

/// The starts that the first view does not need.
pub(super) fn components_otherwise(
    matrix: &Matrix,
    settings: &Settings,
) -> Result<Mixture, StartError> {
    let mut random = Random::new(settings.seed);
    let k = settings.n_components;
    match settings.init {
        InitMethod::KMeans => components(matrix, settings),
        InitMethod::Given => Err(StartError::NothingGiven),
        InitMethod::MiniBatchKMeans => {
            let seeds = seeds(matrix, k, &mut random);
            let centres = mini_batch(matrix, seeds, &mut random);
            from_clusters(matrix, settings, &assign(matrix, centres))
        }
        InitMethod::Hierarchical => {
            let few = matrix.thinned(matrix.n_rows().div_ceil(MOST_ROWS));
            let k = k.min(few.n_rows());
            let clusters = agglomerate(&few, settings.covariance_type, k);
            match matrix.has_holes() || matrix.labels().is_some() {
                // Rows with holes took no part yet, and labels may say otherwise.
                true => {
                    let centres = beside_known(matrix, clusters.centres);
                    from_clusters(matrix, settings, &assign(matrix, centres))
                }
                false => from_clusters(&few, settings, &clusters),
            }
        }
        InitMethod::KMeansPlusPlus => {
            let seeds = seeds(matrix, k, &mut random);
            from_means(matrix, settings, seeds)
        }
        InitMethod::RandomPoints => {
            let stand_ins = stand_ins(matrix);
            let row = |i: usize| whole_row(matrix, i, &stand_ins);
            let rows = random_rows(matrix, k, &mut random);
            let known = known_means(matrix, k).into_iter().chain(vec![None; k]);
            let means = rows
                .into_iter()
                .zip(known)
                .map(|(i, m)| m.unwrap_or(row(i)));
            from_means(matrix, settings, means.collect())
        }
        InitMethod::RandomResponsibilities => {
            let sums = random_sums(matrix, settings);
            from_sums(matrix, settings, &sums)
        }
    }
}

/// Equal weights, the given means, and one covariance pooled over the rows' nearest means.
fn from_means(
    matrix: &Matrix,
    settings: &Settings,
    means: Vec<Vec<f64>>,
) -> Result<Mixture, StartError> {
    let k = means.len();
    let clusters = assign(matrix, means);
    let sums = cluster_sums(matrix, settings, &clusters);
    let (_, pooled) = pooled(matrix, settings, &sums)?;
    assemble(settings, vec![1.0; k], clusters.centres, vec![pooled; k])
}

/// Weights, means and covariances of the clusters. A cluster too small for a covariance
/// of its own takes the pooled one, so that no start is a collapse.
fn from_clusters(
    matrix: &Matrix,
    settings: &Settings,
    clusters: &Clusters,
) -> Result<Mixture, StartError> {
    let sums = cluster_sums(matrix, settings, clusters);
    from_sums(matrix, settings, &sums)
}

fn from_sums(matrix: &Matrix, settings: &Settings, sums: &Sums0) -> Result<Mixture, StartError> {
    let enough = (matrix.n_columns() + 1) as f64;
    let mut scatters = Vec::with_capacity(sums.per_component.len());
    let mut means = Vec::with_capacity(sums.per_component.len());
    let mut weights = Vec::with_capacity(sums.per_component.len());
    for (k, (own, centre)) in sums.per_component.iter().zip(&sums.centres).enumerate() {
        // Half a point stands for a cluster without any.
        weights.push(own.count.max(0.5));
        means.push(sums.mean(k));
        let single = Sums0 {
            per_component: vec![own.clone()],
            centres: vec![centre.clone()],
            known: sums.known.get(k).cloned().into_iter().collect(),
        };
        let fewest = single
            .known
            .iter()
            .flatten()
            .fold(own.count, |a, &b| a.min(b));
        scatters.push((fewest > enough).then(|| scatter(matrix, settings, &single)));
    }
    let pooled = pooled(matrix, settings, sums)?;
    let covariances = own_covariances(matrix, settings, &weights, scatters, pooled);
    assemble(settings, weights, means, covariances)
}

/// Covariances of the family from each cluster's scatter; from the pooled one where a cluster
/// has none of its own, or one that has no covariance.
fn own_covariances(
    matrix: &Matrix,
    settings: &Settings,
    counts: &[f64],
    mut own: Vec<Option<Vec<f64>>>,
    (pooled, shared): (Vec<f64>, Rc<Covariance>),
) -> Vec<Rc<Covariance>> {
    let family = settings.covariance_type;
    // Each round of the loop gives up one cluster's own scatter.
    while !family.is_shared() {
        let scatters: Vec<Scatter<'_>> = own
            .iter()
            .zip(counts)
            .map(|(m, &count)| Scatter {
                count,
                matrix: m.as_ref().unwrap_or(&pooled),
            })
            .collect();
        let narrow = |c: &Rc<Covariance>| narrower_than_rounding(matrix, c).is_some();
        let failed = match shaped(family, matrix.n_columns(), &scatters, &[]) {
            Ok(found) => match found.iter().position(narrow) {
                None => return found,
                Some(k) => k,
            },
            Err((k, _)) => k,
        };
        if own[failed].take().is_none() {
            break;
        }
    }
    vec![shared; counts.len()]
}

fn assemble(
    settings: &Settings,
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    covariances: Vec<Rc<Covariance>>,
) -> Result<Mixture, StartError> {
    let total: f64 = weights.iter().sum();
    let weights = weights.iter().map(|w| w / total).collect();
    Mixture::new(settings.covariance_type, weights, means, covariances)
        .map_err(|_| StartError::Settings(SettingsError::Components(settings.n_components)))
}

/// Sums of every component about its own centre.
struct Sums0 {
    per_component: Vec<Sums>,
    centres: Vec<Vec<f64>>,
    /// Responsibilities summed over the entries that are there, K x D; empty if none is missing.
    known: Vec<Vec<f64>>,
}

impl Sums0 {
    /// The mean of component `k`, or its centre where it has no rows.
    fn mean(&self, k: usize) -> Vec<f64> {
        let own = &self.per_component[k];
        let count = |j: usize| self.known.get(k).map_or(own.count, |known| known[j]);
        let columns = own.first.iter().zip(&self.centres[k]).enumerate();
        let mean = |(j, (s, c)): (usize, (&f64, &f64))| match count(j) > 0.0 {
            true => c + s / count(j),
            false => *c,
        };
        columns.map(mean).collect()
    }

    /// What each column's deviations are multiplied with to make up for missing entries, D
    /// numbers; none if none is missing.
    fn scales(&self) -> Vec<f64> {
        let total: f64 = self.per_component.iter().map(|s| s.count).sum();
        let d = self.known.first().map_or(0, Vec::len);
        let known = |j: usize| self.known.iter().map(|known| known[j]).sum::<f64>();
        let scale = |j: usize| match known(j) > 0.0 {
            true => (total / known(j)).sqrt(),
            false => 0.0,
        };
        (0..d).map(scale).collect()
    }
}

fn cluster_sums(matrix: &Matrix, settings: &Settings, clusters: &Clusters) -> Sums0 {
    if !matrix.has_holes() {
        return Sums0 {
            per_component: gathered_sums(matrix, settings, clusters),
            centres: clusters.centres.clone(),
            known: Vec::new(),
        };
    }
    about_means(matrix, clusters.centres.clone(), |centres| {
        weighted_sums(matrix, settings, centres, |first_row, k, r| {
            for (i, r) in r.iter_mut().enumerate() {
                *r = f64::from(u8::from(usize::from(clusters.labels[first_row + i]) == k));
            }
        })
    })
}

/// Sums of each cluster's whole rows about its centre: rows of a cluster are laid together until there
/// is a block of them, so that each row is summed once and not K times.
fn gathered_sums(matrix: &Matrix, settings: &Settings, clusters: &Clusters) -> Vec<Sums> {
    let (k, d) = (clusters.centres.len(), matrix.n_columns());
    let mut sums = vec![Sums::zero(d, settings.covariance_type.is_dense()); k];
    let mut offsets = Vec::new();
    let mut values = vec![vec![[0.0; BLOCK_ROWS]; d]; k];
    let mut weights = vec![[0.0; BLOCK_ROWS]; k];
    let mut lengths = vec![0; k];
    let mut flush = |c: usize, len: usize, values: &[[f64; BLOCK_ROWS]], weights: &[f64]| {
        let block = Block::of(values.as_flattened(), len);
        sums[c].add(&block, &weights[..len], &clusters.centres[c], &mut offsets);
    };
    for block in matrix.blocks() {
        for (i, &label) in clusters.labels[block.first_row()..][..block.len()]
            .iter()
            .enumerate()
        {
            let c = usize::from(label);
            let at = lengths[c];
            for (j, column) in values[c].iter_mut().enumerate() {
                column[at] = block.column(j)[i];
            }
            weights[c][at] = block.weights().map_or(1.0, |w| w[i]);
            lengths[c] = (at + 1) % BLOCK_ROWS;
            if lengths[c] == 0 {
                flush(c, BLOCK_ROWS, &values[c], &weights[c]);
            }
        }
    }
    for (c, &len) in lengths.iter().enumerate() {
        flush(c, len, &values[c], &weights[c]);
    }
    sums
}

/// Sums about the given centres; where entries are missing once more, about the means that those give:
/// only about its own mean does a missing entry of deviation 0 leave the scatter as it is.
fn about_means(
    matrix: &Matrix,
    centres: Vec<Vec<f64>>,
    sums: impl Fn(Vec<Vec<f64>>) -> Sums0,
) -> Sums0 {
    let first = sums(centres);
    match matrix.has_holes() {
        false => first,
        true => sums((0..first.centres.len()).map(|k| first.mean(k)).collect()),
    }
}

fn random_sums(matrix: &Matrix, settings: &Settings) -> Sums0 {
    let k = settings.n_components;
    about_means(matrix, vec![stand_ins_or_zero(matrix); k], |centres| {
        let mut random = Random::new(settings.seed);
        let mut table = vec![0.0; k * BLOCK_ROWS];
        let mut block = usize::MAX;
        weighted_sums(matrix, settings, centres, |first_row, component, r| {
            if block != first_row {
                block = first_row;
                let labels = matrix.labels().map(|l| &l[first_row..]);
                for i in 0..r.len() {
                    let draws: Vec<f64> = (0..k).map(|_| random.uniform()).collect();
                    let total: f64 = draws.iter().sum();
                    let label = labels.map(|l| usize::from(l[i])).filter(|&y| y < k);
                    for (c, u) in draws.iter().enumerate() {
                        table[c * BLOCK_ROWS + i] = match label {
                            Some(y) => f64::from(u8::from(y == c)),
                            None if total > 0.0 => u / total,
                            None => 1.0 / k as f64,
                        };
                    }
                }
            }
            r.copy_from_slice(&table[component * BLOCK_ROWS..component * BLOCK_ROWS + r.len()]);
        })
    })
}

/// Sums under responsibilities that `fill(first row of block, component, r)` writes, times
/// the rows' weights.
fn weighted_sums(
    matrix: &Matrix,
    settings: &Settings,
    centres: Vec<Vec<f64>>,
    mut fill: impl FnMut(usize, usize, &mut [f64]),
) -> Sums0 {
    let (d, holes) = (matrix.n_columns(), matrix.has_holes());
    let dense = settings.covariance_type.is_dense();
    let mut per_component = vec![Sums::zero(d, dense); centres.len()];
    let mut known = vec![vec![0.0; d]; if holes { centres.len() } else { 0 }];
    let mut r = [0.0; BLOCK_ROWS];
    let (mut offsets, mut values) = (Vec::new(), Vec::new());
    for block in matrix.blocks() {
        let r = &mut r[..block.len()];
        for (k, sums) in per_component.iter_mut().enumerate() {
            fill(block.first_row(), k, r);
            for (r, w) in r.iter_mut().zip(block.weights().unwrap_or(&[])) {
                *r *= w;
            }
            for (j, known) in known.iter_mut().skip(k).take(1).flatten().enumerate() {
                let there = |(x, _): &(&f64, &f64)| !x.is_nan();
                let column = block.column(j).iter().zip(r.iter());
                *known += column.filter(there).map(|(_, r)| r).sum::<f64>();
            }
            if block.has_holes() {
                let block = missing::fill(&block, &centres[k], &mut values);
                sums.add(&block, r, &centres[k], &mut offsets);
            } else {
                sums.add(&block, r, &centres[k], &mut offsets);
            }
        }
    }
    Sums0 {
        per_component,
        centres,
        known,
    }
}

/// The scatter within all components together, with its covariance; where even that has no
/// factor, those of all rows; and else an error that names the column.
fn pooled(
    matrix: &Matrix,
    settings: &Settings,
    sums: &Sums0,
) -> Result<(Vec<f64>, Rc<Covariance>), StartError> {
    if let Some(within) = estimate(matrix, settings, sums) {
        return Ok(within);
    }
    let centre = stand_ins_or_zero(matrix);
    let all = weighted_sums(matrix, settings, vec![centre], |_, _, r| r.fill(1.0));
    estimate(matrix, settings, &all).ok_or_else(|| {
        let flat = |j: &usize| {
            matrix.variance()[*j].sqrt() < matrix.resolution()[*j] || matrix.variance()[*j] == 0.0
        };
        match (0..matrix.n_columns()).find(flat) {
            Some(column) => StartError::Constant { column },
            None => StartError::Collinear {
                column: matrix.n_columns() - 1,
            },
        }
    })
}

/// The pooled scatter of the given components and its covariance in the asked family; `None`
/// without a factor.
fn estimate(
    matrix: &Matrix,
    settings: &Settings,
    sums: &Sums0,
) -> Option<(Vec<f64>, Rc<Covariance>)> {
    let scatter = scatter(matrix, settings, sums);
    let single = Scatter {
        count: 1.0,
        matrix: &scatter,
    };
    let d = matrix.n_columns();
    let covariance = shaped(settings.covariance_type, d, &[single], &[])
        .ok()?
        .pop()?;
    narrower_than_rounding(matrix, &covariance)
        .is_none()
        .then_some((scatter, covariance))
}

/// The pooled scatter of components about their means, with the floor on its diagonal.
fn scatter(matrix: &Matrix, settings: &Settings, sums: &Sums0) -> Vec<f64> {
    let dense = settings.covariance_type.is_dense();
    let (counts, scatters): (Vec<f64>, Vec<Vec<f64>>) = sums
        .per_component
        .iter()
        .zip(&sums.centres)
        .filter(|(s, _)| s.count > 0.0)
        .map(|(s, centre)| Moments::of(s, &origin(centre), dense))
        .map(|m| (m.count, m.scatter))
        .unzip();
    let mut scatter = pool(&counts, &scatters);
    let scales = sums.scales();
    if !scales.is_empty() {
        for (s, (i, j)) in scatter.iter_mut().zip(pairs(scales.len(), dense)) {
            *s *= scales[i] * scales[j];
        }
    }
    floored(&scatter, &settings.floor.added(matrix), dense)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Floor, start};
    use crate::mixture::CovarianceType;

    fn groups() -> Matrix {
        let x: Vec<f64> = (0..90)
            .map(|i| f64::from(i % 3) * 10.0 + f64::from(i % 7) * 0.1)
            .collect();
        let y: Vec<f64> = (0..90).map(|i| f64::from(i % 5) * 0.2).collect();
        Matrix::from_columns(&[&x, &y]).unwrap()
    }

    const METHODS: [InitMethod; 6] = [
        InitMethod::MiniBatchKMeans,
        InitMethod::Hierarchical,
        InitMethod::KMeans,
        InitMethod::KMeansPlusPlus,
        InitMethod::RandomPoints,
        InitMethod::RandomResponsibilities,
    ];

    #[test]
    fn every_start_is_a_mixture_and_the_same_seed_gives_the_same_one() {
        for init in METHODS {
            for covariance_type in CovarianceType::SHAPES {
                for n_components in [1, 3, 32] {
                    let settings = Settings {
                        init,
                        covariance_type,
                        n_components,
                        ..Settings::default()
                    };
                    let a = start(&groups(), &settings).unwrap();
                    assert_eq!(a.n_components(), n_components);
                    assert_eq!(a, start(&groups(), &settings).unwrap());
                    let other = Settings {
                        seed: 2,
                        ..settings
                    };
                    let differs = a != start(&groups(), &other).unwrap();
                    assert!(
                        differs
                            || !init.depends_on_the_seed()
                            || matches!(init, InitMethod::KMeans | InitMethod::MiniBatchKMeans)
                            || n_components != 3,
                        "{init:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn k_means_finds_the_groups() {
        let m = start(&groups(), &Settings::default()).unwrap();
        let mut weights = m.weights().to_vec();
        weights.sort_by(f64::total_cmp);
        assert!((weights[0] - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_constant_column_starts_with_an_absolute_floor_and_is_named_without() {
        let x = [1.0, 2.0, 3.0, 7.0];
        let matrix = Matrix::from_columns(&[&x, &[5.0; 4]]).unwrap();
        let with = |floor| {
            start(
                &matrix,
                &Settings {
                    floor,
                    n_components: 2,
                    ..Settings::default()
                },
            )
        };
        assert!(with(Floor::absolute(1e-6)).is_ok());
        assert_eq!(with(Floor::NONE), Err(StartError::Constant { column: 1 }));
        assert_eq!(
            with(Floor::relative(1e-6)),
            Err(StartError::Constant { column: 1 })
        );
    }

    #[test]
    fn columns_that_determine_one_another_are_named() {
        let x = [1.0, 2.0, 3.0, 7.0];
        let matrix = Matrix::from_columns(&[&x, &x]).unwrap();
        let settings = Settings {
            floor: Floor::NONE,
            n_components: 1,
            ..Settings::default()
        };
        assert_eq!(
            start(&matrix, &settings),
            Err(StartError::Collinear { column: 1 })
        );
        assert!(
            start(
                &matrix,
                &Settings {
                    floor: Floor::relative(1e-6),
                    ..settings
                }
            )
            .is_ok()
        );
    }
}
