//! The power is cut at every moment of every scenario, and whatever the disk may hold then is looked at as the next
//! command would.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

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

/// Every distinct state that a power cut may leave, whenever it comes.
fn states(ops: &[Op]) -> Vec<State> {
    let mut random = fastrand::Rng::with_seed(82);
    let (mut disk, mut marks, mut seen, mut found) = (Disk::default(), 0, HashSet::new(), Vec::new());
    for op in ops {
        disk.apply(op);
        if let Op::Told(count) = op {
            marks = *count;
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
        let Some(now) = allowed.iter().find(|state| state.digest == found) else {
            return Err(format!("{name} stands for {found:?}, not for any of {allowed:?}"));
        };
        let broken = problems.iter().find(|problem| problem.image.as_deref() == Some(name));
        if let Some(problem) = broken.filter(|_| now.whole) {
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

/// Of so many states one is also used again: that takes far longer than to look at it.
const USED_AGAIN_EVERY: usize = 5;

/// Looks at what a power cut left, and where it is to be used, does everything again on it.
async fn recover(scenario: &Scenario, store: &Path, expected: &Expected, used: bool) -> Result<(), String> {
    examine(store, expected, scenario.hasty).await?;
    if !used {
        return Ok(());
    }
    let notes = Notes::default();
    (scenario.run)(store, &notes).await.map_err(|error| format!("it cannot be done again: {error}"))?;
    examine(store, &notes.last(), false).await.map_err(|reason| format!("done again, {reason}"))
}

/// What is wrong with any of the states, several at a time, as far as the first that is found.
fn violation(scenario: &Scenario, recorded: &[Expected], states: &[State], every: usize) -> Option<String> {
    let (next, stop, first) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(None));
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 8));
    let work = || {
        let (dir, runtime) = (scratch(), runtime());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((tree, marks)) = states.get(at) else { return };
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let root = dir.path().join("state");
            std::fs::create_dir(&root).unwrap();
            materialise(tree, &root);
            let recovering =
                || runtime.block_on(recover(scenario, &root.join("store"), &recorded[*marks], at % every == 0));
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
    let line = |(path, content): (&PathBuf, &Option<Arc<[u8]>>)| match content {
        None => format!("{}/", path.display()),
        Some(bytes) => format!("{} {:?}", path.display(), String::from_utf8_lossy(bytes)),
    };
    tree.iter().map(line).collect::<Vec<_>>().join("\n  ")
}

#[test]
fn fault_82_whatever_a_power_cut_leaves_keeps_the_promise() {
    let mut total = 0;
    for scenario in &SCENARIOS {
        let recorded = record(scenario);
        let states = states(&recorded.ops);
        println!("{}: {} operations, {} states of the disk", scenario.name, recorded.ops.len(), states.len());
        if let Some(violation) = violation(scenario, &recorded.expected, &states, USED_AGAIN_EVERY) {
            panic!("{violation}");
        }
        total += states.len();
    }
    println!("{total} states of the disk were checked, and one in {USED_AGAIN_EVERY} was used again");
    assert!(total > 1_000, "{total}");
}

/// What a careless program would have done: the record of a scenario with one rule broken.
struct Careless {
    name: &'static str,
    scenario: &'static str,
    from_the_start: bool,
    change: fn(&[Op]) -> Vec<Op>,
}

fn without(ops: &[Op], goes: impl Fn(&Op) -> bool) -> Vec<Op> {
    ops.iter().filter(|op| !goes(op)).cloned().collect()
}

fn is_dir_sync(op: &Op, name: &str) -> bool {
    matches!(op, Op::SyncDir(path) if path == Path::new(name))
}

/// Where a file gets a name that ends so.
fn names(op: &Op, end: &str) -> bool {
    matches!(op, Op::Rename { to, .. } if to.ends_with(end))
}

/// Moves what is `early` behind the next thing that is `late`, each time.
fn swapped(ops: &[Op], early: impl Fn(&Op) -> bool, late: impl Fn(&Op) -> bool) -> Vec<Op> {
    let (mut changed, mut held) = (Vec::new(), Vec::new());
    for op in ops {
        if early(op) {
            held.push(op.clone());
            continue;
        }
        changed.push(op.clone());
        if late(op) {
            changed.append(&mut held);
        }
    }
    changed.append(&mut held);
    changed
}

/// Writes the index where it stands instead of beside it.
fn in_place(ops: &[Op]) -> Vec<Op> {
    let (mut changed, mut file, mut content) = (Vec::new(), None, BTreeMap::new());
    for op in ops {
        if let Op::Write { file, bytes, .. } = op {
            content.insert(*file, bytes.clone());
        }
        let created = |name: &Path| {
            let id = |op: &Op| matches!(op, Op::Create(path, _) if path == name);
            ops.iter().rev().find(|op| id(op)).map(|op| if let Op::Create(_, id) = op { *id } else { 0 })
        };
        match op {
            Op::Rename { from, to } if to.ends_with("index.json") => {
                let temporary = created(from).unwrap();
                if let Some(file) = file {
                    changed.push(Op::Truncate { file, size: 0 });
                    changed.push(Op::Write { file, offset: 0, bytes: content[&temporary].clone() });
                    changed.push(Op::SyncFile(file));
                } else {
                    file = Some(temporary);
                    changed.push(op.clone());
                }
            }
            op => changed.push(op.clone()),
        }
    }
    changed
}

const CARELESS: [Careless; 12] = [
    Careless {
        name: "no file is synced",
        scenario: "pulls",
        from_the_start: false,
        change: |ops| without(ops, |op| matches!(op, Op::SyncFile(_))),
    },
    Careless {
        name: "no directory is synced",
        scenario: "pulls",
        from_the_start: false,
        change: |ops| without(ops, |op| matches!(op, Op::SyncDir(_))),
    },
    Careless {
        name: "the directory of the blobs is not synced",
        scenario: "pulls",
        from_the_start: false,
        change: |ops| without(ops, |op| is_dir_sync(op, "store/blobs/sha256")),
    },
    Careless {
        name: "the directory of the index is not synced",
        scenario: "pulls",
        from_the_start: false,
        change: |ops| without(ops, |op| is_dir_sync(op, "store")),
    },
    Careless {
        name: "the directory of the store is not synced",
        scenario: "pulls",
        from_the_start: true,
        change: |ops| without(ops, |op| is_dir_sync(op, "")),
    },
    Careless {
        name: "the directory that holds that of the blobs is not synced",
        scenario: "pulls",
        from_the_start: true,
        change: |ops| without(ops, |op| is_dir_sync(op, "store/blobs")),
    },
    Careless {
        name: "blobs get their names before they are synced",
        scenario: "pulls",
        from_the_start: false,
        change: |ops| swapped(ops, |op| matches!(op, Op::SyncFile(_)), |op| is_dir_sync(op, "store/blobs/sha256")),
    },
    Careless {
        name: "the index gets its name before it is synced",
        scenario: "pulls",
        from_the_start: false,
        change: |ops| {
            let indexes: HashSet<_> = ops
                .iter()
                .filter_map(|op| match op {
                    Op::Create(path, file) if path.to_string_lossy().contains("tmp/index") => Some(*file),
                    _ => None,
                })
                .collect();
            let index = |op: &Op| matches!(op, Op::SyncFile(file) if indexes.contains(file));
            swapped(ops, index, |op| names(op, "index.json"))
        },
    },
    Careless {
        name: "the index is written before the blobs are durable",
        scenario: "pulls",
        from_the_start: false,
        change: |ops| swapped(ops, |op| is_dir_sync(op, "store/blobs/sha256"), |op| is_dir_sync(op, "store")),
    },
    Careless {
        name: "the index is written where it stands",
        scenario: "pulls",
        from_the_start: true,
        change: in_place,
    },
    Careless {
        name: "a result is told before the index is durable",
        scenario: "pulls",
        from_the_start: false,
        change: |ops| swapped(ops, |op| is_dir_sync(op, "store"), |op| matches!(op, Op::Told(_))),
    },
    Careless {
        name: "blobs are removed before their name is",
        scenario: "removals",
        from_the_start: false,
        change: |ops| {
            let removal = ops.iter().position(|op| matches!(op, Op::Remove(path) if path.starts_with("store/blobs")));
            let (before, after) = ops.split_at(removal.unwrap());
            let last = before.iter().rposition(|op| is_dir_sync(op, "store")).unwrap();
            [&before[..last], &before[last + 1..], after].concat()
        },
    },
];

#[test]
fn whoever_breaks_a_rule_of_the_order_is_found_out() {
    for careless in &CARELESS {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == careless.scenario).unwrap();
        let recorded = record(scenario);
        // Whoever is careless is so with a store that is there: all of these would be noticed at its foundation.
        let founded = recorded.ops.iter().position(|op| names(op, "index.json")).unwrap() + 2;
        let (before, after) = recorded.ops.split_at(if careless.from_the_start { 0 } else { founded });
        let changed = [before, &(careless.change)(after)].concat();
        assert_ne!(changed, recorded.ops, "{}: nothing was changed", careless.name);
        let found = violation(scenario, &recorded.expected, &states(&changed), usize::MAX);
        let found = found.unwrap_or_else(|| panic!("{}: nobody noticed", careless.name));
        println!("{}: {}", careless.name, found.lines().next().unwrap());
    }
}
