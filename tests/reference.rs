//! Every supported family against the reference cases, within each file's own tolerance.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../examples/reference/cases.rs"]
mod cases;

use std::path::Path;

use cases::{Outcome, number};
use serde_json::{Map, Value};

/// Parts of `expected` that tell of the reference and not of the fit.
const NOT_COMPARED: [&str; 13] = [
    "iterations",
    "last_increment",
    "belongs_to",
    "tol",
    "n_iter",
    "lavaan_ml",
    "converged",
    "sklearn_default_stop",
    "deviation_from_long_double",
    "covariance_type",
    "error",
    "query",
    "min_increment",
];

#[test]
fn every_case_is_within_its_tolerance() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let (mut compared, mut policies, mut failures) = (0, 0, Vec::new());
    for file in cases::files(&folder).unwrap() {
        let case = cases::load(&file).unwrap();
        let name = case["name"].as_str().unwrap();
        match cases::run(&case, &folder) {
            Outcome::Result(result) => {
                compared += 1;
                let mut check = Check {
                    case: &case,
                    failures: &mut failures,
                    leaves: 0,
                };
                check.walk(&case["expected"], &result, &mut Vec::new(), None);
                assert!(check.leaves > 0, "{name}: nothing was compared");
            }
            Outcome::Policy(said) => {
                policies += 1;
                if let Err(why) = policy(name, &said) {
                    failures.push(format!("{name}: {why}: {said}"));
                }
            }
            Outcome::Skipped(why) => failures.push(format!("{name}: {why}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!((compared, policies), (174, 6));
}

/// Cases without numbers: what must be said.
fn policy(name: &str, said: &str) -> Result<(), &'static str> {
    let ok = match name {
        "hard_constant_column_diag_reg0" => said.contains("column 3"),
        "hard_duplicates_reg0" | "hard_near_singular_reg0" | "hard_far_outliers_extreme" => {
            said.contains("collapsed")
        }
        "hard_overflow_scale" => said.contains("column 1 spans more than"),
        "hard_invalid_inputs" => !said.contains("ACCEPTED") && said.matches(": ").count() >= 8,
        _ => return Err("a case with numbers was refused"),
    };
    if ok {
        Ok(())
    } else {
        Err("not said as it should be")
    }
}

struct Check<'a> {
    case: &'a Value,
    failures: &'a mut Vec<String>,
    leaves: usize,
}

impl Check<'_> {
    fn walk(
        &mut self,
        expected: &Value,
        got: &Value,
        path: &mut Vec<String>,
        around: Option<&Value>,
    ) {
        match expected {
            Value::Null | Value::String(_) => {}
            Value::Object(map) if path.last().is_some_and(|p| p.starts_with("mc_kl")) => {
                self.estimate(map, got, path);
            }
            Value::Object(map) => {
                for (key, value) in map {
                    if !NOT_COMPARED.contains(&key.as_str()) && !value.is_null() {
                        path.push(key.clone());
                        self.walk(value, &got[key], path, Some(expected));
                        path.pop();
                    }
                }
            }
            Value::Array(items) if items.first().is_some_and(Value::is_object) => {
                for (i, item) in items.iter().enumerate() {
                    path.push(i.to_string());
                    self.walk(item, &got[i], path, None);
                    path.pop();
                }
            }
            _ => self.leaf(expected, got, path, around),
        }
    }

    /// A Monte Carlo estimate from other draws: within five standard errors of the exact
    /// value, and as exact as the reference's own.
    fn estimate(&mut self, expected: &Map<String, Value>, got: &Value, path: &[String]) {
        self.leaves += 1;
        let exact = match path[0].as_str() {
            "mc_kl_01" => &self.case["expected"]["kl_01"],
            _ => &self.case["expected"]["kl_pq"],
        };
        let of = |v: &Value| number(v).unwrap_or(f64::NAN);
        let (error, own) = (of(&expected["standard_error"]), of(&got["standard_error"]));
        let off = (of(&got["value"]) - of(exact)).abs();
        let near = off <= 5.0 * error && (own - error).abs() <= 0.02 * error;
        if !near {
            self.fail(
                path,
                &format!("{off:.1e} off with an error of {own:.1e} for {error:.1e}"),
            );
        }
    }

    fn leaf(&mut self, expected: &Value, got: &Value, path: &[String], around: Option<&Value>) {
        self.leaves += 1;
        let leaf = path.last().unwrap().as_str();
        let (e, g) = (flat(expected), flat(got));
        if e.len() != g.len() {
            let text = format!("{} numbers for {}", g.len(), e.len());
            return self.fail(path, &text);
        }
        let largest = e.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let spreads = around
            .filter(|_| leaf.starts_with("means"))
            .and_then(|a| spreads(a, &e));
        let worst = (0..e.len())
            .map(|i| {
                let scale = match leaf {
                    "weights"
                    | "responsibilities"
                    | "next_centre_probability"
                    | "startprob"
                    | "transmat"
                    | "posteriors" => 1.0,
                    _ if leaf.starts_with("means") => {
                        e[i].abs().max(spreads.as_ref().map_or(0.0, |s| s[i]))
                    }
                    "covariances" | "scales" => diagonal_scale(&e, i, self.dimension()),
                    _ if leaf.contains("log")
                        || ["mean", "total", "values", "aic", "bic"].contains(&leaf) =>
                    {
                        e[i].abs().max(1.0)
                    }
                    _ if !expected.is_array() => e[i].abs().max(1.0),
                    _ => e[i].abs().max(largest).max(f64::MIN_POSITIVE),
                };
                (e[i] - g[i]).abs() / scale
            })
            .fold(
                0.0f64,
                |m, v| if v.is_nan() { f64::INFINITY } else { m.max(v) },
            );
        let tolerance = self.tolerance(path);
        if worst > tolerance {
            self.fail(path, &format!("error {worst:.1e} above {tolerance:.1e}"));
        }
    }

    fn dimension(&self) -> usize {
        self.case["data"]["d"].as_u64().unwrap_or(1) as usize
    }

    fn tolerance(&self, path: &[String]) -> f64 {
        let t = &self.case["tolerances"];
        let of = |keys: &[&str]| keys.iter().find_map(|k| number(&t[*k])).unwrap_or(1e-9);
        let leaf = path.last().unwrap().as_str();
        if path[0] == "converged_optimum" {
            return number(&t["converged_optimum"]).unwrap_or(1e-6);
        }
        let exact = ["n_parameters", "posterior_argmax", "path"];
        if leaf.contains("labels")
            || leaf.ends_with("_rows") && !leaf.starts_with("bic")
            || exact.contains(&leaf)
        {
            return 0.0;
        }
        match leaf {
            // Of the reference's own draws, and the root of its rounding about zero.
            "per_sample_log_ratio_standard_deviation" => 5e-3,
            "w2" if number(&self.case["expected"]["kl_01"]) == Some(0.0) => 1e-7,
            "weights"
            | "means"
            | "covariances"
            | "scales"
            | "nu"
            | "means_minus_offset"
            | "mean_precision"
            | "degrees_of_freedom"
            | "weight_concentration"
            | "startprob"
            | "transmat" => of(&["parameters", "default"]),
            "values" | "total" if path[0] != "log_likelihood" => of(&["lower_bound"]),
            "responsibilities"
            | "u_weights"
            | "posteriors"
            | "component_log_density"
            | "mahalanobis_squared" => of(&[leaf, "responsibilities", "default"]),
            _ if leaf.starts_with("responsibilities") => of(&["responsibilities"]),
            _ if leaf.contains("log_density") => of(&["log_density", "default"]),
            _ if path[0] == "log_likelihood" => of(&["log_likelihood"]),
            "aic" | "bic" | "mean_log_likelihood" => of(&["log_likelihood", "bic"]),
            "log_prob" => of(&["log_prob"]),
            _ if leaf.starts_with("bic_") => of(&["log_likelihood"]),
            _ => of(&["default"]),
        }
    }

    fn fail(&mut self, path: &[String], what: &str) {
        let name = self.case["name"].as_str().unwrap();
        self.failures
            .push(format!("{name}: {}: {what}", path.join("/")));
    }
}

/// For each number of `means` (flattened K x D), the standard deviation of its component and column.
fn spreads(parameters: &Value, means: &[f64]) -> Option<Vec<f64>> {
    let covariances = ["covariances", "scales"]
        .iter()
        .find_map(|&key| parameters.get(key))?;
    let k = parameters["weights"].as_array()?.len();
    let d = means.len() / k;
    let flat = flat(covariances);
    let variance = |c: usize, j: usize| match flat.len() {
        n if n == k * d * d => flat[c * d * d + j * d + j],
        n if n == k * d => flat[c * d + j],
        n if n == d * d => flat[j * d + j],
        _ => flat[c],
    };
    Some(
        (0..k * d)
            .map(|i| variance(i / d, i % d).abs().sqrt())
            .collect(),
    )
}

/// sqrt(S_ii S_jj) of the matrix that entry `index` of flattened covariances lies in.
fn diagonal_scale(flat: &[f64], index: usize, d: usize) -> f64 {
    if !flat.len().is_multiple_of(d * d) || d == 1 {
        return flat[index].abs();
    }
    let (matrix, entry) = (index / (d * d), index % (d * d));
    let (i, j) = (entry / d, entry % d);
    let at = |r: usize| flat[matrix * d * d + r * d + r];
    let scale = (at(i) * at(j)).abs().sqrt();
    // Diagonal families of K = D rows look like one matrix: judge those by themselves.
    if scale == 0.0 || flat.len() == d * d && flat[index] > scale {
        flat[index].abs()
    } else {
        scale
    }
}

fn flat(v: &Value) -> Vec<f64> {
    match v {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        Value::Null => Vec::new(),
        Value::String(s) if s.parse::<f64>().is_err() => Vec::new(),
        other => vec![number(other).unwrap_or(f64::NAN)],
    }
}
