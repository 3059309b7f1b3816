//! Which task a command's time belongs to when nobody says.

use std::{env, path::Path};

use crate::{arguments::Run, entry::Handle};

/// What was said, or what the pipeline calls its job, or the name of the Git repository.
pub(crate) fn handle(options: &Run) -> Option<Handle> {
    let said = options.task.clone().map(Handle::Name);
    let said = said.or_else(|| options.external_id.clone().map(Handle::ExternalId));
    let directory = env::current_dir().ok();
    said.or_else(|| of_pipeline(|name| env::var(name).ok()))
        .or_else(|| of_repository(&directory?).map(Handle::Name))
}

fn of_pipeline(variable: impl Fn(&str) -> Option<String>) -> Option<Handle> {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    if let Some(name) = variable("TIMETRACKS_TASK") {
        return Some(Handle::Name(name));
    }
    let joined = |names: &[&str]| {
        let parts: Option<Vec<_>> = names.iter().map(|name| variable(name)).collect();
        parts.map(|parts| parts.join("/"))
    };
    let github = joined(&["GITHUB_REPOSITORY", "GITHUB_WORKFLOW", "GITHUB_JOB"]);
    github
        .or_else(|| joined(&["CI_PROJECT_PATH", "CI_JOB_NAME"]))
        .map(Handle::ExternalId)
}

/// The name of the directory that has `.git`, which is a file in a worktree.
fn of_repository(directory: &Path) -> Option<String> {
    let root = directory
        .ancestors()
        .find(|above| above.join(".git").exists())?;
    Some(root.file_name()?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<Handle> {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        of_pipeline(value)
    }

    #[test]
    fn pipelines_name_their_jobs() {
        let github = [
            ("GITHUB_REPOSITORY", "a/b"),
            ("GITHUB_WORKFLOW", "CI"),
            ("GITHUB_JOB", "test"),
        ];
        assert_eq!(
            of(&github),
            Some(Handle::ExternalId("a/b/CI/test".to_owned()))
        );
        let gitlab = [("CI_PROJECT_PATH", "a/b"), ("CI_JOB_NAME", "test")];
        assert_eq!(of(&gitlab), Some(Handle::ExternalId("a/b/test".to_owned())));
        let said = [github.as_slice(), &[("TIMETRACKS_TASK", "mine")]].concat();
        assert_eq!(of(&said), Some(Handle::Name("mine".to_owned())));
        assert_eq!(
            of(&[("GITHUB_REPOSITORY", "a/b"), ("TIMETRACKS_TASK", " ")]),
            None
        );
    }

    #[test]
    fn elsewhere_it_is_the_repository() {
        let directory = tempfile::tempdir().unwrap();
        let below = directory.path().join("shop/src/deep");
        std::fs::create_dir_all(&below).unwrap();
        assert_eq!(of_repository(&below), None);
        std::fs::create_dir(directory.path().join("shop/.git")).unwrap();
        assert_eq!(of_repository(&below).as_deref(), Some("shop"));
    }
}
