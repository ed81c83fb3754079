//! Cuts lines to the neighbourhood of the picture.

use super::scene::{FAR, Point};

/// Beyond this, differences of coordinates could overflow or lose everything.
const HUGE: f64 = 1e12;

fn tame(p: Point) -> Option<Point> {
    // An infinity has a direction, NaN has none.
    if p[0].is_nan() || p[1].is_nan() {
        return None;
    }
    Some(p.map(|v| v.clamp(-HUGE, HUGE)))
}

fn inside(p: &Point) -> bool {
    p[0].abs() <= FAR && p[1].abs() <= FAR
}

/// The parts of an open line that lie near the picture; NaN makes a gap.
pub(super) fn open(points: &[Point]) -> Vec<Vec<Point>> {
    let mut runs = Vec::new();
    let mut run: Vec<Point> = Vec::new();
    let mut previous: Option<Point> = None;
    let mut end = |run: &mut Vec<Point>| {
        if run.len() >= 2 {
            runs.push(std::mem::take(run));
        } else {
            run.clear();
        }
    };
    for point in points.iter().map(|&p| tame(p)) {
        let (Some(a), Some(b)) = (previous, point) else {
            end(&mut run);
            previous = point;
            continue;
        };
        match segment(a, b) {
            Some((from, to)) => {
                if run.last() != Some(&from) {
                    end(&mut run);
                    run.push(from);
                }
                run.push(to);
                if to != b {
                    end(&mut run);
                }
            }
            None => end(&mut run),
        }
        previous = point;
    }
    end(&mut run);
    runs
}

/// Liang and Barsky (1984): the part of a segment within the square.
fn segment(a: Point, b: Point) -> Option<(Point, Point)> {
    if inside(&a) && inside(&b) {
        return Some((a, b));
    }
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for axis in 0..2 {
        let d = b[axis] - a[axis];
        for (p, q) in [(-d, a[axis] + FAR), (d, FAR - a[axis])] {
            if p == 0.0 {
                if q < 0.0 {
                    return None;
                }
            } else if p < 0.0 {
                enter = enter.max(q / p);
            } else {
                leave = leave.min(q / p);
            }
        }
    }
    let at =
        |t: f64| [0, 1].map(|axis: usize| (a[axis] + t * (b[axis] - a[axis])).clamp(-FAR, FAR));
    (enter <= leave).then(|| {
        (
            if enter > 0.0 { at(enter) } else { a },
            if leave < 1.0 { at(leave) } else { b },
        )
    })
}

/// Sutherland and Hodgman (1974): a closed line cut to the square.
pub(super) fn closed(points: &[Point]) -> Vec<Point> {
    let mut polygon: Vec<Point> = points.iter().filter_map(|&p| tame(p)).collect();
    if polygon.iter().all(inside) {
        return polygon;
    }
    for (axis, sign) in [(0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0)] {
        let distance = |p: &Point| FAR - sign * p[axis];
        let Some(mut a) = polygon.last().copied() else {
            break;
        };
        let mut cut = Vec::with_capacity(polygon.len() + 4);
        for &b in &polygon {
            let (da, db) = (distance(&a), distance(&b));
            if (da < 0.0) != (db < 0.0) {
                let t = da / (da - db);
                let mut p = [0, 1].map(|i: usize| a[i] + t * (b[i] - a[i]));
                p[axis] = sign * FAR;
                cut.push(p);
            }
            if db >= 0.0 {
                cut.push(b);
            }
            a = b;
        }
        polygon = cut;
    }
    polygon
        .into_iter()
        .map(|p| p.map(|v| v.clamp(-FAR, FAR)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wild() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>(),
            -1e3..1e3,
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(1e308),
            Just(0.0),
        ]
    }

    proptest! {
        #[test]
        fn whatever_goes_in_finite_points_near_the_picture_come_out(
            points in prop::collection::vec([wild(), wild()], 0..12)
        ) {
            for p in open(&points).into_iter().flatten().chain(closed(&points)) {
                prop_assert!(inside(&p), "{p:?}");
            }
        }

        #[test]
        fn a_line_near_the_picture_is_left_alone(
            points in prop::collection::vec([-2e3..2e3, -2e3..2e3], 2..12)
        ) {
            prop_assert_eq!(&closed(&points), &points);
            prop_assert_eq!(open(&points), vec![points]);
        }
    }

    #[test]
    fn a_far_end_keeps_the_direction_of_the_line() {
        let runs = open(&[[0.0, 0.0], [1e9, 5e8]]);
        assert_eq!(runs, [[[0.0, 0.0], [FAR, FAR / 2.0]]]);
    }

    #[test]
    fn nan_makes_a_gap() {
        let n = [f64::NAN, 1.0];
        let runs = open(&[[0.0, 0.0], [1.0, 1.0], n, [2.0, 0.0], [3.0, 0.0], n]);
        assert_eq!(runs.len(), 2);
    }
}
