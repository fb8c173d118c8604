//! From the text of a `$filter` to its condition.

use std::iter::Peekable;
use std::vec::IntoIter;

use serde_json::Value;

use super::{Filter, Operator};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A name, a path, a keyword, a bare literal.
    Word(String),
    Text(String),
    Sign(char),
}

struct Reader(Peekable<IntoIter<Token>>);

impl Filter {
    /// The condition that a text states; `None` if it is not understood.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader(tokens(text)?.into_iter().peekable());
        let filter = reader.either()?;
        reader.0.next().is_none().then_some(filter)
    }
}

impl Reader {
    fn either(&mut self) -> Option<Filter> {
        let mut all = vec![self.both()?];
        while self.takes_word("or") {
            all.push(self.both()?);
        }
        Some(one_or(all, Filter::Or))
    }

    fn both(&mut self) -> Option<Filter> {
        let mut all = vec![self.term()?];
        while self.takes_word("and") {
            all.push(self.term()?);
        }
        Some(one_or(all, Filter::And))
    }

    fn term(&mut self) -> Option<Filter> {
        if self.takes_sign('(') {
            let inner = self.either()?;
            return self.takes_sign(')').then_some(inner);
        }
        if self.takes_word("not") {
            return Some(Filter::Not(Box::new(self.term()?)));
        }
        let path = self.word()?;
        if path.eq_ignore_ascii_case("startsWith") || path.eq_ignore_ascii_case("endsWith") {
            return self.affix(path.eq_ignore_ascii_case("startsWith"));
        }
        if let Some(collection) = path.strip_suffix("/any") {
            return self.any(collection);
        }
        let operator = match self.word()?.as_str() {
            "in" => return self.list(path),
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "ge" => Operator::Ge,
            "gt" => Operator::Gt,
            "le" => Operator::Le,
            "lt" => Operator::Lt,
            _ => return None,
        };
        Some(Filter::Compare(path, operator, self.literal()?))
    }

    /// The rest of `startsWith(path,'text')`.
    fn affix(&mut self, start: bool) -> Option<Filter> {
        self.expect('(')?;
        let path = self.word()?;
        self.expect(',')?;
        let Value::String(text) = self.literal()? else {
            return None;
        };
        self.expect(')')?;
        let text = text.to_lowercase();
        Some(if start {
            Filter::StartsWith(path, text)
        } else {
            Filter::EndsWith(path, text)
        })
    }

    /// The rest of `collection/any(x:condition)`.
    fn any(&mut self, collection: &str) -> Option<Filter> {
        self.expect('(')?;
        let name = self.word()?;
        self.expect(':')?;
        let condition = self.either()?;
        self.expect(')')?;
        Some(Filter::Any(
            collection.to_owned(),
            name,
            Box::new(condition),
        ))
    }

    /// The rest of `path in ('a','b')`.
    fn list(&mut self, path: String) -> Option<Filter> {
        self.expect('(')?;
        let mut literals = vec![self.literal()?];
        while self.takes_sign(',') {
            literals.push(self.literal()?);
        }
        self.expect(')')?;
        Some(Filter::In(path, literals))
    }

    /// A bare word that is neither number nor constant is an id, which may stand without quotes.
    fn literal(&mut self) -> Option<Value> {
        match self.0.next()? {
            Token::Text(text) => Some(Value::String(text)),
            Token::Word(word) => Some(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                other => other
                    .parse::<i64>()
                    .map_or_else(|_| Value::String(word.clone()), Value::from),
            }),
            Token::Sign(_) => None,
        }
    }

    fn word(&mut self) -> Option<String> {
        match self.0.next()? {
            Token::Word(word) => Some(word),
            Token::Text(_) | Token::Sign(_) => None,
        }
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.0
            .next_if(|token| matches!(token, Token::Word(found) if found == word))
            .is_some()
    }

    fn takes_sign(&mut self, sign: char) -> bool {
        self.0.next_if_eq(&Token::Sign(sign)).is_some()
    }

    fn expect(&mut self, sign: char) -> Option<()> {
        self.takes_sign(sign).then_some(())
    }
}

fn one_or(mut all: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match all.pop() {
        Some(only) if all.is_empty() => only,
        last => {
            all.extend(last);
            join(all)
        }
    }
}

/// `None` if a text does not end.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        match first {
            ' ' => {}
            '(' | ')' | ',' => tokens.push(Token::Sign(first)),
            // The colon of a lambda follows its name; those of a moment stand inside a word that begins with a digit.
            ':' => tokens.push(Token::Sign(':')),
            '\'' => {
                let mut text = String::new();
                loop {
                    match rest.next()? {
                        '\'' if rest.next_if_eq(&'\'').is_some() => text.push('\''),
                        '\'' => break,
                        other => text.push(other),
                    }
                }
                tokens.push(Token::Text(text));
            }
            first => {
                let moment = first.is_ascii_digit();
                let mut word = String::from(first);
                while let Some(next) = rest.next_if(|next| {
                    !matches!(next, ' ' | '(' | ')' | ',' | '\'') && (moment || *next != ':')
                }) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}
