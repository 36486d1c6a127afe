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
        // Names stay encoded: decoded they could hold what moves a terminal's cursor. Without `=` it is all value.
        for (at, pair) in url.query().into_iter().flat_map(|query| query.split('&')).enumerate() {
            let (name, value) = pair.split_once('=').unwrap_or(("", pair));
            // For whom a mirror is asked is no secret, where it is what we write there.
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'%');
            let shown = if name == "ns" && value.bytes().all(plain) { value } else { "***" };
            write!(f, "{}{name}={shown}", if at == 0 { '?' } else { '&' })?;
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
        let url = Url::parse("https://cdn.example/a%1b[2J?%1b]52;c;eA=1&s3cret&\u{202e}=2&x=s3cr=et").unwrap();
        let shown = DisplayUrl(&url).to_string();
        assert_eq!(shown, "https://cdn.example/a%1b[2J?%1b]52;c;eA=***&=***&%E2%80%AE=***&x=***");
        assert_eq!(format!("{:?}", DisplayUrl(&url)), DisplayUrl(&url).to_string());
        let url = Url::parse("https://m.example/v2/?ns=quay.io%3A443&ns=a=b").unwrap();
        assert_eq!(DisplayUrl(&url).to_string(), "https://m.example/v2/?ns=quay.io%3A443&ns=***");
    }
}
