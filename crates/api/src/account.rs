//! The own account on the wire.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use timetracks_domain::{self as domain, Email, Name, Password, Role, SessionId, UserId};

use crate::{Body, Example, Fields, Millis, example, organisations::Organisation, users::User};

/// Who signs up, for what.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignUp {
    /// The address to log in with.
    pub email: Email,
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// At least 12 characters.
    pub password: Password,
    /// The name of the new organisation.
    pub org_name: Name,
}

impl Body for SignUp {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let email = fields.required("email");
        let first_name = fields.required("firstName");
        let last_name = fields.required("lastName");
        let password = fields.required("password");
        let org_name = fields.required("orgName");
        Some(Self {
            email: email?,
            first_name: first_name?,
            last_name: last_name?,
            password: password?,
            org_name: org_name?,
        })
    }

    fn example() -> Value {
        json!({
            "email": "ada@example.com",
            "firstName": "Ada",
            "lastName": "Lovelace",
            "password": "correct horse battery staple",
            "orgName": "Analytical Engines"
        })
    }
}

/// A new user and organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedUp {
    /// A sentence for people.
    pub message: String,
    /// The new user, an admin.
    pub user: User,
    /// The new organisation.
    pub org: Organisation,
}

impl Example for SignedUp {
    fn example() -> Self {
        Self {
            message: "User and organisation registered successfully".to_owned(),
            user: User::example(),
            org: Organisation::example(),
        }
    }
}

/// Email and password.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LogIn {
    /// The address.
    pub email: Email,
    /// The password.
    pub password: String,
}

impl Body for LogIn {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, password) = (fields.required("email"), fields.required("password"));
        Some(Self {
            email: email?,
            password: password?,
        })
    }

    fn example() -> Value {
        json!({ "email": "ada@example.com", "password": "correct horse battery staple" })
    }
}

/// An API key to log in with.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogInWithApiKey {
    /// The key, `tt_…`.
    pub api_key: String,
}

impl Body for LogInWithApiKey {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            api_key: fields.required("apiKey")?,
        })
    }

    fn example() -> Value {
        json!({ "apiKey": "tt_9pwk3v6h2m8c5x0qj7dn4rz1sbeyfga3t8u2k5" })
    }
}

/// A refresh token to exchange.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refresh {
    /// The refresh token of the last answer. It is good for one exchange.
    pub refresh_token: String,
}

impl Body for Refresh {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            refresh_token: fields.required("refreshToken")?,
        })
    }

    fn example() -> Value {
        json!({ "refreshToken": "ttr_AZq1wFoAcACAAAAAAAAAAA…" })
    }
}

/// What a client works with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// A JWT, for `Authorization: Bearer`.
    pub access_token: String,
    /// Good for one refresh.
    pub refresh_token: String,
    /// When the access token stops working: an instant in Unix milliseconds, not a number of seconds.
    pub expires_in: Millis,
}

impl Example for Tokens {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9…".to_owned(),
            refresh_token: "ttr_AZq1wFoAcACAAAAAAAAAAA…".to_owned(),
            expires_in: Millis(example::later()),
        }
    }
}

/// A login that is still good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who logged in.
    pub user_id: UserId,
    /// When.
    pub session_started_at: Millis,
    /// When it ends, whatever is refreshed.
    pub expires_at: Millis,
    /// What the client called itself.
    pub user_agent: Option<String>,
}

impl From<domain::Session> for Session {
    fn from(session: domain::Session) -> Self {
        Self {
            id: session.id,
            user_id: session.user,
            session_started_at: Millis(session.started_at),
            expires_at: Millis(session.expires_at),
            user_agent: session.user_agent,
        }
    }
}

impl Example for Session {
    fn example() -> Self {
        Self {
            id: example::id(8),
            user_id: example::id(2),
            session_started_at: Millis(example::morning()),
            expires_at: Millis(example::morning().plus_ms(604_800_000)),
            user_agent: Some("Mozilla/5.0".to_owned()),
        }
    }
}

/// What an invited person says of themselves.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptInvitation {
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Name>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Name>,
    /// Must be the invited address.
    pub email: Email,
    /// At most the invited role.
    #[schemars(with = "crate::users::RoleWord")]
    pub role: Role,
    /// Without one, the answer carries a `passwordToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
}

impl Body for AcceptInvitation {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let first_name = fields.optional("firstName");
        let last_name = fields.optional("lastName");
        let (email, role) = (fields.required("email"), fields.required("role"));
        let password = fields.optional("password");
        Some(Self {
            first_name,
            last_name,
            email: email?,
            role: role?,
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

/// A new password and the one-time token that allows it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RedeemPasswordToken {
    /// The `passwordToken` of an earlier answer, `ttp_…`.
    pub token: String,
    /// At least 12 characters.
    pub password: Password,
}

impl Body for RedeemPasswordToken {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (token, password) = (fields.required("token"), fields.required("password"));
        Some(Self {
            token: token?,
            password: password?,
        })
    }

    fn example() -> Value {
        json!({ "token": "ttp_AZq1wFoAcACAAAAAAAAAAA…", "password": "correct horse battery staple" })
    }
}

/// Who the caller is and what they may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct Me {
    /// The caller.
    pub user: User,
    /// Their organisation.
    pub org: Organisation,
    /// The session in use; null when an API key is used directly.
    pub session: Option<Session>,
    /// Their role: `member`, `admin`, or `super_user` for one who has no part in an organisation.
    #[schemars(with = "crate::users::AnyRoleWord")]
    pub role: Cow<'static, str>,
    /// Whether they operate the server.
    pub super_user: bool,
    /// What the credential may be used for.
    #[schemars(with = "Vec<crate::api_keys::ScopeWord>")]
    pub scopes: Vec<Cow<'static, str>>,
}

impl Example for Me {
    fn example() -> Self {
        Self {
            user: User::example(),
            org: Organisation::example(),
            session: Some(Session::example()),
            role: "admin".into(),
            super_user: false,
            scopes: crate::api_keys::scope_words(None),
        }
    }
}
