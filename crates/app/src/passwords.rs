//! Password hashing: Argon2id, at most one hash for each two cores at a time, with a short queue in front, and behind everything
//! else that wants a core.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt},
};
use timetracks_domain::Password;
use tokio::sync::{Semaphore, oneshot};

use crate::{Error, random::Random};

/// How many may wait: at some 15 ms a hash, the last of them waits for 2 seconds on two cores.
const LONGEST_QUEUE: usize = 128;

/// Steps of niceness: with ten, a thread gets a tenth of what another does when both want all of a core.
#[cfg(target_os = "linux")]
const STEPS_BACK: i32 = 10;

/// What is compared with when there is no user or no password: an unknown email costs what a known one does, the first
/// time too.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
    AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password as it is stored: a PHC string.
#[derive(Debug, Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What hashing does, and has done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingStatistics {
    /// How many hashes run or wait for a core, of callers who are still there.
    pub waiting: usize,
    /// How many were computed.
    pub computed: u64,
    /// How much work they were: blocks of 1 KiB that were filled.
    pub blocks: u64,
}

/// The hasher.
#[derive(Clone)]
pub(crate) struct Passwords {
    cores: Arc<Semaphore>,
    threads: mpsc::Sender<Job>,
    waiting: Arc<AtomicUsize>,
    memory: Arc<Memory>,
    random: Random,
}

/// A hash to be computed.
type Job = Box<dyn FnOnce() + Send>;

/// The blocks that hashes work in: 19 MiB for each hash at a time, made when first needed and then used again and again, because
/// the system's allocator would keep what is freed, thread by thread.
#[derive(Default)]
struct Memory {
    spare: Mutex<Vec<Vec<Block>>>,
    computed: AtomicU64,
    blocks: AtomicU64,
}

impl Memory {
    /// Fills `output` with the hash that these parameters make.
    fn compute(
        &self,
        params: Params,
        password: &[u8],
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), argon2::Error> {
        let lock = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut blocks = lock().pop().unwrap_or_default();
        blocks.resize(params.block_count(), Block::default());
        let filled = u64::from(params.t_cost()) * blocks.len() as u64;
        self.computed.fetch_add(1, Ordering::Relaxed);
        self.blocks.fetch_add(filled, Ordering::Relaxed);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let outcome = argon2.hash_password_into_with_memory(password, salt, output, &mut blocks);
        lock().push(blocks);
        outcome
    }
}

impl Passwords {
    /// One for this machine.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn new(random: Random) -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::with_threads(cores.div_ceil(2), random)
    }

    fn with_threads(threads: usize, random: Random) -> io::Result<Self> {
        Ok(Self {
            cores: Arc::new(Semaphore::new(threads)),
            threads: start(threads)?,
            waiting: Arc::default(),
            memory: Arc::default(),
            random,
        })
    }

    /// The hash to store, as a PHC string.
    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        let salt: [u8; 16] = self.random.bytes();
        let memory = Arc::clone(&self.memory);
        self.run(move || hash(password.expose(), &salt, &memory))
            .await?
            .map(PasswordHash)
    }

    /// Whether the password is the stored one; with nothing stored it is not, after the same time.
    pub(crate) async fn verify(
        &self,
        stored: Option<String>,
        password: String,
    ) -> Result<bool, Error> {
        let memory = Arc::clone(&self.memory);
        self.run(move || {
            let known = stored.is_some();
            let stored = stored.as_deref().unwrap_or(NOBODY);
            is_hash_of(stored, &password, &memory) && known
        })
        .await
    }

    /// Refuses when no further hash may wait, before anything is done for one.
    pub(crate) fn require_room(&self) -> Result<(), Error> {
        match self.waiting.load(Ordering::Relaxed) < LONGEST_QUEUE {
            true => Ok(()),
            false => Err(Error::HashingBusy),
        }
    }

    pub(crate) fn statistics(&self) -> HashingStatistics {
        HashingStatistics {
            waiting: self.waiting.load(Ordering::Relaxed),
            computed: self.memory.computed.load(Ordering::Relaxed),
            blocks: self.memory.blocks.load(Ordering::Relaxed),
        }
    }

    /// Takes all places in the queue.
    #[cfg(test)]
    pub(crate) fn crowd(&self) -> Vec<Place> {
        std::iter::from_fn(|| Place::take(&self.waiting).ok()).collect()
    }

    /// The permit moves along: when the client leaves, the hash under way still counts.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _place = Place::take(&self.waiting)?;
        let permit = Arc::clone(&self.cores)
            .acquire_owned()
            .await
            .map_err(|closed| Error::Internal(closed.to_string()))?;
        let (hashed, result) = oneshot::channel();
        let job = move || {
            // First the permit: whose hash is done may ask for the next.
            let outcome = work();
            drop(permit);
            let _ = hashed.send(outcome);
        };
        self.threads
            .send(Box::new(job))
            .map_err(|_| Error::Internal("no thread hashes".to_owned()))?;
        result
            .await
            .map_err(|_| Error::Internal("hashing a password panicked".to_owned()))
    }
}

/// Starts so many threads that hash, which end when the sender has gone. They are the same for all hashes: a new thread would
/// begin with a whole slice of a core, whoever else wants it, because the kernel only holds against a thread what it has had.
fn start(threads: usize) -> io::Result<mpsc::Sender<Job>> {
    let (sender, jobs) = mpsc::channel::<Job>();
    let jobs = Arc::new(Mutex::new(jobs));
    for _ in 0..threads {
        let jobs = Arc::clone(&jobs);
        let next = move || jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        thread::Builder::new()
            .name("hash".to_owned())
            .spawn(move || {
                give_way();
                while let Ok(job) = next() {
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            })?;
    }
    Ok(sender)
}

/// Leaves the cores to other threads that want them. A hash takes long anyway, and whoever floods a server with logins
/// should not hold up those who work.
fn give_way() {
    // Elsewhere the priority is the whole process's.
    #[cfg(target_os = "linux")]
    {
        let niceness = rustix::process::getpriority_process(None).unwrap_or_default();
        let _ = rustix::process::setpriority_process(None, niceness + STEPS_BACK);
    }
}

/// The PHC string of a password under the default parameters: Argon2id, 19 MiB, 2 passes.
fn hash(password: &str, salt: &[u8; 16], memory: &Memory) -> Result<String, Error> {
    let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
    let params = Params::default();
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    memory
        .compute(params.clone(), password.as_bytes(), salt, &mut output)
        .map_err(|error| internal(&error))?;
    let hash = Phc {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|error| internal(&error))?,
        salt: Some(Salt::new(salt).map_err(|error| internal(&error))?),
        hash: Some(Output::new(&output).map_err(|error| internal(&error))?),
    };
    Ok(hash.to_string())
}

/// Whether the PHC string is one of this password. Compares in constant time.
fn is_hash_of(stored: &str, password: &str, memory: &Memory) -> bool {
    let Ok(stored) = Phc::new(stored) else {
        return false;
    };
    let (Ok(params), Some(salt), Some(expected)) =
        (Params::try_from(&stored), &stored.salt, &stored.hash)
    else {
        return false;
    };
    let mut output = vec![0; expected.len()];
    memory
        .compute(params, password.as_bytes(), salt.as_ref(), &mut output)
        .is_ok_and(|()| Output::new(&output).is_ok_and(|output| output == *expected))
}

/// A place in the queue, given back when it is dropped.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Result<Self, Error> {
        if waiting.fetch_add(1, Ordering::Relaxed) >= LONGEST_QUEUE {
            waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::HashingBusy);
        }
        Ok(Self(Arc::clone(waiting)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
