//! Whether what many clients saw can be explained by one object that does one thing at a time.
//!
//! The search is stateright's. It tries every order that real time allows, so it is told here which situations it has
//! been in already; and an object's history is kept short, with few calls of unknown outcome.

use std::{
    cell::RefCell,
    collections::HashSet,
    fmt::{self, Debug},
    hash::Hash,
    rc::Rc,
};

use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

/// The most calls in one object's history.
pub(crate) const MOST_CALLS: usize = u128::BITS as usize;

/// An object that does one thing at a time, and knows what each must answer.
pub(crate) trait Object:
    SequentialSpec<Op: Clone + Debug, Ret: Clone + Debug> + Clone + Eq + Hash
{
    /// Whether the object is the same after this operation, with this answer if there was one.
    fn is_left_alone(operation: &Self::Op, answer: Option<&Self::Ret>) -> bool;
}

/// What one client asked, and what it was told. Times are places in one order of all that was sent and received.
#[derive(Clone, Debug)]
pub(crate) struct Call<Operation, Answer> {
    pub(crate) client: usize,
    pub(crate) instance: usize,
    pub(crate) operation: Operation,
    pub(crate) sent: usize,
    /// When the answer was there, and what it was; `None` when nobody will ever know what became of the call.
    pub(crate) answer: Option<(usize, Answer)>,
}

/// The calls on one object.
pub(crate) type History<T> = Vec<Call<<T as SequentialSpec>::Op, <T as SequentialSpec>::Ret>>;

/// The shortest part of a history that no order explains.
#[derive(Debug)]
pub(crate) struct Violation(pub(crate) Vec<String>);

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "no order explains these answers:")?;
        self.0
            .iter()
            .try_for_each(|line| writeln!(formatter, "  {line}"))
    }
}

/// Looks for an order of the calls that explains every answer.
///
/// # Errors
/// What cannot be explained, as short as can be.
pub(crate) fn check<T: Object>(object: &T, history: &History<T>) -> Result<(), Violation> {
    if is_explained(object, history) {
        return Ok(());
    }
    let mut smallest = smallest_beginning(object, history);
    let mut place = 0;
    while let Some(call) = smallest.get(place) {
        let answer = call.answer.as_ref().map(|(_, answer)| answer);
        if T::is_left_alone(&call.operation, answer) {
            let mut shorter = smallest.clone();
            shorter.remove(place);
            if !is_explained(object, &shorter) {
                smallest = shorter;
                continue;
            }
        }
        place += 1;
    }
    Err(Violation(lines::<T>(&smallest)))
}

/// What had happened when the first answer came that cannot be explained. Every beginning of a good history is good.
fn smallest_beginning<T: Object>(object: &T, history: &History<T>) -> History<T> {
    let mut times: Vec<_> = history
        .iter()
        .filter_map(|call| call.answer.as_ref().map(|(time, _)| *time))
        .collect();
    times.sort_unstable();
    let good = times.partition_point(|time| is_explained(object, &until::<T>(history, *time)));
    until::<T>(history, times[good])
}

fn until<T: Object>(history: &History<T>, last: usize) -> History<T> {
    let mut beginning = history.clone();
    beginning.retain(|call| call.sent <= last);
    for call in &mut beginning {
        call.answer.take_if(|(time, _)| *time > last);
    }
    beginning
}

/// Whether some order of the calls explains every answer.
pub(crate) fn is_explained<T: Object>(object: &T, history: &History<T>) -> bool {
    assert!(history.len() <= MOST_CALLS, "split the history");
    let mut tester = LinearizabilityTester::new(Search::new(object.clone(), history));
    for (_, place, event) in events::<T>(history) {
        let call = &history[place];
        // A call of unknown outcome retires its thread. Such threads come last: few calls were cut off in the middle.
        let thread = match call.answer {
            Some(_) => (false, call.client),
            None => (true, place),
        };
        let told = match event {
            Event::Sent => tester.on_invoke(thread, place),
            Event::Answered(_) => tester.on_return(thread, ()),
        };
        if let Err(error) = told {
            panic!("a client waits for its answer: {error}");
        }
    }
    tester.is_consistent()
}

enum Event<'a, Answer> {
    Sent,
    Answered(&'a Answer),
}

/// What happened, in order: the time, the place of the call, and what. Leaves out what nobody saw and changed nothing.
fn events<T: Object>(history: &History<T>) -> Vec<(usize, usize, Event<'_, T::Ret>)> {
    let mut events = Vec::new();
    for (place, call) in history.iter().enumerate() {
        if let Some((time, answer)) = &call.answer {
            events.push((*time, place, Event::Answered(answer)));
        } else if T::is_left_alone(&call.operation, None) {
            continue;
        }
        events.push((call.sent, place, Event::Sent));
    }
    events.sort_by_key(|(time, ..)| *time);
    events
}

fn lines<T: Object>(history: &History<T>) -> Vec<String> {
    let line = |(_, place, event): (usize, usize, Event<'_, T::Ret>)| {
        let Call {
            client,
            instance,
            operation,
            answer,
            ..
        } = &history[place];
        match event {
            Event::Answered(answer) => {
                format!("client {client} <- instance {instance}: {operation:?} = {answer:?}")
            }
            Event::Sent if answer.is_some() => {
                format!("client {client} -> instance {instance}: {operation:?}")
            }
            Event::Sent => {
                format!("client {client} -> instance {instance}: {operation:?}, outcome unknown")
            }
        }
    };
    events::<T>(history).into_iter().map(line).collect()
}

/// An object during the search, with all situations that the search has been in: what was done, and what came of it.
#[derive(Clone)]
struct Search<'a, T: Object> {
    history: &'a [Call<T::Op, T::Ret>],
    object: T,
    done: u128,
    is_hopeless: bool,
    seen: Rc<RefCell<HashSet<(u128, T)>>>,
}

impl<'a, T: Object> Search<'a, T> {
    fn new(object: T, history: &'a History<T>) -> Self {
        Self {
            history,
            object,
            done: 0,
            is_hopeless: false,
            seen: Rc::default(),
        }
    }

    /// Whether the search comes here for the first time.
    fn is_new(&mut self, place: usize) -> bool {
        self.done |= 1 << place;
        let situation = (self.done, self.object.clone());
        self.seen.borrow_mut().insert(situation)
    }
}

/// Calls go by their place in the history: stateright copies them at every step.
impl<T: Object> SequentialSpec for Search<'_, T> {
    type Op = usize;
    type Ret = ();

    /// Does something whose answer nobody saw. If it changes nothing, the search may as well leave it out.
    fn invoke(&mut self, place: &usize) {
        let before = self.object.clone();
        self.object.invoke(&self.history[*place].operation);
        let is_useless = self.object == before;
        self.is_hopeless = self.is_hopeless || is_useless || !self.is_new(*place);
    }

    fn is_valid_step(&mut self, place: &usize, (): &()) -> bool {
        let Call {
            operation, answer, ..
        } = &self.history[*place];
        let is_right = |(_, answer): &(usize, T::Ret)| self.object.is_valid_step(operation, answer);
        !self.is_hopeless && answer.as_ref().is_some_and(is_right) && self.is_new(*place)
    }
}
