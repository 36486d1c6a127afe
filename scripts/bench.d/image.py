"""Images of incompressible layers: as an OCI layout, and as what CNCF Distribution keeps on disk."""

import hashlib
import json
import os
import platform
import random
import re
import tarfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from measure import MIB

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
TAG = "latest"
PLATFORMS = ["amd64", "arm64", "arm", "ppc64le", "s390x"]


@dataclass
class Image:
    """What was made: the digest its name stands for, and every manifest and blob below it with its size."""

    name: str
    digest: str = ""
    manifests: dict = field(default_factory=dict)
    blobs: dict = field(default_factory=dict)

    @property
    def repository(self):
        return f"bench/{self.name.lower()}"

    @property
    def total_bytes(self):
        return sum(self.blobs.values())

    @property
    def is_index(self):
        return len(self.manifests) > 1


class Layout:
    """An OCI image layout in the making."""

    def __init__(self, folder):
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)

    def add(self, data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        (self.blobs / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def add_layer(self, size_bytes, seed):
        """A gzipped tar of one file of random bytes: its descriptor and diff id. Never all in memory."""
        temporary = self.blobs / "layer"
        source, packer = random.Random(seed), zlib.compressobj(0, zlib.DEFLATED, 31)
        packed, unpacked, written = hashlib.sha256(), hashlib.sha256(), 0
        header = tarfile.TarInfo(f"data-{seed}")
        header.size = size_bytes
        with temporary.open("wb") as sink:

            def feed(data, last=False):
                nonlocal written
                unpacked.update(data)
                piece = packer.compress(data) + (packer.flush() if last else b"")
                packed.update(piece)
                written += sink.write(piece)

            feed(header.tobuf(tarfile.PAX_FORMAT))
            left = size_bytes
            while left:
                piece = source.randbytes(min(MIB, left))
                left -= len(piece)
                feed(piece)
            feed(b"\0" * (-size_bytes % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE), last=True)
        temporary.rename(self.blobs / packed.hexdigest())
        return {"mediaType": LAYER, "digest": f"sha256:{packed.hexdigest()}", "size": written}, unpacked.hexdigest()

    def add_manifest(self, image, layers, architecture):
        """A manifest over layers as `add_layer` returns them: its descriptor."""
        config = {
            "architecture": architecture,
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}" for _, diff_id in layers]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.add(json.dumps(config).encode(), CONFIG),
            "layers": [descriptor for descriptor, _ in layers],
        }
        for descriptor in [manifest["config"], *manifest["layers"]]:
            image.blobs[descriptor["digest"]] = descriptor["size"]
        descriptor = self.add(json.dumps(manifest).encode(), MANIFEST)
        image.manifests[descriptor["digest"]] = descriptor["size"]
        return descriptor

    def finish(self, entries):
        """Writes the entry points: pairs of a descriptor and a name."""
        named = [entry | {"annotations": {"org.opencontainers.image.ref.name": name}} for entry, name in entries]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": named}
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        (self.folder / "index.json").write_text(json.dumps(index))


def parse(name):
    """`10x6M` is ten layers of 6 MiB: count and size, or None."""
    match = re.fullmatch(r"([1-9]\d*)x(\d+)([KMG]?)", name)
    return (int(match[1]), int(match[2]) * UNITS[match[3]]) if match else None


def size_of(name):
    """About how many bytes an image has."""
    count, size = parse(name) or (20, 2 * MIB)
    return count * size


def make(folder, name):
    """Writes a layout with the image of that name.

    It has two entries: skopeo names an image by its bare tag, rcr by the whole reference.
    """
    layout, image = Layout(folder), Image(name)
    if shape := parse(name):
        own = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        layers = [layout.add_layer(shape[1], f"{name}-{number}") for number in range(shape[0])]
        top = layout.add_manifest(image, layers, own)
    else:
        top = five_platforms(layout, image)
    image.digest = top["digest"]
    layout.finish([(top, TAG), (top, local_name(image))])
    return image


def five_platforms(layout, image):
    """An index: each platform has three layers of its own of 1, 3 and 4 MiB, and one of 2 MiB that all have."""
    shared = layout.add_layer(2 * MIB, "shared")
    entries = []
    for architecture in PLATFORMS:
        own = [layout.add_layer(size * MIB, f"{architecture}-{size}") for size in (1, 3, 4)]
        entry = layout.add_manifest(image, [shared, *own], architecture)
        entries.append(entry | {"platform": {"os": "linux", "architecture": architecture}})
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
    top = layout.add(json.dumps(index).encode(), INDEX)
    image.manifests[top["digest"]] = top["size"]
    return top


def local_name(image):
    return f"localhost/{image.repository}:{TAG}"


def missing_from(folder, image):
    """What a layout lacks of an image, by the sizes of the files."""
    sizes = image.manifests | image.blobs
    files = {digest: Path(folder, "blobs", *digest.split(":")) for digest in sizes}
    return [digest for digest, file in files.items() if not file.is_file() or file.stat().st_size != sizes[digest]]


def publish(layout, image, registry_data):
    """Puts an image where a registry with that folder has it, by hard links: no second copy, no upload."""
    root = registry_data / "docker" / "registry" / "v2"
    repository = root / "repositories" / image.repository

    def link(place, digest):
        place.mkdir(parents=True, exist_ok=True)
        (place / "link").write_text(digest)

    for digest in image.manifests | image.blobs:
        algorithm, encoded = digest.split(":")
        data = root / "blobs" / algorithm / encoded[:2] / encoded / "data"
        data.parent.mkdir(parents=True, exist_ok=True)
        os.link(layout / "blobs" / algorithm / encoded, data)
        kind = "_manifests/revisions" if digest in image.manifests else "_layers"
        link(repository / kind / algorithm / encoded, digest)
    tag = repository / "_manifests" / "tags" / TAG
    link(tag / "current", image.digest)
    link(tag / "index" / image.digest.replace(":", "/"), image.digest)


def make_store(folder, tag_count, blobs_per_tag, host):
    """A layout of many small images, `blobs_per_tag` blobs each, with names as rcr gives them."""
    layout, scrap, entries = Layout(folder), Image("scrap"), []
    for number in range(tag_count):
        layers = []
        for layer in range(blobs_per_tag - 2):
            # What is in them does not matter here: nothing in these layers is moved.
            descriptor = layout.add(f"{number}-{layer}".encode(), LAYER)
            layers.append((descriptor, descriptor["digest"].removeprefix("sha256:")))
        entries.append((layout.add_manifest(scrap, layers, "amd64"), f"{host}/bench/many:t{number}"))
    layout.finish(entries)
