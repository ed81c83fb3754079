//! Which component of one fit is which of another: labels carry no meaning of their own.

use super::error::{StudyError, same};
use crate::mixture::{Mixture, symmetric_kl};

/// A divergence beyond which everything is equally far, so that one collapsed component
/// does not take the digits from the rest.
const FAR: f64 = 1e12;

/// The components of one mixture matched with those of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// For each component of the first mixture its partner in the second; `None` if the
    /// second has fewer components and it went without.
    pub partner: Vec<Option<usize>>,
    /// The sum of symmetric KL over the pairs, in nats (each at most 1e12).
    pub cost: f64,
}

impl Alignment {
    /// Is every component matched with the one of its own number?
    pub fn is_identity(&self) -> bool {
        let mut pairs = self.partner.iter().enumerate();
        pairs.all(|(k, p)| p.is_none_or(|p| p == k))
    }
}

/// Matches components so that the sum of symmetric KL between partners is smallest; of
/// K and K' components min(K, K') find a partner. Weights do not enter. This undoes the label
/// switching between fits (Stephens 2000); of equal choices the smaller number is taken.
///
/// # Errors
/// If the mixtures differ in the number of columns.
pub fn align(first: &Mixture, second: &Mixture) -> Result<Alignment, StudyError> {
    same("columns", first.dimension(), second.dimension())?;
    let (rows, columns) = (first.n_components(), second.n_components());
    let mut costs = Vec::with_capacity(rows * columns);
    for (m0, s0) in first.means().iter().zip(first.covariances()) {
        for (m1, s1) in second.means().iter().zip(second.covariances()) {
            costs.push(symmetric_kl(m0, s0, m1, s1).min(FAR));
        }
    }
    let partner = assign(rows, columns, &costs);
    let pairs = partner.iter().enumerate();
    let cost = pairs
        .filter_map(|(r, c)| c.map(|c| costs[r * columns + c]))
        .sum();
    Ok(Alignment { partner, cost })
}

/// The assignment of rows to columns with the smallest sum of `costs` (rows x columns,
/// row-major, finite): the Hungarian method by shortest augmenting paths (Kuhn 1955;
/// Jonker and Volgenant 1987), in time rows^2 x columns. Where there are fewer columns than
/// rows, `None` for the rows that go without.
fn assign(rows: usize, columns: usize, costs: &[f64]) -> Vec<Option<usize>> {
    if rows > columns {
        let turned: Vec<f64> = (0..columns * rows)
            .map(|i| costs[(i % rows) * columns + i / rows])
            .collect();
        let mut partner = vec![None; rows];
        for (column, row) in assign(columns, rows, &turned).into_iter().enumerate() {
            if let Some(row) = row {
                partner[row] = Some(column);
            }
        }
        return partner;
    }
    // Column `columns` is a place for the row that looks for one.
    let root = columns;
    let mut owner: Vec<Option<usize>> = vec![None; columns + 1];
    let mut row_price = vec![0.0; rows];
    let mut column_price = vec![0.0; columns + 1];
    for row in 0..rows {
        owner[root] = Some(row);
        let mut distance = vec![f64::INFINITY; columns];
        let mut before = vec![root; columns];
        let mut reached = vec![false; columns + 1];
        let mut at = root;
        while let Some(r) = owner[at] {
            reached[at] = true;
            let mut nearest = root;
            for c in 0..columns {
                if reached[c] {
                    continue;
                }
                let reduced = costs[r * columns + c] - row_price[r] - column_price[c];
                if reduced < distance[c] {
                    (distance[c], before[c]) = (reduced, at);
                }
                if nearest == root || distance[c] < distance[nearest] {
                    nearest = c;
                }
            }
            let step = distance[nearest];
            for c in 0..=columns {
                if reached[c] {
                    if let Some(r) = owner[c] {
                        row_price[r] += step;
                    }
                    column_price[c] -= step;
                } else if c != root {
                    distance[c] -= step;
                }
            }
            at = nearest;
        }
        while at != root {
            owner[at] = owner[before[at]];
            at = before[at];
        }
    }
    let mut partner = vec![None; rows];
    for (column, row) in owner[..columns].iter().enumerate() {
        if let Some(row) = *row {
            partner[row] = Some(column);
        }
    }
    partner
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::line;
    use super::*;
    use proptest::prelude::*;

    /// The smallest sum over all ways to give min(rows, columns) pairs.
    fn brute_force(
        rows: usize,
        columns: usize,
        costs: &[f64],
        row: usize,
        used: u32,
        left: usize,
    ) -> f64 {
        if left == 0 {
            return 0.0;
        }
        if row == rows {
            return f64::INFINITY;
        }
        let skip = brute_force(rows, columns, costs, row + 1, used, left);
        (0..columns)
            .filter(|c| used & (1 << c) == 0)
            .map(|c| {
                costs[row * columns + c]
                    + brute_force(rows, columns, costs, row + 1, used | (1 << c), left - 1)
            })
            .fold(skip, f64::min)
    }

    proptest! {
        #[test]
        fn the_assignment_is_as_cheap_as_the_best_of_all(
            (rows, columns, costs) in (1usize..7, 1usize..7).prop_flat_map(|(r, c)| {
                let cell = prop_oneof![0.0f64..10.0, (0u8..3).prop_map(f64::from)];
                (Just(r), Just(c), prop::collection::vec(cell, r * c))
            })
        ) {
            let partner = assign(rows, columns, &costs);
            let pairs: Vec<(usize, usize)> = partner.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))).collect();
            let least = rows.min(columns);
            prop_assert_eq!(pairs.len(), least);
            let mut taken: Vec<usize> = pairs.iter().map(|p| p.1).collect();
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!(taken.len(), least);
            let cost: f64 = pairs.iter().map(|(r, c)| costs[r * columns + c]).sum();
            let best = brute_force(rows, columns, &costs, 0, 0, least);
            prop_assert!((cost - best).abs() < 1e-12, "{cost} {best}");
        }

        #[test]
        fn a_permutation_of_the_components_is_found_again(
            means in prop::collection::vec(-50.0f64..50.0, 1..32), turn in 0usize..32
        ) {
            let k = means.len();
            let part = |i: usize| (1.0 / k as f64, means[i] + 200.0 * i as f64, 1.0 + i as f64);
            let first = line(&(0..k).map(part).collect::<Vec<_>>());
            let second = line(&(0..k).map(|i| part((i + turn) % k)).collect::<Vec<_>>());
            let alignment = align(&first, &second).unwrap();
            prop_assert_eq!(alignment.cost, 0.0);
            for (i, p) in alignment.partner.iter().enumerate() {
                prop_assert_eq!((p.unwrap() + turn) % k, i);
            }
        }
    }

    #[test]
    fn equal_components_keep_their_numbers() {
        let same = line(&[(0.25, 1.0, 1.0); 4]);
        assert!(align(&same, &same).unwrap().is_identity());
    }

    #[test]
    fn with_fewer_components_the_one_that_is_nowhere_goes_without() {
        let three = line(&[(0.3, 0.0, 1.0), (0.3, 50.0, 1.0), (0.4, 9.0, 1.0)]);
        let two = line(&[(0.5, 8.0, 1.0), (0.5, 1.0, 1.0)]);
        assert_eq!(
            align(&three, &two).unwrap().partner,
            [Some(1), None, Some(0)]
        );
        assert_eq!(align(&two, &three).unwrap().partner, [Some(2), Some(0)]);
    }

    #[test]
    fn a_collapsed_component_does_not_confuse_the_others() {
        let first = line(&[(0.2, 0.0, 1e-300), (0.4, 0.0, 1.0), (0.4, 0.01, 1.0)]);
        let second = line(&[(0.4, 0.01, 1.0), (0.4, 0.0, 1.0), (0.2, 7.0, 1e-300)]);
        assert_eq!(
            align(&first, &second).unwrap().partner,
            [Some(2), Some(1), Some(0)]
        );
    }
}
