use std::io::{self, IsTerminal, Read};

use anyhow::Result;

use crate::auth::credential::{Credential, Place, Saved, Secret};
use crate::cli::app::App;
use crate::cli::prompt;
use crate::model::Registry;
use crate::op::{self, Error, Exit};

/// The longest password that is read from standard input, in bytes.
const PASSWORD_LIMIT_BYTES: u64 = 64 * 1024;

/// Check credentials with a registry, then save them
///
/// They are saved with the credential helper that Docker's config.json names, else in the system's keyring, else in
/// config.json itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rcr login registry.example:5000
  rcr login -u USER --password-stdin ghcr.io <password.txt")]
pub(in crate::cli) struct Args {
    /// The registry: docker.io unless given
    #[arg(value_name = "HOST")]
    host: Option<String>,

    /// The user name; asked for on a terminal
    #[arg(short, long, value_name = "USER")]
    username: Option<String>,

    /// The password: visible to other users of this machine while the command runs; prefer --password-stdin
    #[arg(short, long, value_name = "PASS", conflicts_with = "password_stdin")]
    password: Option<String>,

    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,

    /// Check the credentials, and save nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let host = args.host.clone().unwrap_or_else(|| "docker.io".to_owned());
    let outcome = login(app, args, &host).await;
    app.conclude(&format!("cannot log in to `{host}`"), outcome)
}

async fn login(app: &App, args: Args, host: &str) -> Result<()> {
    let registry = Registry::parse(host)?;
    if args.password.is_some() {
        app.printer.warn("a password on the command line is visible to other users; use --password-stdin");
    }
    let (username, password) =
        ask(app, host, args.username, args.password.map(Secret::new), args.password_stdin).await?;
    // Docker's convention for tokens that are exchanged at the token server.
    let credential = if username == "<token>" {
        Credential::Identity { username: None, token: password }
    } else {
        Credential::Basic { username, password }
    };
    let asked = op::verify(&app.context(), &registry, credential.clone()).await?;
    if !asked {
        app.printer.warn(&format!("{registry} lets everybody in, so the password could not be checked"));
    }
    if args.dry_run {
        let found = if asked { "the credentials are good" } else { "nothing could be checked" };
        app.printer.note(&format!("{found}; nothing was saved"));
        return Ok(());
    }
    let credentials = app.credentials.clone();
    let saved = tokio::task::spawn_blocking(move || credentials.save(&registry, &credential)).await??;
    say_where(app, &saved);
    app.printer.note(if asked { "Login Succeeded" } else { "Login saved; the password could not be checked" });
    Ok(())
}

fn say_where(app: &App, saved: &Saved) {
    if let Place::File { path, keyring_missing_because } = &saved.place {
        if let Some(why) = keyring_missing_because {
            tracing::info!("no keyring: {why}");
        }
        let instead = match keyring_missing_because {
            Some(_) => "the system's keyring cannot be reached, and no credential helper is configured",
            None => "configure a credential helper to change that",
        };
        app.printer.warn(&format!("the password is kept unencrypted in {}: {instead}", path.display()));
    }
    if let Some(other) = &saved.shadowed_by {
        app.printer.warn(&format!("{other} has credentials for this registry too, and is read first"));
    }
}

/// User name and password: from flags and standard input, or asked for where a person is there to answer.
async fn ask(
    app: &App,
    host: &str,
    username: Option<String>,
    password: Option<Secret>,
    from_stdin: bool,
) -> Result<(String, Secret), anyhow::Error> {
    let interactive = io::stdin().is_terminal();
    let usage = |text: &str| Error::Usage(text.to_owned());
    let nobody = |what| Error::NoTerminal { what, instead: format!("rcr login -u USER --password-stdin {host} <FILE") };
    if from_stdin && username.is_none() {
        return Err(usage("--password-stdin needs the user name with -u USER").into());
    }
    let username = match username {
        Some(username) => username,
        None if interactive => {
            app.printer.prompt("Username: ");
            prompt::read("user name", prompt::line).await?
        }
        None => return Err(nobody("user name").into()),
    };
    if username.is_empty() {
        return Err(usage("the user name is empty").into());
    }
    let password = match password {
        Some(password) => password,
        None if from_stdin => prompt::read("password", password_on_stdin).await?,
        None if interactive => {
            prompt::read("password", || rpassword::prompt_password("Password: ").map(Secret::new)).await?
        }
        None => return Err(nobody("password").into()),
    };
    if password.expose().is_empty() {
        return Err(usage("the password is empty").into());
    }
    Ok((username, password))
}

/// Everything on standard input but the line end.
fn password_on_stdin() -> io::Result<Secret> {
    let mut text = String::new();
    io::stdin().take(PASSWORD_LIMIT_BYTES).read_to_string(&mut text)?;
    let trimmed = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(trimmed);
    Ok(Secret::new(text))
}
