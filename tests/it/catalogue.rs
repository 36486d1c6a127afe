//! The catalogue of faults, and the tests that hold `rcr` to it: `docs/faults.md` is made from the table below and from
//! the names of the tests, so it cannot list a case that nothing tests.
//!
//! A test belongs to case N when its name begins with `fault_N_`. `RCR_REGENERATE=1 cargo test --test it catalogue`
//! writes the page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A group of cases: its letter, and what they have in common.
const GROUPS: [(char, &str); 7] = [
    ('A', "The network during a pull"),
    ('B', "Registries that stumble"),
    ('C', "Servers with bad intentions"),
    ('D', "This machine"),
    ('E', "What people type"),
    ('F', "Scripts and CI"),
    ('G', "Pushes"),
];

/// Cases without a test, and why.
const PENDING: [(usize, &str); 3] =
    [(74, "there is no `rcr serve`"), (75, "there is no `rcr serve`"), (102, "there is no `rcr copy`")];

/// Group, what goes wrong, what comes of it. The first is case 1.
const CASES: [(char, &str, &str); 125] = [
    ('A', "a blob's body ends before its length, in order", "recovers: one more request, for the rest"),
    ('A', "a chunked body ends without its last chunk", "recovers: one more request, for the rest"),
    ('A', "the connection is reset at the first byte, in the middle, before the last", "recovers"),
    ('A', "more cuts than retries, each after progress", "recovers: progress renews the retries"),
    ('A', "cuts without any progress", "5; the next run needs the rest only"),
    ('A', "a body stalls, once or each time", "recovers, or 5 in time"),
    ('A', "a trickle; a link that is merely slow", "5; the slow link is left alone"),
    ('A', "the headers of an answer never come", "recovers, or 5 in time"),
    ('A', "one bit is turned over", "recovers from zero; 7 the second time"),
    ('A', "one bit is turned over behind a resume", "recovers from zero"),
    ('A', "bytes come twice, or shifted, at a resume", "recovers from zero"),
    ('A', "the length that is announced is too small", "7, nothing kept"),
    ('A', "the length that is announced, or the body, is too large", "7, nothing kept, no more read than wanted"),
    ('A', "no length at all, right bytes", "0"),
    ('A', "a range is answered with the whole", "recovers"),
    ('A', "a range is answered with another range", "recovers from zero"),
    ('A', "a range is refused with 416", "recovers"),
    ('A', "a range is answered in several parts", "recovers from zero"),
    ('A', "HTTP/2 goes away, politely or not, before and in an answer", "recovers over another connection"),
    ('A', "HTTP/2 streams are reset, or flooded with empty frames or settings", "recovers, or 5; memory stays small"),
    ('A', "kept-alive connections are closed between requests", "recovers"),
    ('A', "a name does not exist; a name server does not answer", "5 at once; retried, then 5"),
    ('A', "the first address of a name refuses, or swallows connections", "0 over the next one"),
    ('A', "nobody listens", "retried, then 5, and says so"),
    (
        'A',
        "a certificate is unknown, expired, for another name, or no certificate",
        "8, not retried, names the place for it",
    ),
    ('A', "TLS is cut, or not closed in order", "recovers; whole and right is good enough"),
    ('A', "plain HTTP where HTTPS was asked", "8 with a hint, nothing is sent"),
    ('A', "a proxy wants a login, refuses, or breaks off", "4, 5, or recovers; its password stays with it"),
    ('A', "the token server hangs up or stumbles", "recovers"),
    ('A', "a manifest is cut", "recovers with all of it, never stored in part"),
    ('B', "429 with a time to wait", "recovers; everything for that host waits"),
    ('B', "429 with dates and nonsense for a time", "recovers, or 6 at once where it is too long"),
    ('B', "429 for ever", "6 with a hint"),
    ('B', "408, 499, 500, 502, 503, 504, 522", "recovers, or 5 with the status"),
    ('B', "400, 501, 505", "11, not retried"),
    ('B', "a token ends in mid transfer", "recovers with one new token for all"),
    ('B', "a token that is never good enough", "4 after two tries"),
    ('B', "challenges of odd shapes, or none", "0, or 4"),
    ('B', "replies of token servers of odd shapes", "0, or 4"),
    ('B', "a web page instead of a token", "5 with its first words"),
    ('B', "a refusal", "4 with the registry's words, not retried"),
    ('B', "HEAD is not allowed, or says little", "0: GET is used"),
    (
        'B',
        "blobs are elsewhere, behind a URL that runs out",
        "0; nothing of the user goes there; the registry is asked again",
    ),
    ('B', "redirects without end", "5 after ten"),
    ('B', "a mirror fails in any way", "0 from the next place; the mirror is named, and asked once"),
    ('B', "a digest in a header is wrong", "0 with a warning: the bytes count"),
    ('B', "a manifest's type is missing or wrong", "0: the body says what it is"),
    ('B', "a tag moves between two requests", "0 with one whole image"),
    ('B', "lists that are long, odd, or go in circles", "0, or an error; never without end"),
    ('C', "a token server that leaves HTTPS", "8, not contacted"),
    ('C', "a token server of another domain", "8, not contacted; without a login it may be asked"),
    ('C', "a token server inside this machine or a cloud's metadata", "8, not contacted"),
    ('C', "a registry on loopback that is its own token server", "0"),
    ('C', "a token server redirects elsewhere", "4 or 8, not followed"),
    ('C', "a redirect leaves HTTPS, or points inward", "8, not followed"),
    ('C', "storage asks for a login", "fails, and is told nothing"),
    ('C', "an upload is sent elsewhere", "nothing of the user goes there; 8 without HTTPS"),
    ('C', "the next page of a list is on another host", "8, not contacted"),
    ('C', "a manifest names addresses for layers", "0; never contacted"),
    ('C', "answers without end, and packed ones", "4, 5, 7 or 11 at a limit; memory stays small"),
    ('C', "sizes that are none, or that no disk has", "7 or 9, nothing written"),
    ('C', "documents that can be read in two ways", "7, nothing stored"),
    ('C', "digests that are none", "7, no file made"),
    ('C', "another image under a child's digest", "7, nothing stored"),
    ('C', "an index with too many entries, or too deep", "7"),
    ('C', "terminal codes in what servers say", "shown harmlessly"),
    ('C', "links, pipes and devices planted in the store", "not followed; 0, 7 or 9"),
    ('C', "a mirror that lies", "0 from the next place; it decides only what it may"),
    ('C', "a mount of something else", "7"),
    ('C', "cookies", "not kept"),
    ('C', "a credential helper hangs, floods, fails, or talks", "4, its secret is not shown"),
    ('C', "a credential helper with a path for a name", "2, not run"),
    ('C', "a credential helper is missing", "4, no credentials go anywhere"),
    ('C', "hostile clients of `rcr serve`", "refused"),
    ('C', "a corrupt blob behind `rcr serve`", "not kept"),
    ('D', "the disk is full", "9; nothing lost; recovers when there is space"),
    ('D', "the disk is full while a name is set", "9; the names are as before"),
    ('D', "the disk fails to read, write, sync or rename", "9; nothing unsynced is trusted"),
    ('D', "the store is read-only, or a file", "9 before anything is fetched; reading works"),
    ('D', "writes are short or interrupted", "0"),
    ('D', "killed at any moment", "nothing lost; the next run goes on"),
    ('D', "power is cut at any moment", "nothing lost that was reported"),
    ('D', "eight processes pull one image", "0 eight times; fetched once"),
    ('D', "eight processes pull eight tags", "0 eight times; eight tags"),
    ('D', "the holder of a lock is stopped or killed", "10 naming it, or taken over at once"),
    ('D', "a collection beside a pull or push", "0, or waits; nothing needed goes"),
    ('D', "blobs rot in the store", "7 where they are read; a pull heals"),
    ('D', "the index is broken", "7, and it is left alone"),
    ('D', "the layout is of another version", "7, and it is left alone"),
    ('D', "others write into the layout", "what is theirs stays"),
    ('D', "a file system without locks", "a warning; no collection"),
    ('D', "odd file systems", "0, or 9"),
    ('D', "the clock jumps", "0; no wait without end"),
    ('D', "few file descriptors", "0 with fewer at once"),
    ('D', "any umask", "credentials are private"),
    ('D', "somebody else's store", "9, and says so"),
    ('E', "names that are none, and names that look odd", "2 and the place is marked; 0"),
    ('E', "a tag and a digest together", "0: the digest decides, the tag is recorded"),
    ('E', "platforms that are none, or not on offer", "2; 3 with those on offer"),
    ('E', "flags that make no sense", "2, nothing is done"),
    ('E', "settings files that are broken", "2 with file and line"),
    ('E', "a copy onto itself", "0, nothing is done"),
    ('F', "no terminal, no colours", "no questions, plain lines"),
    ('F', "no keyring", "the file is used, with one warning"),
    ('F', "no home directory", "0 with `--store`"),
    ('F', "SIGINT and SIGTERM", "130 and 143 at once; what came is kept"),
    ('F', "SIGHUP, and a pipe that nobody reads", "ends quietly"),
    ('F', "output that cannot be written", "9"),
    ('F', "logins at the same time", "all are kept"),
    ('F', "who can see a password", "nobody: neither arguments nor environment have it"),
    ('G', "an upload is cut, or its session lost", "recovers, a bounded number of times"),
    ('G', "a chunk is refused with 416", "recovers, or 5 or 11"),
    ('G', "the registry says that it has more or less than it was sent", "recovers; no byte is left out"),
    ('G', "the answer to the last request is lost", "0: the blob is there"),
    ('G', "the registry does not see blobs that it took", "recovers after a while, or 11"),
    ('G', "the registry disputes a digest", "sent once more, then 11"),
    ('G', "a mount is not granted", "0: uploaded"),
    ('G', "a blob is there already, or that cannot be asked", "0: not sent; uploaded"),
    ('G', "a manifest is refused", "11 with the reason; no tag moves"),
    ('G', "the registry is read-only or full, or does not allow it", "11; 4; with the registry's words"),
    ('G', "a token that may only pull", "4, and says what is missing"),
    ('G', "the registry wants long chunks", "0 up to a limit, then 11"),
    ('G', "two push one tag", "0 and 0: the last wins, both are whole"),
    ('G', "the store is slower than the registry waits", "recovers"),
    ('G', "Ctrl-C during a push", "130; no tag moves"),
];

/// The tests of each case, as `file::name`, from every source file below `directory`.
fn tests_below(directory: &Path, found: &mut BTreeMap<usize, Vec<String>>) {
    let entries = fs::read_dir(directory).expect("a directory of sources");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            for line in text.lines().map(str::trim_start) {
                let line = line.strip_prefix("async ").unwrap_or(line);
                let Some(name) = line.strip_prefix("fn fault_").and_then(|rest| rest.split('(').next()) else {
                    continue;
                };
                let number = name.split('_').next().and_then(|number| number.parse().ok());
                let number = number.unwrap_or_else(|| panic!("{file}: fault_{name} has no number"));
                found.entry(number).or_default().push(format!("{file}::fault_{name}"));
            }
        }
    }
}

fn tests() -> BTreeMap<usize, Vec<String>> {
    let (root, mut found) = (Path::new(env!("CARGO_MANIFEST_DIR")), BTreeMap::new());
    for directory in ["tests/it", "src"] {
        tests_below(&root.join(directory), &mut found);
    }
    found
}

fn page(tests: &BTreeMap<usize, Vec<String>>) -> String {
    let covered = (1..=CASES.len()).filter(|number| tests.contains_key(number)).count();
    let mut page = format!(
        "# Faults\n\nWhat can go wrong, what `rcr` does about it, and the tests that hold it to that. This page is made by\n\
         `tests/it/catalogue.rs`; {covered} of {} cases have tests, {} in all.\n\n\
         An outcome is an exit code, or \"recovers\": exit 0 without anybody's help. After each of them, and after every\n\
         other test, the oracle in `tests/it/support/oracle.rs` looks at what is left: the store is whole, tags that were\n\
         not named are what they were, nothing outside the store has changed, no process and no lock is left, no secret is\n\
         where it may not be, and errors have the form that was promised.\n",
        CASES.len(),
        tests.values().map(Vec::len).sum::<usize>(),
    );
    for (letter, title) in GROUPS {
        write!(page, "\n## {letter}. {title}\n\n| | fault | outcome | tests |\n|---|---|---|---|\n").unwrap();
        for (at, (_, fault, outcome)) in CASES.iter().enumerate().filter(|(_, (group, ..))| *group == letter) {
            let number = at + 1;
            let names = tests
                .get(&number)
                .map(|names| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join("<br>"));
            let pending = || PENDING.iter().find(|(case, _)| *case == number).map_or("", |(_, why)| why).to_owned();
            writeln!(page, "| {number} | {fault} | {outcome} | {} |", names.unwrap_or_else(pending)).unwrap();
        }
    }
    page
}

#[test]
fn every_case_has_a_test_and_the_page_lists_them() {
    let tests = tests();
    for number in 1..=CASES.len() {
        let pending = PENDING.iter().any(|(case, _)| *case == number);
        assert_eq!(tests.contains_key(&number), !pending, "case {number}: {:?}", CASES[number - 1]);
    }
    let unknown: Vec<_> = tests.range(CASES.len() + 1..).collect();
    assert!(unknown.is_empty() && !tests.contains_key(&0), "tests of no case: {unknown:?}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    let page = page(&tests);
    if std::env::var_os("RCR_REGENERATE").is_some() {
        fs::write(&file, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap_or_default() == page,
        "docs/faults.md is out of date: run `RCR_REGENERATE=1 cargo test --test it catalogue` and commit"
    );
}
