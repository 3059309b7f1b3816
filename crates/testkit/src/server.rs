//! The server under test.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use serde_json::{Value, json};
use timetracks_app::{App, Clock, Policy, Random, SigningKey};
use timetracks_domain::Instant;
use timetracks_server::{Listening, Server, listen};

use crate::{Client, conformance::Specification};

/// When every test starts: 2026-11-24T09:00:00Z, a Tuesday.
const MORNING_MS: i64 = 1_795_510_800_000;

/// The password of everyone that this kit signs up.
pub const PASSWORD: &str = "correct horse battery staple";

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves the clock by some milliseconds, backwards too.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let clock = self.clone();
        Clock::new(move || Instant::MIN.plus_ms(clock.now()))
    }
}

/// A running server. Everything it wrote goes with it.
pub struct TestServer {
    /// Its clock.
    pub clock: TestClock,
    /// The app inside, for what cannot be done over HTTP.
    pub server: Arc<Server>,
    base: String,
    http: reqwest::Client,
    specification: Arc<Specification>,
    _listening: Listening,
    _directory: tempfile::TempDir,
}

impl TestServer {
    /// Starts a server with the default policy.
    pub async fn start() -> Self {
        Self::start_with(Policy::default()).await
    }

    /// Starts a server.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_with(policy: Policy) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = TestClock(Arc::new(AtomicI64::new(MORNING_MS)));
        let settings = timetracks_db::Settings::sqlite(directory.path().join("test.db"));
        let key = SigningKey::new([7; 32]);
        let app = App::open(&settings, &key, clock.clock(), Random::seeded(1), policy);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Server::new(app.expect("a new database opens"), base.clone());
        let listening = listen(Arc::clone(&server), listener).expect("the port is ours");
        Self {
            clock,
            server,
            base,
            http: reqwest::Client::new(),
            specification: Specification::shared(),
            _listening: listening,
            _directory: directory,
        }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A client without a credential.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::new(
            self.http.clone(),
            self.base.clone(),
            Arc::clone(&self.specification),
        )
    }

    /// Signs up `{name}@example.com` with an organisation of that name, and logs in: an admin.
    pub async fn sign_up(&self, name: &str) -> Client {
        let body = json!({
            "email": format!("{name}@example.com"),
            "firstName": name,
            "lastName": "Test",
            "password": PASSWORD,
            "orgName": format!("{name}'s organisation"),
        });
        let client = self.anonymous();
        client.post("/account/signup", &body).await.expect(201);
        self.log_in(name).await
    }

    /// Adds `{name}@example.com` to the admin's organisation, and logs in.
    pub async fn add_user(&self, admin: &Client, name: &str, role: &str) -> Client {
        let body = json!({
            "email": format!("{name}@example.com"),
            "firstName": name,
            "lastName": "Test",
            "role": role,
            "password": PASSWORD,
        });
        admin.post("/users", &body).await.expect(201);
        self.log_in(name).await
    }

    /// Adds a super user without a part in any organisation, and logs in.
    ///
    /// # Panics
    /// When they cannot be added.
    pub async fn super_user(&self, name: &str) -> Client {
        use timetracks_app::internal::{AddedSuperUser, add_super_user};
        let email = timetracks_domain::Email::parse(&format!("{name}@example.com"));
        let added = add_super_user(self.server.app(), email.expect("an address")).await;
        let Ok(AddedSuperUser::NeedsPassword { password_token }) = added else {
            panic!("the super user was not created: {added:?}");
        };
        let body = json!({ "token": password_token, "password": PASSWORD });
        self.anonymous()
            .post("/account/password", &body)
            .await
            .expect(200);
        self.log_in(name).await
    }

    /// Logs in `{name}@example.com` with the kit's password.
    pub async fn log_in(&self, name: &str) -> Client {
        let tokens = self.tokens(name).await;
        let token = tokens["accessToken"].as_str().unwrap_or_default();
        self.anonymous().with_token(token)
    }

    /// As [`TestServer::log_in`], with the answer.
    pub async fn tokens(&self, name: &str) -> Value {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        self.anonymous()
            .post("/account/login", &body)
            .await
            .expect(200)
    }
}
