//! The watcher's page: what it is answered with, and what it does in a real browser.

use serde_json::{Value, json};

use crate::support::Running;

/// An order that nobody has opened.
const NOWHERE: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn the_page_is_the_same_for_every_order_and_loads_nothing_from_elsewhere() {
    let running = Running::start(&[]);
    let [one, other] = [running.open(), running.open()];
    let page = |order: &str| running.request("GET", &format!("/track/{order}"), "", "");
    let [one_page, other_page] = [page(&one), page(&other)];
    assert_eq!((one_page.status, other_page.status), (200, 200));
    assert_eq!(one_page.body, other_page.body);
    assert_eq!(one_page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(one_page.header("referrer-policy"), "no-referrer");
    for what in ["page.css", "way.js", "track.js"] {
        let file = running.request("GET", &format!("/page/{what}"), "", "");
        assert_eq!(file.status, 200, "{what}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
    }
    let policy = one_page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; connect-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
}

#[test]
fn an_order_that_is_not_there_has_a_page_that_says_so_and_nothing_else() {
    let running = Running::start(&[]);
    let long = "0".repeat(1000);
    let script = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let bodies: Vec<String> = [NOWHERE, "1", "%FF", script, &NOWHERE.to_uppercase(), &long]
        .into_iter()
        .map(|order| {
            let missing = running.request("GET", &format!("/track/{order}"), "", "");
            assert_eq!(missing.status, 404, "{order}");
            assert_eq!(missing.header("content-type"), "text/html; charset=utf-8");
            String::from_utf8_lossy(missing.body.as_bytes()).into_owned()
        })
        .collect();
    assert!(bodies[0].contains("<h1>There is no such order</h1>"), "{}", bodies[0]);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "none has anything of the path");
}

mod in_browser {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use browser_test::{Browser, Key, Settings};
    use jiff::{SignedDuration, Timestamp};
    use program_test::Proxy;

    use super::*;
    use crate::redis::Killable;

    /// Corners of the way: its beginning, two on its avenue, the bend, one on its road,
    /// and its end.
    const BEGINNING: (f64, f64) = (-23.57060, -46.64480);
    const EARLY: (f64, f64) = (-23.56815, -46.64790);
    const AVENUE: (f64, f64) = (-23.56150, -46.65590);
    const BEND: (f64, f64) = (-23.55575, -46.66235);
    const ROAD: (f64, f64) = (-23.55080, -46.65400);
    const END: (f64, f64) = (-23.54390, -46.64270);

    fn position(place: (f64, f64), sequence: u64) -> Value {
        let (lat, lon) = place;
        json!({ "lat": lat, "lon": lon, "at": Timestamp::now(), "sequence": sequence })
    }

    #[track_caller]
    fn take(running: &Running, order: &str, place: (f64, f64), sequence: u64) {
        let answer = running.deliver(order, &position(place, sequence));
        assert_eq!((answer.status, answer.json()), (202, json!({ "taken": true })));
    }

    /// A tracker with an order, and a browser that shows its page.
    fn watch(settings: &Settings, args: &[&str]) -> (Running, String, Browser) {
        let running = Running::start(args);
        let order = running.open();
        let browser = show(settings, &running.url(), &order);
        (running, order, browser)
    }

    fn show(settings: &Settings, url: &str, order: &str) -> Browser {
        let browser = Browser::start(settings);
        open(&browser, url, order);
        browser
    }

    fn open(browser: &Browser, url: &str, order: &str) {
        browser.open(&format!("{url}/track/{order}"));
        until_it_says(browser, "live");
    }

    /// A user who likes it calm: the courier is where it is at once, and no test that is
    /// about something else waits for its ride.
    fn calm() -> Settings {
        Settings { reduced_motion: true, ..Settings::default() }
    }

    /// At an address that nobody else is given while it is gone. The browser knows only
    /// the usual ones, so it comes there by way of another.
    fn alone(environment: &[(&str, &str)]) -> Running {
        let host = if cfg!(target_os = "linux") { [127, 0, 77, 7] } else { [127, 0, 0, 1] };
        Running::start_at((host, 0).into(), &[], environment)
    }

    fn until_it_says(browser: &Browser, state: &str) {
        browser.until(state, |browser| browser.texts("#state") == [state]);
    }

    /// Until the page has this one, and its courier has come to where that is.
    fn until_it_is_at(browser: &Browser, sequence: u64) {
        browser.until("the courier is there", |browser| {
            let script =
                "const drawn = document.querySelector('#courier').getAttribute('transform');
                 const there = ride && `translate(${ride.to.point.map(round).join(' ')})`;
                 return [last?.sequence, Boolean(drawn?.startsWith(there))]";
            browser.run(script) == json!([sequence, true])
        });
    }

    /// Where the courier is drawn, in metres from the bend.
    fn drawn(browser: &Browser) -> (f64, f64) {
        let at = browser.run(
            "const { e, f } = document.querySelector('#courier').transform.baseVal[0].matrix;
             return [e, f]",
        );
        serde_json::from_value(at).expect("two numbers")
    }

    /// Has the page hear this from its socket.
    fn hears(browser: &Browser, data: &Value) {
        browser
            .run(&format!("socket.dispatchEvent(new MessageEvent('message', {{ data: {data} }}))"));
    }

    fn is_near(one: (f64, f64), other: (f64, f64)) -> bool {
        (one.0 - other.0).hypot(one.1 - other.1) < 2.0
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn the_courier_is_where_the_last_position_is_and_moves_on_along_the_streets() {
        let (running, order, browser) = watch(&Settings::default(), &[]);
        assert_eq!(browser.text("#headline"), "No position yet");
        take(&running, &order, AVENUE, 1);
        until_it_is_at(&browser, 1);
        assert_eq!(browser.text("#place"), "On Avenida Paulista, near Rua da Figueira");
        // Every place that it is drawn at, and how far that is from the way.
        browser.run(
            "window.offs = [];
             const note = () => {
                 const place = where(performance.now());
                 if (place === ride.to || place === ride.from) return;
                 const { e, f } = document.querySelector('#courier').transform.baseVal[0].matrix;
                 offs.push(nearest(city, [e, f]).off);
             };
             new MutationObserver(note).observe(document.querySelector('#courier'), { attributes: true })",
        );
        // The straight line from one to the other is up to 560 m beside the streets.
        let mut sequence = 2;
        browser.until("it is seen between them", |browser| {
            take(&running, &order, if sequence % 2 == 0 { ROAD } else { AVENUE }, sequence);
            until_it_is_at(browser, sequence);
            sequence += 1;
            browser.run("return offs.length").as_u64() > Some(0)
        });
        let farthest = browser.run("return Math.max(...offs)").as_f64().unwrap();
        assert!(farthest < 2.0, "{farthest} m beside the way");
        take(&running, &order, END, sequence);
        until_it_is_at(&browser, sequence);
        assert_eq!(browser.text("#headline"), "At the end of the route");
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn an_older_position_does_not_move_it_back() {
        let (running, order, browser) = watch(&calm(), &[]);
        take(&running, &order, BEND, 7);
        until_it_is_at(&browser, 7);
        let there = drawn(&browser);
        assert!(is_near(there, (0.0, 0.0)), "{there:?}");
        for older in [6, 0, 7] {
            hears(&browser, &json!(position(END, older).to_string()));
        }
        assert_eq!(browser.run("return [last.sequence, ignored]"), json!([7, 2]));
        assert!(is_near(drawn(&browser), there));
        hears(&browser, &json!(position(ROAD, 8).to_string()));
        until_it_is_at(&browser, 8);
        assert!(!is_near(drawn(&browser), there));
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn rubbish_is_ignored_and_told_once() {
        let (running, order, browser) = watch(&calm(), &[]);
        take(&running, &order, BEND, 1);
        until_it_is_at(&browser, 1);
        browser.run("window.warned = 0; console.warn = () => warned++");
        let before = browser.run("return document.querySelector('.tracking').innerText");
        let there = drawn(&browser);
        let good = position(END, 5);
        let with = |part: &str, value: Value| {
            let mut wrong = good.clone();
            wrong[part] = value;
            json!(wrong.to_string())
        };
        let rubbish = [
            json!(""),
            json!("{"),
            json!("null"),
            json!("7"),
            json!("[]"),
            json!(7),
            json!(null),
            json!(r#"{"notice":"<img src=x onerror=alert(1)>"}"#),
            json!(r#"{"notice":["interrupted"]}"#),
            json!(r#"{"lat":1e999,"lon":0,"at":"2026-01-01T00:00:00Z","sequence":9}"#),
            with("lat", json!(90.5)),
            with("lat", json!("-23")),
            with("lon", json!(-1e300)),
            with("lon", json!(null)),
            with("at", json!("yesterday")),
            with("at", json!(0)),
            with("sequence", json!(-1)),
            with("sequence", json!(5.5)),
            with("sequence", json!(1e16)),
            json!(format!("{good}{}", " ".repeat(2000))),
        ];
        for data in &rubbish {
            hears(&browser, data);
        }
        assert_eq!(browser.run("return ignored"), rubbish.len());
        assert_eq!(browser.run("return warned"), 1);
        assert!(is_near(drawn(&browser), there));
        let calm =
            |text: Value| text.as_str().unwrap().split("Last position").next().map(str::to_owned);
        let after = browser.run("return document.querySelector('.tracking').innerText");
        assert_eq!(calm(after), calm(before));
        take(&running, &order, END, 2);
        until_it_is_at(&browser, 2);
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_courier_that_is_far_from_the_way_is_in_sight_all_the_same() {
        let (running, order, browser) = watch(&Settings::default(), &[]);
        let is_in_sight = "const map = document.querySelector('#map').getBoundingClientRect();
             const dot = document.querySelector('.dot').getBoundingClientRect();
             return dot.width > 10 && dot.width < 20 && dot.left >= map.left && dot.right <= map.right
                 && dot.top >= map.top && dot.bottom <= map.bottom";
        // On every frame, also while it is under way.
        browser.run(&format!(
            "window.lost = 0;
             window.isInSight = () => {{ {is_in_sight} }};
             new MutationObserver(() => {{ if (!isInSight()) lost++ }})
                 .observe(document.querySelector('#courier'), {{ attributes: true }})"
        ));
        let places =
            [(-23.60, -46.70), (-23.0, -46.0), (90.0, 180.0), (-90.0, -180.0), (51.5, 0.1)];
        for (sequence, place) in (1..).zip(places) {
            take(&running, &order, place, sequence);
            until_it_is_at(&browser, sequence);
            assert_eq!(browser.run("return [isInSight(), lost]"), json!([true, 0]), "{place:?}");
            assert_eq!(browser.text("#headline"), "Off the route");
        }
        browser.screenshot("track-stranger");
        take(&running, &order, ROAD, 9);
        until_it_is_at(&browser, 9);
        assert_eq!(browser.run("return [isInSight(), lost]"), json!([true, 0]));
        let way =
            browser.run("return document.querySelector('.way').getBoundingClientRect().height");
        assert!(way.as_f64() > Some(300.0), "the view is as near as before: {way}");
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn who_likes_it_calm_sees_the_courier_at_once_where_it_is() {
        let (running, order, browser) = watch(&calm(), &[]);
        take(&running, &order, BEGINNING, 1);
        until_it_is_at(&browser, 1);
        browser.run(
            "window.drawn = new Set();
             const courier = document.querySelector('#courier');
             new MutationObserver(() => drawn.add(courier.getAttribute('transform')))
                 .observe(courier, { attributes: true })",
        );
        take(&running, &order, END, 2);
        until_it_is_at(&browser, 2);
        browser.until("it is drawn there", |browser| browser.run("return drawn.size") != 0);
        assert_eq!(browser.run("return drawn.size"), 1);
        let moving = browser
            .run("return document.getAnimations().filter(it => it.playState === 'running').length");
        assert_eq!(moving, 0);
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn the_nearest_point_of_the_way_and_what_is_along_it() {
        let (_running, _order, browser) = watch(&Settings::default(), &[]);
        let told = browser.run(
            "const bent = measured({ ...city, way: [[0, 0], [100, 0], [100, 100]] });
             const near = point => { const { along, off } = nearest(bent, point); return [along, off]; };
             return [
                 near([50, 0]), near([50, 30]), near([-40, -30]), near([100, 60]), near([130, 140]),
                 upTo(bent, 50).point, upTo(bent, 150).point, upTo(bent, 250).point, upTo(bent, -1).point,
                 between(bent, { along: 50, point: [50, 0] }, { along: 150, point: [100, 50] }, 0.5).point,
                 between(bent, { along: null, point: [0, 0] }, { along: 150, point: [100, 50] }, 0.5).point,
             ]",
        );
        let expected = json!([
            [50, 0],
            [50, 30],
            [0, 50],
            [160, 0],
            [200, 50],
            [50, 0],
            [100, 50],
            [100, 100],
            [0, 0],
            [100, 0],
            [50, 25]
        ]);
        assert_eq!(told, expected);
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn pauses_grow_up_to_a_bound_and_are_never_the_same_for_all() {
        let (_running, _order, browser) = watch(&Settings::default(), &[]);
        let [shortest, longest] = ["0", "0.999999"].map(|luck| {
            let script = format!("return [...Array(100).keys()].map(it => pause(it, {luck}))");
            serde_json::from_value::<Vec<f64>>(browser.run(&script)).unwrap()
        });
        assert!(longest.iter().all(|it| (990.0..=30_000.0).contains(it)), "{longest:?}");
        assert!(longest[..5].is_sorted_by(|one, other| one * 1.9 < *other), "{longest:?}");
        assert!(longest[5..].iter().all(|it| *it > 29_000.0), "{longest:?}");
        for (one, other) in shortest.iter().zip(&longest) {
            assert!(*one >= 500.0 && other / one > 1.9, "half of it is luck: {one} to {other}");
        }
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn the_age_is_counted_from_the_courier_s_time_and_is_never_negative() {
        let (running, order, browser) = watch(&Settings::default(), &[]);
        let take_from = |sequence: u64, seconds: i64| {
            let mut position = position(BEND, sequence);
            position["at"] = json!(Timestamp::now() + SignedDuration::from_secs(seconds));
            assert_eq!(running.deliver(&order, &position).status, 202);
            until_it_is_at(&browser, sequence);
        };
        take_from(1, -7200);
        assert_eq!(browser.text("#age"), "2 h ago");
        // From here on time is the test's.
        let age = |passed: u64| {
            browser.run(&format!(
                "performance.now = () => heard.ticks + {passed}; Date.now = () => heard.clock + {passed};
                 tick(); return document.querySelector('#age').textContent"
            ))
        };
        assert_eq!(age(3_599_000), "2 h ago");
        browser.run("delete performance.now; delete Date.now");
        browser.open(&format!("{}/track/{order}", running.url()));
        until_it_says(&browser, "live");
        // Its clock is ahead of ours.
        take_from(2, 9);
        for (passed, words) in [
            (0, "just now"),
            (900, "just now"),
            (1000, "1 s ago"),
            (59_999, "59 s ago"),
            (60_000, "1 min ago"),
            (3_600_000, "1 h ago"),
        ] {
            assert_eq!(age(passed), words);
        }
        // A computer that slept: one clock stood still, and a clock that was set back.
        let odd = browser.run(
            "performance.now = () => heard.ticks; Date.now = () => heard.clock + 30000;
             tick(); const slept = document.querySelector('#age').textContent;
             performance.now = () => heard.ticks + 20000; Date.now = () => heard.clock - 5000;
             tick(); return [slept, document.querySelector('#age').textContent]",
        );
        assert_eq!(odd, json!(["30 s ago", "20 s ago"]));
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn what_is_read_aloud_is_little_and_is_true() {
        let (running, order, browser) = watch(&Settings::default(), &[]);
        take(&running, &order, BEGINNING, 1);
        until_it_is_at(&browser, 1);
        assert_eq!(browser.count("#said[aria-live=polite]"), 1);
        // A minute of the page's own time, with a position in every second of it.
        let told = browser.run(
            "let now = performance.now() + 60000;
             performance.now = () => now;
             const told = [];
             for (let second = 1; second <= 60; second++) {
                 now += 1000;
                 const [x, y] = upTo(city, second * 60).point;
                 const lat = city.lat - y / city.degree;
                 const lon = city.lon + x / city.degree / Math.cos(city.lat * Math.PI / 180);
                 hear(JSON.stringify({ lat, lon, at: new Date(), sequence: 100 + second }));
                 const text = document.querySelector('#said').textContent;
                 if (told[told.length - 1] !== text) told.push(text);
             }
             now += 1000; hear('{\"notice\":\"interrupted\"}');
             now += 6000; tick();
             told.push(document.querySelector('#said').textContent);
             return told",
        );
        let told: Vec<String> = serde_json::from_value(told).unwrap();
        assert!((2..=5).contains(&told.len()), "{told:?}");
        assert!(told[0].starts_with("live. On Avenida Paulista, near Rua "), "{told:?}");
        // There were some eighteen other streets.
        let last = &told[told.len() - 1];
        let state = "interrupted: positions are missing, waiting. On Rua da Consolação, near Rua ";
        assert!(last.starts_with(state), "{last}");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn it_comes_back_by_itself_and_at_once_when_the_network_does() {
        let running = Running::start(&[]);
        let order = running.open();
        let proxy = Proxy::start(&running.address.to_string());
        let browser = show(&calm(), &proxy.url(&running.url()), &order);
        browser.run("window.mark = 'the same page'");
        take(&running, &order, EARLY, 1);
        until_it_is_at(&browser, 1);
        proxy.down();
        browser.until("it says so", |browser| {
            let state = browser.text("#state");
            state.starts_with("connecting again in ") && state.ends_with(" s")
        });
        browser.screenshot("track-waiting");
        take(&running, &order, AVENUE, 2);
        proxy.up();
        until_it_is_at(&browser, 2);
        until_it_says(&browser, "live");
        browser.run(TURN);
        // From here on it would wait for an hour.
        browser.run("pause = () => 3600000");
        let events = ["dispatchEvent(new Event('online'))", "turn('hidden'); turn('visible')"];
        for (sequence, event) in (3..).zip(events) {
            proxy.cut();
            until_it_says(&browser, "connecting again in 3600 s");
            take(&running, &order, AVENUE, sequence);
            browser.run(event);
            until_it_says(&browser, "live");
            until_it_is_at(&browser, sequence);
        }
        proxy.cut();
        until_it_says(&browser, "connecting again in 3600 s");
        browser.run("document.activeElement.blur()");
        browser.press(Key::Tab);
        browser.press(Key::Enter);
        until_it_says(&browser, "live");
        assert_eq!(browser.count("#now:not([hidden])"), 0);
        assert_eq!(browser.run("return document.activeElement.id"), "title");
        assert_eq!(browser.run("return mark"), "the same page");
    }

    /// Turns to another tab, and back.
    const TURN: &str = "window.turn = state => {
        Object.defineProperty(document, 'visibilityState', { get: () => state, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }";

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_connection_that_may_be_dead_is_made_anew_and_nobody_notices() {
        let (running, order, browser) = watch(&calm(), &[]);
        take(&running, &order, AVENUE, 1);
        until_it_is_at(&browser, 1);
        browser.run(TURN);
        browser.run(
            "window.told = new Set();
             const state = document.querySelector('#state');
             new MutationObserver(() => told.add(state.textContent))
                 .observe(state, { childList: true, characterData: true, subtree: true });
             window.ahead = 0;
             const { now } = performance;
             performance.now = () => now.call(performance) + ahead;
             window.is_another = act => { const former = socket; act(); return socket !== former; }",
        );
        let silence = browser.run("return silence").as_f64().unwrap();
        assert!((60_000.0..=120_000.0).contains(&silence), "{silence}");
        browser.run("silence = 60000");
        let is_another = |act: &str| browser.run(&format!("return is_another(() => {{ {act} }})"));
        assert_eq!(is_another("ahead += 50000; tick()"), false);
        assert_eq!(is_another("hear('{\"notice\":\"resumed\"}'); ahead += 50000; tick()"), false);
        assert_eq!(is_another("turn('hidden'); ahead += 130000; tick()"), false);
        // In one go: the page has ticks of its own.
        let seen = "[is_another(() => turn('visible')), is_another(tick)]";
        assert_eq!(browser.run(&format!("return {seen}")), json!([false, true]));
        assert_eq!(is_another("tick()"), false);
        browser.until("it stands", |browser| browser.run("return openedAt !== null") == true);
        take(&running, &order, ROAD, 2);
        until_it_is_at(&browser, 2);
        assert_eq!(browser.run("return [...told]"), json!([]));
        // A computer that slept for as long may have another network.
        let slept = "turn('hidden'); hiddenAt -= 40000; turn('visible')";
        assert_eq!(is_another(slept), true);
        until_it_says(&browser, "live");
        take(&running, &order, END, 3);
        until_it_is_at(&browser, 3);
        browser.assert_quiet();
    }

    /// Those of the page's requests that were for its socket.
    fn sockets(browser: &Browser) -> usize {
        browser.requests().iter().filter(|address| address.starts_with("ws://")).count()
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn an_order_whose_time_is_over_is_not_asked_for_again() {
        let browser = Browser::start(&Settings::default());
        // On a busy machine the time may be over before the page is there. Then the next
        // order has more of it.
        let has_seen_it = |lifetime: &str| {
            let running = Running::start(&["--lifetime", lifetime]);
            let order = running.open();
            take(&running, &order, AVENUE, 1);
            browser.open(&format!("{}/track/{order}", running.url()));
            let script = "return typeof last === 'undefined' ? false : last !== null || (ended ? false : null)";
            let mut seen = Value::Null;
            browser.until("a position or an end is seen", |browser| {
                seen = browser.run(script);
                !seen.is_null()
            });
            if seen == true { Some((running, order)) } else { None }
        };
        let seen = ["2", "8", "32"].iter().find_map(|lifetime| has_seen_it(lifetime));
        let (running, order) = seen.expect("a page that was there in time");
        browser.console_errors();
        until_it_says(&browser, "the order’s time is over");
        browser.screenshot("track-over");
        browser.requests();
        browser.run(
            "dispatchEvent(new Event('online'));
             document.dispatchEvent(new Event('visibilitychange')); connect()",
        );
        assert_eq!(browser.text("#state"), "the order’s time is over");
        assert_eq!(sockets(&browser), 0);
        assert_eq!(browser.text("#place"), "On Avenida Paulista, near Rua da Figueira");
        browser.assert_quiet();
        // Whoever opens the link now is told in a page.
        browser.open(&format!("{}/track/{order}", running.url()));
        assert_eq!(browser.text("h1"), "There is no such order");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn an_order_that_is_gone_when_its_server_is_back_is_not_asked_for_again() {
        let running = alone(&[]);
        let order = running.open();
        let proxy = Proxy::start(&running.address.to_string());
        let browser = show(&Settings::default(), &proxy.url(&running.url()), &order);
        let Running { program, address } = running;
        program.kill();
        browser.until("it says so", |browser| browser.text("#state").starts_with("connecting"));
        // Its orders were inside of it, so this one knows of none.
        let _again = Running::start_at(address, &[], &[]);
        until_it_says(&browser, "there is no such order any more");
        browser.requests();
        browser.run("dispatchEvent(new Event('online'))");
        assert_eq!(sockets(&browser), 0);
    }

    #[test]
    #[ignore = "needs Redis and Chromium: scripts/test"]
    fn it_outlives_redis_and_the_instance_that_it_was_on() {
        let redis = Killable::start();
        let url = redis.url();
        let environment = [("REDIS_URL", url.as_str())];
        let courier_s = Running::start_with(&[], &environment);
        let page_s = alone(&environment);
        let proxy = Proxy::start(&page_s.address.to_string());
        let order = courier_s.open();
        let browser = show(&calm(), &proxy.url(&page_s.url()), &order);
        browser.run("window.mark = 'the same page'");
        browser.run(SOON);
        take(&courier_s, &order, EARLY, 1);
        until_it_is_at(&browser, 1);

        redis.kill();
        until_it_says(&browser, "interrupted: positions are missing, waiting");
        browser.screenshot("track-interrupted");
        assert_eq!(browser.text("#place"), "On Avenida Paulista, near Rua do Cedro");
        assert_eq!(courier_s.deliver(&order, &position(AVENUE, 2)).status, 503);
        redis.start_again();
        until_it_says(&browser, "live");
        program_test::until("the other instance has it again too", || {
            courier_s.deliver(&order, &position(AVENUE, 3)).status == 202
        });
        until_it_is_at(&browser, 3);

        let Running { program, address } = page_s;
        program.kill();
        browser.until("it says so", |browser| {
            browser.text("#state").starts_with("connecting again in ")
        });
        take(&courier_s, &order, ROAD, 4);
        assert_eq!(browser.run("return last.sequence"), 3);
        let again = Running::start_at(address, &[], &environment);
        until_it_says(&browser, "live");
        until_it_is_at(&browser, 4);
        take(&courier_s, &order, END, 5);
        until_it_is_at(&browser, 5);
        assert_eq!(browser.text("#headline"), "At the end of the route");
        assert_eq!(browser.run("return mark"), "the same page");

        // While Redis is gone nobody knows the order, and the page waits for it.
        redis.kill();
        until_it_says(&browser, "interrupted: positions are missing, waiting");
        browser.open(&format!("{}/track/{order}", proxy.url(&again.url())));
        browser.until("it waits", |browser| browser.text("#state").starts_with("connecting again"));
        browser.run(SOON);
        redis.start_again();
        until_it_says(&browser, "live");
        until_it_is_at(&browser, 5);
    }

    /// How long it waits by itself has a test of its own.
    const SOON: &str = "pause = () => 200";

    /// A server of somebody else's, whose pages are empty. It ends with the test.
    fn somebody_else() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let _ = client.read(&mut [0; 4096]);
                let _ = client.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<p>evil</p>",
                );
            }
        });
        url
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn pages_of_others_cannot_open_the_socket() {
        let running = Running::start(&[]);
        let order = running.open();
        let browser = Browser::start(&Settings::default());
        let elsewhere = somebody_else();
        // Another port, and another name of the same machine.
        let pages = [elsewhere.clone(), elsewhere.replace("127.0.0.1", "localhost")];
        for page in pages {
            browser.open(&page);
            browser.run(&format!(
                "window.outcome = null;
                 const socket = new WebSocket('ws://{}/ws/orders/{order}');
                 socket.onopen = () => outcome = 'open';
                 socket.onclose = ({{ code }}) => outcome = code",
                running.address
            ));
            browser.until("it has ended", |browser| !browser.run("return outcome").is_null());
            assert_eq!(browser.run("return outcome"), 1006);
            let errors = browser.console_errors();
            assert!(
                errors.iter().any(|it| it.contains("Unexpected response code: 403")),
                "{errors:?}"
            );
        }
        // The same from a page of ours is let in.
        open(&browser, &running.url(), &order);
    }

    /// Texts of the page whose contrast to what is behind them is less than 4.5, and how
    /// many were looked at.
    const CONTRASTS: &str = "
        const channels = colour => {
            const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
            return { rgb: [r, g, b], a };
        };
        const light = ({ rgb }) => {
            const [r, g, b] = rgb.map(it => it / 255).map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const behind = element => {
            for (; element; element = element.parentElement) {
                const colour = channels(getComputedStyle(element).backgroundColor);
                if (colour.a > 0) return colour;
            }
            return channels('rgb(255, 255, 255)');
        };
        const poor = [];
        let count = 0;
        for (const element of document.querySelectorAll('body *')) {
            const text = [...element.childNodes].some(it => it.nodeType === 3 && it.textContent.trim());
            if (!text || !element.checkVisibility() || element.closest('title, .unseen, noscript')) continue;
            const style = getComputedStyle(element);
            const own = channels(element.closest('svg') ? style.fill : style.color);
            const [one, other] = [light(own), light(behind(element))].sort((a, b) => b - a);
            const contrast = (one + 0.05) / (other + 0.05);
            count += 1;
            if (contrast < 4.5) poor.push(`${element.textContent.trim()}: ${contrast.toFixed(2)}`);
        }
        return [count, poor]";

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn it_can_be_read_and_fits_the_screen_in_light_and_in_dark() {
        let running = Running::start(&[]);
        let browser = Browser::start(&calm());
        let screens = [(320, 640), (768, 1024), (1280, 800)];
        for (width, height) in screens {
            for dark in [false, true] {
                let mobile = width < 1000;
                let settings = Settings { width, height, mobile, dark, ..calm() };
                browser.set(&settings);
                let order = running.open();
                open(&browser, &running.url(), &order);
                let shown = browser.run(
                    "return [innerWidth, innerHeight, matchMedia('(prefers-color-scheme: dark)').matches]",
                );
                assert_eq!(shown, json!([width, height, dark]));
                take(&running, &order, BEGINNING, 1);
                until_it_is_at(&browser, 1);
                take(&running, &order, AVENUE, 2);
                until_it_is_at(&browser, 2);
                let name = format!("track-{width}-{}", if dark { "dark" } else { "light" });
                browser.screenshot(&name);
                for state in
                    ["connecting", "live", "interrupted", "again", "waiting", "over", "gone"]
                {
                    browser.run(&format!("nextAt = performance.now() + 9000; show('{state}')"));
                    if ["interrupted", "waiting"].contains(&state) {
                        browser.screenshot(&format!("{name}-{state}"));
                    }
                    let contrasts = browser.run(CONTRASTS);
                    assert!(contrasts[0].as_u64() > Some(10), "{contrasts}");
                    assert_eq!(contrasts[1], json!([]), "{name}, {state}");
                    let wider = browser.run(
                        "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
                    );
                    assert_eq!(wider, 0, "{name}, {state} has to be scrolled sideways");
                }
                browser.assert_quiet();
                browser.open(&format!("{}/track/{NOWHERE}", running.url()));
                let contrasts = browser.run(CONTRASTS);
                assert_eq!(contrasts, json!([2, []]), "{name}, no such order");
                browser.screenshot(&format!("{name}-missing"));
                // That it is missing is an error of this page, and none of the next.
                browser.console_errors();
            }
        }
    }
}
