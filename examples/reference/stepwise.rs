//! Stepwise EM over batches in file order.

use std::path::Path;

use mixscope::fit::{Algorithm, Em, Floor, Knob, Knobs, Plan, Scheme, Settings, e_step};
use serde_json::{Value, json};

use super::{covariance_type, evaluate, matrix, mixture, negated, number, parameters, say};

/// The passes of a case, the log-likelihood of all rows after each.
pub fn run(case: &Value, folder: &Path) -> Result<Value, String> {
    let matrix = matrix(case, folder)?;
    let inputs = &case["inputs"];
    let knob = |name: &str| number(&inputs[name]).ok_or_else(|| format!("{name} is no number"));
    let family = covariance_type(inputs)?;
    let settings = Settings {
        n_components: knob("n_components")? as usize,
        covariance_type: family,
        algorithm: Algorithm::Stepwise,
        floor: Floor::absolute(knob("reg_covar")?),
        knobs: Knobs::default()
            .with(Knob::Rows, knob("batch_size")?)
            .with(Knob::StepExponent, knob("kappa")?)
            .with(Knob::StepOffset, knob("t0")?)
            .with(Knob::Passes, knob("epochs")?)
            .with(Knob::Shuffle, 0.0),
        ..Settings::default()
    };
    settings.check(&matrix).map_err(|e| e.to_string())?;
    let plan = Plan::new(&settings, &matrix);
    let Scheme::Stepwise(stepwise) = plan.scheme else {
        return Err("the plan is not stepwise".into());
    };
    let start = mixture(inputs, family)?.translated(&negated(matrix.centre()));
    let n = matrix.n_rows() as f64;
    let on_all_rows = |em: &Em| {
        let mixture = em.mixture();
        e_step(&matrix, mixture, mixture.means()).log_likelihood / n
    };

    let mut em = Em::new(&matrix, start, &plan);
    let mut mean = vec![on_all_rows(&em)];
    let mut after_first_batch = Value::Null;
    let passes = knob("epochs")? as usize;
    for update in 0..stepwise.updates() {
        em = em.iterate(&matrix, &plan).map_err(say(&mean))?;
        if update == 0 {
            after_first_batch = parameters(&em, &matrix, inputs);
        }
        if (update + 1) % (stepwise.updates() / passes) == 0 {
            mean.push(on_all_rows(&em));
        }
    }
    let steps = case["expected"]["step_sizes_first"].as_array();
    let steps = 0..steps.map_or(0, Vec::len);
    let responsibilities = evaluate(em.mixture(), &matrix).1;
    Ok(json!({
        "name": case["name"],
        "step_sizes_first": steps.map(|u| stepwise.step_size(u)).collect::<Vec<_>>(),
        "n_updates": stepwise.updates(),
        "log_likelihood": {"mean": mean},
        "after_first_batch": after_first_batch,
        "final": parameters(&em, &matrix, inputs),
        "responsibilities": responsibilities.iter().take(20).collect::<Vec<_>>(),
    }))
}
