//! WebSocket (RFC 6455; over HTTP/2: RFC 8441) for every frontend whose calls may go over one:
//! the handshake, and a socket that is held to limits.
//!
//! Frames are tokio-tungstenite's business. What it leaves open is settled here: which handshakes
//! and origins are taken, how large a message may be, how many bytes may wait, who is still there.

mod close;
mod handshake;
mod socket;

pub use self::close::Close;
pub use self::handshake::{Handshake, Refused};
pub use self::socket::{Gone, Receiver, Sender, Settings, Socket, Text};
