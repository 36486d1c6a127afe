use crate::endpoint::Provenance;
use crate::model::{Platform, Reference};

/// A verb that cannot be carried out although every layer below works.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The image is not in the store.
    #[error("there is no image {reference} in the store")]
    NoSuchImage {
        /// What was asked for.
        reference: Reference,
    },
    /// None of what a name may stand for is in the store.
    #[error("none of the images that `{name}` may stand for is in the store: {}", joined(candidates))]
    NoneStored {
        /// The name, as typed.
        name: String,
        /// What it may stand for.
        candidates: Vec<Reference>,
    },
    /// A name without a host may stand for several images, and a setting wants one of them to be chosen.
    #[error(
        "`{name}` may stand for {}, and short-name-mode ({from}) wants one of them to be chosen",
        joined(candidates)
    )]
    Ambiguous {
        /// The name, as typed.
        name: String,
        /// What it may stand for.
        candidates: Vec<Reference>,
        /// Who wants it.
        from: Provenance,
    },
    /// A name without a host, and no registry to look for it at.
    #[error("`{name}` names no registry, and the list of registries to look for such names at is empty")]
    Nowhere {
        /// The name, as typed.
        name: String,
        /// It on Docker Hub, as an example.
        example: Reference,
    },
    /// An index has no image for a platform.
    #[error("there is no image for {wanted}; there are images for {}", list(available))]
    NoSuchPlatform {
        /// What was asked for.
        wanted: Platform,
        /// What is on offer.
        available: Vec<Platform>,
    },
    /// Only some platforms of an index are stored, and more than one.
    #[error(
        "only {} of this image are stored, and an index with some of its images missing cannot be pushed",
        list(stored)
    )]
    SparseIndex {
        /// What is stored.
        stored: Vec<Platform>,
        /// The image.
        reference: Reference,
    },
    /// An image that the command cannot work on because it holds several.
    #[error("the image holds {}; say which", list(available))]
    SeveralPlatforms {
        /// What it holds.
        available: Vec<Platform>,
    },
    /// An index that leads to itself or further than any image does.
    #[error("the indexes are nested more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// Indexes that list indexes that list more than any image has.
    #[error("the image consists of more than {limit} manifests")]
    TooManyDocuments {
        /// The limit.
        limit: usize,
    },
    /// A question has nobody to answer it.
    #[error("there is no terminal to ask for the {what} on")]
    NoTerminal {
        /// What would be asked for.
        what: &'static str,
        /// How to say it without a terminal.
        instead: String,
    },
    /// The command was given something that it cannot work with.
    #[error("{0}")]
    Usage(String),
}

fn list(platforms: &[Platform]) -> String {
    if platforms.is_empty() {
        return "no platform at all".to_owned();
    }
    joined(platforms)
}

fn joined(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
