use proptest::prelude::*;

use super::*;
use crate::fit::{Floor, FloorScale, Knob, Settings};
use crate::mixture::CovarianceType;
use crate::session::roles::{Missing, Roles};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("finite", |v| v.is_finite()),
        -1e3..1e3,
        Just(0.1 + 0.2),
        Just(-0.0),
        Just(f64::MIN_POSITIVE),
        Just(5e-324),
        Just(f64::MAX),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let numbers = (1usize..=32, any::<u64>(), 1usize..=1_000_000);
    let choices = (
        prop::sample::select(CovarianceType::SHAPES.to_vec()),
        prop::sample::select(words::MODELS.map(|m| m.1).to_vec()),
        prop::sample::select(words::ALGORITHMS.map(|m| m.1).to_vec()),
        prop::sample::select(words::STARTS.map(|m| m.1).to_vec()),
        prop::sample::select(words::STOPS.map(|m| m.1).to_vec()),
        prop::sample::select(words::PRECISIONS.map(|m| m.1).to_vec()),
    );
    let reals = (number(), any::<bool>(), number());
    let knobs = prop::collection::vec((0..Knob::ALL.len(), 0.0..=1.0f64), 0..4);
    (numbers, choices, reals, knobs).prop_map(|(n, c, (floor, absolute, tol), knobs)| {
        let mut settings = Settings {
            n_components: n.0,
            seed: n.1,
            max_iter: n.2,
            covariance_type: c.0,
            model: c.1,
            algorithm: c.2,
            init: c.3,
            stop_rule: c.4,
            precision: c.5,
            floor: Floor {
                value: floor.abs(),
                scale: match absolute {
                    true => FloorScale::Absolute,
                    false => FloorScale::Relative,
                },
            },
            tol: tol.abs(),
            ..Settings::default()
        };
        for (nth, part) in knobs {
            let (knob, spec) = (Knob::ALL[nth], Knob::ALL[nth].spec());
            let value = spec.min + part * (spec.max - spec.min);
            let value = if spec.whole { value.floor() } else { value };
            settings.knobs = settings.knobs.with(knob, value);
        }
        settings
    })
}

fn roles() -> impl Strategy<Value = Roles> {
    let column = || prop::option::of(0usize..300);
    let fitted = prop::collection::vec(0usize..300, 0..5);
    (fitted, any::<bool>(), column(), column(), column()).prop_map(
        |(fitted, fit, weights, labels, sequences)| Roles {
            fitted,
            missing: if fit { Missing::Fit } else { Missing::Drop },
            weights,
            labels,
            sequences,
        },
    )
}

fn asked() -> impl Strategy<Value = Asked> {
    (roles(), settings()).prop_map(|(roles, settings)| Asked { roles, settings })
}

fn data() -> impl Strategy<Value = Data> {
    let sets: Vec<String> = crate::data::builtin::all()
        .iter()
        .map(|set| set.id.to_owned())
        .collect();
    let own = (1usize..6).prop_flat_map(|rows| {
        let numbers = prop::collection::vec(prop::option::of(number()), rows);
        let words = prop::collection::vec(".{0,5}", rows);
        let values = prop_oneof![
            numbers.prop_map(OwnValues::Numbers),
            words.prop_map(OwnValues::Words)
        ];
        let column = (".{0,9}", values).prop_map(|(name, values)| OwnColumn { name, values });
        prop::collection::vec(column, 1..4)
    });
    prop_oneof![
        prop::sample::select(sets).prop_map(Data::Builtin),
        (".{0,20}", own).prop_map(|(name, columns)| Data::Own { name, columns }),
        (".{0,20}", any::<usize>(), any::<u64>()).prop_map(|(name, rows, hash)| Data::File {
            name,
            rows,
            hash
        }),
    ]
}

fn controls() -> impl Strategy<Value = Controls> {
    prop::collection::vec(0..GROUPS.len(), 0..4)
        .prop_map(|groups| groups.into_iter().fold(Controls::default(), Controls::with))
}

fn link() -> impl Strategy<Value = Link> {
    let act = prop_oneof![
        Just(Act::Set),
        Just(Act::Keep),
        (0usize..32).prop_map(Act::Split),
        (0usize..32, 0usize..32).prop_map(|(a, b)| Act::Merge(a, b)),
    ];
    let step = (0usize..5000, act, asked()).prop_map(|(at, act, asked)| Step { at, act, asked });
    let looks = (
        prop::option::of(any::<bool>()),
        any::<bool>(),
        0u8..5,
        prop::option::of(0usize..32),
        controls(),
        controls(),
    )
        .prop_map(|(dark, embed, climb, selected, hide, lock)| Looks {
            dark,
            embed,
            climb,
            selected,
            hide,
            lock,
        });
    let axes = prop::option::of([0usize..300, 0usize..300]);
    let first = (data(), asked(), prop::collection::vec(step, 0..4));
    (first, 0usize..2_000_000, axes, 0.0..1e6f64, looks).prop_map(
        |((data, first, steps), position, axes, speed, looks)| Link {
            data,
            first,
            steps,
            position,
            axes,
            speed,
            looks,
        },
    )
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(link in link()) {
        let text = write(&link);
        let (again, unread) = read(&text);
        prop_assert_eq!(unread, []);
        // Bit for bit: 0 and -0 are equal, their texts are not.
        prop_assert_eq!(write(&again), text);
        prop_assert_eq!(again, link);
    }

    #[test]
    fn a_link_is_made_of_letters_that_every_mail_and_chat_leaves_alone(link in link()) {
        let text = write(&link);
        let plain = |c: char| c.is_ascii_alphanumeric() || "&=.,;:%-_+".contains(c);
        prop_assert!(text.chars().all(plain), "{}", text);
    }

    #[test]
    fn any_text_is_read(text in ".{0,400}") {
        read(&text);
    }

    #[test]
    fn any_text_of_the_letters_of_links_is_read(
        text in "(#?((v|d|f|own|rows|h|c|x|y|na|w|lb|sq|k|cov|mod|alg|init|seed|fl|kn|tol|max|stop|at|do|it|sp|cl|sel|th|ui|hide|lock)=[a-z0-9.,:;%&-]{0,12}&?){0,12})"
    ) {
        let (link, _) = read(&text);
        // Whatever it was, what became of it can be written and read.
        let (again, unread) = read(&write(&link));
        prop_assert_eq!(unread, []);
        prop_assert_eq!(again, link);
    }

    #[test]
    fn a_link_that_was_cut_or_spoilt_is_read(link in link(), cut in 0usize..400, byte in any::<u8>()) {
        let mut text = write(&link);
        text.truncate(cut);
        read(&text);
        text.push(byte as char);
        read(&text);
    }
}

#[test]
fn what_is_as_the_page_begins_is_left_out() {
    let (link, unread) = read("");
    assert_eq!(unread, []);
    assert_eq!(write(&link), "v=1&d=blobs");
}

#[test]
fn a_link_reads_like_the_work_it_stands_for() {
    let text = "#v=1&d=faithful&k=3&seed=7&at=3e&fl=0.5a&at=10&do=split.0&k=4&init=given&it=12e";
    let (link, unread) = read(text);
    assert_eq!(unread, []);
    assert_eq!(link.data, Data::Builtin("faithful".to_owned()));
    assert_eq!(link.first.settings.n_components, 3);
    let ats: Vec<(usize, Act)> = link.steps.iter().map(|s| (s.at, s.act)).collect();
    assert_eq!(ats, [(5, Act::Set), (20, Act::Split(0))]);
    assert_eq!(link.steps[0].asked.settings.floor, Floor::absolute(0.5));
    assert_eq!(link.steps[1].asked.settings.n_components, 4);
    assert_eq!(link.steps[1].asked.settings.floor, Floor::absolute(0.5));
    assert_eq!(link.position, 23);
    assert_eq!(write(&link), &text[1..]);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_used() {
    let (link, unread) =
        read("v=2&d=nowhere&k=99&seed=7&cov=round&it=0e&hide=data.all&colour=red&k");
    let keys: Vec<&str> = unread.iter().map(|u| u.key.as_str()).collect();
    assert_eq!(keys, ["d", "v", "k", "cov", "it", "hide"]);
    assert_eq!(link.first.settings.seed, 7);
    assert!(link.looks.hide.has(0));
}

#[test]
fn more_rows_than_a_link_takes_are_refused() {
    let text = |rows: usize| format!("own=x:{}", vec!["1"; rows].join(","));
    assert!(matches!(read(&text(MOST_ROWS)).0.data, Data::Own { .. }));
    let (link, unread) = read(&text(MOST_ROWS + 1));
    assert!(matches!(link.data, Data::Builtin(_)) && unread.len() == 1);
}
