//! The same tests on PostgreSQL: the kit looks at the name of the binary. See `contract/main.rs`.

#[path = "contract/main.rs"]
mod contract;

// The tests name what they share from the root.
use contract::{limits, support, tracking, work};
