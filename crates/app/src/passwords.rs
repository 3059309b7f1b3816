//! Password hashing: Argon2id, at most one hash a core at a time, with a short queue in front.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use timetracks_domain::Password;
use tokio::sync::Semaphore;

use crate::{Error, random::Random};

/// How many may wait: at some 25 ms a hash, the last of them waits for about a second on two cores.
const LONGEST_QUEUE: usize = 128;

/// Hashes of no password, to be compared with when there is no user: an unknown email takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    hash("nobody's password", &[0; 16])
        .expect("Argon2id hashes any text with its default parameters")
});

/// The hasher.
#[derive(Clone)]
pub(crate) struct Passwords {
    cores: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    random: Random,
}

impl Passwords {
    pub(crate) fn new(random: Random) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            cores: Arc::new(Semaphore::new(cores)),
            waiting: Arc::default(),
            random,
        }
    }

    /// The hash to store, as a PHC string.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, Error> {
        let salt: [u8; 16] = self.random.bytes();
        self.run(move || hash(password.expose(), &salt)).await?
    }

    /// Whether the password is the stored one; with nothing stored it is not, after the same time.
    pub(crate) async fn verify(
        &self,
        stored: Option<String>,
        password: String,
    ) -> Result<bool, Error> {
        self.run(move || {
            let known = stored.is_some();
            let stored = stored.as_deref().unwrap_or(&NOBODY);
            PasswordHash::new(stored).is_ok_and(|stored| {
                Argon2::default()
                    .verify_password(password.as_bytes(), &stored)
                    .is_ok()
            }) && known
        })
        .await
    }

    /// The permit moves along: when the client leaves, the hash under way still counts.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _place = Place::take(&self.waiting)?;
        let permit = Arc::clone(&self.cores)
            .acquire_owned()
            .await
            .map_err(|closed| Error::Internal(closed.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(|panic| Error::Internal(panic.to_string()))
    }
}

fn hash(password: &str, salt: &[u8; 16]) -> Result<String, Error> {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|error| Error::Internal(error.to_string()))
}

/// A place in the queue, given back when it is dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Result<Self, Error> {
        if waiting.fetch_add(1, Ordering::Relaxed) >= LONGEST_QUEUE {
            waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::HashingBusy);
        }
        Ok(Self(Arc::clone(waiting)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
