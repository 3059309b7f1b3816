//! Making a super user, from the server's command line only.

use timetracks_db::{Lane, sql};
use timetracks_domain::{Action, Email, Kind, Name, OrgId, Subject, UserId};

use super::SERVER_ORG;
use crate::{
    App, Error, Refusal, Work, account,
    audit::{self, Actor},
    organisations,
    users::{self, NewUser},
    work::Columns,
};

/// What became of the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddedSuperUser {
    /// A user who has a password, and keeps it and their role.
    Promoted,
    /// A user who has none: a new one without a part in any organisation, or one who never set theirs.
    NeedsPassword {
        /// The one-time token that sets it.
        password_token: String,
    },
}

/// Makes the user with this address a super user, or makes a new one.
///
/// # Errors
/// When the database cannot be written.
pub async fn add_super_user(app: &App, email: Email) -> Result<AddedSuperUser, Error> {
    app.write(Lane::Server, move |work| {
        let known = work.tx.row(
            sql!("SELECT org_id, user_id FROM logins WHERE email_key = $1"),
            &[&email.key()],
            |row| {
                Ok((
                    row.id::<timetracks_domain::kind::Organisation>()?,
                    row.id()?,
                ))
            },
        )?;
        match known {
            Some((org, user)) => promote(work, org, user),
            None => create(work, email),
        }
    })
    .await
}

fn promote(work: &mut Work, org: OrgId, user: UserId) -> Result<AddedSuperUser, Error> {
    work.tx.execute(
        sql!("UPDATE users SET super_user = TRUE, updated_at = $3 WHERE org_id = $1 AND id = $2"),
        &[&org.uuid(), &user.uuid(), &work.now.ms()],
    )?;
    work.tx.announce(org.uuid());
    record(work, org, user)?;
    let has_password = work.tx.row(
        sql!("SELECT 1 FROM users WHERE org_id = $1 AND id = $2 AND password_hash IS NOT NULL"),
        &[&org.uuid(), &user.uuid()],
        |_| Ok(()),
    )?;
    match has_password {
        Some(()) => Ok(AddedSuperUser::Promoted),
        None => needs_password(work, org, user),
    }
}

fn create(work: &mut Work, email: Email) -> Result<AddedSuperUser, Error> {
    if organisations::find(work, SERVER_ORG)?.is_none() {
        let name = Name::parse("The server").map_err(|rule| Refusal::Invalid {
            field: "name",
            rule: rule.to_string(),
        })?;
        account::add_organisation(work, SERVER_ORG, &name, None)?;
    }
    let new = NewUser {
        org: SERVER_ORG,
        first_name: None,
        last_name: None,
        email,
        role: None,
        super_user: true,
        kind: Kind::Human,
        password_hash: None,
    };
    let user = users::add(work, new)?;
    record(work, user.org, user.id)?;
    needs_password(work, user.org, user.id)
}

/// Nobody is named as who did it: it was an operator, on the command line.
fn record(work: &mut Work, org: OrgId, user: UserId) -> Result<(), Error> {
    let operator = Actor {
        org,
        user: None,
        credential: None,
    };
    let subject = Subject::User(user);
    audit::record(work, operator, Action::SuperUserAdded, Some(subject), None)
}

fn needs_password(work: &mut Work, org: OrgId, user: UserId) -> Result<AddedSuperUser, Error> {
    Ok(AddedSuperUser::NeedsPassword {
        password_token: account::issue_password_token(work, org, user)?,
    })
}
