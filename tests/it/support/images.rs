//! Images made for one test: real gzipped tar layers, configurations and manifests, written by hand so that every
//! byte is the test's own.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// OCI image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// OCI image configuration.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// OCI gzipped layer.
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Docker manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// `sha256:...` of these bytes.
pub fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("a string grows");
        digits
    })
}

/// Bytes with the media type that descriptors give them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its media type.
    pub media_type: String,
    /// The exact bytes.
    pub bytes: Vec<u8>,
}

impl Document {
    /// A document of these bytes.
    pub fn new(media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { media_type: media_type.to_owned(), bytes: bytes.into() }
    }

    /// Its digest.
    pub fn digest(&self) -> String {
        digest_of(&self.bytes)
    }

    /// The part of the digest behind the colon.
    pub fn hex(&self) -> String {
        self.digest()["sha256:".len()..].to_owned()
    }

    /// Its descriptor.
    pub fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "digest": self.digest(), "size": self.bytes.len()})
    }

    /// The document as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("a JSON document")
    }
}

/// An image or an index, with everything that it refers to.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Its manifest.
    pub manifest: Document,
    /// Configuration first, then the layers; nothing for an index.
    pub blobs: Vec<Document>,
    /// The images of an index.
    pub children: Vec<Artifact>,
}

/// What an image is to be like.
#[derive(Clone, Debug)]
pub struct ImageSpec {
    seed: u64,
    platform: String,
    layer_sizes: Vec<usize>,
    docker: bool,
}

impl ImageSpec {
    /// For `os/architecture[/variant]`.
    pub fn platform(mut self, platform: &str) -> Self {
        platform.clone_into(&mut self.platform);
        self
    }

    /// One layer per size; the file in it has that many bytes.
    pub fn layers(mut self, sizes: &[usize]) -> Self {
        self.layer_sizes = sizes.to_vec();
        self
    }

    /// In Docker's media types.
    pub fn docker(mut self) -> Self {
        self.docker = true;
        self
    }

    /// The image.
    pub fn build(self) -> Artifact {
        let (manifest_type, config_type, layer_type) = if self.docker {
            (DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER)
        } else {
            (OCI_MANIFEST, OCI_CONFIG, OCI_LAYER)
        };
        let tars: Vec<_> = self
            .layer_sizes
            .iter()
            .enumerate()
            .map(|(n, &size)| tar(&format!("file-{n}"), &noise(self.seed.wrapping_mul(1000) + n as u64, size)))
            .collect();
        let layers: Vec<_> = tars.iter().map(|tar| Document::new(layer_type, gzip(tar))).collect();
        let history: Vec<_> = (0..tars.len())
            .map(|n| json!({"created": "2024-01-02T03:04:05Z", "created_by": format!("COPY file-{n} /")}))
            .collect();
        let mut config = platform_json(&self.platform);
        config["created"] = json!("2024-01-02T03:04:05Z");
        config["config"] = json!({"Cmd": ["/file-0"], "Labels": {"seed": self.seed.to_string()}});
        config["rootfs"] =
            json!({"type": "layers", "diff_ids": tars.iter().map(|tar| digest_of(tar)).collect::<Vec<_>>()});
        config["history"] = json!(history);
        let config = Document::new(config_type, config.to_string());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": manifest_type,
            "config": config.descriptor(),
            "layers": layers.iter().map(Document::descriptor).collect::<Vec<_>>(),
        });
        let manifest = Document::new(manifest_type, manifest.to_string());
        Artifact { manifest, blobs: std::iter::once(config).chain(layers).collect(), children: Vec::new() }
    }
}

impl Artifact {
    /// An image of this machine's platform with two small layers. Different seeds share no bytes.
    pub fn image(seed: u64) -> ImageSpec {
        ImageSpec { seed, platform: host_platform(), layer_sizes: vec![2000, 3000], docker: false }
    }

    /// An index of images for these platforms.
    pub fn index(seed: u64, platforms: &[&str]) -> Self {
        let children = platforms
            .iter()
            .enumerate()
            .map(|(n, platform)| Self::image(seed * 100 + n as u64).platform(platform).build())
            .collect();
        Self::index_of(children, OCI_INDEX)
    }

    /// Five platforms, and the attestation of one of them as BuildKit writes it.
    pub fn five_platforms(seed: u64) -> Self {
        let platforms = ["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "linux/386", "linux/s390x"];
        let mut index = Self::index(seed, &platforms);
        let statement =
            Document::new("application/vnd.in-toto+json", r#"{"_type":"https://in-toto.io/Statement/v0.1"}"#);
        let config = Document::new(
            OCI_CONFIG,
            r#"{"architecture":"unknown","os":"unknown","rootfs":{"type":"layers","diff_ids":[]}}"#,
        );
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": config.descriptor(),
            "layers": [statement.descriptor()],
        });
        let manifest = Document::new(OCI_MANIFEST, manifest.to_string());
        let attestation = Self { manifest, blobs: vec![config, statement], children: Vec::new() };
        let subject = index.children[0].digest();
        index.children.push(attestation);
        let mut document = Self::index_of(index.children, OCI_INDEX);
        let mut value = document.manifest.json();
        value["manifests"][5]["annotations"] =
            json!({"vnd.docker.reference.digest": subject, "vnd.docker.reference.type": "attestation-manifest"});
        document.manifest = Document::new(OCI_INDEX, value.to_string());
        document
    }

    /// An index of these images.
    pub fn index_of(children: Vec<Self>, media_type: &str) -> Self {
        let entries: Vec<_> = children
            .iter()
            .map(|child| {
                let mut entry = child.manifest.descriptor();
                let config = child.blobs[0].json();
                entry["platform"] = json!({"os": config["os"], "architecture": config["architecture"]});
                if let Some(variant) = config.get("variant") {
                    entry["platform"]["variant"] = variant.clone();
                }
                entry
            })
            .collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": entries});
        Self { manifest: Document::new(media_type, manifest.to_string()), blobs: Vec::new(), children }
    }

    /// The digest of its manifest.
    pub fn digest(&self) -> String {
        self.manifest.digest()
    }

    /// The layers, without the configuration.
    pub fn layers(&self) -> &[Document] {
        &self.blobs[1..]
    }

    /// Its configuration.
    pub fn config(&self) -> &Document {
        &self.blobs[0]
    }

    /// The child for this machine's platform.
    pub fn host_child(&self) -> &Self {
        let host = platform_json(&host_platform());
        self.children
            .iter()
            .find(|child| child.config().json()["architecture"] == host["architecture"])
            .expect("a child for this machine")
    }

    /// Every document in it: blobs first, parents last.
    pub fn documents(&self) -> Vec<&Document> {
        let mut all: Vec<_> = self.children.iter().flat_map(Self::documents).collect();
        all.extend(&self.blobs);
        all.push(&self.manifest);
        all
    }

    /// The hexadecimal digests of every document in it, sorted.
    pub fn hexes(&self) -> Vec<String> {
        let mut hexes: Vec<_> = self.documents().iter().map(|document| document.hex()).collect();
        hexes.sort();
        hexes.dedup();
        hexes
    }

    /// Writes it as an OCI layout in which it is called `tag`.
    pub fn write_layout(&self, directory: &Path, tag: &str) {
        let blobs = directory.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        for document in self.documents() {
            fs::write(blobs.join(document.hex()), &document.bytes).unwrap();
        }
        let mut entry = self.manifest.descriptor();
        entry["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        let index = json!({"schemaVersion": 2, "manifests": [entry]});
        fs::write(directory.join("index.json"), index.to_string()).unwrap();
        fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    }
}

/// `linux/` and this machine's architecture in the specification's words.
pub fn host_platform() -> String {
    match std::env::consts::ARCH {
        "x86_64" => "linux/amd64".to_owned(),
        "aarch64" => "linux/arm64".to_owned(),
        other => format!("linux/{other}"),
    }
}

fn platform_json(platform: &str) -> Value {
    let mut parts = platform.split('/');
    let mut value = json!({"os": parts.next(), "architecture": parts.next()});
    if let Some(variant) = parts.next() {
        value["variant"] = json!(variant);
    }
    value
}

/// Bytes that do not repeat, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A tar archive with one file (POSIX.1-1988 ustar).
fn tar(name: &str, contents: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", contents.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend(contents);
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}

/// A gzip member of stored blocks (RFC 1951, 3.2.4; RFC 1952).
fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks: Vec<_> = data.chunks(65_535).collect();
    for (n, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).expect("at most 65535");
        out.push(u8::from(n + 1 == blocks.len()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(*block);
    }
    out.extend(crc32(data).to_le_bytes());
    out.extend(u32::try_from(data.len()).expect("less than 4 GiB").to_le_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn the_checksum_is_the_one_of_gzip() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}
