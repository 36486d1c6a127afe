//! `index.json`: image-spec `image-layout.md`, "index.json file".
//!
//! Other tools write it too, so what is not ours stays: fields, annotations and whole entries that are not
//! understood here are kept as they are.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Error;
use crate::model::{ANNOTATION_REF_NAME, Descriptor, MediaType};

/// The annotation that marks an image of which only some platforms are stored: their names, with commas between.
pub const ANNOTATION_PLATFORMS: &str = "rcr.platforms";

const MANIFESTS: &str = "manifests";
const NO_LIST: &str = "its manifests are not a list of descriptors";

/// One entry of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name: a canonical reference, where `rcr` wrote it.
    pub name: Option<String>,
    /// What the name stands for, with all its annotations.
    pub descriptor: Descriptor,
    /// The platforms that are stored, as `os/architecture[/variant]`; `None` is all there is.
    pub platforms: Option<BTreeSet<String>>,
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let descriptor: Descriptor = serde_json::from_str(text).ok()?;
        let platforms = descriptor
            .annotations
            .get(ANNOTATION_PLATFORMS)
            .map(|list| list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect());
        Some(Self { name: descriptor.annotations.get(ANNOTATION_REF_NAME).cloned(), descriptor, platforms })
    }
}

/// The file of a new store.
pub(super) fn empty() -> Vec<u8> {
    json!({ "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": [] }).to_string().into_bytes()
}

/// The file, taken apart as far as it takes: there may be ten thousand entries, and one of them is asked for. All of
/// it is known to be JSON; an entry is looked into when it may matter, and written as it was read unless it changed.
#[derive(Clone, Debug)]
pub(super) struct Index {
    text: String,
    /// The fields of the document in their order; what stands for `manifests` here is not used.
    fields: Vec<(String, Range<usize>)>,
    entries: Vec<Item>,
    changes: Vec<Change>,
}

/// An entry: where it stands in the text, or what it is now.
#[derive(Clone, Debug)]
enum Item {
    Kept(Range<usize>),
    New(String),
}

/// What happened to a name.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) name: String,
    pub(super) old: Option<Entry>,
    pub(super) new: Option<Entry>,
}

/// The document with its values as they stand in the text. Of a key that comes twice the last one counts.
#[derive(Default)]
struct Document<'a> {
    fields: Vec<(String, &'a RawValue)>,
    entries: Option<Vec<&'a RawValue>>,
}

impl<'de> Deserialize<'de> for Document<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Document<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut document = Document::default();
                while let Some(key) = map.next_key::<String>()? {
                    document.fields.retain(|(known, _)| *known != key);
                    if key == MANIFESTS {
                        // Go programs write `null` for an empty list.
                        document.entries = Some(map.next_value::<Option<_>>()?.unwrap_or_default());
                        document.fields.push((key, RawValue::NULL));
                    } else {
                        document.fields.push((key, map.next_value()?));
                    }
                }
                Ok(document)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl Index {
    /// Parses the bytes of the file at `path`. Anything but an index is an error: never an empty one.
    pub(super) fn parse(path: &Path, bytes: Vec<u8>) -> Result<Self, Error> {
        let corrupt = |reason: &str| Error::Corrupt { path: path.to_owned(), reason: reason.to_owned() };
        if bytes.is_empty() {
            return Err(corrupt("the file is empty"));
        }
        let text = String::from_utf8(bytes).map_err(|error| corrupt(&error.to_string()))?;
        let document: Document = serde_json::from_str(&text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data if text.trim_start().starts_with('{') => corrupt(NO_LIST),
            serde_json::error::Category::Data => corrupt("it is not a JSON object"),
            _ => corrupt(&error.to_string()),
        })?;
        let field = |name: &str| {
            let value = document.fields.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
            value.map(|value| serde_json::from_str::<Value>(value.get()).unwrap_or_default())
        };
        if field("schemaVersion").and_then(|version| version.as_u64()) != Some(2) {
            return Err(corrupt("its schemaVersion is not 2"));
        }
        if field("mediaType").is_some_and(|media_type| media_type.as_str() != Some(MediaType::OCI_INDEX.as_str())) {
            return Err(corrupt("its mediaType is not that of an image index"));
        }
        let place = |value: &RawValue| {
            let from = value.get().as_ptr() as usize - text.as_ptr() as usize;
            from..from + value.get().len()
        };
        let entries = match &document.entries {
            Some(entries) if entries.iter().all(|entry| entry.get().starts_with('{')) => {
                entries.iter().map(|entry| Item::Kept(place(entry))).collect()
            }
            _ => return Err(corrupt(NO_LIST)),
        };
        let fields = document.fields.into_iter().map(|(key, value)| {
            let place = if key == MANIFESTS { 0..0 } else { place(value) };
            (key, place)
        });
        let fields = fields.collect();
        Ok(Self { text, fields, entries, changes: Vec::new() })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut text = String::with_capacity(self.text.len() + 1024);
        text.push('{');
        for (at, (key, place)) in self.fields.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(&Value::from(key.as_str()).to_string());
            text.push(':');
            if key == MANIFESTS {
                self.push_entries(&mut text);
            } else {
                text.push_str(&self.text[place.clone()]);
            }
        }
        text.push('}');
        text.into_bytes()
    }

    fn push_entries(&self, text: &mut String) {
        text.push('[');
        for (at, entry) in self.texts().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(entry);
        }
        text.push(']');
    }

    /// The entries as they are written.
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|item| match item {
            Item::Kept(place) => &self.text[place.clone()],
            Item::New(text) => text.as_str(),
        })
    }

    /// The entries that can be understood, and how many cannot.
    pub(super) fn entries(&self) -> (Vec<Entry>, usize) {
        let entries: Vec<Entry> = self.texts().filter_map(Entry::parse).collect();
        let unknown = self.entries.len() - entries.len();
        (entries, unknown)
    }

    /// What was done to it since it was read.
    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The entry of that name; the first, where another tool wrote several.
    ///
    /// # Errors
    /// An entry that may have the name does not parse.
    pub(super) fn get(&self, name: &str) -> Result<Option<Entry>, serde_json::Error> {
        Ok(self.named(name)?.first().and_then(|(_, text)| Entry::parse(text)))
    }

    /// The entries of that name with their positions.
    fn named(&self, name: &str) -> Result<Vec<(usize, &str)>, serde_json::Error> {
        let mut found = Vec::new();
        for (at, text) in self.texts().enumerate() {
            // Without an escape in the text the name stands in it as it is.
            if (text.contains(name) || text.contains('\\'))
                && name_of(&serde_json::from_str::<Value>(text)?) == Some(name)
            {
                found.push((at, text));
            }
        }
        Ok(found)
    }

    /// Puts `entry` under `name`, in place of whatever has the name. Annotations that an entry for the same content
    /// has already stay.
    ///
    /// # Errors
    /// An entry that may have the name does not parse.
    pub(super) fn set(&mut self, name: &str, entry: &Entry) -> Result<(), serde_json::Error> {
        let mut new = serde_json::to_value(&entry.descriptor)?;
        let named = self.named(name)?;
        let old: Option<(usize, Value)> = match named.first() {
            Some((at, text)) => Some((*at, serde_json::from_str(text)?)),
            None => None,
        };
        if let Some((_, old)) = &old
            && old.get("digest") == new.get("digest")
        {
            let mut merged = old.clone();
            merge(&mut merged, new);
            new = merged;
        }
        if let Some(annotations) = annotations(&mut new) {
            annotations.insert(ANNOTATION_REF_NAME.to_owned(), name.into());
            annotations.remove(ANNOTATION_PLATFORMS);
            if let Some(platforms) = &entry.platforms {
                let list: Vec<&str> = platforms.iter().map(String::as_str).collect();
                annotations.insert(ANNOTATION_PLATFORMS.to_owned(), list.join(",").into());
            }
        }
        if named.len() == 1 && old.as_ref().is_some_and(|(_, old)| *old == new) {
            return Ok(());
        }
        let text = new.to_string();
        let (was, is) = (named.first().and_then(|(_, text)| Entry::parse(text)), Entry::parse(&text));
        let mut surplus: Vec<usize> = named.iter().skip(1).map(|(at, _)| *at).collect();
        match old.and_then(|(at, _)| self.entries.get_mut(at)) {
            Some(place) => *place = Item::New(text),
            None => self.entries.push(Item::New(text)),
        }
        while let Some(at) = surplus.pop() {
            self.entries.remove(at);
        }
        self.changes.push(Change { name: name.to_owned(), old: was, new: is });
        Ok(())
    }

    /// Removes whatever has the name.
    ///
    /// # Errors
    /// An entry that may have the name does not parse.
    pub(super) fn remove(&mut self, name: &str) -> Result<(), serde_json::Error> {
        let named = self.named(name)?;
        let Some((_, text)) = named.first() else { return Ok(()) };
        let old = Entry::parse(text);
        let mut places: Vec<usize> = named.iter().map(|(at, _)| *at).collect();
        while let Some(at) = places.pop() {
            self.entries.remove(at);
        }
        self.changes.push(Change { name: name.to_owned(), old, new: None });
        Ok(())
    }
}

fn name_of(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(ANNOTATION_REF_NAME)?.as_str()
}

/// The annotations of an entry, made where there are none.
fn annotations(entry: &mut Value) -> Option<&mut Map<String, Value>> {
    let place = entry.as_object_mut()?.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    place.as_object_mut()
}

/// Lays the fields of `new` over those of `old`, objects field by field.
fn merge(old: &mut Value, new: Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                merge(old.entry(key).or_insert(Value::Null), value);
            }
        }
        (old, new) => *old = new,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Index, Error> {
        Index::parse(Path::new("index.json"), text.as_bytes().to_vec())
    }

    /// What the file says, however it is written.
    fn value(index: &Index) -> Value {
        serde_json::from_slice(&index.bytes()).unwrap()
    }

    #[test]
    fn what_is_not_an_index_is_never_an_empty_one() {
        let cases = [
            ("empty", ""),
            ("truncated", r#"{"schemaVersion":2,"manif"#),
            ("not JSON", "hello"),
            ("a list", "[]"),
            ("schema 1", r#"{"schemaVersion":1,"manifests":[]}"#),
            ("no schema", r#"{"manifests":[]}"#),
            ("no manifests", r#"{"schemaVersion":2}"#),
            ("manifests of another shape", r#"{"schemaVersion":2,"manifests":{}}"#),
            ("an entry of another shape", r#"{"schemaVersion":2,"manifests":["x"]}"#),
            ("another document", r#"{"schemaVersion":2,"mediaType":"text/plain","manifests":[]}"#),
            ("NULs, as a crash leaves them", "\0\0\0\0"),
        ];
        for (name, text) in cases {
            assert!(matches!(parse(text), Err(Error::Corrupt { .. })), "{name}");
        }
        assert!(parse(r#"{"schemaVersion":2,"manifests":null}"#).is_ok());
        assert!(Index::parse(Path::new("x"), empty()).is_ok());
    }

    #[test]
    fn what_is_not_ours_stays() {
        let foreign = format!(
            r#"{{"schemaVersion":2,"x":{{"y":[1.5,null]}},"annotations":{{"a":"b"}},"manifests":[
                {{"mediaType":"m/n","digest":"sha384:00","size":7,"strange":true,
                  "annotations":{{"{ANNOTATION_REF_NAME}":"theirs"}}}},
                {{"mediaType":"m/n","digest":"sha256:{0}","size":7,"more":[1],
                  "annotations":{{"{ANNOTATION_REF_NAME}":"ours","kept":"yes","{ANNOTATION_PLATFORMS}":"linux/amd64"}}}},
                {{"mediaType":"m/n","digest":"sha256:{0}","size":7}}]}}"#,
            "0".repeat(64)
        );
        let mut index = parse(&foreign).unwrap();
        let before = value(&index);
        let mut entry = index.get("ours").unwrap().unwrap();
        assert_eq!(entry.platforms, Some(BTreeSet::from(["linux/amd64".to_owned()])));
        index.set("ours", &entry).unwrap();
        assert_eq!(value(&index), before, "the same entry again changes nothing");
        assert!(index.changes().is_empty());
        entry.platforms = None;
        index.set("ours", &entry).unwrap();
        let after = value(&index);
        let (was, is) = (&before["manifests"], &after["manifests"]);
        assert_eq!((&was[0], &was[2]), (&is[0], &is[2]));
        assert_eq!(is[1]["more"], json!([1]));
        assert_eq!(is[1]["annotations"], json!({ ANNOTATION_REF_NAME: "ours", "kept": "yes" }));
        assert_eq!((&after["x"], &after["annotations"]), (&before["x"], &before["annotations"]));
        assert_eq!(index.entries().1, 1, "the entry with the unknown algorithm is counted");
        index.remove("ours").unwrap();
        assert_eq!(value(&index)["manifests"], json!([was[0], was[2]]));
    }

    #[test]
    fn a_name_is_found_however_it_is_written_and_a_doubtful_entry_is_no_other_one() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let with = |annotations: &str| {
            let entry =
                format!(r#"{{"mediaType":"m/n","digest":"{digest}","size":7,"annotations":{{{annotations}}}}}"#);
            parse(&format!(r#"{{"schemaVersion":2,"manifests":[{entry}]}}"#)).unwrap()
        };
        for name in [r"host\/name:tag", r"host/n\u0061me:tag", "host/name:tag"] {
            let mut index = with(&format!(r#""{ANNOTATION_REF_NAME}":"{name}""#));
            assert!(index.get("host/name:tag").unwrap().is_some(), "{name}");
            index.remove("host/name:tag").unwrap();
            assert_eq!((index.entries.len(), index.changes().len()), (0, 1), "{name}");
        }
        let other = with(&format!(r#""{ANNOTATION_REF_NAME}":"host/name:tag-2","also":"host/name:tag""#));
        assert!(other.get("host/name:tag").unwrap().is_none());
        // Half a pair of surrogates: it passes for JSON until somebody reads it.
        let mut doubtful = with(&format!(r#""{ANNOTATION_REF_NAME}":"host/name:tag","x":"\ud800""#));
        assert!(doubtful.get("host/name:tag").is_err());
        assert!(doubtful.remove("host/name:tag").is_err());
        assert_eq!(doubtful.entries().1, 1);
    }

    #[test]
    fn of_a_field_that_comes_twice_the_last_one_counts() {
        let index =
            parse(r#"{"manifests":[{}],"a":1,"schemaVersion":1,"manifests":[],"schemaVersion":2,"a":2}"#).unwrap();
        assert_eq!(String::from_utf8(index.bytes()).unwrap(), r#"{"manifests":[],"schemaVersion":2,"a":2}"#);
    }

    #[test]
    fn of_several_entries_of_one_name_one_remains() {
        let entry = |digit: &str| {
            json!({ "mediaType": "m/n", "digest": format!("sha256:{}", digit.repeat(64)), "size": 7,
                    "annotations": { ANNOTATION_REF_NAME: "twice" } })
        };
        let mut index =
            parse(&json!({ "schemaVersion": 2, "manifests": [entry("1"), entry("2")] }).to_string()).unwrap();
        let second = Entry::parse(&entry("2").to_string()).unwrap();
        index.set("twice", &second).unwrap();
        assert_eq!(index.entries().0, [second]);
        let mut index =
            parse(&json!({ "schemaVersion": 2, "manifests": [entry("1"), entry("1")] }).to_string()).unwrap();
        index.remove("twice").unwrap();
        assert_eq!(index.entries().0, []);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            let key = prop_oneof![
                "[a-z]{1,3}".boxed(),
                Just("annotations".to_owned()).boxed(),
                Just("digest".to_owned()).boxed()
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_else_is_in_the_file_survives_a_tag_and_its_removal(
            entries in prop::collection::vec(json(), 0..4),
            extra in json(),
        ) {
            let entries: Vec<Value> = entries.into_iter().filter(Value::is_object).collect();
            let text = json!({ "schemaVersion": 2, "manifests": entries, "extra": extra }).to_string();
            let mut index = parse(&text).unwrap();
            let before = value(&index);
            let digest = format!("sha256:{}", "0".repeat(64));
            let entry = json!({ "mediaType": "m/n", "digest": digest, "size": 7 }).to_string();
            let entry = Entry::parse(&entry).unwrap();
            index.set("host/name:tag", &entry).unwrap();
            let found = index.get("host/name:tag").unwrap();
            prop_assert_eq!(found.map(|found| found.descriptor.digest), Some(entry.descriptor.digest));
            index = Index::parse(Path::new("x"), index.bytes()).unwrap();
            index.remove("host/name:tag").unwrap();
            prop_assert_eq!(value(&index), before);
        }

        #[test]
        fn bytes_of_any_kind_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(index) = Index::parse(Path::new("x"), bytes) {
                let again = Index::parse(Path::new("x"), index.bytes()).unwrap();
                prop_assert_eq!(again.bytes(), index.bytes());
            }
        }
    }
}
