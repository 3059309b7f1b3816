//! Keys as they are pressed.

use std::io::{self, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

use super::failure::Failure;

const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_U: u8 = 21;
const BACKSPACES: [u8; 2] = [8, 127];

/// A terminal that gives keys at once and does not show them, until this is dropped.
pub(crate) struct Keys(Termios);

impl Keys {
    fn take(without: LocalModes) -> Result<Self, Failure> {
        let failed = |error: rustix::io::Errno| Failure::refused(format!("the terminal: {error}"));
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut now = before.clone();
        now.local_modes.remove(without);
        tcsetattr(io::stdin(), OptionalActions::Now, &now).map_err(failed)?;
        Ok(Self(before))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Every key from now on.
pub(crate) fn listen() -> Result<(Keys, mpsc::UnboundedReceiver<u8>), Failure> {
    let taken = Keys::take(LocalModes::ICANON | LocalModes::ECHO)?;
    let (keys, pressed) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for key in io::stdin().lock().bytes().map_while(Result::ok) {
            if keys.send(key).is_err() {
                return;
            }
        }
    });
    Ok((taken, pressed))
}

/// A line that is not shown. Ctrl-C is read here, so that it does not leave a terminal behind that shows nothing.
pub(crate) fn secret(what: &str) -> Result<String, Failure> {
    let taken = Keys::take(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)?;
    let say = |text: &str| {
        let mut error = io::stderr();
        let _ = error
            .write_all(text.as_bytes())
            .and_then(|()| error.flush());
    };
    say(&format!("{what}: "));
    let mut typed = String::new();
    let mut partial = Vec::new();
    let mut finished = false;
    for key in io::stdin().lock().bytes().map_while(Result::ok) {
        match key {
            b'\n' | b'\r' => finished = true,
            CTRL_C | CTRL_D => break,
            CTRL_U => typed.clear(),
            key if BACKSPACES.contains(&key) => drop(typed.pop()),
            key => {
                // A character may be several bytes.
                partial.push(key);
                if let Ok(text) = std::str::from_utf8(&partial) {
                    typed.push_str(text);
                    partial.clear();
                }
            }
        }
        if finished {
            break;
        }
    }
    drop(taken);
    say("\n");
    match finished && !typed.is_empty() {
        true => Ok(typed),
        false => Err(Failure::usage(format!("no {what} was given"))),
    }
}
