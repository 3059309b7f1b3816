//! Limits failed attempts from one address, whichever accounts they were for, in the memory of this instance.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::Rate;
use crate::{Refusal, origin::network_of};

/// How many failures in a row are allowed, and how long one takes to be forgiven.
const RATE: Rate = Rate {
    burst: 100,
    forgiveness_ms: 5_000,
};
/// From how many addresses on those that are forgiven are looked for. Each failure costs the hash of a password, so no
/// machine is fast enough for many more.
const MANY: usize = 10_000;

/// When the failures of each address will be forgiven, in milliseconds that have passed.
#[derive(Default)]
pub(crate) struct Addresses(Mutex<HashMap<Option<IpAddr>, i64>>);

impl Addresses {
    /// Refuses an address that has failed too often. Only failures are counted, so right passwords from a company's one
    /// address are never too many.
    pub(super) fn check(&self, address: Option<IpAddr>, passed: Duration) -> Result<(), Refusal> {
        let forgiven_at = self.lock().get(&address.map(network_of)).copied();
        RATE.take(forgiven_at, ms(passed)).map(|_| ())
    }

    /// Counts a failure. Those that were under way when it was the last one count as well.
    pub(super) fn count(&self, address: Option<IpAddr>, passed: Duration) {
        let (now, mut failures) = (ms(passed), self.lock());
        if failures.len() >= MANY {
            failures.retain(|_, forgiven_at| *forgiven_at > now);
        }
        let forgiven_at = failures.entry(address.map(network_of)).or_insert(now);
        *forgiven_at = now.max(*forgiven_at) + RATE.forgiveness_ms;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ms(passed: Duration) -> i64 {
    i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_refused_after_a_burst_and_forgiven_bit_by_bit() {
        let addresses = Addresses::default();
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let (one, neighbour) = (address("2001:db8::1"), address("2001:db8::ffff:2"));
        let at = Duration::from_millis;
        for _ in 0..100 {
            assert!(addresses.check(one, at(0)).is_ok());
            addresses.count(one, at(0));
        }
        let refused = addresses.check(neighbour, at(1)).unwrap_err();
        let expected = Refusal::TooManyAttempts {
            retry_after_seconds: 5,
        };
        assert_eq!(refused, expected);
        assert!(addresses.check(address("2001:db8:0:1::1"), at(1)).is_ok());
        assert!(addresses.check(None, at(1)).is_ok());
        assert!(addresses.check(one, at(5_000)).is_ok());
        addresses.count(one, at(5_000));
        assert!(addresses.check(one, at(9_999)).is_err());
        assert!(addresses.check(one, at(10_000)).is_ok());
    }

    #[test]
    fn addresses_that_are_forgiven_are_forgotten() {
        let addresses = Addresses::default();
        for number in 0..u32::try_from(MANY).unwrap() {
            addresses.count(Some(IpAddr::from(number.to_be_bytes())), Duration::ZERO);
        }
        addresses.count(None, Duration::from_millis(5_000));
        assert_eq!(addresses.lock().len(), 1);
    }
}
