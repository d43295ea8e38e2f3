//! Confinement: from here on the process can read its one source, write to the pipes it was given, and compute.
//!
//! Two fences, because either alone has holes: landlock says which files and which TCP port, seccomp says which
//! system calls. Both hold for this thread and all that it starts; so they come before the first other thread.

use std::collections::BTreeMap;
use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

/// The newest landlock this was tried with; older kernels enforce what they know of it.
const LANDLOCK: ABI = ABI::V6;

/// What the source needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing.
    Nothing,
    /// This file, to read.
    File(PathBuf),
    /// This device node, to control.
    Device(PathBuf),
    /// A TCP connection to this port.
    Port(u16),
    /// This file, to read, and this folder, to write files in.
    Work(PathBuf, PathBuf),
}

/// Confines this thread, and every thread it starts later.
///
/// # Errors
/// Which step failed, and what the kernel said.
pub(crate) fn confine(need: &Need) -> Result<(), String> {
    landlock(need).map_err(|e| format!("landlock: {e}"))?;
    seccomp(need).map_err(|e| format!("seccomp: {e}"))
}

fn landlock(need: &Need) -> Result<(), Box<dyn std::error::Error>> {
    let ruleset = Ruleset::default()
        // Without these it would be no fence at all.
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    let ruleset = match need {
        Need::Nothing => ruleset,
        Need::File(path) => ruleset.add_rule(PathBeneath::new(PathFd::new(path)?, AccessFs::ReadFile))?,
        Need::Device(path) => {
            let access = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;
            ruleset.add_rule(PathBeneath::new(PathFd::new(path)?, access))?
        }
        Need::Port(port) => ruleset.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?,
        Need::Work(file, folder) => {
            let files = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::Truncate;
            ruleset
                .add_rule(PathBeneath::new(PathFd::new(file)?, AccessFs::ReadFile))?
                .add_rule(PathBeneath::new(PathFd::new(folder)?, files))?
        }
    };
    let status = ruleset.restrict_self()?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        return Err("the kernel does not enforce it".into());
    }
    Ok(())
}

fn seccomp(need: &Need) -> Result<(), Box<dyn std::error::Error>> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    // libc starts threads by clone3, whose flags a filter cannot see; told that there is none, it uses clone.
    let no_clone3 = BTreeMap::from([(libc::SYS_clone3, vec![])]);
    let no_clone3 =
        SeccompFilter::new(no_clone3, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32), arch)?;
    let calls =
        SeccompFilter::new(allowed(need)?, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow, arch)?;
    // The first filter must still allow to set the second.
    for filter in [no_clone3, calls] {
        seccompiler::apply_filter(&BpfProgram::try_from(filter)?)?;
    }
    Ok(())
}

/// The system calls that are left, with conditions on their arguments.
fn allowed(need: &Need) -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut calls: BTreeMap<i64, Vec<SeccompRule>> = [
        // Reading and writing what is open.
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_lseek,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_fcntl,
        libc::SYS_ppoll,
        libc::SYS_pselect6,
        // Memory.
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        // Threads. The other filter answers clone3.
        libc::SYS_clone3,
        libc::SYS_futex,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigreturn,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
        // Time and chance.
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
    ]
    .into_iter()
    .map(|call| (call, vec![]))
    .collect();
    #[cfg(target_arch = "x86_64")]
    calls.insert(libc::SYS_poll, vec![]);

    // Only threads of this process, not processes.
    calls.insert(libc::SYS_clone, vec![all([has(0, libc::CLONE_THREAD, libc::CLONE_THREAD)?])?]);
    // No memory that can be executed.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        calls.insert(call, vec![all([has(2, libc::PROT_EXEC, 0)?])?]);
    }
    calls.insert(libc::SYS_prctl, vec![all([has(0, -1, libc::PR_SET_NAME)?])?]);

    let writing = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND;
    let mut opens = vec![all([has(2, writing, libc::O_RDONLY)?])?];
    match need {
        Need::Nothing | Need::File(_) => {}
        // Where it may write, landlock says.
        Need::Work(..) => opens = vec![],
        Need::Device(_) => {
            opens.push(all([has(2, writing, libc::O_RDWR)?])?);
            // V4L2's own requests only: their second byte is 'V'.
            calls.insert(libc::SYS_ioctl, vec![all([has(1, 0xff00, i32::from(b'V') << 8)?])?]);
        }
        Need::Port(_) => {
            let mut tcp = Vec::new();
            for family in [libc::AF_INET, libc::AF_INET6] {
                // The upper bits of the type are flags.
                tcp.push(all([has(0, -1, family)?, has(1, 0xf, libc::SOCK_STREAM)?])?);
            }
            calls.insert(libc::SYS_socket, tcp);
            for call in [
                libc::SYS_connect,
                libc::SYS_sendto,
                libc::SYS_recvfrom,
                libc::SYS_sendmsg,
                libc::SYS_recvmsg,
                libc::SYS_getsockopt,
                libc::SYS_setsockopt,
                libc::SYS_getsockname,
                libc::SYS_getpeername,
                libc::SYS_shutdown,
            ] {
                calls.insert(call, vec![]);
            }
        }
    }
    calls.insert(libc::SYS_openat, opens);
    Ok(calls)
}

fn all<const N: usize>(conditions: [SeccompCondition; N]) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(conditions.into())
}

/// The argument at this place has these bits, of those under the mask.
fn has(place: u8, mask: i32, bits: i32) -> Result<SeccompCondition, seccompiler::BackendError> {
    let mask = u64::from(mask as u32);
    SeccompCondition::new(place, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), u64::from(bits as u32))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::UnixStream;
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::thread;

    use super::*;

    /// Confines a thread of its own, and gives what the attempts give there.
    fn confined<T: Send>(need: &Need, attempts: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                confine(need).unwrap();
                attempts()
            });
            thread.join().unwrap()
        })
    }

    fn refused<T>(result: io::Result<T>) -> bool {
        result.is_err_and(|e| e.kind() == io::ErrorKind::PermissionDenied)
    }

    #[test]
    fn only_the_source_can_be_read_and_nothing_written_or_started() {
        let folder = std::env::temp_dir().join(format!("packseal-confine-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (source, secret) = (folder.join("source"), folder.join("secret"));
        fs::write(&source, "pictures").unwrap();
        fs::write(&secret, "key").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let attempts = || {
            vec![
                ("read /etc/shadow", refused(File::open("/etc/shadow"))),
                ("read another file", refused(File::open(&secret))),
                ("list a folder", refused(fs::read_dir(&folder))),
                ("create", refused(File::create(folder.join("new")))),
                ("write the source", refused(OpenOptions::new().append(true).open(&source))),
                ("remove", refused(fs::remove_file(&secret))),
                ("rename", refused(fs::rename(&secret, folder.join("moved")))),
                ("connect by TCP", refused(TcpStream::connect(address))),
                ("use UDP", refused(UdpSocket::bind("127.0.0.1:0"))),
                ("connect to a local socket", refused(UnixStream::connect("/run/x"))),
                ("start a process", refused(Command::new("/bin/true").status())),
                // Were it possible, no test would come back.
                ("become a program", refused(Err::<(), _>(Command::new("/bin/true").exec()))),
                ("start a thread", thread::Builder::new().spawn(|| ()).is_ok()),
                ("read the source", fs::read(&source).is_ok_and(|bytes| bytes == b"pictures")),
            ]
        };
        // Each is possible before, or its refusal would tell nothing.
        assert!(File::open("/etc/passwd").is_ok() && File::open(&secret).is_ok());
        assert!(Command::new("/bin/true").status().is_ok());
        for (what, as_it_should) in confined(&Need::File(source.clone()), attempts) {
            assert!(as_it_should, "{what}");
        }
        assert!(confined(&Need::Nothing, || refused(File::open(&source))));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn copies_are_written_into_their_folder_alone() {
        let folder = std::env::temp_dir().join(format!("packseal-confine-work-{}", std::process::id()));
        let (clip, out, secret) = (folder.join("clip"), folder.join("out"), folder.join("secret"));
        fs::create_dir_all(&out).unwrap();
        fs::write(&clip, "pictures").unwrap();
        fs::write(&secret, "key").unwrap();
        let attempts = || {
            vec![
                ("read another file", refused(File::open(&secret))),
                ("write the clip", refused(OpenOptions::new().append(true).open(&clip))),
                ("write beside the folder", refused(fs::write(folder.join("new"), "x"))),
                ("overwrite another file", refused(fs::write(&secret, "x"))),
                ("connect by TCP", refused(TcpStream::connect("127.0.0.1:9"))),
                ("start a process", refused(Command::new("/bin/true").status())),
                ("read the clip", fs::read(&clip).is_ok_and(|bytes| bytes == b"pictures")),
                ("write in the folder", fs::write(out.join("copy"), "copy").is_ok()),
                ("read it again", fs::read(out.join("copy")).is_ok_and(|bytes| bytes == b"copy")),
            ]
        };
        for (what, as_it_should) in confined(&Need::Work(clip.clone(), out.clone()), attempts) {
            assert!(as_it_should, "{what}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_network_camera_is_reached_and_nobody_else() {
        let (camera, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let (camera, other) = (camera.local_addr().unwrap(), other.local_addr().unwrap());
        let results = confined(&Need::Port(camera.port()), || {
            let bound = TcpListener::bind("127.0.0.1:0");
            [TcpStream::connect(camera).is_ok(), refused(TcpStream::connect(other)), refused(bound)]
        });
        let udp = confined(&Need::Port(camera.port()), || refused(UdpSocket::bind("127.0.0.1:0")));
        assert_eq!(results, [true, true, true]);
        assert!(udp);
    }
}
