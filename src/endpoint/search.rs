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
    /// Those that a flag or variable puts in front of everything, aliases too; not of these where a choice is enforced.
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
    /// The names, each with who put it there; none where the list of registries is there and empty.
    pub references: Vec<Located<Reference>>,
    /// Whether the user has to choose among several, and who says so.
    pub choice: Option<Provenance>,
    /// The alias that the name is, where it is that alone: what it is short for, and who says so.
    pub alias: Option<Located<Reference>>,
}

/// A name without a host as aliases have it: without tag and digest.
#[must_use]
pub fn short_name(text: &str) -> &str {
    let path = text.split('@').next().unwrap_or(text);
    path.rsplit_once(':').map_or(path, |(path, _)| path)
}

impl Search {
    /// The registries that are asked for names without a host, in order.
    pub fn order(&self) -> impl Iterator<Item = Located<Registry>> {
        let listed = self.listed().into_iter().filter(|one| self.first.iter().all(|first| first.value != one.value));
        self.first.iter().cloned().chain(listed)
    }

    fn listed(&self) -> Vec<Located<Registry>> {
        self.listed.clone().unwrap_or_else(|| vec![Located::new(Registry::docker_hub(), Provenance::BuiltIn)])
    }

    /// What `text` may stand for.
    ///
    /// # Errors
    /// [`ReferenceError`] where it is no name.
    pub fn candidates(&self, text: &str) -> Result<Candidates, ReferenceError> {
        let parsed = Reference::parse(text)?;
        if Reference::names_registry(text) {
            let references = vec![Located::new(parsed, Provenance::BuiltIn)];
            return Ok(Candidates { references, choice: None, alias: None });
        }
        let path = short_name(text);
        let mut references: Vec<Located<Reference>> = Vec::new();
        let mut add = |reference: Reference, from: &Provenance| {
            if references.iter().all(|known| known.value != reference) {
                references.push(Located::new(reference, from.clone()));
            }
        };
        let enforcing = self.mode.as_ref().filter(|mode| mode.value == ShortNames::Enforcing);
        let alias = self.aliases.get(path);
        // What was chosen once is not to be pushed aside by a flag or variable where choosing is enforced.
        let first = if alias.is_some() && enforcing.is_some() { [].as_slice() } else { self.first.as_slice() };
        for Located { value, from } in first {
            add(Reference::parse_on(text, value)?, from);
        }
        if let Some(alias) = alias {
            let tail = &text[path.len()..];
            add(Reference::parse(&format!("{}{tail}", alias.value))?, &alias.from);
            let alone = Some(alias.clone()).filter(|_| references.len() == 1);
            return Ok(Candidates { references, choice: None, alias: alone });
        }
        for Located { value, from } in self.listed() {
            add(Reference::parse_on(text, &value)?, &from);
        }
        let choice = enforcing.filter(|_| references.len() > 1).map(|mode| mode.from.clone());
        Ok(Candidates { references, choice, alias: None })
    }

    /// What `text` may stand for in the store, in order: docker.io comes last, where it is not on the list, for images
    /// that were named when there was none.
    ///
    /// # Errors
    /// As [`Search::candidates`].
    pub fn stored(&self, text: &str) -> Result<Vec<Reference>, ReferenceError> {
        let candidates = self.candidates(text)?.references;
        let mut references: Vec<Reference> = candidates.into_iter().map(|candidate| candidate.value).collect();
        let on_hub = Reference::parse(text)?;
        if !references.contains(&on_hub) {
            references.push(on_hub);
        }
        Ok(references)
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
        assert_eq!(names(&search, "etcd"), ["quay.io/coreos/etcd"], "a choice that is enforced stays one");
        search.mode = None;
        assert_eq!(names(&search, "etcd:v3"), ["r.test/etcd:v3", "quay.io/coreos/etcd:v3"]);
        assert_eq!(search.candidates("etcd").unwrap().alias, None, "it is not short for one alone");
    }

    #[test]
    fn where_a_choice_is_enforced_a_flag_adds_to_what_there_is_to_choose_from() {
        let enforcing = Located::new(ShortNames::Enforcing, Provenance::BuiltIn);
        let search = Search { first: at(&["r.test"]), mode: Some(enforcing), ..Search::default() };
        assert_eq!(names(&search, "etcd"), ["r.test/etcd", "docker.io/library/etcd"]);
        assert!(search.candidates("etcd").unwrap().choice.is_some());
    }

    #[test]
    fn a_list_that_is_empty_leaves_nothing() {
        let search = Search { listed: Some(Vec::new()), ..Search::default() };
        assert_eq!(names(&search, "etcd"), Vec::<String>::new());
        assert_eq!(names(&search, "r.test/etcd"), ["r.test/etcd"]);
    }

    #[test]
    fn an_alias_is_told_and_known_by_its_short_name() {
        let alias = Located::new(Reference::parse("quay.io/coreos/etcd").unwrap(), Provenance::Variable("A"));
        let search = Search { aliases: [("a/etcd".to_owned(), alias.clone())].into(), ..Search::default() };
        assert_eq!(search.candidates("a/etcd:v3").unwrap().alias, Some(alias));
        assert_eq!(search.candidates("etcd").unwrap().alias, None);
        for text in ["a/etcd", "a/etcd:v1", "a/etcd@sha256:00", "a/etcd:v1@sha256:00"] {
            assert_eq!(short_name(text), "a/etcd");
        }
    }

    #[test]
    fn in_the_store_docker_io_is_always_a_possibility() {
        let stored = |search: &Search, text: &str| {
            search.stored(text).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let mut search = Search::default();
        assert_eq!(stored(&search, "etcd"), ["docker.io/library/etcd"]);
        search.listed = Some(at(&["r.test", "quay.io"]));
        assert_eq!(stored(&search, "etcd"), ["r.test/etcd", "quay.io/etcd", "docker.io/library/etcd"]);
        search.listed = Some(at(&["docker.io", "quay.io"]));
        assert_eq!(stored(&search, "etcd"), ["docker.io/library/etcd", "quay.io/etcd"]);
        assert_eq!(stored(&search, "r.test/etcd"), ["r.test/etcd"]);
    }
}
