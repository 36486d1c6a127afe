//! `index.json`: image-spec `image-layout.md`, "index.json file".
//!
//! Other tools write it too, so what is not ours stays: fields, annotations and whole entries that are not
//! understood here are kept as they are.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::Error;
use crate::model::{ANNOTATION_REF_NAME, Descriptor, MediaType};

/// The annotation that marks an image of which only some platforms are stored: their names, with commas between.
pub const ANNOTATION_PLATFORMS: &str = "rcr.platforms";

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
    fn parse(value: &Value) -> Option<Self> {
        let descriptor: Descriptor = serde_json::from_value(value.clone()).ok()?;
        let platforms = descriptor
            .annotations
            .get(ANNOTATION_PLATFORMS)
            .map(|list| list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect());
        Some(Self { name: descriptor.annotations.get(ANNOTATION_REF_NAME).cloned(), descriptor, platforms })
    }
}

/// The parsed file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Index {
    document: Map<String, Value>,
}

/// The file of a new store.
pub(super) fn empty() -> Vec<u8> {
    json!({ "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": [] }).to_string().into_bytes()
}

impl Index {
    /// Parses the bytes of the file at `path`. Anything but an index is an error: never an empty one.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let corrupt = |reason: String| Error::Corrupt { path: path.to_owned(), reason };
        if bytes.is_empty() {
            return Err(corrupt("the file is empty".to_owned()));
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
        let Value::Object(mut document) = value else { return Err(corrupt("it is not a JSON object".to_owned())) };
        if document.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
            return Err(corrupt("its schemaVersion is not 2".to_owned()));
        }
        match document.get("mediaType").map(Value::as_str) {
            None => {}
            Some(Some(text)) if text == MediaType::OCI_INDEX.as_str() => {}
            Some(_) => return Err(corrupt("its mediaType is not that of an image index".to_owned())),
        }
        match document.get_mut("manifests") {
            Some(Value::Array(entries)) if entries.iter().all(Value::is_object) => {}
            // Go programs write an empty list so.
            Some(list @ Value::Null) => *list = Value::Array(Vec::new()),
            _ => return Err(corrupt("its manifests are not a list of descriptors".to_owned())),
        }
        Ok(Self { document })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        Value::Object(self.document.clone()).to_string().into_bytes()
    }

    fn list(&self) -> &[Value] {
        self.document.get("manifests").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn list_mut(&mut self) -> Option<&mut Vec<Value>> {
        self.document.get_mut("manifests").and_then(Value::as_array_mut)
    }

    /// The entries that can be understood, and how many cannot.
    pub(super) fn entries(&self) -> (Vec<Entry>, usize) {
        let entries: Vec<Entry> = self.list().iter().filter_map(Entry::parse).collect();
        let unknown = self.list().len() - entries.len();
        (entries, unknown)
    }

    /// The entry of that name; the first, where another tool wrote several.
    pub(super) fn get(&self, name: &str) -> Option<Entry> {
        self.list().iter().find(|value| name_of(value) == Some(name)).and_then(Entry::parse)
    }

    /// Puts `entry` under `name`, in place of whatever has the name. Annotations that an entry for the same content
    /// has already stay.
    pub(super) fn set(&mut self, name: &str, entry: &Entry) -> Result<(), serde_json::Error> {
        let mut new = serde_json::to_value(&entry.descriptor)?;
        let Some(list) = self.list_mut() else { return Ok(()) };
        let at = list.iter().position(|value| name_of(value) == Some(name));
        if let Some(old) = at.and_then(|at| list.get(at))
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
        match at.and_then(|at| list.get_mut(at)) {
            Some(place) => *place = new,
            None => list.push(new),
        }
        let mut first = true;
        list.retain(|value| name_of(value) != Some(name) || std::mem::take(&mut first));
        Ok(())
    }

    /// Removes whatever has the name.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(list) = self.list_mut() {
            list.retain(|value| name_of(value) != Some(name));
        }
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
        Index::parse(Path::new("index.json"), text.as_bytes())
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
        assert!(Index::parse(Path::new("x"), &empty()).is_ok());
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
        let before = index.clone();
        let mut entry = index.get("ours").unwrap();
        assert_eq!(entry.platforms, Some(BTreeSet::from(["linux/amd64".to_owned()])));
        index.set("ours", &entry).unwrap();
        assert_eq!(index, before, "the same entry again changes nothing");
        entry.platforms = None;
        index.set("ours", &entry).unwrap();
        let (was, is) = (before.list(), index.list());
        assert_eq!((&was[0], &was[2]), (&is[0], &is[2]));
        assert_eq!(is[1]["more"], json!([1]));
        assert_eq!(is[1]["annotations"], json!({ ANNOTATION_REF_NAME: "ours", "kept": "yes" }));
        assert_eq!(index.document["x"], before.document["x"]);
        assert_eq!(index.entries().1, 1, "the entry with the unknown algorithm is counted");
        index.remove("ours");
        assert_eq!(index.list(), [was[0].clone(), was[2].clone()]);
    }

    #[test]
    fn of_several_entries_of_one_name_one_remains() {
        let entry = |digit: &str| {
            json!({ "mediaType": "m/n", "digest": format!("sha256:{}", digit.repeat(64)), "size": 7,
                    "annotations": { ANNOTATION_REF_NAME: "twice" } })
        };
        let mut index =
            parse(&json!({ "schemaVersion": 2, "manifests": [entry("1"), entry("2")] }).to_string()).unwrap();
        let second = Entry::parse(&entry("2")).unwrap();
        index.set("twice", &second).unwrap();
        assert_eq!(index.entries().0, [second]);
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
            let before = index.clone();
            let digest = format!("sha256:{}", "0".repeat(64));
            let entry = Entry::parse(&json!({ "mediaType": "m/n", "digest": digest, "size": 7 })).unwrap();
            index.set("host/name:tag", &entry).unwrap();
            prop_assert_eq!(index.get("host/name:tag").map(|found| found.descriptor.digest), Some(entry.descriptor.digest));
            index = Index::parse(Path::new("x"), &index.bytes()).unwrap();
            index.remove("host/name:tag");
            prop_assert_eq!(index, before);
        }

        #[test]
        fn bytes_of_any_kind_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(index) = Index::parse(Path::new("x"), &bytes) {
                prop_assert_eq!(Index::parse(Path::new("x"), &index.bytes()).ok(), Some(index));
            }
        }
    }
}
