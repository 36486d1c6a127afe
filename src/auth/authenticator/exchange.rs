//! The token request: GET with Basic or nothing, POST for identity tokens.

use std::sync::Arc;
use std::time::Duration;

use super::super::token::{self, Malformed, Token};
use super::{Ask, Authenticator, header};
use crate::auth::credential::{Credential, Found, Secret};
use crate::auth::{Error, ScopeSet};
use crate::http::{
    self, Anonymous, Body, DisplayUrl, HeaderValue, HostPort, Method, Purpose, Request, Response, StatusCode, Url,
    header as names,
};

/// The largest answer of a token server.
const MAX_TOKEN_BYTES: usize = 256 * 1024;
/// What is read of an error's body.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// How we are named to token servers that want a name.
const CLIENT_ID: &str = "rcr";
/// The user name that stands for an identity token where no account is known.
const IDENTITY_USER: &str = "<token>";

impl Authenticator {
    /// Asks the token server that the registry named. What comes back is the header, and for how long to use it.
    pub(super) async fn exchange(
        &self,
        ask: &Ask,
        scopes: &ScopeSet,
        found: Option<&Found>,
    ) -> Result<(HeaderValue, Duration), Error> {
        // A registry token never gets here: it is shown to the registry alone.
        let found = found.filter(|found| !matches!(found.credential, Credential::RegistryToken(_)));
        let purpose = if found.is_some() { Purpose::CredentialRealm } else { Purpose::AnonymousRealm };
        let realm = self.client.authorise_hop(&ask.from, &ask.realm, purpose).map_err(|error| self.transport(error))?;
        let scopes: Vec<String> = scopes.leading(ask.first.as_deref()).map(|scope| scope.to_string()).collect();
        let response = match found.map(|found| (&found.credential, found)) {
            Some((Credential::Identity { username, token }, found)) => {
                self.note_use(found);
                let posted = self.send(ask, post(realm.clone(), ask, &scopes, token)).await?;
                if matches!(posted.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
                    let user = username.as_deref().unwrap_or(IDENTITY_USER);
                    let basic = self.basic(found, user, token)?;
                    self.send(ask, get(realm.clone(), ask, &scopes, Some(basic))).await?
                } else {
                    posted
                }
            }
            Some((Credential::Basic { username, password }, found)) => {
                let basic = self.basic(found, username, password)?;
                self.note_use(found);
                self.send(ask, get(realm.clone(), ask, &scopes, Some(basic))).await?
            }
            Some((Credential::RegistryToken(_), _)) | None => {
                self.send(ask, get(realm.clone(), ask, &scopes, None)).await?
            }
        };
        self.grant(&realm, response, found).await
    }

    async fn send(&self, ask: &Ask, mut request: Request) -> Result<Response, Error> {
        request.cross_origin_redirects = false;
        request = if ask.once { request.once() } else { request };
        let own = ask.trust.as_ref().filter(|(host, _)| host.is_at(&HostPort::of(&request.url)));
        request.trust = own.map(|(_, trust)| Arc::clone(trust));
        self.client.send(request, &Anonymous).await.map_err(|error| self.transport(error))
    }

    async fn grant(
        &self,
        realm: &Url,
        response: Response,
        found: Option<&Found>,
    ) -> Result<(HeaderValue, Duration), Error> {
        let realm = DisplayUrl(realm).to_string();
        let status = response.status();
        if !status.is_success() {
            let retry_after = response.retry_after();
            let words = token::words(&response.prefix(MAX_ERROR_BYTES).await);
            let registry = self.registry.to_string();
            return Err(match (status, found) {
                (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, Some(found)) => {
                    Error::Refused { registry, realm, origin: found.origin.clone(), status, words }
                }
                (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, None) => {
                    Error::NotLoggedIn { registry, realm, status, words }
                }
                _ => Error::Status { realm, status, words, retry_after },
            });
        }
        let body = response.bytes(MAX_TOKEN_BYTES).await.map_err(|error| self.transport(error))?;
        let token = Token::parse(&body).map_err(|malformed| match malformed {
            Malformed::NotJson(first_line) => Error::NotJson { realm: realm.clone(), first_line },
            Malformed::NoToken => Error::NoToken { realm: realm.clone() },
        })?;
        let value = header("Bearer", &token.secret).ok_or(Error::NoToken { realm })?;
        Ok((value, token.usable))
    }

    fn transport(&self, error: http::Error) -> Error {
        Error::Transport { registry: self.registry.to_string(), source: Arc::new(error) }
    }
}

fn get(mut realm: Url, ask: &Ask, scopes: &[String], basic: Option<HeaderValue>) -> Request {
    if ask.service.is_some() || !scopes.is_empty() {
        let mut query = realm.query_pairs_mut();
        query.extend_pairs(ask.service.iter().map(|service| ("service", service)));
        query.extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
    }
    let request = Request::new(Method::GET, realm).whole(MAX_TOKEN_BYTES);
    match basic {
        Some(basic) => request.header(names::AUTHORIZATION, basic),
        None => request,
    }
}

fn post(realm: Url, ask: &Ask, scopes: &[String], token: &Secret) -> Request {
    // The one encoder of forms at hand is the URL's, for its query.
    let mut form = realm.clone();
    form.set_query(None);
    form.query_pairs_mut()
        .append_pair("grant_type", "refresh_token")
        .extend_pairs(ask.service.iter().map(|service| ("service", service)))
        .append_pair("client_id", CLIENT_ID)
        .extend_pairs((!scopes.is_empty()).then(|| ("scope", scopes.join(" "))))
        .append_pair("refresh_token", token.expose());
    let body = form.query().unwrap_or_default().to_owned();
    Request::new(Method::POST, realm)
        .whole(MAX_TOKEN_BYTES)
        .header(names::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
        .body(Body::Bytes(body.into()))
}
