//! The power goes out.
//!
//! Killing a process loses nothing that the system has taken over. So what reaches the disk is written down, and from that
//! the states are made in which a power cut could have left it.

use std::{path::Path, sync::Arc, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use crate::{
    Failure, Place, audit,
    disk::{Disk, Syncs},
    ledger::Ledger,
    load::Load,
    process::Process,
    trace::{self, Record},
    wire::Client,
};

const WRITERS: usize = 6;
/// The server is stopped once and killed twice: then a start-up after either is in the trace.
const ENDS: [&str; 3] = ["TERM", "KILL", "KILL"];
/// The writes to wait for in each of its lives, for each ten states: enough that the log is moved into the file and begun
/// again while it is written to.
const WRITES: usize = 800;
const LONGEST_STOP: Duration = Duration::from_secs(10);
/// The chances that a write reaches the disk before it is synced.
const CHANCES: [f64; 4] = [0.0, 0.5, 0.9, 1.0];
/// One in so many states is one in which a checkpoint is under way.
const AT_CHECKPOINT: usize = 3;
/// A control that finds less than one loss in so many states has no power to see any.
const LEAST_CONTROL: usize = 4;

/// Traces a server under load and looks into `rounds` states that a power cut could have left, on an honest disk and on two
/// that are not.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let path = place.directory.join("trace");
    let ledger = Arc::new(Ledger::beside(path.clone()));
    record(place, &path, &ledger).await?;
    let bytes = std::fs::read(&path)?;
    let records = trace::parse(&bytes)?;
    nothing_was_missed(place, &records)?;
    let points = points(&records, place)?;
    let replay = |syncs| {
        let cut = PowerCuts {
            place,
            records: &records,
            ledger: &ledger,
            syncs,
        };
        cut.all(&points)
    };
    let honest = replay(Syncs::All)?;
    if let Some(lost) = honest.lost.first() {
        return Failure::broken(format!(
            "{} of {} states: {lost}",
            honest.lost.len(),
            points.len()
        ));
    }
    let (normal, lying) = (replay(Syncs::AtCheckpoints)?, replay(Syncs::None)?);
    for (name, control) in [
        ("synchronous=NORMAL", &normal),
        ("a disk that lies", &lying),
    ] {
        if control.lost.len() * LEAST_CONTROL < points.len() {
            let (found, all) = (control.lost.len(), points.len());
            return Failure::trouble(format!(
                "{name} lost something in only {found} of {all} states: no proof"
            ));
        }
    }
    Ok(format!(
        "{} acknowledged writes; lost in 0 of {} states ({} of them with unsynced writes); control lost in {} as with \
        synchronous=NORMAL, in {} on a disk that ignores syncs",
        ledger.acknowledged(u64::MAX),
        points.len(),
        honest.uncertain,
        normal.lost.len(),
        lying.lost.len(),
    ))
}

/// Lets servers write, one after another on one data directory.
async fn record(place: &Place, trace: &Path, ledger: &Arc<Ledger>) -> Result<(), Failure> {
    let mut client: Option<Client> = None;
    for (life, end) in ENDS.into_iter().enumerate() {
        let mut process = Process::start_with(place, Some(trace.to_owned())).await?;
        let now = match &client {
            Some(client) => client.at(&process)?,
            None => Client::sign_up(&process).await?,
        };
        let load = Load::start(&now, ledger, &format!("life-{life}"), WRITERS);
        load.wait_for((place.rounds * WRITES / 10).max(WRITES))
            .await?;
        // Nothing is under way when it is killed, so that the trace and the files must agree.
        load.stop().await?;
        process.signal(end)?;
        if process.wait(LONGEST_STOP).await?.is_none() {
            return Failure::broken(format!("it did not stop within {LONGEST_STOP:?}"));
        }
        client = Some(now);
    }
    Ok(())
}

/// Replaying the whole trace must give the very files that are there: the shim saw everything.
fn nothing_was_missed(place: &Place, records: &[Record]) -> Result<(), Failure> {
    let mut disk = Disk::default();
    for index in 0..records.len() {
        disk.follow(records, index, Syncs::All);
    }
    let files = disk.files();
    if !files.contains_key(crate::DATABASE) {
        return Failure::trouble("the trace has no database");
    }
    for name in files.keys() {
        if std::fs::read(place.data().join(name))? != files[name] {
            return Failure::trouble(format!("{name} is not what the trace makes of it"));
        }
    }
    for entry in std::fs::read_dir(place.data())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_ours = [".db", "-wal", "-journal"]
            .iter()
            .any(|end| name.ends_with(end));
        if is_ours && !files.contains_key(name.as_str()) {
            return Failure::trouble(format!("{name} is not in the trace"));
        }
    }
    Ok(())
}

/// When the power goes out: after which record, and the seed of what is kept.
type Point = (usize, u64);

fn points(records: &[Record], place: &Place) -> Result<Vec<Point>, Failure> {
    let mut disk = Disk::default();
    let mut at_checkpoint = Vec::new();
    for index in 0..records.len() {
        disk.follow(records, index, Syncs::All);
        if disk.is_at_checkpoint() {
            at_checkpoint.push(index);
        }
    }
    let mut random = StdRng::seed_from_u64(place.seed);
    let mut points = Vec::new();
    for round in 0..place.rounds {
        let index = match round % AT_CHECKPOINT {
            0 => at_checkpoint.choose(&mut random).copied(),
            _ => Some(random.random_range(0..records.len())),
        };
        let Some(index) = index else {
            return Failure::trouble("there was no checkpoint");
        };
        points.push((index, random.random()));
    }
    points.sort_unstable();
    Ok(points)
}

struct PowerCuts<'p, 't> {
    place: &'p Place,
    records: &'p [Record<'t>],
    ledger: &'p Ledger,
    syncs: Syncs,
}

/// What the states showed.
struct Found {
    /// Why, for each state that has lost something.
    lost: Vec<String>,
    /// How many states chance had a part in.
    uncertain: usize,
}

impl PowerCuts<'_, '_> {
    /// Looks into one state for each point.
    fn all(&self, points: &[Point]) -> Result<Found, Failure> {
        let mut disk = Disk::default();
        let mut followed = 0;
        let (mut lost, mut uncertain) = (Vec::new(), 0);
        for (index, seed) in points {
            while followed <= *index {
                disk.follow(self.records, followed, self.syncs);
                followed += 1;
            }
            uncertain += usize::from(disk.is_uncertain());
            match self.one(&disk, *index, *seed) {
                Ok(()) => {}
                Err(Failure::Broken(why)) => lost.push(format!("after record {index}: {why}")),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(Found { lost, uncertain })
    }

    fn one(&self, disk: &Disk, index: usize, seed: u64) -> Result<(), Failure> {
        let mut random = StdRng::seed_from_u64(seed);
        let chance = CHANCES.choose(&mut random).copied().unwrap_or_default();
        let directory = tempfile::tempdir_in(&self.place.directory)?;
        for (name, bytes) in disk.after_power_cut(&mut random, chance) {
            std::fs::write(directory.path().join(name), bytes)?;
        }
        let until = self.records[index].end;
        audit::recovered(&directory.path().join(crate::DATABASE), self.ledger, until)
    }
}
