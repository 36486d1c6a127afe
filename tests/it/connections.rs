//! One large layer over several connections: how many there are, that nothing is lost with them, and that a process
//! that was killed leaves what all of them have brought.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::fault_proxy::{FaultProxy, Plan, Way};
use crate::support::tls::Authority;
use crate::support::tls_front::TlsFront;
use crate::support::{Artifact, Distribution, Registry, Reply, TestEnv};

const MIB: usize = 1 << 20;
/// The size of the layer, in bytes.
const SIZE: usize = 16 * MIB;

/// A connection that gives 2 MiB a second: one alone takes eight seconds.
fn slow() -> Plan {
    Plan::clean().down(Way::clean().bandwidth(2 << 20))
}

/// A registry that has the image as `big:v1`.
fn registry(image: &Artifact) -> Registry {
    let registry = Registry::start();
    registry.add("big", "v1", image);
    registry
}

fn image(seed: u64) -> Artifact {
    Artifact::image(seed).layers(&[SIZE]).build()
}

fn host(registry: &Registry) -> String {
    registry.reference("").trim_end_matches('/').to_owned()
}

#[test]
fn a_large_layer_comes_over_as_many_connections_as_help_and_are_allowed() {
    let image = image(7100);
    let registry = registry(&image);
    for (concurrency, least) in [(8, 2), (3, 2), (1, 1)] {
        let (env, proxy) = (TestEnv::new(), FaultProxy::each(host(&registry), slow()));
        let reference = proxy.reference("big:v1");
        env.rcr(["pull", "--concurrency", &concurrency.to_string(), &reference]).success();
        let open = proxy.most_open();
        // Those that are closed early may still be there when the next one comes: one that was given up for each.
        assert!((least..=concurrency + 1).contains(&open), "{open} connections at once for {concurrency}");
        assert_eq!(env.blobs(), image.hexes());
        env.store_verify();
    }
}

#[test]
fn over_tls_each_part_has_a_connection_of_its_own() {
    let image = image(7101);
    let registry = registry(&image);
    let authority = Authority::new("the test's");
    let leaf = authority.issue(&["localhost", "127.0.0.1"]);
    let front = TlsFront::start(&leaf, host(&registry).parse().expect("an address"));
    let (env, proxy) = (TestEnv::new(), FaultProxy::each(front.host(), slow()));
    env.trust(&proxy.host(), &authority.pem());
    env.rcr(["pull", &proxy.reference("big:v1")]).success();
    // One of them is for documents.
    assert!((3..=10).contains(&proxy.most_open()), "{} connections at once", proxy.most_open());
    assert!(front.handshakes() >= 3, "streams of one connection would not be faster");
    assert_eq!(env.blobs(), image.hexes());
}

#[test]
fn a_real_registry_serves_the_parts() {
    let image = image(7102);
    let registry = Distribution::start();
    let env = TestEnv::new();
    image.write_layout(&env.store(), &registry.reference("big:v1"));
    env.rcr(["push", &registry.reference("big:v1")]).success();
    let (env, proxy) = (TestEnv::new(), FaultProxy::each(registry.host(), slow()));
    env.rcr(["pull", &proxy.reference("big:v1")]).success();
    assert!(proxy.most_open() >= 2, "{} connections at once", proxy.most_open());
    assert_eq!(env.blobs(), image.hexes());
    env.store_verify();
}

#[test]
fn where_a_range_is_refused_one_connection_has_to_do() {
    let image = image(7103);
    let digest = image.layers()[0].digest();
    for status in [200, 403, 416, 429, 503] {
        let layer = image.layers()[0].clone();
        let is_layer = digest.clone();
        let registry = Registry::builder()
            .before(move |request| {
                let ranged = request.path.ends_with(&is_layer) && request.range_start().is_some();
                let whole = || Reply::ok(layer.bytes.clone()).header("accept-ranges", "bytes");
                ranged.then(|| if status == 200 { whole() } else { Reply::status(status) })
            })
            .start();
        registry.add("big", "v1", &image);
        let (env, proxy) = (TestEnv::new(), FaultProxy::each(host(&registry), slow()));
        env.rcr(["pull", &proxy.reference("big:v1")]).success();
        assert_eq!(env.blobs(), image.hexes(), "{status}");
    }
}

#[test]
fn a_wrong_byte_in_one_part_is_found_and_the_layer_fetched_anew() {
    let image = image(7104);
    let (digest, spoilt) = (image.layers()[0].digest(), AtomicBool::new(false));
    let registry = Registry::builder()
        .after(move |request, mut reply| {
            if request.path.ends_with(&digest)
                && request.range_start().is_some()
                && !spoilt.swap(true, Ordering::SeqCst)
            {
                reply.body[0] ^= 1;
            }
            reply
        })
        .start();
    registry.add("big", "v1", &image);
    let (env, proxy) = (TestEnv::new(), FaultProxy::each(host(&registry), slow()));
    env.rcr(["pull", &proxy.reference("big:v1")]).success().stderr_has("digest");
    assert_eq!(env.blobs(), image.hexes());
    env.store_verify();
}

#[test]
fn killed_over_several_connections_it_fetches_the_rest_only() {
    let image = image(7105);
    let registry = registry(&image);
    let (env, proxy) = (TestEnv::new(), FaultProxy::each(host(&registry), slow()));
    // The name is the same for both runs, and the second is not held up.
    let reference = proxy.reference("big:v1");
    let mut running = env.spawn(["pull", &reference]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while proxy.down_bytes() < 12 * MIB as u64 {
        assert!(Instant::now() < deadline && running.is_running(), "{} bytes", proxy.down_bytes());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(proxy.most_open() >= 2);
    running.kill();
    running.wait();
    let first = proxy.down_bytes();
    env.rcr(["pull", &reference]).success();
    let second = proxy.down_bytes() - first;
    // What was not on the map yet, and what was on its way in the sockets.
    let most = (SIZE - 12 * MIB + MIB + 2 * MIB) as u64;
    assert!(second <= most, "{second} bytes were fetched again, {most} at most");
    assert_eq!(env.blobs(), image.hexes());
    env.store_verify();
}
