//! The use cases of TimeTracks, one file each, grouped by what they are about. A use case is an ordinary function of a
//! [`Work`] (a transaction, the instant, fresh ids) and the [`Caller`]; its first line asks
//! for permission. The few that hash a password are functions of the [`App`], because hashing must not hold a lane.

pub mod account;
pub mod api_keys;
pub mod audit;
mod clock;
mod credentials;
mod error;
mod idempotency;
pub mod internal;
pub mod invitations;
pub mod organisations;
mod origin;
mod passwords;
pub mod projects;
mod random;
pub mod reports;
mod schema;
pub mod secrets;
pub mod tasks;
mod throttle;
pub mod tracks;
mod turns;
pub mod users;
mod work;

use std::sync::Arc;

pub use clock::Clock;
pub use credentials::{Recognised, authenticate};
pub use error::{Error, Refusal};
pub use idempotency::{Attempt, Retry, RetryScope};
pub use origin::{Origin, network_of};
pub use passwords::{HashingStatistics, PasswordHash};
pub use random::Random;
pub use schema::MIGRATIONS;
pub use secrets::SigningKey;
use timetracks_db::{Announcement, Db, Lane, OpenError, Statistics, Tx};
use timetracks_domain::{Caller, OrgId, Password};
pub use turns::{Turn, Turns};
pub use work::{Page, Visit, Work};

use credentials::Credentials;
use passwords::Passwords;
use secrets::Secrets;
use throttle::Throttle;

/// What the operator decides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy {
    /// Whether `currentPassword` must be given to change a password.
    pub require_current_password: bool,
    /// Whether guesses at passwords are limited.
    pub limit_logins: bool,
}

/// An open TimeTracks: the database and everything that use cases need beside it.
pub struct App {
    db: Db,
    clock: Clock,
    secrets: Arc<Secrets>,
    passwords: Passwords,
    credentials: Arc<Credentials>,
    policy: Policy,
    throttle: Throttle,
    retries: idempotency::UnderWay,
}

impl App {
    /// Opens the database, making or migrating it when needed. Blocks.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open(
        settings: &timetracks_db::Settings,
        key: &SigningKey,
        clock: Clock,
        random: Random,
        policy: Policy,
    ) -> Result<Self, OpenError> {
        let credentials = Arc::new(Credentials::default());
        let told = Arc::clone(&credentials);
        let listener = Arc::new(move |announcement| match announcement {
            Announcement::Of(org) => told.forget(OrgId::new(org)),
            Announcement::Missed => told.forget_all(),
        });
        Ok(Self {
            db: Db::open(settings, MIGRATIONS, listener)?,
            passwords: Passwords::new(random.clone()).map_err(OpenError::Thread)?,
            secrets: Arc::new(Secrets::new(key, random)),
            clock,
            credentials,
            policy,
            throttle: Throttle::new(),
            retries: idempotency::UnderWay::default(),
        })
    }

    /// The clock that everything goes by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A fresh id for a request.
    #[must_use]
    pub fn request_id(&self) -> String {
        timetracks_domain::Id::<timetracks_domain::kind::Session>::new(
            self.secrets.random.uuid(self.clock.now()),
        )
        .to_string()
    }

    /// Hashes a password, which takes a while and happens outside of every lane.
    ///
    /// # Errors
    /// [`Error::HashingBusy`].
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        self.passwords.hash(password).await
    }

    /// Whether the server can do its work: false once the disk has failed to keep a write.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.db.is_writable()
    }

    /// As [`Db::storage_lost`].
    pub async fn storage_lost(&self) {
        self.db.storage_lost().await;
    }

    /// What the database does, in numbers.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.db.statistics()
    }

    /// What hashing passwords does, in numbers.
    #[must_use]
    pub fn hashing(&self) -> HashingStatistics {
        self.passwords.statistics()
    }

    /// Runs a use case that writes, for the server itself. See [`App::write_for`].
    ///
    /// # Errors
    /// As [`App::write_for`].
    pub async fn write<T: Send + 'static>(
        &self,
        lane: Lane,
        job: impl FnOnce(&mut Work) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Result<T, Error> {
        self.write_for(&Origin::default(), lane, job).await
    }

    /// Runs a use case that writes, for a request. When it answers `Ok`, what it did survives a power cut; when `Err`, it did nothing.
    ///
    /// # Errors
    /// What the use case refuses, or that the database could not run or keep it.
    pub async fn write_for<T: Send + 'static>(
        &self,
        origin: &Origin,
        lane: Lane,
        job: impl FnOnce(&mut Work) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Result<T, Error> {
        self.db.write(lane, self.in_work(origin, job)).await
    }

    /// Runs a use case that only reads, on one snapshot.
    ///
    /// # Errors
    /// As [`App::write`].
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Work) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Result<T, Error> {
        self.db.read(self.in_work(&Origin::default(), job)).await
    }

    /// As [`App::read`], for a use case that looks at a few rows which it finds by their keys.
    ///
    /// # Errors
    /// As [`App::write`].
    pub async fn look<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Work) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Result<T, Error> {
        self.db.look(self.in_work(&Origin::default(), job)).await
    }

    /// As [`App::read`], for an answer whose length the data or the client decides.
    ///
    /// # Errors
    /// As [`App::write`].
    pub async fn read_long<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Work) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Result<T, Error> {
        self.db
            .read_long(self.in_work(&Origin::default(), job))
            .await
    }

    /// Gives a use case its surroundings. It looks at the clock once it runs, so that in a lane time only goes forward.
    fn in_work<T>(
        &self,
        origin: &Origin,
        job: impl FnOnce(&mut Work) -> Result<T, Error> + Clone + Send + 'static,
    ) -> impl FnOnce(&mut Tx) -> Result<T, Error> + Clone + Send + 'static {
        let (clock, secrets) = (self.clock.clone(), Arc::clone(&self.secrets));
        let origin = origin.clone();
        move |tx| {
            let now = clock.now();
            job(&mut Work {
                tx,
                now,
                secrets: &secrets,
                origin: &origin,
            })
        }
    }
}

/// The lane of an organisation's writes.
#[must_use]
pub fn lane(org: OrgId) -> Lane {
    Lane::Org(org.uuid())
}

/// The lane of a caller's writes.
#[must_use]
pub fn lane_of(caller: &Caller) -> Lane {
    lane(caller.org)
}
