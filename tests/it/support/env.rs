//! One hermetic environment per test: own home, own store, own system root, no variable of the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::leak::Secrets;
use super::oracle::{self, Before, Exempt};
use super::process::{Output, Run, Running};
use super::tls::Leaf;

/// A temporary directory with everything that `rcr` looks at, and the secrets that it may not give away.
pub struct TestEnv {
    root: TempDir,
    secrets: Secrets,
    credential_files: Mutex<BTreeSet<PathBuf>>,
    variables: Mutex<BTreeMap<String, OsString>>,
    running: AtomicUsize,
    /// Every run so far.
    runs: AtomicUsize,
    /// Files outside the store that commands may write.
    own_files: Mutex<BTreeSet<PathBuf>>,
    spoilt: AtomicBool,
    killed: AtomicBool,
}

impl TestEnv {
    /// An empty home and an empty system root.
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("rcr-it-").tempdir().expect("a temporary directory");
        for directory in ["home", "config", "data", "cache", "state", "runtime", "system", "bin", "tmp"] {
            fs::create_dir(root.path().join(directory)).expect("a directory in the temporary directory");
        }
        let at = |name: &str| root.path().join(name).into_os_string();
        let path = [root.path().join("bin"), "/usr/bin".into(), "/bin".into()];
        let variables = BTreeMap::from([
            ("HOME".to_owned(), at("home")),
            ("XDG_CONFIG_HOME".to_owned(), at("config")),
            ("XDG_DATA_HOME".to_owned(), at("data")),
            ("XDG_CACHE_HOME".to_owned(), at("cache")),
            ("XDG_STATE_HOME".to_owned(), at("state")),
            ("XDG_RUNTIME_DIR".to_owned(), at("runtime")),
            ("TMPDIR".to_owned(), at("tmp")),
            ("RCR_SYSTEM_ROOT".to_owned(), at("system")),
            ("PATH".to_owned(), std::env::join_paths(path).expect("a PATH")),
            ("LC_ALL".to_owned(), "C".into()),
            ("TERM".to_owned(), "dumb".into()),
        ]);
        let env = Self {
            root,
            secrets: Secrets::default(),
            credential_files: Mutex::default(),
            variables: Mutex::new(variables),
            running: AtomicUsize::new(0),
            runs: AtomicUsize::new(0),
            own_files: Mutex::default(),
            spoilt: AtomicBool::new(false),
            killed: AtomicBool::new(false),
        };
        env.may_hold_secrets(&env.docker_config());
        env.may_change(&env.root().join("config/rcr/short-names.toml"));
        env
    }

    /// `rcr` with these arguments, still to be started.
    pub fn rcr<I, S>(&self, args: I) -> Run<'_>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.program(env!("CARGO_BIN_EXE_rcr"), args)
    }

    /// Any other program under the same environment and the same oracle.
    pub fn program<I, S>(&self, program: impl AsRef<OsStr>, args: I) -> Run<'_>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut run = Run::new(self, program.as_ref()).args(args);
        for (name, value) in &*self.variables.lock().unwrap() {
            run = run.env(name, value);
        }
        run.timeout(Duration::from_secs(30))
    }

    /// Starts `rcr` and returns while it runs.
    pub fn spawn<I, S>(&self, args: I) -> Running<'_>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.rcr(args).spawn()
    }

    /// Sets a variable for every later command.
    pub fn set(&self, name: &str, value: impl Into<OsString>) {
        self.variables.lock().unwrap().insert(name.to_owned(), value.into());
    }

    /// Takes a variable away from every later command.
    pub fn unset(&self, name: &str) {
        self.variables.lock().unwrap().remove(name);
    }

    /// The directory of the whole environment.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The home directory.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Where the store is by default.
    pub fn store(&self) -> PathBuf {
        self.root.path().join("data/rcr")
    }

    /// Docker's credential file. It may hold secrets.
    pub fn docker_config(&self) -> PathBuf {
        self.home().join(".docker/config.json")
    }

    /// Docker's credential file, parsed; `null` if there is none.
    pub fn docker_config_json(&self) -> serde_json::Value {
        match fs::read(self.docker_config()) {
            Ok(bytes) => serde_json::from_slice(&bytes).expect("config.json is JSON"),
            Err(_) => serde_json::Value::Null,
        }
    }

    /// Writes `contents` to `path` under the environment, with the directories that lead there.
    pub fn write(&self, path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    /// Writes a file of the system: `etc/docker/daemon.json`.
    pub fn system(&self, path: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        self.write(format!("system/{path}"), contents)
    }

    /// Writes a file of the user's configuration directory: `containers/registries.conf`.
    pub fn user_config(&self, path: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        self.write(format!("config/{path}"), contents)
    }

    /// Writes Docker's credential file.
    pub fn write_docker_config(&self, json: &serde_json::Value) {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.write("home/.docker/config.json", json.to_string());
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Writes the certificate authority for `host` where Docker looks for it.
    pub fn trust(&self, host: &str, ca_pem: &str) {
        self.system(&format!("etc/docker/certs.d/{host}/ca.crt"), ca_pem);
    }

    /// Writes the client certificate for `host`, and its key, where Docker looks for them.
    pub fn identify(&self, host: &str, leaf: &Leaf) {
        self.system(&format!("etc/docker/certs.d/{host}/client.cert"), &leaf.certificate_pem);
        self.system(&format!("etc/docker/certs.d/{host}/client.key"), leaf.key_pem());
    }

    /// Puts an executable shell script on the `PATH`.
    pub fn script(&self, name: &str, body: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.write(format!("bin/{name}"), format!("#!/bin/sh\n{body}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The secrets of this test.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Registers a secret that must not appear outside the credential files.
    pub fn secret(&self, secret: &str) {
        self.secrets.add(secret);
    }

    /// Registers a user's password in every form that it takes.
    pub fn secret_login(&self, user: &str, password: &str) {
        self.secrets.add_login(user, password);
    }

    /// Declares a file in which secrets may lie, and which commands may write.
    pub fn may_hold_secrets(&self, file: &Path) {
        self.credential_files.lock().unwrap().insert(file.to_owned());
        self.may_change(file);
    }

    /// Declares a file outside the store that commands may write.
    pub fn may_change(&self, file: &Path) {
        self.own_files.lock().unwrap().insert(file.to_owned());
    }

    /// The test has spoilt the store itself, and leaves it so: it is not looked at in the end.
    pub fn store_stays_spoilt(&self) {
        self.spoilt.store(true, Ordering::SeqCst);
    }

    /// A process was killed: the files of its locks may be left.
    pub fn was_killed(&self) {
        self.killed.store(true, Ordering::SeqCst);
    }

    /// What is there before a run; none while another one changes it.
    pub(super) fn before_run(&self) -> Option<(usize, Before)> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        let alone = self.running.load(Ordering::SeqCst) == 0;
        alone.then(|| (run, Before::look(self.root.path(), &self.store())))
    }

    /// What is wrong after a run that had nobody beside it.
    pub(super) fn after_run(&self, before: Option<(usize, Before)>, args: &[OsString]) -> oracle::Verdict {
        match before {
            Some((run, before)) if self.runs.load(Ordering::SeqCst) == run => {
                before.compare(self.root.path(), &self.store(), &self.own_files.lock().unwrap(), args)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn started(&self) {
        self.running.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn ended(&self) {
        self.running.fetch_sub(1, Ordering::SeqCst);
    }

    /// Files that hold a secret and may not. While a program runs it may be about to rename one.
    pub fn leaking_files(&self) -> Vec<PathBuf> {
        if self.running.load(Ordering::SeqCst) > 0 {
            return Vec::new();
        }
        self.secrets.leaking_files(self.root.path(), &self.credential_files.lock().unwrap())
    }

    /// The store holds what it says it holds.
    pub fn store_verify(&self) -> Output {
        self.rcr(["store", "verify"]).success()
    }

    /// The references that the store knows, sorted, from `rcr images --format json`.
    pub fn references(&self) -> Vec<String> {
        let listing = self.rcr(["images", "--format", "json"]).success().json();
        let images = listing["images"].as_array().expect("an array of images");
        let mut references: Vec<_> =
            images.iter().map(|image| image["reference"].as_str().expect("a reference").to_owned()).collect();
        references.sort();
        references
    }

    /// Names of the blobs in the store, sorted: hexadecimal digests.
    pub fn blobs(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.store().join("blobs/sha256"))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for TestEnv {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let exempt = Exempt { spoilt: self.spoilt.load(Ordering::SeqCst), killed: self.killed.load(Ordering::SeqCst) };
        if let Err(wrong) = oracle::at_end(self.root.path(), exempt) {
            panic!("{wrong}");
        }
    }
}
