//! Sets that come with the page, offline too: see [`all`].

use super::{Column, Table, csv};

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
    csv: &'static str,
}

impl Builtin {
    /// Its rows, named after the title.
    ///
    /// ```
    /// let faithful = mixscope::data::builtin::find("faithful").expect("it is built in");
    /// assert_eq!(faithful.table().n_rows(), 272);
    /// ```
    pub fn table(&self) -> Table {
        match csv::read(self.title, self.csv.as_bytes()) {
            Ok(read) => read.table,
            // A test reads every set; should one ever fail, the page still opens.
            Err(_) => Table::new(self.title, vec![Column::number("x", vec![0.0, 1.0])]),
        }
    }
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
        csv: include_str!("../../assets/sets/blobs.csv"),
    },
    Builtin {
        id: "faithful",
        title: "Old Faithful",
        about: "272 eruptions of a geyser: how long each lasted and how long until the next, in minutes.",
        try_this: "K = 2 finds short and long eruptions; compare BIC with K = 3 and one tied covariance.",
        provenance: "Azzalini and Bowman, Applied Statistics 39 (1990) 357-365; the set faithful of R's datasets package; published measurements.",
        k: 2,
        columns: &["eruptions", "waiting"],
        csv: include_str!("../../assets/sets/faithful.csv"),
    },
    Builtin {
        id: "iris",
        title: "Iris",
        about: "150 irises of three species, four lengths in centimetres each.",
        try_this: "BIC likes two components, botanists three: look at the pair that stays together.",
        provenance: "Fisher, Annals of Eugenics 7 (1936) 179-188; UCI Machine Learning Repository, CC BY 4.0; the values are Fisher's, as R's datasets package has them.",
        k: 3,
        columns: &["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"],
        csv: include_str!("../../assets/sets/iris.csv"),
    },
    Builtin {
        id: "aniso",
        title: "Anisotropic",
        about: "1500 points in three parallel slanted clouds.",
        try_this: "Spherical and diagonal covariances cut the clouds across; tied is enough to follow them.",
        provenance: "Three blobs sheared by the same matrix, after an example of scikit-learn; CC0.",
        k: 3,
        columns: &["x1", "x2"],
        csv: include_str!("../../assets/sets/aniso.csv"),
    },
    Builtin {
        id: "uneven",
        title: "Uneven",
        about: "Three round blobs of 500, 100 and 10 points.",
        try_this: "Start again a few times with New start: does the smallest blob always get a component of its own?",
        provenance: GENERATED,
        k: 3,
        columns: &["x", "y"],
        csv: include_str!("../../assets/sets/uneven.csv"),
    },
    Builtin {
        id: "moons",
        title: "Two moons",
        about: "500 points on two interleaved half circles: not Gaussian at all.",
        try_this: "K = 2 cuts both moons; raise K and watch BIC fall: components are not clusters.",
        provenance: "Two half circles with normal noise of standard deviation 0.05; CC0.",
        k: 2,
        columns: &["x1", "x2"],
        csv: include_str!("../../assets/sets/moons.csv"),
    },
    Builtin {
        id: "wide_tight",
        title: "Wide and tight",
        about: "400 points of a wide blob and 100 of a tight one beside it.",
        try_this: "k-means splits the wide blob half-way; the mixture takes its width into account.",
        provenance: "Drawn from N((0, 0), 2.5^2 I) and N((6, 0), 0.5^2 I); CC0.",
        k: 2,
        columns: &["x1", "x2"],
        csv: include_str!("../../assets/sets/wide_tight.csv"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_reads_without_a_note() {
        for set in all() {
            let read = csv::read(set.title, set.csv.as_bytes()).expect(set.id);
            assert!(read.notes.is_empty(), "{}: {:?}", set.id, read.notes);
        }
    }

    #[test]
    fn the_columns_to_begin_with_are_those_a_table_gives_by_default() {
        for set in all() {
            let table = set.table();
            let found: Option<Vec<usize>> =
                set.columns.iter().map(|name| table.find(name)).collect();
            assert_eq!(found, Some(table.default_columns()), "{}", set.id);
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
        let table = find("iris").expect("iris is built in").table();
        let species = table
            .find("Species")
            .map(|index| table.columns()[index].kind());
        assert_eq!(species, Some(crate::data::ColumnKind::Text));
    }
}
