//! The part of the page that grows with the rows, made beside them in the worker:
//! the point layer and the averaged responsibilities, in one pass.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::colour::{Linear, to_linear};
use super::crowd::{CROWD, Crowd};
use super::layout::strip_y;
use super::points::PointLayer;
use super::request::{Picture, PictureRequest};
use super::shelves::{Shelves, UNIT};
use crate::data::{BLOCK_ROWS, Block, Matrix};
use crate::fit::FastResponsibilities;
use crate::later::later;
use crate::mixture::{Kind, Mixture};
use crate::session::Session;

/// Pixels of a picture at most: an 8K screen. Larger requests are not drawn.
const MOST_PIXELS: u64 = 34_000_000;

/// Linear light of a point that no component claims.
const UNCLAIMED: f64 = 0.2;

/// What there is to draw but for the rows: the same for all who draw some of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sketch {
    request: PictureRequest,
    run: u64,
    position: usize,
    /// Of the matrix, that the map shows.
    axes: [usize; 2],
    n_rows: usize,
    /// What gives the points their colours; none at the start.
    mixture: Option<Rc<Mixture>>,
}

impl Sketch {
    /// What is to be drawn of the half-step that the session shows.
    pub fn new(session: &Session, request: PictureRequest) -> Sketch {
        let experiment = session.experiment();
        let (run, matrix) = (experiment.run(), experiment.selection().matrix());
        Sketch {
            request,
            run: run.id,
            position: experiment.position(),
            axes: experiment.selection().map_columns(),
            n_rows: matrix.n_rows(),
            mixture: experiment.evaluated().map(|t| run.mixture(matrix, t)),
        }
    }

    /// The request.
    pub fn request(&self) -> &PictureRequest {
        &self.request
    }

    /// Can several workers draw some of the rows each, and is that worth it?
    pub fn can_be_shared(&self) -> bool {
        /// Fewer are drawn before others' sums have come and are added.
        const MANY: usize = 1 << 18;
        let independent = |mixture: &Rc<Mixture>| !matches!(mixture.kind(), Kind::Chain(_));
        self.n_rows >= MANY
            && self.columns() < self.n_rows
            && self.mixture.as_ref().is_none_or(independent)
    }

    /// Draws it: `matrix` has all rows.
    pub fn picture(self, matrix: &Matrix) -> Picture {
        if self.n_rows >= CROWD && self.can_be_drawn() {
            return complete(portion(&self, &[RowsOf::all(matrix)]), &self);
        }
        let mut picture = self.frame();
        if self.can_be_drawn() {
            let mut layer = PointLayer::for_request(&self.request, self.centre(matrix));
            match &self.mixture {
                None => {
                    let add: Add = &mut |x, y, colours| layer.add_all(x, y, colours);
                    self.neutral(RowsOf::all(matrix), add);
                }
                Some(mixture) => {
                    picture.heat_columns = self.columns();
                    picture.heat = coloured(&self, matrix, mixture, &mut layer);
                }
            }
            picture.points = layer.finish();
        }
        picture
    }

    /// The picture without what is on it.
    fn frame(&self) -> Picture {
        Picture {
            id: self.request.id,
            run: self.run,
            position: self.position,
            width: self.request.width,
            height: self.request.height,
            ..Picture::default()
        }
    }

    fn can_be_drawn(&self) -> bool {
        u64::from(self.request.width) * u64::from(self.request.height) <= MOST_PIXELS
    }

    /// Columns of the heat map.
    fn columns(&self) -> usize {
        self.n_rows.min(self.request.heat_width as usize)
    }

    /// What was subtracted from the coordinates of the points.
    fn centre(&self, matrix: &Matrix) -> [f64; 2] {
        let [x, y] = self.axes.map(|axis| matrix.centre()[axis]);
        [x, if self.is_strip() { 0.0 } else { y }]
    }

    fn is_strip(&self) -> bool {
        self.axes[0] == self.axes[1]
    }

    /// Gives a block's points, the first of which is that of row `first`, to `add`.
    fn add(&self, block: &Block<'_>, first: usize, colours: &[Linear], add: Add<'_>) {
        let [x, y] = self.axes.map(|axis| block.column(axis));
        if self.is_strip() {
            let up: [f64; BLOCK_ROWS] = std::array::from_fn(|i| strip_y(first + i));
            add(x, &up, colours);
        } else {
            add(x, y, colours);
        }
    }

    /// Gives the points of some rows to `add` without a component's colour.
    fn neutral(&self, rows: RowsOf<'_>, add: Add<'_>) {
        let neutral = [to_linear(self.request.neutral); BLOCK_ROWS];
        for (first, block) in rows.blocks() {
            self.add(&block, first, &neutral, add);
        }
    }
}

/// Some of the rows.
#[derive(Clone, Copy)]
pub struct RowsOf<'a> {
    /// Which number the matrix's first row has among all.
    pub first: usize,
    /// What they are the first rows of.
    pub matrix: &'a Matrix,
    /// How many blocks they are, or more than there are for all.
    pub blocks: usize,
}

impl<'a> RowsOf<'a> {
    /// All rows.
    pub fn all(matrix: &'a Matrix) -> Self {
        RowsOf {
            first: 0,
            matrix,
            blocks: usize::MAX,
        }
    }

    /// Their blocks, each with the number of its first row among all.
    fn blocks(self) -> impl Iterator<Item = (usize, Block<'a>)> {
        let blocks = self.matrix.blocks().take(self.blocks);
        blocks.map(move |block| (self.first + block.first_row(), block))
    }
}

/// Takes in x, y and colours of points.
type Add<'a> = &'a mut dyn FnMut(&[f64], &[f64], &[Linear]);

/// What of a picture with very many points is made of some of the rows.
pub struct Portion {
    /// The points.
    pub crowd: Crowd,
    /// What the heat map is made of, if one is wanted.
    pub shelves: Option<Shelves>,
}

impl Portion {
    /// Adds what was made of other rows: see [`Crowd::put`].
    pub fn put(&mut self, crowd: &[u32], shelves: Option<&Shelves>) -> bool {
        if let (Some(own), Some(shelves)) = (&mut self.shelves, shelves) {
            own.put(shelves);
        }
        self.crowd.put(crowd)
    }
}

later! { Steps 20:
    /// Adds the points in the colours of their components, and gives the responsibilities for
    /// the heat map, if one is wanted.
    fn coloured(
        sketch: &Sketch,
        matrix: &Matrix,
        mixture: &Mixture,
        layer: &mut PointLayer,
    ) -> Vec<f32> {
        let mut shelves = sketch.shelves();
        let add: Add = &mut |x, y, colours| layer.add_all(x, y, colours);
        sketch.mix(RowsOf::all(matrix), mixture, shelves.as_mut(), add);
        shelves.map_or(Vec::new(), Shelves::columns)
    }
}

later! { Steps 21:
    /// Draws some of very many rows.
    pub fn portion(sketch: &Sketch, rows: &[RowsOf<'_>]) -> Portion {
        let centre = rows.first().map_or([0.0; 2], |rows| sketch.centre(rows.matrix));
        let mut crowd = Crowd::new(&sketch.request, centre);
        let mut shelves = sketch.mixture.as_ref().and_then(|_| sketch.shelves());
        for rows in rows {
            let add: Add = &mut |x, y, colours| crowd.add(x, y, colours);
            match &sketch.mixture {
                None => sketch.neutral(*rows, add),
                Some(mixture) => sketch.mix(*rows, mixture, shelves.as_mut(), add),
            }
        }
        Portion { crowd, shelves }
    }
}

later! { Steps 22:
    /// The picture, once the portion is that of all rows.
    pub fn complete(portion: Portion, sketch: &Sketch) -> Picture {
        Picture {
            points: portion.crowd.finish(),
            heat_columns: if portion.shelves.is_some() { sketch.columns() } else { 0 },
            heat: portion.shelves.map_or(Vec::new(), Shelves::columns),
            ..sketch.frame()
        }
    }
}

impl Sketch {
    fn shelves(&self) -> Option<Shelves> {
        let (mixture, columns) = (self.mixture.as_ref()?, self.columns());
        (columns > 0).then(|| Shelves::new(self.n_rows, mixture.n_components(), columns))
    }

    /// Gives points to `add` in the colours of their components, mixed in linear light in
    /// proportion to the responsibilities, and these to the shelves.
    fn mix(
        &self,
        rows: RowsOf<'_>,
        mixture: &Mixture,
        mut shelves: Option<&mut Shelves>,
        add: Add<'_>,
    ) {
        let (k, request) = (mixture.n_components(), &self.request);
        let colour = |c: usize| {
            let rgb = request.colours.get(c).copied().unwrap_or(request.neutral);
            let [r, g, b] = to_linear(rgb).map(f64::from);
            // The last is what the responsibilities sum to: less than 1 beside noise.
            [r, g, b, 1.0]
        };
        let colours: Vec<[f64; 4]> = (0..k).map(colour).collect();
        let mut responsibilities = FastResponsibilities::new(rows.matrix, mixture);
        let mut sums = [[0.0; BLOCK_ROWS]; 4];
        let mut mixed = [[0.0; 3]; BLOCK_ROWS];
        let mut strongest = [0; BLOCK_ROWS];
        let mut parts = vec![0.0; k * BLOCK_ROWS];
        for (first, block) in rows.blocks() {
            responsibilities.take(&block);
            responsibilities.mix(&colours, &mut sums);
            blend(&sums, &mut mixed);
            self.add(&block, first, &mixed, add);
            if let Some(shelves) = &mut shelves {
                responsibilities.strongest(k, &mut strongest);
                responsibilities.in_parts(UNIT, &mut parts);
                shelves.take(&parts, &strongest[..block.len()]);
            }
        }
    }
}

/// Colours from sums of light and of responsibilities.
#[inline(never)]
fn blend([r, g, b, total]: &[[f64; BLOCK_ROWS]; 4], mixed: &mut [Linear; BLOCK_ROWS]) {
    for (i, mixed) in mixed.iter_mut().enumerate() {
        let claimed = total[i] > 0.0 && total[i] < f64::INFINITY;
        let scale = 1.0 / total[i];
        let light = [r[i] * scale, g[i] * scale, b[i] * scale];
        let [r, g, b] = if claimed { light } else { [UNCLAIMED; 3] };
        *mixed = [r as f32, g as f32, b as f32];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, Table};
    use crate::fit::{Algorithm, CHUNK_ROWS, Model};
    use crate::session::{Command, Missing};

    fn picture(session: &Session, request: &PictureRequest) -> Picture {
        let matrix = session.experiment().selection().matrix();
        Sketch::new(session, request.clone()).picture(matrix)
    }

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

    /// The picture made in so many shares, most of them from copies of their rows.
    fn shared(sketch: &Sketch, matrix: &Matrix, shares: usize) -> Picture {
        let chunks = matrix.n_rows().div_ceil(CHUNK_ROWS);
        let cut = |share: usize| chunks * share / shares;
        let own = RowsOf {
            blocks: cut(1) * CHUNK_ROWS / BLOCK_ROWS,
            ..RowsOf::all(matrix)
        };
        let mut whole = portion(sketch, &[own]);
        for share in 1..shares {
            // In two pieces, as rows go over.
            let middle = cut(share).midpoint(cut(share + 1));
            let pieces = [cut(share)..middle, middle..cut(share + 1)];
            let pieces = pieces.map(|p| (p.start * CHUNK_ROWS, matrix.chunks(p, CHUNK_ROWS)));
            let rows = pieces.each_ref().map(|(first, matrix)| RowsOf {
                first: *first,
                ..RowsOf::all(matrix)
            });
            let mut part = portion(sketch, &rows);
            assert!(whole.put(&part.crowd.sums(), part.shelves.as_ref()));
        }
        complete(whole, sketch)
    }

    #[test]
    fn a_picture_made_in_shares_is_the_one_made_alone_however_many_there_are() {
        let n = CROWD + 300;
        let mut random = crate::fit::Random::new(3);
        let mut column = |groups: usize| {
            let mut value = |i: usize| (i % groups) as f64 + 2.0 * random.uniform();
            Column::number("c", (0..n).map(&mut value).collect())
        };
        for columns in [vec![column(3), column(5)], vec![column(2)]] {
            let mut session = Session::new();
            session.open_table(Table::new("t", columns), String::new(), Vec::new());
            for command in [Command::SetComponents(2), Command::EStep, Command::First] {
                session.handle(command);
                let request = PictureRequest {
                    window: [0.0, 5.0, 0.0, 7.0],
                    radius: 1.1,
                    ..request(50)
                };
                let matrix = session.experiment().selection().matrix();
                let sketch = Sketch::new(&session, request);
                let alone = sketch.clone().picture(matrix);
                assert_eq!(alone.heat.is_empty(), alone.position == 0);
                let seen = alone.points.chunks(4).filter(|p| p[3] == 255).count();
                assert!(seen > 500, "{seen}");
                for shares in [1, 2, 7] {
                    assert!(shared(&sketch, matrix, shares) == alone, "{shares}");
                }
            }
        }
    }
}
