use toml::de::{DeTable, DeValue};

use super::{Error, Located, Provenance, SettingsFile};

/// A table of a TOML file, whose keys are taken out one by one: what is left is what nobody knows.
pub struct Table<'a> {
    file: &'a SettingsFile,
    at: usize,
    /// In the order of the file.
    entries: Vec<(Located<String>, Value<'a>)>,
}

/// A value of a TOML file.
pub struct Value<'a> {
    file: &'a SettingsFile,
    /// What it is called, for errors.
    key: String,
    at: usize,
    content: DeValue<'a>,
}

impl<'a> Table<'a> {
    /// All of a file.
    ///
    /// # Errors
    /// [`Error::File`] where it is not TOML.
    pub fn of(file: &'a SettingsFile) -> Result<Self, Error> {
        let parsed = DeTable::parse(file.text())
            .map_err(|e| file.error(e.span().map_or(0, |span| span.start), e.message().to_owned()))?;
        Ok(Self::new(file, parsed.span().start, parsed.into_inner()))
    }

    fn new(file: &'a SettingsFile, at: usize, table: DeTable<'a>) -> Self {
        let mut entries: Vec<_> = table.into_iter().map(|(key, value)| (key.span().start, key, value)).collect();
        entries.sort_by_key(|(at, ..)| *at);
        let entry = |(at, key, value): (usize, toml::Spanned<_>, toml::Spanned<DeValue<'a>>)| {
            let key: std::borrow::Cow<'a, str> = key.into_inner();
            let key = key.into_owned();
            let value = Value { file, key: key.clone(), at: value.span().start, content: value.into_inner() };
            (file.located(key, at), value)
        };
        Self { file, at, entries: entries.into_iter().map(entry).collect() }
    }

    /// The value of a key, which is not there any more afterwards.
    pub fn take(&mut self, key: &str) -> Option<Value<'a>> {
        let at = self.entries.iter().position(|(name, _)| name.value == key)?;
        Some(self.entries.remove(at).1)
    }

    /// Yes or no; no where nothing is said.
    ///
    /// # Errors
    /// [`Error::File`] where it is something else; so do all that follow.
    pub fn boolean(&mut self, key: &str) -> Result<bool, Error> {
        self.take(key).map_or(Ok(false), Value::boolean)
    }

    /// A table; an empty one where there is none.
    ///
    /// # Errors
    /// As above.
    pub fn table(&mut self, key: &str) -> Result<Self, Error> {
        self.take(key).map_or_else(|| Ok(Self::new(self.file, self.at, DeTable::new())), Value::table)
    }

    /// A list of tables.
    ///
    /// # Errors
    /// As above.
    pub fn tables(&mut self, key: &str) -> Result<Vec<Self>, Error> {
        self.take(key).map_or(Ok(Vec::new()), |list| list.list()?.into_iter().map(Value::table).collect())
    }

    /// What was not taken, in the order of the file.
    #[must_use]
    pub fn rest(self) -> Vec<(Located<String>, Value<'a>)> {
        self.entries
    }

    /// The keys that were not taken.
    #[must_use]
    pub fn unknown(self) -> Vec<Located<String>> {
        let told = |(key, _): (Located<String>, _)| Located::new(format!("unknown key {:?}", key.value), key.from);
        self.entries.into_iter().map(told).collect()
    }

    /// Where it begins.
    #[must_use]
    pub fn from(&self) -> Provenance {
        self.file.at(self.at)
    }

    /// What is wrong with it.
    pub fn error(&self, message: impl Into<String>) -> Error {
        self.file.error(self.at, message)
    }
}

impl<'a> Value<'a> {
    fn expected(&self, what: &str) -> Error {
        self.error(format!("{}: expected {what}, found {}", self.key, kind(&self.content)))
    }

    /// A text.
    ///
    /// # Errors
    /// [`Error::File`] where it is something else; so do all that follow.
    pub fn string(self) -> Result<Located<String>, Error> {
        match self.content {
            DeValue::String(text) => Ok(self.file.located(text.into_owned(), self.at)),
            _ => Err(self.expected("a string")),
        }
    }

    /// A text that is to mean something; `parse` says what is wrong with it.
    ///
    /// # Errors
    /// As above.
    pub fn parsed<T>(self, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Located<T>, Error> {
        let (file, at) = (self.file, self.at);
        let text = self.string()?.value;
        parse(&text).map(|value| file.located(value, at)).map_err(|message| file.error(at, message))
    }

    /// Yes or no.
    ///
    /// # Errors
    /// As above.
    pub fn boolean(self) -> Result<bool, Error> {
        match self.content {
            DeValue::Boolean(yes) => Ok(yes),
            _ => Err(self.expected("true or false")),
        }
    }

    /// A list.
    ///
    /// # Errors
    /// As above.
    pub fn list(self) -> Result<Vec<Self>, Error> {
        let Self { file, ref key, .. } = self;
        let item = |value: toml::Spanned<DeValue<'a>>| Self {
            file,
            key: key.clone(),
            at: value.span().start,
            content: value.into_inner(),
        };
        match self.content {
            DeValue::Array(list) => Ok(list.into_iter().map(item).collect()),
            _ => Err(self.expected("a list")),
        }
    }

    /// A list, or one in place of a list of one.
    ///
    /// # Errors
    /// As above.
    pub fn one_or_more(self) -> Result<Vec<Self>, Error> {
        match self.content {
            DeValue::Array(_) => self.list(),
            DeValue::String(_) => Ok(vec![self]),
            _ => Err(self.expected("a string or a list of strings")),
        }
    }

    /// A table.
    ///
    /// # Errors
    /// As above.
    pub fn table(self) -> Result<Table<'a>, Error> {
        match self.content {
            DeValue::Table(table) => Ok(Table::new(self.file, self.at, table)),
            _ => Err(self.expected("a table")),
        }
    }

    /// Where it is written.
    #[must_use]
    pub fn from(&self) -> Provenance {
        self.file.at(self.at)
    }

    /// What is wrong with it.
    pub fn error(&self, message: impl Into<String>) -> Error {
        self.file.error(self.at, message)
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
