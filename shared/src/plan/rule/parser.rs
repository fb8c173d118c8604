//! From tokens to the tree (`rule-language.md 1, 2`), by recursive descent with bounded depth.

use super::ast::Expr;
use super::check::{self, Value};
use super::error::{RuleError, Span};
use super::hint;
use super::lexer::{Lexer, Token, TokenKind};
use super::operator::{Compare, Operator};
use super::{MAX_CHARACTERS, MAX_DEPTH};
use crate::model::property::Property;

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
    /// Parentheses and `-not` around it.
    depth: usize,
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
        let property = self.subject(word)?;
        self.advance()?;
        let operator = self.operator(property)?;
        self.advance()?;
        let (value, span) = self.value(operator)?;
        let comparison = check::comparison(property, operator, value)
            .map_err(|message| self.refuse_at(span, message))?;
        self.advance()?;
        Ok(Expr::Comparison(comparison))
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

    fn subject(&self, word: &str) -> Result<Property> {
        let name = match word.split_once('.') {
            Some((owner, name)) if owner.eq_ignore_ascii_case("user") && !name.is_empty() => name,
            _ => return Err(self.refuse(hint::subject(word))),
        };
        let end = self.token.span.end;
        let span = Span {
            start: end - name.len(),
            end,
        };
        Property::named(name).ok_or_else(|| self.refuse_at(span, hint::property(name)))
    }

    fn operator(&self, property: Property) -> Result<Compare> {
        let TokenKind::Operator(Operator::Compare(operator)) = self.token.kind else {
            return Err(self.refuse(hint::instead_of_comparing(&self.token.kind, property)));
        };
        match check::operator(property, operator) {
            Ok(()) => Ok(operator),
            Err(message) => Err(self.refuse(message)),
        }
    }

    /// What `operator` compares with, and where it stands; its last token stays the next one.
    fn value(&mut self, operator: Compare) -> Result<(Value, Span)> {
        let start = self.token.span.start;
        let value = if self.token.kind == TokenKind::ListOpen {
            self.list(operator)?
        } else if let Some(value) = self.bare_value() {
            value
        } else {
            Value::Text(self.text(operator)?)
        };
        let end = self.token.span.end;
        Ok((value, Span { start, end }))
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
