//! Leptos components, one concept a file; they hold no mathematics.
//!
//! [`state::Desk`] is all the state there is. Components read its signals and
//! call its methods; [`stage::Stage`] paints the canvases, a frame at a time.

mod address;
mod algorithm;
mod caption;
mod closures;
mod columns_panel;
mod component_table;
mod controls;
mod curve;
mod data_panel;
mod device;
mod diagnostics;
mod drop_file;
mod export;
mod format;
mod header;
mod heat_map;
mod help;
mod keyboard;
mod map_view;
mod model_panel;
mod paint;
mod painter;
mod panel;
mod panic;
mod past;
mod problem;
mod roles;
mod share;
mod stage;
mod state;
mod surface;
mod theme;
mod timeline;
mod transport;

use leptos::prelude::*;

use caption::Caption;
use columns_panel::ColumnsPanel;
use data_panel::DataPanel;
use diagnostics::Diagnostics;
use drop_file::DropVeil;
use export::Export;
use header::Header;
use help::Help;
use map_view::MapView;
use model_panel::ModelPanel;
use problem::ProblemAlert;
use share::Share;
use stage::Layers;
use state::Desk;
use timeline::Timeline;
use transport::Transport;

/// Mounts the page.
pub fn mount() {
    panic::install();
    mount_to_body(Page);
}

/// The whole page.
#[component]
fn Page() -> impl IntoView {
    let desk = Desk::new();
    provide_context(desk);
    keyboard::listen(desk);
    let resized = window_event_listener(leptos::ev::resize, move |_| {
        let stage = desk.stage();
        stage.refit_all();
        stage.mark(desk, Layers::ALL);
    });
    on_cleanup(move || resized.remove());
    desk.connect();
    view! {
        <Header />
        <main class="desk">
            <Transport />
            <div class="setup">
                <DataPanel />
                <ColumnsPanel />
                <ModelPanel />
            </div>
            <MapView />
            <Diagnostics />
            <div class="foot">
                <Timeline />
                <Caption />
            </div>
        </main>
        <ProblemAlert />
        <DropVeil />
        <Help />
        <Export />
        <Share />
    }
}
