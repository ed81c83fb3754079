use crate::mixture::{Chain, Mixture};

/// Two components that have become one: means and covariances equal within a thousandth
/// of a standard deviation. EM cannot part them, though a better fit may lie beside:
/// the likelihood is flat here because it is a saddle, not because it is a summit. Returns
/// the first such pair, the smaller index first; empty components do not count, nor do states of
/// a chain that lead elsewhere: those may well emit alike.
pub fn coincident(mixture: &Mixture) -> Option<(usize, usize)> {
    let (k, d) = (mixture.n_components(), mixture.dimension());
    let (means, covariances, weights) = (mixture.means(), mixture.covariances(), mixture.weights());
    // Of a posterior, all components that hold no row lie where the prior has them.
    let holds = |k: usize| match mixture.posterior() {
        None => weights[k] > 0.0,
        Some(p) => p.counts()[k] >= 1.0,
    };
    let close = |a: usize, b: usize| {
        let deviation = |j: usize| covariances[a].get(j, j).sqrt();
        holds(a)
            && holds(b)
            && mixture.chain().is_none_or(|chain| alike(chain, a, b))
            && (0..d).all(|j| (means[a][j] - means[b][j]).abs() < 1e-3 * deviation(j))
            && (0..d).all(|i| {
                (0..=i).all(|j| {
                    let gap = covariances[a].get(i, j) - covariances[b].get(i, j);
                    gap.abs() < 1e-3 * deviation(i) * deviation(j)
                })
            })
    };
    (0..k).find_map(|b| (0..b).find(|&a| close(a, b)).map(|a| (a, b)))
}

/// Are the ways out of two states the same within a thousandth, as they are or with the two
/// states exchanged?
fn alike(chain: &Chain, a: usize, b: usize) -> bool {
    let k = chain.n_states();
    let way = |from: usize, to: usize| chain.transitions()[from * k + to];
    let near = |to: usize, other: usize| (way(a, to) - way(b, other)).abs() < 1e-3;
    (0..k).all(|to| near(to, to))
        || near(a, b) && near(b, a) && (0..k).all(|to| to == a || to == b || near(to, to))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::mixture::{Covariance, CovarianceType};

    #[test]
    fn only_components_on_top_of_one_another_coincide() {
        let with = |second: f64| {
            let unit = Rc::new(Covariance::diagonal(vec![1.0]).unwrap());
            let means = vec![vec![0.0], vec![second]];
            let weights = vec![0.5, 0.5];
            Mixture::new(
                CovarianceType::Diagonal,
                weights,
                means,
                vec![unit.clone(), unit],
            )
            .unwrap()
        };
        assert_eq!(coincident(&with(1e-5)), Some((0, 1)));
        assert_eq!(coincident(&with(0.1)), None);
    }

    #[test]
    fn states_that_emit_alike_and_lead_elsewhere_are_not_one() {
        let unit = Rc::new(Covariance::diagonal(vec![1.0]).unwrap());
        let with = |transitions: [f64; 4]| {
            let chain = Chain::new(vec![0.5; 2], transitions.to_vec()).unwrap();
            let means = vec![vec![1.0]; 2];
            let covariances = vec![unit.clone(); 2];
            Mixture::new(CovarianceType::Diagonal, vec![0.5; 2], means, covariances)
                .unwrap()
                .with_chain(chain)
                .unwrap()
        };
        assert_eq!(coincident(&with([0.8, 0.2, 0.2, 0.8])), Some((0, 1)));
        assert_eq!(coincident(&with([0.8, 0.2, 0.8, 0.2])), Some((0, 1)));
        assert_eq!(coincident(&with([0.8, 0.2, 0.5, 0.5])), None);
    }
}
