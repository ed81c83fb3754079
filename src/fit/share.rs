//! A pass over the rows in shares, which may be made in several places at once.
//!
//! Rows are summed chunk by chunk, and the chunks in a binary tree: two neighbours make a node
//! of the next level, and what has no neighbour is added last. The tree is that of the rows, however they
//! are shared out: a share holds the sums of the largest nodes that lie in it whole, and
//! putting shares together goes on where they left off. So any number of shares gives the same bits.

use serde::{Deserialize, Serialize};

use super::assign::Assign;
use super::e_step::Expectation;
use super::sums::Sums;
use crate::data::{BLOCK_ROWS, Matrix, STRETCH_BLOCKS};
use crate::mixture::ChainCounts;

/// Blocks of a chunk.
pub(super) const CHUNK_BLOCKS: usize = 8;

/// Rows whose sums are added up on their own before they join others.
pub const CHUNK_ROWS: usize = CHUNK_BLOCKS * BLOCK_ROWS;

/// Where to cut so many chunks for `n` to share them: n + 1 ends, ascending. Stretches of rows that
/// are gathered before they are summed stay whole, or the sums would depend on the cuts.
pub fn cuts(chunks: usize, n: usize, n_columns: usize) -> Vec<usize> {
    let unit = match n_columns <= 2 {
        true => STRETCH_BLOCKS / CHUNK_BLOCKS,
        false => 1,
    };
    let cut = |i: usize| match i == n {
        true => chunks,
        false => (chunks * i / n + unit / 2) / unit * unit,
    };
    (0..=n).map(|i| cut(i).min(chunks)).collect()
}

/// How many chunks the rows make; without rows an empty one.
pub(super) fn n_chunks(matrix: &Matrix) -> usize {
    matrix.n_rows().div_ceil(CHUNK_ROWS).max(1)
}

/// Sums over rows that lie side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    /// The sum of the rows' log-densities.
    pub log_likelihood: f64,
    /// The sum of the responsibilities of the noise component.
    pub noise_count: f64,
    /// As [`Expectation::classification`].
    pub classification: f64,
    /// As [`Expectation::left_out`].
    pub left_out: f64,
    /// Of each component.
    pub sums: Vec<Sums>,
}

impl Node {
    /// No rows, K components.
    pub(super) fn zero(d: usize, dense: bool, k: usize) -> Node {
        Node {
            log_likelihood: 0.0,
            noise_count: 0.0,
            classification: 0.0,
            left_out: 0.0,
            sums: vec![Sums::zero(d, dense); k],
        }
    }

    fn merge(&mut self, other: &Node) {
        self.log_likelihood += other.log_likelihood;
        self.noise_count += other.noise_count;
        self.classification += other.classification;
        self.left_out += other.left_out;
        for (sums, other) in self.sums.iter_mut().zip(&other.sums) {
            sums.merge(other);
        }
    }
}

/// The nodes of neighbouring chunks so far, none of which can be merged with the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    /// Level, place among the nodes of that level, node.
    nodes: Vec<(u32, usize, Node)>,
}

impl Tree {
    /// Adds the node at `place` of `level`, which lies beside the last one.
    pub(super) fn push(&mut self, mut level: u32, mut place: usize, mut node: Node) {
        while place % 2 == 1
            && let Some((_, _, mut left)) = self
                .nodes
                .pop_if(|(l, p, _)| *l == level && *p + 1 == place)
        {
            left.merge(&node);
            (level, place, node) = (level + 1, place / 2, left);
        }
        self.nodes.push((level, place, node));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many chunks there are from the first one on; `None` if there are gaps.
    fn n_chunks(&self) -> Option<usize> {
        self.nodes.iter().try_fold(0, |end, (level, place, _)| {
            (place << level == end).then(|| end + (1 << level))
        })
    }

    /// The sum of all chunks, the last first.
    fn finish(self) -> Option<Node> {
        let mut nodes = self.nodes.into_iter().rev().map(|(_, _, node)| node);
        let mut total = nodes.next()?;
        for mut left in nodes {
            left.merge(&total);
            total = left;
        }
        Some(total)
    }
}

/// What a pass over some chunks gives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub(super) tree: Tree,
    /// Of a hidden Markov model, whose rows are never shared out.
    #[serde(skip)]
    pub(super) chain: Option<ChainCounts>,
}

impl Share {
    /// Adds the share of the rows that follow.
    pub fn append(&mut self, next: Share) {
        self.chain = self.chain.take().or(next.chain);
        for (level, place, node) in next.tree.nodes {
            self.tree.push(level, place, node);
        }
    }
}

impl Expectation {
    /// Puts the shares of all rows of `matrix`, in their order, together: the pass with its
    /// sums about `centres`. `None` if rows are missing.
    pub fn join(
        matrix: &Matrix,
        centres: &[Vec<f64>],
        assign: Assign,
        shares: impl IntoIterator<Item = Share>,
    ) -> Option<Expectation> {
        let mut whole = Share::default();
        for share in shares {
            whole.append(share);
        }
        if whole.tree.n_chunks() != Some(n_chunks(matrix)) {
            return None;
        }
        let total = whole.tree.finish()?;
        Some(Expectation {
            log_likelihood: total.log_likelihood,
            sums: total.sums,
            centres: centres.to_vec(),
            noise_count: total.noise_count,
            chain: whole.chain,
            rows: matrix.total_weight(),
            assign,
            classification: total.classification,
            left_out: total.left_out,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::e_step::{e_step, share};
    use super::super::{Settings, start};
    use super::*;
    use crate::mixture::CovarianceType;
    use proptest::prelude::*;

    #[test]
    fn chunks_make_one_tree_wherever_it_is_cut() {
        let leaf = |place: usize| Node {
            log_likelihood: 0.1 * place as f64,
            ..Node::zero(1, true, 1)
        };
        let grown = |places: std::ops::Range<usize>| {
            let mut tree = Tree::default();
            places.for_each(|place| tree.push(0, place, leaf(place)));
            tree
        };
        for n in 1..40 {
            let whole = grown(0..n);
            assert_eq!(whole.nodes.len(), n.count_ones() as usize);
            for cut in 0..=n {
                let mut joined = grown(0..cut);
                let right = grown(cut..n);
                assert!(right.nodes.len() <= 2 * (n.ilog2() as usize + 1));
                for (level, place, node) in right.nodes {
                    joined.push(level, place, node);
                }
                assert_eq!(joined, whole, "{n} {cut}");
            }
            let total = whole.finish().unwrap().log_likelihood;
            assert!((total - 0.05 * (n * (n - 1)) as f64).abs() < 1e-9);
        }
    }

    #[test]
    fn without_some_rows_nothing_is_joined() {
        let x: Vec<f64> = (0..5000).map(f64::from).collect();
        let matrix = Matrix::from_columns(&[&x]).unwrap();
        let mixture = start(&matrix, &Settings::default()).unwrap();
        let part = share(&matrix, &mixture, 0..1, 0);
        let join =
            |shares: Vec<Share>| Expectation::join(&matrix, mixture.means(), Assign::Soft, shares);
        assert!(join(vec![part]).is_none());
        assert!(join(vec![]).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_number_of_shares_gives_the_same_bits(
            n in 1usize..60_000, shares in 1usize..9, seed in 0u64..100, (k, d) in (1usize..5, 1usize..4),
            apart in prop::sample::select(vec![1.0, 30.0]),
            (weighted, holes, labelled) in (any::<bool>(), any::<bool>(), any::<bool>()),
        ) {
            let mut random = crate::fit::Random::new(seed);
            let columns: Vec<Vec<f64>> = (0..d).map(|j| (0..n).map(|i| {
                match holes && (i * 7 + j) % 50 == 3 {
                    true => f64::NAN,
                    false => random.uniform() + apart * (i % k) as f64,
                }
            }).collect()).collect();
            let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let mut matrix = Matrix::with_holes(&slices).unwrap();
            if weighted {
                matrix = matrix.with_weights((0..n).map(|i| (i % 3 + 1) as f64).collect()).unwrap();
            }
            if labelled {
                let label = |i: usize| if i.is_multiple_of(9) { (i % k) as u8 } else { crate::data::UNLABELLED };
                matrix = matrix.with_labels((0..n).map(label).collect()).unwrap();
            }
            let settings = Settings { n_components: k, seed, covariance_type: CovarianceType::ALL[seed as usize % 4], ..Settings::default() };
            let Ok(mixture) = start(&matrix, &settings) else { return Ok(()) };
            let whole = e_step(&matrix, &mixture, mixture.means());
            let cuts = cuts(n.div_ceil(CHUNK_ROWS), shares, d);
            let parts = cuts.windows(2).map(|ends| ends[0]..ends[1]);
            let parts: Vec<Share> = parts.filter(|part| !part.is_empty()).enumerate().map(|(i, part)| {
                // Half of them from a copy of their rows, as another worker has it.
                match i % 2 {
                    0 => share(&matrix, &mixture, part.clone(), part.start),
                    _ => {
                        let rows = matrix.chunks(part.clone(), CHUNK_ROWS);
                        share(&rows, &mixture, 0..part.len(), part.start)
                    }
                }
            }).collect();
            let joined = Expectation::join(&matrix, mixture.means(), Assign::Soft, parts).unwrap();
            prop_assert_eq!(joined.log_likelihood.to_bits(), whole.log_likelihood.to_bits());
            prop_assert_eq!(joined.left_out, whole.left_out);
            prop_assert_eq!(joined.sums, whole.sums);
        }
    }
}
