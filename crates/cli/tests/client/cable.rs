//! A network cable that can be cut, between a client and a server.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    },
    thread,
};

/// What the cable does with what it is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cable {
    /// It carries it.
    Whole = 0,
    /// Connections end at once.
    Cut = 1,
    /// Writes arrive, and their answers do not.
    LosesAnswers = 2,
    /// Nothing arrives, and nobody hears of it.
    Hangs = 3,
    /// As `LosesAnswers`, but only for clocking out.
    LosesEnds = 4,
}

/// A listener that passes on to a server.
pub(crate) struct Wired {
    pub(crate) url: String,
    state: Arc<AtomicU8>,
    target: Arc<Mutex<String>>,
    /// How many requests got through.
    pub(crate) carried: Arc<AtomicUsize>,
}

impl Wired {
    pub(crate) fn to(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let wired = Self {
            url,
            state: Arc::default(),
            target: Arc::new(Mutex::new(address.to_owned())),
            carried: Arc::default(),
        };
        let (state, target) = (Arc::clone(&wired.state), Arc::clone(&wired.target));
        let carried = Arc::clone(&wired.carried);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (state, carried) = (Arc::clone(&state), Arc::clone(&carried));
                let target = target.lock().unwrap().clone();
                thread::spawn(move || carry(stream, &target, &state, &carried));
            }
        });
        wired
    }

    pub(crate) fn set(&self, state: Cable) {
        self.state.store(state as u8, Ordering::SeqCst);
    }

    /// Leads elsewhere from now on.
    pub(crate) fn lead_to(&self, address: &str) {
        *self.target.lock().unwrap() = address.to_owned();
    }
}

fn carry(client: TcpStream, target: &str, state: &Arc<AtomicU8>, carried: &Arc<AtomicUsize>) {
    let is = |wanted: Cable| state.load(Ordering::SeqCst) == wanted as u8;
    if is(Cable::Cut) {
        return;
    }
    if is(Cable::Hangs) {
        // Until the client gives up.
        let _ = (&client).read_to_end(&mut Vec::new());
        return;
    }
    let Ok(server) = TcpStream::connect(target) else {
        return;
    };
    let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let (loses, writes) = (Arc::clone(state), Arc::new(AtomicBool::new(false)));
    let is_write = Arc::clone(&writes);
    let answers = thread::spawn(move || {
        let (mut from, mut to) = back;
        let mut piece = [0; 16384];
        while let Ok(read @ 1..) = from.read(&mut piece) {
            let state = loses.load(Ordering::SeqCst);
            let is_losing = [Cable::LosesAnswers as u8, Cable::LosesEnds as u8].contains(&state);
            let loses = is_losing && is_write.load(Ordering::SeqCst);
            let lost = loses || state == Cable::Cut as u8;
            if lost || to.write_all(&piece[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
    let (mut from, mut to) = (client, server);
    let mut piece = [0; 16384];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        let head = String::from_utf8_lossy(&piece[..read]);
        let is_lost = !is(Cable::LosesEnds) || head.contains("/clock-out ");
        if head.starts_with("POST ") && is_lost {
            writes.store(true, Ordering::SeqCst);
        }
        if is(Cable::Cut) || to.write_all(&piece[..read]).is_err() {
            break;
        }
        carried.fetch_add(1, Ordering::SeqCst);
    }
    let _ = to.shutdown(Shutdown::Write);
    let _ = answers.join();
}
