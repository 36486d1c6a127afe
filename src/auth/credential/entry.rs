//! One value of `auths`, read and written as Docker does.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Credential, Secret};

/// Files edited by hand lose padding and keep trailing bits; neither makes them ambiguous.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A value of `auths`. `email` and whatever else may be there is not ours.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    auth: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    identitytoken: Option<Secret>,
    registrytoken: Option<Secret>,
}

impl Entry {
    /// Whether nothing is in it: the mark that a helper or the keyring holds the secret.
    pub(super) fn is_marker(&self) -> bool {
        let secrets = [&self.auth, &self.password, &self.identitytoken, &self.registrytoken];
        secrets.into_iter().all(|secret| is_empty(secret.as_ref()))
            && self.username.as_ref().is_none_or(String::is_empty)
    }

    /// The credential, none for a marker.
    ///
    /// # Errors
    /// What is wrong with `auth`.
    pub(super) fn credential(&self) -> Result<Option<Credential>, &'static str> {
        if self.is_marker() {
            return Ok(None);
        }
        let (username, password) = match &self.auth {
            Some(auth) if !auth.expose().is_empty() => {
                let (username, password) = decode(auth)?;
                (Some(username), Some(password))
            }
            _ => (self.username.clone().filter(|name| !name.is_empty()), self.password.clone()),
        };
        // Docker's order: a registry token is used as it is, an identity token before the password.
        if let Some(token) = self.registrytoken.clone().filter(|token| !is_empty(Some(token))) {
            return Ok(Some(Credential::RegistryToken(token)));
        }
        if let Some(token) = self.identitytoken.clone().filter(|token| !is_empty(Some(token))) {
            return Ok(Some(Credential::Identity { username, token }));
        }
        let username = username.ok_or("`password` without `username`")?;
        if username.contains(':') {
            return Err("`username` contains `:`");
        }
        Ok(Some(Credential::Basic { username, password: password.unwrap_or_else(|| Secret::new("")) }))
    }
}

fn is_empty(secret: Option<&Secret>) -> bool {
    secret.is_none_or(|secret| secret.expose().is_empty())
}

/// `auth`: base64 of `user:password`. The first colon ends the user name.
fn decode(auth: &Secret) -> Result<(String, Secret), &'static str> {
    let packed: Zeroizing<String> =
        Zeroizing::new(auth.expose().chars().filter(|c| !c.is_ascii_whitespace()).collect());
    let bytes = Zeroizing::new(LENIENT.decode(packed.as_bytes()).map_err(|_| "`auth` is not base64")?);
    let text = std::str::from_utf8(&bytes).map_err(|_| "`auth` is not the base64 of UTF-8 text")?;
    let (username, password) = text.split_once(':').ok_or("`auth` is not the base64 of `user:password`")?;
    if username.is_empty() {
        return Err("`auth` has no user name");
    }
    // Docker's decoder used to pad with zeros, and files of that time are still about.
    Ok((username.to_owned(), Secret::new(password.trim_matches('\0'))))
}

/// The value of `auths` that holds `credential`.
pub(super) fn encode(credential: &Credential) -> Value {
    let pack =
        |username: &str, password: &str| STANDARD.encode(Zeroizing::new(format!("{username}:{password}")).as_bytes());
    match credential {
        Credential::Basic { username, password } => json!({ "auth": pack(username, password.expose()) }),
        Credential::Identity { username: Some(username), token } => {
            json!({ "auth": pack(username, ""), "identitytoken": token.expose() })
        }
        Credential::Identity { username: None, token } => json!({ "identitytoken": token.expose() }),
        Credential::RegistryToken(token) => json!({ "registrytoken": token.expose() }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Result<Option<Credential>, &'static str> {
        serde_json::from_str::<Entry>(json).unwrap().credential()
    }

    fn basic(username: &str, password: &str) -> Credential {
        Credential::Basic { username: username.to_owned(), password: Secret::new(password) }
    }

    #[test]
    fn entries_are_read_as_docker_does() {
        let identity = |username: Option<&str>| Credential::Identity {
            username: username.map(str::to_owned),
            token: Secret::new("tok"),
        };
        let cases = [
            ("auth", r#"{"auth":"dTpw"}"#, Some(basic("u", "p"))),
            ("colons in the password", r#"{"auth":"dTpwOnE6"}"#, Some(basic("u", "p:q:"))),
            ("no padding", r#"{"auth":"dTpwdw"}"#, Some(basic("u", "pw"))),
            ("padding", r#"{"auth":"dTpwdw=="}"#, Some(basic("u", "pw"))),
            ("white space", r#"{"auth":" dT\npw\tdw==\r\n"}"#, Some(basic("u", "pw"))),
            ("zeros at the end", r#"{"auth":"dTpwdwAA"}"#, Some(basic("u", "pw"))),
            ("no password", r#"{"auth":"dTo="}"#, Some(basic("u", ""))),
            ("plain", r#"{"username":"u","password":"p"}"#, Some(basic("u", "p"))),
            ("auth before plain", r#"{"auth":"dTpw","username":"x","password":"y"}"#, Some(basic("u", "p"))),
            ("empty auth, plain", r#"{"auth":"","username":"x","password":"y"}"#, Some(basic("x", "y"))),
            ("identity", r#"{"identitytoken":"tok"}"#, Some(identity(None))),
            ("identity of somebody", r#"{"auth":"dTo=","identitytoken":"tok"}"#, Some(identity(Some("u")))),
            (
                "registry token first",
                r#"{"auth":"dTpw","identitytoken":"t","registrytoken":"r"}"#,
                Some(Credential::RegistryToken(Secret::new("r"))),
            ),
            ("marker", "{}", None),
            ("marker with e-mail", r#"{"email":"a@b","x":{"y":1}}"#, None),
            ("empty strings", r#"{"auth":"","username":"","password":"","identitytoken":""}"#, None),
            ("nulls", r#"{"auth":null,"identitytoken":null}"#, None),
        ];
        for (name, json, expected) in cases {
            assert_eq!(read(json), Ok(expected), "{name}");
        }
    }

    #[test]
    fn broken_entries_say_what_is_wrong() {
        let cases = [
            ("not base64", r#"{"auth":"!!!"}"#, "`auth` is not base64"),
            ("no colon", r#"{"auth":"dXA="}"#, "`auth` is not the base64 of `user:password`"),
            ("no user", r#"{"auth":"OnA="}"#, "`auth` has no user name"),
            ("not UTF-8", r#"{"auth":"/zpw"}"#, "`auth` is not the base64 of UTF-8 text"),
            ("colon in the user", r#"{"username":"a:b","password":"p"}"#, "`username` contains `:`"),
            ("nobody's password", r#"{"password":"p"}"#, "`password` without `username`"),
        ];
        for (name, json, expected) in cases {
            assert_eq!(read(json), Err(expected), "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(user in "[^:\0]{1,12}", password in "[^\0]{0,40}", kind in 0..4) {
            let secret = Secret::new(format!("x{password}"));
            let credential = match kind {
                0 => Credential::Basic { username: user, password: Secret::new(password) },
                1 => Credential::Identity { username: Some(user), token: secret },
                2 => Credential::Identity { username: None, token: secret },
                _ => Credential::RegistryToken(secret),
            };
            prop_assert_eq!(read(&encode(&credential).to_string()), Ok(Some(credential)));
        }
    }
}
