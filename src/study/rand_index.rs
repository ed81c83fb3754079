//! Agreement of two partitions whose labels mean nothing.

use super::error::{StudyError, same};

/// The adjusted Rand index of two labellings of N rows (Hubert and Arabie 1985): with n_ij
/// rows in class i of one and j of the other, and pairs C(n) = n (n - 1) / 2,
/// (sum C(n_ij) - E) / ((sum C(n_i.) + sum C(n_.j)) / 2 - E), E = sum C(n_i.) sum C(n_.j) / C(N).
/// It is 1 for equal partitions, whatever the labels are called, 0 on average for random
/// ones of the same sizes, and below 0 for worse than that. Two partitions into one class,
/// or into N, are equal: 1.
///
/// # Errors
/// If there are no rows, or the labellings differ in length.
pub fn adjusted_rand_index(first: &[usize], second: &[usize]) -> Result<f64, StudyError> {
    same("labels", first.len(), second.len())?;
    if first.is_empty() {
        return Err(StudyError::Empty("labels"));
    }
    let mut both: Vec<(usize, usize)> = first.iter().copied().zip(second.iter().copied()).collect();
    let cells = pairs(&mut both);
    // One and the same label in the other place leaves the classes of one labelling.
    let mut rows: Vec<(usize, usize)> = first.iter().map(|&l| (l, 0)).collect();
    let mut columns: Vec<(usize, usize)> = second.iter().map(|&l| (l, 0)).collect();
    let (rows, columns) = (pairs(&mut rows), pairs(&mut columns));
    let n = first.len() as f64;
    let expected = rows * columns / (0.5 * n * (n - 1.0)).max(1.0);
    let most = 0.5 * (rows + columns);
    if cells == most {
        return Ok(1.0);
    }
    Ok((cells - expected) / (most - expected))
}

/// Pairs of rows with equal labels.
fn pairs(labels: &mut [(usize, usize)]) -> f64 {
    labels.sort_unstable();
    let classes = labels.chunk_by(|a, b| a == b);
    classes
        .map(|c| 0.5 * c.len() as f64 * (c.len() as f64 - 1.0))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_and_names_do_not_matter_and_equal_partitions_give_one(
            rows in prop::collection::vec((0usize..5, 0usize..5), 1..60), rename in 1usize..5
        ) {
            let (a, b): (Vec<usize>, Vec<usize>) = rows.into_iter().unzip();
            let renamed: Vec<usize> = a.iter().map(|l| (l + rename) % 5 * 1_000_000_007).collect();
            let of = |a: &[usize], b: &[usize]| adjusted_rand_index(a, b).unwrap();
            prop_assert_eq!(of(&a, &renamed), 1.0);
            prop_assert_eq!(of(&a, &b), of(&b, &a));
            prop_assert_eq!(of(&a, &b), of(&renamed, &b));
            prop_assert!((-0.5..=1.0).contains(&of(&a, &b)));
        }

        #[test]
        fn it_is_the_formula_counted_pair_by_pair(rows in prop::collection::vec((0usize..3, 0usize..3), 2..30)) {
            let (mut both, mut one, mut other, mut all) = (0.0, 0.0, 0.0, 0.0);
            for i in 0..rows.len() {
                for j in 0..i {
                    let (a, b) = (rows[i].0 == rows[j].0, rows[i].1 == rows[j].1);
                    all += 1.0;
                    both += f64::from(u8::from(a && b));
                    one += f64::from(u8::from(a));
                    other += f64::from(u8::from(b));
                }
            }
            let (a, b): (Vec<usize>, Vec<usize>) = rows.into_iter().unzip();
            let expected = one * other / all;
            let most = 0.5 * (one + other);
            prop_assume!(most != expected);
            let index = adjusted_rand_index(&a, &b).unwrap();
            prop_assert!((index - (both - expected) / (most - expected)).abs() < 1e-12);
        }
    }

    #[test]
    fn the_ends_are_defined() {
        assert_eq!(adjusted_rand_index(&[3], &[7]), Ok(1.0));
        assert_eq!(adjusted_rand_index(&[1, 1, 1], &[2, 2, 2]), Ok(1.0));
        assert_eq!(adjusted_rand_index(&[1, 2, 3], &[2, 3, 1]), Ok(1.0));
        assert_eq!(adjusted_rand_index(&[1, 1, 1], &[1, 2, 3]), Ok(0.0));
        assert!(adjusted_rand_index(&[], &[]).is_err());
        assert!(adjusted_rand_index(&[1], &[1, 2]).is_err());
    }
}
