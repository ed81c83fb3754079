//! A random order of N rows that is computed entry by entry and never stored.

/// A permutation of 0..n: four rounds of a Feistel network on the smallest even number of
/// bits that holds n, walked until it falls below n (Black and Rogaway 2002, section 5).
/// Any entry costs a few multiplications, so a batch of a large table needs no list of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shuffle {
    n: u64,
    half: u32,
    keys: [u64; 4],
}

impl Shuffle {
    /// The order number `round` of `n` rows that a seed gives.
    pub(super) fn new(seed: u64, round: usize, n: usize) -> Shuffle {
        let mut state = mixed(seed) ^ (round as u64);
        let keys = [0; 4].map(|_: u64| {
            state = mixed(state);
            state
        });
        let bits = 64 - (n as u64).saturating_sub(1).leading_zeros();
        Shuffle {
            n: n as u64,
            half: bits.div_ceil(2).max(1),
            keys,
        }
    }

    /// The row in place `i` of the order.
    pub(super) fn at(&self, i: usize) -> usize {
        let mask = (1u64 << self.half) - 1;
        let mut x = i as u64;
        loop {
            let (mut left, mut right) = (x >> self.half, x & mask);
            for key in self.keys {
                (left, right) = (right, left ^ (mixed(right ^ key) & mask));
            }
            x = left << self.half | right;
            if x < self.n {
                return x as usize;
            }
        }
    }
}

/// The output function of SplitMix64 (Steele, Lea and Flood 2014).
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_comes_once() {
        for n in [1, 2, 3, 5, 16, 17, 255, 256, 257, 1000] {
            let order = Shuffle::new(9, 2, n);
            let mut rows: Vec<usize> = (0..n).map(|i| order.at(i)).collect();
            rows.sort_unstable();
            assert!(rows.into_iter().eq(0..n), "{n}");
        }
    }

    #[test]
    fn the_first_tenth_holds_a_tenth_of_every_tenth() {
        let (n, mut hits) = (10_000, [0; 10]);
        for round in 0..10 {
            let order = Shuffle::new(1, round, n);
            for i in 0..n / 10 {
                hits[order.at(i) / (n / 10)] += 1;
            }
        }
        assert!(hits.iter().all(|h| (880..1120).contains(h)), "{hits:?}");
    }

    #[test]
    fn rounds_and_seeds_differ() {
        let first = |seed, round| {
            let order = Shuffle::new(seed, round, 1000);
            (0..8).map(|i| order.at(i)).collect::<Vec<_>>()
        };
        assert_eq!(first(1, 0), first(1, 0));
        assert_ne!(first(1, 0), first(1, 1));
        assert_ne!(first(1, 0), first(2, 0));
    }
}
