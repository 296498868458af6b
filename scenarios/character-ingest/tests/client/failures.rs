//! What goes wrong with one character, and what becomes of the others.

use std::net::TcpStream;

use character_ingest::Strategy;
#[cfg(target_os = "linux")]
use program_test::command_without_threads;
use program_test::{Ran, nobody, stranger};

#[cfg(target_os = "linux")]
use crate::support::program;
use crate::support::{BOTH, PATH, asked_for, delay_server, errors, ids_in, run, send_body, told};

/// Runs with an `--out`; gives the ids that came into it too.
fn ingest(strategy: Strategy, url: &str, args: &[&str]) -> (Ran, Vec<usize>) {
    let out = tempfile::NamedTempFile::new().expect("a file");
    let out_args =
        ["--url", url, "--speed", "50", "--out", out.path().to_str().expect("a name in UTF-8")];
    let ran = run(strategy, &[&out_args[..], args].concat());
    (ran, ids_in(out.path()))
}

#[test]
fn one_that_fails_loses_none_of_the_others() {
    for strategy in Strategy::ALL {
        let (_server, url) = delay_server(&["3=503"]);
        let (ran, ids) = ingest(strategy, &url, &[]);
        assert_eq!(ran.code, Some(1), "{strategy:?}");
        assert_eq!(ids, [1, 2, 4, 5, 6, 7, 8, 9, 10], "{strategy:?}");
        let cause = "C3: the server answered 503 Service Unavailable: this character gives trouble; try again in a second";
        assert_eq!(errors(&ran), [cause], "{strategy:?}");
        let said = ["Ingesting character number 3", "Ingestion failed character number 3!"];
        assert_eq!(told(&ran, "C3"), said, "{strategy:?}");
        assert!(ran.stdout.contains("9 done, 1 failed."), "{strategy:?}: {}", ran.stdout);
    }
}

#[test]
fn every_kind_of_failure_is_told_at_the_end_in_order() {
    for strategy in Strategy::ALL {
        let (_server, url) = delay_server(&["2=503", "4=stall", "6=rubbish"]);
        let args = ["--characters", "99,1-6", "--timeout", "1"];
        let (ran, ids) = ingest(strategy, &url, &args);
        assert_eq!((ran.code, ids), (Some(1), vec![1, 3, 5]), "{strategy:?}");
        let causes = [
            "C2: the server answered 503 Service Unavailable: ".to_owned(),
            format!("C4: no complete reply from {url}/4 within the time-out"),
            "C6: the answer is not the character that was asked for: ".to_owned(),
            "C99: the server answered 404 Not Found: Character not found".to_owned(),
        ];
        let errors = errors(&ran);
        assert_eq!(errors.len(), causes.len(), "{strategy:?}: {errors:?}");
        for (error, cause) in errors.iter().zip(&causes) {
            assert!(error.starts_with(cause), "{strategy:?}: {error}");
        }
        assert_eq!(ran.stderr.matches("hint: ").count(), 4);
    }
}

#[test]
fn a_bad_answer_is_told_and_the_next_one_taken() {
    fn answer(stream: &mut TcpStream, target: &str, _: usize) {
        let good = asked_for(target);
        let id = good.split([':', ',']).nth(1).unwrap();
        let bad = match id {
            "1" => String::new(),
            "2" => "<html>two</html>".to_owned(),
            "3" => good.replace("\"Alive\"", "\"unheard of\""),
            "4" => good.replace("\"name\"", "\"nom\""),
            "5" => asked_for("/6").to_owned(),
            "6" => good[..good.len() / 2].to_owned(),
            "7" => format!("[{good}]"),
            "8" => "\u{1b}[31m\u{0}".repeat(10_000),
            _ => good.to_owned(),
        };
        send_body(stream, &bad);
    }
    for strategy in Strategy::ALL {
        let url = stranger(answer).url(PATH);
        let (ran, ids) = ingest(strategy, &url, &[]);
        assert_eq!((ran.code, ids), (Some(1), vec![9, 10]), "{strategy:?}");
        let errors = errors(&ran);
        assert_eq!(errors.len(), 8, "{strategy:?}: {errors:?}");
        for (error, id) in errors.iter().zip(1..) {
            let cause = format!("C{id}: the answer is not the character that was asked for: ");
            assert!(error.starts_with(&cause), "{strategy:?}: {error}");
        }
        assert!(errors[2].contains("unheard of") && errors[4].ends_with("it has the id 6"));
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'));
    }
}

#[test]
fn a_character_with_more_keys_than_documented_is_one() {
    fn answer(stream: &mut TcpStream, target: &str, _: usize) {
        send_body(stream, &asked_for(target).replacen('{', "{\"mood\":\"curious\",", 1));
    }
    let url = stranger(answer).url(PATH);
    for strategy in BOTH {
        let (ran, ids) = ingest(strategy, &url, &["--characters", "1-2"]);
        assert_eq!((ran.code, ids), (Some(0), vec![1, 2]), "{strategy:?}: {}", ran.stderr);
    }
}

#[test]
fn nobody_there_is_told() {
    let nobody = nobody();
    let url = nobody.url(PATH);
    for strategy in Strategy::ALL {
        let (ran, ids) = ingest(strategy, &url, &["--characters", "1,2", "--retries", "3"]);
        assert_eq!((ran.code, ids.len()), (Some(1), 0), "{strategy:?}");
        let causes = [1, 2].map(|id| format!("C{id}: nobody answers at {url}/{id}"));
        assert_eq!(errors(&ran), causes, "{strategy:?}: a wrong address is not tried again");
        assert!(ran.stderr.contains("hint: start it with cargo run -p delay-server"));
    }
}

#[test]
fn a_wrong_route_is_told() {
    let (server, _) = delay_server(&[]);
    let url = format!("{}/api/characters", server.url());
    for strategy in BOTH {
        let (ran, _) = ingest(strategy, &url, &["--characters", "1"]);
        assert!(errors(&ran)[0].starts_with("C1: the server answered 404 Not Found: nothing is"));
        assert!(ran.stderr.contains("check --url"));
    }
}

#[test]
fn wrong_options_end_with_2_before_anything_is_asked() {
    let (server, url) = delay_server(&[]);
    for args in [
        ["--characters", "10-1"],
        ["--characters", "x"],
        ["--characters", ""],
        ["--characters", "1-4294967295"],
        ["--characters", "1-1000000,1"],
        ["--delay", "inf"],
        ["--timeout", "0"],
        ["--timeout", "1e19"],
        ["--retries", "1.5"],
        ["--limit", "0"],
        ["--limit", "18446744073709551615"],
        ["--workers", "0"],
        ["--workers", "18446744073709551615"],
        ["--speed", "1e-300"],
        ["--url", "ftp://localhost/api/character"],
        ["--url", "http://localhost:8000/api/character?delay=1"],
    ] {
        let url_args: &[&str] = if args[0] == "--url" { &[] } else { &["--url", &url] };
        run(Strategy::Sync, &[url_args, &args].concat()).assert_refuses(args[0]);
    }
    assert_eq!(server.stats().answered, 0);
}

#[cfg(not(feature = "tls"))]
#[test]
fn https_names_the_feature_that_it_needs() {
    for strategy in BOTH {
        let ran = run(strategy, &["--url", "https://rickandmortyapi.com/api/character"]);
        ran.assert_refuses("https:// needs the feature `tls`");
        assert!(ran.stderr.contains("--features tls"), "{}", ran.stderr);
    }
}

/// No client looks the host up on a thread of its own.
#[cfg(target_os = "linux")]
#[test]
fn strategies_of_one_thread_need_no_other_one() {
    let (_server, url) = delay_server(&[]);
    let url = url.replace("127.0.0.1", "localhost");
    for strategy in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let args = ["--url", &url, "--delay", "0", "--characters", "1-2"];
        let mut command = command_without_threads(folder.path(), program(strategy), &args);
        let ran = program_test::run(&mut command);
        assert_eq!(ran.code, Some(0), "{strategy:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("Ctrl-C will end this run without a picture"),
            "{}",
            ran.stderr
        );
    }
}
