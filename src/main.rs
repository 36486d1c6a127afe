//! The `rcr` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    rcr::cli::main()
}
