//! The part of the page that grows with the rows, made beside them in the worker:
//! the point layer and the averaged responsibilities.

use super::colour::{Linear, mix, to_linear};
use super::layout::strip_y;
use super::points::PointLayer;
use super::request::{Picture, PictureRequest};
use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::mixture::{Mixture, Responsibilities};
use crate::session::Session;

/// Pixels of a picture at most: a wall of 4K screens. Larger requests are not drawn.
const MOST_PIXELS: u64 = 64_000_000;

/// Draws the half-step that the session shows.
pub fn picture(session: &Session, request: &PictureRequest) -> Picture {
    let experiment = session.experiment();
    let view = Rows {
        matrix: experiment.selection().matrix(),
        axes: experiment.selection().map_columns(),
    };
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
    match experiment.evaluated() {
        None => picture.points = view.neutral(request),
        Some(t) => {
            let mixture = experiment.run().mixture(view.matrix, t);
            let (points, order) = view.coloured(request, &mixture);
            picture.points = points;
            if request.heat_width > 0 {
                picture.heat_columns = view.matrix.n_rows().min(request.heat_width as usize);
                picture.heat = heat(view.matrix, &mixture, order, picture.heat_columns);
            }
        }
    }
    picture
}

struct Rows<'a> {
    matrix: &'a Matrix,
    axes: [usize; 2],
}

impl Rows<'_> {
    /// Points that belong to nobody yet.
    fn neutral(&self, request: &PictureRequest) -> Vec<u8> {
        let mut layer = PointLayer::for_request(request);
        let colour = to_linear(request.neutral);
        for block in self.matrix.blocks() {
            for i in 0..block.len() {
                self.point(&mut layer, &block, i, colour);
            }
        }
        layer.finish()
    }

    /// Points in the mix of their components' colours, and for each row a key that sorts
    /// the rows by strongest component and then by how strong it is.
    fn coloured(&self, request: &PictureRequest, mixture: &Mixture) -> (Vec<u8>, Vec<u64>) {
        let k = mixture.n_components();
        let colours: Vec<Linear> = (0..k)
            .map(|c| to_linear(request.colours.get(c).copied().unwrap_or(request.neutral)))
            .collect();
        let mut layer = PointLayer::for_request(request);
        let mut responsibilities = Responsibilities::new(self.matrix, mixture);
        let mut r = vec![0.0; k];
        let mut order = Vec::with_capacity(self.matrix.n_rows());
        for block in self.matrix.blocks() {
            responsibilities.take(&block);
            for i in 0..block.len() {
                let mut strongest = 0;
                for (c, r) in r.iter_mut().enumerate() {
                    *r = responsibilities.row(c)[i];
                }
                for c in 1..k {
                    if r[c] > r[strongest] {
                        strongest = c;
                    }
                }
                order.push(key(strongest, r[strongest], block.first_row() + i));
                self.point(&mut layer, &block, i, mix(&r, &colours));
            }
        }
        (layer.finish(), order)
    }

    fn point(&self, layer: &mut PointLayer, block: &Block<'_>, i: usize, colour: Linear) {
        let [x, y] = self.axes;
        let at = |j: usize| block.column(j)[i] + self.matrix.centre()[j];
        let up = if x == y {
            strip_y(block.first_row() + i)
        } else {
            at(y)
        };
        layer.add(at(x), up, colour);
    }
}

/// Component in the highest 8 bits, then 24 bits of 1 - r, then the row.
fn key(component: usize, r: f64, row: usize) -> u64 {
    let weakness = ((1.0 - r).clamp(0.0, 1.0) * 16_777_215.0) as u64;
    (component as u64) << 56 | weakness << 32 | row as u64
}

/// Responsibilities of the rows in sorted order, averaged into `columns` columns: K rows
/// of `columns` numbers.
fn heat(matrix: &Matrix, mixture: &Mixture, mut order: Vec<u64>, columns: usize) -> Vec<f32> {
    let (n, k) = (matrix.n_rows(), mixture.n_components());
    order.sort_unstable();
    let mut column_of = vec![0u32; n];
    for (rank, key) in order.iter().enumerate() {
        column_of[(key & 0xffff_ffff) as usize] = (rank * columns / n) as u32;
    }
    let mut sums = vec![0.0f64; k * columns];
    let mut counts = vec![0u32; columns];
    let mut responsibilities = Responsibilities::new(matrix, mixture);
    for block in matrix.blocks() {
        responsibilities.take(&block);
        let column_of = &column_of[block.first_row()..block.first_row() + block.len()];
        for &column in column_of {
            counts[column as usize] += 1;
        }
        for (c, sums) in sums.chunks_exact_mut(columns).enumerate() {
            for (&column, r) in column_of.iter().zip(&responsibilities.row(c)[..BLOCK_ROWS]) {
                sums[column as usize] += r;
            }
        }
    }
    sums.iter()
        .enumerate()
        .map(|(i, s)| (s / f64::from(counts[i % columns].max(1))) as f32)
        .collect()
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
