//! Invitations on the wire.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use timetracks_domain::{self as domain, Email, Role};

use crate::{Body, DateTime, Example, Fields, example, users::RoleWord};

/// Someone to invite.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CreateInvitation {
    /// Who is invited.
    pub email: Email,
    /// The most that they may become; `member` when it is left out.
    #[schemars(with = "Option<RoleWord>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

impl Body for CreateInvitation {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, role) = (fields.required("email"), fields.optional("role"));
        Some(Self {
            email: email?,
            role,
        })
    }

    fn example() -> Value {
        json!({ "email": "john.doe@example.com" })
    }
}

/// An invitation to join, not yet used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Its id. It is a secret: who has it can sign up.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub id: String,
    /// Who is invited.
    pub email: String,
    /// The most that they may become.
    #[schemars(with = "RoleWord")]
    pub role: Cow<'static, str>,
    /// Where to sign up, with `POST`.
    pub link: String,
    /// When it stops working: a day after it was made.
    pub expires_at: DateTime,
    /// When it was made.
    pub created_at: DateTime,
    /// When it was last changed.
    pub updated_at: DateTime,
}

impl Invitation {
    /// An invitation with its public id, on a server at that address.
    #[must_use]
    pub fn new(invitation: domain::Invitation, id: String, server: &str) -> Self {
        Self {
            link: format!("{server}/api/v1/account/signup/{id}"),
            id,
            email: invitation.email,
            role: invitation.role.as_str().into(),
            expires_at: DateTime(invitation.expires_at),
            created_at: DateTime(invitation.created_at),
            updated_at: DateTime(invitation.updated_at),
        }
    }
}

impl Example for Invitation {
    fn example() -> Self {
        let invitation = domain::Invitation {
            id: example::id(9),
            org: example::id(1),
            email: "john.doe@example.com".to_owned(),
            role: Role::Member,
            expires_at: example::morning().plus_ms(86_400_000),
            created_at: example::morning(),
            updated_at: example::morning(),
        };
        let id = "06nsvh0t0wr00800000029rg7r4k2m9x0qj7dn4rz1sbeyfga3t8";
        Self::new(invitation, id.to_owned(), "https://time.example.com")
    }
}

/// A new invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreatedInvitation {
    /// A sentence for people.
    pub message: String,
    /// The invitation.
    pub invitation: Invitation,
}

impl Example for CreatedInvitation {
    fn example() -> Self {
        Self {
            message: "Invitation successfully created".to_owned(),
            invitation: Invitation::example(),
        }
    }
}
