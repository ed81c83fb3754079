//! The first parameters of every model: normal components, and what the model has beside them.

use super::beyond;
use super::init::{StartError, components};
use super::markov;
use super::method::{Algorithm, Knob, Model};
use super::settings::{Floor, Settings, SettingsError};
use crate::data::Matrix;
use crate::mixture::elementary::ln;
use crate::mixture::{Mixture, Noise};

/// The mixture at iteration 0, in the matrix's coordinates: normal components from one of the
/// ways of [`InitMethod`](super::InitMethod), made into what [`Model`] says.
///
/// # Errors
/// If a setting is out of range, or the data have no variance where the model needs one.
pub fn start(matrix: &Matrix, settings: &Settings) -> Result<Mixture, StartError> {
    settings.check(matrix).map_err(StartError::Settings)?;
    let normal = match settings.algorithm {
        // A prior is as narrow as the rows themselves, and a fit under it has no floor.
        Algorithm::Map => {
            every_column_varies(matrix)?;
            let floor = Floor::NONE;
            components(
                matrix,
                &Settings {
                    floor,
                    ..settings.clone()
                },
            )?
        }
        _ => components(matrix, settings)?,
    };
    match settings.model {
        Model::Gaussian => Ok(normal),
        _ => beyond::begin(normal, matrix, settings),
    }
}

/// What a model makes of normal components.
pub(super) fn otherwise(
    normal: Mixture,
    matrix: &Matrix,
    settings: &Settings,
) -> Result<Mixture, StartError> {
    let knobs = &settings.knobs;
    let made = match settings.model {
        // The first posterior is drawn from the responsibilities of the start: see `Em::new`.
        Model::Gaussian | Model::Variational | Model::Process => return Ok(normal),
        Model::Markov => return markov::begin(normal, settings),
        Model::Noise => {
            let noise = Noise {
                weight: knobs.get(Knob::NoiseShare),
                log_density: uniform_log_density(matrix)?,
            };
            normal.with_noise(noise)
        }
        Model::Student => {
            let degrees = vec![knobs.get(Knob::Degrees); settings.n_components];
            normal.with_degrees(degrees, Knob::degrees_free(knobs.count(Knob::DegreesFree)))
        }
    };
    // The knobs' ranges are narrower than what a mixture takes.
    made.map_err(|_| StartError::Settings(SettingsError::Components(settings.n_components)))
}

fn every_column_varies(matrix: &Matrix) -> Result<(), StartError> {
    let flat = |j: &usize| matrix.variance()[*j].sqrt() <= matrix.resolution()[*j];
    match (0..matrix.n_columns()).find(flat) {
        Some(column) => Err(StartError::NoSpread { column }),
        None => Ok(()),
    }
}

/// -ln V, V the volume of the box with sides along the columns that just holds all rows
/// (Banfield and Raftery 1993; Fraley and Raftery 1998). It moves, stretches and turns up
/// side down with the columns. mclust takes the box along the principal components where that is
/// smaller, which would depend on the columns' units.
fn uniform_log_density(matrix: &Matrix) -> Result<f64, StartError> {
    every_column_varies(matrix)?;
    let mut log_volume = 0.0;
    for j in 0..matrix.n_columns() {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for block in matrix.blocks() {
            for (i, &x) in block.column(j).iter().enumerate() {
                // A row that counts for nothing takes no room either.
                if block.weights().is_none_or(|w| w[i] > 0.0) {
                    least = least.min(x);
                    most = most.max(x);
                }
            }
        }
        log_volume += ln(most - least);
    }
    Ok(-log_volume)
}
