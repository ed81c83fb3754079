//! A component seen through the columns that a row has: the marginal density of what is
//! known, and the regression of what is missing on it (Ghahramani and Jordan 1994).

use std::rc::Rc;

use super::covariance::Covariance;
use super::elementary::ln;
use crate::data::Block;

/// ln(2 pi)
const LN_2_PI: f64 = 1.837_877_066_409_345_3;

/// Numbers that [`Marginals`] keeps at most (8 MB). What does not fit is computed again
/// each time: patterns that come often come early.
const MOST_NUMBERS: usize = 1 << 20;

/// Rows of one block that miss the same columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// One bit a column, 64 to a word: set where the rows have a value.
    known: Vec<u64>,
    /// The rows, counted from the block's first.
    rows: Vec<usize>,
}

impl Pattern {
    /// The patterns of a block's rows that miss something, in the order in which they come.
    pub fn of(block: &Block<'_>, n_columns: usize) -> Vec<Pattern> {
        let mut patterns: Vec<Pattern> = Vec::new();
        let mut known = vec![0u64; n_columns.div_ceil(64)];
        for i in 0..block.len() {
            known.fill(0);
            let mut missing = false;
            for j in 0..n_columns {
                if block.column(j)[i].is_nan() {
                    missing = true;
                } else {
                    known[j / 64] |= 1 << (j % 64);
                }
            }
            if !missing {
                continue;
            }
            match patterns.iter_mut().find(|p| p.known == known) {
                Some(pattern) => pattern.rows.push(i),
                None => patterns.push(Pattern {
                    known: known.clone(),
                    rows: vec![i],
                }),
            }
        }
        patterns
    }

    /// The rows that miss these columns, counted from the block's first.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    fn has(&self, column: usize) -> bool {
        self.known[column / 64] >> (column % 64) & 1 == 1
    }
}

/// A covariance with its columns in the order known, missing, and the factor that it has
/// in this order.
///
/// With S = M M^T and M = [A 0; B C], the known part of a row has z = A^-1 (x_o - mu_o),
/// squared distance z^T z and ln |S_oo| = 2 sum ln A_jj; given it the missing part has mean
/// mu_m + B z and covariance C C^T. M is the factor L of S with its rows in the new order,
/// made triangular again by rotations of its columns (Golub and Van Loan, Matrix
/// Computations, 5.1.8): nothing is inverted or subtracted, so that the conditional
/// covariance is never negative, however narrow.
#[derive(Clone, Debug, PartialEq)]
pub struct Marginal {
    /// The columns, known ones first, both parts ascending.
    order: Vec<usize>,
    n_known: usize,
    /// M, d x d and row-major.
    factor: Vec<f64>,
    /// -(o ln 2 pi + ln |S_oo|) / 2.
    constant: f64,
}

impl Marginal {
    /// `covariance` for rows of this pattern.
    pub fn new(covariance: &Covariance, pattern: &Pattern) -> Marginal {
        let d = covariance.dimension();
        let known = (0..d).filter(|&j| pattern.has(j));
        let order: Vec<usize> = known.chain((0..d).filter(|&j| !pattern.has(j))).collect();
        let n_known = (0..d).filter(|&j| pattern.has(j)).count();
        let mut factor = vec![0.0; d * d];
        for (row, &j) in factor.chunks_exact_mut(d).zip(&order) {
            let left = covariance.factor_row(j);
            row[..left.len()].copy_from_slice(left);
            row[j] = covariance.pivot(j);
        }
        triangular(&mut factor, d);
        let logs: f64 = (0..n_known).map(|a| ln(factor[a * d + a])).sum();
        Marginal {
            order,
            n_known,
            factor,
            constant: -0.5 * n_known as f64 * LN_2_PI - logs,
        }
    }

    /// ln N(x_o) of a row whose known part is the mean: 0 if nothing is known.
    pub fn log_constant(&self) -> f64 {
        self.constant
    }

    /// The known columns.
    pub fn known(&self) -> &[usize] {
        &self.order[..self.n_known]
    }

    /// The missing columns.
    pub fn missing(&self) -> &[usize] {
        &self.order[self.n_known..]
    }

    /// z of a row (its D values by column, of which the known ones are read), into `z`.
    pub fn whiten(&self, value: impl Fn(usize) -> f64, mean: &[f64], z: &mut Vec<f64>) {
        z.clear();
        for (row, &j) in self.rows().zip(self.known()) {
            let mut rest = value(j) - mean[j];
            for (factor, z) in row.iter().zip(z.iter()) {
                rest -= factor * z;
            }
            z.push(rest / row[z.len()]);
        }
    }

    /// The conditional mean of each missing column given z, with the column.
    pub fn regression(&self, z: &[f64], mean: &[f64]) -> impl Iterator<Item = (usize, f64)> {
        let rows = self.rows().skip(self.n_known);
        rows.zip(self.missing()).map(move |(row, &j)| {
            let shift: f64 = row.iter().zip(z).map(|(factor, z)| factor * z).sum();
            (j, mean[j] + shift)
        })
    }

    /// Row `a` of C, for the a-th missing column: with independent standard normal numbers it
    /// makes a draw about the conditional mean.
    pub fn spread(&self, a: usize) -> &[f64] {
        let (d, row) = (self.order.len(), self.n_known + a);
        &self.factor[row * d + self.n_known..=row * d + row]
    }

    /// Conditional covariance of the a-th and b-th missing column, b <= a.
    pub fn conditional(&self, a: usize, b: usize) -> f64 {
        let (left, right) = (self.spread(a), self.spread(b));
        left.iter().zip(right).map(|(x, y)| x * y).sum()
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.factor.chunks_exact(self.order.len().max(1))
    }
}

/// Rotates the columns of a square matrix until nothing is right of its diagonal, which
/// ends up positive.
fn triangular(m: &mut [f64], d: usize) {
    for a in 0..d {
        for c in a + 1..d {
            let (x, y) = (m[a * d + a], m[a * d + c]);
            if y == 0.0 {
                continue;
            }
            let length = (x * x + y * y).sqrt().max(f64::MIN_POSITIVE);
            let (cos, sin) = (x / length, y / length);
            for row in m[a * d..].chunks_exact_mut(d) {
                let (x, y) = (row[a], row[c]);
                row[a] = cos * x + sin * y;
                row[c] = cos * y - sin * x;
            }
            m[a * d + c] = 0.0;
        }
        if m[a * d + a] < 0.0 {
            for row in m[a * d..].chunks_exact_mut(d) {
                row[a] = -row[a];
            }
        }
        // A factor of a covariance has no zero here but by underflow.
        m[a * d + a] = m[a * d + a].max(f64::MIN_POSITIVE);
    }
}

/// The marginals that one mixture's rows have asked for, to be asked for again.
#[derive(Debug, Default)]
pub(super) struct Marginals {
    /// Sorted by component and pattern.
    kept: Vec<(usize, Vec<u64>, Rc<Marginal>)>,
    numbers: usize,
}

impl Marginals {
    /// The marginal of component `k`, whose covariance is given, for a pattern.
    pub fn get(&mut self, k: usize, covariance: &Covariance, pattern: &Pattern) -> Rc<Marginal> {
        let place = self
            .kept
            .binary_search_by(|(c, known, _)| c.cmp(&k).then_with(|| known.cmp(&pattern.known)));
        let at = match place {
            Ok(at) => return self.kept[at].2.clone(),
            Err(at) => at,
        };
        let marginal = Rc::new(Marginal::new(covariance, pattern));
        // About what one costs beside its factor.
        let size = marginal.factor.len() + 2 * marginal.order.len() + 16;
        if self.numbers + size <= MOST_NUMBERS {
            self.numbers += size;
            let entry = (k, pattern.known.clone(), marginal.clone());
            self.kept.insert(at, entry);
        }
        marginal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Matrix;
    use nalgebra::DMatrix;
    use proptest::prelude::*;

    fn pattern(known: &[bool]) -> Pattern {
        let columns: Vec<[f64; 1]> = known
            .iter()
            .map(|&k| [if k { 1.0 } else { f64::NAN }])
            .collect();
        let whole: Vec<[f64; 2]> = columns.iter().map(|c| [c[0], 1.0]).collect();
        let slices: Vec<&[f64]> = whole.iter().map(|c| c.as_slice()).collect();
        let matrix = Matrix::with_holes(&slices).unwrap();
        let block = matrix.blocks().next().unwrap();
        Pattern::of(&block, known.len())
            .first()
            .cloned()
            .unwrap_or(Pattern {
                known: vec![u64::MAX; known.len().div_ceil(64)],
                rows: vec![0],
            })
    }

    fn covariance(d: usize, a: &[f64]) -> (Covariance, DMatrix<f64>) {
        let a = DMatrix::from_row_slice(d, d, a);
        let m = &a * a.transpose() + DMatrix::identity(d, d) * 0.3;
        let ours = Covariance::dense(d, m.as_slice().to_vec()).unwrap();
        (ours, m)
    }

    proptest! {
        #[test]
        fn density_and_regression_are_those_of_the_partitioned_normal(
            a in prop::collection::vec(-2.0f64..2.0, 25),
            x in prop::collection::vec(-3.0f64..3.0, 5),
            known in prop::collection::vec(any::<bool>(), 5),
        ) {
            let d = 5;
            let (ours, s) = covariance(d, &a);
            let marginal = Marginal::new(&ours, &pattern(&known));
            let o: Vec<usize> = (0..d).filter(|&j| known[j]).collect();
            let m: Vec<usize> = (0..d).filter(|&j| !known[j]).collect();
            prop_assert_eq!(marginal.known(), &o[..]);
            prop_assert_eq!(marginal.missing(), &m[..]);
            let part = |r: &[usize], c: &[usize]| DMatrix::from_fn(r.len(), c.len(), |i, j| s[(r[i], c[j])]);
            let mean = [0.5; 5];
            let off = DMatrix::from_fn(o.len(), 1, |i, _| x[o[i]] - 0.5);
            let inverse = part(&o, &o).try_inverse().unwrap_or(DMatrix::zeros(0, 0));
            let mut z = Vec::new();
            marginal.whiten(|j| x[j], &mean, &mut z);
            let q: f64 = z.iter().map(|z| z * z).sum();
            let expected = if o.is_empty() { 0.0 } else { (off.transpose() * &inverse * &off)[(0, 0)] };
            prop_assert!((q - expected).abs() < 1e-9 * expected.max(1.0));
            let determinant = if o.is_empty() { 1.0 } else { part(&o, &o).determinant() };
            let constant = -0.5 * (o.len() as f64 * LN_2_PI + determinant.ln());
            prop_assert!((marginal.log_constant() - constant).abs() < 1e-10);
            let b = if o.is_empty() { DMatrix::zeros(m.len(), 0) } else { part(&m, &o) * &inverse };
            let rest = if o.is_empty() { part(&m, &m) } else { part(&m, &m) - &b * part(&o, &m) };
            for (a, (j, mu)) in marginal.regression(&z, &mean).enumerate() {
                let shift = if o.is_empty() { 0.0 } else { (b.row(a) * &off)[(0, 0)] };
                prop_assert_eq!(j, m[a]);
                prop_assert!((mu - 0.5 - shift).abs() < 1e-9, "{} {}", mu, shift);
                for c in 0..=a {
                    prop_assert!((marginal.conditional(a, c) - rest[(a, c)]).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn nothing_known_leaves_the_component_as_it_is() {
        let ours = Covariance::dense(2, vec![4.0, 1.0, 1.0, 2.0]).unwrap();
        let marginal = Marginal::new(&ours, &pattern(&[false, false]));
        let mut z = vec![1.0];
        marginal.whiten(|_| f64::NAN, &[3.0, 5.0], &mut z);
        assert!(z.is_empty());
        assert_eq!(marginal.log_constant(), 0.0);
        let means: Vec<_> = marginal.regression(&z, &[3.0, 5.0]).collect();
        assert_eq!(means, [(0, 3.0), (1, 5.0)]);
        assert!((marginal.conditional(1, 0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_covariance_on_the_edge_of_being_none_keeps_a_positive_rest() {
        let e = 1e-15;
        let ours = Covariance::dense(2, vec![1.0, 1.0 - e, 1.0 - e, 1.0]).unwrap();
        for known in [[true, false], [false, true]] {
            let rest = Marginal::new(&ours, &pattern(&known)).conditional(0, 0);
            assert!(rest > 0.0 && (rest / (2.0 * e) - 1.0).abs() < 0.5, "{rest}");
        }
    }

    #[test]
    fn columns_beyond_the_64th_are_told_apart() {
        let mut known = [true; 70];
        known[69] = false;
        let p = pattern(&known);
        assert_eq!(p.rows(), [0]);
        assert!(!p.has(69) && p.has(5) && p.has(64));
    }

    #[test]
    fn what_does_not_fit_is_computed_again_to_the_same_bits() {
        let (ours, _) = covariance(3, &[1.0, 0.2, 0.0, 0.3, 0.9, 0.1, -0.4, 0.6, 1.2]);
        let p = pattern(&[true, false, true]);
        let mut full = Marginals {
            numbers: MOST_NUMBERS,
            ..Marginals::default()
        };
        let mut kept = Marginals::default();
        for _ in 0..2 {
            assert_eq!(full.get(0, &ours, &p), kept.get(0, &ours, &p));
        }
        assert_eq!((full.kept.len(), kept.kept.len()), (0, 1));
    }
}
