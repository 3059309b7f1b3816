//! `sessions` and `whoami`.

use timetracks_client::{api::account::Session, domain::SessionId};

use super::{arguments::SessionsCommand, context::Context, failure::Failure, output::table};

pub(crate) async fn sessions(context: &Context, command: SessionsCommand) -> Result<(), Failure> {
    let local = context.local();
    match command {
        SessionsCommand::List => {
            let sessions = context.client.list_sessions().all().await?;
            context.output.show(&sessions, || {
                let row = |session: &Session| {
                    let clock = |moment: timetracks_client::api::Millis| {
                        local.zoned(moment.0).strftime("%F %R").to_string()
                    };
                    vec![
                        session.id.to_string(),
                        session.user_id.to_string(),
                        format!("since {}", clock(session.session_started_at)),
                        format!("until {}", clock(session.expires_at)),
                        session.user_agent.clone().unwrap_or_default(),
                    ]
                };
                table(&sessions.iter().map(row).collect::<Vec<_>>(), &[])
            })
        }
        SessionsCommand::End { session } => {
            let wrong = |_| {
                Failure::usage(format!(
                    "{session:?} is no session's id: `timetracks sessions` lists them"
                ))
            };
            let id: SessionId = session.parse().map_err(wrong)?;
            let answer = context.client.end_session(id).await?;
            context.output.show(&answer, || "ended".to_owned())
        }
    }
}

pub(crate) async fn whoami(context: &Context) -> Result<(), Failure> {
    let me = context.client.get_me().await?;
    context.output.show(&me, || {
        let user = &me.user;
        format!(
            "{} {} <{}>, {} of {}\nat {}, with the scopes {}",
            user.first_name,
            user.last_name,
            user.email,
            me.role,
            me.org.name,
            context.client.server(),
            me.scopes.join(", ")
        )
    })
}
