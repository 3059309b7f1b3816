//! Users on the wire.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use timetracks_domain::{self as domain, Change, Email, Kind, Name, Password, Role, UserId};

use crate::{Body, DateTime, Example, Fields, example};

/// The schema of a role in an organisation.
pub struct RoleWord;

impl JsonSchema for RoleWord {
    fn schema_name() -> Cow<'static, str> {
        "Role".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ["member", "admin"] })
    }
}

/// The schema of a role, that of a super user without a part in an organisation among them.
pub struct AnyRoleWord;

impl JsonSchema for AnyRoleWord {
    fn schema_name() -> Cow<'static, str> {
        "AnyRole".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ["member", "admin", "super_user"] })
    }
}

/// The schema of who or what books time.
pub struct KindWord;

impl JsonSchema for KindWord {
    fn schema_name() -> Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Kind::ALL.map(Kind::as_str) })
    }
}

/// The word for a role on the wire.
#[must_use]
pub fn role_word(role: Option<Role>) -> &'static str {
    role.map_or("super_user", Role::as_str)
}

/// A person, or a machine with an account of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// First name; empty when it was never said.
    pub first_name: String,
    /// Last name; empty when it was never said.
    pub last_name: String,
    /// The address they log in with, unique on the server.
    pub email: String,
    /// Their part in the organisation.
    #[schemars(with = "AnyRoleWord")]
    pub role: Cow<'static, str>,
    /// Who or what they are: so is the time that they book.
    #[schemars(with = "KindWord")]
    pub kind: Cow<'static, str>,
    /// Whether they may log in.
    pub active: bool,
    /// When the account was made.
    pub created_at: DateTime,
    /// When it was last changed.
    pub updated_at: DateTime,
}

impl From<domain::User> for User {
    fn from(user: domain::User) -> Self {
        Self {
            id: user.id,
            first_name: user.first_name,
            last_name: user.last_name,
            email: user.email,
            role: role_word(user.role).into(),
            kind: user.kind.as_str().into(),
            active: user.active,
            created_at: DateTime(user.created_at),
            updated_at: DateTime(user.updated_at),
        }
    }
}

impl Example for User {
    fn example() -> Self {
        Self {
            id: example::id(2),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            role: "admin".into(),
            kind: "human".into(),
            active: true,
            created_at: DateTime(example::morning()),
            updated_at: DateTime(example::morning()),
        }
    }
}

/// A new user and, when no password was given, the token that sets one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::left_out_is_not_null)]
pub struct CreatedUser {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// A one-time token that sets the password at `POST /api/v1/account/password`; good for a day, shown only here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_token: Option<String>,
}

impl Example for CreatedUser {
    fn example() -> Self {
        Self {
            user: User {
                id: example::id(10),
                first_name: "John".to_owned(),
                last_name: "Doe".to_owned(),
                email: "john.doe@example.com".to_owned(),
                role: "member".into(),
                ..User::example()
            },
            password_token: Some("ttp_AZq1wFoAcACAAAAAAAAAAA…".to_owned()),
        }
    }
}

/// A user to be.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateUser {
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Name>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Name>,
    /// The address they will log in with.
    pub email: Email,
    /// Their part in the organisation.
    #[schemars(with = "RoleWord")]
    pub role: Role,
    /// Who or what they are. Without this member, `human`.
    #[schemars(with = "Option<KindWord>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Without one, the answer carries a `passwordToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
}

impl Body for CreateUser {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let first_name = fields.optional("firstName");
        let last_name = fields.optional("lastName");
        let (email, role) = (fields.required("email"), fields.required("role"));
        let (kind, password) = (fields.optional("kind"), fields.optional("password"));
        Some(Self {
            first_name,
            last_name,
            email: email?,
            role: role?,
            kind,
            password,
        })
    }

    fn example() -> Value {
        json!({
            "firstName": "John",
            "lastName": "Doe",
            "email": "john.doe@example.com",
            "role": "member"
        })
    }
}

/// What is to be different; a member that is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::some_field_is_required)]
pub struct UpdateUser {
    /// First name.
    #[schemars(with = "Name")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub first_name: Change<Name>,
    /// Last name.
    #[schemars(with = "Name")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub last_name: Change<Name>,
    /// The address they log in with.
    #[schemars(with = "Email")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub email: Change<Email>,
    /// Their part in the organisation; for admins to change.
    #[schemars(with = "RoleWord")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub role: Change<Role>,
    /// Whether they may log in; for admins to change. Deactivating ends their sessions.
    #[schemars(with = "bool")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub active: Change<bool>,
    /// Who or what they are, for what they book from now on; for admins to change.
    #[schemars(with = "KindWord")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub kind: Change<Kind>,
}

impl Body for UpdateUser {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let body = Self {
            first_name: fields.change("firstName"),
            last_name: fields.change("lastName"),
            email: fields.change("email"),
            role: fields.change("role"),
            active: fields.change("active"),
            kind: fields.change("kind"),
        };
        fields.require_a_change("firstName, lastName, email, role, active, kind");
        Some(body)
    }

    fn example() -> Value {
        json!({ "firstName": "Ada", "lastName": "King", "email": "ada@example.com" })
    }
}

/// A new password.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangePassword {
    /// The new one, at least 12 characters.
    pub password: Password,
    /// The one it replaces; required where the server is set so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

impl Body for ChangePassword {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let password = fields.required("password");
        let current_password = fields.optional("currentPassword");
        Some(Self {
            password: password?,
            current_password,
        })
    }

    fn example() -> Value {
        json!({ "password": "correct horse battery staple", "currentPassword": "pa$$word_qwe" })
    }
}

/// When a password is to expire.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchedulePasswordReset {
    /// From then on the current password logs nobody in.
    pub expires_at: DateTime,
}

impl Body for SchedulePasswordReset {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            expires_at: fields.required("expiresAt")?,
        })
    }

    fn example() -> Value {
        json!({ "expiresAt": "2026-11-30T00:00:00.000Z" })
    }
}

/// A password will expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledPasswordReset {
    /// A sentence for people.
    pub message: String,
    /// A one-time token that sets a new password at `POST /api/v1/account/password`; good for a day.
    pub password_token: String,
}

impl Example for ScheduledPasswordReset {
    fn example() -> Self {
        Self {
            message: "Password reset scheduled".to_owned(),
            password_token: "ttp_AZq1wFoAcACAAAAAAAAAAA…".to_owned(),
        }
    }
}
