//! Single requests for a diagnosis: with the addresses, headers and credentials of a pull, sent once, and answered by
//! whatever status comes.

use std::time::SystemTime;

use super::error::Error;
use super::host::Host;
use super::repository::{DOCKER_CONTENT_DIGEST, Repository, Target, accepting, identity};
use crate::auth::Scoped;
use crate::http::{Anonymous, Class, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Url, header};
use crate::model::Digest;

/// The head of an answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The URL that answered, after redirects.
    pub url: Url,
    /// When the server says that it answered.
    pub date: Option<SystemTime>,
    /// What it amounts to, where it is a refusal.
    pub refusal: Option<Error>,
}

impl Answer {
    fn of(response: &Response) -> Self {
        let (status, headers, url) = (response.status(), response.headers().clone(), response.url().clone());
        Self { status, headers, url, date: response.date(), refusal: None }
    }

    /// The digest that it states, as it is written.
    #[must_use]
    pub fn stated_digest(&self) -> Option<&str> {
        self.headers.get(DOCKER_CONTENT_DIGEST)?.to_str().ok()
    }
}

impl Host {
    /// Asks for the root of the API and shows no credentials: distribution-spec, "Determining Support".
    ///
    /// # Errors
    /// Any status but 200 and 401, or no answer.
    pub async fn greet(&self) -> Result<Answer, Error> {
        let operation = self.about_itself();
        let response = self.exchange(&operation, Request::new(Method::GET, self.root()?).once(), &Anonymous).await?;
        match response.status() {
            StatusCode::OK | StatusCode::UNAUTHORIZED => Ok(Answer::of(&response)),
            // What a setting took for the root of the API need not answer by itself.
            StatusCode::NOT_FOUND if !response.url().path().ends_with("/v2/") => Ok(Answer::of(&response)),
            status @ StatusCode::NOT_FOUND => {
                Err(Error::NotARegistry { host: response.url().authority().to_owned(), status })
            }
            _ => Err(self.refuse(operation, response).await),
        }
    }

    /// Asks for the root of the API with the credentials that there are.
    ///
    /// # Errors
    /// 401, 403 and what else refuses; the token server's refusal; or no answer.
    pub async fn enter(&self) -> Result<Answer, Error> {
        self.enter_as(&self.authorizer(None, Vec::new()).once()).await
    }

    async fn enter_as(&self, authorizer: &Scoped) -> Result<Answer, Error> {
        let operation = self.about_itself();
        let response = self.send(&operation, Request::new(Method::GET, self.root()?).once(), authorizer).await?;
        match response.status().as_u16() {
            401 | 403 | 429 | 500.. => Err(self.refuse(operation, response).await),
            _ => Ok(Answer::of(&response)),
        }
    }

    /// The root of the API itself, where the place is a project below it.
    fn root(&self) -> Result<Url, Error> {
        let mut url = self.url("")?;
        if let Some(at) = url.path().find("/v2/") {
            let root = url.path()[..at + "/v2/".len()].to_owned();
            url.set_path(&root);
        }
        Ok(url)
    }

    fn about_itself(&self) -> String {
        format!("use the registry {}", self.registry())
    }
}

impl Repository {
    /// Asks for the root of the API with the credentials, and the token, of a pull from here.
    ///
    /// # Errors
    /// As [`Host::enter`].
    pub async fn enter(&self) -> Result<Answer, Error> {
        self.host().enter_as(&self.pull().once()).await
    }

    /// Asks for the headers of a manifest. Any status.
    ///
    /// # Errors
    /// No answer.
    pub async fn look_at_manifest(&self, target: &Target) -> Result<Answer, Error> {
        let request = accepting(Request::new(Method::HEAD, self.manifest_url(target)?));
        self.look(self.about("resolve", target), request).await
    }

    /// Asks for the first byte of a blob, and reads nothing of it. Any status.
    ///
    /// # Errors
    /// No answer.
    pub async fn look_at_blob(&self, digest: &Digest) -> Result<Answer, Error> {
        let request = Request::new(Method::GET, self.url(&format!("blobs/{digest}"))?).class(Class::Blob);
        let request = identity(request).header(header::RANGE, HeaderValue::from_static("bytes=0-0"));
        self.look(self.about_blob("fetch", digest), request).await
    }

    /// Asks what refers to a manifest, and reads nothing of it: distribution-spec, "Listing Referrers". Any status.
    ///
    /// # Errors
    /// No answer.
    pub async fn look_at_referrers(&self, digest: &Digest) -> Result<Answer, Error> {
        let request = Request::new(Method::GET, self.url(&format!("referrers/{digest}"))?);
        self.look(format!("list what refers to `{digest}` in `{}`", self.name()), request).await
    }

    async fn look(&self, operation: String, request: Request) -> Result<Answer, Error> {
        let response = self.host().send(&operation, request.once(), &self.pull().once()).await?;
        let answer = Answer::of(&response);
        if answer.status.as_u16() < 400 {
            return Ok(answer);
        }
        Ok(Answer { refusal: Some(self.host().refuse(operation, response).await), ..answer })
    }
}
