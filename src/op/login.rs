use anyhow::Result;

use super::Context;
use crate::auth::Authenticator;
use crate::auth::credential::Credential;
use crate::model::Registry;
use crate::registry::Host;

/// Shows a credential to the registry, before anything is saved. Whether the registry asked for it at all: some let
/// everybody in, and then nothing is known about the password.
///
/// # Errors
/// The registry, or its token server, refuses; or it cannot be reached.
pub async fn verify(context: &Context, registry: &Registry, credential: Credential) -> Result<bool> {
    let authenticator = Authenticator::with_credential(context.http.clone(), registry.clone(), credential);
    let host = Host::open(context.http.clone(), context.registries.itself(registry, None)?, authenticator.clone());
    host.ping().await?;
    Ok(authenticator.last_used().is_some())
}
