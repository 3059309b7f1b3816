//! What a use case works with: a transaction, the instant, fresh ids.

use timetracks_db::{Row, Tx, Value};
use timetracks_domain::{Id, Instant};
use uuid::Uuid;

use crate::{Error, Origin, secrets::Secrets};

/// A use case's surroundings. Inside `App::write` it is alone in its organisation.
pub struct Work<'w, 'c> {
    /// The transaction.
    pub tx: &'w mut Tx<'c>,
    /// The instant at which all of this happens.
    pub now: Instant,
    /// Keys and randomness.
    pub secrets: &'w Secrets,
    /// Where the request came from.
    pub origin: &'w Origin,
}

impl Work<'_, '_> {
    /// A fresh id. Ids grow: one made later sorts after one made earlier, also within a millisecond.
    pub fn id<K>(&self) -> Id<K> {
        Id::new(self.secrets.random.uuid(self.now))
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
    ) -> Result<T, timetracks_db::Error>;
}

impl Columns for Row<'_> {
    fn get<T: timetracks_db::FromColumn>(&mut self) -> Result<T, timetracks_db::Error> {
        self.take()
    }

    fn word<T>(
        &mut self,
        from_word: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, timetracks_db::Error> {
        self.take_with(|value| match value {
            Value::Text(word) => from_word(word),
            _ => None,
        })
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
