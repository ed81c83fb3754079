//! Iterations in single precision lead to where those in double precision do, and double
//! precision has the last word.

use mixscope::data::Matrix;
use mixscope::fit::{
    Algorithm, CHUNK_ROWS, Em, Floor, Model, Objective, Plan, Precision, Random, Settings,
    StopReason, StopRule, Trail, e_step, share, share_single, start,
};
use mixscope::mixture::{CovarianceType, Mixture};
use mixscope::session::{Command, Session, Status};
use proptest::prelude::*;

fn matrix(columns: &[Vec<f64>]) -> Matrix {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    Matrix::from_columns(&slices).unwrap()
}

/// K normal groups of unequal size in a row, neighbours `apart` standard deviations from one another.
fn groups(n: usize, d: usize, k: usize, apart: f64, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Random::new(seed);
    let mut normal = || (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
    let group = |i: usize| (i * i + i / 7) % (k + 1) % k;
    let place = |i: usize, j: usize| group(i) as f64 * if j == 0 { apart } else { 0.3 * apart };
    let spread = |i: usize| 1.0 + 0.3 * group(i) as f64;
    (0..d)
        .map(|j| (0..n).map(|i| place(i, j) + spread(i) * normal()).collect())
        .collect()
}

/// A fit to where its parameters stand still: how many iterations were made in single and in
/// double precision, and what it ends with.
fn fit(matrix: &Matrix, settings: &Settings, what: &str) -> ([usize; 2], Em) {
    let plan = Plan::new(settings, matrix);
    let mut em = Em::new(matrix, start(matrix, settings).unwrap(), &plan);
    let mut trail = Trail::new(&em);
    let mut counts = [0; 2];
    loop {
        let next = em.iterate(matrix, &plan).unwrap();
        counts[usize::from(next.shown() != Objective::Single)] += 1;
        let reason = trail.follow(&em, &next, matrix.total_weight(), settings);
        em = next;
        if let Some(reason) = reason {
            assert_eq!(reason, StopReason::Converged, "{what}: {counts:?}");
            return (counts, em);
        }
    }
}

/// The largest difference of two mixtures: of weights, of means in standard deviations, of
/// covariances in variances.
fn apart(a: &Mixture, b: &Mixture) -> f64 {
    let mut worst = 0.0f64;
    for k in 0..a.n_components() {
        let (s, t) = (&a.covariances()[k], &b.covariances()[k]);
        let spread = |j: usize| s.get(j, j).sqrt();
        worst = worst.max((a.weights()[k] - b.weights()[k]).abs());
        for i in 0..a.dimension() {
            worst = worst.max((a.means()[k][i] - b.means()[k][i]).abs() / spread(i));
            for j in 0..=i {
                worst = worst.max((s.get(i, j) - t.get(i, j)).abs() / (spread(i) * spread(j)));
            }
        }
    }
    worst
}

/// Exact and Fast from one start, each to the end.
fn assert_same_end(matrix: &Matrix, k: usize, covariance_type: CovarianceType, what: &str) {
    let exact = Settings {
        n_components: k,
        covariance_type,
        floor: Floor::NONE,
        stop_rule: StopRule::Step,
        tol: 1e-10,
        max_iter: 20_000,
        ..Settings::default()
    };
    let fast = Settings {
        precision: Precision::Fast,
        ..exact.clone()
    };
    let ([none, _], exact) = fit(matrix, &exact, what);
    let ([single, double], fast) = fit(matrix, &fast, what);
    assert!(
        none == 0 && single > 0 && double > 0,
        "{what}: {single} {double}"
    );
    let off = apart(exact.mixture(), fast.mixture());
    assert!(off < 1e-9, "{what}: {off:e} after {single} + {double}");
    let [a, b] = [exact.log_likelihood(), fast.log_likelihood()];
    assert!((a - b).abs() <= 1e-9 * a.abs(), "{what}: {a} {b}");
}

#[test]
fn fast_ends_where_exact_does_on_hard_data() {
    let moved = |columns: Vec<Vec<f64>>, f: &dyn Fn(f64) -> f64| -> Vec<Vec<f64>> {
        let columns = columns.into_iter();
        columns.map(|c| c.into_iter().map(f).collect()).collect()
    };
    for (d, family) in [
        (1, CovarianceType::Full),
        (2, CovarianceType::Full),
        (2, CovarianceType::Tied),
        (2, CovarianceType::Diagonal),
        (4, CovarianceType::Diagonal),
        (3, CovarianceType::Spherical),
    ] {
        let data = |apart: f64| groups(4000, d, 3, apart, 5);
        let hard: [(&str, Vec<Vec<f64>>); 5] = [
            ("groups", data(6.0)),
            ("far from the origin", moved(data(6.0), &|x| x + 1e8)),
            ("tiny", moved(data(6.0), &|x| x * 1e-60)),
            ("tight groups", data(2e3)),
            ("far outliers", {
                let mut columns = data(6.0);
                (0..40).for_each(|i| columns[0][i * 50] += 1e4 + 100.0 * i as f64);
                columns
            }),
        ];
        for (name, columns) in hard {
            let what = format!("{name}, {d} {family:?}");
            assert_same_end(&matrix(&columns), 3, family, &what);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn fast_ends_where_exact_does_from_any_seed(seed in 0u64..10_000, heavy in any::<bool>()) {
        // Two groups in heavy overlap have one optimum that both come to.
        let (k, distance) = if heavy { (2, 2.5) } else { (3, 5.0) };
        let rows = matrix(&groups(3000, 2, k, distance, seed));
        let family = CovarianceType::ALL[seed as usize % 2];
        assert_same_end(&rows, k, family, &format!("{seed} {heavy}"));
    }
}

/// A session with rows of three groups that touch, told to fit in this precision.
fn session(precision: Precision) -> Session {
    let columns = groups(6000, 2, 3, 3.5, 11);
    let rows = (0..6000).map(|i| format!("{},{}\n", columns[0][i], columns[1][i]));
    let mut session = Session::new();
    session.open_csv(
        "rows.csv",
        format!("x,y\n{}", rows.collect::<String>()).as_bytes(),
    );
    session.handle(Command::SetComponents(3));
    session.handle(Command::SetInit(mixscope::fit::InitMethod::RandomPoints));
    session.handle(Command::SetPrecision(precision));
    session.handle(Command::SameStart);
    session
}

fn run(session: &mut Session) {
    session.handle(Command::RunToConvergence);
    while session.is_running() {
        session.advance();
    }
}

/// Half-steps of which the parameters were evaluated in single precision.
fn singles(session: &Session) -> usize {
    let iterates = session.experiment().run().iterates().iter();
    iterates.filter(|i| i.shown == Objective::Single).count()
}

fn exact_log_likelihood(session: &Session) -> f64 {
    let e = session.experiment();
    let (matrix, mixture) = (e.selection().matrix(), e.mixture());
    e_step(matrix, &mixture, mixture.means()).log_likelihood
}

#[test]
fn a_fast_run_converges_by_the_rule_of_exact_ones_and_to_their_digits() {
    let (mut exact, mut fast) = (session(Precision::Exact), session(Precision::Fast));
    assert!(fast.view().can_be_fast);
    for session in [&mut exact, &mut fast] {
        session.handle(Command::SetTolerance(1e-10));
        run(session);
        assert_eq!(session.view().status, Status::Converged);
    }
    let (a, b) = (exact.view(), fast.view());
    assert_eq!(singles(&exact), 0);
    let last = fast.experiment().run().iterates().len();
    assert!(
        (10..last - 2).contains(&singles(&fast)),
        "{} of {last}",
        singles(&fast)
    );
    assert_eq!(b.objective_kind, Objective::LogLikelihood);
    assert!((a.log_likelihood - b.log_likelihood).abs() < 1e-9 * a.log_likelihood.abs());
    assert_eq!(b.log_likelihood, exact_log_likelihood(&fast));
}

#[test]
fn what_is_shown_where_a_fast_run_pauses_is_exact() {
    let mut fast = session(Precision::Fast);
    for command in [
        Command::Step,
        Command::Step,
        Command::EStep,
        Command::Back,
        Command::First,
    ] {
        fast.handle(command);
        let (view, exact) = (fast.view(), exact_log_likelihood(&fast));
        assert_eq!(view.objective_kind, Objective::Single);
        assert_eq!(view.log_likelihood, exact);
        assert!((view.objective - exact).abs() < 1e-6 * exact.abs());
    }
    // Looking changes nothing of the path.
    let mut unseen = session(Precision::Fast);
    run(&mut fast);
    run(&mut unseen);
    assert_eq!(fast.experiment().mixture(), unseen.experiment().mixture());
}

#[test]
fn precision_is_changed_in_mid_run_and_taken_back() {
    let mut session = session(Precision::Exact);
    for _ in 0..4 {
        session.handle(Command::Step);
    }
    let before = session.view();
    session.handle(Command::SetPrecision(Precision::Fast));
    let after = session.view();
    assert_eq!(
        (after.run, after.position, after.last),
        (before.run, before.position, before.last)
    );
    assert_eq!(after.log_likelihood, before.log_likelihood);
    for _ in 0..3 {
        session.handle(Command::Step);
    }
    assert_eq!(singles(&session), 3);
    // Along the history, where single and double precision meet, nothing is a fall.
    for position in 0..=session.experiment().run().last() {
        session.handle(Command::Seek(position));
        let view = session.view();
        assert!(
            matches!(view.status, Status::Ready | Status::Paused),
            "{:?}",
            view.status
        );
        assert_eq!(view.log_likelihood, exact_log_likelihood(&session));
    }
    session.handle(Command::SetPrecision(Precision::Exact));
    session.handle(Command::Step);
    assert_eq!(session.view().objective_kind, Objective::LogLikelihood);
    session.handle(Command::Undo);
    assert_eq!(session.view().settings.precision, Precision::Fast);
    session.handle(Command::Undo);
    let back = session.view();
    assert_eq!(back.settings.precision, Precision::Exact);
    assert_eq!(
        (back.position, back.log_likelihood),
        (before.position, before.log_likelihood)
    );
}

#[test]
fn a_fast_run_made_in_shares_is_the_run_made_alone() {
    let (mut alone, mut helped) = (session(Precision::Fast), session(Precision::Fast));
    for session in [&mut alone, &mut helped] {
        session.handle(Command::RunToConvergence);
    }
    let mut made = [0, 0];
    while helped.is_running() {
        if let Some(pass) = helped.next_pass() {
            made[usize::from(pass.single)] += 1;
            let matrix = helped.experiment().selection().matrix();
            let chunks = matrix.n_rows().div_ceil(CHUNK_ROWS);
            let shares = [0..1, 1..chunks].map(|part| match pass.single {
                true => {
                    let rows = matrix.singles().chunks(part.clone(), CHUNK_ROWS);
                    share_single(&rows, &pass.mixture, 0..part.len(), part.start)
                }
                false => share(matrix, &pass.mixture, part.clone(), part.start),
            });
            helped.supply(pass, shares.to_vec());
        }
        alone.advance();
        helped.advance();
        assert_eq!(alone.experiment().mixture(), helped.experiment().mixture());
    }
    assert!(
        !alone.is_running() && made[0] > 2 && made[1] > 10,
        "{made:?}"
    );
}

#[test]
fn what_has_no_way_in_single_precision_is_fitted_exactly_and_not_offered_one() {
    let mut session = session(Precision::Fast);
    session.handle(Command::SetMethod(Model::Gaussian, Algorithm::Map));
    session.handle(Command::SameStart);
    session.handle(Command::Step);
    let view = session.view();
    assert!(!view.can_be_fast && singles(&session) == 0);
    session.handle(Command::OpenBuiltin("iris".into()));
    assert!(!session.view().can_be_fast);
    session.handle(Command::SetMethod(Model::Gaussian, Algorithm::Em));
    assert!(!session.view().can_be_fast);
    session.handle(Command::SetCovariance(CovarianceType::Diagonal));
    assert!(session.view().can_be_fast);
}
