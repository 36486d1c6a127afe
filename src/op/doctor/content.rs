//! One image: whether it can be had, and what of the protocol helps with that.

use std::time::Instant;

use super::steps::Steps;
use crate::http::{RateLimit, StatusCode};
use crate::model::{Descriptor, Digest, Manifest, Reference};
use crate::registry::{Answer, Error, Repository, Target};

pub(super) async fn examine(steps: &mut Steps<'_>, repository: &Repository, image: &Reference) -> Option<()> {
    let target = Target::of(image);
    let may = repository.host().endpoint().capabilities;
    let asked = match target {
        Target::Tag(_) => may.resolve,
        Target::Digest(_) => may.pull,
    };
    if !asked {
        steps.skip("manifest", "a setting says that it is not to be asked for this");
        return None;
    }
    let started = Instant::now();
    let head = match repository.look_at_manifest(&target).await {
        Ok(head) => head,
        Err(error) => {
            steps.fail("manifest", started, &error.into());
            return None;
        }
    };
    let limit = RateLimit::of(&head.headers);
    rate_limit(steps, started, repository, &head, limit);
    let head = settled(steps, started, head)?;
    let started = Instant::now();
    if head.status == StatusCode::OK && limit.is_some_and(|limit| limit.remaining == 0) {
        steps.ok("manifest", started, format!("{target} is there"));
        steps.skip("range", "fetching the manifest would take a pull, and none is left");
        return None;
    }
    let fetched = match repository.manifest(&target).await {
        Ok(fetched) => fetched,
        Err(error) => {
            steps.fail("manifest", started, &error.into());
            return None;
        }
    };
    let Descriptor { media_type, digest, size, .. } = &fetched.descriptor;
    steps.ok("manifest", started, format!("{digest}, {media_type}, {size} bytes"));
    announced(steps, started, &head, digest);
    range(steps, repository, &fetched.value).await?;
    referrers(steps, repository, digest).await
}

/// Ends the walk where a HEAD says all that a GET would.
fn settled(steps: &mut Steps<'_>, started: Instant, head: Answer) -> Option<Answer> {
    // Of others, the GET has the reason, or is not refused.
    let told = matches!(head.status.as_u16(), 401 | 408 | 429 | 500 | 502..);
    match head {
        Answer { refusal: Some(error), .. } if told => {
            steps.fail("manifest", started, &error.into());
            None
        }
        head => Some(head),
    }
}

fn rate_limit(
    steps: &mut Steps<'_>,
    started: Instant,
    repository: &Repository,
    head: &Answer,
    limit: Option<RateLimit>,
) {
    match limit {
        None => steps.ok("rate-limit", started, "none is stated"),
        Some(limit) if limit.remaining == 0 || head.status == StatusCode::TOO_MANY_REQUESTS => {
            let hint = format!("accounts may be allowed more: `rcr login {}`", repository.host().endpoint().registry);
            let cause = "no pull is left for now";
            steps.warn("rate-limit", started, limit.to_string(), cause, Some(hint));
        }
        Some(limit) => steps.ok("rate-limit", started, limit.to_string()),
    }
}

fn announced(steps: &mut Steps<'_>, started: Instant, head: &Answer, digest: &Digest) {
    match head.stated_digest() {
        _ if head.status != StatusCode::OK => {
            let cause = "it refuses HEAD: rcr asks with GET, which counts as a pull where those are limited";
            steps.warn("head", started, format!("answers {}", head.status), cause, None);
        }
        Some(told) if told == digest.to_string() => steps.ok("head", started, "tells the digest"),
        Some(_) => {
            let cause =
                "HEAD announces another digest than the bytes have: the tag moved just now, or a cache is stale";
            steps.warn("head", started, "tells another digest", cause, None);
        }
        None => {
            let cause = "HEAD does not tell the digest: rcr asks with GET";
            steps.warn("head", started, "answers 200 OK", cause, None);
        }
    }
}

async fn range(steps: &mut Steps<'_>, repository: &Repository, manifest: &Manifest) -> Option<()> {
    let started = Instant::now();
    let digest = match small_blob(repository, manifest).await {
        Ok(Some(digest)) => digest,
        Ok(None) => {
            steps.skip("range", "the index lists no image to try it with");
            return Some(());
        }
        Err(error) => {
            steps.fail("range", started, &error.into());
            return None;
        }
    };
    let answer = match repository.look_at_blob(&digest).await {
        Ok(answer) => answer,
        Err(error) => {
            steps.fail("range", started, &error.into());
            return None;
        }
    };
    let from = answer.url.host_str().unwrap_or_default().to_owned();
    let elsewhere = (repository.host().endpoint().base.host_str() != Some(&from)).then(|| format!(", from {from}"));
    let detail = format!("answers {}{}", answer.status, elsewhere.unwrap_or_default());
    let cause = "parts of a blob cannot be had: a layer that is interrupted starts anew";
    match (answer.status.as_u16(), answer.refusal) {
        (206, _) => steps.ok("range", started, detail),
        (416 | 405 | 501, _) | (_, None) => steps.warn("range", started, detail, cause, None),
        (_, Some(error)) => {
            steps.fail("range", started, &error.into());
            return None;
        }
    }
    Some(())
}

/// The configuration of an image: always at the registry, and small.
async fn small_blob(repository: &Repository, manifest: &Manifest) -> Result<Option<Digest>, Error> {
    match manifest {
        Manifest::Image(image) => Ok(Some(image.config.digest.clone())),
        Manifest::Index(index) => {
            let Some(child) = index.images().next() else { return Ok(None) };
            match repository.child(child).await?.value {
                Manifest::Image(image) => Ok(Some(image.config.digest)),
                Manifest::Index(_) => Ok(None),
            }
        }
    }
}

async fn referrers(steps: &mut Steps<'_>, repository: &Repository, digest: &Digest) -> Option<()> {
    let started = Instant::now();
    match repository.look_at_referrers(digest).await {
        Ok(answer) if answer.status == StatusCode::OK => steps.ok("referrers", started, "answers 200 OK"),
        Ok(answer) => {
            let cause = "it does not list what refers to an image: signatures are found by their tags alone";
            steps.warn("referrers", started, format!("answers {}", answer.status), cause, None);
        }
        Err(error) => steps.warn_of("referrers", started, "", &error.into()),
    }
    Some(())
}
