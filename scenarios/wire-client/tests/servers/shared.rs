//! Bad servers, and the client that is shared.

mod peer;

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

use futures::future::join_all;
use program_test::PATIENCE;
use tokio::runtime::Builder;
use tokio::time::timeout;
use wire_client::pipelined::{Client, Settings};
use wire_client::protocol::{Command, Limits, Value};
use wire_client::{Address, Error};

use peer::{serve, serve_greeted};

/// For what is to end without a reply.
const IN_VAIN: Duration = Duration::from_millis(200);

fn get() -> Command {
    Command::new("GET").arg("price")
}

fn no_reconnect() -> Settings {
    Settings { reconnect: false, ..Settings::default() }
}

/// Runs it where its memory can be measured: in this thread. It fails if it hangs.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let ended = runtime.block_on(async { timeout(PATIENCE, future).await });
    ended.expect("it hangs")
}

async fn connect(address: &Address) -> Client {
    Client::connect_with(address, no_reconnect()).await.expect("it greets")
}

/// What three callers get from a server that says this to the first of them.
fn three_calls(says: &'static str) -> [Result<Value, Error>; 3] {
    let address = serve_greeted(move |peer, _| {
        peer.hears();
        peer.says(says);
    });
    block_on(async {
        let client = connect(&address).await;
        let command = get();
        join_all([0; 3].map(|_| client.call(&command))).await.try_into().expect("three")
    })
}

#[track_caller]
fn assert_lost(result: &Result<Value, Error>, wanted: &str) {
    let Err(Error::Lost { reason, .. }) = result else { panic!("{result:?}") };
    assert!(reason.contains(wanted), "{reason}");
}

#[test]
fn one_that_closes_is_told_to_everybody() {
    let [first, others @ ..] = three_calls(":1\r\n");
    assert_eq!(first, Ok(Value::Integer(1)));
    for other in others {
        let reason = "the server closed it".to_owned();
        assert_eq!(other, Err(Error::Lost { reason, may_have_run: true }));
    }
}

#[test]
fn one_that_closes_in_the_middle_of_a_reply_is_lost() {
    for other in three_calls("$5\r\nhel") {
        assert_lost(&other, "in the middle of a reply");
    }
}

#[test]
fn what_came_before_the_rubbish_is_delivered() {
    let [first, others @ ..] = three_calls(":1\r\nHTTP/1.1 400 Bad Request\r\n\r\n");
    assert_eq!(first, Ok(Value::Integer(1)));
    for other in others {
        assert_lost(&other, "does not speak Redis's protocol: a reply begins with the byte 0x48");
    }
}

#[test]
fn one_that_refuses_to_greet_is_told_without_the_password_that_it_repeats() {
    let address = serve(|peer, _| {
        let words = peer.hears().join("' '");
        peer.says(format!("-ERR unknown command '{words}'\r\n"));
    });
    let (host, port) = address.host_and_port();
    let address = format!("redis://me:sesame@{host}:{port}").parse().expect("an address");
    let error = block_on(Client::connect(&address)).expect_err("it is refused").to_string();
    assert!(error.ends_with("so its words are not told"), "{error}");
}

#[test]
fn replies_that_come_byte_by_byte_are_understood() {
    let address = serve_greeted(|peer, _| {
        while !peer.hears().is_empty() {
            for byte in b"*2\r\n$5\r\nhello\r\n:7\r\n" {
                peer.says([*byte]);
            }
        }
    });
    block_on(async {
        let client = connect(&address).await;
        let command = get();
        let wanted = Value::Array(vec![Value::BulkString("hello".into()), Value::Integer(7)]);
        for reply in join_all([0; 3].map(|_| client.call(&command))).await {
            assert_eq!(reply.as_ref(), Ok(&wanted));
        }
    });
}

#[test]
fn a_reply_too_many_reaches_nobody() {
    let address = serve_greeted(|peer, number| {
        peer.hears();
        peer.says(if number == 1 { ":1\r\n:99\r\n" } else { ":2\r\n" });
        peer.reads_on();
    });
    block_on(async {
        let client = connect(&address).await;
        assert_eq!(client.call(&get()).await, Ok(Value::Integer(1)));
        // Nobody reads beyond what was asked for, unless it is there already.
        let next = client.call(&get()).await;
        assert_lost(&next, "a reply came that nobody had asked for");
        assert_eq!(client.call(&get()).await.err(), next.err().map(not_run));
    });
}

#[test]
fn after_a_reply_too_many_a_new_connection_begins_anew() {
    let address = serve_greeted(|peer, number| {
        peer.hears();
        peer.says(if number == 1 { ":1\r\n:99\r\n" } else { ":2\r\n" });
        peer.reads_on();
    });
    block_on(async {
        let client = Client::connect(&address).await.expect("it greets");
        assert_eq!(client.call(&get()).await, Ok(Value::Integer(1)));
        assert_eq!(client.call(&get()).await, Ok(Value::Integer(2)));
    });
}

/// The same error, for a command of which nothing went out.
fn not_run(error: Error) -> Error {
    match error {
        Error::Lost { reason, .. } => Error::Lost { reason, may_have_run: false },
        error => error,
    }
}

#[test]
fn one_that_stalls_is_left_by_whoever_loses_patience() {
    let address = serve_greeted(|peer, _| {
        peer.hears();
        peer.reads_on();
    });
    block_on(async {
        let client = connect(&address).await;
        assert!(timeout(IN_VAIN, client.call(&get())).await.is_err());
        assert!(timeout(IN_VAIN, client.call(&get())).await.is_err());
        // What was accepted is not answered, and close waits for it.
        assert!(timeout(IN_VAIN, client.close()).await.is_err());
        assert_eq!(client.call(&get()).await, Err(Error::Closed));
    });
}

#[test]
fn the_reply_to_a_call_that_was_given_up_reaches_nobody_else() {
    let (go_on, wait) = mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let address = serve_greeted(move |peer, _| {
        peer.hears();
        wait.lock().expect("nobody else").recv().expect("the test goes on");
        peer.says(":1\r\n");
        peer.hears();
        peer.says(":2\r\n");
        peer.reads_on();
    });
    block_on(async {
        let client = connect(&address).await;
        assert!(timeout(IN_VAIN, client.call(&get())).await.is_err());
        go_on.send(()).expect("it waits");
        assert_eq!(client.call(&get()).await, Ok(Value::Integer(2)));
        assert_eq!(client.close().await, Ok(()));
    });
}

#[test]
fn one_that_promises_too_much_gets_no_memory_for_it() {
    for (says, again, wanted) in [
        ("$4611686018427387904\r\n", "", "larger than"),
        ("*4611686018427387904\r\n", "", "values"),
        ("", "*1\r\n", "within each other"),
        ("", "+and so on ", "line is longer than"),
    ] {
        let address = serve_greeted(move |peer, _| {
            peer.hears();
            peer.says(says);
            while !again.is_empty() && peer.says(again.repeat(100)) {}
            peer.reads_on();
        });
        let taken = allocation_counter::measure(|| {
            block_on(async {
                let client = connect(&address).await;
                assert_lost(&client.call(&get()).await, wanted);
            });
        });
        assert!(taken.bytes_max < 2_000_000, "{says:?}{again:?}: {taken:?}");
    }
}

#[test]
fn one_that_does_not_read_is_not_sent_more_than_the_window() {
    const LARGE: usize = 64 << 10;
    let (tell, told) = mpsc::channel();
    let (go_on, wait) = mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let address = serve_greeted(move |peer, _| {
        wait.lock().expect("nobody else").recv().expect("the test goes on");
        tell.send(peer.reads_on()).expect("the test waits");
    });
    block_on(async {
        let settings =
            Settings { in_flight: 8.try_into().expect("not zero"), ..Settings::default() };
        let client = Client::connect_with(&address, settings).await.expect("it greets");
        let large = Command::new("SET").arg("key").arg(vec![b'x'; LARGE]);
        // Each gives up; the places of those that were accepted stay.
        let all = join_all((0..100).map(|_| timeout(IN_VAIN, client.call(&large)))).await;
        assert!(all.iter().all(Result::is_err));
        drop(client);
    });
    go_on.send(()).expect("it waits");
    let came = told.recv().expect("it tells");
    assert!(came <= 8 * (LARGE + 100), "{came} bytes came");
}

#[test]
fn a_large_command_waits_until_those_before_it_have_gone_out() {
    // Far more than may wait for the socket and than the system takes.
    const LARGE: usize = 8 << 20;
    let address = serve_greeted(|peer, _| {
        while let [_, key, ..] = &peer.hears()[..] {
            peer.says(format!("+{key}\r\n"));
        }
    });
    block_on(async {
        let client = connect(&address).await;
        let commands: Vec<_> = (0..8)
            .map(|key| Command::new("SET").arg(key.to_string()).arg(vec![b'x'; LARGE]))
            .collect();
        let replies = join_all(commands.iter().map(|it| client.call(it))).await;
        for (key, reply) in replies.into_iter().enumerate() {
            assert_eq!(reply, Ok(Value::SimpleString(key.to_string().into())));
        }
    });
}

#[test]
fn a_flood_of_messages_fills_no_memory_and_stops_no_reply() {
    let flood = ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n".repeat(1_000);
    let address = serve_greeted(move |peer, _| {
        assert_eq!(peer.hears(), ["SUBSCRIBE", "news"]);
        peer.says(">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
        peer.hears();
        for _ in 0..100 {
            peer.says(&flood);
        }
        peer.says(":1\r\n");
        while peer.says(&flood) {}
    });
    let taken = allocation_counter::measure(|| {
        block_on(async {
            let settings =
                Settings { messages: 10.try_into().expect("not zero"), ..no_reconnect() };
            let client = Client::connect_with(&address, settings).await.expect("it greets");
            let mut news = client.subscribe("news").await.expect("it confirms");
            assert_eq!(client.call(&get()).await, Ok(Value::Integer(1)));
            assert!(news.missed() >= 100_000 - 10, "{} were missed", news.missed());
            for _ in 0..10 {
                let message = news.next().await.expect("it came");
                assert_eq!((&message.payload[..], message.missed), (&b"hello"[..], 0));
            }
            let next = news.next().await.expect("more come");
            assert!(next.missed >= 100_000 - 10, "{next:?}");
            assert!(timeout(IN_VAIN, client.call(&get())).await.is_err());
        });
    });
    assert!(taken.bytes_max < 2_000_000, "{taken:?}");
}

#[test]
fn a_subscription_that_is_refused_takes_one_place() {
    let address = serve_greeted(|peer, _| {
        peer.hears();
        peer.says("-NOPERM no permissions to access this channel\r\n:2\r\n");
        peer.reads_on();
    });
    block_on(async {
        let client = connect(&address).await;
        let command = get();
        let (news, reply) = tokio::join!(client.subscribe("news"), client.call(&command));
        let refused = "NOPERM no permissions to access this channel".to_owned();
        assert_eq!(news.err(), Some(Error::Refused(refused)));
        assert_eq!(reply, Ok(Value::Integer(2)));
    });
}

#[test]
fn a_subscription_that_gets_a_reply_is_none() {
    let address = serve_greeted(|peer, _| {
        peer.hears();
        peer.says("+OK\r\n");
        peer.reads_on();
    });
    block_on(async {
        let client = connect(&address).await;
        let error = client.subscribe("news").await.expect_err("that is no confirmation");
        assert_lost(&Err(error), "a reply came that nobody had asked for");
    });
}

#[test]
fn the_next_command_makes_a_new_connection() {
    let address = serve_greeted(|peer, number| {
        peer.hears();
        if number > 1 {
            peer.says(format!(":{number}\r\n"));
        }
    });
    block_on(async {
        let client = Client::connect(&address).await.expect("it greets");
        assert_lost(&client.call(&get()).await, "the server closed it");
        assert_eq!(client.call(&get()).await, Ok(Value::Integer(2)));
    });
}

/// So a server that closes at once is asked no more often than somebody wants something.
#[test]
fn a_crowd_makes_one_new_connection_and_nobody_makes_none() {
    let (tell, told) = mpsc::channel();
    let address = serve(move |peer, number| {
        if number == 1 {
            peer.hears();
            peer.says("%0\r\n");
            peer.hears();
        }
        let _ = tell.send(number);
    });
    block_on(async {
        let client = Client::connect(&address).await.expect("it greets");
        let command = get();
        for crowd in [1, 1000, 1000, 1] {
            let all = join_all((0..crowd).map(|_| client.call(&command))).await;
            assert!(all.iter().all(Result::is_err), "it closes");
        }
    });
    assert_eq!(told.try_iter().max(), Some(4));
}

#[test]
fn without_a_new_connection_every_command_fails_at_once() {
    let address = serve_greeted(|peer, number| {
        assert_eq!(number, 1, "it connects again");
        peer.hears();
    });
    block_on(async {
        let client = connect(&address).await;
        let lost = client.call(&get()).await.expect_err("it closes");
        for _ in 0..3 {
            assert_eq!(client.call(&get()).await, Err(not_run(lost.clone())));
        }
        assert_eq!(client.close().await, Err(not_run(lost)));
    });
}

#[test]
fn one_that_stalls_is_given_up_after_a_while_and_others_keep_their_places() {
    let (tell, told) = mpsc::channel::<()>();
    let told = std::sync::Mutex::new(told);
    let address = serve_greeted(move |peer, _| {
        peer.hears();
        peer.hears();
        let _ = told.lock().expect("nobody panics").recv();
        peer.says(":1\r\n:2\r\n");
    });
    block_on(async {
        let client = connect(&address).await;
        let command = get();
        let given_up = async {
            let ended = client.call_within(&command, IN_VAIN).await;
            drop(tell);
            ended
        };
        let (first, second) = futures::future::join(given_up, client.call(&command)).await;
        assert_lost(&first, "no complete reply came in 0.2 s");
        assert_eq!(second, Ok(Value::Integer(2)));
    });
}

#[test]
fn one_that_does_not_greet_is_not_reached() {
    let stalls = serve(|peer, _| {
        peer.reads_on();
    });
    let settings = Settings { connect_within: IN_VAIN, ..Settings::default() };
    let refuses = serve(|peer, _| {
        peer.hears();
        peer.says("-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    });
    let closes = serve(|_, _| {});
    let speaks_http = serve(|peer, _| {
        peer.hears();
        peer.says("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    block_on(async {
        let error = Client::connect_with(&stalls, settings).await.expect_err("it stalls");
        assert_eq!(error.to_string(), format!("nobody answers at {stalls}: timed out"));
        let error =
            async |address| Client::connect(address).await.expect_err("it is no good").to_string();
        assert!(error(&refuses).await.contains("the database refuses: WRONGPASS"));
        assert!(error(&closes).await.contains("the connection was lost"));
        assert!(error(&speaks_http).await.contains("does not speak Redis's protocol"));
    });
}

#[test]
fn one_that_says_what_nobody_asked_for_and_never_greets_is_not_reached() {
    let talks = serve(|peer, _| {
        let push = ">1\r\n$4\r\nmore\r\n".repeat(10_000);
        while peer.says(&push) {}
    });
    let settings = Settings { connect_within: IN_VAIN, ..Settings::default() };
    block_on(async {
        let error = Client::connect_with(&talks, settings).await.expect_err("it talks on");
        assert!(error.to_string().contains("timed out"), "{error}");
    });
}

#[test]
fn the_socket_is_closed_with_the_last_client() {
    let (tell, told) = mpsc::channel();
    let address = serve_greeted(move |peer, _| {
        peer.hears();
        peer.says(":1\r\n");
        tell.send(peer.reads_on()).expect("the test waits");
    });
    block_on(async {
        let client = connect(&address).await;
        let other = client.clone();
        drop(client);
        assert_eq!(other.call(&get()).await, Ok(Value::Integer(1)));
        drop(other);
        let end = tokio::task::spawn_blocking(move || told.recv_timeout(PATIENCE));
        assert_eq!(end.await.expect("no panic"), Ok(0));
    });
}

#[test]
fn who_calls_from_elsewhere_is_told_when_the_runtime_ends() {
    let address = serve_greeted(|peer, _| {
        peer.reads_on();
    });
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let client = runtime.block_on(connect(&address));
    block_on(async {
        let command = get();
        let mut call = pin!(client.call(&command));
        assert!(timeout(IN_VAIN, call.as_mut()).await.is_err(), "nobody answers");
        runtime.shutdown_background();
        assert_lost(&call.await, "its task has ended");
        assert_lost(&client.call(&command).await, "its task has ended");
        assert!(client.close().await.is_err());
    });
}

#[test]
fn limits_are_those_that_were_set() {
    let address = serve_greeted(|peer, _| {
        peer.hears();
        peer.says("$2000\r\n");
        peer.reads_on();
    });
    let limits = Limits { bytes: 1_000, ..Limits::default() };
    block_on(async {
        let settings = Settings { limits, ..no_reconnect() };
        let client = Client::connect_with(&address, settings).await.expect("it greets");
        assert_lost(&client.call(&get()).await, "a reply is larger than 1000 bytes");
    });
}
