//! Headless Chromium, driven by its own driver on this machine. Both end with the test.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// What keeps it from the network and from asking anything.
const ARGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    // So that it ends with its driver, however that ends.
    "--remote-debugging-pipe",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A window.
pub struct Browser {
    driver: Child,
    runtime: Runtime,
    client: Client,
    /// Where the driver listens, and its session.
    session: (u16, String),
}

impl Browser {
    pub fn new() -> Self {
        let mut driver = Command::new("setpriv");
        driver.args(["--pdeathsig", "KILL", "chromedriver", "--port=0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = driver.spawn().expect("chromedriver: make setup");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port: u16 = lines
            .find_map(|line| {
                line.strip_prefix("ChromeDriver was started successfully on port ")?.strip_suffix('.')?.parse().ok()
            })
            .expect("a port");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let capabilities = json!({
            "goog:chromeOptions": { "args": ARGS },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": 60_000 },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let client = runtime.block_on(
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://127.0.0.1:{port}")),
        );
        let client = client.expect("Chromium");
        let id = runtime.block_on(client.session_id()).unwrap().expect("a session");
        Self { driver, runtime, client, session: (port, id) }
    }

    /// What the driver offers beyond WebDriver.
    fn driver(&self, path: &str, body: &Value) -> Value {
        let ((port, session), body) = (&self.session, body.to_string());
        let mut stream = TcpStream::connect(("127.0.0.1", *port)).unwrap();
        let head = format!(
            "POST /session/{session}/{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {}",
            body.len()
        );
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        // The driver keeps its connections: it says how long its answer is.
        let mut answer = BufReader::new(stream);
        let head = answer.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let length =
            head.filter_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok()).last();
        let mut said = vec![0; length.expect("a length")];
        answer.read_exact(&mut said).unwrap();
        serde_json::from_slice::<Value>(&said).unwrap()["value"].take()
    }

    /// A command of the DevTools protocol.
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// What stands in its console since the last call: errors of scripts, what was not allowed, what was not there.
    pub fn console(&self) -> Vec<String> {
        let lines = self.driver("se/log", &json!({ "type": "browser" }));
        lines.as_array().unwrap().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Types into a field, as a person does.
    pub fn type_into(&self, selector: &str, text: &str) {
        self.choose(selector, text);
    }

    /// Presses the mouse at the first of these points of the window, and lets go at the last.
    pub fn drag(&self, points: &[(f64, f64)]) {
        let event = |kind: &str, (x, y): (f64, f64), held: u8| {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": held, "clickCount": 1 });
            self.devtools("Input.dispatchMouseEvent", event);
        };
        event("mousePressed", points[0], 1);
        for point in &points[1..] {
            event("mouseMoved", *point, 1);
        }
        event("mouseReleased", points[points.len() - 1], 0);
    }

    /// Opens an address.
    pub fn go(&self, address: &str) {
        self.runtime.block_on(self.client.goto(address)).unwrap();
    }

    /// What is seen, PNG.
    pub fn picture(&self) -> Vec<u8> {
        self.runtime.block_on(self.client.screenshot()).unwrap()
    }

    /// Opens a file as a page.
    pub fn open(&self, path: &str) {
        self.runtime.block_on(self.client.goto(&format!("file://{path}"))).unwrap();
    }

    /// Opens a page of a server on this machine.
    pub fn visit(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
    }

    /// Makes the window so many pixels wide and high.
    pub fn resize(&self, width: u32, height: u32) {
        self.runtime.block_on(self.client.set_window_size(width, height)).unwrap();
    }

    /// Chooses a file in the page's input.
    pub fn choose(&self, selector: &str, path: &str) {
        self.runtime.block_on(async {
            let input = self.client.find(Locator::Css(selector)).await.unwrap();
            input.send_keys(path).await.unwrap();
        });
    }

    /// Its processes that show pages.
    pub fn renderers(&self) -> Vec<u32> {
        let read = |id: u32, what: &str| std::fs::read(format!("/proc/{id}/{what}")).unwrap_or_default();
        let all =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let parent = |id: u32| {
            let status = String::from_utf8_lossy(&read(id, "status")).into_owned();
            status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse::<u32>().ok())
        };
        let of_driver = |id: &u32| std::iter::successors(Some(*id), |id| parent(*id)).any(|id| id == self.driver.id());
        let shows = |id: &u32| String::from_utf8_lossy(&read(*id, "cmdline")).contains("--type=renderer");
        all.filter(shows).filter(of_driver).collect()
    }

    /// The same; `None` where the page went away meanwhile, or is not there yet.
    pub fn try_run(&self, script: &str, args: Vec<Value>) -> Option<Value> {
        self.runtime.block_on(self.client.execute_async(script, args)).ok()
    }

    /// Path of the page that is shown.
    pub fn path(&self) -> String {
        self.runtime.block_on(self.client.current_url()).unwrap().path().to_owned()
    }

    /// Runs a script, whose last argument is to be called with what it found.
    pub fn run(&self, script: &str, args: Vec<Value>) -> Value {
        self.runtime.block_on(self.client.execute_async(script, args)).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
