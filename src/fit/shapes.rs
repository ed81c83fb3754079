//! Covariances from scatters: the one place where the families differ.
//!
//! Given n_k and the scatters S_k = W_k / n_k, every family minimises
//!
//! F = sum over k of n_k (ln |C_k| + tr(C_k^-1 S_k)),
//!
//! which is -2 times the part of the expected log-likelihood that knows the covariances
//! (Celeux and Govaert, Gaussian parsimonious clustering models, 1995), over
//! C_k = v_k Q_k A_k Q_k^T with volumes v_k, shapes A_k and orientations Q_k equal or varying.
//!
//! Volume times form (the form is Q_k A_k Q_k^T) is one problem for balls, diagonal and whole
//! matrices: [`covariances`]. Where only one of shape and orientation is equal, the scatters
//! are first turned to axes along which only their variances matter: each to its own
//! ([`own_axes`]), or all to the best common ones ([`common_axes`]).

use std::rc::Rc;

use super::axes::{common_axes, own_axes};
use super::beyond;
use crate::mixture::eigen::Eigen;
use crate::mixture::elementary::exp;
use crate::mixture::{Covariance, CovarianceError, CovarianceType, Freedom, square};

/// An inner iteration ends once nothing changes by more than this share.
pub(super) const SETTLED: f64 = 1e-13;

/// Rounds of an inner iteration at most. Every round lowers F, so EM goes on from what is
/// reached, and the next M-step starts there.
pub(super) const ROUNDS: usize = 300;

/// One component's scatter: n_k, and S_k = W_k / n_k with the floor already on its diagonal.
pub(super) struct Scatter<'a> {
    /// n_k.
    pub count: f64,
    /// S_k as its lower triangle row by row where the family is dense, else its D variances.
    pub matrix: &'a [f64],
}

type Failure = (usize, CovarianceError);
pub(super) type Shaped = Result<Vec<Rc<Covariance>>, Failure>;

/// The covariances of `family` for these components (without those that hold no points), in
/// their order; components that share a matrix share one `Rc`.
///
/// `previous`: the current covariances of the same components, where an inner iteration
/// starts, so that F is no higher than there if they are of the family; or empty.
///
/// # Errors
/// The component (its index in `scatters`; 0 where the matrix is shared) and what is wrong
/// with its covariance: mostly that no variance is left in some dimension.
pub(super) fn shaped(
    family: CovarianceType,
    d: usize,
    scatters: &[Scatter<'_>],
    previous: &[Rc<Covariance>],
) -> Shaped {
    if !CovarianceType::ALL.contains(&family) {
        return beyond::shaped(family, d, scatters, previous);
    }
    let mut problem = Problem::new(d, family.is_dense(), scatters, previous);
    if family.shape() == Freedom::Identity {
        problem.round();
    }
    match family.is_shared() {
        true => problem.shared(),
        false => problem.own(),
    }
}

/// As [`shaped`], for the families beside the four plain ones.
pub(super) fn otherwise(
    family: CovarianceType,
    d: usize,
    scatters: &[Scatter<'_>],
    previous: &[Rc<Covariance>],
) -> Shaped {
    let volume = family.volume();
    let problem = |dense| Problem::new(d, dense, scatters, previous);
    match (family.shape(), family.orientation()) {
        (Freedom::Identity, _) => {
            let mut balls = problem(false);
            balls.round();
            // The form of a ball is its volume: a shared one is a shared matrix.
            covariances(volume, volume, &balls)
        }
        (Freedom::Equal, Freedom::Varying) => {
            let whole = problem(true);
            let axes = own_axes(d, &whole.matrices);
            along(&axes, volume, Freedom::Equal, whole)
        }
        (Freedom::Varying, Freedom::Equal) => {
            let whole = problem(true);
            // A scatter without rank has axes along which F has no minimum.
            whole.own()?;
            let axes = common_axes(volume, d, &whole.counts, &whole.matrices, whole.previous);
            along(&axes, volume, Freedom::Varying, whole)
        }
        (form, _) => covariances(volume, form, &problem(family.is_dense())),
    }
}

/// Counts and scatters of K components, whole (packed) or diagonal.
struct Problem<'a> {
    d: usize,
    dense: bool,
    counts: Vec<f64>,
    matrices: Vec<Vec<f64>>,
    previous: &'a [Rc<Covariance>],
}

impl<'a> Problem<'a> {
    fn new(
        d: usize,
        dense: bool,
        scatters: &[Scatter<'_>],
        previous: &'a [Rc<Covariance>],
    ) -> Problem<'a> {
        Problem {
            d,
            dense,
            counts: scatters.iter().map(|s| s.count).collect(),
            matrices: scatters.iter().map(|s| s.matrix.to_vec()).collect(),
            previous: if previous.len() == scatters.len() {
                previous
            } else {
                &[]
            },
        }
    }

    /// Variances replaced by their average.
    fn round(&mut self) {
        for variances in &mut self.matrices {
            let mean = variances.iter().sum::<f64>() / self.d as f64;
            variances.fill(mean);
        }
    }

    fn covariance(&self, packed: Vec<f64>) -> Result<Covariance, CovarianceError> {
        if self.dense {
            Covariance::dense(self.d, square(self.d, &packed))
        } else {
            Covariance::diagonal(packed)
        }
    }

    /// One covariance a component: its number of `scales` times its matrix.
    fn each(&self, scales: &[f64], matrices: &[Vec<f64>]) -> Shaped {
        let one = |(k, (scale, m)): (usize, (&f64, &Vec<f64>))| {
            self.covariance(m.iter().map(|v| scale * v).collect())
                .map(Rc::new)
                .map_err(|e| (k, e))
        };
        scales.iter().zip(matrices).enumerate().map(one).collect()
    }

    /// C = sum n_k S_k / n.
    fn shared(&self) -> Shaped {
        let pooled = self.covariance(pool(&self.counts, &self.matrices));
        let shared = Rc::new(pooled.map_err(|e| (0, e))?);
        Ok(vec![shared; self.matrices.len()])
    }

    /// C_k = S_k.
    fn own(&self) -> Shaped {
        self.each(&vec![1.0; self.matrices.len()], &self.matrices)
    }

    /// Why volumes went to zero or infinity: the first scatter that has no covariance, or else
    /// the one that is nearest to having none.
    fn singular(&self) -> Failure {
        let (mut least, mut place) = (f64::INFINITY, (0, 0));
        for (k, m) in self.matrices.iter().enumerate() {
            match self.covariance(m.clone()) {
                Err(e) => return (k, e),
                Ok(c) => {
                    for j in 0..self.d {
                        let left = c.pivot(j) / c.get(j, j).sqrt();
                        if left < least {
                            (least, place) = (left, (k, j));
                        }
                    }
                }
            }
        }
        let dimension = place.1;
        (place.0, CovarianceError::NotPositiveDefinite { dimension })
    }
}

/// Volumes and forms, each equal or varying: EEI, EEE, VEI, VEE, EVI, EVV, VVI, VVV, and of
/// balls EII and VII (Celeux and Govaert 1995).
fn covariances(volume: Freedom, form: Freedom, problem: &Problem<'_>) -> Shaped {
    let (counts, matrices) = (&problem.counts, &problem.matrices);
    match (volume, form) {
        (Freedom::Equal, Freedom::Equal) => problem.shared(),
        (_, Freedom::Equal) => multiples(problem).map_err(|failure| match failure.1 {
            CovarianceError::NotFinite => problem.singular(),
            _ => failure,
        }),
        // C_k = v S_k / |S_k|^(1/D) with v = sum n_k |S_k|^(1/D) / n.
        (Freedom::Equal, _) => {
            let own: Vec<f64> = problem.own()?.iter().map(|c| size(c)).collect();
            let total: f64 = counts.iter().sum();
            let v: f64 = own.iter().zip(counts).map(|(v, n)| n / total * v).sum();
            let scales: Vec<f64> = own.iter().map(|own| v / own).collect();
            problem.each(&scales, matrices)
        }
        _ => problem.own(),
    }
}

/// C_k = v_k C: the volumes v_k = tr(C^-1 S_k) / D and the form C = sum (n_k / n) S_k / v_k in
/// turn, each the best given the other. F has one minimum: it is convex along the geodesics of
/// positive definite matrices (Wiesel 2012), so it does not matter where this starts.
fn multiples(problem: &Problem<'_>) -> Shaped {
    let mut volumes: Vec<f64> = problem.previous.iter().map(|c| size(c)).collect();
    volumes.resize(problem.counts.len(), 1.0);
    let total: f64 = problem.counts.iter().sum();
    let mut form = Vec::new();
    for _ in 0..ROUNDS {
        let counts = problem.counts.iter();
        let shares: Vec<f64> = counts.zip(&volumes).map(|(n, v)| n / v / total).collect();
        form = sum(&shares, &problem.matrices);
        let shared = problem.covariance(form.clone()).map_err(|e| (0, e))?;
        let mut change = 0.0f64;
        for (v, m) in volumes.iter_mut().zip(&problem.matrices) {
            let next = shared.trace_of_quotient(m) / problem.d as f64;
            if !(next > 0.0 && next.is_finite()) {
                return Err((0, CovarianceError::NotFinite));
            }
            change = change.max((next / *v - 1.0).abs());
            *v = next;
        }
        if change < SETTLED {
            break;
        }
    }
    problem.each(&volumes, &vec![form; volumes.len()])
}

/// The same problem for the variances along each component's axes, turned back to the columns.
fn along(axes: &[Eigen], volume: Freedom, form: Freedom, mut problem: Problem<'_>) -> Shaped {
    problem.dense = false;
    problem.matrices = axes.iter().map(|a| a.values.clone()).collect();
    let d = problem.d;
    let solved = covariances(volume, form, &problem).map_err(|(k, e)| match e {
        // An axis is no column: name the one that has most of it.
        CovarianceError::NotPositiveDefinite { dimension } => {
            let axis = &axes[k].vectors[dimension * d..(dimension + 1) * d];
            let mut dimension = 0;
            for (j, v) in axis.iter().enumerate() {
                if v.abs() > axis[dimension].abs() {
                    dimension = j;
                }
            }
            (k, CovarianceError::NotPositiveDefinite { dimension })
        }
        other => (k, other),
    })?;
    problem.dense = true;
    let turned: Vec<Vec<f64>> = axes
        .iter()
        .zip(&solved)
        .map(|(a, c)| turned_back(d, &a.vectors, c))
        .collect();
    problem.matrices = turned;
    problem.own()
}

/// Q A Q^T, packed; the axes (columns of Q) are the rows of `axes`.
fn turned_back(d: usize, axes: &[f64], along: &Covariance) -> Vec<f64> {
    let mut packed = Vec::with_capacity(d * (d + 1) / 2);
    for i in 0..d {
        for j in 0..=i {
            packed.push(
                (0..d)
                    .map(|l| along.get(l, l) * axes[l * d + i] * axes[l * d + j])
                    .sum(),
            );
        }
    }
    packed
}

/// |C|^(1/D), through the logarithm: the determinant itself may leave the range of doubles.
pub(super) fn size(covariance: &Covariance) -> f64 {
    exp(covariance.log_determinant() / covariance.dimension() as f64)
}

/// The average of several matrices, weighted by their counts.
pub(super) fn pool(counts: &[f64], matrices: &[Vec<f64>]) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    let shares: Vec<f64> = counts.iter().map(|n| n / total).collect();
    sum(&shares, matrices)
}

/// The sum of each matrix times its share.
pub(super) fn sum(shares: &[f64], matrices: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; matrices.first().map_or(0, Vec::len)];
    for (share, m) in shares.iter().zip(matrices) {
        for (total, v) in sum.iter_mut().zip(m) {
            *total += share * v;
        }
    }
    sum
}

/// A scatter (packed if `dense`, else D variances) with the floor on its diagonal.
pub(super) fn floored(scatter: &[f64], floor: &[f64], dense: bool) -> Vec<f64> {
    let mut matrix = scatter.to_vec();
    for (j, f) in floor.iter().enumerate() {
        matrix[if dense { j * (j + 3) / 2 } else { j }] += f;
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixture::eigen::{identity, symmetric_eigen};
    use CovarianceType::{Diagonal, Eei, Eve, Evi, Evv, Full, Tied, Vee, Vei, Vve};
    use proptest::prelude::*;

    /// Counts and whole d x d scatters, row-major.
    #[derive(Clone, Debug)]
    struct Case {
        d: usize,
        counts: Vec<f64>,
        scatters: Vec<Vec<f64>>,
    }

    /// A a A^T for d x d matrices, row-major.
    fn congruent(d: usize, a: &[f64], s: &[f64]) -> Vec<f64> {
        let at = |m: &[f64], i: usize, j: usize| m[i * d + j];
        let mut out = vec![0.0; d * d];
        for i in 0..d {
            for j in 0..=i {
                let mut sum = 0.0;
                for l in 0..d {
                    for m in 0..d {
                        sum += at(a, i, l) * at(s, l, m) * at(a, j, m);
                    }
                }
                out[i * d + j] = sum;
                out[j * d + i] = sum;
            }
        }
        out
    }

    impl Case {
        fn map(&self, f: impl Fn(&[f64]) -> Vec<f64>) -> Case {
            Case {
                scatters: self.scatters.iter().map(|s| f(s)).collect(),
                ..self.clone()
            }
        }

        fn packed(&self, dense: bool) -> Vec<Vec<f64>> {
            let d = self.d;
            let row =
                |s: &Vec<f64>, i: usize| s[i * d + if dense { 0 } else { i }..=i * d + i].to_vec();
            self.scatters
                .iter()
                .map(|s| (0..d).flat_map(|i| row(s, i)).collect())
                .collect()
        }

        fn shaped(&self, family: CovarianceType, previous: &[Rc<Covariance>]) -> Shaped {
            let packed = self.packed(family.is_dense());
            let scatters: Vec<Scatter<'_>> = packed
                .iter()
                .zip(&self.counts)
                .map(|(matrix, &count)| Scatter { count, matrix })
                .collect();
            shaped(family, self.d, &scatters, previous)
        }

        fn fit(&self, family: CovarianceType) -> Vec<Rc<Covariance>> {
            self.shaped(family, &[]).unwrap()
        }

        /// F / n, with F as above.
        fn objective(&self, family: CovarianceType, covariances: &[Rc<Covariance>]) -> f64 {
            let n: f64 = self.counts.iter().sum();
            let packed = self.packed(family.is_dense());
            (0..self.counts.len())
                .map(|k| {
                    let c = &covariances[k];
                    self.counts[k] / n * (c.log_determinant() + c.trace_of_quotient(&packed[k]))
                })
                .sum()
        }
    }

    fn cases(d: std::ops::Range<usize>, k: std::ops::Range<usize>) -> impl Strategy<Value = Case> {
        (d, k).prop_flat_map(|(d, k)| {
            let entries = prop::collection::vec(-1.0f64..1.0, d * d);
            let one =
                (entries, prop::collection::vec(0.05f64..3.0, d)).prop_map(move |(a, axes)| {
                    let mut diagonal = vec![0.0; d * d];
                    for (j, v) in axes.iter().enumerate() {
                        diagonal[j * d + j] = *v;
                    }
                    let mut s = congruent(d, &a, &diagonal);
                    for (j, v) in axes.iter().enumerate() {
                        s[j * d + j] += 0.1 * v;
                    }
                    s
                });
            (
                prop::collection::vec(1.0f64..50.0, k),
                prop::collection::vec(one, k),
            )
                .prop_map(move |(counts, scatters)| Case {
                    d,
                    counts,
                    scatters,
                })
        })
    }

    /// A rotation: the eigenvectors of some symmetric matrix.
    fn rotations(d: usize) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-1.0f64..1.0, d * d)
            .prop_map(move |a| symmetric_eigen(d, &congruent(d, &a, &identity(d))).vectors)
    }

    fn entries(c: &Covariance) -> Vec<f64> {
        let d = c.dimension();
        (0..d * d).map(|e| c.get(e / d, e % d)).collect()
    }

    /// The largest difference of covariances and matrices, in standard deviations.
    fn apart(covariances: &[Rc<Covariance>], matrices: &[Vec<f64>]) -> f64 {
        let mut worst = 0.0f64;
        for (c, m) in covariances.iter().zip(matrices) {
            let d = c.dimension();
            for i in 0..d {
                for j in 0..d {
                    let scale = m[i * d + i].sqrt() * m[j * d + j].sqrt();
                    let gap = (c.get(i, j) - m[i * d + j]).abs() / scale;
                    assert!(gap.is_finite());
                    worst = worst.max(gap);
                }
            }
        }
        worst
    }

    fn within(a: CovarianceType, b: CovarianceType) -> bool {
        a != b
            && a.volume() <= b.volume()
            && a.shape() <= b.shape()
            && a.orientation() <= b.orientation()
    }

    /// Is the common orientation searched for, so that only a local minimum is sure?
    fn is_local(family: CovarianceType) -> bool {
        matches!(family, Eve | Vve)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_family_fits_worse_than_one_within_it(case in cases(1..5, 1..5)) {
            for wide in CovarianceType::SHAPES {
                for narrow in CovarianceType::SHAPES.into_iter().filter(|&n| within(n, wide)) {
                    let restricted = case.fit(narrow);
                    let own = if is_local(wide) {
                        case.shaped(wide, &restricted).unwrap()
                    } else {
                        case.fit(wide)
                    };
                    let (a, b) = (case.objective(narrow, &restricted), case.objective(wide, &own));
                    prop_assert!(b <= a + 1e-9, "{} {} {} {}", narrow.code(), a, wide.code(), b);
                }
            }
        }

        #[test]
        fn no_member_of_the_family_has_a_lower_objective(
            case in cases(1..5, 1..4),
            other in cases(4..5, 3..4),
            step in -12i32..0,
        ) {
            // Other members: the fits to scatters that differ a little, or much.
            let size = 4f64.powi(step);
            let d = case.d;
            let mut moved = case.clone();
            for (s, o) in moved.scatters.iter_mut().zip(&other.scatters) {
                for i in 0..d {
                    for j in 0..d {
                        s[i * d + j] += size * o[i * 4 + j];
                    }
                }
            }
            for family in CovarianceType::SHAPES {
                let best = case.fit(family);
                let member = moved.shaped(family, &best).unwrap();
                let (a, b) = (case.objective(family, &best), case.objective(family, &member));
                // A flat valley between two minima takes the common axes long to leave.
                let slack = if is_local(family) { 1e-8 } else { 1e-10 };
                if !is_local(family) || size < 1e-5 {
                    prop_assert!(a <= b + slack, "{} {} {}", family.code(), a, b);
                }
                // From any member on: never up.
                let next = case.objective(family, &case.shaped(family, &member).unwrap());
                prop_assert!(next <= b + 1e-10, "{} {} {}", family.code(), next, b);
            }
        }

        #[test]
        fn covariances_are_of_their_family(case in cases(1..5, 2..4)) {
            let d = case.d;
            for family in CovarianceType::SHAPES {
                let found = case.fit(family);
                let first = symmetric_eigen(d, &entries(&found[0]));
                let mut all: Vec<Vec<f64>> = Vec::new();
                for c in &found {
                    all.push(entries(c));
                    let own = symmetric_eigen(d, &entries(c));
                    let ratio = size(c) / size(&found[0]);
                    if family.volume() == Freedom::Equal {
                        prop_assert!((ratio - 1.0).abs() < 1e-9, "{}", family.code());
                    }
                    for (a, b) in own.values.iter().zip(&first.values) {
                        match family.shape() {
                            Freedom::Identity => prop_assert!((a / own.values[0] - 1.0).abs() < 1e-12),
                            Freedom::Equal => prop_assert!((a / (ratio * b) - 1.0).abs() < 1e-9),
                            Freedom::Varying => {}
                        }
                    }
                    prop_assert_eq!(Rc::ptr_eq(c, &found[0]), family.is_shared() || Rc::ptr_eq(c, &found[0]));
                    if family.orientation() == Freedom::Identity {
                        prop_assert_eq!(c.get(d - 1, 0) == 0.0, d > 1);
                    }
                }
                if family.orientation() == Freedom::Equal {
                    // Matrices with common axes commute.
                    let commutator = |e: usize| -> f64 {
                        let (i, j) = (e / d, e % d);
                        (0..d).map(|l| all[0][i * d + l] * all[1][l * d + j] - all[1][i * d + l] * all[0][l * d + j]).sum()
                    };
                    let scale = first.values[0] * all[1].iter().fold(0.0f64, |m, v| m.max(v.abs()));
                    prop_assert!((0..d * d).all(|e| commutator(e).abs() < 1e-9 * scale), "{}", family.code());
                }
            }
        }

        #[test]
        fn scaled_scatters_give_scaled_covariances(case in cases(1..5, 1..4), e in -150i32..150) {
            let scale = 10f64.powi(e);
            let scaled = case.map(|s| s.iter().map(|v| v * scale).collect());
            for family in CovarianceType::SHAPES {
                let expected: Vec<Vec<f64>> = case.fit(family).iter().map(|c| entries(c).iter().map(|v| v * scale).collect()).collect();
                let gap = apart(&scaled.fit(family), &expected);
                prop_assert!(gap < 1e-6, "{} {}", family.code(), gap);
            }
        }

        #[test]
        fn scaled_columns_give_scaled_covariances_along_the_columns_and_of_free_form(
            case in cases(3..4, 1..4),
            scales in prop::collection::vec(-60i32..60, 3),
        ) {
            let mut a = vec![0.0; 9];
            for (j, e) in scales.iter().enumerate() {
                a[4 * j] = 10f64.powi(*e);
            }
            let scaled = case.map(|s| congruent(3, &a, s));
            for family in [Eei, Vei, Evi, Diagonal, Tied, Vee, Evv, Full] {
                let expected: Vec<Vec<f64>> = case.fit(family).iter().map(|c| congruent(3, &a, &entries(c))).collect();
                let gap = apart(&scaled.fit(family), &expected);
                prop_assert!(gap < 1e-9, "{} {}", family.code(), gap);
            }
        }

        #[test]
        fn turned_scatters_give_turned_covariances(case in cases(3..4, 1..4), turn in rotations(3)) {
            let turned = case.map(|s| congruent(3, &turn, s));
            for family in CovarianceType::SHAPES {
                if family.orientation() == Freedom::Identity && family.shape() != Freedom::Identity {
                    continue;
                }
                let expected: Vec<Vec<f64>> = case.fit(family).iter().map(|c| congruent(3, &turn, &entries(c))).collect();
                let gap = apart(&turned.fit(family), &expected);
                prop_assert!(gap < 1e-6, "{} {}", family.code(), gap);
            }
        }

        #[test]
        fn the_order_of_the_components_does_not_matter(case in cases(1..5, 2..5)) {
            let mut reversed = case.clone();
            reversed.counts.reverse();
            reversed.scatters.reverse();
            for family in CovarianceType::SHAPES {
                let mut expected: Vec<Vec<f64>> = case.fit(family).iter().map(|c| entries(c)).collect();
                expected.reverse();
                let gap = apart(&reversed.fit(family), &expected);
                prop_assert!(gap < 1e-6, "{} {}", family.code(), gap);
            }
        }

        #[test]
        fn one_component_or_one_column_leaves_nothing_to_share(one in cases(1..5, 1..2), line in cases(1..2, 2..5)) {
            for family in CovarianceType::SHAPES {
                let (found, s, d) = (one.fit(family), &one.scatters[0], one.d);
                let mean = (0..d).map(|j| s[j * d + j]).sum::<f64>() / d as f64;
                let expected = |e: usize| match (family.shape(), e / d == e % d) {
                    (Freedom::Identity, true) => mean,
                    (Freedom::Identity, false) => 0.0,
                    _ if family.is_dense() || e / d == e % d => s[e],
                    _ => 0.0,
                };
                prop_assert!(apart(&found, &[(0..d * d).map(expected).collect()]) < 1e-12, "{}", family.code());

                let variances: Vec<f64> = line.scatters.iter().map(|s| s[0]).collect();
                let total: f64 = line.counts.iter().sum();
                let mean = line.counts.iter().zip(&variances).map(|(n, v)| n * v).sum::<f64>() / total;
                for (c, own) in line.fit(family).iter().zip(variances) {
                    let expected = if family.volume() == Freedom::Equal { mean } else { own };
                    prop_assert!((c.get(0, 0) / expected - 1.0).abs() < 1e-12, "{}", family.code());
                }
            }
        }

        #[test]
        fn common_axes_are_found_where_there_are_any(
            turn in rotations(4),
            variances in prop::collection::vec(0.1f64..5.0, 12),
        ) {
            let diagonal = |k: usize| {
                let mut m = vec![0.0; 16];
                for j in 0..4 {
                    m[5 * j] = variances[4 * k + j];
                }
                congruent(4, &turn, &m)
            };
            let case = Case { d: 4, counts: vec![9.0, 5.0, 7.0], scatters: (0..3).map(diagonal).collect() };
            prop_assert!(apart(&case.fit(Vve), &case.scatters) < 1e-6);
            let (eve, evv) = (case.fit(Eve), case.fit(Evv));
            prop_assert!(apart(&eve, &evv.iter().map(|c| entries(c)).collect::<Vec<_>>()) < 1e-6);
        }

        #[test]
        fn common_axes_of_a_plane_are_found_from_wherever_the_search_starts(
            turns in prop::collection::vec(rotations(2), 2),
            variances in prop::collection::vec(0.1f64..5.0, 4),
        ) {
            let member = |turn: &[f64], k: usize| congruent(2, turn, &[variances[2 * k], 0.0, 0.0, variances[2 * k + 1]]);
            let case = |turn: &[f64]| Case { d: 2, counts: vec![9.0, 5.0], scatters: vec![member(turn, 0), member(turn, 1)] };
            let previous = case(&turns[1]).fit(Full);
            let found = case(&turns[0]).shaped(Vve, &previous).unwrap();
            prop_assert!(apart(&found, &case(&turns[0]).scatters) < 1e-6);
        }

        #[test]
        fn scatters_without_rank_give_an_error_or_finite_covariances(
            case in cases(2..4, 2..4),
            flat in prop::collection::vec(0usize..4, 3),
        ) {
            let mut case = case;
            let d = case.d;
            for (s, kind) in case.scatters.iter_mut().zip(&flat) {
                let v: Vec<f64> = s[..d].to_vec();
                match kind {
                    0 => s.fill(0.0),
                    1 => (0..d * d).for_each(|e| s[e] = v[e / d] * v[e % d]),
                    2 => (0..d).for_each(|i| {
                        s[i * d] = 0.0;
                        s[i] = 0.0;
                    }),
                    _ => {}
                }
            }
            for family in CovarianceType::SHAPES {
                match case.shaped(family, &[]) {
                    Ok(found) => prop_assert!(found.iter().all(|c| entries(c).iter().all(|v| v.is_finite()) && c.log_determinant().is_finite())),
                    Err((k, e)) => prop_assert!(k < case.counts.len() && matches!(e, CovarianceError::NotPositiveDefinite { dimension } if dimension < d), "{} {:?}", family.code(), e),
                }
            }
        }
    }

    #[test]
    fn a_column_without_variance_is_named() {
        let flat = vec![2.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 1.0];
        let case = Case {
            d: 3,
            counts: vec![4.0, 6.0],
            scatters: vec![flat.clone(), flat.iter().map(|v| 3.0 * v).collect()],
        };
        for family in CovarianceType::SHAPES {
            match case.shaped(family, &[]) {
                Ok(_) => assert_eq!(family.shape(), Freedom::Identity, "{}", family.code()),
                Err(e) => assert_eq!(
                    e,
                    (0, CovarianceError::NotPositiveDefinite { dimension: 1 }),
                    "{}",
                    family.code()
                ),
            }
        }
    }

    #[test]
    fn the_search_for_common_axes_goes_on_where_it_was() {
        // Two minima: EM must not leap from one to the other between two M-steps.
        let case = Case {
            d: 3,
            counts: vec![21.056, 9.851],
            scatters: vec![
                vec![
                    0.93081, -0.70199, -0.77375, -0.70199, 0.90539, 0.90206, -0.77375, 0.90206,
                    1.11155,
                ],
                vec![
                    1.56751, -0.81703, 0.93325, -0.81703, 1.10367, -0.45348, 0.93325, -0.45348,
                    1.42097,
                ],
            ],
        };
        let objective = |found: Shaped| case.objective(Vve, &found.unwrap());
        let lowest = objective(case.shaped(Vve, &[]));
        let axes_of_the_first = vec![case.fit(Full)[0].clone(); 2];
        let other = objective(case.shaped(Vve, &axes_of_the_first));
        assert!(other > lowest + 0.05, "{other} {lowest}");
    }

    #[test]
    fn ellipses_that_cross_at_right_angles_have_common_axes() {
        // Every share of the two is a ball or stands at 45 degrees to the columns; turned in
        // the plane of the columns, nothing shows which way is down.
        let case = Case {
            d: 2,
            counts: vec![5.0, 5.0],
            scatters: vec![vec![2.0, 1.0, 1.0, 2.0], vec![2.0, -1.0, -1.0, 2.0]],
        };
        assert!(apart(&case.fit(Vve), &case.scatters) < 1e-12);
        assert!(apart(&case.fit(Eve), &case.scatters) < 1e-12);
        let balls = case.fit(CovarianceType::Spherical);
        assert!(apart(&case.shaped(Vve, &balls).unwrap(), &case.scatters) < 1e-12);
    }
}
