//! Who is asking, and whether they may.

use std::fmt;

use crate::{
    ApiKeyId, Instant, Kind, OrgId, Permission, ProjectId, Role, Scope, SessionId, UserId,
};

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

    /// The API key, unless it is a session begun with a password.
    #[must_use]
    pub const fn api_key(self) -> Option<ApiKeyId> {
        match self {
            Self::ApiKeySession(_, key) | Self::ApiKey(key) => Some(key),
            Self::Session(_) => None,
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
    /// The only project that the API key in use is good for, `None` for no such bound.
    pub project: Option<ProjectId>,
    /// Of which kind the time is that they book.
    pub kind: Kind,
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
    /// The API key is bound to a project, and this reaches beyond it.
    Project,
}

/// What a caller can reach at all: one organisation, and with a bound API key one project in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Realm {
    /// The organisation.
    pub org: OrgId,
    /// The only project, `None` for all of them and for standalone tasks.
    pub project: Option<ProjectId>,
}

impl Realm {
    /// Whether what belongs to that project, or to none, is in it.
    #[must_use]
    pub fn holds(self, project: Option<ProjectId>) -> bool {
        self.project.is_none() || self.project == project
    }
}

impl From<OrgId> for Realm {
    fn from(org: OrgId) -> Self {
        Self { org, project: None }
    }
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
        if self.project.is_some() && !permission.is_within_project() {
            return Err(Denied::Project);
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

    /// Refuses a caller whose API key is bound to a project.
    ///
    /// # Errors
    /// [`Denied::Project`].
    pub fn require_unbound(&self) -> Result<(), Denied> {
        match self.project {
            None => Ok(()),
            Some(_) => Err(Denied::Project),
        }
    }

    /// What the caller can reach.
    #[must_use]
    pub fn realm(&self) -> Realm {
        Realm {
            org: self.org,
            project: self.project,
        }
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
            Self::Project => formatter
                .write_str("this API key is bound to a project, and this reaches beyond it"),
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
            project: None,
            kind: Kind::Human,
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

    #[test]
    fn a_bound_key_reaches_one_project() {
        let project = ProjectId::new(Uuid::from_u128(5));
        let mut who = caller(Some(Role::Admin), true);
        who.credential = Credential::ApiKey(ApiKeyId::new(Uuid::from_u128(4)));
        who.project = Some(project);
        assert_eq!(who.require(Permission::WriteAnyTime), Ok(()));
        for beyond in [
            Permission::ReadUsers,
            Permission::ManageUsers,
            Permission::ReadOrganisation,
            Permission::Operate,
        ] {
            assert_eq!(who.require(beyond), Err(Denied::Project));
        }
        assert!(who.realm().holds(Some(project)));
        assert!(!who.realm().holds(None));
        assert!(!who.realm().holds(Some(ProjectId::new(Uuid::from_u128(6)))));
    }
}
