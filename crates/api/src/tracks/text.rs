//! The text of a track, of which lists hold millions.

use super::Track;
use crate::item::{Item, Members};

impl Item for Track {
    fn write(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut members = Members(json);
        members.plain(b"{\"id\":", self.id.text());
        members.plain(b",\"taskId\":", self.task_id.text());
        members.plain(b",\"userId\":", self.user_id.text());
        members.word(b",\"kind\":", &self.kind);
        members.plain(b",\"startTime\":", self.start_time.0.text());
        match self.end_time {
            Some(end) => members.plain(b",\"endTime\":", end.0.text()),
            None => members.null(b",\"endTime\":"),
        }
        members.value(b",\"start\":", &self.start)?;
        members.value(b",\"end\":", &self.end)?;
        match &self.ended_by {
            Some(by) => members.word(b",\"endedBy\":", by),
            None => members.null(b",\"endedBy\":"),
        }
        members.value(b",\"lease\":", &self.lease)?;
        members.value(b",\"leaseExpiresAt\":", &self.lease_expires_at)?;
        members.value(b",\"amount\":", &self.amount)?;
        members.value(b",\"hours\":", &self.hours)?;
        members.value(b",\"minutes\":", &self.minutes)?;
        members.value(b",\"seconds\":", &self.seconds)?;
        members.word(b",\"timeFormatted\":", &self.time_formatted);
        members.value(b",\"note\":", &self.note)?;
        members.value(b",\"meta\":", &self.meta)?;
        members.plain(b",\"createdAt\":", self.created_at.0.text());
        members.plain(b",\"updatedAt\":", self.updated_at.0.text());
        members.end();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*};
    use serde_json::{Map, Value};
    use timetracks_domain::{
        self as domain, End, EndedBy, Id, Instant, Kind, Lease, LeaseLength, Meta,
    };
    use uuid::Uuid;

    use super::*;

    fn id<K>() -> impl Strategy<Value = Id<K>> {
        any::<u128>().prop_map(|bits| Id::new(Uuid::from_u128(bits)))
    }

    fn instant() -> impl Strategy<Value = Instant> {
        (0..=Instant::MAX.ms()).prop_map(|ms| Instant::MIN.plus_ms(ms))
    }

    fn meta() -> impl Strategy<Value = Meta> {
        let value = prop_oneof![
            any::<String>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            Just(Value::Null),
        ];
        let members = proptest::collection::vec((any::<String>(), value), 0..4);
        members.prop_filter_map("too long", |members| {
            Meta::new(members.into_iter().collect::<Map<_, _>>()).ok()
        })
    }

    fn track() -> impl Strategy<Value = domain::Track> {
        let ids = (id(), id(), id());
        let kind = prop::sample::select(Kind::ALL.as_slice());
        let by = prop::sample::select(EndedBy::ALL.as_slice());
        let end = option::of((instant(), by).prop_map(|(at, by)| End { at, by }));
        let lease = option::of(
            (60..3600_i64, instant()).prop_map(|(seconds, heartbeat_at)| {
                let length = LeaseLength::from_seconds(seconds).unwrap();
                Lease {
                    length,
                    heartbeat_at,
                }
            }),
        );
        let details = (option::of(any::<String>()), option::of(meta()));
        let times = (instant(), instant(), instant());
        (ids, kind, end, lease, details, times).prop_map(
            |(
                (id, task, user),
                kind,
                end,
                lease,
                (note, meta),
                (start, created_at, updated_at),
            )| {
                domain::Track {
                    id,
                    task,
                    user,
                    kind,
                    start,
                    end,
                    lease,
                    ends_at: None,
                    note,
                    meta,
                    created_at,
                    updated_at,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn the_text_by_hand_is_that_of_serde(track in track(), now in instant()) {
            let track = Track::at(&track, now);
            let mut text = Vec::new();
            track.write(&mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(text, serde_json::to_string(&track).unwrap());
        }
    }
}
