//! Time that passes faster, for this program's own tests: timeouts and back-offs of minutes can be waited for there.
//!
//! `RCR_TEST_HASTE=20` divides every timeout and back-off by twenty, and nothing that a server asks for. It is no
//! setting: a build without debug assertions, as every released one is, does not look at it.

use super::Environment;

/// By what timeouts and back-offs are divided: 1, except in tests.
pub(super) fn factor(environment: &Environment) -> u32 {
    let given = environment.text("RCR_TEST_HASTE").filter(|_| cfg!(debug_assertions));
    given.and_then(|text| text.parse().ok()).filter(|factor| *factor > 0).unwrap_or(1)
}
