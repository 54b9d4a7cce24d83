//! Reads a line from a terminal without echo.

use std::fs::File;
use std::io::{self, BufRead, Read as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The bytes that a terminal sends for these keys.
const END: u8 = 0x04;
const BACKSPACE: [u8; 2] = [0x08, 0x7f];
const CLEAR_LINE: u8 = 0x15;

/// Disables the echo of a terminal. The previous mode is restored on drop.
#[derive(Debug)]
pub(super) struct NoEcho {
    terminal: File,
    before: Termios,
}

impl NoEcho {
    /// Disables the echo and the line mode of a terminal. In line mode, a terminal cuts lines after 4,095 or 1,023
    /// characters, and tokens are longer.
    ///
    /// # Errors
    ///
    /// If the mode cannot be set.
    pub(super) fn new(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut mode = before.clone();
        mode.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON;
        // `Now` keeps the input that was typed before.
        tcsetattr(&terminal, OptionalActions::Now, &mode)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for NoEcho {
    fn drop(&mut self) {
        // Errors are ignored: in a destructor they can be neither returned nor fixed.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Reads up to the end of the line, or one byte more than `limit`. Handles the keys that delete input.
///
/// # Errors
///
/// The errors of `keys`.
pub(super) fn read_line(keys: impl BufRead, limit: u64) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    for key in keys.take(limit.saturating_add(1)).bytes() {
        match key? {
            b'\n' | b'\r' | END => break,
            CLEAR_LINE => line.clear(),
            key if BACKSPACE.contains(&key) => drop(line.pop()),
            key => line.push(key),
        }
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_keys_delete_input() {
        for (keys, line) in [
            ("tok\nrest", "tok"),
            ("tok\r", "tok"),
            ("tok\u{4}", "tok"),
            ("tok", "tok"),
            ("\u{7f}tox\u{7f}k\n", "tok"),
            ("wrong\u{15}tok\n", "tok"),
            ("", ""),
        ] {
            assert_eq!(read_line(keys.as_bytes(), 64).unwrap(), line.as_bytes(), "{keys:?}");
        }
        assert_eq!(read_line(&[b'x'; 100][..], 64).unwrap().len(), 65);
    }
}
