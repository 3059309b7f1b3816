//! Who asks without a credential.

use std::sync::Arc;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{extract::FromRequestParts, http::request::Parts};
use timetracks_api::Code;

use super::Context;
use crate::{Server, openapi, problem::Problem};

/// A request that needs no credential. Those of one address are counted together.
pub(crate) struct Visitor;

/// Counts a request of this address.
pub(super) fn count(parts: &Parts, server: &Server) -> Result<(), Problem> {
    let context = Context::of(parts);
    server.count(&context, context.address)
}

impl FromRequestParts<Arc<Server>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Problem> {
        count(parts, server).map(|()| Self)
    }
}

impl OperationInput for Visitor {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        openapi::may_refuse(operation, &[Code::TooManyRequests]);
    }
}
