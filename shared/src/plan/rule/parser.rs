//! From tokens to the tree (`rule-language.md 1, 2`), by recursive descent with bounded depth.

use super::ast::{Expr, Item, Subject};
use super::check::{self, Value};
use super::date;
use super::error::{RuleError, Span};
use super::hint;
use super::lexer::{Lexer, Token, TokenKind};
use super::operator::{Compare, Operator};
use super::{MAX_CHARACTERS, MAX_DEPTH};
use crate::model::property::{Property, ValueType};

type Result<T> = std::result::Result<T, RuleError>;

/// Reads a whole rule.
pub(super) fn parse(rule: &str) -> Result<Expr> {
    if let Some((start, beyond)) = rule.char_indices().nth(MAX_CHARACTERS) {
        let span = Span {
            start,
            end: start + beyond.len_utf8(),
        };
        let message = format!(
            "a rule has at most {MAX_CHARACTERS} characters, this one has {}",
            rule.chars().count()
        );
        return Err(RuleError::at(rule, span, message));
    }
    if rule.trim().is_empty() {
        let end = Span {
            start: rule.len(),
            end: rule.len(),
        };
        let message = "the rule is empty: write a condition such as user.department -eq \"Sales\"";
        return Err(RuleError::at(rule, end, message));
    }
    let mut lexer = Lexer::new(rule);
    let mut parser = Parser {
        token: lexer.next()?,
        lexer,
        depth: 0,
        inside: None,
    };
    let tree = parser.disjunction()?;
    if parser.token.kind != TokenKind::End {
        return Err(parser.refuse(hint::after_condition(&parser.token.kind)));
    }
    Ok(tree)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token that comes next.
    token: Token<'a>,
    /// Parentheses, `-not` and quantifiers around it.
    depth: usize,
    /// The collection whose items are asked, inside a quantifier.
    inside: Option<Property>,
}

impl<'a> Parser<'a> {
    fn disjunction(&mut self) -> Result<Expr> {
        self.chain(Operator::Or, Self::conjunction, Expr::Or)
    }

    fn conjunction(&mut self) -> Result<Expr> {
        self.chain(Operator::And, Self::negation, Expr::And)
    }

    /// One or more operands with the same operator between them.
    fn chain(
        &mut self,
        operator: Operator,
        operand: fn(&mut Self) -> Result<Expr>,
        join: fn(Vec<Expr>) -> Expr,
    ) -> Result<Expr> {
        let first = operand(self)?;
        if self.token.kind != TokenKind::Operator(operator) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.token.kind == TokenKind::Operator(operator) {
            self.advance()?;
            parts.push(operand(self)?);
        }
        Ok(join(parts))
    }

    /// Any number of `-not` (D13), read in a loop so that they cost no stack.
    fn negation(&mut self) -> Result<Expr> {
        let outside = self.depth;
        while self.token.kind == TokenKind::Operator(Operator::Not) {
            self.deeper()?;
        }
        let mut expr = self.operand()?;
        while self.depth > outside {
            self.depth -= 1;
            expr = Expr::Not(Box::new(expr));
        }
        Ok(expr)
    }

    fn operand(&mut self) -> Result<Expr> {
        if self.token.kind == TokenKind::Open {
            return self.parenthesised();
        }
        let TokenKind::Word(word) = self.token.kind else {
            return Err(self.refuse(hint::instead_of_condition(&self.token.kind)));
        };
        let subject = self.subject(word)?;
        self.advance()?;
        if let TokenKind::Operator(quantifier @ (Operator::Any | Operator::All)) = self.token.kind
            && let Subject::Property(collection) = subject
            && is_collection(collection)
        {
            return self.quantified(collection, quantifier);
        }
        let operator = self.operator(&subject)?;
        self.advance()?;
        let (value, span) = self.value(&subject, operator)?;
        let comparison = check::comparison(subject, operator, value)
            .map_err(|message| self.refuse_at(span, message))?;
        self.advance()?;
        Ok(comparison)
    }

    /// `-any` or `-all` and the condition in its parentheses, which are required (D14).
    fn quantified(&mut self, collection: Property, quantifier: Operator) -> Result<Expr> {
        self.advance()?;
        let start = self.token.span.start;
        if self.token.kind != TokenKind::Open {
            let message = format!("put the condition in parentheses: {quantifier} (_ -eq \"x\")");
            return Err(self.refuse(message));
        }
        self.inside = Some(collection);
        let condition = self.parenthesised()?;
        self.inside = None;
        let end = self.token.span.start;
        check::quantified(collection, quantifier == Operator::All, condition)
            .map_err(|message| self.refuse_at(Span { start, end }, message))
    }

    fn parenthesised(&mut self) -> Result<Expr> {
        let opened = self.token.span;
        self.deeper()?;
        let inner = self.disjunction()?;
        if self.token.kind == TokenKind::End {
            return Err(self.refuse_at(opened, "this parenthesis is not closed"));
        }
        if self.token.kind != TokenKind::Close {
            return Err(self.refuse(hint::after_condition(&self.token.kind)));
        }
        self.advance()?;
        self.depth -= 1;
        Ok(inner)
    }

    fn subject(&self, word: &str) -> Result<Subject> {
        let item = Item::ALL
            .into_iter()
            .find(|item| item.name().eq_ignore_ascii_case(word));
        match (item, self.inside) {
            (Some(item), Some(collection)) if item.is_of(collection.value_type()) => {
                return Ok(Subject::Item(item));
            }
            (Some(_), None) => return Err(self.refuse(hint::subject(word))),
            (_, Some(collection)) => {
                return Err(self.refuse(hint::instead_of_item(word, collection)));
            }
            (None, None) => {}
        }
        let name = match word.split_once('.') {
            Some((owner, name)) if owner.eq_ignore_ascii_case("user") && !name.is_empty() => name,
            _ => return Err(self.refuse(hint::subject(word))),
        };
        let end = self.token.span.end;
        let span = Span {
            start: end - name.len(),
            end,
        };
        if let Some(property) = Property::named(name) {
            return Ok(Subject::Property(property));
        }
        hint::extension(name)
            .map(Subject::Extension)
            .ok_or_else(|| self.refuse_at(span, hint::property(name)))
    }

    fn operator(&self, subject: &Subject) -> Result<Compare> {
        let TokenKind::Operator(Operator::Compare(operator)) = self.token.kind else {
            return Err(self.refuse(hint::instead_of_comparing(&self.token.kind, subject)));
        };
        match check::operator(subject, operator) {
            Ok(()) => Ok(operator),
            Err(message) => Err(self.refuse(message)),
        }
    }

    /// What `operator` compares with, and where it stands; its last token stays the next one.
    fn value(&mut self, subject: &Subject, operator: Compare) -> Result<(Value, Span)> {
        let start = self.token.span.start;
        let is_date = subject.value_type() == ValueType::Date;
        let value = if let TokenKind::Date(text) = self.token.kind {
            Value::Date(text.to_owned())
        } else if self.is_now() || is_date && self.token.kind == TokenKind::Open {
            self.now()?
        } else if self.token.kind == TokenKind::ListOpen {
            self.list(operator)?
        } else if let Some(value) = self.bare_value() {
            value
        } else {
            Value::Text(self.text(operator)?)
        };
        let end = self.token.span.end;
        Ok((value, Span { start, end }))
    }

    fn is_now(&self) -> bool {
        matches!(self.token.kind, TokenKind::Word(word) if word.eq_ignore_ascii_case("system.now"))
    }

    /// `system.now`, with or without parentheses and one step (D19). Its last token stays the next one.
    fn now(&mut self) -> Result<Value> {
        let opened = self.token.kind == TokenKind::Open;
        if opened {
            self.advance()?;
        }
        if !self.is_now() {
            return Err(
                self.refuse("only system.now stands in parentheses: (system.now -minus P30D)")
            );
        }
        let mut seconds = 0;
        if let TokenKind::Operator(step @ (Operator::Plus | Operator::Minus)) = self.peek()? {
            self.advance()?;
            self.advance()?;
            let written = if let TokenKind::Word(word) = self.token.kind {
                word
            } else {
                ""
            };
            let span = date::span(written);
            let span = span.map_err(|message| self.refuse(message))?;
            seconds = if step == Operator::Plus { span } else { -span };
        }
        if opened {
            self.advance()?;
            if self.token.kind != TokenKind::Close {
                return Err(self.refuse("a ) is missing here: system.now takes one step"));
            }
        }
        Ok(Value::Now(seconds))
    }

    /// A value that is written as a word, with or without a `$` (D9).
    fn bare_value(&self) -> Option<Value> {
        let TokenKind::Word(word) = self.token.kind else {
            return None;
        };
        match word.trim_start_matches('$').to_ascii_lowercase().as_str() {
            "null" => Some(Value::Null),
            "true" => Some(Value::Flag(true)),
            "false" => Some(Value::Flag(false)),
            _ => None,
        }
    }

    /// A list up to its closing bracket, which stays the next token.
    fn list(&mut self, operator: Compare) -> Result<Value> {
        let mut texts = Vec::new();
        loop {
            self.advance()?;
            texts.push(self.text(operator)?);
            self.advance()?;
            if self.token.kind == TokenKind::ListClose {
                return Ok(Value::List(texts));
            }
            if self.token.kind != TokenKind::Comma {
                return Err(self.refuse("a comma or ] is missing here"));
            }
        }
    }

    /// The next token as a text that is not empty (D7); it stays the next token.
    fn text(&self, operator: Compare) -> Result<String> {
        let TokenKind::Text(text) = &self.token.kind else {
            return Err(self.refuse(hint::instead_of_value(&self.token.kind, operator)));
        };
        if text.is_empty() {
            return Err(self.refuse("a text must not be empty: write null to test for no value"));
        }
        Ok(text.clone())
    }

    /// Steps over a parenthesis or `-not` (D23).
    fn deeper(&mut self) -> Result<()> {
        if self.depth == MAX_DEPTH {
            let message = format!("parentheses and -not are nested more than {MAX_DEPTH} deep");
            return Err(self.refuse(message));
        }
        self.depth += 1;
        self.advance()
    }

    /// What comes after the next token.
    fn peek(&self) -> Result<TokenKind<'a>> {
        self.lexer.clone().next().map(|token| token.kind)
    }

    fn advance(&mut self) -> Result<()> {
        self.token = self.lexer.next()?;
        Ok(())
    }

    /// An error at the next token.
    fn refuse(&self, message: impl Into<String>) -> RuleError {
        self.refuse_at(self.token.span, message)
    }

    fn refuse_at(&self, span: Span, message: impl Into<String>) -> RuleError {
        RuleError::at(self.lexer.rule(), span, message)
    }
}

/// Whether a property has items.
fn is_collection(property: Property) -> bool {
    match property.value_type() {
        ValueType::Texts | ValueType::Plans | ValueType::Groups => true,
        ValueType::Text | ValueType::Flag | ValueType::Date => false,
    }
}
