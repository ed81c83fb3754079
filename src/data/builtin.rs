//! Sets that come with the page: see [`all`].
//!
//! The text of the set that the page opens on is part of the program. That of the others
//! is too on the host; the page, which must be small to load, fetches it beside itself.

mod plain;

use std::borrow::Cow;

use super::Table;

/// Gives the bytes of a set's file, or says why it cannot.
pub type Loader = fn(&Builtin) -> Result<Cow<'static, [u8]>, String>;

#[cfg(not(target_arch = "wasm32"))]
macro_rules! text {
    ($id:literal) => {
        Some(include_str!(concat!("../../assets/sets/", $id, ".csv")))
    };
}

#[cfg(target_arch = "wasm32")]
macro_rules! text {
    ($id:literal) => {
        None
    };
}

/// A set that comes with the page.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name in links and settings, never changed.
    pub id: &'static str,
    /// Its name on the page.
    pub title: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// What to try with it, in a sentence.
    pub try_this: &'static str,
    /// Where it comes from and under which licence.
    pub provenance: &'static str,
    /// Number of components to begin with.
    pub k: usize,
    /// Names of the columns to begin with.
    pub columns: &'static [&'static str],
    text: Option<&'static str>,
}

impl Builtin {
    /// Where the page finds its file, from the page's own address.
    pub fn file(&self) -> String {
        format!("sets/{}.csv", self.id)
    }

    /// Its rows, named after the title, from the bytes of its file.
    ///
    /// `None` if they are not the bytes of a set.
    pub fn read(&self, bytes: &[u8]) -> Option<Table> {
        plain::read(self.title, bytes)
    }
}

/// Loads the sets that are part of the program.
///
/// ```
/// use mixscope::data::builtin;
///
/// let faithful = builtin::find("faithful").expect("it is built in");
/// let table = faithful.read(&builtin::embedded(faithful)?).expect("it is a table");
/// assert_eq!(table.n_rows(), 272);
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// If the set is not.
pub fn embedded(set: &Builtin) -> Result<Cow<'static, [u8]>, String> {
    set.text
        .map(|text| Cow::Borrowed(text.as_bytes()))
        .ok_or_else(|| format!("{} is not part of the program", set.file()))
}

/// All built-in sets, in the order of the menu; the first one is the one the page opens on.
pub fn all() -> &'static [Builtin] {
    &ALL
}

/// The set with that id.
pub fn find(id: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|set| set.id == id)
}

const GENERATED: &str = "Drawn from a known mixture by examples/make_sets.rs; CC0.";

static ALL: [Builtin; 7] = [
    Builtin {
        id: "blobs",
        title: "Three blobs",
        about: "400 points from three Gaussians of different size, shape and tilt that overlap at their edges.",
        try_this: "Press Play with K = 3, then go back and see what K = 2 and K = 5 make of it.",
        provenance: GENERATED,
        k: 3,
        columns: &["x", "y"],
        text: Some(include_str!("../../assets/sets/blobs.csv")),
    },
    Builtin {
        id: "faithful",
        title: "Old Faithful",
        about: "272 eruptions of a geyser: how long each lasted and how long until the next, in minutes.",
        try_this: "K = 2 finds short and long eruptions; compare BIC with K = 3 and one tied covariance.",
        provenance: "Azzalini and Bowman, Applied Statistics 39 (1990) 357-365; the set faithful of R's datasets package; published measurements.",
        k: 2,
        columns: &["eruptions", "waiting"],
        text: text!("faithful"),
    },
    Builtin {
        id: "iris",
        title: "Iris",
        about: "150 irises of three species, four lengths in centimetres each.",
        try_this: "BIC likes two components, botanists three: look at the pair that stays together.",
        provenance: "Fisher, Annals of Eugenics 7 (1936) 179-188; UCI Machine Learning Repository, CC BY 4.0; the values are Fisher's, as R's datasets package has them.",
        k: 3,
        columns: &["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"],
        text: text!("iris"),
    },
    Builtin {
        id: "aniso",
        title: "Anisotropic",
        about: "1500 points in three parallel slanted clouds.",
        try_this: "Spherical and diagonal covariances cut the clouds across; tied is enough to follow them.",
        provenance: "Three blobs sheared by the same matrix, after an example of scikit-learn; CC0.",
        k: 3,
        columns: &["x1", "x2"],
        text: text!("aniso"),
    },
    Builtin {
        id: "uneven",
        title: "Uneven",
        about: "Three round blobs of 500, 100 and 10 points.",
        try_this: "Start again a few times with New start: does the smallest blob always get a component of its own?",
        provenance: GENERATED,
        k: 3,
        columns: &["x", "y"],
        text: text!("uneven"),
    },
    Builtin {
        id: "moons",
        title: "Two moons",
        about: "500 points on two interleaved half circles: not Gaussian at all.",
        try_this: "K = 2 cuts both moons; raise K and watch BIC fall: components are not clusters.",
        provenance: "Two half circles with normal noise of standard deviation 0.05; CC0.",
        k: 2,
        columns: &["x1", "x2"],
        text: text!("moons"),
    },
    Builtin {
        id: "wide_tight",
        title: "Wide and tight",
        about: "400 points of a wide blob and 100 of a tight one beside it.",
        try_this: "k-means splits the wide blob half-way; the mixture takes its width into account.",
        provenance: "Drawn from N((0, 0), 2.5^2 I) and N((6, 0), 0.5^2 I); CC0.",
        k: 2,
        columns: &["x1", "x2"],
        text: text!("wide_tight"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::csv;

    #[test]
    fn every_set_reads_as_any_file_would_and_without_a_note() {
        for set in all() {
            let read = csv::read(set.title, &embedded(set).expect(set.id)).expect(set.id);
            assert!(read.notes.is_empty(), "{}: {:?}", set.id, read.notes);
            let plain = set.read(&embedded(set).expect(set.id)).expect(set.id);
            assert_eq!(
                format!("{plain:?}"),
                format!("{:?}", read.table),
                "{}",
                set.id
            );
        }
    }

    #[test]
    fn the_columns_to_begin_with_are_those_a_table_gives_by_default() {
        for set in all() {
            let table = set.read(&embedded(set).expect(set.id)).expect(set.id);
            let found: Option<Vec<usize>> =
                set.columns.iter().map(|name| table.find(name)).collect();
            assert_eq!(found, Some(table.default_columns()), "{}", set.id);
        }
    }

    #[test]
    fn what_came_in_place_of_a_set_is_no_table() {
        let iris = find("iris").expect("iris is built in");
        for bytes in [
            &b"<!doctype html><title>Log in, please</title>"[..],
            b"",
            b"x,y\n",
            b"x,y\n1,2\n3\n",
            b"x,y\n1,2\n3,4,5\n",
            b"\x00\xff",
        ] {
            assert!(iris.read(bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn ids_are_distinct() {
        for set in all() {
            assert!(find(set.id).is_some_and(|found| found.title == set.title));
        }
    }

    #[test]
    fn iris_carries_its_species_as_text() {
        let iris = find("iris").expect("iris is built in");
        let table = iris
            .read(&embedded(iris).expect("its text"))
            .expect("it is a table");
        let species = table
            .find("Species")
            .map(|index| table.columns()[index].kind());
        assert_eq!(species, Some(crate::data::ColumnKind::Text));
    }
}
