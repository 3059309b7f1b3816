//! What one person's clock on one task must answer, and what one task's name must.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use stateright::semantics::SequentialSpec;

use crate::history::Object;

/// An id of a task or a track.
pub(crate) type Id = String;

/// What can be asked of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    ClockIn,
    ClockOut,
    /// All tracks of the person on the task.
    Read,
}

/// What a clock answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A new track runs.
    Now(Id),
    /// This track runs since before.
    Already(Id),
    Ended(Id),
    NotRunning,
    /// All tracks, and whether each runs.
    Tracks(BTreeMap<Id, bool>),
    /// What the contract does not allow here.
    Odd(String),
    /// What nobody saw.
    Unseen,
}

/// One person's clock on one task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Clock {
    running: Running,
    ended: BTreeSet<Id>,
    /// How many more tracks have ended whose ids nobody has seen yet.
    ended_unseen: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Running {
    #[default]
    Nothing,
    /// A track whose id nobody has seen yet.
    Unseen,
    Track(Id),
}

impl Clock {
    /// Whether this track runs, or can be the one that does.
    fn may_run(&self, id: &Id) -> bool {
        match &self.running {
            Running::Nothing => false,
            Running::Unseen => !self.ended.contains(id),
            Running::Track(running) => running == id,
        }
    }

    fn shows(&mut self, tracks: &BTreeMap<Id, bool>) -> bool {
        let of_state = |runs| {
            let alike = tracks.iter().filter(move |(_, running)| **running == runs);
            alike.map(|(id, _)| id.clone())
        };
        let (running, ended): (Vec<_>, BTreeSet<_>) =
            (of_state(true).collect(), of_state(false).collect());
        let is_running_right = match running.as_slice() {
            [] => self.running == Running::Nothing,
            [id] => self.may_run(id),
            _ => false,
        };
        let is_right = is_running_right
            && ended.is_superset(&self.ended)
            && ended.len() == self.ended.len() + self.ended_unseen
            && !matches!(&self.running, Running::Track(id) if ended.contains(id));
        if let Some(id) = running.into_iter().next() {
            self.running = Running::Track(id);
        }
        self.ended = ended;
        self.ended_unseen = 0;
        is_right
    }
}

impl SequentialSpec for Clock {
    type Op = Operation;
    type Ret = Answer;

    fn invoke(&mut self, operation: &Operation) -> Answer {
        match (operation, &self.running) {
            (Operation::ClockIn, Running::Nothing) => self.running = Running::Unseen,
            (Operation::ClockOut, Running::Unseen) => {
                self.running = Running::Nothing;
                self.ended_unseen += 1;
            }
            (Operation::ClockOut, Running::Track(_)) => {
                if let Running::Track(id) = mem::take(&mut self.running) {
                    self.ended.insert(id);
                }
            }
            _ => {}
        }
        Answer::Unseen
    }

    fn is_valid_step(&mut self, operation: &Operation, answer: &Answer) -> bool {
        match (operation, answer) {
            (Operation::ClockIn, Answer::Now(id)) => {
                let is_free = self.running == Running::Nothing && !self.ended.contains(id);
                self.running = Running::Track(id.clone());
                is_free
            }
            (Operation::ClockIn, Answer::Already(id)) => {
                let runs = self.may_run(id);
                self.running = Running::Track(id.clone());
                runs
            }
            (Operation::ClockOut, Answer::Ended(id)) => {
                let ran = self.may_run(id);
                self.running = Running::Nothing;
                self.ended.insert(id.clone());
                ran
            }
            (Operation::ClockOut, Answer::NotRunning) => self.running == Running::Nothing,
            (Operation::Read, Answer::Tracks(tracks)) => self.shows(tracks),
            _ => false,
        }
    }
}

impl Object for Clock {
    fn is_left_alone(operation: &Operation, answer: Option<&Answer>) -> bool {
        matches!(operation, Operation::Read)
            || matches!(answer, Some(Answer::Already(_) | Answer::NotRunning))
    }
}

/// What a clock's answer says about the task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TaskAnswer {
    /// It is there, under this id.
    Is(Id),
    /// It is there.
    Exists,
    Missing,
    /// What the contract does not allow here.
    Odd(String),
    /// What nobody saw.
    Unseen,
}

/// The task of one name, for everyone: made by the first who clocks in on it, and the same ever after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum NamedTask {
    #[default]
    Missing,
    /// It is there, but nobody has seen its id yet.
    Unseen,
    Is(Id),
}

impl SequentialSpec for NamedTask {
    type Op = Operation;
    type Ret = TaskAnswer;

    fn invoke(&mut self, operation: &Operation) -> TaskAnswer {
        if *operation == Operation::ClockIn && *self == Self::Missing {
            *self = Self::Unseen;
        }
        TaskAnswer::Unseen
    }

    fn is_valid_step(&mut self, operation: &Operation, answer: &TaskAnswer) -> bool {
        self.invoke(operation);
        match answer {
            TaskAnswer::Is(id) if *self == Self::Unseen => {
                *self = Self::Is(id.clone());
                true
            }
            TaskAnswer::Is(id) => matches!(self, Self::Is(is) if is == id),
            TaskAnswer::Exists => *self != Self::Missing,
            TaskAnswer::Missing => *self == Self::Missing,
            TaskAnswer::Odd(_) | TaskAnswer::Unseen => false,
        }
    }
}

impl Object for NamedTask {
    fn is_left_alone(operation: &Operation, _: Option<&TaskAnswer>) -> bool {
        !matches!(operation, Operation::ClockIn)
    }
}
