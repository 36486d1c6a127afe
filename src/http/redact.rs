use std::fmt;

use super::Url;

/// A URL as it may be shown: without user info, and with the values of its query hidden, because signed URLs carry
/// their secret there.
#[derive(Clone, Copy)]
pub struct DisplayUrl<'a>(pub &'a Url);

impl fmt::Display for DisplayUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0;
        write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())?;
        for (at, (key, _)) in url.query_pairs().enumerate() {
            write!(f, "{}{key}=***", if at == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for DisplayUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_a_url_are_not_shown() {
        let url = Url::parse("https://user:hunter2@s3.example:8443/a/b?X-Sig=s3cret&n=10#frag").unwrap();
        assert_eq!(DisplayUrl(&url).to_string(), "https://s3.example:8443/a/b?X-Sig=***&n=***");
        assert_eq!(format!("{:?}", DisplayUrl(&url)), DisplayUrl(&url).to_string());
    }
}
