//! containers' `registries.conf`, versions 1 and 2: containers-registries.conf(5).

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::endpoint::{
    Error, Located, LocationMirror, Prefix, PullFrom, RegistryRule, SettingsFile, ShortNames, Table, Value, quoted,
};
use crate::model::{Reference, Registry};

/// Which files there may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    /// The file that a variable names, which has to be there.
    pub(super) named: Option<PathBuf>,
    /// The user's `containers` directory.
    pub(super) user: Option<PathBuf>,
    /// The system's.
    pub(super) system: PathBuf,
}

/// What the files say, taken together.
#[derive(Clone, Debug, Default)]
pub(super) struct RegistriesConf {
    pub(super) rules: Vec<RegistryRule>,
    pub(super) search: Option<Vec<Located<Registry>>>,
    pub(super) mode: Option<Located<ShortNames>>,
    /// Short names; one without a value takes an earlier one away.
    pub(super) aliases: BTreeMap<String, Option<Located<Reference>>>,
    /// What was passed over.
    pub(super) notices: Vec<Located<String>>,
    /// The files that were read, in their order.
    pub(super) files: Vec<PathBuf>,
}

impl RegistriesConf {
    /// Reads the main file, then the drop-ins. The user's file puts those of the system aside.
    pub(super) fn read(files: &Files) -> Result<Self, Error> {
        const NAME: &str = "registries.conf";
        let drop_ins = |dir: &Path| dir.join("registries.conf.d");
        let user = files.user.as_deref();
        let own = user.map(|dir| dir.join(NAME)).filter(|file| files.named.is_none() && file.exists());
        let mut dirs: Vec<PathBuf> = user.map(drop_ins).into_iter().collect();
        let main = match (&files.named, &own) {
            (Some(named), _) => SettingsFile::read(named, true)?,
            (None, Some(own)) => SettingsFile::read(own, false)?,
            (None, None) => SettingsFile::read(&files.system.join(NAME), false)?,
        };
        if own.is_none() {
            dirs.insert(0, drop_ins(&files.system));
        }
        let mut all = main.map_or(Ok(Self::default()), |file| Self::parse(&file, true))?;
        for dir in dirs {
            for path in listed(&dir)? {
                if let Some(file) = SettingsFile::read(&path, false)? {
                    all.merge(Self::parse(&file, false)?);
                }
            }
        }
        Ok(all)
    }

    /// Version 1 is understood in the main file only.
    fn parse(file: &SettingsFile, main: bool) -> Result<Self, Error> {
        let mut top = Table::of(file)?;
        let old = top.take("registries");
        let search = top.take("unqualified-search-registries").map(registries).transpose()?;
        let mode = top.take("short-name-mode").map(|mode| mode.parsed(short_name_mode)).transpose()?;
        let aliases = aliases(&mut top)?;
        let mut all = Self { search, mode, aliases, files: vec![file.path().to_owned()], ..Self::default() };
        for table in top.tables("registry")? {
            all.rule(table)?;
        }
        all.without_conflict()?;
        // Of several with the same prefix, the first counts.
        let mut seen = HashSet::new();
        all.rules.retain(|rule| seen.insert(rule.prefix.clone()));
        if let Some(old) = old {
            if !main {
                return Err(old.error("[registries]: a drop-in is written in version 2 of the format: [[registry]]"));
            }
            if all.search.is_some() || all.mode.is_some() || !all.aliases.is_empty() || !all.rules.is_empty() {
                let message = "[registries]: versions 1 and 2 of the format are mixed: expected [[registry]] alone";
                return Err(old.error(message));
            }
            all.version_1(old.table()?)?;
        }
        all.notices.extend(top.unknown());
        Ok(all)
    }

    fn rule(&mut self, mut table: Table<'_>) -> Result<(), Error> {
        let from = table.from();
        let prefix = table.take("prefix").map(|value| value.parsed(prefix)).transpose()?;
        let location = table.take("location").map(|value| value.parsed(location)).transpose()?;
        let location = location.and_then(|location| location.value);
        let prefix = match (prefix.map(|prefix| prefix.value), &location) {
            (Some(prefix), None) if !prefix.is_wildcard() => {
                return Err(table.error(format!(
                    "{prefix} has no `location`, which only a prefix such as *.example.com may leave out"
                )));
            }
            (Some(prefix), _) => prefix,
            (None, Some(location)) => location.clone(),
            (None, None) => return Err(table.error("[[registry]]: expected a prefix or a location")),
        };
        let (insecure, blocked) = (table.boolean("insecure")?, table.boolean("blocked")?);
        let digest_only = table.boolean("mirror-by-digest-only")?;
        if let Some(misplaced) = table.take("pull-from-mirror") {
            return Err(misplaced.error("pull-from-mirror: it is a key of [[registry.mirror]], not of [[registry]]"));
        }
        let mut mirrors = Vec::new();
        for mirror in table.tables("mirror")? {
            mirrors.push(self.mirror(mirror, digest_only)?);
        }
        self.notices.extend(table.unknown());
        let location = location.filter(|location| *location != prefix).map(|location| location.to_string());
        self.rules.push(RegistryRule { prefix, location, insecure, blocked, mirrors, from });
        Ok(())
    }

    fn mirror(&mut self, mut table: Table<'_>, digest_only: bool) -> Result<LocationMirror, Error> {
        let from = table.from();
        let location = table.take("location").map(|value| value.parsed(location)).transpose()?;
        let Some(location) = location.and_then(|location| location.value) else {
            return Err(table.error("[[registry.mirror]]: expected a location"));
        };
        let pull = match table.take("pull-from-mirror") {
            Some(both) if digest_only => {
                return Err(both.error("pull-from-mirror: mirror-by-digest-only has decided: expected one of them"));
            }
            Some(value) => value.parsed(pull_from)?.value,
            None if digest_only => PullFrom::DigestOnly,
            None => PullFrom::All,
        };
        let insecure = table.boolean("insecure")?;
        self.notices.extend(table.unknown());
        Ok(LocationMirror { location: location.to_string(), insecure, pull, from })
    }

    /// A registry that is described more than once is trusted in one way.
    fn without_conflict(&self) -> Result<(), Error> {
        let place = |rule: &RegistryRule| rule.location.clone().unwrap_or_else(|| rule.prefix.to_string());
        for (at, rule) in self.rules.iter().enumerate() {
            let same = |known: &&RegistryRule| place(known) == place(rule);
            for known in self.rules[..at].iter().filter(same) {
                let key = match (known.insecure != rule.insecure, known.blocked != rule.blocked) {
                    (true, _) => "insecure",
                    (_, true) => "blocked",
                    _ => continue,
                };
                let message = format!("{} is described twice, with another `{key}` ({})", place(rule), known.from);
                return Err(Error::at(&rule.from, message));
            }
        }
        Ok(())
    }

    fn version_1(&mut self, mut old: Table<'_>) -> Result<(), Error> {
        let mut lists = BTreeMap::new();
        for name in ["search", "insecure", "block"] {
            let mut table = old.table(name)?;
            lists.insert(name, table.take("registries"));
            self.notices.extend(table.unknown());
        }
        self.notices.extend(old.unknown());
        self.search = lists.remove("search").flatten().map(registries).transpose()?;
        for (name, list) in lists {
            for place in list.map_or(Ok(Vec::new()), Value::list)? {
                let place = place.parsed(|text| location(text)?.ok_or_else(|| "expected a registry".to_owned()))?;
                let known = self.rules.iter().position(|rule| rule.prefix == place.value);
                let at = known.unwrap_or_else(|| {
                    self.rules.push(RegistryRule {
                        prefix: place.value,
                        location: None,
                        insecure: false,
                        blocked: false,
                        mirrors: Vec::new(),
                        from: place.from,
                    });
                    self.rules.len() - 1
                });
                let rule = &mut self.rules[at];
                let said = if name == "insecure" { &mut rule.insecure } else { &mut rule.blocked };
                *said = true;
            }
        }
        Ok(())
    }

    /// Puts a later file over it.
    fn merge(&mut self, later: Self) {
        self.rules.retain(|known| later.rules.iter().all(|rule| rule.prefix != known.prefix));
        self.rules.extend(later.rules);
        self.search = later.search.or(self.search.take());
        self.mode = later.mode.or(self.mode.take());
        self.aliases.extend(later.aliases);
        self.notices.extend(later.notices);
        self.files.extend(later.files);
    }
}

/// The drop-ins of a directory, in the order of their names.
fn listed(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| Error::Unreadable { file: dir.to_owned(), source };
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|end| end == "conf") && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What a file of remembered answers says: nothing but `[aliases]`.
pub(super) fn remembered(path: &Path) -> Result<BTreeMap<String, Located<Reference>>, Error> {
    let Some(file) = SettingsFile::read(path, false)? else { return Ok(BTreeMap::new()) };
    let known = aliases(&mut Table::of(&file)?)?;
    Ok(known.into_iter().filter_map(|(name, full)| Some((name, full?))).collect())
}

fn aliases(top: &mut Table<'_>) -> Result<BTreeMap<String, Option<Located<Reference>>>, Error> {
    let mut all = BTreeMap::new();
    for (name, full) in top.table("aliases")?.rest() {
        short_name(&name.value).map_err(|message| full.error(message))?;
        let full = full.parsed(|text| if text.is_empty() { Ok(None) } else { full_name(text).map(Some) })?;
        let Located { value, from } = full;
        all.insert(name.value, value.map(|value| Located::new(value, from)));
    }
    Ok(all)
}

/// The name that an alias is for.
pub(super) fn short_name(text: &str) -> Result<(), String> {
    let plain = Reference::parse(text).is_ok_and(|name| name.tag().is_none() && name.digest().is_none());
    let fits = plain && !Reference::names_registry(text);
    fits.then_some(()).ok_or_else(|| format!("{text:?} is no short name: expected one without host, tag and digest"))
}

/// The name that an alias stands for.
pub(super) fn full_name(text: &str) -> Result<Reference, String> {
    let bad = || format!("{text:?} is no full name: expected host/name, without tag and digest");
    let fits = |name: &Reference| name.tag().is_none() && name.digest().is_none();
    let named = Reference::parse(text).ok().filter(|_| Reference::names_registry(text));
    named.filter(fits).ok_or_else(bad)
}

pub(super) fn short_name_mode(text: &str) -> Result<ShortNames, String> {
    match text {
        "enforcing" => Ok(ShortNames::Enforcing),
        // They differ in whether a terminal is asked, which is asked where that is enforced.
        "permissive" | "disabled" => Ok(ShortNames::Permissive),
        _ => Err(format!("short-name-mode: {text:?} is none of \"enforcing\", \"permissive\" and \"disabled\"")),
    }
}

/// An entry of a search list.
pub(super) fn registry(text: &str) -> Result<Registry, String> {
    let bare = text.trim_end_matches('/');
    Registry::parse(bare).map_err(|_| format!("{} is not a registry: expected host[:port]", quoted(text)))
}

fn registries(list: Value<'_>) -> Result<Vec<Located<Registry>>, Error> {
    list.list()?.into_iter().map(|value| value.parsed(registry)).collect()
}

fn pull_from(text: &str) -> Result<PullFrom, String> {
    match text {
        "all" | "" => Ok(PullFrom::All),
        "digest-only" => Ok(PullFrom::DigestOnly),
        "tag-only" => Ok(PullFrom::TagOnly),
        _ => Err(format!("pull-from-mirror: {text:?} is none of \"all\", \"digest-only\" and \"tag-only\"")),
    }
}

fn prefix(text: &str) -> Result<Prefix, String> {
    let bare = text.trim_end_matches('/');
    let fits = |prefix: &Prefix| !prefix.is_wildcard() || (bare.starts_with("*.") && !bare.contains('/'));
    let expected = "expected host[:port][/path] or *.domain, without a scheme";
    Prefix::parse(bare).filter(fits).ok_or_else(|| format!("prefix: {}: {expected}", quoted(text)))
}

/// A place; `None` where it is left empty.
fn location(text: &str) -> Result<Option<Prefix>, String> {
    let bare = text.trim_end_matches('/');
    if bare.is_empty() {
        return Ok(None);
    }
    let place = Prefix::parse(bare).filter(|place| !place.is_wildcard());
    place.map(Some).ok_or_else(|| format!("location: {}: expected host[:port][/path], without a scheme", quoted(text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<RegistriesConf, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("registries.conf");
        fs::write(&path, text).unwrap();
        let file = SettingsFile::read(&path, true).unwrap().unwrap();
        RegistriesConf::parse(&file, true).map_err(|e| e.to_string().replace(&path.display().to_string(), "F"))
    }

    #[test]
    fn version_2_is_read() {
        let conf = parse(
            "unqualified-search-registries = ['quay.io', 'r.test:5000']\nshort-name-mode = 'enforcing'\n\n\
             [[registry]]\nprefix = 'r.test/team'\nlocation = 'other.test/x'\ninsecure = true\n\
             mirror-by-digest-only = true\n[[registry.mirror]]\nlocation = 'm.test/team'\ninsecure = true\n\
             [[registry]]\nlocation = 'plain.test'\nblocked = true\ncolour = 'red'\n[[registry.mirror]]\n\
             location = 'tags.test'\npull-from-mirror = 'tag-only'\n[aliases]\netcd = 'quay.io/coreos/etcd'\n",
        )
        .unwrap();
        let hosts = conf.search.unwrap();
        assert_eq!(hosts.iter().map(|host| host.value.as_str()).collect::<Vec<_>>(), ["quay.io", "r.test:5000"]);
        assert_eq!(conf.mode.unwrap().value, ShortNames::Enforcing);
        let [team, plain] = conf.rules.as_slice() else { panic!("{:?}", conf.rules) };
        assert_eq!((team.prefix.as_str(), team.location.as_deref()), ("r.test/team", Some("other.test/x")));
        assert!(team.insecure && !team.blocked && team.mirrors[0].insecure);
        assert_eq!(team.mirrors[0].pull, PullFrom::DigestOnly);
        assert!(team.from.to_string().ends_with(":4") && team.mirrors[0].from.to_string().ends_with(":9"));
        assert_eq!((plain.prefix.as_str(), plain.location.as_deref(), plain.blocked), ("plain.test", None, true));
        assert_eq!(plain.mirrors[0].pull, PullFrom::TagOnly);
        let alias = conf.aliases["etcd"].clone().unwrap();
        assert_eq!(alias.value.to_string(), "quay.io/coreos/etcd");
        let notices: Vec<_> = conf.notices.iter().map(|n| (n.value.as_str(), n.from.to_string())).collect();
        assert!(matches!(notices.as_slice(), [("unknown key \"colour\"", at)] if at.ends_with(":15")), "{notices:?}");
    }

    #[test]
    fn version_1_is_read() {
        let conf = parse(
            "[registries.search]\nregistries = ['quay.io']\n[registries.insecure]\nregistries = ['a.test', 'b.test']\n\
             [registries.block]\nregistries = ['b.test']\n",
        )
        .unwrap();
        assert_eq!(conf.search.unwrap().len(), 1);
        let mut rules: Vec<_> = conf.rules.iter().map(|r| (r.prefix.as_str(), r.insecure, r.blocked)).collect();
        rules.sort_unstable();
        assert_eq!(rules, [("a.test", true, false), ("b.test", true, true)]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            ("[[registry]]\nlocation = 'a.test'\n[[registry.mirror]]\ninsecure = true\n", "F:3: [[registry.mirror]]"),
            ("\n[[registry]]\nprefix = 'a.test'\n", "F:2: a.test has no `location`"),
            ("[[registry]]\ninsecure = true\n", "F:1: [[registry]]: expected a prefix or a location"),
            ("[[registry]]\nprefix = 'a*.test'\nlocation = 'b.test'\n", "F:2: prefix: \"a*.test\": expected"),
            ("[[registry]]\nprefix = '*'\nlocation = 'b.test'\n", "F:2: prefix: \"*\": expected"),
            ("[[registry]]\nprefix = '*.a.test/b'\nlocation = 'b.test'\n", "F:2: prefix: \"*.a.test/b\": expected"),
            ("[[registry]]\nlocation = 'https://a.test'\n", "F:2: location: \"https://a.test\": expected"),
            ("[[registry]]\nlocation = '*.a.test'\n", "F:2: location: "),
            (
                "[[registry]]\nlocation = 'a.test'\nmirror-by-digest-only = true\n[[registry.mirror]]\n\
                 location = 'm.test'\npull-from-mirror = 'all'\n",
                "F:6: pull-from-mirror: mirror-by-digest-only",
            ),
            ("[[registry]]\nlocation = 'a.test'\npull-from-mirror = 'all'\n", "F:3: pull-from-mirror: it is"),
            (
                "[[registry]]\nlocation = 'a.test'\n[[registry.mirror]]\nlocation = 'm.test'\n\
                 pull-from-mirror = 'some'\n",
                "F:5: pull-from-mirror: \"some\" is none of",
            ),
            ("unqualified-search-registries = [\n 'a.test',\n 'a/b'\n]\n", "F:3: \"a/b\" is not a registry"),
            ("unqualified-search-registries = 'a.test'\n", "F:1: unqualified-search-registries: expected a list"),
            ("short-name-mode = 'maybe'\n", "F:1: short-name-mode: \"maybe\""),
            ("[aliases]\n'a.test/b' = 'c.test/d'\n", "F:2: \"a.test/b\" is no short name"),
            ("[aliases]\nb = 'd'\n", "F:2: \"d\" is no full name"),
            ("[aliases]\nb = 'c.test/d:v1'\n", "F:2: \"c.test/d:v1\" is no full name"),
            ("[[registry]]\nlocation = 'a.test'\ninsecure = 'yes'\n", "F:3: insecure: expected true or false"),
            ("[registry]\nlocation = 'a.test'\n", "F:1: registry: expected a list, found a table"),
            ("short-name-mode = 'permissive'\nshort-name-mode = 'enforcing'\n", "F:2: "),
            ("short-name-mode = 'permissive'\n[registries.search]\nregistries = ['a.test']\n", "F:2: [registries]"),
            (
                "[[registry]]\nprefix = 'a.test/x'\nlocation = 'b.test'\n[[registry]]\nlocation = 'b.test'\n\
                 insecure = true\n",
                "F:4: b.test is described twice, with another `insecure`",
            ),
            (
                "[[registry]]\nprefix = 'a.test/x'\nlocation = 'b.test'\n[[registry]]\nlocation = 'b.test'\n\
                 blocked = true\n",
                "F:4: b.test is described twice, with another `blocked`",
            ),
            ("[[registry]\n", "F:1: "),
        ];
        for (text, start) in cases {
            let message = parse(text).unwrap_err();
            assert!(message.starts_with(start), "{text:?}: {message}");
        }
    }

    #[test]
    fn later_files_replace_add_and_take_away() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let files = |named: Option<&str>| Files {
            named: named.map(|name| dir.path().join(name)),
            user: Some(dir.path().join("user")),
            system: dir.path().join("system"),
        };
        let shown = |files: &Files| {
            let conf = RegistriesConf::read(files).unwrap();
            let mut rules: Vec<_> = conf.rules.iter().map(|r| format!("{}={}", r.prefix, r.blocked)).collect();
            rules.sort();
            let kept = conf.aliases.iter().filter(|(_, full)| full.is_some()).map(|(name, _)| name.clone());
            let hosts = conf.search.unwrap_or_default().into_iter().map(|host| host.value.to_string());
            format!("{} | {} | {}", rules.join(" "), kept.collect::<Vec<_>>().join(" "), hosts.collect::<String>())
        };
        assert_eq!(shown(&files(None)), " |  | ");
        write(
            "system/registries.conf",
            "unqualified-search-registries = ['one.test']\n[[registry]]\nlocation = 'a.test'\n\
             [[registry]]\nlocation = 'b.test'\n[aliases]\nx = 'r.test/x'\ny = 'r.test/y'\n",
        );
        write("system/registries.conf.d/20.conf", "[[registry]]\nlocation = 'a.test'\nblocked = true\n");
        write("system/registries.conf.d/10.conf", "unqualified-search-registries = ['two.test']\n[aliases]\nx = ''\n");
        write("system/registries.conf.d/README", "this is no drop-in");
        write("user/registries.conf.d/30.conf", "[aliases]\nz = 'r.test/z'\n");
        assert_eq!(shown(&files(None)), "a.test=true b.test=false | y z | two.test");
        write("named", "[[registry]]\nlocation = 'n.test'\n");
        assert_eq!(shown(&files(Some("named"))), "a.test=true n.test=false | z | two.test");
        assert!(RegistriesConf::read(&files(Some("missing"))).is_err());
        write("user/registries.conf", "[[registry]]\nlocation = 'u.test'\n");
        assert_eq!(shown(&files(None)), "u.test=false | z | ");
        write("user/registries.conf.d/31.conf", "[registries.search]\nregistries = []\n");
        assert!(RegistriesConf::read(&files(None)).unwrap_err().to_string().contains("31.conf:1: [registries]: "));
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "\\PC*", keys in "(\\[\\[?(registry|registry.mirror|aliases)\\]\\]?\n|(prefix|location|insecure|a) = ('[*./a:]*'|true|\\[\\])\n){0,8}") {
            let _ = parse(&text);
            let _ = parse(&keys);
        }
    }
}
