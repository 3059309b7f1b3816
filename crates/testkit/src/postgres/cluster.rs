//! A private PostgreSQL cluster that can be crashed, frozen, followed and promoted.

use std::{ops::Deref, path::Path};

use super::{Server, keeper::Keeper, listener_on_free_port};

/// How often another port is tried when somebody else was quicker.
const ATTEMPTS: usize = 20;

/// How a cluster is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Settings of `postgresql.conf`: name and value.
    settings: Vec<(String, String)>,
    /// Whether it is kept in memory, where there is room: some file systems take a quarter of a second to create a
    /// database's three hundred files.
    is_in_memory: bool,
}

impl Options {
    /// What was committed is on disk, as in production. For tests of faults.
    #[must_use]
    pub fn durable() -> Self {
        let settings = [
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", ""),
            // In the data directory, and so never left behind in /dev/shm.
            ("dynamic_shared_memory_type", "mmap"),
            ("max_connections", "500"),
            ("wal_level", "replica"),
            ("max_wal_senders", "10"),
            // Megabytes that a standby may be behind.
            ("wal_keep_size", "256"),
        ];
        let options = Self {
            settings: Vec::new(),
            is_in_memory: false,
        };
        settings
            .into_iter()
            .fold(options, |options, (name, value)| options.with(name, value))
    }

    /// Quick, and forgets everything in a power failure, though not when only its processes are killed.
    #[must_use]
    pub fn forgetful() -> Self {
        let durable = Self::durable()
            .with("fsync", "off")
            .with("full_page_writes", "off")
            // Sooner than after a second: half of the time within which a job is tried again.
            .with("deadlock_timeout", "100ms")
            // Megabytes of memory.
            .with("max_wal_size", "256")
            .with("wal_keep_size", "64");
        Self {
            is_in_memory: true,
            ..durable
        }
    }

    /// With another setting of `postgresql.conf`, which wins over an earlier one of the same name.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A private cluster with a user `postgres` on a free port of 127.0.0.1. It is ended and removed with this value, and
/// also when the process ends in whatever way. Its functions that are not async block the thread: a tenth of a second
/// or two. Those that kill and freeze need Linux's `/proc`.
pub struct Cluster {
    keeper: Keeper,
    port: u16,
    server: Server,
    is_in_memory: bool,
}

impl Cluster {
    /// Makes and starts a cluster.
    ///
    /// # Panics
    /// When there is no PostgreSQL, or it does not start.
    #[must_use]
    pub fn start(options: Options) -> Self {
        let keeper = Keeper::new(options.is_in_memory);
        keeper.call("initialise", &[]);
        let lines: Vec<String> = options
            .settings
            .iter()
            .map(|(name, value)| format!("{name} = '{}'", value.replace('\'', "''")))
            .collect();
        keeper.call("configure", &lines);
        Self::start_on_free_port(keeper, options.is_in_memory)
    }

    /// Makes and starts a copy of this cluster that follows it, under a name for `synchronous_standby_names`.
    ///
    /// # Panics
    /// When this cluster cannot be copied, or the copy does not start.
    #[must_use]
    pub fn standby(&self, name: &str) -> Self {
        let keeper = Keeper::new(self.is_in_memory);
        keeper.call("follow", &[self.port.to_string(), name.to_owned()]);
        Self::start_on_free_port(keeper, self.is_in_memory)
    }

    fn start_on_free_port(keeper: Keeper, is_in_memory: bool) -> Self {
        for _ in 0..ATTEMPTS {
            let listener = listener_on_free_port();
            let port = listener.local_addr().expect("an address").port();
            drop(listener);
            keeper.call("configure", &[format!("port = {port}")]);
            match keeper.try_call("start", &[]) {
                Ok(_) => {
                    let server = Server::at(&format!("postgres://postgres@127.0.0.1:{port}/"));
                    return Self {
                        keeper,
                        port,
                        server,
                        is_in_memory,
                    };
                }
                Err(log) => assert!(log.contains("could not bind"), "no PostgreSQL:\n{log}"),
            }
        }
        panic!("no free port in {ATTEMPTS} attempts");
    }

    /// The port of 127.0.0.1 that it listens on, for as long as it lives.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it keeps everything in: `data` and `log`.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.keeper.directory()
    }

    /// Ends it without letting anything finish, as before a power failure: it recovers at the next start.
    ///
    /// # Panics
    /// When it does not run, or is frozen.
    pub fn stop_immediate(&self) {
        self.keeper.call("stop", &["immediate".to_owned()]);
    }

    /// Ends it as an operator would: ends every session, and writes everything down.
    ///
    /// # Panics
    /// When it does not run, or is frozen.
    pub fn stop(&self) {
        self.keeper.call("stop", &["fast".to_owned()]);
    }

    /// Kills all its processes with SIGKILL, running or frozen.
    pub fn kill(&self) {
        self.keeper.call("crash", &[]);
    }

    /// Starts it again, on the same port, and waits until it accepts connections.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        self.keeper.call("start", &[]);
    }

    /// Stops all its processes where they are: connections stay open, nothing is answered.
    ///
    /// # Panics
    /// When it does not run.
    pub fn freeze(&self) {
        self.keeper.call("freeze", &[]);
    }

    /// Lets its processes go on.
    ///
    /// # Panics
    /// When it does not run.
    pub fn thaw(&self) {
        self.keeper.call("thaw", &[]);
    }

    /// Makes a standby a cluster that can be written to, and waits until it is.
    ///
    /// # Panics
    /// When it is no standby.
    pub fn promote(&self) {
        self.keeper.call("promote", &[]);
    }
}

impl Deref for Cluster {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}
