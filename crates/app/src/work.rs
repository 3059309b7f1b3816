//! What a use case works with: a transaction, the instant, fresh ids.

use std::sync::{Arc, Mutex, PoisonError};

use rand::{Rng, SeedableRng, rngs::StdRng};
use timetracks_db::{Row, Tx};
use timetracks_domain::{Id, Instant};
use uuid::Uuid;

use crate::{Error, secrets::Secrets};

/// A use case's surroundings. Inside `App::write` it is alone in its organisation.
pub struct Work<'w, 'c> {
    /// The transaction.
    pub tx: &'w mut Tx<'c>,
    /// The instant at which all of this happens.
    pub now: Instant,
    /// Keys and randomness.
    pub secrets: &'w Secrets,
}

impl Work<'_, '_> {
    /// A fresh id. Ids grow: one made later sorts after one made earlier, also within a millisecond.
    pub fn id<K>(&self) -> Id<K> {
        Id::new(self.secrets.random.uuid(self.now))
    }
}

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

/// Reads the domain's types from the columns of a row.
pub(crate) trait Columns {
    /// The next column, of a plain type.
    fn get<T: timetracks_db::FromColumn>(&mut self) -> Result<T, timetracks_db::Error>;

    /// The next column, an id.
    fn id<K>(&mut self) -> Result<Id<K>, timetracks_db::Error> {
        self.get().map(Id::new)
    }

    /// The next column, an id or NULL.
    fn optional_id<K>(&mut self) -> Result<Option<Id<K>>, timetracks_db::Error> {
        Ok(self.get::<Option<Uuid>>()?.map(Id::new))
    }

    /// The next column, an instant.
    fn instant(&mut self) -> Result<Instant, timetracks_db::Error> {
        self.get().map(|ms| Instant::MIN.plus_ms(ms))
    }

    /// The next column, an instant or NULL.
    fn optional_instant(&mut self) -> Result<Option<Instant>, timetracks_db::Error> {
        let ms: Option<i64> = self.get()?;
        Ok(ms.map(|ms| Instant::MIN.plus_ms(ms)))
    }

    /// The next column, one of a few words.
    fn word<T>(
        &mut self,
        from_word: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, timetracks_db::Error> {
        let word: String = self.get()?;
        from_word(&word)
            .ok_or_else(|| timetracks_db::Error::Statement(format!("unknown word `{word}`")))
    }
}

impl Columns for Row<'_> {
    fn get<T: timetracks_db::FromColumn>(&mut self) -> Result<T, timetracks_db::Error> {
        self.take()
    }
}

/// A stretch of a list: what comes after an id, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Only what was made after this, `None` for everything.
    pub after: Option<Uuid>,
    /// The most rows.
    pub limit: i64,
}

impl Page {
    /// Everything.
    pub const ALL: Self = Self {
        after: None,
        limit: i64::MAX,
    };

    /// The id to start after; ids are never nil.
    pub(crate) fn start(&self) -> Uuid {
        self.after.unwrap_or_default()
    }
}

/// What is called with each item of a list, oldest first.
pub type Visit<'v, T> = &'v mut dyn FnMut(T) -> Result<(), Error>;

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
