use anyhow::Result;

use crate::cli::app::{App, written};
use crate::endpoint::Located;
use crate::op::Exit;
use crate::op::doctor::{self, Diagnosis, Machine, StoreState, Subject};
use crate::ui::{Format, diagnosis_json, diagnosis_text};

/// Find out why a registry or an image cannot be reached
///
/// Walks the way that a pull would go, to every mirror and then to the registry: name, DNS, proxy, TCP, TLS, the API,
/// clocks, the challenge, credentials; for an image also the token's scopes, the manifest, what is left of a rate limit,
/// and whether HEAD, ranges and referrers work. Says of each step what was found, why it fails, and what helps. Without
/// an argument it looks at this machine and at docker.io.
///
/// Without a `/`, the argument is a host if the part before `:` has a dot, is `localhost` or an address, and an image
/// otherwise. Requests are made once, with the settings and credentials of a pull. An image's manifest is fetched, which
/// counts as one pull where those are limited. No secret is shown.
///
/// The exit code is 0 as long as one place serves what is asked for: a mirror that fails is passed over by a pull. If
/// none does, it is that of the first step that failed at a registry, as every command has it. Warnings do not change
/// it. It is 2 where a short name has to be chosen by a person, and there is no terminal to ask on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rcr doctor
  rcr doctor registry.example:5000
  rcr doctor --json registry.example/team/image:v1")]
pub(in crate::cli) struct Args {
    /// An image, or a registry [default: docker.io, and this machine]
    #[arg(value_name = "REF|HOST")]
    subject: Option<String>,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let subject = args.subject.as_deref().map(Subject::of);
    let machine = if subject.is_none() { Some(machine(app).await) } else { None };
    let diagnosis =
        doctor::doctor(&app.context(), &app.settings.trust, subject.as_ref(), machine, app.someone_to_ask()).await;
    match app.conclude("cannot print the diagnosis", print(app, &diagnosis)) {
        Exit::Done => diagnosis.exit,
        failed => failed,
    }
}

fn print(app: &App, diagnosis: &Diagnosis) -> Result<()> {
    let style = app.printer.style();
    if style.format == Format::Json {
        return written(app.printer.json(&diagnosis_json(diagnosis)));
    }
    let text = diagnosis_text(diagnosis, style, app.printer.columns());
    written(app.printer.bytes(text.as_bytes()))
}

async fn machine(app: &App) -> Machine {
    let credentials = app.credentials.clone();
    let sources = tokio::task::spawn_blocking(move || credentials.overview()).await;
    let notice = |notice: &Located<String>| format!("{}: {}", notice.from, notice.value);
    Machine {
        files: app.settings.files.clone(),
        notices: app.settings.notices.iter().map(notice).collect(),
        store: store(app),
        credentials: sources.map_err(Into::into).and_then(|sources| Ok(sources?)),
    }
}

fn store(app: &App) -> Result<StoreState> {
    let path = app.settings.store()?.display().to_string();
    Ok(match app.store_to_read()? {
        Some(layout) => StoreState::Open { path, images: layout.entries()?.len() },
        None => StoreState::Absent { path },
    })
}
