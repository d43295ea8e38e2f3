//! A USB camera without hardware, for a kernel that has `vhci-hcd` and `uvcvideo`.
//!
//! It is the device side of USB: the kernel enumerates it, loads its driver and makes a node of it as of any other
//! camera, over a socket that stands for the cable.
//!
//! ```text
//! usb-camera port=0 product=0001 serial=ONE pictures=/pictures [without=focus] < commands > log
//! ```
//!
//! It is plugged in at once. Commands, a line each: `plug`, `unplug`, `stall` (no picture any more), `resume`, `cut N`
//! (the next N pictures end in the middle), `tear N` (they lack their middle), `drop N` (they are lost). The log says
//! what the driver set, and what became of pictures that were not sent whole.

mod controls;
mod descriptors;
mod device;
mod pictures;
mod wire;

use std::{
    env, fs, io,
    net::Shutdown,
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::Path,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use device::Device;

/// The virtual host controller.
const CONTROLLER: &str = "/sys/devices/platform/vhci_hcd.0";
/// `USB_SPEED_HIGH`, as the kernel numbers it.
const HIGH_SPEED: u32 = 3;
/// Longest time the port may take to be free again.
const PORT_FREE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("usb-camera: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let argument = |key: &str| env::args().find_map(|a| a.strip_prefix(&format!("{key}=")).map(str::to_owned));
    let required = |key: &str| argument(key).ok_or_else(|| io::Error::other(format!("{key}= is missing")));
    let port = required("port")?;
    let product = u16::from_str_radix(&required("product")?, 16).map_err(io::Error::other)?;
    let pictures = required("pictures")?;
    let device = Device::new(product, required("serial")?, argument("without").as_deref(), Path::new(&pictures))?;
    let device = Arc::new(Mutex::new(device));

    let ticking = Arc::clone(&device);
    thread::spawn(move || {
        loop {
            let wait = lock(&ticking).tick(Instant::now());
            thread::sleep(wait);
        }
    });
    let mut cable = Some(plug(&port, &device)?);
    for line in io::stdin().lines() {
        let line = line?;
        match line.as_str() {
            "plug" if cable.is_none() => cable = Some(plug(&port, &device)?),
            "unplug" => {
                if let Some(cable) = cable.take() {
                    let _ = fs::write(format!("{CONTROLLER}/detach"), &port);
                    let _ = cable.shutdown(Shutdown::Both);
                    lock(&device).unplugged();
                }
            }
            command => lock(&device).command(command),
        }
        println!("did {line}");
    }
    Ok(())
}

/// Plugs the camera into a port of the virtual controller: the kernel's end of the cable is handed over by its number.
fn plug(port: &str, device: &Arc<Mutex<Device>>) -> io::Result<UnixStream> {
    let began = Instant::now();
    let cable = loop {
        let (ours, kernels) = UnixStream::pair()?;
        let device_id = 0x1_0002;
        let attach = format!("{port} {} {device_id} {HIGH_SPEED}", kernels.as_raw_fd());
        match fs::write(format!("{CONTROLLER}/attach"), attach) {
            Ok(()) => break ours,
            // The camera that was unplugged is still being forgotten.
            Err(_) if began.elapsed() < PORT_FREE => thread::sleep(Duration::from_millis(50)),
            Err(e) => return Err(e),
        }
    };
    lock(device).plugged(cable.try_clone()?);
    let (device, mut from) = (Arc::clone(device), cable.try_clone()?);
    thread::spawn(move || {
        // It ends when the cable is pulled.
        while let Ok(message) = wire::read(&mut from) {
            lock(&device).take(message);
        }
    });
    Ok(cable)
}

fn lock(device: &Mutex<Device>) -> std::sync::MutexGuard<'_, Device> {
    device.lock().unwrap_or_else(PoisonError::into_inner)
}
