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
        Ok(url) if url.username().is_empty() && url.password().is_none() => {
            return Err(format!("{text:?} is not the URL of a registry: {expected}"));
        }
        Err(_) if !text.contains('@') => return Err(format!("{text:?} is not a URL: {expected}")),
        _ => return Err(format!("it is not the URL of a registry: {expected}")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("a URL here has no user name or password: {expected}, and log in with `rcr login`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("a URL here has no query and no fragment: {expected}"));
    }
    Ok(url)
}

/// A header for one host. Its value may be a secret.
///
/// # Errors
/// What is wrong with it, without the value.
pub fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name = HeaderName::try_from(name).map_err(|_| format!("{name:?} is not the name of a header"))?;
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| format!("the value of {name} holds what no header may: expected visible characters"))?;
    value.set_sensitive(true);
    Ok((name, value))
}
