//! Limits attempts to log in, account by account. The count is stored, so that instances share it and a restart does not
//! forgive; it is kept for addresses without an account too, so that nobody learns which have one.

use timetracks_db::{Lane, sql};
use timetracks_domain::{Email, Instant};
use uuid::Uuid;

use crate::{App, Error, Origin, Refusal, Work, secrets::Hash, work::Columns};

/// How many attempts in a row are allowed.
const BURST: i64 = 10;
/// How long one attempt takes to be forgiven.
const FORGIVENESS_MS: i64 = 30_000;

/// An account that somebody tries to log in to, whether it exists or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account(Hash);

impl Account {
    pub(crate) fn new(app: &App, email: &Email) -> Self {
        Self(app.secrets.account(email))
    }

    /// Attempts on one account go one after another.
    fn lane(self) -> Lane {
        let mut start = [0; 16];
        start.copy_from_slice(&self.0[..16]);
        Lane::Org(Uuid::from_bytes(start))
    }
}

/// Counts an attempt before its password is looked at, so that many at once get no further than many in a row.
///
/// # Errors
/// [`Refusal::TooManyAttempts`].
pub(crate) async fn take(app: &App, origin: &Origin, account: Account) -> Result<(), Error> {
    if !app.policy.limit_logins {
        return Ok(());
    }
    app.write_for(origin, account.lane(), move |work| count(work, account))
        .await
}

/// The generic cell rate algorithm: the one number stored is when all attempts will be forgiven.
fn count(work: &mut Work, account: Account) -> Result<(), Error> {
    let stored: Option<Instant> = work.tx.row(
        sql!("SELECT forgiven_at FROM login_attempts WHERE account = $1"),
        &[&account.0],
        |row| row.instant(),
    )?;
    let now = work.now.ms();
    // A clock that jumped back must not lock anybody out for longer than a full burst.
    let latest = now + BURST * FORGIVENESS_MS;
    let forgiven_at = stored.map_or(now, |stored| stored.ms().clamp(now, latest)) + FORGIVENESS_MS;
    if forgiven_at > latest {
        let wait_ms = forgiven_at - latest;
        return Err(Refusal::TooManyAttempts {
            retry_after_seconds: (wait_ms + 999) / 1000,
        }
        .into());
    }
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
pub(crate) fn forgive(work: &mut Work, account: Account) -> Result<(), Error> {
    work.tx.execute(
        sql!("DELETE FROM login_attempts WHERE account = $1"),
        &[&account.0],
    )?;
    Ok(())
}
