//! Reading what the shim wrote down: everything that reached the database's files, in order.

use crate::Failure;

/// `struct record` of the shim.
const HEADER_BYTES: usize = 24;

/// What was done to a file or to the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect<'t> {
    Create,
    Write {
        offset: usize,
        data: &'t [u8],
    },
    /// Made as long as this.
    Truncate(usize),
    Unlink,
    /// Given this name.
    Rename(&'t str),
    Sync,
    /// Of the directory: no file is meant.
    SyncDirectory,
}

/// One effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'t> {
    /// The file's.
    pub(crate) name: &'t str,
    pub(crate) effect: Effect<'t>,
    /// How long the trace was with this record.
    pub(crate) end: u64,
}

impl Record<'_> {
    /// Whether something was written into the database itself, and not into what stands beside it.
    pub(crate) fn writes_database(&self) -> bool {
        self.name.ends_with(".db") && matches!(self.effect, Effect::Write { .. })
    }

    /// Whether it syncs the write-ahead log.
    pub(crate) fn syncs_log(&self) -> bool {
        self.name.ends_with("-wal") && self.effect == Effect::Sync
    }

    /// Whether it begins the write-ahead log anew.
    pub(crate) fn begins_log(&self) -> bool {
        self.name.ends_with("-wal") && matches!(self.effect, Effect::Write { offset: 0, .. })
    }
}

/// Takes a trace apart.
pub(crate) fn parse(trace: &[u8]) -> Result<Vec<Record<'_>>, Failure> {
    let mut records = Vec::new();
    let mut rest = trace;
    while !rest.is_empty() {
        let Some((record, tail)) = take(rest) else {
            return Failure::trouble(format!(
                "the trace is broken, {} bytes before its end",
                rest.len()
            ));
        };
        rest = tail;
        let end = (trace.len() - rest.len()) as u64;
        records.push(Record { end, ..record });
    }
    Ok(records)
}

fn take(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
    let (kind, header) = header.split_first_chunk::<4>()?;
    let (name_length, header) = header.split_first_chunk::<4>()?;
    let (offset, header) = header.split_first_chunk::<8>()?;
    let (data_length, _) = header.split_first_chunk::<8>()?;
    let length = usize::try_from(u32::from_le_bytes(*name_length)).ok()?;
    let (name, rest) = rest.split_at_checked(length)?;
    let length = usize::try_from(u64::from_le_bytes(*data_length)).ok()?;
    let (data, rest) = rest.split_at_checked(length)?;
    let offset = usize::try_from(u64::from_le_bytes(*offset)).ok()?;
    let effect = match u32::from_le_bytes(*kind) {
        1 => Effect::Create,
        2 => Effect::Write { offset, data },
        3 => Effect::Truncate(offset),
        4 => Effect::Unlink,
        5 => Effect::Rename(std::str::from_utf8(data).ok()?),
        6 => Effect::Sync,
        7 => Effect::SyncDirectory,
        _ => return None,
    };
    let name = std::str::from_utf8(name).ok()?;
    Some((
        Record {
            name,
            effect,
            end: 0,
        },
        rest,
    ))
}
