use crate::mixture::elementary::{exp, ln};

/// How many of the components with these counts hold at least one row: the sum of their
/// responsibilities is 1 or more. Of a variational fit this is the number of components that
/// were needed; what it leaves to the others is the prior's.
pub fn occupied(counts: &[f64]) -> usize {
    counts.iter().filter(|&&n| n >= 1.0).count()
}

/// The effective number of components: exp of the entropy of the weights, from 1 (one has
/// all the weight) to K (all weigh the same); components of no weight do not count
/// (the diversity of order 1 of Hill 1973, Diversity and evenness).
pub fn effective_components(weights: &[f64]) -> f64 {
    let held = weights.iter().filter(|&&w| w > 0.0);
    exp(-held.map(|&w| w * ln(w)).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_weights_count_all_and_one_weight_counts_one() {
        assert!((effective_components(&[0.25; 4]) - 4.0).abs() < 1e-12);
        assert!((effective_components(&[1.0, 0.0, 1e-300]) - 1.0).abs() < 1e-12);
        let uneven = effective_components(&[0.9, 0.1]);
        assert!(uneven > 1.3 && uneven < 1.4, "{uneven}");
    }

    #[test]
    fn a_component_is_occupied_if_it_holds_a_row() {
        assert_eq!(occupied(&[100.0, 1.0, 0.99, 0.0]), 2);
    }
}
