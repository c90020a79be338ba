//! Sockets, TLS, HTTP/1.1 and HTTP/2 on one port, limits, drain, and the admin listener.
