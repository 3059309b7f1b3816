//! Who may do what: the two tables of the contract ("Roles" and the scopes of API keys), and nothing else.

use serde::{Serialize, Serializer};

/// A person's part in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Tracks time, works with projects and tasks, sees own time.
    Member,
    /// Also manages the organisation and its people, and sees everyone's time.
    Admin,
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
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

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
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

    /// Whether an API key that is bound to a project may use it, for what belongs to that project.
    pub(crate) const fn is_within_project(self) -> bool {
        match self {
            Self::ReadOwnAccount
            | Self::ReadWork
            | Self::ChangeWork
            | Self::DeleteOwnWork
            | Self::DeleteAnyWork
            | Self::ReadOwnTime
            | Self::WriteOwnTime
            | Self::ReadAnyTime
            | Self::WriteAnyTime
            | Self::ReadReports => true,
            Self::ChangeOwnAccount
            | Self::ChangeOwnCredentials
            | Self::ReadOrganisation
            | Self::ChangeOrganisation
            | Self::ReadUsers
            | Self::ManageUsers
            | Self::Operate => false,
        }
    }

    /// Whether the role alone is enough (contract, "Roles"). `None` is a super user without a part in an organisation.
    pub(crate) fn is_granted_to(self, role: Option<Role>, super_user: bool) -> bool {
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
