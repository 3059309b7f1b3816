//! Who may do what: the two tables of the contract ("Roles" and the scopes of API keys), and nothing else.

use std::fmt;

use crate::{ApiKeyId, Instant, OrgId, SessionId, UserId};

/// A person's part in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Tracks time, works with projects and tasks, sees own time.
    Member,
    /// Also manages the organisation and its people, and sees everyone's time.
    Admin,
}

impl Role {
    /// The word for it on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// The role of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Member, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == word)
    }
}

/// What an API key is allowed to be used for, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read whatever the owner may read.
    Read,
    /// Clock in and out, write time tracks.
    Track,
    /// Create, change and delete projects and tasks.
    Manage,
    /// Own account and keys, the organisation and its people.
    Admin,
}

impl Scope {
    /// Every scope, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Read, Self::Track, Self::Manage, Self::Admin];

    /// The word for it on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Track => "track",
            Self::Manage => "manage",
            Self::Admin => "admin",
        }
    }

    /// The scope of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// Something that a use case asks for before it does anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Read the own account, sessions and API keys.
    ReadOwnAccount,
    /// Change the own profile.
    ChangeOwnAccount,
    /// Change the own password or email, make or rotate API keys: never with an API key.
    ChangeOwnCredentials,
    /// Read the organisation.
    ReadOrganisation,
    /// Change the organisation.
    ChangeOrganisation,
    /// Read users.
    ReadUsers,
    /// Create and change users, see and end all sessions, invite.
    ManageUsers,
    /// Read projects and tasks.
    ReadWork,
    /// Create and change projects and tasks.
    ChangeWork,
    /// Delete own projects and tasks.
    DeleteOwnWork,
    /// Delete anyone's projects and tasks.
    DeleteAnyWork,
    /// Read own time tracks.
    ReadOwnTime,
    /// Write own time tracks; clock in and out.
    WriteOwnTime,
    /// Read everyone's time tracks.
    ReadAnyTime,
    /// Write anyone's time tracks.
    WriteAnyTime,
    /// Reports, for a member on own time.
    ReadReports,
    /// Reports on any organisation, and `/internal`.
    Operate,
}

impl Permission {
    /// The scope that an API key needs for it.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::ReadOwnAccount
            | Self::ReadOrganisation
            | Self::ReadUsers
            | Self::ReadWork
            | Self::ReadOwnTime
            | Self::ReadAnyTime
            | Self::ReadReports => Scope::Read,
            Self::WriteOwnTime | Self::WriteAnyTime => Scope::Track,
            Self::ChangeWork | Self::DeleteOwnWork | Self::DeleteAnyWork => Scope::Manage,
            Self::ChangeOwnAccount
            | Self::ChangeOwnCredentials
            | Self::ChangeOrganisation
            | Self::ManageUsers
            | Self::Operate => Scope::Admin,
        }
    }

    /// Whether the role alone is enough (contract, "Roles"). `None` is a super user without a part in an organisation.
    fn is_granted_to(self, role: Option<Role>, super_user: bool) -> bool {
        match self {
            Self::ReadOwnAccount | Self::ChangeOwnAccount | Self::ChangeOwnCredentials => true,
            Self::ReadOrganisation
            | Self::ReadUsers
            | Self::ReadWork
            | Self::ChangeWork
            | Self::DeleteOwnWork
            | Self::ReadOwnTime
            | Self::WriteOwnTime => role.is_some(),
            Self::ReadReports => role.is_some() || super_user,
            Self::ChangeOrganisation
            | Self::ManageUsers
            | Self::DeleteAnyWork
            | Self::ReadAnyTime
            | Self::WriteAnyTime => role == Some(Role::Admin),
            Self::Operate => super_user,
        }
    }
}

/// With what the caller proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A session begun with email and password.
    Session(SessionId),
    /// A session begun with an API key.
    ApiKeySession(SessionId, ApiKeyId),
    /// The API key itself.
    ApiKey(ApiKeyId),
}

impl Credential {
    /// The session, unless the key itself was shown.
    #[must_use]
    pub const fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(session) | Self::ApiKeySession(session, _) => Some(session),
            Self::ApiKey(_) => None,
        }
    }
}

/// Who is asking, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The caller's organisation: the only source of tenancy.
    pub org: OrgId,
    /// The caller.
    pub user: UserId,
    /// Their part in the organisation; `None` for a super user who has none.
    pub role: Option<Role>,
    /// Whether they operate the server.
    pub super_user: bool,
    /// The scopes of the API key in use, `None` for all.
    pub scopes: Option<Vec<Scope>>,
    /// With what they came.
    pub credential: Credential,
    /// When that ends by itself; `None` for never.
    pub expires_at: Option<Instant>,
}

/// Why a caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The role is too small.
    Role,
    /// The API key lacks this scope.
    Scope(Scope),
    /// This needs a session begun with a password.
    ApiKey,
}

/// Whose time a caller may see or write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only this person's.
    Own(UserId),
    /// Everyone's in the organisation.
    Anyone,
}

impl Caller {
    /// Refuses unless the caller's role and key both allow it.
    ///
    /// # Errors
    /// Says which of them does not.
    pub fn require(&self, permission: Permission) -> Result<(), Denied> {
        if !permission.is_granted_to(self.role, self.super_user) {
            return Err(Denied::Role);
        }
        let with_key = !matches!(self.credential, Credential::Session(_));
        if with_key && permission == Permission::ChangeOwnCredentials {
            return Err(Denied::ApiKey);
        }
        match &self.scopes {
            Some(scopes) if !scopes.contains(&permission.scope()) => {
                Err(Denied::Scope(permission.scope()))
            }
            _ => Ok(()),
        }
    }

    /// Refuses unless the thing is the caller's own and `own` is allowed, or `any` is.
    ///
    /// # Errors
    /// As [`Caller::require`].
    pub fn require_own_or_any(
        &self,
        owner: UserId,
        own: Permission,
        any: Permission,
    ) -> Result<(), Denied> {
        self.require(if owner == self.user { own } else { any })
    }

    /// Whose time the caller may read: everyone's, or the own.
    #[must_use]
    pub fn readable_time(&self) -> Access {
        if self.require(Permission::ReadAnyTime).is_ok() {
            Access::Anyone
        } else {
            Access::Own(self.user)
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role => formatter.write_str("your role does not allow this"),
            Self::Scope(scope) => write!(
                formatter,
                "this API key does not have the scope `{}`",
                scope.as_str()
            ),
            Self::ApiKey => {
                formatter.write_str("an API key cannot do this: log in with email and password")
            }
        }
    }
}

impl std::error::Error for Denied {}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn caller(role: Option<Role>, super_user: bool) -> Caller {
        Caller {
            org: OrgId::new(Uuid::from_u128(1)),
            user: UserId::new(Uuid::from_u128(2)),
            role,
            super_user,
            scopes: None,
            credential: Credential::Session(SessionId::new(Uuid::from_u128(3))),
            expires_at: None,
        }
    }

    #[test]
    fn roles_grant_what_the_contract_says() {
        use Permission as P;
        let member = caller(Some(Role::Member), false);
        let admin = caller(Some(Role::Admin), false);
        let operator = caller(None, true);
        for (permission, expected) in [
            (P::ChangeOwnCredentials, [true, true, true]),
            (P::ReadOrganisation, [true, true, false]),
            (P::ChangeOrganisation, [false, true, false]),
            (P::ReadUsers, [true, true, false]),
            (P::ManageUsers, [false, true, false]),
            (P::ChangeWork, [true, true, false]),
            (P::DeleteAnyWork, [false, true, false]),
            (P::WriteOwnTime, [true, true, false]),
            (P::ReadAnyTime, [false, true, false]),
            (P::WriteAnyTime, [false, true, false]),
            (P::ReadReports, [true, true, true]),
            (P::Operate, [false, false, true]),
        ] {
            let granted = [&member, &admin, &operator].map(|who| who.require(permission).is_ok());
            assert_eq!(granted, expected, "{permission:?}");
        }
    }

    #[test]
    fn a_key_can_do_no_more_than_its_scopes_and_its_owner() {
        let key = ApiKeyId::new(Uuid::from_u128(4));
        let mut who = caller(Some(Role::Admin), false);
        who.credential = Credential::ApiKey(key);
        assert_eq!(
            who.require(Permission::ChangeOwnCredentials),
            Err(Denied::ApiKey)
        );
        who.scopes = Some(vec![Scope::Track]);
        assert_eq!(who.require(Permission::WriteAnyTime), Ok(()));
        assert_eq!(
            who.require(Permission::ReadWork),
            Err(Denied::Scope(Scope::Read))
        );
        who.role = Some(Role::Member);
        assert_eq!(who.require(Permission::WriteAnyTime), Err(Denied::Role));
    }
}
