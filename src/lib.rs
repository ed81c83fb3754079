//! Mixscope: a page on which one watches EM think.
//!
//! The house has nine rooms; each imports only from rooms above it.
//!
//! | room | what lives there |
//! |---|---|
//! | [`data`] | tables in: CSV, columns and their types, the matrix a fit reads, built-in sets |
//! | [`mixture`] | what a mixture *is*: parameters, covariance families, densities, number of free parameters |
//! | [`fit`] | how it is fitted: initialisation, the E-step and M-step, stopping |
//! | [`study`] | what a fit tells: health of components, model selection, what changed |
//! | [`session`] | the experiment as a document: settings, history of half-steps, commands in and views out |
//! | [`plot`] | pictures: from a plain scene to pixels, without a browser |
//! | `worker` | the same wasm file in its other role: it owns the session |
//! | `ui` | Leptos components, one concept a file; no mathematics |
//!
//! Flow, one way round: file, [`data::Table`], prepared [`data::Matrix`],
//! [`session::Session`] (in the worker), half-step, [`session::View`], signal,
//! [`plot`] scene, canvas. Controls send [`session::Command`]s; nothing else goes back.
//!
//! History is parameters: a half-step stores the mixture and its objective, never
//! an N x K matrix. Responsibilities are computed again where a picture needs them.

pub mod data;
pub mod fit;
pub mod mixture;
pub mod plot;
pub mod session;
pub mod study;

#[cfg(target_arch = "wasm32")]
mod ui;
// The page's figures are plain strings: their tests run with the others, on the host.
#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "ui/format.rs"]
mod format;
#[cfg(target_arch = "wasm32")]
mod worker;

#[cfg(all(target_arch = "wasm32", not(target_feature = "simd128")))]
compile_error!(
    "the page is built with SIMD: an environment variable RUSTFLAGS hides the setting in .cargo/config.toml; unset it"
);

/// Starts whichever role this instance has: the page, or a worker that serves it.
#[cfg(target_arch = "wasm32")]
pub fn start() {
    if worker::is_worker() {
        worker::serve();
    } else {
        ui::mount();
    }
}
