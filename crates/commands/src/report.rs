//! `report`: who spent how long on what.

use timetracks_client::{
    api::{
        Millis,
        reports::{
            KindTime, ReportFilter, ReportProject, ReportRange, ReportTask, Sum, UserReport,
        },
        users::User,
    },
    domain::{Duration, Kind, UserId},
};

use super::{
    arguments::{self, By},
    context::Context,
    days::Stretch,
    failure::Failure,
    output::{Style, bar, duration, table},
    resolve::{self, Fit},
};

/// The longest that the server reports on at once: 7 days. A week in which the clocks go back is longer.
const LONGEST_MS: i64 = 604_800_000;

/// The longest bar.
const BAR: usize = 40;

pub(crate) async fn report(context: &Context, options: arguments::Report) -> Result<(), Failure> {
    let stretch = options.days.stretch(&context.local(), true)?;
    let kind = options.kind.map(Kind::from);
    if options.by == By::User {
        let reports = of_all(context, &stretch, kind).await?;
        return context.output.show(&reports, || {
            chart(context, &reports.iter().map(of_person).collect::<Vec<_>>())
        });
    }
    let report = of_one(context, options.user.as_deref(), &stretch, kind).await?;
    context
        .output
        .show(&report, || words(context, &report, options.by))
}

/// The report of somebody, or of who asks.
pub(crate) async fn of_one(
    context: &Context,
    user: Option<&str>,
    stretch: &Stretch,
    kind: Option<Kind>,
) -> Result<UserReport, Failure> {
    let user = match user {
        None => context.me().await?,
        Some(text) => {
            let users = context.client.list_users().all().await?;
            resolve::require("user", text, users, Fit::Part)?.id
        }
    };
    of_user(context, user, stretch, kind).await
}

/// The reports of everyone whose time is there to be seen, most time first.
pub(crate) async fn of_all(
    context: &Context,
    stretch: &Stretch,
    kind: Option<Kind>,
) -> Result<Vec<UserReport>, Failure> {
    let me = context.client.get_me().await?;
    let users: Vec<User> = match me.role.as_ref() {
        "admin" => context.client.list_users().all().await?,
        // Others' time is not for members to see.
        _ => vec![me.user],
    };
    let mut reports = Vec::new();
    for user in users {
        reports.push(of_user(context, user.id, stretch, kind).await?);
    }
    reports.retain(|report| report.sum.total > 0);
    reports.sort_by_key(|report| -report.sum.total);
    Ok(reports)
}

/// A line on a person.
pub(crate) fn of_person(report: &UserReport) -> (String, i64) {
    (report.user_name.trim().to_owned(), report.sum.total)
}

/// The report of one person, put together of pieces as long as the server makes them.
async fn of_user(
    context: &Context,
    user: UserId,
    stretch: &Stretch,
    kind: Option<Kind>,
) -> Result<UserReport, Failure> {
    let mut whole: Option<UserReport> = None;
    let mut start = stretch.start;
    while start < stretch.end {
        let end = stretch.end.min(start.plus_ms(LONGEST_MS));
        let range = ReportRange {
            start_date: Some(Millis(start)),
            end_date: Some(Millis(end)),
            filter: ReportFilter { kind },
        };
        let piece = context.client.report_user(user, &range).await?;
        match &mut whole {
            None => whole = Some(piece),
            Some(whole) => add(whole, piece),
        }
        start = end;
    }
    whole.ok_or_else(|| Failure::usage("these days have no time in them"))
}

fn plus(sum: &mut Sum, more: &Sum) {
    *sum = Duration::from_ms(sum.total + more.total).into();
}

/// Adds sums by kind to others.
pub(crate) fn add_kinds(whole: &mut Vec<KindTime>, piece: Vec<KindTime>) {
    for time in piece {
        let same = |known: &&mut KindTime| known.kind == time.kind;
        match whole.iter_mut().find(same) {
            Some(known) => plus(&mut known.sum, &time.sum),
            None => whole.push(time),
        }
    }
}

fn add(whole: &mut UserReport, piece: UserReport) {
    plus(&mut whole.sum, &piece.sum);
    add_kinds(&mut whole.kinds, piece.kinds);
    for project in piece.projects {
        let same = |known: &&mut ReportProject| known.project_id == project.project_id;
        let Some(known) = whole.projects.iter_mut().find(same) else {
            whole.projects.push(project);
            continue;
        };
        plus(&mut known.sum, &project.sum);
        for task in project.tasks {
            let same = |known: &&mut ReportTask| known.task_id == task.task_id;
            match known.tasks.iter_mut().find(same) {
                Some(known) => plus(&mut known.sum, &task.sum),
                None => known.tasks.push(task),
            }
        }
    }
}

/// The lines of a report, most time first.
pub(crate) fn rows(report: &UserReport, by: By) -> Vec<(String, i64)> {
    let none = || "(no project)".to_owned();
    let mut rows: Vec<(String, i64)> = match by {
        By::Task => report
            .projects
            .iter()
            .flat_map(|project| &project.tasks)
            .map(|task| (task.task_name.clone(), task.sum.total))
            .collect(),
        By::Kind => report.kinds.iter().map(of_kind).collect(),
        _ => report
            .projects
            .iter()
            .map(|project| {
                (
                    project.project_name.clone().unwrap_or_else(none),
                    project.sum.total,
                )
            })
            .collect(),
    };
    rows.sort_by_key(|(_, total)| -total);
    rows
}

fn words(context: &Context, report: &UserReport, by: By) -> String {
    let name = context.output.style(Style::Bold, report.user_name.trim());
    format!(
        "{name}  {}{}\n{}",
        duration(report.sum.total),
        split(&report.kinds),
        chart(context, &rows(report, by))
    )
}

fn of_kind(time: &KindTime) -> (String, i64) {
    (time.kind.to_string(), time.sum.total)
}

/// The kinds behind a total, when they are more than people.
fn split(kinds: &[KindTime]) -> String {
    if kinds.iter().all(|time| time.kind == Kind::Human.as_str()) {
        return String::new();
    }
    let part = |time| {
        let (kind, total) = of_kind(time);
        format!("{kind} {}", duration(total))
    };
    let parts: Vec<_> = kinds.iter().map(part).collect();
    format!("  ({})", parts.join(", "))
}

/// Names, times and, on a terminal, bars.
fn chart(context: &Context, rows: &[(String, i64)]) -> String {
    if rows.is_empty() {
        return "Nothing was tracked in these days.\n".to_owned();
    }
    let output = &context.output;
    let most = rows.iter().map(|(_, total)| *total).max().unwrap_or(0);
    let longest = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let width = output.width().saturating_sub(longest + 14).clamp(5, BAR);
    let line = |(name, total): &(String, i64)| {
        let bar = if output.terminal {
            bar(*total, most, width)
        } else {
            String::new()
        };
        vec![name.clone(), duration(*total), bar]
    };
    table(&rows.iter().map(line).collect::<Vec<_>>(), &[1])
}

#[cfg(test)]
mod tests {
    use timetracks_client::api::Example;

    use super::*;

    #[test]
    fn pieces_add_up() {
        let mut whole = UserReport::example();
        let mut other = UserReport::example();
        other.projects[0].project_id = None;
        let both = 2 * whole.sum.total;
        add(&mut whole, UserReport::example());
        assert_eq!(whole.projects.len(), 1);
        assert_eq!(whole.sum.total, both);
        let kinds: i64 = whole.kinds.iter().map(|time| time.sum.total).sum();
        assert_eq!(kinds, both);
        assert_eq!(whole.projects[0].tasks[0].sum.total, both);
        add(&mut whole, other);
        assert_eq!(whole.projects.len(), 2);
        let parts: i64 = whole.projects.iter().map(|project| project.sum.total).sum();
        assert_eq!(parts, whole.sum.total);
        assert_eq!(whole.sum.time_formatted, "4h 45m 15s");
    }
}
