//! Which signing key belongs to the database. From the server's start and command line only.

use timetracks_db::{Lane, Tx, sql};

use crate::{App, Error, Work, secrets::Hash, work::Columns};

/// Whether the app's signing key is the one that signed what is out there. The first key that asks becomes it.
///
/// # Errors
/// When the database cannot be written.
pub async fn knows_signing_key(app: &App) -> Result<bool, Error> {
    let fingerprint = app.secrets.fingerprint;
    app.write(Lane::Server, move |work| {
        let known = find(work.tx)?;
        if known.is_none() {
            insert(work, fingerprint)?;
        }
        Ok(known.is_none_or(|known| known == fingerprint))
    })
    .await
}

/// Makes the app's signing key the one that counts. Access tokens and the links of invitations, signed with another,
/// are worthless from now on; refresh tokens and API keys are not signed and stay good.
///
/// # Errors
/// When the database cannot be written.
pub async fn accept_signing_key(app: &App) -> Result<(), Error> {
    let fingerprint = app.secrets.fingerprint;
    app.write(Lane::Server, move |work| {
        work.tx.execute(sql!("DELETE FROM signing_key"), &[])?;
        insert(work, fingerprint)
    })
    .await
}

pub(super) fn find(tx: &mut Tx) -> Result<Option<Hash>, timetracks_db::Error> {
    let known = sql!("SELECT fingerprint FROM signing_key");
    tx.row(known, &[], |row| row.get())
}

fn insert(work: &mut Work, fingerprint: Hash) -> Result<(), Error> {
    let insert = sql!("INSERT INTO signing_key (fingerprint) VALUES ($1)");
    Ok(work.tx.execute(insert, &[&fingerprint])?)
}
