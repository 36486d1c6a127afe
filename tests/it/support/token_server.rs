//! A token server that signs real tokens, as `auth: token` of Distribution wants them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::leak::Secrets;
use super::server::{Listen, Reply, Request, Server, form_values};
use super::tls::Leaf;

/// Who may do what: user to password and actions. The user with no name is everybody.
type Users = BTreeMap<String, (String, Vec<&'static str>)>;

/// A token server about to be started.
pub struct Builder {
    users: Users,
    lifetime: Duration,
    listen: Listen,
}

impl Builder {
    /// A user who may do all of `actions` everywhere.
    pub fn user(mut self, name: &str, password: &str, actions: &[&'static str]) -> Self {
        self.users.insert(name.to_owned(), (password.to_owned(), actions.to_vec()));
        self
    }

    /// What may be done without a login.
    pub fn anonymous(self, actions: &[&'static str]) -> Self {
        self.user("", "", actions)
    }

    /// Says that tokens live this long.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Serves elsewhere, or with TLS.
    pub fn listen(mut self, listen: Listen) -> Self {
        self.listen = listen;
        self
    }

    /// Starts it. The tokens that it signs become secrets of the test.
    pub fn start(self, secrets: &Secrets) -> TokenServer {
        let leaf = Leaf::self_signed(&["token.test"]);
        let signer = Arc::new(Signer::new(&leaf, self.lifetime));
        let (users, secrets) = (self.users, secrets.clone());
        for (user, (password, _)) in users.iter().filter(|(user, _)| !user.is_empty()) {
            secrets.add_login(user, password);
        }
        let issued = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&issued);
        let server = Server::start(self.listen, move |request: &Request| {
            let Some((user, actions)) = allowed(&users, request) else {
                return Reply::error(401, "UNAUTHORIZED", "incorrect username or password");
            };
            let scopes = request.parameters("scope").into_iter().chain(form_values(&body(request), "scope"));
            let scopes: Vec<_> =
                scopes.flat_map(|list| list.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
            let token = signer.sign(&user, &scopes, &actions);
            secrets.add(&token);
            kept.lock().unwrap().push(scopes);
            let reply = json!({"token": token, "access_token": token, "expires_in": signer.lifetime.as_secs()});
            Reply::ok(reply.to_string()).header("content-type", "application/json")
        });
        TokenServer { server, certificate: leaf.certificate_pem, issued }
    }
}

/// A running token server.
pub struct TokenServer {
    server: Server,
    certificate: String,
    issued: Arc<Mutex<Vec<Vec<String>>>>,
}

impl TokenServer {
    /// The audience of its tokens.
    pub const SERVICE: &str = "registry.test";
    /// Who its tokens say made them.
    pub const ISSUER: &str = "token.test";

    /// A server to configure; tokens live five minutes.
    pub fn builder() -> Builder {
        Builder { users: Users::new(), lifetime: Duration::from_secs(300), listen: Listen::default() }
    }

    /// The URL that challenges name.
    pub fn realm(&self) -> String {
        format!("{}/token", self.server.origin())
    }

    /// The certificate of the key that it signs with.
    pub fn signing_certificate(&self) -> &str {
        &self.certificate
    }

    /// The scopes of every token that it handed out, in order.
    pub fn issued(&self) -> Vec<Vec<String>> {
        self.issued.lock().unwrap().clone()
    }
}

impl std::ops::Deref for TokenServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

fn body(request: &Request) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}

/// The user and what they may do; none if the password is wrong.
fn allowed(users: &Users, request: &Request) -> Option<(String, Vec<&'static str>)> {
    let from_header = request.header("authorization").map(|value| {
        let encoded = value.strip_prefix("Basic ").expect("token servers are shown Basic only");
        let pair = String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("UTF-8");
        pair.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned())).expect("user:password")
    });
    let form = |name| form_values(&body(request), name).into_iter().next();
    let from_form = || Some((form("username")?, form("password")?));
    let (user, password) = from_header.or_else(from_form).unwrap_or_default();
    match users.get(&user) {
        Some((expected, actions)) if *expected == password => Some((user, actions.clone())),
        None if user.is_empty() => Some((user, Vec::new())),
        _ => None,
    }
}

/// Signs with ES256 and shows the certificate in `x5c`.
struct Signer {
    key: EcdsaKeyPair,
    random: SystemRandom,
    header: Value,
    lifetime: Duration,
}

impl Signer {
    fn new(leaf: &Leaf, lifetime: Duration) -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &leaf.key_der(), &random)
            .expect("a P-256 key in PKCS #8");
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [STANDARD.encode(&leaf.certificate_der)]});
        Self { key, random, header, lifetime }
    }

    fn sign(&self, user: &str, scopes: &[String], actions: &[&str]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
        let access: Vec<_> = scopes.iter().filter_map(|scope| grant(scope, actions)).collect();
        let claims = json!({
            "iss": TokenServer::ISSUER, "sub": user, "aud": TokenServer::SERVICE,
            "iat": now, "nbf": now - 5, "exp": now + 300, "jti": format!("{:016x}", fastrand::u64(..)),
            "access": access,
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&self.header), encode(&claims));
        let signature = self.key.sign(&self.random, signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What of `repository:name:pull,push` is allowed.
fn grant(scope: &str, actions: &[&str]) -> Option<Value> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, asked) = rest.rsplit_once(':')?;
    let granted: Vec<_> = asked.split(',').filter(|action| actions.contains(action)).collect();
    (!granted.is_empty()).then(|| json!({"type": kind, "name": name, "actions": granted}))
}
