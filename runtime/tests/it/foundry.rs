//! The catalog of images: of what servers may be born.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Announcement, Ownership, party_id};
use tierchain_runtime::foundry::{Error, Event, Image};
use tierchain_runtime::registry::Error as RegistryError;
use tierchain_runtime::{GenesisConfig, RuntimeEvent, query};

use crate::world::{
    T0, Who, World, add_image, announce, announcement, birth, config, peopled, reported, request, retire_image, server,
};

const IMAGE: H256 = H256([0x77; 32]);

/// A network where every image must be known.
fn strict() -> World {
    World::new(&GenesisConfig { unknown_images: false, ..peopled(config(false)) })
}

#[test]
fn a_provider_approves_and_retires_its_own_images() {
    let (mut world, provider) = (strict(), party_id("P"));
    world.refuses(Who::Nobody, add_image(IMAGE), RegistryError::NotAProvider);
    world.refuses(Who::Orchestrator, add_image(IMAGE), RegistryError::NotAProvider);
    world.refuses(Who::Provider, add_image(H256::ZERO), Error::ZeroImage);
    world.refuses(Who::Provider, retire_image(IMAGE), Error::ImageUnknown);

    let added = world.run(Who::Provider, add_image(IMAGE));
    assert_eq!(reported(&added), [RuntimeEvent::Foundry(Event::ImageAdded { provider, image: IMAGE })]);
    let added_in = world.number;
    world.repeats(Who::Provider, add_image(IMAGE));
    world.refuses(Who::OtherProvider, retire_image(IMAGE), Error::ImageUnknown);
    world.takes(Who::Provider, add_image(H256([0x78; 32])));

    let retired = world.run(Who::Provider, retire_image(IMAGE));
    assert_eq!(reported(&retired), [RuntimeEvent::Foundry(Event::ImageRetired { provider, image: IMAGE })]);
    let record = Image { added_in, retired_in: Some(world.number) };
    assert_eq!(query::image(&world.state, &provider, &IMAGE), Some(record));
    world.refuses(Who::Provider, retire_image(IMAGE), Error::AlreadyRetired);
    world.refuses(Who::Provider, add_image(IMAGE), Error::ImageRetired);

    let listed = query::images(&world.state, &provider, 0, 10);
    assert_eq!(listed.iter().map(|(image, _)| *image).collect::<Vec<_>>(), [IMAGE, H256([0x78; 32])]);
    assert_eq!((listed[0].1, query::image_count(&world.state, &provider)), (record, 2));
    assert_eq!(query::images(&world.state, &provider, 1, 10).len(), 1);
    assert_eq!(query::image_count(&world.state, &party_id("Q")), 0);
}

#[test]
fn a_server_is_born_of_an_image_that_its_own_provider_approved() {
    let mut world = strict();
    let of = |number: u8, image: H256| Announcement { image, ..announcement(server(number)) };
    let born = |number: u8| birth(&request(server(number), T0));
    for announced in [of(1, IMAGE), of(2, H256::ZERO), of(3, IMAGE)] {
        world.takes(Who::Agent, announce(&announced));
    }
    world.takes(Who::OtherProvider, add_image(IMAGE));
    world.refuses(Who::Foundry, born(1), Error::ImageUnknown);
    world.takes(Who::Provider, add_image(IMAGE));
    world.takes(Who::Foundry, born(1));
    world.refuses(Who::Foundry, born(2), Error::ImageUnknown);
    world.takes(Who::Provider, retire_image(IMAGE));
    world.refuses(Who::Foundry, born(3), Error::ImageRetired);
    world.repeats(Who::Foundry, born(1));

    let ownership = Ownership { provider: party_id("Q"), ..announcement(server(3)).ownership };
    world.takes(Who::Agent, announce(&Announcement { ownership, ..of(3, IMAGE) }));
    world.takes(Who::Foundry, born(3));
}

#[test]
fn an_unknown_image_passes_where_genesis_says_so() {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    let wrong = Announcement { image: IMAGE, ..announcement(server(2)) };
    world.takes(Who::Agent, announce(&wrong));
    world.refuses(Who::Foundry, birth(&request(server(2), T0)), Error::ImageUnknown);
}
