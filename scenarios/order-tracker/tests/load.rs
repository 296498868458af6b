//! What the benchmark measures by, in small: its couriers and watchers count what there
//! is, and it measures no server that does something else.

#[path = "../benches/watchers/frames.rs"]
mod frames;
#[path = "../benches/watchers/http.rs"]
mod http;
#[path = "../benches/watchers/load.rs"]
mod load;
#[path = "../benches/watchers/orders.rs"]
mod orders;
#[path = "../benches/watchers/same.rs"]
mod same;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use program_test::{Program, command};

use frames::Frame;
use load::{Crowd, Schedule};

fn start(redis: Option<&str>) -> (Program, SocketAddr) {
    let mut command = command(env!("CARGO_BIN_EXE_order-tracker"), &["--addr", "127.0.0.1:0"]);
    command.env_remove("REDIS_URL").env_remove("DELIVERY_SECRET");
    let program = Program::start(command.envs(redis.map(|url| ("REDIS_URL", url))));
    program.until_it_says(" instance");
    let said = program.stdout();
    let port = said.split_once("127.0.0.1:").and_then(|(_, rest)| rest.split(':').next());
    let port: u16 = port.and_then(|port| port.parse().ok()).expect("it says where it listens");
    (program, ([127, 0, 0, 1], port).into())
}

#[test]
fn every_watcher_is_counted_for_every_position() {
    let (_program, server) = start(None);
    same::check(server).unwrap();
    for rest in [Duration::ZERO, Duration::from_millis(1)] {
        let mut crowd = Crowd::gather(server, 5, 4).unwrap();
        crowd.warm_up().unwrap();
        let every = Duration::from_millis(100);
        let seen = crowd.run(Schedule { every, positions: 3, rest }).unwrap();
        // On a busy machine a newer one may take the place of one that was not sent yet.
        assert_eq!(seen.received + seen.missed, 5 * 4 * 3);
        assert_eq!((seen.delays.len(), seen.late.len()), (5 * 4 * 3, 5 * 3));
        // The last one of the last order was due then.
        assert!(seen.took >= every * 2);
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn the_tracker_with_a_redis_does_what_is_measured() {
    let redis = std::env::var("REDIS_URL").expect("scripts/test says where it is");
    let (_program, server) = start(Some(&redis));
    same::check(server).unwrap();
    let mut crowd = Crowd::gather(server, 3, 2).unwrap();
    crowd.warm_up().unwrap();
}

#[test]
fn a_server_that_sends_something_else_is_not_measured() {
    let (_program, server) = start(None);
    let wrong = by_way_of(server, |text| {
        // Another place, as long as the right one.
        for at in 0..text.len() {
            if text[at..].starts_with(b"-23.5614") {
                text[at..][..8].copy_from_slice(b"-23.5615");
            }
        }
    });
    let error = same::check(wrong).unwrap_err().to_string();
    assert!(error.starts_with("#3 was due, and a watcher was sent {\"lat\":-23.5615,"), "{error}");
    let error = Crowd::gather(wrong, 1, 2).unwrap().warm_up().unwrap_err().to_string();
    assert!(error.contains("it was sent what is no position of its order"), "{error}");
}

#[test]
fn a_server_that_says_the_same_twice_is_not_measured() {
    let (_program, server) = start(None);
    let wrong = by_way_of(server, |text| {
        for at in 0..text.len() {
            if text[at..].starts_with(b"\"sequence\":3}") {
                text[at + 11] = b'2';
            }
        }
    });
    let mut crowd = Crowd::gather(wrong, 1, 1).unwrap();
    crowd.warm_up().unwrap();
    let every = Duration::from_millis(50);
    let schedule = Schedule { every, positions: 2, rest: Duration::ZERO };
    let error = crowd.run(schedule).err().expect("an error").to_string();
    assert!(error.ends_with("it was sent #2 after #2"), "{error}");
}

#[test]
fn a_frame_is_one_when_all_of_it_is_there() {
    let long = [&[0x81, 126, 0, 200][..], &[b'x'; 200]].concat();
    for (bytes, payload) in [(&b"\x81\x02hi"[..], &b"hi"[..]), (&long, &[b'x'; 200])] {
        for end in 0..bytes.len() {
            assert_eq!(frames::first(&bytes[..end]).unwrap(), None);
        }
        let more = [bytes, b"\x81"].concat();
        assert_eq!(frames::first(&more).unwrap(), Some((Frame::Text(payload), bytes.len())));
    }
    assert_eq!(frames::first(b"\x89\x01p").unwrap(), Some((Frame::Ping(b"p"), 3)));
    assert_eq!(frames::pong(b"p"), b"\x8A\x81\0\0\0\0p");
}

#[test]
fn what_is_no_message_is_an_error() {
    for (bytes, why) in [
        (&b"\x88\x02\x03\xE9"[..], "the server has closed it, with 1001"),
        (b"\x88\0", "the server has closed it, with no code"),
        (b"\x01\0", "a frame begins with 0x1"),
        (b"\x81\x7F\0\0", "a frame is too long, or masked"),
        (b"\x81\x82\0\0", "a frame is too long, or masked"),
        (b"\x81\x7E\xFF\xFF", "a frame has 65535 bytes"),
    ] {
        assert_eq!(frames::first(bytes).unwrap_err().to_string(), why);
    }
}

/// Another way to a server, on which what it answers is changed.
fn by_way_of(server: SocketAddr, change: impl Fn(&mut [u8]) + Copy + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(server) else { return };
            let again = |stream: &TcpStream| stream.try_clone().expect("a descriptor");
            let (from, to) = (again(&client), again(&server));
            thread::spawn(move || carry(from, to, |_| {}));
            thread::spawn(move || carry(server, client, change));
        }
    });
    address
}

/// Until one of them ends.
fn carry(mut from: TcpStream, mut to: TcpStream, change: impl Fn(&mut [u8])) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        change(&mut buffer[..read]);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
}
