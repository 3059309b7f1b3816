//! Who is asking: an API key, or a session whose tokens are renewed in time.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use timetracks_api::{
    Code,
    account::{Refresh, Tokens},
};
use timetracks_domain::Instant;

use crate::{Client, Error};

/// An access token that ends within this time is renewed before it is used.
const MARGIN_MS: i64 = 30_000;

/// What a client shows.
#[derive(Clone)]
pub enum Credential {
    /// Nothing: for logging in, and the little that is public.
    None,
    /// An API key, with every request.
    ApiKey(String),
    /// A session, by the tokens in a store.
    Session(SessionKind, Arc<dyn TokenStore>),
}

/// How a session began, which says where it is refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// With email and password.
    Password,
    /// With an API key.
    ApiKey,
}

/// Where the tokens of a session are kept. A refresh token is good once, so whoever shares the store takes turns.
pub trait TokenStore: Send + Sync + 'static {
    /// The tokens, if somebody is logged in.
    ///
    /// # Errors
    /// When they cannot be read.
    fn load(&self) -> io::Result<Option<Tokens>>;

    /// Keeps new tokens, for good when it returns.
    ///
    /// # Errors
    /// When they cannot be kept.
    fn save(&self, tokens: &Tokens) -> io::Result<()>;

    /// Waits until nobody else renews these tokens, and keeps others waiting until the answer is dropped.
    ///
    /// # Errors
    /// When that cannot be known.
    fn lock(&self) -> io::Result<Box<dyn Send>>;
}

/// Tokens that end with the process.
#[derive(Default)]
pub struct MemoryStore(Mutex<Option<Tokens>>);

impl MemoryStore {
    /// A store that holds these.
    #[must_use]
    pub fn new(tokens: Tokens) -> Self {
        Self(Mutex::new(Some(tokens)))
    }
}

impl TokenStore for MemoryStore {
    fn load(&self) -> io::Result<Option<Tokens>> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    fn save(&self, tokens: &Tokens) -> io::Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokens.clone());
        Ok(())
    }

    fn lock(&self) -> io::Result<Box<dyn Send>> {
        Ok(Box::new(()))
    }
}

/// A credential at work.
pub(crate) struct Access {
    credential: Credential,
    /// What this process uses. Who renews it holds the lock, so that requests that run at the same time renew once.
    tokens: tokio::sync::Mutex<Option<Tokens>>,
}

/// What goes into a request.
pub(crate) struct Shown {
    pub(crate) header: HeaderName,
    pub(crate) value: HeaderValue,
    /// The access token, which the server may refuse.
    pub(crate) token: Option<String>,
}

impl Access {
    pub(crate) fn new(credential: Credential) -> Self {
        Self {
            credential,
            tokens: tokio::sync::Mutex::new(None),
        }
    }

    /// What to show; a token other than the one that the server has refused.
    pub(crate) async fn show(
        &self,
        client: &Client,
        refused: Option<&str>,
    ) -> Result<Option<Shown>, Error> {
        match &self.credential {
            Credential::None => Ok(None),
            Credential::ApiKey(key) => Ok(Some(Shown {
                header: HeaderName::from_static("x-api-key"),
                value: secret(key)?,
                token: None,
            })),
            Credential::Session(kind, store) => {
                let token = self.token(client, *kind, store, refused).await?;
                Ok(Some(Shown {
                    header: AUTHORIZATION,
                    value: secret(&format!("Bearer {token}"))?,
                    token: Some(token),
                }))
            }
        }
    }

    /// Whether a refused token can be replaced.
    pub(crate) fn renews(&self) -> bool {
        matches!(self.credential, Credential::Session(..))
    }

    async fn token(
        &self,
        client: &Client,
        kind: SessionKind,
        store: &Arc<dyn TokenStore>,
        refused: Option<&str>,
    ) -> Result<String, Error> {
        let mut own = self.tokens.lock().await;
        if own.is_none() {
            *own = store.load()?;
        }
        let Some(tokens) = &*own else {
            return Err(Error::LoggedOut);
        };
        let usable = |tokens: &Tokens, now: Instant| {
            tokens.expires_in.0 > now.plus_ms(MARGIN_MS)
                && refused != Some(tokens.access_token.as_str())
        };
        if usable(tokens, client.now()) {
            return Ok(tokens.access_token.clone());
        }
        let waiting = Arc::clone(store);
        let locked = tokio::task::spawn_blocking(move || waiting.lock()).await;
        let _turn = locked.map_err(|error| Error::Store(io::Error::other(error)))??;
        // Another process may have been here before.
        let Some(stored) = store.load()? else {
            return Err(Error::LoggedOut);
        };
        let tokens = match usable(&stored, client.now()) {
            true => stored,
            false => {
                let renewed = renew(client, kind, stored.refresh_token).await?;
                store.save(&renewed)?;
                renewed
            }
        };
        let token = tokens.access_token.clone();
        *own = Some(tokens);
        Ok(token)
    }
}

async fn renew(client: &Client, kind: SessionKind, token: String) -> Result<Tokens, Error> {
    let body = Refresh {
        refresh_token: token,
    };
    let call = match kind {
        SessionKind::Password => client.refresh(&body),
        SessionKind::ApiKey => client.refresh_api_key_session(&body),
    };
    // The compiler cannot see that a refresh never asks for a refresh.
    let answer: std::pin::Pin<Box<dyn Future<Output = Result<Tokens, Error>> + Send>> =
        Box::pin(call.into_future());
    match answer.await {
        Err(error) if error.code() == Some(Code::InvalidCredentials) => Err(Error::LoggedOut),
        answer => answer,
    }
}

fn secret(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::Request("the credential has characters that no credential has".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}
