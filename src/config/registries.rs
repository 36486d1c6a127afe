use std::collections::BTreeMap;

use toml::Spanned;

use super::daemon_json::DaemonJson;
use super::file::{Capability, ConfigFile, Mirror};
use super::registries_conf::{RegistriesConf, full_name, registry, short_name, short_name_mode};
use super::said::Said;
use super::{Error, Flags};
use crate::endpoint::{Capabilities, Located, MirrorRule, Prefix, Search, api_root, header, mirror_url, quoted};
use crate::http::{HeaderMap, HostTrust, Identity, Url};
use crate::model::{Reference, Registry};

/// The mirrors of each source, the highest first.
pub(super) fn mirrors(
    flags: &Flags,
    said: &Said<'_>,
    file: &ConfigFile,
    daemons: &[DaemonJson],
) -> Result<Vec<Vec<MirrorRule>>, Error> {
    let given = said.one("--registry-mirror", "RCR_REGISTRY_MIRROR", &flags.registry_mirror, mirror_url)?;
    let mut own = Vec::new();
    for url in &file.registry_mirrors {
        own.push(of_hub(file.parsed(url, mirror_url)?)?);
    }
    for mirror in &file.mirror {
        own.push(of_table(file, mirror)?);
    }
    let mut all = vec![given.into_iter().map(of_hub).collect::<Result<_, _>>()?, own];
    for daemon in daemons {
        all.push(daemon.registry_mirrors.iter().cloned().map(of_hub).collect::<Result<_, _>>()?);
    }
    all.retain(|source| !source.is_empty());
    Ok(all)
}

/// Docker's mirrors are of docker.io alone.
fn of_hub(url: Located<Url>) -> Result<MirrorRule, Error> {
    Ok(MirrorRule {
        prefix: prefix(Registry::docker_hub().as_str())
            .map_err(|message| Error::Value { name: "registry-mirrors", message })?,
        base: api_root(&url.value, false),
        namespace: false,
        capabilities: Capabilities::MIRROR,
        headers: HeaderMap::new(),
        trust: None,
        from: url.from,
    })
}

fn of_table(file: &ConfigFile, mirror: &Spanned<Mirror>) -> Result<MirrorRule, Error> {
    let table = mirror.get_ref();
    let mut headers = HeaderMap::new();
    for (name, value) in &table.header {
        let (name, value) = file.parsed(value, |value| header(name, value))?.value;
        headers.append(name, value);
    }
    let authorities = table.ca.iter().map(|ca| file.readable("ca", ca)).collect::<Result<_, _>>()?;
    let identity = |client: &super::file::Client| {
        let certificate = file.readable("client", &client.cert)?;
        Ok::<_, Error>(Identity { certificate, key: file.readable("client", &client.key)? })
    };
    let trust = HostTrust {
        verify: !table.skip_verify,
        authorities,
        identity: table.client.as_ref().map(identity).transpose()?,
        ..HostTrust::default()
    };
    let may = |what| table.capabilities.as_ref().is_none_or(|written| written.contains(&what));
    Ok(MirrorRule {
        prefix: file.parsed(&table.prefix, prefix)?.value,
        base: api_root(&file.parsed(&table.url, mirror_url)?.value, table.override_path),
        namespace: table.namespace,
        capabilities: Capabilities { pull: may(Capability::Pull), resolve: may(Capability::Resolve), push: false },
        headers,
        trust: Some(trust).filter(|trust| *trust != HostTrust::default()),
        from: file.located(mirror, |_| ()).from,
    })
}

fn prefix(text: &str) -> Result<Prefix, String> {
    let expected = "expected host[:port][/path], *.domain or *";
    Prefix::parse(text).ok_or_else(|| format!("prefix: {}: {expected}", quoted(text)))
}

/// Where names without a host are looked for. Remembered answers come in their order and go before other aliases.
pub(super) fn search(
    flags: &Flags,
    said: &Said<'_>,
    file: &ConfigFile,
    remembered: Vec<BTreeMap<String, Located<Reference>>>,
    conf: &RegistriesConf,
) -> Result<Search, Error> {
    let first = said.one("--add-registry", "RCR_ADD_REGISTRY", &flags.add_registry, registry)?;
    let own = file.search_registries.as_ref().filter(|list| !list.is_empty());
    let own = own.map(|list| list.iter().map(|name| file.parsed(name, registry)).collect::<Result<_, _>>());
    let mode = file.short_name_mode.as_ref().map(|mode| file.parsed(mode, short_name_mode)).transpose()?;
    let of_conf = conf.aliases.iter().filter_map(|(name, full)| Some((name.clone(), full.clone()?)));
    let mut aliases: BTreeMap<_, _> = of_conf.collect();
    for (name, full) in &file.aliases {
        let full = file.parsed(full, |text| short_name(name).and_then(|()| full_name(text)))?;
        aliases.insert(name.clone(), full);
    }
    for answers in remembered.into_iter().rev() {
        aliases.extend(answers);
    }
    Ok(Search {
        first,
        listed: own.transpose()?.or_else(|| conf.search.clone()),
        mode: mode.or_else(|| conf.mode.clone()),
        aliases,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Environment, Settings};
    use super::*;
    use crate::endpoint::Registries;

    /// Settings from these files of a home directory and these flags.
    fn load(files: &[(&str, &str)], pairs: &[(&str, &str)], flags: &Flags) -> Result<Settings, String> {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let root = home.path().display().to_string();
        let mut all = vec![("HOME", root.as_str()), ("RCR_SYSTEM_ROOT", root.as_str())];
        all.extend_from_slice(pairs);
        let loaded = Settings::load(flags, &Environment::from_pairs(&all));
        loaded.map_err(|e| e.to_string().replace(&format!("{root}/"), ""))
    }

    fn places(registries: &Registries, name: &str) -> Vec<String> {
        let route = registries.route(&Reference::parse(name).unwrap()).unwrap();
        route.endpoints().map(|place| format!("{}{}", place.base, place.repository)).collect()
    }

    const HUB: &str = "https://registry-1.docker.io/v2/library/x";

    #[test]
    fn the_tables_of_our_own_file_are_read() {
        let own = "search-registries = ['quay.io']\nshort-name-mode = 'disabled'\nregistry-mirrors = ['http://h.test']\n\
                   [aliases]\netcd = 'own.test/etcd'\nmine = 'own.test/mine'\n\
                   [[mirror]]\nprefix = 'r.test'\nurl = 'https://m.test/hub'\noverride-path = true\nnamespace = false\n\
                   capabilities = ['pull']\nskip-verify = true\nca = ['/dev/null']\n\
                   client = { cert = '/dev/null', key = '/dev/null' }\nheader = { x-key = 'v' }\n";
        let theirs = "unqualified-search-registries = ['other.test']\nshort-name-mode = 'enforcing'\n\
                      [aliases]\netcd = 'their.test/etcd'\nolder = 'their.test/older'\n";
        let cached = "[aliases]\nmine = 'cache.test/mine'\nboth = 'cache.test/both'\n";
        let files = [
            (".config/rcr/config.toml", own),
            (".config/containers/registries.conf", theirs),
            (".cache/containers/short-name-aliases.conf", cached),
            (".config/rcr/short-names.toml", "[aliases]\nboth = 'answer.test/both'\n"),
        ];
        let settings = load(&files, &[], &Flags::default()).unwrap();
        assert!(settings.short_names_file().unwrap().ends_with(".config/rcr/short-names.toml"));
        let registries = settings.registries;
        assert_eq!(places(&registries, "x"), ["http://h.test/v2/library/x", HUB]);
        assert_eq!(places(&registries, "r.test/x"), ["https://m.test/hub/x", "https://r.test/v2/x"]);
        let mirror = registries.mirrors[0].last().unwrap();
        assert_eq!(mirror.capabilities, Capabilities { pull: true, resolve: false, push: false });
        assert!(!mirror.namespace && mirror.headers["x-key"].is_sensitive());
        assert!(mirror.trust.as_ref().is_some_and(|t| !t.verify && t.identity.is_some() && t.authorities.len() == 1));
        assert!(mirror.from.to_string().ends_with("config.toml:7"), "{}", mirror.from);
        let search = &registries.search;
        let listed = search.listed.as_ref().unwrap();
        assert_eq!((listed.len(), listed[0].value.as_str()), (1, "quay.io"));
        assert_eq!(search.mode.as_ref().unwrap().value, crate::endpoint::ShortNames::Permissive);
        let alias = |name: &str| search.aliases[name].value.to_string();
        assert_eq!(
            ["etcd", "mine", "older", "both"].map(alias),
            ["own.test/etcd", "cache.test/mine", "their.test/older", "answer.test/both"]
        );
    }

    #[test]
    fn flags_and_variables_are_told_apart() {
        let flags = |mirror: &str, add: &str| Flags {
            registry_mirror: vec![mirror.to_owned()],
            add_registry: vec![add.to_owned()],
            plain_http: vec!["a.test".to_owned()],
            ..Flags::default()
        };
        let pairs =
            [("RCR_REGISTRY_MIRROR", "https://v.test"), ("RCR_ADD_REGISTRY", "v.test"), ("RCR_PLAIN_HTTP", "v")];
        let settings = load(&[], &pairs, &flags("https://v.test", "f.test")).unwrap();
        let registries = &settings.registries;
        assert_eq!(registries.mirrors[0][0].from.to_string(), "RCR_REGISTRY_MIRROR");
        assert_eq!(registries.search.first[0].from.to_string(), "--add-registry");
        let plain: Vec<_> = settings.trust.plain_http.iter().map(|host| host.from.to_string()).collect();
        assert_eq!(plain, ["--plain-http", "RCR_PLAIN_HTTP"]);
    }

    #[test]
    fn a_list_of_our_own_that_is_empty_replaces_nothing() {
        let files = [
            (".config/rcr/config.toml", "search-registries = []\nregistry-mirrors = []\n"),
            (".config/containers/registries.conf", "unqualified-search-registries = ['their.test']\n"),
            ("etc/docker/daemon.json", "{\"registry-mirrors\": [\"https://m.test\"]}"),
        ];
        let settings = load(&files, &[], &Flags::default()).unwrap();
        assert_eq!(places(&settings.registries, "x"), ["https://m.test/v2/library/x", HUB]);
        let listed: Vec<_> = settings.registries.search.order().map(|one| one.value.to_string()).collect();
        assert_eq!(listed, ["their.test"]);
    }

    #[test]
    fn the_daemon_of_the_user_goes_before_that_of_the_system_and_insecure_lists_add_up() {
        let user = "{\"registry-mirrors\": [\"https://user.test/hub/\"],\n\"insecure-registries\": [\"a\"]}";
        let system = "{\"registry-mirrors\": [\"https://system.test\"], \"insecure-registries\": [\n\"b\"]}";
        let files = [(".config/docker/daemon.json", user), ("etc/docker/daemon.json", system)];
        let settings = load(&files, &[], &Flags::default()).unwrap();
        assert_eq!(places(&settings.registries, "x"), ["https://user.test/hub/v2/library/x", HUB]);
        assert_eq!(settings.registries.mirrors.len(), 2);
        let lines: Vec<_> = settings.trust.insecure.iter().map(|rule| rule.from.to_string()).collect();
        assert!(lines.iter().all(|line| line.ends_with("daemon.json:2")), "{lines:?}");
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn what_is_wrong_in_our_own_file_is_named_with_its_line() {
        let cases = [
            ("[[mirror]]\nprefix = 'a*'\nurl = 'https://m'\n", "2: prefix: \"a*\": expected"),
            ("[[mirror]]\nprefix = 'a'\nurl = 'https://m'\nca = ['/missing']\n", "4: ca: cannot read /missing"),
            ("[[mirror]]\nprefix = 'a'\nurl = 'https://m'\nheader = { 'a b' = 'x' }\n", "4: \"a\" begins what is not"),
            ("\nsearch-registries = [\n'a',\n'b/c']\n", "4: \"b/c\" is not a registry"),
            ("[aliases]\n'a.test/b' = 'c.test/d'\n", "2: \"a.test/b\" is no short name"),
        ];
        for (text, start) in cases {
            let file = Path::new(".config/rcr/config.toml").display().to_string();
            let message = load(&[(&file, text)], &[], &Flags::default()).unwrap_err();
            assert!(message.starts_with(&format!("{file}:{start}")), "{text:?}: {message}");
        }
    }
}
