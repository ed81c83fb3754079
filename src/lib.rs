//! Mixscope: a page on which one watches EM fit a Gaussian mixture or one of
//! its relatives, half-step by half-step.
//!
//! This library is the engine and the page. On the host it is the engine alone, and the
//! quickest way to drive it is a [`session::Session`]; the two browser rooms exist in
//! wasm only, so nothing above them can reach for the browser.
//!
//! The house has nine rooms; each imports only from rooms above it.
//!
//! | room | what lives there |
//! |---|---|
//! | [`data`] | tables in: CSV, columns and their types, the matrix a fit reads, built-in sets |
//! | [`mixture`] | what a mixture *is*: parameters, covariance families, densities, number of free parameters |
//! | [`fit`] | how it is fitted: initialisation, the E-step and M-step, stopping |
//! | [`study`] | what a fit tells: health of components, saddles, information criteria |
//! | [`session`] | the experiment as a document: settings, history of half-steps, commands in and views out |
//! | [`export`] | files out: the model, the rows, scripts that go on from it |
//! | [`plot`] | pictures: from a plain scene to pixels, without a browser |
//! | `worker` | the same wasm file in its other role: it owns the session |
//! | `ui` | Leptos components, one concept a file; no mathematics |
//!
//! Beside the rooms, and open to all: [`digits`], how a number is written, and [`later`], what
//! is not needed for the first view.
//!
//! Flow, one way round: file, [`data::Table`], prepared [`data::Matrix`],
//! [`session::Session`] (in the worker), half-step, [`session::View`], signal,
//! [`plot`] scene, canvas. Controls send [`session::Command`]s; nothing else goes back.
//!
//! History is parameters: a half-step stores the mixture and its objective, never
//! an N x K matrix. Responsibilities are computed again where a picture needs them.
//!
//! Same input, same bits: data, settings and seed fix the trajectory to the last bit,
//! natively and in every browser ([`mixture::elementary`], [`fit::Random`],
//! [`fit::CHUNK_ROWS`]).
//!
//! Throughout, N is the number of rows, D of fitted columns, K of components; logarithms
//! are natural, covariances are divided by n_k, and rows, columns and components count
//! from 0 in code and from 1 (or A) in messages.

pub mod data;
pub mod digits;
pub mod export;
pub mod fit;
pub mod later;
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

// rustdoc is not given the flags of .cargo/config.toml, and builds nothing that runs.
#[cfg(all(target_arch = "wasm32", not(target_feature = "simd128"), not(doc)))]
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
