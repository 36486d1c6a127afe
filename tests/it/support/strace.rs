//! Faults at one system call of a program, by strace: an error in its place, or the end of the process before it.
//!
//! strace counts calls per thread, and threads race. So a point is named by the call and the path that it is about: few
//! threads meet at one path. Paths that hold a process id stay the same too, because the program is process 1 of a
//! namespace of its own. Where a path holds a random name, the call alone names the point.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::env::TestEnv;
use super::process::{Output, Run};

/// The calls by which a file system is used. Those that an architecture lacks are passed over.
const CALLS: &[&str] = &[
    "open",
    "openat",
    "creat",
    "read",
    "pread64",
    "readv",
    "preadv",
    "getdents64",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "pwritev2",
    "fallocate",
    "ftruncate",
    "truncate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "unlink",
    "unlinkat",
    "rmdir",
    "flock",
    "utimensat",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchown",
    "copy_file_range",
    "lseek",
    "readlink",
    "readlinkat",
];

/// The calls that need space.
const FILLING: &[&str] = &[
    "creat",
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "pwritev2",
    "fallocate",
    "ftruncate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "copy_file_range",
];

/// The calls that change what is on the disk. A process that ends before any other leaves what the one before it left.
const CHANGING: &[&str] =
    &["unlink", "unlinkat", "rmdir", "flock", "utimensat", "chmod", "fchmod", "fchmodat", "fchown"];

/// What happens in place of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails with ENOSPC.
    NoSpace,
    /// It fails with EIO.
    Broken,
    /// The process is killed.
    Kill,
}

impl Fault {
    fn injection(self) -> &'static str {
        match self {
            Self::NoSpace => "error=ENOSPC",
            Self::Broken => "error=EIO",
            Self::Kill => "signal=KILL",
        }
    }
}

/// A call that a program makes: the `nth` of this name about this path in some thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// `openat`.
    pub call: String,
    /// The file or directory, if it is the same in every run.
    pub path: Option<PathBuf>,
    /// From 1.
    pub nth: usize,
    creates: bool,
}

impl Point {
    /// Whether this call can come to this end.
    pub fn can(&self, fault: Fault) -> bool {
        let fills = self.creates || FILLING.contains(&self.call.as_str());
        match fault {
            Fault::NoSpace => fills,
            // Truncation, seeks and stats of open files do not reach the disk.
            Fault::Broken => !matches!(self.call.as_str(), "flock" | "lseek" | "fstat"),
            Fault::Kill => fills || CHANGING.contains(&self.call.as_str()),
        }
    }
}

/// `rcr` with these arguments under strace with those; its log goes to `log`.
fn traced<'e>(env: &'e TestEnv, strace: &[OsString], log: &Path, args: &[String]) -> Run<'e> {
    // With the filter nothing but the wanted calls stops the program, and strace 6.1 sends no signals.
    let signals = strace.iter().any(|option| option.to_string_lossy().contains(":signal="));
    let run = env.program("strace", if signals { &["-f"][..] } else { &["-f", "--seccomp-bpf"] });
    let run = run.args(["-y", "-q", "-s", "4096", "-o"]).arg(log).args(strace);
    run.args(["unshare", "--map-root-user", "--pid", "--fork", env!("CARGO_BIN_EXE_rcr")]).args(args)
}

/// A log file outside the environment.
fn log_file() -> tempfile::TempPath {
    tempfile::NamedTempFile::new().expect("a temporary file").into_temp_path()
}

/// The log of a run without a fault.
pub fn watch(env: &TestEnv, args: &[String], stdin: &[u8]) -> (Output, String) {
    let log = log_file();
    let calls: Vec<_> = CALLS.iter().map(|call| format!("?{call}")).collect();
    let output = traced(env, &[format!("--trace={}", calls.join(",")).into()], &log, args).stdin(stdin).run();
    let text = fs::read_to_string(&log).expect("strace wrote its log");
    assert!(!text.is_empty(), "strace saw nothing\n{output}");
    (output, text)
}

/// The calls about anything below `root` in one log. What does not occur in the `other` log of the same command has a
/// name that is different each time; such a call is left out where another thread makes one of the same number.
pub fn points(log: &str, other: &str, root: &Path) -> Vec<Point> {
    let mut counts: BTreeMap<(&str, &str, Option<PathBuf>), usize> = BTreeMap::new();
    let mut count = |thread, call, path| {
        let count = counts.entry((thread, call, path)).or_default();
        *count += 1;
        *count
    };
    let mut points = BTreeSet::new();
    let mut nameless = Vec::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((call, arguments)) = rest.trim_start().split_once('(') else { continue };
        // The second half of a call that was said before, or a signal.
        if !CALLS.contains(&call) {
            continue;
        }
        let by_name = count(thread, call, None);
        let mut paths: Vec<_> = paths(arguments).into_iter().filter(|path| path.starts_with(root)).collect();
        if paths.is_empty() {
            continue;
        }
        paths.retain(|path| other.contains(path.to_str().expect("paths of ours are Unicode")));
        let path = paths.into_iter().next();
        let nth = if path.is_some() { count(thread, call, path.clone()) } else { by_name };
        let named = path.is_some();
        let point = Point { call: call.to_owned(), path, nth, creates: arguments.contains("O_CREAT") };
        if named {
            points.insert(point);
        } else {
            nameless.push((thread, point));
        }
    }
    let elsewhere = |thread: &str, point: &Point| {
        let same = counts.iter().filter(|((_, call, path), _)| path.is_none() && *call == point.call);
        same.into_iter().any(|((other, ..), count)| *other != thread && *count >= point.nth)
    };
    points.extend(nameless.into_iter().filter(|(thread, point)| !elsewhere(thread, point)).map(|(_, point)| point));
    points.into_iter().collect()
}

/// The paths that a call names itself, then those of its open files. A directory that relative paths start from is none.
fn paths(arguments: &str) -> Vec<PathBuf> {
    let quoted = arguments.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
    let opened = arguments.split('<').skip(1).zip(arguments.split('<'));
    let opened = opened.filter(|(_, before)| before.ends_with(|c: char| c.is_ascii_digit()));
    let opened = opened.filter_map(|(behind, _)| behind.split_once('>').map(|(path, _)| path));
    quoted.chain(opened).map(PathBuf::from).collect()
}

/// Runs `rcr` with a fault at one call. Whether that call came: where only its name is known, another may have come
/// first.
pub fn inject(env: &TestEnv, args: &[String], stdin: &[u8], point: &Point, fault: Fault) -> (Output, bool) {
    let how = format!("{}:when={}", fault.injection(), point.nth);
    let paths: Vec<_> = point.path.iter().cloned().collect();
    let (output, log) = tamper(env, args, stdin, &[&point.call], &paths, &how);
    let came = |line: &str| match fault {
        Fault::Kill => line.ends_with("= ?") || line.ends_with("<unfinished ...>"),
        Fault::NoSpace | Fault::Broken => line.contains("(INJECTED)"),
    };
    // strace looked for the path, if there is one.
    let ours = |line: &str| point.path.is_some() || paths_of(line).iter().any(|path| path.starts_with(env.root()));
    let killed = log.contains("killed by SIGKILL");
    let hit = log.lines().any(|line| came(line) && ours(line)) && (killed || fault != Fault::Kill);
    (output, hit)
}

fn paths_of(line: &str) -> Vec<PathBuf> {
    line.split_once('(').map(|(_, arguments)| paths(arguments)).unwrap_or_default()
}

/// Runs `rcr` while strace does `how` to `calls`, only those about `paths` if there are any. With the log of them.
pub fn tamper(
    env: &TestEnv,
    args: &[String],
    stdin: &[u8],
    calls: &[&str],
    paths: &[PathBuf],
    how: &str,
) -> (Output, String) {
    let log = log_file();
    let calls = calls.iter().map(|call| format!("?{call}")).collect::<Vec<_>>().join(",");
    let mut strace: Vec<OsString> = vec![format!("--trace={calls}").into(), format!("--inject={calls}:{how}").into()];
    for path in paths {
        strace.extend(["-P".into(), path.into()]);
    }
    let output = traced(env, &strace, &log, args).stdin(stdin).run();
    (output, fs::read_to_string(&log).expect("strace wrote its log"))
}

#[test]
fn the_calls_of_a_log_are_told_apart() {
    let log = r#"7 openat(AT_FDCWD</r>, "/r/a", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0644) = 5</r/a>
7 write(5</r/a>, "<3>\"", 3 <unfinished ...>
8 write(6</r/a>, "x", 1) = 1
7 <... write resumed>) = 3
7 write(5</r/a>, "y", 1) = 1
7 rename("/r/tmp.aXb", "/r/b") = 0
7 fsync(9</etc/passwd>) = 0
7 fsync(9</r/tmp.aXb>) = 0
7 read(3</etc/passwd>, "", 1) = 0
7 statx(AT_FDCWD</r>, "", 0, 0) = 0
7 +++ exited with 0 +++
"#;
    let other = "/r/a /r/b";
    let found: Vec<_> = points(log, other, Path::new("/r"))
        .into_iter()
        .map(|point| (point.call.clone(), point.path.clone(), point.nth, point.can(Fault::NoSpace)))
        .collect();
    let at = |path: &str| Some(PathBuf::from(path));
    let expected = [
        ("fsync", None, 2, true),
        ("openat", at("/r/a"), 1, true),
        ("rename", at("/r/b"), 1, true),
        ("write", at("/r/a"), 1, true),
        ("write", at("/r/a"), 2, true),
    ];
    let expected: Vec<_> =
        expected.into_iter().map(|(call, path, nth, fills)| (call.to_owned(), path, nth, fills)).collect();
    assert_eq!(found, expected);
}
