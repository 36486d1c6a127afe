//! containerd's `hosts.toml`: one directory per registry, read when that registry is asked for and not before.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::mirror::{header, mirror_url};
use super::{Capabilities, Error, Provenance, SettingsFile, Table, Value, api_root};
use crate::http::{HeaderMap, HostTrust, Identity, Url};
use crate::model::Registry;

const FILE: &str = "hosts.toml";

/// One host of a `hosts.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostEntry {
    /// The root of its API; `None` for the registry itself, where the file names no `server`.
    pub(super) base: Option<Url>,
    pub(super) capabilities: Capabilities,
    /// Whether the file says what it may be asked for.
    pub(super) capabilities_written: bool,
    pub(super) headers: HeaderMap,
    pub(super) trust: HostTrust,
    pub(super) from: Provenance,
}

/// A `hosts.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostsFile {
    /// In the order of the file.
    pub(super) hosts: Vec<HostEntry>,
    /// What is asked last.
    pub(super) server: HostEntry,
}

/// The file for `registry`: of the first of `roots` that has a directory with one for it, or for all.
pub(super) fn read(roots: &[PathBuf], registry: &Registry) -> Result<Option<HostsFile>, Error> {
    for root in roots {
        let Some(dir) = directory(root, registry.as_str())? else { continue };
        if let Some(file) = in_directory(&dir)? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// The file in a directory of such a tree.
pub(super) fn in_directory(dir: &Path) -> Result<Option<HostsFile>, Error> {
    SettingsFile::read(&dir.join(FILE), false)?.map(|file| parse(&file, dir)).transpose()
}

/// The registry that a directory of such a tree is about; `None` for all.
pub(super) fn subject(name: &str) -> Option<String> {
    let underscored = name.strip_suffix('_').and_then(|rest| rest.rsplit_once('_'));
    match underscored {
        _ if name == "_default" => None,
        Some((host, port)) => Some(format!("{host}:{port}")),
        None => Some(name.to_owned()),
    }
}

/// The directory of certificates for `host[:port]` in such a tree: one that has no `hosts.toml`.
pub(super) fn certificate_dir(roots: &[PathBuf], host: &str) -> Option<PathBuf> {
    // Docker passes over certificates that it cannot list.
    let there = |root: &PathBuf| directory(root, host).ok().flatten();
    roots.iter().filter_map(there).find(|dir| !dir.join(FILE).exists())
}

/// The directory for `host[:port]`: with the port between underscores, as it is, or the one for all.
fn directory(root: &Path, host: &str) -> Result<Option<PathBuf>, Error> {
    if host.starts_with('.') || host.contains(['/', '\\']) {
        return Ok(None);
    }
    let port = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
    let underscored = port.map(|(name, port)| format!("{name}_{port}_"));
    let names = [underscored.as_deref(), Some(host), Some("_default")];
    for dir in names.into_iter().flatten().map(|name| root.join(name)) {
        match fs::metadata(&dir) {
            Ok(found) if found.is_dir() => return Ok(Some(dir)),
            Ok(_) => {}
            Err(e)
                if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename) => {}
            // A tree that may not be looked into may hold what matters.
            Err(source) => return Err(Error::Unreadable { file: dir, source }),
        }
    }
    Ok(None)
}

fn parse(file: &SettingsFile, dir: &Path) -> Result<HostsFile, Error> {
    let mut top = Table::of(file)?;
    let mut hosts = Vec::new();
    for (url, table) in top.table("host")?.rest() {
        let url = host_url(&url.value).map_err(|message| table.error(message))?;
        let mut table = table.table()?;
        hosts.push(entry(Some(url), &mut table, dir, Capabilities::MIRROR)?);
        pass_over(table);
    }
    let url = top.take("server").map(|server| server.parsed(host_url)).transpose()?;
    let said = url.as_ref().map(|url| url.from.clone());
    let server = entry(url.map(|url| url.value), &mut top, dir, Capabilities::ALL)?;
    pass_over(top);
    // Where the file says nothing of the registry itself, it is as if there were no file.
    let silent = !server.capabilities_written && server.headers.is_empty() && server.trust == HostTrust::default();
    let from = said.unwrap_or_else(|| if silent { Provenance::BuiltIn } else { server.from.clone() });
    Ok(HostsFile { hosts, server: HostEntry { from, ..server } })
}

/// One host. Push is for those alone of which it is said, and for the registry itself.
fn entry(url: Option<Url>, table: &mut Table<'_>, dir: &Path, unsaid: Capabilities) -> Result<HostEntry, Error> {
    let from = table.from();
    let path_as_it_is = table.boolean("override_path")?;
    let written = table.take("capabilities").map_or(Ok(None), capabilities)?;
    let authorities = table
        .take("ca")
        .map_or(Ok(Vec::new()), |files| files.one_or_more()?.into_iter().map(|file| readable(file, dir)).collect())?;
    let identity = table.take("client").map_or(Ok(None), |client| identity(client, dir))?;
    let verify = !table.boolean("skip_verify")?;
    let mut headers = HeaderMap::new();
    for (name, values) in table.table("header")?.rest() {
        for value in values.one_or_more()? {
            let (name, value) = value.parsed(|value| header(&name.value, value))?.value;
            headers.append(name, value);
        }
    }
    if let Some(unused) = table.take("dial_timeout") {
        tracing::info!(setting = %unused.from(), "dial_timeout is not used");
    }
    Ok(HostEntry {
        base: url.map(|url| api_root(&url, path_as_it_is)),
        capabilities: written.unwrap_or(unsaid),
        capabilities_written: written.is_some(),
        headers,
        trust: HostTrust { verify, authorities, identity, ..HostTrust::default() },
        from,
    })
}

fn pass_over(table: Table<'_>) {
    for unknown in table.unknown() {
        tracing::info!(setting = %unknown.from, "{}", unknown.value);
    }
}

/// An empty list says nothing, as in containerd; so does the case of the words.
fn capabilities(list: Value<'_>) -> Result<Option<Capabilities>, Error> {
    let mut all = Capabilities { pull: false, resolve: false, push: false };
    let words = list.list()?;
    if words.is_empty() {
        return Ok(None);
    }
    for word in words {
        word.parsed(|word| {
            match word.to_ascii_lowercase().as_str() {
                "pull" => all.pull = true,
                "resolve" => all.resolve = true,
                "push" => all.push = true,
                _ => return Err(format!("{word:?} is none of \"pull\", \"resolve\" and \"push\"")),
            }
            Ok(())
        })?;
    }
    Ok(Some(all))
}

/// The first client certificate: a file with both, or a pair. TLS shows one.
fn identity(client: Value<'_>, dir: &Path) -> Result<Option<Identity>, Error> {
    let mut all = Vec::new();
    for one in client.one_or_more()? {
        let at = one.from();
        let expected = one.error("client: expected a file with certificate and key, or a pair of files");
        let files: Vec<PathBuf> =
            one.one_or_more()?.into_iter().map(|file| readable(file, dir)).collect::<Result<_, _>>()?;
        all.push(match files.as_slice() {
            [both] => Identity { certificate: both.clone(), key: both.clone() },
            [certificate, key] => Identity { certificate: certificate.clone(), key: key.clone() },
            _ => return Err(expected),
        });
        if all.len() == 2 {
            tracing::info!(setting = %at, "only the first client certificate is used");
        }
    }
    Ok(all.into_iter().next())
}

/// A file beside the `hosts.toml`, or elsewhere, that can be read.
fn readable(file: Value<'_>, dir: &Path) -> Result<PathBuf, Error> {
    let check = |name: &str| {
        let file = dir.join(name);
        match File::open(&file) {
            Ok(_) => Ok(file),
            Err(error) => Err(format!("cannot read {}: {}", file.display(), error.kind())),
        }
    };
    Ok(file.parsed(check)?.value)
}

/// A host that may be written without its scheme.
fn host_url(text: &str) -> Result<Url, String> {
    mirror_url(&if text.contains("://") { text.to_owned() } else { format!("https://{text}") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::endpoint::Registries;
    use crate::model::Reference;

    fn written(text: &str) -> (tempfile::TempDir, Result<HostsFile, String>) {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("r.test");
        fs::create_dir_all(&dir).unwrap();
        for name in ["ca.crt", "client.pem", "client.key"] {
            fs::write(dir.join(name), "").unwrap();
        }
        fs::write(dir.join(FILE), text).unwrap();
        let read = read(&[root.path().to_owned()], &Registry::parse("r.test").unwrap());
        let file = dir.join(FILE).display().to_string();
        (root, read.map(Option::unwrap).map_err(|e| e.to_string().replace(&file, "F")))
    }

    #[test]
    fn every_key_is_read_and_hosts_keep_their_order() {
        let (root, file) = written(
            "server = 'up.test'\nca = 'ca.crt'\n\n[host.'http://z.test:5000']\ncapabilities = ['pull', 'push']\n\
             [host.'http://z.test:5000'.header]\nx-one = 'a'\nx-two = ['b', 'c']\n\n[host.'https://a.test/hub']\n\
             override_path = true\nskip_verify = true\nclient = [['client.pem', 'client.key']]\ndial_timeout = '5s'\n\
             [host.\"m.test\"]\nca = ['ca.crt']\nclient = 'client.pem'\n",
        );
        let file = file.unwrap();
        let bases: Vec<_> = file.hosts.iter().map(|host| host.base.as_ref().unwrap().as_str()).collect();
        assert_eq!(bases, ["http://z.test:5000/v2/", "https://a.test/hub/", "https://m.test/v2/"]);
        let [z, a, m] = file.hosts.as_slice() else { unreachable!() };
        assert!(z.capabilities_written && z.capabilities.push && !z.capabilities.resolve);
        assert_eq!((z.headers.get_all("x-two").iter().count(), z.headers["x-one"].is_sensitive()), (2, true));
        assert!(z.from.to_string().ends_with("hosts.toml:4"), "{}", z.from);
        assert!(!a.trust.verify && !a.capabilities_written && !a.capabilities.push && a.capabilities.resolve);
        let at = |name: &str| root.path().join("r.test").join(name);
        let pair = a.trust.identity.clone().unwrap();
        assert_eq!((pair.certificate, pair.key), (at("client.pem"), at("client.key")));
        let both = m.trust.identity.clone().unwrap();
        assert_eq!((both.certificate, both.key), (at("client.pem"), at("client.pem")));
        assert_eq!(m.trust.authorities, [at("ca.crt")]);
        assert_eq!(file.server.base.unwrap().as_str(), "https://up.test/v2/");
        assert_eq!((file.server.capabilities, file.server.trust.authorities), (Capabilities::ALL, vec![at("ca.crt")]));
    }

    #[test]
    fn credentials_for_https_go_in_plain_only_to_the_registry_that_is_said_to_be_there() {
        let (root, _) = written("server = 'http://r.test'\n[host.'http://m.test']\n[host.'http://r.test']\n");
        let registries = Registries { hosts_dirs: vec![root.path().to_owned()], ..Registries::default() };
        let route = registries.route(&Reference::parse("r.test/a:v1").unwrap()).unwrap();
        let names: Vec<_> = route.endpoints().map(|endpoint| endpoint.registry.as_str()).collect();
        assert_eq!(names, ["m.test:80", "r.test"]);
        assert_eq!(route.origin.namespace, None);
    }

    #[test]
    fn a_file_without_a_server_is_about_the_registry_itself() {
        let (_root, file) = written("skip_verify = true\n");
        let file = file.unwrap();
        assert!(file.hosts.is_empty() && file.server.base.is_none() && !file.server.trust.verify);
        assert!(written("").1.is_ok());
    }

    #[test]
    fn an_empty_list_of_capabilities_is_none_and_their_case_says_nothing() {
        let (_root, file) = written("[host.'a']\ncapabilities = []\n[host.'b']\ncapabilities = ['Pull', 'PUSH']\n");
        let file = file.unwrap();
        let [a, b] = file.hosts.as_slice() else { panic!("{:?}", file.hosts) };
        assert_eq!((a.capabilities, a.capabilities_written), (Capabilities::MIRROR, false));
        assert_eq!(b.capabilities, Capabilities { pull: true, resolve: false, push: true });
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            ("server = 5\n", "F:1: server: expected a string, found an integer"),
            ("\nserver = 'ftp://a.test'\n", "F:2: \"ftp://a.test\" is not the URL"),
            ("server = 'https://u:hunter2@a.test'\n", "F:1: a URL here has no user name"),
            ("[host.'https://a.test?x']\n", "F:1: a URL here has no query"),
            ("[host.'https://a.test']\ncapabilities = ['pull', 'drop']\n", "F:2: \"drop\" is none of"),
            ("[host.'https://a.test']\ncapabilities = 'pull'\n", "F:2: capabilities: expected a list"),
            ("[host.'https://a.test']\nca = 'missing.crt'\n", "F:2: cannot read "),
            ("[host.'https://a.test']\nca = 1\n", "F:2: ca: expected a string or a list"),
            ("client = [['client.pem', 'client.key', 'ca.crt']]\n", "F:1: client: expected"),
            ("client = [[]]\n", "F:1: client: expected"),
            ("skip_verify = 'yes'\n", "F:1: skip_verify: expected true or false"),
            ("[header]\n'a b' = 'x'\n", "F:2: \"a\" begins what is not the name of a header"),
            ("[header]\n'X-Key: hunter2' = 'x'\n", "F:2: \"X-Key\" begins what is not"),
            ("server = 'u:hunter2@m.test://'\n", "F:1: \"***@m.test://\" is not"),
            ("[header]\nx-a = \"hunter2\\u0007\"\n", "F:2: the value of x-a holds"),
            ("server = 'a'\nserver = 'b'\n", "F:2: "),
            ("host = ['a']\n", "F:1: host: expected a table"),
        ];
        for (text, start) in cases {
            let message = written(text).1.unwrap_err();
            assert!(message.starts_with(start) && !message.contains("hunter2"), "{text:?}: {message}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_looked_into_is_not_taken_for_missing() {
        let root = tempfile::tempdir().unwrap();
        let roots = [root.path().to_owned()];
        std::os::unix::fs::symlink("r.test", root.path().join("r.test")).unwrap();
        let message = read(&roots, &Registry::parse("r.test").unwrap()).unwrap_err().to_string();
        assert!(message.starts_with("cannot read ") && message.ends_with("/r.test"), "{message}");
        assert_eq!(certificate_dir(&roots, "r.test"), None);
        assert!(read(&roots, &Registry::parse("other.test").unwrap()).unwrap().is_none());
    }

    #[test]
    fn directories_are_found_by_name() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let roots = [one.path().to_owned(), two.path().to_owned()];
        let found = |name: &str| {
            let file = read(&roots, &Registry::parse(name).unwrap()).unwrap();
            file.map(|file| file.server.base.unwrap().host_str().unwrap().to_owned())
        };
        assert_eq!(found("r.test:5000"), None);
        let write = |root: &tempfile::TempDir, dir: &str, server: &str| {
            fs::create_dir_all(root.path().join(dir)).unwrap();
            fs::write(root.path().join(dir).join(FILE), format!("server = '{server}'\n")).unwrap();
        };
        write(&two, "_default", "all");
        assert_eq!(found("r.test:5000").as_deref(), Some("all"));
        write(&two, "r.test:5000", "plain");
        assert_eq!(found("r.test:5000").as_deref(), Some("plain"));
        write(&two, "r.test_5000_", "underscored");
        assert_eq!(found("r.test:5000").as_deref(), Some("underscored"));
        fs::create_dir(one.path().join("r.test:5000")).unwrap();
        assert_eq!(found("r.test:5000").as_deref(), Some("underscored"));
        assert_eq!(certificate_dir(&roots, "r.test:5000"), Some(one.path().join("r.test:5000")));
        write(&one, "r.test:5000", "first");
        assert_eq!(found("r.test:5000").as_deref(), Some("first"));
        assert_eq!(certificate_dir(&roots, "r.test:5000"), None);
        write(&one, "docker.io", "hub");
        assert_eq!(found("index.docker.io").as_deref(), Some("hub"));
        assert_eq!(certificate_dir(&roots, ".."), None);
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "\\PC*", url in "\\PC{0,12}") {
            let _ = written(&text);
            let _ = written(&format!("[host.'{url}']\nclient = [['{url}'], '']\nca = '{url}'"));
        }
    }
}
