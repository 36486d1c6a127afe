//! Credentials through their public face, with real files and real helper processes.

#[cfg(unix)]
mod helper_processes;
mod lookup;
#[cfg(unix)]
mod saving;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::keyring::Keyring;
use super::{Credential, CredentialError, CredentialStore as _, Credentials, Options, Secret};
use crate::model::Registry;

/// A home of its own for one test.
struct Home {
    dir: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path(".docker/config.json")
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        path
    }

    /// As in a shell without any of the variables set, and without a keyring.
    fn options(&self) -> Options {
        Options {
            docker_config_file: Some(self.config()),
            search_path: vec![self.path("bin")],
            keyring: false,
            ..Options::default()
        }
    }

    fn with_config(text: &str) -> (Self, Credentials) {
        let home = Self::new();
        home.write(".docker/config.json", text);
        let credentials = Credentials::new(home.options());
        (home, credentials)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.config()).unwrap()
    }

    /// An executable `docker-credential-<name>` that runs `script`.
    #[cfg(unix)]
    fn helper(&self, name: &str, script: &str) -> PathBuf {
        let source = self.write(&format!("{name}.source"), &format!("#!/bin/sh\n{script}\n"));
        let program = self.path(&format!("bin/docker-credential-{name}"));
        // Written by another process: a descriptor of ours, open for writing in a child that some other test has just
        // forked, would make the program busy.
        let status =
            std::process::Command::new("install").args(["-D", "-m", "755"]).args([&source, &program]).status().unwrap();
        assert!(status.success());
        program
    }

    /// A helper that keeps what it is given, one file for each server, and notes every call.
    #[cfg(unix)]
    fn keeper(&self, name: &str) -> PathBuf {
        let kept = self.path(&format!("kept-{name}"));
        fs::create_dir_all(&kept).unwrap();
        let script = r#"
            cd 'KEPT' || exit 9
            input=$(cat)
            server=$input
            [ "$1" = store ] && server=$(printf %s "$input" | sed 's/.*"ServerURL":"\([^"]*\)".*/\1/')
            file=kept.$(printf %s "$server" | tr /: ,@)
            echo "$1 $server" >> calls
            case $1 in
                store) printf %s "$input" > "$file" ;;
                get) cat "$file" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
                erase) rm -f "$file" ;;
                list)
                    comma=; printf '{'
                    for file in kept.*; do
                        [ -e "$file" ] || continue
                        printf '%s"%s":"somebody"' "$comma" "$(printf %s "${file#kept.}" | tr ,@ /:)"
                        comma=,
                    done
                    printf '}\n' ;;
            esac"#;
        self.helper(name, &script.replace("KEPT", kept.to_str().unwrap()));
        kept
    }
}

fn set_mode(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn registry(name: &str) -> Registry {
    Registry::parse(name).unwrap()
}

fn basic(username: &str, password: &str) -> Credential {
    Credential::Basic { username: username.to_owned(), password: Secret::new(password) }
}

fn identity(token: &str) -> Credential {
    Credential::Identity { username: None, token: Secret::new(token) }
}

fn find(credentials: &Credentials, name: &str) -> Result<Option<Credential>, CredentialError> {
    Ok(credentials.find(&registry(name), None)?.map(|found| found.credential))
}

/// An error and its causes, as a person reads them.
fn said(error: &CredentialError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
