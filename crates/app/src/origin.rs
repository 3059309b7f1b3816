//! Where a request came from, for the audit trail.

use std::net::IpAddr;

/// Where a request came from. The default is the server itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The id of the request.
    pub request: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}
