//! How many requests one credential, or one address without a credential, may send: the generic cell rate algorithm, in
//! the memory of this instance. The headers are those of draft-ietf-httpapi-ratelimit-headers-10.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    Quota, RateLimiter, clock::Clock as GovernorClock, middleware::StateInformationMiddleware,
    nanos::Nanos, state::keyed::DashMapStateStore,
};
use timetracks_api::Code;
use timetracks_app::Clock;
use timetracks_domain::{Caller, Credential};
use uuid::Uuid;

use crate::problem::Problem;

/// How many requests a credential may send in a minute, all at once or evenly.
const REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60_000).expect("not zero");
/// How many requests an address may send in a minute without a credential, or with a wrong one.
const ANONYMOUS_REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(6_000).expect("not zero");
/// After how many checks those who have been quiet are forgotten.
const CHECKS_PER_SWEEP: u32 = 10_000;

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sender {
    /// An API key or, for sessions begun with a password, their user.
    Credential(Uuid),
    /// An address; of IPv6 its network, because a client has all of that.
    Address(Option<IpAddr>),
}

impl From<&Caller> for Sender {
    fn from(caller: &Caller) -> Self {
        Self::Credential(match caller.credential {
            Credential::Session(_) => caller.user.uuid(),
            Credential::ApiKeySession(_, key) | Credential::ApiKey(key) => key.uuid(),
        })
    }
}

impl From<Option<IpAddr>> for Sender {
    fn from(address: Option<IpAddr>) -> Self {
        Self::Address(address.map(|address| match address {
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Ipv6Addr::from_bits(network).into()
            }
            v4 @ IpAddr::V4(_) => v4,
        }))
    }
}

/// What is left of a quota.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    quota: NonZeroU32,
    remaining: u32,
}

impl Allowance {
    /// Says so in the answer.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let Self { quota, remaining } = self;
        // Until the whole quota is there again.
        let seconds = (u64::from(quota.get() - remaining) * 60).div_ceil(quota.get().into());
        let policy = format!("\"default\";q={quota};w=60");
        let state = format!("\"default\";r={remaining};t={seconds}");
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// The server's clock, in the limiter's words.
#[derive(Clone)]
struct LimitClock(Clock);

impl GovernorClock for LimitClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let ms = u64::try_from(self.0.now().ms()).unwrap_or_default();
        Nanos::from(std::time::Duration::from_millis(ms))
    }
}

type Limiter =
    RateLimiter<Sender, DashMapStateStore<Sender>, LimitClock, StateInformationMiddleware>;

/// Counts requests.
pub(crate) struct Limits {
    clock: LimitClock,
    known: Limiter,
    anonymous: Limiter,
    checks: AtomicU32,
}

impl Limits {
    pub(crate) fn new(clock: Clock) -> Self {
        let clock = LimitClock(clock);
        let limiter = |quota| {
            let quota = Quota::per_minute(quota);
            let store = DashMapStateStore::default();
            Limiter::new(quota, store, clock.clone())
        };
        Self {
            known: limiter(REQUESTS_PER_MINUTE),
            anonymous: limiter(ANONYMOUS_REQUESTS_PER_MINUTE),
            checks: AtomicU32::new(0),
            clock,
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] when there were too many.
    pub(crate) fn count(&self, sender: Sender) -> Result<Allowance, Problem> {
        let (limiter, quota) = match sender {
            Sender::Credential(_) => (&self.known, REQUESTS_PER_MINUTE),
            Sender::Address(_) => (&self.anonymous, ANONYMOUS_REQUESTS_PER_MINUTE),
        };
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_PER_SWEEP == CHECKS_PER_SWEEP - 1 {
            for limiter in [&self.known, &self.anonymous] {
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        }
        match limiter.check_key(&sender) {
            Ok(state) => Ok(Allowance {
                quota,
                remaining: state.remaining_burst_capacity(),
            }),
            Err(refused) => {
                let wait = refused.wait_time_from(self.clock.now());
                let seconds = i64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(60);
                Err(Problem::of(Code::TooManyRequests).retry_after(seconds.max(1)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    };

    use timetracks_domain::Instant;

    use super::*;

    #[test]
    fn a_sender_gets_the_quota_and_then_as_much_as_time_gives_back() {
        let ms = Arc::new(AtomicI64::new(1_000_000));
        let now = Arc::clone(&ms);
        let limits = Limits::new(Clock::new(move || Instant::MIN.plus_ms(now.load(SeqCst))));
        let (one, other) = (Sender::from(None), Sender::Credential(Uuid::nil()));
        let quota = ANONYMOUS_REQUESTS_PER_MINUTE.get();
        let left: Vec<_> = (0..quota)
            .map(|_| limits.count(one).unwrap().remaining)
            .collect();
        assert_eq!((left[0], left[left.len() - 1]), (quota - 1, 0));
        assert!(limits.count(one).is_err());
        assert!(limits.count(other).is_ok());
        ms.fetch_add(10, SeqCst);
        assert!(limits.count(one).is_ok());
        assert!(limits.count(one).is_err());
        ms.fetch_add(60_000, SeqCst);
        assert_eq!(limits.count(one).unwrap().remaining, quota - 1);
    }

    #[test]
    fn a_network_of_ipv6_is_one_sender() {
        let sender = |text: &str| Sender::from(text.parse::<IpAddr>().ok());
        assert_eq!(sender("2001:db8::1"), sender("2001:db8::ffff:2"));
        assert_ne!(sender("2001:db8::1"), sender("2001:db8:0:1::1"));
        assert_ne!(sender("192.0.2.1"), sender("192.0.2.2"));
    }
}
