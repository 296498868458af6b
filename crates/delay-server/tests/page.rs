//! The live page, in a real browser.

mod support;

mod in_browser {
    use std::net::TcpStream;

    use browser_test::{Browser, Key, Settings};
    use delay_server::{Config, Server};
    use program_test::until;

    use super::support::{address, begin_wait, config, get, read_response, request, start};

    /// A server, and a browser that shows its page.
    fn watch(settings: &Settings) -> (Server, Browser) {
        let server = start();
        let browser = Browser::start(settings);
        browser.open(server.url());
        if settings.scripts {
            until_connected(&browser);
        }
        (server, browser)
    }

    fn until_connected(browser: &Browser) {
        browser.until("it is connected", |browser| browser.text("#state") == "connected");
    }

    fn begin(server: &Server, seconds: &[&str]) -> Vec<TcpStream> {
        let mut waiting = Vec::new();
        for seconds in seconds {
            let before = server.stats().in_flight;
            waiting.push(begin_wait(address(server.url()), seconds));
            // One after another, so that their order is known.
            until("it waits", || server.stats().in_flight > before);
        }
        waiting
    }

    fn number(browser: &Browser, selector: &str) -> String {
        browser.text(selector)
    }

    /// The figures in the order of the page.
    fn figures(browser: &Browser) -> Vec<String> {
        browser.texts("dd")
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn three_requests_in_flight_are_three_bars() {
        let (server, browser) = watch(&Settings::default());
        assert_eq!(browser.count(".bar"), 0);
        assert!(browser.text("#nothing").contains("cargo run -p http-client --bin async"));

        let _waiting = begin(&server, &["100", "20", "50"]);
        browser.until("three bars", |browser| browser.count(".bar") == 3);
        let expected = ["seconds=100", "seconds=20", "seconds=50"];
        assert_eq!(browser.texts(".bar .query"), expected);
        assert_eq!(figures(&browser), ["3", "3", "0", "0", "0"]);
        assert_eq!(browser.texts("#drawn"), [""]);
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn requests_one_after_another_are_one_bar_at_a_time() {
        let (server, browser) = watch(&Settings::default());
        // Every change of the page is looked at, not only some moments.
        browser.run(
            "window.most = 0; window.seen = [];
             new MutationObserver(() => {
                 const bars = document.querySelectorAll('.bar .query');
                 most = Math.max(most, bars.length);
                 for (const bar of bars) if (!seen.includes(bar.textContent)) seen.push(bar.textContent);
             }).observe(document.querySelector('#bars'), { childList: true })",
        );
        for seconds in ["0.5", "0.6", "0.7"] {
            read_response(&mut begin_wait(address(server.url()), seconds));
        }
        browser.until("all are answered", |browser| number(browser, "#answered") == "3");
        assert_eq!(browser.run("return most"), 1);
        assert_eq!(browser.run("return seen.join()"), "seconds=0.5,seconds=0.6,seconds=0.7");
        assert_eq!(number(&browser, "#most_in_flight"), "1");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_bar_grows_between_the_news() {
        let (server, browser) = watch(&Settings::default());
        let _waiting = begin(&server, &["10"]);
        browser.until("a bar", |browser| browser.count(".bar") == 1);
        let part = || {
            let width = browser.run(
                "return document.querySelector('.fill').getBoundingClientRect().width
                      / document.querySelector('.track').clientWidth",
            );
            width.as_f64().unwrap()
        };
        // A bar that is drawn from the news alone would stand still now.
        browser.run("draw = () => {}");
        let before = part();
        browser.until("it has grown", |_| part() > before + 0.05);
        assert!(browser.text(".bar .time").ends_with(" of 10 s"));
        assert!(part() <= 1.0);
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn finished_requests_are_told_apart() {
        let (server, browser) = watch(&Settings::default());
        get(&server, "/delay-me?seconds=0.2");
        get(&server, "/nowhere");
        get(&server, "/delay-me?seconds=soon");
        drop(begin(&server, &["60"]));
        browser.until("all have finished", |browser| browser.count(".line") == 4);
        let ends = browser.texts(".line .end");
        let left = ends[0].strip_prefix("left early, after ").unwrap();
        assert!(left.ends_with(" of 60 s"), "{left}");
        let others = ["refused: 400 Bad Request", "refused: 404 Not Found", "answered after 0.2 s"];
        assert_eq!(ends[1..], others);
        let queries = ["seconds=60", "seconds=soon", "/nowhere", "seconds=0.2"];
        assert_eq!(browser.texts(".line .query"), queries);
        assert_eq!(browser.texts(".line .mark"), ["↩", "✕", "✕", "✓"]);
        assert_eq!(figures(&browser), ["0", "1", "1", "1", "2"]);
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn of_very_many_a_sample_is_drawn_and_the_page_says_so() {
        let (server, browser) = watch(&Settings::default());
        let _waiting: Vec<_> = (0..200).map(|_| begin_wait(address(server.url()), "60")).collect();
        browser.until("all are in flight", |browser| number(browser, "#in_flight") == "200");
        assert_eq!(browser.count(".bar"), 40);
        assert_eq!(browser.text("#drawn"), "40 of 200 are drawn, the oldest");
        browser.screenshot("live-many");
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn the_page_says_when_the_server_is_gone_and_comes_back_by_itself() {
        let (server, browser) = watch(&Settings::default());
        get(&server, "/delay-me?seconds=0.1");
        browser.until("one is answered", |browser| number(browser, "#answered") == "1");
        let _left = begin(&server, &["50"]);
        browser.until("one waits", |browser| browser.count(".bar") == 1);
        let addr = server.url().trim_start_matches("http://").to_owned();
        drop(server);
        browser
            .until("it says so", |browser| browser.text("#state") == "disconnected: trying again");
        browser.screenshot("live-disconnected");

        let server = Server::start(Config { addr, ..config() }).unwrap();
        // Before the page is back: these have the numbers of the old ones.
        let _waiting = begin(&server, &["60", "70"]);
        until_connected(&browser);
        browser.until("news of the new one", |browser| {
            browser.texts(".bar .query") == ["seconds=60", "seconds=70"]
        });
        assert_eq!(figures(&browser), ["2", "2", "0", "0", "0"]);
        assert_eq!(browser.count(".line"), 0, "requests of the old one");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn without_scripts_it_says_so_and_shows_the_figures() {
        let server = start();
        let _waiting = begin(&server, &["60", "60"]);
        get(&server, "/nowhere");
        let browser = Browser::start(&Settings { scripts: false, ..Settings::default() });
        browser.open(server.url());
        assert_eq!(figures(&browser), ["2", "2", "0", "0", "1"]);
        assert!(browser.text("noscript h2").contains("needs scripts"));
        for moving in ["#state", "#pause", "#lately"] {
            assert_eq!(browser.text(moving), "", "{moving} would stand still");
        }
        browser.screenshot("live-without-scripts");

        get(&server, "/nowhere");
        browser.until("it has loaded itself again", |browser| figures(browser)[4] == "2");
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn the_keyboard_pauses_it_and_lets_it_go_on() {
        let (server, browser) = watch(&Settings::default());
        browser.run("document.activeElement.blur()");
        browser.press(Key::Tab);
        browser.press(Key::Space);
        assert_eq!(browser.text("#pause"), "Go on");
        let _waiting = begin(&server, &["60"]);
        browser.until("news has come", |browser| {
            browser.run("return latest.snapshot.stats.in_flight") == 1
        });
        assert_eq!(browser.count(".bar"), 0);
        browser.press(Key::Space);
        assert_eq!(browser.count(".bar"), 1);
        assert_eq!(browser.text("#pause"), "Pause");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn who_likes_it_calm_sees_steps() {
        let settings = Settings { reduced_motion: true, ..Settings::default() };
        let (server, browser) = watch(&settings);
        let _waiting = begin(&server, &["60"]);
        browser.until("a bar", |browser| browser.count(".bar") == 1);
        // How often a bar moves in a second and a half of the page's own time.
        browser.run(
            "draw = () => {};
             window.steps = 0;
             new MutationObserver(() => steps++).observe(document.querySelector('.fill'), { attributes: true });
             setTimeout(() => window.counted = steps, 1500)",
        );
        browser.until("it is counted", |browser| !browser.run("return window.counted").is_null());
        let moves = browser.run("return counted");
        assert!((1..=2).contains(&moves.as_u64().unwrap()), "{moves}");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn it_fits_the_screen_in_light_and_in_dark() {
        for (name, settings) in [
            ("live-light", Settings::default()),
            ("live-dark", Settings { dark: true, ..Settings::default() }),
            ("live-projector", Settings { width: 1920, height: 1080, ..Settings::default() }),
            ("live-phone", Settings::phone()),
            ("live-phone-dark", Settings { dark: true, ..Settings::phone() }),
        ] {
            let (server, browser) = watch(&settings);
            for seconds in ["0.2", "0.3"] {
                get(&server, &format!("/delay-me?seconds={seconds}"));
            }
            request(address(server.url()), "GET", "/nowhere");
            request(address(server.url()), "GET", "/delay-me?seconds=soon");
            drop(begin(&server, &["60"]));
            until("it has left", || server.stats().in_flight == 0);
            let _waiting = begin(&server, &["10", "2", "5"]);
            browser.until("bars have grown", |browser| {
                browser.texts(".time").iter().any(|time| time.starts_with("1."))
            });
            browser.screenshot(name);
            let wider = browser.run(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
            );
            assert_eq!(wider, 0, "{name} has to be scrolled sideways");
            browser.assert_quiet();
        }
    }
}
