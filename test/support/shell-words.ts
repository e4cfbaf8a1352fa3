// Reads a line of shell as far as documents and examples go: which programs it starts, with which words.

/** One of: a comment, a redirection, an operator, a word (with quoted parts and `$(…)`). */
const token =
  /\s*(?:(#.*)$|(\d*(?:>>|>&|<&|>|<)\s*[^\s|&;<>]+)|(\|\||&&|[|;&])|((?:\\[^]|"(?:\\[^]|[^"\\])*"|'[^']*'|\$\([^)]*\)|[^\s"'\\|&;<>])+))/y;

const plain = (word: string): string =>
  word.replace(
    /\\([^])|"((?:\\[^]|[^"\\])*)"|'([^']*)'/g,
    (_whole, escaped?: string, double?: string, single?: string) =>
      escaped ?? double?.replace(/\\(["\\$`])/g, '$1') ?? single ?? '',
  );

/**
 * The commands of a line, each as its words without quotes, redirections, assignments before it, and `sudo [-u USER]`.
 * Throws an Error for what it cannot read, such as a quote that is not closed.
 */
export function simpleCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  token.lastIndex = 0;
  for (let at = 0; line.slice(at).trim() !== ''; at = token.lastIndex) {
    token.lastIndex = at;
    const match = token.exec(line);
    if (match === null) throw new Error(`cannot read the command line from here: ${line.slice(at)}`);
    const [, comment, , operator, word] = match;
    if (comment !== undefined) break;
    if (operator !== undefined) commands.push([]);
    if (word !== undefined) commands.at(-1)?.push(plain(word));
  }
  return commands.map(withoutPrefix).filter((words) => words.length > 0);
}

function withoutPrefix(words: readonly string[]): string[] {
  const start = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const rest = start === -1 ? [] : words.slice(start);
  if (rest[0] !== 'sudo') return rest;
  return withoutPrefix(rest.slice(rest[1] === '-u' ? 3 : 1));
}
