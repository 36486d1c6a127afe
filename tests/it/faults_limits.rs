//! Answers without end, and what makes little of much: read to a limit, and held to one.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::json;

use crate::support::images::{OCI_MANIFEST, digest_of};
use crate::support::process::Output;
use crate::support::{Artifact, FaultProxy, Plan, Registry, Reply, TestEnv};

/// What may have been sent when the client has had enough, in bytes: its own limit, and what lies in socket buffers.
const SENT_BYTES: u64 = 32 * 1024 * 1024;
/// What a process may hold, in KiB.
const MEMORY_KIB: u64 = 64 * 1024;

/// A server that answers every request with `head`, and then `filler` over and over, for as long as anybody listens.
fn endless(head: String, filler: Vec<u8>) -> FaultProxy {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = move |mut stream: TcpStream, head: &str, filler: &[u8]| {
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer) {
                Ok(count @ 1..) => request.extend(&buffer[..count]),
                _ => return,
            }
        }
        let many = filler.repeat((64 * 1024 / filler.len()).max(1));
        // It ends when the client has had enough.
        let _ = stream.write_all(head.as_bytes());
        while stream.write_all(&many).is_ok() {}
    };
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (head, filler, stream) = (head.clone(), filler.clone(), stream.expect("a connection"));
            thread::spawn(move || answer(stream, &head, &filler));
        }
    });
    // The proxy counts what the client takes.
    FaultProxy::each(address.to_string(), Plan::clean())
}

fn head(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}transfer-encoding: chunked\r\n\r\n")
}

/// One chunk of a chunked body.
fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

/// Runs `rcr` with these arguments against `server`, which it must have had enough of.
#[track_caller]
fn has_enough(name: &str, server: &FaultProxy, arguments: &[&str], codes: &[i32]) -> Output {
    let env = TestEnv::new();
    env.set("RCR_TEST_HASTE", "10");
    let before = server.down_bytes();
    // Plain HTTP at once: what is counted is the answer.
    let flags = ["--retries", "0", "--plain-http", &server.host()];
    let (output, peak) = env.rcr(flags).args(arguments).spawn().wait_and_measure();
    assert!(output.exit().is_some_and(|code| codes.contains(&code)), "{name}\n{output}");
    let sent = server.down_bytes() - before;
    assert!(sent < SENT_BYTES, "{name}: {sent} bytes were sent");
    assert!(peak < MEMORY_KIB, "{name}: {peak} KiB");
    assert!(output.stderr.len() < 8000, "{name}: {} bytes on stderr", output.stderr.len());
    assert!(!env.store().join("index.json").exists() || env.references().is_empty(), "{name}");
    output
}

#[test]
fn fault_60_answers_without_end_are_read_to_a_limit() {
    let spam = chunk(&"spam ".repeat(200));
    let manifest = endless(head("200 OK", &format!("content-type: {OCI_MANIFEST}\r\n")), spam.clone());
    has_enough("a manifest", &manifest, &["pull", &manifest.reference("image:v1")], &[7]);
    has_enough("a manifest to be shown", &manifest, &["manifest", &manifest.reference("image:v1")], &[7]);
    let pinned = manifest.reference(&format!("image@{}", digest_of(b"")));
    has_enough("a manifest by digest", &manifest, &["pull", &pinned], &[7]);

    let refusal = endless(head("400 Bad Request", "content-type: text/html\r\n"), spam.clone());
    has_enough("a refusal", &refusal, &["pull", &refusal.reference("image:v1")], &[11]);
    let error = endless(head("403 Forbidden", "content-type: application/json\r\n"), chunk("{\"errors\":[{\"code\":"));
    has_enough("an error", &error, &["pull", &error.reference("image:v1")], &[4]);

    let page = endless(head("200 OK", "content-type: application/json\r\n"), chunk(&"[\"v1\",\"v1\",".repeat(500)));
    has_enough("a page of tags", &page, &["tags", &page.reference("image")], &[7, 11]);
    has_enough("a page of names", &page, &["catalog", &page.host()], &[7, 11]);

    let headers = endless("HTTP/1.1 200 OK\r\n".to_owned(), b"x-spam: eggs\r\n".to_vec());
    has_enough("headers", &headers, &["pull", &headers.reference("image:v1")], &[5, 7]);
    let header = endless("HTTP/1.1 200 OK\r\nx-spam: ".to_owned(), b"eggs".to_vec());
    has_enough("a header", &header, &["pull", &header.reference("image:v1")], &[5, 7]);
    let status = endless("HTTP/1.1 200 ".to_owned(), b"OK".to_vec());
    has_enough("a status line", &status, &["pull", &status.reference("image:v1")], &[5, 7]);
}

#[test]
fn fault_60_a_token_without_end_is_read_to_a_limit() {
    let tokens = endless(head("200 OK", "content-type: application/json\r\n"), chunk("{\"token\":\"xxxxxxxxxxxxxxxx"));
    let challenge = format!("Bearer realm=\"http://{}/token\"", tokens.host());
    let registry = Registry::builder().wants(&[], &challenge).start();
    has_enough("a token", &tokens, &["pull", &registry.reference("image:v1")], &[4, 7]);
}

#[test]
fn fault_60_a_manifest_that_is_packed_is_not_unpacked() {
    // What is announced as packed is refused, whatever is in it: nothing was asked for in that form.
    let is_manifest = |request: &crate::support::Request| request.path.contains("/manifests/");
    let packed = |reply: Reply| reply.header("content-encoding", "gzip");
    let registry = Registry::builder().spoil(usize::MAX, is_manifest, packed).start();
    let mut image = Artifact::image(2400).build();
    let mut value = image.manifest.json();
    value["annotations"] = json!({"padding": "x".repeat(1000)});
    image.manifest.bytes = value.to_string().into_bytes();
    registry.add("image", "v1", &image);
    let env = TestEnv::new();
    env.rcr(["--retries", "0", "pull", &registry.reference("image:v1")]).code(7);
    assert_eq!(env.blobs(), Vec::<String>::new());
    let log = registry.log();
    assert!(log.iter().all(|r| r.header("accept-encoding").is_none_or(|value| value == "identity")), "{log:?}");
}
