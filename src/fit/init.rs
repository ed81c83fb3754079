//! First parameters: from clusters, from rows, from random responsibilities.

use std::fmt;
use std::rc::Rc;

use super::e_step::Sums;
use super::hierarchical::{MOST_ROWS, agglomerate};
use super::kmeans::{Clusters, assign, kmeans_plus_plus, lloyd};
use super::m_step::{Moments, narrower_than_rounding, origin};
use super::markov;
use super::method::Model;
use super::mini_batch::mini_batch;
use super::random::Random;
use super::settings::{InitMethod, Settings, SettingsError};
use super::shapes::{Scatter, floored, pool, shaped};
use crate::data::{BLOCK_ROWS, Matrix};
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
            StartError::Collinear { column } => write!(
                f,
                "column {} is determined by the columns before it: leave it out, set a floor above 0, or use diagonal covariances",
                column + 1
            ),
        }
    }
}

impl std::error::Error for StartError {}

/// The mixture at iteration 0, in the matrix's coordinates: see [`InitMethod`] for the ways.
///
/// # Errors
/// If a setting is out of range, or the data have no variance where the model needs one.
pub fn start(matrix: &Matrix, settings: &Settings) -> Result<Mixture, StartError> {
    settings.check(matrix).map_err(StartError::Settings)?;
    let mut random = Random::new(settings.seed);
    let k = settings.n_components;
    let mixture = match settings.init {
        InitMethod::KMeans => {
            let seeds = kmeans_plus_plus(matrix, k, &mut random);
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
        InitMethod::MiniBatchKMeans => {
            let seeds = kmeans_plus_plus(matrix, k, &mut random);
            let centres = mini_batch(matrix, seeds, &mut random);
            from_clusters(matrix, settings, &assign(matrix, centres))
        }
        InitMethod::Hierarchical => {
            let few = matrix.thinned(matrix.n_rows().div_ceil(MOST_ROWS));
            let k = k.min(few.n_rows());
            let clusters = agglomerate(&few, settings.covariance_type, k);
            from_clusters(&few, settings, &clusters)
        }
        InitMethod::Given => Err(StartError::NothingGiven),
        InitMethod::KMeansPlusPlus => {
            let seeds = kmeans_plus_plus(matrix, k, &mut random);
            from_means(matrix, settings, seeds)
        }
        InitMethod::RandomPoints => {
            let rows = distinct_rows(matrix.n_rows(), k, &mut random);
            from_means(
                matrix,
                settings,
                rows.iter().map(|&i| matrix.row(i)).collect(),
            )
        }
        InitMethod::RandomResponsibilities => {
            let sums = random_sums(matrix, settings, &mut random);
            from_sums(matrix, settings, &sums)
        }
    }?;
    match settings.model {
        Model::Markov => markov::begin(mixture, settings),
        _ => Ok(mixture),
    }
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
    for (own, centre) in sums.per_component.iter().zip(&sums.centres) {
        // Half a point stands for a cluster without any.
        weights.push(own.count.max(0.5));
        means.push(match own.count > 0.0 {
            true => own
                .first
                .iter()
                .zip(centre)
                .map(|(s, c)| c + s / own.count)
                .collect(),
            false => centre.clone(),
        });
        scatters.push((own.count > enough).then(|| scatter(matrix, settings, &[own], &[centre])));
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
}

fn cluster_sums(matrix: &Matrix, settings: &Settings, clusters: &Clusters) -> Sums0 {
    weighted_sums(
        matrix,
        settings,
        clusters.centres.clone(),
        |first_row, k, r| {
            for (i, r) in r.iter_mut().enumerate() {
                *r = f64::from(u8::from(usize::from(clusters.labels[first_row + i]) == k));
            }
        },
    )
}

fn random_sums(matrix: &Matrix, settings: &Settings, random: &mut Random) -> Sums0 {
    let k = settings.n_components;
    let mut table = vec![0.0; k * BLOCK_ROWS];
    let mut block = usize::MAX;
    weighted_sums(
        matrix,
        settings,
        vec![vec![0.0; matrix.n_columns()]; k],
        |first_row, component, r| {
            if block != first_row {
                block = first_row;
                for i in 0..r.len() {
                    let draws: Vec<f64> = (0..k).map(|_| random.uniform()).collect();
                    let total: f64 = draws.iter().sum();
                    for (c, u) in draws.iter().enumerate() {
                        table[c * BLOCK_ROWS + i] = if total > 0.0 {
                            u / total
                        } else {
                            1.0 / k as f64
                        };
                    }
                }
            }
            r.copy_from_slice(&table[component * BLOCK_ROWS..component * BLOCK_ROWS + r.len()]);
        },
    )
}

/// Sums under responsibilities that `fill(first row of block, component, r)` writes.
fn weighted_sums(
    matrix: &Matrix,
    settings: &Settings,
    centres: Vec<Vec<f64>>,
    mut fill: impl FnMut(usize, usize, &mut [f64]),
) -> Sums0 {
    let dense = settings.covariance_type.is_dense();
    let mut per_component = vec![Sums::zero(matrix.n_columns(), dense); centres.len()];
    let mut r = [0.0; BLOCK_ROWS];
    let mut offsets = Vec::new();
    for block in matrix.blocks() {
        let r = &mut r[..block.len()];
        for (k, sums) in per_component.iter_mut().enumerate() {
            fill(block.first_row(), k, r);
            sums.add(&block, r, &centres[k], &mut offsets);
        }
    }
    Sums0 {
        per_component,
        centres,
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
    let all = weighted_sums(
        matrix,
        settings,
        vec![vec![0.0; matrix.n_columns()]],
        |_, _, r| r.fill(1.0),
    );
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
    let own: Vec<&Sums> = sums.per_component.iter().collect();
    let centres: Vec<&Vec<f64>> = sums.centres.iter().collect();
    let scatter = scatter(matrix, settings, &own, &centres);
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
fn scatter(
    matrix: &Matrix,
    settings: &Settings,
    sums: &[&Sums],
    centres: &[&Vec<f64>],
) -> Vec<f64> {
    let dense = settings.covariance_type.is_dense();
    let (counts, scatters): (Vec<f64>, Vec<Vec<f64>>) = sums
        .iter()
        .zip(centres)
        .filter(|(s, _)| s.count > 0.0)
        .map(|(s, centre)| Moments::of(s, &origin(centre), dense))
        .map(|m| (m.count, m.scatter))
        .unzip();
    floored(
        &pool(&counts, &scatters),
        &settings.floor.added(matrix),
        dense,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Floor;
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

    #[test]
    fn rows_drawn_at_random_are_distinct() {
        for seed in 0..100 {
            let mut rows = distinct_rows(10, 10, &mut Random::new(seed));
            rows.sort_unstable();
            assert_eq!(rows, (0..10).collect::<Vec<_>>());
        }
    }
}
