//! Where a request came from, for the audit trail.

use std::net::{IpAddr, Ipv6Addr};

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

/// What counts as one client: an address and, of IPv6, its network (/64), because a client has all of that.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            Ipv6Addr::from_bits(network).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
