//! Settings: from flags, the environment, a TOML file, and defaults, in this order. A wrong one is refused by its name.

use std::{
    fmt,
    fs::File,
    io::Read,
    net::{SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;
use serde::Deserialize;
use timetracks_db::{Location, PostgresUrl};

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_DATA_DIR: &str = "timetracks-data";
const DATABASE_FILE: &str = "timetracks.db";
const SIGNING_KEY_FILE: &str = "signing.key";
const DEFAULT_CONNECTIONS: usize = 20;
const MOST_CONNECTIONS: usize = 1_000;

/// Settings as they were given, unchecked; flags and the environment fill one, a file another.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Given {
    /// `listen`: where to accept connections.
    pub listen: Option<String>,
    /// `database`: `sqlite:PATH` or `postgres://…`.
    pub database: Option<String>,
    /// `database-connections`: how many connections to PostgreSQL.
    #[serde(default, deserialize_with = "count")]
    pub database_connections: Option<String>,
    /// `signing-key`: the file with the signing key.
    pub signing_key: Option<String>,
    /// `data-dir`: where data and keys are.
    pub data_dir: Option<String>,
    /// `metrics-listen`: where to let Prometheus scrape.
    pub metrics_listen: Option<String>,
    /// `public-url`: where clients find this server.
    pub public_url: Option<String>,
    /// `shutdown-delay-seconds`: 0 to 300.
    #[serde(default, deserialize_with = "count")]
    pub shutdown_delay_seconds: Option<String>,
    /// `rate-limit`: `on` or `off`.
    pub rate_limit: Option<String>,
    /// `trusted-proxies`: addresses and networks, separated by commas.
    pub trusted_proxies: Option<String>,
    /// `require-current-password`: `true` or `false`.
    #[serde(default, deserialize_with = "flag")]
    pub require_current_password: Option<String>,
}

/// In a file, a flag is a TOML boolean.
fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    bool::deserialize(deserializer).map(|value| Some(value.to_string()))
}

/// In a file, a count is a TOML integer.
fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    i64::deserialize(deserializer).map(|value| Some(value.to_string()))
}

/// Settings that make sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to accept connections; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to let Prometheus scrape `/metrics`; `None` for nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Where the data is.
    pub database: Location,
    /// How many connections to PostgreSQL this instance may have.
    pub database_connections: usize,
    /// Where data and keys are, unless they are put elsewhere.
    pub data_dir: PathBuf,
    /// The file with the signing key. Instances that share a database share it.
    pub signing_key: PathBuf,
    /// Where clients find this server, without a slash at the end; `None` for where it listens.
    pub public_url: Option<String>,
    /// How long to go on accepting after a signal to stop, while `/health/ready` says not to send any more.
    pub shutdown_delay: Duration,
    /// Whether requests and attempts to log in are limited.
    pub rate_limit: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether `currentPassword` must be given to change a password.
    pub require_current_password: bool,
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Which.
    pub setting: &'static str,
    /// Why.
    pub rule: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "setting `{}`: {}", self.setting, self.rule)
    }
}

impl std::error::Error for ConfigError {}

impl Settings {
    /// Puts the settings together: `given` first, then what the file says, then the defaults. Makes no file.
    ///
    /// # Errors
    /// The first setting that makes no sense.
    pub fn load(given: Given, file: Option<&Path>) -> Result<Self, ConfigError> {
        let file = match file {
            Some(path) => read(path)?,
            None => Given::default(),
        };
        let data_dir: PathBuf = given
            .data_dir
            .or(file.data_dir)
            .unwrap_or_else(|| DEFAULT_DATA_DIR.to_owned())
            .into();
        if data_dir.as_os_str().is_empty() {
            return Err(refuse("data-dir", "must not be empty"));
        }
        if data_dir.exists() && !data_dir.is_dir() {
            return Err(refuse("data-dir", "must be a directory"));
        }
        let listen = given.listen.or(file.listen);
        let metrics_listen = given.metrics_listen.or(file.metrics_listen);
        let database = given.database.or(file.database);
        let connections = given.database_connections.or(file.database_connections);
        let delay = given.shutdown_delay_seconds;
        let delay = delay.or(file.shutdown_delay_seconds);
        let rate_limit = given.rate_limit.or(file.rate_limit);
        let trusted_proxies = given.trusted_proxies.or(file.trusted_proxies);
        let signing_key = given.signing_key.or(file.signing_key);
        let required = given
            .require_current_password
            .or(file.require_current_password);
        Ok(Self {
            listen: parse_listen("listen", listen.as_deref().unwrap_or(DEFAULT_LISTEN))?,
            metrics_listen: metrics_listen
                .map(|text| parse_listen("metrics-listen", &text))
                .transpose()?,
            database: parse_database(database.as_deref(), &data_dir)?,
            database_connections: parse_connections(connections.as_deref())?,
            signing_key: match signing_key {
                Some(path) if path.is_empty() => {
                    return Err(refuse("signing-key", "must not be empty"));
                }
                Some(path) => path.into(),
                None => data_dir.join(SIGNING_KEY_FILE),
            },
            public_url: parse_public_url(given.public_url.or(file.public_url))?,
            shutdown_delay: parse_delay(delay.as_deref())?,
            rate_limit: parse_switch("rate-limit", rate_limit.as_deref())?,
            trusted_proxies: parse_proxies(trusted_proxies.as_deref())?,
            require_current_password: parse_flag("require-current-password", required.as_deref())?,
            data_dir,
        })
    }
}

fn refuse(setting: &'static str, rule: impl Into<String>) -> ConfigError {
    ConfigError {
        setting,
        rule: rule.into(),
    }
}

fn read(path: &Path) -> Result<Given, ConfigError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| refuse("config", format!("cannot read {shown}: {error}")))?;
    toml::from_str(&text).map_err(|error| refuse("config", format!("{shown}: {error}")))
}

fn parse_listen(setting: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    let rule = || {
        refuse(
            setting,
            format!("`{text}` must be ADDRESS:PORT, such as {DEFAULT_LISTEN}"),
        )
    };
    text.to_socket_addrs()
        .map_err(|_| rule())?
        .next()
        .ok_or_else(rule)
}

fn parse_database(text: Option<&str>, data_dir: &Path) -> Result<Location, ConfigError> {
    match text {
        Some(text) => parse_location("database", text, data_dir),
        None => Ok(Location::Sqlite(data_dir.join(DATABASE_FILE))),
    }
}

/// Where the data is: `sqlite:PATH` or `postgres://…`. The directory of the path must exist, unless it is `data_dir`.
///
/// # Errors
/// When the text makes no sense; then it is blamed on `setting`.
pub fn parse_location(
    setting: &'static str,
    text: &str,
    data_dir: &Path,
) -> Result<Location, ConfigError> {
    if let Some(path) = text.strip_prefix("sqlite:")
        && !path.is_empty()
        && !Path::new(path).is_dir()
    {
        check_database(setting, Path::new(path), data_dir)?;
        return Ok(Location::Sqlite(path.into()));
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        // The URL may hold a password, so it is not repeated.
        let url: Result<PostgresUrl, String> = text.parse();
        return url
            .map(Location::Postgres)
            .map_err(|rule| refuse(setting, format!("the URL {rule}")));
    }
    let scheme = text.split(':').next().unwrap_or_default();
    Err(refuse(
        setting,
        format!("`{scheme}:…` must be sqlite:PATH, with the path of a file, or postgres://…"),
    ))
}

fn parse_connections(text: Option<&str>) -> Result<usize, ConfigError> {
    let least = timetracks_db::Settings::FEWEST_CONNECTIONS;
    match text.map(str::parse) {
        None => Ok(DEFAULT_CONNECTIONS),
        Some(Ok(count)) if (least..=MOST_CONNECTIONS).contains(&count) => Ok(count),
        Some(_) => {
            let rule = format!("must be a number from {least} to {MOST_CONNECTIONS}");
            Err(refuse("database-connections", rule))
        }
    }
}

/// Refuses a path where no file can be made, and a file that is something else.
fn check_database(setting: &'static str, path: &Path, data_dir: &Path) -> Result<(), ConfigError> {
    const BEGINNING: &[u8] = b"SQLite format 3\0";
    let shown = path.display();
    // The data directory will be made.
    let is_missing = |directory: &Path| {
        !directory.as_os_str().is_empty() && directory != data_dir && !directory.is_dir()
    };
    if path.parent().is_some_and(is_missing) {
        let rule = format!("{shown} is in a directory that does not exist");
        return Err(refuse(setting, rule));
    }
    let mut beginning = Vec::new();
    if let Ok(file) = File::open(path) {
        let read = file
            .take(BEGINNING.len() as u64)
            .read_to_end(&mut beginning);
        read.map_err(|error| refuse(setting, format!("cannot read {shown}: {error}")))?;
    }
    if beginning.is_empty() || beginning == BEGINNING {
        Ok(())
    } else {
        Err(refuse(setting, format!("{shown} is no SQLite database")))
    }
}

fn parse_public_url(text: Option<String>) -> Result<Option<String>, ConfigError> {
    let Some(text) = text else {
        return Ok(None);
    };
    let is_sane = |uri: axum::http::Uri| {
        let host = uri.host().unwrap_or_default();
        let has_port = || uri.port_u16().is_some();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        matches!(uri.scheme_str(), Some("http" | "https"))
            && !host.is_empty()
            && (authority == host || has_port())
            && uri.query().is_none()
    };
    if text.parse().is_ok_and(is_sane) {
        Ok(Some(text.trim_end_matches('/').to_owned()))
    } else {
        Err(refuse(
            "public-url",
            format!("`{text}` must be such as https://time.example.com"),
        ))
    }
}

fn parse_flag(setting: &'static str, text: Option<&str>) -> Result<bool, ConfigError> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(refuse(setting, format!("`{other}` must be true or false"))),
    }
}

fn parse_delay(text: Option<&str>) -> Result<Duration, ConfigError> {
    match text.map(str::parse) {
        None => Ok(Duration::ZERO),
        Some(Ok(seconds @ 0..=300)) => Ok(Duration::from_secs(seconds)),
        Some(_) => Err(refuse(
            "shutdown-delay-seconds",
            "must be a number from 0 to 300",
        )),
    }
}

fn parse_switch(setting: &'static str, text: Option<&str>) -> Result<bool, ConfigError> {
    match text {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => Err(refuse(setting, format!("`{other}` must be on or off"))),
    }
}

fn parse_proxies(text: Option<&str>) -> Result<Vec<IpNet>, ConfigError> {
    let parse = |item: &str| {
        let address = || item.parse::<std::net::IpAddr>().map(IpNet::from);
        item.parse::<IpNet>().or_else(|_| address()).map_err(|_| {
            let rule = format!("`{item}` must be an address or a network, such as 10.0.0.0/8");
            refuse("trusted-proxies", rule)
        })
    };
    text.unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(parse)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_need_nothing() {
        let settings = Settings::load(Given::default(), None).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(
            settings.database,
            Location::Sqlite("timetracks-data/timetracks.db".into())
        );
        assert_eq!(
            settings.signing_key,
            PathBuf::from("timetracks-data/signing.key")
        );
    }

    #[test]
    fn a_wrong_setting_is_refused_by_its_name() {
        let table = [
            ("listen", "listen = 'nowhere'"),
            ("listen", "listen = '127.0.0.1:99999'"),
            ("metrics-listen", "metrics-listen = 'here'"),
            ("database", "database = 'mysql://x'"),
            ("database", "database = 'sqlite:'"),
            ("database", "database = 'postgres://'"),
            ("database", "database = 'postgres://host'"),
            (
                "database",
                "database = 'postgres://host/name?sslmode=prefer'",
            ),
            (
                "database",
                "database = 'postgres://host/name?no-such=setting'",
            ),
            ("database-connections", "database-connections = 3"),
            ("signing-key", "signing-key = ''"),
            ("database", "database = 'sqlite:/nowhere/at/all.db'"),
            ("database", "database = 'sqlite:Cargo.toml'"),
            ("data-dir", "data-dir = ''"),
            ("data-dir", "data-dir = 'Cargo.toml'"),
            ("shutdown-delay-seconds", "shutdown-delay-seconds = 301"),
            ("rate-limit", "rate-limit = 'maybe'"),
            ("trusted-proxies", "trusted-proxies = '10.0.0.0/8, proxy'"),
            ("public-url", "public-url = 'ftp://x'"),
            ("public-url", "public-url = 'http://a:99999'"),
            ("public-url", "public-url = 'http:///x'"),
            ("public-url", "public-url = 'http://a?b'"),
        ];
        for (setting, text) in table {
            let given = toml::from_str(text).expect("the table is TOML");
            let Err(error) = Settings::load(given, None) else {
                panic!("{text} is accepted");
            };
            assert_eq!(error.setting, setting, "{error}");
        }
    }
}
