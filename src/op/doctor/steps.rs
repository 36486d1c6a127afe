use std::time::{Duration, Instant};

use anyhow::Error;

use crate::endpoint::TrustSettings;
use crate::op::{Exit, Failure};

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Ok,
    /// A pull may succeed, and something should be known.
    Warning,
    /// A pull from here fails.
    Failed,
    /// Not looked at.
    Skipped,
}

/// A step, and what was found.
#[derive(Clone, Debug)]
pub struct Step {
    /// A stable word: `dns`, `tls`, ...
    pub name: &'static str,
    /// What came of it.
    pub status: Status,
    /// What was found. May hold a server's words, unescaped.
    pub detail: String,
    /// Why it is not as it should be, likewise.
    pub cause: Option<String>,
    /// A command to run, or what to change.
    pub hint: Option<String>,
    /// The exit code of a command that fails like this.
    pub exit: Option<Exit>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Step {
    /// Not looked at, for this reason.
    pub(super) fn skipped(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Skipped,
            detail: detail.into(),
            cause: None,
            hint: None,
            exit: None,
            elapsed: Duration::ZERO,
        }
    }
}

/// The steps of one place, as they come, and the settings that their hints name.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    trust: &'a TrustSettings,
    come: Vec<Step>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(trust: &'a TrustSettings) -> Self {
        Self { trust, come: Vec::new() }
    }

    pub(super) fn ok(&mut self, name: &'static str, since: Instant, detail: impl Into<String>) {
        let elapsed = since.elapsed();
        self.put(Step { status: Status::Ok, elapsed, ..Step::skipped(name, detail) });
    }

    pub(super) fn warn(
        &mut self,
        name: &'static str,
        since: Instant,
        detail: impl Into<String>,
        cause: impl Into<String>,
        hint: Option<String>,
    ) {
        let (elapsed, cause) = (since.elapsed(), Some(cause.into()));
        self.put(Step { status: Status::Warning, elapsed, cause, hint, ..Step::skipped(name, detail) });
    }

    /// A warning with the cause and the hint that a failed command would have.
    pub(super) fn warn_of(&mut self, name: &'static str, since: Instant, detail: impl Into<String>, error: &Error) {
        let (cause, hint, _) = self.judged(error);
        self.warn(name, since, detail, cause, hint);
    }

    pub(super) fn fail(&mut self, name: &'static str, since: Instant, error: &Error) {
        self.fail_with(name, since, "", error);
    }

    /// A failure of which more was found than it says.
    pub(super) fn fail_with(&mut self, name: &'static str, since: Instant, detail: impl Into<String>, error: &Error) {
        let (cause, hint, exit) = self.judged(error);
        let (elapsed, cause, exit) = (since.elapsed(), Some(cause), Some(exit));
        self.put(Step { status: Status::Failed, elapsed, cause, hint, exit, ..Step::skipped(name, detail) });
    }

    /// A failure of which more was found than a command would know: `error` is what ends that one, and its code counts.
    pub(super) fn fail_because(&mut self, name: &'static str, since: Instant, cause: &Error, error: &Error) {
        self.fail(name, since, cause);
        let (.., exit) = self.judged(error);
        if let Some(step) = self.come.iter_mut().find(|step| step.name == name) {
            step.exit = Some(exit);
        }
    }

    pub(super) fn skip(&mut self, name: &'static str, why: impl Into<String>) {
        self.put(Step::skipped(name, why));
    }

    /// What is found later of a step counts; what was found of it stays where there is nothing else to tell.
    fn put(&mut self, mut step: Step) {
        if let Some(at) = self.come.iter().position(|known| known.name == step.name) {
            let known = self.come.swap_remove(at);
            if step.detail.is_empty() {
                step.detail = known.detail;
            }
        }
        self.come.push(step);
    }

    /// All steps of `plan` in its order; what is missing was not come to.
    pub(super) fn in_order(mut self, plan: &[&'static str]) -> Vec<Step> {
        let failed = self.come.iter().find(|step| step.status == Status::Failed).map(|step| step.name);
        let why = failed.map_or_else(|| "nothing to look at".to_owned(), |step| format!("because {step} failed"));
        let mut take = |name: &'static str| match self.come.iter().position(|step| step.name == name) {
            Some(at) => self.come.swap_remove(at),
            None => Step::skipped(name, why.clone()),
        };
        plan.iter().map(|name| take(name)).collect()
    }

    /// The causes, the hint and the exit code of a command that ends with `error`.
    fn judged(&self, error: &Error) -> (String, Option<String>, Exit) {
        let failure = Failure::under(self.trust, "", error);
        (failure.causes.join(": "), failure.advice, failure.exit)
    }
}
