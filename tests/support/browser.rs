//! Headless Chromium, driven by its own driver on this machine. Both end with the test.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::{
    io::{BufRead, BufReader},
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
        let capabilities = json!({ "goog:chromeOptions": { "args": ARGS }, "timeouts": { "script": 60_000 } });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let client = runtime.block_on(
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://127.0.0.1:{port}")),
        );
        Self { driver, runtime, client: client.expect("Chromium") }
    }

    /// Opens a file as a page.
    pub fn open(&self, path: &str) {
        self.runtime.block_on(self.client.goto(&format!("file://{path}"))).unwrap();
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
        let (mut found, mut open) = (Vec::new(), vec![self.driver.id()]);
        while let Some(parent) = open.pop() {
            let children =
                std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
            open.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
            let command = std::fs::read(format!("/proc/{parent}/cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&command).contains("--type=renderer") {
                found.push(parent);
            }
        }
        found
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
