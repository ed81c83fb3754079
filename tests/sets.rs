//! The built-in sets that are generated are the ones that the generator writes.

#[expect(dead_code, reason = "its main is not called here")]
#[path = "../examples/make_sets.rs"]
mod make_sets;

#[test]
fn the_generator_writes_the_committed_bytes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sets");
    for (name, text) in make_sets::sets() {
        let committed = std::fs::read_to_string(folder.join(name)).expect("the set is there");
        assert!(text == committed, "{name} is not what the generator writes");
    }
}
