use anyhow::Result;
use serde::Serialize;

use crate::cli::app::{App, written};
use crate::op::{self, Directory, Exit, Info, Keeper, Known, Mirror, Said, SettingsRead};
use crate::ui::{Format, Outline};

/// Columns of the longest label.
const LABEL: usize = 16;

/// Show registries, mirrors, trust and credentials, and where each was set
///
/// Nothing is contacted, no name is looked up, and no secret is shown.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}

#[derive(Serialize)]
struct Answer<'a> {
    schema: u8,
    #[serde(flatten)]
    info: &'a Info,
}

pub(in crate::cli) async fn run(app: &App, _args: Args) -> Exit {
    app.conclude("cannot tell what the settings come to", info(app).await)
}

async fn info(app: &App) -> Result<()> {
    let settings = &app.settings;
    let info = &op::info(Known {
        store: settings.store().ok(),
        trust: &settings.trust,
        registries: &settings.registries,
        proxy: &settings.proxy,
        credentials: app.credentials.clone(),
        files: &settings.files,
        notices: &settings.notices,
        trusted_realms: &settings.trusted_realms,
        allow_nondistributable: &settings.allow_nondistributable,
    })
    .await?;
    if app.printer.style().format == Format::Json {
        return written(app.printer.json(&Answer { schema: 1, info }));
    }
    let columns = app.printer.columns();
    written(app.printer.text(&render(info).render(columns)))
}

fn render(info: &Info) -> Outline {
    let mut outline = Outline::default();
    let mut field = |label: &str, values: Vec<String>| outline.field(0, LABEL, label, values);
    field("Version", vec![info.version.to_owned()]);
    let homeless = || "no place: there is no home directory, and no `--store`".to_owned();
    field("Store", vec![info.store.clone().unwrap_or_else(homeless)]);
    let searched = info.registries.iter().map(|one| format!("{} ({}), {}", one.registry, one.state, one.from));
    let order: Vec<_> = searched.collect();
    field("Search order", if order.is_empty() { vec!["empty: names are written in full".to_owned()] } else { order });
    let mode = &info.short_name_mode;
    field("Short names", vec![format!("{}, {}; {}", mode.value, mode.from, counted(info.aliases, "alias", "aliases"))]);
    field("Mirrors", info.mirrors.iter().map(mirror).collect());
    let moved = info.locations.iter().map(|one| format!("{} is at {}, {}", one.prefix, one.place, one.from));
    field("Locations", moved.collect());
    for (label, list) in [
        ("Blocked", &info.blocked),
        ("Insecure", &info.insecure),
        ("Plain HTTP", &info.plain_http),
        ("Not verified", &info.skip_verify),
        ("Authorities", &info.authorities),
        ("Nondistributable", &info.allow_nondistributable),
    ] {
        field(label, list.iter().map(said).collect());
    }
    field("Credentials", info.credentials.iter().flat_map(keeper).collect());
    let unavailable = || format!("not available: {}", info.keyring.reason.as_deref().unwrap_or("no reason is known"));
    field("Keyring", vec![if info.keyring.available { "available".to_owned() } else { unavailable() }]);
    let realms = info.trusted_realms.iter().map(|one| {
        let of = one.registry.as_deref().unwrap_or("any registry that is named");
        format!("{} for {of}, {}", one.realm, one.from)
    });
    field("Trusted realms", realms.collect());
    let proxies =
        info.proxies.iter().map(|one| format!("{} for {}, {}", one.url.as_deref().unwrap_or("none"), one.of, one.from));
    field("Proxies", proxies.collect());
    field("No proxy", info.no_proxy.iter().map(said).collect());
    field("Certificates", directories(&info.certificate_dirs));
    field("hosts.toml", directories(&info.hosts_dirs));
    field("Files", info.files.iter().flat_map(file).collect());
    field("Unusable", info.problems.clone());
    outline
}

fn said(said: &Said) -> String {
    format!("{}, {}", said.value, said.from)
}

fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn mirror(mirror: &Mirror) -> String {
    let only = match mirror.names {
        "digests" => ", only for names with a digest",
        "tags" => ", only for names without a digest",
        _ => "",
    };
    let namespace = if mirror.namespace { ", with ?ns=" } else { "" };
    let able = mirror.capabilities.join("+");
    format!("{} for {} ({able}{only}{namespace}), {}", mirror.place, mirror.prefix, mirror.from)
}

fn keeper(keeper: &Keeper) -> Vec<String> {
    if !keeper.exists {
        return vec![format!("{}: not there", keeper.source)];
    }
    let mut lines = vec![format!("{}: {}", keeper.source, counted(keeper.entries, "entry", "entries"))];
    lines.extend(keeper.helpers.iter().map(|helper| {
        let of = helper.registry.as_deref().unwrap_or("all registries");
        let missing = if helper.found { "" } else { ", which is not in PATH" };
        format!("- {} for {of}{missing}", helper.program)
    }));
    lines
}

fn file(file: &SettingsRead) -> Vec<String> {
    let mut lines = vec![if file.exists { file.file.clone() } else { format!("{}: not there", file.file) }];
    lines.extend(file.notices.iter().map(|notice| format!("- passed over: {}", said(notice))));
    lines
}

/// What is in the directories that are there, then those that are not.
fn directories(directories: &[Directory]) -> Vec<String> {
    let mut lines = Vec::new();
    for directory in directories.iter().filter(|directory| !directory.hosts.is_empty()) {
        lines.push(directory.path.clone());
        lines.extend(directory.hosts.iter().map(|host| format!("- {}: {}", host.host, host.files.join(" "))));
    }
    let missing: Vec<&str> = directories.iter().filter(|d| !d.exists).map(|d| d.path.as_str()).collect();
    if !missing.is_empty() {
        lines.push(format!("not there: {}", missing.join(", ")));
    }
    lines
}
