//! Names as typed, and the images that they may stand for.

use std::io::{self, IsTerminal};

use anyhow::Result;

use super::app::App;
use super::prompt;
use crate::config::short_names;
use crate::endpoint::{Candidates, Located, Provenance, short_name};
use crate::model::Reference;
use crate::op::{self, Error};
use crate::store::Layout;
use crate::ui::escape;

/// What a name may stand for on registries.
pub(super) struct Names {
    /// In the order in which they are tried; at least one.
    pub(super) candidates: Vec<Reference>,
    /// The one that the user chose just now.
    chosen: Option<Reference>,
}

impl App {
    /// What `text` may stand for on registries. Where a setting wants one to be chosen, the user is asked.
    pub(super) async fn names(&self, text: &str) -> Result<Names> {
        let Candidates { references, choice, alias } = op::candidates(&self.settings.registries.search, text)?;
        if let Some(Located { value, from }) = alias {
            self.printer.note(&format!("`{}` is short for {value} ({from})", short_name(text)));
        }
        let candidates: Vec<Reference> = references.into_iter().map(|candidate| candidate.value).collect();
        let Some(from) = choice else { return Ok(Names { candidates, chosen: None }) };
        let answered = |chosen: &&Reference| self.has_chosen(short_name(text), &chosen.name());
        let chosen = match candidates.iter().find(answered) {
            Some(chosen) => chosen.clone(),
            None => self.choose(text, &candidates, &from).await?,
        };
        Ok(Names { candidates: vec![chosen.clone()], chosen: Some(chosen) })
    }

    /// Whether there is a terminal to ask on.
    pub(super) fn someone_to_ask(&self) -> bool {
        io::stdin().is_terminal() && self.printer.style().stderr_is_terminal
    }

    async fn choose(&self, text: &str, candidates: &[Reference], from: &Provenance) -> Result<Reference> {
        let ambiguous =
            || Error::Ambiguous { name: text.to_owned(), candidates: candidates.to_vec(), from: from.clone() };
        if !self.someone_to_ask() {
            return Err(ambiguous().into());
        }
        let from = escape::line(&from.to_string()).into_owned();
        let row = |(at, candidate): (usize, &Reference)| format!("  {at}  {candidate}\n");
        let list = (1..).zip(candidates).map(row).collect::<Vec<_>>().concat();
        self.printer.prompt(&format!(
            "`{text}` may stand for several images, and short-name-mode ({from}) wants one of them:\n{list}"
        ));
        loop {
            self.printer.prompt(&format!("Which one is meant? [1-{}] ", candidates.len()));
            let answer = prompt::read("answer", prompt::line).await?;
            if answer.is_empty() {
                return Err(ambiguous().into());
            }
            let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            if let Some(chosen) = number.and_then(|at| candidates.get(at)) {
                self.note_choice(short_name(text), &chosen.name());
                return Ok(chosen.clone());
            }
        }
    }

    /// Keeps what the user chose for the next time. Called once it proved to be there, so that no mistake is kept.
    pub(super) async fn remember(&self, text: &str, names: &Names) {
        let Some(chosen) = &names.chosen else { return };
        let Some(file) = self.settings.short_names_file() else {
            return self.printer.warn("the answer is not kept: there is no home directory");
        };
        let (short, name) = (short_name(text).to_owned(), chosen.name());
        let said = format!("`{short}` is short for {name} from now on ({})", file.display());
        let saved = tokio::task::spawn_blocking(move || short_names::save(&file, &short, &name)).await;
        match saved {
            Ok(Ok(true)) => self.printer.note(&said),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => self.printer.warn(&format!("the answer is not kept: {error}")),
            Err(error) => self.printer.warn(&format!("the answer is not kept: {error}")),
        }
    }

    /// The store, and which of the images in it `text` stands for.
    pub(super) fn stored(&self, text: &str) -> Result<(Layout, Reference)> {
        let candidates = self.settings.registries.search.stored(text)?;
        let Some(layout) = self.store_to_read()? else { return Err(op::none_stored(text, &candidates).into()) };
        let reference = op::first_stored(&layout, text, &candidates)?;
        Ok((layout, reference))
    }
}
