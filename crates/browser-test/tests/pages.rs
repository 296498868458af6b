//! What a test can ask of a browser, and what it is told.

mod in_browser {
    use std::fs;
    use std::net::TcpListener;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use browser_test::{Browser, Key, Settings};
    use tempfile::TempDir;

    /// A browser that shows this page, a file in a folder of its own.
    fn show(settings: &Settings, html: &str) -> (Browser, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        // A name that has to be escaped in a URL.
        let page = folder.path().join("a page #1.html");
        fs::write(&page, format!("<!doctype html><meta charset=\"utf-8\">{html}")).expect("a file");
        let browser = Browser::start(settings);
        browser.open_file(&page);
        (browser, folder)
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_page_is_read_and_used() {
        let html = "<p>one</p><p>two</p><button onclick=\"this.textContent += '!'\">go</button>";
        let (browser, _folder) = show(&Settings::default(), html);
        assert_eq!(browser.texts("p"), ["one", "two"]);
        assert_eq!(browser.count("p"), 2);
        assert_eq!(browser.count("table"), 0);
        browser.click("button");
        assert_eq!(browser.text("button"), "go!");
        browser.press(Key::Enter);
        assert_eq!(browser.text("button"), "go!!");
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn an_error_of_a_page_is_not_quiet() {
        let (browser, _folder) = show(&Settings::default(), "<script>nothing()</script>");
        let quiet = catch_unwind(AssertUnwindSafe(|| browser.assert_quiet()));
        assert!(quiet.is_err());
        assert_eq!(browser.console_errors(), [""; 0], "they have been asked for");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_request_to_another_machine_is_seen_and_goes_nowhere() {
        let html =
            "<script>fetch('http://example.com/').catch(() => document.title = 'no')</script>";
        let (browser, _folder) = show(&Settings::default(), html);
        browser.until("it has failed", |browser| browser.run("return document.title") == "no");
        browser.console_errors();
        let requests = browser.requests();
        assert!(requests.contains(&"http://example.com/".to_owned()), "{requests:?}");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_request_to_this_machine_is_seen() {
        // It accepts by itself and never answers.
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x", server.local_addr().unwrap());
        let html = format!("<script>fetch('{url}', {{mode: 'no-cors'}})</script>");
        let (browser, _folder) = show(&Settings::default(), &html);
        let mut requests = browser.requests();
        browser.until("it is seen", |browser| {
            requests.extend(browser.requests());
            requests.contains(&url)
        });
        browser.assert_quiet();
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_page_sees_the_settings() {
        let like = |browser: &Browser, media: &str| {
            browser.run(&format!("return matchMedia('({media})').matches")) == true
        };
        let (browser, _folder) = show(&Settings::default(), "");
        assert!(like(&browser, "prefers-color-scheme: light"));
        assert!(like(&browser, "prefers-reduced-motion: no-preference"));
        assert!(like(&browser, "width: 1280px"));

        let settings = Settings { dark: true, reduced_motion: true, ..Settings::phone() };
        let viewport = "<meta name=\"viewport\" content=\"width=device-width\">";
        let (browser, _folder) = show(&settings, viewport);
        assert!(like(&browser, "prefers-color-scheme: dark"));
        assert!(like(&browser, "prefers-reduced-motion: reduce"));
        assert!(like(&browser, "width: 390px"));
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn without_scripts_a_page_says_what_it_has_for_that() {
        let html = "<p>before</p><noscript><i>plain</i></noscript>\
                    <script>document.querySelector('p').textContent = 'after'</script>";
        let (browser, _folder) = show(&Settings { scripts: false, ..Settings::default() }, html);
        assert_eq!(browser.texts("p, i"), ["before", "plain"]);
        assert_eq!(browser.text("i"), "plain");
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_screenshot_is_as_large_as_the_screen_or_the_page() {
        let html = "<body style=\"margin: 0\"><div style=\"height: 3000px\">";
        let (browser, _folder) = show(&Settings::default(), html);
        let size = |path| {
            let png = fs::read(path).unwrap();
            let number = |at| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
            (number(16), number(20))
        };
        assert_eq!(size(browser.screenshot("browser-test-screen")), (1280, 800));
        assert_eq!(size(browser.screenshot_of_all("browser-test-page")), (1280, 3000));
    }
}
