//! The part of the page that grows with the rows, made beside them in the worker:
//! the point layer and the averaged responsibilities, in one pass.

use super::colour::to_linear;
use super::layout::strip_y;
use super::light::{Brief, Light};
use super::points::PointLayer;
use super::request::{Picture, PictureRequest};
use super::shelves::Shelves;
use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::fit::FastResponsibilities;
use crate::later::later;
use crate::mixture::Mixture;
use crate::session::Session;

/// Pixels of a picture at most: a wall of 4K screens. Larger requests are not drawn.
const MOST_PIXELS: u64 = 64_000_000;

/// Linear light of a point that no component claims.
const UNCLAIMED: f64 = 0.2;

/// Draws the half-step that the session shows.
pub fn picture(session: &Session, request: &PictureRequest) -> Picture {
    let experiment = session.experiment();
    let matrix = experiment.selection().matrix();
    let axes = experiment.selection().map_columns();
    let mut picture = Picture {
        id: request.id,
        run: experiment.run().id,
        position: experiment.position(),
        width: request.width,
        height: request.height,
        ..Picture::default()
    };
    if u64::from(request.width) * u64::from(request.height) > MOST_PIXELS {
        return picture;
    }
    let mut points = Points::new(matrix, axes, request);
    match experiment.evaluated() {
        None => {
            let [r, g, b] = to_linear(request.neutral);
            let neutral = [Light::new([r, g, b, 1.0]).brief(); BLOCK_ROWS];
            for block in matrix.blocks() {
                points.add(&block, &neutral);
            }
        }
        Some(t) => {
            let mixture = experiment.run().mixture(matrix, t);
            picture.heat_columns = matrix.n_rows().min(request.heat_width as usize);
            picture.heat = coloured(matrix, &mixture, request, &mut points);
        }
    }
    picture.points = points.layer.finish();
    picture
}

/// The point layer of a matrix.
struct Points {
    layer: PointLayer,
    axes: [usize; 2],
}

impl Points {
    fn new(matrix: &Matrix, axes: [usize; 2], request: &PictureRequest) -> Points {
        let [x, y] = axes.map(|axis| matrix.centre()[axis]);
        let strip = axes[0] == axes[1];
        Points {
            layer: PointLayer::for_request(request, [x, if strip { 0.0 } else { y }]),
            axes,
        }
    }

    /// Adds a block whose rows have these colours.
    fn add(&mut self, block: &Block<'_>, colours: &[Brief; BLOCK_ROWS]) {
        let [x, y] = self.axes;
        let mut strip = [0.0; BLOCK_ROWS];
        let up = match x == y {
            true => {
                for (i, up) in strip.iter_mut().enumerate() {
                    *up = strip_y(block.first_row() + i);
                }
                &strip
            }
            false => block.column(y),
        };
        self.layer.add_rows(block.column(x), up, colours);
    }
}

later! { Steps 20:
    /// Adds the points in the colours of their components, mixed in linear light in proportion to
    /// the responsibilities; and gives these for the heat map, if one is wanted.
    fn coloured(
        matrix: &Matrix,
        mixture: &Mixture,
        request: &PictureRequest,
        points: &mut Points,
    ) -> Vec<f32> {
        let k = mixture.n_components();
        let colour = |c: usize| {
            let rgb = request.colours.get(c).copied().unwrap_or(request.neutral);
            let [r, g, b] = to_linear(rgb).map(f64::from);
            // The last is what the responsibilities sum to: less than 1 beside noise.
            [r, g, b, 1.0]
        };
        let colours: Vec<[f64; 4]> = (0..k).map(colour).collect();
        let columns = matrix.n_rows().min(request.heat_width as usize);
        let mut shelves = (columns > 0).then(|| Shelves::new(matrix.n_rows(), k, columns));
        let mut responsibilities = FastResponsibilities::new(matrix, mixture);
        let mut sums = [[0.0; BLOCK_ROWS]; 4];
        let mut mixed = [[0; 4]; BLOCK_ROWS];
        for block in matrix.blocks() {
            responsibilities.take(&block);
            responsibilities.mix(&colours, &mut sums);
            blend(&sums, &mut mixed);
            points.add(&block, &mixed);
            if let Some(shelves) = &mut shelves {
                let rows: Vec<_> = (0..k).map(|c| responsibilities.row(c)).collect();
                shelves.take(&rows, &responsibilities.labels()[..block.len()]);
            }
        }
        shelves.map_or(Vec::new(), Shelves::columns)
    }
}

/// Colours from sums of light and of responsibilities.
#[inline(never)]
fn blend([r, g, b, total]: &[[f64; BLOCK_ROWS]; 4], mixed: &mut [Brief; BLOCK_ROWS]) {
    for (i, mixed) in mixed.iter_mut().enumerate() {
        let claimed = total[i] > 0.0 && total[i] < f64::INFINITY;
        let scale = 1.0 / total[i];
        let light = [r[i] * scale, g[i] * scale, b[i] * scale];
        let [r, g, b] = if claimed { light } else { [UNCLAIMED; 3] };
        *mixed = Light::new([r as f32, g as f32, b as f32, 1.0]).brief();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Algorithm, Model};
    use crate::session::{Command, Missing};

    fn request(heat_width: u32) -> PictureRequest {
        PictureRequest {
            id: 7,
            width: 100,
            height: 80,
            window: [1.0, 6.0, 40.0, 100.0],
            radius: 2.0,
            colours: vec![[200, 0, 0], [0, 0, 200]],
            neutral: [90, 90, 90],
            rim: [255, 255, 255],
            heat_width,
        }
    }

    fn faithful() -> Session {
        let mut session = Session::new();
        session.handle(Command::OpenBuiltin("faithful".into()));
        session.handle(Command::SetComponents(2));
        session
    }

    #[test]
    fn the_start_has_grey_points_and_no_heat_map() {
        let picture = picture(&faithful(), &request(50));
        assert_eq!((picture.id, picture.position), (7, 0));
        assert!(picture.heat.is_empty());
        let grey = picture.points.chunks_exact(4).filter(|p| p[3] > 200);
        assert!(grey.clone().count() > 100);
        assert!(grey.clone().all(|p| p[0] == p[2]));
    }

    #[test]
    fn the_heat_map_is_sorted_by_component_and_every_column_sums_to_one() {
        let mut session = faithful();
        session.handle(Command::EStep);
        for width in [50, 272, 1000] {
            let picture = picture(&session, &request(width));
            let w = picture.heat_columns;
            assert_eq!(w, 272.min(width as usize));
            for column in 0..w {
                let sum = picture.heat[column] + picture.heat[w + column];
                assert!((sum - 1.0).abs() < 1e-5);
            }
            assert!(picture.heat[0] > 0.99 && picture.heat[2 * w - 1] > 0.0);
            let switches = (1..w)
                .filter(|&c| (picture.heat[c] > 0.5) != (picture.heat[c - 1] > 0.5))
                .count();
            assert_eq!(switches, 1);
        }
    }

    #[test]
    fn points_take_the_colours_of_their_components() {
        let mut session = faithful();
        session.handle(Command::EStep);
        let picture = picture(&session, &request(0));
        let pixels = picture.points.chunks_exact(4);
        let red = pixels
            .clone()
            .filter(|p| p[3] > 200 && p[0] > 150 && p[2] < 50)
            .count();
        let blue = pixels
            .filter(|p| p[3] > 200 && p[2] > 150 && p[0] < 50)
            .count();
        assert!(red > 100 && blue > 100, "{red} {blue}");
    }

    #[test]
    fn a_hidden_markov_model_shows_what_it_thinks_of_rows_among_their_neighbours() {
        let mut session = faithful();
        session.handle(Command::SetMethod(Model::Markov, Algorithm::Em));
        for _ in 0..5 {
            session.handle(Command::Step);
        }
        session.handle(Command::EStep);
        let picture = picture(&session, &request(272));
        for (k, band) in picture.heat.chunks_exact(272).enumerate() {
            let sum: f64 = band.iter().map(|&r| f64::from(r)).sum();
            let points = session.view().components[k].points;
            assert!((sum - points).abs() < 1e-3, "{sum} {points}");
        }
        let view = session.view();
        assert_eq!(view.extra, "Stays");
        // Short eruptions are hardly ever followed by another short one.
        let short = view
            .components
            .iter()
            .min_by(|a, b| a.mean[0].total_cmp(&b.mean[0]));
        assert!(short.unwrap().extra.unwrap() < 0.1);
    }

    #[test]
    fn rows_that_miss_an_axis_are_in_the_heat_map_and_not_among_the_points() {
        let mut session = Session::new();
        session.open_csv(
            "holes.csv",
            b"x,y\n2,50\n,50\n5,\n5,90\n2.5,55\n4.5,85\n,\n",
        );
        for command in [
            Command::SetComponents(2),
            Command::SetMissing(Missing::Fit),
            Command::EStep,
        ] {
            session.handle(command);
            assert_eq!(session.view().problem, None);
        }
        assert_eq!(session.view().data.n_not_drawn, 3);
        let picture = picture(&session, &request(7));
        assert_eq!(picture.heat_columns, 7);
        for column in 0..7 {
            let sum = picture.heat[column] + picture.heat[7 + column];
            assert!((sum - 1.0).abs() < 1e-5, "{sum}");
        }
        // Four points of a few pixels, far apart.
        let solid = picture
            .points
            .chunks_exact(4)
            .filter(|p| p[3] > 200)
            .count();
        assert!((20..120).contains(&solid), "{solid}");
    }
}
