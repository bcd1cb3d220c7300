//! The recording of six real servers under libvirt: its 38 blocks, and the sums over each life, exactly.

use tierchain_primitives::ledger::{
    Announcement, BirthRequest, BlockKind, EndReason, Event, EventKind, Precision, Resources, ServerId, ServerState,
    Uuid,
};
use tierchain_primitives::numbers::Micros;

use crate::world::{Who, World, anchor, announce, announcement, append, birth, end, event, request, state};

/// What happens at a time, given without the leading 1795227.
#[derive(Clone, Copy)]
enum What {
    Is(ServerState),
    Reboot,
    End,
}

struct Life {
    name: &'static str,
    vcpus: u32,
    memory_mib: u64,
    born: Micros,
    blocks: &'static [(What, Micros)],
    /// STOPPED, RUNNING, PAUSED, SUSPENDED_TO_DISK, CRASHED in us.
    walls: [u128; 5],
    /// While RUNNING.
    vcpu_us: u128,
    /// While RUNNING or PAUSED.
    mib_us: u128,
}

use ServerState::{Crashed, Paused, Running, Stopped, SuspendedToDisk};
use What::{End, Is, Reboot};

const LIVES: [Life; 6] = [
    Life {
        name: "amf-0",
        vcpus: 2,
        memory_mib: 48,
        born: 255_965_834,
        blocks: &[
            (Is(Running), 256_653_528),
            (Is(Paused), 262_314_766),
            (Is(Running), 266_558_668),
            (Is(Stopped), 291_274_843),
            (End, 291_290_475),
        ],
        walls: [703_326, 30_377_413, 4_243_902, 0, 0],
        vcpu_us: 60_754_826,
        mib_us: 1_661_823_120,
    },
    Life {
        name: "smf-0",
        vcpus: 1,
        memory_mib: 48,
        born: 256_072_950,
        blocks: &[
            (Is(Running), 256_863_981),
            (Reboot, 266_832_454),
            (Is(Paused), 268_856_902),
            (Is(SuspendedToDisk), 270_077_242),
            (Is(Running), 273_289_150),
            (Is(Stopped), 293_107_855),
            (End, 293_122_801),
        ],
        walls: [805_977, 31_811_626, 1_220_340, 3_211_908, 0],
        vcpu_us: 31_811_626,
        mib_us: 1_585_534_368,
    },
    Life {
        name: "upf-0",
        vcpus: 2,
        memory_mib: 64,
        born: 256_172_929,
        blocks: &[
            (Is(Running), 257_064_156),
            (Is(Paused), 257_064_262),
            (Is(Running), 259_085_096),
            (Is(Paused), 275_312_422),
            (Is(Running), 276_331_659),
            (Is(Crashed), 285_169_057),
            (Is(Running), 285_610_693),
            (Is(Stopped), 295_139_333),
            (End, 295_159_404),
        ],
        walls: [911_298, 34_593_470, 3_040_071, 0, 441_636],
        vcpu_us: 69_186_940,
        mib_us: 2_408_546_624,
    },
    Life {
        name: "nrf-0",
        vcpus: 1,
        memory_mib: 32,
        born: 256_265_710,
        blocks: &[
            (Is(Running), 259_289_770),
            (Is(Stopped), 262_106_543),
            (Is(Running), 279_355_253),
            (Is(Stopped), 282_168_240),
            (End, 288_655_609),
        ],
        walls: [26_760_139, 5_629_760, 0, 0, 0],
        vcpu_us: 5_629_760,
        mib_us: 180_152_320,
    },
    Life {
        name: "ausf-0",
        vcpus: 1,
        memory_mib: 32,
        born: 256_356_734,
        blocks: &[(Is(Running), 262_537_885), (Is(Crashed), 263_545_090), (End, 288_642_571)],
        walls: [6_181_151, 1_007_205, 0, 0, 25_097_481],
        vcpu_us: 1_007_205,
        mib_us: 32_230_560,
    },
    Life {
        name: "pcf-0",
        vcpus: 1,
        memory_mib: 32,
        born: 256_449_444,
        blocks: &[(Is(Running), 266_805_464), (Is(Stopped), 278_153_236), (End, 288_628_835)],
        walls: [20_831_619, 11_347_772, 0, 0, 0],
        vcpu_us: 11_347_772,
        mib_us: 363_128_704,
    },
];

const LEADING: Micros = 1_795_227_000_000_000;

fn server(index: usize) -> ServerId {
    let text = format!("5e0f2c3a-7d41-4a8e-9b10-00000000000{}", index + 1);
    ServerId { uuid: text.parse::<Uuid>().expect("a UUID of the recording"), generation: 0 }
}

fn announced(index: usize, life: &Life) -> Announcement {
    let resources = Some(Resources { vcpus: life.vcpus, memory_mib: life.memory_mib, disk_gib: 0 });
    Announcement { resources, ..announcement(server(index)) }
}

/// An event of the recording, as its agent signs it.
fn recorded(index: usize, number: u64, what: What, at: Micros) -> Event {
    let (id, at) = (server(index), LEADING + at);
    let signed = match what {
        Is(to) => state(id, number, at, to),
        Reboot => event(id, number, at, EventKind::Rebooted),
        End => end(id, number, at, EndReason::Terminated),
    };
    Event { precision: Precision::Replayed, ..signed }
}

/// Replays the whole recording; a second time, it must change nothing.
fn replay(world: &mut World) {
    for (index, life) in LIVES.iter().enumerate() {
        world.run(Who::Agent, announce(&announced(index, life)));
        let asked = request(server(index), LEADING + life.born);
        world.run(Who::Foundry, birth(&BirthRequest { precision: Precision::Replayed, ..asked }));
    }
    let mut events: Vec<Event> = Vec::new();
    for (index, life) in LIVES.iter().enumerate() {
        let numbered = (0u64..).zip(life.blocks);
        events.extend(numbered.map(|(number, (what, at))| recorded(index, number, *what, *at)));
    }
    events.sort_by_key(|event| event.occurred_at);
    for event in events {
        assert_eq!(world.result(Who::Agent, append(event)), Ok(()));
    }
    for index in 0..LIVES.len() {
        assert_eq!(world.result(Who::Agent, anchor(server(index))), Ok(()));
    }
}

#[test]
fn the_recording_makes_its_38_blocks_in_order() {
    let mut world = World::replay();
    replay(&mut world);
    assert_eq!((world.entity_blocks.len(), world.meta_blocks.len()), (38, 6));
    for (index, life) in LIVES.iter().enumerate() {
        let chain = world.server(server(index)).chain;
        let blocks: Vec<_> = world.entity_blocks.iter().filter(|block| block.chain == chain).collect();
        let times: Vec<Micros> = blocks.iter().map(|block| block.tx.event.occurred_at - LEADING).collect();
        let expected: Vec<Micros> = [life.born].into_iter().chain(life.blocks.iter().map(|(_, at)| *at)).collect();
        assert_eq!(times, expected, "{}", life.name);
        assert_eq!(blocks.last().map(|block| block.kind), Some(BlockKind::End));
        for (at, block) in blocks.iter().enumerate() {
            assert_eq!(block.number as usize, at);
        }
    }
}

#[test]
fn the_recordings_sums_are_exact() {
    let mut world = World::replay();
    replay(&mut world);
    for (life, block) in LIVES.iter().zip(&world.meta_blocks) {
        let usage = &block.tx.usage;
        let held = |state: ServerState| usage.states[state as usize];
        let walls = [Stopped, Running, Paused, SuspendedToDisk, Crashed].map(|state| held(state).wall_us);
        assert_eq!(walls, life.walls, "{}", life.name);
        assert_eq!(held(Running).vcpu_us, life.vcpu_us, "{}", life.name);
        assert_eq!(held(Running).mib_us + held(Paused).mib_us, life.mib_us, "{}", life.name);
        assert!(!usage.incomplete);
        assert_eq!(block.tx.blocks as usize, life.blocks.len() + 1);
        assert_eq!(walls.iter().sum::<u128>(), u128::from(block.tx.ended - block.tx.born));
    }
}

#[test]
fn a_second_replay_adds_nothing() {
    let mut world = World::replay();
    replay(&mut world);
    let before = world.leaves();
    replay(&mut world);
    assert_eq!(world.leaves(), before);
    assert_eq!((world.entity_blocks.len(), world.meta_blocks.len()), (38, 6));
}

#[test]
fn a_network_that_takes_no_recordings_says_so() {
    let mut world = World::live();
    world.run(Who::Agent, announce(&announced(0, &LIVES[0])));
    let asked = request(server(0), LEADING + LIVES[0].born);
    let call = birth(&BirthRequest { precision: Precision::Replayed, ..asked });
    assert_eq!(world.result(Who::Foundry, call), Err(tierchain_runtime::chains::Error::ReplayNotAllowed.into()));
}
