//! The power is cut at every moment of every scenario, and whatever the disk may hold then is looked at as the next
//! command would.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::disk::{Disk, Tree};
use super::log::{Op, Recorder};
use super::scenario::{Named, Notes, SCENARIOS, Scenario};
use crate::store::{Layout, Options};

type Expected = BTreeMap<String, Vec<Named>>;

/// A directory in memory where there is one: what is synced here is nobody's.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

/// A scenario as it went.
struct Recorded {
    ops: Vec<Op>,
    /// What the names may stand for after so many marks.
    expected: Vec<Expected>,
}

fn record(scenario: &Scenario) -> Recorded {
    let dir = scratch();
    let recorder = Recorder::start(dir.path());
    let notes = Notes::of(&recorder);
    runtime().block_on((scenario.run)(&dir.path().join("store"), &notes)).unwrap();
    let ops = recorder.ops();
    let marks = ops.iter().filter(|op| matches!(op, Op::Told(_))).count();
    let expected = (0..=marks).map(|count| notes.expected(count)).collect();
    Recorded { ops, expected }
}

/// A state of the disk, and how many marks had been set by then.
type State = (Tree, usize);

/// Every distinct state that a power cut may leave, whenever it comes after the first `from` operations.
fn states(ops: &[Op], from: usize) -> Vec<State> {
    let mut random = fastrand::Rng::with_seed(82);
    let (mut disk, mut marks, mut seen, mut found) = (Disk::default(), 0, HashSet::new(), Vec::new());
    for (at, op) in ops.iter().enumerate() {
        disk.apply(op);
        if let Op::Told(count) = op {
            marks = *count;
        }
        if at < from {
            continue;
        }
        for tree in disk.after_power_cut(&mut random) {
            let mut hasher = DefaultHasher::new();
            (&tree, marks).hash(&mut hasher);
            if seen.insert(hasher.finish()) {
                found.push((tree, marks));
            }
        }
    }
    found
}

fn materialise(tree: &Tree, root: &Path) {
    for (path, content) in tree {
        let path = root.join(path);
        match content {
            None => std::fs::create_dir(path).unwrap(),
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
        }
    }
}

/// Looks at a store as a command would. With `hasty`, images that were not promised to be whole need not be.
async fn examine(store: &Path, expected: &Expected, hasty: bool) -> Result<(), String> {
    let opened = Layout::open(store, Options::default()).map_err(|error| format!("it does not open: {error}"))?;
    let (mut names, mut problems) = (BTreeMap::new(), Vec::new());
    if let Some(layout) = opened {
        for entry in layout.entries().map_err(|error| error.to_string())? {
            names.insert(entry.name.ok_or("an entry without a name")?, entry.descriptor.digest);
        }
        problems = layout.verify(|_, _| {}).await.map_err(|error| format!("it is not verified: {error}"))?.problems;
    }
    for (name, allowed) in expected {
        let found = names.remove(name);
        let Some(named) = allowed.iter().find(|named| named.digest == found) else {
            return Err(format!("{name} stands for {found:?}, not for any of {allowed:?}"));
        };
        let broken = problems.iter().find(|problem| problem.image.as_deref() == Some(name));
        if let Some(problem) = broken.filter(|_| named.whole) {
            return Err(format!("{name} is not whole: {}", problem.error));
        }
    }
    if let Some(name) = names.keys().next() {
        return Err(format!("{name} was never given"));
    }
    match problems.first().filter(|_| !hasty) {
        Some(problem) => Err(format!("{:?} has a problem: {}", problem.image, problem.error)),
        None => Ok(()),
    }
}

/// Looks at what a power cut left, then does everything again on it.
async fn recover(scenario: &Scenario, store: &Path, expected: &Expected) -> Result<(), String> {
    let hasty = expected.values().flatten().any(|named| named.digest.is_some() && !named.whole);
    examine(store, expected, hasty).await?;
    let notes = Notes::default();
    (scenario.run)(store, &notes).await.map_err(|error| format!("it cannot be done again: {error}"))?;
    examine(store, &notes.last(), false).await.map_err(|reason| format!("done again, {reason}"))
}

/// What is wrong with any of the states, several at a time, as far as the first that is found.
fn violation(scenario: &Scenario, recorded: &[Expected], states: &[State]) -> Option<String> {
    let (next, stop, first) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(None));
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 8));
    let work = || {
        let (dir, runtime) = (scratch(), runtime());
        while let Some((tree, marks)) = states.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let root = dir.path().join("state");
            std::fs::create_dir(&root).unwrap();
            materialise(tree, &root);
            let recovering = || runtime.block_on(recover(scenario, &root.join("store"), &recorded[*marks]));
            let result = catch_unwind(AssertUnwindSafe(recovering)).unwrap_or_else(|_| Err("a panic".to_owned()));
            if let Err(reason) = result {
                stop.store(true, Ordering::Relaxed);
                let text = format!("{}: {reason}\nafter {marks} marks the disk held {}", scenario.name, outline(tree));
                first.lock().unwrap().get_or_insert(text);
            }
            std::fs::remove_dir_all(&root).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    first.into_inner().unwrap()
}

fn outline(tree: &Tree) -> String {
    let line = |(path, content): (&PathBuf, &Option<Vec<u8>>)| match content {
        None => format!("{}/", path.display()),
        Some(bytes) => format!("{} {:?}", path.display(), String::from_utf8_lossy(bytes)),
    };
    tree.iter().map(line).collect::<Vec<_>>().join("\n  ")
}

#[test]
fn fault_82_whatever_a_power_cut_leaves_keeps_the_promise() {
    let mut total = 0;
    for scenario in &SCENARIOS {
        let started = std::time::Instant::now();
        let recorded = record(scenario);
        let states = states(&recorded.ops, 0);
        println!("{}: {} operations, {} states", scenario.name, recorded.ops.len(), states.len());
        if let Some(violation) = violation(scenario, &recorded.expected, &states) {
            panic!("{violation}");
        }
        println!("  checked in {:?}", started.elapsed());
        total += states.len();
    }
    println!("{total} states of the disk were checked");
    assert!(total > 1_000, "{total}");
}
