//! `keys`: your API keys.

use jiff::ToSpan;
use timetracks_client::{
    api::{
        DateTime,
        api_keys::{ApiKey, ApiKeySecret, CreateApiKey},
    },
    domain::{Kind, Name, Scope},
};

use super::{
    arguments::KeysCommand,
    context::Context,
    failure::Failure,
    output::table,
    resolve::{self, Fit},
};

pub(crate) async fn keys(context: &Context, command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List => list(context).await,
        KeysCommand::Create {
            name,
            scopes,
            project,
            until,
            kind,
        } => {
            let name = Name::parse(&name).map_err(|rule| Failure::usage(format!("NAME {rule}")))?;
            let body = CreateApiKey {
                name,
                scopes: parse_scopes(&scopes)?,
                kind: kind.map(Kind::from),
                expires_at: end_of(context, until.as_deref())?,
                project_id: match project {
                    None => None,
                    Some(text) => {
                        let projects = context.client.list_projects().all().await?;
                        Some(resolve::require("project", &text, projects, Fit::Part)?.id)
                    }
                },
            };
            show_secret(context, &context.client.create_api_key(&body).await?)
        }
        KeysCommand::Rotate { key } => {
            let key = find(context, &key).await?;
            show_secret(context, &context.client.rotate_api_key(key.id).await?)
        }
        KeysCommand::Delete { key } => {
            let key = find(context, &key).await?;
            let answer = context.client.delete_api_key(key.id).await?;
            context
                .output
                .show(&answer, || format!("deleted {}", key.name))
        }
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let keys = context.client.list_api_keys().all().await?;
    context.output.show(&keys, || {
        let local = context.local();
        let row = |key: &ApiKey| {
            let used = match key.last_used_at.0.ms() {
                0 => "never used".to_owned(),
                _ => format!("used {}", local.zoned(key.last_used_at.0).strftime("%F %R")),
            };
            let until = key
                .expires_at
                .map(|end| format!("until {}", local.zoned(end.0).strftime("%F %R")));
            vec![
                key.id.to_string(),
                key.name.clone(),
                format!("…{}", key.last4),
                key.scopes.join(","),
                used,
                until.unwrap_or_default(),
            ]
        };
        table(&keys.iter().map(row).collect::<Vec<_>>(), &[])
    })
}

/// What cannot be undone wants the whole name.
async fn find(context: &Context, text: &str) -> Result<ApiKey, Failure> {
    let keys = context.client.list_api_keys().all().await?;
    resolve::require("key", text, keys, Fit::Exact)
}

fn show_secret(context: &Context, secret: &ApiKeySecret) -> Result<(), Failure> {
    context.output.show(secret, || {
        format!(
            "{}\nThis is the key of {:?}. It is shown only now.",
            secret.api_key, secret.info.name
        )
    })
}

fn parse_scopes(words: &[String]) -> Result<Option<Vec<Scope>>, Failure> {
    if words.is_empty() {
        return Ok(None);
    }
    let scope = |word: &String| {
        let wrong = || {
            Failure::usage(format!(
                "{word:?} is no scope: say read, track, manage or admin"
            ))
        };
        Scope::from_word(word.trim()).ok_or_else(wrong)
    };
    words.iter().map(scope).collect::<Result<_, _>>().map(Some)
}

/// The last moment of the last day.
fn end_of(context: &Context, day: Option<&str>) -> Result<Option<DateTime>, Failure> {
    let Some(day) = day else {
        return Ok(None);
    };
    let local = context.local();
    let behind = local.day(day)?.checked_add(1.day());
    let behind = behind.map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Some(DateTime(local.start_of(behind)?.plus_ms(-1))))
}
