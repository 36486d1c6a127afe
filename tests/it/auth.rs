//! Being let in: Basic and bearer, over HTTP and HTTPS, against CNCF Distribution; and tokens that misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::support::{
    Artifact, Authority, Distribution, Listen, Registry, Reply, Request, Server, TestEnv, TokenServer,
};

const PASSWORD: &str = "s3cr3t-of-alice";

/// Login, push, pull, logout, and then no pull any more. All of it is logged, down to the libraries below: the leak
/// oracle reads that too.
fn in_and_out(env: &TestEnv, registry: &Distribution) {
    let source = Registry::start();
    let image = Artifact::image(300).build();
    source.add("public", "v1", &image);
    let (public, private) = (source.reference("public:v1"), registry.reference("team/image:v1"));
    env.rcr(["pull", &public]).success();
    env.rcr(["push", &public, &private]).code(4).hint_has(&format!("rcr login {}", registry.host()));

    let login =
        env.rcr(["-vvv", "login", "-u", "alice", "--password-stdin", &registry.host()]).stdin(PASSWORD).success();
    login.stdout_is("").stderr_has("Login Succeeded");
    let pinned = format!("{private}@{}\n", image.digest());
    env.rcr(["-vvv", "push", &public, &private]).success().stdout_is(&pinned);
    env.rcr(["--store", &fresh_store(env, 1), "pull", &private]).success().stdout_is(&pinned);
    env.rcr(["-vvv", "--store", &fresh_store(env, 2), "pull", &private]).success();

    env.rcr(["logout", &registry.host()]).success().stdout_is("");
    let refused = env.rcr(["-vvv", "--store", &fresh_store(env, 3), "pull", &private]).code(4);
    refused.stdout_is("").hint_has(&format!("rcr login {}", registry.host()));
    assert!(!env.docker_config_json().to_string().contains("\"auth\""), "{}", env.docker_config_json());
}

fn fresh_store(env: &TestEnv, n: usize) -> String {
    env.root().join(format!("store-{n}")).display().to_string()
}

fn alice(env: &TestEnv, listen: Listen) -> TokenServer {
    TokenServer::builder().user("alice", PASSWORD, &["pull", "push"]).listen(listen).start(env.secrets())
}

#[test]
fn basic_over_http() {
    let env = TestEnv::new();
    env.secret_login("alice", PASSWORD);
    in_and_out(&env, &Distribution::builder().htpasswd("alice", PASSWORD).start());
}

#[test]
fn basic_over_https() {
    let env = TestEnv::new();
    env.secret_login("alice", PASSWORD);
    let authority = Authority::new("test");
    let registry = Distribution::builder().tls(&authority.issue(&["127.0.0.1"])).htpasswd("alice", PASSWORD).start();
    env.trust(&registry.host(), &authority.pem());
    in_and_out(&env, &registry);
}

#[test]
fn bearer_over_http() {
    let env = TestEnv::new();
    let tokens = alice(&env, Listen::default());
    in_and_out(&env, &Distribution::builder().token(&tokens).start());
    let scopes: Vec<_> = tokens.issued().into_iter().flatten().collect();
    assert!(scopes.contains(&"repository:team/image:pull,push".to_owned()), "{scopes:?}");
    assert!(scopes.contains(&"repository:team/image:pull".to_owned()), "{scopes:?}");
}

#[test]
fn bearer_over_https() {
    let env = TestEnv::new();
    let authority = Authority::new("test");
    let leaf = authority.issue(&["127.0.0.1"]);
    let tokens = alice(&env, Listen::tls(leaf.server_config()));
    let registry = Distribution::builder().tls(&leaf).token(&tokens).start();
    env.trust(&registry.host(), &authority.pem());
    env.trust(&tokens.host(), &authority.pem());
    in_and_out(&env, &registry);
}

#[test]
fn fault_121_whoever_may_only_pull_cannot_push() {
    let env = TestEnv::new();
    let tokens = TokenServer::builder().user("bob", "s3cr3t-of-bob", &["pull"]).start(env.secrets());
    let registry = Distribution::builder().token(&tokens).start();
    env.rcr(["login", "-u", "bob", "--password-stdin", &registry.host()]).stdin("s3cr3t-of-bob").success();
    let source = Registry::start();
    source.add("public", "v1", &Artifact::image(301).build());
    env.rcr(["pull", &source.reference("public:v1")]).success();
    let output = env.rcr(["push", &source.reference("public:v1"), &registry.reference("team/image:v1")]).code(4);
    output.stdout_is("").stderr_has("push");
}

#[test]
fn a_public_image_needs_a_token_and_no_login() {
    let env = TestEnv::new();
    let tokens = TokenServer::builder().anonymous(&["pull"]).start(env.secrets());
    let challenge = format!("Bearer realm=\"{}\",service=\"registry.test\"", tokens.realm());
    let image = Artifact::image(302).layers(&[3000; 8]).build();
    let registry = Registry::builder().before(wants_any_bearer(challenge)).start();
    registry.add("library/public", "v1", &image);
    env.rcr(["pull", &registry.reference("library/public:v1")]).success();
    tokens.assert_told_nothing(&crate::support::leak::Secrets::default());
    assert_eq!(tokens.issued(), [["repository:library/public:pull"]], "one token for all workers");
}

/// Lets in whoever shows some bearer token, and challenges everybody else.
fn wants_any_bearer(challenge: String) -> impl Fn(&Request) -> Option<Reply> + Send + Sync {
    move |request| {
        let shown = request.header("authorization").is_some_and(|value| value.starts_with("Bearer "));
        (!shown).then(|| Reply::error(401, "UNAUTHORIZED", "please").header("www-authenticate", &challenge))
    }
}

/// A server that hands out `token-1`, `token-2` and so on.
fn counting_tokens() -> Server {
    let issued = AtomicUsize::new(0);
    Server::start(Listen::default(), move |_: &Request| {
        let n = issued.fetch_add(1, Ordering::Relaxed) + 1;
        Reply::ok(json!({"token": format!("token-{n}"), "expires_in": 300}).to_string())
    })
}

#[test]
fn fault_36_a_token_that_ends_in_mid_transfer_is_renewed_once() {
    let tokens = counting_tokens();
    let challenge = format!("Bearer realm=\"{}/token\",service=\"registry.test\"", tokens.origin());
    let image = Artifact::image(303).layers(&[3000; 12]).build();
    let seventh = image.layers()[6].digest();
    let expired = Arc::new(AtomicUsize::new(0));
    let registry = Registry::builder()
        .before(move |request| {
            if request.path.ends_with(&seventh) {
                expired.store(1, Ordering::Relaxed);
            }
            let wanted = if expired.load(Ordering::Relaxed) == 0 { "Bearer token-1" } else { "Bearer token-2" };
            let refusal = || {
                let challenge = format!("{challenge},error=\"invalid_token\"");
                Reply::error(401, "UNAUTHORIZED", "token expired").header("www-authenticate", challenge)
            };
            (request.header("authorization") != Some(wanted)).then(refusal)
        })
        .start();
    registry.add("long", "v1", &image);
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("long:v1")]).success();
    assert_eq!(env.blobs(), image.hexes());
    assert_eq!(tokens.log().len(), 2, "{tokens:?}");
}

#[test]
fn fault_37_a_token_that_is_never_good_is_tried_twice_at_most() {
    let tokens = counting_tokens();
    let challenge = format!("Bearer realm=\"{}/token\",service=\"registry.test\"", tokens.origin());
    let registry = Registry::builder().wants(&[], &challenge).start();
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("never:v1")]).code(4);
    assert!(tokens.log().len() <= 2, "{tokens:?}");
    assert!(registry.log().len() <= 4, "{registry:?}");
}

#[test]
fn fault_38_challenges_of_every_shape() {
    let tokens = counting_tokens();
    let realm = format!("{}/token", tokens.origin());
    let cases: [(&str, Vec<String>); 5] = [
        ("two headers", vec!["Basic realm=\"x\"".into(), format!("Bearer realm=\"{realm}\",service=\"s\"")]),
        ("one header, two challenges", vec![format!("Basic realm=\"x, y\", Bearer realm=\"{realm}\",service=\"s\"")]),
        ("an unknown scheme first", vec![format!("Negotiate, bearer Realm=\"{realm}\", service=\"s\"")]),
        ("a token68 first", vec!["Negotiate YWJj==".into(), format!("BEARER realm=\"{realm}\"")]),
        ("a relative realm", vec!["Bearer realm=\"/token\",service=\"s\"".into()]),
    ];
    for (name, challenges) in cases {
        let registry = Registry::builder()
            .before(move |request| match request.path.as_str() {
                "/token" => Some(Reply::ok(r#"{"token":"token-0"}"#)),
                _ if request.header("authorization").is_some_and(|value| value.starts_with("Bearer token-")) => None,
                _ => Some(
                    challenges.iter().fold(Reply::status(401), |reply, value| reply.header("www-authenticate", value)),
                ),
            })
            .start();
        registry.add("shapes", "v1", &Artifact::image(304).build());
        let output = TestEnv::new().rcr(["pull", &registry.reference("shapes:v1")]).run();
        assert_eq!(output.exit(), Some(0), "{name}\n{output}");
    }
}

#[test]
fn fault_38_challenges_that_say_nothing_are_exit_4() {
    for challenge in
        ["", "Bearer", "Bearer realm=", "Bearer realm=\"", "Digest realm=\"x\", nonce=\"y\"", "\"", ",,,=,"]
    {
        let registry = Registry::builder().wants(&[], challenge).start();
        let output = TestEnv::new().rcr(["pull", &registry.reference("odd:v1")]).run();
        assert_eq!(output.exit(), Some(4), "{challenge:?}\n{output}");
    }
}

#[test]
fn fault_38_without_a_challenge_the_registry_is_asked_for_one() {
    let tokens = counting_tokens();
    let challenge = format!("Bearer realm=\"{}/token\",service=\"s\"", tokens.origin());
    let registry = Registry::builder()
        .before(move |request| match (request.path.as_str(), request.header("authorization")) {
            (_, Some("Bearer token-1")) => None,
            ("/v2/", _) => Some(Reply::status(401).header("www-authenticate", &challenge)),
            _ => Some(Reply::status(401)),
        })
        .start();
    registry.add("silent", "v1", &Artifact::image(305).build());
    TestEnv::new().rcr(["pull", &registry.reference("silent:v1")]).success();
    let log = registry.log();
    let pings = log.iter().filter(|request| request.path == "/v2/" && request.header("authorization").is_none());
    assert_eq!(pings.count(), 1, "{registry:?}");
}

#[test]
fn fault_38_credentials_are_tried_where_a_registry_refuses_instead_of_asking() {
    const ALICE: &str = "Basic YWxpY2U6czNjcjN0LW9mLWFsaWNl";
    let registry = Registry::builder()
        .before(|request| match (request.path.as_str(), request.header("authorization")) {
            (_, Some(ALICE)) => None,
            ("/v2/", _) => Some(Reply::status(401).header("www-authenticate", "Basic realm=\"r\"")),
            _ => Some(Reply::status(403)),
        })
        .start();
    registry.add("team/app", "v1", &Artifact::image(306).build());
    let reference = registry.reference("team/app:v1");
    let stranger = TestEnv::new();
    stranger.rcr(["pull", &reference]).code(4).stderr_has("no credentials were sent");
    assert_eq!(registry.log().len(), 1, "who has none is not asked for any: {registry:?}");
    let env = TestEnv::new();
    env.secret_login("alice", PASSWORD);
    env.write_docker_config(&json!({"auths": {registry.host(): {"username": "alice", "password": PASSWORD}}}));
    env.rcr(["pull", &reference]).success();
    env.rcr(["push", &reference, &registry.reference("team/copy:v1")]).success();
}

#[test]
fn fault_39_replies_of_token_servers() {
    let cases: [(&str, String, i32); 10] = [
        ("access_token alone", r#"{"access_token":"good-token"}"#.into(), 0),
        ("an empty token beside access_token", r#"{"token":"","access_token":"good-token"}"#.into(), 0),
        ("both: access_token counts", r#"{"token":"bad-token","access_token":"good-token"}"#.into(), 0),
        ("no lifetime", r#"{"token":"good-token","expires_in":0}"#.into(), 0),
        ("a negative lifetime", r#"{"token":"good-token","expires_in":-5}"#.into(), 0),
        ("a huge lifetime", r#"{"token":"good-token","expires_in":99999999999999}"#.into(), 0),
        ("no token", "{}".into(), 4),
        ("an empty token", r#"{"token":""}"#.into(), 4),
        ("a token that is no header", r#"{"token":"a\r\nb: c"}"#.into(), 4),
        ("a large body", format!(r#"{{"token":"{}"}}"#, "x".repeat(1 << 20)), 4),
    ];
    for (name, reply, exit) in cases {
        let tokens = Server::start(Listen::default(), move |_: &Request| Reply::ok(reply.as_str()));
        let challenge = format!("Bearer realm=\"{}/token\"", tokens.origin());
        let registry = Registry::builder().wants(&["Bearer good-token"], &challenge).start();
        registry.add("tokens", "v1", &Artifact::image(306).build());
        let output = TestEnv::new().rcr(["pull", &registry.reference("tokens:v1")]).run();
        assert_eq!(output.exit(), Some(exit), "{name}\n{output}");
        assert_eq!(tokens.log().len(), 1, "{name}: {tokens:?}");
    }
}

#[test]
fn fault_40_a_page_instead_of_a_token_is_shown_and_harmless() {
    let page = "<html>\x1b[2JPlease accept our terms</html>";
    let tokens =
        Server::start(Listen::default(), move |_: &Request| Reply::ok(page).header("content-type", "text/html"));
    let registry = Registry::builder().wants(&[], &format!("Bearer realm=\"{}/token\"", tokens.origin())).start();
    let output = TestEnv::new().rcr(["pull", &registry.reference("portal:v1")]).code(5);
    assert!(!output.stderr.contains('\x1b'), "{output}");
    output.stderr_has("Please accept our terms");
}

#[test]
fn fault_29_a_token_server_that_stumbles_is_asked_again() {
    let asked = AtomicUsize::new(0);
    let tokens = Server::start(Listen::default(), move |_: &Request| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::status(503),
        _ => Reply::ok(r#"{"token":"good-token"}"#),
    });
    let challenge = format!("Bearer realm=\"{}/token\"", tokens.origin());
    let registry = Registry::builder().wants(&["Bearer good-token"], &challenge).start();
    registry.add("stumbling", "v1", &Artifact::image(307).build());
    TestEnv::new().rcr(["pull", &registry.reference("stumbling:v1")]).success();
}

#[test]
fn an_identity_token_is_exchanged_and_not_shown_as_a_password() {
    let env = TestEnv::new();
    env.secret("s3cr3t-identity");
    let tokens = Server::start(Listen::default(), |request: &Request| {
        let form = String::from_utf8_lossy(&request.body);
        let good = request.method == "POST"
            && form.contains("grant_type=refresh_token")
            && form.contains("refresh_token=s3cr3t-identity")
            && request.header("authorization").is_none();
        if good { Reply::ok(r#"{"access_token":"good-token"}"#) } else { Reply::status(400) }
    });
    let challenge = format!("Bearer realm=\"{}/token\",service=\"s\"", tokens.origin());
    let registry = Registry::builder().wants(&["Bearer good-token"], &challenge).start();
    registry.add("identity", "v1", &Artifact::image(308).build());
    env.write_docker_config(&json!({"auths": {registry.host(): {"identitytoken": "s3cr3t-identity"}}}));
    env.rcr(["pull", &registry.reference("identity:v1")]).success();
}

#[test]
fn a_short_lifetime_is_taken_as_a_minute() {
    let env = TestEnv::new();
    let tokens = TokenServer::builder().anonymous(&["pull"]).lifetime(Duration::from_secs(1)).start(env.secrets());
    let challenge = format!("Bearer realm=\"{}\",service=\"registry.test\"", tokens.realm());
    let registry = Registry::builder()
        .before(wants_any_bearer(challenge))
        .spoil(1, |request| request.path.contains("/blobs/"), |reply| reply.delayed(Duration::from_millis(1200)))
        .start();
    registry.add("short", "v1", &Artifact::image(309).layers(&[2000; 12]).build());
    env.rcr(["--concurrency", "1", "pull", &registry.reference("short:v1")]).success();
    assert_eq!(tokens.issued().len(), 1);
}

#[test]
fn fault_41_a_refusal_says_why_and_is_not_repeated() {
    let refusal = Reply::error(403, "DENIED", "ask the platform team");
    let registry = Registry::builder().fail(usize::MAX, |request| request.path.contains("/denied/"), refusal).start();
    let output = TestEnv::new().rcr(["pull", &registry.reference("denied/image:v1")]).code(4);
    output.stderr_has("ask the platform team");
    assert!(registry.log().len() <= 2, "a HEAD has no reason, so one GET may follow: {registry:?}");
}
