//! What can be looked at without a registry.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Error;

use super::steps::Steps;
use super::{Kind, Place};
use crate::auth::credential::{CredentialError, HelperError, SourceState};
use crate::endpoint::TrustSettings;

/// What was found on this machine before anything was contacted.
#[derive(Debug)]
pub struct Machine {
    /// The settings files that are looked for; all that are there were understood.
    pub files: Vec<PathBuf>,
    /// What was passed over in them.
    pub notices: Vec<String>,
    /// The store.
    pub store: Result<StoreState, Error>,
    /// The sources of credentials.
    pub credentials: Result<Vec<SourceState>, Error>,
}

/// What the store is like.
#[derive(Debug)]
pub enum StoreState {
    /// It is there, and can be read.
    Open {
        /// Where.
        path: String,
        /// How many names it knows.
        images: usize,
    },
    /// The first pull makes it.
    Absent {
        /// Where.
        path: String,
    },
}

pub(super) fn examine(trust: &TrustSettings, machine: Machine) -> Place {
    let mut steps = Steps::new(trust);
    let started = Instant::now();
    let there = machine.files.iter().filter(|file| file.is_file()).map(|file| file.display().to_string());
    let there: Vec<String> = there.collect();
    let read = if there.is_empty() { "no file is there".to_owned() } else { there.join(", ") };
    if machine.notices.is_empty() {
        steps.ok("settings", started, read);
    } else {
        steps.warn("settings", started, read, machine.notices.join("; "), None);
    }
    match machine.store {
        Ok(StoreState::Open { path, images }) => steps.ok("store", started, format!("{path}, {images} names")),
        Ok(StoreState::Absent { path }) => steps.ok("store", started, format!("{path}, made by the first pull")),
        Err(error) => steps.fail("store", started, &error),
    }
    match machine.credentials {
        Ok(sources) => credentials(&mut steps, started, &sources),
        Err(error) => steps.fail("credentials", started, &error),
    }
    Place {
        name: "this machine".to_owned(),
        kind: Kind::Local,
        from: "the command line".to_owned(),
        steps: steps.in_order(&["settings", "store", "credentials"]),
    }
}

/// The files that are there, and whether the helpers that they name can be found. None is run.
fn credentials(steps: &mut Steps<'_>, started: Instant, sources: &[SourceState]) {
    let there: Vec<_> = sources.iter().filter_map(|source| Some((&source.name, source.content.as_ref()?))).collect();
    let mut helpers = there.iter().flat_map(|(_, content)| &content.helpers);
    if let Some(missing) = helpers.find(|helper| !helper.found) {
        let server = missing.registry.clone().unwrap_or_else(|| "every registry".to_owned());
        let (program, source) = (missing.program.clone(), HelperError::Missing);
        let error = CredentialError::Helper { program, action: "get", server, source };
        steps.fail("credentials", started, &error.into());
        return;
    }
    let listed = there.iter().map(|(name, content)| {
        let programs: Vec<&str> = content.helpers.iter().map(|helper| helper.program.as_str()).collect();
        let helpers = if programs.is_empty() { String::new() } else { format!(", with {}", programs.join(", ")) };
        format!("{name}: {} entries{helpers}", content.entries)
    });
    let listed: Vec<String> = listed.collect();
    steps.ok("credentials", started, if listed.is_empty() { "none are kept".to_owned() } else { listed.join("; ") });
}
