use super::quoted;
use crate::http::{HeaderName, HeaderValue, Url};

/// The URL of a mirror: moby's rules for `registry-mirrors`.
///
/// # Errors
/// What is wrong with it, and what was expected. A password in it is not repeated.
pub fn mirror_url(text: &str) -> Result<Url, String> {
    let expected = "expected a URL such as https://mirror.example";
    let url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty()) => {
            url
        }
        Ok(_) => return Err(format!("{} is not the URL of a registry: {expected}", quoted(text))),
        Err(_) => return Err(format!("{} is not a URL: {expected}", quoted(text))),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("a URL here has no user name or password: {expected}, and log in with `rcr login`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("a URL here has no query and no fragment: {expected}"));
    }
    Ok(url)
}

/// Whoever writes a header as one text has its value in it.
fn name_error(name: &str) -> String {
    let word = name.split([':', ' ']).next().unwrap_or_default();
    format!("{word:?} begins what is not the name of a header: expected letters, digits and dashes")
}

/// A header for one host. Its value may be a secret.
///
/// # Errors
/// What is wrong with it, without the value.
pub fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name = HeaderName::try_from(name).map_err(|_| name_error(name))?;
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| format!("the value of {name} holds what no header may: expected visible characters"))?;
    value.set_sensitive(true);
    Ok((name, value))
}
