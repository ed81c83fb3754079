//! The same input gives the same bits natively and in the browser: this file is run in
//! both, and both must arrive at the hash written here.

use std::borrow::Cow;

use mixscope::data::builtin::Builtin;
use mixscope::session::{Command, Session};
use mixscope::{fit::InitMethod, mixture::CovarianceType};

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
            let experiment = session.experiment();
            for (t, iterate) in experiment.run().iterates().iter().enumerate() {
                hash.add(iterate.log_likelihood);
                iterate.counts.iter().for_each(|&c| hash.add(c));
                let mixture = experiment.run().mixture(experiment.selection().matrix(), t);
                mixture.weights().iter().for_each(|&w| hash.add(w));
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
    }
    hash.0
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn sixteen_trajectories_have_the_same_bits_everywhere() {
    assert_eq!(trajectories(), 14_516_569_985_125_635_843);
}
