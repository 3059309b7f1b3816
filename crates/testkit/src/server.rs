//! The server under test.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use timetracks_app::{App, Clock, Policy, Random, SigningKey};
use timetracks_db::{Db, Location, Settings};
use timetracks_domain::Instant;
use timetracks_server::{HttpPolicy, Listening, Server, listen};
use tokio::sync::OnceCell;

use crate::{
    Client,
    client::Instances,
    conformance::Specification,
    postgres::{Database, Server as PostgresServer},
};

/// When every test starts: 2026-11-24T09:00:00Z, a Tuesday.
const MORNING_MS: i64 = 1_795_510_800_000;

/// How many connections a server may have.
const CONNECTIONS: usize = 8;

/// The password of everyone that this kit signs up.
pub const PASSWORD: &str = "correct horse battery staple";

/// The name of this test binary.
fn name() -> String {
    let path = std::env::current_exe().expect("a test has a path");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (name, _hash) = name.rsplit_once('-').unwrap_or((&name, ""));
    name.to_owned()
}

/// Whether this test binary is for PostgreSQL. Every suite is built once for each engine, the one for PostgreSQL under a
/// name that ends so.
fn is_for_postgres() -> bool {
    name().ends_with("_postgres")
}

/// Whether each request goes to another instance than the one before. So it is in a binary with a name that begins so.
fn is_alternating() -> bool {
    name().starts_with("alternating")
}

/// Where a server keeps its data. It goes with this.
enum Storage {
    Sqlite(tempfile::TempDir),
    Postgres(Database),
}

impl Storage {
    async fn new() -> Self {
        match is_for_postgres() {
            false => Self::Sqlite(tempfile::tempdir().expect("a temporary directory")),
            true => Self::Postgres(migrated().await),
        }
    }

    fn settings(&self) -> Settings {
        match self {
            Self::Sqlite(directory) => Settings::sqlite(directory.path().join("test.db")),
            Self::Postgres(database) => postgres(&database.url()),
        }
    }
}

fn postgres(url: &str) -> Settings {
    Settings::postgres(url.parse().expect("a URL"), CONNECTIONS)
}

/// A database with the schema, copied from one that is migrated once in a process.
async fn migrated() -> Database {
    static TEMPLATE: OnceCell<Database> = OnceCell::const_new();
    let make = || async {
        let database = Database::create(PostgresServer::shared()).await;
        let location = Location::Postgres(database.url().parse().expect("a URL"));
        let migrated = Db::migrate(&location, timetracks_app::MIGRATIONS);
        migrated.expect("the schema is one");
        database
    };
    TEMPLATE.get_or_init(make).await.copy().await
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub struct TestClock {
    now_ms: Arc<AtomicI64>,
    passed_ms: Arc<AtomicU64>,
}

impl TestClock {
    fn new() -> Self {
        Self {
            now_ms: Arc::new(AtomicI64::new(MORNING_MS)),
            passed_ms: Arc::default(),
        }
    }

    /// Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    /// Lets some milliseconds pass. With a negative number the clock is put back.
    pub fn advance(&self, ms: i64) {
        self.put_right(ms);
        let passed = u64::try_from(ms).unwrap_or_default();
        self.passed_ms.fetch_add(passed, Ordering::SeqCst);
    }

    /// Puts the clock right by some milliseconds, without any passing.
    pub fn put_right(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let (clock, passed) = (self.clone(), Arc::clone(&self.passed_ms));
        Clock::new(
            move || Instant::MIN.plus_ms(clock.now()),
            move || Duration::from_millis(passed.load(Ordering::SeqCst)),
        )
    }
}

/// A running server. Everything it wrote goes with it.
pub struct TestServer {
    /// Its clock.
    pub clock: TestClock,
    /// The app inside, for what cannot be done over HTTP.
    pub server: Arc<Server>,
    base: String,
    instances: Arc<Instances>,
    http: reqwest::Client,
    specification: Arc<Specification>,
    _listening: Listening,
    /// The instance that takes turns with this one.
    _partner: Option<Box<TestServer>>,
    storage: Arc<Storage>,
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
        let storage = Arc::new(Storage::new().await);
        let clock = TestClock::new();
        let start = |seed| {
            let (storage, clock) = (Arc::clone(&storage), clock.clone());
            Self::start_on(storage.settings(), storage, clock, seed, policy)
        };
        let mut server = start(1);
        if is_alternating() {
            let partner = start(2);
            let bases = vec![server.base.clone(), partner.base.clone()];
            server.instances = Arc::new(Instances::new(bases));
            server._partner = Some(Box::new(partner));
        }
        server
    }

    /// Starts another instance on the same PostgreSQL database, with the same clock.
    ///
    /// # Panics
    /// When it does not start, as on SQLite.
    pub async fn another(&self, seed: u64) -> Self {
        self.another_at(seed, &self.database().url()).await
    }

    /// As [`TestServer::another`], for an instance that finds the database at another URL, such as a proxy's.
    ///
    /// # Panics
    /// As [`TestServer::another`].
    pub async fn another_at(&self, seed: u64, url: &str) -> Self {
        let (storage, clock) = (Arc::clone(&self.storage), self.clock.clone());
        Self::start_on(postgres(url), storage, clock, seed, Policy::default())
    }

    /// The PostgreSQL database.
    ///
    /// # Panics
    /// On SQLite.
    #[must_use]
    pub fn database(&self) -> &Database {
        match &*self.storage {
            Storage::Postgres(database) => database,
            Storage::Sqlite(_) => panic!("SQLite serves one instance"),
        }
    }

    fn start_on(
        settings: Settings,
        storage: Arc<Storage>,
        clock: TestClock,
        seed: u64,
        policy: Policy,
    ) -> Self {
        let key = SigningKey::new([7; 32]);
        let app = App::open(&settings, &key, clock.clock(), Random::seeded(seed), policy);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let http = HttpPolicy {
            public_url: base.clone(),
            trusted_proxies: vec!["127.0.0.0/8".parse().expect("a network")],
            rate_limit: policy.limit_logins,
            traced: false,
        };
        let server = Server::new(app.expect("a new database opens"), http);
        let listening = listen(Arc::clone(&server), listener).expect("the port is ours");
        Self {
            clock,
            server,
            instances: Arc::new(Instances::new(vec![base.clone()])),
            base,
            http: reqwest::Client::new(),
            specification: Specification::shared(),
            _listening: listening,
            _partner: None,
            storage,
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
            Arc::clone(&self.instances),
            Arc::clone(&self.specification),
        )
    }

    /// The client with the same credential for this instance.
    #[must_use]
    pub fn speak_as(&self, client: &Client) -> Client {
        client.at(&self.instances)
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
