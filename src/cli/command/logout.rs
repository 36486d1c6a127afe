use anyhow::Result;

use crate::auth::credential::{CredentialError, CredentialStore as _, Credentials, Erased, Options};
use crate::cli::app::App;
use crate::model::Registry;
use crate::op::Exit;

/// Forget the credentials for a registry
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The registry: docker.io unless given
    #[arg(value_name = "HOST", conflicts_with = "all")]
    host: Option<String>,

    /// Forget all credentials
    #[arg(long)]
    all: bool,

    /// Say what would be forgotten, and forget nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    if args.all {
        return app.conclude("cannot log out", everywhere(app, args.dry_run).await);
    }
    let host = args.host.unwrap_or_else(|| "docker.io".to_owned());
    app.conclude(&format!("cannot log out of `{host}`"), one(app, &host, args.dry_run).await)
}

async fn one(app: &App, host: &str, dry_run: bool) -> Result<()> {
    let registry = Registry::parse(host)?;
    if dry_run {
        return foretell(app, registry).await;
    }
    let (credentials, of) = (app.credentials.clone(), registry.clone());
    let Erased { was_there, remains_in } = tokio::task::spawn_blocking(move || credentials.erase(&of)).await??;
    for place in remains_in {
        app.printer.warn(&format!("credentials for {registry} may remain in {place}, which is not changed here"));
    }
    let said = if was_there { "Removing login credentials for" } else { "Not logged in to" };
    app.printer.note(&format!("{said} {registry}"));
    Ok(())
}

/// Says what would be done: what is found in the file that is ours to change would go, with its helper's secrets.
async fn foretell(app: &App, registry: Registry) -> Result<()> {
    let all = app.settings.credentials.clone();
    let file_is_named = all.registry_auth_file.is_some();
    let ours = Options {
        docker_config_file: all.docker_config_file.clone().filter(|_| !file_is_named),
        docker_auth_config: None,
        containers_auth_files: Vec::new(),
        legacy_docker_file: None,
        ..all.clone()
    };
    let others = Options {
        registry_auth_file: None,
        docker_config_file: all.docker_config_file.clone().filter(|_| file_is_named),
        ..all
    };
    let find = |options: Options| {
        let registry = registry.clone();
        tokio::task::spawn_blocking(move || Credentials::new(options).find(&registry, None))
    };
    let is_there = match find(ours).await? {
        // The entry goes all the same.
        Err(CredentialError::KeyringUnavailable { .. }) => true,
        found => found?.is_some(),
    };
    if let Some(other) = find(others).await?? {
        let place = other.origin;
        app.printer.warn(&format!("credentials for {registry} may remain in {place}, which is not changed here"));
    }
    let said = if is_there { "would remove login credentials for" } else { "Not logged in to" };
    app.printer.note(&format!("{said} {registry}"));
    Ok(())
}

async fn everywhere(app: &App, dry_run: bool) -> Result<()> {
    let credentials = app.credentials.clone();
    if dry_run {
        for listed in tokio::task::spawn_blocking(move || credentials.list()).await?? {
            app.printer.note(&format!("{} is logged in by {}", listed.registry, listed.origin));
        }
        return Ok(());
    }
    let erased = tokio::task::spawn_blocking(move || credentials.erase_all()).await??;
    for registry in &erased.registries {
        app.printer.note(&format!("Removing login credentials for {registry}"));
    }
    if erased.registries.is_empty() && erased.failures.is_empty() {
        app.printer.note("Not logged in anywhere");
    }
    let mut failures = erased.failures.into_iter();
    let first = failures.next();
    for (registry, error) in failures {
        app.printer.warn(&format!("cannot log out of {registry}: {error}"));
    }
    match first {
        Some((registry, error)) => Err(anyhow::Error::from(error).context(format!("{registry} is still logged in"))),
        None => Ok(()),
    }
}
