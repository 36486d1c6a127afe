use std::fs::File;
use std::path::PathBuf;

use super::{Environment, Error};
use crate::endpoint::{Located, Provenance};

/// Tells a flag from its variable: the arguments hold the variable's value where the flag was not given.
pub(super) struct Said<'a>(&'a Environment);

impl<'a> Said<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self(environment)
    }

    /// What a flag says, or else its variable.
    pub(super) fn one<T>(
        &self,
        flag: &'static str,
        variable: &'static str,
        given: &[String],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<Located<T>>, Error> {
        let from_variable = given == self.0.list(variable);
        let (name, from) =
            if from_variable { (variable, Provenance::Variable(variable)) } else { (flag, Provenance::Flag(flag)) };
        let value = |text: &String| {
            let value = parse(text).map_err(|message| Error::Value { name, message })?;
            Ok(Located::new(value, from.clone()))
        };
        given.iter().map(value).collect()
    }

    /// What a flag says, and what its variable says too.
    pub(super) fn both<T>(
        &self,
        flag: &'static str,
        variable: &'static str,
        given: &[String],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<Located<T>>, Error> {
        let listed = self.0.list(variable);
        let mut all = if given == listed { Vec::new() } else { self.one(flag, variable, given, &parse)? };
        all.extend(self.one(variable, variable, &listed, parse)?);
        Ok(all)
    }

    /// Files that a flag names, or else its variable. They have to be readable.
    pub(super) fn files(
        &self,
        flag: &'static str,
        variable: &'static str,
        given: &[PathBuf],
    ) -> Result<Vec<Located<PathBuf>>, Error> {
        let from_variable = self.0.path(variable).is_some_and(|path| given == [path]);
        let (name, from) =
            if from_variable { (variable, Provenance::Variable(variable)) } else { (flag, Provenance::Flag(flag)) };
        let readable = |file: &PathBuf| {
            File::open(file).map_err(|error| {
                let message = format!("cannot read {}: {}", file.display(), error.kind());
                Error::Value { name, message }
            })?;
            Ok(Located::new(file.clone(), from.clone()))
        };
        given.iter().map(readable).collect()
    }
}
