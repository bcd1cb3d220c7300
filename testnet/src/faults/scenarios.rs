//! The scenarios, one file each.

mod all_down;
mod clock;
mod flap;
mod full_disk;
mod kills;
mod one_dead;
mod partition;
mod pause;

pub use all_down::all_down;
pub use clock::clock;
pub use flap::flap;
pub use full_disk::full_disk;
pub use kills::{failover, soak};
pub use one_dead::one_dead;
pub use partition::partition;
pub use pause::pause;
