//! The same work at growing sizes.

use program_test::command;

use crate::support::{delay_server, rows, run, start};

/// Whether a row is that of a step of this size, with all of its figures.
fn is_made(row: &str, size: &str) -> bool {
    let words: Vec<&str> = row.split(' ').collect();
    words.len() == 9 && words[0] == size && words[2] == "s"
}

#[test]
fn every_strategy_climbs_as_far_as_it_can() {
    let ran = run(&[
        "http-client",
        "--ladder",
        "4,1,16",
        "--seconds",
        "0.5",
        "--timeout",
        "6",
        "--workers",
        "4",
        "--most-threads",
        "8",
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let rows = rows(&ran);
    let at = |strategy: &str| {
        rows.iter().position(|row| row.starts_with(&format!("{strategy} 1 "))).unwrap()
    };
    let step = |strategy, step: usize| rows[at(strategy) + step].as_str();
    for strategy in ["sync", "async-with-blocking"] {
        assert!(is_made(step(strategy, 1), "4"), "{rows:#?}");
        assert_eq!(step(strategy, 2), "16 would take 8 s, more than 6 s");
    }
    assert!(is_made(step("async", 2), "16"), "{rows:#?}");
    if cfg!(target_os = "linux") {
        assert_eq!(step("thread", 2), "16 took more than 8 threads");
    }
    assert!(is_made(step("thread-pool", 2), "16"), "{rows:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn who_failed_climbs_no_further() {
    let (server, url) = delay_server();
    let ran = run(&[
        "http-client",
        "--ladder",
        "1,2,4",
        "--seconds",
        "1",
        "--url",
        &url,
        "--most-memory",
        "1MB",
    ]);
    assert_eq!(ran.code, Some(1), "not even the first step was made");
    assert_eq!(ran.stdout.matches("took more than 1.0 MB of memory").count(), 5, "{}", ran.stdout);
    assert!(!rows(&ran).iter().any(|row| row.starts_with("2 ")), "{}", ran.stdout);
    assert!(server.stats().most_in_flight <= 1);
}

#[cfg(unix)]
#[test]
fn too_few_descriptors_end_the_climb() {
    let (_server, url) = delay_server();
    let compare = env!("CARGO_BIN_EXE_compare");
    let args = format!("--url {url} --seconds 0 --ladder 10,200 --strategies async");
    let script = format!("ulimit -n 128 && CARGO_TERM_QUIET=true {compare} http-client {args}");
    let ran = start(&mut command("sh", &["-c", &script])).end().well();
    let told = rows(&ran)[1..].join(" ");
    assert!(told.starts_with("200 200 requests at once need 248 open files"), "{told}");
}

#[test]
fn each_step_tells_its_memory_per_request() {
    let args = ["http-client", "--ladder", "1,50", "--seconds", "0.1", "--strategies", "async"];
    let ran = run(&args).well();
    let numbers = |row: &str| -> Vec<f64> {
        let words: Vec<&str> = row.split(' ').collect();
        words.iter().filter_map(|word| word.parse().ok()).collect()
    };
    let rows = rows(&ran);
    let [_, _, _, peak, each] = numbers(&rows[0])[..] else { panic!("{rows:#?}") };
    assert_eq!(peak, each, "one request has all of it");
    let [_, _, _, peak, each] = numbers(&rows[1])[..] else { panic!("{rows:#?}") };
    assert!(rows[1].ends_with(" KB") && (peak * 20.0 - each).abs() <= 2.0, "{rows:#?}");
}
