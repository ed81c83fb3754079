//! The same input gives the same bits natively and in the browser: this file is run in
//! both, and both must arrive at the hash written here.

use std::borrow::Cow;
use std::rc::Rc;

use mixscope::data::Matrix;
use mixscope::data::builtin::Builtin;
use mixscope::fit::{Algorithm, InitMethod, Knob, METHODS, Model, Precision};
use mixscope::mixture::{Covariance, CovarianceType, Mixture};
use mixscope::session::{Command, Missing, Session};
use mixscope::study;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// FNV-1a over every bit of every parameter, log-likelihood and count of a trajectory.
struct Hash(u64);

impl Hash {
    fn add(&mut self, value: f64) {
        for byte in value.to_bits().to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// In the browser the sets are not part of the program.
fn load(set: &Builtin) -> Result<Cow<'static, [u8]>, String> {
    let text = match set.id {
        "faithful" => include_str!("../assets/sets/faithful.csv"),
        "iris" => include_str!("../assets/sets/iris.csv"),
        "aniso" => include_str!("../assets/sets/aniso.csv"),
        "moons" => include_str!("../assets/sets/moons.csv"),
        other => return Err(other.to_owned()),
    };
    Ok(Cow::Borrowed(text.as_bytes()))
}

/// Every number of the run's history.
fn add_run(hash: &mut Hash, session: &Session) {
    let experiment = session.experiment();
    for (t, iterate) in experiment.run().iterates().iter().enumerate() {
        hash.add(iterate.log_likelihood);
        iterate.counts.iter().for_each(|&c| hash.add(c));
        let mixture = experiment.run().mixture(experiment.selection().matrix(), t);
        mixture.weights().iter().for_each(|&w| hash.add(w));
        let extra = mixture.extra().map_or(&[][..], |(_, numbers)| numbers);
        extra.iter().for_each(|&nu| hash.add(nu));
        mixture.means().iter().flatten().for_each(|&m| hash.add(m));
        for c in mixture.covariances() {
            for i in 0..c.dimension() {
                for j in 0..=i {
                    hash.add(c.get(i, j));
                }
            }
        }
    }
}

fn trajectories() -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let mut session = Session::with_sets(load);
    let methods = [
        InitMethod::KMeans,
        InitMethod::KMeansPlusPlus,
        InitMethod::RandomPoints,
        InitMethod::RandomResponsibilities,
    ];
    for (set, k) in [("faithful", 2), ("iris", 3), ("aniso", 5), ("moons", 8)] {
        session.handle(Command::OpenBuiltin(set.into()));
        session.handle(Command::SetComponents(k));
        for (family, method) in CovarianceType::ALL.into_iter().zip(methods) {
            session.handle(Command::SetCovariance(family));
            session.handle(Command::SetInit(method));
            for _ in 0..25 {
                session.handle(Command::Step);
            }
            add_run(&mut hash, &session);
        }
    }
    hash.0
}

/// Variational Bayes with both priors and all four families, and the degrees of the posterior.
fn variational_trajectories() -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let mut session = Session::with_sets(load);
    session.handle(Command::OpenBuiltin("iris".into()));
    session.handle(Command::SetComponents(5));
    for model in [Model::Variational, Model::Process] {
        session.handle(Command::SetMethod(model, Algorithm::Em));
        for family in CovarianceType::ALL {
            session.handle(Command::SetCovariance(family));
            for _ in 0..25 {
                session.handle(Command::Step);
            }
            let experiment = session.experiment();
            let matrix = experiment.selection().matrix();
            for (t, iterate) in experiment.run().iterates().iter().enumerate() {
                hash.add(iterate.log_likelihood);
                hash.add(iterate.objective);
                iterate.counts.iter().for_each(|&c| hash.add(c));
                let mixture = experiment.run().mixture(matrix, t);
                mixture.weights().iter().for_each(|&w| hash.add(w));
                mixture.means().iter().flatten().for_each(|&m| hash.add(m));
                let (_, shown) = mixture.extra().unwrap();
                shown.iter().for_each(|&v| hash.add(v));
            }
        }
    }
    hash.0
}

/// Hidden Markov models of all four families, with their chains.
fn markov_trajectories() -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let mut session = Session::with_sets(load);
    for (set, k) in [("faithful", 2), ("moons", 5)] {
        session.handle(Command::OpenBuiltin(set.into()));
        session.handle(Command::SetComponents(k));
        session.handle(Command::SetMethod(Model::Markov, Algorithm::Em));
        for family in CovarianceType::ALL {
            session.handle(Command::SetCovariance(family));
            for _ in 0..25 {
                session.handle(Command::Step);
            }
            let experiment = session.experiment();
            let matrix = experiment.selection().matrix();
            for (t, iterate) in experiment.run().iterates().iter().enumerate() {
                hash.add(iterate.log_likelihood);
                iterate.counts.iter().for_each(|&c| hash.add(c));
                let mixture = experiment.run().mixture(matrix, t);
                mixture.means().iter().flatten().for_each(|&m| hash.add(m));
                let chain = mixture.chain().unwrap();
                chain.start().iter().for_each(|&p| hash.add(p));
                chain.transitions().iter().for_each(|&p| hash.add(p));
            }
        }
    }
    hash.0
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn eight_hidden_markov_trajectories_have_the_same_bits_everywhere() {
    assert_eq!(markov_trajectories(), 14_090_358_614_865_336_322);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn sixteen_trajectories_have_the_same_bits_everywhere() {
    assert_eq!(trajectories(), 11_654_772_639_727_968_554);
}

/// Everything of the study that draws, sorts or decomposes, on one set.
fn study() -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let text = include_str!("../assets/sets/faithful.csv");
    let rows = text.lines().skip(1).filter_map(|line| {
        let (x, y) = line.split_once(',')?;
        Some((x.parse::<f64>().ok()?, y.parse::<f64>().ok()?))
    });
    let (x, y): (Vec<f64>, Vec<f64>) = rows.unzip();
    let matrix = Matrix::from_columns(&[&x, &y]).unwrap();
    // In place of EM, whose bits the trajectories keep: the same shape about the rows' mean.
    let part = |x: f64, y: f64, c: [f64; 3]| {
        let covariance = Covariance::dense(2, vec![c[0], c[1], c[1], c[2]]).unwrap();
        (vec![x, y], Rc::new(covariance))
    };
    let parts = [
        part(0.8, 9.0, [0.17, 0.9, 36.0]),
        part(-1.4, -16.0, [0.07, 0.4, 34.0]),
    ];
    let (means, covariances) = parts.into_iter().unzip();
    let shape = Mixture::new(CovarianceType::Full, vec![0.64, 0.36], means, covariances).unwrap();
    let fit = |rows: &Matrix| {
        let n = rows.n_rows();
        let mean = |j: usize| (0..n).map(|i| rows.get(i, j)).sum::<f64>() / n as f64;
        Some(shape.translated(&[mean(0), mean(1)]))
    };
    let mixture = fit(&matrix).unwrap();
    let draws = study::sample_rows(&mixture, 500, 3);
    draws.columns.iter().flatten().for_each(|&v| hash.add(v));
    let spread = study::bootstrap(&matrix, &mixture, 5, 0.9, 1, &mut |rows| fit(rows)).unwrap();
    for k in 0..2 {
        hash.add(spread.parameters.mean(k, 1).deviation);
        hash.add(spread.parameters.mean(k, 0).high);
        hash.add(
            study::conditioning(&matrix, &mixture.covariances()[k])
                .unwrap()
                .smallest,
        );
    }
    let folds = study::cross_validate(&matrix, 3, 1, &mut |rows| fit(rows)).unwrap();
    hash.add(folds.mean_log_density);
    hash.add(study::entropy(&matrix, &mixture).unwrap());
    let other = fit(&matrix.thinned(2)).unwrap();
    hash.add(study::align(&mixture, &other).unwrap().cost);
    hash.add(
        study::monte_carlo_kl(&mixture, &other, 500, 1)
            .unwrap()
            .value,
    );
    let drift = study::drift(&x[..136], None, &x[136..], None).unwrap();
    hash.add(drift.energy);
    hash.add(study::kolmogorov_smirnov_p_value(drift.kolmogorov_smirnov, 136, 136).unwrap());
    hash.add(study::kolmogorov_smirnov_p_value(0.01, 9000, 9000).unwrap());
    let components = study::principal_components(&matrix).unwrap();
    components
        .components
        .iter()
        .flatten()
        .for_each(|&v| hash.add(v));
    hash.0
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_study_has_the_same_bits_everywhere() {
    assert_eq!(study(), 506_671_393_007_318_081);
}

/// Every covariance family under a model or algorithm of [`METHODS`], with some of its knobs.
fn trajectories_of(name: &str, knobs: &[(Knob, f64)]) -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let mut session = Session::with_sets(load);
    let method = METHODS.iter().find(|m| m.name == name).unwrap();
    session.handle(Command::OpenBuiltin("iris".into()));
    session.handle(Command::SetMethod(method.model, method.algorithm));
    for &(knob, value) in knobs {
        session.handle(Command::SetKnob(knob, value));
    }
    for family in CovarianceType::ALL.into_iter().take(4) {
        session.handle(Command::SetCovariance(family));
        for _ in 0..20 {
            session.handle(Command::Step);
        }
        assert_eq!(session.view().iteration, 20);
        add_run(&mut hash, &session);
    }
    hash.0
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn t_mixtures_have_the_same_bits_everywhere() {
    let name = "Student-t mixture";
    let own = trajectories_of(name, &[]);
    let shared = [(Knob::DegreesFree, 2.0), (Knob::ScaleUpdate, 1.0)];
    assert_eq!(own, 15_740_850_715_479_455_607);
    assert_eq!(trajectories_of(name, &shared), 16_281_729_959_571_480_327);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn noise_and_priors_have_the_same_bits_everywhere() {
    let noise = trajectories_of("EM with noise", &[]);
    let prior = trajectories_of("MAP-EM", &[(Knob::PriorWeight, 2.0)]);
    assert_eq!(noise, 6_592_347_938_722_717_518);
    assert_eq!(prior, 7_267_105_257_566_467_092);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn eight_variational_trajectories_have_the_same_bits_everywhere() {
    assert_eq!(variational_trajectories(), 15_002_343_702_490_484_866);
}

/// Iris with every seventh entry gone, some rows labelled and all of them weighted.
fn iris_with_holes() -> Vec<u8> {
    let mut text = String::from("a,b,c,d,kind,weight\n");
    let csv = include_str!("../assets/sets/iris.csv");
    for (i, line) in csv.lines().skip(1).enumerate() {
        for (j, cell) in line.split(',').enumerate() {
            let gone = match j {
                4 => i % 5 != 0,
                _ => (i * 11 + j * 5) % 7 == 0,
            };
            text.push_str(if gone { "" } else { cell });
            text.push(',');
        }
        text.push_str(&format!("{}\n", 1 + i % 3));
    }
    text.into_bytes()
}

fn trajectories_with_holes() -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let mut session = Session::with_sets(load);
    session.open_csv("holes.csv", &iris_with_holes());
    for command in [
        Command::SetColumns(vec![0, 1, 2, 3]),
        Command::SetMissing(Missing::Fit),
        Command::SetWeights(Some(5)),
        Command::SetLabels(Some(4)),
        Command::SetComponents(4),
    ] {
        session.handle(command.clone());
        assert_eq!(session.view().problem, None, "{command:?}");
    }
    for family in CovarianceType::ALL {
        session.handle(Command::SetCovariance(family));
        for init in [InitMethod::KMeans, InitMethod::RandomResponsibilities] {
            session.handle(Command::SetInit(init));
            for _ in 0..10 {
                session.handle(Command::Step);
            }
            let experiment = session.experiment();
            let matrix = experiment.selection().matrix();
            for iterate in experiment.run().iterates() {
                hash.add(iterate.log_likelihood);
                iterate.means.iter().flatten().for_each(|&m| hash.add(m));
            }
            for cell in mixscope::study::impute(matrix, &experiment.mixture()) {
                hash.add(cell.mean);
                hash.add(cell.deviation);
            }
            let drawn = mixscope::study::draws(matrix, &experiment.mixture(), 7, 20, 3);
            drawn.iter().flatten().for_each(|&x| hash.add(x));
        }
    }
    hash.0
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn fits_with_holes_weights_and_labels_have_the_same_bits_everywhere() {
    assert_eq!(trajectories_with_holes(), 1_235_232_839_263_643_397);
}

/// A run of each algorithm in every plain family.
fn algorithms() -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let mut session = Session::with_sets(load);
    session.handle(Command::OpenBuiltin("faithful".into()));
    session.handle(Command::SetInit(InitMethod::RandomPoints));
    session.handle(Command::SetKnob(Knob::Stage, 10.0));
    session.handle(Command::SetKnob(Knob::Passes, 2.0));
    for algorithm in [
        Algorithm::Classification,
        Algorithm::Stochastic,
        Algorithm::MonteCarlo,
        Algorithm::Annealing,
        Algorithm::Stepwise,
        Algorithm::Subsample,
        Algorithm::Squarem,
        Algorithm::Daarem,
    ] {
        session.handle(Command::SetMethod(Model::Gaussian, algorithm));
        for family in CovarianceType::ALL {
            session.handle(Command::SetCovariance(family));
            for _ in 0..20 {
                session.handle(Command::Step);
            }
            assert_eq!(session.view().problem, None);
            add_run(&mut hash, &session);
        }
    }
    hash.0
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_trajectory_of_every_algorithm_has_the_same_bits_everywhere() {
    assert_eq!(algorithms(), 3_159_203_510_543_041_294);
}

/// Runs in single precision, of rows side by side and one by one, until they are finished in
/// double precision or for a while.
fn fast_trajectories() -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    let mut session = Session::with_sets(load);
    session.handle(Command::SetPrecision(Precision::Fast));
    for (set, k) in [("faithful", 2), ("iris", 3), ("moons", 8)] {
        session.handle(Command::OpenBuiltin(set.into()));
        session.handle(Command::SetComponents(k));
        session.handle(Command::SetInit(InitMethod::RandomPoints));
        for family in CovarianceType::ALL {
            session.handle(Command::SetCovariance(family));
            if !session.view().can_be_fast {
                continue;
            }
            for _ in 0..40 {
                session.handle(Command::Step);
            }
            add_run(&mut hash, &session);
        }
    }
    hash.0
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn ten_fast_trajectories_have_the_same_bits_everywhere() {
    assert_eq!(fast_trajectories(), 5_114_916_997_911_997_514);
}
