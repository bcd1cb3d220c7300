//! The driver against real processes. The tracker's part is played by a shell script behind the same gate.

use std::thread::sleep;

use tempfile::TempDir;
use tierchain_primitives::H256;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::Resources;
use tierchain_runtime::directives::FailReason;

use super::*;

/// Waits at the gate, marks the server as started and runs the image, as a tracker does.
const TRACKER: &str = r#"read word || exit 0; [ "$word" = go ] || exit 0; : > "$2/started"; "$4" & wait"#;

/// Long enough for any machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct Bench {
    folder: TempDir,
    image: H256,
}

impl Bench {
    /// A folder with one image.
    fn new(image: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let digest = sha256(&[image.as_bytes()]);
        let images = folder.path().join("images");
        fs::create_dir_all(&images).expect("a folder");
        fs::write(images.join(hex::encode(digest.0)), image).expect("written");
        Self { folder, image: digest }
    }

    fn driver(&self) -> ProcessDriver {
        let tracker = ["/bin/sh", "-c", TRACKER, "tracker"].map(OsString::from).to_vec();
        let setup =
            Setup { state: self.folder.path().join("state"), images: self.folder.path().join("images"), tracker };
        ProcessDriver::open(setup).expect("a driver")
    }

    fn request(&self, directive: u64) -> Request {
        let resources = Resources { vcpus: 1, memory_mib: 64, disk_gib: 0 };
        Request { uuid: uuid(), directive, image: self.image, resources }
    }

    /// How often the image was started: it writes a line each time.
    fn starts(&self) -> usize {
        fs::read_to_string(self.folder.path().join("starts")).map_or(0, |text| text.lines().count())
    }
}

fn uuid() -> Uuid {
    Uuid([7; 16])
}

/// An image that notes its start, and then only lives.
fn lives(bench: &Path) -> String {
    format!("#!/bin/sh\necho start >> {}/starts\nexec sleep 1000\n", bench.display())
}

/// A bench whose image knows where the bench is.
fn bench() -> Bench {
    let mut bench = Bench::new("");
    let image = lives(bench.folder.path());
    bench.image = sha256(&[image.as_bytes()]);
    fs::write(bench.folder.path().join("images").join(hex::encode(bench.image.0)), image).expect("written");
    bench
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "never so: {what}");
        sleep(Duration::from_millis(5));
    }
}

fn seen(driver: &mut ProcessDriver) -> Option<Observation> {
    driver.observe().into_iter().find(|seen| seen.uuid == uuid())
}

fn members(driver: &ProcessDriver) -> Vec<Identity> {
    driver.running[&uuid()].members.clone()
}

/// How many of these processes still are who they were.
fn alive(members: &[Identity]) -> usize {
    members.iter().filter(|member| Process::find(member.pid).is_some_and(|found| found.identity == **member)).count()
}

#[test]
fn a_server_is_started_once_paused_resumed_and_ended() {
    let bench = bench();
    let mut driver = bench.driver();
    for _ in 0..3 {
        driver.create(&bench.request(1)).expect("it starts");
    }
    until("its image runs", || (bench.starts() == 1).then_some(()));
    assert_eq!(seen(&mut driver).map(|seen| (seen.seen, seen.directive)), Some((Seen::Running, 1)));
    let all = members(&driver);
    assert!(all.len() >= 2, "the tracker and what it runs: {all:?}");
    assert!(matches!(driver.create(&bench.request(2)), Err(DriverError::Taken { by: 1, .. })));

    for _ in 0..2 {
        driver.pause(uuid()).expect("it stops");
        assert_eq!(seen(&mut driver).map(|seen| seen.seen), Some(Seen::Paused));
    }
    driver.resume(uuid()).expect("it goes on");
    assert_eq!(seen(&mut driver).map(|seen| seen.seen), Some(Seen::Running));

    driver.pause(uuid()).expect("it stops");
    for _ in 0..2 {
        driver.destroy(uuid()).expect("a stopped one ends, too");
        assert_eq!(alive(&all), 0);
    }
    driver.forget(uuid()).expect("its folder goes");
    driver.forget(uuid()).expect("once more");
    assert_eq!((seen(&mut driver), bench.starts()), (None, 1));
    assert!(matches!(driver.pause(uuid()), Err(DriverError::NoSuchServer(_))));
    assert!(driver.destroy(uuid()).expect("nothing to end").is_none());
}

#[test]
fn another_driver_finds_what_runs_and_what_has_ended() {
    let bench = bench();
    let mut first = bench.driver();
    first.create(&bench.request(1)).expect("it starts");
    until("its image runs", || (bench.starts() == 1).then_some(()));
    // The agent is gone, its servers are not.
    let child = first.running.remove(&uuid()).and_then(|running| running.child);
    drop(first);
    let mut second = bench.driver();
    assert_eq!(seen(&mut second).map(|seen| seen.seen), Some(Seen::Running));
    second.create(&bench.request(1)).expect("it runs");
    let all = members(&second);
    let leader = second.running[&uuid()].record.leader();
    send(&[leader], Signal::KILL);
    until("its leader is gone", || (alive(&[leader]) == 0).then_some(()));
    assert_eq!(seen(&mut second).map(|seen| seen.seen), Some(Seen::Gone { how: "found gone".into() }));
    until("what was left of it is gone", || {
        second.observe();
        (alive(&all) == 0).then_some(())
    });
    second.create(&bench.request(1)).expect("it ran, and has ended");
    assert_eq!(bench.starts(), 1, "never a second time");
    assert!(matches!(second.resume(uuid()), Err(DriverError::HasEnded(_))));
    drop(child.map(|mut child| child.wait()));
}

#[test]
fn a_tracker_that_was_never_let_through_is_started_again() {
    let bench = bench();
    let mut driver = bench.driver();
    driver.create(&bench.request(1)).expect("it starts");
    until("its image runs", || (bench.starts() == 1).then_some(()));
    driver.destroy(uuid()).expect("it ends");
    // As if the agent had died between the record and the word at the gate.
    fs::remove_file(driver.shelf.guest(uuid()).join(STARTED)).expect("it was marked");
    let mut driver = bench.driver();
    assert!(matches!(seen(&mut driver).map(|seen| seen.seen), Some(Seen::Halted)));
    driver.create(&bench.request(1)).expect("it starts");
    until("its image runs", || (bench.starts() == 2).then_some(()));
    driver.destroy(uuid()).expect("it ends");
}

#[test]
fn what_a_server_consumed_never_decreases_and_counts_children_that_ended() {
    let mut bench = Bench::new("");
    let busy = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'";
    let image = format!("#!/bin/sh\n{busy}\necho over >> {}/starts\nexec sleep 1000\n", bench.folder.path().display());
    bench.image = sha256(&[image.as_bytes()]);
    fs::write(bench.folder.path().join("images").join(hex::encode(bench.image.0)), image).expect("written");
    let mut driver = bench.driver();
    driver.create(&bench.request(1)).expect("it starts");
    let mut latest = 0;
    until("the busy child is over", || {
        let figures = seen(&mut driver)?.figures?;
        assert!(figures.cpu_us >= latest, "{} after {latest}", figures.cpu_us);
        latest = figures.cpu_us;
        (bench.starts() == 1).then_some(())
    });
    let figures = driver.destroy(uuid()).expect("it ends").expect("it was here");
    assert!(figures.cpu_us >= latest && figures.cpu_us >= 50_000, "{figures:?}");
}

#[test]
fn an_image_is_what_its_name_says_or_it_does_not_run() {
    let bench = bench();
    let mut driver = bench.driver();
    let unknown = Request { image: H256([1; 32]), ..bench.request(1) };
    assert!(matches!(driver.create(&unknown), Err(DriverError::NoImage { .. })));
    let path = bench.folder.path().join("images").join(hex::encode(bench.image.0));
    fs::write(&path, "#!/bin/sh\nexit 0\n").expect("written");
    let error = driver.create(&bench.request(1)).expect_err("another image");
    assert!(matches!(error, DriverError::OtherImage { .. }) && error.reason() == FailReason::NoImage);
    assert_eq!((bench.starts(), seen(&mut driver)), (0, None));
    assert!(!driver.shelf.folder(uuid()).exists(), "nothing of it is kept");
}

#[test]
fn a_server_that_was_stopped_for_a_move_starts_again_from_its_own_disk() {
    let bench = bench();
    let mut driver = bench.driver();
    driver.create(&bench.request(1)).expect("it starts");
    until("its image runs", || (bench.starts() == 1).then_some(()));
    let (all, guest) = (members(&driver), driver.shelf.guest(uuid()));
    fs::write(guest.join("disk"), "kept").expect("written");
    keyfile::write(&guest.join(KEY), &[5; 32]).expect("written");
    for _ in 0..2 {
        let halted = driver.halt(uuid()).expect("it ends");
        let key = halted.tracker.expect("its key goes along").public();
        assert_eq!((key, halted.reports.len()), (KeyPair::from_seed(&[5; 32]).public(), 0));
        assert_eq!((alive(&all), seen(&mut driver).map(|seen| seen.seen)), (0, Some(Seen::Halted)));
    }
    // Another agent sees the same, and the host's image isn't needed any more.
    let child = driver.running.remove(&uuid()).and_then(|running| running.child);
    let mut driver = bench.driver();
    assert_eq!(seen(&mut driver).map(|seen| seen.seen), Some(Seen::Halted));
    fs::remove_dir_all(bench.folder.path().join("images")).expect("removed");
    for _ in 0..2 {
        driver.create(&bench.request(1)).expect("it starts again");
    }
    until("its image runs", || (bench.starts() == 2).then_some(()));
    assert_eq!(seen(&mut driver).map(|seen| seen.seen), Some(Seen::Running));
    assert_eq!(fs::read_to_string(guest.join("disk")).expect("it is there"), "kept");
    driver.destroy(uuid()).expect("it ends");
    drop(child.map(|mut child| child.wait()));
}

#[test]
fn what_comes_from_another_host_is_made_ready_and_started_once() {
    let bench = bench();
    let mut driver = bench.driver();
    let unknown = Request { image: H256([1; 32]), ..bench.request(9) };
    let seed = zeroize::Zeroizing::new([6; 32]);
    assert!(matches!(driver.prepare(&unknown, &seed), Err(DriverError::NoImage { .. })));
    for _ in 0..2 {
        driver.prepare(&bench.request(9), &seed).expect("its image is here");
    }
    assert_eq!((bench.starts(), seen(&mut driver)), (0, None), "nothing of it runs");
    for _ in 0..2 {
        driver.create(&bench.request(9)).expect("it starts");
    }
    until("its image runs", || (bench.starts() == 1).then_some(()));
    let key = keyfile::read(&driver.shelf.guest(uuid()).join(KEY)).expect("for its owner alone");
    assert_eq!(key.public(), KeyPair::from_seed(&[6; 32]).public());
    assert!(matches!(driver.prepare(&bench.request(9), &seed), Err(DriverError::Taken { by: 9, .. })));
    driver.destroy(uuid()).expect("it ends");
}

#[test]
fn a_server_stopped_by_somebody_else_is_seen_to_be() {
    let bench = bench();
    let mut driver = bench.driver();
    driver.create(&bench.request(1)).expect("it starts");
    until("its image runs", || (bench.starts() == 1).then_some(()));
    let leader = driver.running[&uuid()].record.leader();
    send(&[leader], Signal::STOP);
    until("it is seen", || (seen(&mut driver)?.seen == Seen::Paused).then_some(()));
    driver.resume(uuid()).expect("it goes on");
    driver.destroy(uuid()).expect("it ends");
}
