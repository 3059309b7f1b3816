//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use timetracks_server::Given;

/// A headless time tracker for people, teams and pipelines.
///
/// `timetracks serve` needs no configuration: it keeps its data in ./timetracks-data and prints where to find it.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server
    ///
    /// It prints one line with its URL when it is ready, and logs to standard error: readable on a terminal, JSON lines
    /// otherwise. TIMETRACKS_LOG chooses how much, as in `warn` or `debug`. SIGTERM or Ctrl-C stops it once the requests
    /// under way are answered, at the latest after 10 seconds; a second one stops it at once.
    ///
    /// Exit status: 0 after a graceful stop, 78 for a wrong setting, 74 when the disk fails to keep a write, 1 for
    /// anything else.
    #[command(after_help = EXAMPLES)]
    Serve(ServeOptions),
    /// Make those who operate the server
    #[command(subcommand)]
    Superuser(SuperuserCommand),
    /// Move everything from one database to another, of either engine
    ///
    /// Stop every server first. The target must be empty; it is made if it is a file that is not there. All is copied in
    /// one transaction and compared with the source by counts and checksums before it is kept, or nothing is. Sessions,
    /// API keys and passwords stay good if the server is started with the same signing key.
    #[command(after_help = "Example:
  timetracks copy --from sqlite:timetracks-data/timetracks.db --to postgres://timetracks:secret@db.example.com/timetracks")]
    Copy(CopyOptions),
    /// Write everything into one file, while servers run and go on writing
    ///
    /// The file is an SQLite database that holds every write answered before this began. It is compared with the
    /// database, checked and on the disk before it has its name; cut off half way, there is no FILE. Nothing is
    /// overwritten. The signing key is not in it: keep that as well, elsewhere. To restore, start a server on the file
    /// with the same signing key.
    #[command(after_help = BACKUP_EXAMPLES)]
    Backup {
        /// The file to write, which must not be there
        file: PathBuf,
        #[command(flatten)]
        storage: StorageOptions,
    },
    /// Look whether an installation and its database are sound, and change nothing
    ///
    /// Each check is one line: `ok`, `warning` or `problem`, what was looked at, what was found and what to do. The server may
    /// be running. Everything is read, so it takes a while when there is much. Use the user of the server.
    ///
    /// Exit status: 0 when there is no problem, 78 for a wrong setting, 1 for anything else.
    Doctor {
        #[command(flatten)]
        storage: StorageOptions,
    },
    /// Say which key signs tokens
    #[command(subcommand)]
    SigningKey(SigningKeyCommand),
    /// Print the OpenAPI 3.1 document
    Openapi,
    #[command(flatten)]
    Client(timetracks_commands::Command),
}

const EXAMPLES: &str = "Examples:
  timetracks serve
  timetracks serve --listen 0.0.0.0:8080 --data-dir /var/lib/timetracks --public-url https://time.example.com
  TIMETRACKS_LISTEN=127.0.0.1:0 timetracks serve      # any free port

A TOML file has the same settings under the same names: listen = \"127.0.0.1:8080\"";

const BACKUP_EXAMPLES: &str = "Examples:
  timetracks backup /backup/monday.db --data-dir /var/lib/timetracks
  timetracks serve --database sqlite:/backup/monday.db --signing-key /keys/signing.key      # restores it";

#[derive(Subcommand)]
pub(crate) enum SuperuserCommand {
    /// Make the user with this email a super user, or make a new one
    ///
    /// A user of an organisation keeps their role and password there. A new one has no part in any organisation; a
    /// one-time token is printed that sets their password at POST /api/v1/account/password. The server may be running.
    Add {
        /// The email address to log in with
        email: String,
        #[command(flatten)]
        storage: StorageOptions,
    },
}

#[derive(Subcommand)]
pub(crate) enum SigningKeyCommand {
    /// Make this signing key the one of the database, because the former is lost
    ///
    /// Access tokens and invitation links signed with the former are worthless from now on; refresh tokens, API keys and
    /// passwords stay good. Stop every server of the database first, and start them with this key.
    Accept {
        #[command(flatten)]
        storage: StorageOptions,
    },
}

#[derive(Args)]
pub(crate) struct CopyOptions {
    /// The database to read: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,
    /// The database to fill
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
}

#[derive(Args)]
pub(crate) struct ServeOptions {
    /// Where to accept connections; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "TIMETRACKS_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Where to let Prometheus scrape /metrics, such as 127.0.0.1:9090 [default: nowhere]
    #[arg(long, env = "TIMETRACKS_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<String>,
    /// Where clients find this server, for the links it hands out [default: where it listens]
    #[arg(long, env = "TIMETRACKS_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// How long to go on accepting after SIGTERM, while /health/ready answers 503, so that load balancers notice
    /// [default: 0]
    #[arg(
        long,
        env = "TIMETRACKS_SHUTDOWN_DELAY_SECONDS",
        value_name = "SECONDS"
    )]
    shutdown_delay_seconds: Option<String>,
    /// `off` lifts every limit on requests and on attempts to log in, for load tests [default: on]
    #[arg(long, env = "TIMETRACKS_RATE_LIMIT", value_name = "on|off")]
    rate_limit: Option<String>,
    /// Proxies in front of this server, as addresses and networks separated by commas: what they say in
    /// X-Forwarded-For is believed [default: none]
    #[arg(long, env = "TIMETRACKS_TRUSTED_PROXIES", value_name = "NETWORKS")]
    trusted_proxies: Option<String>,
    /// Whether a new password needs the current one: true or false [default: false]
    #[arg(long, env = "TIMETRACKS_REQUIRE_CURRENT_PASSWORD", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    require_current_password: Option<String>,
    #[command(flatten)]
    storage: StorageOptions,
}

#[derive(Args)]
pub(crate) struct StorageOptions {
    /// Where the data is: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME [default: timetracks.db in the data directory]
    #[arg(
        long,
        env = "TIMETRACKS_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    database: Option<String>,
    /// How many connections to PostgreSQL this instance may have [default: 20]
    #[arg(long, env = "TIMETRACKS_DATABASE_CONNECTIONS", value_name = "NUMBER")]
    database_connections: Option<String>,
    /// The key that signs tokens, made when it is not there; instances that share a database share it [default:
    /// signing.key in the data directory]
    #[arg(long, env = "TIMETRACKS_SIGNING_KEY", value_name = "FILE")]
    signing_key: Option<String>,
    /// Where data and keys are [default: ./timetracks-data]
    #[arg(long, env = "TIMETRACKS_DATA_DIR", value_name = "DIR")]
    data_dir: Option<String>,
    /// A TOML file with settings; flags and the environment come first
    #[arg(long, env = "TIMETRACKS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ServeOptions {
    /// The settings that were given, and the file with more.
    pub(crate) fn given(self) -> (Given, Option<PathBuf>) {
        let (storage, file) = self.storage.given();
        let given = Given {
            listen: self.listen,
            metrics_listen: self.metrics_listen,
            public_url: self.public_url,
            shutdown_delay_seconds: self.shutdown_delay_seconds,
            rate_limit: self.rate_limit,
            trusted_proxies: self.trusted_proxies,
            require_current_password: self.require_current_password,
            ..storage
        };
        (given, file)
    }
}

impl StorageOptions {
    /// As [`ServeOptions::given`].
    pub(crate) fn given(self) -> (Given, Option<PathBuf>) {
        let given = Given {
            database: self.database,
            database_connections: self.database_connections,
            signing_key: self.signing_key,
            data_dir: self.data_dir,
            ..Given::default()
        };
        (given, self.config)
    }
}
