//! Who is asking.

use std::sync::Arc;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use timetracks_api::Code;
use timetracks_app::{Error, authenticate};
use timetracks_domain::Caller;

use super::Context;
use crate::{Server, openapi, problem::Problem};

/// The caller of an operation that is not public. There is no other way to get one.
pub(crate) struct Authenticated(pub(crate) Arc<Caller>);

impl FromRequestParts<Arc<Server>> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Problem> {
        let context = Context::of(parts);
        match caller(server, &parts.headers).await {
            Ok(caller) => {
                server.count(&context, &*caller)?;
                Ok(Self(caller))
            }
            Err(error) => {
                // Who has no good credential may not try others as fast as they like.
                server.count(&context, context.address)?;
                Err(error.into())
            }
        }
    }
}

/// The headers that say who sends them.
pub(super) struct Shown {
    authorization: Option<HeaderValue>,
    key: Option<HeaderValue>,
}

impl Shown {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            authorization: headers.get(header::AUTHORIZATION).cloned(),
            key: headers.get("x-api-key").cloned(),
        }
    }

    /// Who sends them.
    pub(super) async fn caller(&self, server: &Server) -> Result<Arc<Caller>, Error> {
        let token = self.authorization.as_ref().map(bearer_token);
        let key = self.key.as_ref().and_then(|value| value.to_str().ok());
        authenticate(&server.app, token, key).await
    }
}

/// Who sends these headers.
pub(crate) async fn caller(server: &Server, headers: &HeaderMap) -> Result<Arc<Caller>, Error> {
    Shown::of(headers).caller(server).await
}

/// The access token of `Authorization: Bearer …`; empty, and so never good, when the header holds anything else.
#[must_use]
pub fn bearer_token(value: &HeaderValue) -> &str {
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    token.unwrap_or_default()
}

impl OperationInput for Authenticated {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security = openapi::SECURITY
            .iter()
            .map(|scheme| [((*scheme).to_owned(), Vec::new())].into_iter().collect())
            .collect();
        openapi::may_refuse(
            operation,
            &[
                Code::Unauthorized,
                Code::Forbidden,
                Code::ScopeMissing,
                Code::ProjectBound,
                Code::OrgSuspended,
                Code::TooManyRequests,
            ],
        );
    }
}
