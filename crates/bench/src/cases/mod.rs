//! What is measured, a file for each question.

mod everything;
mod figures;
mod history;
mod logins;
mod peers;
mod postgres;
mod single;

use clap::ValueEnum;

use crate::{Outcome, bench::Bench, site::Site};

pub(crate) use peers::Peers;
pub(crate) use postgres::Postgres;

/// A question.
#[derive(Clone, Copy, PartialEq, Debug, ValueEnum)]
pub(crate) enum Case {
    /// Clocking in and out, against the same rows written by SQLite alone
    Clocking,
    /// Reading, listing and reporting, against the same HTTP stack alone
    Reading,
    /// Booking by hand and refreshing a login
    Writing,
    /// With a million tracks against few
    History,
    /// A list of a million tracks
    Everything,
    /// Other requests while 500 log in
    Logins,
    /// On PostgreSQL, with one and two servers
    Postgres,
    /// TimeTagger and Redmine
    Peers,
    /// Idle memory, cold start, size
    Figures,
}

/// Databases with so many tracks each.
pub(crate) struct Sites {
    pub(crate) empty: Site,
    pub(crate) thousand: Site,
    pub(crate) ten_thousand: Site,
    /// Fewer in a quick run.
    pub(crate) million: Site,
}

/// What is there besides the server.
pub(crate) struct Others {
    pub(crate) postgres: Option<Postgres>,
    pub(crate) peers: Option<Peers>,
}

impl Case {
    /// Whether this run can answer it.
    pub(crate) fn is_possible(self, others: &Others) -> bool {
        match self {
            Self::Postgres => others.postgres.is_some(),
            Self::Peers => others.peers.is_some(),
            _ => true,
        }
    }

    pub(crate) fn run(self, bench: &mut Bench, sites: &Sites, others: &Others) -> Outcome<()> {
        match self {
            Self::Clocking => single::clocking(bench, sites),
            Self::Reading => single::reading(bench, sites),
            Self::Writing => single::writing(bench, sites),
            Self::History => history::run(bench, sites),
            Self::Everything => everything::run(bench, sites),
            Self::Logins => logins::run(bench, sites),
            Self::Postgres => others
                .postgres
                .as_ref()
                .map_or(Ok(()), |it| it.run(bench, sites)),
            Self::Peers => others
                .peers
                .as_ref()
                .map_or(Ok(()), |it| it.run(bench, sites)),
            Self::Figures => figures::run(bench),
        }
    }
}
