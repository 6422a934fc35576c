//! Choices of definitions, and those that several columns share.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::error::Refusal;
use super::super::metadata::metadata_id;
use super::super::schema::{ColumnKind, Options, Table};
use super::blueprint::Blueprint;
use super::refusal;
use super::text::{key, label, required};

/// Where numbers begin that no definition names (recalled, not confirmed: the
/// platform puts the prefix of the publisher before them).
const FIRST: i64 = 100_000_000;

/// The options that a list describes.
fn listed(value: &Value) -> Result<Options, Refusal> {
    let mut options = Options::new();
    for option in value.as_array().map_or(&[][..], Vec::as_slice) {
        let next = options.keys().next_back().map_or(FIRST, |last: &i64| last + 1);
        let number = option["Value"].as_i64().unwrap_or(next);
        let text = label(&option["Label"]).unwrap_or_default().to_owned();
        if options.insert(number, text).is_some() {
            return Err(refusal::wrong(format!("The option value {number} stands twice.")));
        }
    }
    Ok(options)
}

/// The name of the choice that a column shares with others.
pub(super) fn set_of(value: &Value, choices: &BTreeMap<String, Options>) -> Result<Option<Arc<str>>, Refusal> {
    let bound = value["GlobalOptionSet@odata.bind"].as_str();
    let own = value["OptionSet"]["IsGlobal"] == true;
    let named = value["GlobalOptionSet"]["Name"].as_str().or_else(|| value["OptionSet"]["Name"].as_str());
    let found = match bound {
        Some(address) => {
            let wanted = address.split_once('(').and_then(|(_, key)| key.strip_suffix(')')).unwrap_or(address);
            Some((address, named_by(choices, wanted)))
        }
        None if own => named.map(|name| (name, choices.get_key_value(name).map(|(name, _)| name))),
        None => None,
    };
    match found {
        None => Ok(None),
        Some((_, Some(name))) => Ok(Some(name.as_str().into())),
        Some((wanted, None)) => Err(Refusal::no_row("OptionSetMetadata", wanted)),
    }
}

/// The options of a new column: its own, or those that it shares.
pub(super) fn options(value: &Value, choices: &BTreeMap<String, Options>) -> Result<Options, Refusal> {
    match set_of(value, choices)? {
        Some(shared) => Ok(choices[&*shared].clone()),
        None => listed(&value["OptionSet"]["Options"]),
    }
}

/// The labels of no and yes.
pub(super) fn flags(value: &Value) -> Option<[Arc<str>; 2]> {
    let set = &value["OptionSet"];
    Some([label(&set["FalseOption"]["Label"])?.into(), label(&set["TrueOption"]["Label"])?.into()])
}

/// The shared choice that a key names.
fn named_by<'c>(choices: &'c BTreeMap<String, Options>, text: &str) -> Option<&'c String> {
    let (member, value) = key(text);
    choices.keys().find(|name| match member {
        "Name" => **name == value,
        _ => metadata_id(&format!("choice/{name}")).to_string().eq_ignore_ascii_case(value),
    })
}

impl Blueprint {
    /// A choice that columns may share; gives its name.
    pub(super) fn add_choice(&mut self, value: &Value) -> Result<String, Refusal> {
        let name = required(value, "Name")?.to_owned();
        if self.choices.contains_key(&name) {
            return Err(refusal::taken("option set", &name));
        }
        self.choices.insert(name.clone(), listed(&value["Options"])?);
        Ok(name)
    }

    /// Other options for a shared choice, where the definition has any.
    pub(super) fn change_choice(&mut self, text: &str, value: &Value) -> Result<(), Refusal> {
        let name = self.choice(text)?;
        if value["Options"].as_array().is_some_and(|options| !options.is_empty()) {
            let options = listed(&value["Options"])?;
            self.share(&name, &options);
            self.choices.insert(name, options);
        }
        Ok(())
    }

    pub(super) fn drop_choice(&mut self, text: &str) -> Result<(), Refusal> {
        let name = self.choice(text)?;
        let living = self.tables.iter().flat_map(|table| table.columns.iter().filter(|column| !column.gone));
        let users = living.filter(|column| column.told.global_choice.as_deref() == Some(&*name)).count();
        if users > 0 {
            return Err(refusal::in_use("OptionSet", &name, users));
        }
        self.choices.remove(&name);
        Ok(())
    }

    fn choice(&self, text: &str) -> Result<String, Refusal> {
        named_by(&self.choices, text).cloned().ok_or_else(|| Refusal::no_row("OptionSetMetadata", key(text).1))
    }

    /// Gives the options of a shared choice to the columns that share it.
    fn share(&mut self, name: &str, options: &Options) {
        for table in &mut self.tables {
            let shares = |table: &Table| table.columns.iter().any(|c| c.told.global_choice.as_deref() == Some(name));
            if !shares(table) {
                continue;
            }
            for column in &mut Arc::make_mut(table).columns {
                if column.told.global_choice.as_deref() == Some(name)
                    && let Some(own) = own_options(&mut column.kind)
                {
                    own.clone_from(options);
                }
            }
        }
    }

    /// `InsertOptionValue`, `UpdateOptionValue`, `DeleteOptionValue`; gives the
    /// number of the option.
    pub(super) fn change_option(&mut self, action: &str, value: &Value) -> Result<i64, Refusal> {
        if let Some(name) = value["OptionSetName"].as_str() {
            let mut options = self.choices.get(name).cloned();
            let options = options.as_mut().ok_or_else(|| Refusal::no_row("OptionSetMetadata", name))?;
            let number = change(options, action, value)?;
            self.share(name, options);
            self.choices.insert(name.to_owned(), options.clone());
            return Ok(number);
        }
        let (logical, name) = (required(value, "EntityLogicalName")?, required(value, "AttributeLogicalName")?);
        let table = self.table(&format!("LogicalName='{logical}'"))?;
        let table = Arc::make_mut(&mut self.tables[table]);
        let column = table.column(name).ok_or_else(|| Refusal::no_row("AttributeMetadata", name))?;
        let options = own_options(&mut table.columns[column].kind)
            .ok_or_else(|| refusal::wrong(format!("The attribute '{name}' has no options.")))?;
        change(options, action, value)
    }
}

fn own_options(kind: &mut ColumnKind) -> Option<&mut Options> {
    match kind {
        ColumnKind::Picklist(options) | ColumnKind::Choices(options) => Some(options),
        _ => None,
    }
}

fn change(options: &mut Options, action: &str, value: &Value) -> Result<i64, Refusal> {
    let next = options.keys().next_back().map_or(FIRST, |last| last + 1);
    let named = value["Value"].as_i64();
    if action == "InsertOptionValue" {
        let number = named.unwrap_or(next);
        let text = label(&value["Label"]).unwrap_or_default().to_owned();
        if options.insert(number, text).is_some() {
            return Err(refusal::wrong(format!("The option value {number} already exists.")));
        }
        return Ok(number);
    }
    let number = named.ok_or_else(|| refusal::missing("Value"))?;
    let option = options.get_mut(&number);
    let option = option.ok_or_else(|| refusal::wrong(format!("The option value {number} does not exist.")))?;
    if action == "DeleteOptionValue" {
        options.remove(&number);
    } else if let Some(text) = label(&value["Label"]) {
        text.clone_into(option);
    }
    Ok(number)
}
