//! What a failed command amounts to, for people and for programs.

/// The exit codes of the command-line contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, and durable.
    Done = 0,
    /// Anything else.
    Other = 1,
    /// Usage, bad reference, bad configuration file.
    Usage = 2,
    /// Not found.
    NotFound = 3,
    /// Not authenticated or not allowed.
    Denied = 4,
    /// Network, after retries.
    Network = 5,
    /// Rate limited beyond `--max-wait`.
    RateLimited = 6,
    /// Digest, size, ambiguous or corrupt content.
    Integrity = 7,
    /// Refused by policy.
    Policy = 8,
    /// Local input or output.
    Local = 9,
    /// Store busy.
    Busy = 10,
    /// Rejected by the registry.
    Rejected = 11,
    /// SIGINT.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// The process exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// A failed command: everything that is said about it, as data. Built once from the chain of errors, rendered by
/// `ui` as text or JSON. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// A stable word for programs: `not_found`, `tls_unknown_authority`, ...
    pub kind: &'static str,
    /// What was attempted: "cannot pull `docker.io/library/x:latest`".
    pub message: String,
    /// Why, outermost first. May hold a registry's own words, unescaped.
    pub causes: Vec<String>,
    /// A command to run, or what to change.
    pub hint: Option<String>,
    /// What is left of the hint for somebody who is looking at `doctor` already.
    pub advice: Option<String>,
    /// The registry concerned.
    pub registry: Option<String>,
    /// The URL concerned, redacted.
    pub url: Option<String>,
    /// The HTTP status that decided.
    pub http_status: Option<u16>,
    /// The registry's error code: `MANIFEST_UNKNOWN`.
    pub registry_code: Option<String>,
    /// How many requests were made before giving up.
    pub attempts: Option<u32>,
    /// How many bytes were to be written, where the disk had no room for them.
    pub needed_bytes: Option<u64>,
    /// How many bytes it had room for.
    pub free_bytes: Option<u64>,
}

impl Failure {
    /// A failure of which nothing is known but what it is called.
    pub fn new(exit: Exit, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            exit,
            kind,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
            advice: None,
            registry: None,
            url: None,
            http_status: None,
            registry_code: None,
            attempts: None,
            needed_bytes: None,
            free_bytes: None,
        }
    }
}
