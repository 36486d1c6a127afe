//! skopeo (Debian package `skopeo`): an independent judge of what `rcr` reads and writes.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::images::{Artifact, digest_of};
use super::port::Port;

/// skopeo with the credentials for one registry. It checks no certificates: that is not what it is the judge of.
#[derive(Clone, Default)]
pub struct Skopeo {
    credentials: Option<String>,
}

impl Skopeo {
    /// Without credentials, over plain HTTP or HTTPS that is not checked.
    pub fn new() -> Self {
        Self::default()
    }

    /// As this user.
    pub fn login(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some(format!("{user}:{password}"));
        self
    }

    /// The image into `docker://destination`, manifests as they are.
    pub fn push(&self, artifact: &Artifact, destination: &str) {
        let layout = TempDir::new().unwrap();
        artifact.write_layout(layout.path(), "image");
        let source = format!("oci:{}:image", layout.path().display());
        self.copy("dest", &["--all", "--preserve-digests"], &source, &format!("docker://{destination}"));
    }

    /// The image into `docker://destination` as Docker schema 2.
    pub fn push_docker(&self, artifact: &Artifact, destination: &str) {
        let layout = TempDir::new().unwrap();
        artifact.write_layout(layout.path(), "image");
        let source = format!("oci:{}:image", layout.path().display());
        self.copy("dest", &["--format", "v2s2"], &source, &format!("docker://{destination}"));
    }

    /// `docker://source` as a layout in `directory`, called `image`; the digest of its manifest.
    pub fn copy_out(&self, source: &str, directory: &Path) -> String {
        let destination = format!("oci:{}:image", directory.display());
        self.copy("src", &["--all", "--preserve-digests"], &format!("docker://{source}"), &destination);
        let index = fs::read(directory.join("index.json")).unwrap();
        let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
        index["manifests"][0]["digest"].as_str().expect("a digest").to_owned()
    }

    /// The manifest of `docker://reference`, byte for byte.
    pub fn raw(&self, reference: &str) -> Vec<u8> {
        let mut args = vec!["inspect".to_owned(), "--raw".to_owned()];
        args.extend(self.flags(""));
        args.push(format!("docker://{reference}"));
        run(args)
    }

    /// The digest of those bytes.
    pub fn raw_digest(&self, reference: &str) -> String {
        digest_of(&self.raw(reference))
    }

    fn copy(&self, end: &str, more: &[&str], source: &str, destination: &str) {
        let mut args = vec!["copy".to_owned(), "--quiet".to_owned()];
        args.extend(more.iter().map(|&flag| flag.to_owned()));
        args.extend(self.flags(&format!("{end}-")));
        args.extend([source.to_owned(), destination.to_owned()]);
        run(args);
    }

    fn flags(&self, prefix: &str) -> Vec<String> {
        let mut flags = vec![format!("--{prefix}tls-verify=false")];
        flags.extend(self.credentials.iter().map(|pair| format!("--{prefix}creds={pair}")));
        flags
    }
}

/// `skopeo inspect oci:LAYOUT:NAME`, where the layout lies; its digest.
pub fn inspect_layout(layout: &Path, name: &str) -> String {
    let source = format!("oci:{}:{name}", layout.display());
    let bytes = run(["inspect", &source]);
    let value: serde_json::Value = serde_json::from_slice(&bytes).expect("skopeo prints JSON");
    value["Digest"].as_str().expect("a digest").to_owned()
}

/// `skopeo inspect --raw oci:LAYOUT:NAME`: the manifest's bytes.
pub fn raw_in_layout(layout: &Path, name: &str) -> Vec<u8> {
    run(["inspect", "--raw", &format!("oci:{}:{name}", layout.display())])
}

/// One image of a layout into another, under another name.
pub fn copy_layout(from: &Path, from_name: &str, to: &Path, to_name: &str) {
    let [source, destination] =
        [(from, from_name), (to, to_name)].map(|(dir, name)| format!("oci:{}:{name}", dir.display()));
    run(["copy", "--quiet", "--all", "--preserve-digests", &source, &destination]);
}

/// One place at which skopeo looked for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `mirror.test/image:v1`.
    pub reference: String,
    /// Plain HTTP would have done.
    pub insecure: bool,
    /// It was not asked, because the configuration forbids it.
    pub blocked: bool,
}

/// What skopeo does with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It looks there, in this order.
    Places(Vec<Place>),
    /// It looks nowhere, because the configuration is broken or makes no reference of this one; what it says.
    Nowhere(String),
}

impl Verdict {
    /// The references that were asked for, in order. None if it looks nowhere.
    pub fn asked(&self) -> Vec<&str> {
        let Self::Places(places) = self else { return Vec::new() };
        places.iter().filter(|place| !place.blocked).map(|place| place.reference.as_str()).collect()
    }
}

/// Where a pull of `reference`, which has a host, goes by this `registries.conf` and by the directory of the same name
/// with `.d`, if it is there. Nothing is connected to: a proxy at `closed` is in the way, and refuses. The host may not
/// be on loopback, for which no proxy is asked.
pub fn places(registries_conf: &Path, reference: &str, closed: &Port) -> Verdict {
    let home = TempDir::new().unwrap();
    let containers = home.path().join(".config/containers");
    let drop_ins = containers.join("registries.conf.d");
    // A file of the user's is the one thing that keeps skopeo from the drop-ins of the machine.
    fs::create_dir_all(&drop_ins).unwrap();
    fs::copy(registries_conf, containers.join("registries.conf")).expect("a registries.conf");
    for entry in fs::read_dir(registries_conf.with_extension("conf.d")).into_iter().flatten() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), drop_ins.join(entry.file_name())).unwrap();
    }
    let proxy = format!("http://{}", closed.host());
    let mut command = skopeo(home.path());
    command.env("HTTPS_PROXY", &proxy).env("HTTP_PROXY", &proxy);
    command.args(["--debug", "inspect", "--raw", &format!("docker://{reference}")]);
    let output = command.output().expect("skopeo");
    let log = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success(), "{reference} was found:\n{log}");
    let mut places: Vec<Place> = Vec::new();
    for message in log.lines().filter_map(message) {
        if let Some(reference) = message.strip_prefix("Trying to access \"").and_then(|rest| rest.strip_suffix('"')) {
            places.push(Place { reference: reference.to_owned(), insecure: false, blocked: false });
        } else if let Some(place) = places.last_mut() {
            place.insecure |= message.starts_with("GET http://");
            place.blocked |= message.starts_with("Accessing ") && message.contains(" is blocked in ");
        }
    }
    if places.is_empty() {
        return Verdict::Nowhere(log.lines().last().and_then(message).expect("skopeo says why"));
    }
    Verdict::Places(places)
}

/// `a "b"` of a line `time=... level=... msg="a \"b\""`.
fn message(line: &str) -> Option<String> {
    let quoted = line.split_once(" msg=")?.1;
    serde_json::from_str(quoted).ok().or_else(|| Some(quoted.to_owned()))
}

fn run<I, S>(args: I) -> Vec<u8>
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let home = TempDir::new().unwrap();
    let mut command = skopeo(home.path());
    command.args(args);
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot run skopeo: {error}; install the Debian package `skopeo`");
    });
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// skopeo, without anything of this machine's users.
fn skopeo(home: &Path) -> Command {
    let mut command = Command::new("skopeo");
    command.env_clear().env("HOME", home).env("XDG_RUNTIME_DIR", home).env("PATH", "/usr/bin:/bin");
    command.arg("--insecure-policy");
    command
}
