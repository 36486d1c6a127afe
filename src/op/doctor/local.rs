//! What can be looked at without a registry.

use std::time::Instant;

use anyhow::Error;

use super::steps::Steps;
use super::{Kind, Place};

/// What was found on this machine before anything was contacted.
#[derive(Debug)]
pub struct Machine {
    /// The store.
    pub store: Result<StoreState, Error>,
    /// The registries that there are credentials for; helpers were asked for theirs.
    pub credentials: Result<usize, Error>,
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

pub(super) fn examine(machine: Machine) -> Place {
    let mut steps = Steps::default();
    let started = Instant::now();
    steps.ok("settings", started, "every file that is there is understood");
    match machine.store {
        Ok(StoreState::Open { path, images }) => steps.ok("store", started, format!("{path}, {images} names")),
        Ok(StoreState::Absent { path }) => steps.ok("store", started, format!("{path}, made by the first pull")),
        Err(error) => steps.fail("store", started, &error),
    }
    match machine.credentials {
        Ok(0) => steps.ok("credentials", started, "none are kept"),
        Ok(count) => steps.ok("credentials", started, format!("kept for {count} registries")),
        Err(error) => steps.fail("credentials", started, &error),
    }
    Place {
        name: "this machine".to_owned(),
        kind: Kind::Local,
        from: "the command line".to_owned(),
        steps: steps.in_order(&["settings", "store", "credentials"]),
    }
}
