//! What start-up and every transfer stand on: parsing a reference, parsing a manifest, hashing a blob.
//!
//! `cargo bench --bench parse` prints the best of several rounds, because noise only ever adds. Whole commands against
//! other programs are measured by `scripts/bench`.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rcr::content::{Verifier, digest_of};
use rcr::model::{Algorithm, Descriptor, Manifest, MediaType, Reference};

/// Rounds, of which the best counts.
const ROUNDS: u32 = 20;

/// The time that one of `count` calls took, in the best round.
fn best(count: u32, mut call: impl FnMut()) -> Duration {
    let round = |_| {
        let start = Instant::now();
        (0..count).for_each(|_| call());
        start.elapsed() / count
    };
    (0..ROUNDS).map(round).min().unwrap_or_default()
}

fn main() {
    let reference = "registry.example.com:5000/team/service/image:v1.2.3";
    let took = best(10_000, || {
        black_box(Reference::parse(black_box(reference)).is_ok());
    });
    println!("parse a reference                {took:>10.2?}");

    let digest = digest_of(Algorithm::Sha256, b"");
    let layer =
        format!(r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{digest}","size":1}}"#);
    let layers = vec![layer.as_str(); 100].join(",");
    let manifest = format!(r#"{{"schemaVersion":2,"config":{layer},"layers":[{layers}]}}"#);
    let took = best(200, || {
        black_box(Manifest::parse(black_box(manifest.as_bytes()), None).is_ok());
    });
    println!("parse a manifest of 100 layers   {took:>10.2?}");

    let blob = vec![0x5a; 64 << 20];
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        let descriptor =
            Descriptor::new(MediaType::new("application/octet-stream"), digest_of(algorithm, &blob), blob.len() as u64);
        let took = best(1, || {
            let mut verifier = Verifier::new(&descriptor);
            black_box(verifier.update(black_box(&blob)).is_ok() && verifier.finish().is_ok());
        });
        let mib_per_second = 64.0 / took.as_secs_f64();
        println!("verify 64 MiB by {}          {took:>10.2?}   {mib_per_second:>6.0} MiB/s", algorithm.as_str());
    }
}
