//! Where in a JSON text a value stands, counted as the platform's reader
//! counts.

/// Line and position of the value that a JSON Pointer names: of an object or
/// array the place behind its opening bracket, of anything else the place
/// behind its end; lines from 1. `None` where the text has no such value.
pub(super) fn place(text: &str, pointer: &str) -> Option<(usize, usize)> {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    reader.space();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        reader.enter(&step)?;
    }
    match reader.peek()? {
        b'{' | b'[' => reader.at += 1,
        _ => reader.value()?,
    }
    let before = &text[..reader.at];
    let line = before.matches('\n').count() + 1;
    let position = before.rsplit('\n').next().unwrap_or_default().chars().count();
    Some((line, position))
}

/// A reader of text that is JSON; where it is none, it gives up.
struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Goes to a member's or an element's value.
    fn enter(&mut self, step: &str) -> Option<()> {
        let object = self.peek()? == b'{';
        self.at += 1;
        let mut index = 0;
        loop {
            self.space();
            let found = if object {
                let from = self.at;
                self.value()?;
                let name: String = serde_json::from_slice(&self.bytes[from..self.at]).ok()?;
                self.space();
                (self.peek()? == b':').then(|| self.at += 1)?;
                self.space();
                name == step
            } else {
                index += 1;
                step.parse() == Ok(index - 1)
            };
            if found {
                return Some(());
            }
            self.value()?;
            self.space();
            (self.peek()? == b',').then(|| self.at += 1)?;
        }
    }

    /// Past one value, without recursion.
    fn value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                _ => {
                    while self.peek().is_some_and(|b| !b",:]} \t\r\n".contains(&b)) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return Some(());
            }
            self.space();
        }
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        while self.peek()? != b'"' {
            self.at += if self.peek()? == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_and_counted_as_the_platform_counts() {
        assert_eq!(place(r#"{"a":"x"}"#, "/a"), Some((1, 8)));
        assert_eq!(place(r#"{"a":"x"}"#, ""), Some((1, 1)));
        let text = "{\n  \"n\": 7,\n  \"list\": [ {\"b\\\"\": true}, 12 ]\n}";
        assert_eq!(place(text, "/list/0/b\""), Some((3, 24)));
        assert_eq!(place(text, "/list/1"), Some((3, 29)));
        assert_eq!(place(text, "/list"), Some((3, 11)));
        assert_eq!(place(text, "/list/2"), None);
        assert_eq!(place(text, "/none"), None);
        assert_eq!(place("7", ""), Some((1, 1)));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}", pointer in "(/[a-c0-2~]{0,3}){0,3}") {
            let _ = place(&text, &pointer);
            let _ = place(&format!("{{\"a\":[{text}"), &pointer);
        }
    }
}
