//! The `rcr` binary.
fn main() {}
