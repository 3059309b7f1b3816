//! The model itself: what a power cut may leave.

use rand::{SeedableRng, rngs::StdRng};

use super::{Disk, Syncs};
use crate::trace::{Effect, Record};

fn record<'t>(name: &'t str, effect: Effect<'t>) -> Record<'t> {
    Record {
        name,
        effect,
        end: 0,
    }
}

fn disk<'t>(records: &[Record<'t>], syncs: Syncs) -> Disk<'t> {
    let mut disk = Disk::default();
    for index in 0..records.len() {
        disk.follow(records, index, syncs);
    }
    disk
}

#[test]
fn what_was_synced_is_kept_and_what_was_not_may_be_lost_or_torn() {
    let (old, new) = (vec![1; 2048], vec![2; 2048]);
    let records = [
        record("x.db", Effect::Create),
        record("", Effect::SyncDirectory),
        record(
            "x.db",
            Effect::Write {
                offset: 0,
                data: &old,
            },
        ),
        record("x.db", Effect::Sync),
        record(
            "x.db",
            Effect::Write {
                offset: 100,
                data: &new,
            },
        ),
    ];
    let mut random = StdRng::seed_from_u64(1);
    let disk = disk(&records, Syncs::All);
    assert!(disk.is_at_checkpoint());
    assert_eq!(disk.after_power_cut(&mut random, 0.0)["x.db"], old);
    assert_eq!(disk.after_power_cut(&mut random, 1.0), disk.files());
    assert_eq!(disk.files()["x.db"].len(), 2148);
    let mut torn = 0;
    for _ in 0..100 {
        let files = disk.after_power_cut(&mut random, 0.5);
        let bytes = &files["x.db"];
        assert!(bytes[..100].iter().all(|byte| *byte == 1));
        for sector in bytes[512..2048].chunks(512) {
            assert!(sector.iter().all(|byte| *byte == sector[0]));
        }
        torn += usize::from(bytes[512] != bytes[1024]);
    }
    assert!(torn > 20, "{torn}");
}

#[test]
fn names_are_uncertain_until_the_directory_is_synced() {
    let mut records = vec![
        record("x.db", Effect::Create),
        record(
            "x.db",
            Effect::Write {
                offset: 0,
                data: b"x",
            },
        ),
        record("x.db", Effect::Sync),
    ];
    let mut random = StdRng::seed_from_u64(1);
    let uncertain = disk(&records, Syncs::All);
    assert!(uncertain.is_uncertain());
    assert!(uncertain.after_power_cut(&mut random, 0.0).is_empty());
    records.push(record("", Effect::SyncDirectory));
    records.push(record("x.db", Effect::Rename("y.db")));
    let renamed = disk(&records, Syncs::All);
    let names = |chance| {
        let files = renamed.after_power_cut(&mut StdRng::seed_from_u64(1), chance);
        files.into_keys().collect::<Vec<_>>()
    };
    assert_eq!((names(0.0), names(1.0)), (vec!["x.db"], vec!["y.db"]));
}

#[test]
fn without_the_syncs_at_commits_only_those_around_checkpoints_count() {
    let commit = |offset| {
        record(
            "x.db-wal",
            Effect::Write {
                offset,
                data: b"frame",
            },
        )
    };
    let sync = record("x.db-wal", Effect::Sync);
    let page = record(
        "x.db",
        Effect::Write {
            offset: 0,
            data: b"page",
        },
    );
    let records = [commit(0), sync, commit(32), sync, sync, page, commit(0)];
    let counted = |syncs: Syncs| {
        let all = (0..records.len()).filter(|index| records[*index].syncs_log());
        all.filter(|index| syncs.include(&records, *index))
            .collect::<Vec<_>>()
    };
    assert_eq!(counted(Syncs::All), [1, 3, 4]);
    assert_eq!(counted(Syncs::AtCheckpoints), [1, 4]);
    assert_eq!(counted(Syncs::None), [0; 0]);
}
