//! What is said of a command's track: where it ran, on which commit, and what the user says.

use std::{
    fs,
    path::{Path, PathBuf},
};

use timetracks_client::domain::{LeaseLength, Meta};

use super::End;
use crate::{
    arguments::Run,
    details::{Members, Said},
    failure::Failure,
};

/// What is said when the command begins. What the user says counts more than what we find out.
pub(crate) fn said(options: &Run) -> Result<Said, Failure> {
    let lease = match options.no_lease {
        true => None,
        false => LeaseLength::from_seconds(options.lease).ok(),
    };
    let mut said = options.details.said(lease)?;
    let users = said.meta.take().unwrap_or_default();
    let directory = std::env::current_dir().ok();
    let mut all = found(|name| std::env::var(name).ok(), directory.as_deref());
    all.extend(users.clone());
    let fitting = [all, users].into_iter().find(leaves_room);
    let members = fitting.ok_or_else(|| {
        Failure::usage("--meta leaves no room for the exit code: the server takes 4096 bytes")
    })?;
    said.meta = (!members.is_empty()).then_some(members);
    Ok(said)
}

/// Whether what is said at the end can join these.
fn leaves_room(members: &Members) -> bool {
    let longest = End {
        code: u8::MAX,
        signal: Some(i32::MAX),
    };
    let more = longest.members(i64::MAX);
    let both = members.clone().into_iter().chain(more).collect();
    Meta::new(both).is_ok()
}

fn found(variable: impl Fn(&str) -> Option<String>, directory: Option<&Path>) -> Members {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let github = || {
        let server = variable("GITHUB_SERVER_URL")?;
        let (repository, run) = (variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    let commit = variable("GITHUB_SHA").or_else(|| variable("CI_COMMIT_SHA"));
    let members = [
        ("runUrl", github().or_else(|| variable("CI_JOB_URL"))),
        ("commit", commit.or_else(|| head(directory?))),
    ];
    let known = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    known.collect()
}

/// The commit that is checked out, read from files: to start a program for it would take longer than many commands.
fn head(directory: &Path) -> Option<String> {
    let git = directory
        .ancestors()
        .map(|above| above.join(".git"))
        .find(|git| git.exists())?;
    let git = real(&git)?;
    let head = read(&git.join("HEAD"))?;
    let Some(name) = head.strip_prefix("ref: ") else {
        return is_commit(&head).then_some(head);
    };
    // A worktree shares the branches of its repository.
    let common = read(&git.join("commondir")).map_or(git.clone(), |path| git.join(path));
    let packed = || {
        let text = fs::read_to_string(common.join("packed-refs")).ok()?;
        let mut pairs = text.lines().filter_map(|line| line.split_once(' '));
        let (commit, _) = pairs.find(|(_, branch)| *branch == name)?;
        Some(commit.to_owned())
    };
    let commit = read(&git.join(name)).or_else(|| read(&common.join(name)));
    commit.or_else(packed).filter(|commit| is_commit(commit))
}

/// Where the repository's files are: in a worktree `.git` is a file that says so.
fn real(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let text = read(git)?;
    Some(git.parent()?.join(text.strip_prefix("gitdir: ")?))
}

fn read(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const A: &str = "5f3c2a1b5f3c2a1b5f3c2a1b5f3c2a1b5f3c2a1b";
    const B: &str = "0123456701234567012345670123456701234567";

    fn of(variables: &[(&str, &str)]) -> serde_json::Value {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        json!(found(value, None))
    }

    #[test]
    fn pipelines_say_where_they_run_and_what() {
        let github = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "ada/engine"),
            ("GITHUB_RUN_ID", "42"),
            ("GITHUB_SHA", A),
        ];
        let url = "https://github.com/ada/engine/actions/runs/42";
        assert_eq!(of(&github), json!({ "runUrl": url, "commit": A }));
        let gitlab = [("CI_JOB_URL", "https://g/jobs/7"), ("CI_COMMIT_SHA", B)];
        assert_eq!(
            of(&gitlab),
            json!({ "runUrl": "https://g/jobs/7", "commit": B })
        );
        assert_eq!(of(&[]), json!({}));
    }

    #[test]
    fn elsewhere_the_commit_is_read_from_the_repository() {
        let directory = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let below = directory.path().join("shop/src");
        write("shop/src/main.rs", "");
        write("shop/.git/HEAD", "ref: refs/heads/main\n");
        assert_eq!(head(&below), None, "nothing is committed");
        write(
            "shop/.git/packed-refs",
            &format!("# pack-refs\n{B} refs/heads/main\n"),
        );
        assert_eq!(head(&below).as_deref(), Some(B));
        write("shop/.git/refs/heads/main", &format!("{A}\n"));
        assert_eq!(head(&below).as_deref(), Some(A));
        write("tree/.git", "gitdir: ../shop/.git/worktrees/tree\n");
        write("shop/.git/worktrees/tree/HEAD", "ref: refs/heads/main\n");
        write("shop/.git/worktrees/tree/commondir", "../..\n");
        assert_eq!(head(&directory.path().join("tree")).as_deref(), Some(A));
        write("shop/.git/HEAD", B);
        assert_eq!(head(&below).as_deref(), Some(B));
        write("shop/.git/HEAD", "secret");
        assert_eq!(head(&below), None);
    }
}
