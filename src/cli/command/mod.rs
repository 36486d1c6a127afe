//! The commands: one file each, arguments beside what they do.

mod catalog;
mod completion;
mod config;
mod digest;
mod doctor;
mod history;
mod images;
mod info;
mod inspect;
mod login;
mod logout;
mod manifest;
mod pull;
mod push;
mod rmi;
mod store;
mod tag;
mod tags;
mod version;

use clap::Subcommand;

use super::app::App;
use crate::model::{Descriptor, Platform, Reference};
use crate::op::Exit;
use crate::transfer::Plan;
use crate::ui::units;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Pull(pull::Args),
    Push(push::Args),
    Login(login::Args),
    Logout(logout::Args),
    Tag(tag::Args),
    Images(images::Args),
    Rmi(rmi::Args),
    Inspect(inspect::Args),
    History(history::Args),
    Tags(tags::Args),
    Catalog(catalog::Args),
    Manifest(manifest::Args),
    Digest(digest::Args),
    Doctor(doctor::Args),
    #[command(subcommand)]
    Store(store::Command),
    Info(info::Args),
    #[command(subcommand)]
    Config(config::Command),
    Completion(completion::Args),
    Version(version::Args),
}

impl Command {
    /// Whether this moves blobs, and what it has moved outlasts it.
    pub(super) fn transfers(&self) -> bool {
        matches!(self, Self::Pull(_) | Self::Push(_))
    }
}

pub(super) async fn run(app: &App, command: Command) -> Exit {
    match command {
        Command::Pull(args) => pull::run(app, args).await,
        Command::Push(args) => push::run(app, args).await,
        Command::Login(args) => login::run(app, args).await,
        Command::Logout(args) => logout::run(app, args).await,
        Command::Tag(args) => tag::run(app, args).await,
        Command::Images(args) => images::run(app, &args),
        Command::Rmi(args) => rmi::run(app, args).await,
        Command::Inspect(args) => inspect::run(app, args).await,
        Command::History(args) => history::run(app, &args),
        Command::Tags(args) => tags::run(app, args).await,
        Command::Catalog(args) => catalog::run(app, args).await,
        Command::Manifest(args) => manifest::run(app, args).await,
        Command::Digest(args) => digest::run(app, args).await,
        Command::Doctor(args) => doctor::run(app, args).await,
        Command::Store(command) => store::run(app, command).await,
        Command::Info(args) => info::run(app, args).await,
        Command::Config(command) => config::run(app, command).await,
        Command::Completion(args) => completion::run(app, &args),
        Command::Version(args) => version::run(app, &args),
    }
}

/// A reference as typed. A mistake is reported by the command, with its caret, and not by clap.
fn reference(text: &str) -> anyhow::Result<Reference> {
    Ok(Reference::parse(text)?)
}

/// What a plan would do, for `--dry-run`: `would fetch 3 layers (77.8MB); 1 already exists`.
fn planned(verb: &str, plan: &Plan) -> String {
    let count = |blobs: &[Descriptor]| blobs.iter().filter(|blob| !blob.media_type.is_config()).count();
    let layers = match count(&plan.fetch) {
        1 => "1 layer".to_owned(),
        n => format!("{n} layers"),
    };
    let there = match count(&plan.present) {
        0 => String::new(),
        1 => "; 1 already exists".to_owned(),
        n => format!("; {n} already exist"),
    };
    format!("would {verb} {layers} ({}){there}", units::bytes(plan.bytes()))
}

/// A platform as typed.
fn platform(text: Option<&String>) -> anyhow::Result<Option<Platform>> {
    Ok(text.map(|text| text.parse()).transpose()?)
}
