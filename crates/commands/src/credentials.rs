//! Who is logged in: the environment, or a file for its owner alone.

use std::{
    env, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use timetracks_client::{
    Credential, SessionKind, TokenStore, api::account::Tokens, domain::UserId,
};

use super::{
    failure::{CONFIGURATION, Failure},
    files,
};

/// What `timetracks login` keeps.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stored {
    /// The server's address.
    pub(crate) server: String,
    /// Who logged in.
    pub(crate) user_id: UserId,
    /// Their address, for people who look into the file.
    pub(crate) email: String,
    #[serde(flatten)]
    pub(crate) kept: Kept,
}

/// What opens the door.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kept {
    ApiKey(String),
    Session(Tokens),
}

/// Where it is kept.
#[derive(Clone)]
pub(crate) struct CredentialsFile(PathBuf);

impl CredentialsFile {
    pub(crate) fn find() -> Result<Self, Failure> {
        let directory =
            files::config_dir().map_err(|error| Failure::new(CONFIGURATION, error.to_string()))?;
        Ok(Self(directory.join("credentials.json")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn lock_path(&self) -> PathBuf {
        self.0.with_extension("lock")
    }

    fn stored(&self) -> io::Result<Option<Stored>> {
        let Some(text) = files::read(&self.0)? else {
            return Ok(None);
        };
        let mode = std::fs::metadata(&self.0)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(io::Error::other(
                "others may read it: run `chmod 600` on it",
            ));
        }
        serde_json::from_str(&text)
            .map(Some)
            .map_err(io::Error::other)
    }

    /// What is kept, if anything.
    pub(crate) fn read(&self) -> Result<Option<Stored>, Failure> {
        self.stored()
            .map_err(|error| Failure::file(&self.0, &error))
    }

    fn put(&self, stored: &Stored) -> io::Result<()> {
        let text = serde_json::to_string_pretty(stored).map_err(io::Error::other)?;
        files::replace(&self.0, &format!("{text}\n"))
    }

    /// Keeps this instead of what was there.
    pub(crate) fn write(&self, stored: &Stored) -> Result<(), Failure> {
        let written = files::lock(&self.lock_path()).and_then(|_turn| self.put(stored));
        written.map_err(|error| Failure::file(&self.0, &error))
    }

    /// Forgets it.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::file(&self.0, &error))
            }
            _ => Ok(()),
        }
    }
}

impl TokenStore for CredentialsFile {
    fn load(&self) -> io::Result<Option<Tokens>> {
        Ok(match self.stored()?.map(|stored| stored.kept) {
            Some(Kept::Session(tokens)) => Some(tokens),
            _ => None,
        })
    }

    fn save(&self, tokens: &Tokens) -> io::Result<()> {
        // Whoever logged out meanwhile stays logged out.
        let Some(mut stored) = self.stored()? else {
            return Ok(());
        };
        stored.kept = Kept::Session(tokens.clone());
        self.put(&stored)
    }

    fn lock(&self) -> io::Result<Box<dyn Send>> {
        Ok(Box::new(files::lock(&self.lock_path())?))
    }
}

/// Who is asking, and which server.
pub(crate) struct Account {
    pub(crate) server: String,
    pub(crate) credential: Credential,
    /// Who that is, when it is known without asking.
    pub(crate) user: Option<UserId>,
    /// What tells this account from others on the same server, without telling who it is.
    pub(crate) mark: String,
}

/// An environment variable that is set to something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

impl Account {
    /// The one that the environment names, or else the one that is logged in.
    pub(crate) fn find() -> Result<Self, Failure> {
        let (url, key) = (variable("TIMETRACKS_URL"), variable("TIMETRACKS_API_KEY"));
        if let Some(key) = key {
            let missing = || {
                Failure::new(
                    CONFIGURATION,
                    "TIMETRACKS_API_KEY is set and TIMETRACKS_URL is not: set it to the server's address.",
                )
            };
            return Ok(Self {
                server: url.ok_or_else(missing)?,
                mark: key.trim().to_owned(),
                credential: Credential::ApiKey(key.trim().to_owned()),
                user: None,
            });
        }
        let file = CredentialsFile::find()?;
        let stored = file.read()?.ok_or_else(Failure::not_logged_in)?;
        let same = |url: &str| url.trim().trim_end_matches('/') == stored.server;
        if let Some(url) = url.filter(|url| !same(url)) {
            return Err(Failure::new(
                super::failure::NOT_LOGGED_IN,
                format!(
                    "TIMETRACKS_URL is {url}, and you are logged in at {}. Run `timetracks login`, or set TIMETRACKS_API_KEY.",
                    stored.server
                ),
            ));
        }
        Ok(Self {
            server: stored.server,
            mark: stored.user_id.to_string(),
            user: Some(stored.user_id),
            credential: match stored.kept {
                Kept::ApiKey(key) => Credential::ApiKey(key),
                Kept::Session(_) => Credential::Session(SessionKind::Password, Arc::new(file)),
            },
        })
    }

    /// The server to log in at.
    pub(crate) fn server(given: Option<String>) -> Result<String, Failure> {
        if let Some(server) = given.or_else(|| variable("TIMETRACKS_URL")) {
            return Ok(server);
        }
        let stored = CredentialsFile::find()?.read().ok().flatten();
        Ok(stored.map_or_else(
            || "http://127.0.0.1:8080".to_owned(),
            |stored| stored.server,
        ))
    }
}
