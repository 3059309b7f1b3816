//! What tasks are called.

use std::collections::{BTreeSet, HashMap};

use timetracks_client::{
    api::{tasks::TaskFilter, tracks::Track},
    domain::TaskId,
};

use super::{context::Context, failure::Failure};

/// Above so many tasks it is cheaper to list them all.
const FEW: usize = 20;

/// The names of the tasks of these tracks.
pub(crate) async fn of_tasks(
    context: &Context,
    tracks: &[Track],
) -> Result<HashMap<TaskId, String>, Failure> {
    let ids: BTreeSet<_> = tracks.iter().map(|track| track.task_id).collect();
    let client = &context.client;
    let mut tasks = Vec::new();
    if ids.len() > FEW {
        tasks = client.list_tasks(&TaskFilter::default()).all().await?;
    } else {
        for id in ids {
            match client.get_task(id).await {
                Ok(task) => tasks.push(task),
                // Deleted a moment ago.
                Err(error) if error.problem().is_some_and(|problem| problem.status == 404) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(tasks.into_iter().map(|task| (task.id, task.name)).collect())
}
