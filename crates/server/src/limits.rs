//! How many requests one credential, or one address without a credential, may send: the generic cell rate algorithm, in
//! the memory of this instance. The headers are those of draft-ietf-httpapi-ratelimit-headers-10.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    Quota, RateLimiter, clock::Clock as GovernorClock, middleware::StateInformationMiddleware,
    nanos::Nanos, state::keyed::DashMapStateStore,
};
use timetracks_api::Code;
use timetracks_app::{Clock, network_of};
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
        Self::Address(address.map(network_of))
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

/// The server's clock, in the limiter's words. A wall clock that is put right must neither lock anybody out nor let
/// them in.
#[derive(Clone)]
struct LimitClock(Clock);

impl GovernorClock for LimitClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.passed())
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

    /// Counts a request: what is left to its sender and, when there were too many, [`Code::TooManyRequests`].
    pub(crate) fn count(&self, sender: Sender) -> (Allowance, Result<(), Problem>) {
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
        let (remaining, counted) = match limiter.check_key(&sender) {
            Ok(state) => (state.remaining_burst_capacity(), Ok(())),
            Err(refused) => {
                let wait = refused.wait_time_from(self.clock.now());
                let seconds = i64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(60);
                let problem = Problem::of(Code::TooManyRequests).retry_after(seconds.max(1));
                (0, Err(problem))
            }
        };
        (Allowance { quota, remaining }, counted)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering::SeqCst},
        },
        time::Duration,
    };

    use timetracks_domain::Instant;

    use super::*;

    #[test]
    fn a_sender_gets_the_quota_and_then_as_much_as_time_gives_back() {
        let ms = Arc::new(AtomicU64::new(1_000_000));
        let passed = Arc::clone(&ms);
        let passed = move || Duration::from_millis(passed.load(SeqCst));
        let limits = Limits::new(Clock::new(|| Instant::MIN, passed));
        let (one, other) = (Sender::from(None), Sender::Credential(Uuid::nil()));
        let count = |sender| {
            let (allowance, counted) = limits.count(sender);
            (allowance.remaining, counted.is_ok())
        };
        let quota = ANONYMOUS_REQUESTS_PER_MINUTE.get();
        for left in (0..quota).rev() {
            assert_eq!(count(one), (left, true));
        }
        assert_eq!(count(one), (0, false));
        assert!(count(other).1);
        ms.fetch_add(10, SeqCst);
        assert_eq!(count(one), (0, true));
        assert_eq!(count(one), (0, false));
        ms.fetch_add(60_000, SeqCst);
        assert_eq!(count(one), (quota - 1, true));
    }

    #[test]
    fn a_network_of_ipv6_is_one_sender() {
        let sender = |text: &str| Sender::from(text.parse::<IpAddr>().ok());
        assert_eq!(sender("2001:db8::1"), sender("2001:db8::ffff:2"));
        assert_ne!(sender("2001:db8::1"), sender("2001:db8:0:1::1"));
        assert_ne!(sender("192.0.2.1"), sender("192.0.2.2"));
    }
}
