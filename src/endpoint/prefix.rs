use std::fmt;

/// What a setting is about: a registry, the names below a path, the hosts below a domain, or everything.
///
/// The grammar and the matching are those of containers' `registries.conf`, "prefix"; `*` alone is ours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Prefix(String);

impl Prefix {
    /// Takes `registry.example:5000`, `registry.example/team`, `*.example.com` or `*`; `None` for anything else. A
    /// wildcard stands in front only.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("*.").unwrap_or(if text == "*" { "all" } else { text });
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'*' | b'?' | b'#' | b'\\' | b'"' | b'\'');
        let no_user = rest.split('/').next().is_some_and(|host| !host.contains('@'));
        let fits = !rest.is_empty() && rest.bytes().all(plain) && !rest.contains("://") && no_user;
        fits.then(|| Self(text.trim_end_matches('/').to_owned()))
    }

    /// How much of `name`, a full name such as `docker.io/library/debian:latest`, the prefix covers, in bytes; `None`
    /// where it does not cover it. It ends where a part of the name ends.
    #[must_use]
    pub fn covers(&self, name: &str) -> Option<usize> {
        if self.0 == "*" {
            return Some(0);
        }
        let end = match self.0.strip_prefix('*') {
            Some(domain) => {
                let at = name.find(domain).filter(|at| *at > 0 && !name[..*at].contains('/'))?;
                at + domain.len()
            }
            None => name.starts_with(&self.0).then_some(self.0.len())?,
        };
        let ends = name[end..].chars().next().is_none_or(|next| matches!(next, '/' | ':' | '@'));
        ends.then_some(end)
    }

    /// How specific it is: of several that cover a name, the longest counts.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.0.len()
    }

    /// Whether it names hosts by their domain, or all of them.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with('*')
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_covers_whole_parts_of_a_name() {
        let cases = [
            ("r.test", "r.test/a:v1", Some(6)),
            ("r.test", "r.test:5000/a", Some(6)),
            ("r.test", "r.testing/a", None),
            ("r.test:5000", "r.test:5000/a", Some(11)),
            ("r.test:5000", "r.test/a", None),
            ("r.test/team", "r.test/team/a:v1", Some(11)),
            ("r.test/team", "r.test/teams/a", None),
            ("r.test/team/a", "r.test/team/a@sha256:0", Some(13)),
            ("r.test/team/a:v1", "r.test/team/a:v1", Some(16)),
            ("r.test/team/a:v1", "r.test/team/a:v12", None),
            ("*.example.com", "a.example.com/x", Some(13)),
            ("*.example.com", "a.b.example.com:5000/x", Some(15)),
            ("*.example.com", "example.com/x", None),
            ("*.example.com", "r.test/a.example.com/x", None),
            ("*.example.com/team", "a.example.com/team/x", Some(18)),
            ("*", "r.test/a", Some(0)),
        ];
        for (prefix, name, expected) in cases {
            assert_eq!(Prefix::parse(prefix).and_then(|p| p.covers(name)), expected, "{prefix} {name}");
        }
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for bad in ["", "*.", "a*.test", "*.*.test", "**", "https://r.test", "r.test/a b", "r.test/é"] {
            assert_eq!(Prefix::parse(bad), None, "{bad}");
        }
        assert_eq!(Prefix::parse("r.test/").map(|p| p.to_string()).as_deref(), Some("r.test"));
    }
}
