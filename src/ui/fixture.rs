//! Temporary: views made up in code, so that the page can be looked at before the engine is there.

use crate::fit::{Floor, FloorScale, InitMethod, Settings};
use crate::mixture::CovarianceType;
use crate::plot::{Picture, PictureRequest};
use crate::session::*;
use crate::study::Health;

/// A made-up session.
pub struct Fixture {
    view: View,
    points: Vec<[f64; 2]>,
    wide: bool,
}

fn ll(t: usize) -> f64 {
    -1130.264 - 160.0 * (-0.5 * t as f64).exp()
}

impl Fixture {
    pub fn new() -> Fixture {
        let mut s = 1u64;
        let mut uniform = move || {
            s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((s >> 33) as f64 + 0.5) / (1u64 << 31) as f64
        };
        let mut points = Vec::new();
        for i in 0..272 {
            let (a, b) = (uniform(), uniform());
            let r = (-2.0 * a.ln()).sqrt();
            let (u, v) = (r * (6.283 * b).cos(), r * (6.283 * b).sin());
            points.push(if i % 3 == 0 {
                [2.04 + 0.26 * u, 54.5 + 5.5 * (0.3 * u + 0.95 * v)]
            } else {
                [4.29 + 0.41 * u, 79.97 + 6.0 * (0.38 * u + 0.92 * v)]
            });
        }
        let mut fixture = Fixture {
            view: View {
                run: 1,
                data: DataView {
                    version: 1,
                    builtin: Some("faithful".into()),
                    name: "Old Faithful".into(),
                    provenance: "Eruptions of the Old Faithful geyser, Yellowstone, August 1985. Azzalini and Bowman 1990; R datasets.".into(),
                    warnings: vec![],
                    n_rows: 272,
                    n_fitted: 272,
                    columns: ["eruptions (min)", "waiting (min)"]
                        .iter()
                        .map(|n| ColumnView { name: n.to_string(), kind: ColumnKind::Number, missing: 0 })
                        .collect(),
                    fitted: vec![0, 1],
                    axes: [0, 1],
                    bounds: [1.6, 5.1, 43.0, 96.0],
                },
                settings: Settings {
                    n_components: 3,
                    covariance_type: CovarianceType::Full,
                    init: InitMethod::KMeans,
                    seed: 7,
                    floor: Floor { value: 1e-6, scale: FloorScale::Relative },
                    tol: 1e-6,
                    max_iter: 500,
                },
                speed: 4.0,
                position: 0,
                last: 0,
                iteration: 0,
                phase: Phase::Start,
                log_likelihood: 0.0,
                log_likelihood_per_point: 0.0,
                bic: 0.0,
                aic: 0.0,
                n_parameters: 17,
                limit: None,
                status: Status::Ready,
                status_detail: String::new(),
                caption: String::new(),
                components: vec![],
                trace_from: 0,
                trace: vec![],
                ghost: vec![],
                problem: None,
                can_undo: false,
                can_redo: false,
            },
            points,
            wide: false,
        };
        fixture.renew();
        let hash = leptos::prelude::window().location().hash().unwrap_or_default();
        if let Some(n) = hash.strip_prefix("#it=").and_then(|n| n.parse::<usize>().ok()) {
            fixture.view.last = n;
            fixture.view.position = n;
            fixture.renew();
        }
        if hash == "#wide" {
            fixture.file("measurements of a long winter, with a long name.csv");
            fixture.view.problem = Some(Problem { what: "Row 17, column “waiting”: “n/a” is not a number.".into(), remedy: "Empty the cell or write NA, then open the file again. The previous data stay.".into() });
        }
        fixture
    }

    fn renew(&mut self) {
        let v = &mut self.view;
        v.iteration = v.position.div_ceil(2);
        v.phase = match v.position {
            0 => Phase::Start,
            p if p % 2 == 1 => Phase::E,
            _ => Phase::M,
        };
        let k = v.settings.n_components;
        let means = |t: usize| -> Vec<[f64; 2]> {
            (0..k)
                .map(|j| {
                    let f = (-0.4 * t as f64).exp();
                    let goal = if j == 0 { [2.04, 54.5] } else { [4.0 + 0.4 * j as f64, 78.0 + 2.0 * j as f64] };
                    [goal[0] + f * (0.8 - 0.5 * j as f64), goal[1] + f * (14.0 - 9.0 * j as f64)]
                })
                .collect()
        };
        let done = v.position / 2;
        v.log_likelihood = ll(done);
        v.log_likelihood_per_point = ll(done) / 272.0;
        v.bic = -2.0 * ll(done) + 17.0 * 272f64.ln();
        v.aic = -2.0 * ll(done) + 34.0;
        v.limit = (done > 3).then_some(-1130.264);
        v.trace_from = 0;
        v.trace = (0..=v.last / 2).map(|t| TracePoint { log_likelihood: ll(t), means: means(t) }).collect();
        v.ghost = (0..12).map(|t| ll(t) - 40.0 / (1.0 + t as f64)).collect();
        let d = v.data.fitted.len().min(8);
        v.components = means(done)
            .into_iter()
            .enumerate()
            .map(|(j, m)| ComponentView {
                weight: 1.0 / k as f64,
                mean: (0..d).map(|i| m[i % 2]).collect(),
                std: (0..d).map(|i| [0.26, 5.81][i % 2]).collect(),
                map_mean: m,
                map_covariance: [0.07 + 0.1 * (j > 0) as u8 as f64, 0.5, 33.7],
                points: 272.0 / k as f64,
                health: if j == 1 { Health::Thin } else { Health::Good },
                health_detail: if j == 1 { "Fewer effective points than its covariance has parameters.".into() } else { String::new() },
            })
            .collect();
        if v.status != Status::Running {
            v.status = if v.last == 0 { Status::Ready } else if done > 9 { Status::StillClimbing } else { Status::Paused };
        }
        v.status_detail = match v.status {
            Status::StillClimbing => "The gain is below the tolerance, but the estimated limit is still 0.412 away. Lower the tolerance to go on.".into(),
            _ => String::new(),
        };
        v.caption = match v.phase {
            Phase::Start => "k-means++ then k-means gave 3 components a first place. Next: every point is shared out among them.".into(),
            Phase::E => "E-step. Every point was shared out again. 9 points changed their strongest component, most of them from B to C. Next: each component moves to the points it now holds.".into(),
            Phase::M => "M-step. Each component moved to the mean of the points it holds; B moved furthest. The log-likelihood rose by 2.481.".into(),
        };
    }

    pub fn view(&mut self) -> View {
        let view = self.view.clone();
        self.view.problem = None;
        view
    }

    pub fn tick(&mut self) -> Option<View> {
        if self.view.status != Status::Running {
            return None;
        }
        Some(self.command(Command::Forward))
    }

    pub fn file(&mut self, name: &str) -> View {
        let v = &mut self.view;
        v.data.version += 1;
        v.data.builtin = None;
        v.data.name = name.into();
        v.data.provenance = "Read as UTF-8, separated by semicolons, decimal comma, first row is the header.".into();
        v.data.warnings = vec!["12 rows with a missing value are left out.".into(), "Column “station” holds words and cannot be fitted.".into()];
        v.data.n_rows = 104_312;
        v.data.n_fitted = 104_300;
        v.data.columns = (0..40)
            .map(|i| ColumnView {
                name: format!("temperature at {} m", 10 * i),
                kind: if i % 7 == 3 { ColumnKind::Text } else { ColumnKind::Number },
                missing: i % 5,
            })
            .collect();
        v.data.fitted = vec![0, 1, 2, 4];
        v.settings.n_components = 8;
        v.run += 1;
        self.wide = true;
        self.renew();
        self.view()
    }

    pub fn command(&mut self, command: Command) -> View {
        let v = &mut self.view;
        match command {
            Command::EStep | Command::MStep | Command::Forward => v.position += 1,
            Command::Step => v.position += 2,
            Command::Back => v.position = v.position.saturating_sub(1),
            Command::First => v.position = 0,
            Command::Last => v.position = v.last,
            Command::Seek(p) => v.position = p.min(v.last),
            Command::Play => v.status = Status::Running,
            Command::Pause => v.status = Status::Paused,
            Command::RunToConvergence => v.position = 34,
            Command::SetComponents(k) => v.settings.n_components = k,
            Command::SetCovariance(c) => v.settings.covariance_type = c,
            Command::SetInit(i) => v.settings.init = i,
            Command::SetSeed(s) => v.settings.seed = s,
            Command::SetFloor(f) => v.settings.floor = f,
            Command::SetTolerance(t) => v.settings.tol = t,
            Command::SetMaxIterations(m) => v.settings.max_iter = m,
            Command::SetSpeed(s) => v.speed = s,
            Command::SetColumns(c) => v.data.fitted = c,
            Command::SetAxes { x, y } => v.data.axes = [x, y],
            Command::NewStart => v.settings.seed += 1,
            Command::OpenBuiltin(id) => {
                v.data.name = id.clone();
                v.data.builtin = Some(id);
            }
            _ => {}
        }
        v.last = v.last.max(v.position);
        self.renew();
        self.view()
    }

    pub fn picture(&self, r: &PictureRequest) -> (Picture, Vec<u8>) {
        let (w, h) = (r.width as usize, r.height as usize);
        let mut pixels = vec![0u8; w * h * 4];
        let k = self.view.components.len();
        let heat_columns = (r.heat_width as usize).min(272);
        for p in &self.points {
            let x = (p[0] - r.window[0]) / (r.window[1] - r.window[0]) * w as f64;
            let y = (r.window[3] - p[1]) / (r.window[3] - r.window[2]) * h as f64;
            let nearest = (0..k)
                .min_by(|&a, &b| {
                    let d = |j: usize| {
                        let m = self.view.components[j].map_mean;
                        ((p[0] - m[0]) / 0.4).powi(2) + ((p[1] - m[1]) / 6.0).powi(2)
                    };
                    d(a).total_cmp(&d(b))
                })
                .unwrap_or(0);
            let c = if self.view.position == 0 { r.neutral } else { r.colours[nearest] };
            let radius = r.radius;
            for dy in -(radius as i64) - 1..=radius as i64 + 1 {
                for dx in -(radius as i64) - 1..=radius as i64 + 1 {
                    let (px, py) = (x as i64 + dx, y as i64 + dy);
                    if px < 0 || py < 0 || px >= w as i64 || py >= h as i64 {
                        continue;
                    }
                    let d = ((dx * dx + dy * dy) as f64).sqrt();
                    let a = (radius + 0.5 - d).clamp(0.0, 1.0);
                    if a > 0.0 {
                        let o = (py as usize * w + px as usize) * 4;
                        pixels[o..o + 3].copy_from_slice(&c);
                        pixels[o + 3] = pixels[o + 3].max((a * 255.0) as u8);
                    }
                }
            }
        }
        let heat = if self.view.position == 0 {
            vec![]
        } else {
            (0..k)
                .flat_map(|j| {
                    (0..heat_columns).map(move |c| {
                        let x = c as f32 / heat_columns as f32 * k as f32 - j as f32;
                        if (0.0..1.0).contains(&x) { 0.9 - 0.3 * x } else { 0.05 }
                    })
                })
                .collect()
        };
        let picture = Picture {
            id: r.id,
            run: self.view.run,
            position: self.view.position,
            width: r.width,
            height: r.height,
            points: vec![],
            heat,
            heat_columns,
        };
        (picture, pixels)
    }
}
