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
