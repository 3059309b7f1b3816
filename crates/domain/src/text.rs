//! The texts that people type, and what they may hold.

use passwords::analyzer::is_common_password;
use std::fmt;

use serde::Serialize;

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextError {
    /// Outside these numbers of characters (Unicode code points).
    Length {
        /// The fewest characters.
        min: usize,
        /// The most characters.
        max: usize,
    },
    /// More bytes than this as UTF-8.
    Bytes {
        /// The most bytes.
        max: usize,
    },
    /// Holds a control character, NUL among them.
    Control,
    /// Holds NUL.
    Nul,
    /// No email address.
    Email,
    /// A password that many people have, or one that is easily guessed from who they are.
    Guessable,
}

impl fmt::Display for TextError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { min: 0, max } => write!(formatter, "must have at most {max} characters"),
            Self::Length { min, max } if *max == usize::MAX => {
                write!(formatter, "must have at least {min} characters")
            }
            Self::Length { min, max } => {
                write!(formatter, "must have {min} to {max} characters")
            }
            Self::Bytes { max } => write!(formatter, "must have at most {max} bytes"),
            Self::Control => formatter.write_str("must not hold control characters"),
            Self::Nul => formatter.write_str("must not hold NUL"),
            Self::Guessable => formatter.write_str(
                "must not be a common password, nor the email address or organisation's name",
            ),
            Self::Email => formatter.write_str("must be an email address such as ada@example.com"),
        }
    }
}

impl std::error::Error for TextError {}

/// The rule that every text shares: so many characters, none of them a control character.
fn check(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    if text.chars().any(char::is_control) {
        return Err(TextError::Control);
    }
    let characters = text.chars().count();
    if (min..=max).contains(&characters) {
        Ok(())
    } else {
        Err(TextError::Length { min, max })
    }
}

/// A name of a person, organisation, project, task or key: 1 to 200 characters after trimming.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Name(String);

/// Free text of up to 10,000 characters, kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Description(String);

/// The id of a thing in another system, such as `JIRA-492`: 1 to 255 characters, kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExternalId(String);

/// An email address of up to 254 characters. Two that differ only in case are one address.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// A new password: at least 12 characters, at most 1,024 bytes, kept byte for byte; no rule on what they are (contract row
/// 14), but no NUL among them, and not one of the passwords that many people have.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Password(String);

impl Name {
    pub(crate) const MAX: usize = 200;

    /// Trims the text and takes it as a name.
    ///
    /// # Errors
    /// When nothing or over 200 characters remain, or a control character is among them.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        check(text, 1, Self::MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Description {
    pub(crate) const MAX: usize = 10_000;

    /// Takes the text as a description.
    ///
    /// # Errors
    /// When it is over 10,000 characters or holds a control character.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        check(text, 0, Self::MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// The description.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ExternalId {
    pub(crate) const MAX: usize = 255;

    /// Takes the text as an external id.
    ///
    /// # Errors
    /// When it is empty, over 255 characters, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        check(text, 1, Self::MAX)?;
        Ok(Self(text.to_owned()))
    }

    /// The external id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Email {
    pub(crate) const MAX: usize = 254;

    /// Trims the text and takes it as an email address.
    ///
    /// # Errors
    /// When it is no address (RFC 5321, without display name or address literal) or too long.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        check(text, 3, Self::MAX)?;
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal();
        email_address::EmailAddress::parse_with_options(text, options)
            .map_err(|_| TextError::Email)?;
        Ok(Self(text.to_owned()))
    }

    /// The address as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which an address is unique: lower case. Computed here, because the engines' `lower` differ.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Password {
    pub(crate) const MIN: usize = 12;
    pub(crate) const MAX_BYTES: usize = 1024;

    /// Takes the text as a new password.
    ///
    /// # Errors
    /// When it is under 12 characters (Unicode code points) or over 1,024 bytes, holds NUL, or is on a list of the 100,000
    /// most common passwords, as it is or in lower case.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        if text.len() > Self::MAX_BYTES {
            return Err(TextError::Bytes {
                max: Self::MAX_BYTES,
            });
        }
        if text.chars().count() < Self::MIN {
            return Err(TextError::Length {
                min: Self::MIN,
                max: usize::MAX,
            });
        }
        if text.contains('\0') {
            return Err(TextError::Nul);
        }
        if is_common_password(text) || is_common_password(text.to_lowercase()) {
            return Err(TextError::Guessable);
        }
        Ok(Self(text.to_owned()))
    }

    /// Refuses a password that says who its owner is: their address, the part of it before the `@`, or the name of
    /// their organisation.
    ///
    /// # Errors
    /// [`TextError::Guessable`].
    pub fn require_unlike(&self, email: &str, organisation: &str) -> Result<(), TextError> {
        let fold = |text: &str| text.trim().to_lowercase();
        let local = email.split('@').next().unwrap_or_default();
        let password = fold(&self.0);
        match [email, local, organisation].map(fold).contains(&password) {
            true => Err(TextError::Guessable),
            false => Ok(()),
        }
    }

    /// The password in clear, for hashing alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl From<Description> for String {
    fn from(description: Description) -> Self {
        description.0
    }
}

impl From<ExternalId> for String {
    fn from(external_id: ExternalId) -> Self {
        external_id.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_measured_in_characters() {
        assert_eq!(Name::parse("  Ada ").unwrap().as_str(), "Ada");
        assert!(Name::parse(&"é".repeat(200)).is_ok());
        assert_eq!(
            Name::parse(&"é".repeat(201)),
            Err(TextError::Length { min: 1, max: 200 })
        );
        assert!(Name::parse(" \u{3000} ").is_err());
        for control in ["\0", "a\nb", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(
                Name::parse(&format!("x{control}y")),
                Err(TextError::Control)
            );
        }
    }

    #[test]
    fn other_texts_are_kept_byte_for_byte() {
        let text = " \u{202e}🏳️‍🌈 e\u{301} ";
        assert_eq!(Description::parse(text).unwrap().as_str(), text);
        assert_eq!(ExternalId::parse(text).unwrap().as_str(), text);
        assert!(Description::parse("").is_ok());
        assert!(Description::parse(&"x".repeat(10_001)).is_err());
        assert!(ExternalId::parse("").is_err());
        assert!(ExternalId::parse(&"x".repeat(256)).is_err());
    }

    #[test]
    fn emails_are_addresses_and_compare_without_case() {
        for text in ["ada@example.com", "a+b@sub.example.org", " ada@localhost "] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "a b@example.com",
            "Ada <ada@example.com>",
            "ada@[127.0.0.1]",
        ] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
        let long = format!("{}@example.com", "a".repeat(250));
        assert!(Email::parse(&long).is_err());
        assert_eq!(
            Email::parse("Ada@Example.com").unwrap(),
            Email::parse("ada@example.COM").unwrap()
        );
    }

    #[test]
    fn passwords_are_long_and_nothing_else() {
        assert!(Password::parse("pa$$word_qwe").is_ok());
        assert!(Password::parse("éééééééééééé").is_ok());
        for common in ["Password1234", "123456789012", "qwertyuiop12"] {
            assert_eq!(Password::parse(common).unwrap_err(), TextError::Guessable);
        }
        assert!(Password::parse("elevenchars").is_err());
        assert_eq!(
            Password::parse("twelve\0chars").unwrap_err(),
            TextError::Nul
        );
        assert!(Password::parse("tab\tand\u{7f}and\nmore").is_ok());
        assert!(Password::parse(&"x".repeat(1025)).is_err());
        assert_eq!(
            format!("{:?}", Password::parse("pa$$word_qwe").unwrap()),
            "Password(…)"
        );
    }

    #[test]
    fn passwords_do_not_say_whose_they_are() {
        let refused = |password: &str| {
            let password = Password::parse(password).unwrap();
            password
                .require_unlike("Ada.Lovelace@example.com", "Analytical Engines")
                .is_err()
        };
        assert!(refused("ada.lovelace@EXAMPLE.com"));
        assert!(refused("Ada.LoveLace"));
        assert!(refused(" analytical engines"));
        assert!(!refused("analytical engines 1843"));
    }
}
