//! A run whose passes over the rows are made in shares is the run made alone.
#![cfg(not(target_arch = "wasm32"))]

use mixscope::fit::{Algorithm, CHUNK_ROWS, Model, share};
use mixscope::session::{Command, Session};

#[test]
fn passes_made_in_shares_change_no_bit_whatever_is_asked_meanwhile() {
    let rows = (0..9000).map(|i| {
        let (a, b) = (i * 7919 % 1009, i * 104_729 % 2003);
        format!("{},{}\n", a + 900 * (i % 3), b - 700 * (i % 2))
    });
    let text = format!("x,y\n{}", rows.collect::<String>());
    let settings = [
        Command::SetComponents(4),
        Command::SetMethod(Model::Student, Algorithm::Em),
        Command::SetSpeed(0.0),
        Command::Play,
    ];
    let open = || {
        let mut session = Session::new();
        session.open_csv("rows.csv", text.as_bytes());
        settings.iter().cloned().for_each(|c| session.handle(c));
        assert!(session.is_running());
        session
    };
    let (mut alone, mut helped) = (open(), open());
    let mut made = 0;
    for step in 0..60 {
        if let Some(pass) = helped.next_pass() {
            let matrix = helped.experiment().selection().matrix();
            let chunks = matrix.n_rows().div_ceil(CHUNK_ROWS);
            let cut = 1 + step % (chunks - 1);
            let here = share(matrix, &pass.mixture, 0..cut, 0);
            let rows = matrix.chunks(cut..chunks, CHUNK_ROWS);
            let shares = vec![here, share(&rows, &pass.mixture, 0..chunks - cut, cut)];
            // Something else may be asked for while the shares are under way.
            let meanwhile = match step {
                20 => Some(Command::Back),
                30 => Some(Command::SetTolerance(1e-9)),
                40 => Some(Command::Undo),
                _ => None,
            };
            for command in meanwhile.into_iter().chain([Command::Play]) {
                alone.handle(command.clone());
                helped.handle(command);
            }
            helped.supply(pass, shares);
            made += 1;
        }
        alone.advance();
        helped.advance();
        assert_eq!(
            alone.experiment().position(),
            helped.experiment().position()
        );
        assert_eq!(alone.experiment().mixture(), helped.experiment().mixture());
        assert_eq!(alone.view().log_likelihood, helped.view().log_likelihood);
    }
    assert!(made > 20, "{made}");
}
