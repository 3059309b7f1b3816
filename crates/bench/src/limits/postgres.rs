//! Limit (c): the statements of clocking in and out straight on PostgreSQL, with as many connections as the server writes
//! with, and in the same groups: what an organisation's clients wait for is one transaction. What the server must know
//! before it writes is waited for here too; everything else is on its way together. There are no savepoints.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::{join, try_join_all};
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use super::{Count, Place, TASKS, groups};
use crate::{Failure, Outcome, fill::Ids, statistics::Sample};

/// As the server: the most that share a commit.
const LARGEST_GROUP: usize = 64;

const FIND: &str = "SELECT r.id IS NOT NULL,
    r.id, r.task_id, r.user_id, r.started_at, r.ended_at, r.created_at, r.updated_at
    FROM tasks t LEFT JOIN tracks r
    ON r.org_id = t.org_id AND r.task_id = t.id AND r.user_id = $3 AND r.ended_at IS NULL
    WHERE t.org_id = $1 AND t.id = $2 AND (t.project_id = $4 OR $4 IS NULL)";
const INSERT: &str = "INSERT INTO tracks (org_id, task_id, id, user_id, started_at, ended_at, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
const END: &str = "UPDATE tracks SET started_at = $4, ended_at = $5, updated_at = $6
    WHERE org_id = $1 AND task_id = $2 AND id = $3";
const ADD: &str = "INSERT INTO task_totals (org_id, task_id, user_id, tracks, ended_ms) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (org_id, task_id, user_id) DO UPDATE
    SET tracks = task_totals.tracks + excluded.tracks, ended_ms = task_totals.ended_ms + excluded.ended_ms";
const LONGEST: &str = "UPDATE users SET longest_track_ms = $3
    WHERE org_id = $1 AND id = $2 AND longest_track_ms < $3";

/// An organisation, and what its clients want next.
struct Lane {
    places: Vec<Place>,
    is_in: bool,
    ids: Ids,
}

type Lanes = Arc<Mutex<VecDeque<Lane>>>;

/// Clocks clients of so many organisations in and out for so long.
pub(crate) async fn run(
    url: &str,
    organisations: usize,
    clients: usize,
    connections: usize,
    limit: Duration,
) -> Outcome<Sample> {
    let first = Session::open(url).await?;
    let rows = first.client.query(TASKS, &[]).await?;
    let tasks = rows.iter().map(|row| Place {
        org: row.get(0),
        user: row.get(1),
        task: row.get(2),
    });
    let lanes: VecDeque<Lane> = groups(tasks.collect(), organisations, clients)
        .into_iter()
        .enumerate()
        .map(|(number, places)| Lane {
            places,
            is_in: false,
            ids: Ids::of_lane(number),
        })
        .collect();
    if lanes.iter().map(|lane| lane.places.len()).sum::<usize>() != clients {
        return Err("there are too few tasks to clock in on".into());
    }
    let connections = connections.min(lanes.len());
    let lanes = Arc::new(Mutex::new(lanes));
    let mut sessions = vec![first];
    while sessions.len() < connections {
        sessions.push(Session::open(url).await?);
    }
    let began = Instant::now();
    let tasks = sessions.into_iter().map(|session| {
        let lanes = Arc::clone(&lanes);
        tokio::spawn(async move { session.serve(&lanes, began + limit).await })
    });
    let mut count = Count {
        began,
        took_us: Vec::new(),
    };
    for task in tasks.collect::<Vec<_>>() {
        count.took_us.extend(task.await??);
    }
    Ok(count.sample())
}

struct Session {
    client: Client,
    find: Statement,
    insert: Statement,
    end: Statement,
    add: Statement,
    longest: Statement,
}

type Writes<'s> = Vec<Pin<Box<dyn Future<Output = Outcome<()>> + Send + 's>>>;

impl Session {
    async fn open(url: &str) -> Outcome<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        Ok(Self {
            find: client.prepare(FIND).await?,
            insert: client.prepare(INSERT).await?,
            end: client.prepare(END).await?,
            add: client.prepare(ADD).await?,
            longest: client.prepare(LONGEST).await?,
            client,
        })
    }

    /// Takes lane after lane until the time is over and all are clocked out.
    async fn serve(&self, lanes: &Lanes, end: Instant) -> Result<Vec<u32>, Failure> {
        let mut count = Count::begin();
        loop {
            let lane = lanes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            // Another connection has the last ones.
            let Some(mut lane) = lane else { break };
            for part in lane.places.chunks(LARGEST_GROUP) {
                let began = Instant::now();
                self.commit_group(part, lane.is_in, &mut lane.ids).await?;
                count.add(part.len(), began.elapsed());
            }
            lane.is_in = !lane.is_in;
            if lane.is_in || Instant::now() < end {
                lanes
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_back(lane);
            }
        }
        Ok(count.took_us)
    }

    async fn commit_group(&self, places: &[Place], is_in: bool, ids: &mut Ids) -> Outcome<()> {
        let lock = places[0].org.as_u64_pair().1.cast_signed();
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock({lock})"
        );
        let mut writes: Writes = vec![Box::pin(async move {
            Ok(self.client.batch_execute(&begin).await?)
        })];
        let now = ids.refresh();
        for place in places {
            let (written, found) = join(try_join_all(writes), self.find(*place)).await;
            written?;
            writes = match (found?, is_in) {
                (None, false) => self.clock_in(*place, ids.next(), now),
                (Some((id, start)), true) => self.clock_out(*place, id, start, now.max(start)),
                _ => return Err("a task is not as it was left".into()),
            };
        }
        let commit = async { Ok::<_, Failure>(self.client.batch_execute("COMMIT").await?) };
        let (written, committed) = join(try_join_all(writes), commit).await;
        written?;
        committed
    }

    async fn find(&self, place: Place) -> Outcome<Option<(Uuid, i64)>> {
        let project: Option<Uuid> = None;
        let row = self
            .client
            .query_one(
                &self.find,
                &[&place.org, &place.task, &place.user, &project],
            )
            .await?;
        Ok(row.get::<_, bool>(0).then(|| (row.get(1), row.get(4))))
    }

    fn clock_in(&self, place: Place, id: Uuid, now: i64) -> Writes<'_> {
        let Place { org, user, task } = place;
        let insert = async move {
            let end: Option<i64> = None;
            self.client
                .execute(&self.insert, &[&org, &task, &id, &user, &now, &end, &now])
                .await?;
            Ok(())
        };
        vec![Box::pin(insert), Box::pin(self.add(place, 1, 0))]
    }

    fn clock_out(&self, place: Place, id: Uuid, start: i64, now: i64) -> Writes<'_> {
        let Place { org, user, task } = place;
        let end = async move {
            let ended = self
                .client
                .execute(&self.end, &[&org, &task, &id, &start, &now, &now])
                .await?;
            match ended {
                1 => Ok(()),
                _ => Err("a track that was begun is not there".into()),
            }
        };
        let mut writes: Writes = vec![Box::pin(end)];
        let took = now - start;
        if took > 0 {
            writes.push(Box::pin(self.add(place, 0, took)));
            writes.push(Box::pin(async move {
                self.client
                    .execute(&self.longest, &[&org, &user, &took])
                    .await?;
                Ok(())
            }));
        }
        writes
    }

    async fn add(&self, place: Place, tracks: i64, ended_ms: i64) -> Outcome<()> {
        let Place { org, user, task } = place;
        self.client
            .execute(&self.add, &[&org, &task, &user, &tracks, &ended_ms])
            .await?;
        Ok(())
    }
}
