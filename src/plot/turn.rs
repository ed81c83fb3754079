//! Directions without the platform's trigonometry, which would weigh more than this room.

/// Cosine and sine of an angle in turns (1 is once around), to full precision.
pub fn turn(turns: f64) -> [f64; 2] {
    let part = turns - turns.floor();
    let quarter = (4.0 * part).round();
    // At most an eighth of a turn is left, where few terms of the series suffice.
    let r = (part - quarter / 4.0) * std::f64::consts::TAU;
    let (mut sin, mut cos) = (0.0, 0.0);
    let mut term = 1.0;
    for n in 0..18 {
        match n % 4 {
            0 => cos += term,
            1 => sin += term,
            2 => cos -= term,
            _ => sin -= term,
        }
        term *= r / f64::from(n + 1);
    }
    match quarter as u8 % 4 {
        0 => [cos, sin],
        1 => [-sin, cos],
        2 => [-cos, -sin],
        _ => [sin, -cos],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_agrees_with_the_platform(t in -3.0f64..3.0) {
            let (sin, cos) = (std::f64::consts::TAU * t).sin_cos();
            let [c, s] = turn(t);
            prop_assert!((c - cos).abs() < 1e-14 && (s - sin).abs() < 1e-14, "{t}");
        }
    }

    #[test]
    fn quarters_are_exact() {
        assert_eq!(turn(0.25), [0.0, 1.0]);
        assert_eq!(turn(-0.5), [-1.0, 0.0]);
    }
}
