//! A tenant's configuration as a folder of YAML files: written in one form only, read with the line of everything in it.
//!
//! | file | holds |
//! |---|---|
//! | `settings.yaml`, `nodes.yaml`, `profiles.yaml`, `fields.yaml`, `ranges.yaml`, `schedules.yaml` | the section of that name |
//! | `rules.yaml` | both lists |
//! | `personas/<id>.yaml` | a persona each |

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Mapping, MarkedYaml, Scalar, Yaml, YamlData, YamlEmitter};
use serde_json::{Map, Value};

use super::client::Failure;

/// The sections that are one file each.
const SECTIONS: [&str; 7] = [
    "settings",
    "nodes",
    "profiles",
    "fields",
    "ranges",
    "rules",
    "schedules",
];
/// The section that is a folder.
const PERSONAS: &str = "personas";
/// The longest file that is read, in bytes: the API takes 4 MB.
const LONGEST: u64 = 4 * 1024 * 1024;
/// Nothing in a configuration lies deeper.
const DEEPEST: usize = 32;

/// A folder as it was read.
#[derive(Debug, Default)]
pub struct Folder {
    /// The document that the API takes.
    pub document: Map<String, Value>,
    places: BTreeMap<String, (PathBuf, usize)>,
}

impl Folder {
    /// The file and line of a path of the document, such as `nodes.europe/berlin.kind`, or of what it lies in.
    pub fn place(&self, path: &str) -> Option<String> {
        let mut path = path;
        loop {
            if let Some((file, line)) = self.places.get(path) {
                return Some(format!("{}:{line}", file.display()));
            }
            let above = path.rfind(['.', '[']);
            path = path.get(..above?)?;
        }
    }

    /// Reads a folder; the error names the file, and the line where one is at fault.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let mut read = Self::default();
        for (name, file) in yaml_files(folder)? {
            if !SECTIONS.contains(&name.as_str()) {
                let known = SECTIONS.map(|section| format!("{section}.yaml")).join(", ");
                let why = format!(
                    "{}: there are {known} and the folder {PERSONAS}",
                    file.display()
                );
                return Err(refused(why));
            }
            let value = read.file(&file, &name)?;
            read.document.insert(name, value);
        }
        let personas = folder.join(PERSONAS);
        if personas.is_dir() {
            let mut section = Map::new();
            for (id, file) in yaml_files(&personas)? {
                let value = read.file(&file, &format!("{PERSONAS}.{id}"))?;
                section.insert(id, value);
            }
            read.places.insert(PERSONAS.to_owned(), (personas, 1));
            read.document
                .insert(PERSONAS.to_owned(), Value::Object(section));
        }
        if read.document.is_empty() {
            let why = format!("{} holds no configuration", folder.display());
            return Err(refused(why));
        }
        Ok(read)
    }

    fn file(&mut self, file: &Path, path: &str) -> Result<Value, Failure> {
        let unreadable = |error: io::Error| refused(format!("{}: {error}", file.display()));
        if fs::metadata(file).map_err(unreadable)?.len() > LONGEST {
            return Err(refused(format!("{} is longer than 4 MB", file.display())));
        }
        let text = fs::read_to_string(file).map_err(unreadable)?;
        let documents = MarkedYaml::load_from_str(&text).map_err(|error| {
            let line = error.marker().line();
            refused(format!("{}:{line}: {}", file.display(), error.info()))
        })?;
        self.places.insert(path.to_owned(), (file.to_owned(), 1));
        match &documents[..] {
            [] => Ok(Value::Object(Map::new())),
            [one] => self.value(file, one, path, 0),
            [_, second, ..] => {
                let line = second.span.start.line();
                Err(refused(format!(
                    "{}:{line}: one document a file",
                    file.display()
                )))
            }
        }
    }

    fn value(
        &mut self,
        file: &Path,
        node: &MarkedYaml<'_>,
        path: &str,
        depth: usize,
    ) -> Result<Value, Failure> {
        let line = node.span.start.line();
        let wrong = |what: &str| refused(format!("{}:{line}: {what}", file.display()));
        if depth > DEEPEST {
            return Err(wrong("this lies too deep"));
        }
        match &node.data {
            YamlData::Value(Scalar::Null) => Ok(Value::Null),
            YamlData::Value(Scalar::Boolean(is)) => Ok(Value::Bool(*is)),
            YamlData::Value(Scalar::Integer(number)) => Ok(Value::from(*number)),
            YamlData::Value(Scalar::FloatingPoint(_)) => {
                Err(wrong("nothing here is a fraction: put a text in quotes"))
            }
            YamlData::Value(Scalar::String(text)) => Ok(Value::String(text.to_string())),
            YamlData::Sequence(items) => {
                let mut all = Vec::new();
                for (nth, item) in items.iter().enumerate() {
                    let path = format!("{path}[{nth}]");
                    let place = (file.to_owned(), item.span.start.line());
                    self.places.insert(path.clone(), place);
                    all.push(self.value(file, item, &path, depth + 1)?);
                }
                Ok(Value::Array(all))
            }
            YamlData::Mapping(fields) => {
                let mut all = Map::new();
                for (key, value) in fields {
                    let name = match &key.data {
                        YamlData::Value(Scalar::String(name)) => Some(name.to_string()),
                        YamlData::Value(Scalar::Integer(number)) => Some(number.to_string()),
                        YamlData::Value(Scalar::Boolean(is)) => Some(is.to_string()),
                        YamlData::Value(Scalar::Null | Scalar::FloatingPoint(_))
                        | YamlData::Representation(..)
                        | YamlData::Sequence(_)
                        | YamlData::Mapping(_)
                        | YamlData::Tagged(..)
                        | YamlData::Alias(_)
                        | YamlData::BadValue => None,
                    };
                    let name = name.ok_or_else(|| wrong("a name is a text"))?;
                    let path = format!("{path}.{name}");
                    let place = (file.to_owned(), key.span.start.line());
                    self.places.insert(path.clone(), place);
                    let value = self.value(file, value, &path, depth + 1)?;
                    if all.insert(name, value).is_some() {
                        let line = key.span.start.line();
                        let why = format!("{}:{line}: this is named twice", file.display());
                        return Err(refused(why));
                    }
                }
                Ok(Value::Object(all))
            }
            YamlData::Representation(..)
            | YamlData::Tagged(..)
            | YamlData::Alias(_)
            | YamlData::BadValue => Err(wrong("tags and aliases are not read")),
        }
    }
}

/// Writes a document into a folder; a persona that is not in it any more has no file any more.
pub fn write(folder: &Path, document: &Value) -> Result<(), Failure> {
    let personas = folder.join(PERSONAS);
    let failed = |error: io::Error| Failure::Broken(format!("{}: {error}", folder.display()));
    fs::create_dir_all(&personas).map_err(failed)?;
    for section in SECTIONS {
        let file = folder.join(format!("{section}.yaml"));
        fs::write(file, yaml(&document[section])).map_err(failed)?;
    }
    let none = Map::new();
    let all = document[PERSONAS].as_object().unwrap_or(&none);
    for (id, file) in yaml_files(&personas)? {
        if !all.contains_key(&id) {
            fs::remove_file(file).map_err(failed)?;
        }
    }
    for (id, persona) in all {
        fs::write(personas.join(format!("{id}.yaml")), yaml(persona)).map_err(failed)?;
    }
    Ok(())
}

/// A value as YAML, always in the same form.
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    let mut emitter = YamlEmitter::new(&mut text);
    emitter.multiline(true);
    if emitter.dump(&node(value)).is_err() {
        return String::new();
    }
    let text = text.strip_prefix("---\n").unwrap_or(&text);
    format!("{}\n", text.trim_end())
}

fn node(value: &Value) -> Yaml<'_> {
    match value {
        Value::Null => Yaml::Value(Scalar::Null),
        Value::Bool(is) => Yaml::Value(Scalar::Boolean(*is)),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Yaml::Value(Scalar::Integer(number)),
            None => Yaml::Value(Scalar::String(number.to_string().into())),
        },
        Value::String(text) => Yaml::Value(Scalar::String(text.as_str().into())),
        Value::Array(items) => Yaml::Sequence(items.iter().map(node).collect()),
        Value::Object(fields) => {
            let mut mapping = Mapping::new();
            for (name, value) in fields {
                let name = Yaml::Value(Scalar::String(name.as_str().into()));
                mapping.insert(name, node(value));
            }
            Yaml::Mapping(mapping)
        }
    }
}

/// The YAML files right in a folder, by the name before the dot, in its order.
fn yaml_files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let unreadable = |error: io::Error| refused(format!("{}: {error}", folder.display()));
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let kind = path.extension().and_then(|kind| kind.to_str());
        if path.is_file() && matches!(kind, Some("yaml" | "yml")) {
            let name = path.file_stem().and_then(|name| name.to_str());
            let name = name.unwrap_or_default().to_owned();
            files.insert(name, path);
        }
    }
    Ok(files)
}

fn refused(why: String) -> Failure {
    Failure::Refused { why, field: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("rollcall-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join(PERSONAS)).unwrap();
        for (file, text) in files {
            fs::write(path.join(file), text).unwrap();
        }
        path
    }

    /// I10: what is written is read again as it was, and written again it is the same text.
    #[test]
    fn a_document_comes_back_as_it_was() {
        let document = json!({
            "settings": {"import": {"only": "user.department -eq \"R&D: # 'x'\"", "guests": false}},
            "nodes": {"europe/berlin": {"name": "yes", "kind": "site", "values": {"cooling_days": 30}}},
            "profiles": {},
            "fields": {"operator@europe/berlin": {"licences": "hidden"}},
            "ranges": {"london": {"name": "+44 20", "low": 5}},
            "rules": {"placement": [], "persona": [{"name": "~", "when": "a\nb\n  c", "then": {"persona": "1"}}]},
            "schedules": {"UserSync": {"active": true, "at": "06:30", "days": ["mon"]}},
            "personas": {"sales": {"name": "Sales\t- \u{e9}", "policies": {"TeamsMeetingPolicy": null}}},
        });
        let path = folder("back", &[("personas/gone.yaml", "name: Gone\n")]);
        write(&path, &document).unwrap();
        let read = Folder::read(&path).unwrap();
        assert_eq!(Value::Object(read.document), document);
        let texts = || -> Vec<String> {
            let files = yaml_files(&path).unwrap().into_values();
            files
                .map(|file| fs::read_to_string(file).unwrap())
                .collect()
        };
        let before = texts();
        write(&path, &document).unwrap();
        assert_eq!(texts(), before);
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn everything_is_found_by_its_line() {
        let nodes = "europe:\n  name: Europe\n  kind: region\noslo:\n  name: Oslo\n  kind: sight\n";
        let rules = "placement: []\npersona:\n  - name: a\n    when: x\n  - name: b\n    when: y\n";
        let path = folder(
            "lines",
            &[
                ("nodes.yaml", nodes),
                ("rules.yaml", rules),
                ("personas/x.yaml", "name: X\n"),
            ],
        );
        let read = Folder::read(&path).unwrap();
        let at = |of: &str| {
            let place = read.place(of)?;
            Some(place.rsplit('/').next()?.to_owned())
        };
        assert_eq!(at("nodes.oslo.kind").as_deref(), Some("nodes.yaml:6"));
        assert_eq!(at("nodes.oslo.colour").as_deref(), Some("nodes.yaml:4"));
        assert_eq!(at("rules.persona[1]").as_deref(), Some("rules.yaml:5"));
        assert_eq!(at("rules.persona[1].then").as_deref(), Some("rules.yaml:5"));
        assert_eq!(at("personas.x").as_deref(), Some("x.yaml:1"));
        assert_eq!(at("ranges.london"), None);
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (name, file, text, told) in [
            ("tab", "nodes.yaml", "a:\n  b: [\n", "nodes.yaml:"),
            ("twice", "nodes.yaml", "a: 1\na: 2\n", "nodes.yaml:2"),
            (
                "half",
                "ranges.yaml",
                "london:\n  low: 1.5\n",
                "ranges.yaml:2: nothing here is a fraction",
            ),
            ("odd", "people.yaml", "a: 1\n", "there are settings.yaml"),
            (
                "two",
                "nodes.yaml",
                "a: 1\n---\nb: 2\n",
                "one document a file",
            ),
        ] {
            let path = folder(name, &[(file, text)]);
            let error = Folder::read(&path).unwrap_err().to_string();
            assert!(error.contains(told), "{name}: {error}");
            fs::remove_dir_all(&path).unwrap();
        }
        let path = folder("empty", &[]);
        fs::remove_dir(path.join(PERSONAS)).unwrap();
        let error = Folder::read(&path).unwrap_err().to_string();
        assert!(error.contains("holds no configuration"), "{error}");
        fs::remove_dir_all(&path).unwrap();
    }
}
