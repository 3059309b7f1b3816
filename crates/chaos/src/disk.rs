//! A disk whose power may fail: what it must have kept, and what it may have.

use std::collections::BTreeMap;

use rand::{RngExt, rngs::StdRng};

use crate::trace::{Effect, Record};

/// What a disk writes in one piece.
const SECTOR_BYTES: usize = 512;
/// The chance that a write is torn which is not the last.
const TORN: f64 = 0.125;

/// Files by their names.
pub(crate) type Files<'t> = BTreeMap<&'t str, Vec<u8>>;

/// Which syncs a disk keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syncs {
    All,
    /// Only those that `synchronous=NORMAL` would ask for: around checkpoints, and not at each commit.
    AtCheckpoints,
    /// A disk that lies.
    None,
}

impl Syncs {
    /// Whether this sync counts.
    fn include(self, records: &[Record], index: usize) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::AtCheckpoints if records[index].syncs_log() => {
                let before = index.checked_sub(1).and_then(|index| records.get(index));
                before.is_some_and(Record::begins_log)
                    || records.get(index + 1).is_some_and(Record::writes_database)
            }
            Self::AtCheckpoints => true,
        }
    }
}

#[derive(Default)]
struct File<'t> {
    /// What is certain.
    synced: Vec<u8>,
    /// What happened to it since.
    pending: Vec<Effect<'t>>,
}

/// A change of the directory.
#[derive(Clone, Copy)]
enum Change<'t> {
    Link(&'t str, usize),
    Unlink(&'t str),
    Rename(&'t str, &'t str, usize),
}

type Directory<'t> = BTreeMap<&'t str, usize>;

/// The disk at one point of a trace.
#[derive(Default)]
pub(crate) struct Disk<'t> {
    files: Vec<File<'t>>,
    /// As programs see it.
    seen: Directory<'t>,
    /// What is certain.
    synced: Directory<'t>,
    /// What happened to it since.
    pending: Vec<Change<'t>>,
}

impl<'t> Disk<'t> {
    /// Goes one record further.
    pub(crate) fn follow(&mut self, records: &[Record<'t>], index: usize, syncs: Syncs) {
        let Record { name, effect, .. } = records[index];
        match effect {
            Effect::Create => {
                self.files.push(File::default());
                self.change(Change::Link(name, self.files.len() - 1));
            }
            Effect::Unlink => self.change(Change::Unlink(name)),
            Effect::Rename(to) => {
                if let Some(file) = self.seen.get(name) {
                    self.change(Change::Rename(name, to, *file));
                }
            }
            Effect::SyncDirectory if syncs.include(records, index) => {
                self.synced.clone_from(&self.seen);
                self.pending.clear();
            }
            Effect::Sync if syncs.include(records, index) => {
                if let Some(file) = self.seen.get(name) {
                    self.files[*file].sync();
                }
            }
            Effect::Write { .. } | Effect::Truncate(_) => {
                if let Some(file) = self.seen.get(name) {
                    self.files[*file].pending.push(effect);
                }
            }
            Effect::Sync | Effect::SyncDirectory => {}
        }
    }

    fn change(&mut self, change: Change<'t>) {
        change.apply(&mut self.seen);
        self.pending.push(change);
    }

    /// Whether a checkpoint is under way: the database itself was written to, but not synced.
    pub(crate) fn is_at_checkpoint(&self) -> bool {
        let mut databases = self.seen.iter().filter(|(name, _)| name.ends_with(".db"));
        databases.any(|(_, file)| !self.files[*file].pending.is_empty())
    }

    /// Whether a power cut would leave open what is there.
    pub(crate) fn is_uncertain(&self) -> bool {
        !self.pending.is_empty() || self.files.iter().any(|file| !file.pending.is_empty())
    }

    /// The files as programs see them.
    pub(crate) fn files(&self) -> Files<'t> {
        let files = self.seen.iter();
        files
            .map(|(name, file)| {
                let file = &self.files[*file];
                let mut bytes = file.synced.clone();
                for effect in &file.pending {
                    apply(&mut bytes, *effect, |_| true);
                }
                (*name, bytes)
            })
            .collect()
    }

    /// The files after a power cut: what was synced, and of the rest each piece with this chance.
    pub(crate) fn after_power_cut(&self, random: &mut StdRng, chance: f64) -> Files<'t> {
        let mut directory = self.synced.clone();
        for change in &self.pending {
            if random.random_bool(chance) {
                change.apply(&mut directory);
            }
        }
        let files = directory.into_iter();
        files
            .map(|(name, file)| (name, self.files[file].after_power_cut(random, chance)))
            .collect()
    }
}

impl<'t> Change<'t> {
    fn apply(self, directory: &mut Directory<'t>) {
        match self {
            Self::Link(name, file) => {
                directory.insert(name, file);
            }
            Self::Unlink(name) => {
                directory.remove(name);
            }
            Self::Rename(from, to, file) => {
                directory.remove(from);
                directory.insert(to, file);
            }
        }
    }
}

impl File<'_> {
    fn sync(&mut self) {
        for effect in std::mem::take(&mut self.pending) {
            apply(&mut self.synced, effect, |_| true);
        }
    }

    fn after_power_cut(&self, random: &mut StdRng, chance: f64) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        for (index, effect) in self.pending.iter().enumerate() {
            let last = index + 1 == self.pending.len();
            if last || random.random_bool(TORN) {
                apply(&mut bytes, *effect, |_| random.random_bool(chance));
            } else if random.random_bool(chance) {
                apply(&mut bytes, *effect, |_| true);
            }
        }
        bytes
    }
}

/// Does to a file what was done, in those sectors that `reaches` says.
fn apply(bytes: &mut Vec<u8>, effect: Effect, mut reaches: impl FnMut(usize) -> bool) {
    match effect {
        Effect::Truncate(length) if reaches(length / SECTOR_BYTES) => bytes.resize(length, 0),
        Effect::Write { offset, data } => {
            let end = offset + data.len();
            let mut from = offset;
            while from < end {
                let sector = from / SECTOR_BYTES;
                let to = end.min((sector + 1) * SECTOR_BYTES);
                if reaches(sector) {
                    if bytes.len() < to {
                        bytes.resize(to, 0);
                    }
                    bytes[from..to].copy_from_slice(&data[from - offset..to - offset]);
                }
                from = to;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
