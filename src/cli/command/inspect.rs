use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use super::platform;
use crate::cli::app::{App, written};
use crate::model::{Digest, Platform};
use crate::op::{self, Exit, Image, Layer};
use crate::ui::{Format, escape, units};

/// Where values begin: behind the longest label.
const VALUES_AT: usize = 14;

/// Show an image: configuration, platforms, layers with their sizes
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The image
    #[arg(value_name = "REF")]
    reference: String,

    /// Show only this platform
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<String>,

    /// Ask the registry instead of the store; no layer is fetched
    #[arg(long)]
    remote: bool,
}

#[derive(Serialize)]
struct Inspection {
    schema: u8,
    reference: String,
    digest: Digest,
    media_type: String,
    images: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    digest: Digest,
    platform: Option<String>,
    created: Option<String>,
    author: Option<String>,
    size_bytes: u64,
    config: Option<Value>,
    layers: Vec<Layer>,
}

impl Shown {
    fn of(image: &Image) -> Result<Self, serde_json::Error> {
        let config = image.config.as_ref();
        Ok(Self {
            digest: image.descriptor.digest.clone(),
            platform: image.platform.as_ref().map(ToString::to_string),
            created: config.and_then(|c| c.created.clone()),
            author: config.and_then(|c| c.author.clone()),
            size_bytes: image.size_bytes(),
            config: config.and_then(|c| c.config.as_ref()).map(serde_json::to_value).transpose()?,
            layers: image.layers(),
        })
    }
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let outcome = inspect(app, &args).await;
    app.conclude(&format!("cannot inspect `{}`", args.reference), outcome)
}

async fn inspect(app: &App, args: &Args) -> Result<()> {
    let platform: Option<Platform> = platform(args.platform.as_ref())?;
    let (reference, descriptor, images) = if args.remote {
        let names = app.names(&args.reference).await?;
        let found = op::inspect_remote(&app.context(), &names.candidates, platform.as_ref()).await?;
        app.remember(&args.reference, &names).await;
        found
    } else {
        let (layout, reference) = app.stored(&args.reference)?;
        let (descriptor, images) = op::inspect(&layout, &reference, platform.as_ref())?;
        (reference, descriptor, images)
    };
    let inspection = Inspection {
        schema: 1,
        reference: reference.or_latest().to_string(),
        digest: descriptor.digest,
        media_type: descriptor.media_type.to_string(),
        images: images.iter().map(Shown::of).collect::<Result<_, _>>()?,
    };
    if app.printer.style().format == Format::Json {
        return written(app.printer.json(&inspection));
    }
    written(app.printer.text(&render(&inspection, app.printer.columns())))
}

/// For people: labels on the left, one image after the other, as narrow as `columns` if that is given.
fn render(inspection: &Inspection, columns: Option<usize>) -> String {
    let mut lines = Vec::new();
    field(&mut lines, "Reference", [&inspection.reference]);
    field(&mut lines, "Digest", [&inspection.digest.to_string()]);
    field(&mut lines, "Media type", [&inspection.media_type]);
    for image in &inspection.images {
        lines.push(String::new());
        field(&mut lines, "Platform", [image.platform.as_deref().unwrap_or("-")]);
        if image.digest != inspection.digest {
            field(&mut lines, "  Manifest", [&image.digest.to_string()]);
        }
        field(&mut lines, "  Created", image.created.as_deref().map(to_the_second));
        field(&mut lines, "  Author", image.author.as_ref());
        field(&mut lines, "  Size", [units::bytes(image.size_bytes)]);
        if let Some(config) = &image.config {
            config_fields(&mut lines, config);
        }
        field(&mut lines, "  Layers", layers(&image.layers, columns));
    }
    lines.join("\n")
}

fn config_fields(lines: &mut Vec<String>, config: &Value) {
    let list = |key: &str| -> Vec<&str> {
        config.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let command = |key: &str| Some(list(key).into_iter().map(quoted).collect::<Vec<_>>().join(" "));
    // An object without values in the specification, and a list in what some tools write.
    let keys = |key: &str| {
        let object = config.get(key).and_then(Value::as_object);
        Some(object.map_or_else(|| list(key).join(" "), |o| o.keys().cloned().collect::<Vec<_>>().join(" ")))
    };
    field(lines, "  Entrypoint", command("Entrypoint"));
    field(lines, "  Command", command("Cmd"));
    field(lines, "  User", config.get("User").and_then(Value::as_str));
    field(lines, "  Directory", config.get("WorkingDir").and_then(Value::as_str));
    field(lines, "  Ports", keys("ExposedPorts"));
    field(lines, "  Volumes", keys("Volumes"));
    field(lines, "  Env", list("Env"));
    let labels = config.get("Labels").and_then(Value::as_object).into_iter().flatten();
    field(lines, "  Labels", labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or("?"))));
}

/// A label and what it says: each value on a line of its own, without the label from the second on.
fn field(lines: &mut Vec<String>, label: &str, values: impl IntoIterator<Item = impl AsRef<str>>) {
    let mut label = format!("{label}:");
    for value in values {
        if !value.as_ref().is_empty() {
            lines.push(format!("{label:<VALUES_AT$}{}", escape::line(value.as_ref())));
            label.clear();
        }
    }
}

/// One line per layer, with its digest in full where there is room for it.
fn layers(layers: &[Layer], columns: Option<usize>) -> Vec<String> {
    let show = |short: bool| -> Vec<String> {
        let digest = |layer: &Layer| if short { layer.digest.short().to_owned() } else { layer.digest.to_string() };
        layers.iter().map(|layer| format!("{}  {:>7}", digest(layer), units::bytes(layer.size_bytes))).collect()
    };
    let full = show(false);
    let fits = |columns| full.iter().all(|line| VALUES_AT + line.len() <= columns);
    if columns.is_none_or(fits) { full } else { show(true) }
}

/// A date without fractions of seconds; what is no date, as it is.
fn to_the_second(date: &str) -> String {
    match date.parse::<jiff::Timestamp>() {
        Ok(at) => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => date.to_owned(),
    }
}

/// A word of a command line, in quotes where it would read as several.
fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c == '"');
    if plain { word.to_owned() } else { format!("{word:?}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inspection() -> Inspection {
        let digest = |digit: &str| Digest::parse(&format!("sha256:{}", digit.repeat(64))).unwrap();
        let layer = |digit, size_bytes| Layer { digest: digest(digit), size_bytes, media_type: "a/b".to_owned() };
        Inspection {
            schema: 1,
            reference: "docker.io/library/app:v1".to_owned(),
            digest: digest("a"),
            media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
            images: vec![Shown {
                digest: digest("b"),
                platform: Some("linux/amd64".to_owned()),
                created: Some("2026-10-20T10:11:12.123456789Z".to_owned()),
                author: Some(String::new()),
                size_bytes: 37_420_000,
                config: Some(json!({
                    "Entrypoint": ["/app/run", "two words"],
                    "WorkingDir": "/app",
                    "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
                    "Env": ["PATH=/bin", "LANG=C\u{1b}[2J"],
                    "Labels": {"a": "1", "b": "2"},
                })),
                layers: vec![layer("c", 37_000_000), layer("d", 420_000)],
            }],
        }
    }

    #[test]
    fn values_stand_in_one_column_and_layers_are_short_where_room_is() {
        let expected = "\
Reference:    docker.io/library/app:v1
Digest:       sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
Media type:   application/vnd.oci.image.index.v1+json

Platform:     linux/amd64
  Manifest:   sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  Created:    2026-10-20T10:11:12Z
  Size:       37.42MB
  Entrypoint: /app/run \"two words\"
  Directory:  /app
  Ports:      443/tcp 80/tcp
  Env:        PATH=/bin
              LANG=C\\u{1b}[2J
  Labels:     a=1
              b=2
  Layers:     cccccccccccc     37MB
              dddddddddddd    420kB";
        assert_eq!(render(&inspection(), Some(80)), expected);
        let full = render(&inspection(), None);
        assert!(full.contains(&format!("  Layers:     sha256:{}     37MB\n", "c".repeat(64))), "{full}");
    }
}
