//! What a power cut leaves of a store: every change to the disk is recorded, and played back as far as a disk may have
//! got with it.

mod disk;
pub(super) mod log;
mod power;
mod scenario;
