//! `projects`, `tasks`, `users` and `invite`.

use timetracks_client::{
    api::{
        invitations::CreateInvitation,
        tasks::{Task, TaskFilter},
    },
    domain::{Email, Role},
};

use super::{
    arguments,
    context::Context,
    failure::Failure,
    output::table,
    resolve::{self, Fit},
};

pub(crate) async fn projects(context: &Context) -> Result<(), Failure> {
    let projects = context.client.list_projects().all().await?;
    context.output.show(&projects, || {
        let row = |project: &timetracks_client::api::projects::Project| {
            vec![
                project.id.to_string(),
                project.name.clone(),
                project.external_id.clone().unwrap_or_default(),
            ]
        };
        table(&projects.iter().map(row).collect::<Vec<_>>(), &[])
    })
}

pub(crate) async fn tasks(context: &Context, options: arguments::Tasks) -> Result<(), Failure> {
    let tasks = tasks_of(context, options.project.as_deref()).await?;
    context.output.show(&tasks, || {
        let row = |task: &Task| {
            vec![
                task.id.to_string(),
                task.status.to_string(),
                task.name.clone(),
                task.external_id.clone().unwrap_or_default(),
            ]
        };
        table(&tasks.iter().map(row).collect::<Vec<_>>(), &[])
    })
}

/// The tasks, or those of a project.
pub(crate) async fn tasks_of(
    context: &Context,
    project: Option<&str>,
) -> Result<Vec<Task>, Failure> {
    let project_id = match project {
        None => None,
        Some(text) => {
            let projects = context.client.list_projects().all().await?;
            Some(resolve::require("project", text, projects, Fit::Part)?.id)
        }
    };
    let filter = TaskFilter {
        project_id,
        ..TaskFilter::default()
    };
    Ok(context.client.list_tasks(&filter).all().await?)
}

pub(crate) async fn users(context: &Context) -> Result<(), Failure> {
    let users = context.client.list_users().all().await?;
    context.output.show(&users, || {
        let row = |user: &timetracks_client::api::users::User| {
            let name = format!("{} {}", user.first_name, user.last_name);
            let active = if user.active { "" } else { "inactive" };
            vec![
                user.id.to_string(),
                user.email.clone(),
                name.trim().to_owned(),
                user.role.to_string(),
                active.to_owned(),
            ]
        };
        table(&users.iter().map(row).collect::<Vec<_>>(), &[])
    })
}

pub(crate) async fn invite(context: &Context, options: arguments::Invite) -> Result<(), Failure> {
    let email =
        Email::parse(&options.email).map_err(|rule| Failure::usage(format!("EMAIL {rule}")))?;
    let body = CreateInvitation {
        email,
        role: options.admin.then_some(Role::Admin),
    };
    let created = context.client.create_invitation(&body).await?;
    context.output.show(&created, || {
        let invitation = &created.invitation;
        let until = context.local().zoned(invitation.expires_at.0).strftime("%F %R").to_string();
        format!(
            "{} may sign up until {until}, once. Hand this over; whoever has it can use it:\n  POST {}\n  {{\"email\": \"{}\", \"role\": \"{}\", \"firstName\": \"…\", \"lastName\": \"…\", \"password\": \"…\"}}",
            invitation.email, invitation.link, invitation.email, invitation.role
        )
    })
}
