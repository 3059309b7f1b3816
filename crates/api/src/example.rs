//! Examples for the documentation, made of the real types so that they cannot drift from them.

use timetracks_domain::{Id, Instant};
use uuid::Uuid;

/// A type that can show what it looks like.
pub trait Example {
    /// A plausible value.
    fn example() -> Self;
}

/// 2026-11-24T09:00:00Z, when all examples happen.
pub(crate) fn morning() -> Instant {
    Instant::MIN.plus_ms(1_795_510_800_000)
}

/// 1 hour, 35 minutes and 5 seconds later.
pub(crate) fn later() -> Instant {
    morning().plus_ms(5_705_000)
}

/// An id for an example; different numbers for different things.
pub(crate) fn id<K>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(
        0x019a_b5c0_5a00_7000_8000_0000_0000_0000 + number * 0x1234_5678_9abc,
    ))
}
