//! Limits guesses at passwords: by account and by address. What an account has left is stored, so that instances share it
//! and a restart does not forgive; it is kept for addresses without an account too, so that nobody learns which have one.

mod addresses;

use std::sync::atomic::{AtomicU64, Ordering};

use timetracks_db::{Lane, sql};
use timetracks_domain::{Email, Instant};
use uuid::Uuid;

use crate::{App, Error, Origin, Refusal, Work, secrets::Hash, turns::Turns, work::Columns};
use addresses::Addresses;

/// How many attempts in a row an account takes, and how long one takes to be forgiven.
const RATE: Rate = Rate {
    burst: 10,
    forgiveness_ms: 30_000,
};
/// Once in so many attempts, up to so many accounts that are forgiven are forgotten: more than can have come.
const ATTEMPTS_PER_SWEEP: u64 = 16;
const FORGOTTEN_AT_ONCE: i64 = 64;

/// The generic cell rate algorithm: the one number to keep is when everything will be forgiven.
#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: i64,
    forgiveness_ms: i64,
}

impl Rate {
    /// When everything will be forgiven after one more.
    fn take(self, forgiven_at: Option<i64>, now: i64) -> Result<i64, Refusal> {
        let latest = now + self.burst * self.forgiveness_ms;
        let forgiven_at = forgiven_at.map_or(now, |at| at.max(now)) + self.forgiveness_ms;
        if forgiven_at > latest {
            return Err(Refusal::TooManyAttempts {
                retry_after_seconds: (forgiven_at - latest + 999) / 1000,
            });
        }
        Ok(forgiven_at)
    }
}

/// What is known of attempts in this process.
pub(crate) struct Throttle {
    addresses: Addresses,
    /// Attempts on one account are looked at one after another: however many come at once, none that is under way
    /// counts against a right password.
    turns: Turns<Hash>,
    attempts: AtomicU64,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self {
            addresses: Addresses::default(),
            turns: Turns::new(1),
            attempts: AtomicU64::new(0),
        }
    }
}

/// An account that somebody tries to log in to, whether it exists or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account(Hash);

impl Account {
    pub(crate) fn new(app: &App, email: &Email) -> Self {
        Self(app.secrets.account(email))
    }

    /// Where its attempts are counted.
    fn lane(self) -> Lane {
        let mut start = [0; 16];
        start.copy_from_slice(&self.0[..16]);
        Lane::Org(Uuid::from_bytes(start))
    }
}

/// Whether that is the password whose hash is `stored`. The attempt is counted before it is looked at, so that many at once
/// get no further than many in a row. It counts no more once the password was right, for somebody who is welcome, or when
/// it could not be looked at.
///
/// # Errors
/// [`Refusal::TooManyAttempts`]; [`Error::HashingBusy`].
pub(crate) async fn is_right(
    app: &App,
    origin: &Origin,
    account: Account,
    stored: Option<String>,
    password: String,
    is_welcome: bool,
) -> Result<bool, Error> {
    if !app.policy.limit_logins {
        return app.passwords.verify(stored, password).await;
    }
    let addresses = &app.throttle.addresses;
    addresses.check(origin.address, app.clock.passed())?;
    let _turn = app.throttle.turns.wait(account.0).await;
    forget_some(app).await?;
    let count = move |work: &mut Work| count(work, account);
    app.write(account.lane(), count).await?;
    let right = app.passwords.verify(stored, password).await;
    match right {
        Ok(true) if is_welcome => {
            let forgive = move |work: &mut Work| forgive(work, account);
            app.write(account.lane(), forgive).await?;
        }
        Ok(_) => addresses.count(origin.address, app.clock.passed()),
        Err(_) => {
            let give_back = move |work: &mut Work| give_back(work, account);
            app.write(account.lane(), give_back).await?;
        }
    }
    right
}

fn count(work: &mut Work, account: Account) -> Result<(), Error> {
    let stored: Option<Instant> = work.tx.row(
        sql!("SELECT forgiven_at FROM login_attempts WHERE account = $1"),
        &[&account.0],
        |row| row.instant(),
    )?;
    let now = work.now.ms();
    // A clock that was put back must not lock anybody out for longer than a full burst.
    let latest = now + RATE.burst * RATE.forgiveness_ms;
    let forgiven_at = RATE.take(stored.map(|stored| stored.ms().min(latest)), now)?;
    work.tx.execute(
        sql!(
            "INSERT INTO login_attempts (account, forgiven_at) VALUES ($1, $2)
            ON CONFLICT (account) DO UPDATE SET forgiven_at = $2"
        ),
        &[&account.0, &forgiven_at],
    )?;
    Ok(())
}

/// The right password came: nothing is held against the account.
fn forgive(work: &mut Work, account: Account) -> Result<(), Error> {
    work.tx.execute(
        sql!("DELETE FROM login_attempts WHERE account = $1"),
        &[&account.0],
    )?;
    Ok(())
}

fn give_back(work: &mut Work, account: Account) -> Result<(), Error> {
    work.tx.execute(
        sql!("UPDATE login_attempts SET forgiven_at = forgiven_at - $2 WHERE account = $1"),
        &[&account.0, &RATE.forgiveness_ms],
    )?;
    Ok(())
}

/// Anybody can name any address, so what is kept of them must not grow for ever. In one lane, because two that delete the
/// same accounts side by side could wait for each other.
async fn forget_some(app: &App) -> Result<(), Error> {
    let attempts = app.throttle.attempts.fetch_add(1, Ordering::Relaxed);
    if attempts % ATTEMPTS_PER_SWEEP != ATTEMPTS_PER_SWEEP - 1 {
        return Ok(());
    }
    app.write(Lane::Server, |work| {
        // Once more outside, for one that comes again at this moment.
        work.tx.execute(
            sql!(
                "DELETE FROM login_attempts WHERE forgiven_at <= $1 AND account IN (
                    SELECT account FROM login_attempts WHERE forgiven_at <= $1 ORDER BY forgiven_at LIMIT $2)"
            ),
            &[&work.now.ms(), &FORGOTTEN_AT_ONCE],
        )?;
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use timetracks_db::Settings;

    use super::*;
    use crate::{Clock, Policy, Random, SigningKey};

    #[tokio::test]
    async fn an_attempt_that_could_not_be_looked_at_does_not_count() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings::sqlite(directory.path().join("test.db"));
        let policy = Policy {
            require_current_password: false,
            limit_logins: true,
        };
        let clock = Clock::new(|| Instant::MIN, std::time::Duration::default);
        let (key, random) = (SigningKey::new([7; 32]), Random::seeded(1));
        let app = App::open(&settings, &key, clock, random, policy).unwrap();
        let account = Account::new(&app, &Email::parse("ada@example.com").unwrap());
        let origin = Origin::default();
        let attempt = || is_right(&app, &origin, account, None, "wrong".to_owned(), true);
        let crowd = app.passwords.crowd();
        for _ in 0..12 {
            assert!(matches!(attempt().await, Err(Error::HashingBusy)));
        }
        drop(crowd);
        for _ in 0..10 {
            assert!(matches!(attempt().await, Ok(false)));
        }
        let refused = Refusal::TooManyAttempts {
            retry_after_seconds: 30,
        };
        assert!(matches!(attempt().await, Err(Error::Refused(found)) if found == refused));
    }
}
