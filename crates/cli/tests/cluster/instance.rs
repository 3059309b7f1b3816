//! Several servers over one database, each of which can be killed and started again.

use std::path::{Path, PathBuf};

use tokio::sync::watch;

use crate::support::Process;

/// Where each instance listens; `None` while it is down.
pub(crate) type Addresses = Vec<Option<String>>;

/// Servers over one database.
pub(crate) struct Cluster {
    database: String,
    directory: PathBuf,
    processes: Vec<Option<Process>>,
    addresses: watch::Sender<Addresses>,
}

impl Cluster {
    /// Starts that many instances over the database with this URL. What they keep is in the directory.
    pub(crate) fn start(directory: &Path, database: &str, instances: usize) -> Self {
        let mut cluster = Self {
            database: database.to_owned(),
            directory: directory.to_owned(),
            processes: (0..instances).map(|_| None).collect(),
            addresses: watch::Sender::new(vec![None; instances]),
        };
        for instance in 0..instances {
            cluster.restart(instance);
        }
        cluster
    }

    /// How many instances there are, up or down.
    pub(crate) fn size(&self) -> usize {
        self.processes.len()
    }

    /// Where the instances listen, now and later.
    pub(crate) fn addresses(&self) -> watch::Receiver<Addresses> {
        self.addresses.subscribe()
    }

    /// An instance that is up.
    pub(crate) fn any(&self) -> &Process {
        self.processes.iter().flatten().next().unwrap()
    }

    /// Kills an instance as `kill -9` does. Clients hear of it after the fact.
    pub(crate) fn kill(&mut self, instance: usize) {
        let process = self.processes[instance].take().unwrap();
        process.signal("KILL");
        drop(process);
        self.tell(instance, None);
    }

    /// Starts an instance that is down and waits until it is ready.
    pub(crate) fn restart(&mut self, instance: usize) {
        let data_dir = self.directory.join(format!("instance-{instance}"));
        let key = self.directory.join("shared.key");
        let process = Process::start_with(&data_dir, |command| {
            command.args(["--database", &self.database]);
            command.arg("--signing-key").arg(key);
        });
        self.tell(instance, Some(process.base.clone()));
        self.processes[instance] = Some(process);
    }

    fn tell(&self, instance: usize, address: Option<String>) {
        self.addresses
            .send_modify(|addresses| addresses[instance] = address);
    }
}
