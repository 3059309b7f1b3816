//! Organisations, the people in them, and what they log in with.

use serde::{Serialize, Serializer};

use crate::{
    ApiKeyId, Instant, InvitationId, MaxRunning, OrgId, ProjectId, Role, Scope, SessionId, UserId,
};

/// Who or what books time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person.
    Human,
    /// A pipeline.
    Ci,
    /// A program that decides by itself what to do.
    Agent,
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Human, Self::Ci, Self::Agent];

    /// The word for it on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Ci => "ci",
            Self::Agent => "agent",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A tenant: everything else belongs to exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its name; not unique.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Where to reach it; at first the address of who signed it up.
    pub email: Option<String>,
    /// For how long a track may run, `None` for ever.
    pub max_running: Option<MaxRunning>,
    /// Since when its members are locked out, if they are (contract row 62).
    pub suspended_at: Option<Instant>,
    /// When it signed up.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// A person, or a machine with an account of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their organisation.
    pub org: OrgId,
    /// First name; empty when it was never said.
    pub first_name: String,
    /// Last name; empty when it was never said.
    pub last_name: String,
    /// The address they log in with, unique on the server.
    pub email: String,
    /// Their part in the organisation; `None` for a super user who has none.
    pub role: Option<Role>,
    /// Whether they operate the server.
    pub super_user: bool,
    /// Who or what they are: so is the time that they book.
    pub kind: Kind,
    /// Whether they may log in.
    pub active: bool,
    /// When the account was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl User {
    /// First and last name, or the email address of a person without any.
    #[must_use]
    pub fn display_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        match name.trim() {
            "" => self.email.clone(),
            name => name.to_owned(),
        }
    }
}

/// A login that is still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who logged in.
    pub user: UserId,
    /// When.
    pub started_at: Instant,
    /// When it ends, whatever is refreshed.
    pub expires_at: Instant,
    /// What the client called itself.
    pub user_agent: Option<String>,
}

/// What is known of an API key; never its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    /// The last four characters of the secret, to tell keys apart.
    pub last4: String,
    /// What it may be used for, `None` for everything its owner may do.
    pub scopes: Option<Vec<Scope>>,
    /// When it stops working by itself, `None` for never.
    pub expires_at: Option<Instant>,
    /// The one project that it is good for, `None` for whatever its owner may reach.
    pub project: Option<ProjectId>,
    /// What books time with it, `None` for what its owner is.
    pub kind: Option<Kind>,
    /// When it was last used (to the minute), `None` for never.
    pub last_used_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed or rotated.
    pub updated_at: Instant,
}

/// An invitation to join, not yet used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its row; the public id also proves that the holder got the link.
    pub id: InvitationId,
    /// The organisation that invites.
    pub org: OrgId,
    /// Who is invited.
    pub email: String,
    /// The most that they may become.
    pub role: Role,
    /// When it stops working.
    pub expires_at: Instant,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}
