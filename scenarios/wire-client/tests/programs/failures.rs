//! When things go wrong: one line of cause, one of what to do.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use program_test::nobody;
use wire_client::Program;

use crate::clients::{ALL, command, run_at};

#[test]
fn what_is_no_address_is_told_without_its_password() {
    for program in ALL {
        for (url, why) in [
            ("", "it does not begin with redis://"),
            ("http://me:sesame@localhost", "it does not begin with redis://"),
            ("rediss://me:sesame@localhost", "this client has no TLS"),
            ("redis://me:sesame@", "it names no host"),
            ("redis://me:sesame@localhost:port", "its port is no whole number"),
            ("redis://me:sesame@localhost/price", "no number of a database"),
        ] {
            let ran = run_at(url, program, &[]);
            ran.assert_fails("REDIS_URL is no address of a Redis: ", "redis://localhost:6379");
            ran.assert_fails(why, "or unset it");
            assert!(!ran.stderr.contains("sesame"), "{}", ran.stderr);
        }
    }
}

#[test]
fn nobody_at_the_given_address_says_what_to_start() {
    let nobody = nobody();
    for program in ALL {
        let url = format!("redis://me:sesame@{}/7", nobody.address);
        let ran = run_at(&url, program, &[]);
        let cause = format!("nobody answers at redis://***@{}/7: ", nobody.address);
        ran.assert_fails(&cause, "start a Redis 6 or newer there, or unset REDIS_URL");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn somebody_else_at_the_given_address_is_no_redis() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("it is bound"));
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.expect("a client");
            let mut command = [0; 1024];
            // It may be gone already.
            let _ = client.read(&mut command);
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    for program in ALL {
        let ran = run_at(&url, program, &[]);
        ran.assert_fails("does not speak Redis's protocol", "check that REDIS_URL names a Redis");
    }
}

/// One that counts up to here, and then closes the connection.
const LAST: usize = 50;

/// Who comes first to a connection is not always who was made first: in almost every run
/// somebody who was made before finds it of no use already.
#[test]
fn the_error_that_is_told_is_the_one_with_which_it_began() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("it is bound"));
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.expect("a client");
            // It may be gone at any time.
            thread::spawn(move || count(&client));
        }
    });
    let args = ["--commands", "1000", "--in-flight", "1000", "--round-trip", "0"];
    for program in [Program::SIMPLE, Program::BLOCKING] {
        run_at(&url, program, &args).assert_fails("the server closed it", "");
    }
}

fn count(mut client: &TcpStream) -> io::Result<()> {
    let (words, mut counted) = (BufReader::new(client).lines(), 0);
    // The name is the third line of a command.
    for line in words {
        match &line?[..] {
            "HELLO" => client.write_all(b"%0\r\n")?,
            "SET" => client.write_all(b"+OK\r\n")?,
            "DEL" => client.write_all(b":1\r\n")?,
            "INCR" if counted == LAST => break,
            "INCR" => {
                counted += 1;
                write!(client, ":{counted}\r\n")?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Without a redis-server that could be found.
#[test]
fn without_any_redis_it_is_said_how_to_get_one() {
    let empty = tempfile::tempdir().expect("a folder");
    for program in ALL {
        let mut command = command(program, &[]);
        command.env_remove("REDIS_URL").env("PATH", empty.path());
        let ran = program_test::run(&mut command);
        if cfg!(unix) {
            ran.assert_fails("no redis-server is installed", "apt install redis-server");
        }
        ran.assert_fails("", "set REDIS_URL to");
    }
}

#[test]
fn options_that_mean_nothing_are_refused() {
    for program in ALL {
        for (args, why) in [
            (&["--commands", "0"][..], "from 1 up is wanted, 10000000 at most"),
            (&["--connections", "251"], "from 1 up is wanted, 250 at most"),
            (&["--in-flight", "none"], "from 1 up is wanted, 1000000 at most"),
            (&["--in-flight", "13"], "--in-flight 13 is more than --commands 12"),
            (&["--connections", "13"], "--connections 13 is more than --in-flight 12"),
            (&["--round-trip", "far"], "a number of seconds from 0 up is wanted"),
            (&["--round-trip", "5.1"], "5 s at most"),
            (&["--speed", "0.09"], "5 s at most"),
        ] {
            run_at("redis://nowhere", program, args).assert_refuses(why);
        }
    }
}
