//! Every way to be a bad server, and each of the clients.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use wire_client::protocol::{Command, ProtocolError, Value};
use wire_client::{Address, Error};

use crate::both::{BOTH, Kind};
use crate::server::{Act, Server};

/// To `HELLO`, with which every connection begins.
const HELLO: &[Act] = &[Act::Says(b"%1\r\n$5\r\nproto\r\n:3\r\n")];

/// For who is to wait in vain: enough for a `HELLO` beside busy processes.
const SOON: Duration = Duration::from_secs(2);

fn incr() -> Command {
    Command::new("INCR").arg("price")
}

/// What a call leads to where the server does this.
fn call(kind: Kind, acts: &'static [&'static [Act]]) -> Result<Value, Error> {
    call_within(kind, acts, Duration::from_secs(60))
}

/// And that afterwards the client is used no more, if it has no reply.
fn call_within(
    kind: Kind,
    acts: &'static [&'static [Act]],
    within: Duration,
) -> Result<Value, Error> {
    let server = Server::start(acts);
    let mut client = kind.connect_within(&server.address, within).expect("it says hello");
    let reply = client.call(&incr());
    if reply.is_err() {
        let next = client.call(&incr()).expect_err("the connection is of no use");
        let Error::Lost { reason, may_have_run: false } = &next else { panic!("{next:?}") };
        assert!(reason.contains("an earlier call"), "{kind:?}: {reason}");
    }
    client.close();
    server.end();
    reply
}

fn reason(error: Result<Value, Error>) -> String {
    match error {
        Err(Error::Lost { reason, may_have_run: true }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_good_server_is_understood() {
    for kind in BOTH {
        let reply = call(kind, &[HELLO, &[Act::Says(b":7\r\n")]]);
        assert_eq!(reply, Ok(Value::Integer(7)), "{kind:?}");
    }
}

#[test]
fn one_that_says_each_byte_by_itself_is_understood() {
    for kind in BOTH {
        let reply = call(kind, &[HELLO, &[Act::Trickles(b"*2\r\n$5\r\nhello\r\n:7\r\n")]]);
        let wanted = Value::Array(vec![Value::BulkString("hello".into()), Value::Integer(7)]);
        assert_eq!(reply, Ok(wanted), "{kind:?}");
    }
}

#[test]
fn what_nobody_has_asked_for_is_passed_over() {
    let push = Act::Says(b">2\r\n$7\r\nmessage\r\n$5\r\nhello\r\n");
    for kind in BOTH {
        let server = Server::start(Box::leak(Box::new([
            HELLO,
            Box::leak(Box::new([push, Act::Says(b":1\r\n"), push])) as &[Act],
            &[Act::Says(b":2\r\n")],
        ])));
        let mut client = kind.connect(&server.address).expect("it says hello");
        assert_eq!(client.call(&incr()), Ok(Value::Integer(1)), "{kind:?}");
        assert_eq!(client.call(&incr()), Ok(Value::Integer(2)), "{kind:?}");
        client.close();
        server.end();
    }
}

#[test]
fn a_refusal_leaves_the_connection_of_use() {
    for kind in BOTH {
        let server = Server::start(&[
            HELLO,
            &[Act::Says(b"-ERR value is not an integer or out of range\r\n")],
            &[Act::Says(b"!14\r\nSYNTAX invalid\r\n")],
            &[Act::Says(b":1\r\n")],
        ]);
        let mut client = kind.connect(&server.address).expect("it says hello");
        let refused = |why: &str| Err(Error::Refused(why.to_owned()));
        assert_eq!(client.call(&incr()), refused("ERR value is not an integer or out of range"));
        assert_eq!(client.call(&incr()), refused("SYNTAX invalid"), "{kind:?}");
        assert_eq!(client.call(&incr()), Ok(Value::Integer(1)), "{kind:?}");
        client.close();
        server.end();
    }
}

#[test]
fn one_that_closes_instead_of_a_reply_or_in_the_middle_of_one_is_lost() {
    for kind in BOTH {
        for acts in [
            &[HELLO, &[Act::Closes]] as &[&[Act]],
            &[HELLO, &[Act::Says(b":"), Act::Closes]],
            &[HELLO, &[Act::Says(b"$5\r\nhel"), Act::Closes]],
            &[HELLO, &[Act::Says(b"*3\r\n:1\r\n"), Act::Closes]],
        ] {
            let why = reason(call(kind, acts));
            assert!(why.contains("the server closed it"), "{kind:?}: {why}");
        }
    }
}

#[test]
fn one_that_speaks_something_else_is_found_out() {
    for kind in BOTH {
        let reply = call(kind, &[HELLO, &[Act::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n")]]);
        assert_eq!(reply, Err(Error::Protocol(ProtocolError::Kind(b'H'))), "{kind:?}");
        let reply = call(kind, &[HELLO, &[Act::Says(b":seven\r\n")]]);
        assert!(matches!(reply, Err(Error::Protocol(ProtocolError::Number(_)))), "{reply:?}");
    }
}

#[test]
fn one_that_greets_with_something_else_is_not_connected_to() {
    for kind in BOTH {
        let connect = |acts: &'static [&'static [Act]]| {
            let server = Server::start(acts);
            let connected = kind.connect(&server.address).map(|_| "connected");
            server.end();
            connected
        };
        let http = connect(&[&[Act::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Act::Closes]]);
        assert_eq!(http, Err(Error::Protocol(ProtocolError::Kind(b'H'))), "{kind:?}");
        let old = connect(&[&[Act::Says(b"-ERR unknown command 'HELLO'\r\n")]]);
        assert_eq!(old, Err(Error::Refused("ERR unknown command 'HELLO'".to_owned())));
        let closed = connect(&[&[Act::Closes]]);
        assert!(matches!(closed, Err(Error::Lost { .. })), "{closed:?}");
    }
}

#[test]
fn one_that_refuses_to_greet_is_told_without_the_password_that_it_repeats() {
    const REPEATS: &[Act] = &[Act::Says(
        b"-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `me`, `sesame`, \r\n",
    )];
    for kind in BOTH {
        let server = Server::start(&[REPEATS]);
        let (host, port) = server.address.host_and_port();
        let address = format!("redis://me:sesame@{host}:{port}").parse().expect("an address");
        let error = kind.connect(&address).err().expect("it is refused");
        assert_eq!(error, Error::Refused("ERR unknown command `HELLO`".to_owned()), "{kind:?}");
        server.end();
    }
}

#[test]
fn one_that_says_nothing_more_is_given_up() {
    each_is_given_up(&[
        &[HELLO, &[Act::Stalls]],
        &[HELLO, &[Act::Says(b"$5\r\nhel"), Act::Stalls]],
    ]);
}

#[test]
fn one_whose_reply_goes_on_and_on_is_given_up_too() {
    each_is_given_up(&[
        // Each byte comes in time, and the reply never does.
        &[HELLO, &[Act::Says(b"*1000000\r\n"), Act::TricklesForever(b":1\r\n")]],
        &[HELLO, &[Act::SaysForever(b">1\r\n+news\r\n")]],
    ]);
}

/// At the same time, because each of them takes a while.
fn each_is_given_up(servers: &'static [&'static [&'static [Act]]]) {
    thread::scope(|scope| {
        for (kind, acts) in
            BOTH.into_iter().flat_map(|kind| servers.iter().map(move |it| (kind, it)))
        {
            scope.spawn(move || {
                let why = reason(call_within(kind, acts, SOON));
                assert_eq!(why, "no complete reply came in 2 s", "{kind:?}");
            });
        }
    });
}

#[test]
fn one_reply_too_many_is_no_reply() {
    for kind in BOTH {
        let why = reason(call(kind, &[HELLO, &[Act::Says(b":1\r\n:2\r\n")]]));
        assert_eq!(why, "a reply came that nobody had asked for", "{kind:?}");
    }
}

#[test]
fn one_that_promises_too_much_gets_no_memory_for_it() {
    for kind in BOTH {
        let bounded = |acts| {
            let mut reply = None;
            let taken = allocation_counter::measure(|| reply = Some(call(kind, acts)));
            assert!(taken.bytes_max < 2_000_000, "{kind:?}: {taken:?}");
            match reply {
                Some(Err(Error::Protocol(error))) => error,
                other => panic!("{other:?}"),
            }
        };
        let error = bounded(&[HELLO, &[Act::Says(b"$4611686018427387904\r\n")]]);
        assert!(matches!(error, ProtocolError::TooManyBytes { .. }), "{error:?}");
        let error = bounded(&[HELLO, &[Act::Says(b"*4611686018427387904\r\n")]]);
        assert!(matches!(error, ProtocolError::TooManyValues { .. }), "{error:?}");
        let error = bounded(&[HELLO, &[Act::SaysForever(b"*1\r\n")]]);
        assert!(matches!(error, ProtocolError::TooDeep { .. }), "{error:?}");
        let error = bounded(&[HELLO, &[Act::SaysForever(b"+and so on ")]]);
        assert!(matches!(error, ProtocolError::LineTooLong { .. }), "{error:?}");
    }
}

#[test]
fn where_nobody_is_nobody_is_reached() {
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = Address::new("127.0.0.1", listener.local_addr().expect("it is bound").port());
    drop(listener);
    for kind in BOTH {
        let why = kind.connect(&nobody).map(|_| ()).expect_err("nobody is there").to_string();
        assert_eq!(why, format!("nobody answers at {nobody}: connection refused"), "{kind:?}");
        // No name has a part that is so long, so nobody needs to be asked.
        let nowhere = Address::new(&"x".repeat(64), 6379);
        let why = kind.connect(&nowhere).map(|_| ()).expect_err("it is nowhere").to_string();
        assert_eq!(why, format!("the host of {nowhere} is not known"), "{kind:?}");
    }
}
