//! Writing tracks down, with the sums that reports read.

use timetracks_db::{Param, sql};
use timetracks_domain::{
    End, EndedBy, Instant, Kind, Lease, LeaseLength, MaxRunning, Meta, OrgId, TaskId, Track, UserId,
};

use super::{Details, totals};
use crate::{Error, Work};

/// What a change writes down, whatever changed, but when the track began.
const CHANGED: &str = "ended_at = $4, ended_by = $5, lease_s = $6, heartbeat_at = $7, ends_at = $8, note = $9, meta = $10, \
    updated_at = $11 WHERE org_id = $1 AND task_id = $2 AND id = $3";

/// A track to be.
pub(super) struct NewTrack {
    pub(super) task: TaskId,
    pub(super) user: UserId,
    pub(super) kind: Kind,
    pub(super) start: Instant,
    pub(super) end: Option<Instant>,
    pub(super) lease: Option<LeaseLength>,
    pub(super) details: Details,
}

/// Books a new track, which nothing forbids.
pub(super) fn insert(
    work: &mut Work,
    org: OrgId,
    new: NewTrack,
    limit: Option<MaxRunning>,
) -> Result<Track, Error> {
    let by = EndedBy::User;
    let mut track = Track {
        id: work.id(),
        task: new.task,
        user: new.user,
        kind: new.kind,
        start: new.start,
        end: new.end.map(|at| End { at, by }),
        lease: new.lease.map(|length| Lease {
            length,
            heartbeat_at: work.now,
        }),
        ends_at: None,
        note: None,
        meta: None,
        created_at: work.now,
        updated_at: work.now,
    };
    new.details.apply(&mut track)?;
    let track = track.with_ends_at(limit).as_of(work.now);
    work.tx.execute(
        sql!(
            "INSERT INTO tracks (org_id, task_id, id, user_id, kind, started_at, ended_at, ended_by, lease_s, heartbeat_at,
                ends_at, note, meta, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)"
        ),
        &[
            &org.uuid(),
            &track.task.uuid(),
            &track.id.uuid(),
            &track.user.uuid(),
            &track.kind.as_str(),
            &track.start.ms(),
            &track.end.map(|end| end.at.ms()),
            &ended_by(&track),
            &track.lease.map(|lease| lease.length.seconds()),
            &track.lease.map(|lease| lease.heartbeat_at.ms()),
            &track.ends_at.map(Instant::ms),
            &track.note,
            &track.meta.as_ref().map(Meta::to_text),
            &track.created_at.ms(),
        ],
    )?;
    totals::change(work, org, None, Some(&track))?;
    Ok(track)
}

/// Writes down what changed of a track.
pub(super) fn store(
    work: &mut Work,
    org: OrgId,
    before: &Track,
    after: &Track,
) -> Result<(), Error> {
    let (org_id, task, id) = (org.uuid(), after.task.uuid(), after.id.uuid());
    let parameters: [&dyn Param; 12] = [
        &org_id,
        &task,
        &id,
        &after.end.map(|end| end.at.ms()),
        &ended_by(after),
        &after.lease.map(|lease| lease.length.seconds()),
        &after.lease.map(|lease| lease.heartbeat_at.ms()),
        &after.ends_at.map(Instant::ms),
        &after.note,
        &after.meta.as_ref().map(Meta::to_text),
        &after.updated_at.ms(),
        &after.start.ms(),
    ];
    // SQLite writes each index anew that holds a column which is set, be it to what it was.
    if after.start == before.start {
        let parameters = &parameters[..11];
        work.tx
            .execute(sql!("UPDATE tracks SET ", CHANGED), parameters)?;
    } else {
        let with_start = sql!("UPDATE tracks SET started_at = $12, ", CHANGED);
        work.tx.execute(with_start, &parameters)?;
    }
    totals::change(work, org, Some(before), Some(after))
}

/// A track as it is now, and written down so: what whoever changes it begins with.
pub(super) fn settle(work: &mut Work, org: OrgId, stored: Track) -> Result<Track, Error> {
    let now = stored.clone().as_of(work.now);
    if now.end != stored.end {
        store(work, org, &stored, &now)?;
    }
    Ok(now)
}

/// As [`settle`], for the track that seems to run: `None` if it has ended by itself.
pub(super) fn settle_running(
    work: &mut Work,
    org: OrgId,
    stored: Option<Track>,
) -> Result<Option<Track>, Error> {
    let settled = stored.map(|stored| settle(work, org, stored)).transpose()?;
    Ok(settled.filter(|track| track.end.is_none()))
}

/// The word that is stored for what ended a track: none for the user.
fn ended_by(track: &Track) -> Option<&'static str> {
    let by = track.end.map(|end| end.by);
    by.filter(|by| *by != EndedBy::User).map(EndedBy::as_str)
}
