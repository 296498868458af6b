//! A session with the driver, in the WebDriver protocol: each command is a request
//! of HTTP, and its answer is JSON.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::{Method, Request};
use ureq::{Agent, Body};

/// How long a command may take, the loading of a page among them.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a browser may take to end when it is asked to.
const FAREWELL: Duration = Duration::from_secs(10);

/// What an element is called in JSON: the same name in every driver, from
/// <https://www.w3.org/TR/webdriver2/#elements>.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The largest answer read: a screenshot of a long page is the largest there is.
const LARGEST_ANSWER: u64 = 256 * 1024 * 1024;

/// What went wrong, in the driver's words where it has some.
pub(crate) type Outcome<T> = Result<T, String>;

/// A browser that the driver has started.
#[derive(Debug)]
pub(crate) struct Session {
    agent: Agent,
    /// Of this session: commands are below it.
    url: String,
    process: Option<i64>,
}

/// A part of the page, as the driver knows it.
#[derive(Debug)]
pub(crate) struct Element(String);

impl Session {
    pub(crate) fn start(driver: &str, capabilities: &Value) -> Outcome<Self> {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None).build();
        let agent = Agent::new_with_config(config);
        let asked = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let begun = send(&agent, Method::POST, &format!("{driver}/session"), &asked, PATIENCE)?;
        let id = begun["sessionId"].as_str().ok_or_else(|| format!("no session: {begun}"))?;
        let url = format!("{driver}/session/{id}");
        Ok(Self { agent, url, process: begun["capabilities"]["goog:processID"].as_i64() })
    }

    /// The browser's process.
    pub(crate) fn process(&self) -> Option<i64> {
        self.process
    }

    /// Ends the browser.
    pub(crate) fn quit(&self) -> Outcome<()> {
        send(&self.agent, Method::DELETE, &self.url, &Value::Null, FAREWELL).map(drop)
    }

    /// Returns when the page has loaded.
    pub(crate) fn open(&self, url: &str) -> Outcome<()> {
        self.post("url", &json!({ "url": url })).map(drop)
    }

    pub(crate) fn run(&self, script: &str) -> Outcome<Value> {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The first element that matches a CSS selector.
    pub(crate) fn find(&self, selector: &str) -> Outcome<Element> {
        element(&self.post("element", &by_css(selector))?)
    }

    pub(crate) fn count(&self, selector: &str) -> Outcome<usize> {
        let found = self.post("elements", &by_css(selector))?;
        found.as_array().map(Vec::len).ok_or_else(|| format!("no list: {found}"))
    }

    /// The element that has the focus.
    pub(crate) fn focused(&self) -> Outcome<Element> {
        element(&self.get("element/active")?)
    }

    pub(crate) fn text(&self, element: &Element) -> Outcome<String> {
        let text = self.get(&format!("element/{}/text", element.0))?;
        text.as_str().map(str::to_owned).ok_or_else(|| format!("no text: {text}"))
    }

    pub(crate) fn click(&self, element: &Element) -> Outcome<()> {
        self.post(&format!("element/{}/click", element.0), &json!({})).map(drop)
    }

    pub(crate) fn type_into(&self, element: &Element, text: &str) -> Outcome<()> {
        self.post(&format!("element/{}/value", element.0), &json!({ "text": text })).map(drop)
    }

    /// A command of the DevTools protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Outcome<Value> {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// What was logged since this was asked last: `browser` is the console,
    /// `performance` the events of the DevTools protocol.
    pub(crate) fn log(&self, kind: &str) -> Outcome<Vec<Value>> {
        match self.post("se/log", &json!({ "type": kind }))? {
            Value::Array(entries) => Ok(entries),
            other => Err(format!("no list: {other}")),
        }
    }

    fn get(&self, command: &str) -> Outcome<Value> {
        self.send(Method::GET, command, &Value::Null)
    }

    fn post(&self, command: &str, parameters: &Value) -> Outcome<Value> {
        self.send(Method::POST, command, parameters)
    }

    fn send(&self, method: Method, command: &str, parameters: &Value) -> Outcome<Value> {
        let url = format!("{}/{command}", self.url);
        send(&self.agent, method, &url, parameters, PATIENCE)
    }
}

fn by_css(selector: &str) -> Value {
    json!({ "using": "css selector", "value": selector })
}

fn element(found: &Value) -> Outcome<Element> {
    let id = found[ELEMENT].as_str().ok_or_else(|| format!("no element: {found}"))?;
    Ok(Element(id.to_owned()))
}

/// Sends a command and gives its value. Parameters that are null are none.
fn send(
    agent: &Agent,
    method: Method,
    url: &str,
    parameters: &Value,
    patience: Duration,
) -> Outcome<Value> {
    let body = if parameters.is_null() { String::new() } else { parameters.to_string() };
    let request = Request::builder().method(method).uri(url).body(body);
    let request = request.map_err(|error| error.to_string())?;
    let request = agent.configure_request(request).timeout_global(Some(patience)).build();
    let answer = agent.run(request).map_err(|error| error.to_string())?;
    value(answer.into_body())
}

fn value(mut answer: Body) -> Outcome<Value> {
    let text = answer.with_config().limit(LARGEST_ANSWER).read_to_string();
    let text = text.map_err(|error| error.to_string())?;
    let mut answer: Value = serde_json::from_str(&text).map_err(|_| format!("no JSON: {text}"))?;
    let value = answer["value"].take();
    match (value["error"].as_str(), value["message"].as_str()) {
        (Some(error), Some(message)) => Err(format!("{error}: {message}")),
        _ => Ok(value),
    }
}
