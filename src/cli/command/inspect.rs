use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use super::{platform, reference};
use crate::cli::app::{App, written};
use crate::model::{Digest, Platform};
use crate::op::{self, Error, Exit, Image, Layer};
use crate::ui::{Format, escape, units};

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
    let reference = reference(&args.reference)?.or_latest();
    let platform: Option<Platform> = platform(args.platform.as_ref())?;
    let (descriptor, images) = if args.remote {
        op::inspect_remote(&app.context(), &reference, platform.as_ref()).await?
    } else {
        let Some(layout) = app.store_to_read()? else { return Err(Error::NoSuchImage { reference }.into()) };
        op::inspect(&layout, &reference, platform.as_ref())?
    };
    let inspection = Inspection {
        schema: 1,
        reference: reference.to_string(),
        digest: descriptor.digest,
        media_type: descriptor.media_type.to_string(),
        images: images.iter().map(Shown::of).collect::<Result<_, _>>()?,
    };
    if app.printer.style().format == Format::Json {
        return written(app.printer.json(&inspection));
    }
    written(app.printer.text(&render(&inspection)))
}

/// For people: labels on the left, one image after the other.
fn render(inspection: &Inspection) -> String {
    let mut lines = vec![
        format!("Reference:  {}", inspection.reference),
        format!("Digest:     {}", inspection.digest),
        format!("Media type: {}", escape::line(&inspection.media_type)),
    ];
    for image in &inspection.images {
        lines.push(String::new());
        lines.push(format!("Platform:   {}", escape::line(image.platform.as_deref().unwrap_or("-"))));
        if image.digest != inspection.digest {
            lines.push(format!("  Manifest: {}", image.digest));
        }
        let mut field = |label: &str, value: Option<String>| {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                lines.push(format!("  {:<10}{}", format!("{label}:"), escape::line(&value)));
            }
        };
        field("Created", image.created.clone());
        field("Author", image.author.clone());
        field("Size", Some(units::bytes(image.size_bytes)));
        let config = image.config.as_ref();
        let words = |key: &str| {
            let list = config?.get(key)?.as_array()?;
            Some(list.iter().filter_map(Value::as_str).map(quoted).collect::<Vec<_>>().join(" "))
        };
        let text = |key: &str| config?.get(key)?.as_str().map(str::to_owned);
        let keys = |key: &str| Some(config?.get(key)?.as_object()?.keys().cloned().collect::<Vec<_>>().join(" "));
        field("Entry", words("Entrypoint"));
        field("Command", words("Cmd"));
        field("User", text("User"));
        field("Directory", text("WorkingDir"));
        field("Ports", keys("ExposedPorts").or_else(|| words("ExposedPorts")));
        field("Volumes", keys("Volumes").or_else(|| words("Volumes")));
        field("Env", words("Env"));
        if let Some(labels) = config.and_then(|c| c.get("Labels")).and_then(Value::as_object) {
            for (key, value) in labels {
                lines.push(format!(
                    "  Label:    {}={}",
                    escape::line(key),
                    escape::line(value.as_str().unwrap_or("?"))
                ));
            }
        }
        for layer in &image.layers {
            lines.push(format!("  Layer:    {} {:>8}", layer.digest, units::bytes(layer.size_bytes)));
        }
    }
    lines.join("\n")
}

/// A word of a command line, in quotes where it would read as several.
fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c == '"');
    if plain { word.to_owned() } else { format!("{word:?}") }
}
