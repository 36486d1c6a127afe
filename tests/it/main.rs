//! The integration tests of `rcr`.
