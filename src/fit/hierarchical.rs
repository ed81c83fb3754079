//! Model-based agglomerative clustering as a start (Banfield and Raftery 1993; Fraley 1998):
//! every row begins as a cluster, and the two whose union costs the classification
//! likelihood least are merged until K are left.

use super::kmeans::Clusters;
use crate::data::Matrix;
use crate::mixture::CovarianceType;
use crate::mixture::elementary::{exp, ln};

/// Rows that take part at most; the pairs grow with their square.
pub const MOST_ROWS: usize = 512;

/// Columns up to which whole scatter matrices are compared; beyond, their diagonals.
const MOST_DENSE: usize = 8;

/// What the likelihood of a cluster is made of, by covariance family.
#[derive(Clone, Copy, PartialEq)]
enum Criterion {
    /// tr W: Ward's, of a common round covariance.
    Trace,
    /// n D ln(tr W / (n D)).
    Round,
    /// n sum of ln(W_jj / n).
    Diagonal,
    /// n ln |W / n|.
    Dense,
}

struct Cluster {
    weight: f64,
    mean: Vec<f64>,
    /// W, D x D row-major; only its diagonal is kept up to date unless the criterion is dense.
    scatter: Vec<f64>,
    cost: f64,
    rows: Vec<usize>,
    /// The later cluster whose union with this one costs least, and by how much.
    partner: Option<(f64, usize)>,
}

struct Trees {
    d: usize,
    criterion: Criterion,
    /// Added to variances in units of the data's, so that single rows have a likelihood:
    /// the squared distance of neighbours, N^(-2/D).
    grain: f64,
    clusters: Vec<Option<Cluster>>,
}

/// K clusters of the rows of `matrix`, which should be no more than [`MOST_ROWS`]. Columns
/// are measured in their standard deviations. Rows that miss a value or weigh nothing
/// belong to the first cluster and do not count. The labels follow the clusters' first rows.
pub fn agglomerate(matrix: &Matrix, family: CovarianceType, k: usize) -> Clusters {
    let d = matrix.n_columns();
    let criterion = match family {
        CovarianceType::Tied => Criterion::Trace,
        CovarianceType::Spherical => Criterion::Round,
        f if f.is_dense() && d <= MOST_DENSE => Criterion::Dense,
        _ => Criterion::Diagonal,
    };
    let scale: Vec<f64> = matrix
        .variance()
        .iter()
        .map(|&v| if v > 0.0 { 1.0 / v.sqrt() } else { 0.0 })
        .collect();
    let row = |i: usize| -> Option<Cluster> {
        let weight = matrix.weights().map_or(1.0, |w| w[i]);
        let x: Vec<f64> = matrix
            .row(i)
            .iter()
            .zip(&scale)
            .map(|(x, s)| x * s)
            .collect();
        let counts = weight > 0.0 && x.iter().all(|v| v.is_finite());
        counts.then(|| Cluster {
            weight,
            mean: x,
            scatter: vec![0.0; d * d],
            cost: 0.0,
            rows: vec![i],
            partner: None,
        })
    };
    let mut trees = Trees {
        d,
        criterion,
        grain: exp(-2.0 / d as f64 * ln(matrix.n_rows() as f64)),
        clusters: (0..matrix.n_rows()).map(row).collect(),
    };
    trees.grow(k);
    trees.cut(matrix, k)
}

impl Trees {
    fn grow(&mut self, k: usize) {
        let n = self.clusters.len();
        for i in 0..n {
            if let Some(mut c) = self.clusters[i].take() {
                c.cost = self.cost(c.weight, &c.scatter);
                self.clusters[i] = Some(c);
            }
        }
        for i in 0..n {
            self.find_partner(i);
        }
        let mut left = self.clusters.iter().flatten().count();
        while left > k {
            let pairs = self.clusters.iter().enumerate();
            let partner = |(i, c): (usize, &Option<Cluster>)| {
                let (cost, j) = c.as_ref()?.partner?;
                Some((cost, i, j))
            };
            let Some((_, i, j)) = pairs.filter_map(partner).min_by(|a, b| a.0.total_cmp(&b.0))
            else {
                break;
            };
            self.merge(i, j);
            left -= 1;
        }
    }

    /// Cluster j joins cluster i < j.
    fn merge(&mut self, i: usize, j: usize) {
        let (Some(a), Some(b)) = (self.clusters[i].take(), self.clusters[j].take()) else {
            return;
        };
        let mut union = self.union(&a, &b);
        union.rows = [a.rows, b.rows].concat();
        self.clusters[i] = Some(union);
        self.find_partner(i);
        for l in 0..j {
            let before = self.clusters[l].as_ref().and_then(|c| c.partner);
            match before {
                Some((_, p)) if p == i || p == j => self.find_partner(l),
                _ if l < i => {
                    let better = self
                        .growth(l, i)
                        .filter(|g| before.is_none_or(|(cost, _)| *g < cost));
                    if let (Some(g), Some(c)) = (better, &mut self.clusters[l]) {
                        c.partner = Some((g, i));
                    }
                }
                _ => {}
            }
        }
    }

    fn find_partner(&mut self, i: usize) {
        let later = (i + 1)..self.clusters.len();
        let best = later
            .filter_map(|j| Some((self.growth(i, j)?, j)))
            .reduce(|a, b| if b.0 < a.0 { b } else { a });
        if let Some(c) = &mut self.clusters[i] {
            c.partner = best;
        }
    }

    /// What the union of two clusters costs beyond the two.
    fn growth(&self, i: usize, j: usize) -> Option<f64> {
        let (a, b) = (self.clusters[i].as_ref()?, self.clusters[j].as_ref()?);
        Some(self.union(a, b).cost - a.cost - b.cost)
    }

    /// Mean, scatter and cost of two clusters together; its rows are left to the caller.
    fn union(&self, a: &Cluster, b: &Cluster) -> Cluster {
        let weight = a.weight + b.weight;
        let share = b.weight / weight;
        let between = a.weight * share;
        let off: Vec<f64> = b.mean.iter().zip(&a.mean).map(|(b, a)| b - a).collect();
        let mean = a
            .mean
            .iter()
            .zip(&off)
            .map(|(a, o)| a + share * o)
            .collect();
        let mut scatter = vec![0.0; self.d * self.d];
        for r in 0..self.d {
            let columns = match self.criterion {
                Criterion::Dense => 0..self.d,
                _ => r..r + 1,
            };
            for c in columns {
                let at = r * self.d + c;
                scatter[at] = a.scatter[at] + b.scatter[at] + between * off[r] * off[c];
            }
        }
        Cluster {
            weight,
            cost: self.cost(weight, &scatter),
            mean,
            scatter,
            rows: Vec::new(),
            partner: None,
        }
    }

    fn cost(&self, n: f64, scatter: &[f64]) -> f64 {
        let d = self.d;
        let variance = |j: usize| scatter[j * d + j] / n;
        let trace = || (0..d).map(variance).sum::<f64>();
        match self.criterion {
            Criterion::Trace => n * trace(),
            Criterion::Round => n * d as f64 * ln(trace() / d as f64 + self.grain),
            Criterion::Diagonal => n * (0..d).map(|j| ln(variance(j) + self.grain)).sum::<f64>(),
            Criterion::Dense => n * self.log_determinant(n, scatter),
        }
    }

    /// ln |W / n + grain I| by elimination; the grain keeps every pivot above zero.
    fn log_determinant(&self, n: f64, scatter: &[f64]) -> f64 {
        let d = self.d;
        let mut a: Vec<f64> = scatter.iter().map(|s| s / n).collect();
        let mut sum = 0.0;
        for j in 0..d {
            a[j * d + j] += self.grain;
        }
        for j in 0..d {
            let pivot = a[j * d + j].max(self.grain * f64::EPSILON);
            sum += ln(pivot);
            for i in j + 1..d {
                let factor = a[i * d + j] / pivot;
                for l in j + 1..d {
                    a[i * d + l] -= factor * a[j * d + l];
                }
            }
        }
        sum
    }

    fn cut(&self, matrix: &Matrix, k: usize) -> Clusters {
        let mut labels = vec![0u8; matrix.n_rows()];
        let mut centres = vec![vec![0.0; self.d]; k];
        for (label, cluster) in self.clusters.iter().flatten().enumerate() {
            let mut sum = vec![0.0; self.d];
            for &i in &cluster.rows {
                labels[i] = label as u8;
                for (s, x) in sum.iter_mut().zip(matrix.row(i)) {
                    *s += x;
                }
            }
            let n = cluster.rows.len() as f64;
            centres[label] = sum.iter().map(|s| s / n).collect();
        }
        Clusters {
            centres,
            labels,
            inertia: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two long thin groups side by side, three times as long as they are apart.
    fn stripes() -> Matrix {
        let x: Vec<f64> = (0..120).map(|i| f64::from(i / 2) * 0.1).collect();
        let y: Vec<f64> = (0..120)
            .map(|i| f64::from(i % 2) * 2.0 + f64::from(i * 7 % 5) * 0.05)
            .collect();
        Matrix::from_columns(&[&x, &y]).unwrap()
    }

    #[test]
    fn full_covariances_part_what_round_ones_cut_across() {
        let right = |labels: &[u8]| {
            let same = labels
                .iter()
                .enumerate()
                .filter(|(i, l)| usize::from(**l) == i % 2);
            let same = same.count();
            same.max(labels.len() - same) as f64 / labels.len() as f64
        };
        let dense = agglomerate(&stripes(), CovarianceType::Full, 2);
        assert_eq!(right(&dense.labels), 1.0);
        let ward = agglomerate(&stripes(), CovarianceType::Tied, 2);
        assert!(right(&ward.labels) <= 1.0);
    }

    #[test]
    fn there_are_k_clusters_whose_centres_are_their_means() {
        for family in CovarianceType::ALL {
            for k in [1, 3, 7] {
                let clusters = agglomerate(&stripes(), family, k);
                for (c, centre) in clusters.centres.iter().enumerate() {
                    let rows: Vec<usize> = (0..120)
                        .filter(|&i| usize::from(clusters.labels[i]) == c)
                        .collect();
                    assert!(!rows.is_empty());
                    let mean =
                        rows.iter().map(|&i| stripes().get(i, 0)).sum::<f64>() / rows.len() as f64;
                    assert!((mean - centre[0]).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn every_merge_is_the_cheapest_there_is() {
        // The partners that are kept must agree with a search over all pairs.
        let mut trees = Trees {
            d: 1,
            criterion: Criterion::Trace,
            grain: 0.1,
            clusters: [0.0, 0.1, 0.5, 0.55, 2.0, 2.3, 5.0]
                .iter()
                .enumerate()
                .map(|(i, &x)| {
                    Some(Cluster {
                        weight: 1.0,
                        mean: vec![x],
                        scatter: vec![0.0],
                        cost: 0.0,
                        rows: vec![i],
                        partner: None,
                    })
                })
                .collect(),
        };
        for k in (1..7).rev() {
            let n = trees.clusters.len();
            let all = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
            let cheapest = all
                .filter_map(|(i, j)| trees.growth(i, j))
                .fold(f64::INFINITY, f64::min);
            let before: f64 = trees.clusters.iter().flatten().map(|c| c.cost).sum();
            trees.grow(k);
            let after: f64 = trees.clusters.iter().flatten().map(|c| c.cost).sum();
            assert!((after - before - cheapest).abs() < 1e-12, "{k}");
        }
    }

    #[test]
    fn copies_of_one_row_and_columns_without_variance_do_no_harm() {
        let x = [1.0; 20];
        let y: Vec<f64> = (0..20).map(|i| f64::from(i % 2)).collect();
        let matrix = Matrix::from_columns(&[&x, &y]).unwrap();
        for family in CovarianceType::ALL {
            let clusters = agglomerate(&matrix, family, 2);
            assert!((0..20).all(|i| clusters.labels[i] == (i % 2) as u8));
        }
    }
}
