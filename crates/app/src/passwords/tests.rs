use std::{sync::mpsc, time::Duration};

use argon2::password_hash::PasswordVerifier;
use tokio::task::JoinHandle;

use super::*;

const PASSWORD: &str = "correct horse battery staple";
const PATIENCE: Duration = Duration::from_secs(20);

/// A hasher for so many cores.
fn on_cores(cores: usize) -> Passwords {
    Passwords::with_threads(cores, Random::seeded(1)).unwrap()
}

/// Work that says when it begins, and ends with its gate.
struct Work {
    caller: JoinHandle<Result<(), Error>>,
    began: mpsc::Receiver<()>,
    gate: mpsc::Sender<()>,
}

impl Work {
    fn start(passwords: &Passwords) -> Self {
        let ((begin, began), (gate, closed)) = (mpsc::channel(), mpsc::channel::<()>());
        let passwords = passwords.clone();
        let work = move || {
            let _ = begin.send(());
            let _ = closed.recv();
        };
        let caller = tokio::spawn(async move { passwords.run(work).await });
        Self {
            caller,
            began,
            gate,
        }
    }

    fn has_begun(&self) -> bool {
        self.began.try_recv().is_ok()
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let reached = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    let reached = tokio::time::timeout(PATIENCE, reached).await;
    assert!(reached.is_ok(), "never: {what}");
}

#[test]
fn a_hash_is_what_any_other_argon2_takes_for_one() {
    let memory = Memory::default();
    let hash = hash(PASSWORD, &[7; 16], &memory).unwrap();
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    let parsed = Phc::new(&hash).unwrap();
    let verify = |password: &str| Argon2::default().verify_password(password.as_bytes(), &parsed);
    assert!(verify(PASSWORD).is_ok());
    assert!(verify("correct horse battery stable").is_err());
    assert!(is_hash_of(&hash, PASSWORD, &memory));
    assert!(!is_hash_of(&hash, "correct horse battery stable", &memory));
    assert!(!is_hash_of("no hash", PASSWORD, &memory));
}

#[tokio::test]
async fn nobody_s_password_is_wrong_after_the_same_work_as_somebody_s() {
    let passwords = on_cores(1);
    let work = async |stored: Option<String>, password: &str| {
        let before = passwords.statistics();
        let right = passwords.verify(stored, password.to_owned()).await.unwrap();
        let after = passwords.statistics();
        let work = (
            after.computed - before.computed,
            after.blocks - before.blocks,
        );
        (right, work)
    };
    let stored = hash(PASSWORD, &[7; 16], &passwords.memory).unwrap();
    let [own, nobody] = [&stored, NOBODY].map(|phc| Phc::new(phc).unwrap());
    assert_eq!(own.params, nobody.params);
    let sizes = |phc: Phc| (phc.salt.unwrap().len(), phc.hash.unwrap().len());
    assert_eq!(sizes(own), sizes(nobody));

    let one = (1, 2 * 19_456);
    assert_eq!(work(None, PASSWORD).await, (false, one));
    assert_eq!(work(Some(stored.clone()), "wrong").await, (false, one));
    assert_eq!(work(Some(stored), PASSWORD).await, (true, one));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hash_whose_caller_has_left_keeps_its_core_until_it_ends() {
    let passwords = on_cores(1);
    let left = Work::start(&passwords);
    until("the first has begun", || left.has_begun()).await;
    left.caller.abort();
    assert!(left.caller.await.unwrap_err().is_cancelled());
    assert_eq!(passwords.statistics().waiting, 0, "nobody waits for it");

    let next = Work::start(&passwords);
    until("the second waits", || passwords.statistics().waiting == 1).await;
    assert_eq!(passwords.cores.available_permits(), 0);
    assert!(!next.has_begun());
    drop(left.gate);
    until("the second has begun", || next.has_begun()).await;
    drop(next.gate);
    next.caller.await.unwrap().unwrap();
    until("the core is free", || {
        passwords.cores.available_permits() == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_crowd_one_runs_on_each_core_and_a_queue_full_waits_and_the_others_are_sent_away() {
    let passwords = on_cores(2);
    let crowd: Vec<_> = (0..LONGEST_QUEUE)
        .map(|_| Work::start(&passwords))
        .collect();
    until("all have come", || {
        passwords.statistics().waiting == LONGEST_QUEUE
    })
    .await;
    let running = AtomicUsize::new(0);
    let count_running = || {
        let begun = crowd.iter().filter(|work| work.has_begun()).count();
        running.fetch_add(begun, Ordering::Relaxed) + begun
    };
    until("two run", || count_running() >= 2).await;
    for _ in 0..3 {
        let late = passwords.verify(None, PASSWORD.to_owned()).await;
        assert!(matches!(late, Err(Error::HashingBusy)), "{late:?}");
    }
    assert_eq!(count_running(), 2);
    // They run in the order in which they came, which is not that of the crowd.
    let (callers, gates): (Vec<_>, Vec<_>) = crowd
        .into_iter()
        .map(|work| (work.caller, work.gate))
        .unzip();
    drop(gates);
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let now = passwords.verify(None, PASSWORD.to_owned()).await;
    assert!(!now.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_hashes_share_as_much_memory_as_there_are_cores() {
    let passwords = on_cores(3);
    let hashes: Vec<_> = (0..24)
        .map(|_| {
            let passwords = passwords.clone();
            let verify = async move { passwords.verify(None, PASSWORD.to_owned()).await };
            tokio::spawn(verify)
        })
        .collect();
    for hash in hashes {
        assert!(!hash.await.unwrap().unwrap());
    }
    assert_eq!(passwords.statistics().computed, 24);
    let spare = passwords.memory.spare.lock().unwrap().len();
    assert!((1..=3).contains(&spare), "{spare}");
}

#[tokio::test]
async fn a_hash_that_panics_is_an_error_and_the_next_one_is_computed() {
    let passwords = on_cores(1);
    let fails = passwords.run(|| -> bool { panic!("a fault") }).await;
    assert!(matches!(fails, Err(Error::Internal(_))), "{fails:?}");
    let next = passwords.verify(None, PASSWORD.to_owned()).await;
    assert!(!next.unwrap());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hash_gives_way_and_nothing_else_does() {
    let niceness = || rustix::process::getpriority_process(None).unwrap();
    let ours = niceness();
    let of_hash = on_cores(1).run(niceness).await.unwrap();
    assert_eq!(of_hash, (ours + STEPS_BACK).min(19));
    assert_eq!(niceness(), ours);
}
