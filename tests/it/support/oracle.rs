//! The oracle: what holds after every command, whatever went wrong with it. Every run of `rcr` is judged when it ends,
//! and every environment when its test does. It looks at files and processes itself, and asks `rcr store verify` too.
//!
//! | | holds | judged |
//! |---|---|---|
//! | V1 | what the store's names stand for is there, whole and right | at the end |
//! | V2 | tags that a command did not name stay what they were | after each run |
//! | V3 | outside the store nothing changes but declared files; in it, what is unfinished is under `.rcr/` | both |
//! | V5 | no secret is where it may not be: see `leak` | after each run |
//! | V6 | no process is left, and no lock | at the end |
//! | V7 | errors have their form, and standard output has results only | after each run |

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};

use super::images::hex;
use super::leak::files_under;
use super::process::Output;

const RCR: &str = env!("CARGO_BIN_EXE_rcr");
/// How long a process that was told to end may take.
const FAREWELL: Duration = Duration::from_secs(10);

/// What an environment holds before a command.
pub(super) struct Before {
    files: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
    tags: Option<BTreeMap<String, String>>,
}

impl Before {
    /// As it is now; `store` is the store whose tags count.
    pub(super) fn look(root: &Path, store: &Path) -> Self {
        Self { files: outside(root), tags: tags(store) }
    }

    /// The command with these arguments has changed nothing that is not its own: V2, V3.
    pub(super) fn compare(&self, root: &Path, store: &Path, own: &BTreeSet<PathBuf>, args: &[OsString]) -> Verdict {
        let now = outside(root);
        // A lock stands beside the file that it is for.
        let is_own = |path: &Path| {
            let plain = path.with_extension("");
            // And what a killed one left there may be removed.
            let is_left = path.file_name().is_some_and(|name| {
                let name = name.to_string_lossy();
                name.starts_with('.') && name.ends_with(".tmp")
            });
            let beside_own = || own.iter().any(|own| own.parent() == path.parent());
            own.contains(path)
                || (is_left && beside_own())
                || (path.extension().is_some_and(|end| end == "lock") && own.contains(&plain))
        };
        let paths: BTreeSet<_> = self.files.keys().chain(now.keys()).collect();
        if let Some(path) = paths.into_iter().find(|path| self.files.get(*path) != now.get(*path) && !is_own(path)) {
            return Err(format!("V3: {} was changed", path.display()));
        }
        let words: Vec<_> = args.iter().filter_map(|arg| arg.to_str()).collect();
        if words.contains(&"rmi") {
            return Ok(());
        }
        let (Some(before), Some(after)) = (&self.tags, tags(store)) else { return Ok(()) };
        for (tag, digest) in before {
            let same = after.get(tag) == Some(digest);
            let named = after.contains_key(tag) && words.iter().any(|word| stands_for(word, tag));
            if !same && !named {
                return Err(format!("V2: {tag} was {digest}, and is {:?}", after.get(tag)));
            }
        }
        Ok(())
    }
}

/// What is wrong, if anything.
pub(super) type Verdict = Result<(), String>;

/// Whether an argument may name this tag: in full, without the default tag, or short.
fn stands_for(word: &str, tag: &str) -> bool {
    let name = word.split_once('@').map_or(word, |(name, _)| name);
    [name.to_owned(), format!("{name}:latest")]
        .iter()
        .any(|name| tag == name || tag.strip_suffix(name.as_str()).is_some_and(|before| before.ends_with('/')))
}

/// Every file below `root` that belongs to no store, with its size and time of change.
fn outside(root: &Path) -> BTreeMap<PathBuf, (u64, Option<SystemTime>)> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        if is_store(&directory) {
            continue;
        }
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => open.push(entry.path()),
                Ok(data) => drop(found.insert(entry.path(), (data.len(), data.modified().ok()))),
                // It vanished meanwhile.
                Err(_) => {}
            }
        }
    }
    found
}

fn is_store(directory: &Path) -> bool {
    directory.join(".rcr").is_dir() || directory.join("oci-layout").is_file()
}

/// Every store below `root`.
fn stores(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(directory) = open.pop() {
        if is_store(&directory) {
            found.push(directory);
            continue;
        }
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        open.extend(
            entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()),
        );
    }
    found
}

/// Tag to digest; none where there is no index, or none that can be read.
fn tags(store: &Path) -> Option<BTreeMap<String, String>> {
    let index: Value = serde_json::from_slice(&fs::read(store.join("index.json")).ok()?).ok()?;
    let entries = index["manifests"].as_array()?.iter();
    let named = entries.filter_map(|entry| {
        let name = entry["annotations"]["org.opencontainers.image.ref.name"].as_str()?;
        Some((name.to_owned(), entry["digest"].as_str()?.to_owned()))
    });
    Some(named.collect())
}

/// A run of `rcr` has spoken as it should: V7.
pub(super) fn spoke_well(args: &[OsString], output: &Output) -> Verdict {
    let words: Vec<_> = args.iter().filter_map(|arg| arg.to_str()).collect();
    if output.stderr.contains("panicked at") || output.exit() == Some(101) {
        return Err("it panicked".to_owned());
    }
    let json = words.iter().any(|word| ["--json", "--format=json"].contains(word))
        || words.windows(2).any(|pair| pair == ["--format", "json"]);
    // What these find is their result, and no error.
    let finds = ["doctor", "verify"].iter().any(|verb| words.contains(verb));
    if let Some(code @ (1..=129 | 131..=142)) = output.exit()
        && !finds
    {
        let last: Option<Value> = output.stderr.lines().last().and_then(|line| serde_json::from_str(line).ok());
        let said = if json {
            last.is_some_and(|error| error["exit"] == code)
        } else {
            output.stderr.lines().any(|line| line.starts_with("error: "))
        };
        if !said {
            return Err("V7: no error has the form that was promised".to_owned());
        }
    }
    let transfers = words.iter().any(|word| ["pull", "push"].contains(word));
    let other = ["--dry-run", "--help", "-h"].iter().any(|flag| words.contains(flag));
    if transfers && !json && !other && output.stdout.lines().any(|line| !line.contains("@sha")) {
        return Err("V7: standard output has more than results".to_owned());
    }
    Ok(())
}

/// What is exempt at the end of a test.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Exempt {
    /// The test spoilt the store itself.
    pub(super) spoilt: bool,
    /// A process was killed: it could not take its lock files away.
    pub(super) killed: bool,
}

/// The environment at `root` is in order: V1, V3, V6.
pub(super) fn at_end(root: &Path, exempt: Exempt) -> Verdict {
    nobody_is_left(root, FAREWELL)?;
    for store in stores(root) {
        if !exempt.spoilt {
            is_whole(&store)?;
        }
        no_lock_is_left(&store, exempt.killed)?;
    }
    Ok(())
}

/// By its own look at it, and by that of `rcr store verify`.
fn is_whole(store: &Path) -> Verdict {
    for entry in fs::read_dir(store).map_err(|error| error.to_string())?.flatten() {
        let name = entry.file_name();
        if !["oci-layout", "index.json", "manifest.json", "blobs", ".rcr"].iter().any(|known| name == *known) {
            return Err(format!("V3: {} does not belong into a store", entry.path().display()));
        }
    }
    for file in files_under(&store.join("blobs")) {
        let bytes = fs::read(&file).map_err(|error| error.to_string())?;
        let digest = match file.parent().and_then(Path::file_name) {
            Some(name) if name == "sha512" => hex(&Sha512::digest(&bytes)),
            _ => hex(&Sha256::digest(&bytes)),
        };
        if file.file_name().is_none_or(|name| name != digest.as_str()) {
            return Err(format!("V1: {} is not what its name says", file.display()));
        }
    }
    let verify = Command::new(RCR).arg("--store").arg(store).args(["store", "verify"]).env_clear().output();
    let verify = verify.expect("rcr to run");
    if verify.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&verify.stderr).into_owned() + &String::from_utf8_lossy(&verify.stdout);
    Err(format!("V1: the store at {} is broken:\n{said}", store.display()))
}

fn no_lock_is_left(store: &Path, killed: bool) -> Verdict {
    for file in files_under(&store.join(".rcr/lock")) {
        let lasting = file.file_name().is_some_and(|name| name == "store" || name == "index" || name == "locations");
        if !lasting && !killed {
            return Err(format!("V6: the lock file {} is left", file.display()));
        }
        if File::open(&file).is_ok_and(|lock| lock.try_lock().is_err()) {
            return Err(format!("V6: the lock {} is held", file.display()));
        }
    }
    Ok(())
}

/// No process has the home directory of this environment for its own.
fn nobody_is_left(root: &Path, patience: Duration) -> Verdict {
    let home = format!("HOME={}\0", root.join("home").display());
    let is_ours = |environ: &[u8]| environ.windows(home.len()).any(|window| window == home.as_bytes());
    let started = Instant::now();
    loop {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        // A process that has ended, and one of somebody else, says nothing.
        let ours = processes
            .map(|entry| entry.path())
            .find(|process| fs::read(process.join("environ")).is_ok_and(|environ| is_ours(&environ)));
        let Some(process) = ours else { return Ok(()) };
        if started.elapsed() >= patience {
            let command = fs::read(process.join("cmdline")).unwrap_or_default();
            return Err(format!("V6: {} is left: {}", process.display(), String::from_utf8_lossy(&command)));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{Artifact, Registry, TestEnv};

    #[track_caller]
    fn finds(verdict: Verdict, what: &str) {
        let found = verdict.expect_err(what);
        assert!(found.contains(what), "{what}: {found}");
    }

    /// A store with one image, and the files of its blobs.
    fn stored() -> (TestEnv, Vec<PathBuf>) {
        let (env, registry) = (TestEnv::new(), Registry::start());
        registry.add("image", "v1", &Artifact::image(2100).build());
        env.rcr(["pull", &registry.reference("image:v1")]).success();
        let blobs = files_under(&env.store().join("blobs"));
        (env, blobs)
    }

    #[test]
    fn a_store_that_is_not_whole_is_found() {
        let none = Exempt::default();
        let (env, blobs) = stored();
        at_end(env.root(), none).unwrap();
        let foreign = env.store().join("index.json.tmp");
        fs::write(&foreign, "").unwrap();
        finds(at_end(env.root(), none), "V3");
        fs::remove_file(foreign).unwrap();

        let lock = env.store().join(".rcr/lock/sha256-0");
        fs::write(&lock, "").unwrap();
        finds(at_end(env.root(), none), "V6");
        let killed = Exempt { killed: true, ..none };
        at_end(env.root(), killed).unwrap();
        let held = File::open(&lock).unwrap();
        held.lock().unwrap();
        finds(at_end(env.root(), killed), "V6");
        fs::remove_file(lock).unwrap();

        let bytes = fs::read(&blobs[0]).unwrap();
        fs::remove_file(&blobs[0]).unwrap();
        finds(at_end(env.root(), none), "V1");
        fs::write(&blobs[0], &bytes[1..]).unwrap();
        finds(at_end(env.root(), none), "V1");
        at_end(env.root(), Exempt { spoilt: true, ..none }).unwrap();
        fs::write(&blobs[0], bytes).unwrap();
        at_end(env.root(), none).unwrap();
    }

    #[test]
    fn a_process_that_stays_is_found() {
        let env = TestEnv::new();
        nobody_is_left(env.root(), Duration::ZERO).unwrap();
        let mut child = Command::new("sleep").arg("600").env("HOME", env.home()).spawn().unwrap();
        finds(nobody_is_left(env.root(), Duration::ZERO), "V6");
        child.kill().unwrap();
        child.wait().unwrap();
        nobody_is_left(env.root(), Duration::ZERO).unwrap();
    }

    #[test]
    fn files_and_tags_that_change_are_found() {
        let (env, _) = stored();
        let (root, store) = (env.root(), env.store());
        let own = BTreeSet::from([root.join("home/own")]);
        let before = Before::look(root, &store);
        let compare = |word: &str| before.compare(root, &store, &own, &[OsString::from(word)]);
        fs::write(root.join("home/own"), "x").unwrap();
        fs::write(root.join("home/own.lock"), "x").unwrap();
        compare("images").unwrap();
        fs::write(root.join("home/other"), "x").unwrap();
        finds(compare("images"), "V3");
        fs::remove_file(root.join("home/other")).unwrap();

        let index = store.join("index.json");
        let (tag, digest) = tags(&store).unwrap().pop_first().unwrap();
        let text = fs::read_to_string(&index).unwrap();
        fs::write(&index, text.replace(&digest, &format!("sha256:{}", "0".repeat(64)))).unwrap();
        finds(compare("images"), "V2");
        compare(&tag).unwrap();
        fs::write(&index, text.replace(&tag, "another:v1")).unwrap();
        finds(compare(&tag), "V2");
        compare("rmi").unwrap();
        fs::write(&index, text).unwrap();
    }

    #[test]
    fn words_that_are_out_of_place_are_found() {
        let env = TestEnv::new();
        let said = |script: &str| env.program("sh", ["-c", script]).run();
        let judge = |args: &[&str], script: &str| {
            spoke_well(&args.iter().map(OsString::from).collect::<Vec<_>>(), &said(script))
        };
        judge(&["images"], "echo error: no >&2; exit 5").unwrap();
        judge(&["images"], "exit 130").unwrap();
        finds(judge(&["images"], "echo no >&2; exit 5"), "V7");
        finds(judge(&["images"], "echo thread x panicked at y >&2"), "panicked");
        judge(&["--json", "images"], "echo '{\"exit\": 5}' >&2; exit 5").unwrap();
        finds(judge(&["--json", "images"], "echo '{\"exit\": 6}' >&2; exit 5"), "V7");
        finds(judge(&["images", "--format", "json"], "echo error: no >&2; exit 5"), "V7");
        judge(&["pull", "x"], "echo x@sha256:0").unwrap();
        finds(judge(&["pull", "x"], "echo Pulling x"), "V7");
    }

    #[test]
    fn a_word_stands_for_the_tag_that_it_names() {
        for (word, tag, yes) in [
            ("r.test/a:v1", "r.test/a:v1", true),
            ("r.test/a", "r.test/a:latest", true),
            ("busybox", "docker.io/library/busybox:latest", true),
            ("r.test/a:v1@sha256:0", "r.test/a:v1", true),
            ("r.test/a:v1", "r.test/a:v2", false),
            ("box", "docker.io/library/busybox:latest", false),
        ] {
            assert_eq!(stands_for(word, tag), yes, "{word} {tag}");
        }
    }
}
