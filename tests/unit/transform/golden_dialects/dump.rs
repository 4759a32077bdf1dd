//! Prints the tree of one source as syn-serde writes it.
fn main() {
    let path = std::env::args().nth(1).expect("a source");
    let source = std::fs::read_to_string(path).expect("a readable source");
    println!("{}", syn_serde::json::to_string(&syn::parse_file(&source).expect("Rust")));
}
