//! Listening sockets: one per core on the same port, so that the kernel deals out connections.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

const BACKLOG: i32 = 1024;

/// Binds `count` listening sockets to one address, and says which: port 0 lets the system choose,
/// once for all.
pub(super) fn bind(
    address: SocketAddr,
    count: usize,
) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    // The first socket is bound alone: another process on the port, even one that shares ports as
    // we do, is an error and not a silent half of the connections.
    let first = open(address)?;
    first.bind(&address.into())?;
    let address = first.local_addr()?.as_socket().unwrap_or(address);
    let mut sockets = Vec::with_capacity(count);
    if count > 1 {
        first.set_reuse_port(true)?;
        for _ in 1..count {
            sockets.push(share(&first, address)?);
        }
    }
    sockets.insert(0, first);
    let listen = |socket: Socket| {
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    Ok((address, sockets.into_iter().map(listen).collect::<io::Result<_>>()?))
}

/// Sets what accepted connections need: no delay of small writes, and dead peers are noticed.
pub(super) fn prepare(stream: &tokio::net::TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_keepalive(true)
}

fn open(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    Ok(socket)
}

/// One more socket on the first one's port; where the system does not share ports that way, the
/// first socket itself, on which all cores then accept.
fn share(first: &Socket, address: SocketAddr) -> io::Result<Socket> {
    let another = open(address)?;
    let bound = another.set_reuse_port(true).and_then(|()| another.bind(&address.into()));
    match bound {
        Ok(()) => Ok(another),
        Err(_) => first.try_clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sockets_share_the_port_that_the_system_chose() {
        let (address, listeners) = bind(SocketAddr::from(([127, 0, 0, 1], 0)), 3).unwrap();
        let ports: Vec<_> = listeners.iter().map(|l| l.local_addr().unwrap().port()).collect();
        assert_eq!(ports.len(), 3);
        assert!(ports.iter().all(|port| *port == address.port() && *port != 0), "{ports:?}");
    }

    #[test]
    fn a_port_in_use_is_an_error_even_if_its_owner_shares_it() {
        let (address, _taken) = bind(SocketAddr::from(([127, 0, 0, 1], 0)), 2).unwrap();
        let error = bind(address, 2).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
