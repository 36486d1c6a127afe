use std::collections::BTreeMap;

use super::{Located, Provenance};
use crate::model::{Reference, ReferenceError, Registry};

/// How names without a host are looked for: `short-name-mode` of containers' `registries.conf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ShortNames {
    /// In all registries, in their order.
    #[default]
    Permissive,
    /// In the one that the user chose: asked for once, and remembered.
    Enforcing,
}

/// Where names without a host are looked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Those that a flag or variable puts in front of everything, aliases too.
    pub first: Vec<Located<Registry>>,
    /// Those of the highest file that has any; `None` is docker.io.
    pub listed: Option<Vec<Located<Registry>>>,
    /// What to do where there are several.
    pub mode: Option<Located<ShortNames>>,
    /// Names that stand for others.
    pub aliases: BTreeMap<String, Located<Reference>>,
}

/// What a name as typed may stand for, in the order in which it is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    /// The names, each with who put it there; at least one.
    pub references: Vec<Located<Reference>>,
    /// Whether the user has to choose among several, and who says so.
    pub choice: Option<Provenance>,
}

impl Search {
    /// What `text` may stand for.
    ///
    /// # Errors
    /// [`ReferenceError`] where it is no name.
    pub fn candidates(&self, text: &str) -> Result<Candidates, ReferenceError> {
        let parsed = Reference::parse(text)?;
        if Reference::names_registry(text) {
            return Ok(Candidates { references: vec![Located::new(parsed, Provenance::BuiltIn)], choice: None });
        }
        let hub = || vec![Located::new(Registry::docker_hub(), Provenance::BuiltIn)];
        let path = text.split('@').next().unwrap_or(text);
        let path = path.rsplit_once(':').map_or(path, |(path, _)| path);
        let mut references: Vec<Located<Reference>> = Vec::new();
        let mut add = |reference: Reference, from: &Provenance| {
            if references.iter().all(|known| known.value != reference) {
                references.push(Located::new(reference, from.clone()));
            }
        };
        for Located { value, from } in &self.first {
            add(Reference::parse_on(text, value)?, from);
        }
        let alias = self.aliases.get(path).filter(|_| self.first.is_empty());
        if let Some(Located { value, from }) = alias {
            let tail = &text[path.len()..];
            add(Reference::parse(&format!("{value}{tail}"))?, from);
            return Ok(Candidates { references, choice: None });
        }
        for Located { value, from } in self.listed.clone().unwrap_or_else(hub) {
            add(Reference::parse_on(text, &value)?, &from);
        }
        let enforcing = self.mode.as_ref().filter(|mode| mode.value == ShortNames::Enforcing);
        let choice = enforcing.filter(|_| references.len() > 1 && self.first.is_empty()).map(|mode| mode.from.clone());
        Ok(Candidates { references, choice })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(names: &[&str]) -> Vec<Located<Registry>> {
        names.iter().map(|n| Located::new(Registry::parse(n).unwrap(), Provenance::Flag("--x"))).collect()
    }

    fn names(search: &Search, text: &str) -> Vec<String> {
        search.candidates(text).unwrap().references.iter().map(|c| c.value.to_string()).collect()
    }

    #[test]
    fn names_without_a_host_are_looked_for_in_order() {
        let mut search = Search::default();
        assert_eq!(names(&search, "etcd"), ["docker.io/library/etcd"]);
        search.first = at(&["r.test:5000"]);
        assert_eq!(names(&search, "etcd:v1"), ["r.test:5000/etcd:v1", "docker.io/library/etcd:v1"]);
        search.listed = Some(at(&["quay.io", "r.test:5000"]));
        assert_eq!(names(&search, "a/b"), ["r.test:5000/a/b", "quay.io/a/b"]);
        assert_eq!(names(&search, "ghcr.io/a/b"), ["ghcr.io/a/b"]);
    }

    #[test]
    fn an_alias_stands_for_one_name_and_a_flag_goes_before_it() {
        let alias = Located::new(Reference::parse("quay.io/coreos/etcd").unwrap(), Provenance::BuiltIn);
        let mut search = Search { aliases: [("etcd".to_owned(), alias)].into(), ..Search::default() };
        search.listed = Some(at(&["one.test", "two.test"]));
        search.mode = Some(Located::new(ShortNames::Enforcing, Provenance::BuiltIn));
        assert_eq!(names(&search, "etcd:v3"), ["quay.io/coreos/etcd:v3"]);
        let digest = format!("etcd@sha256:{}", "0".repeat(64));
        assert_eq!(names(&search, &digest), [format!("quay.io/coreos/{digest}")]);
        assert!(search.candidates("etcd").unwrap().choice.is_none());
        assert!(search.candidates("other").unwrap().choice.is_some());
        search.first = at(&["r.test"]);
        assert_eq!(names(&search, "etcd").first().map(String::as_str), Some("r.test/etcd"));
    }
}
