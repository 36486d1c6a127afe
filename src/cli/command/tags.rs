use std::cmp::Ordering;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

use crate::cli::app::{App, written};
use crate::op::{self, Exit};
use crate::ui::Format;

/// List the tags of a repository on its registry
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The repository
    #[arg(value_name = "REPO")]
    repository: String,

    /// Print at most N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,

    /// Order: as versions, newest first, or by name [default: the registry's order]
    #[arg(long, value_name = "ORDER")]
    sort: Option<Order>,

    /// Print only tags that match: a pattern with * and ?
    #[arg(long, value_name = "PATTERN")]
    filter: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    Semver,
    Name,
}

#[derive(Serialize)]
struct Listing {
    schema: u8,
    repository: String,
    tags: Vec<String>,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let outcome = tags(app, &args).await;
    app.conclude(&format!("cannot list the tags of `{}`", args.repository), outcome)
}

async fn tags(app: &App, args: &Args) -> Result<()> {
    let names = app.names(&args.repository).await?;
    let limit = args.limit.map(|n| n as usize);
    // Sorting and filtering need to see everything before anything is cut off.
    let asked = limit.filter(|_| args.sort.is_none() && args.filter.is_none());
    let (reference, mut tags) = op::tags(&app.context(), &names.candidates, asked).await?;
    app.remember(&args.repository, &names).await;
    if let Some(pattern) = &args.filter {
        tags.retain(|tag| matches(pattern, tag));
    }
    match args.sort {
        Some(Order::Name) => tags.sort_unstable(),
        Some(Order::Semver) => tags.sort_by(|a, b| newest_first(a, b)),
        None => {}
    }
    tags.truncate(limit.unwrap_or(usize::MAX));
    if app.printer.style().format == Format::Json {
        return written(app.printer.json(&Listing { schema: 1, repository: reference.name(), tags }));
    }
    for tag in &tags {
        written(app.printer.text(tag))?;
    }
    Ok(())
}

/// Newest version first; what is no version comes after all that are, by name.
fn newest_first(a: &str, b: &str) -> Ordering {
    match (version(a), version(b)) {
        (Some(x), Some(y)) => y.cmp(&x).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// A tag as a version: `v1.2.3-rc1`, and `1`, `1.2` with zeros added.
fn version(tag: &str) -> Option<semver::Version> {
    let bare = tag.strip_prefix('v').unwrap_or(tag);
    let end = bare.find(['-', '+']).unwrap_or(bare.len());
    let (core, rest) = bare.split_at(end);
    let padded = match core.matches('.').count() {
        0 => format!("{core}.0.0{rest}"),
        1 => format!("{core}.0{rest}"),
        _ => bare.to_owned(),
    };
    semver::Version::parse(&padded).ok()
}

/// Shell patterns: `*` is any run of characters, `?` any one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                // Let the last star take one character more.
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, t) = (at + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let yes = [
            ("*", ""),
            ("3.*", "3.18"),
            ("*-alpine", "3-alpine"),
            ("v?.?", "v1.2"),
            ("a*b*c", "axxbyyc"),
            ("x", "x"),
            ("a*a", "aa"),
        ];
        for (pattern, text) in yes {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "x"), ("3.*", "13.1"), ("?", ""), ("a*b", "a"), ("x", "X"), ("a*a", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn versions_sort_newest_first() {
        let mut tags = ["latest", "1.9", "v1.10.0", "1.10.0-rc1", "2", "edge", "1.10"];
        tags.sort_by(|a, b| newest_first(a, b));
        assert_eq!(tags, ["2", "1.10", "v1.10.0", "1.10.0-rc1", "1.9", "edge", "latest"]);
    }
}
