//! `docker-credential-*` programs: which may be run, and the protocol of docker-credential-helpers.
//!
//! One word is the argument (`get`, `store`, `erase`, `list`), the question is on stdin, the answer on stdout; no secret
//! is ever an argument or in the environment. A failing helper is an error, never "no credentials".

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::child::{self, Ended};
use super::{Credential, CredentialError, HelperError, Secret};

/// The user name that says that the secret is an identity token.
const TOKEN_USER: &str = "<token>";
/// A helper's way to say that it holds nothing for a registry.
const NOT_FOUND: &str = "credentials not found in native keychain";
/// How much of a helper's own words is shown.
const WORDS_LIMIT_CHARS: usize = 1024;

/// A credential helper that may be run.
#[derive(Debug)]
pub(super) struct Helper<'o> {
    program: String,
    search_path: &'o [PathBuf],
    timeout: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: Secret,
}

impl<'o> Helper<'o> {
    /// The helper that `file` calls `name`.
    ///
    /// # Errors
    /// [`CredentialError::HelperName`]: the name could lead to another program.
    pub(super) fn named(
        name: &str,
        file: &str,
        search_path: &'o [PathBuf],
        timeout: Duration,
    ) -> Result<Self, CredentialError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let lower = name.to_ascii_lowercase();
        // Windows runs batch files through a shell, which parses arguments anew.
        let batch = [".bat", ".cmd"].into_iter().any(|suffix| lower.ends_with(suffix));
        if name.is_empty() || batch || !name.bytes().all(plain) {
            return Err(CredentialError::HelperName { file: file.to_owned(), name: name.to_owned() });
        }
        Ok(Self { program: format!("docker-credential-{name}"), search_path, timeout })
    }

    /// Its file name: `docker-credential-pass`.
    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// What it holds for `server`.
    pub(super) fn get(&self, server: &str) -> Result<Option<Credential>, CredentialError> {
        let failed = |source| self.error("get", server, source);
        let ended = self.run("get", server).map_err(failed)?;
        if !ended.status.success() {
            // Its stdout holds either the reason or, in a broken helper, the secret; its stderr is anybody's guess.
            let words = words(&ended.stdout).filter(|words| !words.contains('{'));
            return match words.as_deref() {
                Some(NOT_FOUND) => Ok(None),
                _ => Err(failed(HelperError::Failed(words))),
            };
        }
        let answer: Answer = serde_json::from_slice(&ended.stdout)
            .map_err(|_| failed(HelperError::Answer("a JSON object with `Username` and `Secret`")))?;
        match (answer.username, answer.secret) {
            (username, secret) if username.is_empty() && secret.expose().is_empty() => Ok(None),
            (username, _) if username.is_empty() => Err(failed(HelperError::Answer("complete: it has no `Username`"))),
            (username, token) if username == TOKEN_USER => Ok(Some(Credential::Identity { username: None, token })),
            (username, password) => Ok(Some(Credential::Basic { username, password })),
        }
    }

    /// Gives it `credential` to keep for `server`.
    pub(super) fn store(&self, server: &str, credential: &Credential) -> Result<(), CredentialError> {
        let (username, secret) = match credential {
            Credential::Basic { username, password } => (username.as_str(), password),
            Credential::Identity { token, .. } => (TOKEN_USER, token),
            Credential::RegistryToken(_) => {
                return Err(CredentialError::RegistryTokenInHelper { program: self.program.clone() });
            }
        };
        let question = json!({ "ServerURL": server, "Username": username, "Secret": secret.expose() });
        let question = Zeroizing::new(question.to_string());
        let ended = self.run("store", &question).map_err(|source| self.error("store", server, source))?;
        self.expect_success("store", server, &ended, Some((username, secret)))
    }

    /// Makes it forget what it holds for `server`. False: it held nothing.
    pub(super) fn erase(&self, server: &str) -> Result<bool, CredentialError> {
        let ended = self.run("erase", server).map_err(|source| self.error("erase", server, source))?;
        if words(&ended.stdout).as_deref() == Some(NOT_FOUND) {
            return Ok(false);
        }
        self.expect_success("erase", server, &ended, None).map(|()| true)
    }

    /// The servers that it holds something for. Names that could not be a registry's are left out.
    pub(super) fn list(&self) -> Result<Vec<String>, CredentialError> {
        let failed = |source| self.error("list", "all registries", source);
        let ended = self.run("list", "unused").map_err(failed)?;
        self.expect_success("list", "all registries", &ended, None)?;
        let answer: BTreeMap<String, String> = serde_json::from_slice(&ended.stdout)
            .map_err(|_| failed(HelperError::Answer("a JSON object of servers and user names")))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:/-_[]".contains(&byte);
        let servers = answer.into_keys();
        Ok(servers.filter(|server| (1..=512).contains(&server.len()) && server.bytes().all(plain)).collect())
    }

    fn run(&self, action: &str, input: &str) -> Result<Ended, HelperError> {
        let program = find(&self.program, self.search_path).ok_or(HelperError::Missing)?;
        let mut command = Command::new(program);
        // It may hold credentials for other registries than the one in question.
        command.arg(action).env_remove("DOCKER_AUTH_CONFIG");
        child::run(command, input, self.timeout)
    }

    fn expect_success(
        &self,
        action: &'static str,
        server: &str,
        ended: &Ended,
        secret: Option<(&str, &Secret)>,
    ) -> Result<(), CredentialError> {
        if ended.status.success() {
            return Ok(());
        }
        let stderr = ended.stderr.as_deref().and_then(|stderr| words(stderr));
        let words = words(&ended.stdout).or(stderr);
        let words = words.filter(|words| secret.is_none_or(|(username, secret)| !reveals(words, username, secret)));
        Err(self.error(action, server, HelperError::Failed(words)))
    }

    fn error(&self, action: &'static str, server: &str, source: HelperError) -> CredentialError {
        CredentialError::Helper { program: self.program.clone(), action, server: server.to_owned(), source }
    }
}

/// Whether `words` repeats the secret, as it is or as it is commonly written.
fn reveals(words: &str, username: &str, secret: &Secret) -> bool {
    let secret = secret.expose();
    let quoted = Zeroizing::new(json!(secret).to_string());
    let packed = Zeroizing::new(STANDARD.encode(format!("{username}:{secret}")));
    let forms = [secret.trim(), quoted.trim_matches('"'), packed.trim_end_matches('=')];
    forms.into_iter().any(|form| !form.is_empty() && words.contains(form))
}

/// A helper's words, fit for a terminal: control characters are gone, and the sequences that ESC starts with them.
fn words(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut plain = String::new();
    let mut rest = text.trim().chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.next_if_eq(&'[').is_some() => {
                // CSI: parameters, then one letter or sign that ends it.
                while rest.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
                rest.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
            }
            '\n' | '\t' => plain.push(' '),
            c if c.is_control() || is_bidi_control(c) => {}
            c => plain.push(c),
        }
    }
    let plain: String = plain.trim().chars().take(WORDS_LIMIT_CHARS).collect();
    (!plain.is_empty()).then_some(plain)
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The program in the first absolute directory that has it. Others depend on where we happen to stand.
pub(super) fn find(program: &str, search_path: &[PathBuf]) -> Option<PathBuf> {
    let name = format!("{program}{}", if cfg!(windows) { ".exe" } else { "" });
    search_path.iter().filter(|dir| dir.is_absolute()).map(|dir| dir.join(&name)).find(|file| is_executable(file))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}
