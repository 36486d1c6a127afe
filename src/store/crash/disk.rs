//! A disk with a cache that nobody promised anything about: what is durable, what may be, and each state in between.
//!
//! What is assumed of a file system is no more than what fsync promises:
//!
//! - The data of a file is durable once the file was synced. Until then any of it may be missing: the file is as it was
//!   at the last sync, or empty, or of its new length with zeros for data, or new in some blocks and old in others.
//! - A name is durable once its directory was synced; a sync of the file itself says nothing about its name. Until then
//!   a name stands for anything that it stood for since, each name on its own: changes of different names are lost or
//!   kept in any combination, within a directory as well as between two.
//! - So of a rename the new name may be durable without the loss of the old one, and the other way round. A single name
//!   changes in one step: it stands for the old file or for the new one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::log::{FileId, Op};

/// Stands in for the block of a disk: the files of the tests are small.
const BLOCK_BYTES: usize = 16;
/// Up to so many states are all tried; of more, those that differ from the oldest or the newest in one place.
const ALL_STATES: usize = 18;
/// How many others of them are tried, at random.
const SAMPLES: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    File(FileId),
    Directory,
}

#[derive(Clone, Debug, Default)]
struct Data {
    durable: Arc<[u8]>,
    current: Arc<[u8]>,
}

/// What stands at each path after a power cut: a file's bytes, or a directory.
pub(super) type Tree = BTreeMap<PathBuf, Option<Arc<[u8]>>>;

/// What was done to a disk so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    /// What each name has stood for since its directory was synced; the first is durable.
    names: BTreeMap<PathBuf, Vec<Option<Node>>>,
    files: BTreeMap<FileId, Data>,
}

/// Things that may be in one of several states, oldest first.
enum Open {
    Name(PathBuf),
    File(FileId, Vec<Arc<[u8]>>),
}

impl Disk {
    pub(super) fn apply(&mut self, op: &Op) {
        match op {
            Op::MakeDir(path) => self.name(path, Some(Node::Directory)),
            Op::Create(path, file) => {
                self.files.insert(*file, Data::default());
                self.name(path, Some(Node::File(*file)));
            }
            Op::Write { file, offset, bytes } => {
                let current = &mut self.files.get_mut(file).unwrap().current;
                let (mut data, from) = (current.to_vec(), usize::try_from(*offset).unwrap());
                data.resize(data.len().max(from + bytes.len()), 0);
                data[from..from + bytes.len()].copy_from_slice(bytes);
                *current = data.into();
            }
            Op::Truncate { file, size } => {
                let current = &mut self.files.get_mut(file).unwrap().current;
                let mut data = current.to_vec();
                data.resize(usize::try_from(*size).unwrap(), 0);
                *current = data.into();
            }
            Op::SyncFile(file) => {
                let data = self.files.get_mut(file).unwrap();
                data.durable = data.current.clone();
            }
            Op::SyncDir(directory) => {
                for (_, states) in self.names.iter_mut().filter(|(path, _)| path.parent() == Some(directory)) {
                    states.drain(..states.len() - 1);
                }
            }
            Op::Rename { from, to } => {
                let node = self.names[from].last().copied().flatten();
                assert!(matches!(node, Some(Node::File(_))), "a directory was renamed: that is not modelled");
                self.name(to, node);
                self.name(from, None);
            }
            Op::Remove(path) => self.name(path, None),
            Op::Told(_) => {}
        }
    }

    fn name(&mut self, path: &Path, node: Option<Node>) {
        self.names.entry(path.to_owned()).or_insert_with(|| vec![None]).push(node);
    }

    /// Every state that a power cut may leave now, or a fair choice of them.
    pub(super) fn after_power_cut(&self, random: &mut fastrand::Rng) -> Vec<Tree> {
        let open = self.open();
        let counts: Vec<usize> = open.iter().map(|open| self.count(open)).collect();
        let passing = random.usize(..3);
        choices(&counts, random).iter().map(|choice| self.tree(&open, choice, passing)).collect()
    }

    fn count(&self, open: &Open) -> usize {
        match open {
            Open::Name(path) => self.names[path].len(),
            Open::File(_, variants) => variants.len(),
        }
    }

    fn open(&self) -> Vec<Open> {
        let mut open = Vec::new();
        for (path, states) in self.names.iter().filter(|(_, states)| states.len() > 1) {
            if !is_passing(path, states) && states.windows(2).any(|pair| pair[0] != pair[1]) {
                open.push(Open::Name(path.clone()));
            }
        }
        for (file, data) in self.files.iter().filter(|(_, data)| data.durable != data.current) {
            let has = |states: &[Option<Node>]| states.contains(&Some(Node::File(*file)));
            let mut names = self.names.iter().filter(|(_, states)| has(states)).peekable();
            if names.peek().is_some() {
                let passing = names.all(|(path, states)| is_passing(path, states));
                let ends = || vec![data.durable.clone(), data.current.clone()];
                open.push(Open::File(*file, if passing { ends() } else { data.variants() }));
            }
        }
        open
    }

    /// What is passing is as it was first, second or last.
    fn tree(&self, open: &[Open], choice: &[usize], passing: usize) -> Tree {
        let mut at: BTreeMap<&Path, usize> = BTreeMap::new();
        let mut bytes: BTreeMap<FileId, &Arc<[u8]>> = BTreeMap::new();
        for (open, choice) in open.iter().zip(choice) {
            match open {
                Open::Name(path) => drop(at.insert(path, *choice)),
                Open::File(file, variants) => drop(bytes.insert(*file, &variants[*choice])),
            }
        }
        let mut tree = Tree::new();
        for (path, states) in &self.names {
            let parent = path.parent().unwrap();
            let reached = parent == Path::new("") || tree.get(parent) == Some(&None);
            let newest = states.len() - 1;
            let default = if is_passing(path, states) { [0, newest.min(1), newest][passing] } else { newest };
            let node = states[at.get(path.as_path()).copied().unwrap_or(default)];
            match node.filter(|_| reached) {
                Some(Node::Directory) => drop(tree.insert(path.clone(), None)),
                Some(Node::File(file)) => {
                    let bytes = bytes.get(&file).copied().unwrap_or(&self.files[&file].durable);
                    tree.insert(path.clone(), Some(bytes.clone()));
                }
                None => {}
            }
        }
        tree
    }
}

/// Whether nothing depends on this name by itself: a lock, a temporary file, or a partial download that has become a
/// blob. All of these are in some state or other, and make no states of their own.
fn is_passing(path: &Path, states: &[Option<Node>]) -> bool {
    let below = |name| path.parent().is_some_and(|parent| parent.ends_with(name));
    below(".rcr/lock") || below(".rcr/tmp") || below(".rcr/partial") && states.ends_with(&[None])
}

impl Data {
    /// As it was at the last sync first, as it is now last.
    fn variants(&self) -> Vec<Arc<[u8]>> {
        let (old, new) = (&self.durable, &self.current);
        let blocks = |from_new: &dyn Fn(usize) -> bool, length: usize| -> Arc<[u8]> {
            let byte = |at: usize| {
                let from = if from_new(at / BLOCK_BYTES) { new } else { old };
                from.get(at).copied().unwrap_or(0)
            };
            (0..length).map(byte).collect()
        };
        let middle = new.len() / 2 / BLOCK_BYTES;
        let mut variants = vec![
            old.clone(),
            Arc::default(),
            blocks(&|_| false, new.len()),
            blocks(&|_| true, middle * BLOCK_BYTES),
            blocks(&|block| block < middle, new.len()),
            blocks(&|block| block >= middle, new.len()),
            blocks(&|block| block % 2 == 0, new.len()),
            new.clone(),
        ];
        let mut seen: Vec<Arc<[u8]>> = Vec::new();
        variants.retain(|variant| variant == new || !seen.contains(variant) && (seen.push(variant.clone()), true).1);
        variants.dedup();
        variants
    }
}

/// For each of the things that may be in `counts` states, which one it is in.
fn choices(counts: &[usize], random: &mut fastrand::Rng) -> Vec<Vec<usize>> {
    let product = counts.iter().try_fold(1_usize, |product, count| product.checked_mul(*count));
    if let Some(all) = product.filter(|product| *product <= ALL_STATES) {
        let nth = |mut rest: usize| {
            let digit = |count: &usize| (rest % count, rest /= count).0;
            counts.iter().map(digit).collect()
        };
        return (0..all).map(nth).collect();
    }
    let mut found = Vec::new();
    let newest: Vec<usize> = counts.iter().map(|count| count - 1).collect();
    for base in [vec![0; counts.len()], newest] {
        for (at, state) in counts.iter().enumerate().flat_map(|(at, count)| (0..*count).map(move |state| (at, state))) {
            let mut choice = base.clone();
            choice[at] = state;
            found.push(choice);
        }
    }
    found.extend((0..SAMPLES).map(|_| counts.iter().map(|count| random.usize(..*count)).collect()));
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(ops: &[Op]) -> Vec<String> {
        let mut disk = Disk::default();
        for op in ops {
            disk.apply(op);
        }
        let text = |tree: Tree| {
            let file = |(path, bytes): (PathBuf, Option<Arc<[u8]>>)| {
                format!("{}={}", path.display(), String::from_utf8_lossy(&bytes.unwrap()).replace('\0', "0"))
            };
            tree.into_iter().map(file).collect::<Vec<_>>().join(" ")
        };
        let mut states: Vec<String> =
            disk.after_power_cut(&mut fastrand::Rng::with_seed(1)).into_iter().map(text).collect();
        states.sort();
        states.dedup();
        states
    }

    #[test]
    fn only_what_was_synced_is_sure() {
        let create = |path: &str, file| Op::Create(path.into(), file);
        let write = |file, text: &str| Op::Write { file, offset: 0, bytes: text.as_bytes().to_vec() };
        let rename = |from: &str, to: &str| Op::Rename { from: from.into(), to: to.into() };
        let (sync, names) = (Op::SyncFile, Op::SyncDir("".into()));
        let written = [create("a", 1), write(1, "new")];
        assert_eq!(after(&written), ["", "a=", "a=000", "a=new"]);
        assert_eq!(after(&[&written[..], &[sync(1)]].concat()), ["", "a=new"]);
        assert_eq!(after(&[&written[..], std::slice::from_ref(&names)].concat()), ["a=", "a=000", "a=new"]);
        let durable = [&written[..], &[sync(1), names.clone()]].concat();
        assert_eq!(after(&durable), ["a=new"]);
        let renamed = [&durable[..], &[rename("a", "b")]].concat();
        assert_eq!(after(&renamed), ["", "a=new", "a=new b=new", "b=new"], "each half on its own");
        let replaced =
            [&durable[..], &[create("t", 2), write(2, "2"), sync(2), names.clone(), rename("t", "a")]].concat();
        assert_eq!(after(&replaced), ["a=2", "a=2 t=2", "a=new", "a=new t=2"]);
        let removed = [&durable[..], &[Op::Remove("a".into())]].concat();
        assert_eq!(after(&removed), ["", "a=new"]);
        assert_eq!(after(&[&removed[..], &[names]].concat()), [""]);
        let emptied = [&durable[..], &[Op::Truncate { file: 1, size: 0 }, write(1, "x")]].concat();
        assert_eq!(after(&emptied), ["a=", "a=n", "a=new", "a=x"]);
    }

    #[test]
    fn blocks_of_a_file_come_one_by_one() {
        let data = Data { durable: [b'o'; 48].into(), current: [b'n'; 64].into() };
        let kinds: Vec<String> = data.variants().iter().map(|v| String::from_utf8_lossy(v).into_owned()).collect();
        assert_eq!(kinds.first().unwrap(), &"o".repeat(48));
        assert_eq!(kinds.last().unwrap(), &"n".repeat(64));
        assert!(kinds.contains(&["n".repeat(32), "o".repeat(16), "\0".repeat(16)].concat()), "torn in the middle");
        assert!(kinds.contains(&["n", "o", "n", "\0"].map(|byte| byte.repeat(16)).concat()), "every other block");
    }

    #[test]
    fn few_states_are_all_tried_and_of_many_the_extremes() {
        let mut random = fastrand::Rng::with_seed(1);
        assert_eq!(choices(&[], &mut random), [Vec::<usize>::new()]);
        assert_eq!(choices(&[2, 3], &mut random).len(), 6);
        let many = choices(&[2; 12], &mut random);
        assert!(many.len() < 4096 && many.contains(&vec![0; 12]) && many.contains(&vec![1; 12]));
    }
}
