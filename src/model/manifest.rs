//! Image manifests and indexes: image-spec `manifest.md` and `image-index.md`, and Docker's schema 2 of both.
//!
//! The digest of a document is always that of the bytes received; nothing here is serialised back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::descriptor::null_default;
use super::{Descriptor, Kind, MediaType, Platform};

/// A parsed image or artifact manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    /// The media type stated in the body.
    #[serde(default)]
    pub media_type: Option<MediaType>,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, lowest first.
    #[serde(default, deserialize_with = "null_default")]
    pub layers: Vec<Descriptor>,
    /// The manifest that this one is attached to.
    #[serde(default)]
    pub subject: Option<Descriptor>,
    /// The type of artifact, where it is not an image.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// Free-form annotations.
    #[serde(default, deserialize_with = "null_default")]
    pub annotations: BTreeMap<String, String>,
}

/// A parsed index (Docker: manifest list).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageIndex {
    /// The media type stated in the body.
    #[serde(default)]
    pub media_type: Option<MediaType>,
    /// The manifests, one per platform, and whatever else rides along.
    #[serde(default, deserialize_with = "null_default")]
    pub manifests: Vec<Descriptor>,
    /// The manifest that this index is attached to.
    #[serde(default)]
    pub subject: Option<Descriptor>,
    /// Free-form annotations.
    #[serde(default, deserialize_with = "null_default")]
    pub annotations: BTreeMap<String, String>,
}

/// Either of the two documents that a tag can point at.
#[derive(Clone, Debug)]
pub enum Manifest {
    /// One image.
    Image(ImageManifest),
    /// Several images, chosen by platform.
    Index(ImageIndex),
}

/// Why received bytes are not accepted as a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, or not of the shape the specification requires.
    #[error("the manifest does not parse: {0}")]
    Malformed(String),
    /// It could be read as two kinds of document (GHSA-mc8v-mgrf-8f4m, GHSA-77vh-xpmg-72qh).
    #[error("the manifest is ambiguous: {0}")]
    Ambiguous(String),
    /// Docker's schema 1, which no longer can be verified by its content.
    #[error("the manifest is Docker's schema 1, retired since 2017 and not supported")]
    Schema1,
    /// A media type that is neither a manifest nor an index.
    #[error("the document is a {0}, not an image manifest or index")]
    UnknownType(String),
}

/// The deepest nesting of indexes that is followed.
pub const MAX_INDEX_DEPTH: usize = 8;
/// The most descriptors that one document may list.
const MAX_DESCRIPTORS: usize = 10_000;

impl Manifest {
    /// Parses a document whose media type the server, or the parent descriptor, stated as `stated`.
    ///
    /// The validated body decides: a missing or unhelpful stated type (`text/plain`) is overruled by it, a
    /// contradicting one is refused.
    ///
    /// # Errors
    /// See [`DocumentError`]: schema 1, ambiguity, or a shape that is neither manifest nor index.
    pub fn parse(bytes: &[u8], stated: Option<&MediaType>) -> Result<Self, DocumentError> {
        let Outline { keys, media_type, schema_version } =
            serde_json::from_slice(bytes).map_err(|e| DocumentError::Malformed(e.to_string()))?;
        let body_kind = media_type.as_ref().map(MediaType::kind);
        let stated_kind = stated.map_or(Kind::Other, MediaType::kind);
        if schema_version == Some(1)
            || keys.contains("fslayers")
            || stated_kind == Kind::Schema1
            || body_kind == Some(Kind::Schema1)
        {
            let alone = !keys.contains("layers") && !keys.contains("manifests") && !keys.contains("config");
            return Err(if alone {
                DocumentError::Schema1
            } else {
                DocumentError::Ambiguous("it has schema 1 fields beside those of a later manifest".into())
            });
        }
        if let Some(other) = schema_version.filter(|version| *version != 2) {
            return Err(DocumentError::Malformed(format!("its schemaVersion is {other}, not 2")));
        }
        let (image, index) = (keys.contains("config") || keys.contains("layers"), keys.contains("manifests"));
        let kind = match (image, index) {
            (true, true) => {
                return Err(DocumentError::Ambiguous("it has both `manifests` and the fields of an image".into()));
            }
            (true, false) => Kind::Manifest,
            (false, true) => Kind::Index,
            (false, false) => match body_kind {
                Some(kind @ (Kind::Index | Kind::Manifest)) => kind,
                _ if matches!(stated_kind, Kind::Index | Kind::Manifest) => stated_kind,
                _ => {
                    let name = media_type.as_ref().or(stated).map_or("document without a type", MediaType::as_str);
                    return Err(DocumentError::UnknownType(name.to_owned()));
                }
            },
        };
        if let Some(body) = &media_type {
            if body.kind() != kind {
                return Err(DocumentError::Ambiguous(format!("its mediaType {body} contradicts its fields")));
            }
            if let Some(stated) = stated
                && stated_kind != Kind::Other
                && stated != body
            {
                return Err(DocumentError::Ambiguous(format!("it says {body} and was announced as {stated}")));
            }
        } else if stated_kind != Kind::Other && stated_kind != kind {
            let stated = stated.map_or("", MediaType::as_str);
            return Err(DocumentError::Ambiguous(format!("its fields contradict the announced type {stated}")));
        }
        let manifest = match kind {
            Kind::Index => serde_json::from_slice(bytes).map(Self::Index),
            _ => serde_json::from_slice(bytes).map(Self::Image),
        }
        .map_err(|e| DocumentError::Malformed(e.to_string()))?;
        let count = manifest.children().count();
        if count > MAX_DESCRIPTORS {
            return Err(DocumentError::Malformed(format!("it lists {count} descriptors, more than {MAX_DESCRIPTORS}")));
        }
        Ok(manifest)
    }

    /// The media type to record: the body's, else the stated one where it fits, else OCI's.
    #[must_use]
    pub fn media_type(&self, stated: Option<&MediaType>) -> MediaType {
        let (body, kind, default) = match self {
            Self::Image(m) => (&m.media_type, Kind::Manifest, MediaType::OCI_MANIFEST),
            Self::Index(i) => (&i.media_type, Kind::Index, MediaType::OCI_INDEX),
        };
        body.clone().or_else(|| stated.filter(|s| s.kind() == kind).cloned()).unwrap_or(default)
    }

    /// Everything this document points at, except its subject: config and layers, or child manifests.
    pub fn children(&self) -> impl Iterator<Item = &Descriptor> {
        let (config, rest) = match self {
            Self::Image(m) => (Some(&m.config), &m.layers),
            Self::Index(i) => (None, &i.manifests),
        };
        config.into_iter().chain(rest)
    }
}

impl ImageIndex {
    /// The entries that are images of a stated platform: attestations (`unknown/unknown`) are left out.
    pub fn images(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().filter(|d| {
            d.platform.as_ref().is_none_or(|p| !p.is_unknown())
                && !d.annotations.contains_key("vnd.docker.reference.type")
        })
    }

    /// The platforms on offer, in the index's order.
    #[must_use]
    pub fn platforms(&self) -> Vec<Platform> {
        self.images().filter_map(|d| d.platform.clone()).collect()
    }

    /// The entry that serves `wanted` best; the first of equals. An index whose single image states no platform
    /// offers that image for any.
    #[must_use]
    pub fn select(&self, wanted: &Platform) -> Option<&Descriptor> {
        let ranked = self
            .images()
            .enumerate()
            .filter_map(|(at, d)| Some((d.platform.as_ref()?.serves(wanted)?, at, d)))
            .min_by_key(|(rank, at, _)| (*rank, *at))
            .map(|(_, _, d)| d);
        ranked.or_else(|| {
            let mut images = self.images();
            images.next().filter(|d| d.platform.is_none() && images.next().is_none())
        })
    }
}

/// The top-level keys of a JSON object, in lower case, with the two values that decide its kind.
struct Outline {
    keys: BTreeSet<String>,
    media_type: Option<MediaType>,
    schema_version: Option<u64>,
}

/// Keys that make a document ambiguous when they stand twice, or in another case than the specification's.
const ESSENTIAL: [&str; 7] = ["mediaType", "schemaVersion", "config", "layers", "manifests", "subject", "fsLayers"];

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Outline;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
                use serde::de::Error;
                let mut outline = Outline { keys: BTreeSet::new(), media_type: None, schema_version: None };
                while let Some(key) = map.next_key::<String>()? {
                    let folded = key.to_ascii_lowercase();
                    if let Some(proper) = ESSENTIAL.iter().find(|e| e.eq_ignore_ascii_case(&key)) {
                        if *proper != key {
                            return Err(A::Error::custom(format_args!(
                                "the key {key:?} differs from {proper:?} in case only"
                            )));
                        }
                        if outline.keys.contains(&folded) {
                            return Err(A::Error::custom(format_args!("the key {key:?} stands twice")));
                        }
                    }
                    match key.as_str() {
                        "mediaType" => {
                            outline.media_type = map
                                .next_value::<Option<String>>()?
                                .filter(|t| !t.is_empty())
                                .map(|t| MediaType::new(&t));
                        }
                        "schemaVersion" => outline.schema_version = map.next_value::<Option<u64>>()?,
                        _ => {
                            map.next_value::<Skipped>()?;
                        }
                    }
                    outline.keys.insert(folded);
                }
                Ok(outline)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// Any JSON value, dropped; unlike `IgnoredAny` it recurses, so that the parser's limit on nesting holds.
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Skipped {
    type Value = Self;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }
    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(Self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(Self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, Self>()?.is_some() {}
        Ok(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest() -> String {
        format!("sha256:{}", "0".repeat(64))
    }
    fn descriptor(kind: &str) -> String {
        format!(r#"{{"mediaType":"{kind}","digest":"{}","size":1}}"#, digest())
    }
    fn image() -> String {
        format!(r#""config":{},"layers":[{}]"#, descriptor("a/b"), descriptor("c/d"))
    }

    #[test]
    fn accepts_manifests_and_indexes_of_both_families() {
        let oci = MediaType::OCI_MANIFEST;
        let cases = [
            (format!(r#"{{"schemaVersion":2,"mediaType":"{oci}",{}}}"#, image()), Some(oci.clone())),
            (format!(r#"{{"schemaVersion":2,{}}}"#, image()), Some(MediaType::DOCKER_MANIFEST)),
            (format!(r#"{{"schemaVersion":2,{}}}"#, image()), Some(MediaType::new("text/plain"))),
            (format!(r#"{{"schemaVersion":2,"config":{},"layers":null}}"#, descriptor("a/b")), None),
            (r#"{"schemaVersion":2,"manifests":null}"#.to_owned(), Some(MediaType::OCI_INDEX)),
        ];
        for (body, stated) in cases {
            assert!(Manifest::parse(body.as_bytes(), stated.as_ref()).is_ok(), "{body} as {stated:?}");
        }
    }

    #[test]
    fn the_recorded_type_is_the_bodys_then_the_stated_one() {
        let body = format!(r#"{{"schemaVersion":2,{}}}"#, image());
        let parse =
            |stated: MediaType| Manifest::parse(body.as_bytes(), Some(&stated)).map(|m| m.media_type(Some(&stated)));
        assert_eq!(parse(MediaType::DOCKER_MANIFEST), Ok(MediaType::DOCKER_MANIFEST));
        assert_eq!(parse(MediaType::new("text/plain")), Ok(MediaType::OCI_MANIFEST));
    }

    #[test]
    fn refuses_documents_with_two_readings() {
        let (oci, index) = (MediaType::OCI_MANIFEST, MediaType::OCI_INDEX);
        let cases = [
            ("manifests beside layers", format!(r#"{{{},"manifests":[]}}"#, image()), None),
            ("manifests beside config", format!(r#"{{"manifests":[],"config":{}}}"#, descriptor("a/b")), None),
            ("fsLayers beside layers", format!(r#"{{"fsLayers":[],{}}}"#, image()), None),
            ("body against header", format!(r#"{{"mediaType":"{oci}",{}}}"#, image()), Some(index.clone())),
            (
                "family against header",
                format!(r#"{{"mediaType":"{oci}",{}}}"#, image()),
                Some(MediaType::DOCKER_MANIFEST),
            ),
            ("fields against header", format!("{{{}}}", image()), Some(index.clone())),
            ("fields against body", format!(r#"{{"mediaType":"{index}",{}}}"#, image()), None),
        ];
        for (name, body, stated) in cases {
            let got = Manifest::parse(body.as_bytes(), stated.as_ref());
            assert!(matches!(got, Err(DocumentError::Ambiguous(_))), "{name}: {got:?}");
        }
    }

    #[test]
    fn refuses_malformed_documents() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let many = format!(r#"{{"manifests":[{}]}}"#, vec![descriptor("a/b"); MAX_DESCRIPTORS + 1].join(","));
        let cases = [
            ("case variant", format!(r#"{{"Layers":[],{}}}"#, image())),
            ("duplicate key", format!(r#"{{{},"layers":[]}}"#, image())),
            ("duplicate version", format!(r#"{{"schemaVersion":1,"schemaVersion":2,{}}}"#, image())),
            ("trailing data", format!("{{{}}} {{}}", image())),
            ("BOM", format!("\u{feff}{{{}}}", image())),
            ("NaN", format!(r#"{{"x":NaN,{}}}"#, image())),
            ("depth", format!(r#"{{"x":{deep},{}}}"#, image())),
            ("not an object", "[]".to_owned()),
            ("empty", String::new()),
            ("schema 3", format!(r#"{{"schemaVersion":3,{}}}"#, image())),
            ("fan-out", many),
            (
                "bad child digest",
                r#"{"config":{"mediaType":"a/b","digest":"sha384:00","size":1},"layers":[]}"#.to_owned(),
            ),
        ];
        for (name, body) in cases {
            let got = Manifest::parse(body.as_bytes(), None);
            assert!(matches!(got, Err(DocumentError::Malformed(_))), "{name}: {got:?}");
        }
    }

    #[test]
    fn schema_1_is_named() {
        for body in [r#"{"schemaVersion":1,"fsLayers":[],"name":"x"}"#, r#"{"schemaVersion":1,"signatures":[]}"#] {
            assert_eq!(Manifest::parse(body.as_bytes(), None).err(), Some(DocumentError::Schema1));
        }
    }

    #[test]
    fn attestations_are_neither_listed_nor_selected() {
        let entry =
            |platform: &str| format!(r#"{{"mediaType":"a/b","digest":"{}","size":1,"platform":{platform}}}"#, digest());
        let body = format!(
            r#"{{"manifests":[{},{}]}}"#,
            entry(r#"{"os":"unknown","architecture":"unknown"}"#),
            entry(r#"{"os":"linux","architecture":"amd64"}"#)
        );
        let Ok(Manifest::Index(index)) = Manifest::parse(body.as_bytes(), None) else { panic!("does not parse") };
        assert_eq!(index.platforms().len(), 1);
        let wanted = "linux/amd64".parse().unwrap_or_default();
        assert!(index.select(&wanted).is_some_and(|d| d.platform.as_ref().is_some_and(|p| p.os == "linux")));
        assert!(index.select(&"linux/s390x".parse().unwrap_or_default()).is_none());
    }

    proptest! {
        #[test]
        fn whatever_parses_has_one_reading(
            keys in proptest::collection::vec(
                prop_oneof![
                    Just("config"), Just("layers"), Just("manifests"), Just("Layers"), Just("fsLayers"), Just("mediaType"),
                    Just("schemaVersion"), Just("subject"), Just("other"),
                ],
                0..5,
            ),
            odd in proptest::option::weighted(0.2, 0_usize..200),
            stated in proptest::option::of(prop_oneof![Just(MediaType::OCI_MANIFEST), Just(MediaType::OCI_INDEX)]),
        ) {
            let value = |key: &str| match key {
                "config" | "subject" => descriptor("a/b"),
                "mediaType" => format!("\"{}\"", MediaType::OCI_MANIFEST),
                "schemaVersion" => "2".to_owned(),
                "other" => "{\"layers\":[[1e9]]}".to_owned(),
                _ => format!("[{}]", descriptor("c/d")),
            };
            let members: Vec<String> = keys.iter().map(|key| format!("\"{key}\":{}", value(key))).collect();
            let mut body = format!("{{{}}}", members.join(",")).into_bytes();
            if let Some(at) = odd.filter(|at| *at < body.len()) {
                body[at] ^= 0x11;
            }
            let parsed = Manifest::parse(&body, stated.as_ref());
            if odd.is_none() && parsed.is_ok() {
                let count = |wanted: &str| keys.iter().filter(|key| key.eq_ignore_ascii_case(wanted)).count();
                prop_assert!(count("manifests") == 0 || count("config") + count("layers") == 0, "{keys:?}");
                prop_assert!(ESSENTIAL.iter().all(|key| count(key) <= 1), "{keys:?}");
                prop_assert_eq!(count("fsLayers"), 0);
            }
        }
    }
}
