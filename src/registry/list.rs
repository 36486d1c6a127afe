use std::collections::{HashSet, VecDeque};

use serde::Deserialize;
use serde_json::Value;

use super::error::Error;
use super::host::Host;
use super::link;
use super::repository::{Repository, is_repository, is_tag};
use super::warning::{Warning, shorten};
use crate::auth::{Scope, Scoped};
use crate::http::{self, Method, Purpose, Request, Response, StatusCode, Url, header};

/// The most of one page that is read, in bytes.
const PAGE_LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// The most pages of one list that are asked for.
const PAGES_LIMIT: usize = 10_000;
/// The most entries of one list that are kept: it is held in memory as a whole.
const ENTRIES_LIMIT: usize = 1_000_000;
/// The most entries that are asked for at once: ECR refuses more.
const PAGE_ENTRIES: usize = 1000;

/// A list that a registry gives in pages: tags, or repositories. Pages are asked for as they are needed.
pub struct Listing {
    host: Host,
    repository: Option<String>,
    /// Where the next page is; `Start` until the first was asked for.
    next: Next,
    visited: HashSet<Url>,
    pub(super) pages_limit: usize,
    pub(super) entries_limit: usize,
    ready: VecDeque<String>,
    /// How many more entries are wanted.
    remaining: usize,
    limited: bool,
}

enum Next {
    Start,
    Page(Url),
    End,
}

#[derive(Deserialize)]
struct Page {
    tags: Option<Vec<Value>>,
    repositories: Option<Vec<Value>>,
}

impl Listing {
    pub(super) fn tags(repository: &Repository, limit: Option<usize>) -> Self {
        Self::new(repository.host().clone(), Some(repository.name().to_owned()), limit)
    }

    pub(super) fn catalog(host: Host, limit: Option<usize>) -> Self {
        Self::new(host, None, limit)
    }

    fn new(host: Host, repository: Option<String>, limit: Option<usize>) -> Self {
        Self {
            host,
            repository,
            next: Next::Start,
            visited: HashSet::new(),
            pages_limit: PAGES_LIMIT,
            entries_limit: ENTRIES_LIMIT,
            ready: VecDeque::new(),
            remaining: limit.unwrap_or(usize::MAX),
            limited: limit.is_some(),
        }
    }

    /// The next entry, in the registry's order; `None` at the end or at the limit.
    ///
    /// # Errors
    /// [`Error::Protocol`] where pages repeat or never end, [`Error::Http`] where the next page is elsewhere, or what
    /// the registry answered.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        loop {
            if self.remaining == 0 {
                return Ok(None);
            }
            if let Some(entry) = self.ready.pop_front() {
                self.entries_limit =
                    self.entries_limit.checked_sub(1).ok_or_else(|| self.protocol("the list has no end"))?;
                self.remaining -= 1;
                return Ok(Some(entry));
            }
            let Some(response) = self.request().await? else { return Ok(None) };
            self.take(response).await?;
        }
    }

    /// All that remain.
    ///
    /// # Errors
    /// As [`Listing::next`].
    pub async fn collect(mut self) -> Result<Vec<String>, Error> {
        let mut entries = Vec::new();
        while let Some(entry) = self.next().await? {
            entries.push(entry);
        }
        Ok(entries)
    }

    async fn request(&mut self) -> Result<Option<Response>, Error> {
        let url = match std::mem::replace(&mut self.next, Next::End) {
            Next::End => return Ok(None),
            Next::Page(url) => url,
            Next::Start => {
                let plain = self.first_url()?;
                if !self.limited {
                    return self.page(plain).await.map(Some);
                }
                let mut url = plain.clone();
                url.query_pairs_mut().append_pair("n", &self.remaining.min(PAGE_ENTRIES).to_string());
                let response = self.fetch(url).await?;
                // Some registries know no `n` at all.
                if response.status() != StatusCode::BAD_REQUEST {
                    return self.check(response).await.map(Some);
                }
                plain
            }
        };
        self.page(url).await.map(Some)
    }

    async fn page(&mut self, url: Url) -> Result<Response, Error> {
        let response = self.fetch(url).await?;
        self.check(response).await
    }

    async fn fetch(&mut self, url: Url) -> Result<Response, Error> {
        if !self.visited.insert(url.clone()) {
            return Err(self.protocol("the registry gives the same page again and again"));
        }
        if self.visited.len() > self.pages_limit {
            return Err(self.protocol(&format!("the list has more than {} pages", self.pages_limit)));
        }
        self.host
            .send(&self.operation(), Request::new(Method::GET, url).whole(PAGE_LIMIT_BYTES), &self.authorizer())
            .await
    }

    async fn check(&self, response: Response) -> Result<Response, Error> {
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        Err(self.host.refuse(self.operation(), response).await)
    }

    async fn take(&mut self, response: Response) -> Result<(), Error> {
        let links = response.headers().get_all(header::LINK);
        let target = links.iter().find_map(|value| link::next(value.to_str().ok()?));
        if let Some(target) = target {
            let next = self.host.client().authorise_hop(response.url(), &target, Purpose::Page);
            let next = next.map_err(|source| Error::Http { operation: self.operation(), source })?;
            self.next = Next::Page(next);
        }
        let body = response.bytes(PAGE_LIMIT_BYTES).await.map_err(|source| match source {
            http::Error::TooLarge { .. } => {
                Error::TooLarge { what: format!("a page of {}", self.name()), limit_bytes: PAGE_LIMIT_BYTES as u64 }
            }
            source => Error::Http { operation: self.operation(), source },
        })?;
        let page: Page = serde_json::from_slice(&body)
            .map_err(|e| self.protocol(&format!("the answer is not a list of {}: {e}", self.noun())))?;
        let entries = if self.repository.is_some() { page.tags } else { page.repositories };
        // `null` is what some send past the end.
        for entry in entries.unwrap_or_default() {
            match entry {
                Value::String(name) if self.is_entry(&name) => self.ready.push_back(name),
                other => {
                    let entry = shorten(&other.to_string(), 140).to_owned();
                    self.host.warn(Warning::SkippedEntry { list: self.name(), entry });
                }
            }
        }
        Ok(())
    }

    /// Nexus lists `null`, Artifactory lists digests among its tags.
    fn is_entry(&self, name: &str) -> bool {
        if self.repository.is_some() { is_tag(name) } else { is_repository(name) }
    }

    fn first_url(&self) -> Result<Url, Error> {
        match &self.repository {
            Some(name) if is_repository(name) => self.host.url(&format!("{name}/tags/list")),
            Some(name) => Err(Error::Name(name.clone())),
            None => self.host.url("_catalog"),
        }
    }

    fn authorizer(&self) -> Scoped {
        match &self.repository {
            Some(name) => self.host.authorizer(Some(name), vec![Scope::pull(name)]),
            None => self.host.authorizer(None, vec![Scope::catalog()]),
        }
    }

    fn noun(&self) -> &'static str {
        if self.repository.is_some() { "tags" } else { "repositories" }
    }

    fn name(&self) -> String {
        match &self.repository {
            Some(name) => format!("the tags of `{name}`"),
            None => format!("the repositories of {}", self.host.registry()),
        }
    }

    fn operation(&self) -> String {
        format!("list {}", self.name())
    }

    fn protocol(&self, what: &str) -> Error {
        Error::Protocol { operation: self.operation(), what: what.to_owned() }
    }
}
