//! Sessions that refresh themselves.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use timetracks_client::{
    Client, Credential, Error, MemoryStore, Policy, SessionKind, Time, TokenStore,
    api::account::{LogIn, Tokens},
    domain::{Email, Instant},
};
use timetracks_testkit::{PASSWORD, TestClock, TestServer};

const DAY_MS: i64 = 86_400_000;

/// The server's clock.
struct Shared(TestClock);

impl Time for Shared {
    fn now(&self) -> Instant {
        Instant::MIN.plus_ms(self.0.now())
    }
    fn elapsed(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now()).unwrap())
    }
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async {})
    }
}

/// A store that counts what it is asked for.
#[derive(Default)]
struct Counting {
    tokens: Mutex<Option<Tokens>>,
    saved: AtomicUsize,
}

impl TokenStore for Counting {
    fn load(&self) -> io::Result<Option<Tokens>> {
        Ok(self.tokens.lock().unwrap().clone())
    }
    fn save(&self, tokens: &Tokens) -> io::Result<()> {
        self.saved.fetch_add(1, Ordering::SeqCst);
        *self.tokens.lock().unwrap() = Some(tokens.clone());
        Ok(())
    }
    fn lock(&self) -> io::Result<Box<dyn Send>> {
        Ok(Box::new(()))
    }
}

async fn logged_in(server: &TestServer) -> Tokens {
    server.sign_up("ada").await;
    let body = LogIn {
        email: Email::parse("ada@example.com").unwrap(),
        password: PASSWORD.to_owned(),
    };
    let anonymous = Client::new(server.base(), Credential::None).unwrap();
    anonymous.log_in(&body).await.unwrap()
}

fn client(server: &TestServer, store: &Arc<Counting>) -> Client {
    let store: Arc<dyn TokenStore> = Arc::clone(store) as _;
    let credential = Credential::Session(SessionKind::Password, store);
    let time = Arc::new(Shared(server.clock.clone()));
    Client::with(server.base(), credential, Policy::default(), time).unwrap()
}

#[tokio::test]
async fn requests_at_the_same_time_refresh_once_before_the_token_ends() {
    let server = TestServer::start().await;
    let store = Arc::new(Counting::default());
    store.save(&logged_in(&server).await).unwrap();
    let client = client(&server, &store);
    client.get_me().await.unwrap();
    assert_eq!(
        store.saved.load(Ordering::SeqCst),
        1,
        "the token is good for a day"
    );
    server.clock.advance(DAY_MS - 20_000);
    let before = store.load().unwrap().unwrap();
    for answer in join_all((0..20).map(|_| client.get_me().into_future())).await {
        answer.unwrap();
    }
    assert_eq!(store.saved.load(Ordering::SeqCst), 2);
    let after = store.load().unwrap().unwrap();
    assert_ne!(before.refresh_token, after.refresh_token);
    server.clock.advance(DAY_MS);
    client.get_me().await.unwrap();
    assert_eq!(store.saved.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once_and_the_request_repeated() {
    let server = TestServer::start().await;
    let tokens = logged_in(&server).await;
    let store = Arc::new(Counting::default());
    // As after a change of the server's signing key.
    let refused = Tokens {
        access_token: "e30.e30.e30".to_owned(),
        ..tokens
    };
    store.save(&refused).unwrap();
    let client = client(&server, &store);
    for answer in join_all((0..10).map(|_| client.get_me().into_future())).await {
        answer.unwrap();
    }
    assert_eq!(store.saved.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_another_process_renewed_is_used() {
    let server = TestServer::start().await;
    let store = Arc::new(Counting::default());
    store.save(&logged_in(&server).await).unwrap();
    let (one, other) = (client(&server, &store), client(&server, &store));
    one.get_me().await.unwrap();
    other.get_me().await.unwrap();
    server.clock.advance(DAY_MS);
    one.get_me().await.unwrap();
    other.get_me().await.unwrap();
    assert_eq!(
        store.saved.load(Ordering::SeqCst),
        2,
        "the second found what the first had saved"
    );
}

#[tokio::test]
async fn a_session_that_is_over_says_so() {
    let server = TestServer::start().await;
    let store = Arc::new(Counting::default());
    store.save(&logged_in(&server).await).unwrap();
    let client = client(&server, &store);
    client.log_out().await.unwrap();
    assert!(matches!(client.get_me().await, Err(Error::LoggedOut)));
    let nobody: Arc<dyn TokenStore> = Arc::new(MemoryStore::default());
    let nobody = Credential::Session(SessionKind::Password, nobody);
    let client = Client::new(server.base(), nobody).unwrap();
    assert!(matches!(client.get_me().await, Err(Error::LoggedOut)));
}
