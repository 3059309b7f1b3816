//! `timetracks serve`.

use std::{
    fs::{File, TryLockError},
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use timetracks_app::{App, Clock, Policy, Random, SigningKey, internal::knows_signing_key};
use timetracks_db::{Location, OpenError};
use timetracks_server::{
    Bounds, ConfigError, HttpPolicy, KeyError, Listening, Server, Settings, Traces,
    create_private_dir, listen, listen_for_metrics, load_or_create, start_logging,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Failure, arguments::ServeOptions};

/// What stands behind the name of the database to make the name of its lock.
const LOCK_SUFFIX: &str = ".lock";

/// Runs the server until it is told to stop.
pub(crate) fn run(options: ServeOptions) -> Result<(), Failure> {
    let (given, file) = options.given();
    let settings = Settings::load(given, file.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(other)?;
    let traces = Traces::from_environment(runtime.handle())?;
    let _logging = start_logging(traces.as_ref())?;
    let listener = bind("listen", settings.listen)?;
    let metrics_listener = settings
        .metrics_listen
        .map(|address| bind("metrics-listen", address))
        .transpose()?;
    let key = signing_key(&settings)?;
    raise_limit_of_open_files();
    let _lock = match &settings.database {
        Location::Sqlite(path) => Some(lock(path)?),
        Location::Postgres(_) => None,
    };
    let app = open(&settings, &key)?;
    if !runtime.block_on(knows_signing_key(&app)).map_err(other)? {
        return Err(foreign_key(&settings));
    }
    let address = listener.local_addr().map_err(other)?;
    let url = format!("http://{address}");
    let policy = HttpPolicy {
        public_url: settings.public_url.unwrap_or_else(|| url.clone()),
        trusted_proxies: settings.trusted_proxies,
        rate_limit: settings.rate_limit,
        traced: traces.is_some(),
        bounds: Bounds::default(),
    };
    let server = Server::new(app, policy);
    keep_freed_memory();
    let delay = settings.shutdown_delay;
    let outcome = runtime.block_on(async {
        let mut signals = Signals::new()?;
        let listening = listen(Arc::clone(&server), listener).map_err(other)?;
        let metrics = match metrics_listener {
            Some(listener) => {
                Some(listen_for_metrics(Arc::clone(&server), listener).map_err(other)?)
            }
            None => None,
        };
        println!("TimeTracks is ready at {url}, its documentation at {url}/docs");
        let outcome = until_told(&server, listening, &mut signals, delay).await;
        // Scraped until the end, and no longer.
        drop(metrics);
        outcome
    });
    if let Some(traces) = traces {
        traces.flush();
    }
    // Whatever a task still holds of the server goes first, so that the database is closed before the process ends.
    drop(runtime);
    drop(server);
    outcome
}

/// Every connection is an open file, and many systems give a process a thousand unless it asks for what it may have.
fn raise_limit_of_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays {:?}", limit.current);
    }
}

/// Answers of many clients come to megabytes that are needed again at once. The C library of GNU gives them back to the system
/// whenever 128 KiB are free, and has each page made anew: a tenth to a fifth of what a list costs. It keeps twice the largest
/// block that it has ever got back (mallopt(3), `M_MMAP_THRESHOLD`); nothing of this one is touched. Other libraries ignore it.
fn keep_freed_memory() {
    const LARGEST_BYTES: usize = 2 << 20;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(
        LARGEST_BYTES,
    )));
}

fn other(error: impl ToString) -> Failure {
    Failure::Other(error.to_string())
}

/// Takes an address. One that somebody else has may be free later; any other trouble is with the setting.
fn bind(setting: &'static str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        let rule = format!("cannot listen at {address}: {error}");
        match error.kind() {
            io::ErrorKind::AddrInUse => Failure::Other(rule),
            _ => Failure::Config(ConfigError { setting, rule }),
        }
    })
}

/// The signing key that the settings name.
pub(crate) fn signing_key(settings: &Settings) -> Result<SigningKey, Failure> {
    if let Location::Sqlite(_) = settings.database {
        create_private_dir(&settings.data_dir).map_err(|error| {
            let rule = format!("cannot make {}: {error}", settings.data_dir.display());
            Failure::Config(ConfigError {
                setting: "data-dir",
                rule,
            })
        })?;
    }
    load_or_create(&settings.signing_key, &Random::system()).map_err(|error| match error {
        KeyError::Io { .. } => Failure::Config(ConfigError {
            setting: "signing-key",
            rule: error.to_string(),
        }),
        KeyError::Malformed(_) => other(error),
    })
}

/// With another key, this instance would refuse what the others sign.
fn foreign_key(settings: &Settings) -> Failure {
    let path = settings.signing_key.display();
    Failure::Config(ConfigError {
        setting: "signing-key",
        rule: format!(
            "{path} is not the key that this database was used with: copy that one here or, if it is lost, end every \
            access token and invitation link with `timetracks signing-key accept`"
        ),
    })
}

/// Opens the app that the settings describe.
pub(crate) fn open(settings: &Settings, key: &SigningKey) -> Result<App, Failure> {
    let database = match &settings.database {
        Location::Sqlite(path) => timetracks_db::Settings::sqlite(path.clone()),
        Location::Postgres(url) => {
            timetracks_db::Settings::postgres(url.clone(), settings.database_connections)
        }
    };
    let policy = Policy {
        require_current_password: settings.require_current_password,
        limit_logins: settings.rate_limit,
    };
    App::open(&database, key, Clock::system(), Random::system(), policy).map_err(
        |error| match error {
            OpenError::File { .. } | OpenError::Foreign => Failure::Config(ConfigError {
                setting: "database",
                rule: error.to_string(),
            }),
            _ => other(error),
        },
    )
}

/// Two servers on one file would not hear of each other's revocations at once, so the second is refused.
pub(crate) fn lock(database: &Path) -> Result<File, Failure> {
    let mut path = database.as_os_str().to_owned();
    path.push(LOCK_SUFFIX);
    let path = PathBuf::from(path);
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(|error| {
        Failure::Config(ConfigError {
            setting: "database",
            rule: format!("cannot open {}: {error}", path.display()),
        })
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::Other(format!(
            "another server uses the database {}",
            database.display()
        ))),
        Err(TryLockError::Error(error)) => Err(other(error)),
    }
}

/// The signals that stop a server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(other)?,
            interrupt: signal(SignalKind::interrupt()).map_err(other)?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn until_told(
    server: &Server,
    mut listening: Listening,
    signals: &mut Signals,
    delay: Duration,
) -> Result<(), Failure> {
    tokio::select! {
        () = signals.next() => {}
        () = server.app().storage_lost() => {
            tracing::error!("the disk failed to keep a write: stopping");
            // Those who wait are told that their write was not kept.
            listening.stop().await.map_err(other)?;
            return Err(Failure::Storage);
        }
        ended = listening.ended() => return ended.map_err(other),
    }
    listening.start_draining();
    let stopped_at_once = || Err(Failure::Other("stopped at once".to_owned()));
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = signals.next() => return stopped_at_once(),
    }
    tracing::info!("stopping: requests under way have 10 seconds");
    tokio::select! {
        stopped = listening.stop() => stopped.map_err(other),
        () = signals.next() => stopped_at_once(),
    }
}
