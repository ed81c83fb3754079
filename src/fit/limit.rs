//! How fast this device multiplies: what the speed of the kernels is compared with.

use super::lanes::{PAIR, Pair};

/// Chains of operations that do not wait for one another: enough to keep every unit busy.
const CHAINS: usize = 12;

/// Multiplies numbers and adds to them, as fast as the instructions that kernels may use
/// allow: `rounds` times [`MULTIPLICATIONS`] multiplications, each with an addition.
/// Returns a number between 0 and 1 for `x` in that range, so that nothing is left out.
#[inline(never)]
pub fn multiply(rounds: usize, x: f64) -> f64 {
    let (factor, term) = (Pair::splat(x), Pair::splat((1.0 - x) * 0.5));
    let mut chains = [Pair::splat(0.0); CHAINS];
    for _ in 0..rounds {
        for chain in &mut chains {
            *chain = *chain * factor + term;
        }
    }
    let sum: f64 = chains.into_iter().map(Pair::sum).sum();
    sum / MULTIPLICATIONS as f64
}

/// Multiplications of one round of [`multiply`].
pub const MULTIPLICATIONS: usize = PAIR * CHAINS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chains_come_to_their_fixed_point() {
        assert_eq!(multiply(0, 0.5), 0.0);
        assert!((multiply(1, 0.5) - 0.25).abs() < 1e-15);
        assert!((multiply(200, 0.5) - 0.5).abs() < 1e-12);
    }
}
