//! Reading the parameters of a query string.

use timetracks_domain::{Action, ExternalId, Id, Instant, Kind, Name, TaskStatus};

use crate::{FieldError, Millis};

/// The parameters of an operation.
pub trait Parameters: Sized {
    /// Takes them; what is wrong is noted in the query string.
    fn from_query(query: &mut QueryString) -> Self;
}

/// A value that a parameter can have.
pub trait FromText: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// The rule that the text breaks.
    fn from_text(text: &str) -> Result<Self, String>;
}

/// The parameters that came, and what is wrong with them.
pub struct QueryString {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl QueryString {
    /// Reads all parameters of an operation from decoded names and values.
    ///
    /// # Errors
    /// Every parameter that breaks a rule.
    pub fn read<P: Parameters>(pairs: Vec<(String, String)>) -> Result<P, Vec<FieldError>> {
        let mut query = Self {
            pairs,
            errors: Vec::new(),
        };
        let parameters = P::from_query(&mut query);
        if query.errors.is_empty() {
            Ok(parameters)
        } else {
            Err(query.errors)
        }
    }

    /// A parameter that may be left out.
    pub fn optional<T: FromText>(&mut self, name: &str) -> Option<T> {
        let (_, text) = self.pairs.iter().find(|(key, _)| key == name)?;
        match T::from_text(text) {
            Ok(value) => Some(value),
            Err(detail) => {
                let pointer = format!("/{name}");
                self.errors.push(FieldError { pointer, detail });
                None
            }
        }
    }

    /// Notes that a parameter breaks a rule.
    pub fn refuse(&mut self, name: &str, detail: &str) {
        self.errors.push(FieldError {
            pointer: format!("/{name}"),
            detail: detail.to_owned(),
        });
    }
}

impl FromText for bool {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be true or false".to_owned())
    }
}

impl FromText for i64 {
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be an integer".to_owned())
    }
}

impl FromText for Millis {
    fn from_text(text: &str) -> Result<Self, String> {
        let ms = text.parse().map_err(|_| {
            "must be an integer: Unix milliseconds, 0 to 253402300799999".to_owned()
        })?;
        Instant::from_ms(ms)
            .map(Self)
            .map_err(|rule| rule.to_string())
    }
}

impl<K> FromText for Id<K> {
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.parse().unwrap_or_else(|_| Self::unknown()))
    }
}

impl FromText for Name {
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|rule| rule.to_string())
    }
}

impl FromText for ExternalId {
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|rule| rule.to_string())
    }
}

impl FromText for Action {
    fn from_text(text: &str) -> Result<Self, String> {
        Self::from_word(text).ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|action| action.as_str()).collect();
            format!("must be one of {}", words.join(", "))
        })
    }
}

impl FromText for Kind {
    fn from_text(text: &str) -> Result<Self, String> {
        Self::from_word(text).ok_or_else(|| "must be one of human, ci, agent".to_owned())
    }
}

impl FromText for TaskStatus {
    fn from_text(text: &str) -> Result<Self, String> {
        Self::from_word(text).ok_or_else(|| "must be one of open, in_progress, done".to_owned())
    }
}
