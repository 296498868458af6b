//! Watchers who send what nobody asked for.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hyper_tungstenite::tungstenite::Message;
use program_test::http::Client;
use program_test::until;

use crate::support::{Running, handshake};
use crate::watchers::narrow;

/// A frame of this kind whose mask is 0, with a length that may be a lie.
fn frame(kind: u8, length: u16, payload: &[u8]) -> Vec<u8> {
    let [high, low] = length.to_be_bytes();
    let mut frame = vec![0x80 | kind, 0x80 | 126, high, low, 0, 0, 0, 0];
    frame.extend(payload);
    frame
}

/// A watcher without a library.
fn raw(running: &Running, order: &str) -> TcpStream {
    let mut client = Client::connect(running.address);
    client.send(&handshake(order, ""));
    assert_eq!(client.response().status, 101);
    client.into_stream()
}

/// The close code of what comes, up to its end.
fn close_code(mut stream: TcpStream) -> Option<u16> {
    let mut all = Vec::new();
    // A server that has not read everything resets the connection.
    let _ = stream.read_to_end(&mut all);
    let close = all.windows(4).find(|part| part[0] == 0x88)?;
    Some(u16::from_be_bytes([close[2], close[3]]))
}

#[test]
fn a_watcher_has_nothing_to_say() {
    let running = Running::start(&[]);
    let order = running.open();
    for message in [Message::text("hello"), Message::binary(vec![1, 2, 3])] {
        let mut watcher = running.watch(&order);
        watcher.0.send(message).unwrap();
        watcher.is_closed_with(1003);
    }
}

#[test]
fn what_is_too_long_is_refused_before_it_has_come() {
    let running = Running::start(&[]);
    let order = running.open();
    let mut stream = raw(&running, &order);
    stream.write_all(&frame(1, 1025, b"only the beginning")).unwrap();
    assert_eq!(close_code(stream), Some(1009));
    // In parts, each of which would be allowed.
    let mut stream = raw(&running, &order);
    let mut part = frame(1, 1000, &[b'a'; 1000]);
    part[0] = 0x01;
    stream.write_all(&part).unwrap();
    part[0] = 0x00;
    stream.write_all(&part).unwrap();
    assert_eq!(close_code(stream), Some(1009));
}

#[test]
fn rubbish_closes_its_own_connection_and_no_other() {
    let running = Running::start(&[]);
    let order = running.open();
    let mut watcher = running.watch(&order);
    let no_text = frame(1, 2, &[0xff, 0xfe]);
    for rubbish in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0x81, 0x01, b'a'], &no_text] {
        let mut stream = raw(&running, &order);
        stream.write_all(rubbish).unwrap();
        assert_eq!(close_code(stream), Some(1002), "{rubbish:?}");
    }
    running.take(&order, 1);
    watcher.sees(1);
}

#[test]
fn a_frame_that_never_ends_is_ended() {
    let running = Running::start(&["--idle", "0.3"]);
    let order = running.open();
    let mut stream = raw(&running, &order);
    stream.write_all(&frame(9, 126, b"half")[..6]).unwrap();
    running.program.until_it_says("Ended: nothing is heard of the watcher\n");
}

#[test]
fn a_flood_of_pings_is_ended_also_when_its_answers_are_not_read() {
    // For so long its farewell is waited for.
    let running = Running::start(&["--grace", "1"]);
    let order = running.open();
    let mut watcher = running.watch(&order);
    let mut stream = narrow(running.address);
    stream.write_all(handshake(&order, "").as_bytes()).unwrap();
    let ping = [0x89, 0x80, 0, 0, 0, 0].repeat(1_000);
    // It may be ended before all of it is written.
    let _ = stream.write_all(&ping);
    running.program.until_it_says("Closed with 1008, that is too much to say");
    running.take(&order, 1);
    watcher.sees(1);
}

#[test]
fn who_says_that_it_is_there_and_reads_nothing_is_ended() {
    let running = Running::start(&["--idle", "2"]);
    let order = running.open();
    let mut stream = narrow(running.address);
    stream.write_all(handshake(&order, "").as_bytes()).unwrap();
    let (mut sequence, mut said) = (0, Instant::now());
    until("it is ended", || {
        sequence += 1;
        running.take(&order, sequence);
        // Often enough to be heard, and not so often as to be a flood.
        if said.elapsed() > Duration::from_millis(50) {
            said = Instant::now();
            // It fails once the server has ended it.
            let _ = stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]);
        }
        running.program.stdout().contains("Ended: the watcher reads nothing\n")
    });
}

#[test]
fn a_handshake_that_never_ends_keeps_nobody_from_watching() {
    let running = Running::start(&["--grace", "0.2"]);
    let order = running.open();
    let half = handshake(&order, "");
    let mut streams = Vec::new();
    for end in [1, half.len() / 2, half.len() - 1] {
        let mut client = Client::connect(running.address);
        client.send(&half[..end]);
        streams.push(client);
    }
    let mut watcher = running.watch(&order);
    running.take(&order, 1);
    watcher.sees(1);
    drop(watcher);
    running.stop().well();
}
