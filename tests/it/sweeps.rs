//! A fault at every file-system call of every command that writes: no space, a broken disk, a kill.
//!
//! Each run starts from the same store. After it the store is whole, and the command without the fault succeeds. CI takes
//! a sample of the points; `scripts/sweep` takes all of them (`RCR_SWEEP=all`) and prints a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::aftermath::{Aftermath, Change, Tree, require, tree};
use crate::support::leak::files_under;
use crate::support::process::Output;
use crate::support::strace::{self, Fault, Point};
use crate::support::{Artifact, Registry, TestEnv};

/// How many points of each command a sample has.
const SAMPLE: usize = 8;

/// A command, and the world in which it runs.
struct Scene {
    name: &'static str,
    env: TestEnv,
    registry: Registry,
    args: Vec<String>,
    stdin: &'static str,
    change: Option<Change>,
    /// What is put back before each run: the store, or the credentials.
    subject: PathBuf,
    /// Whether a second run finds nothing left to do, and says so.
    second: i32,
    /// Counts runs, for what must be new each time.
    run: AtomicUsize,
}

impl Scene {
    /// A store with two images, of which `moved:v1` is about to be another one in the registry.
    fn new(name: &'static str) -> Self {
        let (env, registry) = (TestEnv::new(), Registry::start());
        let old = Artifact::image(800).layers(&[3000, 5000]).build();
        registry.add("kept", "v1", &Artifact::image(801).build());
        registry.add("moved", "v1", &old);
        let references = ["kept:v1", "moved:v1"].map(|name| registry.reference(name));
        env.rcr(["-q", "pull"]).args(references).success();
        let subject = env.store();
        let run = AtomicUsize::new(0);
        Self { name, env, registry, args: Vec::new(), stdin: "", change: None, subject, second: 0, run }
    }

    fn args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(|&arg| arg.to_owned()).collect();
        self
    }

    fn names(mut self, name: String, to: Option<String>) -> Self {
        self.change = Some(Change { name, to });
        self
    }

    fn cold_pull() -> Self {
        let scene = Self::new("pull, cold");
        fs::remove_dir_all(scene.env.store()).unwrap();
        let image = Artifact::image(802).layers(&[3000, 40_000]).build();
        scene.registry.add("new", "v1", &image);
        let reference = scene.registry.reference("new:v1");
        scene.args(&["pull", &reference]).names(reference, Some(image.digest()))
    }

    /// The tag moves to an image that has one layer in common with the old one.
    fn pull() -> Self {
        let scene = Self::new("pull, tag moves");
        let image = Artifact::image(800).layers(&[3000, 6000, 7000]).build();
        scene.registry.add("moved", "v1", &image);
        let reference = scene.registry.reference("moved:v1");
        scene.args(&["pull", &reference]).names(reference, Some(image.digest()))
    }

    fn index_pull() -> Self {
        let scene = Self::new("pull, two platforms");
        let index = Artifact::index(803, &["linux/amd64", "linux/arm64/v8"]);
        scene.registry.add("index", "v1", &index);
        let reference = scene.registry.reference("index:v1");
        scene.args(&["pull", "--all-platforms", &reference]).names(reference, Some(index.digest()))
    }

    /// To a repository that is new in each run.
    fn push() -> Self {
        let scene = Self::new("push");
        let (from, to) = (scene.registry.reference("moved:v1"), scene.registry.reference("run-NEW:v1"));
        scene.args(&["push", &from, &to])
    }

    fn tag() -> Self {
        let scene = Self::new("tag");
        let [kept, moved] = ["kept:v1", "moved:v1"].map(|name| scene.registry.reference(name));
        let digest = scene.registry.tag("kept", "v1");
        scene.args(&["tag", &kept, &moved]).names(moved, digest)
    }

    fn rmi() -> Self {
        let scene = Self::new("rmi");
        let moved = scene.registry.reference("moved:v1");
        let mut scene = scene.args(&["rmi", &moved]).names(moved, None);
        scene.second = 3;
        scene
    }

    /// With blobs that nothing needs, and leftovers of the dead.
    fn gc() -> Self {
        let scene = Self::new("store gc");
        scene.env.rcr(["-q", "rmi", &scene.registry.reference("moved:v1")]).success();
        let digest = "0".repeat(64);
        for left in ["tmp/index.1.0".to_owned(), format!("partial/sha256-{digest}"), format!("lock/sha256-{digest}")] {
            fs::write(scene.env.store().join(".rcr").join(left), "of a dead process").unwrap();
        }
        scene.args(&["store", "gc", "--grace", "0"])
    }

    fn login() -> Self {
        let basic = "Basic YWxpY2U6bmV3LXBhc3N3b3Jk";
        let registry = Registry::builder().wants(&[basic], "Basic realm=\"test\"").start();
        let mut scene = Self::new("login");
        scene.env.write_docker_config(&json!({"auths": {
            "other.test": {"auth": "Ym9iOmtlcHQ="},
            registry.host(): {"auth": "YWxpY2U6b2xk"},
        }}));
        scene.stdin = "new-password";
        scene.subject = scene.env.home();
        let scene = scene.args(&["login", "-u", "alice", "--password-stdin", &registry.host()]);
        Self { registry, ..scene }
    }

    /// The arguments of the next run.
    fn next(&self) -> Vec<String> {
        let run = self.run.fetch_add(1, Ordering::Relaxed);
        self.args.iter().map(|arg| arg.replace("NEW", &run.to_string())).collect()
    }
}

/// Puts `tree` in place of whatever is at `root`, with the directories that were there.
fn restore(root: &Path, directories: &BTreeSet<PathBuf>, tree: &Tree) {
    use std::os::unix::fs::PermissionsExt as _;
    if root.exists() {
        fs::remove_dir_all(root).unwrap();
    }
    for directory in directories {
        fs::create_dir_all(directory).unwrap();
    }
    for (path, bytes) in tree {
        fs::write(path, bytes).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn directories(root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        open.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()));
        found.insert(directory);
    }
    found
}

impl Scene {
    /// The first thing that is wrong after a run with a fault, and after the same command without.
    fn judge(&self, aftermath: &Aftermath<'_>, args: &[String], output: &Output, ending: Ending) -> Result<(), String> {
        let code = output.exit();
        // What the program above rcr makes of its death does not matter.
        let ended = ending.killed || matches!(code, Some(0 | 9)) || (ending.unread && code == Some(2));
        require(ended, || "the exit code".to_owned())?;
        require(!output.stderr.contains("panicked"), || "a panic".to_owned())?;
        require(code != Some(9) || output.stderr.contains("error: "), || "exit 9 without an error".to_owned())?;
        self.state(aftermath, !ending.killed && code == Some(0))?;

        let again = self.env.rcr(args).stdin(self.stdin).run();
        let codes = [0, self.second];
        require(codes.contains(&again.exit().unwrap_or(-1)), || format!("the same command again\n{again}"))?;
        self.state(aftermath, true).map_err(|wrong| format!("after the same command again: {wrong}"))?;
        if self.subject == self.env.store() { aftermath.swept() } else { Ok(()) }
    }

    fn state(&self, aftermath: &Aftermath<'_>, done: bool) -> Result<(), String> {
        if self.subject == self.env.store() {
            return aftermath.judge(self.change.as_ref(), done);
        }
        aftermath.surroundings()?;
        self.credentials(done)
    }

    /// The file of credentials is the old one or the new one.
    fn credentials(&self, done: bool) -> Result<(), String> {
        use std::os::unix::fs::PermissionsExt as _;
        let auths = self.env.docker_config_json()["auths"].clone();
        let host = &auths[self.registry.host()]["auth"];
        require(auths["other.test"]["auth"] == "Ym9iOmtlcHQ=", || format!("another login was lost: {auths}"))?;
        let (old, new) = (host == "YWxpY2U6b2xk", host == "YWxpY2U6bmV3LXBhc3N3b3Jk");
        require(new || (old && !done), || format!("the login is {host}"))?;
        let docker = files_under(self.env.docker_config().parent().expect("a directory"));
        let tidy = docker.iter().all(|path| path.ends_with("config.json") || path.ends_with("config.json.lock"));
        require(tidy || !done, || format!("left behind: {docker:?}"))?;
        for path in files_under(&self.env.home()) {
            let mode = fs::metadata(&path).map_err(|error| error.to_string())?.permissions().mode();
            require(mode & 0o777 == 0o600, || format!("{} is open to others", path.display()))?;
        }
        Ok(())
    }
}

/// How a run with a fault may have ended.
#[derive(Clone, Copy)]
struct Ending {
    /// By the fault itself.
    killed: bool,
    /// With a file of settings that cannot be read, which is exit 2 as any other mistake in one.
    unread: bool,
}

/// Runs the command with the fault at its points, one at a time.
fn sweep(scene: &Scene, fault: Fault) {
    let env = &scene.env;
    let (shape, contents) = (directories(&scene.subject), tree(&scene.subject, Path::new("/nowhere")));
    let shape = if scene.subject.exists() { shape } else { BTreeSet::new() };
    let aftermath = Aftermath::new(env, &scene.subject);
    let watch = || {
        restore(&scene.subject, &shape, &contents);
        let (output, log) = strace::watch(env, &scene.next(), scene.stdin.as_bytes());
        output.success();
        log
    };
    let mut points = strace::points(&watch(), &watch(), env.root());
    points.retain(|point| point.can(fault));
    let all = std::env::var("RCR_SWEEP").is_ok_and(|wanted| wanted == "all");
    let every = if all { 1 } else { points.len().div_ceil(SAMPLE).max(1) };
    let mut tally: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut wrong = Vec::new();
    for point in points.iter().step_by(every) {
        restore(&scene.subject, &shape, &contents);
        let args = scene.next();
        let (output, hit) = strace::inject(env, &args, scene.stdin.as_bytes(), point, fault);
        let tally = tally.entry(&point.call).or_default();
        if !hit {
            tally.missed += 1;
            continue;
        }
        tally.points += 1;
        let ending = Ending { killed: fault == Fault::Kill, unread: is_setting(point, env) };
        let verdict = scene.judge(&aftermath, &args, &output, ending);
        if let Err(what) = verdict {
            tally.violations += 1;
            wrong.push(format!("{fault:?} at {}: {what}\n{output}", shown(point, env)));
        }
    }
    report(scene.name, fault, &tally);
    let hit: usize = tally.values().map(|tally| tally.points).sum();
    let missed: usize = tally.values().map(|tally| tally.missed).sum();
    assert!(wrong.is_empty(), "{}: {} of {hit} points\n{}", scene.name, wrong.len(), wrong.join("\n"));
    assert!(hit > 0 && missed * 4 <= hit, "{}: {missed} points were never reached, {hit} were", scene.name);
}

/// Whether the call is about a file of settings.
fn is_setting(point: &Point, env: &TestEnv) -> bool {
    let below = |directory: &str| point.path.as_ref().is_some_and(|path| path.starts_with(env.root().join(directory)));
    ["config", "system", "cache/containers"].into_iter().any(below)
}

#[derive(Default)]
struct Tally {
    points: usize,
    missed: usize,
    violations: usize,
}

fn shown(point: &Point, env: &TestEnv) -> String {
    let path =
        point.path.as_deref().map_or(Path::new("a random name"), |path| path.strip_prefix(env.root()).unwrap_or(path));
    format!("call {} of {} about {}", point.nth, point.call, path.display())
}

/// Adds rows to the table that `scripts/sweep` shows.
fn report(command: &str, fault: Fault, tally: &BTreeMap<&str, Tally>) {
    let Some(file) = std::env::var_os("RCR_SWEEP_TABLE") else { return };
    let row = |(call, tally): (&&str, &Tally)| {
        let Tally { points, missed, violations } = tally;
        format!("| {command} | {fault:?} | {call} | {points} | {missed} | {violations} |\n")
    };
    let rows: String = tally.iter().map(row).collect();
    let mut file = fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
    file.write_all(rows.as_bytes()).unwrap();
}

#[test]
fn fault_76_no_space_at_any_call_of_a_cold_pull() {
    sweep(&Scene::cold_pull(), Fault::NoSpace);
}

#[test]
fn fault_76_no_space_at_any_call_of_a_pull_that_moves_a_tag() {
    sweep(&Scene::pull(), Fault::NoSpace);
}

#[test]
fn fault_76_no_space_at_any_call_of_a_pull_of_two_platforms() {
    sweep(&Scene::index_pull(), Fault::NoSpace);
}

#[test]
fn fault_76_no_space_at_any_call_of_a_push() {
    sweep(&Scene::push(), Fault::NoSpace);
}

#[test]
fn fault_76_no_space_at_any_call_of_a_tag() {
    sweep(&Scene::tag(), Fault::NoSpace);
}

#[test]
fn fault_76_no_space_at_any_call_of_an_rmi() {
    sweep(&Scene::rmi(), Fault::NoSpace);
}

#[test]
fn fault_76_no_space_at_any_call_of_a_collection() {
    sweep(&Scene::gc(), Fault::NoSpace);
}

#[test]
fn fault_76_no_space_at_any_call_of_a_login() {
    sweep(&Scene::login(), Fault::NoSpace);
}

#[test]
fn fault_78_a_broken_disk_at_any_call_of_a_cold_pull() {
    sweep(&Scene::cold_pull(), Fault::Broken);
}

#[test]
fn fault_78_a_broken_disk_at_any_call_of_a_pull_that_moves_a_tag() {
    sweep(&Scene::pull(), Fault::Broken);
}

#[test]
fn fault_78_a_broken_disk_at_any_call_of_a_pull_of_two_platforms() {
    sweep(&Scene::index_pull(), Fault::Broken);
}

#[test]
fn fault_78_a_broken_disk_at_any_call_of_a_push() {
    sweep(&Scene::push(), Fault::Broken);
}

#[test]
fn fault_78_a_broken_disk_at_any_call_of_a_tag() {
    sweep(&Scene::tag(), Fault::Broken);
}

#[test]
fn fault_78_a_broken_disk_at_any_call_of_an_rmi() {
    sweep(&Scene::rmi(), Fault::Broken);
}

#[test]
fn fault_78_a_broken_disk_at_any_call_of_a_collection() {
    sweep(&Scene::gc(), Fault::Broken);
}

#[test]
fn fault_78_a_broken_disk_at_any_call_of_a_login() {
    sweep(&Scene::login(), Fault::Broken);
}

#[test]
fn fault_81_a_kill_at_any_call_of_a_cold_pull() {
    sweep(&Scene::cold_pull(), Fault::Kill);
}

#[test]
fn fault_81_a_kill_at_any_call_of_a_pull_that_moves_a_tag() {
    sweep(&Scene::pull(), Fault::Kill);
}

#[test]
fn fault_81_a_kill_at_any_call_of_a_pull_of_two_platforms() {
    sweep(&Scene::index_pull(), Fault::Kill);
}

#[test]
fn fault_81_a_kill_at_any_call_of_a_push() {
    sweep(&Scene::push(), Fault::Kill);
}

#[test]
fn fault_81_a_kill_at_any_call_of_a_tag() {
    sweep(&Scene::tag(), Fault::Kill);
}

#[test]
fn fault_81_a_kill_at_any_call_of_an_rmi() {
    sweep(&Scene::rmi(), Fault::Kill);
}

#[test]
fn fault_81_a_kill_at_any_call_of_a_collection() {
    sweep(&Scene::gc(), Fault::Kill);
}

#[test]
fn fault_81_a_kill_at_any_call_of_a_login() {
    sweep(&Scene::login(), Fault::Kill);
}
