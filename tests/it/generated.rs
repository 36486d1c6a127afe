//! Files that are generated and committed: completions and man pages. They are made from the command line itself, so
//! they cannot say anything else than it; this test holds that they were made anew after the last change.
//!
//! `RCR_REGENERATE=1 cargo test --test it generated` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap_complete::Shell;

/// What is to stand in `completions/` and `man/`, by path.
fn generated() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let shells =
        [(Shell::Bash, "rcr.bash"), (Shell::Zsh, "_rcr"), (Shell::Fish, "rcr.fish"), (Shell::PowerShell, "_rcr.ps1")];
    for (shell, name) in shells {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut rcr::cli::command(), "rcr", &mut script);
        files.insert(Path::new("completions").join(name), script);
    }
    // `rcr help pull` shows what `man rcr-pull` has: no pages of its own.
    let mut command = in_full(without_help(rcr::cli::command().name("rcr")));
    command.build();
    pages(&command, &mut files);
    files
}

fn without_help(command: clap::Command) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = command.disable_help_subcommand(true);
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, without_help))
}

/// With all options shown: `-h` leaves some out, and a man page is no short help.
fn in_full(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| arg.hide_short_help(false)).mut_subcommands(in_full)
}

/// A page for the command, and one for each below it: `rcr.1`, `rcr-pull.1`, `rcr-store-gc.1`.
fn pages(command: &clap::Command, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).title(&name).render(&mut page).expect("memory takes everything");
    files.insert(Path::new("man").join(format!("{name}.1")), page);
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        pages(sub, files);
    }
}

#[test]
fn man_pages_explain_every_option() {
    for (path, page) in generated().iter().filter(|(path, _)| path.starts_with("man")) {
        let page = String::from_utf8(page.clone()).unwrap();
        let lines: Vec<&str> = page.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| **line == ".TP") {
            let explained = lines.get(at + 2).is_some_and(|text| !text.is_empty() && !text.starts_with('.'));
            assert!(explained, "{}: nothing is said of {:?} ({line})", path.display(), lines.get(at + 1));
        }
    }
}

#[test]
fn committed_files_are_what_the_command_line_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = generated();
    if std::env::var_os("RCR_REGENERATE").is_some() {
        for dir in ["completions", "man"] {
            let _ = fs::remove_dir_all(root.join(dir));
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        for (path, bytes) in &files {
            fs::write(root.join(path), bytes).unwrap();
        }
    }
    for (path, bytes) in &files {
        let committed = fs::read(root.join(path)).unwrap_or_default();
        assert!(
            committed == *bytes,
            "{} is out of date: run `RCR_REGENERATE=1 cargo test --test it generated` and commit",
            path.display()
        );
    }
    for dir in ["completions", "man"] {
        for entry in fs::read_dir(root.join(dir)).unwrap() {
            let path = Path::new(dir).join(entry.unwrap().file_name());
            assert!(files.contains_key(&path), "{} belongs to no command any more", path.display());
        }
    }
}
