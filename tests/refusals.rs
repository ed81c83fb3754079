//! What is refused, and how: every bad number and every table of rows that a fit cannot use
//! gets a typed error that names it and says what to do; never a panic, never a NaN.
//!
//! The tables run over every entry of [`METHODS`] and every covariance family, so that a new
//! one is held to them without a line here (but for what it cannot take: [`CANNOT`]).
#![cfg(not(target_arch = "wasm32"))]

use std::error::Error;
use std::rc::Rc;

use mixscope::data::{Matrix, UNLABELLED};
use mixscope::digits::Brief;
use mixscope::fit::{
    Algorithm, Em, Floor, InitMethod, Knob, METHODS, Method, Model, Plan, Settings, SettingsError,
    StartError, from_labels, merge, split, start,
};
use mixscope::mixture::{Chain, Covariance, CovarianceType, Free, Mixture, Noise, letter};

/// Words of a sentence that says what to do.
const REMEDIES: [&str; 8] = [
    "choose",
    "leave",
    "use ",
    "give",
    "divide",
    "raise",
    "number the",
    "remove",
];

/// Is every word in `said`, and a remedy?
fn says(said: &str, words: &[&str]) -> bool {
    words.iter().all(|w| said.contains(w)) && REMEDIES.iter().any(|r| said.contains(r))
}

#[track_caller]
fn assert_says(error: &dyn Error, words: &[&str]) {
    let said = error.to_string();
    assert!(
        says(&said, words),
        "{words:?} and a remedy are not in: {said}"
    );
}

/// N rows of two columns, in three groups.
fn rows(n: u32) -> [Vec<f64>; 2] {
    let x = (0..n).map(|i| f64::from(i % 3) * 10.0 + f64::from(i * 37 % 101) * 0.03);
    let y = (0..n).map(|i| f64::from(i % 3) * -4.0 + f64::from(i * 61 % 97) * 0.05);
    [x.collect(), y.collect()]
}

fn matrix(columns: &[Vec<f64>]) -> Matrix {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&slices).unwrap()
}

fn settings(method: &Method) -> Settings {
    Settings {
        model: method.model,
        algorithm: method.algorithm,
        ..Settings::default()
    }
}

/// Parameters and objective of ten iterations, or a refusal or collapse in words.
fn fit(matrix: &Matrix, settings: &Settings) -> Result<(), String> {
    let first = start(matrix, settings).map_err(|e| e.to_string())?;
    let plan = Plan::new(settings, matrix);
    let mut em = Em::new(matrix, first, &plan);
    for _ in 0..10 {
        assert!(em.objective().is_finite(), "{settings:?}: objective");
        assert!(em.log_likelihood().is_finite(), "{settings:?}: likelihood");
        assert_finite(em.mixture(), settings);
        em = em.iterate(matrix, &plan).map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn assert_finite(mixture: &Mixture, settings: &Settings) {
    let d = mixture.dimension();
    let numbers = mixture
        .weights()
        .iter()
        .chain(mixture.means().iter().flatten());
    let entries = mixture.covariances().iter();
    let entries = entries.flat_map(|c| (0..d * d).map(|i| c.get(i / d, i % d)));
    let extra = mixture.extra().map_or(&[][..], |(_, v)| v).iter();
    let noise = mixture.noise().map(|n| n.weight);
    let all = numbers.chain(extra).copied().chain(entries).chain(noise);
    assert!(
        all.into_iter().all(f64::is_finite),
        "{settings:?}: {mixture:?}"
    );
}

#[test]
fn every_setting_out_of_range_is_named_with_a_remedy_by_every_method() {
    type Change = fn(&mut Settings);
    let table: &[(Change, &[&str])] = &[
        (|s| s.n_components = 0, &["0 components", "1 to 32"]),
        (|s| s.n_components = 31, &["31 components", "30 rows"]),
        (|s| s.n_components = 33, &["33 components", "1 to 32"]),
        (|s| s.n_components = usize::MAX, &["components", "1 to 32"]),
        (|s| s.tol = f64::NAN, &["tolerance of NaN"]),
        (|s| s.tol = -1e-9, &["tolerance of -"]),
        (|s| s.tol = f64::INFINITY, &["tolerance of inf"]),
        (|s| s.floor = Floor::relative(f64::NAN), &["floor of NaN"]),
        (|s| s.floor = Floor::absolute(-1e-9), &["floor of -"]),
        (
            |s| s.floor = Floor::absolute(f64::INFINITY),
            &["floor of inf"],
        ),
        (|s| s.max_iter = 0, &["0 iterations", "from 1"]),
        (|s| s.max_iter = usize::MAX, &["iterations", "from 1"]),
    ];
    let rows = matrix(&rows(30));
    for method in METHODS {
        assert_eq!(settings(method).check(&rows), Ok(()), "{}", method.name);
        for (change, words) in table {
            let mut s = settings(method);
            change(&mut s);
            let error = s.check(&rows).unwrap_err();
            assert_says(&error, words);
            // A NaN differs from itself, not in words.
            let started = start(&rows, &s).unwrap_err();
            assert_eq!(
                format!("{started:?}"),
                format!("{:?}", StartError::Settings(error))
            );
        }
        let given = Settings {
            init: InitMethod::Given,
            ..settings(method)
        };
        assert_says(&start(&rows, &given).unwrap_err(), &["parameters", "start"]);
    }
}

#[test]
fn every_knob_out_of_range_is_named_with_its_range_by_every_method() {
    let rows = matrix(&rows(30));
    for method in METHODS {
        for knob in Knob::ALL {
            let spec = knob.spec();
            let range = format!("from {} to {}", Brief(spec.min), Brief(spec.max));
            let half = spec.whole.then_some(spec.min + 0.5);
            let outside = [f64::NAN, f64::INFINITY, -f64::INFINITY];
            let beyond = [spec.min - 1.0, spec.min - 1e-9, spec.max * 1.001 + 1e-9];
            for value in outside.into_iter().chain(beyond).chain(half) {
                let mut s = settings(method);
                s.knobs = s.knobs.with(knob, value);
                let error = s.check(&rows).unwrap_err();
                assert_eq!(error, SettingsError::Knob(knob), "{value}");
                assert_says(&error, &[spec.name, &range]);
                assert_eq!(start(&rows, &s), Err(StartError::Settings(error)));
            }
            // The ends of the range are in it.
            for value in [spec.min, spec.max] {
                let mut s = settings(method);
                s.knobs = s.knobs.with(knob, value);
                assert_eq!(s.check(&rows), Ok(()), "{} of {value}", spec.name);
            }
        }
    }
}

#[test]
fn data_that_no_model_can_use_are_refused_with_the_place() {
    let whole = || vec![1.0, 2.0, 4.0, 7.0];
    let with = |x: f64| vec![1.0, 2.0, x, 7.0];
    let columns = |c: &[Vec<f64>]| {
        let slices: Vec<&[f64]> = c.iter().map(Vec::as_slice).collect();
        Matrix::from_columns(&slices).map(|_| ())
    };
    let holes = |c: &[Vec<f64>]| {
        let slices: Vec<&[f64]> = c.iter().map(Vec::as_slice).collect();
        Matrix::with_holes(&slices).map(|_| ())
    };
    let weights = |w: &[f64]| matrix(&[whole()]).with_weights(w.to_vec()).map(|_| ());
    let sequences = |l: &[usize]| matrix(&[whole()]).with_sequences(l).map(|_| ());
    let nan = f64::NAN;
    let inf = f64::INFINITY;
    let place: &[&str] = &["column 2", "row 3"];
    let table: &[(Result<(), _>, &[&str])] = &[
        (columns(&[]), &["numbers", "column"]),
        (columns(&[vec![]]), &["numbers", "row"]),
        (columns(&[whole(), vec![1.0]]), &["columns", "length"]),
        (columns(&[whole(), with(nan)]), place),
        (columns(&[whole(), with(inf)]), place),
        (columns(&[whole(), with(-inf)]), place),
        (columns(&[whole(), with(1e308)]), &["column 2", "1e150"]),
        (columns(&[whole(), vec![1e308; 4]]), &["column 2", "1e150"]),
        (columns(&[whole(), with(-1e152)]), &["column 2", "1e150"]),
        (holes(&[whole(), with(inf)]), place),
        (holes(&[whole(), vec![nan; 4]]), &["column 2", "no value"]),
        (weights(&[1.0]), &["weights", "length"]),
        (weights(&[1.0, -1e-9, 1.0, 1.0]), &["weight", "row 2"]),
        (weights(&[1.0, 1.0, 1.0, nan]), &["weight", "row 4"]),
        (weights(&[inf, 1.0, 1.0, 1.0]), &["weight", "row 1"]),
        (weights(&[1.0, 1e308, 1e308, 1.0]), &["weight", "row 2"]),
        (weights(&[0.0; 4]), &["weight above 0"]),
        (sequences(&[]), &["sequences", "number of rows"]),
        (sequences(&[4, 0]), &["sequences"]),
        (sequences(&[2, 1]), &["sequences"]),
        (sequences(&[3, 2]), &["sequences"]),
        (sequences(&[usize::MAX, 5]), &["sequences"]),
    ];
    for (i, (result, words)) in table.iter().enumerate() {
        match result {
            Err(error) => assert_says(error, words),
            Ok(()) => panic!("entry {i} was taken: {words:?}"),
        }
    }
    assert_says(
        &matrix(&[whole()]).with_labels(vec![0]).unwrap_err(),
        &["labels", "length"],
    );
    // A column whose only entries are in rows that do not count; squares that overflow by weight.
    let holed = Matrix::with_holes(&[&[1.0, 2.0, 3.0], &[nan, 5.0, nan]]).unwrap();
    let error = holed.with_weights(vec![1.0, 0.0, 1.0]).unwrap_err();
    assert_says(&error, &["column 2", "no value"]);
    let wide = matrix(&[whole(), vec![0.0, 1e120, 0.0, 2e120]]);
    let error = wide.with_weights(vec![1e90; 4]).unwrap_err();
    assert_says(&error, &["column 2", "1e150"]);
}

#[test]
fn parameters_that_make_no_mixture_are_named_with_a_remedy() {
    let dense = |m: &[f64]| Covariance::dense(2, m.to_vec()).map(|_| ());
    let table: &[(&[f64], &[&str])] = &[
        (&[1.0, 0.0, 1.0], &["covariance", "entries"]),
        (&[1.0, f64::NAN, f64::NAN, 1.0], &["covariance", "finite"]),
        (
            &[1.0, 0.5, 0.0, 1.0],
            &["not symmetric", "(1, 2)", "(2, 1)"],
        ),
        (&[1.0, 1.0, 1.0, 1.0], &["Cholesky", "column 2"]),
        (&[0.0, 0.0, 0.0, 1.0], &["Cholesky", "column 1"]),
        (&[1.0, 2.0, 2.0, 1.0], &["Cholesky", "column 2"]),
    ];
    for (entries, words) in table {
        assert_says(&dense(entries).unwrap_err(), words);
    }
    for variances in [vec![1.0, 0.0], vec![1.0, -1.0]] {
        let error = Covariance::diagonal(variances).unwrap_err();
        assert_says(&error, &["column 2"]);
    }
    assert_says(
        &Covariance::diagonal(vec![f64::INFINITY]).unwrap_err(),
        &["finite"],
    );

    let unit = || Rc::new(Covariance::diagonal(vec![1.0]).unwrap());
    let make = |w: &[f64], m: &[f64]| {
        Mixture::new(
            CovarianceType::Diagonal,
            w.to_vec(),
            m.iter().map(|&v| vec![v]).collect(),
            vec![unit(); m.len()],
        )
    };
    let two = || make(&[0.5, 0.5], &[0.0, 1.0]).unwrap();
    type Case = (Option<Mixture>, String, &'static [&'static str]);
    let case = |r: Result<Mixture, mixscope::mixture::MixtureError>, words| -> Case {
        let said = r
            .as_ref()
            .map_or_else(ToString::to_string, |_| String::new());
        (r.ok(), said, words)
    };
    let chain = |s: &[f64], t: &[f64]| {
        let said =
            Chain::new(s.to_vec(), t.to_vec()).map_or_else(|e| e.to_string(), |_| String::new());
        (None, said)
    };
    let noise = |weight, log_density| Noise {
        weight,
        log_density,
    };
    let mut cases = vec![
        case(make(&[], &[]), &["0 components", "1 to 32"]),
        case(make(&[1.0 / 33.0; 33], &[0.0; 33]), &["33 components"]),
        case(make(&[0.5, 0.5], &[0.0]), &["weights", "means"]),
        case(make(&[0.5, 0.4], &[0.0, 1.0]), &["weights sum to 0.9"]),
        case(make(&[1.5, -0.5], &[0.0, 1.0]), &["component B is -0.5"]),
        case(make(&[0.5, f64::NAN], &[0.0, 1.0]), &["component B is NaN"]),
        case(
            make(&[0.5, 0.5], &[0.0, f64::NAN]),
            &["mean of component B"],
        ),
        case(
            two().with_noise(noise(1.0, 0.0)),
            &["weight", "component C"],
        ),
        case(
            two().with_noise(noise(f64::NAN, 0.0)),
            &["weight", "component C"],
        ),
        case(two().with_noise(noise(0.1, f64::NAN)), &["component C"]),
        case(two().with_degrees(vec![4.0], Free::Each), &["degrees"]),
        case(
            two().with_degrees(vec![4.0, 0.0], Free::Each),
            &["component B", "degrees"],
        ),
        case(
            two().with_degrees(vec![4.0, f64::NAN], Free::Each),
            &["component B", "degrees"],
        ),
        case(
            two().with_degrees(vec![4.0, 5.0], Free::Shared),
            &["component B", "share"],
        ),
    ];
    let square = [0.5; 4];
    for (s, t, words) in [
        (&[0.5, 0.6][..], &square[..], &["start probabilities"][..]),
        (&[f64::NAN, 0.5], &square, &["start probabilities"]),
        (&[0.5, 0.5], &[0.5, 0.5, 1.5, -0.5], &["transitions from B"]),
        (&[0.5, 0.5], &[0.5, 0.5], &["transitions", "components"]),
        (&[], &[], &["start probabilities", "components"]),
    ] {
        let (taken, said) = chain(s, t);
        cases.push((taken, said, words));
    }
    for (taken, said, words) in &cases {
        assert!(taken.is_none() && says(said, words), "{words:?}: {said}");
    }

    let rows = matrix(&rows(6));
    let floor = [0.0; 2];
    let label = |l: &[u8]| from_labels(&rows, l, CovarianceType::Full, &floor).unwrap_err();
    assert_says(&label(&[0, 1]), &["2 labels", "6 rows"]);
    assert_says(&label(&[0, 0, 0, 2, 2, 2]), &["component B"]);
    assert_says(&label(&[0, 0, 0, 0, 0, 40]), &["row 6", "32 components"]);
    assert_says(&label(&[0, 0, 0, 0, 0, 1]), &["component B", "column"]);
    assert_says(&split(&two(), 2).unwrap_err(), &["component C"]);
    assert_says(&merge(&two(), 1, 1).unwrap_err(), &["component B"]);
    assert_says(&merge(&two(), 0, 7).unwrap_err(), &["component H"]);
}

/// What rows and settings may have that not every method takes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beside {
    Holes,
    Weights,
    Labels,
    Sequences,
    Family(CovarianceType),
}

impl Beside {
    fn all() -> impl Iterator<Item = Beside> {
        let rows = [
            Beside::Holes,
            Beside::Weights,
            Beside::Labels,
            Beside::Sequences,
        ];
        rows.into_iter()
            .chain(CovarianceType::SHAPES.map(Beside::Family))
    }

    fn rows(self) -> Matrix {
        let [mut x, y] = rows(60);
        let whole = matrix(&[x.clone(), y.clone()]);
        match self {
            Beside::Holes => {
                x[7] = f64::NAN;
                Matrix::with_holes(&[&x, &y]).unwrap()
            }
            Beside::Weights => whole
                .with_weights((0..60).map(|i| f64::from(i % 4)).collect())
                .unwrap(),
            Beside::Labels => whole
                .with_labels(
                    (0..60)
                        .map(|i| if i < 9 { i % 3 } else { UNLABELLED })
                        .collect(),
                )
                .unwrap(),
            Beside::Sequences => whole.with_sequences(&[20, 1, 39]).unwrap(),
            Beside::Family(_) => whole,
        }
    }
}

/// What a method cannot take (whatever is not here it must take), and words of the refusal
/// beside the offer of EM.
fn cannot(method: &Method, beside: Beside) -> Option<&'static [&'static str]> {
    let normal = method.model == Model::Gaussian;
    let extrapolates = matches!(method.algorithm, Algorithm::Squarem | Algorithm::Daarem);
    match beside {
        Beside::Holes
            if !(normal && matches!(method.algorithm, Algorithm::Em | Algorithm::Map)) =>
        {
            Some(&["missing", "leave those rows out", "choose EM"])
        }
        Beside::Weights if method.model == Model::Markov => {
            Some(&["weights", "leave the weights out", "choose EM"])
        }
        Beside::Family(family) if extrapolates => {
            let free = [CovarianceType::Eii, CovarianceType::Eei];
            let free = CovarianceType::ALL.contains(&family) || free.contains(&family);
            (!free).then_some(&["covariances", "choose one of these", "or EM"])
        }
        _ => None,
    }
}

#[test]
fn what_a_method_cannot_take_is_said_with_an_offer_and_the_rest_is_fitted() {
    for method in METHODS {
        for beside in Beside::all() {
            let rows = beside.rows();
            let mut s = settings(method);
            if let Beside::Family(family) = beside {
                s.covariance_type = family;
            }
            match (cannot(method, beside), start(&rows, &s)) {
                (Some(words), Err(error)) => assert_says(&error, words),
                (Some(_), Ok(_)) => panic!("{} took {beside:?}", method.name),
                (None, Err(error)) => panic!("{}, {beside:?}: {error}", method.name),
                (None, Ok(_)) => fit(&rows, &s).unwrap(),
            }
            // What is offered is taken.
            let em = Settings {
                model: Model::Gaussian,
                algorithm: Algorithm::Em,
                ..s
            };
            assert_eq!(em.check(&rows), Ok(()));
        }
    }
}

#[test]
fn a_label_beyond_the_last_component_is_named_by_every_method() {
    for method in METHODS {
        for label in [3u8, 31, 254] {
            let mut labels = vec![UNLABELLED; 30];
            labels[4] = label;
            let rows = matrix(&rows(30)).with_labels(labels).unwrap();
            let error = settings(method).check(&rows).unwrap_err();
            assert_says(&error, &[&letter(usize::from(label)), "3 components"]);
        }
    }
}

#[test]
fn a_model_with_an_algorithm_that_does_not_fit_it_is_refused_with_both_ways_out() {
    let rows = matrix(&rows(30));
    for model in METHODS.iter().map(|m| m.model) {
        for algorithm in METHODS.iter().map(|m| m.algorithm) {
            let s = Settings {
                model,
                algorithm,
                ..Settings::default()
            };
            let of = |model, algorithm| Method::of(model, algorithm).unwrap().name;
            match Method::of(model, algorithm) {
                Some(_) => assert_eq!(s.check(&rows), Ok(())),
                None => assert_says(
                    &s.check(&rows).unwrap_err(),
                    &[of(model, Algorithm::Em), of(Model::Gaussian, algorithm)],
                ),
            }
        }
    }
}

/// Rows that are hard, with what is beside them.
fn hard() -> Vec<(&'static str, Matrix)> {
    let [x, y] = rows(24);
    let scaled = |v: &[f64], by: f64| v.iter().map(|x| x * by).collect::<Vec<_>>();
    let mut outlier = x.clone();
    outlier[3] = 1e140;
    let mut spike = vec![0.0; 24];
    spike[0] = 1.0;
    let one = |row: usize| (0..24).map(|i| f64::from(u8::from(i == row))).collect();
    vec![
        ("one value", matrix(&[x.clone(), vec![5.0; 24]])),
        ("zeros", matrix(&[vec![0.0; 24]])),
        (
            "one value everywhere",
            matrix(&[vec![1e149; 24], vec![-3.0; 24]]),
        ),
        ("collinear", matrix(&[x.clone(), scaled(&x, 2.0)])),
        (
            "two values",
            matrix(&[x.iter().map(|v| v.signum()).collect()]),
        ),
        ("a spike", matrix(&[spike])),
        ("huge", matrix(&[scaled(&x, 1e145), scaled(&y, 1e145)])),
        (
            "huge and tiny",
            matrix(&[scaled(&x, 1e145), scaled(&y, 1e-145)]),
        ),
        ("tiny", matrix(&[scaled(&x, 1e-150), scaled(&y, 1e-150)])),
        ("subnormal", matrix(&[scaled(&x, 1e-310), y.clone()])),
        ("an outlier", matrix(&[outlier, y.clone()])),
        (
            "far from zero",
            matrix(&[x.iter().map(|v| v * 1e-12 + 1e4).collect(), y.clone()]),
        ),
        ("three rows", matrix(&rows(3))),
        (
            "one row counts",
            matrix(&rows(24)).with_weights(one(5)).unwrap(),
        ),
        (
            "heavy rows",
            matrix(&rows(24)).with_weights(vec![1e100; 24]).unwrap(),
        ),
        (
            "light rows",
            matrix(&rows(24)).with_weights(vec![1e-300; 24]).unwrap(),
        ),
        (
            "all of one class",
            matrix(&rows(24)).with_labels(vec![2; 24]).unwrap(),
        ),
        (
            "sequences of one",
            matrix(&rows(24)).with_sequences(&[1; 24]).unwrap(),
        ),
    ]
}

#[test]
fn hard_rows_are_fitted_with_finite_numbers_or_refused_in_words() {
    let place = ["column", "component", "covariances", "weights", "values"];
    for (what, rows) in hard() {
        for method in METHODS {
            for covariance_type in CovarianceType::SHAPES {
                for floor in [Floor::NONE, Floor::relative(1e-6)] {
                    let s = Settings {
                        covariance_type,
                        floor,
                        ..settings(method)
                    };
                    if let Err(said) = fit(&rows, &s) {
                        assert!(
                            says(&said, &[]) && place.iter().any(|p| said.contains(p)),
                            "{what}, {}, {covariance_type:?}: {said}",
                            method.name
                        );
                    }
                }
            }
        }
    }
}
