//! What a token permits: `repository:library/debian:pull`. Distribution's token scope document.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Actions on one resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    resource: String,
    name: String,
    actions: BTreeSet<String>,
}

impl Scope {
    fn new(resource: &str, name: &str, actions: &[&str]) -> Self {
        Self {
            resource: resource.to_owned(),
            name: name.to_owned(),
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
        }
    }

    /// To read a repository.
    #[must_use]
    pub fn pull(repository: &str) -> Self {
        Self::new("repository", repository, &["pull"])
    }

    /// To write to a repository, and to read what is there already.
    #[must_use]
    pub fn push(repository: &str) -> Self {
        Self::new("repository", repository, &["pull", "push"])
    }

    /// To delete from a repository. Some servers refuse a token altogether if this is asked along with other actions.
    #[must_use]
    pub fn delete(repository: &str) -> Self {
        Self::new("repository", repository, &["delete"])
    }

    /// To list a registry's repositories.
    #[must_use]
    pub fn catalog() -> Self {
        Self::new("registry", "catalog", &["*"])
    }

    /// Parses `type:name:action,...`; the name may have colons of its own.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (resource, rest) = text.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let actions: Vec<&str> = actions.split(',').filter(|action| !action.is_empty()).collect();
        let whole = !(resource.is_empty() || name.is_empty() || actions.is_empty());
        whole.then(|| Self::new(resource, name, &actions))
    }

    /// Whether it is about this repository.
    #[must_use]
    pub fn is_of_repository(&self, repository: &str) -> bool {
        self.resource == "repository" && self.name == repository
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.resource, self.name)?;
        for (at, action) in self.actions.iter().enumerate() {
            write!(f, "{}{action}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// Scopes merged per resource and sorted: equal sets are equal values, so a set is a key of the token cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeSet(BTreeMap<(String, String), BTreeSet<String>>);

impl ScopeSet {
    /// Adds a scope's actions. Whether the set has grown.
    pub fn insert(&mut self, scope: Scope) -> bool {
        let actions = self.0.entry((scope.resource, scope.name)).or_default();
        let before = actions.len();
        actions.extend(scope.actions);
        actions.len() > before
    }

    /// Whether a token for this set does for `other` too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(resource, actions)| self.0.get(resource).is_some_and(|own| own.is_superset(actions)))
    }

    /// The scopes in order, but those of the repository `first` lead: some token servers look at the first alone.
    pub fn leading<'a>(&'a self, first: Option<&str>) -> impl Iterator<Item = Scope> + 'a {
        let mut scopes: Vec<Scope> = self
            .0
            .iter()
            .map(|((resource, name), actions)| Scope {
                resource: resource.clone(),
                name: name.clone(),
                actions: actions.clone(),
            })
            .collect();
        scopes.sort_by_key(|scope| !first.is_some_and(|first| scope.is_of_repository(first)));
        scopes.into_iter()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Self::default();
        for scope in scopes {
            set.insert(scope);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(set: &ScopeSet, first: Option<&str>) -> String {
        set.leading(first).map(|scope| scope.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn scopes_as_servers_read_them() {
        let cases = [
            (Scope::pull("a/b"), "repository:a/b:pull"),
            (Scope::push("a/b"), "repository:a/b:pull,push"),
            (Scope::delete("a/b"), "repository:a/b:delete"),
            (Scope::catalog(), "registry:catalog:*"),
        ];
        for (scope, text) in cases {
            assert_eq!(scope.to_string(), text);
            assert_eq!(Scope::parse(text), Some(scope));
        }
        let odd = Scope::parse("repository:host:5000/a:push,pull,,pull").unwrap();
        assert_eq!(odd.to_string(), "repository:host:5000/a:pull,push");
        for bad in ["", "repository", "repository:a", "repository::pull", ":a:pull", "repository:a:"] {
            assert_eq!(Scope::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_set_is_merged_and_sorted_and_one_may_lead() {
        let set: ScopeSet = [Scope::pull("z"), Scope::pull("a"), Scope::push("z")].into_iter().collect();
        let same: ScopeSet = [Scope::push("z"), Scope::pull("a")].into_iter().collect();
        assert_eq!(set, same);
        assert_eq!(shown(&set, None), "repository:a:pull repository:z:pull,push");
        assert_eq!(shown(&set, Some("z")), "repository:z:pull,push repository:a:pull");
        assert_eq!(shown(&set, Some("nowhere")), shown(&set, None));
    }

    #[test]
    fn more_covers_less() {
        let set = |scopes: &[Scope]| scopes.iter().cloned().collect::<ScopeSet>();
        let push = set(&[Scope::push("a")]);
        assert!(push.covers(&set(&[Scope::pull("a")])) && push.covers(&push) && push.covers(&set(&[])));
        assert!(!set(&[Scope::pull("a")]).covers(&push) && !push.covers(&set(&[Scope::pull("b")])));
        let mut grown = push.clone();
        assert!(!grown.insert(Scope::pull("a")) && grown.insert(Scope::delete("a")));
    }
}
