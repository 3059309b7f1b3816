//! What tools do: what the commands do, and an answer instead of a print.

use timetracks_client::{
    api::{Code, tracks::Track},
    domain::Duration,
};
use tokio::sync::MutexGuard;

use super::{
    changes::{AddTrack, ClockIn, ClockOut, DeleteTrack, EditTrack, details},
    in_tools,
    keeping::Keeper,
    outputs::{
        Booked, Clocked, Logged, Projects, Reported, Shown, ShownTask, Status, Tasks, Waiting,
    },
    questions::{ListTasks, Log, Nothing, Report},
    values::{Text, Time},
};
use crate::{
    arguments::{self, By, Common},
    clocking::{self, Done},
    context::Context,
    entry::Action,
    failure::Failure,
    lists, log, names, report, sending, sync, tracks,
};

/// More tasks than this are no help to a model.
const MOST_TASKS: usize = 100;

/// What to do when the track of somebody who worked on is over.
const ENDED: &str =
    "Did the track end by itself? `log` shows it, and `edit_track` puts its end right.";

/// What calls share.
pub(super) struct Session {
    pub(super) common: Common,
    pub(super) keeper: Keeper,
    /// Changes happen one after another, in the order in which they were asked for: what may have to wait keeps its order.
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl Session {
    /// For what changes nothing. It sends nothing that waits either: that would be a change.
    fn reading(&self) -> Result<Context, Failure> {
        Context::open(&self.common)
    }

    /// For what changes something: what had waited is sent first.
    async fn changing(&self) -> Result<(Context, MutexGuard<'_, ()>), Failure> {
        let turn = self.turn.lock().await;
        let context = Context::open(&self.common)?;
        for (entry, track) in sync::before(&context).await? {
            if entry.action == Action::In {
                self.keeper.keep(&track);
            }
        }
        Ok((context, turn))
    }

    pub(super) async fn clock_in(&self, input: ClockIn) -> Result<Clocked, Failure> {
        let (context, _turn) = self.changing().await?;
        let done = clocking::enter(&context, &input.into()).await?;
        Ok(self.clocked(&context, done).await)
    }

    pub(super) async fn clock_out(&self, input: ClockOut) -> Result<Clocked, Failure> {
        let (context, _turn) = self.changing().await?;
        let left = clocking::leave(&context, &input.into()).await;
        let done = left.map_err(|failure| match failure.code {
            Some(Code::NotRunning) => Failure {
                message: format!("{} {ENDED}", failure.message),
                ..failure
            },
            _ => failure,
        })?;
        Ok(self.clocked(&context, done).await)
    }

    async fn clocked(&self, context: &Context, done: Vec<Done>) -> Clocked {
        let mut answer = Clocked::default();
        for done in done {
            match done {
                Done::Now(action, track) => {
                    match action {
                        Action::In => self.keeper.keep(&track),
                        _ => self.keeper.forget(track.id),
                    }
                    answer.track = Some(shown(context, *track).await);
                }
                Done::Later(entry) => {
                    let message = clocking::written_down(context, &[&entry]);
                    answer.message = Some(format!("{message}\nThe next change sends it."));
                    answer.queued = Some(Waiting::new(&context.local(), &entry));
                }
            }
        }
        answer
    }

    pub(super) async fn status(&self, _: Nothing) -> Result<Status, Failure> {
        let context = self.reading()?;
        let local = context.local();
        let running = sending::running(&context, None).await?;
        let refused = context.queue.refused()?;
        let waiting = context.queue.waiting()?;
        Ok(Status {
            now: local.rfc_3339(local.instant()),
            running: all_shown(&context, running).await?,
            waiting: waiting
                .iter()
                .map(|entry| Waiting::new(&local, entry))
                .collect(),
            refused: refused
                .iter()
                .map(|refused| in_tools(&sync::refusal(&context, refused)))
                .collect(),
        })
    }

    pub(super) async fn list_tasks(&self, input: ListTasks) -> Result<Tasks, Failure> {
        let context = self.reading()?;
        let project = input.project.as_ref().map(|project| project.0.as_str());
        let mut tasks = lists::tasks_of(&context, project).await?;
        if let Some(Text(search)) = &input.search {
            let search = search.trim().to_lowercase();
            let has = |text: &str| text.to_lowercase().contains(&search);
            tasks.retain(|task| has(&task.name) || task.external_id.as_deref().is_some_and(has));
        }
        let more = tasks.len().saturating_sub(MOST_TASKS);
        let newest = tasks.into_iter().rev().take(MOST_TASKS);
        Ok(Tasks {
            tasks: newest.map(ShownTask::from).collect(),
            more,
        })
    }

    pub(super) async fn list_projects(&self, _: Nothing) -> Result<Projects, Failure> {
        let projects = self.reading()?.client.list_projects().all().await?;
        Ok(Projects {
            projects: projects.into_iter().map(Into::into).collect(),
        })
    }

    pub(super) async fn log(&self, input: Log) -> Result<Logged, Failure> {
        let context = self.reading()?;
        let options = arguments::Log::from(input);
        let local = context.local();
        let stretch = options.days.stretch(&local, false)?;
        let tracks = log::own(&context, &stretch, options.kind.map(Into::into)).await?;
        let now = local.instant();
        let spent = tracks.iter().map(|track| log::spent(track, &stretch, now));
        let total = Duration::from_ms(spent.sum());
        Ok(Logged {
            seconds: total.ms() / 1000,
            duration: total.to_string(),
            tracks: all_shown(&context, tracks).await?,
        })
    }

    pub(super) async fn report(&self, input: Report) -> Result<Reported, Failure> {
        let context = self.reading()?;
        let options = arguments::Report::from(input);
        let stretch = options.days.stretch(&context.local(), true)?;
        let kind = options.kind.map(Into::into);
        if options.by != By::User {
            let report = report::of_one(&context, options.user.as_deref(), &stretch, kind).await?;
            let rows = report::rows(&report, options.by);
            return Ok(Reported::new(rows, &report.kinds));
        }
        let reports = report::of_all(&context, &stretch, kind).await?;
        let mut kinds = Vec::new();
        for report in &reports {
            report::add_kinds(&mut kinds, report.kinds.clone());
        }
        let rows = reports.iter().map(report::of_person).collect();
        Ok(Reported::new(rows, &kinds))
    }

    pub(super) async fn add_track(&self, input: AddTrack) -> Result<Booked, Failure> {
        let (context, _turn) = self.changing().await?;
        let local = context.local();
        let moment = |time: &Time| local.moment(&time.0, local.today());
        let (start, end) = (moment(&input.start)?, moment(&input.end)?);
        let said = details(input.note, input.meta).said(None)?;
        let (_, track) = tracks::book(&context, &input.task.0, start, Some(end), &said).await?;
        Ok(booked(&context, track).await)
    }

    pub(super) async fn edit_track(&self, input: EditTrack) -> Result<Booked, Failure> {
        let (context, _turn) = self.changing().await?;
        let track = tracks::change(&context, &input.into()).await?;
        if track.end.is_some() {
            self.keeper.forget(track.id);
        }
        Ok(booked(&context, track).await)
    }

    pub(super) async fn delete_track(&self, input: DeleteTrack) -> Result<Booked, Failure> {
        let (context, _turn) = self.changing().await?;
        let (track, _) = tracks::delete(&context, &input.track.0.to_string()).await?;
        self.keeper.forget(track.id);
        Ok(booked(&context, track).await)
    }
}

async fn booked(context: &Context, track: Track) -> Booked {
    Booked {
        track: shown(context, track).await,
    }
}
/// A track with the name of its task, if the key may read that.
async fn shown(context: &Context, track: Track) -> Shown {
    let named = names::of_tasks(context, std::slice::from_ref(&track)).await;
    Shown::new(&context.local(), track, &named.unwrap_or_default())
}

async fn all_shown(context: &Context, tracks: Vec<Track>) -> Result<Vec<Shown>, Failure> {
    let names = names::of_tasks(context, &tracks).await?;
    let local = context.local();
    let shown = |track| Shown::new(&local, track, &names);
    Ok(tracks.into_iter().map(shown).collect())
}
