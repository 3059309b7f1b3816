//! The only source of randomness and of ids.

use std::sync::{Arc, Mutex, PoisonError};

use rand::{Rng, SeedableRng, rngs::StdRng};
use timetracks_domain::Instant;
use uuid::Uuid;

/// Random bytes and ids, from the system's entropy or, in tests, from a seed.
#[derive(Clone)]
pub struct Random(Arc<Mutex<State>>);

struct State {
    generator: StdRng,
    last: Uuid,
}

impl Random {
    /// Seeded by the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self::of(rand::make_rng())
    }

    /// The same bytes for the same seed: for tests alone.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::of(StdRng::seed_from_u64(seed))
    }

    fn of(generator: StdRng) -> Self {
        let last = Uuid::nil();
        Self(Arc::new(Mutex::new(State { generator, last })))
    }

    /// Bytes that nobody can guess.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.state().generator.fill_bytes(&mut bytes);
        bytes
    }

    /// A UUIDv7 (RFC 9562 §5.7) that is greater than every one before it.
    #[must_use]
    pub fn uuid(&self, now: Instant) -> Uuid {
        let random = self.bytes();
        let fresh =
            uuid::Builder::from_unix_timestamp_millis(now.ms().unsigned_abs(), &random).into_uuid();
        let mut state = self.state();
        state.last = if fresh > state.last {
            fresh
        } else {
            Uuid::from_u128(state.last.as_u128() + 1)
        };
        state.last
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_stands_still_or_jumps_back() {
        let random = Random::seeded(1);
        let mut previous = Uuid::nil();
        for ms in [5, 5, 5, 9, 3, 9, 9] {
            let uuid = random.uuid(Instant::from_ms(ms).unwrap());
            assert!(uuid > previous);
            assert_eq!(uuid.get_version_num(), 7);
            previous = uuid;
        }
    }
}
