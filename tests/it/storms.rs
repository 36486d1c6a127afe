//! Commands that are killed at random moments, one after the other in one store.
//!
//! `RCR_STORM=200` makes as many rounds; `RCR_SEED` repeats a run as far as the machine lets it.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::aftermath::{Aftermath, Change, names, none};
use crate::support::{Artifact, Registry, Reply, Request, TestEnv};

const ROUNDS: usize = 24;
const IMAGES: usize = 6;
const TAGS: usize = 4;
const COMMANDS: [&str; 6] = ["pull", "push", "tag", "rmi", "gc", "login"];

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn is_blob(request: &Request) -> bool {
    request.method == "GET" && request.path.contains("/blobs/sha256:")
}

/// A registry whose answers take a little, so that there is a middle to be killed in; and the bytes of blobs that it
/// has sent.
fn counting() -> (Registry, Arc<AtomicUsize>) {
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    let registry = Registry::builder()
        .spoil(usize::MAX, |request| request.path.contains("/blobs/"), |reply| reply.delayed(Duration::from_millis(3)))
        .after(move |request: &Request, reply: Reply| {
            if is_blob(request) {
                count.fetch_add(reply.body.len(), Ordering::Relaxed);
            }
            reply
        });
    (registry.start(), served)
}

struct Storm {
    env: TestEnv,
    registry: Registry,
    served: Arc<AtomicUsize>,
    images: Vec<Artifact>,
    dice: fastrand::Rng,
    /// How long each command took at best when nobody killed it: first in the first round.
    whole: BTreeMap<&'static str, Duration>,
}

/// A command line with its input, and what it may change.
struct Round {
    args: Vec<String>,
    stdin: String,
    change: Option<Change>,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let (registry, served) = counting();
        let layers = |n: u64| [20_000, 30_000 + 1000 * usize::try_from(n).expect("small"), 150_000];
        let images: Vec<_> = (0..IMAGES as u64).map(|n| Artifact::image(900 + n).layers(&layers(n)).build()).collect();
        for (n, image) in images.iter().enumerate() {
            registry.add("storm", &format!("v{n}"), image);
        }
        let env = TestEnv::new();
        env.rcr(["-q", "pull", &registry.reference("storm:v0")]).success();
        env.write_docker_config(&json!({"auths": {"other.test": {"auth": "Ym9iOmtlcHQ="}}}));
        Self { env, registry, served, images, dice: fastrand::Rng::with_seed(seed), whole: BTreeMap::new() }
    }

    /// One of the names in the store.
    fn any(&mut self) -> (String, String) {
        let names: Vec<_> = names(&self.env.store()).unwrap().into_iter().collect();
        names[self.dice.usize(..names.len())].clone()
    }

    fn round(&mut self, command: &str, round: usize) -> Round {
        let tag = self.dice.usize(..TAGS);
        let (mut args, mut stdin, mut change) = (Vec::new(), String::new(), None);
        match command {
            "pull" => {
                let image = &self.images[self.dice.usize(..IMAGES)];
                self.registry.add("storm", &format!("t{tag}"), image);
                let name = self.registry.reference(&format!("storm:t{tag}"));
                args.extend(["pull".to_owned(), name.clone()]);
                change = Some(Change { name, to: Some(image.digest()) });
            }
            "push" => args.extend(["push".to_owned(), self.any().0, self.registry.reference(&format!("r{round}:v1"))]),
            "tag" => {
                let (source, digest) = self.any();
                let name = format!("local.test/name:t{tag}");
                args.extend(["tag".to_owned(), source, name.clone()]);
                change = Some(Change { name, to: Some(digest) });
            }
            "rmi" => {
                // One always stays.
                let kept = self.registry.reference("storm:v0");
                let name = Some(self.any().0).filter(|name| *name != kept).unwrap_or("local.test/none:v1".to_owned());
                args.extend(["rmi".to_owned(), name.clone()]);
                change = Some(Change { name, to: None });
            }
            "gc" => args.extend(["store", "gc", "--grace", "0"].map(str::to_owned)),
            _ => {
                stdin = format!("password-{round}");
                args.extend(["login", "-u", "alice", "--password-stdin"].map(str::to_owned));
                args.push(self.registry.host());
            }
        }
        Round { args, stdin, change }
    }

    /// The login that was there is still there, and the file is whole.
    fn credentials(&self) -> Result<(), String> {
        let kept = self.env.docker_config_json()["auths"]["other.test"]["auth"] == "Ym9iOmtlcHQ=";
        if kept { Ok(()) } else { Err("a login was lost".to_owned()) }
    }

    fn blow(&mut self, command: &'static str, number: usize) -> Result<bool, String> {
        let round = self.round(command, number);
        let subject = if command == "login" { self.env.home() } else { self.env.store() };
        let aftermath = Aftermath::new(&self.env, &subject);
        // The shell becomes rcr; what one leaves that is killed is judged here.
        let run = self.env.program("/bin/sh", ["-c", "exec \"$@\"", "sh", env!("CARGO_BIN_EXE_rcr")]);
        let mut running = run.args(&round.args).stdin(round.stdin).spawn();
        if let Some(whole) = self.whole.get(command) {
            thread::sleep(whole.mul_f64(self.dice.f64() * 1.2));
            running.kill();
        }
        let output = running.wait();
        if output.exit().is_some() {
            let known = self.whole.entry(command).or_insert(output.elapsed);
            *known = output.elapsed.min(*known);
        }
        let verdict = aftermath.judge(round.change.as_ref(), output.exit() == Some(0)).and(self.credentials());
        verdict.map_err(|wrong| format!("round {number}: {command}: {wrong}\n{output}"))?;
        Ok(output.exit().is_none())
    }
}

#[test]
fn fault_81_a_storm_of_kills_loses_nothing() {
    let seed = number("RCR_SEED", fastrand::u64(..));
    let rounds = usize::try_from(number("RCR_STORM", ROUNDS as u64)).unwrap();
    eprintln!("RCR_SEED={seed} RCR_STORM={rounds}");
    let mut storm = Storm::new(seed);
    let (mut wrong, mut killed) = (Vec::new(), 0);
    for round in 0..rounds {
        match storm.blow(COMMANDS[round % COMMANDS.len()], round) {
            Ok(dead) => killed += usize::from(dead),
            Err(what) => wrong.push(what),
        }
    }
    eprintln!("{killed} of {rounds} were killed before their end");
    none(&wrong);
    assert!(killed * 4 >= rounds - COMMANDS.len(), "only {killed} of {rounds} were killed before their end");

    // What a push has told the registry is whole, or not there.
    for round in 0..rounds {
        let repository = format!("r{round}");
        if let Some(digest) = storm.registry.tag(&repository, "v1") {
            let image = storm.images.iter().find(|image| image.digest() == digest).expect("an image of ours");
            assert!(storm.registry.holds(&repository, image), "round {round}");
        }
    }
    let (env, registry) = (&storm.env, &storm.registry);
    let all: Vec<_> = (0..IMAGES).map(|n| registry.reference(&format!("storm:v{n}"))).collect();
    let stored = env.blobs();
    let blobs = storm.images.iter().flat_map(|image| &image.blobs);
    let missing: BTreeMap<_, _> = blobs.map(|blob| (blob.hex(), blob.bytes.len())).collect();
    let missing: usize = missing.iter().filter(|(hex, _)| !stored.contains(hex)).map(|(_, size)| size).sum();
    storm.served.store(0, Ordering::Relaxed);
    env.rcr(["-q", "pull"]).args(&all).success();
    let served = storm.served.load(Ordering::Relaxed);
    assert!(served <= missing, "{served} bytes were fetched, {missing} were missing");
    let aftermath = Aftermath::new(env, &env.store());
    aftermath.judge(None, true).and_then(|()| aftermath.swept()).unwrap();
    env.rcr(["store", "gc", "--grace", "0"]).success();
    let partial = fs::read_dir(env.store().join(".rcr/partial")).map_or(0, Iterator::count);
    assert_eq!(partial, 0, "partials of the dead");
}
