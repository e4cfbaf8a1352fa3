// Short words for common reactions, so that no emoji keyboard is needed.

export const reactionWords: Readonly<Record<string, string>> = {
  like: '👍',
  dislike: '👎',
  heart: '❤️',
  laugh: '😂',
  wow: '😮',
  sad: '😢',
  thanks: '🙏',
  party: '🎉',
  ok: '👌',
  fire: '🔥',
  eyes: '👀',
};
