// Emoji by their short names (`:smile`), from a table that is loaded when the first one is asked for.

export interface NamedEmoji {
  readonly name: string;
  readonly emoji: string;
}

const maxFound = 24;
let table: Promise<readonly NamedEmoji[]> | undefined;

async function load(): Promise<readonly NamedEmoji[]> {
  const { nameToEmoji } = await import('gemoji');
  return Object.entries(nameToEmoji).map(([name, emoji]) => ({ name, emoji }));
}

/** Those whose names begin as typed after the colon, the shortest names first; after a second colon the one of that name. */
export async function emojiBeginning(typed: string): Promise<NamedEmoji[]> {
  const wanted = typed.replaceAll(':', '').toLowerCase();
  const isWhole = typed.endsWith(':');
  const all = await (table ??= load());
  return all
    .filter(({ name }) => (isWhole ? name === wanted : name.startsWith(wanted)))
    .sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, maxFound);
}
