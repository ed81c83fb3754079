//! Scripts that score rows with the model and go on fitting it elsewhere. They are whole programs,
//! in `scripts/`, in which the parameters take the place of a mark.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ExportError;
use super::cells::shortest;
use super::model_file::column_names;
use super::names::Named;
use super::parameters::{Parameters, PosteriorRecord};
use crate::fit::{Algorithm, Knob, Model, Settings};
use crate::mixture::elementary::ln;
use crate::mixture::{Covariance, CovarianceType, Evaluator, Mixture, letter};
use crate::session::{DataView, Experiment, Missing};

/// A program for somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Script {
    /// Python: scikit-learn where it has such a model, else numpy and scipy.
    Python,
    /// R with mclust.
    R,
    /// PySpark: MLlib where it has such a model, else sums over partitions.
    Spark,
    /// A scoring function in Python.
    ScorePython,
    /// A scoring function in JavaScript.
    ScoreJavaScript,
}

const SCIKIT_LEARN: &str = include_str!("scripts/scikit_learn.py");
const NUMPY: [&str; 3] = [
    include_str!("scripts/numpy_head.py"),
    include_str!("scripts/core.py"),
    include_str!("scripts/numpy_tail.py"),
];
const SPARK: [&str; 3] = [
    include_str!("scripts/spark_head.py"),
    include_str!("scripts/core.py"),
    include_str!("scripts/spark_tail.py"),
];
const MCLUST: &str = include_str!("scripts/mclust.R");
const SCORE_PY: &str = include_str!("scripts/score.py");
const SCORE_JS: &str = include_str!("scripts/score.js");

/// What the Python scripts are given.
#[derive(Serialize)]
struct Given {
    data: String,
    columns: Vec<String>,
    row_weights: String,
    names: Vec<String>,
    centre: Vec<f64>,
    covariance_type: &'static str,
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    covariances: serde_json::Value,
    degrees: Vec<f64>,
    degrees_estimated: &'static str,
    kent: u8,
    noise: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    posterior: Option<GivenPosterior>,
    mllib: u8,
    floor: Vec<f64>,
    tolerance: f64,
    max_iterations: usize,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct GivenPosterior {
    #[serde(flatten)]
    record: PosteriorRecord,
    /// Keyword arguments of scikit-learn; 0 leaves its default.
    prior: BTreeMap<&'static str, serde_json::Value>,
}

/// Does a model of these settings have such a script? It says why not if it has none, and
/// what else there is.
///
/// # Errors
/// If it has none.
pub fn has_script(script: Script, settings: &Settings, weighted: bool) -> Result<(), ExportError> {
    let not = |why: &str| Err(ExportError::NotFor(why.to_owned()));
    match (script, settings.model) {
        (_, Model::Markov) => {
            not("there is no script for hidden Markov models yet: take the model as JSON")
        }
        (Script::Python, Model::Variational | Model::Process) if weighted => {
            not("scikit-learn takes no row weights: leave them out, or take the model as JSON")
        }
        (Script::R, Model::Gaussian | Model::Noise) if weighted => {
            not("mclust takes no row weights: take the script for Python")
        }
        (Script::R, Model::Student | Model::Variational | Model::Process) => {
            not("mclust has no such model: take the script for Python")
        }
        (Script::Spark, Model::Variational | Model::Process) => {
            not("the script for Spark makes plain EM steps: take the script for Python")
        }
        _ => Ok(()),
    }
}

/// The same question of what the page shows.
///
/// # Errors
/// If it has none.
pub fn offers(script: Script, settings: &Settings, data: &DataView) -> Result<(), ExportError> {
    has_script(script, settings, data.weights.is_some())
}

/// The script of the parameters that an experiment shows.
///
/// # Errors
/// If there is none for the model, with what there is instead.
pub fn script(experiment: &Experiment, script: Script) -> Result<String, ExportError> {
    let settings = experiment.settings();
    let weighted = experiment.selection().roles().weights.is_some();
    has_script(script, settings, weighted)?;
    match script {
        Script::Python if in_scikit_learn(settings, weighted) => {
            let given = given(experiment, scikit_type(settings.covariance_type), false)?;
            Ok(filled(SCIKIT_LEARN, &[("MODEL", python(&given)?)]))
        }
        Script::Python => {
            let given = given(experiment, plain_type(settings.covariance_type), true)?;
            Ok(filled(&NUMPY.concat(), &[("MODEL", python(&given)?)]))
        }
        Script::Spark => {
            let given = given(experiment, plain_type(settings.covariance_type), true)?;
            Ok(filled(&SPARK.concat(), &[("MODEL", python(&given)?)]))
        }
        Script::R => r(experiment),
        Script::ScorePython => score(experiment, SCORE_PY),
        Script::ScoreJavaScript => score(experiment, SCORE_JS),
    }
}

fn in_scikit_learn(settings: &Settings, weighted: bool) -> bool {
    let has = [Model::Gaussian, Model::Variational, Model::Process];
    has.contains(&settings.model) && !weighted
}

/// The narrowest of scikit-learn's types that holds a family.
fn scikit_type(family: CovarianceType) -> CovarianceType {
    use CovarianceType::*;
    match family {
        Full | Tied | Diagonal | Spherical => family,
        Eii => Spherical,
        Eei | Vei | Evi => Diagonal,
        _ => Full,
    }
}

/// The narrowest of the families with an M-step in closed form that holds a family.
fn plain_type(family: CovarianceType) -> CovarianceType {
    use CovarianceType::*;
    match family {
        Eii | Eei => family,
        other => scikit_type(other),
    }
}

fn json(value: &impl Serialize) -> Result<String, ExportError> {
    let text = serde_json::to_string(value).map_err(|e| ExportError::Json(e.to_string()))?;
    // These end a line in JavaScript, and nothing else does that JSON leaves as it is.
    Ok(text
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

/// JSON of objects, lists, numbers and texts is Python.
fn python(given: &Given) -> Result<String, ExportError> {
    // An entry a line, so that one can read it.
    let text = super::layout::laid_out(given)?;
    Ok(text.trim_end().replace('\u{2028}', "\\u2028"))
}

/// The program with every `"@NAME@"` replaced, in one go: what takes its place may itself look
/// like a mark.
fn filled(program: &str, marks: &[(&str, String)]) -> String {
    let mut parts = program.split("\"@");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mark = part.split_once("@\"").and_then(|(name, rest)| {
            let (_, by) = marks.iter().find(|(own, _)| *own == name)?;
            Some((by, rest))
        });
        match mark {
            Some((by, rest)) => out.extend([by, rest]),
            None => out.extend(["\"@", part]),
        }
    }
    out
}

fn given(
    experiment: &Experiment,
    family: CovarianceType,
    as_matrices: bool,
) -> Result<Given, ExportError> {
    let (selection, settings) = (experiment.selection(), experiment.settings());
    let (matrix, mixture) = (selection.matrix(), experiment.mixture());
    let columns = selection.source().table().columns();
    let record = Parameters::of(&mixture, matrix.centre());
    let row_weights = selection.roles().weights;
    let full = family == CovarianceType::Full;
    let mllib = full && settings.model == Model::Gaussian && row_weights.is_none();
    let mut notes = notes(experiment, family);
    if mllib && as_matrices && experiment.floor().iter().any(|&f| f > 0.0) {
        notes.push("MLlib has no floor: --engine sums has the one of Mixscope".to_owned());
    }
    Ok(Given {
        data: selection.source().table().name().to_owned(),
        columns: column_names(selection),
        row_weights: row_weights.map_or(String::new(), |i| columns[i].name().to_owned()),
        names: names(&mixture),
        centre: matrix.centre().to_vec(),
        covariance_type: family.name(),
        weights: mixture.weights().to_vec(),
        means: mixture.means().to_vec(),
        covariances: covariances(&mixture, family, as_matrices)?,
        degrees: mixture.degrees().map_or(Vec::new(), <[f64]>::to_vec),
        degrees_estimated: record
            .student_t
            .as_ref()
            .map_or("fixed", |s| s.estimated.name()),
        kent: u8::from(
            settings.model == Model::Student && settings.knobs.count(Knob::ScaleUpdate) == 1,
        ),
        noise: mixture
            .noise()
            .map_or(Vec::new(), |n| vec![n.weight, n.log_density]),
        posterior: record.posterior.map(|record| GivenPosterior {
            record,
            prior: prior(settings, matrix.n_columns()),
        }),
        mllib: u8::from(mllib),
        floor: experiment.floor().to_vec(),
        tolerance: settings.tol,
        max_iterations: settings.max_iter,
        notes,
    })
}

fn names(mixture: &Mixture) -> Vec<String> {
    let noise = mixture.noise().map(|_| "noise".to_owned());
    (0..mixture.n_components())
        .map(letter)
        .chain(noise)
        .collect()
}

/// What the script does otherwise than the run.
fn notes(experiment: &Experiment, family: CovarianceType) -> Vec<String> {
    let (selection, settings) = (experiment.selection(), experiment.settings());
    let own = settings.covariance_type;
    let mut notes = Vec::new();
    if family != own {
        notes.push(format!(
            "Mixscope fitted covariances of the family {} ({}); this goes on with {} ones, which are freer",
            own.code(),
            own.meaning(),
            family.name()
        ));
    }
    if selection.roles().labels.is_some() {
        notes.push(
            "Mixscope kept rows with a known component where they are; this shares them out"
                .to_owned(),
        );
    }
    if selection.roles().missing == Missing::Fit && selection.matrix().has_holes() {
        notes.push(
            "Mixscope fitted rows with gaps by what they have; this leaves them out".to_owned(),
        );
    }
    match settings.algorithm {
        Algorithm::Em => {}
        Algorithm::Map => notes.push(
            "Mixscope had a prior on covariances and weights; this goes on with plain EM"
                .to_owned(),
        ),
        other => notes.push(format!(
            "Mixscope iterated by {}; this goes on with plain EM",
            other.name()
        )),
    }
    notes
}

fn prior(settings: &Settings, d: usize) -> BTreeMap<&'static str, serde_json::Value> {
    let knob = |knob| settings.knobs.get(knob);
    let degrees = match knob(Knob::WishartDegrees) {
        0.0 => 0.0,
        rows => d as f64 - 1.0 + rows,
    };
    let kind = match settings.model {
        Model::Process => "dirichlet_process",
        _ => "dirichlet_distribution",
    };
    BTreeMap::from([
        ("weight_concentration_prior_type", kind.into()),
        (
            "weight_concentration_prior",
            knob(Knob::Concentration).into(),
        ),
        ("mean_precision_prior", knob(Knob::MeanPrecision).into()),
        ("degrees_of_freedom_prior", degrees.into()),
    ])
}

/// In the shape that scikit-learn gives to this type; or K matrices or lists of variances.
fn covariances(
    mixture: &Mixture,
    family: CovarianceType,
    as_matrices: bool,
) -> Result<serde_json::Value, ExportError> {
    let d = mixture.dimension();
    let dense = |c: &Covariance| -> Vec<Vec<f64>> {
        let row = |i: usize| (0..d).map(|j| c.get(i, j)).collect();
        (0..d).map(row).collect()
    };
    let diagonal = |c: &Covariance| -> Vec<f64> { (0..d).map(|j| c.get(j, j)).collect() };
    let all = mixture.covariances();
    let value = match family {
        CovarianceType::Tied if !as_matrices => serde_json::to_value(dense(&all[0])),
        CovarianceType::Spherical if !as_matrices => {
            let mean = |c: &Covariance| diagonal(c).iter().sum::<f64>() / d as f64;
            serde_json::to_value(all.iter().map(|c| mean(c)).collect::<Vec<_>>())
        }
        family if family.is_dense() => {
            serde_json::to_value(all.iter().map(|c| dense(c)).collect::<Vec<_>>())
        }
        _ => serde_json::to_value(all.iter().map(|c| diagonal(c)).collect::<Vec<_>>()),
    };
    value.map_err(|e| ExportError::Json(e.to_string()))
}

/// A list of R.
fn vector(values: impl IntoIterator<Item = f64>) -> String {
    let values: Vec<String> = values.into_iter().map(shortest).collect();
    format!("c({})", values.join(", "))
}

/// A text of R: JSON's escapes are R's, but for the null character.
fn texts(values: &[String]) -> Result<String, ExportError> {
    let quoted = values.iter().map(|v| json(&v.replace('\0', "")));
    Ok(format!(
        "c({})",
        quoted.collect::<Result<Vec<_>, _>>()?.join(", ")
    ))
}

fn r(experiment: &Experiment) -> Result<String, ExportError> {
    let (selection, settings) = (experiment.selection(), experiment.settings());
    let (matrix, mixture) = (selection.matrix(), experiment.mixture());
    let d = mixture.dimension();
    let code = match (d, settings.covariance_type.volume()) {
        (1, crate::mixture::Freedom::Equal) => "E",
        (1, _) => "V",
        _ => settings.covariance_type.code(),
    };
    let entries = mixture
        .covariances()
        .iter()
        .flat_map(|c| (0..d * d).map(|e| c.get(e / d, e % d)));
    let noise = mixture.noise();
    let lines = [
        format!("columns <- {}", texts(&column_names(selection))?),
        format!("model_name <- \"{code}\""),
        format!("component_names <- {}", texts(&(0..mixture.n_components()).map(letter).collect::<Vec<_>>())?),
        "# Subtracted from the columns, so that no digit is lost far from zero; the means are less it.".to_owned(),
        format!("centre <- {}", vector(matrix.centre().iter().copied())),
        format!("weights <- {}", vector(mixture.weights().iter().copied())),
        format!("means <- matrix({}, nrow = {d})", vector(mixture.means().iter().flatten().copied())),
        format!("sigma <- array({}, c({d}, {d}, {}))", vector(entries), mixture.n_components()),
        format!("noise <- {}", vector(noise.map(|n| n.weight))),
        format!("noise_log_density <- {}", vector(noise.map(|n| n.log_density))),
        format!("tolerance <- {}", shortest(settings.tol)),
        format!("max_iterations <- {}", settings.max_iter),
        format!("notes <- {}", texts(&notes(experiment, settings.covariance_type))?),
    ];
    Ok(MCLUST.replacen("@MODEL@", &lines.join("\n"), 1))
}

fn score(experiment: &Experiment, program: &str) -> Result<String, ExportError> {
    let (selection, mixture) = (experiment.selection(), experiment.mixture());
    let centre = selection.matrix().centre();
    let record = Parameters::of(&mixture, centre);
    let whiten: Vec<Vec<Vec<f64>>> = mixture
        .covariances()
        .iter()
        .map(|c| inverse_factor(c))
        .collect();
    // JSON has no infinity for an empty component.
    let finite = |x: f64| if x < -1e300 { -1e300 } else { x };
    let evaluator = Evaluator::new(&mixture);
    let constants: Vec<f64> = evaluator.constants().iter().map(|&c| finite(c)).collect();
    let noise: Vec<f64> = mixture
        .noise()
        .map_or(Vec::new(), |n| vec![finite(ln(n.weight) + n.log_density)]);
    let example: Vec<String> = record.means[0].iter().map(|m| shortest(*m)).collect();
    let marks = [
        ("COLUMNS", json(&column_names(selection))?),
        ("NAMES", json(&names(&mixture))?),
        ("MEANS", json(&record.means)?),
        ("WHITEN", json(&whiten)?),
        ("CONSTANTS", json(&constants)?),
        ("DEGREES", json(&mixture.degrees().unwrap_or(&[]))?),
        ("NOISE", json(&noise)?),
        ("EXAMPLE", example.join(", ")),
    ];
    Ok(filled(program, &marks))
}

/// The rows of L^-1, each as far as the diagonal.
fn inverse_factor(covariance: &Covariance) -> Vec<Vec<f64>> {
    let d = covariance.dimension();
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(d);
    for j in 0..d {
        let mut row = vec![0.0; j + 1];
        row[j] = 1.0;
        for (l, factor) in covariance.factor_row(j).iter().enumerate() {
            for (entry, known) in row.iter_mut().zip(&rows[l]) {
                *entry -= factor * known;
            }
        }
        row.iter_mut()
            .for_each(|entry| *entry /= covariance.pivot(j));
        rows.push(row);
    }
    rows
}
