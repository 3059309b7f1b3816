//! What is known of a request before its handler runs.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, header, request::Parts},
};
use ipnet::IpNet;
use timetracks_app::Origin;

use crate::limits::Allowance;

/// What is known of a request before its handler runs, and what its handler adds for the headers of the answer.
pub(crate) struct Context {
    /// Its id.
    pub(crate) id: String,
    /// Where it comes from; `None` when the server does not know.
    pub(crate) address: Option<IpAddr>,
    /// What stands for all of it, if it has an idempotency key: method, path, query and body.
    pub(crate) digest: Option<[u8; 32]>,
    /// What is left to whoever sent it.
    pub(crate) allowance: OnceLock<Allowance>,
}

impl Context {
    /// The context that the middleware left in a request.
    pub(crate) fn of(parts: &Parts) -> Arc<Self> {
        parts.extensions.get().cloned().unwrap_or_else(|| {
            Arc::new(Self {
                id: String::new(),
                address: None,
                digest: None,
                allowance: OnceLock::new(),
            })
        })
    }

    /// Where the request came from, for the audit trail.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> Origin {
        let user_agent = headers.get(header::USER_AGENT);
        Origin {
            address: self.address,
            request: Some(self.id.clone()),
            user_agent: user_agent
                .and_then(|value| value.to_str().ok())
                .map(ToOwned::to_owned),
        }
    }
}

/// The address of the client: of the connection or, behind proxies that are trusted, the right-most of
/// `X-Forwarded-For` that is none of theirs, because whatever stands left of it anybody can write.
#[must_use]
pub fn client_address(request: &Request, trusted: &[IpNet]) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut client = peer.ip().to_canonical();
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .collect();
    for hop in forwarded.iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        let Ok(hop) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        client = hop.to_canonical();
    }
    Some(client)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut request = Request::new(Body::empty());
        let peer = SocketAddr::new(peer.parse().unwrap(), 1);
        request.extensions_mut().insert(ConnectInfo(peer));
        for value in forwarded {
            let value = value.parse().unwrap();
            request.headers_mut().append("x-forwarded-for", value);
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client_address(&request, &trusted).unwrap().to_string()
    }

    #[test]
    fn only_trusted_proxies_say_who_the_client_is() {
        let proxies = ["10.0.0.0/8", "::1/128"];
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &["198.51.100.7"] as &[&str], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
            (
                "10.0.0.1",
                &["1.1.1.1", "198.51.100.7, 10.2.3.4"],
                "198.51.100.7",
            ),
            ("10.0.0.1", &["nonsense"], "10.0.0.1"),
            (
                "10.0.0.1",
                &["198.51.100.7, nonsense, 10.9.9.9"],
                "10.9.9.9",
            ),
            ("::ffff:10.0.0.1", &["2001:db8::7"], "2001:db8::7"),
            ("::1", &["10.5.5.5"], "10.5.5.5"),
        ] {
            assert_eq!(client(peer, forwarded, &proxies), expected, "{forwarded:?}");
        }
        assert_eq!(client("10.0.0.1", &["198.51.100.7"], &[]), "10.0.0.1");
    }
}
