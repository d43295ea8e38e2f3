//! USB/IP between the kernel's virtual controller and the camera: messages of 48 bytes, big-endian, some with data.

use std::io::{self, Read, Write};

const CMD_SUBMIT: u32 = 1;
const CMD_UNLINK: u32 = 2;
const RET_SUBMIT: u32 = 3;
const RET_UNLINK: u32 = 4;

/// The transfer is refused: the endpoint stalls.
pub const STALL: i32 = -32;
/// The transfer was taken back.
const TAKEN_BACK: i32 = -104;

/// What the controller asks.
pub enum Message {
    /// A transfer.
    Submit(Transfer),
    /// Take this transfer back.
    Unlink {
        /// Number of this message.
        number: u32,
        /// Number of the transfer.
        transfer: u32,
    },
}

/// A transfer.
pub struct Transfer {
    /// Number of the message.
    number: u32,
    /// Endpoint, without its direction.
    pub endpoint: u32,
    /// Most bytes that may come back.
    pub room: usize,
    /// The setup packet of a control transfer.
    pub setup: [u8; 8],
    /// What the host sends.
    pub data: Vec<u8>,
}

impl Transfer {
    /// Whether this is the transfer of this number.
    pub fn is(&self, number: u32) -> bool {
        self.number == number
    }
}

/// Waits for the next message.
pub fn read(from: &mut impl Read) -> io::Result<Message> {
    let mut head = [0; 48];
    from.read_exact(&mut head)?;
    let word = |place: usize| u32::from_be_bytes([0, 1, 2, 3].map(|byte| head[4 * place + byte]));
    let number = word(1);
    match word(0) {
        CMD_SUBMIT => {
            let (inwards, length) = (word(3) == 1, word(6) as usize);
            let mut data = vec![0; if inwards { 0 } else { length }];
            from.read_exact(&mut data)?;
            let mut setup = [0; 8];
            setup.copy_from_slice(&head[40..]);
            Ok(Message::Submit(Transfer { number, endpoint: word(4), room: length, setup, data }))
        }
        CMD_UNLINK => Ok(Message::Unlink { number, transfer: word(5) }),
        other => Err(io::Error::other(format!("unknown message {other}"))),
    }
}

/// Answers a transfer: what it brings, or why it failed.
pub fn answer(to: &mut impl Write, transfer: &Transfer, outcome: Result<&[u8], i32>) -> io::Result<()> {
    let sent = u32::try_from(transfer.data.len()).map_err(io::Error::other)?;
    let (status, length, data) = match outcome {
        Ok([]) => (0, sent, &[][..]),
        Ok(data) => {
            let data = &data[..data.len().min(transfer.room)];
            (0, u32::try_from(data.len()).map_err(io::Error::other)?, data)
        }
        Err(status) => (status, 0, &[][..]),
    };
    let mut bytes = head(RET_SUBMIT, transfer.number, status, length);
    bytes.extend(data);
    to.write_all(&bytes)
}

/// Says whether a transfer could be taken back. It is never answered after this.
pub fn answer_unlink(to: &mut impl Write, number: u32, taken_back: bool) -> io::Result<()> {
    to.write_all(&head(RET_UNLINK, number, if taken_back { TAKEN_BACK } else { 0 }, 0))
}

fn head(kind: u32, number: u32, status: i32, length: u32) -> Vec<u8> {
    let words = [kind, number, 0, 0, 0, status.cast_unsigned(), length, 0, 0, 0, 0, 0];
    words.into_iter().flat_map(u32::to_be_bytes).collect()
}
