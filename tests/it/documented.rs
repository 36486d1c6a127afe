//! `docs/registries.md` holds what it shows: each settings file is written to the place that it names, and what
//! `rcr config explain` and `rcr info` say to it is compared with what stands below.

use std::fs;
use std::path::Path;

use crate::support::TestEnv;

/// A fenced block.
struct Block {
    /// The line that it begins at, from 1.
    line: usize,
    /// What stands behind the fence: `toml`, or `json /etc/docker/daemon.json`.
    info: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut all = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(info), None) => open = Some(Block { line: at + 1, info: info.to_owned(), text: String::new() }),
            (Some(_), Some(_)) => all.extend(open.take()),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    all
}

/// Where a settings file belongs, below the root of the environment.
fn place(block: &Block) -> Option<String> {
    let named = match block.info.split_once(' ').unwrap_or((&block.info, "")) {
        ("toml", _) => block.text.lines().next().and_then(|first| first.strip_prefix("# ")),
        ("json", name) => Some(name),
        _ => return None,
    };
    let named = named.filter(|name| name.starts_with(['~', '/']));
    let named = named.unwrap_or_else(|| panic!("line {}: the block does not say which file it is", block.line));
    Some(named.strip_prefix("~/.config/").map_or_else(|| format!("system{named}"), |user| format!("config/{user}")))
}

/// Writes the file, and every file that it names, which are certificates and keys.
fn write(env: &TestEnv, place: &str, text: &str) {
    let system = env.root().join("system").display().to_string();
    let mut parts: Vec<String> = text.split('"').map(str::to_owned).collect();
    for name in parts.iter_mut().skip(1).step_by(2).filter(|name| name.starts_with("/etc/")) {
        env.system(&name[1..], "");
        *name = format!("{system}{name}");
    }
    env.write(place, parts.join("\""));
}

/// Each command of a console block, with what is shown below it.
fn commands(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (Some(command), _) => all.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => panic!("{line:?} stands before any command"),
        }
    }
    all
}

/// Runs what needs no registry, and says whether there was anything.
fn run(env: &TestEnv, block: &Block) -> bool {
    let (mut exports, mut ran) = (String::new(), false);
    for (command, shown) in commands(&block.text) {
        if command.starts_with("export ") {
            exports = format!("{command}; ");
        }
        if !command.contains("rcr config explain ") && !command.starts_with("rcr info") {
            continue;
        }
        let output = env.program("sh", ["-c", &format!("{exports}{command} 2>&1")]).run();
        let root = env.root().display().to_string();
        let said = output.stdout.replace(&format!("{root}/system"), "").replace(&format!("{root}/config"), "~/.config");
        assert_eq!(said.lines().collect::<Vec<_>>(), shown, "line {}: `{command}`", block.line);
        ran = true;
    }
    ran
}

#[test]
fn every_file_of_the_page_means_what_the_page_shows() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/registries.md")).unwrap();
    let mut env = TestEnv::new();
    let mut unexplained = None;
    let (mut files, mut outputs) = (0, 0);
    for block in blocks(&page) {
        if let Some(place) = place(&block) {
            assert_eq!(unexplained, None, "nothing shows what the file at this line comes to");
            env = TestEnv::new();
            env.script("rcr", &format!("exec {} \"$@\"", env!("CARGO_BIN_EXE_rcr")));
            write(&env, &place, &block.text);
            env.rcr(["info"]).success();
            unexplained = Some(block.line);
            files += 1;
        } else if block.info == "console" && run(&env, &block) {
            unexplained = None;
            outputs += 1;
        }
    }
    assert_eq!(unexplained, None, "nothing shows what the file at this line comes to");
    assert!(files >= 12 && outputs >= files, "{files} files and {outputs} outputs were found");
}
