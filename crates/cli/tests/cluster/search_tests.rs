//! The checker's short cuts against stateright's whole search, on small random histories.

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};

use crate::{
    history::{Call, History, is_explained},
    model::{
        Answer, Clock,
        Operation::{self, ClockIn, ClockOut, Read},
    },
};

const HISTORIES: u64 = 3000;
const STEPS: usize = 24;
const CLIENTS: usize = 3;

/// A clock that works, by its tracks in order; the last one may run.
#[derive(Default)]
struct Works {
    tracks: Vec<bool>,
}

impl Works {
    fn does(&mut self, operation: Operation) -> Answer {
        let (count, runs) = (self.tracks.len(), self.tracks.last() == Some(&true));
        let last = || (count - 1).to_string();
        match operation {
            ClockIn if runs => Answer::Already(last()),
            ClockIn => {
                self.tracks.push(true);
                Answer::Now(count.to_string())
            }
            ClockOut if runs => {
                self.tracks[count - 1] = false;
                Answer::Ended(last())
            }
            ClockOut => Answer::NotRunning,
            Read => {
                let numbered = self.tracks.iter().enumerate();
                Answer::Tracks(numbered.map(|(id, runs)| (id.to_string(), *runs)).collect())
            }
        }
    }
}

/// What a few clients of a clock that works saw, if some of them lost their connections.
fn history(random: &mut StdRng) -> History<Clock> {
    let mut clock = Works::default();
    let mut history = History::<Clock>::new();
    // The call under way of each client, and its answer once it was done.
    let mut open: [Option<(usize, Option<Answer>)>; CLIENTS] = Default::default();
    for time in 0..STEPS {
        let client = random.random_range(0..CLIENTS);
        open[client] = match open[client].take() {
            None => {
                history.push(Call {
                    client,
                    instance: 0,
                    operation: *[ClockIn, ClockOut, Read].choose(random).unwrap(),
                    sent: time,
                    answer: None,
                });
                Some((history.len() - 1, None))
            }
            Some(_) if random.random_ratio(1, 10) => None,
            Some((place, None)) => Some((place, Some(clock.does(history[place].operation)))),
            Some((place, Some(answer))) => {
                history[place].answer = Some((time, answer));
                None
            }
        };
    }
    history
}

/// Gives one call the answer of another.
fn alter(history: &mut History<Clock>, random: &mut StdRng) {
    let answers: Vec<_> = history
        .iter()
        .filter_map(|call| call.answer.clone())
        .collect();
    if let Some((_, other)) = answers.choose(random) {
        let altered = random.random_range(0..history.len());
        if let Some((_, answer)) = &mut history[altered].answer {
            *answer = other.clone();
        }
    }
}

/// What stateright says when every call is a thread of its own and nothing is left out.
fn is_explained_in_full(history: &History<Clock>) -> bool {
    let mut events = Vec::new();
    for (place, call) in history.iter().enumerate() {
        events.push((call.sent, place, None));
        if let Some((time, answer)) = &call.answer {
            events.push((*time, place, Some(answer)));
        }
    }
    events.sort_by_key(|(time, ..)| *time);
    let mut tester = LinearizabilityTester::new(Clock::default());
    for (_, place, answer) in events {
        match answer {
            None => tester.on_invoke(place, history[place].operation).unwrap(),
            Some(answer) => tester.on_return(place, answer.clone()).unwrap(),
        };
    }
    tester.is_consistent()
}

#[test]
fn the_short_cuts_of_the_search_change_no_verdict() {
    let mut verdicts = [0, 0];
    for seed in 0..HISTORIES {
        let mut random = StdRng::seed_from_u64(seed);
        let mut history = history(&mut random);
        let is_altered = random.random();
        if is_altered {
            alter(&mut history, &mut random);
        }
        let is_good = is_explained(&Clock::default(), &history);
        assert_eq!(is_good, is_explained_in_full(&history), "{history:#?}");
        assert!(is_good || is_altered, "{history:#?}");
        verdicts[usize::from(is_good)] += 1;
    }
    assert!(verdicts[0] > 200, "only {} were rejected", verdicts[0]);
}
