//! The schema, step by step.

use timetracks_db::Migration;

/// Every step, oldest first. A step that was released is never changed.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "V1__initial",
        sql: include_str!("../../../migrations/V0001__initial.sql"),
    },
    Migration {
        name: "V2__signing_key",
        sql: include_str!("../../../migrations/V0002__signing_key.sql"),
    },
    Migration {
        name: "V3__trust",
        sql: include_str!("../../../migrations/V0003__trust.sql"),
    },
    Migration {
        name: "V4__leases_and_kinds",
        sql: include_str!("../../../migrations/V0004__leases_and_kinds.sql"),
    },
];
