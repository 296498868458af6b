//! The page that `--html` writes, as a file and in a real browser.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::run;
#[cfg(unix)]
use crate::support::{PATIENCE, command, delay_server, start};
#[cfg(unix)]
use program_test::until_within;

#[test]
fn a_page_that_cannot_be_written_is_told_before_anything_runs() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let page = folder.path().join("no/page.html");
    let ran = run(&["http-client", "--html", page.to_str().expect("a short path")]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    let told: Vec<&str> = ran.stderr.lines().collect();
    assert!(told[0].starts_with("error: cannot write '"), "{told:?}");
    assert_eq!(told[1..], ["hint: name a file in a folder that exists and may be written"]);
}

#[test]
fn what_was_in_the_file_stays_if_nothing_could_be_compared() {
    let page = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(page.path(), "an older page").expect("there is room");
    let path = page.path().to_str().expect("a short path");
    let ran = run(&["no-client", "--html", path]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(fs::read_to_string(page.path()).expect("it is there"), "an older page");
}

#[test]
fn no_empty_page_is_left_if_nothing_could_be_compared() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let page = folder.path().join("page.html");
    let ran = run(&["no-client", "--html", page.to_str().expect("a short path")]);
    assert_eq!(ran.code, Some(2));
    assert!(!page.exists());
}

#[cfg(unix)]
#[test]
fn no_empty_page_is_left_by_ctrl_c() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let page = folder.path().join("page.html");
    let (server, url) = delay_server();
    let html = ["--html", page.to_str().expect("a short path")];
    let asked = ["http-client", "--url", &url, "--seconds", "50", "--strategies", "sync"];
    let mut compare = start(&mut command(&[&asked[..], &html].concat()));
    until_within(PATIENCE, "it asks something", || {
        assert!(!compare.has_ended(), "it ended before it asked anything");
        server.stats().in_flight > 0
    });
    compare.signal("INT");
    assert_eq!(compare.end().code, Some(130));
    assert!(!page.exists());
}

/// Makes a page of this name by a real comparison.
fn page(name: &str, args: &[&str]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let html = ["--html", path.to_str().expect("a short path")];
    let ran = run(&[args, &html].concat());
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    path
}

mod in_browser {
    use std::sync::OnceLock;

    use browser_test::{Browser, Key, Settings};
    use serde_json::Value;

    use super::*;

    /// All strategies, made once for all tests.
    fn strategies() -> &'static Path {
        static PAGE: OnceLock<PathBuf> = OnceLock::new();
        PAGE.get_or_init(|| page("strategies.html", &["http-client", "--speed", "10"]))
    }

    fn ladder() -> PathBuf {
        let args = ["http-client", "--seconds", "0.1", "--ladder", "1,10,100"];
        page("ladder.html", &[&args[..], &["--most-threads", "50"]].concat())
    }

    fn open(page: &Path, settings: Settings) -> Browser {
        let browser = Browser::start(&settings);
        browser.open_file(page);
        browser
    }

    fn tip(browser: &Browser) -> String {
        browser.texts(".tip:not([hidden])").concat()
    }

    /// Where the stretches of this class are, lane for lane: from the left edge
    /// of the first to the right edge of the last, in pixels.
    fn spans(browser: &Browser, strategy: &str, class: &str) -> Vec<(f64, f64)> {
        let script = format!(
            "const run = [...document.querySelectorAll('.run')].find((run) =>
               run.querySelector('h3').innerText === '{strategy}');
             return [...run.querySelectorAll('.lanes > g')].flatMap((lane) => {{
               const marks = [...lane.querySelectorAll('.{class}')];
               const places = marks.map((mark) => mark.getBoundingClientRect());
               return marks.length ? [[places[0].left, places.at(-1).right]] : [];
             }})"
        );
        serde_json::from_value(browser.run(&script)).expect("pairs of numbers")
    }

    /// Whether there is a moment at which all of them are under way.
    fn are_at_once(places: &[(f64, f64)]) -> bool {
        let left = places.iter().map(|place| place.0).fold(f64::MIN, f64::max);
        let right = places.iter().map(|place| place.1).fold(f64::MAX, f64::min);
        left < right
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn three_wait_at_once_in_async_and_one_holds_the_thread_in_sync() {
        let browser = open(strategies(), Settings::default());
        let names = ["sync", "async", "async-with-blocking", "thread", "thread-pool"];
        assert_eq!(browser.texts(".run h3"), names);
        assert_eq!(browser.texts("tbody th"), names);

        let waited = spans(&browser, "async", "wait");
        assert!(waited.len() == 3 && are_at_once(&waited), "{waited:?}");
        let held = spans(&browser, "thread", "held");
        assert!(held.len() == 3 && are_at_once(&held), "{held:?}");
        for strategy in ["sync", "async-with-blocking"] {
            let held = spans(&browser, strategy, "held");
            let apart = held.windows(2).all(|pair| pair[0].1 <= pair[1].0 + 2.0);
            assert!(held.len() == 3 && apart, "{strategy}: {held:?}");
        }
        assert_eq!(spans(&browser, "async-with-blocking", "dots").len(), 2);
        browser.screenshot_of_all("compare-light");
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_stretch_tells_itself_under_the_pointer() {
        let browser = open(strategies(), Settings::default());
        browser.run("document.querySelectorAll('.lanes')[2].scrollIntoView({ block: 'center' })");
        let point_at = |class: &str| {
            let script = format!(
                "const mark = document.querySelectorAll('.lanes')[2].querySelector('.{class}');
                 const place = mark.getBoundingClientRect();
                 const at = {{ clientX: place.left + place.width / 2, clientY: place.top + 1 }};
                 const under = document.elementFromPoint(at.clientX, at.clientY);
                 under.dispatchEvent(new PointerEvent('pointermove', {{ ...at, bubbles: true }}))"
            );
            // The page may still be scrolling, which hides what is told.
            let mut told = String::new();
            browser.until("it tells itself", |browser| {
                browser.run(&script);
                told = tip(browser);
                !told.is_empty()
            });
            told
        };
        let held = point_at("held");
        assert!(held.starts_with("R1 held thread 1 (main) for 1.0 s, from "), "{held}");
        let dots = point_at("dots");
        assert!(dots.starts_with("R2 was made, and had not run, for 1.0 s, from "), "{dots}");
        browser.screenshot("compare-pointer");
        browser.run("document.querySelectorAll('.lanes')[2].dispatchEvent(new PointerEvent('pointerleave'))");
        assert_eq!(tip(&browser), "");
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn keys_walk_from_stretch_to_stretch() {
        let browser = open(strategies(), Settings::default());
        let press = |key: Key| {
            browser.press(key);
            tip(&browser)
        };
        // What comes before the pictures, then one stop for each of them.
        let first = (0..4).map(|_| press(Key::Tab)).find(|told| !told.is_empty());
        let first = first.unwrap_or_default();
        assert!(first.starts_with("R1 held thread 1 (main) for 1.0 s"), "{first}");
        let mut second = press(Key::Tab);
        // Its last poll may come so late that the wait for it is drawn, and is a stop too.
        if second.starts_with("R1 waited, and held no thread, for ") {
            second = press(Key::Tab);
        }
        let polled = "R1 held thread 1 (main) for ";
        assert!(second.starts_with(polled) && second.contains(" ms, from "), "{second}");

        let last = press(Key::End);
        assert!(last.starts_with(polled), "{last}");
        let before = press(Key::Left);
        assert!(before.starts_with("R1 waited, and held no thread, for "), "{before}");
        assert!(press(Key::Home).starts_with(polled));
        let mut below = press(Key::Down);
        // Its first poll may come so late that this is drawn, and is a stop too.
        if below.starts_with("R2 was made, and had not run, for ") {
            below = press(Key::Right);
        }
        assert!(below.starts_with("R2 held thread 1 (main)"), "{below}");
        browser.screenshot("compare-keys");
        assert_eq!(press(Key::Escape), "");
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn nothing_but_the_file_is_loaded() {
        let browser = open(strategies(), Settings { dark: true, ..Settings::default() });
        let mut requests = browser.requests();
        requests.retain(|address| !address.starts_with("data:"));
        assert_eq!(requests.len(), 1, "{requests:?}");
        assert!(requests[0].starts_with("file:///"), "{requests:?}");
        let loaded = browser.run("return performance.getEntriesByType('resource').length");
        assert_eq!(loaded, Value::from(0));
        browser.screenshot_of_all("compare-dark");
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn it_can_be_read_without_scripts() {
        let browser = open(strategies(), Settings { scripts: false, ..Settings::default() });
        assert_eq!(browser.count("tbody tr"), 5);
        assert_eq!(browser.count(".lanes"), 5);
        assert_eq!(browser.count(".lanes .mark"), browser.count(".lanes .mark > title"));
        assert_eq!(browser.count(".tip"), 0);
        assert!(!browser.text("#timelines ~ .how:nth-of-type(2)").contains("arrow keys"));
        browser.screenshot_of_all("compare-no-scripts");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_phone_has_to_scroll_in_one_direction_only() {
        let phone = Settings { width: 360, height: 740, ..Settings::phone() };
        for (name, page) in [("strategies", strategies().to_owned()), ("ladder", ladder())] {
            let browser = open(&page, phone.clone());
            let wider = "return document.documentElement.scrollWidth - window.innerWidth";
            assert_eq!(browser.run(wider), Value::from(0), "{name}");
            assert_eq!(browser.run("return window.innerWidth"), Value::from(360), "{name}");
            browser.screenshot_of_all(&format!("compare-phone-{name}"));
            browser.assert_quiet();
        }
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_ladder_is_a_chart_with_a_cross_at_its_end() {
        let browser = open(&ladder(), Settings { dark: true, ..Settings::default() });
        assert_eq!(browser.count("svg.chart"), 2);
        assert_eq!(browser.texts(".climbers li").len(), 5);
        let ends = browser.texts(".ends li");
        assert!(ends[1].contains("async came to the top, 100 requests"), "{ends:?}");
        assert!(ends[3].contains("thread ended at 100 requests: "), "{ends:?}");
        // The lines have the colours of the dark page.
        let colour =
            "return getComputedStyle(document.querySelector('.chart [stroke=\"#0B7285\"]')).stroke";
        assert_eq!(browser.run(colour), Value::from("rgb(59, 201, 219)"));
        browser.screenshot_of_all("compare-ladder");
        browser.assert_quiet();
    }
}
