//! The ways to be a client, in one place.

/// How commands are sent: one program for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// What it is called, such as `wire-simple`.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Whether a connection has one command on its way at most, and not one of each
    /// requester.
    pub one_on_each: bool,
}

impl Program {
    /// What a user of Redis would write.
    pub const LIBRARY: Self = Self {
        name: "wire-library",
        about: "Commands to Redis, sent by the client of the redis crate",
        one_on_each: false,
    };

    /// Std's sockets and threads.
    pub const BLOCKING: Self = Self {
        name: "wire-blocking",
        about: "Commands to Redis, each awaited by a thread that blocks",
        one_on_each: true,
    };

    /// The same, awaited.
    pub const SIMPLE: Self = Self {
        name: "wire-simple",
        about: "Commands to Redis, each sent when its connection is free",
        one_on_each: true,
    };

    /// The same in a binary protocol.
    pub const BINARY: Self = Self {
        name: "wire-binary",
        about: "Commands in a binary protocol, each sent when its connection is free",
        one_on_each: true,
    };

    /// Many on their way at once.
    pub const PIPELINED: Self = Self {
        name: "wire-pipelined",
        about: "Commands to Redis, each sent at once, behind those that still wait",
        one_on_each: false,
    };

    /// The blocking client, on threads that others do not wait on.
    pub const THREADED: Self = Self {
        name: "wire-threaded",
        about: "Commands to Redis, each handed to the thread of its connection",
        one_on_each: true,
    };

    /// Many on their way, beside a callback that does not give its thread back.
    pub const BLOCKER: Self = Self {
        name: "wire-blocker",
        about: "Commands to Redis, beside a callback that blocks their event loop for 0.1 s",
        one_on_each: false,
    };

    /// Who replies.
    pub(crate) fn server(&self) -> &'static str {
        if *self == Self::BINARY { "The server" } else { "Redis" }
    }
}
