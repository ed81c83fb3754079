//! Pictures to be looked at: `cargo test --lib gallery -- --ignored` writes them
//! as SVG into `target/gallery`. The other test draws wild input.

use super::*;
use crate::session::TracePoint;
use crate::study::Health;
use proptest::prelude::*;

fn blob(identity: usize, weight: f64, mean: [f64; 2], covariance: [f64; 3]) -> Blob {
    Blob {
        identity,
        weight,
        mean,
        covariance,
        health: Health::Good,
    }
}

fn normal(i: usize) -> [f64; 2] {
    let unit = |v: u64| ((v >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let a = (i as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    let a = (a ^ (a >> 29)).wrapping_mul(0x9fb2_1c65_1e98_df25);
    let b = (a ^ (a >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let (r, t) = (
        (-2.0 * unit(b).ln()).sqrt(),
        std::f64::consts::TAU * unit(a),
    );
    [r * t.cos(), r * t.sin()]
}

struct Picture {
    name: &'static str,
    bounds: [f64; 4],
    blobs: Vec<Blob>,
    trail: Vec<TracePoint>,
    selected: Option<usize>,
    strip: bool,
    size: [f64; 2],
    titles: [&'static str; 2],
}

fn pictures() -> Vec<Picture> {
    let faithful = vec![
        blob(0, 0.353, [2.03, 54.4], [0.07, 0.43, 33.7]),
        blob(1, 0.306, [4.09, 79.9], [0.20, 1.6, 54.0]),
        blob(2, 0.341, [4.46, 79.9], [0.08, 0.4, 22.0]),
    ];
    let steps = |from: &[[f64; 2]], to: &[Blob]| -> Vec<TracePoint> {
        (0..7)
            .map(|i| {
                let t = 1.0 - 0.5f64.powi(i);
                let means = from.iter().zip(to);
                let mix = |(a, b): (&[f64; 2], &Blob)| {
                    [0, 1].map(|c: usize| a[c] + (b.mean[c] - a[c]) * t)
                };
                TracePoint {
                    objective: -430.0 + 50.0 * t,
                    means: means.map(mix).collect(),
                    points: Vec::new(),
                }
            })
            .collect()
    };
    let eight: Vec<Blob> = (0..8)
        .map(|i| {
            let t = std::f64::consts::TAU * i as f64 / 8.0;
            let (s, c) = t.sin_cos();
            let cov = [0.2 + 1.2 * c * c, 1.2 * s * c, 0.2 + 1.2 * s * s];
            blob(i, 0.125, [5.0 * c, 4.0 * s], cov)
        })
        .collect();
    let mut sick = eight.clone();
    sick[1].health = Health::Collapsed;
    sick[1].covariance = [0.0; 3];
    sick[2].health = Health::Flat;
    sick[2].covariance = [1.0, 1.0, 1.0];
    sick[3].health = Health::Empty;
    for (i, blob) in sick.iter_mut().enumerate().skip(4) {
        blob.mean = [0.1 * (i - 4) as f64, 0.0];
        blob.identity = i + 22;
    }
    let one = vec![
        blob(0, 0.5, [2.0, 2.0], [0.05, 0.05, 0.05]),
        blob(1, 0.3, [4.0, 4.0], [0.3, 0.3, 0.3]),
        blob(2, 0.2, [4.5, 4.5], [0.08, 0.08, 0.08]),
    ];
    vec![
        Picture {
            name: "faithful",
            bounds: [1.6, 5.1, 43.0, 96.0],
            trail: steps(&[[2.5, 68.0], [3.6, 83.0], [4.9, 76.0]], &faithful),
            blobs: faithful,
            selected: None,
            strip: false,
            size: [768.0, 640.0],
            titles: ["eruptions (min)", "waiting (min)"],
        },
        Picture {
            name: "eight",
            bounds: [-7.0, 7.0, -6.0, 6.0],
            trail: steps(&[[0.0, 0.0]; 8], &eight),
            blobs: eight,
            selected: Some(6),
            strip: false,
            size: [768.0, 640.0],
            titles: ["first column", "second column"],
        },
        Picture {
            name: "sick",
            bounds: [99_999_993.0, 100_000_007.0, -6e6, 6e6],
            trail: Vec::new(),
            blobs: sick
                .into_iter()
                .map(|mut b| {
                    b.mean = [b.mean[0] + 1e8, b.mean[1] * 1e6];
                    b.covariance[1] *= 1e6;
                    b.covariance[2] *= 1e12;
                    b
                })
                .collect(),
            selected: None,
            strip: false,
            size: [390.0, 390.0],
            titles: [
                "a very long column name, as spreadsheets have them (in thousands of units)",
                "<b>units & such</b>",
            ],
        },
        Picture {
            name: "strip",
            bounds: [1.2, 6.0, 1.2, 6.0],
            trail: Vec::new(),
            blobs: one,
            selected: None,
            strip: true,
            size: [768.0, 560.0],
            titles: ["eruptions (min)", "eruptions (min)"],
        },
    ]
}

/// Stands in for the point layer.
fn points(scene: &mut Scene, layout: &MapLayout, blobs: &[Blob], style: Style) {
    let n = 272;
    let radius = point_radius(n, 1.0);
    let rim = Stroke::new(Rgba::opaque(style.palette().well), rim_width(radius));
    for i in 0..n {
        let k = (i * 7919) % blobs.len();
        let [a, b] = normal(i);
        let [xx, xy, yy] = blobs[k].covariance;
        let l = xx.max(1e-300).sqrt();
        let m = xy / l;
        let mean = blobs[k].mean;
        let x = mean[0] + l * a;
        let y = match layout.strip {
            true => strip_y(i),
            false => mean[1] + m * a + (yy - m * m).max(0.0).sqrt() * b,
        };
        let colours: Vec<Linear> = blobs
            .iter()
            .map(|b| to_linear(identity(b.identity, style.theme).line))
            .collect();
        let shares: Vec<f64> = (0..blobs.len())
            .map(|j| {
                if j == k {
                    0.85
                } else {
                    0.15 / blobs.len() as f64
                }
            })
            .collect();
        let colour = to_srgb(super::colour::mix(&shares, &colours));
        scene.circle(
            layout.to_canvas([x, y]),
            radius,
            Some(rim),
            Some(colour.into()),
        );
    }
}

#[test]
#[ignore = "writes pictures for the eye"]
fn gallery() {
    let folder = std::path::Path::new("target/gallery");
    std::fs::create_dir_all(folder).unwrap();
    for (theme, suffix) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let style = Style::new(theme, 1.0);
        let paper = Some(Rgba::opaque(style.palette().paper));
        let save = |name: &str, scene: &Scene| {
            std::fs::write(
                folder.join(format!("{name}-{suffix}.svg")),
                svg(scene, paper),
            )
            .unwrap();
        };
        for picture in pictures() {
            let [w, h] = picture.size;
            let layout = MapLayout::new(picture.bounds, picture.strip, w, h, style);
            let mut scene = map_ground(&layout);
            points(&mut scene, &layout, &picture.blobs, style);
            scene.append(map_overlay(
                &layout,
                &MapOverlay {
                    components: &picture.blobs,
                    trail: &picture.trail,
                    selected: picture.selected,
                    layers: MapLayers::default(),
                    titles: picture.titles,
                },
            ));
            save(picture.name, &scene);
        }
        let few = [
            -430.1, -421.0, -398.4, -385.2, -380.4, -378.7, -377.559, -377.2, -377.0,
        ];
        let cut: Vec<f64> = (0..60)
            .map(|i| {
                if i == 0 {
                    -9.2e6
                } else {
                    -4.2e6 - 5e4 * 0.9f64.powi(i)
                }
            })
            .collect();
        let ghost = [
            -426.0, -410.0, -395.0, -391.0, -389.0, -388.2, -388.0, -387.9,
        ];
        type Shown<'a> = (&'a str, &'a [f64], usize, &'a [f64], Option<f64>);
        let inputs: [Shown; 5] = [
            ("curve-few", &few, 6, &ghost, Some(-374.0)),
            ("curve-cut", &cut, 59, &[], Some(-4.2e6)),
            ("curve-one", &few[..1], 0, &[], None),
            ("curve-ghost", &few[..1], 0, &ghost, None),
            ("curve-empty", &[], 0, &[], None),
        ];
        for (name, values, shown, ghost, limit) in inputs {
            let ghosts = [Ghost {
                from: 0,
                values: ghost,
            }];
            let input = CurveInput {
                values,
                shown,
                ghosts: &ghosts[..usize::from(!ghost.is_empty())],
                limit,
            };
            save(name, &Curve::new(input, 316.0, 160.0, style).scene());
        }
        for (name, position, last, end) in
            [("timeline", 13, 26, 26), ("timeline-long", 900, 2000, 2000)]
        {
            let input = Timeline {
                position,
                last,
                end,
                inset: 26.0,
            };
            save(name, &timeline(&input, 1440.0, 48.0, style));
        }
    }
}

fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -10.0..10.0,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(1e308),
        Just(-1e308),
        Just(0.0),
    ]
}

fn assert_finite(scene: &Scene) {
    let fine = |v: f64| v.is_finite() && v.abs() <= FAR;
    let mut depth = 0;
    for item in scene.items() {
        match item {
            Item::Polyline { points, .. } => {
                assert!(points.len() >= 2 && points.iter().flatten().all(|&v| fine(v)));
            }
            Item::Circle { centre, radius, .. } => {
                assert!(centre.iter().all(|&v| fine(v)) && fine(*radius) && *radius > 0.0);
            }
            Item::Rect { rect, .. } | Item::ClipBegin(rect) => {
                assert!(
                    [rect.x, rect.y, rect.width, rect.height]
                        .into_iter()
                        .all(fine)
                );
                depth += i32::from(matches!(item, Item::ClipBegin(_)));
            }
            Item::Text(text) => assert!(text.at.into_iter().all(fine) && fine(text.size)),
            Item::ClipEnd => depth -= 1,
        }
        assert!(depth >= 0);
    }
    assert_eq!(depth, 0);
}

proptest! {
    #[test]
    fn the_map_of_anything_has_finite_coordinates(
        bounds in [wild(), wild(), wild(), wild()],
        blobs in prop::collection::vec(([wild(), wild()], [wild(), wild(), wild()], wild()), 0..5),
        size in [wild(), wild()],
        ratio in wild(),
        strip in any::<bool>(),
        selected in prop::option::of(0usize..6),
    ) {
        let style = Style::new(Theme::Light, ratio);
        let blobs: Vec<Blob> = blobs
            .into_iter()
            .enumerate()
            .map(|(i, (mean, covariance, weight))| blob(i, weight, mean, covariance))
            .collect();
        let trail: Vec<TracePoint> = (0..3)
            .map(|_| TracePoint {
                objective: 0.0,
                means: blobs.iter().map(|b| b.mean).collect(),
                points: Vec::new(),
            })
            .collect();
        let layout = MapLayout::new(bounds, strip, size[0], size[1], style);
        assert_finite(&map_ground(&layout));
        assert_finite(&map_overlay(&layout, &MapOverlay {
            components: &blobs,
            trail: &trail,
            selected,
            layers: MapLayers { ninety_five: true, ..MapLayers::default() },
            titles: ["x", "y"],
        }));
    }
}
