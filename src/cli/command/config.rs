use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;

use crate::cli::app::{App, written};
use crate::op::{self, Asked, Candidate, Exit, Explanation};
use crate::ui::{Format, Outline};

/// Columns of the longest label.
const LABEL: usize = 18;

/// Show what the settings amount to
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Tell every request that a pull would make, and why; nothing is contacted
    ///
    /// Names every place that would be asked, in order: what it would be asked, the setting that says so, whether plain
    /// HTTP is allowed, how its certificate is verified, where its credentials are, and the proxy on the way. A place
    /// is asked only if those before it were of no use. Where it asks for a token, that is fetched from the server
    /// that it names. No secret is shown. Helpers that hold credentials are asked for them; names are looked up only
    /// where an insecure list holds blocks of addresses.
    Explain(Explain),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Explain {
    /// The image
    #[arg(value_name = "REF")]
    reference: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: u8,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

pub(in crate::cli) async fn run(app: &App, command: Command) -> Exit {
    let Command::Explain(args) = command;
    let outcome = explain(app, &args.reference).await;
    app.conclude(&format!("cannot explain `{}`", args.reference), outcome)
}

async fn explain(app: &App, name: &str) -> Result<()> {
    let settings = &app.settings;
    let explanation = &op::explain(&app.context(), &settings.trust, &settings.proxy, name).await?;
    if app.printer.style().format == Format::Json {
        return written(app.printer.json(&Answer { schema: 1, explanation }));
    }
    let columns = app.printer.columns();
    written(app.printer.text(&render(explanation).render(columns)))
}

fn render(explanation: &Explanation) -> Outline {
    let mut outline = Outline::default();
    let count = explanation.candidates.len();
    if let Some(from) = &explanation.choice {
        outline.line(0, format!("You would have to choose among {count} names, says {from}."));
        outline.blank();
    }
    for (at, candidate) in explanation.candidates.iter().enumerate() {
        if at > 0 {
            outline.blank();
        }
        let of = match (count, candidate.from.as_str()) {
            (1, "built in") => String::new(),
            (1, from) => format!(" ({from})"),
            (_, from) => format!(" ({} of {count}, {from})", at + 1),
        };
        outline.line(0, format!("{}{of}", candidate.reference));
        render_candidate(&mut outline, candidate);
    }
    outline
}

fn render_candidate(outline: &mut Outline, candidate: &Candidate) {
    if let Some(problem) = &candidate.problem {
        outline.blank();
        outline.line(0, format!("Not asked for: {problem}."));
    }
    for (at, asked) in candidate.endpoints.iter().enumerate() {
        outline.blank();
        outline.line(0, format!("{}. {} {}", at + 1, asked.role, asked.place));
        render_endpoint(outline, asked);
    }
    if !candidate.skipped.is_empty() {
        outline.blank();
        outline.line(0, "Left out:");
        for skipped in &candidate.skipped {
            outline.line(1, format!("{} ({}): {}", skipped.place, skipped.from, skipped.reason));
        }
    }
}

fn render_endpoint(outline: &mut Outline, asked: &Asked) {
    for request in &asked.requests {
        let when = match request.purpose {
            "compare" => "  where the store has the tag",
            "children" => "  for each image of an index",
            "blobs" => "  for each blob that the store lacks",
            _ => "",
        };
        outline.line(1, format!("{:<4} {}{when}", request.method, request.url));
    }
    let mut field = |label: &str, values: Vec<String>| outline.field(1, LABEL, label, values);
    field("Not asked for", asked.withheld.iter().cloned().collect());
    field("Why", vec![asked.from.clone()]);
    field("Scheme", vec![scheme(asked)]);
    if let Some(tls) = &asked.tls {
        let verified = match (&tls.why, tls.verify) {
            (Some(from), false) => format!("not verified ({from})"),
            (_, false) => "not verified".to_owned(),
            (_, true) if tls.authorities.is_empty() => "verified, by the machine's authorities".to_owned(),
            (_, true) => "verified, by the machine's authorities and these".to_owned(),
        };
        field("Certificate", vec![verified]);
        let sourced = |file: &op::Sourced| format!("{} ({})", file.file, file.from);
        field("Authorities", tls.authorities.iter().map(sourced).collect());
        field("Client certificate", tls.client_certificate.iter().map(sourced).collect());
    }
    if asked.looked_up {
        field("Looked up", vec!["its address, because an insecure list holds blocks of addresses".to_owned()]);
    }
    field("Headers", asked.headers.clone());
    let credentials = &asked.credentials;
    let source = credentials.source.clone().unwrap_or_else(|| "none: anonymous".to_owned());
    field("Credentials", vec![credentials.problem.clone().unwrap_or(source)]);
    let proxy = &asked.proxy;
    let url = proxy.url.as_deref().unwrap_or("none");
    field("Proxy", vec![proxy.why.as_ref().map_or_else(|| url.to_owned(), |why| format!("{url}, {why}"))]);
}

fn scheme(asked: &Asked) -> String {
    let why = asked.scheme.why.as_deref().unwrap_or_default();
    match asked.scheme.policy {
        "http" => format!("plain HTTP, because {why}"),
        "https_else_http" => format!("HTTPS, and plain HTTP where that fails, because {why}"),
        "https_unless_not_tls" => format!("HTTPS, and plain HTTP where nobody speaks TLS, because {why}"),
        _ => "HTTPS".to_owned(),
    }
}
