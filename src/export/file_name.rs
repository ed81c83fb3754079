//! What files are called: data set, kind, family and K.

use super::names::Named;
use crate::fit::Settings;

/// Such as `old-faithful_gaussian_full_K2.model.json`; `ending` is what follows the K.
pub fn file_name(data: &str, settings: &Settings, ending: &str) -> String {
    let stem = data.rsplit_once('.').map_or(data, |(stem, _)| stem);
    let mut slug = String::new();
    for c in stem.chars() {
        match c.is_alphanumeric() || c == '_' {
            true => slug.extend(c.to_lowercase()),
            false if slug.is_empty() || slug.ends_with('-') => {}
            false => slug.push('-'),
        }
    }
    let slug: String = slug.chars().take(40).collect();
    let slug = match slug.trim_end_matches('-') {
        "" => "data",
        slug => slug,
    };
    format!(
        "{slug}_{}_{}_K{}{ending}",
        settings.model.name(),
        settings.covariance_type.name(),
        settings.n_components
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_in_the_file_and_hold_nothing_that_a_path_could() {
        let name = |data: &str| file_name(data, &Settings::default(), ".rows.csv");
        assert_eq!(
            name("Old Faithful"),
            "old-faithful_gaussian_full_K3.rows.csv"
        );
        assert_eq!(
            name("../../etc/pass wd.csv"),
            "etc-pass-wd_gaussian_full_K3.rows.csv"
        );
        assert_eq!(name("größe.v2.csv"), "größe-v2_gaussian_full_K3.rows.csv");
        assert_eq!(name("<>"), "data_gaussian_full_K3.rows.csv");
        assert!(name(&"x".repeat(300)).len() < 80);
    }
}
