/** What a stranger may put into any text: orders to a terminal of every kind, and characters that turn round or hide. */
export const EVIL =
  '\u001b]52;c;b3duZWQ=\u0007\u001b]0;owned\u0007\u001b]8;;https://evil.example\u001b\\x\u001b]8;;\u001b\\' +
  '\u001b[2J\u001b[3J\u001b[?1049h\u001bc\u001bP1;2|y\u001b\\\u001b_apc\u001b\\\u009b2J\u009d0;owned\u009c\u0090z\u009c' +
  '\u202egnp.exe\u2066\u200b\r\b\u0085\u2028\u{e0041}\u001b]0;no end'

/** The same with a word that is to be read. */
export const evil = (word: string) => `${EVIL}\n${word}${EVIL}`
