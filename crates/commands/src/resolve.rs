//! What people call things: ids, external ids, names, and what is nearly a name.

use timetracks_client::{
    Client,
    api::{
        api_keys::ApiKey,
        projects::Project,
        tasks::{Task, TaskFilter},
        users::User,
    },
    domain::{ExternalId, Name, TaskId},
};

use super::failure::{AMBIGUOUS, Failure};

/// Something that can be called by name.
pub(crate) trait Called {
    fn id(&self) -> String;
    fn names(&self) -> Vec<String>;
    fn external_id(&self) -> Option<&str> {
        None
    }
}

impl Called for Task {
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn names(&self) -> Vec<String> {
        vec![self.name.clone()]
    }
    fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }
}

impl Called for Project {
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn names(&self) -> Vec<String> {
        vec![self.name.clone()]
    }
    fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }
}

impl Called for User {
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn names(&self) -> Vec<String> {
        vec![
            self.email.clone(),
            format!("{} {}", self.first_name, self.last_name),
        ]
    }
}

impl Called for ApiKey {
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn names(&self) -> Vec<String> {
        vec![self.name.clone()]
    }
}

/// How closely a text must fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Exactly, but for upper and lower case. For what cannot be undone.
    Exact,
    /// The beginning or a part of the name is enough, if only one has it.
    Part,
}

/// The things that fit best: an id before an external id, a name, a name in other case, its beginning, a part of it.
fn best<T: Called>(text: &str, things: Vec<T>, fit: Fit) -> Vec<T> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let rank = |thing: &T| {
        let names = thing.names();
        let lowered: Vec<_> = names.iter().map(|name| name.to_lowercase()).collect();
        let external = thing.external_id();
        let ranks = [
            thing.id() == text,
            external == Some(text),
            names.iter().any(|name| name == text),
            external.is_some_and(|id| id.to_lowercase() == lower) || lowered.contains(&lower),
            fit == Fit::Part && lowered.iter().any(|name| name.starts_with(&lower)),
            fit == Fit::Part && lowered.iter().any(|name| name.contains(&lower)),
        ];
        ranks.iter().position(|fits| *fits)
    };
    let ranked: Vec<_> = things
        .into_iter()
        .filter_map(|thing| rank(&thing).map(|rank| (rank, thing)))
        .collect();
    let first = ranked.iter().map(|(rank, _)| *rank).min();
    let kept = ranked.into_iter().filter(|(rank, _)| Some(*rank) == first);
    kept.map(|(_, thing)| thing).collect()
}

/// The one thing that fits, or none.
pub(crate) fn choose<T: Called>(
    kind: &str,
    text: &str,
    things: Vec<T>,
    fit: Fit,
) -> Result<Option<T>, Failure> {
    let mut fitting = best(text, things, fit);
    if fitting.len() < 2 {
        return Ok(fitting.pop());
    }
    let lines = fitting.iter().map(|thing| {
        let external = thing.external_id().unwrap_or_default();
        format!(
            "\n  {}  {}  {external}",
            thing.id(),
            thing.names().join("  ")
        )
    });
    let lines: String = lines.collect();
    Err(Failure::new(
        AMBIGUOUS,
        format!("several {kind}s fit {text:?}. Say the id of one of them:{lines}"),
    ))
}

/// As [`choose`], when there must be one.
pub(crate) fn require<T: Called>(
    kind: &str,
    text: &str,
    things: Vec<T>,
    fit: Fit,
) -> Result<T, Failure> {
    let missing = || {
        Failure::refused(format!(
            "no {kind} fits {text:?}. `timetracks {kind}s` lists them."
        ))
    };
    choose(kind, text, things, fit)?.ok_or_else(missing)
}

/// What was found under a text.
pub(crate) enum Found {
    Nothing,
    One(Box<Task>),
    /// Several of exactly this name.
    Several(Vec<Task>),
}

/// The task that is called so. Few are looked at before all are.
pub(crate) async fn find_task(client: &Client, text: &str) -> Result<Found, Failure> {
    let one = |task| Ok(Found::One(Box::new(task)));
    if let Ok(id) = text.trim().parse::<TaskId>() {
        match client.get_task(id).await {
            Ok(task) => return one(task),
            Err(error) if error.problem().is_some_and(|problem| problem.status == 404) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let everything = TaskFilter::default;
    if let Ok(external_id) = ExternalId::parse(text.trim()) {
        let external_id = Some(external_id);
        let filter = TaskFilter {
            external_id,
            ..everything()
        };
        if let Some(task) = client.list_tasks(&filter).all().await?.pop() {
            return one(task);
        }
    }
    if let Ok(name) = Name::parse(text) {
        let filter = TaskFilter {
            name: Some(name),
            ..everything()
        };
        let mut named = client.list_tasks(&filter).all().await?;
        match (named.len(), named.pop()) {
            (1, Some(task)) => return one(task),
            (0, _) => {}
            (_, last) => return Ok(Found::Several(named.into_iter().chain(last).collect())),
        }
    }
    let all = client.list_tasks(&everything()).all().await?;
    Ok(match choose("task", text, all, Fit::Exact)? {
        Some(task) => Found::One(Box::new(task)),
        None => Found::Nothing,
    })
}

/// Whether a text looks like the id of something in a tracker: `JIRA-492`, `owner/repo#42`, `#42`.
pub(crate) fn looks_external(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let key = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_uppercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if text.contains(char::is_whitespace) {
        return false;
    }
    let issue = text
        .rsplit_once('#')
        .is_some_and(|(_, number)| digits(number));
    issue
        || text
            .rsplit_once('-')
            .is_some_and(|(project, number)| key(project) && digits(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(&'static str, &'static str, Option<&'static str>);

    impl Called for Thing {
        fn id(&self) -> String {
            self.0.to_owned()
        }
        fn names(&self) -> Vec<String> {
            vec![self.1.to_owned()]
        }
        fn external_id(&self) -> Option<&str> {
            self.2
        }
    }

    fn things() -> Vec<Thing> {
        vec![
            Thing("1", "Write docs", Some("JIRA-1")),
            Thing("2", "write tests", None),
            Thing("3", "Rewrite", Some("Write docs")),
            Thing("4", "docs", None),
            Thing("5", "docs", None),
        ]
    }

    fn chosen(text: &str, fit: Fit) -> Option<String> {
        choose("task", text, things(), fit)
            .unwrap()
            .map(|thing| thing.id())
    }

    #[test]
    fn the_closest_fit_wins() {
        for (text, id) in [
            ("2", "2"),
            ("jira-1", "1"),
            ("WRITE TESTS", "2"),
            ("Write docs", "3"),
            ("rewr", "3"),
            ("tests", "2"),
        ] {
            assert_eq!(chosen(text, Fit::Part).as_deref(), Some(id), "{text}");
        }
        assert_eq!(chosen("nothing", Fit::Part), None);
        assert_eq!(chosen("rewr", Fit::Exact), None);
    }

    #[test]
    fn what_fits_several_lists_them() {
        for text in ["docs", "write"] {
            let Err(failure) = choose("task", text, things(), Fit::Part) else {
                panic!("{text} is not ambiguous");
            };
            assert_eq!(failure.status, AMBIGUOUS);
            assert!(failure.message.lines().count() > 2, "{}", failure.message);
        }
    }

    #[test]
    fn ids_of_trackers_are_recognised() {
        for text in ["JIRA-492", "A_1-2", "owner/repo#42", "#1"] {
            assert!(looks_external(text), "{text}");
        }
        for text in [
            "Write docs",
            "write-2",
            "JIRA-",
            "-5",
            "JIRA-x",
            "a #5",
            "#",
            "2026-11",
        ] {
            assert!(!looks_external(text), "{text}");
        }
    }
}
